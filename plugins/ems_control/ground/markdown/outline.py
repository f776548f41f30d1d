"""Headings and links of a Markdown text, with their lines.

Python-Markdown renders the pages, but tells no line numbers and takes 5 ms a page; findings need lines and the
check reads thousands of pages. So this reads just headings and links, and the tests compare it with what
Python-Markdown makes of the same texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from html import escape, unescape
from typing import NamedTuple

import markdown
from markdown.extensions.attr_list import AttrListExtension
from markdown.extensions.toc import slugify
from markdown.inlinepatterns import LINK_RE, LinkInlineProcessor

from ems_control.ground.markdown.blocks import HIDDEN, blank, code_lines, heading_lines, visible, without_code
from ems_control.ground.markdown.blocks import inline_texts as _inline_texts
from ems_control.ground.markdown.slugs import UniqueSlugs


class Heading(NamedTuple):
    """A heading: its line in the file, level 1 to 6, text without markup, and anchor."""

    line: int
    level: int
    text: str
    anchor: str


class Link(NamedTuple):
    """A link, image or raw HTML reference: its line, its target as written, and what it is.

    `element` is the HTML element that refers (`img`, `a`), `attributes` for an attribute list `{ src=… }`.
    """

    line: int
    target: str
    kind: str  # link | image | html
    element: str = ""


_ATTRIBUTES = re.compile(r"[ ]\{:?[ ]*([^{}\n ])")
_ID = re.compile(r"(?:^|\s)#([^\s}]+)|(?:^|\s)id=[\"']?([^\s\"'}]+)")
_ENTITY = re.compile(r"&(?:\w+|#\d+|#[xX][0-9a-fA-F]+);")
_QUOTE_MARKS = re.compile(r"^[ \t]*(?:>[ \t]?)+", re.MULTILINE)
_BRACKET = re.compile(r"[\[\]]")
_LONGEST, _LONG_HEADING = 2_000, 400
_PLAIN_HEADING = re.compile(r"(?:[^\W_]|[ ,.;:/()'\"?–—’-])*")
_DESTINATION = re.compile(
    r"\(\s*+(?:<(?P<pointed>[^<>]*+)>|(?P<bare>[^\s()<>\"']*+))\s*+(?:(?P<quote>[\"'])(?:(?!(?P=quote)).)*(?P=quote)\s*)?\)",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\[\\`*_{}\[\]()>#+\-.!|]")
_TITLE = r"(?:[ ]*+(?:\n[ ]*+)?(?:\"[^\n]*\"|'[^\n]*'|\([^\n]*\)))"
_REFERENCE = re.compile(
    r"^[ \t>]*(?:(?:[*+-]|\d+\.)[ \t]+)*\[(?P<label>[^\[\]\n]+)\]:[ ]*(?:\n[ ]*)?"
    rf"(?P<target>\S++(?={_TITLE}?[ ]*$)|[^\s\"'(]++(?={_TITLE}[ ]*$))(?P<title>{_TITLE})?[ ]*$",
    re.MULTILINE,
)
_REFERENCE_LINE = re.compile(r"^ {0,3}\[[^\]\n]+\]:[ \t].*$", re.MULTILINE)
_INLINE_TARGET = re.compile(r"(?<=\])\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)")
_HTML_ID = re.compile(r"<[a-zA-Z][^<>]*?\s(?:id|name)\s*=\s*[\"']?([^\s\"'>]+)")
_HTML = re.compile(r"<([a-zA-Z][\w-]*)((?:\"[^\"]*\"|'[^']*'|[^<>\"'])*)")
_HTML_REFERENCE = re.compile(
    r"(?<![\w-])(href|src|srcset|data|poster|action|background|style)\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>\"']+)",
    re.IGNORECASE,
)
_STYLE = re.compile(r"<style\b[^<>]*>|</style", re.IGNORECASE)
_STYLE_URL = re.compile(r"(?:url\(\s*|@import\s+)[\"']?([^\"')\s]+)", re.IGNORECASE)
_BRACES = re.compile(r"\{:?([^{}\n]*)\}")
_IMAGE_LABEL = re.compile(r"!\[([^\[\]]*)\](?:\[([^\[\]]*)\])?(?!\()")
_HTML_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_MARKUP = re.compile(r"!?\[([^\]]{0,500})\](?:\([^)]{0,500}\)|\[[^\]]{0,500}\])|[*_~`^]{1,3}|==")


class _Span(NamedTuple):
    """A link or image in a text: where it begins, where its words, its target and it all end."""

    start: int
    words_end: int
    target_start: int
    target_end: int
    end: int
    kind: str


Slug = Callable[[str], str]
"""Makes the anchor of a heading out of its words."""


def plain_slug(words: str) -> str:
    """The anchor that `toc` makes where mkdocs.yml says nothing else."""
    return str(slugify(words, "-"))


def headings(body: str, first_line: int = 1, slug_of: Slug = plain_slug) -> list[Heading]:
    """The headings with the anchors that Python-Markdown's `toc` and `attr_list` give them."""
    shown = visible(body)
    found = [(index, level, *_explicit(words)) for index, level, words in heading_lines(shown)]
    unique = UniqueSlugs({anchor for *_, anchor in found if anchor} | _given_ids(without_code(shown)))
    result = []
    for index, level, words, anchor in found:
        text = plain(words)
        simple = len(words) > _LONG_HEADING or _PLAIN_HEADING.fullmatch(words)
        slug = anchor or unique(slug_of(text if simple else _rendered(words)))
        result.append(Heading(index + first_line, level, text, slug))
    return result


