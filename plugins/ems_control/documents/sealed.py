"""The body with includes and data tables from the commit where it stood (specification, What a page shows).

Links are rewritten for the place where the text is published: attachments to the bytes that were sealed, links to
documents by document (what had that path where the text stood, and where it is now).
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote, unquote

from ems_control.documents.history import Version
from ems_control.ground.formats.digest import Attachment, include_path
from ems_control.ground.formats.markdown import DEAD, disarm, outside_code, relink
from ems_control.ground.formats.markup import escape, table
from ems_control.ground.formats.tables import read_table, table_link
from ems_control.ground.text import decode, is_markdown

MAX_INCLUDES = 100

__all__ = ["DEAD", "Asset", "SealedText", "expand", "sealed_text"]


class Asset(NamedTuple):
    """A sealed file of a page: the path under docs/ at which it is published, and its blob."""

    path: str
    blob: str


class SealedText(NamedTuple):
    """The body of a revision, ready for any Markdown engine, and the files that it loads."""

    body: str
    assets: list[Asset]


def expand(version: Version) -> str:
    """The body with every include and every data table put in, from the sealed files."""
    sealed = {attachment.name: attachment for attachment in version.attachments}
    return _expand(version.file.body, sealed, version, [])


def _expand(body: str, sealed: dict[str, Attachment], version: Version, inside: list[str]) -> str:
    code = outside_code(body)
    lines = []
    for index, line in enumerate(body.split("\n")):
        name = include_path(line)
        shown = table_link(line) if index in code else None
        if name is not None and name in sealed and name not in inside and len(inside) < MAX_INCLUDES:
            text = decode(version.store.read(sealed[name].blob))[0]
            lines.append(_expand(text, sealed, version, [*inside, name]).rstrip("\n"))
        elif shown and unquote(shown[1]) in sealed:
            data = read_table(version.store.read(sealed[unquote(shown[1])].blob))
            lines += ["", table([escape(c) for c in data.columns], [[escape(c) for c in row] for row in data.rows])]
        else:
            lines.append(line)
    return "\n".join(lines)


def sealed_text(
    version: Version,
    page: str,
    link_to: Callable[[str, str], str],
    asset_at: Callable[[str, str], str | None],
    dead: str,
) -> SealedText:
    """The text of a version for publication at `page` (a path under docs/).

    `link_to(path, anchor)` gives the link from the page to what had a Markdown path (from the root of the
    repository) where the version stood, or DEAD; `asset_at(path, blob)` the published path of a sealed file, None where
    it must not be; `dead` says at a dead link why it is one.
    """
    folder_then = posixpath.dirname(version.path)
    folder_now = posixpath.dirname(page)
    sealed = {(a.name, a.path): a for a in version.attachments}
    by_name = {a.name: a for a in version.attachments}
    assets: dict[str, Asset] = {}

    def target_of(written: str) -> str | None:
        path, mark, anchor = written.partition("#")
        path, query, rest = path.partition("?")
        if not path or ":" in path.split("/")[0]:
            return None
        if path.startswith(("/", "\\")):
            return _absolute(path)
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
        return target + query + rest + mark + anchor

    return SealedText(relink(disarm(expand(version)), target_of, dead), sorted(assets.values()))


def _absolute(path: str) -> str | None:
    """An address from the root of the site: of a page it stays, of a file it would show whatever lies there now."""
    name = posixpath.basename(unquote(path).rstrip("/"))
    return None if path.endswith("/") or "." not in name else DEAD
