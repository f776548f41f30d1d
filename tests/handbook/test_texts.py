"""What no reader should stumble over: long instructions, copied paragraphs, misspelt words, blanks, borrowed logos."""

from __future__ import annotations

import re
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from statistics import mean

import pytest
from spellchecker import SpellChecker
from tests.handbook.reading import ROOT, Text, document, documents, everything, plain, register

WORDS_OF_AN_INSTRUCTION = 450
WORDS_OF_A_PARAGRAPH = 6  # shorter ones, such as "Filled copies", may stand in several documents
CLAUSES_OF_ONE_EDITION = 6
PICTURES = (".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".eps", ".ico")
_LETTERS = re.compile(r"(?<!\w)[^\W\d_]{3,}(?:['’](?!s\b)[^\W\d_]+)*(?!\w)")
_IDENTIFIERS = re.compile(r"\S*\w[.:/][a-z0-9]\S*|\S*@\S*")
_BLANKS = re.compile(
    r"\[(?![ x]\])[^\[\]\n]*\](?![\[({:])|<(?:your |the )?[a-z]+(?: [a-z]+)*>|\b(?:TBD|TODO|XXX|FIXME)\b|lorem"
    r"|(?i:\be\.\s?g\.|\bi\.\s?e\.|\betc\b|\bz\.\s?B\.|\bbijv\.|\bbv\.)"
)


def read(name: str, *lines: str) -> Text:
    """A planted document."""
    return document(f"docs/{name}.md", "\n".join(lines))


# Length


def words(text: Text) -> int:
    """Words and numbers of a document's body, as read aloud: no table borders, numbers of lists or revision rows."""
    lines = (re.sub(r"^\s*\d+\. ", "", plain(line)) for line in text.source.split("\n"))
    return sum(len(re.findall(r"\w[^\s|]*", line)) for line in lines)


def test_instructions_have_at_most_450_words_on_average() -> None:
    drafts = {entry["id"] for entry in register() if entry["state"] == "draft"}
    counted = {t.name: words(t) for t in documents() if t.facts["type"] == "instruction" and t.name not in drafts}
    assert len(counted) > 5
    assert mean(counted.values()) <= WORDS_OF_AN_INSTRUCTION, counted
    assert mean(n for name, n in counted.items() if "." not in name) <= WORDS_OF_AN_INSTRUCTION, counted


def test_words_are_counted_as_they_are_read() -> None:
    lines = ("## Stop {#stop}", "", "1. Close **V-3**.", "", "| pH | 9.4 |", "| --- | --- |")
    assert words(read("planted", *lines)) == 5


# Copies


def paragraphs(text: Text) -> Iterator[str]:
    """Paragraphs, list items and table rows of a document, as words only."""
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:\||[-*] |\d+\. ))", text.source):
        found = re.sub(r"^\s*\d+\. ", "", plain(block))
        normal = " ".join(re.findall(r"\w+", found.lower()))
        if len(normal.split()) >= WORDS_OF_A_PARAGRAPH:
            yield normal


