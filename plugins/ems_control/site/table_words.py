"""Cells of data tables as readers know them: titles of roles and groups instead of keys, days in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache

from ems_control.coverage.indicators import core_area, core_areas
from ems_control.documents.by_year import HEAD, REASON, YEARS
from ems_control.documents.sealed import Manner, ShownTable, tables_in, with_includes
from ems_control.documents.table_look import ROW
from ems_control.exports.sentences import said
from ems_control.exports.words import Words
from ems_control.ground.formats.tables import Table
from ems_control.handbook.handbook import Handbook

_KEY_HEAD = re.compile(r"[a-z][a-z0-9]*(?:_[a-zA-Z0-9]+)*")
_PARTED = re.compile(r"(\s*[,;\n]\s*)")
_AREA = "area"
_OF_INDICATORS = {
    _AREA: "core area",
    "unit_A": "unit of A",
    "unit_B": "unit of B",
    **{name: name for name in ("indicator", "source", REASON, "remark")},
}
"""The heads of indicators by year that are known in every language, by their keys."""


class TableWords:
    """How the texts of a handbook tell their tables."""

    def __init__(self, handbook: Handbook, words: Words) -> None:
        """`words` are those of the handbook's first language."""
        self.title_of = handbook.title
        self.keys = {*handbook.people.roles, *handbook.policy.groups}
        self.unmistakable = {key for key in self.keys if re.search(r"[-_.]", key)}
        places = {document.id: document.shown.path for document in handbook.listed}
        self.rows = _rows_of_registers(handbook)
        self.manner = Manner(words.language, _unreadable, self.in_words, places.get, self.rows, marks=True)
        known = (handbook.people.roles, places, self.rows)
        self.key = repr((words.language, handbook.policy.groups, *(sorted(each.items()) for each in known)))

    def in_words(self, shown: ShownTable, language: str) -> Table:
        """A table with words for keys, in a language; indicators by year with its numbers and names of the areas.

        A key like `plating-line-lead` is one wherever it stands alone or in a list; one that is also a word, like
        `lead`, only in a column of nothing but keys.
        """
        words, table, by_year = Words(language), shown.table, YEARS in shown.link.options
        known = zip(table.columns, zip(*table.rows, strict=True), strict=False)
        columns = [
            _of_indicators(head, cells, words)
            if by_year and (HEAD.fullmatch(head) or head == _AREA)
            else self._column(cells, words)
            for head, cells in known
        ]
        rows = [list(row) for row in zip(*columns, strict=True)]
        heads = [_head(column, words if by_year else None) for column in table.columns]
        return table._replace(columns=heads, rows=rows)

    def _column(self, cells: tuple[str, ...], words: Words) -> list[str]:
        only_keys = all(part in self.keys for cell in cells if cell for part in _parts(cell))
        known = self.keys if only_keys else self.unmistakable

        @cache
        def title(key: str) -> str:
            return self.title_of(key, words.language)

        return [words.days_in(_replaced(cell, known, title)) for cell in cells]


def _unreadable(name: str, reason: str, language: str) -> str:
    words = Words(language)
    return words("table unreadable", name=name, reason=said(reason, words.language))


def _rows_of_registers(handbook: Handbook) -> dict[str, str]:
    """The numbers of rows of registers in force, each with the path of its register; one in two registers is none."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    for document in handbook.listed:
        if document.type_name != "register" or not document.in_force or document.shown.facts.translates:
            continue
        version = document.in_force.version
        names = {row[0] for shown in tables_in(version, with_includes(version)) for row in shown.table.rows if row}
        for name in filter(ROW.fullmatch, names):
            twice |= {name} & found.keys()
            found[name] = version.path
    return {name: path for name, path in found.items() if name not in twice}


def _head(column: str, words: Words | None) -> str:
    """The head of a column that has no label: its key in words; those of indicators are known in every language."""
    if words and column in _OF_INDICATORS:
        return words(_OF_INDICATORS[column])
    return column.replace("_", " ") if _KEY_HEAD.fullmatch(column) else column


def _of_indicators(head: str, cells: Iterable[str], words: Words) -> list[str]:
    """Figures, and names of core areas, as the language writes them."""
    if HEAD.fullmatch(head):
        return [words.number(cell) for cell in cells]
    titles = {name: area["title"] for name, area in core_areas().items()}
    return [titles.get(core_area(cell), {}).get(words.language, cell) for cell in cells]


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in _PARTED.split(cell)[::2]]


def _replaced(cell: str, known: Iterable[str], title: Callable[[str], str]) -> str:
    return "".join(title(part) if part in known else part for part in _PARTED.split(cell))
