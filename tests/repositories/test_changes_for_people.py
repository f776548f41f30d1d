# ruff: noqa: E501
"""Prepared changes of one text: `ems diff` names each once, with the words before and after, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.examples import make
from tests.running import ems

TEXT = """\
## Purpose {#purpose}

This instruction tells the shift lead what to do with the yard drains. It applies in hall 2 and on the yard.

## Limits {#limits}

Zinc must stay below 2.0 mg/l in every sample. The pH at T-4 is kept between 8.5 and 9.5. Report every spill over 25 l within two hours.

| Parameter | Limit | Alarm | Who acts |
| --- | --- | --- | --- |
| zinc | 2.0 mg/l | 1.4 mg/l | yard lead |
| nickel | 0.5 mg/l | 0.35 mg/l | yard lead |
| flow | 90 m3/day | 75 m3/day | shift lead |

## Spill response {#spill}

1. Close valve V-3 and put a boom round the drain.
2. Call 4444 at once.
3. Never wash the spill away with water.
4. Put the absorbent into the red drum.
5. Write the spill into [the log](../forms/EMS-FRM-001.md).

!!! warning "Acid"

    Wear goggles and long gloves. Nobody works alone.

From 22:00 to 06:00 the guard calls the person on call, then closes V-12. Training is held each year in April, the next on 14 April 2026.

## Who does what {#who}

| Activity | Yard lead | Shift lead | Guard |
| --- | --- | --- | --- |
| close the valve | R | A | I |
| clean the drain | A | R | - |

- Gatehouse: 01632 960400
- Effluent plant lead, 4417 or 4430

![Drains of the yard](img/drains.png)

The plan of the drains is [here](plan.pdf).

## Auf Deutsch {#deutsch}

Der Grenzwert für Zink ist 2,0 mg/l. Das Ventil darf nicht geöffnet werden, bevor die Platzleitung zustimmt. Der Notruf ist 4444.

1. Handschuhe anziehen, z. B. die langen.
2. Ventil V-3 schließen.

## In het Nederlands {#nederlands}

