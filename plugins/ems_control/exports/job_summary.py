"""What a check found, as Markdown for the page of a CI run: for people who never open a log."""

from __future__ import annotations

import os
from itertools import groupby
from pathlib import Path

from ems_control.exports.request_comment import of_people
from ems_control.ground.formats.markup import escape
from ems_control.handbook.handbook import Handbook
from ems_control.reviews.sheet import sheets
from ems_control.rules.finding import Finding

VARIABLE = "GITHUB_STEP_SUMMARY"
MOST = 200
WORDS = {"error": "**Must be put right**", "warning": "Please look at", "info": "Good to know"}


def write_summary(text: str) -> None:
    """Append to the file that the CI names in GITHUB_STEP_SUMMARY; nothing where it names none."""
    name = os.environ.get(VARIABLE, "")
    if name:
        with Path(name).open("a", encoding="utf-8") as file:
            file.write(text)


def job_summary(handbook: Handbook, findings: list[Finding], counts: dict[str, int]) -> str:
    """What a proposed change changes for people, then findings by document, errors first, each with what to do.

    Nothing that a person wrote becomes markup.
    """
    errors, warnings = counts["errors"], counts["warnings"]
    if errors:
        head = f"❌ {_count(errors, 'thing')} must be put right before this can be merged"
    elif warnings:
        head = f"✅ Nothing stands in the way; {_count(warnings, 'thing')} to look at"
    else:
        head = "✅ Nothing to put right"
    lines = [f"## {head}", "", f"{_count(counts['documents'], 'document')} checked as of {handbook.day}.", ""]
    lines += of_people(handbook, sheets(handbook))
    titles = {document.id: document.title for document in handbook.documents.values()}
    order = list(WORDS)
    worst = {f.path: 9 for f in findings} | {
        f.path: order.index(f.severity) for f in sorted(findings, key=lambda f: -order.index(f.severity))
    }
    shown = sorted(findings, key=lambda f: (worst[f.path], f.path, f.document, order.index(f.severity), f.order))
    for (path, name), group in groupby(shown[:MOST], key=lambda f: (f.path, f.document)):
        title = f"{name} {titles.get(name, '')}".strip() or path or "The repository"
        lines += [f"### {escape(title)}", "", *(_line(finding) for finding in group), ""]
    if len(shown) > MOST:
        lines += [f"{len(shown) - MOST} more are in the log of the step above.", ""]
    if shown:
        lines += ["A code like EMS203 has a page in the rule book of the handbook (Help), with examples.", ""]
    return "\n".join(lines)


def _line(finding: Finding) -> str:
    line = f", line {finding.line}" if finding.line else ""
    place = f"{escape(finding.path)}{line}: " if finding.path else ""
    todo = f" **What to do:** {escape(finding.fix)}" if finding.fix else ""
    return f"- {WORDS[finding.severity]} ({finding.rule}), {place}{escape(finding.message)}.{todo}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
