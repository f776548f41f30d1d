"""What is wrong with a table of EMAS indicators, and what it leaves out without a reason (annex IV, part C)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from ems_control.coverage.indicators import Figure, core_area, core_areas, number
from ems_control.coverage.statements import STATEMENT
from ems_control.documents.by_year import COLUMNS, REASON
from ems_control.documents.history import Version
from ems_control.ground.formats.tables import read_table
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook

YEARS = 3
"""So many years are shown, where their figures exist."""
AREAS = "emas/annex-IV.C.2"

_YEAR = re.compile(r"(19|20)\d\d")

Row = Mapping[str, str]


@dataclass(frozen=True)
class Fault:
    """What is wrong with a table that a text shows, and what to write instead."""

    document: Document
    path: str
    message: str
    fix: str


def wrong_figures(document: Document, version: Version) -> Iterator[Fault]:
    """Figures that cannot be read, rows given twice, ratios that are none, units that change from year to year."""
    for path, rows in _tables(version):
        seen: dict[tuple[str, ...], str] = {}
        for row in rows:
            units = (row["area"], row["indicator"])
            for message, fix in _wrong(row, seen):
                yield Fault(document, path, f"{row['indicator']} {row['year']}: {message}", fix)
            seen[*units, row["year"]] = ""
            seen.setdefault(units, row["unit_A"])


def _wrong(row: Row, seen: Mapping[tuple[str, ...], str]) -> Iterator[tuple[str, str]]:
    units = (row["area"], row["indicator"])
    if not _YEAR.fullmatch(row["year"]):
        yield f'"{row["year"]}" is no year', "Write it like 2025."
    if (*units, row["year"]) in seen:
        yield "it stands twice in the table", "Keep one of the two rows."
    if row.get(REASON):
        return
    if not row["unit_A"]:
        yield "A has no unit", "Write it in unit_A: MWh, t, m3."
    elif seen.get(units, row["unit_A"]) != row["unit_A"]:
        yield f"A is in {row['unit_A']} here and in {seen[units]} before", "Give every year in one unit."
    unread = [key for key in ("A", "B", "R") if number(row[key]) is None]
    for key in unread:
        shown = f'"{row[key]}" is no number' if row[key] else "is missing"
        yield f"{key} {shown}", f'Write it like 9980 or 0.0198, or say in a column "{REASON}" why there is none.'
    if not unread and number(row["B"]) == 0:
        yield "B is 0, and nothing can be divided by it", "Take a reference value that stands for what was done."
    elif not unread and not _figure(row).consistent:
        ratio = (number(row["A"]) or 0) / (number(row["B"]) or 1)
        yield f"R is {row['R']}, but A divided by B is {ratio:.3g}", f"Write R {ratio:.3g}, or correct A or B."


def left_out(handbook: Handbook, document: Document, version: Version) -> Iterator[Fault]:
    """Core areas, years and units that a table leaves out or takes otherwise, without saying why."""
    for path, rows in _tables(version):
        for message, fix in [*_areas(handbook, rows), *_years(handbook, rows), *_units(rows), *_references(rows)]:
            yield Fault(document, path, message, fix)


def _areas(handbook: Handbook, rows: Sequence[Row]) -> Iterator[tuple[str, str]]:
    there = {core_area(row["area"]) for row in rows}
    excused = {
        core_area(reference.partition("#")[2])
        for one in handbook.policy.not_applicable
        if (reference := one.reference).startswith(f"{AREAS}#") and one.reason
    }
    for name, area in core_areas().items():
        if name not in there | excused:
            fix = f'Add its rows, or one row with a "{REASON}"; or {AREAS}#{name} under not_applicable in ems.yml.'
            yield f"the core area {area['title']['en']} has neither figures nor a reason", fix


def _years(handbook: Handbook, rows: Sequence[Row]) -> Iterator[tuple[str, str]]:
    read = [row for row in rows if _YEAR.fullmatch(row["year"])]
    if not read:
        return
    newest = max(int(row["year"]) for row in read)
    since = handbook.policy.emas.registration.since
    known = {int(row["year"]) for row in read} | set(range(since.year if since else newest, newest + 1))
    wanted = {year for year in range(newest - YEARS + 1, newest + 1) if year in known}
    series: dict[tuple[str, str], set[int]] = {}
    for row in read:
        series.setdefault((row["area"], row["indicator"]), set()).add(int(row["year"]))
    excused = {(row["area"], row["indicator"]) for row in rows if row.get(REASON)}
    for key, years in series.items():
        missing = sorted(wanted - years)
        if missing and key not in excused:
            message = f"{key[1]}: {', '.join(map(str, missing))} is missing; three years are shown where they exist"
            yield message, f'Add the figures, or say in a column "{REASON}" why there are none.'


def _units(rows: Sequence[Row]) -> Iterator[tuple[str, str]]:
    told = set()
    for row in rows:
        known, unit = _known_units().get(core_area(row["area"]), set()), _unit(row["unit_A"])
        if known and unit and unit not in known and (row["indicator"], unit) not in told:
            told.add((row["indicator"], unit))
            yield (
                f"{row['indicator']}: the unit {row['unit_A']} is none that annex IV names for this area",
                f"Known are {', '.join(sorted(known))}; say in the statement why you use another.",
            )


def _references(rows: Sequence[Row]) -> Iterator[tuple[str, str]]:
    values: dict[str, dict[tuple[str, str], str]] = {}
    for row in rows:
        if core_area(row["area"]) and row["B"] and not row.get(REASON):
            values.setdefault(row["year"], {}).setdefault((row["B"], row["unit_B"]), row["indicator"])
    for year, found in values.items():
        if len(found) > 1:
            (one, first), (other, second) = list(found.items())[:2]
            message = f"{year}: B is {' '.join(one)} for {first} and {' '.join(other)} for {second}"
            yield message, f'Take one reference value for all core indicators, or give the "{REASON}" in its rows.'


def _tables(version: Version) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """The indicator tables that a submitted statement shows."""
    if version.reading.type_of(version.facts.id or "") != STATEMENT or version.facts.status != "submitted":
        return
    for attachment in version.attachments:
        if attachment.path.lower().endswith(".csv"):
            table = read_table(version.store.read(attachment.blob))
            if set(COLUMNS) <= set(table.columns):
                yield attachment.path, [dict(zip(table.columns, cells, strict=True)) for cells in table.rows]


def _figure(row: Row) -> Figure:
    return Figure(row["year"], row["A"], row["unit_A"], row["B"], row["unit_B"], row["R"])


def _unit(text: str) -> str:
    """A unit as it is compared: m³ is m3, t CO₂-eq is t CO2e."""
    plain = text.translate(str.maketrans("²³₂", "232")).replace(" ", "").casefold()
    return re.sub(r"co2-?eq?", "co2e", plain)


@cache
def _known_units() -> dict[str, set[str]]:
    return {
        name: {_unit(unit) for one in area["indicators"] for unit in re.split(r", | or ", one["unit"])}
        for name, area in core_areas().items()
    }
