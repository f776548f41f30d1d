"""What happens in the demonstration: which document gets which revision when, by whom."""

from __future__ import annotations

import importlib.resources
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import yaml

FIRST = timedelta(days=1000)
"""How long before today the story begins."""


def data(name: str) -> Any:
    """One of the data files beside this module, as YAML."""
    return yaml.safe_load(text(name))


def text(name: str) -> str:
    """One of the data files beside this module."""
    return importlib.resources.files("ems_control.demo").joinpath(name).read_text(encoding="utf-8")


@dataclass
class Plan:
    """A document of the story: its facts, its sections, and the changes that make its later revisions."""

    id: str
    title: str
    owner: str
    authors: list[str]
    clauses: list[str]
    sections: list[list[str]]
    changes: list[list[Any]]
    distribution: list[str] = field(default_factory=lambda: ["all-staff"])
    upcoming: bool = False
    area: str = ""
    """The folder of its process below that of its type; "" for none."""
    files: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One revision of one document: when it lands, from when it counts, what changed, and its sections then."""

    plan: Plan
    revision: int
    at: datetime
    effective: date
    change: str
    author: str
    sections: list[list[str]]


AREAS = (
    "plating rinsing degreasing pickling polishing powder-hall effluent boilers compressed-air chemical-store "
    "loading-bay yard laboratory maintenance tool-shop offices canteen waste noise water energy purchasing transport "
    "emergency"
).split()
IN_ONE_AREA = 40
"""Documents of one process, as handbooks have them."""


def plans(documents: int, revisions: int, flat: bool = False) -> list[Plan]:
    """As many documents as asked for: those of the story first, then procedures made of its words.

    These lie in a folder for each process, or, if `flat`, all in one.
    """
    found = [Plan(**each) for each in data("handbook.yml")["documents"]][:documents]
    words = sorted(
        {word for plan in found for section in plan.sections for word in section[2].split() if word.isalpha()}
    )
    chance = random.Random(1)  # noqa: S311
    for number in range(len(found) + 1, documents + 1):
        found.append(_made_up(number, words, chance, documents))
        found[-1].area = "" if flat else _area(number - len(data("handbook.yml")["documents"]) - 1)
    for plan in found if revisions else ():
        while len(plan.changes) < revisions - 1:
            index = len(plan.changes) % len(plan.sections)
            limit = f"Limit {len(plan.changes) + 2}.5 mg/l"
            plan.changes.append([f"{limit} from now on.", index, f"{plan.sections[index][2]}\n\n{limit}."])
        del plan.changes[revisions - 1 :]
    return found


def _area(number: int) -> str:
    """The folder of the process to which a made-up document belongs; beyond the known ones, of another hall."""
    hall, area = divmod(number // IN_ONE_AREA, len(AREAS))
    return f"hall-{hall + 1}/{AREAS[area]}" if hall else AREAS[area]


def _made_up(number: int, words: list[str], chance: random.Random, documents: int) -> Plan:
    sections = []
    for part in range(6):
        sentences = [" ".join(chance.choices(words, k=14)).capitalize() + "." for _ in range(8)]
        other = f"EMS-PRO-{chance.randrange(5, max(documents - 7, 6)):04d}"
        link = f" See [{other}]({other}.md)." if part == 0 and documents > 13 else ""
        sections.append([f"Part {part + 1}", f"part-{part + 1}", " ".join(sentences) + link])
    clauses = ["iso-14001:2015/8.1#part-1", "iso-14001:2026/8.1#part-1"]
    return Plan(
        f"EMS-PRO-{number - 8:04d}", f"Procedure {number}", "environmental-manager", ["m.ferrer"], clauses, sections, []
    )


def steps(found: list[Plan], today: date) -> Iterator[Step]:
    """Every revision in the order in which it lands, spread over the past years."""
    rounds = max(len(plan.changes) for plan in found) + 1
    start = datetime.combine(today - FIRST, time(8), UTC)
    # the last round is over four weeks ago, so that a new reader finds a quiet handbook
    pace = (FIRST - timedelta(days=28)) / (rounds * len(found) + 1)
    for number in range(rounds):
        for index, plan in enumerate(found):
            if number > len(plan.changes):
                continue
            at = start + pace * (number * len(found) + index + 1)
            last = number == len(plan.changes)
            effective = today + timedelta(days=120) if plan.upcoming and last and number else at.date()
            change = plan.changes[number - 1][0] if number else "First issue."
            author = plan.authors[number % len(plan.authors)]
            yield Step(plan, number + 1, at.replace(microsecond=0), effective, change, author, _sections(plan, number))


def _sections(plan: Plan, number: int) -> list[list[str]]:
    sections = [list(section) for section in plan.sections]
    for _, index, words in plan.changes[:number]:
        sections[index][2] = words
    return sections
