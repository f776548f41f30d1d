"""Numbers of a data table that a text also writes out, and that the table no longer holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ems_control.documents.table_rows import Row, row_pairs, rows_of
from ems_control.documents.text_units import units
from ems_control.ground.formats.tables import Table

_NUMBER = re.compile(r"(?<![\w.,])(?<![^\W\d_]-)\d+(?:[.,]\d+)*(?![\w]|[.,]\d)")
_DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b|\b\d{1,2}:\d\d\b")
_BETWEEN = re.compile(r"(?<=\d)\s*[-–—]\s*(?=\d)")


class ChangedNumber(NamedTuple):
    """A cell whose number is another one: the words that name its row, its column, the number and the cell now."""

    row: tuple[str, ...]
    column: str
    was: str
    now: str
    gone: bool
    """Whether no cell of the whole table holds the number any more."""
    left: bool
    """Whether no cell of its row does."""


class StaleNumber(NamedTuple):
    """Words of a text that hold a number that the table has no more."""

    words: str
    change: ChangedNumber


def numbers(text: str) -> set[str]:
    """The numbers of a text in one spelling; days and clock times are none."""
    return {found.replace(",", ".") for found in _NUMBER.findall(_BETWEEN.sub(" ", _DAY.sub(" ", text)))}


def changed_numbers(old: Table, new: Table) -> Iterator[ChangedNumber]:
    """Every number that stood in a cell and stands there no more."""
    before, after = rows_of(old.columns, old.rows), rows_of(new.columns, new.rows)
    names = _names(after)
    everywhere = {number for row in after for cell in row.values() for number in numbers(cell)}
    for one, other in row_pairs(before, after):
        if one is None or other is None:
            continue
        in_row = {number for cell in other.values() for number in numbers(cell)}
        words = tuple(cell for column, cell in other.items() if cell in names.get(column, ()))
        for column, now in other.items():
            for number in sorted(numbers(one.get(column, now)) - numbers(now)):
                yield ChangedNumber(words, column, number, now, number not in everywhere, number not in in_row)


def _names(rows: list[Row]) -> dict[str, set[str]]:
    """By column: the words that stand in one row alone, and so name it."""
    found: dict[str, set[str]] = {}
    for column in rows[0] if rows else ():
        cells = [row.get(column, "") for row in rows]
        found[column] = {c for c in cells if cells.count(c) == 1 and re.search(r"[^\W\d_]{2}", c) and not numbers(c)}
    return found


def stale_numbers(old: Table, new: Table, text_then: str, text_now: str) -> Iterator[StaleNumber]:
    """Sentences, steps and rows that still say a number that the table has given up.

    A short number counts only where the words name its row; a number that its row still holds elsewhere only where
    the words are as old as it is.
    """
    changed = list(changed_numbers(old, new))
    if not changed:
        return
    known = {unit.words for unit in units(text_then)}
    for unit in units(text_now):
        said = numbers(unit.words)
        for change in changed:
            if change.was in said and _meant(change, f"{unit.heading} {unit.words}", unit.words in known):
                yield StaleNumber(unit.words, change)
                break


def _meant(change: ChangedNumber, words: str, as_old: bool) -> bool:
    lower = words.casefold()
    named = any(re.search(rf"\b{re.escape(name.casefold())}\b", lower) for name in change.row)
    if named:
        return change.left or as_old
    telling = "." in change.was or len(change.was) > 2
    return telling and change.gone
