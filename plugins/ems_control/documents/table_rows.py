"""Which tables of a text are the same table in another version of it, and which rows the same row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from urllib.parse import unquote

from ems_control.documents.sealed import ShownTable

Row = dict[str, str]
"""The cells of a row by the heads of their columns."""


def rows_of(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Row]:
    """The rows of a table; a head that stands twice gets a number."""
    heads = [name if name not in columns[:n] else f"{name} ({n + 1})" for n, name in enumerate(columns)]
    return [dict(zip(heads, row, strict=False)) for row in rows]


def row_pairs(old: list[Row], new: list[Row]) -> Iterator[tuple[Row | None, Row | None]]:
    """Rows that differ: those with the same first cell are the same row, else those at the same place of a change."""
    matcher = SequenceMatcher(None, [tuple(r.items()) for r in old], [tuple(r.items()) for r in new], autojunk=False)
    gone, come = list[Row](), list[Row]()
    for kind, i, i2, j, j2 in matcher.get_opcodes():
        if kind == "equal":
            continue
        left, right = old[i:i2], new[j:j2]
        for row in list(left):
            mate = next((r for r in right if _name(r) == _name(row)), None)
            if mate is not None:
                left.remove(row)
                right.remove(mate)
                yield row, mate
        if len(left) == len(right):
            yield from zip(left, right, strict=True)
        else:
            gone += left
            come += right
    for row in list(gone):
        mate = next((r for r in come if _name(r) == _name(row)), None)
        if mate is not None:
            gone.remove(row)
            come.remove(mate)
            yield row, mate
    yield from ((row, None) for row in gone)
    yield from ((None, row) for row in come)


def _name(row: Row) -> str:
    return next(iter(row.values()), "").strip().casefold()


def table_pairs(old: list[ShownTable], new: list[ShownTable]) -> list[tuple[ShownTable | None, ShownTable | None]]:
    """The data tables of two texts: of one file the two with the same words are one table, else those that are left."""
    found: list[tuple[ShownTable | None, ShownTable | None]] = []
    for words in (slice(None), slice(1)):
        for one in list(old):
            mate = next((other for other in new if _named(other)[words] == _named(one)[words]), None)
            if mate:
                old.remove(one)
                new.remove(mate)
                found.append((one, mate))
    return [*found, *((one, None) for one in old), *((None, one) for one in new)]


def _named(shown: ShownTable) -> tuple[str, str]:
    """The file of a table, and the words of the link that shows it."""
    return unquote(shown.link.target), shown.link.text
