"""Whether a document stands, after a proposed change of its text, as it stood before; and what breaks by the text."""

from __future__ import annotations

from dataclasses import fields, replace

from ems_control.approvals.lifecycle import Approval, Event
from ems_control.approvals.mainline import text_breaks
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.verification import Verification


def stays(handbook: Handbook, document: Document) -> bool:
    """Whether a proposed change gives a document one text more, and no decision, nor a broken record, comes of it."""
    order, history = handbook.proposed_order, document.history
    if order is None or len(history.versions) < 2 or not document.covered:
        return False
    *before, now = history.versions
    if now.order != order or before[-1].order == order or now is not document.current:
        return False
    was = replace(document, history=replace(history, versions=before))
    landing = handbook.records.landings[order].sha
    broken = any(one.commit is not None and one.commit.sha == landing for one in document.life.breaks)
    said = document.in_force is not None or before[-1].file.head == now.file.head
    return said and not broken and _stands(was) == _stands(document)


def broken_by_text(handbook: Handbook, document: Document) -> Verification:
    """What breaks by the text that a proposed change brings, where it `stays`: none of its records does."""
    order = handbook.proposed_order
    landing = handbook.records.landings[order] if order is not None else None
    found = text_breaks(document.history, document.life) if landing else ()
    return Verification([one for one, _ in found if one.commit == landing])


def _stands(document: Document) -> object:
    """All that came of a document, and how it stands, but for the text itself."""
    standing = document.standing
    seen = (standing.in_force, standing.upcoming, standing.withdrawn, standing.returns)
    plain = (standing.state, standing.on_main, standing.ended, document.title, document.life.reviews)
    return [*map(_told, document.events)], [*map(_told, seen)], plain


def _told(event: Event | None) -> object:
    """An event by what it holds: one that was kept is another object."""
    if not isinstance(event, Approval):
        return event
    return [getattr(event, one.name) for one in fields(event)]
