"""What applies on which day, worked out a second time from the design alone: no git, and nothing of the package.

A world is a list of landings; a document's life is read off them anew whenever somebody asks.
"""

from __future__ import annotations

import calendar
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

import yaml

Action = Literal["review", "approve", "reject", "withdraw", "reinstate", "periodic-review", "correct"]
CLAIMS = ("status", "approved_by", "approved_on", "review_by", "clauses", "distribution", "tags")
DECIDING = ("review", "approve", "reject")
MANAGER, CONTROLLER, LEAD = "manager", "controller", "lead"


def digest_of(text: str) -> str:
    """`ems-content/1` of a text that shows no files, worked out by hand."""
    head, body = text.removeprefix("\ufeff").replace("\r\n", "\n")[4:].split("\n---\n", 1)
    tree = yaml.load(head, yaml.BaseLoader)  # noqa: S506
    metadata = {key: value for key, value in tree.items() if key not in CLAIMS}
    whole = {"method": "ems-content/1", "metadata": metadata, "body": body.strip("\n") + "\n", "attachments": []}
    canonical = json.dumps(whole, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or its last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@dataclass(frozen=True)
class Row:
    """One row of the history that a document carries."""

    number: int
    day: date
    kind: str = "substantive"
    instead_of: int | None = None

    def __str__(self) -> str:
        more = f", instead_of: {self.instead_of}" if self.instead_of else ""
        return (
            f"{{revision: {self.number}, date: {self.day}, author: a.author, class: {self.kind}{more}, change: More.}}"
        )


@dataclass(frozen=True)
class Text:
    """What a document says: a first day, a last one, rows and words; `written` is the day of its commit."""

    name: str
    words: str
    rows: tuple[Row, ...]
    effective: date | None
    until: date | None
    written: date = field(compare=False)

    @property
    def number(self) -> int:
        return self.rows[0].number

    @property
    def editorial(self) -> bool:
        return self.rows[0].kind == "editorial"

    @property
    def digest(self) -> str:
        return digest_of(self.file())

    def edits(self, before: Text) -> bool:
        """Whether it says that it is editorial, and nothing but row, number and words differ."""
        same = (self.effective, self.until, self.rows[1:]) == (before.effective, before.until, before.rows)
        return self.editorial and same

    def file(self, claims: Mapping[str, str] | None = None) -> str:
        """The file, with some lines that are no content."""
        kind = "procedure" if "-PRO-" in self.name else "form"
        keys = {"status": "submitted", **(claims or {})}
        days = {"effective": self.effective, "until": self.until}
        head = [f"id: {self.name}", "title: Noise", f"type: {kind}", f"revision: {self.number}", "owner: lead"]
        head += [f"{key}: {value}" for key, value in {**days, **keys}.items() if value]
        return "\n".join(["---", *head, "revisions:", *(f"  - {row}" for row in self.rows), "---", self.words])


@dataclass(frozen=True)
class Key:
    """Whose key it is, from which day on, to which."""

    person: str
    first: date
    until: date | None = None

    def holds(self, *days: date) -> bool:
        return all(self.first <= day and (self.until is None or day <= self.until) for day in days)


@dataclass(frozen=True)
class Policy:
    """What is asked of a procedure: how many approve, whether it is reviewed first, how often; a form takes two."""

    approvals: int = 1
    review: bool = True
    months: int = 24
    editorial: bool = True
    keys: Mapping[str, Key] = field(default_factory=dict)

    def needs(self, name: str) -> dict[tuple[str, str], int]:
        if "-PRO-" not in name:
            return {("approve", MANAGER): 2}
        return {("approve", MANAGER): self.approvals} | ({("review", CONTROLLER): 1} if self.review else {})

    def may(self, action: Action, name: str) -> set[str]:
        """The roles that an action is for."""
        deciding = {role for _, role in self.needs(name)} | ({CONTROLLER} if self.editorial else set())
        return {
            "review": {role for wanted, role in self.needs(name) if wanted == "review"},
            "approve": {MANAGER} | ({CONTROLLER} if self.editorial else set()),
            "reject": deciding,
            "periodic-review": {MANAGER, LEAD},
        }.get(action, {MANAGER})


@dataclass(frozen=True)
class Record:
    """A decision: who in which role with which key, about which text, on which day."""

    path: str
    name: str
    action: Action
    person: str
    role: str
    key: str
    text: Text
    decided: date
    effective: date | None = None
    corrects: str = ""


@dataclass
class Landing:
    """What one commit of main brings."""

    day: date
    texts: list[Text] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    policy: Policy | None = None


@dataclass(frozen=True)
class Event:
    """Something that applies from its first day on: a text, or none (withdrawn)."""

    text: Text | None
    number: int
    landed: date
    first: date
    order: int = -1
    """The landing that withdrew it or brought it back."""

    @property
    def returned(self) -> bool:
        return bool(self.text) and self.order >= 0


@dataclass
class Life:
    """What came of a document, oldest first; `broken`: the records that do not count, with the rule that says so."""

    events: list[Event] = field(default_factory=list)
    reviews: list[tuple[date, date]] = field(default_factory=list)
    """Day decided, day landed."""
    broken: dict[str, str] = field(default_factory=dict)
    valid: list[tuple[int, Record]] = field(default_factory=list)

    @property
    def approved(self) -> list[Event]:
        return [event for event in self.events if event.text and not event.returned]

    @property
    def newest(self) -> Text | None:
        return max((event.text for event in self.approved if event.text), key=lambda text: text.number, default=None)

    @property
    def number(self) -> int:
        return self.newest.number if self.newest else 0

    @property
    def withdrawn(self) -> bool:
        return bool(self.events) and self.events[-1].text is None

    def applies(self, day: date, events: list[Event] | None = None) -> Event | None:
        """What is in force: the latest that has landed, whose day has come and has not passed."""
        for event in reversed(self.events if events is None else events):
            if event.landed <= day and event.first <= day:
                if event.text is None:
                    return None
                if event.text.until is None or event.text.until >= day:
                    return event
        return None

    def due(self, event: Event, day: date, months: int) -> date:
        """When the text in force is to be reviewed: after what it was edited from, or after the last review."""
        known = [one for one in self.events if one.landed <= day]
        while event.text and event.text.editorial:
            earlier = [one for one in known[: known.index(event)] if one.text and one.number < event.number]
            if not earlier:
                break
            event = max(earlier, key=lambda one: one.number)
        since = [d for d, landed in self.reviews if event.landed <= landed <= day and d >= event.first]
        return months_after(max([event.first, *since]), months)

    def overtaking(self, event: Event) -> list[Event]:
        """What waited for its day when this landed and will never apply, unless it was meant so."""
        before = self.events[: self.events.index(event)]
        later = [event.landed + timedelta(days=n) for n in range(1, 200)]
        would = [one for day in later if (one := self.applies(day, before)) and one.first > event.landed]
        does = [self.applies(day, [*before, event]) for day in later]
        lost = [one for one in dict.fromkeys(would) if one not in does]
        newest = max(before, key=lambda one: one.number, default=None)
        meant = {event.text.rows[0].instead_of, event.number} if event.text else set()
        edited = bool(event.text and newest and newest.text and event.text.edits(newest.text))
        return [one for one in lost if one.number not in meant and not (edited and one is newest)]


@dataclass
class World:
    """All landings, who wrote what on which day, and since when keys are stolen."""

    landings: list[Landing] = field(default_factory=list)
    wrote: list[tuple[str, date, str]] = field(default_factory=list)
    stolen: dict[str, date] = field(default_factory=dict)

    def policy(self, order: int) -> Policy:
        """The policy in force where a landing comes in."""
        return next(one.policy for one in reversed(self.landings[:order]) if one.policy)

    def policy_on(self, day: date) -> Policy:
        """The policy in force at the end of a day."""
        return self.policy(sum(landing.day <= day for landing in self.landings))

    def corrected(self) -> set[str]:
        """What a record of the policy role ends."""
        found = enumerate(self.landings)
        sound = [r for order, one in found for r in one.records if r.corrects and not self._by_key(r, order)]
        return {record.corrects for record in sound}

    def life(self, name: str) -> Life:
        """Everything that landed about a document, in its order."""
        life, stood = Life(), dict[str, int]()
        ended = self.corrected()
        for order, landing in enumerate(self.landings):
            texts = [text for text in landing.texts if text.name == name]
            for text in texts:
                stood.setdefault(text.digest, order)
            mine = [record for record in landing.records if record.text.name == name and record.name not in ended]
            for record in mine:
                why = self._fault(record, order, life, stood)
                if why:
                    life.broken[record.path] = why
                elif not record.corrects:
                    life.valid.append((order, record))
            if mine or texts:
                self._decide(life, order, stood)
        return life

    def _by_key(self, record: Record, order: int) -> str:
        landed, key = self.landings[order].day, self.policy(order).keys.get(record.key)
        stolen = record.key in self.stolen and landed >= self.stolen[record.key]
        owned = key is not None and key.person == record.person and key.holds(record.decided, landed)
        return "" if owned and not stolen else "EMS326"

    def _fault(self, record: Record, order: int, life: Life, stood: Mapping[str, int]) -> str:
        """Why a record does not count; empty where it does."""
        if why := self._by_key(record, order):
            return why
        asked = {order, stood.get(record.text.digest, order)}
        if not any(record.role in self.policy(one).may(record.action, record.text.name) for one in asked):
            return "EMS327"
        if record.action == "approve":
            texts = [event.text.written for event in life.approved if event.text]
            last = max((day for day in texts if day < record.text.written), default=date.min)
            wrote = [
                who for name, day, who in self.wrote if name == record.text.name and last < day <= record.text.written
            ]
            return "EMS328" if record.person in wrote else ""
        return ""

    def _decide(self, life: Life, order: int, stood: Mapping[str, int]) -> None:
        """What the records that count so far make of the document."""
        day = self.landings[order].day
        for text in dict.fromkeys(record.text for _, record in life.valid if record.action == "approve"):
            if text.number > life.number and self._approved(life, text, stood):
                life.events.append(Event(text, text.number, day, max(day, text.effective or day)))
        for action in ("withdraw", "reinstate"):
            self._end_or_return(life, action, order, stood)
        life.reviews = [
            (record.decided, self.landings[at].day) for at, record in life.valid if record.action == "periodic-review"
        ]

    def _approved(self, life: Life, text: Text, stood: Mapping[str, int]) -> bool:
        about = [(order, one) for order, one in life.valid if one.action in DECIDING and one.text.number == text.number]
        if any(one.action == "reject" for one in _latest(one for _, one in about)):
            return False
        own = [(order, one) for order, one in about if one.text == text]
        given = [(one.action, one.role) for one in _latest(one for _, one in own)]
        asking = [self.policy(max(order for order, _ in own)), self.policy(stood[text.digest])]
        whole: dict[tuple[str, str], int] = {}
        for policy in asking:
            for need, number in policy.needs(text.name).items():
                whole[need] = max(number, whole.get(need, 0))
        last = life.events[-1] if life.events else None
        back = last is not None and last.returned and last.text != life.newest
        released = life.newest and not back and text.edits(life.newest) and all(one.editorial for one in asking)
        return bool(released and ("approve", CONTROLLER) in given) or all(
            given.count(need) >= number for need, number in whole.items()
        )

    def _end_or_return(self, life: Life, action: str, order: int, stood: Mapping[str, int]) -> None:
        """Withdrawn or brought back by as many as have to approve, who decided about it as it stands since the last."""
        day, texts = self.landings[order].day, {event.text for event in life.approved}
        last = max((event.order for event in life.events), default=-1)
        mine = [(at, one) for at, one in life.valid if one.action == action and at > last and one.text in texts]
        if not mine or (action == "withdraw" and life.withdrawn):
            return
        for about in dict.fromkeys(one.text for _, one in mine) if action == "reinstate" else [mine[-1][1].text]:
            these = [(at, one) for at, one in mine if action == "withdraw" or one.text == about]
            latest = _latest(one for _, one in these)
            asking = [self.policy(max(at for at, one in these if one in latest))]
            asking += [self.policy(stood[about.digest])] if action == "reinstate" else []
            number = max(one.needs(about.name)["approve", MANAGER] for one in asking)
            if len(latest) >= number:
                first = max([day, *(one.effective for one in latest if one.effective)])
                text = about if action == "reinstate" else None
                life.events.append(Event(text, about.number, day, first, order))


def _latest(records: Iterable[Record]) -> list[Record]:
    """Each person's latest decision."""
    return list({record.person: record for record in sorted(records, key=lambda one: one.decided)}.values())
