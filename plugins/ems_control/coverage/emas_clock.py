"""The days that the EMAS regulation sets: until when a statement, a renewal, a publication or an audit is due.

They follow from `emas` in ems.yml, which is sealed with the policy, and from the validations that approved statements
name. A period of months ends with the day of the same date, that day included, and with the last of a month that has no
such date (Regulation (EEC, Euratom) 1182/71, article 3). Days off do not make a period longer here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date
from typing import Literal

from ems_control.approvals.lifecycle import add_months
from ems_control.coverage.statements import Statement, all_statements
from ems_control.ground.organisation.emas import RENEWAL_YEARS, UPDATE_YEARS, Derogation, Emas
from ems_control.ground.text import number_of
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.live_tables import tables_in_force
from ems_control.handbook.outstanding.tasks import Task

Duty = Literal["renewal", "update", "not-validated", "publication", "change", "audit"]
SEEN: frozenset[str] = frozenset({"7(1)", "7(3)"})
"""Articles whose text was read for this product. What the others say is general knowledge until it was."""
PUBLISHED_WITHIN, CHANGE_WITHIN, AUDIT_YEARS = 1, 6, 3
QUARTERS = (1, 2, 3, 4)
PLAN_COLUMNS = {"place", "year", "quarter", "state"}
"""The columns by which a table in force is known as the programme of internal audits."""


@dataclass(frozen=True)
class Deadline:
    """A duty with the last day on which it can be met.

    `article` is of Regulation (EC) 1221/2009, `since` the day from which the period of `months` runs, `about` what it
    is about where there are several (a change, a place), `statement` the one that it follows.
    """

    duty: Duty
    article: str
    since: date
    months: int
    day: date
    statement: Statement | None = None
    about: str = ""

    @property
    def promised(self) -> bool:
        """Whether the statement itself names an earlier day than the regulation."""
        return self.day < add_months(self.since, self.months)

    @property
    def seen(self) -> bool:
        """Whether the text of the article was read; else it is general knowledge, and is said to be."""
        return self.promised or self.article in SEEN


@dataclass(frozen=True)
class Audited:
    """A place of the audit programme and the last day of the quarter in which it was audited last."""

    place: str
    day: date


def deadlines(handbook: Handbook) -> list[Deadline]:
    """What is due next, or overdue, on the handbook's day, the earliest first."""
    found = deadlines_of(handbook.policy.emas, all_statements(handbook), handbook.day, audited(handbook))
    return sorted(found, key=lambda one: (one.day, one.duty, one.about))


def legal_tasks(handbook: Handbook) -> list[Task]:
    """The deadlines as tasks of the statement's owner, else of the policy role. Facts: `duty`, `about`, `article`."""
    found = []
    for one in deadlines(handbook):
        document = one.statement.document if one.statement else None
        owner = document.shown.metadata.owner if document else None
        facts = {"duty": one.duty, "about": one.about, "article": one.article}
        role = owner or handbook.policy.policy_approval.role
        found.append(Task("legal", document.id if document else "EMAS", one.day, role, document, facts))
    return found


def deadlines_of(
    emas: Emas, statements: Sequence[Statement], day: date, audits: Sequence[Audited] = ()
) -> Iterator[Deadline]:
    """The deadlines of a registration on a day, by the statements in force by then (in the order of their days)."""
    derogation = emas.derogation if emas.derogation and emas.derogation.holds_on(day) else None
    since = emas.registration.since
    validated = [one for one in statements if one.validation.kind != "not-validated"]
    full = [one for index, one in enumerate(validated) if one.validation.kind == "full" or index == 0]
    yield from _statement_days(derogation, since, full, validated, statements)
    for registered in (emas.registration.since, emas.registration.renewed):
        if registered and not any(one.first_day <= day and _answers(one, registered) for one in validated):
            yield _due("publication", "6(3)", registered, PUBLISHED_WITHIN)
    for change in emas.substantial_changes:
        if change.day <= day and not any(one.day and one.day >= change.day for one in validated):
            yield _due("change", "8", change.day, CHANGE_WITHIN, about=change.what)
    years = derogation.renewal_years if derogation else AUDIT_YEARS
    if statements or since:
        yield from (_due("audit", "9", one.day, 12 * years, about=one.place) for one in audits)


def _statement_days(
    derogation: Derogation | None,
    since: date | None,
    full: Sequence[Statement],
    validated: Sequence[Statement],
    every: Sequence[Statement],
) -> Iterator[Deadline]:
    renewal = derogation.renewal_years if derogation else RENEWAL_YEARS
    update = derogation.update_years if derogation else UPDATE_YEARS
    for start, last in _starts(since, full):
        yield _due("renewal", "7(1)" if renewal > RENEWAL_YEARS else "6(1)", start, 12 * renewal, last)
    for start, last in _starts(since, validated):
        yield _due("update", "7(1)" if update > UPDATE_YEARS else "6(2)", start, 12 * update, last)
    last = validated[-1] if validated else None
    if update > UPDATE_YEARS and last and last.day and every[-1] is last:  # the year without validation is still open
        yield _due("not-validated", "7(3)", last.day, 12, last)


def _starts(since: date | None, statements: Sequence[Statement]) -> Iterator[tuple[date, Statement | None]]:
    """The day from which a period runs: of the last of these validations, else of the registration."""
    last = statements[-1] if statements else None
    start = last.day if last else since
    if start:
        yield start, last


def _due(
    duty: Duty, article: str, since: date, months: int, statement: Statement | None = None, about: str = ""
) -> Deadline:
    own = statement.validation.next_update if statement and duty == "update" else None
    day = add_months(since, months)
    return Deadline(duty, article, since, months, min(day, own) if own else day, statement, about)


def _answers(statement: Statement, registered: date) -> bool:
    """Whether a statement is the one that a registration or renewal made public: validated in the year before it."""
    return statement.day is not None and add_months(statement.day, 12) >= registered


def audited(handbook: Handbook) -> list[Audited]:
    """The last audit of each place that is done, by the programme in force."""
    found: dict[str, date] = {}
    tables = [table for _, _, table in tables_in_force(handbook) if set(table.columns) >= PLAN_COLUMNS]
    for row in (row for table in tables for row in table.rows):
        year, quarter = number_of(row["year"]) or 0, number_of(row["quarter"])
        if (
            row["state"].strip().casefold() == "done"
            and row["place"]
            and MINYEAR <= year < MAXYEAR
            and quarter in QUARTERS
        ):
            end = add_months(date(year, 3 * quarter, 1), 1) - date.resolution
            place = row["place"].replace("-", " ") if row["place"] in handbook.policy.groups else row["place"]
            found[place] = max(end, found.get(place, date.min))
    return [Audited(place, day) for place, day in sorted(found.items())]
