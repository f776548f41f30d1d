"""Taking a decision at level declared: the front matter says who decided when, as far as that would count.

The claim is judged as if the file had landed now, by the code that judges claims on main: nothing is written that would
not count.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from ems_control.approvals.lifecycle import Approval, Withdrawal
from ems_control.approvals.needs import needs_of
from ems_control.approvals.timeline import life_of
from ems_control.documents.history import DocumentHistory, Version
from ems_control.ground.errors import EmsError
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.outstanding.missing_decisions import rejected, told
from ems_control.handbook.writing.authoring import Written, claimed
from ems_control.handbook.writing.signing import as_landing
from ems_control.handbook.writing.unsigned import Request, about

CLAIMED = ("approve", "withdraw")
"""The decisions that front matter can say."""


@dataclass(frozen=True)
class Claim:
    """What a claim would come to: approved or withdrawn from a day on, or nothing yet, while decisions are missing."""

    complete: bool
    first_day: date | None = None
    reviews: tuple[str, ...] = ()
    """The roles whose review the type asks for, which no front matter can say."""


def is_declared(handbook: Handbook, document: Document) -> bool:
    """Whether front matter is enough for the text of a document: nothing ever asked for more of it."""
    version = document.history.head
    if version is None or document.kind is None:
        return False
    first = document.history.first_of(version)
    return needs_of(handbook.records, document.history, first, len(handbook.records.landings)).least == 0


def claim(handbook: Handbook, document: Document, wish: Request, data: bytes) -> Written:
    """The file that says it; raises EmsError where the person may not decide, or the text is not one to be decided."""
    head, current = document.history.head, document.current
    if current is None or head is None:
        raise EmsError(f"the file of {document.id} is not there, or not committed yet. Commit it first.")
    about(handbook, wish)
    if wish.action == "withdraw":
        if isinstance(document.life.last, Withdrawal):
            raise EmsError(f"{document.id} is withdrawn already.")
        if current.facts.status != "withdrawn":
            raise EmsError(f"the file of {document.id} does not say withdrawn. First: ems withdraw {document.id}.")
        if current.digest() != head.digest():
            raise EmsError(f"{document.id} differs from what is committed. Commit it first, then decide.")
    elif document.newest_approval and document.newest_approval.is_of(head):
        raise EmsError(f"revision {head.facts.revision} of {document.id} is approved already.")
    day = wish.at.astimezone(handbook.policy.zone).date()
    return claimed(document, data, (*_before(handbook, document, current, wish), wish.person), day)


def _before(handbook: Handbook, document: Document, version: Version, wish: Request) -> tuple[str, ...]:
    """Who has said it before, of this text; what is left over from an earlier decision goes."""
    newest, facts = document.newest_approval, version.facts
    before = newest.version.facts if newest and wish.action == "withdraw" else None
    if before and (before.approved_by, before.approved_on) == (facts.approved_by, facts.approved_on):
        return ()
    verdict = handbook.judge(document, version)
    counted = {person for person, _ in verdict.given}
    persons = tuple(person for person in dict.fromkeys(facts.approved_by) if person in counted)
    if wish.person in persons:
        raise EmsError(f"{handbook.people.name(wish.person)} is named in approved_by of {document.id} already.")
    doubts = [one for one in verdict.objections if one.person and one.person != wish.person]
    if doubts:
        raise EmsError(f"{document.id}: {doubts[0].message}. {doubts[0].fix}")
    return persons


def outcome(handbook: Handbook, document: Document, wish: Request) -> Claim:
    """What the claim comes to if its file lands now; the handbook is read with the file laid over what is there.

    Raises EmsError with the reason where the person's word would not count.
    """
    landed = _landed(handbook, document, wish)
    version = landed.versions[-1]
    landing = as_landing(handbook, wish)
    verdict = handbook.judge(document, version)
    for doubt in verdict.objections:
        name = handbook.people.name(wish.person)
        raise EmsError(f"{name} cannot {wish.action} {document.id}: {doubt.message}. {doubt.fix}")
    day = version.day or handbook.day
    stopping = [one for one in rejected(handbook, document, version) if not one.yields_to(day, day)]
    if stopping and wish.action == "approve":
        raise EmsError(f"{told(handbook, stopping[0])}. {document.id} cannot be approved by a claim before that.")
    events = life_of(handbook.records.as_if([], landing), landed).events
    made = events[-1] if len(events) > len(document.events) else None
    kind = document.kind
    reviews = tuple(need.role for need in kind.review) if kind else ()
    if isinstance(made, Approval):
        return Claim(True, made.first_day, reviews)
    if verdict.complete and made is None:
        raise EmsError(f"this would not count for {document.id}. `ems history {document.id}` tells what did.")
    return Claim(made is not None, made.first_day if made else None, reviews)


def _landed(handbook: Handbook, document: Document, wish: Request) -> DocumentHistory:
    """The history of a document with its working text as the newest landing."""
    history, current = document.history, document.current
    assert current is not None  # the claim was written into it
    landing, order = as_landing(handbook, wish), len(handbook.records.landings)
    day = handbook.records.as_if([], landing).days[-1]
    version = replace(current, commit=landing, day=day, order=order)
    return replace(history, versions=[*history.versions, version], working=None)
