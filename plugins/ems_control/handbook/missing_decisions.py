"""Which decisions a revision still needs, and whose rejection stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ems_control.approvals.record_checks import ValidRecord
from ems_control.approvals.rejections import Rejection, latest_of, rejections
from ems_control.documents.history import Version
from ems_control.ground.organisation.policy import LEVELS
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook


@dataclass(frozen=True)
class Need:
    """Decisions missing in one role: what to do (`review` or `approve`), how many persons more."""

    action: str
    role: str
    number: int
    given: int


def missing(handbook: Handbook, document: Document, version: Version) -> list[Need]:
    """What a text that records decide about still needs, by the policy in force; a person counts once.

    What was decided while a rejection stood, whose person has lost the role since, has to be decided anew.
    """
    kind = document.kind
    if kind is None:
        return []
    mine = latest_of(sound for sound in document.life.counting if sound.record.digest == version.digest)
    stopping = [one for one in rejected(handbook, document, version) if one.held_until]
    least = LEVELS.index(kind.level)
    found = []
    for action, needs in (("review", kind.review), ("approve", kind.approve)):
        for need in needs:
            given = [
                sound
                for sound in mine
                if (sound.record.action, sound.record.by.role) == (action, need.role)
                and LEVELS.index(sound.level) >= least
                and all(one.yields_to(*_days(handbook, sound)) for one in stopping)
            ]
            if len(given) < need.number:
                found.append(Need(action, need.role, need.number - len(given), len(given)))
    return found


def rejected(handbook: Handbook, document: Document, version: Version) -> list[Rejection]:
    """The rejections that stand over the revision of a text, over every text of it."""
    evidence, revision = handbook.evidence, version.facts.revision or 0
    return rejections(evidence, document.life.decided, revision, handbook.day, len(evidence.landings))


def told(handbook: Handbook, one: Rejection) -> str:
    """Who rejected on which day, and what ends it."""
    record, name = one.sound.record, handbook.people.name(one.sound.record.by.person)
    said = f"{name} rejected revision {record.revision} on {one.day}"
    if one.held_until is None:
        return f"{said}; that stands until {name} decides again"
    title = handbook.people.title(record.by.role)
    return f"{said} and is no longer {title}; only what is decided and landed after {one.held_until} counts"


def _days(handbook: Handbook, sound: ValidRecord) -> tuple[date, date]:
    zone = handbook.policy.zone
    return sound.record.decided_at.astimezone(zone).date(), sound.entry.landing.landed.astimezone(zone).date()
