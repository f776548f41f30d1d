"""Places for findings: a key of a document's front matter, a line of its body, a key of ems.yml."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ems_control.documents.history import Version
from ems_control.documents.reading import DocumentFile
from ems_control.ground.formats.digest import include_path
from ems_control.ground.formats.frontmatter import Mapping
from ems_control.ground.organisation.readings import Reading
from ems_control.ground.text import decode
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.rules.finding import Found


def at_key(document: Document, version: Version, key: str, message: str, fix: str, part: str = "") -> Found:
    """At a key of the front matter, or at the value in its list that is written as `part`."""
    line, column = version.file.line_of(key, part)
    return Found(version.path, line, column, document.id, message, fix)


def at_line(document: Document, version: Version, line: int, message: str, fix: str) -> Found:
    """At a line of the file."""
    return Found(version.path, line, 1, document.id, message, fix)


def at_config(handbook: Handbook, name: str, keys: tuple[str | int, ...], message: str, fix: str) -> Found:
    """At a key of ems.yml or people.yml."""
    configuration = handbook.committed_config
    tree: object = configuration.policy_tree if name == "ems.yml" else configuration.people_tree
    line = column = 0
    for key in keys:
        if isinstance(tree, Mapping):
            found = next((k for k in tree if k == key), None)
            if found is None:
                break
            line, column = getattr(found, "line", line), getattr(found, "column", column)
            tree = tree[str(key)]
        elif isinstance(tree, list) and isinstance(key, int) and key < len(tree):
            tree = tree[key]
            line, column = getattr(tree, "line", line) or line, getattr(tree, "column", column) or column
    return Found(handbook.repository.prefix + name, line, column, "", message, fix)


def current(handbook: Handbook) -> Iterator[tuple[Document, Version]]:
    """Every document with the text that is checked: the working tree's, else HEAD's."""
    yield from handbook.once("current", lambda: [(one, text) for one in handbook.ordered if (text := one.current)])


class Page(NamedTuple):
    """A controlled page as it lies under docs/ now.

    Its path, the id of its document ("" for none), what it says and how it is read.
    """

    path: str
    document: str
    file: DocumentFile
    reading: Reading

    def at(self, key: str, message: str, fix: str, part: str = "") -> Found:
        """At a key of the front matter, or at the value in its list that is written as `part`."""
        return Found(self.path, *self.file.line_of(key, part), self.document, message, fix)

    def at_row(self, index: int, message: str, fix: str) -> Found:
        """At a row of `revisions`, counted from 0."""
        return Found(self.path, *row_place(self.file, index), self.document, message, fix)


def pages(handbook: Handbook) -> list[Page]:
    """Every controlled page, also those without an id or with front matter that cannot be read."""
    return handbook.once("pages", lambda: [_page(handbook, *page) for page in handbook.controlled_pages])


def _page(handbook: Handbook, path: str, file: DocumentFile) -> Page:
    document = handbook.by_path.get(path)
    return Page(path, document.id if document else file.id or "", file, handbook.tree.reading_at(path))


class Part(NamedTuple):
    """A file that a document shows as part of its text: an include, or a data table."""

    path: str
    document: Document
    text: str
    is_table: bool


def shown_parts(handbook: Handbook) -> Iterator[Part]:
    """Every include and data table of the current texts, each once, with the first document that shows it."""
    seen: set[str] = set()
    for document, version in current(handbook):
        if version.facts.status == "withdrawn":
            continue
        included = {f"{handbook.docs}/{path}" for line in version.file.body.split("\n") if (path := include_path(line))}
        for attachment in version.attachments:
            is_table = attachment.path.lower().endswith(".csv")
            if attachment.path not in seen and (is_table or attachment.path in included):
                seen.add(attachment.path)
                yield Part(attachment.path, document, decode(version.store.read(attachment.blob))[0], is_table)


def row_place(file: DocumentFile, index: int) -> tuple[int, int]:
    """Line and column of a row of `revisions`, counted from 0."""
    rows = file.written("revisions")
    row = rows[index] if isinstance(rows, list) and index < len(rows) else None
    return (row.line, row.column) if isinstance(row, Mapping) else file.line_of("revisions")
