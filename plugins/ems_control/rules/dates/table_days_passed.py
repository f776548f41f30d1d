"""Family 6, rows of tables: obligations not evaluated, documents from outside and equipment not checked in time."""

from __future__ import annotations

from collections.abc import Iterator

from ems_control.ground.text import counted
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.outstanding.table_days import TableDay, table_days
from ems_control.rules.book import rule
from ems_control.rules.finding import Found

_WHAT = {"evaluation": "the evaluation", "check": "the check", "equipment": "the check"}
_FIX = {
    "evaluation": "Evaluate it, and bring the table with the result and the next day into force.",
    "check": "Check it, and bring the table with the next day into force.",
    "equipment": "Check it, and write the day into last_check.",
}


@rule("EMS607", "row-overdue", "warning", needs_history=True, sees="shared")
def row_overdue(handbook: Handbook) -> Iterator[Found]:
    """A day that a row of a table names for itself has passed: an obligation to evaluate, something to check.

    Checks: In the tables of documents in force, no `next_evaluation` and no `next_check` has passed, and each is a day
        like 2026-03-01. In the table of the emergency equipment, `last_check` lies at most `check_every` months back.
    Basis: ISO 14001:2015 and ISO 14001:2026, 9.1.2 and 8.2; EMAS A.9.1.2 and A.8.2. For documents from outside and
        equipment the interval is the organisation's own.
    Bad:
        docs/procedures/obligations.csv
          = id,title,owner,next_evaluation
          = O-01,Sewer consent,lead,2025-03-31
        docs/procedures/EMS-PRO-001.md
          > ## Drains {#drains}
          >
          > [Obligations](obligations.csv){ .table }
    Good:
        docs/procedures/obligations.csv
          = id,title,owner,next_evaluation
          = O-01,Sewer consent,lead,2026-03-31
        docs/procedures/EMS-PRO-001.md
          > ## Drains {#drains}
          >
          > [Obligations](obligations.csv){ .table }
    Fix: Do what is due, and write the next day.
    """
    for one in table_days(handbook):
        if one.day is None or one.day < handbook.day:
            document = one.document.id if one.document else ""
            yield Found(one.path, one.line, 1, document, _message(handbook, one), _FIX[one.kind])


def _message(handbook: Handbook, one: TableDay) -> str:
    owner = handbook.people.title(one.owner) if one.owner else "nobody"
    if one.day is None:
        return f'{one.row}: "{one.written}" is no day, so nobody knows when {_WHAT[one.kind]} is due ({owner})'
    days = (handbook.day - one.day).days
    return (
        f"{one.row}: {_WHAT[one.kind]} by its owner, {owner}, was due on {one.day}, "
        f"{counted(days, '{number} day ago', '{number} days ago')}"
    )
