"""Family 2: revisions."""

from __future__ import annotations

from collections.abc import Iterator

from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.places import at_key, current


@rule("EMS203", "content-changed-without-revision", "error", needs_history=True)
def content_changed_without_revision(handbook: Handbook) -> Iterator[Found]:
    """The content of an approved revision changed, but its number did not.

    Checks: A text that differs from the one approved under the same revision number, in its body, its metadata
        (but for claim and classification keys) or a file that it shows. A changed table names every document
        that shows it.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.3 (control of changes); EMAS A.7.5.3.
    Bad:
        docs/procedures/EMS-PRO-001.md
        commit
        docs/procedures/EMS-PRO-001.md
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
          > Close valve V-3 within five minutes.
    Fix: Set the next revision number, `status: draft`, and add a row on top of `revisions` that says what changed.
        Or take the change back.
    """
    for document, version in current(handbook):
        number = version.metadata.revision
        approval = next((a for a in document.approvals if a.revision == number), None)
        if approval is None or approval.version.digest == version.digest or version.metadata.status == "withdrawn":
            continue
        before = {a.name: document.history and a.blob for a in approval.version.attachments}
        changed = [a for a in version.attachments if before.get(a.name) != a.blob]
        if changed and version.file.body == approval.version.file.body:
            names = ", ".join(a.path for a in changed)
            message = f"{names} changed, which this document shows, but its revision is still {number}"
        else:
            message = f"content changed but revision is still {number}"
        fix = f'Set "revision: {(number or 0) + 1}" and add a row on top of "revisions" that says what changed.'
        yield at_key(document, version, "revision", message, fix)
