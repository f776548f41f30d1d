"""What an auditor asks, and the words of the handbook that answer it, under a heading that can be read on its own."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache

import pytest
from tests.handbook.reading import DAY, ROOT, plain, register, rows
from tests.running import ems

from ems_control.ground.markdown.outline import headings


@dataclass(frozen=True)
class Answer:
    """Where an answer stands (document and heading) and words that must be there."""

    place: str
    words: tuple[str, ...]


def answer(place: str, *words: str) -> Answer:
    return Answer(place, words)


QUESTIONS = {
    "Who may stop the line?": [
        answer(
            "EMS-MAN-001#stop-the-line",
            "at once and without asking, on the early and on the late shift alike",
            "the shift lead on duty",
            "the effluent plant operator on duty",
            "Nobody may overrule a stop by telephone",
            "production manager and the effluent plant lead together",
        ),
    ],
    "What is done at pH 9.7 at night?": [
        answer(
            "EMS-WI-003#night",
            "pH 9.7",
            "The limit is 9.5",
            'check lamp "V-3 shut"',
            'press the red button "V-3 close"',
            "call the person on call",
            "on site within 30 minutes",
            "pump the batch back to T-7",
            "Release nothing before",
        ),
        answer("EMS-WI-003#out-of-limits", "telephones the water company within 1 hour", "EMS-FRM-002"),
        answer("EMS-PRO-004#breach", "Within 1 hour", "Between 22:00 and 06:00 the person on call does it"),
    ],
    "Where is the filled effluent log, and how long?": [
        answer(
            "EMS-FRM-006#filled-copies",
            "In the binder in the effluent plant control room",
            "The effluent plant lead keeps them for 10 years",
            "(R-14)",
        ),
        answer("EMS-WI-003#filled-copies", "binder in the control room, 10 years, effluent plant lead"),
        answer("EMS-REG-006#places", "control room, shelf above the panel"),
    ],
    "How does a new chemical come in?": [
        answer(
            "EMS-PRO-018#approval",
            "four weeks before use",
            "current safety data sheet",
            "the seven questions below",
            "effect on treatment",
            "yes for a trial of at most 25 kg and three months, or no, with the reason",
            "before the first order",
            "names on the training sheet",
        ),
        answer("EMS-PRO-018#questions", "Is there a milder one?"),
        answer("EMS-PRO-018#wrong", "A delivery without approval number stays on the lorry"),
    ],
    "How was compliance evaluated last?": [
        answer(
            "EMS-REG-002#status",
            "Evaluated on 28 September 2026 by the lead auditor and the chemicals coordinator",
            "each for rows of processes they do not run",
            "O-33, partly",
            "finished by 15 December 2026",
        ),
        answer("EMS-PRO-004#evaluate", "in March and September", "A tick is not evidence", "EMS-FRM-004"),
    ],
    "What changed for ISO 14001:2026?": [
        answer(
            "EMS-PLN-004#gap",
            *("4.1", "6.1.1", "6.1.2", "6.1.4", "6.1.5", "6.3", "8.1", "9.2.2", "9.3.1 to 9.3.3", "10.1"),
            "made a procedure of its own",
            "Every reference in the handbook therefore names its edition",
        ),
        answer("EMS-PLN-004#dates", "18 and 19 May 2027", "To be confirmed by the certification body"),
        answer("EMS-PLN-004#emas", "contains the text of ISO 14001:2015"),
    ],
    "Who told the workers?": [
        answer(
            "EMS-PRO-005#told",
            "Substantive changes are gone through in a toolbox talk before they start",
            "everybody who was there signs it",
            "HR file, cabinet 4, row R-01",
            "who told the workers is answered by that sheet",
        ),
        answer(
            "EMS-PRO-010#toolbox-talk",
            "The shift lead holds it; the owner of the document holds the first one",
            "Everybody signs the sheet: number, revision, date, shift, who held it",
        ),
        answer("EMS-PLN-004#training", "toolbox talk, June 2026", "sheet, R-01"),
    ],
}


@cache
def in_force(name: str) -> str:
    """The text of a document that applies on DAY."""
    shown = ems(ROOT, "show", name, day=DAY)
    assert shown.status == 0, shown.err
    return shown.out


def section(text: str, anchor: str) -> str:
    """The words below a heading, to the next one of its level or above."""
    found = headings(text)
    place = next((n for n, heading in enumerate(found) if heading.anchor == anchor), None)
    assert place is not None, f"no heading #{anchor}"
    start = found[place]
    end = next((heading.line for heading in found[place + 1 :] if heading.level <= start.level), None)
    lines = text.split("\n")[start.line - 1 : end - 1 if end else None]
    return " ".join(plain("\n".join(lines)).split())


def missing(text: str, wanted: Answer) -> list[str]:
    """Words of an answer that a text does not say at its place."""
    said = section(text, wanted.place.partition("#")[2])
    return [words for words in wanted.words if not re.search(rf"(?<![\w.]){re.escape(words)}(?!\w)", said)]


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_answer_stands_in_the_text_in_force(question: str) -> None:
    for wanted in QUESTIONS[question]:
        assert missing(in_force(wanted.place.partition("#")[0]), wanted) == [], wanted.place


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_first_answer_is_one_click_from_its_clause_or_workplace(question: str) -> None:
    name = QUESTIONS[question][0].place.partition("#")[0]
    entry = next(entry for entry in register() if entry["id"] == name)
    assert entry["state"] == "in force"
    assert entry["clauses"]
    assert entry["distribution"]


def test_a_missing_answer_is_found() -> None:
    text = in_force("EMS-WI-003")
    night = QUESTIONS["What is done at pH 9.7 at night?"][0]
    assert missing(text.replace("The limit is 9.5", "The limit is 9.6"), night) == ["The limit is 9.5"]
    moved = text.replace("## At night: pH 9.7 {#night}", "## At night {#night}\n\n## Elsewhere {#elsewhere}")
    assert missing(moved, night) == list(night.words)


def test_the_status_of_compliance_counts_the_rows_of_the_table() -> None:
    said = section(in_force("EMS-REG-002"), "status")
    results = Counter(row["result"] for row in rows("obligations"))
    assert f"{len(rows('obligations'))} rows:" in said
    for word in ("compliant", "partly", "not-compliant", "not-yet-evaluated"):
        assert f"| {word.replace('-', ' ')} | {results[word]} |" in said
    evaluated = {row["id"]: row["evaluated"] for row in rows("obligations")}
    assert {evaluated.pop(name) for name in ("O-15", "O-16")} == {"2026-11-26"}
    assert {evaluated.pop(name) for name in ("O-34", "O-35")} == {"2026-11-27"}
    assert set(evaluated.values()) == {"2026-09-28"}


def test_the_log_is_kept_where_and_as_long_as_the_records_table_says() -> None:
    row = next(row for row in rows("records") if row["form"] == "EMS-FRM-006")
    assert (row["id"], row["kept_where"], row["keep_for"], row["keeper"]) == (
        "R-14",
        "binder in the effluent plant control room",
        "10 years",
        "effluent-plant-lead",
    )
