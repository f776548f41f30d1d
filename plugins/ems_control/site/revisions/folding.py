"""A redline as readers see it: the blocks that changed, and between them what did not, folded.

Of two revisions most sections are the same: their blocks are read once, and not merged, written and read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from html import escape
from typing import NamedTuple

from lxml.etree import XPath

from ems_control.ground.alike import opcodes
from ems_control.ground.markdown.fragments import Element, fragment, html_of, words_of
from ems_control.site.revisions.html_blocks import LOOSE, content, tree, without_loose
from ems_control.site.revisions.redline import merged_blocks, number_steps, redline

_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_CHANGED = XPath('descendant-or-self::*[@data-ems or @class="ems"]')
FOLDED_FROM = 40
"""So many unchanged words in a row are folded; fewer are quicker read than opened."""


class Stretch(NamedTuple):
    """A block of a redline: its HTML, whether it is marked, how many words it has, and which, if it is a heading."""

    html: str
    marked: bool
    words: int
    heading: str | None


class _Block(NamedTuple):
    """A block of a text: for comparison, by all that is in it, and as a stretch where nothing changed."""

    element: Element
    content: bytes
    stretch: Stretch


def stretches(old: Sequence[str], new: Sequence[str]) -> Iterable[Stretch]:
    """What changed between two texts of such pieces, block by block."""
    before, after = _blocks(old), _blocks(new)
    if before is None or after is None:
        return _read(redline("\n".join(old), "\n".join(new)))
    return _merged(before, after)


def _merged(before: list[_Block], after: list[_Block]) -> Iterator[Stretch]:
    for kind, i, i2, j, j2 in opcodes([b.content for b in before], [b.content for b in after]):
        if kind == "equal":
            yield from (block.stretch for block in after[j:j2])
        else:
            merged = merged_blocks([b.element for b in before[i:i2]], [b.element for b in after[j:j2]])
            yield from _read("".join(map(_written, merged)))


def _blocks(pieces: Sequence[str]) -> list[_Block] | None:
    """The blocks of a text; None where it is no sections that stand for themselves."""
    if len(pieces) < 2:
        return None
    found = [_blocks_of(piece) for piece in pieces]
    known = [blocks for blocks in found if blocks is not None]
    return [block for blocks in known for block in blocks] if len(known) == len(found) else None


@lru_cache(maxsize=256)  # several revisions of a text have most of their sections in common
def _blocks_of(piece: str) -> tuple[_Block, ...] | None:
    """The blocks of a section; None where something stands beside them, or they are not read as they were written."""
    elements = list(tree(piece))
    if any(element.tag == LOOSE for element in elements):
        return None
    shown = _read("".join(map(_written, elements)))
    if len(shown) != len(elements):
        return None
    return tuple(_Block(element, content(element), one) for element, one in zip(elements, shown, strict=True))


def _written(element: Element) -> str:
    return without_loose(html_of(element))


def _read(marked: str) -> list[Stretch]:
    """The blocks of a redline."""
    root = fragment(marked)
    number_steps(root)
    return [_stretch(block) for block in root]


def _stretch(block: Element) -> Stretch:
    text, words = html_of(block, with_tail=True), words_of(block).split()
    marked = "ems" in text and bool(_CHANGED(block))
    return Stretch(text, marked, len(words), " ".join(words) if block.tag in _HEADINGS else None)


def fold(found: Iterable[Stretch], unchanged: Callable[[int], str], whole: bool = True) -> str:
    """Fold long stretches of a redline in which nothing changed; the heading above a change stays in sight.

    `unchanged(count)` says how many words are folded; the headings among them are named. If not `whole`, that is all.
    """
    pieces: list[str] = []
    same: list[Stretch] = []

    def close(last: bool = False) -> None:
        under = max((at for at, one in enumerate(same) if one.heading is not None), default=len(same))
        for part in (same,) if last else (same[:under], same[under : under + 1], same[under + 1 :]):
            text = "".join(one.html for one in part)
            count = sum(one.words for one in part)
            if count < FOLDED_FROM:
                pieces.append(text)
                continue
            names = escape(" · ".join([unchanged(count), *(one.heading for one in part if one.heading is not None)]))
            pieces.append(f"<details><summary>{names}</summary>{text}</details>" if whole else f"<p>{names}</p>")
        same.clear()

    for one in found:
        if one.marked:
            close()
            pieces.append(one.html)
        else:
            same.append(one)
    close(last=True)
    return "".join(pieces)
