"""One Markdown file, read once: front matter, facts, body, and what was wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Any, Protocol

from ems_control.documents.metadata import (
    Facts,
    Metadata,
    RevisionRow,
    fact_of,
    facts_from,
    facts_of,
    own_row,
    row_of,
    typed,
    written,
)
from ems_control.ground.errors import Problem
from ems_control.ground.formats.digest import (
    FIRST,
    METHODS,
    canonical_json,
    content_1_of,
    sealed_json,
    sealed_metadata,
)
from ems_control.ground.formats.front_blocks import Block, FrontBlocks
from ems_control.ground.formats.frontmatter import FrontMatter, Mapping, hidden_characters, read, split
from ems_control.ground.formats.packed_front import packed, unpacked
from ems_control.ground.formats.records import POLICY_ID
from ems_control.ground.markdown.outline import Heading, Link, Slug, anchors, headings, links, plain_slug
from ems_control.ground.organisation.readings import Reading
from ems_control.ground.text import decode


class Source(Protocol):
    """Whoever gives a text anew."""

    def text_of(self, blob: str) -> str:
        """The text that a blob holds, as it counts."""


@dataclass
class DocumentFile:
    """The text of a Markdown file and what it says about itself.

    `reading` names the keys; `body_line` is the line on which the body starts. The front matter is read when it is
    asked for, and the rows of its history only when they are: over ten thousand revisions that is most of the work.
    `source` gives the text of its `blob` anew where it was not kept.
    """

    reading: Reading
    _text: str | None
    body_start: int
    body_line: int
    unread: tuple[Problem, ...] = ()
    slug: Slug = plain_slug
    """How the site makes the anchor of a heading."""
    source: Source | None = field(default=None, repr=False, compare=False)
    blob: str = ""
    _front: FrontMatter | bytes | None = field(default=None, init=False, repr=False)
    _typed: tuple[Metadata, list[Problem]] | None = field(default=None, init=False, repr=False)
    _sealed: bytes | None = field(default=None, init=False, repr=False)
    """The sealed metadata as the first method has them, where the front matter was read in blocks."""
    _alone: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """What can be kept for another run."""
        return {**self.__dict__, "source": None, "slug": None, "_front": packed(self._front)}

    @property
    def text(self) -> str:
        """The whole text, as it counts."""
        if self._text is None:
            assert self.source is not None  # `forget` needs it
            self._text = self.source.text_of(self.blob)
        return self._text

    @property
    def keeps_text(self) -> bool:
        """Whether the text is held, and asked for without reading it again."""
        return self._text is not None

    def forget(self) -> None:
        """Keep the text no longer, where it can be had again: of ten revisions nine are read once."""
        if self.source is not None and not self.unread:
            self._text = self._sealed = None
            if self._typed is None:
                self._front = None

    @property
    def body(self) -> str:
        """The text behind the front matter."""
        return self.text[self.body_start :]

    @property
    def head(self) -> str:
        """The text before the body, as written."""
        return self.text[: self.body_start]

    def _read(self) -> FrontMatter:
        found = unpacked(self._front) if isinstance(self._front, bytes) else self._front
        if found is None:
            found = FrontMatter(None, "", 1, list(self.unread)) if self.unread else read(self.text)
            found.body = ""  # it is part of the text
        self._front = found
        return found

    @property
    def tree(self) -> Mapping | None:
        """The front matter as written; None where there is none or it cannot be read."""
        return self._read().data

    @cached_property
    def readable(self) -> bool:
        """Whether there is front matter, and it can be read."""
        return self.tree is not None

    @property
    def keeps_tree(self) -> bool:
        """Whether the front matter was read as a whole already, and is not forgotten."""
        return self._typed is not None

    @property
    def unreadable(self) -> list[Problem]:
        """What was wrong with the bytes or the YAML."""
        return self._read().problems

    @cached_property
    def facts(self) -> Facts:
        """The typed facts without the rows of the history; none where any of the front matter cannot be read.

        All of it is read, or a broken row would leave a document that is there for some and not for others.
        """
        if self._typed is not None:
            return self.metadata
        kept = self._front
        found = facts_of(self.tree, self.reading) if self.tree is not None else Facts()
        _ = self.readable
        self._front = kept  # over ten thousand revisions the trees would be most of the memory
        return found

    @cached_property
    def row(self) -> RevisionRow | None:
        """The row of its own revision."""
        if self._typed is not None or self.reading.fields:
            return self.metadata.row
        kept = self._front
        found = own_row(self.tree, self.facts.revision) if self.tree is not None else None
        self._front = kept
        return found

    def _whole(self) -> tuple[Metadata, list[Problem]]:
        if self._typed is None:
            self._typed = typed(self.tree, self.reading) if self.tree is not None else (Metadata(), [])
        return self._typed

    @property
    def metadata(self) -> Metadata:
        """The typed facts of the front matter; what could not be read is missing."""
        return self._whole()[0]

    @property
    def problems(self) -> list[Problem]:
        """Everything wrong with the reading and with single values."""
        return [*self.unreadable, *self._whole()[1]]

    @cached_property
    def id(self) -> str | None:
        """The id as written; None where there is none, or where it is that of ems.yml and people.yml."""
        name = self.facts.id
        return name if name and name.casefold() != POLICY_ID else None

    @cached_property
    def headings(self) -> list[Heading]:
        """The headings of the body with their anchors."""
        return headings(self.body, self.body_line, self.slug)

    @cached_property
    def anchors(self) -> set[str]:
        """Every id of the body that a link can point to."""
        return anchors(self.body, self.slug)

    @cached_property
    def links(self) -> list[Link]:
        """The links and images of the body."""
        return links(self.body, self.body_line)

    @cached_property
    def hidden(self) -> list[Problem]:
        """Characters of the body that nobody sees."""
        return list(hidden_characters(self.body, self.body_line))

    def line_of(self, key: str, part: str = "") -> tuple[int, int]:
        """Line and column of a front-matter key, or of the value in it that is written as `part`."""
        place = (1, 1)
        tree: Any = self.tree
        for name in self.reading.field(key).split("."):
            found = next((k for k in tree if k == name), None) if isinstance(tree, Mapping) else None
            if found is None:
                break
            place, tree = (getattr(found, "line", 1), getattr(found, "column", 1)), tree[found]
        for value in tree if part and isinstance(tree, list) else ():
            if value == part:
                return value.line, value.column
        return place

    def written(self, key: str) -> Any:
        """The value of a key as the front matter has it, with its place; None where it is missing or empty."""
        return written(self.tree, self.reading, key) if self.tree is not None else None

    @cached_property
    def rows(self) -> tuple[bytes, ...]:
        """A mark for each row of the history, newest first: rows that say the same have the same.

        They count under our names of their keys: a policy that renames them changes no row.
        """
        names = self.reading
        found = sealed_metadata(self.tree or {}, names.fields).get(names.field("revisions"))
        renamed = [key for key in names.fields if key.startswith("revisions.")]
        ours = {names.field(key).removeprefix("revisions."): key for key in renamed}
        return tuple(_mark(row, ours) for row in found) if isinstance(found, list) else ()

    @cached_property
    def says_editorial(self) -> bool:
        """Whether the first row of the history says `class: editorial`."""
        if "editorial" not in self.text:
            return False  # without reading its front matter
        rows = self.tree.get(self.reading.field("revisions")) if self.tree is not None else None
        row = rows[0] if isinstance(rows, list) and rows else None
        key = self.reading.field("revisions.class").removeprefix("revisions.")
        return isinstance(row, dict) and row.get(key) == "editorial"

    def read_whole(self, known: FrontBlocks | None) -> DocumentFile:
        """Read the front matter once for all that is compared of every revision: facts, rows, and the digest.

        `known` are the blocks of texts before it, where many are read.
        """
        head = split(self.text)[0] if known else None
        blocks = known.read(head) if known and head and not self.reading.fields else None
        if blocks:
            self._take(blocks)
        else:
            _ = self._read(), self.facts, self.readable, self.row, self.rows, self.says_editorial
        return self

    def _take(self, blocks: list[Block]) -> None:
        """The same as the properties would say, out of blocks."""
        self.facts = facts_from({one.key: one.made[0] for one in blocks if one.made and one.key != _ROWS})
        own = next((one for one in blocks if one.key == _ROWS), None)
        rows = own.made or tuple(row.made for row in own.rows) if own else ()
        self.rows, self.says_editorial = tuple(mark for mark, _, _ in rows), bool(rows) and rows[0][1]
        self.row = next((row for _, _, row in rows if row and row.revision == self.facts.revision), None)
        self.readable, self._sealed = True, sealed_json((one.key, one.json) for one in blocks)

    def digest(self, method: str, attachments: list[tuple[str, str]]) -> str:
        """The content digest with these attachments (pairs of name and SHA-256); the tree is not kept for it."""
        if not attachments and method in self._alone:
            return self._alone[method]
        if self._sealed is not None and method == FIRST:
            found = content_1_of(self._sealed, self.body, attachments)
        else:
            found = METHODS[method](self.tree or {}, self.body, attachments, self.reading.fields)
        if not attachments:
            self._alone[method] = found
        if self._typed is None:
            self._front = None
        return found


_ROWS = "revisions"


def front_blocks() -> FrontBlocks:
    """For the front matter of many texts; of a row it keeps its mark, whether it is editorial, and what it says."""
    return FrontBlocks(_said, _ROWS, _row)


def _said(key: str, value: Any) -> tuple[Any, ...] | None:
    """What is kept of a key: its fact, or its rows."""
    if key != _ROWS:
        return fact_of(key, value)
    return tuple(_row(key, row) for row in value) if isinstance(value, list) else ()


def _row(_: str, row: Any) -> tuple[bytes, bool, RevisionRow | None]:
    return _mark(row, {}), isinstance(row, dict) and row.get("class") == "editorial", row_of(row)


def _mark(row: Any, names: dict[str, str]) -> bytes:
    """The mark of a row of the history, whose keys `names` gives under our names."""
    ours = {names.get(key, f"revisions.{key}"): value for key, value in row.items()} if isinstance(row, dict) else row
    return blake2b(canonical_json(ours), digest_size=16).digest()


def read_document(data: bytes, reading: Reading) -> DocumentFile:
    """Read the bytes of a Markdown file; never raises: what is wrong stands in `problems`."""
    text, problems = decode(data)
    if problems:
        return DocumentFile(reading, "", 0, 1, tuple(problems))
    _, body, body_line = split(text)
    return DocumentFile(reading, text, len(text) - len(body), body_line)
