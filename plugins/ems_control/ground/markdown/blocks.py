"""Where a Markdown text is code or comment, where one inline text ends, and which lines can be headings.

It follows Python-Markdown: a fence that is never closed is no code, a backtick pairs within its own paragraph, list
item or table row only. Where engines differ (fences inside lists), what an author means by it counts as code.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator

_FENCE = re.compile(
    r"(?P<indent>[ \t>]*)(?P<fence>`{3,}|~{3,})[ ]*"
    r"(?:\{[^\n]*\}|\.?[\w#.+-]*[ ]*(?:[\w-]+=(?:\"[^\"]*\"|'[^']*')[ ]*)*)"
)
_CLOSING = re.compile(r"`{3,}|~{3,}")
_TICKS = re.compile(r"`+")
_BORDER = re.compile(r"(?<!\\)\|")
_QUOTES = re.compile(r"[ \t]{0,3}(?:>[ \t]?)+")
_ITEM = re.compile(r"[ \t]*(?:[*+-]|\d+\.)[ \t]+(?=\S)")
_DEFINITION = re.compile(r"[ ]{0,3}:[ ]{1,3}(?=\S)")
_CONTAINER = re.compile(r"(?:!!!|\?\?\?\+?)[ ]|[ ]{0,3}\[\^[^\]\n]*\]:")
_ATX = re.compile(r"#{1,6}")
_UNDERLINE = re.compile(r"(?:=+|-+)[ ]*")
_DELIMITERS = re.compile(r"[ \t>]*\|?[ ]*:?-+:?[ ]*(?:\|[ ]*:?-*:?[ ]*)*")
_PARTED = re.compile(r"\n[ \t]*\n")
_NOT_NEWLINE = re.compile(r"[^\n]")
HIDDEN = "\ufffc"
"""What stands in a text for a character that is no markup; a space could end a paragraph."""


def blank(match: re.Match[str]) -> str:
    """As many spaces as the match is long, its line ends kept."""
    return _NOT_NEWLINE.sub(" ", match[0])


def visible(body: str) -> str:
    """The body, equally long, with fenced code and comments blanked."""
    lines = body.split("\n")
    if "```" in body or "~~~" in body:
        for start, end in _fenced(lines):
            lines[start:end] = [" " * len(line) for line in lines[start:end]]
    text = "\n".join(lines)
    if "<!--" not in text:
        return text
    code = list(_code_spans(text))
    pieces, place, begin = [], 0, text.find("<!--")
    while begin >= 0 and (end := text.find("-->", begin + 4)) >= 0:
        if not (_within(code, begin) or _apart(text, begin, end)):
            pieces += [text[place:begin], _NOT_NEWLINE.sub(" ", text[begin : end + 3])]
            place = end + 3
        begin = text.find("<!--", end + 3)
    return "".join([*pieces, text[place:]])


def _apart(text: str, begin: int, end: int) -> bool:
    """Whether a comment begins among words, and its paragraph ends before it does: then it is none."""
    before = text[text.rfind("\n", 0, begin) + 1 : begin]
    return bool(before.strip() or len(before) > 3) and _PARTED.search(text, begin, end) is not None


def _within(spans: list[tuple[int, int]], place: int) -> bool:
    """Whether a place lies inside one of these stretches, which are in order and apart."""
    index = bisect_right(spans, (place, -1)) - 1
    return index >= 0 and spans[index][0] < place < spans[index][1]


def without_code(text: str) -> str:
    """A text that went through `visible`, equally long, with U+FFFC in the place of code spans."""
    if "`" not in text:
        return text
    pieces, place = [], 0
    for start, end in _code_spans(text):
        pieces += [text[place:start], _NOT_NEWLINE.sub(HIDDEN, text[start:end])]
        place = end
    return "".join([*pieces, text[place:]])


def code_lines(body: str) -> set[int]:
    """The indices (from 0) of the lines that are fenced code or nothing but comment."""
    lines = body.split("\n")
    found = {index for start, end in _fenced(lines) for index in range(start, end)}
    shown = visible(body).split("\n")
    return found | {index for index, line in enumerate(lines) if line.strip() and not shown[index].strip()}


def _fenced(lines: list[str]) -> Iterator[tuple[int, int]]:
    """First line and line after the last of each fenced block."""
    closing: dict[str, defaultdict[str, list[int]]] = {"": defaultdict(list), " \t>": defaultdict(list)}
    for index, line in enumerate(lines):
        for cut, found in closing.items():
            if _CLOSING.fullmatch(fence := line.lstrip(cut).rstrip(" ")):
                found[fence].append(index)
    index = 0
    while index < len(lines):
        opened = _FENCE.fullmatch(lines[index])
        end = None
        if opened:
            end = _following(closing[" \t>" if opened["indent"] else ""][opened["fence"]], index)
        if end is None:
            index += 1
        else:
            yield index, end + 1
            index = end + 1


def _following(places: list[int], place: int) -> int | None:
    index = bisect_right(places, place)
    return places[index] if index < len(places) else None


def _code_spans(text: str) -> Iterator[tuple[int, int]]:
    for start, end in inline_texts(text):
        if text.find("`", start, end) >= 0:
            yield from _paired(text, start, end)


def _paired(text: str, start: int, end: int, whole: bool = False) -> Iterator[tuple[int, int]]:
    """Code spans between two places: a run of backticks, up to the next run of as many.

    Where there is none, the run opens with fewer of its backticks, unless it counts only as a `whole`. A backslash
    takes one backtick off the run behind it.
    """
    runs = [match.span() for match in _TICKS.finditer(text, start, end)]
    by_length: defaultdict[int, list[int]] = defaultdict(list)
    for index, (first, last) in enumerate(runs):
        by_length[last - first].append(index)
    index = 0
    while index < len(runs):
        first, last = runs[index]
        escaped = text[first - 1 : first] == "\\"
        lengths = range(last - first - escaped, 0, -1)
        if whole:
            lengths = lengths[:0] if escaped else lengths[:1]
        closing = (c for n in lengths if n in by_length and (c := _following(by_length[n], index)) is not None)
        close = next(closing, None)
        if close is not None:
            yield first + escaped, runs[close][1]
        index = index + 1 if close is None else close + 1


def inline_texts(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each stretch in which inline markup can pair: a paragraph, an item, a cell's row, a heading."""
    offset = start = 0
    for block in _blocks(text.split("\n")):
        items = _ITEM.match(block[0][1]) is not None
        table = len(block) > 1 and "|" in block[1][1] and _DELIMITERS.fullmatch(block[1][1]) is not None
        for number, (line, inner) in enumerate(block):
            if number and (table or _ATX.match(block[number - 1][1]) or _begins(inner, items)):
                yield start, offset
                start = offset
            if table:
                for place in _borders(line):
                    yield start, offset + place
                    start = offset + place + 1
            offset += len(line) + 1
        yield start, min(offset, len(text))
        start = offset


