"""A controlled document on one day: its history, what came of it, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ems_control.approvals.lifecycle import Approval, Event, Standing, State, stand
from ems_control.approvals.record_judge import ApprovalHistory
from ems_control.documents.history import DocumentHistory, Version
from ems_control.documents.metadata import Metadata
from ems_control.ground.organisation.policy import DocumentType


@dataclass
class Document:
    """A controlled document: its history, the events of its life, and its standing on the handbook's day."""

    history: DocumentHistory
    kind: DocumentType | None
    type_name: str | None
    life: ApprovalHistory
    day: date
    standing: Standing | None

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
        if self.standing is None:
            return self.history.newest
        return self.standing.in_force.version if self.standing.in_force else self.standing.latest

    @property
    def title(self) -> str:
        """The title of the text shown."""
        return self.shown.metadata.title or self.id

    @property
    def approvals(self) -> list[Approval]:
        """Every approval of a revision, oldest first; a reinstatement approves nothing new."""
        return self.life.approved

    @property
    def newest_approval(self) -> Approval | None:
        """The approval with the highest revision, whether its day has come or not."""
        return self.life.newest

    def filings(self, approval: Approval) -> list[Version]:
        """An approved text, then the later ones that say the same but may be filed differently, oldest first.

        `clauses`, `distribution` and `tags` are no content (design section 5): they count as last written, without a
        new approval.
        """
        known = [v for v in self.history.versions if v.day is None or v.day <= self.day]
        later = [v for v in [*known, self.history.working] if v and v.order > approval.version.order]
        same = [v for v in later if v.metadata.revision == approval.revision and v.digest == approval.version.digest]
        return [approval.version, *same]

    @property
    def filing(self) -> Metadata:
        """The facts of the text shown by which it is filed: clauses, distribution, tags."""
        approval = self.standing.in_force if self.standing else None
        return self.filings(approval)[-1].metadata if approval else self.shown.metadata

    @property
    def state(self) -> State:
        """The lifecycle state on the handbook's day."""
        if self.standing:
            return self.standing.state
        return State.AWAITING if self.history.newest.metadata.status == "submitted" else State.DRAFT

    def on(self, day: date) -> Standing | None:
        """How it stands on another day."""
        return stand(self.events, self.history.versions, day, self._months, self.life.reviews)

    @property
    def _months(self) -> int | None:
        return self.kind.review_months if self.kind else None

    def revision_state(self, number: int) -> State:
        """The state of one revision on the handbook's day."""
        standing = self.standing
        approval = next((a for a in self.approvals if a.revision == number), None)
        if standing and standing.in_force and standing.in_force.revision == number:
            return State.IN_FORCE
        newest = self.history.newest.metadata
        if approval is None:
            if newest.revision == number:
                return State.AWAITING if newest.status == "submitted" else State.DRAFT
            return State.SUPERSEDED
        if approval.first_day > self.day or approval.known > self.day:
            return State.UPCOMING
        return (
            State.WITHDRAWN
            if standing and standing.state is State.WITHDRAWN and approval is self.approvals[-1]
            else State.SUPERSEDED
        )
