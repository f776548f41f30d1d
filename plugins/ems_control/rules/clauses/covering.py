"""Family 4, coverage: duties to document that are unmet, and clauses that nothing answers.

Both rules are off until ems.yml turns them on. A handbook that is being built has gaps every day, and a check that is
never clean is not read; `ems matrix` and the pages of the standards show them from the first day. When the handbook
stands, its ems.yml makes EMS408 an error, and from then on nobody can lose a duty unnoticed.
"""

from __future__ import annotations

from collections.abc import Iterator

from ems_control.coverage.coverage import ClauseCoverage, Coverage, coverages
from ems_control.ground.organisation.policy import POLICY_FILE
from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.finding_places import at_config


@rule("EMS408", "duty-unmet", "off", needs_history=True)
def duty_unmet(handbook: Handbook) -> Iterator[Found]:
    """A claimed standard asks for documented information, and it is not there.

    Checks: For every clause of a claimed standard that asks for a document: one in force answers it, of a type that
        counts (all but blank forms and records). For every clause that asks for evidence: a row of a records table
        (a CSV with the columns evidence_for, kept_where, keeper and keep_for that a document in force shows) names
        it with place, keeper and time. One finding for each standard. Off until ems.yml asks for it, because a
        handbook that is being built has unmet duties every day; `ems matrix` shows them from the start.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.1; EMAS A.7.5.1.
    Bad:
        ems.yml
          standards: [acme]
          own_standards: [standards/acme.yml]
          rules: {severity: {duty-unmet: error}}
        standards/acme.yml
          = {id: acme, full_title: Terms of Acme, clauses: [{number: "1", title: Drains, duty: {kind: maintain}}]}
        docs/procedures/EMS-PRO-001.md
          clauses: []
    Good:
        ems.yml
          standards: [acme]
          own_standards: [standards/acme.yml]
          rules: {severity: {duty-unmet: error}}
        standards/acme.yml
          = {id: acme, full_title: Terms of Acme, clauses: [{number: "1", title: Drains, duty: {kind: maintain}}]}
        docs/procedures/EMS-PRO-001.md
          clauses: [acme/1]
    Fix: Bring a document into force that answers the clause, or add the clause to the row of the records table under
        which the evidence is kept. When the handbook stands, write `rules: {severity: {EMS408: error}}` in ems.yml:
        the check then fails as soon as a duty is no longer met.
    """
    for number, coverage in _claimed(handbook):
        unmet = [entry for entry in coverage.clauses if entry.duty == "unmet"]
        if unmet:
            message = f"{coverage.standard.name} asks for what is not there: {'; '.join(map(_missing, unmet))}"
            fix = "Bring a document into force that answers the clause, or name it in a row of the records table."
            yield at_config(handbook, POLICY_FILE, ("standards", number), message, fix)


@rule("EMS409", "clause-unanswered", "off", needs_history=True)
def clause_unanswered(handbook: Handbook) -> Iterator[Found]:
    """A clause of a claimed standard is answered by no document in force.

    Checks: For every assessable clause of a claimed standard that ems.yml does not declare not applicable: at least
        one document in force names it in `clauses`. One finding for each standard. Off until ems.yml asks for it: a
        clause that asks for nothing to be documented may well be met without a document.
    Basis: Our own rule.
    Bad:
        ems.yml
          standards: [acme]
          own_standards: [standards/acme.yml]
          rules: {severity: {clause-unanswered: warning}}
        standards/acme.yml
          = {id: acme, full_title: Terms of Acme, clauses: [{number: "1", title: Drains}, {number: "2", title: Tanks}]}
        docs/procedures/EMS-PRO-001.md
          clauses: [acme/1]
    Good:
        ems.yml
          standards: [acme]
          own_standards: [standards/acme.yml]
          rules: {severity: {clause-unanswered: warning}}
        standards/acme.yml
          = {id: acme, full_title: Terms of Acme, clauses: [{number: "1", title: Drains}, {number: "2", title: Tanks}]}
        docs/procedures/EMS-PRO-001.md
          clauses: [acme/1, acme/2]
    Fix: Name the clause in `clauses` of the document that answers it, or write one. Where a clause can be left out,
        say so under `not_applicable` in ems.yml, with the reason.
    """
    for number, coverage in _claimed(handbook):
        if coverage.gaps:
            message = f"no document in force answers {', '.join(coverage.gaps)} of {coverage.standard.name}"
            fix = f"Name the clause in the document that answers it: {coverage.standard.id}/{coverage.gaps[0]}."
            yield at_config(handbook, POLICY_FILE, ("standards", number), message, fix)


def _claimed(handbook: Handbook) -> Iterator[tuple[int, Coverage]]:
    """The coverage of each standard that ems.yml claims, with the place of its line; unknown ones are EMS808."""
    places = {name: number for number, name in enumerate(handbook.policy.standards)}
    known = [name for name in places if name in handbook.catalogue.standards]
    for name, coverage in zip(known, coverages(handbook, known), strict=True):
        yield places[name], coverage


def _missing(entry: ClauseCoverage) -> str:
    """What a clause lacks: `9.1.2 (evidence; row R-05 has no keeper)`."""
    lacks = (" or " if entry.either else " and ").join(entry.lacks)
    if "document" in entry.lacks and entry.answers:
        lacks += f": {', '.join(entry.documents)} is of a type that does not count"
    rows = [f"row {row.name} has no {' and no '.join(row.missing)}" for row in entry.incomplete]
    return f"{entry.clause.number} ({'; '.join([lacks, *rows])})"
