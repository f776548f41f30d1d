"""Family 6, continued: the days that the EMAS regulation sets."""

from __future__ import annotations

from collections.abc import Iterator

from ems_control.coverage.emas_clock import Deadline, deadlines
from ems_control.ground.text import counted
from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.finding_places import at_config, at_key

WHAT = {
    "renewal": "the verification of the whole system, with a validated statement,",
    "update": "the validated update of the statement",
    "not-validated": "the yearly update, which need not be validated,",
    "publication": "the publication of the statement",
    "change": "the validated statement after a substantial change",
    "audit": "the internal audit",
}
FIX = {
    "renewal": "Have system and statement verified and validated, and bring the statement into force (kind: full).",
    "update": "Have the next statement validated and bring it into force.",
    "not-validated": "Bring the update into force (validated: {kind: not-validated, day: …}) and forward it.",
    "publication": "Bring the validated statement into force: the handbook publishes it.",
    "change": "Have the statement validated again and bring it into force; or take the change out, if it was none.",
    "audit": "Audit it, and bring the programme into force in which it is done.",
}
UNSEEN = "; this is general knowledge: read the article before you rely on it"


@rule("EMS604", "statement-update-due", "warning", needs_history=True, sees="shared")
def statement_update_due(handbook: Handbook) -> Iterator[Found]:
    """The validated update of an environmental statement is overdue.

    Checks: The newest validated statement in force is at most twelve months old, or twenty-four while ems.yml says that
        Article 7 was granted (`emas: {derogation: {granted_on: …}}`); and `next_update` of `validated`, where it is
        earlier, lies on or after the day of the check. Before the first statement the day of the registration counts.
    Basis: EMAS articles 6(2), 7(1) and 19(2) (an update every year; at most every two for small organisations).
    Bad:
        ems.yml
          types:
            procedure: {prefix: EMS-PRO, level: declared, approve: manager}
            statement: {prefix: EMS-STA, level: declared, approve: manager}
        docs/statements/EMS-STA-001.md
          type: statement
          clauses:
          validated: {day: 2025-12-04, verifier: V. Ender, accreditation: XX-V-0000, next_update: 2026-02-15}
    Good:
        ems.yml
          types:
            procedure: {prefix: EMS-PRO, level: declared, approve: manager}
            statement: {prefix: EMS-STA, level: declared, approve: manager}
        docs/statements/EMS-STA-001.md
          type: statement
          clauses:
          validated: {day: 2025-12-04, verifier: V. Ender, accreditation: XX-V-0000, next_update: 2026-12-04}
    Fix: Bring the validated update into force. Without it the registration is at risk.
    """
    yield from (_found(handbook, one) for one in _passed(handbook) if one.duty == "update")


@rule("EMS606", "emas-day-passed", "warning", needs_history=True, sees="shared")
def emas_day_passed(handbook: Handbook) -> Iterator[Found]:
    """A day that the EMAS regulation sets has passed.

    Checks: By `emas` in ems.yml and the validations of statements in force: the whole system is verified within three
        years (with Article 7 as granted, at most four); the update that need not be validated follows within a year;
        a statement is public within a month of registration and renewal, and validated within six months of each of
        `substantial_changes`; each place of the audit programme is audited within three years (as granted, four).
        The last day of a period is the one of the same date.
    Basis: EMAS articles 6(1), 6(3), 7(1), 7(3), 8, 9 and annex III; Regulation (EEC, Euratom) 1182/71, article 3.
        Where the text of an article was not read for this product, the finding says so.
    Bad:
        ems.yml
          emas: {registration: {number: XX-000123, since: 2026-01-10}}
    Good:
        ems.yml
          emas: {registration: {number: XX-000123, since: 2026-02-10}}
    Fix: Do what is due, and bring into force the text that says so.
    """
    yield from (_found(handbook, one) for one in _passed(handbook) if one.duty != "update")


def _passed(handbook: Handbook) -> Iterator[Deadline]:
    return (one for one in deadlines(handbook) if one.day < handbook.day)


def _found(handbook: Handbook, one: Deadline) -> Found:
    about = f" ({one.about})" if one.about else ""
    period = counted(one.months, "{number} month", "{number} months")
    why = "the statement says so itself" if one.promised else f"{period} after {one.since}"
    message = f"{WHAT[one.duty]}{about} was due on {one.day}: Article {one.article} of EMAS, {why}"
    message += "" if one.seen else UNSEEN
    if one.statement:
        document = one.statement.document
        return at_key(document, document.current or one.statement.version, "validated", message, FIX[one.duty])
    return at_config(handbook, "ems.yml", ("emas",), message, FIX[one.duty])
