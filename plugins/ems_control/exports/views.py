"""The register, the matrix and the history as plain data: the shapes of the Contract (specification, JSON).

The command line prints them, the site's pages are made of them: one structure for both.
"""

from __future__ import annotations

from typing import Any

from ems_control.approvals.lifecycle import Approval
from ems_control.coverage.coverage import Answer, ClauseCoverage, Coverage
from ems_control.documents.history import Version
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook

VERSION = 1
REGISTER_COLUMNS = (
    "id", "title", "type", "state", "revision", "effective", "since", "owner", "review_by", "overdue", "approved_on",
    "approved_by",
    "taken_over_on", "taken_over_by", "evidence", "clauses", "distribution", "path", "digest", "latest_revision",
    "upcoming", "until",
)  # fmt: skip
"""The keys of a row of the register, in their order."""


def register(handbook: Handbook) -> dict[str, Any]:
    """The master list: every document that stood on main by the handbook's day."""
    return {
        "version": VERSION,
        "as_of": handbook.day.isoformat(),
        "documents": [_register_row(document) for document in handbook.listed],
    }


def _register_row(document: Document) -> dict[str, Any]:
    standing = document.standing
    approval = standing.in_force
    shown = document.shown
    metadata = shown.metadata
    upcoming = standing.upcoming
    return {
        "id": document.id,
        "title": document.title,
        "type": document.type_name or metadata.type,
        "state": standing.state.value,
        "revision": approval.revision if approval else None,
        "effective": _day(approval.effective or approval.first_day) if approval else _day(metadata.effective),
        "since": _day(approval.first_day) if approval else None,
        "owner": metadata.owner,
        "review_by": _day(standing.review_due),
        "overdue": standing.overdue,
        "approved_on": _day(approval.approved_on) if approval else None,
        "approved_by": list(approval.approved_by) if approval else [],
        **_taken_over(approval),
        "evidence": approval.level if approval else None,
        "clauses": list(document.filing.clauses),
        "distribution": list(document.filing.distribution),
        "path": standing.latest.stood_at,
        "digest": approval.digest if approval else None,
        "latest_revision": standing.latest.metadata.revision,
        "upcoming": {"revision": upcoming.revision, "effective": _day(upcoming.first_day)} if upcoming else None,
        "until": _day(approval.until) if approval else None,
    }


def _taken_over(approval: Approval | None) -> dict[str, Any]:
    """Who took a revision over from paper, and on which day; nothing for what was decided here."""
    taken = approval.decisions if approval and approval.taken_over else ()
    return {
        "taken_over_on": _day(max((d.decided for d in taken), default=None)),
        "taken_over_by": list(dict.fromkeys(d.person for d in taken)),
    }


def matrix(handbook: Handbook, coverage: Coverage) -> dict[str, Any]:
    """Clauses of one standard with the documents in force that answer them."""
    return {
        "version": VERSION,
        "standard": coverage.standard.id,
        "as_of": handbook.day.isoformat(),
        "clauses": [_clause_row(entry) for entry in coverage.clauses],
        "gaps": coverage.gaps,
        "unmet": coverage.unmet,
        "silent": coverage.silent,
    }


def _clause_row(entry: ClauseCoverage) -> dict[str, Any]:
    clause, duty = entry.clause, entry.clause.duty
    return {
        "clause": clause.number,
        "title": clause.title(),
        "assessable": clause.assessable,
        "documents": entry.documents,
        "duty": entry.duty,
        "weak": entry.weak,
        "silent": entry.silent,
        "answers": [{"document": answer.document.id, **_answer_row(answer)} for answer in entry.answers],
        "expected": [document.id for document in entry.expected],
        "since": _day(entry.since),
        "changed": _day(entry.changed),
        "asks_for": list(entry.asked),
        "either": entry.either,
        "duty_kind": duty.kind if duty else None,
        "duty_subject": duty.subject if duty else None,
        "to_extent": duty.to_extent if duty else None,
        "evidence": [
            {"row": row.name, "kept_where": row.kept_where, "keeper": row.keeper, "keep_for": row.keep_for}
            for row in entry.evidence
        ],
        "incomplete_evidence": [{"row": row.name, "missing": list(row.missing)} for row in entry.incomplete],
        "implied": [
            {"clause": i.reference, "relation": i.kind, "documents": list(i.documents), "to_verify": i.doubt}
            for i in entry.implied
        ],
        "not_applicable": entry.not_applicable,
        "optional": clause.optional,
        "to_verify": clause.to_verify(),
        "duty_to_verify": entry.doubt,
    }


