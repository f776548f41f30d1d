"""Which decisions a revision still needs, and whose rejection stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ems_control.approvals.timeline import latest_of
from ems_control.documents.history import Version
from ems_control.ground.organisation.people import People
from ems_control.ground.organisation.policy import LEVELS
from ems_control.handbook.document import Document


@dataclass(frozen=True)
class Need:
    """Decisions missing in one role: what to do (`review` or `approve`), how many persons more."""

    action: str
    role: str
    number: int
    given: int


def missing(document: Document, version: Version) -> list[Need]:
    """What a text that records decide about still needs, by the policy in force; a person counts once."""
    kind = document.kind
    if kind is None:
        return []
    mine = latest_of([sound for sound in document.life.counting if sound.record.digest == version.digest])
    least = LEVELS.index(kind.level)
    found = []
    for action, needs in (("review", kind.review), ("approve", kind.approve)):
        for need in needs:
            given = [
                sound
                for sound in mine
                if (sound.record.action, sound.record.by.role) == (action, need.role)
                and LEVELS.index(sound.level) >= least
            ]
            if len(given) < need.number:
                found.append(Need(action, need.role, need.number - len(given), len(given)))
    return found


def rejections(document: Document, version: Version, people: People, day: date) -> list[tuple[str, date]]:
    """Who rejected a text, on which day, and still holds a role."""
    mine = latest_of([sound for sound in document.life.counting if sound.record.digest == version.digest])
    found = []
    for sound in mine:
        by = sound.record.by
        person = people.persons.get(by.person)
        if sound.record.action == "reject" and person and person.holds(by.role, day):
            found.append((people.name(by.person), sound.record.decided_at.date()))
    return found
