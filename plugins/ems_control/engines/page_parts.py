"""What rendering the Markdown of a page gives it, as plain data, and back."""

from __future__ import annotations

import logging

from mkdocs.structure.files import Files
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
