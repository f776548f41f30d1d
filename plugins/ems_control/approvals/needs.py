"""What a revision needs, and which policy is asked (design section 6, "Policy of a text").

The policy in force where the last of its decisions lands, and never less than the one where its text first stood.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ems_control.approvals.lifecycle import Approval
from ems_control.approvals.needed import Need, decisions_needed
from ems_control.approvals.record_checks import Authority
from ems_control.approvals.record_judge import RecordJudge
from ems_control.documents.history import DocumentHistory, Version
from ems_control.ground.formats.records import Action
from ems_control.ground.organisation.people import People
from ems_control.ground.organisation.policy import LEVELS, DocumentType, Policy


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