def _answer_row(answer: Answer) -> dict[str, Any]:
    approval = answer.document.in_force
    return {
        "revision": approval.revision if approval else None,
        "anchor": answer.anchor,
        "heading": answer.heading,
        "since": _day(answer.since),
        "weak": answer.thin,
    }


def inverse(handbook: Handbook, found: list[Coverage]) -> dict[str, Any]:
    """Documents in force with the clauses of these standards that each answers."""
    clauses: dict[str, list[dict[str, Any]]] = {}
    for coverage in found:
        for entry in coverage.clauses:
            for answer in entry.answers:
                clauses.setdefault(answer.document.key, []).append(
                    {
                        "standard": coverage.standard.id,
                        "clause": entry.clause.number,
                        "title": entry.clause.title(),
                        **_answer_row(answer),
                    }
                )
    in_force = [document for document in handbook.listed if document.in_force]
    return {
        "version": VERSION,
        "as_of": handbook.day.isoformat(),
        "standards": [coverage.standard.id for coverage in found],
        "documents": [
            {"id": document.id, "title": document.title, "clauses": clauses.get(document.key, [])}
            for document in in_force
        ],
    }


def history(document: Document) -> dict[str, Any]:
    """The revisions of a document, newest first; those from before git are known by their row only."""
    return {
        "version": VERSION,
        "document": document.id,
        "revisions": [_history_row(document, number) for number in revision_numbers(document)],
    }


def revision_numbers(document: Document) -> list[int]:
    """Every revision that the document's history tells of, newest first."""
    numbers = {row.revision for row in document.history.newest.metadata.revisions if row.revision}
    numbers |= {version.metadata.revision for version in document.history.versions if version.metadata.revision}
    return sorted(numbers, reverse=True)


def text_of(document: Document, number: int) -> Version | None:
    """The text of a revision: as approved, else as it last stood on main; None where it is not in git."""
    approval = approval_of(document, number)
    if approval:
        return approval.version
    texts = [version for version in document.history.versions if version.metadata.revision == number]
    return texts[-1] if texts else None


def approval_of(document: Document, number: int) -> Approval | None:
    """The approval of a revision, if there is one."""
    return next((approval for approval in document.approvals if approval.revision == number), None)


def _history_row(document: Document, number: int) -> dict[str, Any]:
    text = text_of(document, number)
    approval = approval_of(document, number)
    rows = [*(text.metadata.revisions if text else ()), *document.history.newest.metadata.revisions]
    row = next((row for row in rows if row.revision == number), None)
    effective = (text.metadata.effective if text else None) or (row.effective if row else None)
    return {
        "revision": number,
        "state": document.revision_state(number).value,
        "date": _day(row.date) if row else None,
        "effective": _day(effective or (approval.first_day if approval else None)),
        "author": row.author if row else None,
        "class": row.class_ if row else None,
        "change": row.change if row else None,
        "digest": document.digest_of(text) if text else None,
        "commit": text.commit.sha if text and text.commit else None,
        "on_paper": {"by": list(approval.approved_by), "on": _day(approval.approved_on)}
        if approval and approval.on_paper
        else None,
        "approvals": [
            {
                "person": decision.person,
                "role": decision.role,
                "deputy": decision.deputy,
                "decided_at": decision.decided.isoformat(),
                "landed": decision.landed.isoformat(),
                "level": decision.level,
            }
            for decision in (approval.decisions if approval else ())
        ],
    }


def _day(day: Any) -> str | None:
    return day.isoformat() if day else None
