"""What diff says of two revisions."""

from __future__ import annotations

from typing import Any

import click

from ems_control.cli.context import document
from ems_control.cli.differences import marked_lines, shown_lines, told
from ems_control.cli.output import as_json
from ems_control.cli.reading.looked_up import text_of
from ems_control.cli.telling import spoken
from ems_control.exports import views
from ems_control.ground.errors import EmsError
from ems_control.ground.text import log_safe, one_line
from ems_control.handbook.changes import changes_of
from ems_control.handbook.handbook import Handbook


def compared(handbook: Handbook, document_id: str, old: int | None, new: int | None, shape: str) -> str:
    """What changed between two revisions as `text` or `json`; raises EmsError where one has no text."""
    handbook.require_history()
    found = document(handbook, document_id)
    numbers = [n for n in views.revision_numbers(found) if views.text_of(found, n)]
    if new is None:
        new = numbers[0] if numbers else 1
    if old is None:
        old = next((n for n in numbers if n < new), None)
    if old is None:
        raise EmsError(f"{found.id} has no text before revision {new} in this repository; there is nothing to compare.")
    before, after = text_of(found, old), text_of(found, new)
    lines, changes = marked_lines(before, after), changes_of(handbook, before, after)
    if shape == "json":
        kinds = {"-": "deleted", "+": "inserted"}
        data: dict[str, Any] = {"version": 1, "document": found.id, "from": old, "to": new}
        data["lines"] = [{"kind": kinds.get(mark, "same"), "text": text} for mark, text in lines]
        return as_json({**data, "changes": [change.as_json() for change in changes]})
    words = spoken(f"{found.id} {found.title}: revision {old} → {new}")
    head = click.style(log_safe(one_line(words)), bold=True)
    return "\n".join([head, *told(changes), *shown_lines(lines)])
