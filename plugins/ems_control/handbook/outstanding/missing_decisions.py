"""Which decisions a revision still needs and of whom, and whose rejection stands: the board, the check, reviewers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime, time

from ems_control.approvals.lifecycle import Withdrawal
from ems_control.approvals.needs import Given, Need, lacking, needs_of
from ems_control.approvals.record_checks import ValidRecord, latest_of
from ems_control.approvals.rejections import Rejection, rejections
from ems_control.documents.history import Version
from ems_control.ground.formats.digest import newest_method
from ems_control.ground.formats.records import Action
from ems_control.ground.organisation.policy import LEVELS
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook


def missing(handbook: Handbook, document: Document, version: Version) -> list[Need]:
    """What a text still needs, by its records or, where its type is content with that, by what its front matter claims.

    By the policy in force. Who wrote it is not asked; deputies are, where too few other holders are left. What was
    decided while a rejection stood, whose person has lost the role since, has to be decided anew.
    """
    kind = document.kind
    if kind is None:
        return []
    first = document.history.first_of(version)
    needs = needs_of(handbook.records, document.history, first, len(handbook.records.landings))
    given: set[Given]
    if claimed := needs.least == 0:
        given = {(person, "approve", held.role) for person, held in handbook.judge(document, version).given}
    else:
        mine = latest_of(sound for sound in document.life.counting if version.is_sealed_by(sound.record.seal))
        stopping = [one for one in rejected(handbook, document, version) if one.held_until]
        enough = [
            sound
            for sound in mine
            if LEVELS.index(sound.level) >= needs.least
            and all(one.yields_to(*_days(handbook, sound)) for one in stopping)
        ]
        given = {(sound.record.by.person, sound.record.action, sound.record.by.role) for sound in enough}
    options = needs.decisions("approve", version, document.life.editable, claimed)
    own = allowed_own(handbook, document, version)
    return still_open(handbook, options, given, () if own else wrote(handbook, document, version))


def allowed_own(handbook: Handbook, document: Document, version: Version) -> bool:
    """Whether who wrote a text may decide about it today: at level declared, by a waiver."""
    declared = document.kind is not None and document.kind.level == "declared"
    return declared and handbook.policy.waives_independence(document.id, version.path, handbook.day)


def still_open(
    handbook: Handbook, options: list[list[Need]], given: Collection[Given], without: Collection[str | None]
) -> list[Need]:
    """What is missing of the shortest set of decisions that can still be given, and of whom; none where one is full.

    `without` are those who may not decide. Where nothing can be given in full, what the type asks for is missing.
    """
    rest = [lacking(needs, given) for needs in options]
    if not all(rest):
        return []
    counting = {(need.action, need.role) for needs in options for need in needs}
    may_not = {*without, *(person for person, action, role in given if (action, role) in counting)}
    asked = [[asked_of(handbook, need, may_not) for need in needs] for needs in rest]
    able = [needs for needs in asked if all(len(n.persons) + len(n.deputies) >= n.number for n in needs)]
    return (able or asked[-1:])[0]


def asked_of(handbook: Handbook, need: Need, without: Collection[str | None] = ()) -> Need:
    """The same with whom to ask: holders of the role, its deputies too where too few are left."""
    able = [(key, held) for key, held in handbook.people.holders(need.role, handbook.day) if key not in without]
    own = tuple(key for key, held in able if not held.deputy)
    deputies = tuple(key for key, held in able if held.deputy)
    enough = len(own) >= need.number
    return replace(need, persons=own if enough else own + deputies, deputies=deputies if enough else ())


def action_on(document: Document | None, text: Version | None) -> Action | None:
    """What somebody has to decide about a text (None: the file goes); None where it is approved as it stands."""
    if text is None or text.facts.status == "withdrawn":
        return "withdraw"
    newest = document.newest_approval if document else None
    if document is None or not any(approval.is_of(text) for approval in document.approvals):
        return "approve"
    stands = newest is not None and newest.is_of(text)
    return None if stands and not isinstance(document.life.last, Withdrawal) else "reinstate"


def wrote(handbook: Handbook, document: Document, version: Version) -> set[str | None]:
    """Who contributed to a text since the last approved one, and who it says is its author."""
    newest, row, to = document.newest_approval, version.metadata.row, handbook.records.contributions.to
    end, everybody = datetime.combine(handbook.day, time(23, 59, 59), UTC), list(handbook.people.persons)
    after = newest.version if newest else None
    found = to(version, after, document.history, end, everybody, handbook.policy, handbook.people, newest_method())
    return {row.author if row else None, *(one.person for one in found)}


def rejected(handbook: Handbook, document: Document, version: Version) -> list[Rejection]:
    """The rejections that stand over the revision of a text, over every text of it."""
    evidence, revision = handbook.records, version.facts.revision or 0
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
