"""What the program says in sentences (findings, answers, errors, help), in other languages than English.

The catalogue of a language (sentence_words/) goes by the English sentence with its places, as the code has it. What was
said is found again by its words; so whoever says something writes English only, and what programs read stays English.
What no sentence of the catalogue fits stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib import resources
from string import Formatter
from typing import NamedTuple

from ems_control.ground.formats.factfile import read_facts
from ems_control.ground.organisation.standards import Catalogue

FOLDER = "sentence_words"
INNER, ALIEN, TITLE, WIDE = "t", "s", "c", "g"
"""Conversions of a place: `{reason!t}` holds our own words, however few; `{words!s}` none, whatever it looks like;
`{clause!c}` the title of a clause;
`{clause!g}`, in the English sentence, takes as much as it can."""
FEW = 4
"""More letters than this, for each place, a sentence has of its own to be known wherever it stands, and at least as
many to be known alone on a line: fewer could be anybody's words."""
_BREAK = re.compile(r"(?<=[.?!…])(?=\s)|(?=[,;:]\s)|(?=\s\()|(?= → )")
_NUMBERED = re.compile(r"((?:[A-Z]\.)?\d[\d.]*) (.+)")
_WORD = re.compile(r"[A-Za-z]+")
_SIGNS = re.compile(r"([\s,;:(]*)(.*?)([\s.,;:)]*)", re.DOTALL)
MOST_BEFORE = 6
"""So many words may stand before a sentence that is known."""


@cache
def sentence_languages() -> tuple[str, ...]:
    """The languages other than English in which sentences can be said."""
    names = (path.name for path in (resources.files("ems_control.exports") / FOLDER).iterdir())
    return tuple(sorted(name.removesuffix(".yml") for name in names if name.endswith(".yml")))


def said(text: str, language: str) -> str:
    """A text of the program in a language: whole, else sentence by sentence; a line of it by itself."""
    if language not in sentence_languages() or not text:
        return text
    return "\n".join(_said(line, language) for line in text.split("\n"))


def _said(line: str, language: str) -> str:
    """A line: its sentence as a whole is ours, however few its words are; what it is made of may be somebody else's."""
    parts, core = _line(line, language, own=False), line.strip()
    alone = sorted(
        (pair for pair in _fitting(core, language) if pair[0].letters >= FEW), key=lambda pair: pair[0].order
    )
    wholes = [one.filled(places, language) for one, places in alone]
    whole = max(wholes, key=lambda one: one.letters, default=None) if " " in core else None
    return line.replace(core, whole.text) if whole and whole.letters > parts.letters else parts.text


def word_said(word: str, language: str) -> str:
    """A word or a few of the program's own, in a language; as it is where the catalogue has none."""
    found = _whole(word, language, own=True) if language in sentence_languages() else None
    return found.text if found else word


class Said(NamedTuple):
    """A text in the other language, and how many of its English letters the catalogue knew."""

    letters: int
    text: str


