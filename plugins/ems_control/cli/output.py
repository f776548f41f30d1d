"""How findings and tables read: for people, as JSON, as CSV, and as annotations of a CI log; where they go."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ems_control.cli.context import current
from ems_control.cli.telling import findings_spoken, own_word, reading_language, spoken, tell
from ems_control.ground.errors import EmsError
from ems_control.ground.files import write_atomically
from ems_control.ground.text import counted, log_safe, one_line
from ems_control.rules.finding import Finding

if TYPE_CHECKING:
    from ems_control.handbook.handbook import Handbook

COLOURS = {"error": "red", "warning": "yellow", "info": "cyan"}
STATES = {
    "in force": "green",
    "upcoming": "cyan",
    "awaiting approval": "yellow",
    "draft": "bright_black",
    "withdrawn": "bright_black",
    "overdue": "yellow",
    "unmet": "red",
}
"""The colour of a table cell that is one of these words."""

to_file = click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")


def deliver(data: str | bytes, output: Path | None, shape: str) -> None:
    """Write to a file, or to standard output where none is given; EmsError where a workbook has no place to go."""
    workbook = isinstance(data, bytes)
    if output is None:
        if workbook and sys.stdout.isatty():
            raise EmsError("a workbook is no text for a terminal. Name a file: --output list.xlsx.")
        click.echo(data if isinstance(data, bytes) else data.rstrip("\n"), nl=not workbook)
        return
    if (output.suffix.lower() == ".xlsx") is not workbook:
        right = "--format xlsx" if not workbook else "a file that ends in .xlsx"
        raise EmsError(f"{output} would hold {shape}. Write {right}.")
    require_free(output)
    write_atomically(output, data if isinstance(data, bytes) else data.encode(errors="backslashreplace"))
    tell(f"Written: {output}", err=True)


def require_free(target: Path, again: str = "") -> None:
    """Raise EmsError where writing there would replace what the handbook or git keeps; `target` may be a folder.

    A folder that holds a file called `again` is an earlier output of the same kind: git gives back what it keeps of it.
    """
    from ems_control.ground.formats.records import FOLDER
    from ems_control.ground.git.repository import Repository
    from ems_control.handbook.steering_files import read_configuration

    root, place = current().root, target.resolve()
    if ".git" in [part.lower() for part in place.parts]:
        raise EmsError(f"{target} lies inside .git. Name another place.")
    for folder in (root / read_configuration(root).policy.docs_dir, root / FOLDER):
        if place.is_relative_to(folder.resolve()):
            raise EmsError(f"{target} lies in {folder.name}/, which holds the handbook. Name another place.")
    with Repository(root) as repository:
        if repository.top.is_relative_to(place):
            raise EmsError(f"{target} holds the repository of the handbook. Name another place.")
        if not repository.keeps(place):
            return
        if not again or not (place / again).is_file() or root.resolve().is_relative_to(place):
            raise EmsError(f"{target} is kept by git, and would be written over. Name another place.")
        name = one_line(str(target))
        tell(f"{name} is kept by git and written anew. Leave it out: git rm -r --cached {name}", err=True)


def for_here(findings: Sequence[Finding], people: bool = True) -> list[Finding]:
    """Findings in the reader's language, whose remedies can be run from where the reader stands."""
    return [replace(one, fix=current().here(one.fix)) for one in findings_spoken(findings, people)]


def as_json(data: Any) -> str:
    """One JSON document."""
    return json.dumps(data, ensure_ascii=False, indent=2)


