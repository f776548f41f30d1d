"""How an engine turns paths under docs/ into addresses, and where light pages stand."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from ems_control.handbook.addresses import light_page

__all__ = ["Addresses", "light_page", "relative_address"]


_WAYS = frozenset(("", ".", ".."))
"""Parts of a path that are no names."""


@dataclass(frozen=True)
class Addresses:
    """The addresses of a site: `procedures/x.md` is at `procedures/x/` (`directories`) or at `procedures/x.html`."""

    directories: bool = True

    def of(self, path: str) -> str:
        """The address of a page or file, from the root of the site."""
        stem, suffix = posixpath.splitext(path)
        if suffix != ".md":
            return path
        if posixpath.basename(stem) in ("index", "README"):
            folder = posixpath.dirname(stem)
            return f"{folder}/" if self.directories and folder else f"{folder}/index.html".lstrip("/")
        return f"{stem}/" if self.directories else f"{stem}.html"

    def light(self, document_id: str, name: str = "") -> str:
        """The address of a light page: of the document, or of `r3` or `r2-r3` of it."""
        folder = posixpath.dirname(light_page(document_id, name)) + "/"
        return folder if self.directories else f"{folder}index.html"

    def file(self, address: str) -> str:
        """The file at an address: links to files work from a folder too."""
        return f"{address}index.html" if address.endswith("/") else address

    def href(self, page: str, target: str) -> str:
        """The link in raw HTML from a page (a path under docs/) to an address; engines leave raw HTML alone."""
        return relative_address(target, posixpath.dirname(self.of(page)))


def relative_path(target: str, folder: str) -> str:
    """The way from a folder to a path, both from one root: as `posixpath.relpath`, which asks the system each time."""
    there, here = [path.rstrip("/").split("/") if path not in ("", ".") else [] for path in (target, folder)]
    if not _WAYS.isdisjoint(there) or not _WAYS.isdisjoint(here):
        return posixpath.relpath(target or ".", folder or ".")
    same = 0
    for one, other in zip(there, here, strict=False):
        if one != other:
            break
        same += 1
    return "/".join([*[".."] * (len(here) - same), *there[same:]]) or "."


def relative_address(target: str, folder: str) -> str:
    """The link to an address from the pages of a folder."""
    path = relative_path(target, folder)
    return path + "/" if target.endswith("/") and not path.endswith("/") else path
