"""CSV, and workbooks for those who live in a spreadsheet: formatted, filterable, header and first column in place."""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ems_control.exports import views
from ems_control.exports.words import Words
from ems_control.ground.text import one_line

CellKind = Literal["text", "number", "day"]

COLOURS = {"green": "#1B6E3C", "cyan": "#1F5F8B", "yellow": "#8A5A00", "red": "#B00020", "bright_black": "#6B6B6B"}
"""Colours of a terminal as those of ink on paper."""

LONGEST = 32_767
"""Characters that a cell can hold."""

NUMBERS, DAYS = (
    {"revision", "latest_revision"},
    {"effective", "since", "review_by", "approved_on", "taken_over_on", "until"},
)
WIDTHS = {"title": 42.0, "clauses": 40.0, "path": 34.0, "approved_by": 20.0, "upcoming": 22.0, "overdue": 9.0}

FLAG = "flag"
"""The telling of a column that holds yes or no."""
SHEET_NAME = 31
"""Characters that the name of a sheet can have."""


@dataclass(frozen=True)
class Column:
    """A column: its head, its width in characters, and what its cells are.

    Where its cells are words of the program, `telling` says of which kind, as the keys of words.yml begin: `state`.
    """

    title: str
    width: float = 16.0
    kind: CellKind = "text"
    telling: str = ""


@dataclass(frozen=True)
class Sheet:
    """A table with a name; a cell equal to a key of `styles` gets that colour, rows in `bold` (from 0) are headings.

    A cell may hold several lines. `note` stands at the foot of every printed page and as a comment of the first cell.
    """

    name: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    styles: Mapping[str, str] = field(default_factory=dict)
    bold: frozenset[int] = frozenset()
    note: str = ""


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]], delimiter: str = ",") -> str:
    """CSV for a spreadsheet: a text that would run as a formula gets an apostrophe in front."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([[_harmless(cell) for cell in row] for row in rows])
    return out.getvalue()


def _harmless(cell: Any) -> str:
    text = one_line("" if cell is None else str(cell))
    return "'" + text if text.lstrip()[:1] in ("=", "+", "-", "@") and text else text


def in_words(sheet: Sheet, words: Words) -> Sheet:
    """A sheet in the language of who reads it: its name and heads, and the cells that hold words of the program.

    What a person wrote, and the keys of roles, documents and standards, stay as they are.
    """
    if words.language == "en":
        return sheet
    tellings = [column.telling for column in sheet.columns]
    rows = [[_told(telling, cell, words) for telling, cell in zip(tellings, row, strict=True)] for row in sheet.rows]
    styles = {_told("state", word, words): colour for word, colour in sheet.styles.items()}
    return replace(
        sheet,
        name=words.known(f"sheet.{sheet.name}", sheet.name),
        columns=[replace(one, title=words.known(f"head.{one.title}", one.title)) for one in sheet.columns],
        rows=rows,
        styles={**sheet.styles, **styles},
    )


def _told(telling: str, cell: Any, words: Words) -> Any:
    if isinstance(cell, bool) or telling == FLAG:
        return words("yes" if cell in (True, "yes") else "no")
    return words.known(f"{telling}.{cell}", cell) if telling and isinstance(cell, str) else cell


def workbook(sheets: Sequence[Sheet], title: str, as_of: str) -> bytes:
    """The bytes of an .xlsx file, the same for the same content. Whatever a person wrote is text, never a formula."""
    import xlsxwriter  # here, because every command would wait for it

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        day = datetime.datetime.fromisoformat(as_of)
        book.set_properties({"title": one_line(title), "comments": as_of, "created": day})
        formats = _Formats(book)
        names: list[str] = []
        for sheet in sheets:
            names.append(_name(sheet.name, names))
            _fill(book.add_worksheet(names[-1]), sheet, formats, f"{title} · {sheet.name} · {as_of}")
    return out.getvalue()


class _Formats:
    """Cell formats, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[str, str, bool], Any] = {}
        look = {"bold": True, "bg_color": "#0F4C4A", "font_color": "#FFFFFF", "border": 1}
        self.head = book.add_format({**look, "valign": "top", "text_wrap": True})

    def get(self, kind: CellKind, colour: str = "", bold: bool = False) -> Any:
        """The format of a cell."""
        key = (kind, colour, bold)
        if key not in self._made:
            look: dict[str, Any] = {"valign": "top", "text_wrap": kind == "text", "bold": bold or bool(colour)}
            if bold:
                look["bg_color"] = "#EEF3F2"
            if colour:
                look["font_color"] = colour
            if kind != "text":
                look |= {"num_format": "yyyy-mm-dd" if kind == "day" else "0", "align": "left"}
            self._made[key] = self._book.add_format(look)
        return self._made[key]


