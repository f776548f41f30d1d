"""Coverage: where documents in force say that they answer a clause. Never called compliance, never a percentage."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Literal

from ems_control.ground.references import ReferenceProblem
from ems_control.ground.standards import Clause, Standard
from ems_control.ground.tables import read_table
from ems_control.handbook.handbook import Document, Handbook
from ems_control.handbook.history import Version

DutyState = Literal["met", "unmet", "none"]
EVIDENCE_COLUMNS = ("evidence_for", "kept_where", "keeper", "keep_for")


@dataclass(frozen=True)
class Answer:
    """A document that says it answers a clause, at a heading or as a whole; `weak` where that is thin."""

    document: Document
    anchor: str | None
    heading: str | None
    weak: bool


@dataclass
class ClauseCoverage:
    """One clause: the documents in force that answer it, those that will or do so weakly, and its duty."""

    clause: Clause
    answers: list[Answer] = field(default_factory=list)
    expected: list[Document] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    duty: DutyState = "none"

    @property
    def documents(self) -> list[str]:
        """Ids of the documents in force that answer it, each once."""
        return list(dict.fromkeys(answer.document.id for answer in self.answers))

    @property
    def gap(self) -> bool:
        """Assessable, and no document in force answers it."""
        return self.clause.assessable and not self.answers

    @property
    def weak(self) -> bool:
        """Only an overdue or upcoming document, or a heading with nothing under it."""
        if self.answers:
            return all(answer.weak for answer in self.answers)
        return bool(self.expected)


@dataclass(frozen=True)
class Coverage:
    """One standard's clauses in their order, with what answers them."""

    standard: Standard
    clauses: list[ClauseCoverage]

    @property
    def gaps(self) -> list[str]:
        """Assessable clauses that no document in force answers."""
        return [entry.clause.number for entry in self.clauses if entry.gap]

    @property
    def unmet(self) -> list[str]:
        """Clauses whose duty to have documented information is unmet."""
        return [entry.clause.number for entry in self.clauses if entry.duty == "unmet"]


def coverage(handbook: Handbook, standard_id: str) -> Coverage:
    """Which documents in force answer which clause of a standard, claimed or not, on the handbook's day."""
    standard = handbook.catalogue.get(standard_id)
    entries = {number: ClauseCoverage(clause) for number, clause in standard.clauses.items()}
    for document in handbook.listed:
        standing = document.standing
        if standing is None:
            continue
        if standing.in_force:
            for number, anchor in _claims(handbook, standing.in_force.version, standard_id):
                heading = _heading(standing.in_force.version, anchor)
                empty = anchor is not None and not _has_text(standing.in_force.version, anchor)
                entries[number].answers.append(Answer(document, anchor, heading, standing.overdue or empty))
        elif standing.upcoming:
            for number, _ in _claims(handbook, standing.upcoming.version, standard_id):
                entries[number].expected.append(document)
    for number, rows in _evidence(handbook, standard_id).items():
        if number in entries:
            entries[number].evidence = rows
    for entry in entries.values():
        entry.duty = _duty(entry)
    return Coverage(standard, list(entries.values()))


def _claims(handbook: Handbook, version: Version, standard_id: str) -> list[tuple[str, str | None]]:
    found: dict[tuple[str, str | None], None] = {}
    for text in version.metadata.clauses:
        for standard, number, anchor in _resolved(handbook, text):
            if standard == standard_id:
                found[number, anchor] = None
    return list(found)


def _resolved(handbook: Handbook, text: str) -> list[tuple[str, str, str | None]]:
    try:
        reference = handbook.catalogue.parse(text)
    except ReferenceProblem:
        return []
    return [(standard, number, reference.anchor) for standard, number in handbook.catalogue.counts_for(reference)]


def _heading(version: Version, anchor: str | None) -> str | None:
    return next((heading.text for heading in version.file.headings if heading.anchor == anchor), None)


def _has_text(version: Version, anchor: str) -> bool:
    """Whether anything stands between the heading and the next one of its level or above (or it is no heading)."""
    headings = version.file.headings
    for index, heading in enumerate(headings):
        if heading.anchor == anchor:
            after = next((h.line for h in headings[index + 1 :] if h.level <= heading.level), None)
            lines = version.file.body.split("\n")
            start = heading.line - version.file.body_line + 1
            end = after - version.file.body_line if after else len(lines)
            return any(line.strip() and not line.lstrip().startswith("#") for line in lines[start:end])
    return True


def _evidence(handbook: Handbook, standard_id: str) -> dict[str, list[str]]:
    """Rows of the records table, by clause: any sealed table of a document in force that has its columns."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for document in handbook.listed:
        if document.standing is None or document.standing.in_force is None:
            continue
        version = document.standing.in_force.version
        for attachment in version.attachments:
            if not attachment.path.endswith(".csv"):
                continue
            table = read_table(version.store.read(attachment.blob))
            if not set(EVIDENCE_COLUMNS) <= set(table.columns):
                continue
            for cells in table.rows:
                row = dict(zip(table.columns, cells, strict=True))
                if all(row[column] for column in EVIDENCE_COLUMNS):
                    for word in row["evidence_for"].replace(";", ",").replace(" ", ",").split(","):
                        for standard, number, _ in _resolved(handbook, word) if word else ():
                            if standard == standard_id:
                                found[number].append(row.get("id") or row["kept_where"])
    return found


def _duty(entry: ClauseCoverage) -> DutyState:
    duty = entry.clause.duty
    if duty is None or not entry.clause.assessable:
        return "none"
    counted = any(answer.document.kind and answer.document.kind.counts for answer in entry.answers)
    if duty.kind == "both":
        return "met" if counted and entry.evidence else "unmet"
    if duty.evidence:
        return "met" if entry.evidence else "unmet"
    return "met" if counted else "unmet"
