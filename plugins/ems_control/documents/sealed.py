"""The body with includes and data tables from the commit where it stood (specification, What a page shows).

Links are rewritten for the place where the text is published: attachments to the bytes that were sealed, links to
documents by document (what had that path where the text stood, and where it is now).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote, unquote

from ems_control.documents.by_year import YEARS, figure_columns, newest_columns
from ems_control.documents.history import Version
from ems_control.documents.shown_tables import shown_table
from ems_control.documents.table_look import filled, first_columns
from ems_control.ground.formats.digest import Attachment, include_path
from ems_control.ground.formats.picture_size import picture_size
from ems_control.ground.formats.tables import Table, TableLink, table_link
from ems_control.ground.markdown.markup import escape, link, table
from ems_control.ground.markdown.outline import DEAD, disarm, outside_code, relink
from ems_control.ground.text import decode, is_markdown

MAX_INCLUDES = 100
EAGER = 3
"""So many pictures of a text are loaded with it; the others when a reader comes near, or moves at all."""


class Manner(NamedTuple):
    """How a text tells its data tables: in which language where it names none, and with which words.

    `in_words` gives what is shown with its keys in words of a language; `unreadable` says that one cannot be read, of
    its name, the reason and a language; `place` gives the path of the document that a number in a cell names, from the
    root of the repository, or None; `rows` that of the register whose row a number is. With `marks`, columns that
    nobody fills are left out, rows of their register have anchors, and the cells to read first the class `ems-k`.
    """

    language: str = "en"
    unreadable: Callable[[str, str, str], str] = lambda name, reason, _language: f"{name} cannot be shown: {reason}"
    in_words: Callable[[ShownTable, str], Table] = lambda shown, _language: shown.table
    place: Callable[[str], str | None] = lambda _number: None
    rows: Mapping[str, str] = MappingProxyType({})
    marks: bool = False


AS_WRITTEN = Manner()
_NUMBER = re.compile(r"(?<![\w&#./-])[A-Za-z][A-Za-z0-9]*(?:[.-][A-Za-z0-9]+)+(?![\w/-])")
"""What may be the number of a document in an escaped text."""
_OPENS = re.compile(r"[ >]*(?:(?:[-*+]|\d+[.)])[ \t]|(?:!!!|\?\?\?\+?|===[!+]?)[ \t]|:[ \t]{1,3}\S|\[\^[^\]]+\]:)")
"""A line below which indented lines are part of a step, a block, a definition or a note."""

__all__ = [
    "AS_WRITTEN",
    "DEAD",
    "Asset",
    "Manner",
    "SealedText",
    "ShownTable",
    "expand",
    "sealed_text",
    "tables_in",
    "with_includes",
]


class Asset(NamedTuple):
    """A sealed file of a page: the path under docs/ at which it is published, and its blob."""

    path: str
    blob: str


class SealedText(NamedTuple):
    """The body of a revision, ready for any Markdown engine, and the files that it loads."""

    body: str
    assets: list[Asset]


class ShownTable(NamedTuple):
    """A data table of a text: the line (from 0, of the text with its includes put in) and what is shown of it."""

    line: int
    link: TableLink
    table: Table


def expand(version: Version, manner: Manner = AS_WRITTEN) -> str:
    """The body with every include and every data table put in, from the sealed files."""
    body = with_includes(version)
    lines, named = body.split("\n"), set[str]()
    for shown in reversed(list(tables_in(version, body, manner.language))):
        lines[shown.line : shown.line + 1] = _lines(shown, manner, version, named)
    return "\n".join(lines)


def with_includes(version: Version) -> str:
    """The body with every include put in, from the sealed files."""
    sealed = {attachment.name: attachment for attachment in version.attachments}
    return _included(version.file.body, sealed, version, [])


def _included(body: str, sealed: dict[str, Attachment], version: Version, inside: list[str]) -> str:
    if "--8<--" not in body:
        return body
    lines = []
    for line in body.split("\n"):
        name = include_path(line)
        if name is not None and name in sealed and name not in inside and len(inside) < MAX_INCLUDES:
            text = decode(version.store.read(sealed[name].blob))[0]
            lines.append(_included(text, sealed, version, [*inside, name]).rstrip("\n"))
        else:
            lines.append(line)
    return "\n".join(lines)


def tables_in(version: Version, body: str, language: str = "en") -> Iterator[ShownTable]:
    """Every data table that the lines of a text show, in its own language or else in this one."""
    if ".table" not in body:
        return
    sealed = {attachment.name: attachment for attachment in version.attachments}

    def read(name: str) -> bytes | None:
        return version.store.read(sealed[name].blob) if name in sealed else None

    lines, shown = body.split("\n"), outside_code(body)
    for index in sorted(shown):
        link = table_link(lines[index])
        if link and _is_block(lines, index, link.indent) and unquote(link.target) in sealed:
            yield ShownTable(index, link, shown_table(link, read, version.facts.language or language))


def _is_block(lines: list[str], index: int, indent: str) -> bool:
    """Whether an indented line belongs to a step or a block above it, or goes on a paragraph; else it is code."""
    deep = width = len(indent.replace("\t", "    "))
    for line in reversed(lines[:index]):
        columns = len(line) - len(line.lstrip(" "))
        if line.strip() and columns < deep:
            if _OPENS.match(line):
                return True
            deep = columns
    return width < 4 or bool(index and lines[index - 1].strip())


def _lines(shown: ShownTable, manner: Manner, version: Version, named: set[str]) -> list[str]:
    """The lines of Markdown that show a table at the depth of its link.

    `named` holds the rows of the text that have an anchor, and grows.
    """
    language, indent = version.facts.language or manner.language, shown.link.indent
    if shown.table.problem:
        reason = f"{shown.table.problem.message}. {shown.table.problem.fix}"
        text = f"**{escape(manner.unreadable(unquote(shown.link.target), reason, language))}**"
    else:
        found = manner.in_words(shown, language)
        figures = YEARS in shown.link.options
        chosen = figures or shown.link.options.keys() & {"columns", "blank"}
        found = filled(found) if manner.marks and not chosen else found
        first = newest_columns(shown.table) if figures else first_columns(found)
        heads = [escape(column) for column in found.columns]
        rows = _rows(found, first if manner.marks else [], manner, version.path, named)
        text = table(heads, rows, figure_columns(shown.table) if figures else ()) if found.columns else ""
    return [indent.rstrip(" "), *(f"{indent}{line}" for line in text.rstrip("\n").split("\n")), ""]


def _rows(found: Table, first: list[int], manner: Manner, path: str, named: set[str]) -> Iterator[list[str]]:
    """The rows of a table as Markdown, with the columns to read `first`; in their register they have anchors."""
    for row in found.rows:
        number, cells = row[0], [_cell(cell, manner, path) for cell in row]
        at_home = manner.rows.get(number) == path
        cells[0] = escape(number) if at_home else cells[0]
        anchor = f"#{number}" if at_home and number not in named else ""
        named.add(number)
        for at in {0, *first}:
            marks = " ".join([".ems-k"] * (at in first) + [anchor] * (at == 0 and bool(anchor)))
            cells[at] += f" {{ {marks} }}" if marks and row[at] else ""
        yield cells


def _cell(text: str, manner: Manner, path: str) -> str:
    """A cell of a text at a path; numbers of documents and of rows of registers in it are links."""
    folder = posixpath.dirname(path) or "."

    def linked(match: re.Match[str]) -> str:
        place, row = manner.place(match[0]), manner.rows.get(match[0])
        if place:
            return link(match[0], posixpath.relpath(place, folder))
        return link(match[0], f"{posixpath.relpath(row, folder)}#{match[0]}") if row else match[0]

    return "<br>".join(_NUMBER.sub(linked, escape(line)) for line in text.split("\n"))


def sealed_text(
    version: Version,
    page: str,
    link_to: Callable[[str, str], str],
    asset_at: Callable[[str, str], str | None],
    dead: str,
    manner: Manner = AS_WRITTEN,
) -> SealedText:
    """The text of a version for publication at `page` (a path under docs/).

    `link_to(path, anchor)` gives the link from the page to what had a Markdown path (from the root of the
    repository) where the version stood, or DEAD; `asset_at(path, blob)` the published path of a sealed file, None where
    it must not be; `dead` says at a dead link why it is one, `manner` how tables are told.
    """
    folder_then = posixpath.dirname(version.path)
    folder_now = posixpath.dirname(page)
    sealed = {(a.name, a.path): a for a in version.attachments}
    by_name = {a.name: a for a in version.attachments}
    assets: dict[str, Asset] = {}
    sizes: dict[str, str] = {}

    def target_of(written: str) -> str | None:
        path, mark, anchor = written.partition("#")
        path, query, rest = path.partition("?")
        if not path or ":" in path.split("/")[0]:
            return None
        if path.startswith(("/", "\\")):
            return DEAD  # beside the handbook, or whatever lies there now
        then = posixpath.normpath(posixpath.join(folder_then, unquote(path)))
        if is_markdown(then):
            return link_to(then, anchor)
        name = unquote(path)
        attachment = sealed.get((name, then)) or by_name.get(name)
        published = asset_at(attachment.path, attachment.blob) if attachment else None
        if attachment is None or published is None:
            return DEAD
        assets[published] = Asset(published, attachment.blob)
        target = quote(posixpath.relpath(published, folder_now or "."), safe="/._-~")
        size = picture_size(version.store.read(attachment.blob))
        if size and target not in sizes:
            later = " loading=lazy" if len(sizes) >= EAGER else ""
            sizes[target] = f"width={size[0]} height={size[1]}{later}"
        return target + query + rest + mark + anchor

    return SealedText(relink(disarm(expand(version, manner)), target_of, dead, sizes), sorted(assets.values()))
