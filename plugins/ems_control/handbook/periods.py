"""When each revision of a document is in force: the life of a document as days, past and to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ems_control.approvals.lifecycle import Approval, ended_on
from ems_control.handbook.document import Document


@dataclass(frozen=True)
class Period:
    """A revision in force from `first` on and until before `end`; None where no end is known."""

    approval: Approval
    first: date
    end: date | None


def periods(document: Document) -> list[Period]:
    """The periods of a document by what has landed by the handbook's day, oldest first; they never overlap."""
    found = []
    for event in document.events:
        if isinstance(event, Approval) and event.known <= document.day:
            end = ended_on(document.events, event, document.day, ahead=True)
            if end is None or event.first_day < end:
                found.append(Period(event, event.first_day, end))
    return sorted(found, key=lambda period: period.first)
