"""A Markdown text as people read it: headings, sentences, steps, rows of tables, each with the heading above it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from ems_control.ground.markdown.outline import plain
from ems_control.ground.markdown.sections import sections

_SENTENCE = re.compile(r"(?<=[.!?])[\"'”’)\]*_]*\s+(?=[*_\"'“‘(\[]*[A-ZÄÖÜ\d!])")
_NO_END = re.compile(
    r"(?:\b(?:e\.g|i\.e|approx|no|nos|nr|ca|max|(?<!\d\s)min|z\. ?b|d\. ?h|u\. ?a|o\. ?ä|bzw|ggf|evtl|inkl|abs|art|tel|"
    r"fig|vs|cf|bijv|o\.a|evt|incl|resp|dr|mr|mrs|ms|st|str|vol|ch|sec|para|std|temp)|(?<![\w/])(?-i:[A-Z]))\.$",
    re.IGNORECASE,
)
"""What ends with a full stop that ends no sentence."""
_ORDINAL = re.compile(r"\b\d{1,2}\.$")
_MONTH = re.compile(r"(?:Jan|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez)", re.IGNORECASE)
_STEP = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+(?:\[[ xX]\]\s+)?")
_HEADING = re.compile(r"#{1,6}\s")
_FENCE = re.compile(r"\s*(?:```|~~~)")
_BLOCK = re.compile(r"(?P<mark>!!!|\?\?\?\+?|===[!+]?)\s+(?P<type>[\w -]*?)\s*(?:\"(?P<title>[^\"]*)\")?\s*$")
"""The first line of a block that stands out: its title, or else its type, is what people read."""
_QUOTE = re.compile(r"(?:>\s?)+")
_RULED = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?")
_ATTRIBUTES = re.compile(r"\s*\{:?[^{}\n]*\}\s*$")
_INLINE_ATTRIBUTES = re.compile(r"(?<=[)\]*_`])\{:?[^{}\n]*\}")
_BREAK = re.compile(r"<br ?/?>")
_BORDER = re.compile(r"(?<!\\)\|")
_MARKUP = re.compile(r"[\[*_~`^=<{\\]")
"""A character without which words are read as they are written."""


@dataclass(frozen=True)
class Unit:
    """A piece of a text: its words as read, the heading above it, the cells and column heads of a row of a table."""

    kind: Literal["heading", "text", "step", "row"]
    words: str
    source: str
    heading: str = ""
    cells: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    table: int = 0

    @property
    def is_head(self) -> bool:
        """Whether it is the row of the heads of a table."""
        return bool(self.cells) and self.cells == self.columns

    @cached_property
    def key(self) -> tuple[bool, str]:
        """What makes two pieces the same: the words, and whether they are those of a heading."""
        return self.kind == "heading", self.words

    def says_otherwise(self, other: Unit) -> bool:
        """Whether more than mere formatting differs in the file."""
        return self.source != other.source and self.bare != other.bare

    @property
    def bare(self) -> str:
        """What stands in the file, without mere formatting and without the targets of links, which are told apart."""
        anchors = "".join(re.findall(r"#[\w.:-]+", " ".join(re.findall(r"\{:?[^{}\n]*\}", self.source))))
        kept = re.sub(r"\{:?[^{}\n]*\}", "", self.source)
        return re.sub(r"(?<=\]\()[^()\n]*(?=\))|<br ?/?>|\\(?=\W)|[\s*_|:#<>\[\]()-]+", "", kept) + anchors


@lru_cache(maxsize=4096)  # two texts that are compared have most pieces in common
def read(source: str) -> str:
    """A piece of Markdown as it is read: no markup, no attribute lists, single spaces."""
    if not _MARKUP.search(source):
        return " ".join(source.split())
    return " ".join(plain(_BREAK.sub(" ", _INLINE_ATTRIBUTES.sub("", source))).replace("\\|", "|").split()).rstrip(
        "\\ "
    )


def units(text: str) -> list[Unit]:
    """The pieces of a text in their order; emphasis, line breaks and numbers of steps are no words."""
    return list(_units(text))


@lru_cache(maxsize=4)  # of several revisions each is compared twice, one after the other
def _units(text: str) -> tuple[Unit, ...]:
    found: list[Unit] = []
    heading, tables = "", 0
    for section in sections(text):
        units_of, heading, tables = _section(section, heading, tables)
        found += units_of
    return tuple(found)


@lru_cache(maxsize=256)  # and most of their sections are the same
def _section(text: str, heading: str, tables: int) -> tuple[tuple[Unit, ...], str, int]:
    """The pieces of a section, and the heading and the number of tables that the next one follows."""
    reader = _Reader(heading, tables)
    return tuple(reader.read(text)), reader.heading, reader.tables


class _Reader:
    def __init__(self, heading: str, tables: int) -> None:
        self.heading, self.columns = heading, tuple[str, ...]()
        self.lines: list[str] = []
        self.step = False
        self.tables = tables

    def read(self, text: str) -> Iterator[Unit]:
        code = False
        for line in text.split("\n"):
            if _FENCE.match(line):
                yield from self.close()
                code = not code
            elif code:
                if line.strip():
                    yield Unit("text", line.strip(), line, self.heading)
            else:
                yield from self.line(_QUOTE.sub("", line) if line.lstrip().startswith(">") else line)
        yield from self.close()

    def line(self, line: str) -> Iterator[Unit]:
        stripped = line.strip()
        if self.lines and "|" in self.lines[-1] and "|" in stripped and _RULED.fullmatch(stripped):
            head = self.lines.pop()
            yield from self.close()
            yield from self.row(head)
        elif self.columns and "|" in stripped:
            yield from self.row(stripped)
        else:
            self.columns = ()
            yield from self.words(line, stripped)

    def words(self, line: str, stripped: str) -> Iterator[Unit]:
        if _HEADING.match(stripped):
            yield from self.close()
            words = plain(_ATTRIBUTES.sub("", stripped.strip("# "))).strip()
            yield Unit("heading", words, stripped, self.heading)
            self.heading = words
        elif stripped.startswith("|"):
            yield from self.close()
            yield from self.row(stripped)
        elif not stripped:
            yield from self.close()
        elif block := _BLOCK.match(stripped):
            yield from self.close()
            title = block["type"].capitalize() if block["title"] is None else block["title"]
            if title:
                yield Unit("text", plain(title).strip(), stripped, self.heading)
        elif _STEP.match(line):
            yield from self.close()
            self.step, self.lines = True, [_STEP.sub("", line, count=1)]
        else:
            self.lines.append(stripped)

    def row(self, line: str) -> Iterator[Unit]:
        if _RULED.fullmatch(line) and "-" in line:
            return
        inner = re.sub(r"(?<!\\)\|$", "", line.removeprefix("|"))
        cells = tuple(read(cell) for cell in _BORDER.split(inner))
        if not self.columns:
            self.columns = cells
            self.tables += 1
        yield Unit("row", " | ".join(cells), line, self.heading, cells, self.columns, self.tables)

    def close(self) -> Iterator[Unit]:
        text, step = " ".join(self.lines), self.step
        self.lines, self.step = [], False
        for part in [text] if step else _sentences(text):
            words = read(_ATTRIBUTES.sub("", part) if "}" in part else part)
            if words or part.strip():
                yield Unit("step" if step else "text", words, part, self.heading)


def _sentences(text: str) -> Iterator[str]:
    """The sentences of a paragraph; none ends within brackets, where the words of a link or picture stand."""
    start, deep, at = 0, 0, 0
    for match in _SENTENCE.finditer(text):
        deep += text.count("[", at, match.start()) - text.count("]", at, match.start())
        at = match.start()
        before = text[start : match.start()]
        ordinal = _ORDINAL.search(before[-4:]) and _MONTH.match(text, match.end())
        if deep <= 0 and not ordinal and not _NO_END.search(before[-12:]):
            yield text[start : match.end()].strip()
            start = match.end()
    yield text[start:].strip()