De alarmwaarde voor zink is 1,4 mg/l. Spoel nooit met water. Bel 4444 en wacht ten minste 15 minuten bij de put.
"""

Told = tuple[str, str | None, str | None]


class Case(NamedTuple):
    """Pieces put in the place of others, what is told of it (kind, words before, words after), files that change."""

    name: str
    put: list[tuple[str, str]]
    told: list[Told]
    files: dict[str, str] = {}  # noqa: RUF012 (never changed)


def one(name: str, old: str, new: str, *told: Told) -> Case:
    return Case(name, [(old, new)], list(told))


ZINC = "Zinc must stay below {} mg/l in every sample."
PH = "The pH at T-4 is kept between 8.5 and {}."
NIGHT = "From 22:00 to 06:00 the guard calls the person on call, then closes V-12."
TRAINING = "Training is held each year in April, the next on {}."

CASES = [
    # limits, in prose and in tables
    one("limit in prose", "below 2.0", "below 1.0", ("limit", ZINC.format("2.0"), ZINC.format("1.0"))),
    one("upper end of a range", "and 9.5", "and 9.2", ("limit", PH.format("9.5"), PH.format("9.2"))),
    one("limit in words", "within two hours", "within one hour",
        ("limit", "Report every spill over 25 l within two hours.", "Report every spill over 25 l within one hour.")),
    one("limit in a cell", "| 1.4 mg/l |", "| 1.2 mg/l |", ("limit", "1.4 mg/l", "1.2 mg/l")),
    one("unit in a cell", "| 90 m3/day", "| 90 m3/h", ("limit", "90 m3/day", "90 m3/h")),
    one("limit dropped", " The pH at T-4 is kept between 8.5 and 9.5.", "", ("limit", PH.format("9.5"), None)),
    one("limit in German", "Zink ist 2,0 mg/l", "Zink ist 1,0 mg/l",
        ("limit", "Der Grenzwert für Zink ist 2,0 mg/l.", "Der Grenzwert für Zink ist 1,0 mg/l.")),
    one("limit in Dutch", "15 minuten", "20 minuten",
        ("limit", "Bel 4444 en wacht ten minste 15 minuten bij de put.",
         "Bel 4444 en wacht ten minste 20 minuten bij de put.")),
    # duties
    one("duty turned", "Zinc must stay", "Zinc should stay",
        ("duty", ZINC.format("2.0"), ZINC.format("2.0").replace("must", "should"))),
    one("ban dropped", "3. Never wash the spill away with water.\n4.", "3.",
        ("duty", "Never wash the spill away with water.", None)),
    one("ban turned", "Never wash", "Always wash",
        ("duty", "Never wash the spill away with water.", "Always wash the spill away with water.")),
    one("ban added", "Nobody works alone.", "Nobody works alone. Do not smoke.", ("duty", None, "Do not smoke.")),
    one("not added", "then closes V-12", "and does not close V-12",
        ("duty", NIGHT, NIGHT.replace("then closes", "and does not close"))),
    one("German ban", "darf nicht geöffnet", "darf geöffnet",
        ("duty", "Das Ventil darf nicht geöffnet werden, bevor die Platzleitung zustimmt.",
         "Das Ventil darf geöffnet werden, bevor die Platzleitung zustimmt.")),
    one("Dutch ban", "Spoel nooit met", "Spoel altijd met",
        ("duty", "Spoel nooit met water.", "Spoel altijd met water.")),
    # roles and telephones
    one("role in prose", "tells the shift lead", "tells the manager",
        ("role", "This instruction tells the shift lead what to do with the yard drains.",
         "This instruction tells the manager what to do with the yard drains.")),
    one("role in a cell", "75 m3/day | shift lead", "75 m3/day | yard lead", ("role", "shift lead", "yard lead")),
    one("role in German", "die Platzleitung", "die Schichtleitung",
        ("role", "Das Ventil darf nicht geöffnet werden, bevor die Platzleitung zustimmt.",
         "Das Ventil darf nicht geöffnet werden, bevor die Schichtleitung zustimmt.")),
    one("telephone of four digits", "2. Call 4444", "2. Call 5555",
        ("telephone", "Call 4444 at once.", "Call 5555 at once.")),
    one("telephone from outside", "960400", "960499", ("telephone", "Gatehouse: 01632 960400", "Gatehouse: 01632 960499")),
    one("telephone behind a role", "or 4430", "or 4431",
        ("telephone", "Effluent plant lead, 4417 or 4430", "Effluent plant lead, 4417 or 4431")),
    one("telephone in German", "Der Notruf ist 4444", "Der Notruf ist 112",
        ("telephone", "Der Notruf ist 4444.", "Der Notruf ist 112.")),
    # order
    one("two steps change places", "2. Call 4444 at once.\n3. Never wash the spill away with water.",
        "2. Never wash the spill away with water.\n3. Call 4444 at once.",
        ("order", "Never wash the spill away with water.", "Never wash the spill away with water.")),
    Case("a sentence moves to another section",
         [(" It applies in hall 2 and on the yard.", ""),
          ("The plan of the drains", "It applies in hall 2 and on the yard. The plan of the drains")],
         [("order", "It applies in hall 2 and on the yard.", "It applies in hall 2 and on the yard.")]),
    Case("two rows change places",
         [("| zinc | 2.0 mg/l | 1.4 mg/l | yard lead |\n", ""),
          ("| flow |", "| zinc | 2.0 mg/l | 1.4 mg/l | yard lead |\n| flow |")],
         [("order", "nickel | 0.5 mg/l | 0.35 mg/l | yard lead", "nickel | 0.5 mg/l | 0.35 mg/l | yard lead")]),
    # days and times are no limits
    one("a day", "on 14 April 2026", "on 21 April 2026",
        ("date", TRAINING.format("14 April 2026"), TRAINING.format("21 April 2026"))),
    one("a clock time", "to 06:00", "to 07:00", ("date", NIGHT, NIGHT.replace("06:00", "07:00"))),
    one("a month", "in April, the", "in May, the",
        ("date", TRAINING.format("14 April 2026"), TRAINING.format("14 April 2026").replace("in April", "in May"))),
    # tables
    one("who is accountable", "| R | A | I |", "| A | R | I |", ("table", "R", "A"), ("table", "A", "R")),
    one("a row added", "| clean the drain |", "| inform the office | I | R | A |\n| clean the drain |",
        ("table", None, "inform the office | I | R | A")),
    one("a row dropped", "| clean the drain | A | R | - |\n", "", ("table", "clean the drain | A | R | -", None)),
    one("two rows made one", "| zinc | 2.0 mg/l | 1.4 mg/l | yard lead |\n| nickel | 0.5 mg/l | 0.35 mg/l | yard lead |",
        "| zinc and nickel | 2.0 mg/l | 1.4 mg/l | yard lead |",
        ("table", "zinc | 2.0 mg/l | 1.4 mg/l | yard lead / nickel | 0.5 mg/l | 0.35 mg/l | yard lead",
         "zinc and nickel | 2.0 mg/l | 1.4 mg/l | yard lead")),
    Case("a column added",
         [("| Guard |\n| --- |", "| Guard | Office |\n| --- | --- |"), ("| I |\n", "| I | I |\n"), ("| - |\n", "| - | A |\n")],
         [("table", None, "close the valve: I; clean the drain: A")]),
    one("a head renamed", "| Who acts |", "| Acts |", ("table", "Who acts", "Acts")),
    # wording
    one("a sentence split", "Close valve V-3 and put a boom", "Close valve V-3. Put a boom",
        ("text", "Close valve V-3 and put a boom round the drain.", "Close valve V-3. Put a boom round the drain.")),
    one("a step split", "1. Close valve V-3 and put a boom round the drain.\n2. Call 4444 at once.\n3.",
        "1. Close valve V-3.\n2. Put a boom round the drain.\n3. Call 4444 at once.\n4.",
        ("text", "Close valve V-3 and put a boom round the drain.", "Close valve V-3. Put a boom round the drain.")),
    one("sentences of a paragraph made one", "Wear goggles and long gloves. Nobody works alone.",
        "Wear goggles and long gloves, and nobody works alone.",
        ("text", "Wear goggles and long gloves. Nobody works alone.", "Wear goggles and long gloves, and nobody works alone.")),
    one("a heading renamed", "## Spill response {#spill}", "## When something spills {#spill}",
        ("text", "Spill response", "When something spills")),
    one("a word", "the red drum", "the blue drum",
        ("text", "Put the absorbent into the red drum.", "Put the absorbent into the blue drum.")),
    one("a sentence behind an abbreviation", "z. B. die langen", "z. B. die kurzen",
        ("text", "Handschuhe anziehen, z. B. die langen.", "Handschuhe anziehen, z. B. die kurzen.")),
    one("the kind of a block", '!!! warning "Acid"', '!!! warning "Lye"', ("text", "Acid", "Lye")),
    # links and files
    one("a link leads elsewhere", "forms/EMS-FRM-001.md", "forms/EMS-FRM-002.md",
        ("text", "../forms/EMS-FRM-001.md", "../forms/EMS-FRM-002.md")),
    one("words and target of a link", "[the log](../forms/EMS-FRM-001.md)", "[the book](../forms/EMS-FRM-002.md)",
        ("text", "Write the spill into the log.", "Write the spill into the book.")),
    one("words become a link", "the guard calls", "the [guard](EMS-PRO-100.md) calls", ("text", None, "EMS-PRO-100.md")),
    one("another picture", "img/drains.png", "img/plan.png", ("picture", "img/drains.png", "img/plan.png")),
    one("a picture dropped", "![Drains of the yard](img/drains.png)\n\n", "", ("picture", "img/drains.png", None)),
    one("words of a picture", "![Drains of the yard]", "![Drains]", ("text", "Drains of the yard", "Drains")),
    # what people read stays
    one("lines broken otherwise", "Zinc must stay below 2.0 mg/l in every sample. The", "Zinc must stay\nbelow 2.0 mg/l in every sample.\nThe"),
    one("emphasis", "Never wash", "**Never** wash"),
    one("signs of a list", "- Gatehouse: 01632 960400\n- Eff", "* Gatehouse: 01632 960400\n* Eff"),
    one("a table drawn otherwise", "| --- | --- | --- |\n| close the valve | R |", "|:----|:---:|----:|:--|\n|close the valve |R  |"),
    one("a class", "[here](plan.pdf)", "[here](plan.pdf){ .wide }"),
    one("a line break in a sentence", "goggles and long", "goggles and<br>long"),
    one("a paragraph in two", "in every sample. The pH", "in every sample.\n\nThe pH"),
]  # fmt: skip


def document(number: int) -> str:
    return f"EMS-PRO-{100 + number}"


def text_of(case: Case) -> str:
    text = TEXT
    for old, new in case.put:
        assert old in text, (case.name, old)
        text = text.replace(old, new)
    return text


def example(cases: Iterable[Case]) -> str:
    """A handbook of one document for each change: the text first, then the changed one."""
    lines = [
        "people.yml",
        "  roles: {manager: manager, lead: {en: yard lead, de: Platzleitung},"
        " shift: {en: shift lead, de: Schichtleitung}, effluent: {en: effluent plant lead}}",
        "docs/procedures/img/drains.png", "  = drains", "docs/procedures/img/plan.png", "  = plan",
        "docs/procedures/plan.pdf", "  = plan",
    ]  # fmt: skip
    cases = list(cases)
    for after in (False, True):
        for number, case in enumerate(cases):
            lines.append(f"docs/procedures/{document(number)}.md")
            if after:
                lines += [
                    "  revision: 2", "  approved_on: 2026-01-10", "  revisions:",
                    "    - {revision: 2, date: 2026-01-10, author: a.author, class: substantive, change: Rewritten.}",
                    "    - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}",
                ]  # fmt: skip
            body = (text_of(case) if after else TEXT).rstrip("\n").split("\n")
            lines += [f"  > {line}".rstrip() if line else "  >" for line in body]
        lines.append("commit 2026-01-05" if not after else "commit 2026-01-10")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def handbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("changes") / "works", example(CASES))


def told(root: Path, name: str) -> list[Told]:
    """What is told of a document, but for its number and the row of the revision."""
    outcome = ems(root, "diff", name, "1", "2", "--format", "json")
    assert outcome.status == 0, outcome.err
    found = [one for one in outcome.json["changes"] if one["kind"] != "metadata"]
    words = [
        tuple(side if side is None else side.partition(" sha256:")[0] for side in (o["was"], o["now"])) for o in found
    ]
    return [(one["kind"], *sides) for one, sides in zip(found, words, strict=True)]


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case.name for case in CASES])
def test_each_change_is_named_once_and_nothing_else(handbook: Path, number: int) -> None:
    assert told(handbook, document(number)) == CASES[number].told


def test_every_kind_of_the_text_is_among_them() -> None:
    kinds = {kind for case in CASES for kind, _, _ in case.told}
    assert kinds == {"limit", "duty", "role", "telephone", "order", "date", "table", "text", "picture"}
