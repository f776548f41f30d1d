"""What a proposed change means for people: per document what changes, who wrote it, who decides, from which day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from ems_control.approvals.editorial import is_editorial
from ems_control.approvals.needs import Need
from ems_control.documents.history import Version
from ems_control.documents.revision_changes import RevisionChange
from ems_control.ground.formats.digest import newest_method
from ems_control.handbook.changes import changes_of
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.outstanding.missing_decisions import missing


@dataclass(frozen=True)
class Sheet:
    """One document of a proposed change; `before` is the text it is compared with, None for a new document.

    `wrote` are person keys, `strangers` what commits say of those whom people.yml does not know; `needs` is what its
    records and claims do not give yet. `first_day` is the earliest day; None where the document goes.
    """

    id: str
    title: str
    revision: int | None
    before: Version | None
    submitted: bool
    changes: tuple[RevisionChange, ...]
    wrote: tuple[str, ...]
    strangers: tuple[str, ...]
    needs: tuple[Need, ...]
    first_day: date | None


def sheets(handbook: Handbook) -> list[Sheet]:
    """A sheet for every document whose text a proposed change changes or takes away, in the order of the register."""
    order = handbook.proposed_order
    found = []
    for document in handbook.ordered if order is not None else ():
        history = document.history
        if history.head is not None and history.head.order == order:
            found.append(_of(handbook, document, history.head))
        elif any(at == order for _, at in history.left):
            title = document.title
            found.append(Sheet(document.id, title, None, history.versions[-1], True, (), (), (), (), None))
    return found


def _of(handbook: Handbook, document: Document, version: Version) -> Sheet:
    versions, newest = document.history.versions, document.newest_approval
    before = newest.version if newest else versions[-2] if len(versions) > 1 else None
    same = before is not None and before.digest() == version.digest()
    wrote, strangers = _wrote(handbook, document, version)
    day = max(version.facts.effective or handbook.day, handbook.day)
    if newest and is_editorial(newest.version, version):
        day = max(day, newest.first_day)
    return Sheet(
        document.id,
        document.title,
        version.facts.revision,
        before,
        version.facts.status == "submitted",
        () if same else tuple(changes_of(handbook, before, version)),
        wrote,
        strangers,
        tuple(missing(handbook, document, version)) if version.facts.status == "submitted" else (),
        None if version.facts.status == "withdrawn" else day,
    )


def _wrote(handbook: Handbook, document: Document, version: Version) -> tuple[tuple[str, ...], tuple[str, ...]]:
    newest, row = document.newest_approval, version.metadata.row
    end = datetime.combine(handbook.day, time(23, 59, 59), UTC)
    after, everybody = newest.version if newest else None, list(handbook.people.persons)
    brought = handbook.records.contributions.to(
        version, after, document.history, end, everybody, handbook.policy, handbook.people, newest_method()
    )
    persons = dict.fromkeys(one.person for one in brought if one.person)
    if row and row.author in handbook.people.persons:
        persons[row.author] = None
    strangers = dict.fromkeys(one.email for one in brought if one.person is None)
    return tuple(persons), tuple(strangers)
