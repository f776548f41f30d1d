"""Pieces of a text that can be read one by one: cut before headings, where nothing above reaches below.

Two revisions of a text have most of their sections in common, and what was made of one need not be made again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

_STARTS = re.compile(r"\n\n(?<=\S\n\n)(?=#{1,6} [^|\n]*(?:\n|\Z))")
_FENCES = ("```", "~~~")
_WIDE = ("<", "]:", "[^", "[TOC]", "\x02", "\x03")
"""What may reach beyond its section: raw HTML, definitions of links and words, footnotes, the table of contents."""
_COUNTED = re.compile(r"^(?: {4}|\t|===|\?\?\?)", re.MULTILINE)
"""Code and tabs, which some extensions count through a text."""

LOCAL = frozenset(
    "abbr admonition attr_list def_list extra fenced_code footnotes legacy_attrs legacy_em md_in_html nl2br sane_lists "
    "smarty tables toc pymdownx.betterem pymdownx.caret pymdownx.escapeall pymdownx.keys pymdownx.mark "
    "pymdownx.saneheaders pymdownx.smartsymbols pymdownx.tasklist pymdownx.tilde".split()
)
"""Extensions that make of a section, where there is none of the above, what they make of it in the whole text."""
COUNTING = frozenset(
    {"codehilite", "pymdownx.details", "pymdownx.highlight", "pymdownx.superfences", "pymdownx.tabbed"}
)
"""Others that do so where a section has no code and no tabs."""


def sections(text: str) -> list[str]:
    """The text in pieces, each but the first from a heading on; in one where fenced code might hide a heading."""
    if any(fence in text for fence in _FENCES):
        return [text]
    starts = [0, *(match.end() for match in _STARTS.finditer(text)), len(text)]
    return [text[start:end] for start, end in pairwise(starts) if start < end]


def reaches_on(text: str) -> bool:
    """Whether something in a section of the text may count in others, too."""
    return any(sign in text for sign in _WIDE)


def apart(text: str, names: Iterable[str]) -> bool:
    """Whether extensions of these names make of each section alone what they make of it in the text."""
    known = set(names)
    if not known <= LOCAL | COUNTING or reaches_on(text):
        return False
    return known <= LOCAL or not _COUNTED.search(text)
