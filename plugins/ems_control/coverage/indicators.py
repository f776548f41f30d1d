"""EMAS indicators as data: sealed tables with area, indicator, year, and the figures A, B and R."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ems_control.coverage.statements import STATEMENT
from ems_control.documents.by_year import COLUMNS
from ems_control.ground.organisation.standards import facts
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.live_tables import tables_in_force

TOLERANCE = 0.01
"""R may differ from A divided by B by so much of itself: it is written rounded."""


@dataclass(frozen=True)
class Figure:
    """One indicator in one year: figures as written, and their units."""

    year: str
    a: str
    unit_a: str
    b: str
    unit_b: str
    r: str

    @property
    def consistent(self) -> bool:
        """Whether R is A divided by B, as far as all three are numbers."""
        a, b, r = (number(text) for text in (self.a, self.b, self.r))
        if a is None or b is None or r is None or b == 0:
            return True
        return abs(a / b - r) <= TOLERANCE * max(abs(a / b), abs(r))


@dataclass
class Series:
    """One indicator over the years, oldest first."""

    area: str
    indicator: str
    figures: list[Figure] = field(default_factory=list)


@dataclass(frozen=True)
class IndicatorTable:
    """A table of indicators as a document in force shows it."""

    document: Document
    path: str
    series: Sequence[Series]

    @property
    def years(self) -> list[str]:
        """Every year of the table, oldest first."""
        return sorted({figure.year for series in self.series for figure in series.figures})


def indicator_tables(handbook: Handbook) -> list[IndicatorTable]:
    """The indicator tables of all documents in force, each file once; what a statement shows comes first."""
    found: list[IndicatorTable] = []
    seen: set[str] = set()
    for document, attachment, table in sorted(tables_in_force(handbook), key=lambda one: one[0].type_name != STATEMENT):
        if attachment.blob not in seen and set(COLUMNS) <= set(table.columns):
            seen.add(attachment.blob)
            found.append(IndicatorTable(document, attachment.path, _series(table.rows)))
    return found


def _series(rows: list[dict[str, str]]) -> list[Series]:
    found: dict[tuple[str, str], Series] = {}
    for row in rows:
        key = (row["area"], row["indicator"])
        series = found.setdefault(key, Series(*key))
        series.figures.append(Figure(row["year"], row["A"], row["unit_A"], row["B"], row["unit_B"], row["R"]))
    for series in found.values():
        series.figures.sort(key=lambda figure: figure.year)
    return list(found.values())


def number(text: str) -> float | None:
    """A figure as a number, `10650` or `0.0198`; None where it is none, so that nothing is guessed from `1.234,5`."""
    digits = text.strip().removeprefix("-")
    if not digits.replace(".", "", 1).isdecimal() or not digits.isascii():
        return None
    return float(text)


@cache
def core_areas() -> dict[str, dict[str, Any]]:
    """The six core areas of annex IV by id, with titles, indicators and units."""
    return {area["id"]: area for area in facts("indicators")["core_areas"]}


def core_area(area: str) -> str:
    """The core area that a table means by `land`, `land-use`, `Land use`; empty where it is none."""
    name = area.strip().casefold().replace(" ", "-")
    for identity, known in core_areas().items():
        spellings = (title.casefold().replace(" ", "-") for title in known["title"].values())
        if name in (identity, identity.split("-")[0], *spellings):
            return identity
    return ""
