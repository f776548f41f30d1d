"""The record of a decision before it is signed: what a person asks to decide, about which text, in which role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from ems_control import __version__
from ems_control.approvals.lifecycle import Approval, Withdrawal
from ems_control.approvals.needs import deciding_roles, needs_of
from ems_control.approvals.policy_history import PolicyText
from ems_control.documents.history import Version
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.digest import newest_method
from ems_control.ground.formats.records import (
    POLICY_ID,
    POLICY_METHOD,
    Action,
    Evidence,
    Record,
    Recorded,
    Signatory,
)
from ems_control.ground.organisation.people import RECOVERY, Person
from ems_control.ground.spelling import nearest
from ems_control.ground.text import one_line
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.writing.policy_keys import rests_on_one_key
from ems_control.handbook.writing.record_files import open_ends

ABOUT_HEAD = ("review", "approve", "reject")
MEANINGS = {
    "review": "I have reviewed revision {revision} of {document} and found it fit for approval, as {title}.",
    "approve": "I have read revision {revision} of {document} and approve it as {title}.",
    "reject": "I have read revision {revision} of {document} and reject it as {title}.",
    "withdraw": "I withdraw {document} as {title}.",
    "reinstate": "I bring revision {revision} of {document} back into force as {title}.",
    "periodic-review": "I have reviewed {document}; revision {revision} stays as it is. I say so as {title}.",
    "baseline": "Revision {revision} of {document} was approved on paper, as its paper record shows; {title}.",
    "correct": "This record ends what it names, because it is wrong; {title}.",
}


@dataclass(frozen=True)
class Request:
    """What a person wants to sign. Empty fields are worked out: the revision from the text, the role from people.yml.

    `at` is this moment, in UTC. `paper` and `scan` belong to a baseline, `corrects` (a record's SHA-256 or a commit)
    to a correct record.
    """

    document: str
    person: str
    action: Action
    at: datetime
    revision: int | None = None
    role: str = ""
    effective: date | None = None
    paper: str = ""
    scan: str | None = None
    corrects: str | None = None
    one_key_only: str = ""


@dataclass(frozen=True)
class Decision:
    """What a decision is about, before anybody signs it.

    `first_day` is the day from which the text applies if nothing else is missing, `against` what is in force on that
    day without it; all are None where the decision is about no text of a document.
    """

    version: Version | None = None
    first_day: date | None = None
    against: Approval | None = None
    contributors: tuple[str, ...] = ()


def about(handbook: Handbook, wish: Request) -> Decision:
    """What a person is about to decide; raises EmsError where that cannot be decided."""
    document = handbook.get(wish.document)
    if document is None or wish.action not in (*ABOUT_HEAD, "baseline", "reinstate"):
        return Decision()
    record = about_document(handbook, document, wish, person_of(handbook, wish.person))
    version, _ = _text(document, wish)
    today = wish.at.astimezone(handbook.policy.zone).date()
    first = record.effective or today
    if wish.action != "baseline":
        first = max(first, today)
    return Decision(version, first, document.on(first).in_force, record.evidence.contributors)


def person_of(handbook: Handbook, key: str) -> Person:
    """The person of people.yml with this key; raises EmsError where there is none."""
    people = handbook.people.persons
    if key not in people:
        close = nearest(key, people)
        hint = f"Did you mean {close}?" if close else f"Known: {', '.join(sorted(people))}."
        raise EmsError(f'there is no person "{key}" in people.yml. {hint}')
    return people[key]


def document_of(handbook: Handbook, document_id: str) -> Document:
    """The document with this id; raises EmsError where there is none."""
    found = handbook.get(document_id)
    if found is None:
        close = nearest(document_id.upper(), [d.id for d in handbook.documents.values()])
        raise EmsError(f'there is no document "{document_id}".' + (f" Did you mean {close}?" if close else ""))
    return found


def about_policy(handbook: Handbook, wish: Request, person: Person, texts: list[PolicyText]) -> Record:
    """The unsigned record about ems.yml and people.yml; raises EmsError where it cannot be decided about them."""
    if wish.action not in ("approve", "reject", "correct"):
        raise EmsError(f"the policy can be approved, rejected or corrected; it takes no {wish.action}.")
    chain = handbook.records.chain
    if not texts or not texts[-1].digest:
        raise EmsError("ems.yml and people.yml are not committed yet. Commit them first, then sign.")
    digest, newest = texts[-1].digest, chain.newest
    if digest != handbook.committed_config.digest:
        raise EmsError("ems.yml or people.yml differ from what is committed. Commit them first, then sign.")
    if newest and newest.digest == digest and wish.action == "approve":
        raise EmsError(f"ems.yml and people.yml are approved as they stand (policy revision {newest.number}).")
    link = newest.number if newest else 0
    number = wish.revision or (link if wish.action == "correct" else link + 1)
    policy = handbook.policy  # the one in force; before there is a root, the files themselves
    role = wish.role or (RECOVERY if wish.person == RECOVERY else policy.policy_approval.role)
    day = wish.at.astimezone(policy.zone).date()
    if chain.root is None and not wish.one_key_only and rests_on_one_key(policy, handbook.people, day):
        title = handbook.people.title(policy.policy_approval.role)
        raise EmsError(
            f"fewer than two persons with keys are {title}, and there is no recovery key: one lost key would end this "
            "handbook. Give a second person the role and a key (a deputy counts), or make a recovery key: "
            'ems recovery-key new. To go on all the same: --one-key-only "reason".'
        )
    return _record(handbook, wish, person, POLICY_ID, number, digest, [role], None, ())


def about_document(handbook: Handbook, document: Document, wish: Request, person: Person) -> Record:
    """The unsigned record about a text of a document; raises EmsError where that cannot be decided."""
    version, number = _text(document, wish)
    kind = document.kind
    if kind is None:
        raise EmsError(f"{document.id} has no type in ems.yml, so nobody can sign about it.")
    owners = {v.facts.owner for v in document.history.versions}
    first = document.history.first_of(version)
    whole = needs_of(handbook.records, document.history, first, len(handbook.records.landings))
    options = whole.decisions("approve", version, document.life.editable)
    needs = sorted((need for option in options for need in option), key=lambda need: need.action)
    roles = deciding_roles(handbook.policy, kind, wish.action, owners)
    mine = {need.role for need in needs if need.action == wish.action}
    roles = mine if wish.action == "approve" else roles | mine
    if wish.action == "approve" and wish.role and wish.role not in roles:
        wanted = " or ".join(sorted(map(handbook.people.title, roles)))
        title = handbook.people.title(wish.role)
        raise EmsError(f"this text of {document.id} is not for the {title} to approve: that takes the {wanted}.")
    if not roles:
        raise EmsError(f"ems.yml asks for no {wish.action} of {document.id}: decide by --action approve or reject.")
    order = [need.role for need in needs] + sorted(roles)
    asked = [wish.role] if wish.role else [role for role in dict.fromkeys(order) if role in roles]
    effective = wish.effective
    if wish.action in ("approve", "review", "reject", "baseline"):
        row = version.metadata.row
        paper_day = (row.effective or row.date) if row and wish.action == "baseline" else None
        effective = effective or version.facts.effective or paper_day
    contributors = _contributors(handbook, document, version, wish) if wish.action in ABOUT_HEAD else ()
    return _record(handbook, wish, person, document.id, number, version.digest(), asked, effective, contributors)


def _text(document: Document, wish: Request) -> tuple[Version, int]:
    """The text that the decision is about."""
    head, newest = document.history.head, document.newest_approval
    if wish.action in ABOUT_HEAD or (wish.action == "baseline" and wish.revision is None):
        return _in_work(document, wish)
    if wish.action == "baseline":
        texts = [v for v in document.history.versions if v.facts.revision == wish.revision]
        if not texts or wish.revision is None:
            raise EmsError(f"the text of {document.id} revision {wish.revision} is not on main.")
        return texts[-1], wish.revision
    approved = {approval.revision: approval for approval in document.approvals}
    default = document.in_force or newest
    ended = isinstance(document.life.last, Withdrawal)
    if wish.action == "reinstate" and wish.revision is None and not ended:
        raise EmsError(f"{document.id} is not withdrawn. Say which revision comes back: --revision N.")
    if wish.action == "withdraw" and ended:
        raise EmsError(f"{document.id} is withdrawn already.")
    chosen = approved.get(wish.revision) if wish.revision else default
    if chosen is None and wish.action == "correct" and head and head.facts.revision:
        return head, head.facts.revision
    if chosen is None:
        which = f"revision {wish.revision} of {document.id} was" if wish.revision else f"nothing of {document.id} was"
        raise EmsError(f"{which} ever approved, so there is nothing to {wish.action}.")
    return chosen.version, chosen.revision


def _in_work(document: Document, wish: Request) -> tuple[Version, int]:
    head, newest = document.history.head, document.newest_approval
    if document.history.working is not None or document.history.working_absent:
        raise EmsError(f"{document.id} differs from what is committed. Commit it first, then sign.")
    if head is None:
        raise EmsError(f"the file of {document.id} is not there any more.")
    number = head.facts.revision
    if number is None:
        raise EmsError(f"{head.path} says no revision that can be read. `ems check` tells more.")
    if wish.revision not in (None, number):
        raise EmsError(f"{document.id} stands at revision {number}, not {wish.revision}.")
    declared = newest is not None and newest.is_of(head) and not newest.recorded
    if newest and newest.revision >= number and wish.action != "baseline" and not declared:
        state = "is approved already" if newest.is_of(head) else "was approved with another text"
        raise EmsError(f"revision {number} of {document.id} {state}. A new text needs revision {newest.revision + 1}.")
    if head.facts.status != "submitted" and wish.action != "baseline":
        status = head.facts.status or "missing"
        raise EmsError(f"{document.id} is not submitted (status: {status}). Its author writes status: submitted first.")
    return head, number


def _contributors(handbook: Handbook, document: Document, version: Version, wish: Request) -> tuple[str, ...]:
    """Person keys, else addresses, of everybody who changed the text since the last approved revision."""
    same = next((v for v in document.history.versions if v.digest() == version.digest()), version)
    before = [a.version for a in document.approvals if a.version.order < same.order]
    people = handbook.people
    found = handbook.records.contributions.to(
        same,
        max(before, key=lambda v: v.order, default=None),
        document.history,
        wish.at,
        list(people.persons),
        handbook.policy,
        people,
        newest_method(),
    )
    return tuple(sorted({one.person or one.email for one in found}))


def _record(
    handbook: Handbook,
    wish: Request,
    person: Person,
    document_id: str,
    number: int,
    digest: str,
    roles: list[str],
    effective: date | None,
    contributors: tuple[str, ...],
) -> Record:
    day = wish.at.astimezone(handbook.policy.zone).date()
    held = next((h for role in roles if (h := person.holds(role, day))), None)
    if held is None:
        wanted = " or ".join(handbook.people.title(role) for role in roles)
        raise EmsError(
            f"{person.name} cannot {wish.action} {document_id}: that takes the {wanted}, or a deputy, on {day}. "
            "people.yml says who that is."
        )
    title = ("deputy " if held.deputy else "") + handbook.people.title(held.role)
    newest = handbook.records.chain.newest
    only = f" With one key only: {one_line(wish.one_key_only)}" if wish.one_key_only else ""
    return Record(
        schema="ems-approval/1",
        document=document_id,
        revision=number,
        action=wish.action,
        meaning=MEANINGS[wish.action].format(revision=number, document=document_id, title=title) + only,
        digest=digest,
        digest_method=POLICY_METHOD if document_id == POLICY_ID else newest_method(),
        effective=effective,
        by=Signatory(person=wish.person, name=person.name, role=held.role, title=title),
        decided_at=wish.at.replace(microsecond=0),
        evidence=Evidence(
            kind="external" if wish.action == "baseline" else "signature",
            contributors=contributors,
            paper=wish.paper,
            scan=wish.scan,
        ),
        policy_digest=newest.digest if newest else None,
        prev=open_ends(handbook, document_id),
        corrects=wish.corrects,
        recorded=Recorded(by=wish.person, at=wish.at.replace(microsecond=0), tool=f"ems-control {__version__}"),
    )
