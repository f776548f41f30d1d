"""What a reader sees of a text: headings, steps with their numbers, tables with their cells, links; twice.

Whoever approves reads the text at a forge, which follows CommonMark; whoever works reads the page, which
Python-Markdown makes. `differences` says where the two read otherwise, by comparing what both make of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from html import unescape
from typing import NamedTuple
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from ems_control.ground.markdown.extensions import UNREADABLE
from ems_control.ground.markdown.fragments import Element, fragment, words_of
from ems_control.ground.markdown.plain_words import without_words, words_blanked


def _inline_where_marked(state: StateCore) -> None:
    """As the reader's own rule; but words without a sign of markup are one text."""
    for token in state.tokens:
        if token.type == "inline":
            token.children = []
            if _MARKUP.search(token.content):
                state.md.inline.parse(token.content, state.md, state.env, token.children)
            else:
                token.children.append(Token("text", "", 0, content=token.content))


_LETTERS = 40
_MARKUP = re.compile(r"[\\`*_~\[<&]")
_COMMONMARK = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_COMMONMARK.core.ruler.at("inline", _inline_where_marked)
_BRACES = re.compile(r"\{:?[^{}\n]*\}")
_NOTE = re.compile(r"\[\^[^\[\]\s]+\]")
_BOX = re.compile(r"^\s*\[[ xX]\]\s")
_WORD = re.compile(r"[^\W_]+")
_FRAME = re.compile(r"(?P<indent> *)(?:(?:!!!|\?\?\?\+?|===[!+]?)(?: .*)?|:(?= {1,3}\S)|\[\^[^\]\s]+\]:(?= ))")
_FENCE = re.compile(r" *(?P<fence>`{3,}|~{3,})")
_WRITTEN = re.compile(r"""(?:\]\(\s*|\]:\s*|href=["']?)<?([^\s)>"']*)""")
_RAW = re.compile(r"<(?:tr|li|h[1-6])\b", re.IGNORECASE)
_NOT_COMPARED = {"footnote", "highlighttable", "codehilitetable"}
_NO_LINK = {"headerlink", "footnote-ref", "footnote-backref"}
_BULLET, _TAB = "•", 4


class Part(NamedTuple):
    """A heading, a step of a list, or a row of a table, with its first letters; or a link.

    `mark` is the number of a step as shown, or a bullet, of a link its address; `depth` how deep it is nested, for a
    heading its level.
    """

    kind: str  # heading | item | row | link
    depth: int
    mark: str
    words: tuple[str, ...]  # of a row one text a cell, else one text; letters and digits only


@dataclass(frozen=True)
class Difference:
    """A place that reads otherwise: its line (from 1), what a CommonMark reader shows and what the page shows."""

    line: int
    forge: Part | None
    page: Part | None


def _blocks_at_forge(plain: str, tokens: list[Token]) -> list[tuple[Part, int]]:
    """What a CommonMark reader shows of a text, each part with its line (from 1)."""
    placed = list(_Forge().parts(tokens))
    if _RAW.search(plain) is None:
        return placed
    shown = list(_of_page(_tree(_page_at_forge(tokens))))
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
    plain, tree = _unframed(words_blanked(text) if words_apart else text), _tree(page)
    tokens = _COMMONMARK.parse(plain)
    found = _compared(_blocks_at_forge(plain, tokens), list(_of_page(tree)))
    found += _other_links(plain, _links_at_forge(plain, tokens), _links(tree))
    return sorted(found, key=lambda one: one.line)


def _compared(forge: list[tuple[Part, int]], page: list[Part]) -> list[Difference]:
    ours = [part for part, _ in forge]
    found = list[Difference]()
    if ours == page:
        return found
    for tag, a, b, c, d in SequenceMatcher(None, ours, page, autojunk=False).get_opcodes():
        if tag in ("replace", "delete"):
            found += _runs(forge[a:b], {part.words: part for part in reversed(page[c:d])})
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


def _page_at_forge(tokens: list[Token]) -> str:
    return str(_COMMONMARK.renderer.render(tokens, _COMMONMARK.options, {}))


def _may_differ(text: str) -> bool:
    return re.search(r"^ *(?:[-*+] |\d+[.)] |#|.*\|)|\]\s?[(\[]|\]:|<a\b", text, re.MULTILINE) is not None


def _tree(rendered: str) -> Element:
    return fragment(rendered or " ")


# --- links --------------------------------------------------------------------------------------------------------


