"""The life of one document: its texts and its records, landing by landing (design section 6).

What does not count is a break; a record whose text never stood on main is idle.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from ems_control.approvals.declared import Declared
from ems_control.approvals.editorial import is_editorial
from ems_control.approvals.ledger import Entry
from ems_control.approvals.lifecycle import Approval, Decision, Review, Withdrawal
from ems_control.approvals.record_checks import Authority, Refused, ValidRecord
from ems_control.approvals.record_judge import ApprovalHistory, RecordJudge, breaking
from ems_control.documents.history import DocumentHistory, Version
from ems_control.ground.organisation.policy import LEVELS, DocumentType, Level, Policy, Requirement

DECIDING = ("review", "approve", "reject")


def life_of(evidence: RecordJudge, history: DocumentHistory) -> ApprovalHistory:
    """The events of a document, by records where there are any and by claims where its type is content with that."""
    if not evidence.chain.links and not evidence.ledger.of(history.key):
        files = evidence.authority(0)
        declared = Declared(files.policy, files.people, evidence.contributions.to)
        return ApprovalHistory(declared.events(history))
    return _Replay(evidence, history).run()


def examine(evidence: RecordJudge, history: DocumentHistory, entry: Entry) -> None:
    """Judge one record among those that land last; raises Refused where it does not count."""
    for one in life_of(evidence, history).breaks:
        if one.record == entry.name:
            raise Refused(one.kind, one.message, one.fix)


class _Replay:
    def __init__(self, evidence: RecordJudge, history: DocumentHistory) -> None:
        self.evidence, self.history, self.life = evidence, history, ApprovalHistory()
        self.stood: dict[str, Version] = {}
        self.texts: dict[int, list[Version]] = defaultdict(list)
        for version in history.versions:
            self.texts[version.order].append(version)
        self.records: list[ValidRecord] = []
        self.waiting: list[ValidRecord] = []
        self.entries = [e for e in evidence.ledger.of(history.key) if not evidence.corrected(e.name)]

    def run(self) -> ApprovalHistory:
        for order in sorted({*self.texts, *(entry.order for entry in self.entries)}):
            authority = self.evidence.authority(order)
            kind = _kind(authority.policy, self.history.id)
            for version in self.texts.get(order, ()):
                if self.entries:
                    self.stood.setdefault(version.digest, version)
            for entry in self.entries:
                if entry.order == order:
                    self._land(entry)
            if kind is None:
                continue
            for version in self.texts.get(order, ()):
                self._claim(version, authority, kind)
            self._meet()
            if self.records:
                _Landing(self, order, authority, kind).run()
        self._finish()
        return self.life

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

    def _asked(self, sound: ValidRecord, authority: Authority) -> None:
        """Whether the policy gives that role this decision: the one in force, or the one that the signer saw."""
        record = sound.record
        seen = [link.policy for link in self.evidence.chain.links if link.digest == record.policy_digest]
        for policy in [authority.policy, *seen]:
            kind = _kind(policy, record.document)
            owners = {v.facts.owner for v in self.history.versions}
            if kind and record.by.role in deciding_roles(policy, kind, record.action, owners):
                return
        role = authority.people.title(record.by.role)
        fix = "It counts for nothing; have the right role decide."
        raise Refused("record-without-role", f"the policy asks no {role} to {record.action} {record.document}", fix)

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
            version = self.stood.get(sound.record.digest)
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

    def _fits(self, sound: ValidRecord, version: Version) -> None:
        record, facts = sound.record, version.facts
        if not version.file.readable:
            raise Refused("record-of-other-text", "the front matter of its text cannot be read, so it seals nothing")
        if facts.revision != record.revision:
            message = f"it says revision {record.revision}, but its digest is that of revision {facts.revision}"
            raise Refused("record-of-other-text", message)
        name = self.evidence.authority(sound.order).policy.type_of(record.document)
        if facts.type is not None and facts.type != name:
            message = f"the text says type {facts.type}, but its id makes it {name or 'no document'}"
            raise Refused("record-of-other-text", message)

    def _independent(self, sound: ValidRecord, version: Version) -> None:
        record, authority = sound.record, self.evidence.authority(sound.order)
        name = authority.people.name(record.by.person)
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
            authority.people,
        )
        for one in contributors:
            if one.person is None:
                raise Refused("approval-with-unknown-contributor", one.unknown, f"{one.remedy}; then sign again.")
            message = f"{name} changed this text on {one.day} and so may not approve it"
            raise Refused("approval-by-contributor", message, other)

    def _claim(self, version: Version, authority: Authority, kind: DocumentType) -> None:
        """The decision claimed in front matter, where the type is content with that."""
        if kind.level != "declared" or isinstance(self.life.last, Withdrawal):
            return
        declared = Declared(authority.policy, authority.people, self.evidence.contributions.to)
        event = declared.event(version, self.life.newest, self.history, kind)
        if event:
            self.life.events.append(event)

    def _finish(self) -> None:
        """What is left over is idle: records without their text, or about a revision that a later one overtook."""
        used = {id(d.entry) for event in self.life.events for d in event.decisions}
        newest = self.life.newest.revision if self.life.newest else 0
        overtaken = [s for s in self.records if id(s.entry) not in used and s.record.revision < newest]
        spent = [s for s in overtaken if s.record.action in ("approve", "review", "reject", "baseline")]
        self.life.idle = [sound.entry for sound in [*self.waiting, *spent]]
        self.life.counting = self.records


class _Landing:
    """What the records that count so far make of a document at one landing."""

    def __init__(self, walk: _Replay, order: int, authority: Authority, kind: DocumentType) -> None:
        self.walk, self.life, self.order, self.authority, self.kind = walk, walk.life, order, authority, kind
        self.landing = walk.evidence.landings[order]
        self.day: date = self.landing.landed.astimezone(authority.policy.zone).date()
        self.least = LEVELS.index(kind.level)

    def run(self) -> None:
        self._baselines()
        for digest in dict.fromkeys(s.record.digest for s in self.walk.records if s.record.action == "approve"):
            self._approve(digest)
        if self.life.last and not isinstance(self.life.last, Withdrawal):
            self._withdraw()
        if self.life.last:
            self._reinstate()
        known = {id(review.decision.entry) for review in self.life.reviews}
        for sound in self.walk.records:
            if sound.record.action == "periodic-review" and id(sound.entry) not in known:
                decision = self._decision(sound)
                self.life.reviews.append(Review(decision.decided, self.day, decision))

    def _baselines(self) -> None:
        mine = [sound for sound in self.walk.records if sound.record.action == "baseline"]
        for sound in sorted(mine, key=lambda s: s.record.revision):
            newest, decision = self.life.newest, self._decision(sound)
            overtaken = newest is not None and newest.revision >= sound.record.revision
            if not overtaken and LEVELS.index(decision.level) >= self.least:
                self._add(sound.record.digest, [decision], sound.record.effective, taken_over=True)

    def _add(
        self,
        digest: str,
        decisions: list[Decision],
        effective: date | None,
        taken_over: bool = False,
        reinstated: bool = False,
    ) -> None:
        version = self.walk.stood[digest]
        number, until = version.facts.revision, version.facts.until
        assert number is not None  # records say a number, and fit their text
        event = Approval(
            version, number, self.day, effective, until, tuple(decisions), self.order, taken_over, reinstated
        )
        self.life.events.append(event)

    def _approve(self, digest: str) -> None:
        version, newest = self.walk.stood[digest], self.life.newest
        if newest and newest.revision >= (version.facts.revision or 0):
            return
        mine = [s for s in self.walk.records if s.record.digest == digest and s.record.action in DECIDING]
        latest = latest_of(mine)
        if any(self._rejects(sound) for sound in latest):
            return
        decisions = self._editorial(latest, version) or self._needed(
            latest, [("review", need) for need in self.kind.review] + [("approve", need) for need in self.kind.approve]
        )
        if not decisions:
            return
        if isinstance(self.life.last, Withdrawal):
            message = f"{self.walk.history.id} was withdrawn; after that only a reinstate record counts"
            refused = Refused("approval-after-withdrawal", message, "Give the text to a new document.")
            self.life.breaks += [breaking(sound.entry, refused) for sound in latest]
            self.walk.records = [sound for sound in self.walk.records if sound not in latest]
            return
        self._add(digest, decisions, version.facts.effective)

    def _rejects(self, sound: ValidRecord) -> bool:
        """A rejection stands until its person decides again or has no role."""
        person = self.authority.people.persons.get(sound.record.by.person)
        holds = person and person.holds(sound.record.by.role, self.day)
        return sound.record.action == "reject" and holds is not None

    def _editorial(self, latest: list[ValidRecord], version: Version) -> list[Decision]:
        need, newest = self.authority.policy.editorial, self.life.newest
        if need is None or newest is None or not is_editorial(newest.version, version, self.authority.policy):
            return []
        return self._needed(latest, [("approve", need)])

    def _needed(self, latest: list[ValidRecord], needs: list[tuple[str, Requirement]]) -> list[Decision]:
        """The decisions that are needed, of sufficient level; none where some are missing."""
        found: list[Decision] = []
        for action, need in needs:
            able = [s for s in latest if s.record.action == action and s.record.by.role == need.role]
            decisions = sorted(map(self._decision, able), key=lambda d: -LEVELS.index(d.level))
            chosen = [d for d in decisions if LEVELS.index(d.level) >= self.least][: need.number]
            if len(chosen) < need.number:
                return []
            found += chosen
        return found

    def _decision(self, sound: ValidRecord) -> Decision:
        authority = self.walk.evidence.authority(sound.order)
        level: Level = min((sound.level, authority.level), key=LEVELS.index)
        decided = sound.record.decided_at.astimezone(authority.policy.zone).date()
        by = sound.record.by
        return Decision(by.person, by.role, sound.deputy, decided, sound.entry.landing.landed, level, sound.entry)

    def _unspent(self, action: str) -> list[ValidRecord]:
        """Records about an approved text that no event has used, the latest of each person."""
        spent = {id(d.entry) for event in self.life.events for d in event.decisions}
        texts = {approval.version.digest for approval in self.life.approved}
        mine = [s for s in self.walk.records if s.record.action == action and s.record.digest in texts]
        return latest_of([sound for sound in mine if id(sound.entry) not in spent])

    def _withdraw(self) -> None:
        mine = self._unspent("withdraw")
        if not mine:
            return
        version, policy = self.walk.stood[mine[-1].record.digest], self.authority.policy
        paper = [sound for sound in mine if sound.record.by.role == policy.policy_approval.role]
        only_paper = all(s.record.action in ("baseline", "withdraw") for s in self.walk.records)
        if only_paper and paper and policy.baseline_until and self.day <= policy.baseline_until:
            day = paper[0].record.effective or self.day
            self.life.events.append(Withdrawal(version, day, self.day, (self._decision(paper[0]),), self.order))
            return
        decisions = self._needed(mine, [("withdraw", need) for need in self.kind.approve])
        if decisions:
            day = max([self.day, *(s.record.effective for s in mine if s.record.effective)])
            self.life.events.append(Withdrawal(version, day, self.day, tuple(decisions), self.order))

    def _reinstate(self) -> None:
        mine = self._unspent("reinstate")
        for digest in dict.fromkeys(sound.record.digest for sound in mine):
            same = [sound for sound in mine if sound.record.digest == digest]
            decisions = self._needed(same, [("reinstate", need) for need in self.kind.approve])
            if decisions:
                effective = max((s.record.effective for s in same if s.record.effective), default=None)
                self._add(digest, decisions, effective, reinstated=True)


def deciding_roles(policy: Policy, kind: DocumentType, action: str, owners: set[str | None]) -> set[str]:
    """The roles that may take a decision about a document of this type; `owners` are those its texts named."""
    approving = {need.role for need in kind.approve}
    reviewing = {need.role for need in kind.review}
    editorial = {policy.editorial.role} if policy.editorial else set()
    return {
        "review": reviewing,
        "approve": approving | editorial,
        "reject": approving | reviewing | editorial,
        "withdraw": approving | {policy.policy_approval.role},
        "reinstate": approving,
        "periodic-review": approving | {owner for owner in owners if owner},
        "baseline": {policy.policy_approval.role},
        "correct": {policy.policy_approval.role},
    }[action]


def _kind(policy: Policy, document_id: str) -> DocumentType | None:
    name = policy.type_of(document_id)
    return policy.types[name] if name else None


def latest_of(sounds: list[ValidRecord]) -> list[ValidRecord]:
    """Each person's latest decision."""
    found: dict[str, ValidRecord] = {}
    for sound in sorted(sounds, key=lambda s: (s.record.decided_at, s.order)):
        found[sound.record.by.person] = sound
    return list(found.values())
