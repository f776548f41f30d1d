"""The words that readers see, in three languages; and words that say nothing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from babel import Locale

from ems_control.exports.words import COUNT, Words, languages
from ems_control.ground.formats.frontmatter import read_yaml
from ems_control.ground.spelling import is_placeholder, nearest, says_nothing

PACKAGE = Path(__file__).parents[2] / "plugins/ems_control"
TREE, PROBLEMS = read_yaml((PACKAGE / "exports/words.yml").read_text(encoding="utf-8"))
CATALOGUE: dict[str, Any] = TREE or {}
LANGUAGES = ("en", "de", "nl")
SOURCES = {
    path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for room in ("site", "exports")
    for path in sorted((PACKAGE / room).rglob("*.py"))
}


def places(text: str) -> set[str]:
    """The names that are filled in."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_the_catalogue_is_sound_yaml() -> None:
    assert PROBLEMS == []
    assert CATALOGUE


def test_languages() -> None:
    assert languages() == LANGUAGES


@pytest.mark.parametrize("key", CATALOGUE)
def test_every_word_in_every_language_with_the_same_places(key: str) -> None:
    entry = CATALOGUE[key]
    assert tuple(entry) == LANGUAGES
    texts = [text for each in entry.values() for text in forms(each)]
    assert all(text.strip() == text and text for text in texts)
    assert len({frozenset(places(text)) for text in texts}) == 1
    assert "" not in places(texts[0])


@pytest.mark.parametrize("key", [key for key, entry in CATALOGUE.items() if isinstance(entry["en"], dict)])
def test_a_word_with_forms_has_those_that_its_language_has(key: str) -> None:
    for language, entry in CATALOGUE[key].items():
        assert set(entry) == Locale(language).plural_form.tags | {"other"}
        assert COUNT in places(entry["other"])


def forms(entry: str | dict[str, str]) -> tuple[str, ...]:
    """The texts of a word in one language: one for each form."""
    return (entry,) if isinstance(entry, str) else tuple(entry.values())


SAME_IN_ENGLISH = {
    *("type.procedure", "type.register", "type.plan", "types.procedure", "types.register", "rev", "pattern", "was"),
    *("indicator", "person", "process.water", "registers", "board.later", "action open", "column.document"),
    *("column.revision", "column.code", "document", "head.revision", "head.person", "head.document"),
}
"""Words that are spelled alike in English and in German or Dutch."""


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_no_word_is_left_in_english(language: str) -> None:
    alike = {
        key
        for key, entry in CATALOGUE.items()
        if entry["en"] == entry[language] and re.search(r"[a-z]{2}", re.sub(r"\{\w*\}", "", str(entry["en"])))
    }
    assert alike <= SAME_IN_ENGLISH


def test_what_is_spelled_alike_still_is() -> None:
    assert not [
        key for key in SAME_IN_ENGLISH if CATALOGUE[key]["en"] not in (CATALOGUE[key]["de"], CATALOGUE[key]["nl"])
    ]


def uses() -> Iterator[tuple[str, str, frozenset[str] | None]]:
    """File, key (a pattern where it is made of data) and the places filled in, wherever the site asks for a word."""
    for name, tree in SOURCES.items():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args):
            called = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
            if called in ("words", "_words"):
                given = frozenset(keyword.arg or "" for keyword in call.keywords)
                yield from ((name, key, given) for key in patterns(call.args[0]))
            elif called == "known":
                yield from ((name, key, None) for key in patterns(call.args[0]) if ".+" not in key)
            elif called in ("table", "_table") and isinstance(call.args[0], ast.Tuple | ast.List):
                for column in call.args[0].elts:
                    yield from ((name, key, frozenset()) for key in patterns(column) if key.strip("\\ "))


