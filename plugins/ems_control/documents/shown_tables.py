"""The data tables of a text, as their author wants them shown: which columns and rows, under which heads.

`columns="parameter limit"` and `rows="point=QS-1"` choose, `labels="limits.labels.yml"` names the heads in words per
language, `years="A R"` draws indicators by year, `blank=8` adds empty rows to be filled in by hand. All of it stands in
the text or in its attachments, so it is sealed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from ems_control.documents.by_year import HEAD, YEARS, by_year
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.factfile import read_facts
from ems_control.ground.formats.tables import Problem, Table, TableLink, read_table

MOST_BLANK = 60


def shown_table(link: TableLink, read: Callable[[str], bytes | None], language: str) -> Table:
    """A table as it is shown; its `problem` says why there is none.

    `read` gives the bytes of an attachment by the name that the text uses, None where there is none.
    """
    data = read(unquote(link.target))
    if data is None:
        return _not(f"{link.target} is not there", "Add the file, or correct its name.")
    table = read_table(data)
    if table.problem is None:
        table = _chosen(table, link.options)
    if table.problem is None:
        table = _labelled(table, link.options.get("labels"), read, language)
    return table if table.problem else _with_blanks(table, link.options.get("blank"))


def _chosen(table: Table, options: Mapping[str, str]) -> Table:
    keys = {name.casefold(): index for index, name in enumerate(table.columns)}
    rows = table.rows
    for condition in _words(options.get("rows", "")):
        name, _, value = condition.partition("=")
        if name.casefold() not in keys:
            return _no_column(name, table)
        wanted = {one.casefold() for one in value.split("|")}
        rows = [row for row in rows if row[keys[name.casefold()]].casefold() in wanted]
        if not rows:
            return _not(f'no row has {name} "{value}"', "Write a value that the column holds.")
    names = _words(options.get("columns", ""))
    for name in names:
        if name.casefold() not in keys:
            return _no_column(name, table)
    if YEARS in options:
        chosen = [table.columns[keys[name.casefold()]] for name in names]
        return by_year(table._replace(rows=rows), options[YEARS], chosen)
    at = [keys[name.casefold()] for name in names] or list(range(len(table.columns)))
    return Table([table.columns[index] for index in at], [[row[index] for index in at] for row in rows])


def _labelled(table: Table, name: str | None, read: Callable[[str], bytes | None], language: str) -> Table:
    if not name:
        return table
    data = read(name)
    if data is None:
        return _not(f"{name} is not there", "Add the file, or correct its name.")
    try:
        labels = read_facts(name, data)
    except EmsError:
        return _not(f"{name} cannot be read", "Write a line for each column: `limit: {en: Limit, de: Grenzwert}`.")
    missing = [
        column
        for column in table.columns
        if column and not HEAD.fullmatch(column) and _label(labels.get(column), language) is None
    ]
    if missing:
        return _not(
            f'{name} has no words for "{missing[0]}"', "Add a line for it: `limit: {en: Limit, de: Grenzwert}`."
        )
    return table._replace(columns=[_head(column, labels, language) for column in table.columns])


def _head(column: str, labels: Mapping[str, Any], language: str) -> str:
    """A column in words; a figure of a year, which is no key, as it is where nothing names it."""
    return _label(labels.get(column), language) or (column if HEAD.fullmatch(column) else "")


def _label(given: Any, language: str) -> str | None:
    if isinstance(given, Mapping):
        return next((str(given[key]) for key in (language, language.partition("-")[0], "en") if given.get(key)), None)
    return str(given) if isinstance(given, str) and given else None


def _with_blanks(table: Table, number: str | None) -> Table:
    if number is None:
        return table
    if not re.fullmatch(r"[1-9]\d?", number) or int(number) > MOST_BLANK:
        return _not(f'blank="{number}" is no number of rows', f"Write a number from 1 to {MOST_BLANK}.")
    return table._replace(rows=[*table.rows, *([""] * len(table.columns) for _ in range(int(number)))])


def _words(text: str) -> list[str]:
    """Names with a comma between them, or else with blanks."""
    return [word.strip() for word in (text.split(",") if "," in text else text.split()) if word.strip()]


def _no_column(name: str, table: Table) -> Table:
    return _not(f'no column is called "{name}"', f"Columns are: {', '.join(filter(None, table.columns))}.")


def _not(message: str, fix: str) -> Table:
    return Table([], [], Problem(0, message, fix))
