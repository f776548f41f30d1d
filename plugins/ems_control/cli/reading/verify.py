"""`ems verify`: every approval over the whole history, offline, from commits only."""

from __future__ import annotations

import datetime
import re
from typing import Any

import click

from ems_control.cli.context import Context, as_of, formats, language, pass_context
from ems_control.cli.online import online_findings
from ems_control.cli.output import Checked, as_json, findings_for_people, for_here
from ems_control.cli.telling import spoken
from ems_control.ground.errors import EmsError
from ems_control.ground.text import counted
from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import find_rule, run, waivers_used
from ems_control.rules.finding import Finding, summary


@click.command()
@click.option("--root-fingerprint", metavar="F", help="Demand this digest of the trust root, or of a later policy.")
@click.option("--anchor", metavar="COMMIT", help="An earlier head of main, kept elsewhere: it must still be on main.")
@click.option("--online", is_flag=True, help="Read the recorded reviews again at their forges, and compare.")
@click.option("--url", "urls", multiple=True, help="With --online: a forge of your own that may be asked.")
@as_of
@formats("text", "json")
@language
@pass_context
def verify(
    context: Context,
    root_fingerprint: str | None,
    anchor: str | None,
    online: bool,
    urls: tuple[str, ...],
    as_of: datetime.date | None,
    shape: str,
) -> int:
    """Verify every approval over the whole history: records, signatures, roles, texts. Offline, commits only.

    Exit status 1 on any break. The digest of the trust root that is printed belongs on paper; demand it with
    --root-fingerprint.
    """
    demanded = _fingerprint(root_fingerprint) if root_fingerprint else None
    with context.open(as_of, root_digest=demanded, whole=True) as handbook:
        breaks = run(handbook, verifying=True)
        breaks += _demands(handbook, demanded, anchor)
        breaks += online_findings(handbook, urls) if online else []
        breaks = for_here(breaks, people=shape == "text")
        found = report(handbook, breaks)
        if shape == "json":
            click.echo(as_json(found))
        else:
            click.echo(for_people(handbook, breaks, found))
    return 1 if breaks else 0


def _fingerprint(word: str) -> str:
    match = re.fullmatch(r"(?:sha256:)?([0-9a-fA-F]{64})", word.strip())
    if match is None:
        raise EmsError(
            "--root-fingerprint takes the digest that `ems verify` prints: sha256: and 64 characters 0-9a-f."
        )
    return "sha256:" + match[1].lower()


def _demands(handbook: Handbook, demanded: str | None, anchor: str | None) -> list[Finding]:
    """What was asked for beyond the rules: the trust root, and an earlier head of main."""
    found = []
    chain = handbook.records.chain
    if demanded and demanded not in [link.digest for link in chain.links]:
        root = chain.root.digest if chain.root else "none"
        message = f"the trust root is {root}; {demanded} was demanded, and is no approved policy here"
        found.append(
            _finding("policy-record-wrong", "approvals/policy", message, "This is another handbook, or a forged one.")
        )
    if anchor:
        line = {landing.sha for landing in handbook.records.landings}
        try:
            sha = handbook.repository.resolve(anchor)
        except EmsError:
            sha = ""
        if sha not in line:
            message = f"the anchor {anchor[:40]} is not on main's line: history was rewritten since"
            found.append(
                _finding("clone-incomplete", "", message, "Compare with another clone; find out who pushed by force.")
            )
    return found


def _finding(name: str, path: str, message: str, fix: str) -> Finding:
    rule = find_rule(name)
    return Finding(rule.code, rule.name, "error", path, 0, 0, "", message, fix)


def report(handbook: Handbook, breaks: list[Finding]) -> dict[str, Any]:
    """What a verification found, as data."""
    found = handbook.verification
    chain = handbook.records.chain
    return {
        "version": 1,
        "as_of": handbook.day.isoformat(),
        "root": chain.root.digest if chain.root else None,
        "recovered": bool(chain.newest and chain.newest.recovered),
        "policy": chain.newest.digest if chain.newest else None,
        "head": handbook.repository.head,
        "documents": len(handbook.documents),
        "records": len(handbook.records.ledger.entries),
        "levels": found.levels,
        "breaks": [finding.as_json() for finding in breaks],
        "idle": [entry.path for entry in found.idle],
        "corrected": [
            {"what": c.what, "by": c.person, "day": c.day.isoformat(), "record": c.record, "message": c.message}
            for c in found.corrected
        ],
        "waivers": waivers_used(handbook),
        "warnings": [
            f"{entry.path}: signed by {entry.weak}; it counts, and signs nothing new"
            for entry in handbook.records.ledger.entries
            if entry.weak
        ],
    }


def for_people(handbook: Handbook, breaks: list[Finding], report: dict[str, Any]) -> str:
    """The same in words."""
    found: list[str] = []
    if breaks:
        counts = summary(len(handbook.documents), breaks)
        found = findings_for_people(Checked.of(handbook, breaks), counts).split("\n")[:-2]
    lines = []
    lines += [
        f"idle: {path} (it decided nothing: its text never stood on main, or had enough without it)"
        for path in report["idle"]
    ]
    lines += [f"corrected by {one['by']} on {one['day']}: {one['message']}" for one in report["corrected"]]
    lines += [
        f"waived: {one['rule']} for {one['document']} until {one['until']}: {one['reason']}"
        for one in report["waivers"]
    ]
    lines += [f"warning: {one}" for one in report["warnings"]]
    if report["recovered"]:
        lines.append("The policy in force was approved by the recovery key alone; an ordinary approval ends this line.")
    levels_told = report["levels"].items()
    in_force = ", ".join(f"{number} {level}" for level, number in reversed(levels_told) if number)
    lines.append(f"In force: {in_force or 'nothing'}. Trust root: {report['root'] or 'none'}")
    many = [
        counted(report["documents"], "{number} document", "{number} documents"),
        counted(report["records"], "{number} record", "{number} records"),
        counted(len(breaks), "{number} break", "{number} breaks"),
    ]
    lines.append(", ".join(map(spoken, many)))
    return "\n".join([*found, *map(spoken, lines)])
