"""The help that comes with the program, and is published with every handbook: the files below help/.

The handbook's first language has the addresses /help/…, each other one /help/de/… and so on. A page of the
handbook's own at such an address takes its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from ems_control.handbook.writing.templates import spoken

ORDER = (
    "index",
    "reading",
    "writing",
    "approving",
    "controlling",
    "auditing",
    "running",
    "forge-github",
    "forge-gitlab",
    "forge-gitea",
    "forge-forgejo",
    "keys",
    "coming-from",
    "security",
    "privacy",
)
"""The pages in the order in which they are shown; what else lies in the folder follows by name."""
_FOLDER = resources.files("ems_control.handbook") / "help"


@dataclass(frozen=True)
class HelpPage:
    """A page: its path under docs/, its name, language, title and text; links in it are paths under docs/."""

    path: str
    name: str
    language: str
    title: str
    text: str


def help_pages(languages: Sequence[str]) -> dict[str, HelpPage]:
    """The pages for a handbook in these languages, by path; a page that a further language lacks is left out there."""
    return _pages(tuple(dict.fromkeys(spoken(one) for one in languages or ("en",))))


@cache
def _pages(languages: tuple[str, ...]) -> dict[str, HelpPage]:
    found = {}
    names = _names("en")
    for language in languages:
        main = language == languages[0]
        own = _names(language)
        for name in names:
            if name not in own and not main:
                continue
            path = f"help/{name}.md" if main else f"help/{language}/{name}.md"
            where = language if name in own else "en"
            head, _, text = (_FOLDER / where / f"{name}.md").read_text(encoding="utf-8").partition("\n")
            found[path] = HelpPage(path, name, where, head.removeprefix("# "), text.lstrip("\n"))
    return found


@cache
def _names(language: str) -> tuple[str, ...]:
    names = {one.name.removesuffix(".md") for one in (_FOLDER / language).iterdir() if one.name.endswith(".md")}
    return tuple(sorted(names, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name)))
