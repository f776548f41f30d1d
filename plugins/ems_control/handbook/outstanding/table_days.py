"""Days that rows of tables name for themselves: obligations to evaluate, documents from outside and equipment to check.

A table is known by its columns, whatever it is called: `next_evaluation` or `next_check` with an `owner` in a table of
a document in force; `last_check` and `check_every` in the table of the equipment, which is read at HEAD.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ems_control.approvals.lifecycle import add_months
from ems_control.ground.text import day_of, decode, number_of
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.live_tables import EQUIPMENT, living_table, tables_in_force
from ems_control.handbook.outstanding.tasks import Task

DayKind = Literal["evaluation", "check", "equipment"]
COLUMNS: dict[str, DayKind] = {"next_evaluation": "evaluation", "next_check": "check"}


@dataclass(frozen=True)
class TableDay:
    """A row and the day by which something is to be done about it; `day` is None where what is `written` is no day."""

    kind: DayKind
    row: str
    day: date | None
    written: str
    owner: str
    document: Document | None
    path: str
    line: int


def table_days(handbook: Handbook) -> list[TableDay]:
    """Every such day, by table and row."""
    return [*_in_force(handbook), *_equipment(handbook)]


def _in_force(handbook: Handbook) -> Iterator[TableDay]:
    seen: set[str] = set()
    for document, attachment, table in tables_in_force(handbook):
        known = [column for column in COLUMNS if column in table.columns]
        if not known or attachment.path in seen:
            continue
        seen.add(attachment.path)
        lines = decode(handbook.tree.store.read(attachment.blob))[0].split("\n")
        for row in table.rows:
            name = next(iter(row.values()), "")
            owner = row.get("owner") or document.shown.metadata.owner or ""
            for column in known:
                written = row[column].strip()
                if written:
                    place = attachment.path, _line(lines, name)
                    yield TableDay(COLUMNS[column], name, day_of(written), written, owner, document, *place)


def _equipment(handbook: Handbook) -> Iterator[TableDay]:
    table = living_table(handbook, EQUIPMENT)
    if table is None or not {"last_check", "check_every"} <= set(table.columns):
        return
    path = f"{handbook.docs}/{table.path}"
    lines = decode(handbook.tree.store.read(handbook.tree.committed[path]))[0].split("\n")
    for row in table.rows:
        name, months = next(iter(row.values()), ""), number_of(row["check_every"])
        if months is None:
            continue  # nothing says how often
        last = day_of(row["last_check"])
        due = add_months(last, months) if last else None
        written, owner = row["last_check"] or "–", row.get("checked_by") or handbook.policy.policy_approval.role
        yield TableDay("equipment", name, due, written, owner, None, path, _line(lines, name))


def _line(lines: list[str], name: str) -> int:
    """The line of a row, by its first cell."""
    return next((n for n, line in enumerate(lines, 1) if line.lstrip('"').startswith(name)), 1)


def table_tasks(handbook: Handbook) -> list[Task]:
    """The same as tasks, and the days of the change between editions: rows of one owner with one day are one task.

    Facts: `rows`; of a change between editions, `what` it is.
    """
    found: dict[tuple[DayKind, str, date, str], tuple[TableDay, list[str]]] = {}
    for one in table_days(handbook):
        if one.day:
            found.setdefault((one.kind, one.path, one.day, one.owner), (one, []))[1].append(one.row)
    tasks = [
        Task(
            one.kind,
            one.document.id if one.document else "",
            one.day,
            one.owner,
            one.document,
            {"rows": ", ".join(rows)},
        )
        for one, rows in found.values()
    ]
    return [*tasks, *_transition(handbook)]


def transition_days(handbook: Handbook) -> Iterator[tuple[str, date]]:
    """The days of the change between editions, by what they are: those to come, and what passed while it is not done.

    It is done once the old edition is claimed no more. The last day of initial audits asks for nothing.
    """
    transition = handbook.policy.transition
    open_ = transition is not None and transition.from_ in handbook.policy.standards
    for what in ("last_initial_audit", "transition_audit", "end"):
        planned = getattr(transition, what, None)
        if planned and (planned.date >= handbook.day or (open_ and what != "last_initial_audit")):
            yield what, planned.date


def _transition(handbook: Handbook) -> Iterator[Task]:
    transition, role = handbook.policy.transition, handbook.policy.policy_approval.role
    for what, day in transition_days(handbook):
        yield Task("transition", transition.to if transition else "", day, role, None, {"what": what})
