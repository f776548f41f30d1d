"""Figures for the management review: five charts, each with one sentence of what it means."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from ems_control.approvals.lifecycle import add_months
from ems_control.exports.downloads import Data
from ems_control.exports.spreadsheet import Column
from ems_control.ground.markdown.markup import escape
from ems_control.handbook import addresses
from ems_control.handbook.outstanding.tasks import in_force
from ems_control.site.chart import Bar, bars
from ems_control.site.page import Page
from ems_control.site.pages.control.changes import Entry
from ems_control.site.pages.control.table_kit import TableKit

PAGE = addresses.FIGURES
QUARTERS = 6
LABELS = 130
"""Pixels for the labels of bars, which may be names of types."""


class Figure(NamedTuple):
    """A chart: its name for titles, what it says, its bars."""

    name: str
    said: str
    bars: list[Bar]
    marked: int | None = -1


FEW = 3
"""Fewer decisions than these say nothing about how long they take."""


def figures(desk: TableKit, entries: Sequence[Entry]) -> Page:
    """Five charts from what stands on main."""
    words = desk.words
    found = [_types(desk), _overdue(desk), _entered(desk, entries), _took(desk, entries), _ahead(desk)]
    parts = [escape(words("figures intro", day=words.day(desk.handbook.day)))]
    for figure in found:
        title = words(f"figure.{figure.name}")
        told = "; ".join(f"{bar.label}: {bar.written}" for bar in figure.bars)
        chart = bars(f"ems-f-{figure.name}", title, told, figure.bars, LABELS, figure.marked)
        sentence = f"## {escape(title)}\n\n{escape(figure.said)}"
        parts.append(f'{sentence}\n\n<div class="ems-charts"><figure>{chart}</figure></div>')
    rows = [[figure.name, bar.label, bar.value, figure.said] for figure in found for bar in figure.bars]
    columns = [Column("figure", telling="figure"), Column("label"), Column("value"), Column("meaning", 60.0)]
    parts.append(desk.downloads(PAGE, Data("figures", columns, rows)))
    return Page(PAGE, words("figures"), "\n\n".join(parts))


def _types(desk: TableKit) -> Figure:
    """What is in force, by type."""
    count = Counter(document.type_name or "" for document in in_force(desk.handbook))
    found = [
        Bar(desk.words.known(f"types.{name}", name), count[name], str(count[name]))
        for name in desk.handbook.policy.types
        if count[name]
    ]
    return Figure("types", desk.words("figure.types says", count=sum(count.values())), found, None)


def _overdue(desk: TableKit) -> Figure:
    """How many reviews were overdue at the end of each quarter, and are today."""
    found = []
    for day in [*_ends(desk.handbook.day), desk.handbook.day]:
        late = sum(document.on(day).overdue for document in desk.handbook.listed)
        label = desk.words("today") if day == desk.handbook.day else _quarter(day)
        found.append(Bar(label, late, str(late)))
    now, before = int(found[-1].value or 0), int(found[-2].value or 0)
    key = "more" if now > before else "fewer" if now < before else "same"
    return Figure("overdue", desk.words(f"figure.overdue {key}", now=now, before=before), found)


def _entered(desk: TableKit, entries: Sequence[Entry]) -> Figure:
    """How many revisions came into force in each quarter."""
    count = Counter(_quarter(approval.first_day) for approval, _ in entries)
    names = [*map(_quarter, _ends(desk.handbook.day)), _quarter(desk.handbook.day)]
    found = [Bar(name, count[name], str(count[name])) for name in names]
    total = sum(count[name] for name in names)
    documents = len({d.key for a, d in entries if _quarter(a.first_day) in names})
    return Figure("entered", desk.words("figure.entered says", count=total, documents=documents), found)


def _took(desk: TableKit, entries: Sequence[Entry]) -> Figure:
    """Days from the author's last word to the last decision, in the middle, by quarter of the decision."""
    taken: dict[str, list[int]] = {}
    for approval, _ in entries:
        row = approval.version.row
        decided = max((d.decided for d in approval.decisions), default=None)
        if row and row.date and decided and decided >= row.date and not approval.taken_over:
            taken.setdefault(_quarter(decided), []).append((decided - row.date).days)
    names = [*map(_quarter, _ends(desk.handbook.day)), _quarter(desk.handbook.day)]
    found = []
    for name in names:
        middle = round(statistics.median(taken[name])) if name in taken else None
        found.append(
            Bar(name, middle, desk.words("days", count=middle) if middle is not None else desk.words("none yet"))
        )
    recent = [days for name in names for days in taken.get(name, ())]
    if len(recent) < FEW:
        return Figure("took", desk.words("figure.took few" if recent else "figure.took nothing"), found)
    said = desk.words("figure.took says", count=round(statistics.median(recent)), longest=max(recent))
    return Figure("took", said, found)


def _ahead(desk: TableKit) -> Figure:
    """How many reviews fall due in each of the coming quarters."""
    dues = [d.standing.review_due for d in in_force(desk.handbook) if d.standing.review_due]
    today = desk.handbook.day
    count = Counter(_quarter(max(due, today)) for due in dues)
    names = [_quarter(add_months(today, 3 * number)) for number in range(QUARTERS)]
    found = [Bar(name, count[name], str(count[name])) for name in names]
    most = max(found, key=lambda bar: bar.value or 0)
    return Figure("ahead", desk.words("figure.ahead says", count=count[most.label], quarter=most.label), found, 0)


def _quarter(day: date) -> str:
    return f"{day.year} Q{(day.month + 2) // 3}"


def _ends(day: date) -> list[date]:
    """The last days of the quarters before a day, oldest first."""
    first = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    return [add_months(first, -3 * number) - timedelta(days=1) for number in range(QUARTERS - 2, -1, -1)]
