"""Families 1 and 6, continued: EMAS statements; what is validated, and when the next update is due."""

from __future__ import annotations

from collections.abc import Iterator

from ems_control.coverage.statements import STATEMENT, statements, validation
from ems_control.documents.history import Version
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.finding_places import at_key, current

NEEDED = ("day", "verifier", "accreditation")
UNVALIDATED = "not-validated"
"""The anchor of the heading under which a statement holds what was added after its validation."""


def _submitted(handbook: Handbook) -> Iterator[tuple[Document, Version]]:
    for document, version in current(handbook):
        if document.type_name == STATEMENT and version.metadata.status == "submitted":
            yield document, version


@rule("EMS117", "statement-not-validated", "error")
def statement_not_validated(handbook: Handbook) -> Iterator[Found]:
    """An environmental statement does not say by whom and when it was validated.

    Checks: A submitted document of type statement has `validated` with `day` (a day), `verifier` (the name) and
        `accreditation` (number of the accreditation or licence), and `next_update`, where given, is a day. Only a
        validated statement may be published as one.
    Basis: EMAS articles 4 to 6 and annex IV (validation, what a statement names).
    Bad:
        ems.yml
          types:
            procedure: {prefix: EMS-PRO, level: declared, approve: manager}
            statement: {prefix: EMS-STA, level: declared, approve: manager}
        docs/statements/EMS-STA-001.md
          type: statement
          clauses:
    Good:
        ems.yml
          types:
            procedure: {prefix: EMS-PRO, level: declared, approve: manager}
            statement: {prefix: EMS-STA, level: declared, approve: manager}
        docs/statements/EMS-STA-001.md
          type: statement
          clauses:
          validated: {day: 2025-12-04, verifier: V. Ender, accreditation: XX-V-0000}
    Fix: Add `validated: {day: 2026-06-18, verifier: name, accreditation: number, next_update: 2027-06-18}` once the
        verifier has validated this text. Until then keep `status: draft`.
    """
    for document, version in _submitted(handbook):
        found = validation(version)
        missing = [key for key in NEEDED if not found.facts.get(key)]
        example = "validated: {day: 2026-06-18, verifier: name, accreditation: number}"
        if missing:
            message = f"this statement does not say that it was validated: {', '.join(missing)} missing"
            key = "validated" if found.facts else "type"
            yield at_key(document, version, key, message, f'Write "{example}", or set "status: draft".')
            continue
        for key, day in (("day", found.day), ("next_update", found.next_update)):
            if found.facts.get(key) and day is None:
                message = f'{key} of validated, "{found.facts[key]}", is not a day'
                yield at_key(document, version, "validated", message, "Write it like 2026-06-18.")


@rule("EMS118", "statement-changed-after-validation", "error")
def statement_changed_after_validation(handbook: Handbook) -> Iterator[Found]:
    """A statement was finished after its validation, and does not keep apart what was added.

    Checks: Where the newest row of `revisions` is later than the day of validation, the statement has a heading with
        the anchor `#not-validated`, under which everything stands that the verifier has not seen.
    Basis: EMAS annex IV and article 10 (validated information is told apart from other information).
    Bad:
        ems.yml
          types:
            procedure: {prefix: EMS-PRO, level: declared, approve: manager}
            statement: {prefix: EMS-STA, level: declared, approve: manager}
        docs/statements/EMS-STA-001.md
          type: statement
          clauses:
          validated: {day: 2025-11-20, verifier: V. Ender, accreditation: XX-V-0000}
    Good:
        ems.yml
          types:
            procedure: {prefix: EMS-PRO, level: declared, approve: manager}
            statement: {prefix: EMS-STA, level: declared, approve: manager}
        docs/statements/EMS-STA-001.md
          type: statement
          clauses:
          validated: {day: 2025-11-20, verifier: V. Ender, accreditation: XX-V-0000}
          > The figures of the year.
          >
          > ## Not validated {#not-validated}
          >
          > New opening hours of the gatehouse.
    Fix: Have the text validated again and write the new day; or put what was added under one heading at the end,
        `## Not validated {#not-validated}`.
    """
    for document, version in _submitted(handbook):
        row, day = version.metadata.row, validation(version).day
        if row and row.date and day and row.date > day and UNVALIDATED not in version.file.anchors:
            message = f"this text was finished on {row.date}, after its validation on {day}"
            fix = 'Have it validated again, or put what is new under "## Not validated {#not-validated}".'
            yield at_key(document, version, "validated", message, fix)


@rule("EMS604", "statement-update-due", "warning", needs_history=True)
def statement_update_due(handbook: Handbook) -> Iterator[Found]:
    """The validated update of an environmental statement is overdue.

    Checks: For every statement in force, `next_update` of `validated` lies on or after the day of the check; where it
        is left out, twelve months after validation, or twenty-four while ems.yml says that Article 7 was granted
        (`emas: {derogation: {granted: …}}`).
    Basis: EMAS articles 6 and 7 (an update every year; every two years for small organisations).
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
    for statement in statements(handbook):
        if statement.due and statement.due < handbook.day:
            version = statement.document.current or statement.version
            message = f"the validated update of this statement was due on {statement.due}"
            fix = "Have the next statement validated and bring it into force."
            yield at_key(statement.document, version, "validated", message, fix)
