"""Coverage: where documents in force say that they answer a clause. Never called compliance, never a percentage.

Per assessable clause four answers: answered where, the duty to have documented information, weak, silent. What a
related clause of another standard or edition is answered by is implied: shown, never counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from ems_control.coverage.answers import Answer, Answers, KeptRecord
from ems_control.ground.organisation.standards import DOUBTS, Clause, Key, Relation, Standard
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook

__all__ = ["Answer", "ClauseCoverage", "Coverage", "Implied", "KeptRecord", "coverage", "coverages"]

DutyState = Literal["met", "unmet", "none"]
Asked = Literal["document", "evidence"]
COUNTED_OTHERWISE = ("same", "none", "dropped")
"""Relations that imply nothing: `same` counts as own, the others lead nowhere."""


@dataclass(frozen=True)
class Implied:
    """Documents that answer a related clause: `kind` and `certainty` are those of the relation."""

    standard: str
    number: str
    kind: str
    certainty: str
    documents: tuple[str, ...]

    @property
    def reference(self) -> str:
        """The related clause as references are written."""
        return f"{self.standard}/{self.number}"

    @property
    def doubt(self) -> str | None:
        """Why the relation is to be verified; None where it is certain."""
        return DOUBTS.get(self.certainty)


@dataclass
class ClauseCoverage:
    """One clause: what answers it, what will, where evidence is kept, and its duty.

    `evidence` are rows of records tables with place, keeper and time, `incomplete` rows without; `not_applicable` is
    the reason why the organisation says that it does not apply; `implied` is what related clauses are answered by;
    `lacks` is what is asked for and not there.
    """

    clause: Clause
    answers: list[Answer] = field(default_factory=list)
    expected: list[Document] = field(default_factory=list)
    evidence: list[KeptRecord] = field(default_factory=list)
    incomplete: list[KeptRecord] = field(default_factory=list)
    implied: list[Implied] = field(default_factory=list)
    not_applicable: str | None = None
    lacks: tuple[Asked, ...] = ()

    @property
    def duty(self) -> DutyState:
        """Whether what the edition asks to be there is there; an edition may leave open which of two."""
        if not self.asked:
            return "none"
        met = len(self.lacks) < len(self.asked) if self.either else not self.lacks
        return "met" if met else "unmet"

    @property
    def documents(self) -> list[str]:
        """Ids of the documents in force that answer it, each once."""
        return list(dict.fromkeys(answer.document.id for answer in self.answers))

    @property
    def counted(self) -> bool:
        """Whether coverage is about it: assessable, and not declared not applicable."""
        return self.clause.assessable and self.not_applicable is None

    @property
    def gap(self) -> bool:
        """Counted, and no document in force answers it."""
        return self.counted and not self.answers

    @property
    def weak(self) -> bool:
        """Only an overdue or upcoming document, or a heading with nothing under it."""
        if self.answers:
            return all(answer.weak for answer in self.answers)
        return bool(self.expected)

    @property
    def silent(self) -> bool:
        """No document, none to come, and none asked for: no fault."""
        return self.gap and not self.expected and self.duty == "none"

    @property
    def asked(self) -> tuple[Asked, ...]:
        """What the edition asks to be there: a document, evidence, both; empty where nothing is asked for."""
        duty = self.clause.duty
        if duty is None or not self.counted:
            return ()
        if (duty.carried or duty.kind) in ("both", "available"):
            return ("document", "evidence")
        return ("evidence",) if duty.evidence else ("document",)

    @property
    def either(self) -> bool:
        """Whether one of what is `asked` is enough, because the edition does not say which."""
        duty = self.clause.duty
        return duty is not None and (duty.carried or duty.kind) == "available"

    @property
    def doubt(self) -> str | None:
        """Why it is to be verified that the edition asks for documented information here; None where it is certain."""
        duty = self.clause.duty
        return DOUBTS.get(duty.certainty) if duty else None

    @property
    def since(self) -> date | None:
        """The day since which a document answers it without a break: the earliest among those in force now."""
        return min((answer.since for answer in self.answers), default=None)

    @property
    def changed(self) -> date | None:
        """The day since which it is answered as it is now: the latest among the answers."""
        return max((answer.since for answer in self.answers), default=None)


@dataclass(frozen=True)
class Coverage:
    """One standard's clauses in their order, with what answers them."""

    standard: Standard
    clauses: list[ClauseCoverage]

    def _numbers(self, entries: Iterable[ClauseCoverage]) -> list[str]:
        return [entry.clause.number for entry in entries]

    @property
    def gaps(self) -> list[str]:
        """Assessable clauses that no document in force answers."""
        return self._numbers(entry for entry in self.clauses if entry.gap)

    @property
    def unmet(self) -> list[str]:
        """Clauses whose duty to have documented information is unmet."""
        return self._numbers(entry for entry in self.clauses if entry.duty == "unmet")

    @property
    def silent(self) -> list[str]:
        """Gaps that are no fault: nothing is asked to be documented."""
        return self._numbers(entry for entry in self.clauses if entry.silent)


