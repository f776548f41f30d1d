"""What register, history and show say of a handbook."""

from __future__ import annotations

from typing import Any

from ems_control.cli.context import document, read_instead
from ems_control.cli.output import STATES, as_json, as_table
from ems_control.cli.telling import reading_language, spoken
from ems_control.documents.history import Version
from ems_control.exports import views
from ems_control.exports.spreadsheet import Sheet, as_csv, flattened, in_words, register_columns, workbook
from ems_control.exports.words import Words
from ems_control.ground.errors import EmsError
from ems_control.ground.text import counted, log_safe, one_line
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.successors import successors

UNKNOWN_ONE = (
    "Not in this list: {number} document of which a revision was in force on {day} by its own history, but no text of "
    "it is in git."
)
UNKNOWN_SEVERAL = (
    "Not in this list: {number} documents of which a revision was in force on {day} by their own history, but no text "
    "of it is in git."
)


def register(handbook: Handbook, shape: str) -> str:
    """The list of documents as `table` or `json`."""
    data = _register(handbook)
    if shape == "json":
        return as_json(views.plain(data))
    columns = ["number", "title", "state", "revision", "since", "owner", "next review", "remark"]
    table = as_table(columns, [_register_line(row) for row in data.documents], STATES)
    unknown = "\n".join(log_safe(one_line(spoken(line))) for line in _unknown(data))
    return f"{table}\n\n{unknown}" if unknown else table


def register_file(handbook: Handbook, shape: str) -> tuple[str | bytes, list[str]]:
    """The list of documents as `csv` or `xlsx`, and what it cannot know of its day."""
    data = _register(handbook)
    words = Words("en" if shape == "csv" else reading_language())
    rows = [[flattened(cell, words) for cell in views.plain(row).values()] for row in data.documents]
    if shape == "csv":
        return as_csv(views.REGISTER_COLUMNS, rows), _unknown(data)
    sheet = in_words(Sheet("Register", register_columns(), rows, STATES), words)
    return workbook([sheet], handbook.policy.organisation, data.as_of.isoformat()), _unknown(data)


def _register(handbook: Handbook) -> views.Register:
    handbook.require_history()
    return views.register(handbook)


def _unknown(data: views.Register) -> list[str]:
    """What the list cannot know of its day; nothing where it knows all."""
    if not data.without_text:
        return []
    lines = [counted(len(data.without_text), UNKNOWN_ONE, UNKNOWN_SEVERAL, day=data.as_of)]
    return lines + [f"{one.id} {one.title}: revision {one.revision}, since {one.since}" for one in data.without_text]


def _register_line(row: views.RegisterRow) -> list[Any]:
    remark = "overdue" if row.overdue else ""
    if row.upcoming:
        remark = f"revision {row.upcoming.revision} starts {row.upcoming.effective}"
    elif row.until:
        remark = remark or f"ends {row.until}"
    elif row.revision and row.latest_revision and row.latest_revision > row.revision:
        remark = remark or f"revision {row.latest_revision} in work"
    return [row.id, row.title, row.state, row.revision, row.since, row.owner, row.review_by, remark]


def history(handbook: Handbook, document_id: str, shape: str) -> str:
    """The revisions of a document as `table`, `json` or `csv`."""
    handbook.require_history()
    data = views.history(document(handbook, document_id))
    if shape == "json":
        return as_json(views.plain(data))
    columns = ["revision", "state", "date", "effective", "author", "approved by", "change"]
    rows = [
        [r.revision, r.state, r.date_, r.effective, r.author, ", ".join(a.person for a in r.approvals), _change(r)]
        for r in data.revisions
    ]
    return as_csv(columns, rows).rstrip("\n") if shape == "csv" else as_table(columns, rows, STATES)


def _change(row: views.HistoryRow) -> str:
    back = [f"Brought back on {one.first_day} by {', '.join(one.by)}." for one in row.returns]
    return " ".join([row.change or "", *back]).strip()


def shown(handbook: Handbook, document_id: str, revision: int | None, shape: str) -> str:
    """The text in force, or of a revision, as `text` or `json`; raises EmsError where there is none."""
    handbook.require_history()
    found = document(handbook, document_id)
    if revision is None and found.in_force is None and successors(handbook, found):
        raise EmsError(f"{found.id} has no revision in force ({found.state}). {read_instead(handbook, found)}")
    version = text_of(found, revision)
    if shape != "json":
        return version.file.body
    data = {
        "version": 1,
        "document": found.id,
        "revision": version.metadata.revision,
        "digest": found.digest_of(version),
        "body": version.file.body,
    }
    return as_json(data)


def text_of(found: Document, revision: int | None) -> Version:
    """The text in force, or of a revision; raises EmsError where there is none."""
    if revision is None:
        if found.in_force is None:
            raise EmsError(f"{found.id} has no revision in force ({found.state}). Name one with --revision.")
        return found.in_force.version
    version = views.text_of(found, revision)
    if version is None:
        numbers = ", ".join(str(n) for n in reversed(views.revision_numbers(found)) if views.text_of(found, n))
        raise EmsError(
            f"the text of {found.id} revision {revision} is not in this repository. Here are: {numbers or 'none'}."
        )
    return version
