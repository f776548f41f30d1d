"""What follows from the facts of several documents."""

from __future__ import annotations

from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook


def successors(handbook: Handbook, document: Document) -> list[Document]:
    """The documents that say they replace this one."""
    return [
        other
        for other in handbook.listed
        if any(name.casefold() == document.key for name in other.shown.metadata.supersedes)
    ]
