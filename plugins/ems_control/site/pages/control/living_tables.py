"""Tables that change from week to week, shown from HEAD: printed copies, equipment, waste, competence, what is open."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ems_control.approvals.lifecycle import add_months
from ems_control.documents.table_look import first_columns
from ems_control.exports.downloads import Data
from ems_control.exports.spreadsheet import Column
from ems_control.ground.formats.tables import Table
from ems_control.ground.markdown.markup import escape, link
from ems_control.ground.text import day_of, number_of
from ems_control.handbook import addresses
from ems_control.handbook.live_tables import (
    ACTIONS,
    COMPETENCE,
    EQUIPMENT,
    LIVING,
    NONCONFORMITIES,
    POSTED_COPIES,
    WASTE,
    LivingTable,
)
from ems_control.handbook.outstanding.tasks import is_old
from ems_control.site.page import Page, relative
from ems_control.site.pages.control.table_kit import Facet, TableKit
from ems_control.site.pages.sheet_foot import copy_anchor

Row = dict[str, str]
ROLES, DOCUMENTS, GROUPS = ("posted_by", "checked_by", "job", "owner"), ("document",), ("place",)


@dataclass(frozen=True)
class Register:
    """A page of a living table: where it is, what it is called, its facets, and what is remarked about a row."""

    page: str
    file: str
    key: str
    facets: tuple[str, ...]
    remark: Callable[[TableKit, Row], str] | None = None


def _copy(desk: TableKit, row: Row) -> str:
    document = desk.handbook.get(row.get("document", ""))
    if document is None or not document.listed:
        return escape(desk.words("copy of nothing"))
    approval = document.in_force
    if is_old(row.get("revision", ""), document):
        now = approval.revision if approval else ""
        return desk.timed(desk.words("copy old", number=now) if now else desk.words("copy of nothing"))
    upcoming = document.upcoming
    if upcoming:
        day = desk.words.day(upcoming.first_day)
        return escape(desk.words("starts", number=upcoming.revision, day=day))
    return escape(desk.words("copy right"))


def _copy_to_print(desk: TableKit, row: Row) -> str:
    """Whether a posted copy is right, and where to print it anew."""
    document, said = desk.handbook.get(row.get("document", "")), _copy(desk, row)
    if not row.get("id") or document is None or not document.in_force:
        return said
    target = f"{desk.places.markdown(document, addresses.COPIES)}#{copy_anchor(row['id'])}"
    return f"{said} · {link(desk.words('print copy'), target)}"


def _check(desk: TableKit, row: Row) -> str:
    """When the next check is due, with a mark where it is late."""
    last, months = day_of(row.get("last_check", "")), number_of(row.get("check_every", ""))
    if last is None or months is None:
        return escape(desk.words("no check"))
    due = add_months(last, months)
    return f"{desk.words.cell(due)} {desk.timed(desk.words('check late'), first=due, after=True)}"


def _licence(desk: TableKit, row: Row) -> str:
    day = day_of(row.get("licence_until", ""))
    return desk.timed(desk.words("licence ended"), first=day, after=True) if day else ""


def _open(desk: TableKit, row: Row) -> str:
    """That an action is done, or open, with a mark where its day has passed."""
    if (row.get("done") or "").strip():
        return escape(desk.words("action done"))
    due = day_of(row.get("due", ""))
    late = desk.timed(desk.words("check late"), first=due, after=True) if due else escape(desk.words("no check"))
    return f"{escape(desk.words('action open'))} {late}"


def _closed(desk: TableKit, row: Row) -> str:
    return escape(desk.words("action done" if (row.get("closed") or "").strip() else "action open"))


REGISTERS = (
    Register(addresses.COPIES, POSTED_COPIES, "printed copies", ("place", "document"), _copy_to_print),
    Register(addresses.EQUIPMENT, EQUIPMENT, "emergency equipment", ("place", "item"), _check),
    Register(addresses.WASTE, WASTE, "waste streams", ("place", "hazardous", "carrier"), _licence),
    Register(addresses.COMPETENCE, COMPETENCE, "competence", ("job",)),
    Register(addresses.NONCONFORMITIES, NONCONFORMITIES, "nonconformities", ("kind", "place", "owner"), _closed),
    Register(addresses.ACTIONS, ACTIONS, "open actions", ("owner",), _open),
)


def registers(desk: TableKit) -> list[Page]:
    """A page for each table; where the handbook has none, the page says which file it would be."""
    return [page for register in REGISTERS for page in _pages(desk, register)]


def _pages(desk: TableKit, register: Register) -> list[Page]:
    words = desk.words
    found = desk.living.get(register.file)
    if found is None:
        said = words(
            "no table", file=f"{desk.handbook.docs}/registers/{register.file}", columns=", ".join(LIVING[register.file])
        )
        return [Page(register.page, words(register.key), f"{escape(said)}\n", searchable=False)]
    heads = [_head(desk, column) for column in found.columns]
    remark = [words(f"remark.{register.file}")] if register.remark else []
    plain = Table(list(found.columns), [[row[column] for column in found.columns] for row in found.rows])
    first = first_columns(plain)
    first += [len(heads)] if first and register.remark else []
    intro = words(f"intro.{register.file}", file=f"{desk.handbook.docs}/{found.path}")
    facets = [
        Facet(key, _head(desk, key), _values(desk, found, key)) for key in register.facets if key in found.columns
    ]
    data = Data(
        register.file.removesuffix(".csv"),
        [Column(head, 20.0) for head in heads],
        [[row[column] for column in found.columns] for row in found.rows],
        found.columns,
    )
    parts, pages = desk.parts(register.page, list(enumerate(found.rows, 1))), []
    for at, (page, shown) in enumerate(parts):
        rows = [_row(desk, register, found, row, number, page) for number, row in shown]
        tools = desk.ways(at, parts) + desk.tools(data.name, facets)
        body = [escape(intro), tools + desk.plain_table([*heads, *remark], rows, first), desk.downloads(page, data)]
        pages.append(Page(page, words(register.key), "\n\n".join(body)))
    return pages


def place_of_copy(desk: TableKit, number: str, page: str) -> str:
    """The link from a page to the row of a posted copy."""
    copies = desk.living.get(POSTED_COPIES)
    parts = desk.parts(addresses.COPIES, copies.rows if copies else [])
    where = next((path for path, rows in parts if any(row.get("id") == number for row in rows)), addresses.COPIES)
    return f"{relative(where, page)}#{addresses.anchor(number)}"


def _head(desk: TableKit, column: str) -> str:
    title = column.replace("_", " ")
    return desk.words.known(f"column.{column}", title[:1].upper() + title[1:])


def _values(desk: TableKit, found: LivingTable, key: str) -> dict[str, str]:
    values = dict.fromkeys(row[key] for row in found.rows if row[key])
    return {addresses.anchor(value): _word(desk, key, value) for value in values}


def _word(desk: TableKit, key: str, value: str) -> str:
    if key in ROLES and value in desk.handbook.people.roles:
        return desk.handbook.people.title(value, desk.words.language)
    if key in GROUPS and value in set(desk.handbook.policy.groups):
        return desk.handbook.title(value, desk.words.language)
    return desk.words.known(value, value) if value in ("yes", "no") else value


def _row(desk: TableKit, register: Register, found: LivingTable, row: Row, number: int, page: str) -> list[str]:
    name = row.get("id") or ""
    cells = [_cell(desk, page, column, row[column]) for column in found.columns]
    facts = {key: addresses.anchor(row[key]) for key in register.facets if key in found.columns}
    cells[0] = desk.row(cells[0] or escape(number), addresses.anchor(name) if name else f"row-{number}", **facts)
    return [*cells, register.remark(desk, row)] if register.remark else cells


def _cell(desk: TableKit, page: str, column: str, value: str) -> str:
    """A value as readers know it: days in words, roles with persons, documents as links."""
    if day := day_of(value):
        return desk.words.cell(day)
    if column in ROLES and value in desk.handbook.people.roles:
        return desk.person(value)
    if column in DOCUMENTS:
        return ", ".join(desk.named(each, page) for each in re.split(r"[,;\s]+", value) if each)
    return escape(desk.words.days_in(_word(desk, column, value)))
