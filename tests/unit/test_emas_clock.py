"""Dated cases of the EMAS regulation: nothing on the day before and on the last day, a finding on the day after."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from ems_control.handbook.loading import load
from ems_control.rules.book import run
from tests.examples import make

HEAD = """
ems.yml
  emas: {emas}
  types:
    procedure: {{prefix: EMS-PRO, level: declared, approve: manager}}
    statement: {{prefix: EMS-STA, level: declared, approve: manager, review_months: 240}}
"""
STATEMENT = """
docs/statements/EMS-STA-00{number}.md
  id: EMS-STA-00{number}
  title: Statement {number}
  type: statement
  clauses:
  validated: {{day: {day}, verifier: V. Ender, accreditation: XX-V-0000{more}}}
"""
PLAN = """
docs/procedures/EMS-PRO-002.md
  id: EMS-PRO-002
  title: Audits
  > The programme: [audits](audits.csv){{ .table }}
docs/procedures/audits.csv
  = place,year,quarter,state
  = {rows}
"""
FULL, UPDATE, SPARED = ", kind: full", ", kind: update", ", kind: not-validated"


def registered(since: str, **more: str) -> str:
    """A registration with what else ems.yml says."""
    return (
        "{"
        + ", ".join([f"registration: {{number: XX-1, since: {since}}}", *(f"{k}: {v}" for k, v in more.items())])
        + "}"
    )


def granted(day: str, renewal: int = 4, update: int = 2, more: str = "") -> str:
    """Article 7 as granted on a day."""
    return f"{{article: 7, granted_on: {day}, by: body, renewal_years: {renewal}, update_years: {update}{more}}}"


def only(derogation: str) -> str:
    return f"{{derogation: {derogation}}}"


CASES = {
    # the yearly update
    "update": ("{}", [("2025-06-18", "")], "2026-06-18", "6(2)"),
    "update of a leap day": ("{}", [("2024-02-29", "")], "2026-02-28", "6(2)", [("2025-02-28", UPDATE)]),
    "update of the day before a leap day": ("{}", [("2025-02-28", "")], "2026-02-28", "6(2)"),
    "update of the last of a month": ("{}", [("2025-08-31", "")], "2026-08-31", "6(2)"),
    "update of the last of a year": ("{}", [("2025-12-31", "")], "2026-12-31", "6(2)"),
    "update after an update": ("{}", [("2024-03-01", FULL), ("2025-05-10", UPDATE)], "2026-05-10", "6(2)"),
    "the later of two on paper": ("{}", [("2025-05-10", UPDATE), ("2025-09-01", UPDATE)], "2026-09-01", "6(2)"),
    "a validation that has not come is none": (
        registered("2026-01-15"),
        [],
        "2027-01-15",
        "6(2)",
        [("2034-12-31", "")],
    ),
    "an earlier promise": ("{}", [("2025-06-18", ", next_update: 2026-05-01")], "2026-05-01", "6(2)"),
    "the same promise": ("{}", [("2025-06-18", ", next_update: 2026-06-18")], "2026-06-18", "6(2)"),
    "registered, no statement yet": (registered("2026-01-15"), [], "2027-01-15", "6(2)"),
    "registered on the last of January": (registered("2026-01-31"), [], "2027-01-31", "6(2)"),
    # the update with Article 7
    "two years": (only(granted("2025-01-01")), [("2025-06-18", "")], "2027-06-18", "7(1)"),
    "two years to a leap day": (only(granted("2025-01-01")), [("2026-02-28", "")], "2028-02-28", "7(1)"),
    "granted for one year between updates": (
        only(granted("2025-01-01", update=1)),
        [("2025-06-18", "")],
        "2026-06-18",
        "6(2)",
    ),
    "granted later than the check": (only(granted("2030-01-01")), [("2025-06-18", "")], "2026-06-18", "6(2)"),
    "granted until a day that has passed": (
        only(granted("2024-01-01", more=", until: 2025-12-31")),
        [("2025-06-18", "")],
        "2026-06-18",
        "6(2)",
    ),
    "granted for the renewal alone": (only(granted("2025-01-01", 4, 1)), [("2025-06-18", "")], "2026-06-18", "6(2)"),
    # the update that is not validated
    "spared year": (only(granted("2025-01-01")), [("2025-06-18", "")], "2026-06-18", "7(3)"),
    "spared year of the last of a month": (only(granted("2025-01-01")), [("2025-10-31", "")], "2026-10-31", "7(3)"),
    "no spared year without two years": (only(granted("2025-01-01", update=1)), [("2025-06-18", "")], None, "7(3)"),
    "no spared year without Article 7": ("{}", [("2025-06-18", "")], None, "7(3)"),
    "spared update done": (only(granted("2025-01-01")), [("2025-06-18", ""), ("2026-01-04", SPARED)], None, "7(3)"),
    "a spared update validates nothing": (
        only(granted("2025-01-01")),
        [("2025-06-18", ""), ("2026-01-04", SPARED)],
        "2027-06-18",
        "7(1)",
    ),
    # the renewal
    "three years": ("{}", [("2024-02-29", FULL), ("2025-12-01", UPDATE)], "2027-02-28", "6(1)"),
    "three years from the first, unsaid": ("{}", [("2024-05-31", ""), ("2025-12-01", "")], "2027-05-31", "6(1)"),
    "three years from the last full one": ("{}", [("2023-05-31", FULL), ("2025-12-01", FULL)], "2028-12-01", "6(1)"),
    "three years to a leap day": ("{}", [("2025-02-28", FULL)], "2028-02-28", "6(1)"),
    "four years": (only(granted("2025-01-01", update=1)), [("2025-03-31", FULL)], "2029-03-31", "7(1)"),
    "four years from a leap day": (only(granted("2024-01-01", update=1)), [("2024-02-29", FULL)], "2028-02-29", "7(1)"),
    "renewal as before": (only(granted("2025-01-01", renewal=3)), [("2025-03-31", FULL)], "2028-03-31", "6(1)"),
    "three years from the registration": (registered("2026-02-10"), [], "2029-02-10", "6(1)"),
    # publication
    "a month to publish": (registered("2026-01-31"), [], "2026-02-28", "6(3)"),
    "a month over the year": (registered("2026-12-15"), [], "2027-01-15", "6(3)"),
    "published": (registered("2026-01-10"), [("2025-12-04", "")], None, "6(3)"),
    "a month after the renewal": (
        "{registration: {number: XX-1, renewed: 2028-12-31}}",
        [("2025-06-18", "")],
        "2029-01-31",
        "6(3)",
    ),
    # substantial changes
    "six months after a change": (
        "{substantial_changes: [{day: 2026-08-31, what: new line}]}",
        [("2025-12-04", "")],
        "2027-02-28",
        "8",
    ),
    "a change that was validated": (
        "{substantial_changes: [{day: 2025-10-01, what: new line}]}",
        [("2025-12-04", "")],
        None,
        "8",
    ),
    "a change to a leap day": (
        "{substantial_changes: [{day: 2027-08-31, what: new line}]}",
        [("2025-12-04", "")],
        "2028-02-29",
        "8",
    ),
    # internal audits
    "three years between audits": ("{}", [("2025-12-04", "")], "2027-06-30", "9", [], "yard,2024,2,done"),
    "four years between audits": (
        only(granted("2025-01-01")),
        [("2025-12-04", "")],
        "2027-12-31",
        "9",
        [],
        "yard,2023,4,done",
    ),
    "planned is not done": ("{}", [("2025-12-04", "")], None, "9", [], "yard,2024,2,planned"),
    "no audits where nobody is registered": ("{}", [], None, "9", [], "yard,2020,2,done"),
}
FAR = date(2035, 1, 1)


@pytest.mark.parametrize("name", CASES)
def test_a_deadline_is_found_on_the_day_after_and_not_before(name: str, tmp_path: Path) -> None:
    emas, statements, last, article, *rest = CASES[name]
    statements = [*statements, *(rest[0] if rest else [])]
    example = HEAD.format(emas=emas) + "".join(
        STATEMENT.format(number=number, day=day, more=more) for number, (day, more) in enumerate(statements, 1)
    )
    example += PLAN.format(rows=rest[1]) if rest[1:] else ""
    root = make(tmp_path, example)

    def found(day: date) -> list[str]:
        with load(root, day, working_tree=True) as handbook:
            said = [one.message for one in run(handbook) if one.rule in ("EMS604", "EMS606")]
        return [message for message in said if f"Article {article} of EMAS" in message]

    if last is None:
        assert found(FAR) == []
        return
    day = date.fromisoformat(last)
    assert not any(f"due on {last}" in message for message in found(day - timedelta(days=1)) + found(day))
    assert [f"due on {last}" in message for message in found(day + timedelta(days=1))].count(True) == 1
    general = "general knowledge" in found(day + timedelta(days=1))[0]
    assert general == (article not in ("7(1)", "7(3)") and name != "an earlier promise")
