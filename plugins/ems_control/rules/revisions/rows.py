"""Family 2: revisions. What is approved stands; what is new has the next number and says what changed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ems_control.approvals.lifecycle import Approval
from ems_control.documents.history import Version
from ems_control.ground.spelling import says_nothing
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.finding_places import at_key, current, row_place
from ems_control.rules.revisions.comparing import (
    approved_before,
    changed_files,
    changed_keys,
    readable_rows,
    row_differences,
    rows_by_number,
    unnumbered_change,
)
from ems_control.rules.revisions.identity import reused


def _at_row(document: Document, version: Version, index: int, message: str, fix: str) -> Found:
    return Found(version.path, *row_place(version.file, index), document.id, message, fix)


def _since_approval(handbook: Handbook) -> Iterator[tuple[Document, Version, int, Approval]]:
    """Documents whose text is another than their newest approved one, with its number and that approval."""
    for document, version in current(handbook):
        approval, number = approved_before(handbook, document, version), version.metadata.revision
        if reused(document):
            continue  # another document with an old id: a rule of family 7 says so
        if approval is not None and number is not None and approval.version is not version:
            if number < approval.revision and _is_reinstated(document, version):
                continue
            yield document, version, number, approval


def _is_reinstated(document: Document, version: Version) -> bool:
    """Whether a record has brought this earlier text back."""
    events = [event for event in document.life.events if isinstance(event, Approval) and event.reinstated]
    return any(event.is_of(version) for event in events)


@rule("EMS201", "rows-disagree", "error", sees="one")
def rows_disagree(handbook: Handbook) -> Iterator[Found]:
    """The rows of `revisions` do not fit the revision or each other.

    Checks: There is a row; the first one is that of this revision; the others follow, newest first, each number once.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.3 (control of changes, version control); EMAS A.7.5.3.
    Bad:
        docs/procedures/EMS-PRO-001.md
          revision: 2
    Good:
        docs/procedures/EMS-PRO-001.md
          revision: 1
    Fix: Put one row for each revision, the newest on top, and give the top one the number of this revision.
    """
    for document, version in current(handbook):
        rows = readable_rows(version.file)
        if rows is None:
            continue
        number = version.metadata.revision
        if not rows:
            fix = "Add a row for this revision: number, date, author, class, change."
            yield at_key(document, version, "revisions", "revisions has no row", fix)
            continue
        disordered = list(_disordered([row.revision or 0 for row in rows]))
        for index, message, fix in disordered:
            yield _at_row(document, version, index, message, fix)
        first = rows[0].revision
        if number not in (None, first) and not disordered and not unnumbered_change(document, version):
            message = f"the first row of revisions is for revision {first}, but this is revision {number}"
            fix = f"Put the row of revision {number} on top, or set the right number."
            yield _at_row(document, version, 0, message, fix)


def _disordered(numbers: list[int]) -> Iterator[tuple[int, str, str]]:
    for index, (newer, older) in enumerate(pairwise(numbers), 1):
        if newer == older:
            yield index, f"revision {older} has two rows", "Keep one row for each revision."
        elif newer < older:
            yield index, f"the row of revision {older} stands below that of revision {newer}", "Put the newest on top."


@rule("EMS202", "old-row-changed", "error", needs_history=True, sees="one")
def old_row_changed(handbook: Handbook) -> Iterator[Found]:
    """The history of a document was rewritten: a row of an approved revision changed, went or was slipped in.

    Checks: The rows of the newest approved text stand unchanged below the new one. How they are laid out and quoted
        does not matter. A row may be added for a revision that was approved and had none.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.3 (control of changes); EMAS A.7.5.3.
    Bad:
        commit
        docs/procedures/EMS-PRO-001.md
          revision: 2
          status: draft
          approved_by:
          approved_on:
          revisions:
            - {revision: 2, date: 2026-02-01, author: a.author, class: substantive, change: Time limit for closing V-3.}
            - {revision: 1, date: 2025-12-01, author: c.deputy, class: substantive, change: First issue.}
    Good:
        commit
        docs/procedures/EMS-PRO-001.md
          revision: 2
          status: draft
          approved_by:
          approved_on:
          revisions:
            - {revision: 2, date: 2026-02-01, author: a.author, class: substantive, change: Time limit for closing V-3.}
            - {revision: 1, author: a.author, change: "First issue.", class: substantive, date: "2025-12-01"}
    Fix: Put the rows back as they were approved. Say in the new row what was wrong with an old one.
    """
    for document, version, number, approval in _since_approval(handbook):
        now, then = rows_by_number(version.file), rows_by_number(approval.version.file)
        if number < approval.revision or now is None or then is None:
            continue
        fix = f"Put it back as it was approved with revision {approval.revision}."
        for old, row in then.items():
            if old not in now:
                yield at_key(document, version, "revisions", f"the row of revision {old} is gone", fix)
            elif now[old] != row:
                message = f"the row of revision {old} was changed: {row_differences(row, now[old])}"
                yield _at_row(document, version, list(now).index(old), message, fix)
        approved = {a.revision for a in document.approvals}
        for new in now:
            if new < approval.revision and new not in then and new not in approved:
                message = f"a row for revision {new} was slipped in below approved ones"
                yield _at_row(document, version, list(now).index(new), message, "Delete the row.")


@rule("EMS203", "content-changed-without-revision", "error", needs_history=True, sees="one")
def content_changed_without_revision(handbook: Handbook) -> Iterator[Found]:
    """The content of an approved revision changed, but its number did not.

    Checks: A text that differs from the one approved under the same revision number, in its body, its metadata
        (but for claim and classification keys) or a file that it shows. A changed table names every document
        that shows it. Rows of `revisions` are looked at by EMS201 and EMS202.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.3 (control of changes); EMAS A.7.5.3.
    Bad:
        docs/procedures/EMS-PRO-001.md
        commit
        docs/procedures/EMS-PRO-001.md
          > ## Drains {#drains}
          >
          > Close valve V-3 within five minutes.
    Good:
        docs/procedures/EMS-PRO-001.md
        commit
        docs/procedures/EMS-PRO-001.md
          revision: 2
          status: draft
          approved_by:
          approved_on:
          revisions:
            - {revision: 2, date: 2026-02-01, author: a.author, class: substantive, change: Time limit for closing V-3.}
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
          > ## Drains {#drains}
          >
          > Close valve V-3 within five minutes.
    Fix: Set the next revision number, `status: draft`, and add a row on top of `revisions` that says what changed.
        Or take the change back.
    """
    for document, version, number, approval in _since_approval(handbook):
        if version.metadata.status == "withdrawn" or not unnumbered_change(document, version):
            continue
        keys, files = changed_keys(approval.version, version), changed_files(approval.version, version)
        if files and not keys and version.file.body == approval.version.file.body:
            message = f"{' and '.join(files)}, which this document shows, but its revision is still {number}"
        else:
            details = f" ({', '.join([*keys, *files])})" if keys or files else ""
            message = f"content changed{details} but revision is still {number}"
        fix = f'Set "revision: {number + 1}" and add a row on top of "revisions" that says what changed.'
        rows = readable_rows(version.file)
        if rows and rows[0].revision == number + 1:
            fix = f'Set "revision: {number + 1}": its row is there.'
        yield at_key(document, version, "revision", message, fix)


@rule("EMS204", "revision-skipped", "error", needs_history=True, sees="one")
def revision_skipped(handbook: Handbook) -> Iterator[Found]:
    """A revision number is missing between two that are in the repository.

    Checks: After approved revision N comes N + 1. Every approved revision that the repository holds has its row.
        Revisions older than the first in the repository may have gaps: their texts are on paper.
    Basis: Custom, not required by either edition: revisions are numbered without gaps. ISO 14001:2015 and ISO
        14001:2026, 7.5.3, ask that changes are controlled, for example by versions.
    Bad:
        commit
        docs/procedures/EMS-PRO-001.md
          revision: 3
          status: draft
          approved_by:
          approved_on:
          revisions:
            - {revision: 3, date: 2026-02-01, author: a.author, class: substantive, change: Time limit for closing V-3.}
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
    Good:
        docs/procedures/EMS-PRO-001.md
          revision: 5
          revisions:
            - {revision: 5, date: 2025-12-01, author: a.author, class: substantive, change: Taken over from the binder.}
            - {revision: 2, date: 2019-02-01, author: a.author, class: substantive, change: New drains.}
    Fix: Use the next number. A number once skipped is not used later.
    """
    for document, version, number, approval in _since_approval(handbook):
        due = approval.revision + 1
        if number > due:
            message = f"revision {number} follows revision {approval.revision}, the newest approved one"
            yield at_key(document, version, "revision", message, f"Set revision: {due}.")
    for document, version in current(handbook):
        rows, newest = readable_rows(version.file), document.newest_approval
        if not rows or newest is None:
            continue
        there = {row.revision for row in (*rows, *newest.version.metadata.revisions)}
        for approval in document.approvals[:-1]:
            if approval.revision not in there:
                message = f"revisions has no row for revision {approval.revision}, which was approved"
                yield at_key(document, version, "revisions", message, "Add its row with the next revision.")


@rule("EMS205", "revision-went-back", "error", needs_history=True, sees="one")
def revision_went_back(handbook: Handbook) -> Iterator[Found]:
    """The revision number is lower than that of the newest approved text.

    Checks: The number of a text is never below the newest approved one, whether the text is old or new.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.3 (version control); EMAS A.7.5.3.
    Bad:
        docs/procedures/EMS-PRO-001.md
          revision: 2
          revisions:
            - {revision: 2, date: 2025-12-05, author: a.author, class: substantive, change: Yard lead opens V-3.}
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
        commit
        docs/procedures/EMS-PRO-001.md
          revision: 1
          revisions:
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
    Good:
        commit
        docs/procedures/EMS-PRO-001.md
          revision: 1
    Fix: Give the text the next number, with a row of its own that says why the older text comes back.
    """
    for document, version, number, approval in _since_approval(handbook):
        if number < approval.revision:
            message = f"revision went back to {number}, but revision {approval.revision} is approved"
            fix = f"Set revision: {approval.revision + 1}, with a row that says why the older text comes back."
            yield at_key(document, version, "revision", message, fix)


@rule("EMS206", "dates-out-of-order", "error", sees="one")
def dates_out_of_order(handbook: Handbook) -> Iterator[Found]:
    """A revision is dated before the one that it follows.

    Checks: The dates of the rows do not get later from top to bottom; the same day is allowed. `effective` may lie
        before the date of a row or of the approval: a revision never applies before it is approved, whatever it says.
        Whether `approved_on` fits the text is looked at by EMS305.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.2 (date) and 7.5.3 (control of changes); EMAS A.7.5.2 and A.7.5.3.
    Bad:
        docs/procedures/EMS-PRO-001.md
          revision: 2
          revisions:
            - {revision: 2, date: 2025-11-05, author: a.author, class: substantive, change: Yard lead opens V-3.}
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
    Good:
        docs/procedures/EMS-PRO-001.md
          effective: 2025-11-01
    Fix: Write the day on which the author finished that revision.
    """
    for document, version in current(handbook):
        rows = [(index, row) for index, row in enumerate(readable_rows(version.file) or ()) if row.date]
        for (index, upper), (_, lower) in pairwise(rows):
            ordered = (upper.revision or 0) > (lower.revision or 0)
            if ordered and upper.date and lower.date and upper.date < lower.date:
                message = (
                    f"revision {upper.revision} is of {upper.date}, before revision {lower.revision} of {lower.date}"
                )
                yield _at_row(document, version, index, message, "Write the day on which that revision was finished.")


@rule("EMS207", "change-says-nothing", "error", sees="one")
def change_says_nothing(handbook: Handbook) -> Iterator[Found]:
    """The row of a submitted revision does not say what changed.

    Checks: `change` in the row of this revision tells a reader something: not "Update", "Minor changes", "TBD" or a
        single word like that. Drafts and rows of earlier revisions are left alone.
    Basis: Custom, not required by either edition: auditors ask what changed and why. ISO 14001:2015 and ISO
        14001:2026, 7.5.3, ask that changes are controlled, not that they are told.
    Bad:
        docs/procedures/EMS-PRO-001.md
          revisions:
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: Minor changes.}
    Good:
        docs/procedures/EMS-PRO-001.md
          revisions:
            - {revision: 1, date: 2025-12-01, author: a.author, class: editorial, change: Spelling of the valve number.}
    Fix: Say in one sentence what people must do differently, or which figure, name or place is new.
    """
    for document, version in current(handbook):
        row = version.metadata.row
        if row and row.change and version.metadata.status == "submitted" and says_nothing(row.change):
            index = version.metadata.revisions.index(row)
            message = f'"{row.change}" does not say what changed with revision {row.revision}'
            yield _at_row(document, version, index, message, "Say it in one sentence for those who use the document.")
