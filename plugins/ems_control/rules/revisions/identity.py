"""Whether a document is still the one that had its id before."""

from __future__ import annotations

from ems_control.approvals.lifecycle import Approval, Withdrawal
from ems_control.documents.history import Version
from ems_control.handbook.document import Document


def reused(document: Document) -> Approval | None:
    """The last approval before a document was withdrawn or deleted, if another one has its id now; else None."""
    before, version = _before_it_left(document), document.current
    if before is None or version is None:
        return None
    rows = _rows(before.version)
    return before if rows and not rows & _rows(version) else None


def _before_it_left(document: Document) -> Approval | None:
    version = document.current
    if version is None or version.metadata.status == "withdrawn":
        return None
    withdrawn = [d.landed for event in document.events if isinstance(event, Withdrawal) for d in event.decisions]
    left = max([*withdrawn, *(commit.landed for commit in document.history.gone)], default=None)
    if left is None or (version.commit and version.commit.landed <= left):
        return None
    earlier = [a for a in document.approvals if a.version.commit and a.version.commit.landed <= left]
    return earlier[-1] if earlier else None


def _rows(version: Version) -> set[tuple[object, ...]]:
    return {(row.revision, row.date, row.change) for row in version.metadata.revisions}