@dataclass(frozen=True)
class Sentence:
    """An English sentence with its places, and the same in another language."""

    english: str
    other: str

    @cached_property
    def pieces(self) -> tuple[str, ...]:
        """The words between the places."""
        return tuple(text for text, _, _, _ in Formatter().parse(self.english))

    @cached_property
    def places(self) -> int:
        """How many places it has."""
        return sum(name is not None for _, name, _, _ in Formatter().parse(self.english))

    @cached_property
    def letters(self) -> int:
        """How many letters it has of its own."""
        return sum(map(str.isalpha, "".join(self.pieces)))

    @cached_property
    def strong(self) -> bool:
        """Whether it is known wherever it stands; a single word could be anybody's."""
        return self.letters > FEW * max(self.places, 1) and (self.places > 0 or " " in self.english)

    @cached_property
    def order(self) -> tuple[int, int, str]:
        """The most particular first."""
        return (-self.letters, -self.places, self.english)

    @cached_property
    def key(self) -> str:
        """The longest word that it has whole, beside no place, which its text must hold; "" where it has none."""
        last = len(self.pieces) - 1 if self.pieces and not self.english.endswith("}") else len(self.pieces)
        words = [
            match[0]
            for number, piece in enumerate(self.pieces)
            for match in _WORD.finditer(piece)
            if (match.start() or not number) and (match.end() < len(piece) or number == last)
        ]
        return max(words, key=len, default="")

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What finds the sentence, and what stands in its places."""
        parts = []
        for text, name, _, conversion in Formatter().parse(self.english):
            parts += [re.escape(text), f"(?P<{name}>.{'*' if conversion == WIDE else '*?'})" if name else ""]
        return re.compile("".join(parts), re.DOTALL)

    def filled(self, places: dict[str, str], language: str) -> Said:
        """It in the other language."""
        parts, letters = [], self.letters
        for text, name, _, conversion in Formatter().parse(self.other):
            parts.append(text)
            if name:
                inner = _inner(places[name], conversion, language)
                parts.append(inner.text)
                letters += inner.letters
        return Said(letters, "".join(parts))


@cache
def sentences(language: str) -> tuple[Sentence, ...]:
    """The catalogue of a language."""
    path = resources.files("ems_control.exports") / FOLDER / f"{language}.yml"
    found = read_facts(f"{FOLDER}/{language}.yml of the package", path.read_bytes())
    return tuple(Sentence(str(english), str(other)) for english, other in found.items())


def _inner(value: str, conversion: str | None, language: str) -> Said:
    """What stands in a place."""
    if conversion == ALIEN:
        return Said(0, value)
    if conversion == TITLE:
        known = value in _titles(language)
        return Said(len(value) * known, clause_title(value, language))
    return _line(value, language, own=conversion == INNER)


def clause_title(title: str, language: str) -> str:
    """The title of a clause of the catalogue in a language; another one as it is."""
    return _titles(language).get(title, title)


@cache
def _by_word(language: str) -> dict[str, list[Sentence]]:
    """The catalogue by a word of each sentence."""
    found: dict[str, list[Sentence]] = {}
    for one in sentences(language):
        found.setdefault(one.key, []).append(one)
    return found


def _fitting(text: str, language: str) -> Iterator[tuple[Sentence, dict[str, str]]]:
    """The sentences that a text may be as a whole, with what stands in their places."""
    known = _by_word(language)
    for word in {"", *_WORD.findall(text)} & known.keys():
        for one in known[word]:
            if match := one.pattern.fullmatch(text):
                yield one, match.groupdict()


@cache
def _titles(language: str) -> dict[str, str]:
    """The titles of clauses, by the English ones."""
    clauses = (clause for standard in Catalogue.load().standards.values() for clause in standard.clauses.values())
    return {clause.title(): clause.title(language) for clause in clauses}


@lru_cache(4096)
def _whole(text: str, language: str, own: bool) -> Said | None:
    """A text that as a whole is a sentence of the catalogue; of few letters only where it is our `own`; else None.

    Where several fit, the one by which most of it is known.
    """
    best = None
    fitting = ((one, places) for one, places in _fitting(text, language) if own or one.strong)
    for one, places in sorted(fitting, key=lambda pair: pair[0].order):
        found = one.filled(places, language)
        best = found if best is None or found.letters > best.letters else best
    return best


@lru_cache(4096)
def _line(text: str, language: str, own: bool) -> Said:
    """A line in the other language: cut into parts in the way by which most of it is known, and the fewest parts."""
    cuts = [0, *(match.start() for match in _BREAK.finditer(text) if match.start()), len(text)]
    best = [Said(0, "")]
    for start in range(len(cuts) - 2, -1, -1):
        ways = [Said(best[0].letters, text[cuts[start] : cuts[start + 1]] + best[0].text)]
        for end in range(start + 1, len(cuts)):
            known, rest = _known(text[cuts[start] : cuts[end]], language, own), best[end - start - 1]
            if known is not None:
                ways.append(Said(known.letters + rest.letters, known.text + rest.text))
        best.insert(0, max(reversed(ways), key=lambda way: way.letters))
    return best[0]


def _known(run: str, language: str, own: bool) -> Said | None:
    """A run of words in the other language: as it stands, without the signs around it, or but for what is before it."""
    core = run.strip()
    if not core:
        return None
    before, after = run[: len(run) - len(run.lstrip())], run[len(run.rstrip()) :]
    known = _whole(core, language, own)
    if (numbered := _NUMBERED.fullmatch(core)) and numbered[2] in _titles(language):
        known = Said(len(core), f"{numbered[1]} {clause_title(numbered[2], language)}")
    if known is None:
        signs = _SIGNS.fullmatch(run)
        assert signs is not None  # it fits every text
        before, core, after = signs.groups()
        known = (_whole(core, language, own) if core else None) or _behind(core, language)
        if known is None and before.endswith("(") and core in _titles(language):
            known = Said(len(core), clause_title(core, language))
    return None if known is None else Said(known.letters, f"{before}{known.text}{after}")


def _behind(text: str, language: str) -> Said | None:
    """A text that ends with a sentence of the catalogue, behind a name or a few words."""
    for blank in [match.start() for match in re.finditer(" ", text)][:MOST_BEFORE]:
        rest = _whole(text[blank + 1 :], language, own=False)
        if rest is not None and rest.letters >= 2 * FEW + 2:
            head = _line(text[:blank], language, own=False)
            return Said(head.letters + rest.letters, f"{head.text} {rest.text}")
    return None
