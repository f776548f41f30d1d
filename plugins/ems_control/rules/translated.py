"""The rule book in other languages than English: one file of book_words/ for each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ems_control.rules.printed import RulePage

FOLDER = "book_words"
TITLE = "title"
"""What stands for the first sentence of a rule, beside the names of its sections."""


@cache
def rule_languages() -> tuple[str, ...]:
    """The languages in which the rule book can be read, English first."""
    return ("en", *sorted(path.stem for path in Path(__file__).with_name(FOLDER).glob("*.yml")))


def told(rule: RulePage, section: str, language: str) -> str:
    """A section of a rule, or its TITLE, in a language; in English where it has none (a rule of others, an example)."""
    english = rule.title if section == TITLE else rule.section(section)
    words = _words(language)
    if section == "Basis":
        return str(words.get("bases", {}).get(" ".join(english.split()), english))
    return str(words.get("rules", {}).get(rule.code, {}).get(section.lower(), english))


def in_words(sentence: str, language: str) -> str:
    """What an example is told in, in a language."""
    return str(_words(language).get("examples", {}).get(sentence, sentence))


@cache
def _words(language: str) -> Mapping[str, Any]:
    if language not in rule_languages()[1:]:
        return {}
    from ems_control.ground.formats.factfile import read_facts  # English asks for no file

    path = Path(__file__).with_name(FOLDER) / f"{language}.yml"
    return read_facts(f"{FOLDER}/{language}.yml of the package", path.read_bytes())
