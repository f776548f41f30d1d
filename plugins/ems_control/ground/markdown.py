"""Headings and links of a Markdown text, with their lines.

Python-Markdown renders the pages, but tells no line numbers and takes 5 ms a page; findings need lines and the
check reads thousands of pages. So this reads just headings and links, and the tests compare it with what
Python-Markdown makes of the same texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape, unescape
from itertools import groupby
from typing import NamedTuple

from markdown.extensions.toc import slugify, unique


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


_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_ATX = re.compile(r"^(#{1,6})[ \t]*(.*?)[ \t]*#*[ \t]*$")
_SETEXT = re.compile(r"^(=+|-+)[ \t]*$")
_ATTRIBUTES = re.compile(r"[ \t]*\{:?([^{}\n]*)\}[ \t]*#*[ \t]*$")
_ID = re.compile(r"(?:^|\s)#([^\s}]+)|(?:^|\s)id=[\"']?([^\s\"'}]+)")
_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_INLINE = re.compile(
    r"(!?)\[(?:[^\[\]]|\[[^\[\]]*\])*\]\(\s*(<[^<>\n]*>|(?:[^()\s\\]|\\.|\([^()\s]*\))*)(?:\s+(?:\"[^\"]*\"|'[^']*'))?\s*\)"
)
_REFERENCE = re.compile(r"^ {0,3}\[([^\]\n]+)\]:[ \t]*(<[^<>\n]*>|\S+)")
_REFERENCE_LINE = re.compile(r"^ {0,3}\[[^\]\n]+\]:[ \t].*$", re.MULTILINE)
_INLINE_TARGET = re.compile(r"(?<=\])\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)")
_HTML_ID = re.compile(r"<[a-zA-Z][^<>]*?\s(?:id|name)\s*=\s*[\"']?([^\s\"'>]+)")
_HTML = re.compile(r"<([a-zA-Z][\w-]*)((?:\"[^\"]*\"|'[^']*'|[^<>\"'])*)")
_HTML_REFERENCE = re.compile(
    r"(?<![\w-])(href|src|srcset|data|poster|action|background|style)\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>\"']+)",
    re.IGNORECASE,
)
_STYLE = re.compile(r"<style\b[^<>]*>(.*?)</style", re.DOTALL | re.IGNORECASE)
_STYLE_URL = re.compile(r"(?:url\(\s*|@import\s+)[\"']?([^\"')\s]+)", re.IGNORECASE)
_BRACES = re.compile(r"\{:?([^{}\n]*)\}")
_IMAGE_LABEL = re.compile(r"!\[([^\[\]]*)\](?:\[([^\[\]]*)\])?(?!\()")
_HTML_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_MARKUP = re.compile(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])|[*_~`^]{1,3}|==")


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match[0])


def _lines(body: str) -> Iterator[tuple[int, str]]:
    """The lines outside fenced code and comments, with their index from 0."""
    fence = ""
    for index, line in enumerate(_COMMENT.sub(_blank, body).split("\n")):
        opened = _FENCE.match(line.lstrip()) if fence else _FENCE.match(line) or _FENCE.match(line.lstrip())
        if fence:
            if (
                opened
                and opened[1][0] == fence[0]
                and len(opened[1]) >= len(fence)
                and not line.strip().strip(fence[0])
            ):
                fence = ""
            continue
        if opened:
            fence = opened[1]
            continue
        yield index, line


def headings(body: str, first_line: int = 1) -> list[Heading]:
    """The headings with the anchors that Python-Markdown's `toc` and `attr_list` give them."""
    found: list[tuple[int, int, str, str | None]] = []
    previous: tuple[int, str] | None = None
    for index, line in _lines(body):
        setext = _SETEXT.match(line)
        if match := _ATX.match(line):
            found.append((index, len(match[1]), *_explicit(line[len(match[1]) :])))
        elif (
            setext
            and previous
            and previous[0] == index - 1
            and previous[1].strip()
            and not previous[1].startswith((" ", "\t", "|", ">", "-", "*", "+"))
        ):
            found.append((previous[0], 1 if line[0] == "=" else 2, *_explicit(previous[1])))
        previous = (index, line)
    used: set[str] = {anchor for *_, anchor in found if anchor}
    result = []
    for index, level, text, anchor in found:
        result.append(Heading(index + first_line, level, text, anchor or unique(slugify(unescape(text), "-"), used)))
    return result


def _explicit(text: str) -> tuple[str, str | None]:
    """The text of a heading line and the id given by hand (`## Title {#id}`)."""
    text = text.strip()
    anchor = None
    if attributes := _ATTRIBUTES.search(text):
        text = text[: attributes.start()].strip()
        if given := _ID.search(attributes[1]):
            anchor = given[1] or given[2]
    text = text.rstrip("#").strip()
    return plain(text), anchor


def plain(text: str) -> str:
    """A line of Markdown without its markup."""
    return _HTML_TAG.sub("", _MARKUP.sub(lambda match: match[1] or "", text)).strip()


