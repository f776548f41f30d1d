"""What follows from the facts of several documents."""

from __future__ import annotations

from ems_control.handbook.handbook import Document, Handbook


def successors(handbook: Handbook, document: Document) -> list[Document]:
    """The documents that say they replace this one."""
    return [
        other
        for other in handbook.listed
        if any(name.casefold() == document.key for name in other.shown.metadata.supersedes)
    ]
