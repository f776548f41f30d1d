"""A strict reader for YAML that people write: every scalar as written, every value with its line and column.

A controlled document must never become uncontrolled because its front matter is broken, so what YAML accepts
silently and a person did not mean (a key twice, an anchor, a tag, a tab, `1.10` as a number) is a problem here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from html import unescape
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    Event,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from ems_control.ground.counting import count
from ems_control.ground.errors import Problem
from ems_control.ground.formats.yaml_words import in_plain_words, one_line

Next = Callable[[], Event]
"""Gives the next event of libyaml."""
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVER: Any = yaml.SafeLoader("")
_PLAIN = {ord("\t"): None, ord("\n"): None}
_HARMLESS = {"\t", "\n", "\u00ad"}
_REFERENCE = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]*|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});")
_WITHOUT_INK = {"\u115f", "\u1160", "\u2800", "\u3164", "\uffa0"}


class Scalar(str):
    """A YAML scalar exactly as written, with its place in the file; `plain` where it stands without quotes."""

    __slots__ = ("column", "cut", "line", "plain")
    line: int
    column: int
    plain: bool
    cut: str

    def __new__(cls, value: str, line: int = 0, column: int = 0, plain: bool = True, cut: str = "") -> Scalar:
        """A string that remembers where it stood; `cut` is what follows it on its line, behind ` #`, as a comment."""
        self = super().__new__(cls, value)
        self.line, self.column, self.plain, self.cut = line, column, plain, cut
        return self

    @property
    def yaml_kind(self) -> str:
        """What YAML 1.1 takes it for: `str`, or, without quotes, `int`, `float`, `bool`, `null`, `timestamp` …"""
        if not self.plain:
            return "str"
        tag: str = _RESOLVER.resolve(yaml.ScalarNode, str(self), (True, False))
        return tag.rsplit(":", 1)[-1]


class Sequence(list[Any]):
    """A YAML list with its place."""

    __slots__ = ("column", "line")

    def __init__(self, items: Iterable[Any] = ()) -> None:
        """It has no place until one is given."""
        super().__init__(items)
        self.line = self.column = 0


class Mapping(dict[str, Any]):
    """A YAML mapping with its place; the keys are `Scalar`s."""

    __slots__ = ("column", "line")

    def __init__(self, items: Iterable[tuple[str, Any]] | dict[str, Any] = ()) -> None:
        """It has no place until one is given."""
        super().__init__(items)
        self.line = self.column = 0


_key = lru_cache(maxsize=4096)(Scalar)
"""A key with its place, kept once: in texts of one kind they stand in the same places."""


@dataclass
class FrontMatter:
    """A Markdown file, taken apart: its metadata, its body, and what was wrong with the reading.

    `data` is None where there is no front matter or it cannot be read; `body_line` is the line of the file on
    which the body starts, from 1.
    """

    data: Mapping | None
    body: str
    body_line: int
    problems: list[Problem] = field(default_factory=list)


class _Stop(Exception):  # noqa: N818  (never leaves this module)
    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def split(text: str) -> tuple[str | None, str, int]:
    """Cut a document into front matter, body and the body's first line number (specification, Front matter).

    The text starts with a line `---` and its front matter ends at the next line `---`; otherwise there is none
    and the whole text is body.
    """
    if not text.startswith("---\n"):
        return None, text, 1
    if text.startswith("---\n", 4):
        return "", text[8:], 3
    end = text.find("\n---\n", 3)
    if end < 0:
        if not text.endswith("\n---"):
            return None, text, 1
        end = len(text) - 4
    head = text[4 : end + 1]
    return head, text[end + 5 :], head.count("\n") + 3


def read(text: str) -> FrontMatter:
    """Read the front matter of a document whose line ends and BOM are already normalised; never raises."""
    head, body, body_line = split(text)
    if head is None:
        if re.match(r"---[ \t]*\n", text):
            message, fix = "the front matter has no end", "End it with a line that is exactly ---."
            if not text.startswith("---\n"):
                message, fix = "the first line has blanks after ---", "Make the first line exactly ---."
            return FrontMatter(None, text, 1, [Problem(1, 1, "unreadable", message, fix)])
        return FrontMatter(None, text, 1)
    data, problems = read_yaml(head, first_line=2)
    return FrontMatter(data, body, body_line, problems)


def read_yaml(text: str, first_line: int = 1) -> tuple[Mapping | None, list[Problem]]:
    """Read one YAML mapping strictly; `first_line` is the line of the file on which `text` starts.

    Returns the mapping, or None where it cannot be read, and all problems found.
    """
    count("yaml_documents")
    return _strictly(text, first_line)


def read_part(text: str) -> Mapping | None:
    """A part of a mapping, read as strictly for itself; None where anything is wrong with it. Places count from it."""
    data, problems = _strictly(text, 1)
    return None if problems else data


def _strictly(text: str, first_line: int) -> tuple[Mapping | None, list[Problem]]:
    problems = list(_unwanted_characters(text, first_line))
    reader = _Reader(first_line, problems)
    try:
        data = reader.document(text)
    except _Stop as stop:
        problems.append(stop.problem)
        data = None
    except yaml.MarkedYAMLError as error:
        problems.append(in_plain_words(error, first_line, text))
        data = None
    except yaml.YAMLError as error:
        problems.append(Problem(first_line, 1, "unreadable", f"not readable as YAML: {one_line(str(error))}"))
        data = None
    return data, sorted(set(problems))


def hidden_characters(text: str, first_line: int = 1) -> Iterator[Problem]:
    """Characters that nobody sees but that change what a text says or hides: controls, bidi, zero width, no ink."""
    if text.isascii() and text.translate(_PLAIN).isprintable():
        return
    for number, line in enumerate(text.split("\n"), first_line):
        if line.isascii() and (line.isprintable() or "\t" in line):
            line = line.replace("\t", " ")
            if line.isprintable():
                continue
        for column, char in enumerate(line, 1):
            if _is_hidden(char):
                name = unicodedata.name(char, f"U+{ord(char):04X}")
                yield Problem(
                    number, column, "hidden-character", f"hidden character {name} (U+{ord(char):04X})", "Delete it."
                )


def hidden_references(lines: Iterable[tuple[int, str]]) -> Iterator[Problem]:
    """The same characters, written in lines of a text as references that its page undoes: `&#x202E;`."""
    for number, line in lines:
        for match in _REFERENCE.finditer(line) if "&" in line else ():
            if char := next(filter(_is_hidden, unescape(match[0])), ""):
                name = unicodedata.name(char, f"U+{ord(char):04X}")
                message = f"hidden character {name} (U+{ord(char):04X})"
                yield Problem(number, match.start() + 1, "hidden-character", message, "Delete it.")


def _is_hidden(char: str) -> bool:
    if char.isprintable():
        return char in _WITHOUT_INK
    return char not in _HARMLESS and unicodedata.category(char) in {"Cc", "Cf", "Co", "Cn", "Zl", "Zp"}


def _unwanted_characters(text: str, first_line: int) -> Iterator[Problem]:
    yield from hidden_characters(text, first_line)
    if "\t" not in text and "?" not in text and "..." not in text:
        return
    for number, line in enumerate(text.split("\n"), first_line):
        if "\t" in line:
            yield Problem(number, line.index("\t") + 1, "feature", "a tab", "Use spaces.")
        if line.rstrip() == "..." or line.startswith("... "):
            yield Problem(number, 1, "feature", "a line of three dots, which ends it early", "Delete the line.")
        if re.match(r"\s*\?(\s|$)", line):
            yield Problem(number, line.index("?") + 1, "feature", 'a key written with "?"', "Write key: value.")


class _Reader:
    """Walks the events of libyaml; every value keeps its place, every unwanted feature is a problem."""

    def __init__(self, first_line: int, problems: list[Problem]) -> None:
        self.first_line = first_line
        self.problems = problems
        self.known = {problem.message for problem in problems}
        self.commented: dict[int, str] = {}

    def document(self, text: str) -> Mapping:
        lines = text.split("\n")
        self.commented = {number: line for number, line in enumerate(lines) if "#" in line}
        loader = _LOADER(text)
        try:
            return self.whole(loader.get_event)
        finally:
            loader.dispose()

    def whole(self, following: Next) -> Mapping:
        following()
        if isinstance(following(), yaml.StreamEndEvent):
            return Mapping()
        first = following()
        value = self.value(first, following)
        following()
        last = following()
        if not isinstance(last, yaml.StreamEndEvent):
            raise _Stop(self.problem(last, "feature", "a second YAML document", "Keep one block of metadata."))
        if isinstance(value, Scalar) and value == "":
            return Mapping()
        if not isinstance(value, Mapping):
            raise _Stop(
                self.problem(first, "unreadable", "no list of keys with values", "Write one key: value per line.")
            )
        return value

    def value(self, event: Event, following: Next, depth: int = 0) -> Any:
        kind = type(event)
        if kind is AliasEvent or event.anchor or event.tag or depth > 20:  # type: ignore[attr-defined]
            raise _Stop(self.refused(event, depth))
        if kind is ScalarEvent:
            return self.scalar(event)
        mark: Any = event.start_mark
        place = mark.line + self.first_line, mark.column + 1
        if kind is SequenceStartEvent:
            items = Sequence()
            items.line, items.column = place
            while type(item := following()) is not SequenceEndEvent:
                items.append(self.value(item, following, depth + 1))
            return items
        mapping = Mapping()
        mapping.line, mapping.column = place
        while type(key_event := following()) is not MappingEndEvent:
            key = self.value(key_event, following, depth + 1)
            value = self.value(following(), following, depth + 1)
            if type(key) is not Scalar or key in mapping or key == "<<":
                self.odd_key(mapping, key, value, key_event)
            else:
                mapping[_key(key, key.line, key.column, key.plain, key.cut)] = value
        return mapping

    def refused(self, event: Event, depth: int) -> Problem:
        """What is wrong with a value that is not taken."""
        if depth > 20:
            return self.problem(event, "unreadable", "nested too deeply", "Write it flat.")
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            return self.problem(
                event, "feature", "a YAML anchor or alias (& or *)", "Put quotes around the value, or repeat it."
            )
        tag = getattr(event, "tag", None)
        return self.problem(event, "feature", f"a YAML tag ({tag})", "Put quotes around the value.")

    def odd_key(self, mapping: Mapping, key: Any, value: Any, event: Event) -> None:
        if not isinstance(key, Scalar):
            raise _Stop(self.problem(event, "feature", "a list or mapping used as a key", "Use a plain word as key."))
        if key == "<<" and key.plain:
            self.problems.append(self.problem(event, "feature", "a YAML merge key (<<)", "Write the keys out."))
        elif key in mapping:
            self.problems.append(self.problem(event, "duplicate", f'key "{key}" is given twice', "Keep one of them."))
        else:
            mapping[key] = value

    def scalar(self, event: Any) -> Scalar:
        mark = event.start_mark
        found = str.__new__(Scalar, event.value)
        found.line, found.column = mark.line + self.first_line, mark.column + 1
        found.plain, found.cut = not event.style, ""
        if found.plain:
            end = event.end_mark
            if end.line in self.commented and found:
                found.cut = self.behind(self.commented[end.line][end.column :])
        elif event.style == '"':
            escaped = {p.message: p for p in hidden_characters(event.value) if p.message not in self.known}
            self.known |= set(escaped)
            self.problems += [replace(one, line=found.line, column=found.column) for one in escaped.values()]
        return found

    @staticmethod
    def behind(rest: str) -> str:
        """The comment that begins behind a value without quotes, on its line."""
        return rest.strip() if rest.lstrip(" \t").startswith("#") else ""

    def place(self, event: Event) -> tuple[int, int]:
        mark: Any = event.start_mark
        return mark.line + self.first_line, mark.column + 1

    def problem(self, event: Event, kind: str, message: str, fix: str) -> Problem:
        return Problem(*self.place(event), kind, message, fix)
