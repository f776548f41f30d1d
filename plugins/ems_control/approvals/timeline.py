"""The life of one document: its texts and its records, landing by landing (specification, Approved).

What does not count is a break; a record whose text never stood on main is idle.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from ems_control.approvals.declared import Declared
from ems_control.approvals.landing import Landing
from ems_control.approvals.ledger import Entry
from ems_control.approvals.lifecycle import Approval, Event, Withdrawal
from ems_control.approvals.needs import Asking, asking, deciding_roles
from ems_control.approvals.record_checks import Authority, Refused, ValidRecord
from ems_control.approvals.record_judge import ApprovalHistory, RecordJudge, breaking
from ems_control.approvals.rejections import Rejection, rejections
from ems_control.documents.history import DocumentHistory, Version
from ems_control.documents.metadata import DECISIVE
from ems_control.ground.counting import count
from ems_control.ground.formats.digest import Seal
from ems_control.ground.formats.records import Action, Record, forge_of
from ems_control.ground.organisation.policy import DocumentType, Policy


def life_of(evidence: RecordJudge, history: DocumentHistory) -> ApprovalHistory:
    """The events of a document, by records where there are any and by claims where its type is content with that."""
    count("documents_judged")
    if not evidence.chain.links and not evidence.ledger.of(history.key):
        files = evidence.authority(0)
        declared = Declared(files.policy, files.people, evidence.contributions.to)
        return ApprovalHistory(declared.events(history))
    return Replay(evidence, history).run()


def examine(evidence: RecordJudge, history: DocumentHistory, entry: Entry) -> None:
    """Judge one record among those that land last; raises Refused where it does not count."""
    for one in life_of(evidence, history).breaks:
        if one.record == entry.name:
            raise Refused(one.kind, one.message, one.fix)


class Replay:
    """The landings of one document, oldest first: texts come, records meet them, and events come of it."""

    def __init__(self, evidence: RecordJudge, history: DocumentHistory) -> None:
        self.evidence, self.history, self.life = evidence, history, ApprovalHistory()
        self.stood: dict[Seal, Version] = {}
        self.owners = {version.facts.owner for version in history.versions}
        self.texts: dict[int, list[Version]] = defaultdict(list)
        for version in history.versions:
            self.texts[version.order].append(version)
        self.records: list[ValidRecord] = []
        self.actions: set[Action] = set()
        """What any of `records` or `waiting` is."""
        self.waiting: list[ValidRecord] = []
        self.approving: dict[Version, None] = {}
        self.overtaken: set[Version] = set()
        self.stopped: Version | None = None
        self.entries: dict[int, list[Entry]] = defaultdict(list)
        self.methods: set[str] = set()
        for entry in evidence.ledger.of(history.key):
            if not evidence.corrected(entry.name):
                self.entries[entry.order].append(entry)
                if entry.record and not entry.record.is_policy:
                    self.methods.add(entry.record.digest_method)
        self._asked_for: dict[int, Asking] = {}

    def run(self) -> ApprovalHistory:
        for order in sorted({*self.texts, *self.entries}):
            for version in self.texts.get(order, ()):
                for method in self.methods:
                    self.stood.setdefault(Seal(method, version.digest(method)), version)
            for entry in self.entries.get(order, ()):
                self._land(entry)
            self._claims(order)
            if self.asking(order).kind is None:
                continue
            self._meet()
            if self.records:
                Landing(self, order).run()
        self._finish()
        return self.life

    def asking(self, order: int) -> Asking:
        """What the policy in force at a landing asks about the document."""
        if order not in self._asked_for:
            self._asked_for[order] = asking(self.evidence, self.history, order)
        return self._asked_for[order]

    def _received(self, entry: Entry) -> ValidRecord:
        sound = self.evidence.sound(entry)
        authority = self.evidence.authority(entry.order)
        self._asked(sound, authority)
        if sound.record.action == "baseline":
            self._baseline_allowed(entry, authority)
        return sound

    def _land(self, entry: Entry) -> None:
        try:
            sound = self._received(entry)
        except Refused as refused:
            self.life.breaks.append(breaking(entry, refused))
            return
        if sound.record.action != "correct":
            self.waiting.append(sound)
            self.actions.add(sound.record.action)

    def _asked(self, sound: ValidRecord, authority: Authority) -> None:
        """Whether a policy asks that role: the one in force, where the text came in, or that which the signer saw."""
        record = sound.record
        for policy in self._asking_it(record, authority):
            kind = policy.kind_of(record.document) or self.asking(sound.order).kind
            if kind and record.by.role in deciding_roles(policy, kind, record.action, self.owners):
                return
        role = authority.people.title(record.by.role)
        fix = "It counts for nothing; have the right role decide."
        raise Refused("record-without-role", f"the policy asks no {role} to {record.action} {record.document}", fix)

    def _asking_it(self, record: Record, authority: Authority) -> Iterator[Policy]:
        yield authority.policy
        if record.action == "correct":
            return  # it counts only by the policy in force where it lands
        yield from (link.policy for link in self.evidence.chain.links if link.digest == record.policy_digest)
        if version := self.stood.get(record.seal):
            yield self.evidence.authority(version.order).policy

    def _baseline_allowed(self, entry: Entry, authority: Authority) -> None:
        day = entry.landing.landed.astimezone(authority.policy.zone).date()
        until = authority.policy.baseline_until
        if until is None or day > until:
            words = f"baselines were taken over until {until}" if until else "ems.yml allows no baselines"
            raise Refused("baseline-refused", f"{words}; this one landed on {day}", "Have the revision approved.")
        if any(s.record.action not in ("baseline", "withdraw") for s in [*self.records, *self.waiting]):
            raise Refused("baseline-refused", "the document has records that are no baselines", "Have it approved.")

    def _meet(self) -> None:
        """Records meet their text: from here on they count, or break."""
        for sound in list(self.waiting):
            version = self.stood.get(sound.record.seal)
            if version is None:
                continue
            self.waiting.remove(sound)
            try:
                self._fits(sound, version)
                if sound.record.action == "approve":
                    self._independent(sound, version)
            except Refused as refused:
                self.life.breaks.append(breaking(sound.entry, refused))
                continue
            self.records.append(sound)
            if sound.record.action == "approve":
                self.approving[version] = None

    def _fits(self, sound: ValidRecord, version: Version) -> None:
        record, facts = sound.record, version.facts
        if not version.file.readable:
            raise Refused("record-of-other-text", "the front matter of its text cannot be read, so it seals nothing")
        unread = sorted(facts.unread & DECISIVE)
        if unread and record.action in ("review", "approve", "baseline", "reinstate"):
            message = f"{' and '.join(unread)} of its text cannot be read, so nobody can say what was decided"
            raise Refused("record-of-other-text", message, "Write it so that it can be read, and have that decided.")
        if facts.revision != record.revision:
            message = f"it says revision {record.revision}, but its digest is that of revision {facts.revision}"
            raise Refused("record-of-other-text", message)
        name = version.reading.type_of(record.document)
        if facts.type is not None and facts.type != name:
            message = f"the text says type {facts.type}, but its id makes it {name or 'no document'}"
            raise Refused("record-of-other-text", message)

    def _independent(self, sound: ValidRecord, version: Version) -> None:
        record, authority = sound.record, self.evidence.authority(sound.order)
        people = authority.people
        if record.witnessed:
            people = people.at(forge_of(record.evidence.kind), record.evidence.forge)
        name = people.name(record.by.person)
        other = "Somebody else in the role, or the deputy, must approve it."
        if record.by.person in record.evidence.contributors:
            message = f"{name} is among the contributors that the record itself names"
            raise Refused("approval-by-contributor", message, other)
        before = [a.version for a in self.life.approved if a.version.order < version.order]
        contributors = self.evidence.contributions.to(
            version,
            max(before, key=lambda v: v.order, default=None),
            self.history,
            record.decided_at,
            [record.by.person],
            authority.policy,
            people,
            record.digest_method,
        )
        for one in contributors:
            if one.person is None:
                raise Refused("approval-with-unknown-contributor", one.unknown, f"{one.remedy}; then sign again.")
            message = f"{name} changed this text on {one.day} and so may not approve it"
            raise Refused("approval-by-contributor", message, other)

    def _claims(self, order: int) -> None:
        """What front matter claims at one landing; a claim that a rejection stopped is looked at again."""
        again = self.stopped
        for version in self.texts.get(order, ()):
            again = self.stopped = None
            self._claim(version, order)
        if again:
            self._claim(again, order)

    def _claim(self, version: Version, order: int) -> None:
        """The decision claimed in front matter, where the type is content with that."""
        if isinstance(self.life.last, Withdrawal):
            return
        content = self._content_with_claims(version)
        event = self._claimed(version, content) if content and self._may_claim(version) else None
        if event is None:
            return
        if isinstance(event, Approval):
            day = self.evidence.days[order]
            decided = max(decision.decided for decision in event.decisions)
            if not all(r.yields_to(decided, event.landed) for r in self.rejections(event.revision, day, order)):
                self.stopped = version
                return
            event = replace(event, landed=day, order=order)
        self.stopped = None
        self.life.events.append(event)

    def _content_with_claims(self, version: Version) -> list[tuple[Authority, DocumentType]]:
        """Whoever was content with claims where a text landed."""
        asked = ((one, one.policy.kind_of(self.history.id)) for one in self.evidence.claims(version.order))
        return [(one, kind) for one, kind in asked if kind and kind.level == "declared"]

    def _claimed(self, version: Version, content: list[tuple[Authority, DocumentType]]) -> Event | None:
        """What a claim makes of the document, by whoever was content with it."""
        for authority, kind in content:
            declared = Declared(authority.policy, authority.people, self.evidence.contributions.to)
            event = declared.event(version, self.life.newest, self.history, kind)
            if event:
                return event
        return None

    def _may_claim(self, version: Version) -> bool:
        """Whether a claim can be enough: a text of which more was asked where it first stood waits for that."""
        root = self.evidence.chain.root
        if root is None or version.order <= root.order:
            return True
        if not self.asking(version.order).covered:
            return False
        return not self.asking(self.history.first_of(version).order).least

    def rejections(self, revision: int, day: date, order: int) -> list[Rejection]:
        """Whose rejection stands over a revision once a landing has come in."""
        if "reject" not in self.actions:
            return []
        return rejections(self.evidence, [*self.records, *self.waiting], revision, day, order)

    def _finish(self) -> None:
        """What is left over is idle: records without their text, or about a revision that a later one overtook."""
        used = {id(d.entry) for event in self.life.events for d in event.decisions}
        newest = self.life.newest.revision if self.life.newest else 0
        overtaken = [s for s in self.records if id(s.entry) not in used and s.record.revision < newest]
        spent = [s for s in overtaken if s.record.action in ("approve", "review", "reject", "baseline")]
        standing = [s for s in self.waiting if s.record.action == "reject" and s.record.revision > newest]
        self.life.idle = [s.entry for s in [*self.waiting, *spent] if s not in standing]
        self.life.counting = self.records
        self.life.decided = [*self.records, *self.waiting]
