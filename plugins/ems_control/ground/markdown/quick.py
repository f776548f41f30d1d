"""The same pages by the same library, without the questions whose answer is known: they were half of the work.

Each of these leaves its part to the library as soon as there is anything to decide; the tests hold what is made
against the library as it comes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

import markdown
from markdown import inlinepatterns as patterns
from markdown.extensions import md_in_html
from markdown.extensions.toc import TocExtension, TocTreeprocessor
from markdown.preprocessors import HtmlBlockPreprocessor, Preprocessor
from markdown.treeprocessors import InlineProcessor
from markdown.util import STX, AtomicString

QUICK = __name__
"""The extension by which an engine makes its renderer quick."""
_FOOTNOTE_RE = r"\[\^([^\]]*)\]"
_SIGN_OF = {
    patterns.BACKTICK_RE: "`",
    patterns.ESCAPE_RE: "\\",
    patterns.LINK_RE: "[",
    patterns.IMAGE_LINK_RE: "[",
    patterns.AUTOLINK_RE: "<",
    patterns.AUTOMAIL_RE: "<",
    patterns.HTML_RE: "<",
    patterns.ENTITY_RE: "&",
    _FOOTNOTE_RE: "[",
}
"""A character without which a pattern of the library finds nothing."""
_HEADING = re.compile(r"h[1-6]")
_SPECIAL = re.compile(f"[<>&{STX}]")


def quicken(renderer: markdown.Markdown) -> None:
    """Let a renderer that has all its extensions ask less."""
    if type(renderer.treeprocessors["inline"]) is InlineProcessor:
        renderer.treeprocessors.register(_Inline(renderer), "inline", 20)
    whole = renderer.preprocessors["html_block"]
    if type(whole) in (HtmlBlockPreprocessor, md_in_html.HtmlBlockPreprocessor):
        renderer.preprocessors.register(_HtmlBlocks(renderer, whole), "html_block", 20)


class _Inline(InlineProcessor):
    """Leaves alone the texts in which no pattern finds anything, instead of asking one after the other for each."""

    def run(self, tree: Element, ancestors: list[str] | None = None) -> Element:
        """As the library's; a text that is marked as atomic is passed over by it."""
        left: list[tuple[Element, str]] = []
        questions = self._questions()
        for element in tree.iter():
            for name in ("text", "tail"):
                text = getattr(element, name)
                if text and not isinstance(text, AtomicString) and not any(ask(text) for ask in questions):
                    setattr(element, name, AtomicString(text))
                    left.append((element, name))
        made: Element = super().run(tree, ancestors)
        for element, name in left:
            setattr(element, name, str(getattr(element, name)))
        return made

    _asked: tuple[list[Any], list[Callable[[str], Any]]] = ([], [])

    def _questions(self) -> list[Callable[[str], Any]]:
        """What finds something where a pattern would: made anew where an extension has added patterns."""
        known: list[Any] = list(self.inlinePatterns)
        if known and known == self._asked[0]:
            return self._asked[1]
        found = [pattern.getCompiledRegExp() for pattern in known]
        signs = {_SIGN_OF[one.pattern] for one in found if one.pattern in _SIGN_OF}
        others = [one.search for one in found if one.pattern not in _SIGN_OF]
        first = [re.compile(f"[{re.escape(''.join(sorted(signs)))}]").search] if signs else []
        self._asked = (known, [*first, *others])
        return self._asked[1]


class _HtmlBlocks(Preprocessor):
    """Looks for raw HTML only where a text has a sign of it."""

    def __init__(self, md: markdown.Markdown, whole: Preprocessor) -> None:
        super().__init__(md)
        self._whole = whole

    def run(self, lines: list[str]) -> list[str]:
        """The lines without their blocks of HTML."""
        return self._whole.run(lines) if any("<" in line or "&" in line for line in lines) else lines


class _Headings(TocTreeprocessor):
    """Gives headings their anchors; makes a table of contents only where the text shows one."""

    def run(self, doc: Element) -> None:
        """As the library's, but for the table of the renderer, which nobody asks for."""
        anchors = None if self.base_level or self.use_anchors or self._shows_table(doc) else self._anchors(doc)
        if anchors is None:
            super().run(doc)
            return
        for heading, anchor in anchors:
            heading.set("id", anchor)
            if self.use_permalinks not in (False, None):
                self.add_permalink(heading, anchor)

    def _shows_table(self, doc: Element) -> bool:
        return bool(self.marker) and any(self.marker in (one.text or "") for one in doc.iter())

    def _anchors(self, doc: Element) -> list[tuple[Element, str]] | None:
        """The headings and their anchors; None where one is more than words, or two would have the same."""
        used, headings = set[str](), list[Element]()
        for one in doc.iter():
            if given := one.get("id"):
                used.add(given)
            if isinstance(one.tag, str) and self.header_rgx.match(one.tag):
                headings.append(one)
        found = list[tuple[Element, str]]()
        for one in headings:
            anchor, words = one.get("id"), one.text or ""
            if len(one) or not _HEADING.fullmatch(one.tag) or _SPECIAL.search(words) or "data-toc-label" in one.attrib:
                return None
            if anchor is None and "id" in one.attrib:
                return None
            if anchor is None:
                anchor = str(self.slugify(" ".join(words.split()), self.sep))
                if not anchor or anchor in used:
                    return None
                used.add(anchor)
            found.append((one, anchor))
        return found


class Toc(TocExtension):
    """The extension `toc`, for a renderer of which only the page is wanted."""

    TreeProcessorClass = _Headings


class _Quick(markdown.Extension):
    def extendMarkdown(self, md: markdown.Markdown) -> None:  # noqa: N802 (the library's)
        """Let an engine's renderer ask less."""
        quicken(md)


def makeExtension(**_: Any) -> markdown.Extension:  # noqa: N802 (the library's)
    """What the library calls."""
    return _Quick()
