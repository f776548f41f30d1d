"""Cells of data tables as readers know them: titles of roles and groups instead of keys, days in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache

from ems_control.documents.sealed import Manner, tables_in, with_includes
from ems_control.documents.table_look import ROW
from ems_control.exports.words import Words
from ems_control.ground.formats.tables import Table
from ems_control.handbook.handbook import Handbook

_KEY_HEAD = re.compile(r"[a-z][a-z0-9]*(?:_[a-zA-Z0-9]+)*")
_PARTED = re.compile(r"(\s*[,;\n]\s*)")


class TableWords:
    """How the texts of a handbook tell their tables."""

    def __init__(self, handbook: Handbook, words: Words) -> None:
        """`words` are those of the handbook's first language."""
        self.title_of = handbook.title
        self.keys = {*handbook.people.roles, *handbook.policy.groups}
        self.unmistakable = {key for key in self.keys if re.search(r"[-_.]", key)}
        sentence = words("table unreadable", name="{name}", reason="{reason}")
        places = {document.id: document.shown.path for document in handbook.listed}
        self.rows = _rows_of_registers(handbook)
        self.manner = Manner(words.language, sentence, self.in_words, places.get, self.rows, marks=True)
        known = (handbook.people.roles, places, self.rows)
        self.key = repr((words.language, handbook.policy.groups, *(sorted(each.items()) for each in known)))

    def in_words(self, table: Table, language: str) -> Table:
        """A table with words for keys, in a language.

        A key like `plating-line-lead` is one wherever it stands alone or in a list; one that is also a word, like
        `lead`, only in a column of nothing but keys.
        """
        words = Words(language)
        columns = [self._column(cells, words) for cells in zip(*table.rows, strict=True)]
        rows = [list(row) for row in zip(*columns, strict=True)]
        return table._replace(columns=[_head(column) for column in table.columns], rows=rows)

    def _column(self, cells: tuple[str, ...], words: Words) -> list[str]:
        only_keys = all(part in self.keys for cell in cells if cell for part in _parts(cell))
        known = self.keys if only_keys else self.unmistakable

        @cache
        def title(key: str) -> str:
            return self.title_of(key, words.language)

        return [words.days_in(_replaced(cell, known, title)) for cell in cells]


def _rows_of_registers(handbook: Handbook) -> dict[str, str]:
    """The numbers of rows of registers in force, each with the path of its register; one in two registers is none."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    for document in handbook.listed:
        if document.type_name != "register" or not document.in_force or document.shown.metadata.translates:
            continue
        version = document.in_force.version
        names = {row[0] for shown in tables_in(version, with_includes(version)) for row in shown.table.rows if row}
        for name in filter(ROW.fullmatch, names):
            twice |= {name} & found.keys()
            found[name] = version.path
    return {name: path for name, path in found.items() if name not in twice}


def _head(column: str) -> str:
    """The head of a column that has no label: its key in words."""
    return column.replace("_", " ") if _KEY_HEAD.fullmatch(column) else column


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in _PARTED.split(cell)[::2]]


def _replaced(cell: str, known: Iterable[str], title: Callable[[str], str]) -> str:
    return "".join(title(part) if part in known else part for part in _PARTED.split(cell))
