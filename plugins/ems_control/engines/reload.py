"""While the site is served: a text was written anew, its page is rendered again, and all others stay as they lie there.

A whole build of a thousand pages takes seconds even where every page is kept. Where nothing changed but texts in the
working tree, and no other page says anything of that (`site/rewriting.py` decides), the engine is asked for those pages
alone. Every page then says the moment of the last whole build. Where anything else changed, where other plugins stand
beside us, or where the engine is made otherwise than we know, the whole is built as ever.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from time import time_ns
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import BuildError
from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import Files, InclusionLevel
from mkdocs.structure.nav import Navigation

from ems_control.engines.beside import give
from ems_control.engines.kept_pages import KeptPages
from ems_control.engines.kept_site import LATELY, Ingredients
from ems_control.engines.publishing import Wanted, engine_of, ingredients
from ems_control.engines.search_pieces import finish_search
from ems_control.ground.errors import EmsError
from ems_control.handbook.handbook import Handbook
from ems_control.site.page import Page
from ems_control.site.publication import Publication

log = get_plugin_logger(__name__)


@dataclass
class Whole:
    """A whole build: what was published, and with what the engine made it."""

    config: MkDocsConfig
    files: Files
    nav: Navigation
    env: Any
    publication: Publication
    handbook: Handbook
    kept: KeptPages


class Reload:
    """Builds again while serving; called by the server whenever something changed."""

    def __init__(self, wanted: Wanted) -> None:
        """`whole_build` is to be given before it is called."""
        self.wanted = wanted
        self.whole_build: Callable[[], None] = lambda: None
        self._whole: Whole | None = None
        self._began, self._state = 0, ""

    def begin(self) -> None:
        """A whole build begins: what steers the site and lies there now is read."""
        self._whole, self._began = None, time_ns()

    def end(self, whole: Whole) -> None:
        """A whole build is there."""
        with suppress(EmsError):
            known = self._ingredients(whole)
            self._state = known.state(self.wanted.root)
            as_read = self._state and not known.touched_since(self._began - LATELY)
            self._whole = whole if as_read and whole.kept.on and whole.publication.rewriting else None

    def __call__(self) -> None:
        """Render what shows the texts that were edited, or build the whole."""
        if not self._rewritten():
            self.whole_build()

    def _rewritten(self) -> bool:
        whole = self._whole
        if whole is None or whole.publication.rewriting is None:
            return False
        self._whole = None  # where it ends in the middle, the whole is built
        with suppress(EmsError, BuildError, RecursionError):
            if self._state != self._ingredients(whole).state(self.wanted.root):
                return False
            pages = whole.publication.rewriting.pages_now()
            if pages is None or not _render(whole, pages):
                return False
            self._whole = whole
            for page in pages:
                log.info("Rendered again: %s", page.path)
        whole.handbook.close()
        return self._whole is not None

    def _ingredients(self, whole: Whole) -> Ingredients:
        """What goes into the site beside the texts in the working tree."""
        return replace(ingredients(self.wanted, whole.handbook, whole.config), docs="")


def _render(whole: Whole, pages: list[Page]) -> bool:
    """Have the engine render pages that it knows, and write them and the words for search; False where it cannot."""
    build = importlib.import_module(f"{engine_of(whole.config)}.commands.build")
    populate, write = getattr(build, "_populate_page", None), getattr(build, "_build_page", None)
    if populate is None or write is None:
        return False
    config, files = whole.config, whole.files
    shown = files.documentation_pages(inclusion=InclusionLevel.is_in_serve)
    for page in pages:
        file = files.get_file_from_path(page.path)
        if file is None or file.page is None:
            return False
        whole.publication.pages[page.path] = page
        give(file, page.markdown(facts=False))
        whole.kept.render_again(file.page)
        populate(file.page, config, files)
        write(file.page, config, shown, whole.nav, whole.env)
        file.page.validate_anchor_links(files=files, log_level=config.validation.links.anchors)
    for plugin in config.plugins.values():
        if hasattr(plugin, "search_index"):
            plugin.on_post_build(config=config)
    finish_search(Path(config.site_dir), pieces=False)
    return True
