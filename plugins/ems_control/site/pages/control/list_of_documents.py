"""The list of documents: every document with its state, to be filtered, sorted, and seen as of another day."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from ems_control.exports import views
from ems_control.exports.downloads import Data
from ems_control.exports.spreadsheet import register_columns
from ems_control.ground.markdown.markup import escape
from ems_control.handbook import addresses
from ems_control.handbook.before_git import untold
from ems_control.handbook.document import Document
from ems_control.handbook.translations import behind
from ems_control.site.page import Page
from ems_control.site.pages.control.table_kit import Facet, TableKit

COLUMNS = ("number", "title", "state", "rev", "since when", "owner", "approved", "next review")
FIRST = ("number", "title", "state", "next review")


def documents(desk: TableKit) -> list[Page]:
    """The master list, on as many pages as it takes."""
    words, first = desk.words, desk.at(addresses.DOCUMENTS)
    listed = desk.handbook.listed
    intro = words("list intro", day=words.day(desk.handbook.day), current=words("state.in force"))
    more = {key: words(key) for key in ("as of field", "as of result", "in force then", "back to today", "overdue")}
    tools = desk.tools("documents", _facets(desk, listed), **more)
    register = views.plain(views.register(desk.handbook))
    rows = [list(row.values()) for row in register["documents"]]
    data = Data("documents", register_columns(), rows, views.REGISTER_COLUMNS, register)
    parts = desk.parts(first, listed)
    pages = []
    for at, (page, shown) in enumerate(parts):
        table = desk.table(COLUMNS, [_row(desk, document, page) for document in shown], first=FIRST)
        body = f"{escape(intro)}\n\n{desk.ways(at, parts)}{tools}{table}{desk.downloads(page, data)}"
        pages.append(Page(page, words("list of documents"), body, searchable=False))
    return pages


def _facets(desk: TableKit, listed: list[Document]) -> list[Facet]:
    words, people = desk.words, desk.handbook.people
    owners = {document.shown.facts.owner or "": "" for document in listed}
    titles = {owner: people.title(owner, words.language) for owner in owners if owner}
    states = {document.state.value: words(f"state.{document.state.value}") for document in listed}
    clauses: dict[str, str] = {}
    for document in listed:
        clauses |= desk.clauses(document)
    return [
        desk.types,
        Facet("state", words("state"), states),
        Facet("owner", words("owner"), titles),
        desk.groups,
        Facet("clause", words("clause"), clauses),
    ]


def _row(desk: TableKit, document: Document, page: str) -> list[str]:
    words, standing = desk.words, document.standing
    approval, upcoming, due = standing.in_force, standing.upcoming, standing.review_due
    metadata = document.shown.facts
    remarks = ""
    if upcoming:
        first = upcoming.first_day
        starts = words("starts", number=upcoming.revision, day=words.day(first))
        remarks = desk.timed(starts, until=first - timedelta(days=1), kind="soon")
        remarks += " " + desk.timed(words("has started", number=upcoming.revision, day=words.day(first)), first=first)
    late = " " + desk.timed(words("overdue"), first=due, after=True) if due else ""
    names = [desk.handbook.people.name(person) for person in approval.approved_by] if approval else []
    approved = escape(", ".join(names))
    if approval and approval.on_paper:
        taken = ", ".join(dict.fromkeys(desk.handbook.people.name(d.person) for d in approval.decisions))
        day = words.day(max(d.decided for d in approval.decisions))
        approved += f"<br><small>{escape(words('taken over by', names=taken, day=day))}</small>"
    number = desk.row(
        desk.document(document, page),
        type=document.type_name or metadata.type or "",
        state=document.state.value,
        owner=metadata.owner or "",
        group=" ".join(document.filing.distribution),
        clause=" ".join(desk.clauses(document)),
        due=due or "",
        id=document.id,
        life=json.dumps(_life(desk, document, page), ensure_ascii=False, separators=(",", ":")),
        old=" ".join(metadata.formerly),
    )
    return [
        number,
        escape(document.title) + (f"<br>{remarks}" if remarks else ""),
        desk.state("outdated" if approval and behind(desk.handbook, document) else document.state.value),
        escape(approval.revision) if approval else "",
        words.cell(approval.first_day if approval else None),
        escape(desk.handbook.people.title(metadata.owner, words.language)) if metadata.owner else "",
        approved,
        words.cell(due) + late,
    ]


def _life(desk: TableKit, document: Document, page: str) -> list[list[Any]]:
    """Each revision with its days, its permanent address and, where it differs, its title then.

    One of which git has no text says so instead of an address.
    """
    known = desk.words("then without text")
    found: list[list[Any]] = [
        [one.revision, one.first.isoformat(), one.end.isoformat(), desk.words.day(one.first), "", "", known]
        for one in untold(document)
    ]
    for period in document.periods:
        title = period.approval.version.facts.title or ""
        revision = period.approval.revision
        come = period.first <= desk.handbook.day
        address = desk.places.light(document, page, f"r{revision}") if come else ""
        days = [period.first.isoformat(), period.end.isoformat() if period.end else "", desk.words.day(period.first)]
        found.append([revision, *days, address, title if title != document.title else ""])
    return found
