"""The register and the history: the shapes of the Contract (specification, JSON).

The command line prints them, the site's pages are made of them: one structure for both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from typing import Any

from ems_control.approvals.lifecycle import Approval, State
from ems_control.documents.history import Version
from ems_control.handbook.before_git import without_text
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook

VERSION = 1


@dataclass(frozen=True)
class Upcoming:
    """The revision that comes into force next, and its first day."""

    revision: int
    effective: date


@dataclass(frozen=True)
class RegisterRow:
    """A document of the master list."""

    id: str
    title: str
    type: str | None
    state: State
    revision: int | None
    effective: date | None
    since: date | None
    owner: str | None
    review_by: date | None
    overdue: bool
    approved_on: date | None
    approved_by: Sequence[str]
    taken_over_on: date | None
    taken_over_by: Sequence[str]
    evidence: str | None
    clauses: Sequence[str]
    distribution: Sequence[str]
    path: str
    digest: str | None
    latest_revision: int | None
    upcoming: Upcoming | None
    until: date | None


REGISTER_COLUMNS = tuple(field.name for field in fields(RegisterRow))
"""The keys of a row of the register, in their order."""


@dataclass(frozen=True)
class WithoutText:
    """A document of which a revision applied by its own history, but no text of that revision is in git."""

    id: str
    title: str
    revision: int
    since: date


@dataclass(frozen=True)
class Register:
    """The master list on a day, and what it cannot know of that day."""

    version: int
    as_of: date
    documents: Sequence[RegisterRow]
    without_text: Sequence[WithoutText]


def plain(view: Any) -> Any:
    """A view as JSON has it: the last step of each; days as 2026-03-01, `class_` as class."""
    if is_dataclass(view):
        return {field.name.rstrip("_"): plain(getattr(view, field.name)) for field in fields(view)}
    if isinstance(view, list | tuple):
        return [plain(one) for one in view]
    return view.isoformat() if isinstance(view, date) else view


def register(handbook: Handbook) -> Register:
    """The master list: every document that stood on main by the handbook's day."""
    unknown = [
        WithoutText(one.document.id, one.document.title, one.revision, one.first)
        for one in without_text(handbook, handbook.day)
    ]
    return Register(VERSION, handbook.day, [_register_row(document) for document in handbook.listed], unknown)


def _register_row(document: Document) -> RegisterRow:
    standing, shown, filing = document.standing, document.shown.facts, document.filing
    approval, upcoming = standing.in_force, standing.upcoming
    taken = approval.decisions if approval and approval.taken_over else ()
    return RegisterRow(
        id=document.id,
        title=document.title,
        type=document.type_name or shown.type,
        state=standing.state,
        revision=approval.revision if approval else None,
        effective=(approval.effective or approval.first_day) if approval else shown.effective,
        since=approval.first_day if approval else None,
        owner=shown.owner,
        review_by=standing.review_due,
        overdue=standing.overdue,
        approved_on=approval.approved_on if approval else None,
        approved_by=approval.approved_by if approval else (),
        taken_over_on=max((d.decided for d in taken), default=None),
        taken_over_by=list(dict.fromkeys(d.person for d in taken)),
        evidence=approval.level if approval else None,
        clauses=filing.clauses,
        distribution=filing.distribution,
        path=standing.latest.stood_at,
        digest=approval.digest if approval else None,
        latest_revision=standing.latest.facts.revision,
        upcoming=Upcoming(upcoming.revision, upcoming.first_day) if upcoming else None,
        until=approval.until if approval else None,
    )


@dataclass(frozen=True)
class Approving:
    """A decision behind a revision."""

    person: str
    role: str
    deputy: bool
    decided_at: date
    landed: datetime
    level: str


@dataclass(frozen=True)
class OnPaper:
    """Who approved a revision on paper, and when."""

    by: Sequence[str]
    on: date | None


@dataclass(frozen=True)
class Return:
    """A revision was brought back: who decided so, and its first day from then on."""

    by: Sequence[str]
    first_day: date


@dataclass(frozen=True)
class HistoryRow:
    """A revision of a document."""

    revision: int
    state: State
    date_: date | None
    effective: date | None
    author: str | None
    class_: str | None
    change: str | None
    digest: str | None
    commit: str | None
    on_paper: OnPaper | None
    approvals: Sequence[Approving]
    returns: Sequence[Return]


@dataclass(frozen=True)
class History:
    """The revisions of a document, newest first."""

    version: int
    document: str
    revisions: Sequence[HistoryRow]


def history(document: Document) -> History:
    """The revisions of a document by its day, newest first; those from before git are known by their row only."""
    known = revision_numbers(document)
    told = _told(document, known)
    numbers = [number for number in known if number in told]
    return History(VERSION, document.id, [_history_row(document, number) for number in numbers])


def _told(document: Document, numbers: Sequence[int]) -> set[int | None]:
    """The revisions, as far as one of these, that the texts of a document by its day are, or have a row of.

    A text has the rows of those before it, as a rule: the rows of older ones are read where that is not all.
    """
    texts = [*document.texts, document.standing.latest]
    found = {text.facts.revision for text in texts}
    for text in reversed(texts):
        if found.issuperset(numbers):
            break
        found |= {row.revision for row in text.metadata.revisions}
    return found


def revision_numbers(document: Document) -> list[int]:
    """Every revision that the document's history tells of, newest first."""
    numbers = {row.revision for row in document.history.newest.metadata.revisions if row.revision}
    numbers |= {version.facts.revision for version in document.history.versions if version.facts.revision}
    return sorted(numbers, reverse=True)


def text_of(document: Document, number: int) -> Version | None:
    """The text of a revision: as approved by the document's day, else as it last stood on main; None if not in git."""
    approval = approval_of(document, number)
    if approval:
        return approval.version
    whole = [version for version in document.history.versions if version.facts.revision == number]
    known = [version for version in document.texts if version.facts.revision == number]
    return next(reversed(known or whole), None)


def approval_of(document: Document, number: int) -> Approval | None:
    """The approval of a revision that had landed by the document's day, if there is one."""
    return next((a for a in document.approvals if a.revision == number and document.knows(a)), None)


def _history_row(document: Document, number: int) -> HistoryRow:
    text = text_of(document, number)
    approval = approval_of(document, number)
    rows = [*([text.row] if text and text.row else ()), *document.history.newest.metadata.revisions]
    row = next((row for row in rows if row.revision == number), None)
    state = document.revision_state(number)
    effective = (text.facts.effective if text else None) or (row.effective if row else None)
    if approval and state is State.UPCOMING:
        effective = approval.first_day
    return HistoryRow(
        revision=number,
        state=state,
        date_=row.date if row else None,
        effective=effective or (approval.first_day if approval else None),
        author=row.author if row else None,
        class_=row.class_ if row else None,
        change=row.change if row else None,
        digest=document.digest_of(text) if text else None,
        commit=text.commit.sha if text and text.commit else None,
        on_paper=OnPaper(approval.approved_by, approval.approved_on) if approval and approval.on_paper else None,
        approvals=[
            Approving(d.person, d.role, d.deputy, d.decided, d.landed, d.level)
            for d in (approval.decisions if approval else ())
        ],
        returns=[
            Return(event.approved_by, event.first_day)
            for event in document.life.events
            if isinstance(event, Approval) and event.reinstated and event.revision == number and document.knows(event)
        ],
    )
