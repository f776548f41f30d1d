"""The theme in the language of the page: its own words (search, contents, skip), the tabs, the language of the HTML."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.nav import Link
from mkdocs.structure.nav import Navigation as MkDocsNavigation
from mkdocs.structure.pages import Page

from ems_control.exports.words import languages
from ems_control.ground.errors import EmsError
from ems_control.handbook.steering_files import read_configuration

Tabs = Mapping[str, Sequence[tuple[str, str]]]
WORDS_OF_THE_THEME = "partials/languages"


class _Instead:
    """An object that is like another but for some of its attributes: templates see it, nothing is changed."""

    def __init__(self, inner: Any, **instead: Any) -> None:
        self.__dict__.update(instead, _inner=inner)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __getitem__(self, name: str) -> Any:
        return self._inner[name]

    def __contains__(self, name: object) -> bool:
        return name in self._inner


def theme_language(config: MkDocsConfig, root: Path) -> None:
    """Have the theme speak the first language of the handbook, whatever mkdocs.yml says or leaves out."""
    try:
        spoken = read_configuration(root).policy.languages
    except EmsError:
        return  # said where the handbook is read
    first = spoken[0].split("-")[0].lower() if spoken else languages()[0]
    if str(config.theme.get("language") or "").split("-")[0].lower() != first and _speaks(config, first):
        config.theme["language"] = first


def in_its_language(
    context: MutableMapping[str, Any], page: Page, config: MkDocsConfig, tabs: Tabs
) -> MutableMapping[str, Any]:
    """The context of a page, with theme and tabs in the page's language where that is another than the site's."""
    ems = page.meta.get("ems")
    language = str(ems.get("language") or "").split("-")[0].lower() if isinstance(ems, dict) else ""
    if not language or language == config.theme.get("language") or not _speaks(config, language):
        return context
    context["config"] = _Instead(config, theme=_Instead(config.theme, language=language))
    if language in tabs:
        context["nav"] = _navigation(context["nav"], page, tabs[language], context["pages"])
    return context


def _speaks(config: MkDocsConfig, language: str) -> bool:
    return any(Path(folder, WORDS_OF_THE_THEME, f"{language}.html").is_file() for folder in config.theme.dirs)


def _navigation(nav: MkDocsNavigation, page: Page, tabs: Sequence[tuple[str, str]], files: Any) -> _Instead:
    known = {file.src_uri: file.url for file in files}
    items = [Link(title, known[path]) for title, path in tabs if path in known]
    for item in items:
        item.active = item.url == page.url
    home = _Instead(nav.homepage, url=items[0].url) if nav.homepage and items else nav.homepage
    return _Instead(nav, items=items, homepage=home)
