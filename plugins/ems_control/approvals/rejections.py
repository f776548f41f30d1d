"""Whose rejection stands, and what ends it (specification, Approved).

A rejection stands over every text of its revision number, those that never came onto main included, until its person
decides again. Once the person holds the role no more, it yields only to what was decided and landed after that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ems_control.approvals.record_checks import DECIDING, ValidRecord, latest_of
from ems_control.approvals.record_judge import RecordJudge


@dataclass(frozen=True)
class Rejection:
    """A rejection that its person has not taken back: `day` decided, `held_until` the last day in the role, if over."""

    sound: ValidRecord
    day: date
    held_until: date | None

    def yields_to(self, decided: date, landed: date) -> bool:
        """Whether a decision came so late that this rejection stops it no more."""
        return self.held_until is not None and min(decided, landed) > self.held_until


def rejections(
    evidence: RecordJudge, sounds: Iterable[ValidRecord], revision: int, day: date, order: int
) -> list[Rejection]:
    """The rejections that stand over a revision on a day, once the landings before `order` have come in."""
    mine = [s for s in sounds if s.record.revision == revision and s.record.action in DECIDING]
    found = []
    for sound in latest_of(mine):
        if sound.record.action == "reject":
            zone = evidence.authority(sound.order).policy.zone
            landed = sound.entry.landing.landed.astimezone(zone).date()
            held = evidence.held_until(sound.record.by.person, sound.record.by.role, landed, day, order)
            found.append(Rejection(sound, sound.record.decided_at.astimezone(zone).date(), held))
    return found