class _Links(LinkInlineProcessor):
    def unescape(self, text: str) -> str:
        return text


_LINKS = _Links(LINK_RE)
_MARKDOWN = markdown.Markdown(extensions=[AttrListExtension()])
_FOOTNOTE = re.compile(r"\[\^[^\[\]\s]+\]")
_LABELS = re.compile(r"(!?)\[([^\[\]]*)\]\[[^\[\]]*\]")


def _rendered(words: str) -> str:
    """The words of a heading as Python-Markdown shows them."""
    for note in reversed(list(_FOOTNOTE.finditer(without_code(words)))):
        words = words[: note.start()] + words[note.end() :]
    html = _MARKDOWN.reset().convert("# " + _LABELS.sub(lambda m: "" if m[1] else m[2], words))
    return unescape(_HTML_TAG.sub("", html))


def _explicit(words: str) -> tuple[str, str | None]:
    """The words of a heading and the id given by hand (`## Title {#id}`)."""
    end = len(words.rstrip(" ")) - 1
    attributes = _ATTRIBUTES.search(words) if words[end:].startswith("}") else None
    if not attributes:
        return words, None
    given = _ID.search(words[attributes.start(1) : end])
    return words[: attributes.start()].strip(), (given[1] or given[2]) if given else None


def plain(text: str) -> str:
    """A line of Markdown without its markup."""
    return _HTML_TAG.sub("", _MARKUP.sub(lambda match: match[1] or "", text)).strip()


def anchors(body: str, slug_of: Slug = plain_slug) -> set[str]:
    """Every id that a link can point to: headings, `{#id}` of other blocks, ids in raw HTML."""
    text = without_code(visible(body))
    found = {heading.anchor for heading in headings(body, 1, slug_of)} | _given_ids(text)
    return found | set(_HTML_ID.findall(text)) if "<" in text else found


def _given_ids(text: str) -> set[str]:
    if "{" not in text:
        return set()
    return {given[1] or given[2] for braces in _BRACES.findall(text) if (given := _ID.search(braces))}


def links(body: str, first_line: int = 1) -> list[Link]:
    """Links, images, link definitions and raw HTML references outside code, in the order of the text."""
    shown = visible(body)
    text = without_code(shown)
    found = [(s.start, _target(body[s.target_start : s.target_end]), s.kind, "") for s in _spans(shown, text)]
    found += [(start, target, "html", element) for start, target, element in _html_references(text)]
    images = {(match[2] or match[1]).casefold() for match in _IMAGE_LABEL.finditer(text)}
    for match in _definitions(text):
        kind = "image" if match["label"].casefold() in images else "link"
        found.append((match.start("label"), _target(match["target"]), kind, ""))
    result, place, line = [], 0, first_line
    for start, *rest in sorted(found):
        line += text.count("\n", place, start)
        place = start
        result.append(Link(line, *rest))
    return result


def _definitions(text: str) -> Iterator[re.Match[str]]:
    if "]:" in text:
        yield from (match for match in _REFERENCE.finditer(text) if not match["label"].startswith("^"))


def _spans(shown: str, text: str) -> Iterator[_Span]:
    """Every `[words](target)` of a text, with and without its code spans; those inside the words of another too."""
    at = text.find("](")
    while at >= 0:  # what stands between empty lines is read for itself: of most of it nothing is asked
        before = text.rfind("\n\n", 0, at)
        first = before + 2 if before >= 0 else 0
        last = text.find("\n\n", at)
        last = len(text) if last < 0 else last
        yield from _spans_within(shown[first:last], text[first:last], first)
        at = text.find("](", last)


def _spans_within(shown: str, text: str, first: int) -> Iterator[_Span]:
    masked = _QUOTE_MARKS.sub(blank, _ESCAPED.sub(2 * HIDDEN, text))
    for begin, end in _inline_texts(shown):
        opened: list[int] = []
        for bracket in _BRACKET.finditer(masked, begin, end) if masked.find("](", begin, end) >= 0 else ():
            place = bracket.start()
            if masked[place] == "[":
                opened.append(place)
            elif opened:
                start = opened.pop()
                if masked[place + 1 : place + 2] == "(" and (found := _destination(masked, place + 1, end)):
                    image = masked[start - 1 : start] == "!" and start > begin
                    target, behind, over = (first + at for at in found)
                    yield _Span(
                        first + start - image, first + place, target, behind, over, "image" if image else "link"
                    )


