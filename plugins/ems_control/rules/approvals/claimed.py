"""Family 3: approvals, at evidence level `declared`: what `approved_by` and `approved_on` claim."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ems_control.approvals.lifecycle import Withdrawal
from ems_control.approvals.needs import Need
from ems_control.documents.history import Version
from ems_control.ground.formats.records import POLICY_ID
from ems_control.ground.spelling import is_placeholder
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.outstanding.missing_decisions import missing, rejected, told
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.finding_places import at_key, current


def _declared(handbook: Handbook) -> Iterator[tuple[Document, Version]]:
    """Documents for which the claim in the front matter decides, and whose front matter can be read."""
    for document, version in current(handbook):
        if document.kind and document.kind.level == "declared" and version.file.tree is not None:
            yield document, version


def _claims(handbook: Handbook) -> Iterator[tuple[Document, Version, date]]:
    """Texts that claim an approval or a withdrawal which has not counted yet, with the day of the decision.

    A decision that has counted is judged no more: that an approver's role ended later undoes nothing.
    """
    for document, version in _declared(handbook):
        metadata = version.metadata
        if metadata.status in (None, "draft") or not metadata.approved_by or metadata.approved_on is None:
            continue
        ending = metadata.status == "withdrawn"
        counted = [event.version for event in document.events if isinstance(event, Withdrawal) == ending]
        claim = (metadata.revision, metadata.approved_by, metadata.approved_on)
        if version not in counted and claim not in [
            (v.metadata.revision, v.metadata.approved_by, v.metadata.approved_on) for v in counted
        ]:
            yield document, version, metadata.approved_on


def _doubts(handbook: Handbook, kind: str) -> Iterator[Found]:
    """The doubts of one kind about claims that have not counted, each at the name it is about."""
    for document, version, _ in _claims(handbook):
        for doubt in handbook.judge(document, version).doubts:
            if doubt.kind == kind and (doubt.kind != "unknown" or not is_placeholder(doubt.person)):
                key = "approved_on" if kind == "future" else "approved_by"
                yield at_key(document, version, key, doubt.message, doubt.fix, doubt.person)


@rule("EMS301", "approver-unknown", "error", needs_history=True, sees="one")
def approver_unknown(handbook: Handbook) -> Iterator[Found]:
    """The approver is nobody whom people.yml knows.

    Checks: Every name in `approved_by` of a text not yet approved is the key of a person in people.yml.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.2 (approval); EMAS A.7.5.2.
    Bad:
        docs/procedures/EMS-PRO-001.md
          approved_by: [z.boss]
    Good:
        docs/procedures/EMS-PRO-001.md
          approved_by: [c.deputy]
    Fix: Write the person key, as it stands under `people` in people.yml; a new person is added there first.
    """
    yield from _doubts(handbook, "unknown")


@rule("EMS302", "approver-without-role", "error", needs_history=True, sees="one")
def approver_without_role(handbook: Handbook) -> Iterator[Found]:
    """The approver did not hold the approving role on the day of the decision.

    Checks: Every person in `approved_by` of a text not yet approved held on `approved_on` a role that ems.yml asks to
        approve this type of document, as holder or deputy. A role that ends later undoes nothing.
    Basis: ISO 14001:2015 and ISO 14001:2026, 5.3 (authorities) and 7.5.2 (approval); EMAS A.5.3 and A.7.5.2.
    Bad:
        docs/procedures/EMS-PRO-001.md
          approved_on: 2019-12-10
          revisions:
            - {revision: 1, date: 2019-12-01, author: a.author, class: substantive, change: First issue.}
    Good:
        docs/procedures/EMS-PRO-001.md
          approved_on: 2020-01-01
          revisions:
            - {revision: 1, date: 2019-12-01, author: a.author, class: substantive, change: First issue.}
    Fix: Have it approved by a holder of the role or the deputy, or correct the day, or the role in people.yml.
    """
    yield from _doubts(handbook, "role")


@rule("EMS303", "approver-contributed", "error", needs_history=True, sees="one")
def approver_contributed(handbook: Handbook) -> Iterator[Found]:
    """The approver changed the text that is to be approved.

    Checks: No person in `approved_by` of a text not yet approved changed what it says or shows since the last
        approved revision. Who changed only claim keys changed nothing.
    Basis: Our own rule: nobody approves what they wrote. ISO 14001:2015 and ISO 14001:2026, 7.5.2, ask for approval,
        not for two persons.
    Bad:
        docs/procedures/EMS-PRO-001.md
          > ## Drains {#drains}
          >
          > Close valve V-3.
        commit by b.boss@example.org
    Good:
        docs/procedures/EMS-PRO-001.md
          approved_by: [c.deputy]
          > ## Drains {#drains}
          >
          > Close valve V-3.
        commit by b.boss@example.org
    Fix: Have it approved by somebody else in the role, or the deputy. Where there is nobody, waive this rule for the
        document in ems.yml, with a reason and an end; the approval then counts, and verify and auditors see the waiver.
    """
    yield from _doubts(handbook, "author")


@rule("EMS304", "approval-incomplete", "error", sees="one")
def approval_incomplete(handbook: Handbook) -> Iterator[Found]:
    """A decision is claimed by halves: who without when, when without who, or a withdrawal that nobody decided.

    Checks: A submitted text has both `approved_by` and `approved_on`, or neither. An approved document that says
        `status: withdrawn` has both: without them it stays in force.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.2 (approval); EMAS A.7.5.2.
    Bad:
        docs/procedures/EMS-PRO-001.md
          approved_on:
    Good:
        docs/procedures/EMS-PRO-001.md
          approved_on: 2025-12-10
    Fix: Add what is missing, or delete the other.
    """
    for document, version in _declared(handbook):
        metadata, written = version.metadata, version.file.written
        persons, day = written("approved_by"), written("approved_on")
        if metadata.status == "submitted" and bool(persons) != bool(day):
            there, missing = ("approved_by", "approved_on") if persons else ("approved_on", "approved_by")
            message = f"{there} is given, but {missing} is missing"
            yield at_key(document, version, there, message, f"Add {missing}, or delete {there}.")
        elif metadata.status == "withdrawn" and document.approvals and not (persons and day):
            message = "status is withdrawn, but nobody is named who decided it, so the document stays in force"
            fix = f"Who decides it says so with: ems approve {document.id} --action withdraw --as PERSON."
            yield at_key(document, version, "status", message, fix)


@rule("EMS305", "approval-outside-time", "error", sees="one")
def approval_outside_time(handbook: Handbook) -> Iterator[Found]:
    """The day of the decision cannot be right: the text was not there yet, or the day has not come.

    Checks: `approved_on` is not before the date of this revision's row, not after the day on which the text came into
        the handbook and, for a text that is still being edited, not after today.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.2 (date, approval); EMAS A.7.5.2.
    Bad:
        docs/procedures/EMS-PRO-001.md
          approved_on: 2025-11-10
    Good:
        docs/procedures/EMS-PRO-001.md
          approved_on: 2025-12-01
    Fix: Write the day on which the decision was made. Where the approval belongs to the revision before, delete it.
    """
    for document, version in _declared(handbook):
        metadata = version.metadata
        day, row = metadata.approved_on, metadata.row
        if metadata.status != "submitted" or day is None or not metadata.approved_by:
            continue
        if row and row.date and day < row.date:
            message = f"approved_on is {day}, but revision {row.revision} was not finished until {row.date}"
            fix = (
                "Write the day of the decision; delete approved_by and approved_on if they are of an earlier revision."
            )
            yield at_key(document, version, "approved_on", message, fix)
        elif version.commit is None and day > handbook.day:
            message = f"approved_on is {day}, which is later than today, {handbook.day}"
            yield at_key(document, version, "approved_on", message, "Write the day of the decision.")
    yield from _doubts(handbook, "future")


@rule("EMS306", "contributor-unknown", "error", needs_history=True, sees="one")
def contributor_unknown(handbook: Handbook) -> Iterator[Found]:
    """Somebody whom nobody knows changed a text, so that it cannot be seen whether its approver is independent.

    Checks: Every address behind a change of a text that claims an approval belongs to a person of people.yml or to
        `external_contributors` of ems.yml. Otherwise the approval does not count.
    Basis: Our own rule: nobody approves what they wrote, and a stranger's address may be the approver's.
    Bad:
        docs/procedures/EMS-PRO-001.md
        commit by somebody@elsewhere.example
    Good:
        docs/procedures/EMS-PRO-001.md
        commit by C.Deputy@example.org
    Fix: Add the address to its person in people.yml, or to `external_contributors` in ems.yml if no approver uses it.
    """
    yield from _doubts(handbook, "stranger")


@rule("EMS307", "awaiting-approval", "info", needs_history=True, sees="one")
def awaiting_approval(handbook: Handbook) -> Iterator[Found]:
    """A text is submitted, and decisions are missing.

    Checks: A submitted text that could be approved (a first one, or the one after the newest approved) has the
        decisions that ems.yml asks for. It is no fault: what was approved before stays in force.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.2 (approval); EMAS A.7.5.2.
    Bad:
        docs/procedures/EMS-PRO-001.md
          approved_by:
          approved_on:
    Good:
        docs/procedures/EMS-PRO-001.md
          approved_by: [b.boss]
          approved_on: 2025-12-10
    Fix: The holder of the role, or the deputy, decides; then add `approved_by` and `approved_on`.
    """
    for document, version in current(handbook):
        number, newest = version.metadata.revision, document.newest_approval
        if document.kind is None or version.metadata.status != "submitted" or number is None:
            continue
        if (newest and number != newest.revision + 1) or _told_elsewhere(handbook, document, version):
            continue
        claimed, needs = document.kind.level == "declared", missing(handbook, document, version)
        each = [_whom(handbook, need) if claimed else f"{need.action} by {_whom(handbook, need)}" for need in needs]
        who = " and ".join(each)
        words = [told(handbook, one) for one in rejected(handbook, document, version)]
        words += [f"still needs {who}"] if needs else []
        if words:
            fix = f"They sign with: ems approve {document.id}; or review the pull request."
            fix = f"They say so with: ems approve {document.id} --as PERSON." if claimed else fix
            stays = f" Revision {document.in_force.revision} applies until then." if document.in_force else ""
            message = f"revision {number} is awaiting approval: {'; '.join(words)}"
            if claimed and len(words) == 1 and needs:
                message = f"revision {number} is awaiting approval by {who}"
            yield at_key(document, version, "status", message, fix + stays)


def _told_elsewhere(handbook: Handbook, document: Document, version: Version) -> bool:
    """Whether other rules say why nothing is decided: a claim by halves or in doubt, no policy that records need."""
    if document.kind and document.kind.level == "declared":
        claimed = [bool(version.file.written(key)) for key in ("approved_by", "approved_on")]
        return any(claimed) and (not all(claimed) or bool(handbook.judge(document, version).objections))
    return not handbook.records.ledger.of(POLICY_ID)


@rule("EMS309", "claim-unlike-records", "error", needs_history=True, sees="one")
def claim_unlike_records(handbook: Handbook) -> Iterator[Found]:
    """The front matter names other approvers, or another day, than the approval records.

    Checks: Where a text that records approved carries `approved_by` or `approved_on`, they say what the records say.
        They may be left out; a text taken over from paper may name who approved the paper.
    Basis: Our own rule: front matter is a claim, a record is evidence.
    Bad:
        signed
        docs/procedures/EMS-PRO-001.md
          approved_by: [c.deputy]
        commit
    Good:
        signed
        docs/procedures/EMS-PRO-001.md
          approved_by: [b.boss]
        commit
    Fix: Take `approved_by` and `approved_on` out; they are computed.
    """
    for document, version in current(handbook):
        approval = next((a for a in document.approvals if a.is_of(version)), None)
        if approval is None or approval.taken_over or not any(d.entry for d in approval.decisions):
            continue
        persons = {d.person for d in approval.decisions}
        day = max(d.decided for d in approval.decisions)
        claimed, on = version.metadata.approved_by, version.metadata.approved_on
        if claimed and set(claimed) != persons:
            message = f"approved_by says {', '.join(claimed)}, the records say {', '.join(sorted(persons))}"
            yield at_key(document, version, "approved_by", message, "Take approved_by out; it is computed.")
        if on and on != day:
            message = f"approved_on says {on}, the records say {day}"
            yield at_key(document, version, "approved_on", message, "Take approved_on out; it is computed.")


def _whom(handbook: Handbook, need: Need) -> str:
    title = handbook.people.title(need.role)
    more = f"{need.number} {'more ' if need.given else ''}"
    return f"the {title}" if need.number + need.given == 1 else f"{more}in the role of {title}"


@rule("EMS308", "approval-claimed-on-draft", "warning", sees="one")
def approval_claimed_on_draft(handbook: Handbook) -> Iterator[Found]:
    """A draft says that it is approved.

    Checks: A text with `status: draft` has neither `approved_by` nor `approved_on`. Mostly they are left over from the
        revision before, and would count as its approval the moment the text is submitted.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.2 (approval); EMAS A.7.5.2.
    Bad:
        docs/procedures/EMS-PRO-001.md
          status: draft
    Good:
        docs/procedures/EMS-PRO-001.md
          status: draft
          approved_by:
          approved_on:
    Fix: Delete `approved_by` and `approved_on`; or set `status: submitted` if this text was approved.
    """
    for document, version in _declared(handbook):
        keys = [key for key in ("approved_by", "approved_on") if version.file.written(key)]
        newest = document.newest_approval
        approved = newest is not None and newest.revision == version.metadata.revision
        if version.metadata.status == "draft" and keys and not approved:
            given = f"{keys[0]} is given" if len(keys) == 1 else f"{' and '.join(keys)} are given"
            message = f"{given}, but this is a draft"
            yield at_key(document, version, keys[0], message, f"Delete {' and '.join(keys)}, or set status: submitted.")
