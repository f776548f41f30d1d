"""Which records count, and what makes a document what it is: the policy in force at each landing, corrections.

What all documents share (specification, When a record counts); timeline.py computes what comes of one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import date
from itertools import zip_longest
from typing import Any, NamedTuple

from ems_control.approvals.contributors import Contributions
from ems_control.approvals.ledger import Entry, Ledger
from ems_control.approvals.lifecycle import Approval, Event, Review
from ems_control.approvals.policy_history import PolicyHistory
from ems_control.approvals.record_checks import Authority, Break, Refused, ValidRecord, judge
from ems_control.documents.history import DocumentHistory
from ems_control.ground.formats.records import Record
from ems_control.ground.git.log import Commit
from ems_control.ground.organisation.policy import DocumentType, Level


class Refusal(NamedTuple):
    """Why a record does not count: the kind of break, what is wrong, what to do."""

    kind: str
    message: str
    fix: str


Sound = tuple[Level, bool, str] | Refusal
"""What is found of a record by itself: level, whether a deputy decided, and the key; or why it does not count."""


@dataclass
class ApprovalHistory:
    """What came of one document: its events and periodic reviews, oldest first, and what its records are not worth.

    `counting` are the records that count, whether they sufficed for anything or not; `decided` also those about a text
    that never stood on main.
    """

    events: list[Event] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    breaks: list[Break] = field(default_factory=list)
    idle: list[Entry] = field(default_factory=list)
    counting: list[ValidRecord] = field(default_factory=list)
    decided: list[ValidRecord] = field(default_factory=list)
    _approved: tuple[int, list[Approval]] = field(default=(-1, []), init=False, repr=False, compare=False)
    """The approvals among so many events: they only become more."""

    @property
    def approved(self) -> list[Approval]:
        """The approvals of revisions, without reinstatements, oldest first; records take the place of a declaration."""
        number, known = self._approved
        if number != len(self.events):
            found = [event for event in self.events if isinstance(event, Approval) and not event.reinstated]
            known = list({approval.revision: approval for approval in found}.values())
            self._approved = len(self.events), known
        return known

    @property
    def newest(self) -> Approval | None:
        """The approval of the highest revision."""
        return max(self.approved, key=lambda approval: approval.revision, default=None)

    @property
    def editable(self) -> Approval | None:
        """What an editorial revision may edit: the newest revision, where no earlier one was brought back since."""
        newest, last = self.newest, self.last
        back = newest and isinstance(last, Approval) and last.reinstated and not last.is_of(newest.version)
        return None if back else newest

    @property
    def last(self) -> Event | None:
        """The event that landed last."""
        return self.events[-1] if self.events else None


class RecordJudge:
    """The records of a repository, the policies that judge them, and who contributed to what."""

    def __init__(
        self,
        ledger: Ledger,
        chain: PolicyHistory,
        contributions: Contributions,
        landings: Sequence[Commit],
        files: Authority,
    ) -> None:
        """`files` are the policy and people that judge before there is a trust root: no level above declared."""
        self.ledger, self.chain, self.contributions, self.landings = ledger, chain, contributions, landings
        self._files = files
        self.recall: Callable[[DocumentHistory], ApprovalHistory | None] = _nothing
        """What came of a document, where an earlier run judged it; where evidence is verified, nothing."""
        self._authorities: dict[int, Authority] = {}
        self._of_link: dict[tuple[int, str], Authority] = {}
        self.known: dict[Entry, Sound] = {}
        """What was found of records already, by another process."""
        self.days: list[date] = []
        for order, landing in enumerate(landings):
            self.days.append(self._day(order, landing, self.days))
        self.corrections = list(self._corrections())

    def __getstate__(self) -> dict[str, Any]:
        """What can be kept for another run."""
        return {**self.__dict__, "recall": None, "known": {}, "_authorities": {}}

    def authority(self, order: int) -> Authority:
        """Policy and people that judge what lands with a commit."""
        if order not in self._authorities:
            self._authorities[order] = self._authority(order)
        return self._authorities[order]

    def _authority(self, order: int) -> Authority:
        link = self.chain.at(order)
        if link:
            key = link.order, link.digest
            if key not in self._of_link:
                self._of_link[key] = Authority(link.policy, link.people, link.digest, self.chain.level_at(link))
            return self._of_link[key]
        root = self.chain.root
        return Authority(root.policy, root.people, None, "declared") if root else self._files

    def held_until(self, person: str, role: str, since: date, day: date, order: int) -> date | None:
        """The last day, not before `since`, on which a person held a role; None where they hold it on `day`.

        Each policy says it for the days on which it was in force: one that ends a role looking back ends it the day it
        lands, or what was stopped until then would slip through afterwards.
        """
        now = self.authority(order)
        someone = now.people.persons.get(person)
        if someone and someone.holds(role, day):
            return None
        last = since
        links = [link for link in self.chain.links if link.order < order]
        for link, following in zip_longest(links, links[1:]):
            zone = link.policy.zone
            first = link.landing.landed.astimezone(zone).date()
            end = following.landing.landed.astimezone(zone).date() if following else day
            someone = link.people.persons.get(person)
            for held in someone.roles if someone else ():
                if held.role == role and held.from_ <= end and (held.until is None or held.until >= first):
                    last = max(last, min(end, held.until or end))
        return last

    def _day(self, order: int, landing: Commit, before: Sequence[date]) -> date:
        """The day of a landing, in the time zone of the policy in force there; another zone never leads back."""
        return max([landing.landed.astimezone(self.authority(order).policy.zone).date(), *before[-1:]])

    def claims(self, order: int) -> list[Authority]:
        """Those by whom a claim in a landing can count: before the root also the files as they then stood.

        What they put in force by declaration while they asked no more stays in force (specification, Policy of a text).
        """
        return [*self.chain.stated(order), self.authority(order)]

    def kind_on(self, document_id: str, day: date) -> DocumentType | None:
        """What the policy in force on a day, or the last before it that knew the type, says of a document's type.

        What depends on a day, like the interval of reviews, is taken from it.
        """
        links = [link.policy for link in self.chain.links if self.days[link.order] <= day]
        if not links and self.chain.root:
            landed = [order for order, one in enumerate(self.days[: self.chain.root.order]) if one <= day]
            links = [self.claims(landed[-1] if landed else 0)[0].policy]
        asked = reversed(links or [self._files.policy])
        return next((kind for policy in asked if (kind := policy.kind_of(document_id))), None)

    def covered_on(self, history: DocumentHistory, day: date) -> bool:
        """Whether the policy in force at the end of a day had a document's file controlled; before the root, yes."""
        links = [link.policy for link in self.chain.links if self.days[link.order] <= day]
        return not links or history.covered_by(links[-1].reading, bisect_right(self.days, day) - 1)

    def sound(self, entry: Entry) -> ValidRecord:
        """A record as judged where it lands, but for what depends on its text; raises Refused."""
        known = self.known.get(entry)
        if known is None:
            return self._judged(entry)
        if isinstance(known, Refusal):
            raise Refused(*known)
        assert entry.record is not None  # it was read there, too
        return ValidRecord(entry, entry.record, *known)

    def sounds(self, entries: Iterable[Entry]) -> list[Sound]:
        """What `sound` says of records, in few words that another process can give: see `known`."""
        found: list[Sound] = []
        for entry in entries:
            try:
                sound = self._judged(entry)
            except Refused as refused:
                found.append(Refusal(refused.kind, refused.message, refused.fix))
            else:
                found.append((sound.level, sound.deputy, sound.key))
        return found

    def _judged(self, entry: Entry) -> ValidRecord:
        return judge(
            entry,
            self.authority(entry.order),
            self.ledger,
            self.chain.known(entry.order),
            self.chain.compromised,
            lambda other: self._correction(other) is not None,
        )

    def _correction(self, entry: Entry) -> ValidRecord | None:
        """A `correct` record that counts: sound, and by the policy role."""
        try:
            sound = self.sound(entry)
        except Refused:
            return None
        return sound if sound.record.by.role == self.authority(entry.order).policy.policy_approval.role else None

    def go_on(self, landings: Sequence[Commit]) -> None:
        """The same, with more landings behind those that it has."""
        self.landings = landings
        for order in range(len(self.days), len(landings)):
            self.days.append(self._day(order, landings[order], self.days))

    def as_if(self, entries: Sequence[Entry], landing: Commit) -> RecordJudge:
        """The same, as if these records had come in with one more landing."""
        more = copy(self)
        more.recall, more.known = _nothing, {}
        more.ledger = Ledger([*self.ledger.entries, *entries], self.ledger.tampering)
        more.landings = [*self.landings, landing]
        more.days = [*self.days, self._day(len(self.landings), landing, self.days)]
        return more

    def _corrections(self) -> Iterable[ValidRecord]:
        """Every sound `correct` record by the policy role; others are told where their document is judged."""
        for entry in self.ledger.entries:
            if not entry.may_correct:
                continue
            if entry.record and entry.record.action == "correct" and (sound := self._correction(entry)):
                yield sound

    def corrected(self, name: str) -> ValidRecord | None:
        """The `correct` record that names a record (by SHA-256) or a commit."""
        return next((sound for sound in self.corrections if sound.record.corrects == name), None)

    def made_after(self, history: DocumentHistory, record: Record, order: int) -> Commit | None:
        """The commit that made the text of a decision, where that is dated before it; None where all is well."""
        authority = self.authority(order)
        version = next((one for one in history.versions if one.is_sealed_by(record.seal)), None)
        if version is None:
            return None
        return self.contributions.made_after(version, history, record, authority.policy, authority.people)

    def strays(self, keys: Iterable[str]) -> ApprovalHistory:
        """Records in folders of no document: what is wrong with them, and which are merely idle."""
        life, known = ApprovalHistory(), {*keys, "policy"}
        for entry in self.ledger.entries:
            if entry.folder not in known and not self.corrected(entry.name):
                try:
                    self.sound(entry)
                    life.idle.append(entry)
                except Refused as refused:
                    life.breaks.append(breaking(entry, refused))
        return life


def _nothing(_: DocumentHistory) -> ApprovalHistory | None:
    return None


def breaking(entry: Entry, refused: Refused) -> Break:
    """The break that a refused record is."""
    document = entry.record.document if entry.record else ""
    return Break(refused.kind, entry.path, document, entry.landing, refused.message, refused.fix, entry.name)
