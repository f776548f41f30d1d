"""Data tables: CSV files that a text shows (specification, Includes, tables, pictures).

A file is read surely or not at all: what could be read in two ways, or loses a cell, is a problem in words, and the
table counts as not given.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from ems_control.ground.text import MAX_BYTES, counted, decode

_LINE = re.compile(
    r"(?P<indent>(?:[ \t]|>)*)\[(?P<text>[^\]\n]*)\]\((?P<target>[^()\s]+\.csv)(?:[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'))?\)"
    r"\{:?(?P<attributes>[^{}\n]*)\}[ \t]*",
    re.IGNORECASE,
)
_ANY = re.compile(
    r"\]\([^()\s]+\.csv(?:[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'))?\)\{:?[^{}\n]*\.table\b[^{}\n]*\}", re.IGNORECASE
)
_ATTRIBUTE = re.compile(
    r"(?:\.[\w-]+|#[\w-]+|(?P<name>[\w-]+)=(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^\s\"']+)))"
)
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_SAID = re.compile(r'"?sep=(?P<sign>.)"?', re.IGNORECASE)


class Problem(NamedTuple):
    """Why a table cannot be read, and what to do; `line` counts in the CSV file, 0 for the whole."""

    line: int
    message: str
    fix: str


class Table(NamedTuple):
    """A table: the names of its columns and its rows, all as text and all equally long; or why there is none."""

    columns: list[str]
    rows: list[list[str]]
    problem: Problem | None = None


class TableLink(NamedTuple):
    """A line that shows a table: what stands before it, its words, its file, and how it is to be shown."""

    indent: str
    text: str
    target: str
    options: Mapping[str, str]


def table_link(line: str) -> TableLink | None:
    """A line that is nothing but `[Aspects](aspects.csv){ .table }`, in a list or block too; else None.

    Options are what the attribute list gives names: `columns`, `rows`, `labels`, `blank`.
    """
    match = _LINE.fullmatch(line)
    if match is None or ".table" not in re.split(r"\s+", match["attributes"].strip()):
        return None
    found = _ATTRIBUTE.finditer(match["attributes"])
    options = {m["name"]: m["double"] or m["single"] or m["bare"] or "" for m in found if m["name"]}
    return TableLink(match["indent"], match["text"], match["target"], options)


def names_table(line: str) -> bool:
    """Whether a line links to a CSV file with the class `table` anywhere: alone on its line it is shown."""
    return _ANY.search(line) is not None


def read_table(data: bytes) -> Table:
    """Read a CSV file: comma, semicolon or tab, said by a first line `sep=;` or found; UTF-8, BOM allowed.

    Empty lines are left out, and empty cells behind the last column. Never raises.
    """
    text, problems = decode(data)
    if problems:
        first = problems[0]
        fix = 'Save it in the spreadsheet as "CSV UTF-8".' if first.kind == "not-text" else "Make two tables of it."
        return _not(first.line, first.message, fix)
    said = _SAID.fullmatch(text.split("\n", 1)[0].strip())
    if said:
        text = text.partition("\n")[2]
    signs = [said["sign"]] if said else list(_SEPARATORS)
    found = [table for sign in signs if (table := _read(text, sign, bool(said)))]
    whole = [table for table in found if table.problem is None]
    wide = [table for table in whole if len(table.columns) > 1]
    if len(wide) > 1:
        return _not(
            1, "its columns can be told in two ways", "Put cells that hold a comma, semicolon or tab in quotes."
        )
    if wide:
        return wide[0]
    if len(whole) == len(signs):
        return whole[0]
    return max(
        (table for table in found if table.problem), key=lambda table: len(table.columns), default=Table([], [])
    )._replace(columns=[], rows=[])


def _read(text: str, sign: str, said: bool) -> Table:
    """The table as this separator makes it; on a problem, `columns` is the head that it would have had."""
    head: list[str] = []
    rows: list[list[str]] = []
    with _long_cells():
        reader = csv.reader(io.StringIO(text), delimiter=sign, strict=True)
        try:
            for cells in reader:
                row = [cell.strip() for cell in cells]
                if not any(row):
                    continue
                if not head:
                    head = _cut(row)
                elif len(_cut(row)) > len(head) or len(row) < len(head):
                    return Table(head, [], _unequal(reader.line_num, len(row), len(head), sign, said))
                else:
                    rows.append(row[: len(head)])
        except csv.Error:
            return Table(
                head, [], Problem(reader.line_num, "a quote is opened and not closed", 'Close it, or write "".')
            )
    twice = {name for name in head if name and head.count(name) > 1}
    if twice and rows:
        return Table(head, [], Problem(1, f'two columns are called "{min(twice)}"', "Give each a name of its own."))
    return Table(head, rows)


def _cut(row: list[str]) -> list[str]:
    """A row without the empty cells behind its last word."""
    end = max((index + 1 for index, cell in enumerate(row) if cell), default=0)
    return row[:end]


def _unequal(line: int, cells: int, columns: int, sign: str, said: bool) -> Problem:
    by = f", cut at {_SEPARATORS[sign]}" if sign in _SEPARATORS and not said else ""
    many = counted(cells, "{number} cell", "{number} cells")
    message = f"line {line} has {many}, the head {columns}{by}"
    return Problem(line, message, "Give every line as many cells; take away a title above the head; quote commas.")


def _not(line: int, message: str, fix: str) -> Table:
    return Table([], [], Problem(line, message, fix))


@contextmanager
def _long_cells() -> Iterator[None]:
    """A cell may be as long as a file; the limit is the whole process's, so it is put back."""
    before = csv.field_size_limit(MAX_BYTES)
    try:
        yield
    finally:
        csv.field_size_limit(before)
