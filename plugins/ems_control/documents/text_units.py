"""A Markdown text as people read it: headings, sentences, steps, rows of tables, each with the heading above it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from ems_control.ground.formats.markdown import plain

_SENTENCE = re.compile(r"(?<=[.!?:;])\s+(?=[A-ZÄÖÜ*\d\[])")
_STEP = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+")
_FENCE = re.compile(r"\s*(?:```|~~~)")
_BLOCK = re.compile(r"(?:!!!|\?\?\?\+?|===[!+]?)\s+[^\"]*(?:\"(?P<title>[^\"]*)\")?\s*$")
"""The first line of a block that stands out: its title is what people read."""
_ATTRIBUTES = re.compile(r"\s*\{[^{}\n]*\}\s*$")


@dataclass(frozen=True)
class Unit:
    """A piece of a text: its words as read, the heading above it, the cells and column heads of a row of a table."""

    kind: Literal["heading", "text", "step", "row"]
    words: str
    source: str
    heading: str = ""
    cells: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


def units(text: str) -> list[Unit]:
    """The pieces of a text in their order; emphasis, line breaks and numbers of steps are no words."""
    return list(_Reader().read(text))


class _Reader:
    def __init__(self) -> None:
        self.heading, self.columns = "", tuple[str, ...]()
        self.lines: list[str] = []
        self.step = False

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
                yield from self.line(line)
        yield from self.close()

    def line(self, line: str) -> Iterator[Unit]:
        stripped = line.strip()
        if not stripped.startswith("|"):
            self.columns = ()
        if re.match(r"#{1,6}\s", stripped):
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
            if block["title"]:
                yield Unit("text", plain(block["title"]).strip(), stripped, self.heading)
        elif _STEP.match(line):
            yield from self.close()
            self.step, self.lines = True, [_STEP.sub("", line, count=1)]
        else:
            self.lines.append(stripped)

    def row(self, line: str) -> Iterator[Unit]:
        sources = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))]
        cells = tuple(plain(cell).strip() for cell in sources)
        if cells and all(set(cell) <= set("-: ") for cell in cells):
            return
        if not self.columns:
            self.columns = cells
        yield Unit("row", " | ".join(cells), line, self.heading, cells, self.columns)

    def close(self) -> Iterator[Unit]:
        text, step = " ".join(self.lines), self.step
        self.lines, self.step = [], False
        for part in [text] if step else _sentences(text):
            words = plain(_ATTRIBUTES.sub("", part)).strip()
            if words or part.strip():
                yield Unit("step" if step else "text", words, part, self.heading)


def _sentences(text: str) -> Iterator[str]:
    """The sentences of a paragraph; none ends within brackets, where the words of a link or picture stand."""
    start, deep, at = 0, 0, 0
    for match in _SENTENCE.finditer(text):
        deep += text.count("[", at, match.start()) - text.count("]", at, match.start())
        at = match.start()
        if deep <= 0:
            yield text[start : match.start()]
            start = match.end()
    yield text[start:]


def pairs(old: list[Unit], new: list[Unit]) -> list[tuple[Unit | None, Unit | None]]:
    """What changed: each piece with its other version, the likest first; None where it came or went.

    A piece that only moved is a pair of equal words; so is one whose words stayed while something else in it changed.
    """
    matcher = SequenceMatcher(None, [_key(u) for u in old], [_key(u) for u in new], autojunk=False)
    found: list[tuple[Unit | None, Unit | None]] = []
    blocks = []
    for kind, i, i2, j, j2 in matcher.get_opcodes():
        if kind == "equal":
            found += [(a, b) for a, b in zip(old[i:i2], new[j:j2], strict=True) if bare(a) != bare(b)]
        else:
            blocks.append((old[i:i2], new[j:j2]))
    gone, come = list[Unit](), list[Unit]()
    for before, after in blocks:
        mated, left, right = _mates(before, after)
        found += mated
        gone += left
        come += right
    for one in list(gone):
        same = next((other for other in come if _key(other) == _key(one)), None)
        if same:
            gone.remove(one)
            come.remove(same)
            found.append((one, same))
    return [*found, *((one, None) for one in gone), *((None, one) for one in come)]


def bare(unit: Unit) -> str:
    """What stands in the file, without mere formatting and without the targets of links, which are told apart."""
    return re.sub(r"[\s*_|:#-]+|(?<=\]\()[^()\n]*(?=\))", "", unit.source)


def _key(unit: Unit) -> tuple[str, str]:
    return unit.kind, unit.words


def _mates(old: list[Unit], new: list[Unit]) -> tuple[list[tuple[Unit | None, Unit | None]], list[Unit], list[Unit]]:
    likeness = sorted(
        ((_likeness(a, b), -i, -j) for i, a in enumerate(old) for j, b in enumerate(new) if a.kind == b.kind),
        reverse=True,
    )
    mates: dict[int, int] = {}
    for share, i, j in likeness:
        if share > 0.35 and -i not in mates and -j not in mates.values():
            mates[-i] = -j
    titles = [[n for n, u in enumerate(side) if u.kind == "heading"] for side in (old, new)]
    rest = [n for n in titles[0] if n not in mates], [n for n in titles[1] if n not in mates.values()]
    if len(rest[0]) == len(rest[1]):
        mates |= dict(zip(*rest, strict=True))
    found: list[tuple[Unit | None, Unit | None]] = [(old[i], new[j]) for i, j in sorted(mates.items())]
    left = [unit for i, unit in enumerate(old) if i not in mates]
    return found, left, [unit for j, unit in enumerate(new) if j not in mates.values()]


def _likeness(a: Unit, b: Unit) -> float:
    """How many words two pieces share; rows are the same row where their first cells are."""
    if a.cells and b.cells and a.cells[0] == b.cells[0]:
        return 1.0
    one, other = set(a.words.lower().split()), set(b.words.lower().split())
    return 2 * len(one & other) / (len(one) + len(other)) if one or other else 1.0
