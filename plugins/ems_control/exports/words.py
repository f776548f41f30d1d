"""The words that readers see, from one catalogue (words.yml), in the language of the page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import yaml

COUNT = "count"
"""The place of a word that has a form for one and another for several."""
_NUMBER = re.compile(r"(?P<sign>-?)(?P<whole>\d+)(?:\.(?P<rest>\d+))?")
_WRITTEN_DAY = re.compile(r"(?<![\w.:/-])\d{4}-\d\d-\d\d(?![\w:/-]|\.\w)")
LOCALES = {"en": "en_GB"}
"""Where a language alone does not say how days are written."""


@cache
def _catalogue() -> dict[str, dict[str, Any]]:
    text = (resources.files("ems_control.exports") / "words.yml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, dict[str, Any]] = yaml.load(text, Loader=loader)  # noqa: S506 (a safe loader)
    return found


@cache
def _spoken(language: str) -> dict[str, str | dict[str, str]]:
    return {key: words[language] for key, words in _catalogue().items() if language in words}


def languages() -> tuple[str, ...]:
    """The languages of the catalogue; the first serves where a word has no other."""
    return tuple(_catalogue()["home"])


class Words:
    """Words in one language; English where the catalogue does not have that language."""

    def __init__(self, language: str) -> None:
        """`language` is a code such as `nl`; what follows a hyphen is not looked at."""
        code = language.split("-")[0].lower()
        self.language = code if code in languages() else languages()[0]
        self._words = _spoken(self.language)

    @classmethod
    def of(cls, languages: Sequence[str]) -> Words:
        """The words of the first of a handbook's languages; English where it names none."""
        return cls(languages[0] if languages else "en")

    def __call__(self, key: str, **values: object) -> str:
        """The word for a key, its places filled in. A key that the catalogue lacks is a KeyError: our mistake."""
        text = self._words[key]
        if isinstance(text, dict):
            text = text[_form(self.language, values[COUNT])]
        return text.format(**values) if values else text

    def known(self, key: str, otherwise: str) -> str:
        """The word for a key made of data (a type of the policy), or `otherwise`."""
        return self(key) if key in _catalogue() else otherwise

    def day(self, day: date | None) -> str:
        """A day in words: 1 March 2026."""
        return _in_words(day, self.language) if day else ""

    def days_in(self, text: str) -> str:
        """A text with its days in words, where they are written 2026-03-01; not those inside of a longer name."""
        return _WRITTEN_DAY.sub(lambda match: self._read_day(match[0]), text)

    def _read_day(self, written: str) -> str:
        try:
            return self.day(date.fromisoformat(written))
        except ValueError:
            return written  # the 31st of April

    def month(self, year: int, month: int) -> str:
        """A month in words: March 2026."""
        return _in_words(date(year, month, 1), self.language, "MMMM y")

    def number(self, text: str) -> str:
        """A number written 10650 or 0.0330 as readers write it, to the last digit; another text as it is."""
        match = _NUMBER.fullmatch(text)
        return _grouped(match, self.language) if match else text

    def cell(self, day: date | None) -> str:
        """A day for a table: kept on one line, and readable by machines."""
        return f'<time datetime="{day.isoformat()}">{self.day(day)}</time>' if day else ""


def _form(language: str, count: object) -> str:
    """The form of a word beside a number; a number that the reader's browser fills in is taken for several."""
    from babel import Locale

    form: str = (
        Locale.parse(LOCALES.get(language, language)).plural_form(count) if isinstance(count, int | float) else "other"
    )
    return form


@lru_cache(10_000)
def _in_words(day: date, language: str, pattern: str = "long") -> str:
    from babel.dates import format_date

    return format_date(day, pattern, LOCALES.get(language, language))


def _grouped(match: re.Match[str], language: str) -> str:
    from babel.numbers import get_decimal_symbol, get_group_symbol

    locale = LOCALES.get(language, language)
    whole = f"{int(match['whole']):,}".replace(",", get_group_symbol(locale))
    return match["sign"] + whole + (get_decimal_symbol(locale) + match["rest"] if match["rest"] else "")
