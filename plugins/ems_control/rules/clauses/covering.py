"""Family 4, coverage: duties to document that are unmet, clauses that nothing answers, and what a change loses of both.

The first two rules are off until ems.yml turns them on. A handbook that is being built has gaps every day, and a check
that is never clean is not read; `ems matrix` and the pages of the standards show them from the first day. What was
there once is not lost unnoticed, though: EMS410 judges every change by what it takes away.
"""

from __future__ import annotations

from collections.abc import Iterator

from ems_control.coverage.coverage import ClauseCoverage, Coverage, coverages
from ems_control.coverage.losses import Loss, losses
from ems_control.ground.organisation.policy import POLICY_FILE
from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.finding_places import at_config, at_key


@rule("EMS408", "duty-unmet", "off", needs_history=True, sees="shared")
def duty_unmet(handbook: Handbook) -> Iterator[Found]:
    """A claimed standard asks for documented information, and it is not there.

    Checks: For every clause of a claimed standard that asks for a document: one in force answers it, of a type that
        counts (all but blank forms and records). For every clause that asks for evidence: a row of a records table
        (a CSV with the columns evidence_for, kept_where, keeper and keep_for that a document in force shows) names
        it with place, keeper and time. One finding for each clause. Off until ems.yml asks for it, because a
        handbook that is being built has unmet duties every day; `ems matrix` shows them from the start.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.1 (documents that the standard asks for); EMAS A.7.5.1.
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
        for entry in coverage.clauses:
            if entry.duty == "unmet":
                message = f"{coverage.standard.name} asks for what is not there: {_missing(entry)}"
                fix = "Bring a document into force that answers the clause, or name it in a row of the records table."
                yield at_config(handbook, POLICY_FILE, ("standards", number), message, fix)


@rule("EMS409", "clause-unanswered", "off", needs_history=True, sees="shared")
def clause_unanswered(handbook: Handbook) -> Iterator[Found]:
    """A clause of a claimed standard is answered by no document in force.

    Checks: For every assessable clause of a claimed standard that ems.yml does not declare not applicable: at least
        one document in force names it in `clauses`. One finding for each clause. Off until ems.yml asks for it: a
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
        for clause in (entry.clause for entry in coverage.clauses if entry.gap):
            message = f"no document in force answers {clause.number} {clause.title()} of {coverage.standard.name}"
            fix = f"Name the clause in the document that answers it: {clause.standard}/{clause.number}."
            yield at_config(handbook, POLICY_FILE, ("standards", number), message, fix)


@rule("EMS410", "coverage-lost", "error", needs_history=True, sees="change")
def coverage_lost(handbook: Handbook) -> Iterator[Found]:
    """A change takes away the answer to a clause, or what fulfilled a duty to document.

    Checks: With --base: every assessable clause of a claimed standard that documents in force answered before the
        change is answered after it, and every duty to document that was met is met. A submitted text is judged as if
        its day had come, because on that day there is no change to be checked; a draft takes nothing away. Gaps that
        were there before are not told again; what a withdrawal takes away is told by EMS413.
    Basis: Our own rule: what was answered once is given up by decision, not by oversight.
    Bad:
        docs/procedures/EMS-PRO-001.md
        commit
        branch
        docs/procedures/EMS-PRO-001.md
          revision: 2
          clauses: [iso-14001:2026/8.1#drains]
          revisions:
            - {revision: 2, date: 2026-01-05, author: a.author, class: substantive, change: The gauge is read first.}
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
          effective: 2026-01-20
          approved_on: 2026-01-05
          > ## Drains {#drains}
          >
          > Read the gauge, then close valve V-3.
        commit
        propose
    Good:
        docs/procedures/EMS-PRO-001.md
        commit
        branch
        docs/procedures/EMS-PRO-001.md
          revision: 2
          clauses: [iso-14001:2026/8.1#drains]
          revisions:
            - {revision: 2, date: 2026-01-05, author: a.author, class: substantive, change: The gauge is read first.}
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
          effective: 2026-01-20
          approved_on: 2026-01-05
          > ## Drains {#drains}
          >
          > Read the gauge, then close valve V-3.
        docs/procedures/EMS-PRO-002.md
          clauses: [iso-14001:2015/8.1#drains]
        commit
        propose
    Fix: Name the clause in the document that answers it now, in the same change. If the loss is meant, a holder of the
        policy role accepts it in the change: by approving or reviewing the document there, after its clauses were
        changed. Or beforehand, by a waiver for EMS410 and the document, with reason and day, under `rules`, `waivers`
        in ems.yml, in a change of its own.
    """
    role = handbook.people.title(handbook.policy.policy_approval.role)
    for loss in losses(handbook):
        if not loss.withdrawn:
            decided = (
                f"If the loss is meant, the {role} signs a decision about {loss.by.id} in this change, as it is now"
            )
            waived = f"or accepts it first: a waiver for EMS410 and {loss.by.id} in ems.yml"
            yield _lost(handbook, loss, f"Name the clause where it is answered now. {decided}; {waived}.")


