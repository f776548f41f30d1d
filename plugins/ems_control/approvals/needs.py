"""What a text needs, and what of it is missing: one answer for whoever judges, asks or shows.

Which policy is asked: the one in force where the last decision lands, and never less than the one where the text first
stood (specification, Policy of a text).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from ems_control.approvals.editorial import is_editorial
from ems_control.approvals.lifecycle import Approval
from ems_control.approvals.record_checks import Authority
from ems_control.approvals.record_judge import RecordJudge
from ems_control.documents.history import DocumentHistory, Version
from ems_control.ground.formats.records import Action
from ems_control.ground.organisation.people import People
from ems_control.ground.organisation.policy import LEVELS, DocumentType, Policy

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


@dataclass(frozen=True)
class Asking:
    """What the policy in force at a landing asks about a document.

    `kind` is None where no policy so far gave its id a type; where `covered` is False, it is that of the policy that
    last did.
    """

    authority: Authority
    kind: DocumentType | None
    covered: bool

    @property
    def policy(self) -> Policy:
        """The policy in force there."""
        return self.authority.policy

    @property
    def least(self) -> int:
        """The lowest level of evidence that is enough."""
        return LEVELS.index(self.kind.level) if self.kind else 0


def asking(evidence: RecordJudge, history: DocumentHistory, order: int) -> Asking:
    """The policy that judges a landing, and what it asks about a document."""
    authority = evidence.authority(order)
    kind = authority.policy.kind_of(history.id)
    covered = kind is not None and history.covered_by(authority.policy.reading, order)
    if kind is None:
        earlier = [link.policy for link in evidence.chain.links if link.order < order]
        kind = next((kind for policy in reversed(earlier) if (kind := policy.kind_of(history.id))), None)
    return Asking(authority, kind, covered)


def uncovered_since(evidence: RecordJudge, history: DocumentHistory) -> int | None:
    """The landing whose policy covers a document no more; None where the policy in force does, or there is none."""
    since = None
    for link in reversed(evidence.chain.links):
        if link.policy.kind_of(history.id) and history.covered_by(link.policy.reading, len(evidence.landings)):
            break
        since = link.order
    return since


@dataclass(frozen=True)
class Needs:
    """What a text needs: by the policy now, and by the one where it first stood, if that says more."""

    now: Asking
    first: Asking

    @property
    def least(self) -> int:
        """The lowest level of evidence that is enough."""
        return max(self.now.least, self.first.least)

    @property
    def taken_over(self) -> bool:
        """Whether a baseline may stand for the approvals: not where the policy allowed none when the text came in."""
        return self.first.policy.baseline_until is not None or self.first.least == 0

    def decisions(
        self, action: Action, text: Version | None = None, newest: Approval | None = None, claimed: bool = False
    ) -> list[list[Need]]:
        """The sets of decisions of which each is enough alone, the shortest first; both policies are met by each."""
        options = [
            decisions_needed(one.policy, one.kind, action, text, newest, claimed)
            for one in ((self.now,) if self.first.policy is self.now.policy else (self.now, self.first))
            if one.kind
        ]
        if len(options) < 2:
            return options[0] if options else []
        now, first = options
        both = zip(now[-min(len(now), len(first)) :], first[-min(len(now), len(first)) :], strict=True)
        return [_joined(needs, floor, self.now.authority.people) for needs, floor in both]


def needs_of(evidence: RecordJudge, history: DocumentHistory, version: Version, order: int) -> Needs:
    """What a text needs whose last decision landed with `order`; `version` is where it first stood."""
    return Needs(asking(evidence, history, order), asking(evidence, history, version.order))


def _joined(needs: list[Need], floor: list[Need], people: People) -> list[Need]:
    """Both sets in one. For a role that is no more, its number of persons is asked of those who decide now."""
    found = {(need.action, need.role): need for need in needs}
    missing = 0
    for need in floor:
        key = (need.action, need.role)
        if key in found or _known(people, need.role):
            found[key] = replace(need, number=max(need.number, found[key].number if key in found else 0))
        else:
            missing += need.number
    others = [key for key, need in found.items() if need.role not in {one.role for one in floor}]
    lack = missing - sum(found[key].number for key in others)
    if lack > 0 and found:
        last = (others or list(found))[-1]
        found[last] = replace(found[last], number=found[last].number + lack)
    return list(found.values())


def _known(people: People, role: str) -> bool:
    return role in people.roles or any(held.role == role for one in people.persons.values() for held in one.roles)
