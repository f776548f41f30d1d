"""Which decisions a text needs, and what of them is missing: one answer for whoever judges, asks or shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from ems_control.approvals.editorial import is_editorial
from ems_control.approvals.lifecycle import Approval
from ems_control.documents.history import Version
from ems_control.ground.formats.records import Action
from ems_control.ground.organisation.policy import DocumentType, Policy

Given = tuple[str, str, str]
"""A decision that is there: person, action, role."""


@dataclass(frozen=True)
class Need:
    """Decisions in one role: what to do, how many persons (still) have to, how many did.

    `persons` are to be asked, by key, `deputies` may decide in their place; both are empty until somebody asks whom.
    """

    action: Action
    role: str
    number: int
    given: int = 0
    persons: tuple[str, ...] = ()
    deputies: tuple[str, ...] = ()


def decisions_needed(
    policy: Policy,
    kind: DocumentType,
    action: Action = "approve",
    text: Version | None = None,
    newest: Approval | None = None,
    claimed: bool = False,
) -> list[list[Need]]:
    """The sets of decisions of which each is enough alone, the shortest first.

    Approving `text` after `newest` takes an editorial release, where it is editorial by its form, or all that its type
    asks for; a `claimed` approval, and any other action, takes those who approve.
    """
    approving = [Need(action, need.role, need.number) for need in kind.approve]
    if action != "approve" or claimed:
        return [approving]
    whole = [*(Need("review", need.role, need.number) for need in kind.review), *approving]
    release = policy.editorial
    if release and text and newest and is_editorial(newest.version, text):
        return [[Need(action, release.role, release.number)], whole]
    return [whole]


def lacking(needs: Iterable[Need], given: Collection[Given]) -> list[Need]:
    """What of these decisions is not there yet; a person counts once for each."""
    found = []
    for need in needs:
        there = len({person for person, action, role in given if (action, role) == (need.action, need.role)})
        if there < need.number:
            found.append(replace(need, number=need.number - there, given=there))
    return found


def deciding_roles(policy: Policy, kind: DocumentType, action: str, owners: set[str | None]) -> set[str]:
    """The roles that may take a decision about a document of this type; `owners` are those its texts named."""
    approving = {need.role for need in kind.approve}
    reviewing = {need.role for need in kind.review}
    editorial = {policy.editorial.role} if policy.editorial else set()
    return {
        "review": reviewing,
        "approve": approving | editorial,
        "reject": approving | reviewing | editorial,
        "withdraw": approving | {policy.policy_approval.role},
        "reinstate": approving,
        "periodic-review": approving | {owner for owner in owners if owner},
        "baseline": {policy.policy_approval.role},
        "correct": {policy.policy_approval.role},
    }[action]
