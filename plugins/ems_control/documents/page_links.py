"""The links of a text to pages, as revisions are compared by them."""

from __future__ import annotations

import posixpath
from functools import lru_cache

from ems_control.ground.markdown.outline import links
from ems_control.ground.markdown.sections import reaches_on, sections


def pages_linked(text: str) -> list[str]:
    """The targets of the links of a text, but for files that are told by their bytes."""
    return list(_linked(text))


@lru_cache(maxsize=4)  # of several revisions each is compared twice, one after the other
def _linked(text: str) -> tuple[str, ...]:
    return tuple(target for piece in ([text] if reaches_on(text) else sections(text)) for target in _linked_in(piece))


@lru_cache(maxsize=256)  # several revisions of a text have most of their sections in common
def _linked_in(piece: str) -> tuple[str, ...]:
    return tuple(link.target for link in links(piece) if _is_page(link.target))


def _is_page(target: str) -> bool:
    """Whether a link leads to a page or an address, not to a file that is told by its bytes."""
    path = target.partition("#")[0].partition("?")[0]
    return "://" in target or not path or posixpath.splitext(path)[1].lower() in ("", ".md", ".markdown")
