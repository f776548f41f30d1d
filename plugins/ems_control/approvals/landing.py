"""What the records that count make of a document at one landing: approved, withdrawn, reinstated, reviewed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from ems_control.approvals.lifecycle import Approval, Decision, Review, Withdrawal
from ems_control.approvals.needed import Need, decisions_needed
from ems_control.approvals.record_checks import Authority, Refused, ValidRecord
from ems_control.approvals.record_judge import breaking
from ems_control.approvals.rejections import DECIDING, latest_of
from ems_control.documents.history import Version
from ems_control.ground.formats.records import Action
from ems_control.ground.organisation.policy import LEVELS, DocumentType, Level, Policy

if TYPE_CHECKING:
    from ems_control.approvals.timeline import Replay


class Landing:
    """What the records that count so far make of a document at one landing."""

    def __init__(self, walk: Replay, order: int, authority: Authority, kind: DocumentType) -> None:
        self.walk, self.life, self.order, self.authority, self.kind = walk, walk.life, order, authority, kind
        self.landing = walk.evidence.landings[order]
        self.day: date = self.landing.landed.astimezone(authority.policy.zone).date()
        self.least = LEVELS.index(kind.level)

    def run(self) -> None:
        self._baselines()
        approving = [s.record.seal for s in self.walk.records if s.record.action == "approve"]
        for version in dict.fromkeys(self.walk.stood[seal] for seal in approving):
            self._approve(version)
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
                self._add(self.walk.stood[sound.record.seal], [decision], sound.record.effective, taken_over=True)

    def _add(
        self,
        version: Version,
        decisions: list[Decision],
        effective: date | None,
        taken_over: bool = False,
        reinstated: bool = False,
    ) -> None:
        number, until = version.facts.revision, version.facts.until
        assert number is not None  # records say a number, and fit their text
        event = Approval(
            version, number, self.day, effective, until, tuple(decisions), self.order, taken_over, reinstated
        )
        self.life.events.append(event)

    def _approve(self, version: Version) -> None:
        newest = self.life.newest
        if newest and newest.revision >= (version.facts.revision or 0):
            return
        mine = [s for s in _about(version, self.walk.records) if s.record.action in DECIDING]
        stopping = self.walk.rejections(version.facts.revision or 0, self.day, self.order)
        latest = [s for s in latest_of(mine) if all(one.yields_to(*self._days(s)) for one in stopping)]
        decisions = self._enough(latest, "approve", version)
        if not decisions:
            return
        if isinstance(self.life.last, Withdrawal):
            message = f"{self.walk.history.id} was withdrawn; after that only a reinstate record counts"
            refused = Refused("approval-after-withdrawal", message, "Give the text to a new document.")
            self.life.breaks += [breaking(sound.entry, refused) for sound in latest]
            self.walk.records = [sound for sound in self.walk.records if sound not in latest]
            return
        self._add(version, decisions, version.facts.effective)

    def _days(self, sound: ValidRecord) -> tuple[date, date]:
        """The day decided and the day landed."""
        decision = self._decision(sound)
        return decision.decided, decision.landed.astimezone(self.authority.policy.zone).date()

    def _enough(self, latest: list[ValidRecord], action: Action, version: Version | None = None) -> list[Decision]:
        """The decisions that suffice for an action; none where some are missing."""
        options = decisions_needed(self.authority.policy, self.kind, action, version, self.life.newest)
        return next(filter(None, (self._needed(latest, needs) for needs in options)), [])

    def _needed(self, latest: list[ValidRecord], needs: list[Need]) -> list[Decision]:
        """The decisions that are needed, of sufficient level; none where some are missing."""
        found: list[Decision] = []
        for need in needs:
            able = [s for s in latest if (s.record.action, s.record.by.role) == (need.action, need.role)]
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
        asked = [s for s in self.walk.records if s.record.action == action]
        mine = [s for s in asked if any(a.version.is_sealed_by(s.record.seal) for a in self.life.approved)]
        return latest_of([sound for sound in mine if id(sound.entry) not in spent])

    def _withdraw(self) -> None:
        mine = self._unspent("withdraw")
        if not mine:
            return
        version, policy = self.walk.stood[mine[-1].record.seal], self.authority.policy
        paper = [sound for sound in mine if sound.record.by.role == policy.policy_approval.role]
        only_paper = all(s.record.action in ("baseline", "withdraw") for s in self.walk.records)
        if only_paper and paper and policy.baseline_until and self.day <= policy.baseline_until:
            day = paper[0].record.effective or self.day
            self.life.events.append(Withdrawal(version, day, self.day, (self._decision(paper[0]),), self.order))
            return
        decisions = self._enough(mine, "withdraw")
        if decisions:
            day = max([self.day, *(s.record.effective for s in mine if s.record.effective)])
            self.life.events.append(Withdrawal(version, day, self.day, tuple(decisions), self.order))

    def _reinstate(self) -> None:
        mine = self._unspent("reinstate")
        for version in dict.fromkeys(self.walk.stood[sound.record.seal] for sound in mine):
            same = _about(version, mine)
            decisions = self._enough(same, "reinstate")
            if decisions:
                effective = max((s.record.effective for s in same if s.record.effective), default=None)
                self._add(version, decisions, effective, reinstated=True)


def _about(version: Version, sounds: list[ValidRecord]) -> list[ValidRecord]:
    return [sound for sound in sounds if version.is_sealed_by(sound.record.seal)]


def kind_of(policy: Policy, document_id: str) -> DocumentType | None:
    name = policy.type_of(document_id)
    return policy.types[name] if name else None
