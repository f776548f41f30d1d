"""The handbook as its readers see it: every document, table and drawing as plain lines with their numbers.

Read from the files of this repository, so that a fault is found before it is committed; what applies on a day, and
which findings stand, is asked of the `ems` command.
"""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml
from tests.running import ems

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
REGISTERS = DOCS / "registers"
DAY = "2026-11-27"

_TARGET = re.compile(r"(?<=\])\([^()\s]*\)(?:\{[^{}]*\})?")
_ATTRIBUTES = re.compile(r"\{[:# .][^{}]*\}")
_SVG_TEXT = re.compile(r"<(text|title|desc)\b[^<>]*>(.*?)</\1>", re.DOTALL)


@dataclass(frozen=True, eq=False)
class Text:
    """One file: path in the repository, language, front matter, lines (number, words as read), body as written."""

    path: str
    language: str
    facts: dict[str, Any]
    lines: tuple[tuple[int, str], ...]
    source: str = ""

    @property
    def name(self) -> str:
        return Path(self.path).stem

    @cached_property
    def body(self) -> str:
        return "\n".join(line for _, line in self.lines)

    def line(self, offset: int) -> int:
        """The line of the file in which the character `offset` of the body stands."""
        for number, line in self.lines:
            offset -= len(line) + 1
            if offset < 0:
                return number
        return self.lines[-1][0]


def plain(line: str) -> str:
    """A line of Markdown without link targets, attributes and emphasis; the words of links and images stay."""
    line = _ATTRIBUTES.sub("", _TARGET.sub("", re.sub(r"^!!! \w+ ", "", line)))
    return re.sub(r"[*`_]{1,3}(?=\S)|(?<=\S)[*`_]{1,3}|[!\[\]]", "", line)


def document(path: str, text: str) -> Text:
    """A Markdown document; its title and the sentences of its revision rows belong to its lines."""
    head, body = text[4:].split("\n---\n", 1) if text.startswith("---\n") else ("", text)
    facts = yaml.safe_load(head) or {}
    told = [str(facts.get("title", "")), *(str(row["change"]) for row in facts.get("revisions", []))]
    first = head.count("\n") + 4 if head else 1
    lines = [(1, line) for line in told if line]
    lines += [(number, plain(line)) for number, line in enumerate(body.split("\n"), first) if line.strip()]
    return Text(path, str(facts.get("language", "en")), facts, tuple(lines), body)


def drawing(path: str, text: str) -> Text:
    """The words of a drawing."""
    found = _SVG_TEXT.finditer(text)
    words = [(text.count("\n", 0, m.start()) + 1, html.unescape(re.sub(r"<[^<>]*>", " ", m[2]))) for m in found]
    for place, (number, line) in enumerate(words[:-1]):
        if line.endswith("-"):
            words[place : place + 2] = [(number, line[:-1] + words[place + 1][1]), (number, "")]
    return Text(path, "en", {}, tuple(words), text)


def table(path: str, text: str) -> Text:
    """A table: one line for each row, its cells as a reader sees them; the names of its columns are no text."""
    rows = enumerate(csv.reader(io.StringIO(text)), 1)
    return Text(path, "en", {}, tuple((number, " | ".join(row)) for number, row in rows if number > 1), text)


@cache
def documents() -> tuple[Text, ...]:
    """Every document under control, as its file stands."""
    found = sorted(path for path in DOCS.rglob("*.md") if path.name != "index.md" and "help" not in path.parts)
    return tuple(document(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")) for path in found)


@cache
def tables() -> tuple[Text, ...]:
    """Every table."""
    found = sorted(REGISTERS.glob("*.csv"))
    return tuple(table(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")) for path in found)


@cache
def drawings() -> tuple[Text, ...]:
    """The words of every drawing."""
    found = sorted(DOCS.rglob("*.svg"))
    return tuple(drawing(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")) for path in found)


@cache
def still_in_force() -> tuple[Text, ...]:
    """The texts that apply on DAY although their file already holds a later revision."""
    later = [d for d in register() if d["revision"] and d["revision"] != d["latest_revision"]]
    shown = [(d["path"], ems(ROOT, "show", d["id"], day=DAY).out) for d in later]
    return tuple(document(f"{path} (in force)", text) for path, text in shown)


@cache
def register() -> tuple[dict[str, Any], ...]:
    """The list of documents on DAY."""
    return tuple(ems(ROOT, "register", "--format", "json", day=DAY).json["documents"])


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a table under docs/registers/."""
    with (REGISTERS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def everything() -> Iterator[Text]:
    """Documents, tables, drawings, and the older texts that still apply."""
    yield from documents()
    yield from tables()
    yield from drawings()
    yield from still_in_force()