def room() -> int:
    """How many columns a table may have."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 10_000


def as_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], styles: dict[str, str] | None = None) -> str:
    """Columns side by side, cut to the width of the terminal; a cell equal to a key of `styles` gets its colour."""
    columns = [own_word(column.upper()).upper() for column in columns]
    own = {*(styles or {}), "superseded", "met", "document", "evidence"}
    colours = {own_word(cell): colour for cell, colour in (styles or {}).items()}
    cells = [[one_line(_cell(cell, own)) for cell in row] for row in rows]
    widths = [
        max(len(column), *(len(row[i]) for row in cells), 0) if cells else len(column)
        for i, column in enumerate(columns)
    ]
    while sum(widths) + 2 * (len(widths) - 1) > room() and max(widths) > 16:
        widths[widths.index(max(widths))] -= 1
    lines = [click.style("  ".join(c.ljust(w) for c, w in zip(columns, widths, strict=True)).rstrip(), bold=True)]
    for row in cells:
        shown = []
        for cell, width in zip(row, widths, strict=True):
            text = (cell if len(cell) <= width else cell[: width - 1] + "…").ljust(width)
            shown.append(click.style(text, fg=colours[cell]) if cell in colours else text)
        lines.append(log_safe("  ".join(shown).rstrip()))
    return "\n".join(lines)


@dataclass(frozen=True)
class Checked:
    """What a check found on a day, with the title of each document by its id."""

    day: str
    titles: dict[str, str]
    findings: list[Finding]

    @classmethod
    def of(cls, handbook: Handbook, findings: list[Finding]) -> Checked:
        """These findings in a handbook."""
        titles = {document.id: document.title for document in handbook.documents.values()}
        return cls(handbook.day.isoformat(), titles, findings)


def _cell(cell: Any, own: Collection[str]) -> str:
    """A cell as people read it: a state is a word of ours, a remark a sentence of ours."""
    text = "" if cell is None else str(cell)
    if text in own:
        return own_word(text)
    return spoken(text) if " " in text else text


def findings_for_people(checked: Checked, counts: dict[str, int]) -> str:
    """Findings (as `for_here` gives them) grouped by document, then a summary line."""
    if not checked.findings and reading_language() == "en":
        return _total(checked, counts)  # no words are loaded for it
    from ems_control.exports.words import Words

    lines: list[str] = []
    words = Words(reading_language())
    width = max(len(words(f"severity.{severity}")) for severity in ("error", "warning", "info"))
    for (name, path), group in groupby(checked.findings, key=lambda f: (f.document, f.path)):
        head = f"{name} {checked.titles.get(name, '')}".strip() if name else path
        lines.extend([click.style(log_safe(one_line(head)), bold=True)] if head else [])
        for finding in group:
            place = f"{finding.path}:{finding.line}: " if finding.line else finding.path and f"{finding.path}: "
            code = click.style(finding.rule, bold=True)
            told = log_safe(one_line(f"{finding.message}. {finding.fix}".rstrip()))
            severity = words(f"severity.{finding.severity}")
            mark = click.style(f"{severity:{width}}", fg=COLOURS[finding.severity])
            lines.append(f"  {mark} {log_safe(one_line(place))}{code} {told}")
        lines.append("")
    if words.language != "en":
        numbers = {key: counts[key] for key in ("documents", "errors", "warnings")}
        lines.append(words("checked", day=checked.day, **numbers))
        return "\n".join([*lines, words("explains")] if counts["errors"] + counts["warnings"] else lines)
    lines.append(_total(checked, counts))
    if counts["errors"] + counts["warnings"]:
        lines.append(words("explains"))
    return "\n".join(lines)


def _total(checked: Checked, counts: dict[str, int]) -> str:
    good = click.style("nothing wrong", fg="green") if not counts["errors"] + counts["warnings"] else None
    errors = counted(counts["errors"], "{number} error", "{number} errors")
    result = good or f"{errors}, {counted(counts['warnings'], '{number} warning', '{number} warnings')}"
    documents = counted(counts["documents"], "{number} document", "{number} documents")
    return f"{documents} checked as of {checked.day}: {result}"


def findings_for_github(findings: list[Finding]) -> str:
    """Workflow commands that annotate the files of a pull request; nothing of a document can add one."""
    levels = {"error": "error", "warning": "warning", "info": "notice"}
    lines = []
    for finding in findings:
        properties = {
            "file": finding.path,
            "line": str(max(finding.line, 1)),
            "col": str(max(finding.column, 1)),
            "title": f"{finding.rule} {finding.name}",
        }
        named = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
        lines.append(f"::{levels[finding.severity]} {named}::{_data(f'{finding.message}. {finding.fix}'.rstrip())}")
    return "\n".join(lines)


def _data(text: str) -> str:
    return one_line(text.replace("\n", " ")).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
