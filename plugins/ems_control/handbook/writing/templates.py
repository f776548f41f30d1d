"""What a new document and a new handbook begin with, by language: the files below templates/."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml

ANY_TYPE = "other"
"""The template of a type that has none of its own."""
_FOLDER = resources.files("ems_control.handbook") / "templates"


def languages() -> tuple[str, ...]:
    """The languages in which there are templates, English first."""
    return ("en", *sorted(one.name for one in _FOLDER.iterdir() if one.is_dir() and one.name not in ("en", "common")))


def spoken(language: str) -> str:
    """The language of the templates for a language of a handbook; what follows a hyphen is not looked at."""
    code = language.split("-")[0].lower()
    return code if code in languages() else "en"


@cache
def template(name: str, language: str) -> str:
    """The body of a new document of a type, or of a page; of a type that has none, what any document begins with."""
    folder = _FOLDER / spoken(language)
    own = folder / f"{name}.md"
    known = {one.name for one in folder.iterdir()}
    return (own if own.name in known else folder / f"{ANY_TYPE}.md").read_text(encoding="utf-8")


@cache
def _sentences(language: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((_FOLDER / language / "sentences.yml").read_text(encoding="utf-8"))
    return found


def sentence(key: str, language: str) -> str:
    """A sentence that is written into files: the words of a first row, the title of the home page …"""
    return str(_sentences(spoken(language))[key])


def role_titles(role: str, written: tuple[str, ...]) -> dict[str, str]:
    """The title of a role in each of these languages; the key in words where nobody has named it."""
    words = role.replace("-", " ").replace("_", " ")
    return {one: str(_sentences(spoken(one))["roles"].get(role, words)) for one in written}
