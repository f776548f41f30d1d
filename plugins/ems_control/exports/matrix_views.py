"""The matrix and its inverse: the shapes of the Contract (specification, JSON)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ems_control.coverage.coverage import Answer, ClauseCoverage, Coverage
from ems_control.exports.views import VERSION
from ems_control.handbook.handbook import Handbook


@dataclass(frozen=True)
class AnswerRow:
    """A document in force that answers a clause, and where."""

    document: str
    revision: int | None
    anchor: str | None
    heading: str | None
    since: date
    weak: str | None


@dataclass(frozen=True)
class KeptRow:
    """A row of a records table: evidence that is kept."""

    row: str
    kept_where: str
    keeper: str
    keep_for: str


@dataclass(frozen=True)
class LackingRow:
    """A row of a records table with what is missing in it."""

    row: str
    missing: Sequence[str]


@dataclass(frozen=True)
class ImpliedRow:
    """A related clause, and what answers it."""

    clause: str
    relation: str
    documents: Sequence[str]
    to_verify: str | None


@dataclass(frozen=True)
class ClauseRow:
    """A clause of a matrix."""

    clause: str
    title: str
    assessable: bool
    documents: Sequence[str]
    duty: str
    weak: bool
    silent: bool
    answers: Sequence[AnswerRow]
    expected: Sequence[str]
    since: date | None
    changed: date | None
    asks_for: Sequence[str]
    either: bool
    duty_kind: str | None
    duty_subject: str | None
    to_extent: bool | None
    evidence: Sequence[KeptRow]
    incomplete_evidence: Sequence[LackingRow]
    implied: Sequence[ImpliedRow]
    not_applicable: str | None
    optional: str | None
    to_verify: str | None
    duty_to_verify: str | None


@dataclass(frozen=True)
class Matrix:
    """Clauses of one standard with the documents in force that answer them."""

    version: int
    standard: str
    as_of: date
    clauses: Sequence[ClauseRow]
    gaps: Sequence[str]
    unmet: Sequence[str]
    silent: Sequence[str]


@dataclass(frozen=True)
class ClauseOfDocument:
    """A clause that a document answers, and where."""

    standard: str
    clause: str
    title: str
    revision: int | None
    anchor: str | None
    heading: str | None
    since: date
    weak: str | None


@dataclass(frozen=True)
class DocumentClauses:
    """A document in force with the clauses that it answers."""

    id: str
    title: str
    clauses: Sequence[ClauseOfDocument]


@dataclass(frozen=True)
class Inverse:
    """Documents in force with the clauses of these standards that each answers."""

    version: int
    as_of: date
    standards: Sequence[str]
    documents: Sequence[DocumentClauses]


def matrix(handbook: Handbook, coverage: Coverage) -> Matrix:
    """Clauses of one standard with the documents in force that answer them."""
    rows = [_clause_row(entry) for entry in coverage.clauses]
    day, standard = handbook.day, coverage.standard.id
    return Matrix(VERSION, standard, day, rows, coverage.gaps, coverage.unmet, coverage.silent)


def _clause_row(entry: ClauseCoverage) -> ClauseRow:
    clause, duty = entry.clause, entry.clause.duty
    return ClauseRow(
        clause=clause.number,
        title=clause.title(),
        assessable=clause.assessable,
        documents=entry.documents,
        duty=entry.duty,
        weak=entry.weak,
        silent=entry.silent,
        answers=[AnswerRow(answer.document.id, *_place(answer)) for answer in entry.answers],
        expected=[document.id for document in entry.expected],
        since=entry.since,
        changed=entry.changed,
        asks_for=entry.asked,
        either=entry.either,
        duty_kind=duty.kind if duty else None,
        duty_subject=duty.subject if duty else None,
        to_extent=duty.to_extent if duty else None,
        evidence=[KeptRow(row.name, row.kept_where, row.keeper, row.keep_for) for row in entry.evidence],
        incomplete_evidence=[LackingRow(row.name, row.missing) for row in entry.incomplete],
        implied=[ImpliedRow(i.reference, i.kind, i.documents, i.doubt) for i in entry.implied],
        not_applicable=entry.not_applicable,
        optional=clause.optional,
        to_verify=clause.to_verify(),
        duty_to_verify=entry.doubt,
    )


def _place(answer: Answer) -> tuple[int | None, str | None, str | None, date, str | None]:
    approval = answer.document.in_force
    return approval.revision if approval else None, answer.anchor, answer.heading, answer.since, answer.thin


def inverse(handbook: Handbook, found: list[Coverage]) -> Inverse:
    """Documents in force with the clauses of these standards that each answers."""
    clauses: dict[str, list[ClauseOfDocument]] = {}
    for coverage in found:
        for entry in coverage.clauses:
            standard, clause, title = coverage.standard.id, entry.clause.number, entry.clause.title()
            for answer in entry.answers:
                row = ClauseOfDocument(standard, clause, title, *_place(answer))
                clauses.setdefault(answer.document.key, []).append(row)
    documents = [DocumentClauses(d.id, d.title, clauses.get(d.key, [])) for d in handbook.listed if d.in_force]
    return Inverse(VERSION, handbook.day, [coverage.standard.id for coverage in found], documents)