@rule("EMS413", "coverage-withdrawn", "info", needs_history=True, sees="change")
def coverage_withdrawn(handbook: Handbook) -> Iterator[Found]:
    """A withdrawal takes away the answer to a clause, or what fulfilled a duty to document.

    Checks: With --base: lists clauses of claimed standards that only withdrawn documents answered, and duties to
        document that only they fulfilled. No fault: those who approve have decided the withdrawal. Somebody should look
        whether they knew this.
    Basis: Our own rule: what was answered once is given up by decision, not by oversight.
    Bad:
        signed
        branch
        withdraw EMS-PRO-001 by b.boss
        commit
        delete docs/procedures/EMS-PRO-001.md
        commit
        propose
    Good:
        signed
        docs/procedures/EMS-PRO-002.md
        commit
        approve EMS-PRO-002 by b.boss
        commit
        branch
        withdraw EMS-PRO-001 by b.boss
        commit
        delete docs/procedures/EMS-PRO-001.md
        commit
        propose
    Fix: Name the clause in the document that answers it now; or nothing, if it is meant. A handbook that wants such a
        withdrawal stopped writes `rules: {severity: {EMS413: error}}` in ems.yml.
    """
    for loss in losses(handbook):
        if loss.withdrawn:
            yield _lost(handbook, loss, "Name the clause where it is answered now; nothing to do, if it is meant.")


def _lost(handbook: Handbook, loss: Loss, fix: str) -> Found:
    """Clause, title and the documents that answered it, at the document that does so no more."""
    clause, version = loss.clause, loss.by.current or loss.by.history.versions[-1]
    name = handbook.catalogue.standards[clause.standard].name
    when = "once the text of this change applies" if loss.later else "after this change"
    those = ", ".join(loss.answered_by)
    if loss.lacks:
        lacks = " and ".join(loss.lacks)
        asked = f"{clause.number} {clause.title()} of {name}: the {lacks} that it asks for"
        message = f"{asked} was in {those}; {when} it is missing"
    else:
        now = f"{when} no document in force answers it"
        message = f"{clause.number} {clause.title()} of {name} was answered by {those}; {now}"
    return at_key(loss.by, version, "clauses", message, fix)


def _claimed(handbook: Handbook) -> Iterator[tuple[int, Coverage]]:
    """The coverage of each standard that ems.yml claims, with the place of its line; unknown ones are EMS808."""
    places = {name: number for number, name in enumerate(handbook.policy.standards)}
    known = [name for name in places if name in handbook.catalogue.standards]
    for name, coverage in zip(known, coverages(handbook, known), strict=True):
        yield places[name], coverage


def _missing(entry: ClauseCoverage) -> str:
    """What a clause lacks: `9.1.2 Evaluation of compliance (evidence; row R-05 has no keeper)`."""
    lacks = (" or " if entry.either else " and ").join(entry.lacks)
    if "document" in entry.lacks and entry.answers:
        lacks = f"{lacks}: {', '.join(entry.documents)} is of a type that does not count"
    rows = [f"row {row.name} has no {' and no '.join(row.missing)}" for row in entry.incomplete]
    return f"{entry.clause.number} {entry.clause.title()} ({'; '.join([lacks, *rows])})"
