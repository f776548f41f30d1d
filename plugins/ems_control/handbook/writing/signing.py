"""Taking a decision: the record that a person is about to sign, refused with its reason where it would not count.

The refusals are those of `ems verify`: the record is judged as if it landed now, before anything is written.
"""

from __future__ import annotations

from ems_control.approvals.ledger import Entry
from ems_control.approvals.lifecycle import Approval
from ems_control.approvals.mainline import text_breaks
from ems_control.approvals.periods import overtaken
from ems_control.approvals.policy_history import first_stood, judge_policy_record, policy_texts
from ems_control.approvals.record_checks import DECIDING, Refused
from ems_control.approvals.record_judge import RecordJudge
from ems_control.approvals.timeline import examine, life_of
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.records import (
    POLICY_ID,
    Record,
    read_record,
    stamp,
    write_record,
)
from ems_control.ground.formats.signatures import Signer
from ems_control.ground.git.log import Commit
from ems_control.ground.text import day_after
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.writing.record_files import Decided, lying, signature_of
from ems_control.handbook.writing.unsigned import Request, about_document, about_policy, document_of, person_of


def sign(handbook: Handbook, wish: Request, key: Signer) -> Decided:
    """The signed record of a decision; raises EmsError with the reason where it would not count."""
    person = person_of(handbook, wish.person)
    if wish.document.casefold() == POLICY_ID:
        texts = handbook.records.chain.texts or policy_texts(handbook.repository)
        decided = _sign(about_policy(handbook, wish, person, texts), key)
    else:
        document = document_of(handbook, wish.document)
        decided = _sign(about_document(handbook, document, wish, person), key)
    landing, order = as_landing(handbook, wish), len(handbook.records.landings)
    waiting = [
        Entry.written(data, signature_of(handbook, path), landing, order, read_record(data), path)
        for path, data in lying(handbook, decided.record.document).items()
    ]
    record = decided.record
    entry = Entry.written(decided.data, decided.signature, landing, order, record)
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
    return landings[-1]._replace(sha="0" * 40, landed=landed, changes=())
