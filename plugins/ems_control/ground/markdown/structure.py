"""What a reader sees of a text: headings, steps with their numbers, tables with their cells, links; twice.

Whoever approves reads the text at a forge, which follows CommonMark; whoever works reads the page, which
Python-Markdown makes. `differences` says where the two read otherwise, by comparing what both make of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from markdown_it.token import Token

from ems_control.ground.markdown.extensions import UNREADABLE
from ems_control.ground.markdown.fragments import fragment
from ems_control.ground.markdown.plain_words import without_words, words_blanked
from ems_control.ground.markdown.shown_links import (
    COMMONMARK,
    links_at_forge,
    links_of,
    noted_twice,
    other_links,
    page_at_forge,
    swallowed,
)
from ems_control.ground.markdown.shown_parts import (
    BULLET,
    Difference,
    Part,
    first_words,
    of_page,
    row_of,
    text_of,
    tree_of,
)

__all__ = ["Difference", "Part", "differences"]

_FRAME = re.compile(r"(?P<indent> *)(?:(?:!!!|\?\?\?\+?|===[!+]?)(?: .*)?|:(?= {1,3}\S)|\[\^[^\]\s]+\]:(?= ))")
_FENCE = re.compile(r" *(?P<fence>`{3,}|~{3,})")
_RAW = re.compile(r"<(?:tr|li|h[1-6])\b", re.IGNORECASE)
_TAB = 4


def _blocks_at_forge(plain: str, tokens: list[Token]) -> list[tuple[Part, int]]:
    """What a CommonMark reader shows of a text, each part with its line (from 1)."""
    placed = list(_Forge().parts(tokens))
    if _RAW.search(plain) is None:
        return placed
    shown = list(of_page(tree_of(page_at_forge(tokens))))
    found, line = list[tuple[Part, int]](), 1
    matches = SequenceMatcher(None, [part for part, _ in placed], shown, autojunk=False).get_matching_blocks()
    lines = {b + n: placed[a + n][1] for a, b, size in matches for n in range(size)}
    for index, part in enumerate(shown):  # what raw HTML makes has no line of its own
        line = lines.get(index, line)
        found.append((part, line))
    return found


def differences(text: str, rendered: Callable[[str], str], words_apart: bool = False) -> list[Difference]:
    """Where page and forge read a text otherwise, in the order of the text; one for each run of parts.

    `rendered` gives what the page makes of a text. Blocks that only the page knows (admonitions, tabs, definitions) are
    read at the forge as what stands in them. `words_apart`: paragraphs of nothing but words need not be read.
    """
    if not _may_differ(text):
        return []
    page = rendered(without_words(text) if words_apart else text)
    if page.startswith(UNREADABLE):
        return []  # a finding by itself: EMS513
    plain, tree = _unframed(words_blanked(text) if words_apart else text), tree_of(page)
    tokens = COMMONMARK.parse(plain)
    found = _compared(_blocks_at_forge(plain, tokens), list(of_page(tree)))
    found += other_links(plain, links_at_forge(plain, tokens), links_of(tree))
    found += [*swallowed(tokens, tree), *noted_twice(text)]
    return sorted(found, key=lambda one: one.line)


def _compared(forge: list[tuple[Part, int]], page: list[Part]) -> list[Difference]:
    ours = [part for part, _ in forge]
    found = list[Difference]()
    if ours == page:
        return found
    for tag, a, b, c, d in SequenceMatcher(None, ours, page, autojunk=False).get_opcodes():
        if tag in ("replace", "delete"):
            rows = {p.words: q for (p, _), q in zip(forge[a:b], page[c:d], strict=False) if p.kind == q.kind == "row"}
            found += _runs(forge[a:b], rows | {part.words: part for part in reversed(page[c:d])})
        elif tag == "insert":
            found.append(Difference(forge[a - 1][1] if a else 1, None, page[c]))
    return found


def _runs(parts: list[tuple[Part, int]], shown: dict[tuple[str, ...], Part]) -> Iterator[Difference]:
    """One difference for each run of parts of one kind and depth on neighbouring lines."""
    last, below = None, 0
    for part, line in parts:
        if last is None or (part.kind, part.depth) != (last.kind, last.depth) or line > below + 2:
            yield Difference(line, part, shown.get(part.words))
        last, below = part, line


def _may_differ(text: str) -> bool:
    return re.search(r"^ *(?:[-*+] |\d+[.)] |#|.*\|)|\]\s?[(\[]|\]:|<a\b", text, re.MULTILINE) is not None


# --- the forge ----------------------------------------------------------------------------------------------------


@dataclass
class _Forge:
    """Walks the tokens of a CommonMark reader."""

    numbers: list[int | None] = field(default_factory=list)

    def parts(self, tokens: list[Token]) -> Iterator[tuple[Part, int]]:
        at = 0
        while at < len(tokens):
            token = tokens[at]
            line = token.map[0] + 1 if token.map else 1
            if token.type == "heading_open":
                yield Part("heading", int(token.tag[1]), "", first_words(_inline(tokens[at + 1]))), line
            elif token.type in ("ordered_list_open", "bullet_list_open"):
                start = int(token.attrs.get("start", 1)) if token.type == "ordered_list_open" else None
                self.numbers.append(start)
            elif token.type in ("ordered_list_close", "bullet_list_close"):
                self.numbers.pop()
            elif token.type == "list_item_open":
                yield self._item(tokens[at + 1 : at + 3]), line
            elif token.type == "tr_open":
                end = next(n for n in range(at, len(tokens)) if tokens[n].type == "tr_close")
                cells = [_inline(t) for t in tokens[at:end] if t.type == "inline"]
                yield from ((row, line) for row in row_of(cells))
                at = end
            at += 1

    def _item(self, following: list[Token]) -> Part:
        number = self.numbers[-1]
        if number is not None:
            self.numbers[-1] = number + 1
        text = _inline(following[1]) if [t.type for t in following] == ["paragraph_open", "inline"] else ""
        if following and following[0].type == "html_block" and following[0].content.strip():
            text = text_of(fragment(following[0].content), stop=True)
        mark = BULLET if number is None else str(number)
        return Part("item", len(self.numbers), mark, first_words(text))


def _inline(token: Token) -> str:
    return "".join(
        " " if child.type in ("softbreak", "hardbreak") else child.content
        for child in token.children or ()
        if child.type in ("text", "code_inline", "softbreak", "hardbreak", "text_special")
    )


def _unframed(text: str) -> str:
    """A text whose admonitions, tabs, definitions and footnotes are as deep as what stands around them."""
    lines = text.split("\n")
    fence = ""
    for index, line in enumerate(lines):
        mark = _FENCE.match(line)
        if mark and (not fence or mark["fence"].startswith(fence)):
            fence = "" if fence else mark["fence"]
        if fence or (frame := _FRAME.match(line)) is None:
            continue
        note = "[^" in frame[0]
        lines[index] = "" if note or ":" not in frame[0][:5] else frame["indent"] + line[frame.end() :].lstrip()
        deep = len(frame["indent"]) + _TAB
        for below in range(index + 1, len(lines)):
            inner = lines[below]
            if inner.strip() and len(inner) - len(inner.lstrip(" ")) < deep:
                break
            lines[below] = "" if note else inner[_TAB:] if inner.strip() else inner
    return "\n".join(lines)
