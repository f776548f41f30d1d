"""The texts of light pages: a revision rendered as it stood, and two of them compared.

Rendering is kept by content. What a text asked about other documents (where a link leads today) is kept with the
answers and asked again: another answer makes the text anew.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from ems_control.documents.history import Version
from ems_control.documents.sealed import Manner, sealed_text
from ems_control.ground.markdown.extensions import Extensions
from ems_control.site.addressing import Addresses, relative_address
from ems_control.site.build_cache import CacheEntry, Made, key_of_all
from ems_control.site.revisions.folding import fold, stretches

_LINK = re.compile(r'(<(?:a|img)\b[^>]*?\s(?:href|src)=")([^"]*)(")')
_WITHIN = re.compile(r'(<a\b[^>]*?\shref=")#([^"]*)(")')
_ID = re.compile(r'\sid="([^"]*)"')
_NO_HEAD = re.compile(r"<th([^>]*)>\s*</th>")
_HEAD = re.compile(r"<th(?=[ >])(?![^>]*\bscope=)")
HERE = "d/-/-/index.md"
"""A place as deep as any light page with a text: what is rendered for it fits them all."""


@dataclass(frozen=True)
class Sealing:
    """How the publication seals: `link(path, anchor, version, page)`, `asset(path, blob)`, `load(published, blob)`."""

    link: Callable[[str, str, Version, str], str]
    asset: Callable[[str, str], str | None]
    load: Callable[[str, str], None]
    manner: Manner
    manner_key: str
    """What the words of tables are made of."""


@dataclass(frozen=True)
class RenderedText:
    """A rendered text, in `pieces` that stand line by line below each other, and a key of what it says."""

    pieces: tuple[str, ...]
    key: str

    @cached_property
    def html(self) -> str:
        """The whole of it."""
        return "\n".join(self.pieces)


class Texts:
    """Renders texts; `rendered` counts how many had to be."""

    def __init__(self, sealing: Sealing, addresses: Addresses, extensions: Extensions) -> None:
        """`addresses` is how the engine makes addresses."""
        self.sealing, self.addresses = sealing, addresses
        self.rendered = 0
        self._markdown, self._extensions, self._alone = extensions.renderer(), repr(extensions), extensions.alone

    def of(self, version: Version, dead: str, shelf: CacheEntry) -> RenderedText:
        """The text of a version, from the shelf where it is there and nothing that it asks has another answer."""
        key = key_of_all(
            version.path,
            version.blob,
            version.attachments,
            dead,
            self.addresses.directories,
            self._extensions,
            self.sealing.manner_key if ".table" in version.file.body else "",
        )
        made = shelf.get(key) if self._alone else None
        if made is None or not self._holds(made, version):
            made = self._render(version, dead)
            shelf.put(key, made)
        for published, blob in made["loads"]:
            self.sealing.load(published, blob)
        return RenderedText(tuple(made["pieces"]), key_of_all(key, made["pieces"]))

    def _holds(self, made: Made, version: Version) -> bool:
        sealing = self.sealing
        return all(sealing.asset(path, blob) == found for path, blob, found in made["assets"]) and all(
            sealing.link(path, anchor, version, HERE) == found for path, anchor, found in made["links"]
        )

    def _render(self, version: Version, dead: str) -> Made:
        links: dict[tuple[str, str], str] = {}
        assets: dict[tuple[str, str], str | None] = {}

        def link(path: str, anchor: str) -> str:
            links[path, anchor] = self.sealing.link(path, anchor, version, HERE)
            return links[path, anchor]

        def asset(path: str, blob: str) -> str | None:
            assets[path, blob] = self.sealing.asset(path, blob)
            return assets[path, blob]

        text = sealed_text(version, HERE, link, asset, dead, self.sealing.manner)
        self.rendered += 1
        return {
            "pieces": [self._addressed(piece) for piece in self._markdown.pieces(text.body)],
            "links": [[*asked, found] for asked, found in links.items()],
            "assets": [[*asked, found] for asked, found in assets.items()],
            "loads": [[asset.path, asset.blob] for asset in text.assets],
        }

    def _addressed(self, rendered: str) -> str:
        """Links to pages as the addresses that they have on the site."""
        folder = posixpath.dirname(HERE)

        def address(match: re.Match[str]) -> str:
            path, mark, anchor = match[2].partition("#")
            if not path.endswith(".md") or ":" in path:
                return match[0]
            target = self.addresses.file(self.addresses.of(posixpath.normpath(posixpath.join(folder, path))))
            return f"{match[1]}{relative_address(target, folder)}{mark}{anchor}{match[3]}"

        return _LINK.sub(address, rendered)


def compare(old: RenderedText, new: RenderedText, old_at: str, new_at: str, unchanged: Callable[[int], str]) -> str:
    """What changed between two texts that stand at two addresses, unchanged stretches folded.

    Where the new one stands on the same page (`new_at` is empty) they are only named.
    """
    marked = fold(stretches(old.pieces, new.pieces), unchanged, bool(new_at))
    if 'href="#' not in marked:
        return marked
    there, before = set(_ID.findall(new.html)), set(_ID.findall(old.html))

    def elsewhere(match: re.Match[str]) -> str:
        place = old_at if match[2] in before and match[2] not in there else new_at
        return f"{match[1]}{place}#{match[2]}{match[3]}"

    return _WITHIN.sub(elsewhere, marked)


def scrolling(rendered: str) -> str:
    """Tables and code that scroll in themselves, also by keyboard; heads are none where they say nothing."""
    framed = (
        rendered.replace("<pre>", '<pre tabindex="0">')
        .replace("<table", '<div class="scroll" tabindex="0"><table')
        .replace("</table>", "</table></div>")
    )
    return _HEAD.sub('<th scope="col"', _NO_HEAD.sub(r"<td\1></td>", framed))
