"""A handbook in which rules see some documents: who looks at another, or at what all together tell, is stopped."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from copy import copy
from dataclasses import replace
from typing import Any, NoReturn

from ems_control.documents.history import Version
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.verification import Verification


class LooksElsewhereError(LookupError):
    """A rule that sees one document asked for another, or for a file that is no part of it."""


class _Only(dict[str, Any]):
    """What there is of one document; whoever asks for more that is there looks elsewhere."""

    def __init__(self, mine: Mapping[str, Any], all_there: Container[str]) -> None:
        super().__init__(mine)
        self._all = all_there

    def _elsewhere(self, key: object) -> bool:
        return not dict.__contains__(self, key) and key in self._all

    def __missing__(self, key: str) -> NoReturn:
        raise LooksElsewhereError(key) if self._elsewhere(key) else KeyError(key)

    def get(self, key: str, default: Any = None) -> Any:
        """What is there, or the default where nothing is, in the whole handbook."""
        return super().get(key, default) if key in self else default

    def __contains__(self, key: object) -> bool:
        if self._elsewhere(key):
            raise LooksElsewhereError(key)
        return dict.__contains__(self, key)


class _Unlisted(_Only):
    """The same, and whoever goes through all of it looks elsewhere, too."""

    def __iter__(self) -> NoReturn:
        raise LooksElsewhereError("all")

    keys = values = items = __iter__


class _Nothing:
    """Stands for what only several documents together tell."""

    def __getattr__(self, name: str) -> NoReturn:
        raise LooksElsewhereError(name)


def only(
    handbook: Handbook, document: Document, version: Version, verification: Verification | None = None
) -> Handbook:
    """The same handbook, as if there were nothing in it but one document and the files that its text shows.

    `verification` is what evidence says of it, where that is known.
    """
    files = {attachment.path: attachment.blob for attachment in version.attachments} | {version.path: version.blob}
    tree = copy(handbook.tree)
    tree.files, tree.odd = _Only(files, handbook.tree.files), {}
    one = replace(handbook, documents=_Only({document.key: document}, handbook.documents), tree=tree)
    pages = [(version.path, version.file)] if handbook.is_controlled(version.path) else []
    by_path = _Only({**dict.fromkeys(files), version.path: document}, handbook.tree.files)
    one.__dict__.update(
        controlled_pages=pages, by_path=by_path, verification=verification or _Nothing(), _stood=_Nothing()
    )
    return one


def in_change(handbook: Handbook, looked_at: Iterable[Document]) -> Handbook:
    """The same handbook for whoever asks what a proposed change does to documents, all that it touches among them."""
    order, mine = handbook.proposed_order, {document.key: document for document in looked_at}
    touched = [document for document in mine.values() if order is not None and document.touched_by(order)]
    one = replace(handbook, documents=_Unlisted(mine, handbook.documents))
    by_path = _Unlisted({}, handbook.tree.files)
    one.__dict__.update(touched=touched, by_path=by_path, verification=_Nothing(), _stood=_Nothing())
    return one
