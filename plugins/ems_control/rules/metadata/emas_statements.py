"""Family 1, continued: EMAS statements, and what they say about their validation."""

from __future__ import annotations

from collections.abc import Iterator

from ems_control.approvals.lifecycle import add_months
from ems_control.coverage.statements import KINDS, STATEMENT, validation
from ems_control.documents.history import Version
from ems_control.ground.organisation.emas import UPDATE_YEARS, too_large
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.finding_places import at_config, at_key, current

NEEDED = ("day", "verifier", "accreditation")
UNVALIDATED = "not-validated"
"""The anchor of the heading under which a statement holds what was added after its validation."""


def _submitted(handbook: Handbook) -> Iterator[tuple[Document, Version]]:
    for document, version in current(handbook):
        if document.type_name == STATEMENT and version.metadata.status == "submitted":
            yield document, version


@rule("EMS117", "statement-not-validated", "error", sees="one")
def statement_not_validated(handbook: Handbook) -> Iterator[Found]:
    """An environmental statement does not say by whom and when it was validated.

    Checks: A submitted document of type statement has `validated` with `day` (a day), `verifier` (the name) and
        `accreditation` (number of the accreditation or licence), and `next_update`, where given, is a day. The day
        is not later than that on which the text came in: what is still to come has validated nothing. Only a validated
        statement may be published as one. The update of a year that Article 7 spares the validation says
        `kind: not-validated` and its `day`, where ems.yml says that two years between updates were granted.
    Basis: EMAS articles 4 to 6 and annex IV (validation, what a statement names); article 7(3) (updates not validated).
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
        spared = found.kind == "not-validated"
        missing = [key for key in (NEEDED[:1] if spared else NEEDED) if not found.facts.get(key)]
        example = "validated: {day: 2026-06-18, verifier: name, accreditation: number}"
        if found.facts.get("kind") and found.kind is None:
            message = f'kind of validated, "{found.facts["kind"]}", is none that a statement can be'
            yield at_key(document, version, "validated", message, f"Write one of: {', '.join(KINDS)}.")
        derogation = handbook.policy.emas.derogation
        if spared and not (
            derogation and derogation.update_years > 1 and derogation.holds_on(found.day or handbook.day)
        ):
            message = (
                "an update may go without validation only where Article 7 was granted, and ems.yml does not say that"
            )
            yield at_key(document, version, "validated", message, f'Have it validated: "{example}".')
        if missing:
            message = f"this statement does not say that it was validated: {', '.join(missing)} missing"
            key = "validated" if found.facts else "type"
            yield at_key(document, version, key, message, f'Write "{example}", or set "status: draft".')
            continue
        for key, day in (("day", found.day), ("next_update", found.next_update)):
            if found.facts.get(key) and day is None:
                message = f'{key} of validated, "{found.facts[key]}", is not a day'
                yield at_key(document, version, "validated", message, "Write it like 2026-06-18.")
        came = version.day or handbook.day
        if found.day and found.day > came:
            message = f"day of validated, {found.day}, is later than {came}, the day on which this text came in"
            yield at_key(document, version, "validated", message, 'Write the day that it has, or set "status: draft".')


@rule("EMS118", "statement-changed-after-validation", "error", sees="one")
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


@rule("EMS121", "next-update-later-than-allowed", "error", sees="one")
def next_update_later_than_allowed(handbook: Handbook) -> Iterator[Found]:
    """A statement promises its next update for a day after the last one on which it may come.

    Checks: `next_update` of `validated` lies at most twelve months after its `day`, or twenty-four while ems.yml says
        that Article 7 was granted. The day of the same date is the last one.
    Basis: EMAS articles 6(2), 7(1) and 19(2); Regulation (EEC, Euratom) 1182/71, article 3 (periods in months).
    Bad:
        ems.yml
          types:
            procedure: {prefix: EMS-PRO, level: declared, approve: manager}
            statement: {prefix: EMS-STA, level: declared, approve: manager}
        docs/statements/EMS-STA-001.md
          type: statement
          clauses:
          validated: {day: 2025-12-04, verifier: V. Ender, accreditation: XX-V-0000, next_update: 2026-12-05}
    Good:
        ems.yml
          types:
            procedure: {prefix: EMS-PRO, level: declared, approve: manager}
            statement: {prefix: EMS-STA, level: declared, approve: manager}
        docs/statements/EMS-STA-001.md
          type: statement
          clauses:
          validated: {day: 2025-12-04, verifier: V. Ender, accreditation: XX-V-0000, next_update: 2026-12-04}
    Fix: Write the last day on which the update may come, or an earlier one; or leave `next_update` out.
    """
    derogation = handbook.policy.emas.derogation
    for document, version in _submitted(handbook):
        found = validation(version)
        if not found.day or not found.next_update:
            continue
        years = derogation.update_years if derogation and derogation.holds_on(found.day) else UPDATE_YEARS
        last = add_months(found.day, 12 * years)
        if found.next_update > last:
            message = (
                f"next_update {found.next_update} is later than allowed: validated on {found.day}, it is due on {last}"
            )
            fix = f'Write "next_update: {last}", or an earlier day.'
            yield at_key(document, version, "validated", message, fix)


@rule("EMS122", "verifier-not-accredited-for-it", "warning", sees="shared")
def verifier_not_accredited_for_it(handbook: Handbook) -> Iterator[Found]:
    """The verifier's accreditation does not cover what is done at a registered site.

    Checks: In ems.yml each activity of `emas: {sites: …}` is one of `scope` of the verifier. A code covers the finer
        ones that begin with it: 25.5 covers 25.51.
    Basis: EMAS articles 18 and 20 (a verifier works within the scope of the accreditation). The text of both was not
        read for this product.
    Bad:
        ems.yml
          emas: {verifier: {name: V. Ender, scope: ["20.1"]}, sites: [{name: yard, activities: ["25.51"]}]}
    Good:
        ems.yml
          emas: {verifier: {name: V. Ender, scope: ["25"]}, sites: [{name: yard, activities: ["25.51"]}]}
    Fix: Ask the verifier for the scope of the accreditation; write its codes, or find one who is accredited.
    """
    emas = handbook.policy.emas
    if not emas.verifier.scope:
        return
    for index, site in enumerate(emas.sites):
        missing = [code for code in site.activities if not any(_covers(own, code) for own in emas.verifier.scope)]
        if missing:
            message = f"the accreditation of the verifier does not cover {', '.join(missing)} at {site.name}"
            fix = f"It covers {', '.join(emas.verifier.scope)}. Ask the verifier, and write what is accredited."
            yield at_config(handbook, "ems.yml", ("emas", "sites", index), message, fix)


@rule("EMS124", "derogation-for-small-only", "warning", sees="shared")
def derogation_for_small_only(handbook: Handbook) -> Iterator[Found]:
    """The longer intervals of Article 7 are used, and the organisation is larger than they are for.

    Checks: Where ems.yml says `emas: {derogation: …}`, `organisation_size` names fewer than 250 people, or a local
        authority of fewer than 10,000 inhabitants. A size in other words is not judged.
    Basis: EMAS articles 2(28) and 7 (the longer intervals are for small organisations). The text of article 2(28) was
        not read for this product.
    Bad:
        ems.yml
          emas: {organisation_size: 310 people, derogation: {article: 7, granted_on: 2025-01-01, by: body}}
    Good:
        ems.yml
          emas: {organisation_size: 120 people, derogation: {article: 7, granted_on: 2025-01-01, by: body}}
    Fix: Correct the size, or take the derogation out: the statement is then due every year, the renewal every three.
    """
    emas = handbook.policy.emas
    if emas.derogation and too_large(emas.organisation_size):
        message = f"Article 7 is for small organisations, and organisation_size is {emas.organisation_size}"
        message += "; this is general knowledge: read the article before you rely on it"
        fix = "Ask the competent body; correct the size, or take the derogation out."
        yield at_config(handbook, "ems.yml", ("emas", "derogation"), message, fix)


def _covers(own: str, code: str) -> bool:
    """Whether an activity code is another one or begins with it."""
    return code == own or code.startswith((f"{own}.", own) if "." in own else f"{own}.")
