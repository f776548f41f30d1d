"""What is in force on a day: pure functions over approvals, knowing neither git nor files (specification, In force)."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from ems_control.approvals.ledger import Entry
from ems_control.documents.history import DocumentHistory, Version
from ems_control.ground.formats.digest import Seal
from ems_control.ground.organisation.policy import LEVELS, Level
from ems_control.ground.text import day_after


class State(StrEnum):
    """The computed lifecycle state of a document or a revision."""

    DRAFT = "draft"
    AWAITING = "awaiting approval"
    UPCOMING = "upcoming"
    IN_FORCE = "in force"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Decision:
    """One person's decision that counted: in which role, when decided, when landed, at what level of evidence."""

    person: str
    role: str
    deputy: bool
    decided: date
    landed: datetime
    level: Level
    entry: Entry | None = None
    """The record that holds it; None for a decision claimed in front matter."""

    @property
    def seal(self) -> Seal | None:
        """The text that its record names; None for a decision claimed in front matter."""
        return self.entry.record.seal if self.entry and self.entry.record else None


@dataclass(frozen=True, eq=False)
class Approval:
    """A revision with all the decisions it needed, from the day on which the last of them landed.

    `taken_over` marks a baseline: it was in force on paper, from the day on the paper, before it landed. `reinstated`
    marks an earlier approved text that is brought back. `order` counts landings.
    """

    version: Version
    revision: int
    landed: date
    effective: date | None
    until: date | None
    decisions: tuple[Decision, ...]
    order: int = -1
    taken_over: bool = False
    reinstated: bool = False

    @property
    def first_day(self) -> date:
        """The first day in force: the later of `effective` and the day the last decision needed landed."""
        if self.taken_over and self.effective:
            return self.effective
        return max(self.landed, self.effective or self.landed)

    @property
    def digest(self) -> str:
        """The digest of its text, as its records name it."""
        return next((d.seal.digest for d in self.decisions if d.seal), None) or self.version.digest()

    def is_of(self, version: Version) -> bool:
        """Whether a text is the one that was approved, by the methods of its records."""
        methods = [d.seal.method if d.seal else None for d in self.decisions]
        return all(version.digest(method) == self.version.digest(method) for method in methods)

    @property
    def known(self) -> date:
        """The day from which it counts: its landing, for a baseline the day on the paper if that is earlier."""
        return min(self.landed, self.first_day)

    @property
    def recorded(self) -> bool:
        """Whether records hold its decisions, and not front matter."""
        return any(decision.entry for decision in self.decisions)

    @property
    def level(self) -> Level:
        """The lowest level among the decisions needed."""
        return min((decision.level for decision in self.decisions), key=LEVELS.index)


@dataclass(frozen=True, eq=False)
class Withdrawal:
    """The end of a document, from a day on."""

    version: Version
    first_day: date
    landed: date
    decisions: tuple[Decision, ...]
    order: int = -1

    @property
    def recorded(self) -> bool:
        """Whether records hold its decisions, and not front matter."""
        return any(decision.entry for decision in self.decisions)

    @property
    def known(self) -> date:
        """The day from which it counts: its landing; for one on paper, taken over, the day on the paper."""
        return min(self.landed, self.first_day)


@dataclass(frozen=True, eq=False)
class Review:
    """A periodic review: the text in force was looked at and stays as it is. It changes no state, only what is due."""

    day: date
    landed: date
    decision: Decision


Event = Approval | Withdrawal


@dataclass(frozen=True)
class Standing:
    """How a document stands on one day.

    `on_main` says whether it had come onto main by then, `in_force` is the approval in force, `upcoming` the approval
    that comes into force next if nothing else lands, `latest` the newest text by that day, `ended` the first day after
    the `until` of what was last in force, `review_due` the day on which the review of what is in force is due.
    """

    day: date
    state: State
    in_force: Approval | None
    upcoming: Approval | None
    latest: Version
    on_main: bool
    withdrawn: Withdrawal | None = None
    ended: date | None = None
    review_due: date | None = None

    @property
    def overdue(self) -> bool:
        """In force, and its review date has passed."""
        return self.in_force is not None and self.review_due is not None and self.review_due < self.day


def stand(
    events: list[Event],
    history: DocumentHistory,
    day: date,
    review_months: int | None,
    reviews: Sequence[Review] = (),
) -> Standing:
    """How a document with this history and these events (oldest first) stands on `day`."""
    landed = [event for event in events if event.known <= day]
    known = [version for version in history.versions if version.day is None or version.day <= day]
    told = [event.version for event in landed]
    latest = known[-1] if known else max(told, key=lambda version: version.order, default=history.newest)
    come = [index for index, event in enumerate(landed) if event.first_day <= day]
    last = landed[come[-1]] if come else None
    in_force = last if isinstance(last, Approval) else None
    withdrawn = last if isinstance(last, Withdrawal) else None
    ended = None
    if in_force and in_force.until and in_force.until < day:
        ended = day_after(in_force.until)
        in_force = None
    waiting = landed[come[-1] + 1 :] if come else landed
    following = min(reversed(waiting), key=lambda event: event.first_day, default=None)
    upcoming = following if isinstance(following, Approval) else None
    state = _state(last, ended, upcoming, latest)
    done = [review for review in reviews if review.landed <= day]
    due = review_due(in_force, review_months, done, known) if in_force else None
    return Standing(day, state, in_force, upcoming, latest, bool(known or landed), withdrawn, ended, due)


def _state(last: Event | None, ended: date | None, upcoming: Approval | None, latest: Version) -> State:
    """In force wherever a revision is, else the state of the latest revision."""
    if isinstance(last, Approval) and not ended:
        return State.IN_FORCE
    if isinstance(last, Withdrawal) or (last and latest.metadata.revision == last.revision):
        return State.WITHDRAWN
    if upcoming:
        return State.UPCOMING
    return State.AWAITING if latest.metadata.status == "submitted" else State.DRAFT


def ended_on(events: list[Event], approval: Approval, day: date, ahead: bool = False) -> date | None:
    """The first day on which a revision was no longer in force, by its successor, a withdrawal or its own `until`.

    With `ahead`, also a day to come, as far as it is known on `day`.
    """
    ends = [event.first_day for event in events[events.index(approval) + 1 :] if event.known <= day]
    if approval.until and approval.until < date.max:
        ends.append(day_after(approval.until))
    ends = [end for end in ends if ahead or end <= day]
    return max(min(ends), approval.first_day) if ends else None


def review_due(
    approval: Approval, months: int | None, reviews: Sequence[Review] = (), versions: Sequence[Version] = ()
) -> date | None:
    """The day the next review is due: the type's interval after the first day in force or the last periodic review.

    `review_by` can only bring it forward. It is a claim, not content: it counts as last written for this text, and one
    written before the last periodic review is spent.
    """
    since = [review for review in reviews if review.landed >= approval.landed and review.day >= approval.first_day]
    start = max([approval.first_day, *(review.day for review in since)])
    by_interval = add_months(start, months) if months else None
    claimed = approval.version.facts.review_by
    for version in versions:
        later = version.order > approval.version.order and version.facts.revision == approval.revision
        if later and version.facts.review_by != claimed and approval.is_of(version):
            claimed = version.facts.review_by
            since = [review for review in since if version.day and review.day > version.day]
    return min((day for day in (by_interval, None if since else claimed) if day), default=None)


def add_months(day: date, months: int) -> date:
    """The same day of the month, `months` later; the last of the month where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    month += 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
