"""What changed, month by month; and the archive of what is no longer for use."""

from __future__ import annotations

from itertools import groupby

from ems_control.ground.markup import escape
from ems_control.handbook import addresses
from ems_control.handbook.handbook import Document
from ems_control.handbook.lifecycle import Approval, add_months
from ems_control.handbook.periods import periods
from ems_control.site.control.desk import Desk
from ems_control.site.control.downloads import Data
from ems_control.site.listings import successors
from ems_control.site.page import Page
from ems_control.site.spreadsheet import Column

MONTHS_SHOWN = 24
MOST = 1_000
"""So many rows at most are shown on one page; the files beside it have all."""

Entry = tuple[Approval, Document]


def entered(desk: Desk) -> list[Entry]:
    """Every revision that came into force by the handbook's day, newest first."""
    found = [
        (approval, document)
        for document in desk.handbook.listed
        for approval in document.approvals
        if approval.first_day <= desk.handbook.day
    ]
    return sorted(found, key=lambda item: (item[0].first_day, item[1].id, item[0].revision), reverse=True)


def changes(desk: Desk, found: list[Entry]) -> Page:
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
    files += [Column("class"), Column("change", 60.0), Column("author"), Column("for", 24.0)]
    data = Data("changes", files, [_data(approval, document) for approval, document in found])
    parts.append(desk.downloads(page, data, {"Atom": addresses.FEED}))
    return Page(page, words("changes"), "\n\n".join(parts), searchable=False)


def _change(desk: Desk, approval: Approval, document: Document, page: str) -> list[str]:
    row, words = approval.version.metadata.row, desk.words
    day = desk.row(
        words.cell(approval.first_day),
        day=approval.first_day,
        type=document.type_name or "",
        group=" ".join(document.filing.distribution),
    )
    kind = words.known(f"class.{row.class_}", "") if row and row.class_ else ""
    name = desk.places.redline(document, approval.revision)
    compare = desk.light(document, page, name, words("compare")) if name else ""
    if not name and approval.revision in desk.places.texts(document):
        compare = desk.light(document, page, f"r{approval.revision}", words("read it"))
    return [
        day,
        desk.document(document, page),
        escape(approval.version.metadata.title or document.title),
        escape(approval.revision),
        escape((row.change or "") if row else "") + (f" ({escape(kind)})" if kind else ""),
        compare,
    ]


def _data(approval: Approval, document: Document) -> list[object]:
    metadata = approval.version.metadata
    row = metadata.row
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


def archive(desk: Desk) -> Page:
    """Withdrawn documents with what replaced them, and superseded revisions."""
    page, words = addresses.ARCHIVE, desk.words
    gone, old = [], []
    data: list[list[object]] = []
    for document in desk.handbook.listed:
        standing = document.standing
        withdrawn = standing is not None and not standing.in_force
        for period in reversed(periods(document)):
            if period.end is None or period.end > desk.handbook.day:
                continue
            number = period.approval.revision
            title = period.approval.version.metadata.title or document.title
            name = words("revision", number=number)
            line = [
                desk.row(desk.document(document, page), type=document.type_name or ""),
                escape(title),
                desk.light(document, page, f"r{number}", name),
                words.cell(period.first),
                words.cell(period.end),
            ]
            data.append([document.id, title, number, period.first.isoformat(), period.end.isoformat()])
            if withdrawn:
                line.append(", ".join(desk.document(other, page) for other in successors(desk.handbook, document)))
                gone.append((period.end, line))
                withdrawn = False
            else:
                old.append((period.end, line))
    gone.sort(key=lambda item: (item[0], item[1]), reverse=True)
    old.sort(key=lambda item: (item[0], item[1]), reverse=True)
    head = ("number", "title", "last text", "since when", "withdrawn on", "replaced by title")
    columns = ("number", "title", "rev", "since when", "until day")
    parts = [
        escape(words("archive intro")),
        desk.table(head, [line for _, line in gone], "archive empty"),
        f"## {escape(words('superseded revisions'))}\n\n{escape(words('superseded intro'))}",
        desk.tools("archive", [desk.types])
        + desk.table(columns, [line for _, line in old[:MOST]], "nothing superseded"),
    ]
    if len(old) > MOST:
        parts.append(escape(words("older in files", count=len(old) - MOST)))
    files = [Column("number"), Column("title", 42.0), Column("revision", 9.0, "number")]
    files += [Column("since", 12.0, "day"), Column("until", 12.0, "day")]
    parts.append(desk.downloads(page, Data("archive", files, data)))
    return Page(page, words("archive"), "\n\n".join(parts), searchable=False)
