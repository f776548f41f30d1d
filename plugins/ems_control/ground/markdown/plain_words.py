"""Paragraphs that are nothing but words: every reader of Markdown makes a paragraph of them, and nothing else.

Whoever compares what two make of a text, or looks for what may not be on a page, can leave them out: most of a handbook
are such. Only where a heading or the end of the text follows, so that nothing around them meets that did not before;
never in a text with `<`, where a block of HTML may enclose them.
"""

from __future__ import annotations

import re
from functools import lru_cache

_WORDS = re.compile(r"[^\W\d_]+(?=[ ,;]|\Z)[a-zA-Z0-9 ,.;:'\"()/%?!+=°€§±×–—’‘“”„…\w-]*")
"""A line that begins with a word and has no sign of markup: no extension that leaves words alone sees more in it."""
LEAVING = frozenset(
    "abbr admonition attr_list codehilite def_list extra fenced_code footnotes md_in_html nl2br sane_lists smarty "
    "tables toc pymdownx.details pymdownx.highlight pymdownx.inlinehilite pymdownx.superfences pymdownx.tabbed "
    "pymdownx.tasklist".split()
)
"""Extensions that make nothing but words of such a line."""


def words_blanked(text: str) -> str:
    """The text, as many lines, without these paragraphs."""
    lines = text.split("\n")
    for number in _left_out(text):
        lines[number] = ""
    return "\n".join(lines)


def without_words(text: str) -> str:
    """The text without these paragraphs and the empty lines behind them."""
    lines = text.split("\n")
    kept, out = list[str](), _left_out(text)
    after = False
    for number, line in enumerate(lines):
        after = number in out or (after and not line.strip(" \t"))
        if not after:
            kept.append(line)
    return "\n".join(kept)


@lru_cache(maxsize=2)  # whoever compares asks for both
def _left_out(text: str) -> frozenset[int]:
    """The numbers of the lines that are left out, from 0."""
    if "<" in text:
        return frozenset()
    found, lines = set[int](), text.split("\n")
    parted, end = True, len(lines)
    while end:
        start = end
        while start and lines[start - 1].strip(" \t"):
            start -= 1
        if start < end:
            block = range(start, end)
            if parted and all(_WORDS.fullmatch(lines[number]) for number in block):
                found.update(block)
            else:
                parted = lines[start].startswith("#")
        end = start - 1 if start else 0
    return frozenset(found)
