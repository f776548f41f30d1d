"""EMAS: the statement with its validation and next update, and the indicators as tables and charts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from ems_control.coverage.emas_clock import Deadline, deadlines
from ems_control.coverage.indicators import (
    Figure,
    IndicatorTable,
    Series,
    core_area,
    core_areas,
    indicator_tables,
    number,
)
from ems_control.coverage.statements import Statement, statements
from ems_control.exports.words import Words
from ems_control.ground.markdown.markup import escape, table
from ems_control.handbook import addresses
from ems_control.site.cells import Cells
from ems_control.site.chart import Bar, bars
from ems_control.site.page import Page

DUE_WITHIN = timedelta(days=90)
KNOWN = ("verifier", "accreditation", "scope", "day", "next_update")


def emas(cells: Cells) -> Page:
    """The page of an organisation under EMAS."""
    found, days = statements(cells.handbook), deadlines(cells.handbook)
    parts = [escape(cells.words("emas intro")), f"## {escape(cells.words('emas statement'))}"]
    parts += [_statement(cells, statement, days) for statement in found] or [escape(cells.words("no statement"))]
    parts += _registration(cells)
    parts += _days(cells, days)
    parts.append(f"## {escape(cells.words('indicators'))}\n\n{escape(cells.words('indicators intro'))}")
    tables = indicator_tables(cells.handbook)
    validated = {s.document.key for s in found if s.validation.day}
    parts += [_Indicators(cells, each, index, validated).text() for index, each in enumerate(tables)]
    if not tables:
        parts.append(escape(cells.words("no indicators")))
    return Page(addresses.EMAS, cells.words("emas title"), "\n\n".join(part.rstrip("\n") for part in parts) + "\n")


# --- the statement --------------------------------------------------------------------------------------------


def _statement(cells: Cells, statement: Statement, due: list[Deadline]) -> str:
    words, document = cells.words, statement.document
    standing = document.standing
    assert standing.in_force is not None
    known = statement.validation.facts
    days = {"day": statement.validation.day, "next_update": statement.validation.next_update}
    rows = [
        [escape(words("emas statement")), cells.document(document, addresses.EMAS, f"{document.id} {document.title}")],
        [escape(words("rev")), escape(standing.in_force.revision)],
    ]
    for key in (*KNOWN, *(key for key in known if key not in KNOWN)):
        name = escape(words.known(f"validated.{key}", key.replace("_", " ")))
        shown = words.cell(days[key]) if days.get(key) else escape(known.get(key, ""))
        if shown or key in ("verifier", "accreditation", "day"):
            rows.append([name, shown or escape(words("not stated"))])
    update = next((one for one in due if one.duty == "update"), None)
    if update:
        every = "every two years" if update.article == "7(1)" else "every year"
        rows.append([escape(words("update interval")), escape(words(every))])
    lines = [table([" ", " "], rows), f"**{escape(_watch(cells, statement, update))}**"]
    latest = standing.latest.facts.revision
    if latest and latest > standing.in_force.revision:
        state = document.revision_state(latest).value
        lines.append(escape(words("newer statement", number=latest, state=words(f"state.{state}"))))
    return "\n".join(lines)


def _watch(cells: Cells, statement: Statement, update: Deadline | None) -> str:
    words, today = cells.words, cells.handbook.day
    if update is None or statement.day is None or statement.validation.kind == "not-validated":
        return words("not validated")
    day = words.day(update.day)
    if update.day > today + DUE_WITHIN:
        return words("update by", day=day)
    return words("update was due" if update.day < today else "update soon", day=day)


def _registration(cells: Cells) -> Iterator[str]:
    """What the sealed policy says about the registration; nothing where it says nothing."""
    words, emas = cells.words, cells.handbook.policy.emas
    entry, derogation = emas.registration, emas.derogation
    shown = {
        "registration": entry.number,
        "registered since": words.day(entry.since) if entry.since else "",
        "renewed on": words.day(entry.renewed) if entry.renewed else "",
        "competent body": entry.body,
        "organisation size": emas.organisation_size,
        "derogation": words(
            "derogation as granted",
            day=words.day(derogation.granted_on),
            renewal=derogation.renewal_years,
            update=derogation.update_years,
        )
        if derogation
        else "",
        "validated.verifier": emas.verifier.name,
        "validated.accreditation": emas.verifier.accreditation,
        "validated.scope": ", ".join(emas.verifier.scope),
        "registered sites": ", ".join(site.name for site in emas.sites),
    }
    rows = [[escape(words(key)), escape(text)] for key, text in shown.items() if text]
    if rows:
        yield f"## {escape(words('registration'))}"
        yield table([" ", " "], rows)


def _days(cells: Cells, due: list[Deadline]) -> Iterator[str]:
    """What the regulation asks for next, each with its last day and its article; and how a period is counted."""
    words = cells.words
    if not due:
        return
    rows = [
        [
            escape(words(f"legal.{one.duty}") + (f": {one.about}" if one.about else "")),
            words.cell(one.day) + (f" ({words('legal overdue')})" if one.day < cells.handbook.day else ""),
            escape(words("legal article", article=one.article)),
            escape(_counted(words, one)),
        ]
        for one in due
    ]
    yield f"## {escape(words('legal days'))}"
    yield cells.table(("to do", "until", "legal basis", "counted from"), rows, "nothing to do")
    yield escape(words("legal counting"))
    unseen = sorted({one.article for one in due if not one.seen})
    if unseen:
        yield escape(words("legal unseen", articles=", ".join(unseen)))


def _counted(words: Words, one: Deadline) -> str:
    if one.promised:
        return words("legal promised")
    return words("legal since", count=one.months, day=words.day(one.since))


# --- the indicators -------------------------------------------------------------------------------------------


class _Indicators:
    def __init__(self, cells: Cells, found: IndicatorTable, index: int, validated: set[str]) -> None:
        self.cells, self.words, self.table, self.name = cells, cells.words, found, f"ems-i{index}"
        self.validated = found.document.key in validated
        self.areas: dict[str, list[Series]] = {}
        for series in found.series:
            self.areas.setdefault(series.area, []).append(series)

    def text(self) -> str:
        words, page = self.words, addresses.EMAS
        document = self.table.document
        approval = document.in_force
        key = "figures validated" if self.validated else "figures not validated"
        source = words(key, number=approval.revision if approval else "")
        parts = [f"{self.cells.document(document, page, f'{document.id} {document.title}')}: {escape(source)}"]
        parts.append(self._reference_values())
        core = core_areas()
        order = [name for identity in core for name in self.areas if core_area(name) == identity]
        order += [name for name in self.areas if name not in order]
        for index, name in enumerate(order):
            parts.append(self._area(name, core, index))
        missing = [self._title(area) for identity, area in core.items() if identity not in map(core_area, self.areas)]
        if missing:
            parts.append(escape(words("areas missing", areas=", ".join(missing))))
        wrong = [f"{s.indicator} {f.year}" for s in self.table.series for f in s.figures if not f.consistent]
        if wrong:
            parts.append(escape(words("ratio wrong", which=", ".join(wrong))))
        return "\n\n".join(part.rstrip("\n") for part in parts if part)

    def _title(self, area: dict[str, dict[str, str]]) -> str:
        return area["title"].get(self.words.language, area["title"]["en"])

    def _reference_values(self) -> str:
        """The reference value B once, where all indicators of a unit share it."""
        values: dict[tuple[tuple[str, str, str], ...], list[str]] = {}
        for series in self.table.series:
            key = tuple((figure.year, figure.b, figure.unit_b) for figure in series.figures)
            values.setdefault(key, []).append(series.indicator)
        lines = []
        for key, names in values.items():
            units = list(dict.fromkeys(unit for _, _, unit in key))
            one = len(units) == 1
            shown = ", ".join(f"{year}: {b}" if one else f"{year}: {b} {unit}" for year, b, unit in key)
            unit = f", {units[0]}" if one and units[0] else ""
            of = "" if len(values) == 1 else f" ({', '.join(names)})"
            lines.append(escape(f"{self.words('reference value')}{unit}{of} – {shown}"))
        return "<br>\n".join(lines)

    def _area(self, name: str, core: dict[str, dict[str, dict[str, str]]], index: int) -> str:
        years = self.table.years
        area = core.get(core_area(name))
        title = self._title(area) if area else name[:1].upper() + name[1:]
        head = [self.words("indicator"), *(f"A {year}" for year in years), *(f"R {year}" for year in years)]
        rows = [self._row(series, years) for series in self.areas[name]]
        charts = [self._chart(series, f"{self.name}-{index}-{place}") for place, series in enumerate(self.areas[name])]
        figures = '<div class="ems-charts">\n' + "\n".join(charts) + "\n</div>"
        return f"### {escape(title)}\n\n{table([escape(text) for text in head], rows)}\n{figures}"

    def _row(self, series: Series, years: Sequence[str]) -> list[str]:
        by_year = {figure.year: figure for figure in series.figures}
        last = series.figures[-1]
        cells = [f"{series.indicator}, {last.unit_a}"]
        cells += [by_year[year].a if year in by_year else "" for year in years]
        cells += [by_year[year].r if year in by_year else "" for year in years]
        return [escape(cell) for cell in cells]

    def _chart(self, series: Series, name: str) -> str:
        unit = _ratio_unit(series.figures[-1])
        found = [Bar(figure.year, number(figure.r), figure.r) for figure in series.figures]
        title = self.words("chart title", indicator=series.indicator, unit=unit)
        told = "; ".join(f"{figure.year}: {figure.r}" for figure in series.figures)
        caption = f"<figcaption>{escape(title)}</figcaption>"
        return f"<figure>{caption}{bars(name, title, told, found)}</figure>"


def _ratio_unit(figure: Figure) -> str:
    return f"{figure.unit_a} / {figure.unit_b}" if figure.unit_b else figure.unit_a
