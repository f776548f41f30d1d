"""Family 8, 823: what a change of the policy means for the documents that are there."""

from __future__ import annotations

from collections.abc import Iterator

from ems_control.approvals.lifecycle import Withdrawal
from ems_control.approvals.needs import decisions_needed
from ems_control.documents.history import Version
from ems_control.ground.organisation.policy import LEVELS, POLICY_FILE, DocumentType, Policy
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import rule
from ems_control.rules.finding import Found


@rule("EMS823", "policy-change-meets-documents", "info", needs_history=True, sees="shared")
def policy_change_meets_documents(handbook: Handbook) -> Iterator[Found]:
    """A change of the policy means something for documents that are there.

    Checks: Names every document for which the change asks otherwise than the policy in force: another type, level or
        decisions, other keys, a page that becomes or stops being controlled. Nothing that was approved ends by it, and
        nothing comes into force by it. No fault; somebody should look.
    Basis: Our own rule: whoever signs a policy sees what it does.
    Bad:
        signed
        branch
        ems.yml
          types:
            procedure: {prefix: EMS-PRO, folder: procedures, review_months: 24, level: signed, approve: controller}
            form: {prefix: EMS-FRM, folder: forms, review_months: 36, level: signed, approve: manager}
        commit
        approve policy by b.boss
        commit
        propose
    Good:
        signed
        branch
        ems.yml
          emergency: "Emergency: 5555"
        commit
        approve policy by b.boss
        commit
        propose
    Fix: Nothing, if it is meant.
    """
    both = _policies(handbook)
    if both is None:
        return
    path = handbook.repository.prefix + POLICY_FILE
    for document in handbook.ordered:
        message = "; ".join(_met(handbook, document, *both))
        if message:
            yield Found(path, 0, 0, document.id, f"{document.id} {message}", "Nothing to do, if it is meant.")
    for page, file in handbook.controlled_pages:
        was = both[0].reading.covers(page[len(handbook.repository.prefix) :])
        if not was and handbook.by_path.get(page) is None:
            message = f"{page} becomes a controlled page by this change" + ("" if file.id else ", and has no id")
            yield Found(path, 0, 0, "", message, "Give it front matter, or leave it uncontrolled.")


def _policies(handbook: Handbook) -> tuple[Policy, Policy] | None:
    """The policy in force before a proposed change and the one that it brings; None where it brings none."""
    order, newest = handbook.proposed_order, handbook.records.chain.newest
    if order is None or newest is None or newest.order != order:
        return None
    link = handbook.records.chain.at(order)
    before = link.policy if link and link is not newest else handbook.records.claims(max(order - 1, 0))[0].policy
    return before, newest.policy


def _met(handbook: Handbook, document: Document, before: Policy, after: Policy) -> Iterator[str]:
    """What the change means for one document, in words."""
    if isinstance(document.life.last, Withdrawal):
        return
    history, order = document.history, len(handbook.records.landings) - 1
    was, now = before.kind_of(document.id), after.kind_of(document.id)
    lay, lies = history.covered_by(before.reading, order), history.covered_by(after.reading, order)
    if (lay and was) and not (lies and now):
        yield "is covered no more" + (
            "; it stays in force" if document.approvals else ", and ends: nothing is approved"
        )
        return
    if not (lay and was) and lies and now:
        yield "becomes a controlled document"
        return
    if was is None or now is None:
        return
    names = before.type_of(document.id), after.type_of(document.id)
    if names[0] != names[1]:
        yield f"stays of type {names[0]} until its next revision; that one says type: {names[1]}"
    if before.fields != after.fields:
        yield "is read as before until its next revision; that one writes the new keys"
    if _asks(before, was) != _asks(after, now):
        yield from _asked(handbook, document, was, now, after)


def _asks(policy: Policy, kind: DocumentType) -> object:
    return kind.level, kind.review, kind.approve, policy.editorial


def _asked(
    handbook: Handbook, document: Document, was: DocumentType, now: DocumentType, after: Policy
) -> Iterator[str]:
    newest = document.newest_approval
    more = LEVELS.index(now.level) > LEVELS.index(was.level)
    who = " and ".join(
        f"{need.number} × {handbook.records.chain.links[-1].people.title(need.role)}"
        for need in decisions_needed(after, now)[-1]
    )
    if newest:
        stays = f"stays approved at revision {newest.revision}, level {newest.level}"
        yield f"{stays}; a next revision would not be in force before {who} decided at level {now.level}"
    latest = document.history.head
    if latest and _waits(document, latest):
        less = "" if more else ", and no less than was asked where its text came in"
        yield f"is left awaiting approval of revision {latest.facts.revision}: {who} at level {now.level}{less}"


def _waits(document: Document, latest: Version) -> bool:
    newest = document.newest_approval
    return latest.facts.revision is not None and (newest is None or latest.facts.revision > newest.revision)
