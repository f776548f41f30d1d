"""The catalogue's own words in the language of a reader: a language is one file of catalogue_words/."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from ems_control.ground.formats.factfile import read_facts

FOLDER = "catalogue_words"


def told(text: str, language: str) -> str:
    """A text of the catalogue (a title, a summary, what a duty is about) in a language; as it is where it has none.

    What an organisation wrote itself, in a standard of its own, stays as it is written.
    """
    return _texts(language).get(text, text)


@cache
def _texts(language: str) -> Mapping[str, str]:
    path = resources.files(__package__) / FOLDER / f"{language}.yml"
    if not path.is_file():
        return {}
    found: dict[str, Any] = dict(read_facts(f"{FOLDER}/{language}.yml of the package", path.read_bytes()))
    texts: Mapping[str, str] = found["texts"]
    return texts
