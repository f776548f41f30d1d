"""The self-assessment of document control in the shape of a matrix: what is asked, how it is met, and the evidence."""

from __future__ import annotations

from typing import Any

from ems_control.coverage.answers import Answer, Answers
from ems_control.coverage.assessment import Requirement, concerning, documents_for
from ems_control.exports.words import Words
from ems_control.ground.organisation.standards import DOUBTS, Key
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.own_standards import SELF_ASSESSMENT


def assessment(handbook: Handbook) -> dict[str, Any]:
    """Requirements in the shape of a matrix, each with `how` this system meets it.

    `clause` is the requirement, `documents` are those in force that answer the clauses behind it, `gaps` requirements
    for which there is none. `rules` are codes, `commands` those of `ems`, `pages` paths under docs/. What only EMAS
    asks is left out where EMAS is not claimed (specification, ems matrix --standard document-control).
    """
    answers, words = Answers(handbook), Words("en")
    rows = [_row(handbook, answers, words, asked) for asked in concerning(handbook)]
    return {
        "version": 1,
        "standard": SELF_ASSESSMENT,
        "as_of": handbook.day.isoformat(),
        "clauses": rows,
        "gaps": [row["clause"] for row in rows if not row["documents"]],
        "unmet": [],
    }


def _row(handbook: Handbook, answers: Answers, words: Words, asked: Requirement) -> dict[str, Any]:
    found = documents_for(handbook, answers, asked)
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
