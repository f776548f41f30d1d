"""What a check found, as Markdown for the page of a CI run: for people who never open a log."""

from __future__ import annotations

import os
from itertools import groupby
from pathlib import Path

from ems_control.exports.request_comment import of_people
from ems_control.exports.sentences import said
from ems_control.exports.words import Words
from ems_control.ground.markdown.markup import escape
from ems_control.handbook.handbook import Handbook
from ems_control.reviews.sheet import sheets
from ems_control.rules.finding import Finding

VARIABLE = "GITHUB_STEP_SUMMARY"
MOST = 200
ORDER = ("error", "warning", "info")


def write_summary(text: str) -> None:
    """Append to the file that the CI names in GITHUB_STEP_SUMMARY; nothing where it names none."""
    name = os.environ.get(VARIABLE, "")
    if name:
        with Path(name).open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)


def job_summary(handbook: Handbook, findings: list[Finding], counts: dict[str, int]) -> str:
    """What a proposed change changes for people, then findings by document, errors first, each with what to do.

    All of it in the handbook's language; nothing that a person wrote becomes markup.
    """
    words = Words.of(handbook.policy.languages)
    lines = [f"## {_head(counts, words)}", "", words("job checked", count=counts["documents"], day=handbook.day), ""]
    lines += of_people(handbook, sheets(handbook))
    titles = {document.id: document.title for document in handbook.documents.values()}
    worst = {f.path: 9 for f in findings} | {
        f.path: ORDER.index(f.severity) for f in sorted(findings, key=lambda f: -ORDER.index(f.severity))
    }
    shown = sorted(findings, key=lambda f: (worst[f.path], f.path, f.document, ORDER.index(f.severity), f.order))
    for (path, name), group in groupby(shown[:MOST], key=lambda f: (f.path, f.document)):
        title = f"{name} {titles.get(name, '')}".strip() or path or words("job repository")
        lines += [f"### {escape(title)}", "", *(_line(finding, words) for finding in group), ""]
    if len(shown) > MOST:
        lines += [words("job more", count=len(shown) - MOST), ""]
    if shown:
        lines += [words("job codes"), ""]
    return "\n".join(lines)


def _head(counts: dict[str, int], words: Words) -> str:
    if counts["errors"]:
        return f"❌ {words('job stopped', count=counts['errors'])}"
    return f"✅ {words('job looks', count=counts['warnings']) if counts['warnings'] else words('job clean')}"


def _line(finding: Finding, words: Words) -> str:
    message, fix = (escape(said(text, words.language)) for text in (finding.message, finding.fix))
    line = words("job line", number=finding.line) if finding.line else ""
    place = f"{escape(finding.path)}{line}: " if finding.path else ""
    todo = f" **{words('job to do')}** {fix}" if fix else ""
    severity = words(f"job.{finding.severity}")
    severity = f"**{severity}**" if finding.severity == "error" else severity
    return f"- {severity} ({finding.rule}), {place}{message}.{todo}"
