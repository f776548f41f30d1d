"""Revisions from before the handbook was kept here: a document's own history names them, no text of them is there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook


@dataclass(frozen=True)
class Untold:
    """A revision without a text, by its row: from the day of the row until before the next one began."""

    document: Document
    revision: int
    first: date
    end: date


def untold(document: Document) -> list[Untold]:
    """Such revisions of a document, oldest first; none of one of which nothing was approved."""
    if not document.approvals:
        return []
    kept = min(document.approvals, key=lambda approval: (approval.first_day, approval.revision))
    rows = {row.revision: row for row in document.history.newest.metadata.revisions if row.revision}
    days = [(n, rows[n].effective or rows[n].date) for n in sorted(rows) if n < kept.revision]
    dated = [(number, day) for number, day in days if day]
    if not dated:
        return []
    ends = [*(day for _, day in dated), kept.first_day][1:]
    return [Untold(document, n, day, end) for (n, day), end in zip(dated, ends, strict=True) if day < end]


def without_text(handbook: Handbook, day: date) -> list[Untold]:
    """The documents of which such a revision was the newest on a day, by number."""
    found = [one for document in handbook.documents.values() for one in untold(document)]
    return sorted((one for one in found if one.first <= day < one.end), key=lambda one: one.document.id)