def anchors(body: str) -> set[str]:
    """Every id that a link can point to: headings, `{#id}` of other blocks, ids in raw HTML."""
    found = {heading.anchor for heading in headings(body)}
    for _, line in _lines(body):
        if "#" in line and (attributes := re.findall(r"\{:?([^{}\n]*)\}", line)):
            found.update(given[1] or given[2] for text in attributes if (given := _ID.search(text)))
        if "<" in line:
            found.update(_HTML_ID.findall(line))
    return found


def links(body: str, first_line: int = 1) -> list[Link]:
    """Links, images, link definitions and raw HTML references outside code, in the order of the text."""
    text = "\n".join(_kept(body))
    text = _CODE.sub(_blank, text)
    found: list[tuple[int, str, str, str]] = []
    for match in _INLINE.finditer(text):
        found.append((match.start(), _target(match[2]), "image" if match[1] else "link", ""))
        for inner in _INLINE.finditer(match[0][1:-1]):
            found.append((match.start(), _target(inner[2]), "image" if inner[1] else "link", ""))
    found += [(start, target, "html", element) for start, target, element in _html_references(text)]
    images = {(match[2] or match[1]).casefold() for match in _IMAGE_LABEL.finditer(text)}
    offset = 0
    for line in text.split("\n"):
        definition = _REFERENCE.match(line)
        if definition and not definition[1].startswith("^"):
            kind = "image" if definition[1].casefold() in images else "link"
            found.append((offset, _target(definition[2]), kind, ""))
        offset += len(line) + 1
    return [Link(text.count("\n", 0, start) + first_line, *rest) for start, *rest in sorted(found)]


def _html_references(text: str) -> Iterator[tuple[int, str, str]]:
    """Place, target and element of what raw HTML, style sheets and attribute lists refer to."""
    if "<" in text:
        for match in _HTML.finditer(text):
            for target in _referred(match[2]):
                yield match.start(), target, match[1].lower()
        for match in _STYLE.finditer(text):
            for url in _STYLE_URL.findall(match[1]):
                yield match.start(), url, "style"
    if "{" in text:
        for match in _BRACES.finditer(text):
            for target in _referred(match[1]):
                yield match.start(), target, "attributes"


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
    return {index for index, _ in _lines(body)}


def prose(body: str, first_line: int = 1) -> Iterator[tuple[int, str]]:
    """The lines as a reader reads them, with their number: without code, comments and the targets of links."""
    text = _CODE.sub(_blank, "\n".join(_kept(body)))
    text = _REFERENCE_LINE.sub(_blank, _INLINE_TARGET.sub(lambda match: "(" + " " * (len(match[0]) - 2) + ")", text))
    yield from enumerate(text.split("\n"), first_line)


DEAD = "\0"
"""Instead of a target: there is nothing to link to, and the words of the link shall say so."""


def relink(body: str, target_of: Callable[[str], str | None], dead: str = "") -> str:
    """The body with the targets of its links and images replaced.

    None leaves a target as it is; DEAD makes the link plain text with the hint `dead`.
    """

    def inline(match: re.Match[str]) -> str:
        start, end = match.span(2)
        whole, base = match[0], match.start()
        before, after = whole[: start - base], whole[end - base :]
        if "[" in before[2:]:
            before = _INLINE.sub(inline, before[:1]) + _INLINE.sub(inline, before[1:])
        new = target_of(_target(match[2]))
        if new == DEAD:
            text = before[before.index("[") + 1 : before.rindex("](")]
            return f'<span class="ems-dead" title="{escape(dead)}">{text}</span>'
        return before + (match[2] if new is None else new) + after

    def definition(match: re.Match[str]) -> str:
        new = None if match[1].startswith("^") else target_of(_target(match[2]))
        return match[0] if new is None or new == DEAD else match[0][: match.start(2) - match.start()] + new

    kept = outside_code(body)
    lines = body.split("\n")
    result: list[str] = []
    for outside, group in groupby(range(len(lines)), key=lambda index: index in kept):
        text = "\n".join(lines[index] for index in group)
        result.append(_outside_inline_code(text, inline, definition) if outside else text)
    return "\n".join(result)


def _outside_inline_code(
    text: str, inline: Callable[[re.Match[str]], str], definition: Callable[[re.Match[str]], str]
) -> str:
    pieces, place = [], 0
    masked = _CODE.sub(_blank, text)
    for match in _INLINE.finditer(masked):
        real = _INLINE.match(text, match.start())
        if real and match.start() >= place:
            pieces += [text[place : match.start()], inline(real)]
            place = real.end()
    pieces.append(text[place:])
    return "\n".join(_REFERENCE.sub(definition, line) for line in "".join(pieces).split("\n"))


def _kept(body: str) -> list[str]:
    lines = [""] * (body.count("\n") + 1)
    for index, line in _lines(body):
        lines[index] = line
    return lines


def _target(written: str) -> str:
    return re.sub(r"\\(.)", r"\1", written.strip().strip("<>"))
