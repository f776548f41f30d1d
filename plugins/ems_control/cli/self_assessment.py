"""The self-assessment of document control in the shape of a matrix: what is asked, how it is met, and the evidence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ems_control.coverage.answers import Answer, Answers
from ems_control.coverage.assessment import Requirement, requirements
from ems_control.exports.words import Words
from ems_control.ground.organisation.standards import DOUBTS, Key
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.own_standards import SELF_ASSESSMENT

SHARED = "7.5"
"""Clauses from this number on are the same theme in every management system standard; others are of ISO 14001."""


def assessment(handbook: Handbook) -> dict[str, Any]:
    """Requirements in the shape of a matrix, each with `how` this system meets it.

    `clause` is the requirement, `documents` are those in force that answer the clauses behind it, `gaps` requirements
    for which there is none. `rules` are codes, `commands` those of `ems`, `pages` paths under docs/. What only EMAS
    asks is left out where EMAS is not claimed (specification, ems matrix --standard document-control).
    """
    answers, words = Answers(handbook), Words("en")
    rows = [_row(handbook, answers, words, asked) for asked in requirements() if _concerns(handbook, asked)]
    return {
        "version": 1,
        "standard": SELF_ASSESSMENT,
        "as_of": handbook.day.isoformat(),
        "clauses": rows,
        "gaps": [row["clause"] for row in rows if not row["documents"]],
        "unmet": [],
    }


def _concerns(handbook: Handbook, asked: Requirement) -> bool:
    claimed = handbook.policy.standards
    return not claimed or any("/" not in text or text.partition("/")[0] in claimed for text in asked.clauses)


def _row(handbook: Handbook, answers: Answers, words: Words, asked: Requirement) -> dict[str, Any]:
    found = [(key, answer) for key in _keys(handbook, asked.clauses) for answer in answers.given.get(key, ())]
    return {
        "clause": asked.id,
        "title": asked.text,
        "assessable": True,
        "documents": list(dict.fromkeys(answer.document.id for _, answer in found)),
        "duty": "none",
        "weak": bool(found) and all(answer.weak for _, answer in found),
        "basis": list(asked.clauses),
        "how": words.known(f"assess.{asked.id}", ""),
        "rules": list(asked.means.rules),
        "commands": list(asked.means.commands),
        "pages": list(asked.means.pages),
        "evidence": list(asked.evidence),
        "answers": [_answer(key, answer) for key, answer in found],
        "to_verify": DOUBTS.get(asked.certainty),
    }


def _answer(key: Key, answer: Answer) -> dict[str, Any]:
    return {
        "clause": "/".join(key),
        "document": answer.document.id,
        "anchor": answer.anchor,
        "heading": answer.heading,
        "since": answer.since.isoformat(),
        "weak": answer.thin,
    }


def _keys(handbook: Handbook, references: tuple[str, ...]) -> Iterator[Key]:
    """The clauses of claimed standards behind a requirement, once each."""
    known = handbook.catalogue.standards
    claimed = [name for name in handbook.policy.standards if name in known] or list(known)
    for text in references:
        home, _, number = text.rpartition("/")
        names = [home] if home else [name for name in claimed if _shares(name, number)]
        for name in names:
            for clause in known[name].clauses.values() if name in known else ():
                below = clause.parent if not clause.heading_only else None
                if clause.number == number or (below == number and known[name].clauses[number].heading_only):
                    yield name, clause.number


def _shares(standard_id: str, number: str) -> bool:
    return standard_id.startswith("iso-14001:") or (standard_id.startswith("iso-") and number.startswith(SHARED))
