"""`ems check`: all rules on the working tree."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Callable
from pathlib import Path

import click

from ems_control.cli.context import Context, as_of, formats, language, language_of, pass_context
from ems_control.cli.online import Source, forge_options, review_findings
from ems_control.cli.output import as_json, findings_for_github, findings_for_people, for_here
from ems_control.exports.ci_reports import code_quality, junit, sarif
from ems_control.exports.holding_view import holding_lines, holding_view
from ems_control.exports.job_summary import job_summary, write_summary
from ems_control.ground.doors import take
from ems_control.ground.errors import EmsError
from ems_control.ground.text import log_safe, one_line
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.holdings import Holding, Holdings
from ems_control.rules.book import run, summary
from ems_control.rules.finding import Finding


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--base", metavar="REV", help="Judge what main would be if HEAD were merged onto this commit.")
@click.option("--person", metavar="PERSON", help="What this person holds, before she leaves; and what is found in it.")
@click.option("--reviews", is_flag=True, help="Ask the forge too: decisions that are missing there are errors.")
@forge_options
@as_of
@formats("text", "json", "github", "sarif", "junit", "codequality", door="formats")
@language
@pass_context
def check(
    context: Context,
    paths: tuple[Path, ...],
    base: str | None,
    person: str | None,
    reviews: bool,
    source: Source,
    as_of: datetime.date | None,
    shape: str,
    language: str | None,
) -> int:
    """Check the handbook: every rule, on the files as they lie there.

    With PATHS, only findings in these files and folders are shown. With --base, the change from there to HEAD is judged
    as one step that lands today, by the policy in force there; only what is committed counts. With --reviews, what the
    pull request still needs is an error; the token of the forge comes from the environment.

    With --person, first the roles, keys, documents, open decisions and rows of tables of one person are told, then only
    the findings in her documents.
    """
    if person and shape not in ("text", "json"):
        raise EmsError(f"what a person holds is told as text or json, not as {shape}.")
    progress = Progress(quiet=shape != "text")
    progress.say("Reading the handbook and its history …")
    with context.open(as_of, working_tree=base is None, base=base) as handbook:
        wanted = [_inside(handbook, path) for path in paths]
        findings = run(handbook, on_rule=lambda rule: progress.say(f"Checking {rule.code} {rule.name} …"))
        if reviews:
            progress.say("Asking the forge …")
            decided = review_findings(handbook, source, base)
            told = {finding.document for finding in decided}
            findings = (
                [f for f in findings if f.rule != decided[0].rule or f.document not in told] if decided else findings
            )
            findings = sorted([*findings, *decided], key=lambda finding: finding.order)
        progress.done()
        if paths:
            findings = [f for f in findings if any(not w or f.path == w or f.path.startswith(w + "/") for w in wanted)]
        held = Holdings(handbook).of(person) if person else None
        if held:
            mine = {document.id for document in held.documents}
            findings = [finding for finding in findings if finding.document in mine]
        findings = for_here(findings)
        counts = summary(handbook, findings)
        if held:
            click.echo(_of_person(handbook, held, findings, counts, shape, language_of(language)))
            return 1 if counts["errors"] else 0
        click.echo(
            _render(handbook, findings, counts, shape, language_of(language)), nl=shape != "github" or bool(findings)
        )
        if shape == "github":
            write_summary(job_summary(handbook, findings, counts))
    return 1 if counts["errors"] else 0


def _of_person(
    handbook: Handbook, held: Holding, findings: list[Finding], counts: dict[str, int], shape: str, language: str
) -> str:
    if shape == "json":
        found = [finding.as_json() for finding in findings]
        data = {"version": 1, "as_of": handbook.day.isoformat(), "person": holding_view(handbook, held)}
        return as_json({**data, "findings": found, "summary": counts})
    lines = [
        log_safe(one_line(line)) if line[:1] != " " else f"  {log_safe(one_line(line))}"
        for line in holding_lines(handbook, held)
    ]
    return "\n".join([*lines, "", findings_for_people(handbook, findings, counts, language)])


def _render(handbook: Handbook, findings: list[Finding], counts: dict[str, int], shape: str, language: str) -> str:
    if shape == "json":
        found = [finding.as_json() for finding in findings]
        return as_json({"version": 1, "as_of": handbook.day.isoformat(), "findings": found, "summary": counts})
    if shape == "github":
        return findings_for_github(findings)
    if shape == "sarif":
        return sarif(findings)
    if shape == "junit":
        return junit(findings, [document.id for document in handbook.documents.values()])
    if shape == "codequality":
        return code_quality(findings)
    if shape != "text":
        render: Callable[[Handbook, list[Finding]], str] = take("formats", shape)
        return render(handbook, findings)
    return findings_for_people(handbook, findings, counts, language)


def _inside(handbook: Handbook, path: Path) -> str:
    full = path.resolve() if path.is_absolute() or path.exists() else handbook.repository.top / path
    known = {*handbook.tree.files, *handbook.tree.committed}
    if not full.is_relative_to(handbook.repository.top):
        raise EmsError(f"{path} lies outside the repository.")
    name = full.relative_to(handbook.repository.top).as_posix()
    if not full.exists() and name not in known:
        raise EmsError(f"{path} does not exist.")
    return "" if name == "." else name


class Progress:
    """One line on the terminal that says what goes on; nothing where no terminal is."""

    def __init__(self, quiet: bool) -> None:
        self._shown = not quiet and sys.stderr.isatty()

    def say(self, words: str) -> None:
        """Replace the line."""
        if self._shown:
            click.echo(f"\r\033[K{words}", nl=False, err=True)

    def done(self) -> None:
        """Take the line away."""
        self.say("")
