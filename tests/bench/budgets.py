"""The budgets: what a row may take, at which size it is asked, and whether it was kept.

A budget is judged only where its own size was measured: at another one it is listed, and not answered.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from tests.bench.measure import Row, growth

GIT_PLUGINS = "mkdocs + git-revision-date-localized + git-authors"
PUBLISHED = "ems build, after a change, results kept"
"""As a site is published time and again: whole, and with what earlier builds kept."""
AT_1000 = (
    ("ems check", "cpu", 8.0),
    ("ems check", "memory", 200.0),
    ("ems check, again", "cpu", 0.5),
    ("ems check, one text edited", "cpu", 0.5),
    ("ems show, again", "cpu", 0.5),
    ("ems history, again", "cpu", 0.5),
    ("ems verify", "cpu", 9.0),
    ("ems verify", "memory", 200.0),
    ("ems show", "cpu", 3.0),
    ("ems history", "cpu", 3.0),
    ("ems build, first", "memory", 400.0),
    ("ems build, first", "megabytes", 150.0),
    ("ems build, nothing changed", "cpu", 5.0),
    ("ems build, first", "light", 10.0),
    ("ems serve, one text edited", "wall", 2.5),
)
AT_10000 = (("ems check, again", "cpu", 1.5), ("ems check --base, one document changed", "cpu", 1.5))
"""Measured outside of `make bench`, with SIZES=10000."""
ONCE = ("ems --version", "ems rules")
"""What does not depend on the size of a handbook."""
MOST_TIME, MOST_SIZE = 1.1, 1.05
LARGE = 1000
"""Below this, what a run does once hides how it grows."""


def judged(rows: Sequence[Row], exponents: dict[str, float | None]) -> list[dict[str, object]]:
    """Each budget with what was measured; `kept` is None where its size was not measured."""
    at = {(row.name, row.documents): row for row in rows if row.cpu}
    found = [_one(at.get((name, 1000)), name, what, most, 1000) for name, what, most in AT_1000]
    found += [_one(at.get((name, 10000)), name, what, most, 10000) for name, what, most in AT_10000]
    for name in ONCE:
        row = next((row for row in rows if row.name == name and row.cpu), None)
        found.append(_one(row, name, "cpu", 0.15, row.documents if row else 0))
    found += [_added(at, "cpu", 30.0), _added(at, "wall", 16.0), _third(at), _ratio(at)]
    edited = "ems serve, one text edited"
    found.append(_one(at.get((edited, 200)), edited, "wall", 1.0, 200))
    large = max((row.documents for row in rows), default=0) >= LARGE
    for name, exponent in exponents.items():
        if name.startswith("ems ") and name not in ONCE:
            found.append(_told(f"{name}: growth of time", "exponent", MOST_TIME, exponent if large else None))
    sizes = growth([row for row in rows if row.name == "ems build, first"], "size") if large else None
    found.append(_told("ems build, first: growth of size", "exponent", MOST_SIZE, sizes))
    return found


def _told(name: str, what: str, most: float, measured: float | None) -> dict[str, object]:
    kept = None if measured is None else measured <= most
    return {"row": name, "what": what, "budget": most, "measured": measured, "kept": kept}


def _one(row: Row | None, name: str, what: str, most: float, documents: int) -> dict[str, object]:
    measured = _measured(row, what) if row is not None else None
    return _told(f"{name} at {documents}", what, most, measured)


def _measured(row: Row, what: str) -> float:
    wall = statistics.median(row.wall)
    known = {"cpu": row.median, "wall": wall, "memory": float(row.memory), "megabytes": row.size / 1e6}
    return {**known, "light": row.light}[what]


def _added(at: dict[tuple[str, int], Row], what: str, most: float) -> dict[str, object]:
    ours, plain = at.get(("ems build, first", 1000)), at.get(("mkdocs", 1000))
    added = _measured(ours, what) - _measured(plain, what) if ours and plain else None
    return _told("ems build, first, over mkdocs at 1000", what, most, added)


def _ratio(at: dict[tuple[str, int], Row]) -> dict[str, object]:
    ours, plain = at.get((PUBLISHED, 1000)), at.get(("mkdocs", 1000))
    ratio = _measured(ours, "wall") / _measured(plain, "wall") if ours and plain else None
    return _told(f"{PUBLISHED} at 1000, of what mkdocs takes", "wall", 0.75, ratio)


def _third(at: dict[tuple[str, int], Row]) -> dict[str, object]:
    ours, plain = at.get(("ems build, first", 200)), at.get(("mkdocs", 200))
    theirs = at.get((GIT_PLUGINS, 200))
    most = (theirs.median - plain.median) / 3 if theirs and plain else 0.0
    added = ours.median - plain.median if ours and plain and theirs else None
    return _told("ems build, first, over mkdocs at 200: a third of what the git plugins add", "cpu", most, added)
