"""The rows of a table as files beside it: CSV, a workbook, and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ems_control.exports import views
from ems_control.exports.spreadsheet import Column, Sheet, as_csv, flattened, in_words
from ems_control.exports.words import Words

FOLDER = "assets/ems/data"
"""Where the files stand, under docs/."""


@dataclass(frozen=True)
class Data:
    """Rows of plain values; days are written as 2026-03-01.

    `keys` are the names of the columns in CSV and JSON, by default their titles; `whole` is the JSON where it has
    another shape.
    """

    name: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    keys: Sequence[str] = ()
    whole: dict[str, Any] = field(default_factory=dict)


def places(name: str) -> tuple[str, str, str]:
    """Where the three files of a table stand, under docs/."""
    return f"{FOLDER}/{name}.csv", f"{FOLDER}/{name}.xlsx", f"{FOLDER}/{name}.json"


def files(
    data: Data, title: str, as_of: str, words: Words, book: Callable[[Sheet, str, str], bytes]
) -> dict[str, bytes]:
    """The three files by path under docs/, the same for the same rows; `book` makes the workbook of a sheet.

    The workbook is for people, its heads and words are in their language; keys of CSV and JSON are the same in every
    language. The CSV opens in a spreadsheet: with a mark of its encoding, and the separator that programs there expect.
    """
    names = list(data.keys) or [column.title for column in data.columns]
    rows = [dict(zip(names, row, strict=True)) for row in data.rows]
    whole = data.whole or {"version": views.VERSION, "as_of": as_of, data.name: rows}
    english = Words("en")
    flat = [[flattened(cell, english) for cell in row] for row in data.rows]
    told = [[flattened(cell, words) for cell in row] for row in data.rows]
    sheet = Sheet(data.name, data.columns, told)
    made = (
        as_csv(names, flat, words("csv delimiter")).encode("utf-8-sig", errors="backslashreplace"),
        book(in_words(sheet, words), title, as_of),
        (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode(errors="replace"),
    )
    return dict(zip(places(data.name), made, strict=True))