def copies(texts: Iterable[Text]) -> list[str]:
    """Paragraphs that stand in two documents of one language."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for text in texts:
        for paragraph in paragraphs(text):
            found[text.language, paragraph].add(text.path)
    return [f"{', '.join(sorted(paths))}: {words}" for (_, words), paths in found.items() if len(paths) > 1]


def test_no_two_documents_share_a_paragraph() -> None:
    assert not (found := copies(documents())), "\n".join(found)


def test_a_copied_paragraph_is_found() -> None:
    first = read("one", "Close valve V-3 before you call anybody else.")
    second = read("two", "- Close **valve V-3** before", "  you call [anybody](a.md) else!")
    assert len(copies([first, second])) == 1
    assert copies([first, replace(second, language="nl")]) == []


# Spelling


@cache
def speller(language: str) -> SpellChecker:
    return SpellChecker(language=language)


@cache
def own_words(language: str) -> frozenset[str]:
    """Words that the dictionary lacks and that are right."""
    path = Path(__file__).with_name(f"words-{language}.txt")
    return frozenset(path.read_text(encoding="utf-8").split())


def unknown_words(text: Text) -> Iterator[tuple[int, str]]:
    """Words of a text that the dictionary of its language lacks; symbols (MWh, Nm³) and identifiers are no words."""
    for number, line in text.lines:
        for word in _LETTERS.findall(_IDENTIFIERS.sub(" ", line)):
            is_word = re.sub(r"['’]", "", word).isalpha() and word in (word.lower(), word.capitalize())
            if is_word and word.lower() not in speller(text.language):
                yield number, word


def misspelt(texts: Iterable[Text]) -> list[str]:
    return [
        f"{text.path}:{number}: {word}"
        for text in texts
        for number, word in unknown_words(text)
        if word.lower() not in own_words(text.language)
    ]


def test_every_word_is_spelt_right() -> None:
    assert not (found := misspelt(everything())), "\n".join(found)


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "The enviromental manager recieves the seperate sample."),
        ("de", "Die Abwaser-Anlage wird nach der Shicht geschloßen."),
        ("nl", "De veiligheitsbril hangt bij de nootdouche, onmidellijk opzetten."),
    ],
)
def test_misspelt_words_are_found_in_every_language(language: str, line: str) -> None:
    assert len(misspelt([Text("docs/planted.md", language, {}, ((7, line),))])) == 3


@pytest.mark.parametrize("language", ["en", "de", "nl"])
def test_the_list_of_own_words_is_small_sorted_and_needed(language: str) -> None:
    listed = Path(__file__).with_name(f"words-{language}.txt").read_text(encoding="utf-8").split()
    assert listed == sorted(set(listed))
    assert len(listed) <= 120
    used = {word.lower() for text in everything() if text.language == language for _, word in unknown_words(text)}
    assert set(listed) <= used


# Blanks, logos, clauses


def blanks(text: Text) -> list[str]:
    shown = text.body if text.path.endswith(".svg") else text.source
    return [f"{text.path}: {match[0]}" for match in _BLANKS.finditer(shown)]


def test_nothing_is_left_to_fill_in_and_no_example_stands_for_a_fact() -> None:
    found = [line for text in everything() for line in blanks(text)]
    assert not found, "\n".join(found)
    planted = "Call [name], e.g. [the lead](lead.md), or <your company>. Until TBD, z. B. [date]."
    assert len(blanks(read("planted", planted))) == 6


def is_logo(name: str) -> bool:
    pattern = r"(?i)(?:emas|iso)[\w-]*(?:logo|mark)|logo[\w-]*(?:emas|iso)|^(?:emas|iso)$"
    return bool(re.search(pattern, Path(name).stem))


def test_no_logo_of_emas_or_iso_is_in_the_repository() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    names = {*listed.split("\0"), *(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*"))}
    pictures = [name for name in names if name.lower().endswith(PICTURES)]
    assert len(pictures) > 10
    assert not [name for name in pictures if is_logo(name)]
    assert not [name for name in pictures if name.startswith("docs/") and not name.endswith(".svg")]
    drawings = [text for text in everything() if text.path.endswith(".svg")]
    assert not [text.path for text in drawings if "<image" in text.source or "verified environ" in text.body.lower()]


def test_a_logo_is_known_by_its_name() -> None:
    named = ("emas-logo.png", "ISO.svg", "logo_emas.svg", "isolation.svg", "site-plan.svg")
    assert [is_logo(f"docs/images/{name}") for name in named] == [True, True, True, False, False]


def crowded(clauses_of: dict[str, list[str]]) -> list[str]:
    """Documents that answer more than six clauses of one edition of ISO 14001."""
    found = []
    for name, references in clauses_of.items():
        clauses = {reference.partition("#")[0] for reference in references if reference.startswith("iso-")}
        editions = Counter(clause.partition("/")[0] for clause in clauses)
        found += [f"{name}: {edition}" for edition, n in editions.items() if n > CLAUSES_OF_ONE_EDITION]
    return found


def test_no_document_answers_more_than_six_clauses_of_one_edition() -> None:
    assert not crowded({entry["id"]: entry["clauses"] for entry in register()})
    assert crowded({"EMS-MAN-009": [f"iso-14001:2015/4.{n}" for n in range(7)]}) == ["EMS-MAN-009: iso-14001:2015"]
