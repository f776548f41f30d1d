"""Where each document has its page: at its file's path, and of two documents at one address only one."""

from __future__ import annotations

import posixpath
from collections import defaultdict

from ems_control.ground.text import is_markdown
from ems_control.handbook.addresses import permanent_page
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook


def page_paths(handbook: Handbook, preview: bool = False) -> dict[str, str]:
    """The page of each document, as a path under docs/, by the document's key.

    It is the path of its file at HEAD (with `preview`, in the working tree), else the last it had. Where several would
    have one address, it belongs to the one in force, of these to the one whose file lies there; the others stand at
    their permanent address under d/.
    """
    found = {key: path for holders in by_address(handbook, preview).values() for key, path in _settled(holders)}
    return {document.key: found[document.key] for document in handbook.documents.values() if document.key in found}


def by_address(handbook: Handbook, preview: bool = False) -> dict[str, list[tuple[Document, str]]]:
    """The documents at each address with the path that they have or last had; the one that holds it first."""
    found: dict[str, list[tuple[tuple[bool, bool, int], Document, str]]] = defaultdict(list)
    for document in handbook.documents.values():
        history = document.history
        own = history.current if preview else history.head
        version = own or (history.versions[-1] if history.versions else None)
        if version is not None:
            path = handbook.under_docs(version.path)
            rank = (document.in_force is not None, own is not None, version.order)
            found[address(path)].append((rank, document, path))
    return {
        place: [(document, path) for _, document, path in sorted(holders, key=lambda each: each[0], reverse=True)]
        for place, holders in found.items()
    }


def _settled(holders: list[tuple[Document, str]]) -> list[tuple[str, str]]:
    first, *others = holders
    return [(first[0].key, first[1]), *((document.key, permanent_page(document.id)) for document, _ in others)]


def address(path: str) -> str:
    """The file that a site makes of a file under docs/."""
    if not is_markdown(path):
        return path
    folder, name = posixpath.split(posixpath.splitext(path)[0])
    if name.lower() in ("index", "readme"):
        return posixpath.join(folder, "index.html")
    return posixpath.join(folder, name, "index.html")
