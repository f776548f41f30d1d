"""Family 3, 331 to 337: approval records and what they are about: texts, withdrawals, reviews at a forge."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

from ems_control.approvals.lifecycle import State
from ems_control.approvals.record_checks import DECIDING, ends
from ems_control.ground.formats.records import stamp
from ems_control.handbook.handbook import Handbook
from ems_control.rules.approvals.recorded import breaks
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.finding_places import at_key


@rule("EMS331", "record-of-other-text", "error", needs_history=True, fixed=True, evidence=True, sees="shared")
def record_of_other_text(handbook: Handbook) -> Iterator[Found]:
    """A record says another revision or type than the text whose digest it names.

    Checks: The text with the record's digest has the record's revision, and the type that its id makes it.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.2 (identification, approval); EMAS A.7.5.2.
    Bad:
        signed
        docs/procedures/EMS-PRO-002.md
          status: draft
        commit
        approve EMS-PRO-002 by b.boss for 2
        commit
    Good:
        signed
    Fix: Have the right revision decided about.
    """
    yield from breaks(handbook, "record-of-other-text")


@rule("EMS332", "approval-after-withdrawal", "error", needs_history=True, fixed=True, evidence=True, sees="shared")
def approval_after_withdrawal(handbook: Handbook) -> Iterator[Found]:
    """A revision was approved of a document that had been withdrawn.

    Checks: After a withdrawal has landed, only a `reinstate` record counts.
    Basis: Custom, not required since ISO 14001:2015: that obsolete texts are kept out of use was asked by ISO
        14001:2004, 4.4.5; the editions since name control of changes (7.5.3), not obsolete texts.
    Bad:
        signed
        withdraw EMS-PRO-001 by b.boss
        commit
        docs/procedures/EMS-PRO-001.md
          revision: 2
          status: draft
          revisions:
            - {revision: 2, date: 2026-01-08, author: a.author, class: substantive, change: New limit for pH.}
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
        commit
        approve EMS-PRO-001 by b.boss
        commit
    Good:
        signed
        withdraw EMS-PRO-001 by b.boss
        docs/procedures/EMS-PRO-001.md
          status: withdrawn
        docs/index.md
          = # Home
        commit
    Fix: Give the text to a new document with a number of its own, or reinstate the old one.
    """
    yield from breaks(handbook, "approval-after-withdrawal")


@rule(
    "EMS333",
    "text-not-as-approved",
    "error",
    needs_history=True,
    fixed=True,
    evidence=True,
    history_only=True,
    sees="break",
)
def text_not_as_approved(handbook: Handbook) -> Iterator[Found]:
    """A text stood on main that was neither approved nor the next revision in work.

    Checks: At every commit of main an approved document was its newest approved revision, exactly as approved; or the
        next one, with its row on top and the others unchanged; or an earlier one that a record reinstates.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.3 (control of changes); EMAS A.7.5.3.
    Bad:
        signed
        docs/procedures/EMS-PRO-001.md
          > ## Drains
          >
          > Never close the valve.
        commit
    Good:
        signed
    Fix: Put the approved text back, or make it the next revision. What was approved stays in force all the time. Once
        repaired, a `correct` record that names the commit ends the finding.
    """
    yield from breaks(handbook, "text-not-as-approved")


@rule("EMS334", "withdrawn-without-record", "error", needs_history=True, fixed=True, evidence=True, sees="break")
def withdrawn_without_record(handbook: Handbook) -> Iterator[Found]:
    """A document says withdrawn, but no record withdraws it.

    Checks: `status: withdrawn` stands on a document that records approved only where a `withdraw` record is there, or
        comes with the same change. Until then the document stays in force.
    Basis: Custom, not required since ISO 14001:2015: that obsolete texts are kept out of use was asked by ISO
        14001:2004, 4.4.5; the editions since name control of changes (7.5.3), not obsolete texts.
    Bad:
        signed
        docs/procedures/EMS-PRO-001.md
          status: withdrawn
        docs/index.md
          = # Home
        commit
    Good:
        signed
        withdraw EMS-PRO-001 by b.boss
        docs/procedures/EMS-PRO-001.md
          status: withdrawn
        docs/index.md
          = # Home
        commit
    Fix: Have it withdrawn: `ems approve ID --action withdraw`.
    """
    seen = set()
    for document, version in ((one, one.current) for one in handbook.documents.values()):
        if version is None or version.facts.status != "withdrawn":
            continue
        by_record = any(d.entry for approval in document.approvals for d in approval.decisions)
        ended = document.state is State.WITHDRAWN or document.standing.withdrawn
        coming = document.life.last is not None and document.life.last not in document.approvals
        if by_record and not ended and not coming:
            seen.add(document.id)
            message = f"{document.id} says withdrawn, but no record withdraws it; it stays in force"
            fix = f"Have it withdrawn: ems approve {document.id} --action withdraw."
            yield at_key(document, version, "status", message, fix)
    yield from (found for found in breaks(handbook, "withdrawn-without-record") if found.document not in seen)


@rule(
    "EMS335",
    "deleted-without-record",
    "error",
    needs_history=True,
    fixed=True,
    evidence=True,
    history_only=True,
    sees="shared",
)
def deleted_without_record(handbook: Handbook) -> Iterator[Found]:
    """An approved document left main, but no record withdraws it.

    Checks: The file of a document that records approved leaves main only with or after a `withdraw` record.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.3 (retention and disposition); EMAS A.7.5.3.
    Bad:
        signed
        delete docs/procedures/EMS-PRO-001.md
        commit
    Good:
        signed
        withdraw EMS-PRO-001 by b.boss
        delete docs/procedures/EMS-PRO-001.md
        commit
    Fix: Bring the file back, or have the document withdrawn: `ems approve ID --action withdraw`.
    """
    yield from breaks(handbook, "deleted-without-record")


@rule(
    "EMS336",
    "record-unlike-forge",
    "error",
    needs_history=True,
    fixed=True,
    evidence=True,
    history_only=True,
    sees="shared",
)
def record_unlike_forge(handbook: Handbook) -> Iterator[Found]:
    """The forge says something else today than the record that was copied from it.

    Checks: With `ems verify --online`: every review that a record was copied from still stands at its forge, by the
        same account, about the same commit, with the same decision. Offline, that the record names its review at all.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.3 (loss of integrity); EMAS A.7.5.3.
    Bad:
        signed
        docs/procedures/EMS-PRO-002.md
        commit
        approve EMS-PRO-002 by b.boss from github-review
        commit
    Good:
        signed
    Fix: Find out who changed what: the review at the forge, or the record. A record that was never true is ended by a
        `correct` record.
    """
    for entry in handbook.records.ledger.entries:
        record = entry.record
        named = record and record.evidence.review and record.evidence.account
        if record and record.witnessed and not named and not handbook.records.corrected(entry.name):
            message = "this record says that it was copied from a review, but not from which"
            fix = f"Record it again with `ems record`. {ends(record.document, entry.path)}"
            yield Found(handbook.repository.prefix + entry.path, 0, 0, record.document, message, fix)


@rule("EMS337", "decision-before-its-text", "error", needs_history=True, fixed=True, sees="shared")
def decision_before_its_text(handbook: Handbook) -> Iterator[Found]:
    """A decision is dated before the text that it is about was committed.

    Checks: In a change, a signed decision is dated no earlier than the commit that made its text, nor than those that
        made what the text shows. An earlier date would hide who committed it.
    Basis: Our own rule: nobody approves what they touched.
    Bad:
        signed
        branch
        docs/procedures/EMS-PRO-002.md
          status: draft
        commit 2026-01-20
        approve EMS-PRO-002 by b.boss at 2026-01-19
        commit
        propose
    Good:
        signed
        branch
        docs/procedures/EMS-PRO-002.md
        commit 2026-01-20
        approve EMS-PRO-002 by b.boss
        commit
        propose
    Fix: Have the text signed as it is now: `ems approve`. Where a clock was wrong, set it right first.
    """
    order = handbook.repository.proposal_order
    for entry in handbook.records.ledger.entries if order is not None else ():
        record = entry.record
        if entry.order != order or record is None or record.witnessed or record.action not in DECIDING:
            continue
        document = handbook.get(record.document)
        made = handbook.records.made_after(document.history, record, entry.order) if document else None
        if made:
            text = f"{made.landed.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
            message = f"decided at {stamp(record.decided_at)}, before commit {made.sha[:10]} of {text} made this text"
            fix = "Have the text signed as it is now: ems approve."
            yield Found(handbook.repository.prefix + entry.path, 0, 0, record.document, message, fix)
