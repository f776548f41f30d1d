"""The texts whose links and loaded files family 5 judges, and where each link is seen from."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from ems_control.approvals.lifecycle import State
from ems_control.documents.history import AFTER_ALL, Version
from ems_control.ground.formats.digest import include_path
from ems_control.ground.markdown.outline import Link, links, outside_code
from ems_control.ground.text import decode, is_markdown
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.links import Target, resolve
from ems_control.rules.finding import Found


class LinkingText(NamedTuple):
    """A text: its document (None for an uncontrolled page), its version, the version that its links are seen from."""

    document: Document | None
    version: Version
    stood: Version

    @property
    def approved(self) -> bool:
        """Whether this revision is in force or will be."""
        revision = self.version.metadata.revision
        return self.document is not None and any(
            approval is not None and approval.revision == revision
            for approval in (self.document.in_force, self.document.upcoming)
        )

    def found(self, line: int, message: str, fix: str) -> Found:
        """A finding at a line of this text."""
        return Found(self.version.path, line, 1, self.document.id if self.document else "", message, fix)


def texts(handbook: Handbook) -> list[LinkingText]:
    """The current text of every document that is not withdrawn, then every uncontrolled page."""
    return handbook.once("linking_texts", lambda: list(_texts(handbook)))


def _texts(handbook: Handbook) -> Iterator[LinkingText]:
    for document in handbook.ordered:
        version = document.current
        if version is None or version.metadata.status == "withdrawn" or version.file.tree is None:
            continue
        approval = next((a for a in document.approvals if a.revision == version.metadata.revision), None)
        if approval is None or document.state is not State.WITHDRAWN:
            yield LinkingText(document, version, approval.version if approval else version)
    for path, blob in sorted(handbook.tree.files.items()):
        if is_markdown(path) and not handbook.is_controlled(path):
            version = Version(
                None, path, blob, handbook.tree.store.document(blob), (), handbook.tree.store, None, AFTER_ALL
            )
            yield LinkingText(None, version, version)


def targets(handbook: Handbook, text: LinkingText) -> list[tuple[Link, Target]]:
    """The links and images of a text that lead into the handbook (raw HTML: only to a place on the same page)."""
    return handbook.once(("targets", text.version, text.stood), lambda: list(_targets(handbook, text)))


def _targets(handbook: Handbook, text: LinkingText) -> Iterator[tuple[Link, Target]]:
    for link in text.version.file.links:
        if link.kind == "html" and not link.target.startswith("#"):
            continue
        target = resolve(handbook, text.stood, link.target)
        if target is not None:
            yield link, target


def is_page(path: str) -> bool:
    """Whether a path can only mean a page: Markdown, a built page, a folder."""
    return (
        is_markdown(path) or path.lower().endswith((".html", ".htm")) or "." not in posixpath.basename(path).strip(".")
    )


def includes(handbook: Handbook, text: LinkingText) -> Iterator[tuple[int, str]]:
    """Lines of a text that include a file, with the path of that file."""
    for line, words in lines(text.version.file.body, text.version.file.body_line):
        if path := include_path(words):
            yield line, f"{handbook.docs}/{path}"


def lines(body: str, first_line: int = 1) -> Iterator[tuple[int, str]]:
    """The lines outside code blocks and comments, with their number in the file."""
    if "8<" in body:
        kept = outside_code(body)
        yield from ((n + first_line, words) for n, words in enumerate(body.split("\n")) if n in kept)


class Piece(NamedTuple):
    """A text that is shown, by itself or as part of a document: its path, document, body and links."""

    path: str
    document: str
    first_line: int
    body: str
    links: list[Link]

    def found(self, line: int, message: str, fix: str) -> Found:
        """A finding at a line of this piece."""
        return Found(self.path, line, 1, self.document, message, fix)


def pieces(handbook: Handbook) -> Iterator[Piece]:
    """Every text that is shown: documents, uncontrolled pages, and the files that they include, each once."""
    seen: set[str] = set()
    waiting: list[str] = []
    for text in texts(handbook):
        file = text.version.file
        seen.add(text.version.path)
        yield Piece(text.version.path, text.document.id if text.document else "", file.body_line, file.body, file.links)
        waiting += [path for _, path in includes(handbook, text)]
    while waiting:
        path = waiting.pop()
        if path in seen or path not in handbook.tree.files:
            continue
        seen.add(path)
        body = decode(handbook.tree.store.read(handbook.tree.files[path]))[0]
        yield Piece(path, "", 1, body, links(body))
        waiting += [f"{handbook.docs}/{name}" for _, words in lines(body) if (name := include_path(words))]
