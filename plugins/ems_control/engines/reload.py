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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import BuildError
from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import Files, InclusionLevel
from mkdocs.structure.nav import Navigation

from ems_control.engines.beside import give
from ems_control.engines.kept_pages import KeptPages
from ems_control.engines.page_keys import UnknownError, templates
from ems_control.engines.publishing import Wanted, engine_of
from ems_control.engines.search_pieces import finish_search
from ems_control.ground.errors import EmsError
from ems_control.ground.git.repository import Repository
from ems_control.ground.kept import content_key
from ems_control.ground.markdown.mkdocs_yml import CONFIG_FILE
from ems_control.ground.organisation.people import PEOPLE_FILE
from ems_control.ground.organisation.policy import POLICY_FILE
from ems_control.handbook.handbook import Handbook
from ems_control.site.build_cache import key_of_all
from ems_control.site.moment import now
from ems_control.site.page import Page
from ems_control.site.publication import Publication

log = get_plugin_logger(__name__)
_STEERING = (POLICY_FILE, PEOPLE_FILE, CONFIG_FILE)


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
        self._before = self._state = ""

    def begin(self) -> None:
        """A whole build begins: what is looked at now counts as read."""
        self._whole, self._before = None, self._steering(())

    def end(self, whole: Whole) -> None:
        """A whole build is there."""
        with suppress(EmsError, UnknownError):
            self._state = self._standing(whole)
            unchanged = self._before == self._steering(())
            self._whole = whole if unchanged and whole.kept.on and whole.publication.rewriting else None

    def __call__(self) -> None:
        """Render what shows the texts that were edited, or build the whole."""
        if not self._rewritten():
            self.whole_build()

    def _rewritten(self) -> bool:
        whole = self._whole
        if whole is None or whole.publication.rewriting is None:
            return False
        self._whole = None  # where it ends in the middle, the whole is built
        with suppress(EmsError, UnknownError, BuildError, RecursionError):
            if self._state != self._standing(whole):
                return False
            pages = whole.publication.rewriting.pages_now()
            if pages is None or not _render(whole, pages):
                return False
            self._whole = whole
            for page in pages:
                log.info("Rendered again: %s", page.path)
        whole.handbook.close()
        return self._whole is not None

    def _standing(self, whole: Whole) -> str:
        """A key of all that goes into a site beside the texts in the working tree."""
        handbook = whole.handbook
        with Repository(self.wanted.root) as repository:
            standing = [repository.standing(None), repository.default_branch]
        steering, here = self._steering(handbook.steering_files), now()
        days = [self.wanted.day(handbook.committed_config, here), self.wanted.today(handbook.committed_config, here)]
        return key_of_all(standing, steering, [*map(str, days)], str(handbook.day), templates(whole.config))

    def _steering(self, others: list[str] | tuple[str, ...]) -> str:
        places = [self.wanted.root / name for name in dict.fromkeys((*_STEERING, *others))]
        return key_of_all([[str(each), content_key(each)] for each in places])


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
