"""What the records that count make of a document at one landing: approved, withdrawn, reinstated, reviewed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from ems_control.approvals.lifecycle import Approval, Decision, Review, Withdrawal
from ems_control.approvals.needs import Need, Needs
from ems_control.approvals.record_checks import DECIDING, Refused, ValidRecord, latest_of
from ems_control.approvals.record_judge import breaking
from ems_control.documents.history import Version
from ems_control.ground.formats.records import Action
from ems_control.ground.organisation.policy import LEVELS, Level

if TYPE_CHECKING:
    from ems_control.approvals.timeline import Replay


class Landing:
    """What the records that count so far make of a document at one landing."""

    def __init__(self, walk: Replay, order: int) -> None:
        self.walk, self.life, self.order = walk, walk.life, order
        self.authority = walk.evidence.authority(order)
        self.day = walk.evidence.days[order]

    def run(self) -> None:
        self._baselines()
        for version in [one for one in self.walk.approving if one not in self.walk.overtaken]:
            self._approve(version)
        if self.life.last and not (isinstance(self.life.last, Withdrawal) and self.life.last.recorded):
            self._withdraw()
        if self.life.last:
            self._reinstate()
        known = {id(review.decision.entry) for review in self.life.reviews}
        for sound in self._with("periodic-review"):
            if id(sound.entry) not in known:
                decision = self._decision(sound)
                self.life.reviews.append(Review(decision.decided, self.day, decision))

    def _with(self, action: Action) -> list[ValidRecord]:
        if action not in self.walk.actions:
            return []
        return [sound for sound in self.walk.records if sound.record.action == action]

    def _baselines(self) -> None:
        mine = self._with("baseline")
        for sound in sorted(mine, key=lambda s: s.record.revision):
            version, decision = self.walk.stood[sound.record.seal], self._decision(sound)
            needs = self._needs(version, [sound])
            enough = needs.now.covered and needs.taken_over and LEVELS.index(decision.level) >= needs.least
            if enough and not self._overtaken(version, taken_over=True):
                self._add(version, [decision], sound.record.effective, taken_over=True)

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
        self.life.events.insert(self._place(event), event)

    def _place(self, event: Approval) -> int:
        """Last; but where a later revision is declared already, behind the declaration of its own, or before that."""
        events = self.life.events
        declared = None if event.reinstated else self._declared(event.version)
        if declared:
            return events.index(declared) + 1
        later = (e for e in events if isinstance(e, Approval) and e.revision > event.revision and not e.recorded)
        first = None if event.reinstated else next(later, None)
        return events.index(first) if first else len(events)

    def _needs(self, version: Version, decisions: list[ValidRecord]) -> Needs:
        """What a text needs by the policy where the last of these decisions landed."""
        order = max(sound.order for sound in decisions)
        return Needs(self.walk.asking(order), self.walk.asking(version.order))

    def _declared(self, version: Version) -> Approval | None:
        """The approval by declaration of a text, as long as no records took its place."""
        return next((a for a in self.life.approved if not a.recorded and a.is_of(version)), None)

    def _overtaken(self, version: Version, taken_over: bool = False) -> bool:
        """Whether its number or a later one is approved; records take the place of a declaration of the same text.

        A baseline is overtaken by records only: it tells what was in force before.
        """
        number = version.facts.revision or 0
        approved = self.life.approved
        later = (a for a in reversed(approved) if a.revision >= number)
        if not any(not taken_over or a.recorded or a.revision == number for a in later):
            return False
        return not any(not a.recorded and a.is_of(version) for a in approved)

    def _approve(self, version: Version) -> None:
        if self._overtaken(version):
            self.walk.overtaken.add(version)  # an approval stays: whoever was overtaken once is for ever
            return
        mine = [s for s in _about(version, self.walk.records) if s.record.action in DECIDING]
        stopping = self.walk.rejections(version.facts.revision or 0, self.day, self.order)
        latest = [s for s in latest_of(mine) if all(one.yields_to(*self._days(s)) for one in stopping)]
        needs = self._needs(version, latest) if latest else None
        decisions = self._enough(latest, "approve", needs, version) if needs and needs.now.covered else []
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

    def _enough(
        self, latest: list[ValidRecord], action: Action, needs: Needs, version: Version | None = None
    ) -> list[Decision]:
        """The decisions that suffice for an action; none where some are missing."""
        options = needs.decisions(action, version, self.life.editable)
        return next(filter(None, (self._needed(latest, option, needs.least) for option in options)), [])

    def _needed(self, latest: list[ValidRecord], needs: list[Need], least: int) -> list[Decision]:
        """The decisions that are needed, of sufficient level; none where some are missing."""
        found: list[Decision] = []
        for need in needs:
            able = [s for s in latest if (s.record.action, s.record.by.role) == (need.action, need.role)]
            decisions = sorted(map(self._decision, able), key=lambda d: -LEVELS.index(d.level))
            chosen = [d for d in decisions if LEVELS.index(d.level) >= least][: need.number]
            if len(chosen) < need.number:
                return []
            found += chosen
        return found

    def _decision(self, sound: ValidRecord) -> Decision:
        authority = self.walk.evidence.authority(sound.order)
        level: Level = min((sound.level, authority.level), key=LEVELS.index)
        decided = sound.record.decided_at.astimezone(authority.policy.zone).date()
        by = sound.record.by
        return Decision(
            by.person, by.role, sound.deputy, decided, sound.entry.landing.landed, level, sound.entry, sound.key
        )

    def _unspent(self, action: Action) -> list[ValidRecord]:
        """Records about an approved text that decide about the document as it stands, the latest of each person.

        What landed before it was last withdrawn or brought back was about how it stood then, as was a decision more
        than that took.
        """
        mine = self._with(action)
        if not mine:
            return []
        ends = [event.order for event in self.life.events if isinstance(event, Withdrawal)]
        returns = [event.order for event in self.life.events if isinstance(event, Approval) and event.reinstated]
        same, other = (ends, returns) if action == "withdraw" else (returns, ends)
        after, since = max(same, default=-1), max(other, default=-1)
        asked = [s for s in mine if s.order > after and s.order >= since]
        return latest_of([s for s in asked if any(a.version.is_sealed_by(s.record.seal) for a in self.life.approved)])

    def _withdraw(self) -> None:
        mine = self._unspent("withdraw")
        if not mine:
            return
        version = self.walk.stood[mine[-1].record.seal]
        now = self.walk.asking(max(sound.order for sound in mine))
        role, until = now.policy.policy_approval, now.policy.baseline_until
        paper = [sound for sound in mine if sound.record.by.role == role.role]
        only_paper = all(s.record.action in ("baseline", "withdraw") for s in self.walk.records)
        if only_paper and paper and until and self.day <= until:
            day = paper[0].record.effective or self.day
            self.life.events.append(Withdrawal(version, day, self.day, (self._decision(paper[0]),), self.order))
            return
        decisions = self._enough(mine, "withdraw", Needs(now, now))
        if not decisions and not now.covered:  # nobody is asked any more for a document that the policy gave up
            decisions = self._needed(mine, [Need("withdraw", role.role, role.number)], now.least)
        if decisions:
            day = max([self.day, *(s.record.effective for s in mine if s.record.effective)])
            self.life.events.append(Withdrawal(version, day, self.day, tuple(decisions), self.order))

    def _reinstate(self) -> None:
        mine = self._unspent("reinstate")
        for version in dict.fromkeys(self.walk.stood[sound.record.seal] for sound in mine):
            same = _about(version, mine)
            needs = self._needs(version, same)
            decisions = self._enough(same, "reinstate", needs) if needs.now.covered else []
            if decisions:
                effective = max((s.record.effective for s in same if s.record.effective), default=None)
                self._add(version, decisions, effective, reinstated=True)


def _about(version: Version, sounds: list[ValidRecord]) -> list[ValidRecord]:
    digests = {method: version.digest(method) for method in {sound.record.digest_method for sound in sounds}}
    return [sound for sound in sounds if sound.record.digest == digests[sound.record.digest_method]]
