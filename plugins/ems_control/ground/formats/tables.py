"""Data tables: CSV files that a text shows (specification, Includes, tables, pictures)."""

from __future__ import annotations

import csv
import io
import re
from typing import NamedTuple

from ems_control.ground.text import MAX_BYTES, decode

csv.field_size_limit(MAX_BYTES)  # a quote that does not end makes the rest of the file one cell

_TABLE_LINE = re.compile(r"\[(?P<text>[^\]\n]*)\]\((?P<target>[^()\s]+\.csv)\)\{:?\s*\.table\s*\}[ \t]*", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')


class Table(NamedTuple):
    """A table: the names of its columns and its rows, all as text and all equally long."""

    columns: list[str]
    rows: list[list[str]]


def table_link(line: str) -> tuple[str, str] | None:
    """Text and target of a line that is nothing but `[Aspects](aspects.csv){ .table }`; else None."""
    match = _TABLE_LINE.fullmatch(line)
    return (match["text"], match["target"]) if match else None


def read_table(data: bytes) -> Table:
    """Read a CSV file: comma or semicolon, BOM allowed; short rows are filled up, empty lines left out."""
    text, _ = decode(data)
    first = _QUOTED.sub("", text.lstrip("\n")).split("\n", 1)[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(cell.strip() for cell in row)]
    if not rows:
        return Table([], [])
    width = max(len(row) for row in rows)
    filled = [[cell.strip() for cell in row] + [""] * (width - len(row)) for row in rows]
    return Table(filled[0], filled[1:])
