"""What a page shows that can be compared: headings, steps with their numbers, rows with their cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ems_control.ground.markdown.fragments import Element, fragment

BULLET = "•"
NOT_COMPARED = {"footnote", "highlighttable", "codehilitetable"}
"""Classes of what extensions add to a page."""
_LETTERS = 40
_BRACES = re.compile(r"\{:?[^{}\n]*\}")
_NOTE = re.compile(r"\[\^[^\[\]\s]+\]")
_BOX = re.compile(r"^\s*\[[ xX]\]\s")
_WORD = re.compile(r"[^\W_]+")
_WHOLE = re.compile(r"\s*[-+]?[0-9]{1,9}")
_MOST_COLUMNS = 100
"""Cells are pushed aside no further: else a few short rows would be read for minutes."""
_TO_THE_END = 65534
"""The rows that a cell spans whose `rowspan` is 0."""


class Part(NamedTuple):
    """A heading, a step of a list, or a row of a table, with its first letters; or a link, a picture, words, a note.

    `mark` is the number of a step as shown, or a bullet, of a link or picture its address, else the words themselves;
    `depth` how deep it is nested, for a heading its level.
    """

    kind: str  # heading | item | row | link | picture | words | note
    depth: int
    mark: str
    words: tuple[str, ...]  # of a row one text a cell, else one text; letters and digits only


@dataclass(frozen=True)
class Difference:
    """A place that reads otherwise: its line (from 1), what a CommonMark reader shows and what the page shows."""

    line: int
    forge: Part | None
    page: Part | None


def tree_of(rendered: str) -> Element:
    return fragment(rendered or " ")


def of_page(element: Element, depth: int = 0) -> Iterator[Part]:
    number, up = _counted_from(element)
    for child in element:
        tag = child.tag
        if not isinstance(tag, str) or NOT_COMPARED & {*(child.get("class") or "").split()}:
            continue
        if re.fullmatch(r"h[1-6]", tag):
            yield Part("heading", int(tag[1]), "", first_words(text_of(child)))
        elif tag == "li":
            number = _whole(child.get("value"), number)
            mark = str(number) if element.tag == "ol" else BULLET
            number += up
            yield Part("item", depth + 1, mark, first_words(text_of(child, stop=True)))
            yield from of_page(child, depth + 1)
        elif tag == "table":
            for cells in _grid(child):
                yield from row_of(cells)
        else:
            yield from of_page(child, depth)


def _counted_from(element: Element) -> tuple[int, int]:
    """The number of the first item of a list, and how much the next one is more."""
    if element.get("reversed") is None:
        return _whole(element.get("start"), 1), 1
    return _whole(element.get("start"), sum(child.tag == "li" for child in element)), -1


def _whole(written: str | None, otherwise: int) -> int:
    """A number as browsers read it: what stands behind the digits counts for nothing."""
    found = _WHOLE.match(written or "")
    return int(found[0]) if found else otherwise


def _grid(table: Element) -> Iterator[list[str]]:
    """The rows of a table with each cell in the column in which it stands, pushed aside by those that span some."""
    below = dict[int, int]()
    for row in table.iter("tr"):
        if next(row.iterancestors("table")) is not table:
            continue
        cells, taken = list[str](), {at for at, rows in below.items() if rows}
        below = {at: rows - 1 for at, rows in below.items() if rows > 1}
        for cell in row:
            while len(cells) in taken:
                cells.append("")
            most = max(_MOST_COLUMNS - len(cells), 1)
            wide, deep = min(_whole(cell.get("colspan"), 1), most), _whole(cell.get("rowspan"), 1) or _TO_THE_END
            below |= dict.fromkeys(range(len(cells), len(cells) + wide), deep - 1) if deep > 1 else {}
            cells += [text_of(cell), *[""] * (wide - 1)]
        yield cells


def text_of(element: Element, stop: bool = False) -> str:
    """The words of an element; with `stop`, only those before the first block below a paragraph."""
    pieces = [element.text or ""]
    for child in element:
        if not isinstance(child.tag, str):
            pieces.append(child.tail or "")
            continue
        if stop and child.tag in ("ul", "ol", "table", "pre", "div", "blockquote", "dl", "details"):
            break
        if child.tag == "sup" and "fnref" in (child.get("id") or ""):
            pieces.append(child.tail or "")
            continue
        if child.tag == "a" and "headerlink" in (child.get("class") or ""):
            continue
        pieces += [" " if child.tag in ("br", "p") else "", text_of(child), child.tail or ""]
        if stop and child.tag == "p":
            break
    return "".join(pieces)


def row_of(cells: list[str]) -> Iterator[Part]:
    """A row; one without a word is none, because an attribute list below a table is an empty row to the forge."""
    words = ["".join(all_words(cell)) for cell in cells]
    while words and not words[-1]:
        words.pop()
    if words:
        yield Part("row", 0, "", tuple(words))


def all_words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(_NOTE.sub("", _BRACES.sub("", text)))]


def first_words(text: str) -> tuple[str, ...]:
    return ("".join(all_words(_BOX.sub("", text)))[:_LETTERS],)