def _begins(inner: str, items: bool) -> bool:
    """Whether a heading, a definition or, among items, the next item begins with a line."""
    return bool(_ATX.match(inner) or _DEFINITION.match(inner) or (items and _ITEM.match(inner)))


def _borders(line: str) -> Iterator[int]:
    """Where the cells of a table row end."""
    code = list(_paired(line, 0, len(line), whole=True)) if "`" in line else []
    for match in _BORDER.finditer(line):
        if not _within(code, match.start()):
            yield match.start()


def _blocks(lines: list[str]) -> Iterator[list[tuple[str, str]]]:
    """Blocks between blank lines; each line as written and without quote marks. The blank lines after belong to it."""
    block: list[tuple[str, str]] = []
    ended = False
    for line in lines:
        inner = line[quoted.end() :] if ">" in line and (quoted := _QUOTES.match(line)) else line
        blank_line = not inner or inner.isspace()
        if ended and not blank_line:
            yield block
            block, ended = [], False
        ended = ended or (blank_line and bool(block))
        block.append((line, inner))
    yield block


def heading_lines(text: str) -> Iterator[tuple[int, int, str]]:
    """Index, level and words of each heading in a text that went through `visible`."""
    index = 0
    contained = False
    for block in _blocks(text.split("\n")):
        indent, first = _cut(block[0][1])
        contained = first != block[0][1].lstrip(" \t") or bool(_CONTAINER.match(block[0][1])) or (contained and indent)
        begins = True
        skip = False
        for number, (_, inner) in enumerate(block):
            words = _heading_words(inner, contained)
            underline = block[number + 1][1].strip(" ") if number + 1 < len(block) else ""
            if skip:
                skip = False
            elif words is not None and (level := _ATX.match(words)):
                yield index + number, level.end(), words[level.end() :].rstrip(" \t").rstrip("#").strip()
                begins = True
            elif begins and words is not None and underline and _UNDERLINE.fullmatch(underline) and words.strip():
                yield index + number, 1 if underline[0] == "=" else 2, words.strip()
                skip = True
            else:
                begins = not inner.strip()
            contained = contained or bool(_DEFINITION.match(inner))
        index += len(block)


def _cut(line: str) -> tuple[bool, str]:
    """Whether a line is indented as a part of what stands above; the line without the marks of items and quotes."""
    if line[:1].isalpha() and "\t" not in line:
        return False, line
    inner = line.expandtabs(4)
    place = before = -1
    while place == -1 or place > before:
        before, place = place, max(place, 0)
        while inner.startswith(" ", place):
            place += 1
        for mark in (_ITEM, _DEFINITION, _QUOTES):
            if match := mark.match(inner, place):
                place = match.end()
    return inner.startswith("    "), inner[place:]


def _heading_words(line: str, contained: bool) -> str | None:
    """The line as its container sees it; None where it is indented too little or too much for a heading."""
    if not line.startswith((" ", "\t")):
        return _cut(line)[1]
    inner = line.expandtabs(4)
    depth = len(inner) - len(inner.lstrip(" "))
    cut = _cut(line)[1]
    return cut if contained and (depth >= 4 or cut != inner.lstrip(" ")) else None
