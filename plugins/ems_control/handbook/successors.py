"""Which documents are read instead of one that is withdrawn."""

from __future__ import annotations

from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook


def successors(handbook: Handbook, document: Document) -> list[Document]:
    """The documents that say they replace this one; of one that is withdrawn itself, those that replaced it."""
    found: dict[str, Document] = {}
    seen, waiting = {document.key}, [document]
    while waiting:
        replaced = waiting.pop(0)
        for other in handbook.listed:
            names = {name.casefold() for name in other.shown.facts.supersedes}
            if replaced.key not in names or other.key in seen:
                continue
            seen.add(other.key)
            if other.in_force is None and other.standing.withdrawn and _replaced(handbook, other):
                waiting.append(other)
            else:
                found[other.key] = other
    return list(found.values())


def _replaced(handbook: Handbook, document: Document) -> bool:
    return any(document.key in {name.casefold() for name in other.shown.facts.supersedes} for other in handbook.listed)


def with_number(handbook: Handbook, number: str) -> Document | None:
    """The document that had a number before, compared without case."""
    wanted = number.casefold()
    known = (other for other in handbook.ordered if wanted in (old.casefold() for old in other.shown.facts.formerly))
    return next(known, None)
