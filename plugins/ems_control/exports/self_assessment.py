"""The self-assessment of document control in the shape of a matrix: what is asked, how it is met, and the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ems_control.coverage.answers import Answers
from ems_control.coverage.assessment import Requirement, concerning, documents_for
from ems_control.exports.views import VERSION
from ems_control.exports.words import Words
from ems_control.ground.organisation.standards import DOUBTS
from ems_control.ground.organisation.told import told
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.own_standards import SELF_ASSESSMENT


@dataclass(frozen=True)
class RequirementAnswer:
    """A document in force that answers a clause behind a requirement, and where."""

    clause: str
    document: str
    anchor: str | None
    heading: str | None
    since: date
    weak: str | None


@dataclass(frozen=True)
class RequirementRow:
    """A requirement of document control in the shape of a clause, with `how` this system meets it."""

    clause: str
    title: str
    assessable: bool
    documents: Sequence[str]
    duty: str
    weak: bool
    basis: Sequence[str]
    how: str
    rules: Sequence[str]
    commands: Sequence[str]
    pages: Sequence[str]
    evidence: Sequence[str]
    answers: Sequence[RequirementAnswer]
    to_verify: str | None


@dataclass(frozen=True)
class Assessment:
    """The self-assessment in the shape of a matrix."""

    version: int
    standard: str
    as_of: date
    clauses: Sequence[RequirementRow]
    gaps: Sequence[str]
    unmet: Sequence[str]


def assessment(handbook: Handbook, language: str = "en") -> Assessment:
    """Requirements in the shape of a matrix, told in a language.

    `clause` is the requirement, `documents` are those in force that answer the clauses behind it, `gaps` requirements
    for which there is none. `rules` are codes, `commands` those of `ems`, `pages` paths under docs/. What only EMAS
    asks is left out where EMAS is not claimed (specification, ems matrix --standard document-control).
    """
    answers, words = Answers(handbook), Words(language)
    rows = [_row(handbook, answers, words, asked) for asked in concerning(handbook)]
    gaps = [row.clause for row in rows if not row.documents]
    return Assessment(VERSION, SELF_ASSESSMENT, handbook.day, rows, gaps, [])


def _row(handbook: Handbook, answers: Answers, words: Words, asked: Requirement) -> RequirementRow:
    found = documents_for(handbook, answers, asked)
    return RequirementRow(
        clause=asked.id,
        title=asked.told(words.language),
        assessable=True,
        documents=list(dict.fromkeys(answer.document.id for _, answer in found)),
        duty="none",
        weak=bool(found) and all(answer.weak for _, answer in found),
        basis=asked.clauses,
        how=words.known(f"assess.{asked.id}", ""),
        rules=asked.means.rules,
        commands=asked.means.commands,
        pages=asked.means.pages,
        evidence=[told(one, words.language) for one in asked.evidence],
        answers=[
            RequirementAnswer("/".join(key), a.document.id, a.anchor, a.heading, a.since, a.thin) for key, a in found
        ],
        to_verify=DOUBTS.get(asked.certainty),
    )
