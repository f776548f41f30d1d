"""`ems check`: all rules on the working tree."""

from __future__ import annotations

import datetime
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ems_control.cli.context import Context, as_of, formats, language, pass_context
from ems_control.cli.kept_answers import KeptAnswers
from ems_control.cli.online import Source, forge_options, review_findings
from ems_control.cli.output import Checked, as_json, findings_for_github, findings_for_people, for_here
from ems_control.cli.telling import own_word, spoken
from ems_control.ground.errors import EmsError
from ems_control.ground.text import log_safe, one_line
from ems_control.rules.finding import Finding, summary

if TYPE_CHECKING:  # an answer that was given before is told without loading what made it
    from ems_control.handbook.handbook import Handbook
    from ems_control.handbook.holdings import Holding
    from ems_control.rules.book import Rule

SIMPLE = ("text", "json", "sarif", "junit", "codequality")
"""The formats that are made of the findings alone."""


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
    simple = shape in SIMPLE and not (reviews or person) and all(path.exists() for path in paths)
    if simple:
        asked = KeptAnswers(context.root, ("check",), as_of, base is None, base)
        answer = context.answer(asked, lambda handbook: _answer(handbook, asked, progress), whole=True)
        checked = _again(answer)
        within = [_within(asked.top, path, path) for path in paths]
        return _tell(replace(checked, findings=_only(checked.findings, within)), shape)
    with context.open(as_of, working_tree=base is None, base=base, whole=True) as handbook:
        wanted = [_inside(handbook, path) for path in paths]
        findings = _found(handbook, progress)
        if reviews:
            progress.say("Asking the forge …")
            decided = review_findings(handbook, source, base)
            told = {finding.document for finding in decided}
            findings = (
                [f for f in findings if f.rule != decided[0].rule or f.document not in told] if decided else findings
            )
            findings = sorted([*findings, *decided], key=lambda finding: finding.order)
        progress.done()
        findings = _only(findings, wanted)
        held = _holding(handbook, person) if person else None
        if held:
            mine = {document.id for document in held.documents}
            findings = [finding for finding in findings if finding.document in mine]
        checked = Checked.of(handbook, findings)
        if shape in SIMPLE and not held:
            return _tell(checked, shape)
        checked = replace(checked, findings=for_here(findings, people=shape == "text"))
        counts = summary(len(checked.titles), checked.findings)
        if held:
            click.echo(_of_person(handbook, held, checked, counts, shape))
            return 1 if counts["errors"] else 0
        if shape == "github":
            from ems_control.exports.job_summary import job_summary, write_summary

            click.echo(findings_for_github(checked.findings), nl=bool(findings))
            write_summary(job_summary(handbook, checked.findings, counts))
        else:
            from ems_control.ground.doors import take

            render: Callable[[Handbook, list[Finding]], str] = take("formats", shape)
            click.echo(render(handbook, checked.findings))
    return 1 if counts["errors"] else 0


def _holding(handbook: Handbook, person: str) -> Holding:
    from ems_control.handbook.holdings import Holdings

    return Holdings(handbook).of(person)


def _found(handbook: Handbook, progress: Progress) -> list[Finding]:
    from ems_control.rules.book import run

    findings = run(handbook, on_rule=progress.rule)
    progress.done()
    return findings


def _answer(handbook: Handbook, asked: KeptAnswers, progress: Progress) -> str:
    """What is found, to be kept, with what a check after an edit needs of it."""
    from ems_control.rules.after_an_edit import again, found_after, noted

    for was in map(json.loads, asked.before):
        before = again(was["noted"], _findings(was)) if was["noted"] else None
        findings = found_after(handbook, before, progress.rule) if before else None
        if findings is not None:
            progress.done()
            checked = Checked(handbook.day.isoformat(), was["titles"], findings)
            return json.dumps({**asdict(checked), "noted": noted(handbook, findings, before)})
    checked = Checked.of(handbook, _found(handbook, progress))
    return json.dumps({**asdict(checked), "noted": noted(handbook, checked.findings)})


def _again(kept: str) -> Checked:
    found = json.loads(kept)
    return Checked(found["day"], found["titles"], _findings(found))


def _findings(kept: dict[str, Any]) -> list[Finding]:
    return [Finding(**one) for one in kept["findings"]]


def _only(findings: list[Finding], wanted: Sequence[str]) -> list[Finding]:
    """Those in these files and folders; all where none is named."""
    if not wanted:
        return findings
    return [f for f in findings if any(not w or f.path == w or f.path.startswith(w + "/") for w in wanted)]


def _tell(checked: Checked, shape: str) -> int:
    checked = replace(checked, findings=for_here(checked.findings, people=shape == "text"))
    counts = summary(len(checked.titles), checked.findings)
    click.echo(_render(checked, counts, shape))
    return 1 if counts["errors"] else 0


def _of_person(handbook: Handbook, held: Holding, checked: Checked, counts: dict[str, int], shape: str) -> str:
    from ems_control.exports.holding_view import holding_lines, holding_view

    if shape == "json":
        found = [finding.as_json() for finding in checked.findings]
        data = {"version": 1, "as_of": handbook.day.isoformat(), "person": holding_view(handbook, held)}
        return as_json({**data, "findings": found, "summary": counts})
    lines = [
        log_safe(one_line(line)) if line[:1] != " " else f"  {log_safe(one_line(line))}"
        for line in map(_held_told, holding_lines(handbook, held))
    ]
    return "\n".join([*lines, "", findings_for_people(checked, counts)])


def _held_told(line: str) -> str:
    return f"{line[: len(line) - len(line.lstrip())]}{own_word(line.strip())}"


def _render(checked: Checked, counts: dict[str, int], shape: str) -> str:
    findings = checked.findings
    if shape == "json":
        found = [finding.as_json() for finding in findings]
        return as_json({"version": 1, "as_of": checked.day, "findings": found, "summary": counts})
    if shape == "text":
        return findings_for_people(checked, counts)
    from ems_control.exports.ci_reports import code_quality, junit, sarif

    if shape == "sarif":
        return sarif(findings)
    if shape == "junit":
        return junit(findings, list(checked.titles))
    return code_quality(findings)


def _inside(handbook: Handbook, path: Path) -> str:
    top = handbook.repository.top
    full = path if path.is_absolute() or path.exists() else top / path
    name = _within(top, full, path)
    if not full.exists() and name not in {*handbook.tree.files, *handbook.tree.committed}:
        raise EmsError(f"{path} does not exist.")
    return name


def _within(top: Path, full: Path, path: Path) -> str:
    """A path as it is seen from the top of the repository, "" for all; raises EmsError where it lies outside."""
    if not full.resolve().is_relative_to(top):
        raise EmsError(f"{path} lies outside the repository.")
    name = full.resolve().relative_to(top).as_posix()
    return "" if name == "." else name


class Progress:
    """One line on the terminal that says what goes on; nothing where no terminal is."""

    def __init__(self, quiet: bool) -> None:
        self._shown = not quiet and sys.stderr.isatty()

    def say(self, words: str) -> None:
        """Replace the line."""
        if self._shown:
            click.echo(f"\r\033[K{spoken(words)}", nl=False, err=True)

    def rule(self, rule: Rule) -> None:
        """Say which rule runs."""
        self.say(f"Checking {rule.code} {rule.name} …")

    def done(self) -> None:
        """Take the line away."""
        self.say("")
