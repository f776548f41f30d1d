"""What changed, month by month; and the archive of what is no longer for use."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from typing import NamedTuple

from ems_control.approvals.lifecycle import Approval, add_months
from ems_control.exports.downloads import Data
from ems_control.exports.spreadsheet import Column
from ems_control.ground.markdown.markup import escape
from ems_control.handbook import addresses
from ems_control.handbook.document import Document
from ems_control.handbook.successors import successors
from ems_control.site.page import Page
from ems_control.site.pages.control.table_kit import TableKit
from ems_control.site.pages.control_record import kind_of_change

MONTHS_SHOWN = 24
MOST = 1_000
"""So many rows at most are shown on one page; the files beside it have all."""

Entry = tuple[Approval, Document]


def entered(desk: TableKit) -> list[Entry]:
    """Every revision that came into force by the handbook's day, newest first."""
    found = [
        (approval, document)
        for document in desk.handbook.listed
        for approval in document.approvals
        if approval.first_day <= desk.handbook.day
    ]
    return sorted(found, key=lambda item: (item[0].first_day, item[1].id, item[0].revision), reverse=True)


def changes(desk: TableKit, found: list[Entry]) -> Page:
    """Revisions that came into force, newest first, in months."""
    page, words = addresses.CHANGES, desk.words
    since = add_months(desk.handbook.day, -MONTHS_SHOWN)
    shown = [entry for entry in found if entry[0].first_day >= since][:MOST]
    facets = [desk.groups, desk.types]
    parts = [escape(words("changes intro")), desk.tools("changes", facets, since=words("changed since"))]
    for (year, month), entries in groupby(shown, key=lambda entry: (entry[0].first_day.year, entry[0].first_day.month)):
        rows = [_change(desk, approval, document, page) for approval, document in entries]
        columns = ("since when", "number", "title", "rev", "change", "compare")
        parts.append(f"## {escape(words.month(year, month))}\n\n{desk.table(columns, rows)}")
    if not shown:
        parts.append(escape(words("nothing changed")))
    if len(shown) < len(found):
        parts.append(escape(words("older in files", count=len(found) - len(shown))))
    files = [Column("since", 12.0, "day"), Column("number"), Column("title", 42.0), Column("revision", 9.0, "number")]
    files += [Column("class", telling="class"), Column("change", 60.0), Column("author"), Column("for", 24.0)]
    data = Data("changes", files, [_data(approval, document) for approval, document in found])
    parts.append(desk.downloads(page, data, {"Atom": addresses.FEED}))
    return Page(page, words("changes"), "\n\n".join(parts), searchable=False)


def _change(desk: TableKit, approval: Approval, document: Document, page: str) -> list[str]:
    row, words = approval.version.row, desk.words
    day = desk.row(
        words.cell(approval.first_day),
        day=approval.first_day,
        type=document.type_name or "",
        group=" ".join(document.filing.distribution),
    )
    kind = kind_of_change(row.class_ if row else None, words)
    name = desk.places.redline(document, approval.revision)
    compare = desk.light(document, page, name, words("compare")) if name else ""
    if not name and approval.revision in desk.places.texts(document):
        compare = desk.light(document, page, f"r{approval.revision}", words("read it"))
    return [
        day,
        desk.document(document, page),
        escape(approval.version.facts.title or document.title),
        escape(approval.revision),
        escape((row.change or "") if row else "") + (f" ({escape(kind)})" if kind else ""),
        compare,
    ]


def _data(approval: Approval, document: Document) -> list[object]:
    metadata, row = approval.version.facts, approval.version.row
    return [
        approval.first_day.isoformat(),
        document.id,
        metadata.title,
        approval.revision,
        row.class_ if row else "",
        row.change if row else "",
        row.author if row else "",
        ", ".join(document.filing.distribution),
    ]


def archive(desk: TableKit) -> Page:
    """Withdrawn documents with what replaced them, and superseded revisions."""
    page, words = addresses.ARCHIVE, desk.words
    gone: list[_Old] = []
    old: list[_Old] = []
    for document in desk.handbook.listed:
        ends = {a.revision: (a, end) for a in document.approvals if (end := _ended(desk, document, a))}
        last = max(ends, default=0) if not document.in_force else 0
        for number, (approval, end) in ends.items():
            (gone if number == last else old).append(_Old(end, document, approval))
    gone.sort(key=_Old.order, reverse=True)
    old.sort(key=_Old.order, reverse=True)
    withdrawn = [[*_line(desk, each), _replaced(desk, each.document)] for each in gone]
    parts = [
        escape(words("archive intro")),
        desk.table((*OLD_COLUMNS, "withdrawn on", "replaced by title"), withdrawn, "archive empty"),
        f"## {escape(words('superseded revisions'))}\n\n{escape(words('superseded intro'))}",
        desk.tools("archive", [desk.types]),
        desk.table((*OLD_COLUMNS, "until day"), [_line(desk, each) for each in old[:MOST]], "nothing superseded"),
    ]
    if len(old) > MOST:
        parts.append(escape(words("older in files", count=len(old) - MOST)))
    files = [Column("number"), Column("title", 42.0), Column("revision", 9.0, "number")]
    files += [Column("since", 12.0, "day"), Column("until", 12.0, "day")]
    rows = [
        [e.document.id, e.title, e.approval.revision, e.approval.first_day.isoformat(), e.end.isoformat()]
        for e in [*gone, *old]
    ]
    parts.append(desk.downloads(page, Data("archive", files, rows)))
    return Page(page, words("archive"), "\n\n".join(parts), searchable=False)


OLD_COLUMNS = ("number", "title", "rev", "since when")


class _Old(NamedTuple):
    """A revision no longer in force, with the first day on which it was not."""

    end: date
    document: Document
    approval: Approval

    @property
    def title(self) -> str:
        return self.approval.version.facts.title or self.document.title

    def order(self) -> tuple[date, str, int]:
        return self.end, self.document.id, self.approval.revision


def _ended(desk: TableKit, document: Document, approval: Approval) -> date | None:
    come = approval.first_day <= desk.handbook.day
    return document.ended(approval) if come else None


def _line(desk: TableKit, each: _Old) -> list[str]:
    page, number = addresses.ARCHIVE, each.approval.revision
    return [
        desk.row(desk.document(each.document, page), type=each.document.type_name or ""),
        escape(each.title),
        desk.light(each.document, page, f"r{number}", desk.words("revision", number=number)),
        desk.words.cell(each.approval.first_day),
        desk.words.cell(each.end),
    ]


def _replaced(desk: TableKit, document: Document) -> str:
    return ", ".join(desk.document(other, addresses.ARCHIVE) for other in successors(desk.handbook, document))
