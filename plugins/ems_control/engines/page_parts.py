"""What rendering the Markdown of a page gives it, as plain data, and back."""

from __future__ import annotations

import logging
from typing import Any

from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import get_toc

from ems_control.engines.page_keys import tokens
from ems_control.site.build_cache import Made


def made_of(page: Page) -> Made:
    """What rendering gave a page, as plain data."""
    links = [
        [file.src_uri, anchor, link]
        for file, found in (page.links_to_anchors or {}).items()
        for anchor, link in found.items()
    ]
    return {
        "content": page.content,
        "toc": tokens(page.toc),
        "title": page._title_from_render,  # noqa: SLF001 (the engine has no other place for it)
        "ids": sorted(page.present_anchor_ids or ()),
        "links": links,
    }


def give_back(page: Page, made: Made, files: Files) -> None:
    """Give a page what rendering would."""
    page.content, page.toc = made["content"], get_toc(made["toc"])
    page._title_from_render = made["title"]  # noqa: SLF001
    page.present_anchor_ids = set(made["ids"])
    page.links_to_anchors = {}
    for path, anchor, link in made["links"]:
        file = files.get_file_from_path(path)
        if file is not None:
            page.links_to_anchors.setdefault(file, {})[anchor] = link


class Asked(Files):
    """The files of a site as a page asks for them, one by one: the answers say what the page knows of other pages."""

    def __init__(self, files: Files) -> None:
        """Nothing is asked yet; `beyond` is whether something was that no answer can hold, as a list of all."""
        self._all, self._beyond, self._answers = files, False, dict[str, list[str] | None]()

    def get_file_from_path(self, path: str) -> File | None:
        """The file of that path; the answer is remembered."""
        file = self._all.get_file_from_path(path)
        self._answers[path] = _told(file)
        return file

    def __getattr__(self, name: str) -> Any:
        """What all else that can be asked reads: a list of answers does not hold it."""
        self._beyond = True
        return getattr(self._all, name)

    @property
    def answers(self) -> Made | None:
        """What was asked and answered, by path; None where something else was asked."""
        return None if self._beyond else dict(self._answers)


def _told(file: File | None) -> list[str] | None:
    """What a page that links to a file says of it."""
    return [file.url, file.inclusion.name] if file else None


def same_answers(answers: Made, files: Files) -> bool:
    """Whether all that a page asked has the same answers now."""
    return all(_told(files.get_file_from_path(path)) == answer for path, answer in answers.items())


class Listening(logging.Handler):
    """Hears whether something is logged while a page is rendered: it would not be said again."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.heard = False

    def emit(self, _record: logging.LogRecord) -> None:
        """Remember that there was something."""
        self.heard = True

    def __enter__(self) -> Listening:
        for name in ("", "mkdocs", "properdocs"):
            logging.getLogger(name).addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        for name in ("", "mkdocs", "properdocs"):
            logging.getLogger(name).removeHandler(self)
