"""A piece of HTML, as the parser reads it."""

from __future__ import annotations

import re

from lxml import html
from lxml.html import HtmlElement

_WHOLE = re.compile(r"\s*<(?:html|!doctype)", re.IGNORECASE)
_NOTHING = "<!-- -->"


def fragment(text: str) -> HtmlElement:
    """The elements of a piece of HTML below one `div`; also of one that begins as only a whole document should."""
    whole = _WHOLE.match(text)
    root = html.fragment_fromstring(f"{_NOTHING}{text}" if whole else text, create_parent="div")
    if whole:
        root[0].drop_tree()
    return root
