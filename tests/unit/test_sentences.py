"""What the program says in sentences, in every language: none is missing, none left over, none left in English."""

from __future__ import annotations

import json
import re
from pathlib import Path
from string import Formatter

import pytest

from ems_control.exports.sentences import said, sentence_languages, sentences
from ems_control.exports.words import languages
from tests.sentences import (
    PACKAGE,
    PLACE,
    SPOKEN,
    meanings,
    of_protections,
    of_workflows,
    said_by_click,
    said_in,
    shape,
)

LANGUAGES = tuple(one for one in languages() if one != "en")
SAID = said_in() | {re.sub(r"([{}])", r"\1\1", one) for one in meanings()} | {"required"}
SAID |= of_protections() | of_workflows()
NOT_SAID = set((Path(__file__).parent / "not_said.txt").read_text(encoding="utf-8").split("\n"))
"""What stands in the sources and is told nobody: lines of files, commit messages, sentences that records seal (they are
signed as they stand), what other programs say. One a line, its places empty; a line break is written \\n."""
HEADS = (
    *("number", "title", "state", "revision", "since", "owner", "next review", "remark", "date", "effective", "author"),
    *("approved by", "change", "clause", "answered in", "asks for", "duty", "clause title", "heading", "code"),
    *("severity", "standard", "name"),
)
"""The heads of tables, which are written in capitals."""


def catalogue(language: str) -> dict[str, str]:
    return {one.english: one.other for one in sentences(language)}


def in_one_line(sentence: str) -> str:
    return shape(sentence).replace("\n", "\\n")


def test_the_sentences_are_in_every_language_of_the_screen() -> None:
    assert sentence_languages() == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_missing(language: str) -> None:
    known = {shape(english) for english in catalogue(language)}
    asked = {one for one in SAID if SPOKEN.search(PLACE.sub("{}", one)) and in_one_line(one) not in NOT_SAID}
    missing = sorted(one for one in asked if shape(one) not in known)
    assert missing == [], "\n".join(f"{json.dumps(one, ensure_ascii=False)}: " for one in missing)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_left_over(language: str) -> None:
    said = {shape(one) for one in SAID} | {shape(re.sub(r"!r\}", "}", one)) for one in said_by_click()}
    said |= {head.upper() for head in HEADS} | {one.partition("; write ")[0] for one in said}
    assert [english for english in catalogue(language) if shape(english) not in said] == []


def test_what_is_not_said_is_still_there() -> None:
    assert NOT_SAID - {in_one_line(one) for one in SAID} <= {""}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_has_the_same_places(language: str) -> None:
    wrong = [
        english
        for english, other in catalogue(language).items()
        if sorted(places(english)) != sorted(places(other)) or not other.strip() or "" in places(english)
    ]
    assert wrong == []


def places(text: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(text) if name is not None]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_typed_stays_as_it_is(language: str) -> None:
    """Commands, options, files and keys are the same in every language."""
    typed = re.compile(r"(?<![\w-])--[a-z][a-z-]+|\bgit [a-z-]+ (?=-|\{)|\b[a-z_]+\.yml\b|\bsha256:|\b[a-z]+_[a-z_]+\b")
    wrong = [
        (english, other)
        for english, other in catalogue(language).items()
        if set(typed.findall(PLACE.sub("", english))) != set(typed.findall(PLACE.sub("", other)))
    ]
    assert wrong == []


ENGLISH = re.compile(
    r"(?<![\w-])(the|is|are|and|which|that|this|not|with|from|must|has|have|nothing|there|where|by|but|no|its)(?![\w-])"
)
NO_NAMES = {"de": set[str](), "nl": {"is"}}
"""Words that are spelled alike in English."""


def english_in(text: str, language: str) -> set[str]:
    """The small words of English in a text, but for what is quoted, typed or filled in."""
    bare = re.sub(r"`[^`]*`|\"[^\"]*\"|[“„][^”“]*[”“]|\{.*\}|\[[^\]]*\]|'[^']*'|--[a-z-]+|[a-z]+-[a-z-]+", "", text)
    return set(ENGLISH.findall(bare)) - NO_NAMES[language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_left_in_english(language: str) -> None:
    known = [(one, other) for one, other in catalogue(language).items() if SPOKEN.search(PLACE.sub("{}", one))]
    assert [english for english, other in known if english == other and english not in SAME] == []
    assert [other for _, other in known if english_in(other, language)] == []


SAME = {
    "document  {id} {title}",
    "{message} (commit {sha})",
    "{number} document",
    "request {number}: {error}",
}
"""Sentences that are spelled alike in English."""

TOLD = sorted(
    {
        line.split(" ", 3)[3]
        for path in (PACKAGE.parents[1] / "tests/golden").rglob("*.txt")
        for line in path.read_text(encoding="utf-8").rpartition("=====\n")[2].split("\n")
        if re.match(r"\S+ [A-Z]+\d+ [a-z]+ ", line)
    }
)
"""The message of every finding of the golden folders."""


def test_messages_were_found() -> None:
    assert len(TOLD) > 300


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_finding_is_told_in_english(language: str) -> None:
    """What the rules really say, put together out of several sentences: no English but names and quotations."""
    told = {message: said(message, language) for message in TOLD}
    assert [message for message, other in told.items() if message == other] == []
    assert [other for other in told.values() if english_in(other, language)] == []


@pytest.mark.parametrize(
    ("english", "german", "dutch"),
    [
        (
            "title is given, but owner is missing",
            "title ist angegeben, aber owner fehlt",
            "title is gegeven, maar owner ontbreekt",
        ),
        ("Nobody has said this before", "Nobody has said this before", None),
        ("not in the catalogue", "not in the catalogue", None),
        (
            "revision 2 is awaiting approval by the manager",
            "Revision 2 wartet auf Freigabe durch die Rolle manager",
            "revisie 2 wacht op goedkeuring door de rol manager",
        ),
        (
            "Add owner, or delete title. Write the day of the decision.",
            "Ergänzen Sie owner, oder löschen Sie title. Schreiben Sie den Tag der Entscheidung.",
            "Voeg owner toe, of verwijder title. Schrijf de dag van het besluit.",
        ),
        (
            'Next: git add -- a.md  and then  git commit -m "X revision 2: begun" -- a.md',
            'Weiter: git add -- a.md  und dann  git commit -m "X revision 2: begun" -- a.md',
            'Verder: git add -- a.md  en dan  git commit -m "X revision 2: begun" -- a.md',
        ),
    ],
)
def test_a_sentence_is_found_by_its_words(english: str, german: str, dutch: str | None) -> None:
    assert said(english, "de") == german
    assert said(english, "nl") == (dutch or english)
    assert said(english, "en") == said(english, "fr") == english
