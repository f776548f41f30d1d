"""What a reader gets of a page: words in order, steps with number and depth, cells, link targets, pictures.

Two pages that give the same are the same text, however their HTML is written: white space between blocks, wrappers
without a meaning, and a picture that was made a link to itself are no difference.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import lru_cache

from lxml import html

from ems_control.ground.markdown.fragments import Element, fragment

ARTICLE = "ems-text"
"""The id of the element that holds the text of a page."""

_MARK = "\x00"
_PLAIN = frozenset(
    "a abbr article aside b bdi bdo body caption center cite code col colgroup dfn div em figcaption figure font "
    "footer header hgroup html i kbd label main mark nav p q samp section small span strong tbody tfoot thead time tr "
    "u var wbr".split()
)
"""Elements that say nothing beyond their words; all others are said by name where they begin and end."""
_INLINE = frozenset(
    "a abbr b bdi bdo cite code del dfn em font i ins kbd label mark q s samp small span strong sub sup time u var wbr"
    " strike".split()
)
"""Elements in the middle of a word do not end it."""
_UNSEEN = frozenset(("script", "style", "link", "meta"))
_HIDES = frozenset(("template", "noscript", "textarea", "select", "title", "head", "canvas", "object", "iframe"))
_VOID = frozenset(("img", "br", "hr", "input", "source", "embed"))
_ADDRESS = ("src", "srcset", "href", "data", "alt", "checked", "type", "value", "action", "srcdoc")
_SAID: dict[str, tuple[str, ...]] = {
    **dict.fromkeys("img source video audio embed iframe object form input button track use image".split(), _ADDRESS),
    **dict.fromkeys(("td", "th"), ("colspan", "rowspan")),
}
"""What is said of an element besides its name."""
_SHOWN = 30


def pieces(root: Element) -> list[str]:
    """What an element gives a reader, piece by piece: words, and marks for what has a structure."""
    reader = _Reader()
    reader.walk(root, 0)
    reader.end_word()
    return reader.found


@lru_cache(maxsize=4)  # the same page is asked about at several moments, one after the other
def of_fragment(text: str) -> list[str]:
    """What a piece of HTML gives a reader."""
    return pieces(fragment(text)) if text.strip() else []


def of_page(text: str) -> list[str]:
    """What the whole body of a page gives, what runs and styles left out."""
    body = _parsed(text).find("body")
    found = pieces(body) if body is not None else []
    return [piece for piece in found if not piece.startswith((f"{_MARK}script", f"{_MARK}style", f"{_MARK}link"))]


@lru_cache(maxsize=4)
def of_article(text: str) -> list[str] | None:
    """What the article of a page gives; None where there is not exactly one, or it would not be seen."""
    articles = _parsed(text).xpath(f"//*[@id='{ARTICLE}']")
    if len(articles) != 1:
        return None
    above = articles[0].iterancestors()
    if any(e.tag in _HIDES or _hidden(e) for e in above):
        return None
    return pieces(articles[0])


def holds(whole: list[str], run: list[str]) -> bool:
    """Whether a text stands in another one, in one piece."""
    if not run:
        return True
    size, first = len(run), run[0]
    return any(whole[at] == first and whole[at : at + size] == run for at in range(len(whole) - size + 1))


def difference(before: list[str], after: list[str]) -> str:
    """The first place where two texts differ, in words for a message."""
    length = min(len(before), len(after))
    at = next((n for n in range(length) if before[n] != after[n]), length)
    old, new = before[at : at + 200], after[at : at + 200]
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            return f"“{_said(old[a:b])}” became “{_said(new[c:d])}”"
    return "the end is another"


def _said(found: list[str]) -> str:
    words = " ".join(piece.replace(_MARK, "") for piece in found)
    return words if len(words) <= _SHOWN else words[: _SHOWN - 1] + "…"


def _parsed(text: str) -> Element:
    return html.document_fromstring(text) if text.strip() else html.Element("html")


def _hidden(element: Element) -> str:
    if not isinstance(element.tag, str):
        return ""
    style = " ".join((element.get("style") or "").split())
    return " hidden" * (element.get("hidden") is not None) + (f" {style}" if style else "")


class _Reader:
    """Walks a tree; `found` grows."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._word: list[str] = []

    def end_word(self) -> None:
        """Close what was read of a line of text."""
        if self._word:
            self.found += "".join(self._word).split()
            self._word.clear()

    def walk(self, element: Element, depth: int) -> None:
        """Read an element with everything in it."""
        tag = element.tag
        mark = _mark(element, tag, depth)
        apart = mark or tag not in _INLINE
        if apart:
            self.end_word()
        if mark:
            self.found.append(f"{_MARK}{mark}")
        if element.text and tag not in _UNSEEN:
            self._word.append(element.text)
        numbers = _numbers(element) if tag == "ol" else None
        deeper = depth + (tag in ("ul", "ol"))
        for child in element:
            if isinstance(child.tag, str):
                if numbers and child.tag == "li":
                    self.end_word()
                    self.found.append(f"{_MARK}{next(numbers)}")
                self.walk(child, deeper)
            if child.tail:
                self._word.append(child.tail)
        if apart:
            self.end_word()
        if mark and tag not in _VOID and tag not in _UNSEEN:
            self.found.append(f"{_MARK}/{tag}")


def _mark(element: Element, tag: str, depth: int) -> str:
    """What there is to say of an element itself; empty for one that only holds words."""
    said = "" if tag in _PLAIN else tag
    if tag == "li":
        said = f"li {depth}"
    names = element.keys()
    if not names:
        return said
    if tag == "a":
        if "href" in names and not _shows_itself(element):
            said = f"a {element.get('href')}"
    elif tag in _SAID:
        given = " ".join(
            name if name == "checked" else f"{name}={element.get(name)}" for name in _SAID[tag] if name in names
        )
        said = f"{tag} {given}" if given else tag
    hidden = _hidden(element) if "hidden" in names or "style" in names else ""
    return (said or tag) + hidden if hidden else said


def _shows_itself(link: Element) -> bool:
    """Whether a link holds one picture and leads to it: it only makes it larger."""
    inside = list(link)
    words = (link.text or "").strip() or any((child.tail or "").strip() for child in inside)
    return not words and len(inside) == 1 and inside[0].tag == "img" and inside[0].get("src") == link.get("href")


def _numbers(steps: Element) -> Iterator[str]:
    """The numbers of the steps of a list, as a browser shows them."""
    items = [e for e in steps if e.tag == "li"]
    step = -1 if steps.get("reversed") is not None else 1
    number = _whole(steps.get("start"), len(items) if step < 0 else 1)
    for item in items:
        number = _whole(item.get("value"), number)
        yield f"{number}{steps.get('type') or ''}"
        number += step


def _whole(text: str | None, otherwise: int) -> int:
    try:
        return int(text) if text is not None else otherwise
    except ValueError:
        return otherwise
