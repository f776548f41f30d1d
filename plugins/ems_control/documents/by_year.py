"""Indicators as a statement shows them: a row for each indicator, a column for each year of A, B and R.

`[Energy](indicators.csv){ .table years="A R" rows="area=energy" }` draws them from the table that is sealed with the
text (specification, Includes, tables, pictures).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from ems_control.ground.formats.tables import Problem, Table

YEARS = "years"
"""The option that names the figures to be shown by year."""
FIGURES = ("A", "B", "R")
UNITS = {"A": "unit_A", "B": "unit_B"}
COLUMNS = ("area", "indicator", "year", "A", "unit_A", "B", "unit_B", "R")
"""A table with these columns holds indicators."""
REASON = "reason"
"""A column of this name says why figures of a row are missing or another reference value is used."""
NOT_GIVEN = "–"
HEAD = re.compile(r"[ABR] (?P<year>(?:19|20)\d\d)")
"""The head of a figure in a year."""

_YEAR = re.compile(r"(?:19|20)\d\d")
_BEFORE = ("indicator", "area", *UNITS.values())
_BEHIND = ("source", REASON)

Row = Mapping[str, str]


def by_year(table: Table, wanted: str, columns: Sequence[str]) -> Table:
    """The indicators of a table with these figures (`A R`) by year, beside these columns; `problem` where it cannot be.

    Without columns: the indicator, the area where there are several, the units, and behind the figures their source and
    the reasons that are given. A figure that nobody gave is a dash; what a column says differently from year to year
    stands there one after the other.
    """
    figures = list(dict.fromkeys(wanted.replace(",", " ").upper().split()))
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        fix = f"A table of indicators has the columns {', '.join(COLUMNS)}."
        return _not(f'it is no table of indicators: no column is called "{missing[0]}"', fix)
    if not figures or not set(figures) <= set(FIGURES):
        return _not(f'years="{wanted}" names no figures', 'Write those to be shown of A, B and R: years="A R".')
    twin = next((name for name in columns if name in ("year", *FIGURES)), None)
    if twin:
        return _not(f'the column "{twin}" is shown by year', "Take it out of columns; years names the figures.")
    rows = [dict(zip(table.columns, cells, strict=True)) for cells in table.rows]
    wrong = _wrong(rows, figures)
    return wrong or _drawn(rows, figures, columns or _usual(rows, figures))


def _wrong(rows: Sequence[Row], figures: Sequence[str]) -> Table | None:
    """Why no column can be made for each year, or one would hold figures of two units."""
    seen: dict[tuple[str, str, str], str] = {}
    for row in rows:
        area, name, year = row["area"], row["indicator"], row["year"]
        if not _YEAR.fullmatch(year):
            return _not(f'{name}: "{year}" is no year', "Write it like 2025.")
        if (area, name, year) in seen:
            return _not(f"{name} stands twice for {year}", "Keep one of the two rows.")
        seen[area, name, year] = ""
        for unit in _units(figures):
            if row.get(REASON) or not row[unit]:
                continue
            first = seen.setdefault((area, name, unit), row[unit])
            if row[unit] != first:
                fix = f'Give every year in one unit, or say in a column "{REASON}" why it is another.'
                return _not(f"{name}: {unit} is {row[unit]} and {first}", fix)
    return None


def _units(figures: Sequence[str]) -> list[str]:
    """The columns with the units of figures; R has those of A and B."""
    return [unit for figure, unit in UNITS.items() if figure in figures or "R" in figures]


def _usual(rows: Sequence[Row], figures: Sequence[str]) -> list[str]:
    several = len({row["area"] for row in rows}) > 1
    behind = [name for name in _BEHIND if any(row.get(name) for row in rows)]
    return ["indicator", *(["area"] if several else []), *_units(figures), *behind]


def _drawn(rows: Sequence[Row], figures: Sequence[str], columns: Sequence[str]) -> Table:
    years = sorted({row["year"] for row in rows})
    series: dict[tuple[str, str], dict[str, Row]] = {}
    for row in rows:
        series.setdefault((row["area"], row["indicator"]), {})[row["year"]] = row
    places: list[tuple[str, Callable[[Mapping[str, Row]], str]]] = [
        *((name, _said(name)) for name in columns if name in _BEFORE),
        *((f"{figure} {year}", _figure(figure, year)) for figure in figures for year in years),
        *((name, _said(name)) for name in columns if name not in _BEFORE),
    ]
    return Table([head for head, _ in places], [[cell(one) for _, cell in places] for one in series.values()])


def _said(name: str) -> Callable[[Mapping[str, Row]], str]:
    """What a column says of an indicator over the years, each thing once, the oldest first."""
    return lambda by: "; ".join(dict.fromkeys(cell for year in sorted(by) if (cell := by[year].get(name, ""))))


def _figure(figure: str, year: str) -> Callable[[Mapping[str, Row]], str]:
    return lambda by: (by[year][figure] if year in by else "") or NOT_GIVEN


def figure_columns(table: Table) -> list[int]:
    """The columns that hold figures of a year, from 0."""
    return [at for at, head in enumerate(table.columns) if HEAD.fullmatch(head)]


def newest_columns(table: Table) -> list[int]:
    """The first column and the figures of the newest year."""
    years = {at: table.columns[at][-4:] for at in figure_columns(table)}
    newest = max(years.values(), default="")
    return sorted({0, *(at for at, year in years.items() if year == newest)})


def _not(message: str, fix: str) -> Table:
    return Table([], [], Problem(0, message, fix))
