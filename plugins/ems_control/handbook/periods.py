"""When each revision of a document is in force: the life of a document as days, past and to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from ems_control.approvals.lifecycle import Approval
from ems_control.handbook.document import Document


@dataclass(frozen=True)
class Period:
    """A revision in force from `first` on and until before `end`; None where no end is known."""

    approval: Approval
    first: date
    end: date | None


def periods(document: Document) -> list[Period]:
    """The periods of a document by what has landed by the handbook's day, oldest first; they never overlap."""
    landed = [event for event in document.events if event.landed <= document.day]
    found = []
    for index, event in enumerate(landed):
        if not isinstance(event, Approval):
            continue
        ends = [later.first_day for later in landed[index + 1 :]]
        if event.until and event.until < date.max:
            ends.append(event.until + timedelta(days=1))
        end = min(ends, default=None)
        if end is None or event.first_day < end:
            found.append(Period(event, event.first_day, end))
    return sorted(found, key=lambda period: period.first)