def _destination(masked: str, place: int, end: int) -> tuple[int, int, int] | None:
    """Start and end of the target and end of the whole `(target "title")` that begins at a place."""
    end = min(end, place + _LONGEST)
    if masked.find(")", place, end) < 0:
        return None
    if match := _DESTINATION.match(masked, place, end):
        return *match.span("bare" if match["pointed"] is None else "pointed"), match.end()
    part = masked[place:end]
    target, _, length, there = _LINKS.getLink(part, 0)
    start = place + max(part.find(target, 1), 1)
    return (start, start + len(target), place + length) if there else None


def _html_references(text: str) -> Iterator[tuple[int, str, str]]:
    """Place, target and element of what raw HTML, style sheets and attribute lists refer to."""
    if "<" in text:
        for match in _HTML.finditer(text):
            for target in _referred(match[2]):
                yield match.start(), target, match[1].lower()
        for start, sheet in _style_sheets(text):
            for url in _STYLE_URL.findall(sheet):
                yield start, url, "style"
    if "{" in text:
        for match in _BRACES.finditer(text):
            for target in _referred(match[1]):
                yield match.start(), target, "attributes"


def _style_sheets(text: str) -> Iterator[tuple[int, str]]:
    """Place and text of each `<style>` element."""
    opened: re.Match[str] | None = None
    for match in _STYLE.finditer(text):
        if match[0].startswith("</") and opened:
            yield opened.start(), text[opened.end() : match.start()]
        opened = None if match[0].startswith("</") else opened or match


def _referred(attributes: str) -> Iterator[str]:
    for name, quoted in _HTML_REFERENCE.findall(attributes):
        value = unescape(quoted.strip("\"'"))
        if name.lower() == "style":
            yield from _STYLE_URL.findall(value)
        elif name.lower() == "srcset":
            yield from (part.split()[0] for part in value.split(",") if part.strip())
        else:
            yield value


def outside_code(body: str) -> set[int]:
    """The indices (from 0) of the lines that are neither fenced code nor comment."""
    return set(range(body.count("\n") + 1)) - code_lines(body)


def prose(body: str, first_line: int = 1) -> Iterator[tuple[int, str]]:
    """The lines as a reader reads them, with their number: without code, comments and the targets of links."""
    text = _INLINE_TARGET.sub(lambda match: "(" + " " * (len(match[0]) - 2) + ")", without_code(visible(body)))
    text = _REFERENCE_LINE.sub(blank, text)
    yield from enumerate(text.split("\n"), first_line)


DEAD = "\0"
"""Instead of a target: there is nothing to link to, and the words of the link shall say so."""


def relink(
    body: str, target_of: Callable[[str], str | None], dead: str = "", sizes: Mapping[str, str] | None = None
) -> str:
    """The body with the targets of its links and images replaced.

    None leaves a target as it is; DEAD makes the link plain text with the hint `dead`. `sizes` gives the attributes of
    pictures by their new target; `target_of` may fill it. A picture with an attribute list of its own gets none.
    """

    shown = visible(body)
    text = without_code(shown)
    edits: list[tuple[int, int, str]] = []
    for span in _spans(shown, text):
        new = target_of(_target(body[span.target_start : span.target_end]))
        if new == DEAD:
            edits.append(
                (span.start, body.index("[", span.start) + 1, f'<span class="ems-dead" title="{escape(dead)}">')
            )
            edits.append((span.words_end, span.end, "</span>"))
        elif new is not None:
            edits.append((span.target_start, span.target_end, new))
            size = (sizes or {}).get(new)
            if span.kind == "image" and size and body[span.end : span.end + 1] != "{":
                edits.append((span.end, span.end, f"{{ {size} }}"))
    for match in _definitions(text):
        new = target_of(_target(match["target"]))
        if new is not None:
            hint = '# "' + dead.replace('"', "'") + '"'
            edits.append((*match.span("target"), new if new != DEAD else "#" if match["title"] else hint))
    pieces, place = [], 0
    for start, end, new in sorted(edits):
        pieces += [body[place:start], new]
        place = end
    return "".join([*pieces, body[place:]])


def disarm(body: str) -> str:
    """The body without what raw HTML and attribute lists would load from the handbook past its seal.

    An address that begins with a scheme or `#` stays: what it may be is for the check to say.
    """
    text = without_code(visible(body))
    places: list[tuple[int, int]] = []
    for pattern in (_HTML, _BRACES) if "<" in text or "{" in text else ():
        for match in pattern.finditer(text):
            start, attributes = match.start(match.lastindex or 0), match[match.lastindex or 0]
            for found in _HTML_REFERENCE.finditer(attributes):
                if found[1].lower() != "href" and _LOADS_LOCAL.search(unescape(found[2])):
                    places.append((start + found.start(), start + found.end()))
    for start, end in sorted(places, reverse=True):
        body = body[:start] + body[end:]
    return body


_LOADS_LOCAL = re.compile(r"^[\"']?\s*(?!#|[a-zA-Z][a-zA-Z0-9+.-]*:|//)\S|url\(|,", re.IGNORECASE)


def _target(written: str) -> str:
    """A target as the browser gets it: pointed brackets, escapes and entities undone."""
    text = _ESCAPED.sub(lambda match: match[0][1], written.strip().lstrip("<").rstrip(">"))
    return _ENTITY.sub(lambda match: unescape(match[0]), text) if "&" in text else text
