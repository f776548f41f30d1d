"""When each revision is in force, past and to come, and which never is (specification, In force)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import takewhile

from ems_control.approvals.editorial import is_editorial
from ems_control.approvals.lifecycle import Approval, Event, applying
from ems_control.ground.text import day_after


@dataclass(frozen=True)
class Period:
    """A revision in force from `first` on and until before `end`; None where no end is known."""

    approval: Approval
    first: date
    end: date | None


def periods(events: Sequence[Event]) -> list[Period]:
    """When each revision is in force, oldest first; they never overlap, and one that returns has two."""
    turns = {event.first_day for event in events}
    ends = {event.until for event in events if isinstance(event, Approval) and event.until}
    turns |= {day_after(until) for until in ends if until < date.max}
    found: list[Period] = []
    now: Event | None = None
    for day in sorted(turns):
        following = applying(events, day)
        if following is now:
            continue
        if isinstance(now, Approval):
            found[-1] = Period(now, found[-1].first, day)
        if isinstance(following, Approval):
            found.append(Period(following, day, None))
        now = following
    return found


def ended_on(
    events: Sequence[Event], approval: Approval, day: date, known: Sequence[Period] | None = None
) -> date | None:
    """The day from which a revision is no longer in force: by its successor, a withdrawal or its own `until`.

    None while it is in force, or still to come. One that was overtaken before its day ended when it would have begun.
    `known` are the periods of the events, where somebody has them.
    """
    own = [period for period in (periods(events) if known is None else known) if period.approval is approval]
    if not own:
        return approval.first_day if approval.first_day <= day else None
    come = [period for period in own if period.first <= day]
    end = come[-1].end if come else None
    return end if end and end <= day else None


def _turns_after(event: Event, day: date) -> bool:
    """Whether an event makes something begin or end after a day."""
    return event.first_day > day or (isinstance(event, Approval) and event.until is not None and event.until >= day)


def overtaken(events: Sequence[Event], approval: Approval) -> list[Approval]:
    """The approvals still waiting for their day when this one landed, which because of it will never apply.

    An editorial revision of one that waits takes its place, as its row may say of any other: `instead_of`.
    """
    earlier = list(takewhile(lambda event: event is not approval, events))
    if not any(_turns_after(event, approval.landed) for event in earlier):
        return []
    waiting = [p.approval for p in periods(earlier) if p.first > approval.landed]
    if not waiting:
        return []
    applied = {id(period.approval) for period in periods([*earlier, approval])}
    row = approval.version.row
    instead_of = row.instead_of if row else ()
    edited = max((event for event in earlier if isinstance(event, Approval)), key=lambda event: event.revision)
    return [
        event
        for event in dict.fromkeys(waiting)
        if id(event) not in applied
        and event.first_day > approval.landed
        and event.revision not in (approval.revision, *instead_of)
        and not (event is edited and is_editorial(event.version, approval.version))
    ]
