"""A controlled document on one day: its history, what came of it, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from ems_control.approvals.lifecycle import Approval, Event, Standing, State, stand
from ems_control.approvals.periods import Period, ended_on, periods
from ems_control.approvals.record_judge import ApprovalHistory, RecordJudge
from ems_control.approvals.timeline import life_of
from ems_control.documents.history import DocumentHistory, Version
from ems_control.documents.metadata import Facts
from ems_control.ground.organisation.policy import DocumentType


@dataclass(eq=False)
class Document:
    """A controlled document: its history, the events of its life, and its standing on the handbook's day.

    `kind` is what the policy in force asks of its type, or where it covers the document no more, the last that did;
    `covered` says which. A text of which nothing is approved is no document while the policy does not cover it.
    `checked` is the day of checking: what main has from a later day is there already, by a clock that is wrong.
    """

    history: DocumentHistory
    kind: DocumentType | None
    day: date
    evidence: RecordJudge = field(repr=False)
    covered: bool = True
    checked: date = date.max

    @cached_property
    def life(self) -> ApprovalHistory:
        """What came of it; judged when it is asked for, because whoever reads one document asks for no other."""
        return self.evidence.recall(self.history) or life_of(self.evidence, self.history)

    @cached_property
    def standing(self) -> Standing:
        """How it stands on the handbook's day."""
        return self.on(self.day)

    @property
    def type_name(self) -> str | None:
        """The type that its prefix makes it, as settled for the text shown."""
        return self.shown.reading.type_of(self.id)

    @property
    def fulfils_duties(self) -> bool:
        """Whether it counts where a standard asks for a document; without a type it does not."""
        return self.kind is not None and self.kind.counts

    @property
    def in_force(self) -> Approval | None:
        """The approval in force on the handbook's day."""
        return self.standing.in_force

    @property
    def upcoming(self) -> Approval | None:
        """The approval that comes into force next."""
        return self.standing.upcoming

    @property
    def listed(self) -> bool:
        """Whether it stood on main on the handbook's day, or was ever approved by then, and so is in the register."""
        return self.standing.on_main

    @property
    def events(self) -> list[Event]:
        """Approvals, reinstatements and withdrawals, in the order in which they landed."""
        return self.life.events

    @property
    def id(self) -> str:
        """The id as written."""
        return self.history.id

    @property
    def key(self) -> str:
        """The id for comparing."""
        return self.history.key

    @property
    def current(self) -> Version | None:
        """The text in the working tree (where it was read), else at HEAD; None where the file is gone."""
        return self.history.current

    @property
    def shown(self) -> Version:
        """The text whose facts describe the document: in force, else the latest."""
        return self.in_force.version if self.in_force else self.standing.latest

    @property
    def title(self) -> str:
        """The title of the text shown."""
        return self.shown.facts.title or self.id

    @cached_property
    def approvals(self) -> list[Approval]:
        """Every approval of a revision, oldest first; a reinstatement approves nothing new."""
        return self.life.approved

    @property
    def newest_approval(self) -> Approval | None:
        """The approval with the highest revision, whether its day has come or not."""
        return self.life.newest

    def digest_of(self, version: Version) -> str:
        """The digest of a text, as the records that approved it name it."""
        return next((a.digest for a in self.approvals if a.version is version), None) or version.digest()

    def filings(self, approval: Approval) -> list[Version]:
        """An approved text, then the later ones that say the same but may be filed differently, oldest first.

        `clauses`, `distribution` and `tags` are no content: they count as last written, without a new approval
        (specification, Metadata).
        """
        later = [v for v in [*self.texts, self.history.working] if v and v.order > approval.version.order]
        same = [v for v in later if v.facts.revision == approval.revision and approval.is_of(v)]
        return [approval.version, *same]

    @cached_property
    def filing(self) -> Facts:
        """The facts of the text shown by which it is filed: clauses, distribution, tags."""
        return self.filing_now()

    def filing_now(self) -> Facts:
        """The same, where the text in the working tree may be another by now."""
        return self.filings(self.in_force)[-1].facts if self.in_force else self.shown.facts

    @property
    def state(self) -> State:
        """The lifecycle state on the handbook's day."""
        return self.standing.state

    def on(self, day: date) -> Standing:
        """How it stands on another day, by the policy that was in force on it."""
        kind = self.evidence.kind_on(self.id, day) or self.kind
        months = kind.review_months if kind else None
        standing = stand(self.events, self.history, day, months, self.life.reviews, self.checked)
        told = any(not day < event.known <= self.checked for event in self.events)
        there = told or (self.evidence.covered_on(self.history, day) and not self._taken_away(standing.latest, day))
        return standing if there else replace(standing, on_main=False)

    def _taken_away(self, latest: Version, day: date) -> bool:
        """Whether its file left main, or got another id, after its latest text and by the end of a day."""
        days = self.evidence.days
        return any(order >= latest.order and not day < days[order] <= self.checked for order in self.history.taken)

    def touched_by(self, order: int) -> bool:
        """Whether a landing brings a text or a decision of it, or takes its file away."""
        places = [one.order for one in (*self.history.versions[-1:], *self.events)]
        return order in [*places, *(left for _, left in self.history.left)]

    @property
    def periods(self) -> list[Period]:
        """When each revision is in force, past and to come, by what has landed by the handbook's day."""
        return periods([event for event in self.events if self.knows(event)])

    @cached_property
    def _all_periods(self) -> list[Period]:
        return periods(self.events)

    def ended(self, approval: Approval) -> date | None:
        """The day from which a revision is no longer in force on the handbook's day, whatever landed by then."""
        return ended_on(self.events, approval, self.day, self._all_periods)

    def knows(self, event: Event) -> bool:
        """Whether an event had landed by the handbook's day, or is there already and dated ahead."""
        return not self.day < event.known <= self.checked

    @property
    def texts(self) -> list[Version]:
        """The texts that main had by the handbook's day, and those dated ahead; oldest first."""
        return [v for v in self.history.versions if v.day is None or not self.day < v.day <= self.checked]

    def revision_state(self, number: int) -> State:
        """The state of one revision on the handbook's day."""
        approval = next((a for a in self.approvals if a.revision == number and self.knows(a)), None)
        if self.in_force and self.in_force.revision == number:
            return State.IN_FORCE
        newest = self.standing.latest.facts
        if approval is None:
            if newest.revision == number:
                return State.AWAITING if newest.status == "submitted" else State.DRAFT
            return State.SUPERSEDED
        if approval.first_day > self.day:
            return State.UPCOMING
        return State.WITHDRAWN if self.state is State.WITHDRAWN and approval is self.approvals[-1] else State.SUPERSEDED
