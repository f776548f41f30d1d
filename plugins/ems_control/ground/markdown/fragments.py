"""A piece of HTML, as the parser reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from lxml import etree, html

Element: TypeAlias = Any
"""An element of a piece; those of `lxml.html`, which can do more, take longer to be looked at. Types do not know it."""
_WHOLE = re.compile(r"\s*<(?:html|!doctype)", re.IGNORECASE)
_NOTHING = "<!-- -->"
_PARSER = etree.HTMLParser()
_WORDS = etree.XPath("string()")


def fragment(text: str) -> Element:
    """The elements of a piece of HTML below one `div`; also of one that begins as only a whole document should."""
    whole = _WHOLE.match(text)
    parts = html.fragments_fromstring(f"{_NOTHING}{text}" if whole else text, parser=_PARSER)
    root = new_element("div")
    if parts and isinstance(parts[0], str):
        root.text = parts.pop(0)
    root.extend(parts)
    if whole:
        drop(root[0])
    return root


def single(text: str) -> Element:
    """The element that a piece of HTML is."""
    found: Element = html.fragment_fromstring(text, parser=_PARSER)
    return found


def new_element(tag: str, attributes: Mapping[str, str] | None = None) -> Element:
    """An element that goes with those of a piece."""
    return _PARSER.makeelement(tag, dict(attributes or {}))


def drop(element: Element) -> None:
    """Take an element with all that is in it out of its parent; the text behind it stays."""
    parent, before = element.getparent(), element.getprevious()
    if parent is None:
        return
    if element.tail and before is None:
        parent.text = (parent.text or "") + element.tail
    elif element.tail and before is not None:
        before.tail = (before.tail or "") + element.tail
    parent.remove(element)


def words_of(element: Element) -> str:
    """All text in an element."""
    return str(_WORDS(element))


def html_of(element: Element, with_tail: bool = False) -> str:
    """An element as HTML."""
    text: str = etree.tostring(element, method="html", encoding="unicode", with_tail=with_tail)
    return text if "<meta" not in text else html.tostring(element, encoding="unicode", with_tail=with_tail)
