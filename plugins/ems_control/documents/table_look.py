"""What of a data table a reader needs first, and by what its rows can be told apart: found in the cells themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ems_control.ground.formats.tables import Table

FEW = 5
"""A row of so many cells is shown whole on a phone too."""
FIRST = 3
ROW = re.compile(r"[A-Z]{1,4}-\d+")
"""A number of a row that links can lead to: `O-12`, `A-07`."""

_WORD = re.compile(r"[^\W\d_]{3}")


def filled(table: Table) -> Table:
    """A table without the columns that nobody fills; as it is where it has no row."""
    kept = [at for at in range(len(table.columns)) if at == 0 or any(row[at] for row in table.rows)]
    if not table.rows or len(kept) == len(table.columns):
        return table
    return table._replace(
        columns=[table.columns[at] for at in kept], rows=[[row[at] for at in kept] for row in table.rows]
    )


def first_columns(table: Table) -> list[int]:
    """The columns that say what a row is about, from 0: the first, and three that are filled, in words, not all alike.

    Empty for a narrow table. What an author chose by `columns` stands in the order of its weight already.
    """
    if len(table.columns) <= FEW:
        return []
    others = range(1, len(table.columns))
    telling = [at for at in others if _tells([row[at] for row in table.rows])]
    return sorted([0, *(telling + [at for at in others if at not in telling])[:FIRST]])


def _tells(cells: Sequence[str]) -> bool:
    given = [cell for cell in cells if cell]
    in_words = sum(bool(_WORD.search(cell)) for cell in given)
    return len(given) * 5 >= len(cells) * 3 and len(set(given)) * 2 >= len(given) and in_words * 2 >= len(given) > 0
