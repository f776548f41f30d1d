"""Taking a decision: the record that a person is about to sign, refused with its reason where it would not count.

The refusals are those of `ems verify`: the record is judged as if it landed now, before anything is written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from ems_control import __version__
from ems_control.approvals.ledger import Entry
from ems_control.approvals.lifecycle import Approval, Withdrawal
from ems_control.approvals.mainline import text_breaks
from ems_control.approvals.needs import deciding_roles, needs_of
from ems_control.approvals.periods import overtaken
from ems_control.approvals.policy_history import PolicyText, first_stood, judge_policy_record, policy_texts
from ems_control.approvals.record_checks import DECIDING, Refused
from ems_control.approvals.record_judge import RecordJudge
from ems_control.approvals.timeline import examine, life_of
from ems_control.documents.history import Version
from ems_control.ground.errors import EmsError
from ems_control.ground.files import write_together
from ems_control.ground.formats.digest import newest_method
from ems_control.ground.formats.records import (
    FOLDER,
    POLICY_ID,
    POLICY_METHOD,
    Action,
    Evidence,
    Record,
    Recorded,
    RecordError,
    Signatory,
    name_of,
    read_record,
    stamp,
    write_record,
)
from ems_control.ground.formats.signatures import Signer
from ems_control.ground.git.log import Commit
from ems_control.ground.organisation.people import RECOVERY, Person
from ems_control.ground.spelling import nearest
from ems_control.ground.text import day_after, one_line
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.writing.policy_keys import rests_on_one_key

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
class Decided:
    """A signed record ready to be written: its path from the folder of ems.yml, its bytes, its signature."""

    record: Record
    data: bytes
    signature: bytes
    contributors: tuple[str, ...]

    def write(self, root: Path) -> Path:
        """Write record and signature, both or neither; returns the path of the record. Raises EmsError."""
        path = root / self.record.path
        seal = path.with_name(path.name + ".sig")
        if path.exists() or seal.exists():
            raise EmsError(f"{self.record.path} is there already; wait a second and try again.")
        if path.parent.is_symlink() or (root / FOLDER).is_symlink():
            raise EmsError(f"{FOLDER}/ must be a folder, not a link.")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_together({seal: self.signature, path: self.data})
        return path


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
    record = _about_document(handbook, document, wish, _person(handbook, wish.person))
    version, _ = _text(document, wish)
    today = wish.at.astimezone(handbook.policy.zone).date()
    first = record.effective or today
    if wish.action != "baseline":
        first = max(first, today)
    return Decision(version, first, document.on(first).in_force, record.evidence.contributors)


def sweep(handbook: Handbook, document_id: str) -> None:
    """Take away what a run that was broken off left: a signature without its record that git does not keep."""
    place = f"{FOLDER}/{document_id}"
    folder, head = handbook.committed_config.root / place, handbook.repository.head
    if head is None or not folder.is_dir() or folder.is_symlink():
        return
    kept = handbook.repository.files_at(head, handbook.repository.prefix + place)
    for seal in folder.glob("*.json.sig"):
        if not seal.with_suffix("").exists() and f"{handbook.repository.prefix}{place}/{seal.name}" not in kept:
            seal.unlink()


def sign(handbook: Handbook, wish: Request, key: Signer) -> Decided:
    """The signed record of a decision; raises EmsError with the reason where it would not count."""
    person = _person(handbook, wish.person)
    if wish.document.casefold() == POLICY_ID:
        texts = handbook.records.chain.texts or policy_texts(handbook.repository)
        decided = _sign(_about_policy(handbook, wish, person, texts), key)
    else:
        document = _document(handbook, wish.document)
        decided = _sign(_about_document(handbook, document, wish, person), key)
    landing, order = as_landing(handbook, wish), len(handbook.records.landings)
    waiting = [
        Entry(path, data, _signature(handbook, path), landing, order, read_record(data))
        for path, data in lying(handbook, decided.record.document).items()
    ]
    record = decided.record
    entry = Entry(record.path, decided.data, decided.signature, landing, order, record)
    evidence = handbook.records.as_if([*waiting, entry], landing)
    try:
        if record.is_policy:
            judge_policy_record(entry, evidence.chain, evidence.ledger, first_stood(texts))
        else:
            examine(evidence, document.history, entry)
            _fits_main(document, evidence)
            _overtakes_nothing(document, evidence, order)
            _after_its_text(document, evidence, record)
    except Refused as refused:
        raise EmsError(
            f"{person.name} cannot {wish.action} {wish.document}: {refused}. {refused.fix}".strip()
        ) from None
    return decided


def _fits_main(document: Document, evidence: RecordJudge) -> None:
    """Raise Refused where the decision would make of a text on main one that must not stand there."""
    known = {one.message for one, _ in text_breaks(document.history, document.life)}
    for one, _ in text_breaks(document.history, life_of(evidence, document.history)):
        if one.message not in known:
            raise Refused(one.kind, one.message, one.fix)


def _overtakes_nothing(document: Document, evidence: RecordJudge, order: int) -> None:
    """Raise Refused where what comes of the decision takes the place of an approval that waits for its day."""
    events = life_of(evidence, document.history).events
    for event in (one for one in events if isinstance(one, Approval) and one.order == order):
        lost = overtaken(events, event)
        if lost:
            names = " and ".join(f"revision {one.revision}, which waits for {one.first_day}" for one in lost)
            message = f"revision {event.revision} would take the place of {names}: it would never apply"
            fix = f"Say in the new row instead_of: {lost[-1].revision}, or let it start later."
            if event.reinstated:
                fix = f"Bring it back from a later day: --effective {day_after(lost[-1].first_day)}."
            raise Refused("approval-overtakes", message, fix)


def _after_its_text(document: Document, evidence: RecordJudge, record: Record) -> None:
    """Raise Refused where a clock makes the decision older than its text: the gate would refuse it."""
    made = evidence.made_after(document.history, record, len(evidence.landings) - 1)
    if made and record.action in DECIDING:
        message = f"commit {made.sha[:10]}, which made this text, is dated {stamp(made.landed)}, later than this moment"
        raise Refused("decision-before-its-text", message, "A clock is wrong; sign when that moment has passed.")


def _sign(record: Record, key: Signer) -> Decided:
    data = write_record(record)
    return Decided(record, data, key.sign(data), record.evidence.contributors)


def as_landing(handbook: Handbook, wish: Request) -> Commit:
    """The landing that a decision of this moment would make; raises EmsError where there is none before it."""
    landings = handbook.records.landings
    if not landings:
        raise EmsError("nothing has been committed yet. Commit first; a decision is about committed text.")
    landed = handbook.settled.landings.next_landing(wish.at, wish.corrects)
    return replace(landings[-1], sha="0" * 40, landed=landed, changes=())


def _signature(handbook: Handbook, path: str) -> bytes | None:
    seal = handbook.committed_config.root / f"{path}.sig"
    return seal.read_bytes() if seal.is_file() else None


def _person(handbook: Handbook, key: str) -> Person:
    people = handbook.people.persons
    if key not in people:
        close = nearest(key, people)
        hint = f"Did you mean {close}?" if close else f"Known: {', '.join(sorted(people))}."
        raise EmsError(f'there is no person "{key}" in people.yml. {hint}')
    return people[key]


def _document(handbook: Handbook, document_id: str) -> Document:
    found = handbook.get(document_id)
    if found is None:
        close = nearest(document_id.upper(), [d.id for d in handbook.documents.values()])
        raise EmsError(f'there is no document "{document_id}".' + (f" Did you mean {close}?" if close else ""))
    return found


def _about_policy(handbook: Handbook, wish: Request, person: Person, texts: list[PolicyText]) -> Record:
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


def _about_document(handbook: Handbook, document: Document, wish: Request, person: Person) -> Record:
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
        wanted = " or ".join(handbook.people.title(role) for role in roles) or "anybody"
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


def lying(handbook: Handbook, document_id: str) -> dict[str, bytes]:
    """The records of a document that lie in the working tree and have not landed, by path; raises EmsError."""
    landed = {entry.path for entry in handbook.records.ledger.of(document_id)}
    folder = handbook.committed_config.root / FOLDER / document_id
    found = {}
    for path in sorted(folder.glob("*.json")) if folder.is_dir() and not folder.is_symlink() else ():
        name = f"{FOLDER}/{document_id}/{path.name}"
        if name in landed:
            continue
        found[name] = path.read_bytes()
        try:
            read_record(found[name])
        except RecordError as error:
            raise EmsError(f"{name}: {error}. Take it away first.") from None
    return found


def open_ends(handbook: Handbook, document_id: str) -> tuple[str, ...]:
    """The records of a document, landed or lying in the working tree, that no other record names yet."""
    found = {entry.name: entry.record for entry in handbook.records.ledger.of(document_id) if entry.record}
    found |= {name_of(data): read_record(data) for data in lying(handbook, document_id).values()}
    named = {name for record in found.values() for name in record.prev}
    return tuple(sorted(set(found) - named))
