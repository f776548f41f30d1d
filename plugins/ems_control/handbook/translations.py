"""Translations that follow another revision of their source than the one in force: outdated, whatever else they are."""

from __future__ import annotations

from dataclasses import dataclass

from ems_control.approvals.lifecycle import Approval
from ems_control.ground.text import number_of
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook


@dataclass(frozen=True)
class Behind:
    """How a translation lags: its source, the revision it follows as written, what is in force there now.

    `current` is None where the source is withdrawn; `changes` are the sentences of change of every revision between.
    """

    source: Document
    followed: str
    current: Approval | None
    changes: tuple[str, ...]


def source_of(handbook: Handbook, document: Document) -> tuple[Document | None, str]:
    """The document that a translation follows, and the revision as written."""
    name, _, followed = (document.shown.facts.translates or "").partition("/")
    return (handbook.get(name) if name else None), followed


def behind(handbook: Handbook, document: Document) -> Behind | None:
    """How a document lags behind its source; None for what is no translation, or follows what is in force."""
    source, followed = source_of(handbook, document)
    if source is None or (source.in_force is None and source.standing.withdrawn is None):
        return None
    current = source.in_force
    if current and str(current.revision) == followed:
        return None
    first, last = number_of(followed) or 0, current.revision if current else 0
    rows = [a.version.row for a in source.approvals if first < a.revision <= last]
    changes = [row.change for row in rows if row and row.change]
    return Behind(source, followed, current, tuple(changes))