def coverage(handbook: Handbook, standard_id: str) -> Coverage:
    """Which documents in force answer which clause of a standard, claimed or not, on the handbook's day."""
    return coverages(handbook, [standard_id])[0]


def coverages(handbook: Handbook, standard_ids: Iterable[str]) -> list[Coverage]:
    """The coverage of several standards, each document read once; raises EmsError for a standard nobody knows."""
    wanted = [handbook.catalogue.get(standard_id) for standard_id in standard_ids]
    answers = Answers(handbook)
    return [_coverage(handbook, standard, answers) for standard in wanted]


def _coverage(handbook: Handbook, standard: Standard, answers: Answers) -> Coverage:
    excluded = not_applicable(handbook, standard)
    related = _Related(handbook, answers)
    entries = []
    for number, clause in standard.clauses.items():
        key = (standard.id, number)
        entry = ClauseCoverage(clause, answers.given.get(key, []), answers.expected.get(key, []))
        rows = answers.evidence.get(key, [])
        entry.evidence = [row for row in rows if not row.missing]
        entry.incomplete = [row for row in rows if row.missing]
        entry.not_applicable = excluded.get(number)
        entry.implied = list(related.to(key))
        there = {
            "document": any(a.document.fulfils_duties for a in entry.answers),
            "evidence": bool(entry.evidence),
        }
        entry.lacks = tuple(what for what in entry.asked if not there[what])
        entries.append(entry)
    return Coverage(standard, entries)


def not_applicable(handbook: Handbook, standard: Standard) -> dict[str, str]:
    """Clauses that ems.yml declares not applicable, and those below them, with the reason.

    Only where the catalogue allows it; a reference with a heading (`emas/annex-IV.C.2#water`) is about a part of a
    clause and takes nothing out.
    """
    found: dict[str, str] = {}
    for declared in handbook.policy.not_applicable:
        home, _, wanted = declared.reference.partition("/")
        if home != standard.id or wanted not in standard.clauses:
            continue
        for number, clause in standard.clauses.items():
            above = number
            while above != wanted and (parent := standard.clauses[above].parent):
                above = parent
            if above == wanted and (clause.not_applicable or clause.optional):
                found[number] = declared.reason
    return found


class _Related:
    """Answers by way of relations, in the own standard's texts and those that are the same."""

    def __init__(self, handbook: Handbook, answers: Answers) -> None:
        self.catalogue, self.answers = handbook.catalogue, answers
        self._rows: dict[tuple[str, str], Mapping[str, list[Relation]]] = {}

    def to(self, key: Key) -> Iterator[Implied]:
        """What implies an answer to a clause, each related clause once.

        What a relation says of a heading holds for the clauses below it of which none speaks: who answers 5.2 of
        ISO 14001 has said something of 5.2.1 and 5.2.2 of ISO 9001, and the other way round.
        """
        same = self.catalogue.same_text(key)
        seen = {*same}
        for home, number in same:
            for other in self.catalogue.standards:
                for row, target in self._pairs(home, number, other) if other != home else ():
                    documents = [answer.document.id for answer in self.answers.given.get((other, target), ())]
                    if documents and (other, target) not in seen and row.kind not in COUNTED_OTHERWISE:
                        seen.add((other, target))
                        yield Implied(other, target, row.kind, row.certainty, tuple(dict.fromkeys(documents)))

    def _pairs(self, home: str, number: str, other: str) -> Iterator[tuple[Relation, str]]:
        rows = self._relations(home, other)
        told = next((above for above in self.catalogue.headings_over((home, number)) if above in rows), number)
        for row in rows.get(told, ()):
            for to in row.to:
                yield row, to
                named = self._relations(other, home)
                yield from ((row, below) for below in self.catalogue.below((other, to)) if below not in named)

    def _relations(self, home: str, other: str) -> Mapping[str, list[Relation]]:
        if (home, other) not in self._rows:
            rows: dict[str, list[Relation]] = {}
            for row in self.catalogue.relations(home, other):
                rows.setdefault(row.number, []).append(row)
            self._rows[home, other] = rows
        return self._rows[home, other]