def _other_links(plain: str, forge: list[str], page: list[str]) -> Iterator[Difference]:
    """The links that only one of the two shows; one more or less of the same is one of them."""
    if forge == page:
        return
    lines: dict[str, int] = {}
    for number, text in enumerate(plain.split("\n"), 1):
        for match in _WRITTEN.finditer(text):
            lines.setdefault(_address(match[1]), number)
    for ours, theirs in ((forge, page), (page, forge)):
        for address in (Counter(ours) - Counter(theirs)).elements():
            part = Part("link", 0, address, ())
            line = lines.get(address.split()[0] if address.strip() else "", 1)
            yield Difference(line, part, None) if ours is forge else Difference(line, None, part)


def _links(tree: Element) -> list[str]:
    """The addresses of a page's links, but those of notes and headings, and addresses written out."""
    found = []
    for link in tree.iter("a"):
        address, words = link.get("href"), words_of(link)
        apart = _NO_LINK & {*(link.get("class") or "").split()}
        apart |= _NOT_COMPARED & {name for one in link.iterancestors() for name in (one.get("class") or "").split()}
        if address is None or apart or not _COMMONMARK.validateLink(address):
            continue  # an address that runs code is a finding by itself
        if not _written_out(address, words):
            found.append(_address(address))
    return found


def _links_at_forge(plain: str, tokens: list[Token]) -> list[str]:
    if "<a" in plain.lower():
        return _links(_tree(_page_at_forge(tokens)))
    found = []
    for token in tokens:
        parts = token.children or []
        for at, child in enumerate(parts):
            if child.type == "link_open" and child.markup != "autolink":
                address = str(child.attrs["href"])
                end = next(n for n in range(at, len(parts)) if parts[n].type == "link_close")
                if not _written_out(address, "".join(one.content for one in parts[at:end])):
                    found.append(_address(address))
    return found


def _written_out(address: str, words: str) -> bool:
    """Whether the words of a link are its address, which forges link without being asked."""
    return _address(address).rpartition("mailto:")[2] == _address(words.strip())


def _address(text: str) -> str:
    return unquote(unescape(text))


# --- the page -----------------------------------------------------------------------------------------------------


def _of_page(element: Element, depth: int = 0) -> Iterator[Part]:
    number = 0
    for child in element:
        tag = child.tag
        if not isinstance(tag, str) or _NOT_COMPARED & {*(child.get("class") or "").split()}:
            continue
        if re.fullmatch(r"h[1-6]", tag):
            yield Part("heading", int(tag[1]), "", _first(_text(child)))
        elif tag == "li":
            start = int(element.get("start") or 1) if element.tag == "ol" else 0
            mark = str(start + number) if element.tag == "ol" else _BULLET
            number += 1
            yield Part("item", depth + 1, mark, _first(_text(child, stop=True)))
            yield from _of_page(child, depth + 1)
        elif tag == "tr":
            yield from _row([_text(cell) for cell in child])
        else:
            yield from _of_page(child, depth)


def _text(element: Element, stop: bool = False) -> str:
    """The words of an element; with `stop`, only those before the first block below a paragraph."""
    pieces = [element.text or ""]
    for child in element:
        if not isinstance(child.tag, str):
            pieces.append(child.tail or "")
            continue
        if stop and child.tag in ("ul", "ol", "table", "pre", "div", "blockquote", "dl", "details"):
            break
        if child.tag == "sup" and "fnref" in (child.get("id") or ""):
            pieces.append(child.tail or "")
            continue
        if child.tag == "a" and "headerlink" in (child.get("class") or ""):
            continue
        pieces += [" " if child.tag in ("br", "p") else "", _text(child), child.tail or ""]
        if stop and child.tag == "p":
            break
    return "".join(pieces)


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
                yield Part("heading", int(token.tag[1]), "", _first(_inline(tokens[at + 1]))), line
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
                yield from ((row, line) for row in _row(cells))
                at = end
            at += 1

    def _item(self, following: list[Token]) -> Part:
        number = self.numbers[-1]
        if number is not None:
            self.numbers[-1] = number + 1
        text = _inline(following[1]) if [t.type for t in following] == ["paragraph_open", "inline"] else ""
        if following and following[0].type == "html_block" and following[0].content.strip():
            text = _text(fragment(following[0].content), stop=True)
        mark = _BULLET if number is None else str(number)
        return Part("item", len(self.numbers), mark, _first(text))


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


def _row(cells: list[str]) -> Iterator[Part]:
    """A row; one without a word is none, because an attribute list below a table is an empty row to the forge."""
    words = tuple("".join(_all(cell)) for cell in cells)
    if any(words):
        yield Part("row", 0, "", words)


def _all(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(_NOTE.sub("", _BRACES.sub("", text)))]


def _first(text: str) -> tuple[str, ...]:
    return ("".join(_all(_BOX.sub("", text)))[:_LETTERS],)