def patterns(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield re.escape(node.value)
    elif isinstance(node, ast.IfExp):
        yield from patterns(node.body)
        yield from patterns(node.orelse)
    elif isinstance(node, ast.JoinedStr):
        parts = (re.escape(str(p.value)) if isinstance(p, ast.Constant) else ".+" for p in node.values)
        yield "".join(parts)


USES = sorted(set(uses()), key=repr)


def test_uses_were_found() -> None:
    assert len(USES) > 100


@pytest.mark.parametrize(("name", "key", "given"), USES, ids=[f"{name}:{key}" for name, key, _ in USES])
def test_every_word_that_is_asked_for_is_there(name: str, key: str, given: frozenset[str] | None) -> None:
    found = [known for known in CATALOGUE if re.fullmatch(key, known)]
    assert found
    if given is not None and "" not in given:
        assert any(places(forms(CATALOGUE[known]["en"])[0]) == given for known in found)


def mentioned() -> set[str]:
    """Every text of the sources that may name a word: whole, or a pattern where part of it is filled in."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))]
    nodes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant | ast.JoinedStr)]
    said = {pattern for node in nodes for pattern in patterns(node)}
    found = {one for one in said if ".+" not in one or len(one.replace(".+", "")) > 2}
    templates = "".join(path.read_text(encoding="utf-8") for path in (PACKAGE / "site/theme").rglob("*.html"))
    return found | {
        re.escape(word) for pair in re.findall(r"\"([^\"]+)\"|'([^']+)'", templates) for word in pair if word
    }


def test_no_word_is_left_over() -> None:
    asked = mentioned()
    literal = {one for one in asked if ".+" not in one}
    open_ended = [re.compile(one) for one in asked - literal]
    unused = [
        key for key in CATALOGUE if re.escape(key) not in literal and not any(p.fullmatch(key) for p in open_ended)
    ]
    assert unused == []


@pytest.mark.parametrize(
    ("language", "day"),
    [("en", "1 March 2026"), ("de", "1. März 2026"), ("nl", "1 maart 2026"), ("de-AT", "1. März 2026")],
)
def test_days_in_words(language: str, day: str) -> None:
    assert Words(language).day(date(2026, 3, 1)) == day
    assert Words(language).day(None) == ""


def test_months_in_words() -> None:
    assert [Words(language).month(2026, 3) for language in LANGUAGES] == ["March 2026", "März 2026", "maart 2026"]


@pytest.mark.parametrize(
    ("language", "one", "several"),
    [("en", "1 day ago", "2 days ago"), ("de", "vor 1 Tag", "vor 2 Tagen"), ("nl", "1 dag geleden", "2 dagen geleden")],
)
def test_one_and_several(language: str, one: str, several: str) -> None:
    words = Words(language)
    assert (words("days ago", count=1), words("days ago", count=2)) == (one, several)
    assert words("days ago", count="#") == several.replace("2", "#")  # the reader's browser puts the number there


def test_a_language_that_is_not_there_is_english() -> None:
    assert Words("fr")("home") == Words("en")("home") == "Home"


# --- words that say nothing -----------------------------------------------------------------------------------


PLACEHOLDERS = [
    "TBD", "tbc", "TBA", "to do", "TODO", "n/a", "N.A.", "na", "xx", "XXX", "?", "???", "-", "--", "...", "…", "none",
    "unknown", "pending", "FIXME", "Lorem ipsum dolor sit amet", "[name]", "<owner>", "name", "Your name", "NN",
    "n.n.", "Approver initials", "Author initials", "initials", " TBD ",
]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    PLACEHOLDERS,
)
def test_placeholder(text: str) -> None:
    assert is_placeholder(text)


NAMES = [
    "H. Okafor", "environmental-manager", "Waste", "X-ray room", "Nina N.", "No smoking", "Unknown substances",
    "Names of the wardens", "A-12", "x", "2026-03-01", "Ownership of waste", "Name plates", "na-mercury",
    "Pending works",
]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    NAMES,
)
def test_no_placeholder(text: str) -> None:
    assert not is_placeholder(text)


EMPTY_CHANGES = [
    "Update", "Updated.", "updates", "Minor changes", "minor change", "Various edits", "Revision", "Revised",
    "Review", "see text", "See document.", "New version", "some corrections", "changes made", "Text updated",
    "Document revised", "TBD", "n/a", "", "  ", "ok", "x", "...", "Änderungen", "aktualisiert", "Wijzigingen",
    "bijgewerkt", "wip", "misc.", "Minor changes!", "general update", "Amended", "improvements", "Kleine Änderungen",
    "kleine wijzigingen", "Minor updates to document", "Changes to text", "Redaktionelle Änderungen",
    "Diverse aanpassingen",
]  # fmt: skip


@pytest.mark.parametrize(
    "change",
    EMPTY_CHANGES,
)
def test_a_change_that_says_nothing(change: str) -> None:
    assert says_nothing(change)


CHANGES = [
    "First issue.", "Bunded tank drill added.", "New assembly point.", "Phone number of the gate corrected.",
    "pH limit 8.5", "Updated phone numbers", "Review interval now 12 months", "Limit changed from 9.0 to 8.5",
    "Erstausgabe", "V-12 → V-3", "Text of section 4 shortened", "Document number corrected in the header",
    "Neue Telefonnummer", "Nieuw noodnummer", "Changes of solvent are recorded", "Fixes the order of steps 3 and 4",
    "Update of the aspects after the audit",
]  # fmt: skip


@pytest.mark.parametrize(
    "change",
    CHANGES,
)
def test_a_change_that_says_something(change: str) -> None:
    assert not says_nothing(change)


@pytest.mark.parametrize(
    ("word", "known", "found"),
    [("titel", ["title", "type"], "title"), ("EMS-PRO-01", ["EMS-PRO-001"], "EMS-PRO-001"), ("x", ["title"], None)],
)
def test_nearest(word: str, known: list[str], found: str | None) -> None:
    assert nearest(word, known) == found
    assert nearest(word, []) is None
