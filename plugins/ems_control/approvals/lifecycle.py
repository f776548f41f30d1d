"""What is in force on a day: pure functions over approvals, knowing neither git nor files (specification, In force)."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from itertools import takewhile

from ems_control.approvals.editorial import says_editorial
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
    key: str = ""
    """The public key that signed the record."""

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
    def on_paper(self) -> bool:
        """Whether it was taken over from a paper whose approvers and day its front matter names."""
        facts = self.version.facts
        return self.taken_over and bool(facts.approved_by) and facts.approved_on is not None

    @property
    def approved_by(self) -> tuple[str, ...]:
        """Who approved it, each once: on paper where it was taken over from one, else by its decisions."""
        persons = self.version.facts.approved_by if self.on_paper else [d.person for d in self.decisions]
        return tuple(dict.fromkeys(persons))

    @property
    def approved_on(self) -> date | None:
        """The day on which the last of them approved it."""
        if self.on_paper:
            return self.version.facts.approved_on
        return max((d.decided for d in self.decisions), default=None)

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

    @cached_property
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
    the `until` of what was last in force, `review_due` the day on which the review of what is in force is due,
    `returns` the earlier approval that applies again after the `until` of what is in force.
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
    returns: Approval | None = None

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
    checked: date = date.max,
) -> Standing:
    """How a document with this history and these events (oldest first) stands on `day`.

    `checked` is the day of checking: what main has from a later day, by a wrong clock, is told of on every day.
    """
    landed = [event for event in events if not day < event.known <= checked]
    known = [version for version in history.versions if version.day is None or not day < version.day <= checked]
    told = [event.version for event in landed]
    latest = known[-1] if known else max(told, key=lambda version: version.order, default=history.newest)
    last = next((event for event in reversed(landed) if event.first_day <= day), None)
    now = applying(landed, day)
    in_force = now if isinstance(now, Approval) else None
    withdrawn = last if isinstance(last, Withdrawal) else None
    ended = None
    if in_force is None and isinstance(last, Approval) and last.until:
        ended = day_after(last.until)
    upcoming = _upcoming(landed, day)
    state = State.IN_FORCE if in_force else _state(last, upcoming, latest)
    done = [review for review in reviews if review.landed <= day]
    due = review_due(landed, in_force, review_months, done, known) if in_force else None
    returns = None
    if in_force and in_force.until and in_force.until < date.max:
        following = applying(landed, day_after(in_force.until))
        returns = following if isinstance(following, Approval) and following is not upcoming else None
    return Standing(day, state, in_force, upcoming, latest, bool(known or landed), withdrawn, ended, due, returns)


def applying(events: Sequence[Event], day: date) -> Event | None:
    """What applies on a day, of events as they landed: the latest whose day has come.

    A temporary revision gives way, after its `until`, to the newest approved one before it, never past a withdrawal.
    """
    for event in reversed(events):
        if event.first_day <= day and (isinstance(event, Withdrawal) or event.until is None or event.until >= day):
            return event
    return None


def _upcoming(events: Sequence[Event], day: date) -> Approval | None:
    """The approval that comes into force next, of those that never were."""
    future = [event for event in events if isinstance(event, Approval) and event.first_day > day]
    for event in sorted(future, key=lambda event: event.first_day):
        if applying(events, event.first_day) is event:
            return event
    return None


def _state(last: Event | None, upcoming: Approval | None, latest: Version) -> State:
    """The state of the latest revision, where none is in force."""
    if isinstance(last, Withdrawal) or (last and latest.metadata.revision == last.revision):
        return State.WITHDRAWN
    if upcoming:
        return State.UPCOMING
    return State.AWAITING if latest.metadata.status == "submitted" else State.DRAFT


def review_due(
    events: Sequence[Event],
    approval: Approval,
    months: int | None,
    reviews: Sequence[Review] = (),
    versions: Sequence[Version] = (),
) -> date | None:
    """The day the next review is due: an interval after the first day in force of the last revision that was not
    editorial, or after the last periodic review.

    `review_by` can only bring it forward. It is a claim, not content: taking it out or putting it off later changes
    nothing, and one that cannot be read counts as the day on which it was written. One written before the last
    periodic review is spent.
    """
    chain = _edited(events, approval)
    start = chain[-1]
    since = [review for review in reviews if review.landed >= start.landed and review.day >= start.first_day]
    by_interval = add_months(max([start.first_day, *(review.day for review in since)]), months) if months else None
    claims = [_claim(one.version, start.landed) for one in chain]
    texts = {one.revision: one for one in chain}
    for version in versions:
        text = texts.get(version.facts.revision or 0)
        later = text and version.order > text.version.order and _said(version) != _said(text.version)
        if text and later and text.is_of(version):
            claims.append(_claim(version, version.day or start.landed))
    valid = [day for written, day in claims if day and not any(review.day > written for review in since)]
    return min([by_interval, *valid] if by_interval else valid, default=None)


def _edited(events: Sequence[Event], approval: Approval) -> list[Approval]:
    """An approval, then those that it edits one after the other: whoever corrects a typing error reviews nothing."""
    chain = [approval]
    while says_editorial(chain[-1].version):
        earlier = takewhile(lambda event: event is not chain[-1], events)
        before = [e for e in earlier if isinstance(e, Approval) and e.revision < chain[-1].revision]
        if not before:
            break
        chain.append(max(before, key=lambda event: event.revision))
    return chain


def _said(version: Version) -> tuple[date | None, bool]:
    return version.facts.review_by, "review_by" in version.facts.unread


def _claim(version: Version, written: date) -> tuple[date, date | None]:
    """The day on which a text was written, and the review that it asks for."""
    claimed, unread = _said(version)
    return written, written if unread else claimed


def add_months(day: date, months: int) -> date:
    """The same day of the month, `months` later; the last of the month where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    month += 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
