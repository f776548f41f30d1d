"""`ems matrix`: clauses and what answers them, per clause or per document, as text, data or workbook."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import click

from ems_control.cli.context import Context, as_of, formats, pass_context
from ems_control.cli.output import STATES, as_json, as_table, deliver, to_file
from ems_control.cli.telling import clause_title_spoken, own_word, reading_language, spoken
from ems_control.coverage.coverage import coverages
from ems_control.exports import matrix_views, views
from ems_control.exports.self_assessment import Assessment, RequirementAnswer, RequirementRow, assessment
from ems_control.exports.spreadsheet import Column, Sheet, as_csv, in_words, workbook
from ems_control.exports.words import Words
from ems_control.ground.errors import EmsError
from ems_control.ground.text import one_line
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.own_standards import SELF_ASSESSMENT

NOTE = "Shows where a clause is answered, not that it is fulfilled."
WORDS = {
    "overdue": "review overdue",
    "empty": "nothing under the heading",
    "no-heading": "no such heading",
    "document": "document",
    "evidence": "evidence",
}
CLAUSES = [
    Column("clause", 14),
    Column("title", 40),
    Column("answered in", 44),
    Column("asks for", 22),
    Column("duty", 8),
    Column("since", 12, "day"),
    Column("remark", 36),
    Column("evidence kept", 36),
    Column("implied by", 40),
    Column("to be verified", 36),
]
IN_TEXT = 7
"""So many of these columns fit side by side on a screen."""
REQUIREMENTS = [
    Column("requirement", 8),
    Column("what is asked", 44),
    Column("clauses", 16),
    Column("how it is met", 54),
    Column("rules, commands, pages", 44),
    Column("answered in", 40),
    Column("evidence that auditors look for", 44),
    Column("to be verified", 24),
]
DOCUMENTS = [
    Column("number", 16),
    Column("title", 40),
    Column("standard", 18),
    Column("clause", 18),
    Column("clause title", 40),
    Column("heading", 36),
    Column("since", 12, "day"),
    Column("remark", 24),
]


Table = matrix_views.Matrix | Assessment


class Told(NamedTuple):
    """How the cells of a table are told: words of ours, sentences of ours, titles of clauses."""

    word: Callable[[str], str]
    sentence: Callable[[str], str]
    title: Callable[[str], str]


TO_PEOPLE = Told(own_word, spoken, clause_title_spoken)
TO_PROGRAMS = Told(str, str, str)


@dataclass(frozen=True)
class Several:
    """The matrices of several standards."""

    version: int
    as_of: datetime.date
    standards: list[Table]


@click.command()
@click.option(
    "--standard",
    "names",
    multiple=True,
    metavar="S",
    help=f"iso-14001:2026, emas …, as often as wanted; default: those claimed. {SELF_ASSESSMENT}: the self-assessment.",
)
@click.option("--inverse", is_flag=True, help="Per document in force, the clauses that it answers.")
@as_of
@formats("table", "json", "csv", "xlsx")
@to_file
@pass_context
def matrix(
    context: Context,
    names: tuple[str, ...],
    inverse: bool,
    as_of: datetime.date | None,
    shape: str,
    output: Path | None,
) -> None:
    """Clauses and the documents in force that answer them.

    Shows where a clause is answered, not that it is fulfilled: own answers count, those implied by a related clause
    are shown apart. The exit status is that of reading; `ems check` judges (EMS408, EMS409).
    """
    with context.open(as_of) as handbook:
        handbook.require_history()
        wanted = tuple(dict.fromkeys(names or handbook.policy.standards))
        if not wanted:
            raise EmsError("ems.yml claims no standard. Name one with --standard.")
        language = reading_language(people=shape in ("table", "xlsx"))
        data = _inverse(handbook, wanted) if inverse else _per_clause(handbook, wanted, language)
        organisation, day = handbook.policy.organisation, handbook.day.isoformat()
    deliver(_said(data, shape, language, organisation, day), output, shape)


def file(handbook: Handbook, wanted: tuple[str, ...], shape: str) -> str | bytes:
    """The matrices of standards as `json` or `xlsx`."""
    language = reading_language(people=shape == "xlsx")
    data = _per_clause(handbook, wanted, language)
    return _said(data, shape, language, handbook.policy.organisation, handbook.day.isoformat())


def _said(
    data: Table | Several | matrix_views.Inverse, shape: str, language: str, organisation: str, day: str
) -> str | bytes:
    if shape == "json":
        return as_json(views.plain(data))
    tables = data.standards if isinstance(data, Several) else [data]
    if shape == "table":
        return "\n\n".join(_text(table, day) for table in tables)
    told = TO_PEOPLE if shape == "xlsx" else TO_PROGRAMS
    sheets = [_by_document(one, told) if isinstance(one, matrix_views.Inverse) else _sheet(one, told) for one in tables]
    if shape == "xlsx":
        return workbook([in_words(sheet, Words(language)) for sheet in sheets], organisation, day)
    return _csv(sheets, named=not isinstance(data, matrix_views.Inverse))


def _per_clause(handbook: Handbook, wanted: tuple[str, ...], language: str) -> Table | Several:
    found = iter(coverages(handbook, [name for name in wanted if name != SELF_ASSESSMENT]))
    tables: list[Table] = [
        assessment(handbook, language) if name == SELF_ASSESSMENT else matrix_views.matrix(handbook, next(found))
        for name in wanted
    ]
    return tables[0] if len(tables) == 1 else Several(views.VERSION, handbook.day, tables)


def _inverse(handbook: Handbook, wanted: tuple[str, ...]) -> matrix_views.Inverse:
    if SELF_ASSESSMENT in wanted:
        raise EmsError(f"{SELF_ASSESSMENT} has no view per document. Leave out --inverse.")
    return matrix_views.inverse(handbook, coverages(handbook, wanted))


def _sheet(table: Table, told: Told, places: bool = True) -> Sheet:
    if isinstance(table, Assessment):
        rows = [_requirement(row, told) for row in table.clauses]
        return Sheet(SELF_ASSESSMENT, REQUIREMENTS, rows, note=told.sentence(NOTE))
    headings = frozenset(index for index, row in enumerate(table.clauses) if not row.assessable)
    rows = [_line(row, told, places) for row in table.clauses]
    return Sheet(table.standard, CLAUSES, rows, _styles(told), headings, _note(table, told))


def _styles(told: Told) -> dict[str, str]:
    return {told.word(word): colour for word, colour in STATES.items()}


def _note(table: matrix_views.Matrix, told: Told) -> str:
    counted = [row for row in table.clauses if row.assessable and row.not_applicable is None]
    answered = len(counted) - len(table.gaps)
    counts = f"{len(counted)} assessable clauses, {answered} answered by documents in force"
    return f"{told.sentence(counts)}, {told.sentence(f'{len(table.unmet)} duties unmet')}. {told.sentence(NOTE)}"


def _line(row: matrix_views.ClauseRow, told: Told, places: bool) -> list[Any]:
    evidence = [f"{e.row}: {e.kept_where}, {e.keeper}, {e.keep_for}" for e in row.evidence]
    implied = [f"{i.clause} ({told.word(i.relation)}): {', '.join(i.documents)}" for i in _further(row)]
    doubts = [row.to_verify, row.duty_to_verify and f"duty: {row.duty_to_verify}"]
    return [
        row.clause,
        told.title(row.title),
        "\n".join(_places(row.answers)) if places else ", ".join(row.documents),
        _asked(row, told),
        "" if row.duty == "none" else told.word(row.duty),
        row.since.isoformat() if row.since else None,
        "; ".join(map(told.sentence, _remarks(row))),
        "\n".join(evidence),
        "\n".join(implied),
        "\n".join(told.sentence(doubt) for doubt in doubts if doubt),
    ]


def _asked(row: matrix_views.ClauseRow, told: Told) -> str:
    """Which kinds of documented information a clause asks for."""
    between = f" {told.word('or')} " if row.either else ", "
    extent = f" {told.word('(as far as needed)')}" if row.asks_for and row.to_extent else ""
    return between.join(map(told.word, row.asks_for)) + extent


def _further(row: matrix_views.ClauseRow) -> list[matrix_views.ImpliedRow]:
    """What related clauses imply, without the documents that answer this one anyway."""
    own = set(row.documents)
    found = [replace(entry, documents=[name for name in entry.documents if name not in own]) for entry in row.implied]
    return [entry for entry in found if entry.documents]


def _places(answers: Sequence[matrix_views.AnswerRow | RequirementAnswer]) -> list[str]:
    """Documents with their headings, one line each."""
    found: dict[str, list[str]] = {}
    for answer in answers:
        found.setdefault(answer.document, []).extend([answer.heading] if answer.heading else [])
    return [f"{name} {' / '.join(dict.fromkeys(headings))}".strip() for name, headings in found.items()]


def _remarks(row: matrix_views.ClauseRow) -> list[str]:
    if row.not_applicable is not None:
        return [f"not applicable: {row.not_applicable}"]
    if not row.assessable:
        return []
    remarks = []
    if row.answers and row.weak:
        reasons = dict.fromkeys(WORDS[answer.weak] for answer in row.answers if answer.weak)
        remarks.append(f"weak: {', '.join(reasons)}")
    elif not row.answers:
        remarks.append("no document, none asked for" if row.silent else "no document")
        if row.expected:
            remarks.append(f"starts later: {', '.join(row.expected)}")
        if row.implied:
            remarks.append(f"implied by {row.implied[0].clause}")
    if row.duty == "unmet":
        remarks += [f"{e.row} lacks {', '.join(e.missing)}" for e in row.incomplete_evidence]
    return remarks


def _requirement(row: RequirementRow, told: Told) -> list[Any]:
    return [
        row.clause,
        row.title,
        ", ".join(row.basis),
        row.how,
        "\n".join([*row.commands, *row.rules, *row.pages]),
        "\n".join(_places(row.answers)),
        "\n".join(row.evidence),
        told.sentence(row.to_verify or ""),
    ]


def _by_document(data: matrix_views.Inverse, told: Told) -> Sheet:
    rows: list[list[Any]] = []
    for document in data.documents:
        for one in document.clauses:
            place = [one.standard, one.clause, told.title(one.title), one.heading, one.since.isoformat()]
            rows.append([document.id, document.title, *place, told.sentence(WORDS[one.weak]) if one.weak else ""])
        if not document.clauses:
            rows.append([document.id, document.title, None, None, None, None, None, told.sentence("no clause")])
    return Sheet("Documents", DOCUMENTS, rows, _styles(told), note=told.sentence(NOTE))


def _csv(sheets: Sequence[Sheet], named: bool) -> str:
    """All tables below one head; where they have different columns, each below its own."""
    lead = ["standard"] if named else []
    parts: list[str] = []
    seen: Sequence[Column] = ()
    for sheet in sheets:
        rows = [[*([sheet.name] if named else []), *(_flat(cell) for cell in row)] for row in sheet.rows]
        text = as_csv([*lead, *(column.title for column in sheet.columns)], rows)
        parts.append(text.split("\n", 1)[1] if sheet.columns is seen else text)
        seen = sheet.columns
    return "".join(parts)


def _text(table: Table | matrix_views.Inverse, day: str) -> str:
    """A table for the screen: documents by number only, without the columns that do not fit side by side."""
    if isinstance(table, Assessment):
        return "\n\n".join([_heading(SELF_ASSESSMENT, day), *map(_block, table.clauses), spoken(NOTE)])
    by_document = isinstance(table, matrix_views.Inverse)
    told = TO_PEOPLE
    sheet = _by_document(table, told) if isinstance(table, matrix_views.Inverse) else _sheet(table, told, places=False)
    wide = len(DOCUMENTS) if by_document else IN_TEXT
    rows = [[_flat(cell) for cell in row][:wide] for row in sheet.rows]
    lines = as_table([column.title for column in sheet.columns][:wide], rows, STATES)
    return f"{_heading(sheet.name, day)}\n{lines}\n{sheet.note}"


def _heading(name: str, day: str) -> str:
    return click.style(spoken(f"{name} as of {day}"), bold=True)


def _block(row: RequirementRow) -> str:
    """A requirement with what meets it, one thing a line."""
    doubt = spoken(f" (to be verified: {row.to_verify})") if row.to_verify else ""
    lines = [
        ("met", row.how),
        ("by", ", ".join([*row.commands, *row.rules, *row.pages])),
        ("answered in", "; ".join(_places(row.answers)) or "no document in force"),
        ("auditors look for", "; ".join(row.evidence)),
    ]
    head = click.style(f"{row.clause} ({', '.join(row.basis)})", bold=True)
    return "\n".join(
        [
            f"{head} {row.title}{doubt}",
            *(f"  {own_word(name)}: {one_line(spoken(text))}" for name, text in lines if text),
        ]
    )


def _flat(cell: Any) -> Any:
    return cell.replace("\n", "; ") if isinstance(cell, str) else cell