def _fill(page: Any, sheet: Sheet, formats: _Formats, head: str) -> None:
    last = max(len(sheet.rows), 1)
    for index, column in enumerate(sheet.columns):
        page.set_column(index, index, column.width)
        page.write_string(0, index, _text(column.title), formats.head)
    kinds, styles = [column.kind for column in sheet.columns], sheet.styles
    for number, row in enumerate(sheet.rows):
        bold = number in sheet.bold
        for index, (kind, cell) in enumerate(zip(kinds, row, strict=True)):
            colour = COLOURS.get(styles.get(cell, ""), "") if styles and isinstance(cell, str) else ""
            _write(page, number + 1, index, kind, cell, formats.get(kind, colour, bold))
    page.freeze_panes(1, 1)
    page.autofilter(0, 0, last, len(sheet.columns) - 1)
    page.ignore_errors({"number_stored_as_text": f"A1:XFD{last + 1}"})
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    page.set_header("&L" + _printed(head))
    page.set_footer(f"&L{_printed(sheet.note)}&R&P / &N")
    if sheet.note:
        page.write_comment(0, 0, sheet.note)


def _write(page: Any, row: int, column: int, kind: CellKind, cell: Any, look: Any) -> None:
    """Write one cell as what it is; what is no number or day of its column is text."""
    if cell is None or cell == "":
        page.write_blank(row, column, None, look)
    elif kind == "number" and isinstance(cell, int):
        page.write_number(row, column, cell, look)
    elif kind == "day" and isinstance(cell, str):
        page.write_datetime(row, column, datetime.datetime.fromisoformat(cell), look)
    else:
        page.write_string(row, column, _text(cell), look)


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    text = str(cell)
    if not text.isprintable():
        text = "\n".join(map(one_line, text.split("\n")))
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _printed(text: str) -> str:
    """Text for a header or footer, where & begins a command and 255 characters are the most."""
    return one_line(text).replace("&", "&&")[:200]


def _name(wanted: str, taken: Sequence[str]) -> str:
    """A name that a sheet can have: without []:*?/\\, not too long, not twice."""
    plain = re.sub(r"[\[\]:*?/\\]", "-", one_line(wanted)).strip("' ") or "Sheet"
    name, number = plain[:SHEET_NAME], 1
    while name.casefold() in {other.casefold() for other in taken}:
        number += 1
        name = f"{plain[: SHEET_NAME - len(str(number)) - 1]} {number}"
    return name


def register_columns() -> list[Column]:
    """The columns of the list of documents."""
    kinds: dict[str, CellKind] = {**dict.fromkeys(NUMBERS, "number"), **dict.fromkeys(DAYS, "day")}
    told = {"state": "state", "type": "type", "evidence": "level"}
    return [
        Column(name.replace("_", " "), WIDTHS.get(name, 15.0), kinds.get(name, "text"), told.get(name, ""))
        for name in views.REGISTER_COLUMNS
    ]


def flattened(value: Any, words: Words) -> Any:
    """A value of the register for one cell."""
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    if isinstance(value, dict):
        return words("upcoming cell", number=value["revision"], day=value["effective"])
    return value
