"""The links, pictures and words of a text that a CommonMark reader and the page take in different ways."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from itertools import pairwise
from urllib.parse import unquote

from markdown.blockprocessors import ReferenceProcessor
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from ems_control.ground.markdown.fragments import Element, words_of
from ems_control.ground.markdown.outline import outside_code
from ems_control.ground.markdown.shown_parts import NOT_COMPARED, Difference, Part, all_words, text_of, tree_of


def _inline_where_marked(state: StateCore) -> None:
    """As the reader's own rule; but words without a sign of markup are one text."""
    for token in state.tokens:
        if token.type == "inline":
            token.children = []
            if _MARKUP.search(token.content):
                state.md.inline.parse(token.content, state.md, state.env, token.children)
            else:
                token.children.append(Token("text", "", 0, content=token.content))


_MARKUP = re.compile(r"[\\`*_~\[<&]")
COMMONMARK = MarkdownIt("commonmark").enable(["table", "strikethrough"])
COMMONMARK.core.ruler.at("inline", _inline_where_marked)
_WRITTEN = re.compile(r"""(?:\]\(\s*|\]:\s*|href=["']?)<?([^\s)>"']*)""")
_RAW = re.compile(r"<(?:a|img)\b", re.IGNORECASE)
_NO_LINK = {"headerlink", "footnote-ref", "footnote-backref"}
_NOTED = re.compile(r"^ {0,3}(?P<label>\[\^[^\]\s]+\]):")
_PICTURE = "\0"
"""Before the address of a picture, to tell it from that of a link."""
_ELSEWHERE = re.compile(r"\s*(?:[a-zA-Z][a-zA-Z0-9+.-]*:|//)")


def page_at_forge(tokens: list[Token]) -> str:
    return str(COMMONMARK.renderer.render(tokens, COMMONMARK.options, {}))


def swallowed(tokens: list[Token], tree: Element) -> Iterator[Difference]:
    """Lines of a paragraph that the page takes for the target of a link, and so does not show."""
    shown: str | None = None
    for before, token in pairwise(tokens):
        if before.type != "paragraph_open" or "]:" not in token.content:
            continue
        for match in ReferenceProcessor.RE.finditer(token.content):
            words = "".join(all_words(match[0]))
            shown = "".join(all_words(text_of(tree))) if shown is None else shown
            if not match[1].startswith("^") and words not in shown:
                line = (token.map or [0])[0] + 1 + token.content.count("\n", 0, match.start())
                yield Difference(line, Part("words", 0, match[0].strip(), ()), None)


def noted_twice(text: str) -> Iterator[Difference]:
    """Notes with two texts: forges show the first, the page the last."""
    seen, lines = set[str](), text.split("\n")
    for at in sorted(outside_code(text)) if "[^" in text else ():
        match = _NOTED.match(lines[at])
        if match and match["label"] in seen:
            yield Difference(at + 1, Part("note", 0, match["label"], ()), None)
        seen |= {match["label"]} if match else set()


# --- links --------------------------------------------------------------------------------------------------------


def other_links(plain: str, forge: list[str], page: list[str]) -> Iterator[Difference]:
    """The links that only one of the two shows; one more or less of the same is one of them."""
    if forge == page:
        return
    lines: dict[str, int] = {}
    for number, text in enumerate(plain.split("\n"), 1):
        for match in _WRITTEN.finditer(text):
            lines.setdefault(_address(match[1]), number)
    for ours, theirs in ((forge, page), (page, forge)):
        for address in (Counter(ours) - Counter(theirs)).elements():
            kind, address = ("picture", address[1:]) if address.startswith(_PICTURE) else ("link", address)
            part = Part(kind, 0, address, ())
            line = lines.get(address.split()[0] if address.strip() else "", 1)
            yield Difference(line, part, None) if ours is forge else Difference(line, None, part)


def links_of(tree: Element) -> list[str]:
    """The addresses of a page's links and pictures, but those of notes and headings, and addresses written out."""
    found = []
    for link in tree.iter("a", "img"):
        apart = NOT_COMPARED & {name for one in link.iterancestors() for name in (one.get("class") or "").split()}
        if link.tag == "img":
            found += [] if apart else _picture(link.get("src") or "")
            continue
        address, words = link.get("href"), words_of(link)
        apart |= _NO_LINK & {*(link.get("class") or "").split()}
        if address is None or apart or not COMMONMARK.validateLink(address):
            continue  # an address that runs code is a finding by itself
        if not _written_out(address, words):
            found.append(_address(address))
    return found


def links_at_forge(plain: str, tokens: list[Token]) -> list[str]:
    if _RAW.search(plain):
        return links_of(tree_of(page_at_forge(tokens)))
    found = []
    for token in tokens:
        parts = token.children or []
        for at, child in enumerate(parts):
            if child.type == "image":
                found += _picture(str(child.attrs["src"]))
            if child.type == "link_open" and child.markup != "autolink":
                address = str(child.attrs["href"])
                end = next(n for n in range(at, len(parts)) if parts[n].type == "link_close")
                if not _written_out(address, "".join(one.content for one in parts[at:end])):
                    found.append(_address(address))
    return found


def _written_out(address: str, words: str) -> bool:
    """Whether the words of a link are its address, which forges link without being asked."""
    return _address(address).rpartition("mailto:")[2] == _address(words.strip())


def _picture(address: str) -> list[str]:
    """The address of a picture of the handbook; what comes from elsewhere is a finding by itself, or an emoji."""
    return [] if not address.strip() or _ELSEWHERE.match(address) else [_PICTURE + _address(address)]


def _address(text: str) -> str:
    return unquote(unescape(text))
