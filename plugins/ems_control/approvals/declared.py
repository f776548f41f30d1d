"""Evidence level `declared`: the decision that front matter claims, as far as it can be believed.

`approved_by` and `approved_on` count where the persons are known, held an approving role on that day, and changed
none of what they approved, or a waiver says why they had to (specification, Approved).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, time

from ems_control.approvals.contributors import Contributor
from ems_control.approvals.lifecycle import Approval, Decision, Event, Withdrawal
from ems_control.approvals.needs import decisions_needed, lacking
from ems_control.documents.history import DocumentHistory, Version
from ems_control.documents.metadata import DECISIVE
from ems_control.ground.organisation.people import HeldRole, People
from ems_control.ground.organisation.policy import DocumentType, Policy, Requirement
from ems_control.ground.spelling import nearest

ContributorsTo = Callable[
    [Version, Version | None, DocumentHistory, datetime, Collection[str], Policy, People], list[Contributor]
]


@dataclass(frozen=True)
class Doubt:
    """A reason why a claimed decision does not count: `kind` names the rule that reports it, `person` who is meant.

    One that is `waived` hinders nothing.
    """

    kind: str
    message: str
    fix: str
    person: str = ""
    waived: bool = False


@dataclass(frozen=True)
class Verdict:
    """What a claim is worth: who decided in which role, as far as it counts, and the doubts about the rest."""

    given: tuple[tuple[str, HeldRole], ...]
    doubts: tuple[Doubt, ...]
    complete: bool

    @property
    def objections(self) -> list[Doubt]:
        """The doubts that no waiver has settled."""
        return [doubt for doubt in self.doubts if not doubt.waived]


class Declared:
    """Judges the claims of documents by the policy, the people and the contributors in the git history."""

    def __init__(self, policy: Policy, people: People, contributors: ContributorsTo) -> None:
        """`contributors` names who changed a version since the last approved one."""
        self.policy, self.people, self._contributors = policy, people, contributors

    def events(self, history: DocumentHistory) -> list[Event]:
        """Approvals and withdrawals of a document, in the order in which they landed.

        A number is approved once: a text changed at an approved number, or a number that is not the next one, is
        never approved by a claim. After a withdrawal no claim brings a document back: that needs a `reinstate` record.
        """
        events: list[Event] = []
        kind = self.policy.kind_of(history.id)
        if kind is None or kind.level != "declared":
            return events
        last: Approval | None = None
        for version in history.versions:
            event = self.event(version, last, history, kind)
            if isinstance(event, Withdrawal):
                return [*events, event]
            if event:
                last = event
                events.append(event)
        return events

    def event(
        self, version: Version, last: Approval | None, history: DocumentHistory, kind: DocumentType
    ) -> Event | None:
        """What the claim of one version makes of a document whose newest approval is `last`; None: nothing."""
        if version.day is None or version.commit is None or version.facts.unread & {*DECISIVE, "review_by"}:
            return None
        if version.facts.status == "withdrawn":
            return self._withdrawal(version, last, history, kind)
        if version.facts.status == "submitted" and self._is_next(version, last):
            verdict = self.judge(version, last.version if last else None, history)
            if verdict.complete:
                return self._approval(version, verdict)
        return None

    def judge(self, version: Version, approved: Version | None, history: DocumentHistory) -> Verdict:
        """What the claim of one version is worth, `approved` being the last approved version before it."""
        kind = self.policy.kind_of(history.id)
        metadata = version.facts
        if kind is None or not metadata.approved_by or metadata.approved_on is None:
            return Verdict((), (), complete=False)
        decided = metadata.approved_on
        doubts: list[Doubt] = []
        if version.day and decided > version.day:
            doubts.append(
                Doubt(
                    "future",
                    f"approved_on {decided} is later than {version.day}, the day on which this text came in",
                    "Write the day of the decision.",
                )
            )
            return Verdict((), tuple(doubts), complete=False)
        if approved and _left_over(version, approved):
            message = f"approved_by and approved_on ({decided}) are left over from revision {approved.facts.revision}"
            fix = "Remove them until this revision is approved."
            return Verdict((), (Doubt("left-over", message, fix),), complete=False)
        moment = datetime.combine(decided, time(), self.policy.zone)
        contributors = self._contributors(
            version, approved, history, moment, metadata.approved_by, self.policy, self.people
        )
        strangers = [c for c in contributors if c.person is None]
        for stranger in strangers:
            doubts.append(
                Doubt(
                    "stranger",
                    f"{stranger.unknown}, so nobody can say whether the approver is independent",
                    f"{stranger.remedy}.",
                )
            )
        touched = {c.person: c.day for c in contributors if c.person}
        alone = self.policy.waives_independence(history.id, version.path, decided)
        given: list[tuple[str, HeldRole]] = []
        for person in dict.fromkeys(metadata.approved_by):
            outcome = self._roles(person, decided, kind.approve)
            if isinstance(outcome, Doubt):
                doubts.append(outcome)
                continue
            if person in touched:
                doubts.append(self._author(person, touched[person], alone))
            if person not in touched or alone:
                given += [(person, held) for held in outcome]
        [needs] = decisions_needed(self.policy, kind, claimed=True)
        complete = not strangers and not lacking(needs, [(person, "approve", held.role) for person, held in given])
        return Verdict(tuple(given), tuple(doubts), complete)

    def _author(self, key: str, day: date, waived: bool) -> Doubt:
        return Doubt(
            "author",
            f"{self.people.name(key)} changed this text on {day} and so may not approve it",
            "Somebody else in the approving role, or the deputy, must approve it.",
            key,
            waived,
        )

    def _roles(self, key: str, day: date, required: tuple[Requirement, ...]) -> list[HeldRole] | Doubt:
        """The roles in which somebody decided on a day, or why that does not count."""
        person = self.people.persons.get(key)
        if person is None:
            close = nearest(key.lower(), self.people.persons)
            fix = f'Did you mean "{close}"?' if close else "Write a person key of people.yml."
            return Doubt("unknown", f'approved_by names "{key}", who is not in people.yml', fix, key)
        roles = [requirement.role for requirement in required]
        held: list[HeldRole] = [h for role in dict.fromkeys(roles) if (h := person.holds(role, day))]
        if not held:
            wanted = " or ".join(self.people.title(role) for role in dict.fromkeys(roles))
            return Doubt(
                "role",
                f"{person.name} was not {wanted} on {day}",
                f"It must be approved by the {wanted} or a deputy.",
                key,
            )
        return held

    @staticmethod
    def _is_next(version: Version, last: Approval | None) -> bool:
        number = version.facts.revision
        return number is not None and (last is None or number == last.revision + 1)

    @staticmethod
    def _approval(version: Version, verdict: Verdict) -> Approval:
        metadata = version.facts
        assert metadata.revision is not None
        assert version.day is not None
        return Approval(
            version,
            metadata.revision,
            version.day,
            metadata.effective,
            metadata.until,
            _decisions(version, verdict),
            version.order,
        )

    def _withdrawal(
        self, version: Version, last: Approval | None, history: DocumentHistory, kind: DocumentType
    ) -> Withdrawal | None:
        verdict = self.judge(version, last.version if last else None, history)
        if not verdict.complete or version.day is None or kind.level != "declared":
            return None
        return Withdrawal(version, version.day, version.day, _decisions(version, verdict), version.order)


def _left_over(version: Version, approved: Version) -> bool:
    """Whether a new revision still carries the decision about the last one: same words, older than its own row."""
    new, old = version.facts, approved.facts
    if new.revision == old.revision or (new.approved_by, new.approved_on) != (old.approved_by, old.approved_on):
        return False
    row = version.metadata.row
    return new.approved_on is not None and row is not None and row.date is not None and new.approved_on < row.date


def _decisions(version: Version, verdict: Verdict) -> tuple[Decision, ...]:
    """The decisions of a claim that has landed."""
    day = version.facts.approved_on
    assert version.commit is not None
    assert day is not None
    landed = version.commit.landed
    return tuple(Decision(key, h.role, h.deputy, day, landed, "declared") for key, h in verdict.given)
