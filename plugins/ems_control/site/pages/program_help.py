"""The help as pages of the site: links led to where things are here, and words of the screen as they stand there."""

from __future__ import annotations

import re

from ems_control.exports.words import Words
from ems_control.ground.markdown.markup import escape, link
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.help_pages import HelpPage, help_pages
from ems_control.site.page import Page, relative

_LINK = re.compile(r"\]\((?P<path>[\w./-]+\.md)(?P<anchor>#[\w-]+)?\)")
_WORD = re.compile(r"\{\{(.+?)\}\}")
_LANGUAGES = {"en": "English", "de": "Deutsch", "nl": "Nederlands"}


def pages(handbook: Handbook) -> list[Page]:
    """Every page in every language of the handbook."""
    known = help_pages(handbook.policy.languages)
    return [_page(one, known, handbook.generated_pages) for one in known.values()]


def _page(page: HelpPage, known: dict[str, HelpPage], there: set[str]) -> Page:
    words, main = Words(page.language), next(iter(known.values())).language
    here = {one.name: one.path for one in known.values() if one.language == page.language}

    def led(match: re.Match[str]) -> str:
        path = match["path"]
        if path not in there:
            return match[0]  # an example
        target = here.get(path.removeprefix("help/").removesuffix(".md"), path)
        return f"]({relative(target, page.path)}{match['anchor'] or ''})"

    text = _LINK.sub(led, _WORD.sub(lambda match: escape(words(match[1])), page.text))
    others = [one for one in known.values() if one.name == page.name and one.path != page.path]
    also = " · ".join(link(_LANGUAGES[one.language], relative(one.path, page.path)) for one in others)
    ems = {"language": page.language} if page.language != main else {}
    return Page(page.path, page.title, f"{also}\n\n{text}" if also else text, "page", True, ems)
