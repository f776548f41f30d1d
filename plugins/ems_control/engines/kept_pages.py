"""Pages that an earlier build rendered and this one need not, because nothing that goes into them changed.

A page is made in three steps: its Markdown, its template, its words for search. Each result is kept under a key of all
that went into it: texts, facts, configuration, contents of templates, the whole navigation, versions; and what was
asked of other pages while it was made must have the same answers. Which text is in force is never taken from here; what
is taken is how the same text looked the last time. It counts only with the seal of whoever builds
(`site/build_cache.py`), and only where nothing stands beside us that could put more into a page than we know: with
another plugin or hook every page is rendered anew, and so is one at which something was logged. At each build a few
pages are rendered all the same and compared.

The moment of the build stands on every page: a word takes its place while pages are made and kept.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from random import SystemRandom
from typing import Any

import jinja2
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page

from ems_control.engines.kept_site import Places
from ems_control.engines.moment_words import MomentWords
from ems_control.engines.page_keys import UnknownError, plain, settings, signature, templates, tokens
from ems_control.engines.page_parts import Asked, Listening, give_back, made_of, same_answers
from ems_control.engines.searched import search_texts
from ems_control.ground.own_secret import own_secret
from ems_control.site.build_cache import BuildCache, CacheEntry, key_of_all
from ems_control.site.content_policy import with_policy
from ems_control.site.publication import Publication

ALONE = frozenset(("search", "material/search", "ems-control"))
"""With other plugins than these every page is rendered anew."""
AGAIN = 2
"""So many pages are rendered each time although they are kept."""
_WHOLE = "\0page"
_KNOWN = ("nav", "pages", "config", "page", "build_date_utc")
"""What the context of every page holds and the key knows otherwise; no template of the theme asks for the last."""


def nothing_beside(config: MkDocsConfig) -> bool:
    """Whether no plugin, hook or template stands beside us that we do not know."""
    return set(config.plugins) <= ALONE and not config.extra_templates


class KeptPages:
    """What is kept of the pages of one build; of no use, and harmless, where `on` is false."""

    def __init__(self, config: MkDocsConfig, publication: Publication, folder: Path | None, foreign: bool) -> None:
        """`folder` is where they lie, None for nowhere; `foreign` whether extensions are loaded that are not ours."""
        self.config, self.publication = config, publication
        self._secret = own_secret() if folder else None
        debugging = logging.getLogger("mkdocs").getEffectiveLevel() <= logging.DEBUG
        self.alone = nothing_beside(config) and not foreign
        self.on = bool(self._secret) and self.alone and not debugging
        self.folder = folder if self.on else None
        self._kept = BuildCache(self.folder)
        self._texts, self._pages = dict[str, CacheEntry](), dict[str, CacheEntry]()
        self._words = MomentWords(self._secret, publication.moment)
        self._raw = dict[str, tuple[str, str]]()
        self._places, self._alone = dict[str, Places | None](), dict[str, str]()
        self._whole, self._read = set[str](), set[str]()
        self._again = frozenset(SystemRandom().sample(sorted(publication.pages), min(AGAIN, len(publication.pages))))
        self._markdown_base = self._template_base = ""

    # --- the moment of the build ------------------------------------------------------------------------------------

    @cached_property
    def extra(self) -> dict[str, Any]:
        """What templates know of the whole site: the commit is not theirs, and a word stands for the moment."""
        facts = {name: value for name, value in self.publication.extra.items() if name != "head"}
        if self.on:
            first = facts.get("language", "")
            facts |= {"built": self._words.instead("built", facts.get("built", ""))}
            facts |= {"footer": self._words.instead(f"footer {first}", facts.get("footer", ""))}
        return facts

    def facts(self, path: str) -> dict[str, Any]:
        """What templates know of a page."""
        facts = self.publication.pages[path].facts
        if self._words and facts.get("footer"):
            facts["footer"] = self._words.instead(f"footer {facts.get('language')}", facts["footer"])
        return facts

    def places(self, site: Path) -> dict[str, Places] | None:
        """Where pages tell of the moment, by the path of the page on the site; None where that is not known of all."""
        found = {path: self._words.places(text) for path, text in self._alone.items()}
        for path, text in self._alone.items():
            if (site / path).read_bytes() != self._words.said(text).encode(errors="xmlcharrefreplace"):
                return None
        known = {path: those for path, those in {**self._places, **found}.items() if those is not None}
        return known if self.on and len(known) == len(found) + len(self._places) else None

    # --- Markdown ---------------------------------------------------------------------------------------------------

    def read(self, page: Page) -> bool:
        """Whether the Markdown of a page is from an earlier build."""
        return page.file.src_uri in self._read

    def render_again(self, page: Page) -> None:
        """Forget what this build knows of a page: another text is handed over."""
        vars(page).pop("render", None)
        for known in (self._read, self._whole):
            known.discard(page.file.src_uri)

    def watch(self, page: Page) -> None:
        """Have a page take its Markdown from here where it can."""
        if self.on and page.file.src_uri in self.publication.pages:
            render = page.render

            def kept(config: MkDocsConfig, files: Files) -> None:
                self._render(page, config, files, render)

            page.render = kept  # type: ignore[method-assign]

    def _render(self, page: Page, config: MkDocsConfig, files: Files, render: Callable[..., None]) -> None:
        key = self._markdown_key(page)
        shelf = self._shelf(page, self._texts)
        made = shelf.get(key) if key else None
        if made is not None and not same_answers(made["asked"], files):
            made = None
        if made is not None and page.file.src_uri not in self._again:
            give_back(page, made, files)
            self._read.add(page.file.src_uri)
            return
        asked = Asked(files)
        with Listening() as listening:
            render(config, asked)
        if not key or listening.heard or asked.answers is None:
            return
        now = {**made_of(page), "asked": asked.answers}
        if made is not None and made != now:
            self._spoilt(page)
        shelf.put(key, now)

    def _markdown_key(self, page: Page) -> str:
        if not self._markdown_base:
            self._markdown_base = self._base("markdown", lambda: settings(self.config))
        own = (page.file.src_uri, page.file.url, page.markdown)
        return key_of_all(self._markdown_base, *own) if self._markdown_base else ""

    # --- templates --------------------------------------------------------------------------------------------------

    def prepare(self, env: jinja2.Environment, nav: Navigation) -> None:
        """Before pages are written: have templates and search ask here first."""
        indexes = [found for one in self.config.plugins.values() if (found := getattr(one, "search_index", None))]
        for index in indexes:
            search_texts(index, self.publication)
        if not self._words:
            return
        config, shown = self.config, (self.extra, self.publication.tabs)
        self._template_base = self._base(
            "template", lambda: (settings(config), *shown, signature(nav.items), templates(config))
        )
        for index in indexes:
            self._searching(index)
        kept, original = self, env.template_class

        class Template(original):  # type: ignore[misc,valid-type]
            def render(self, *args: Any, **words: Any) -> str:
                return kept._templated(dict(*args, **words), str(self.name), super().render)

        env.template_class = Template
        if env.cache is not None:
            env.cache.clear()

    def _templated(self, context: dict[str, Any], name: str, render: Callable[[dict[str, Any]], str]) -> str:
        page = context.get("page")
        key = self._template_key(page, context, name) if isinstance(page, Page) else ""
        if not key or page is None:
            raw = render(context)
            if isinstance(page, Page):
                self._places[page.file.dest_uri] = None
            elif self._words.places(raw) != []:
                self._alone[name] = with_policy(raw)
            return self._words.said(raw)
        path = page.file.src_uri
        made = self._shelf(page, self._pages).get(key)
        if made is not None and path not in self._again:
            self._whole.add(path)
            self._places[page.file.dest_uri] = self._words.places(made["page"])
            return self._words.said(made["page"])
        raw = render(context)
        if made is not None and made["page"] != with_policy(raw):
            self._spoilt(page)
        self._raw[path] = (key, raw)
        return self._words.said(raw)

    def _template_key(self, page: Page, context: dict[str, Any], name: str) -> str:
        if not self._template_base or page.file.src_uri not in self.publication.pages:
            return ""
        more = {key: value for key, value in context.items() if key not in _KNOWN}
        own = (page.file.src_uri, page.url, page.title, page.content, tokens(page.toc), page.meta, page.update_date)
        try:
            known = plain((name, more, own, page.canonical_url, page.edit_url))
        except UnknownError:
            return ""
        return key_of_all(self._template_base, known)

    def is_whole(self, page: Page) -> bool:
        """Whether a page is from an earlier build, with its policy, and was compared then."""
        return page.file.src_uri in self._whole

    def keep(self, page: Page, output: str, finished: str) -> None:
        """Keep a page that was rendered and compared, as it is finished."""
        key, raw = self._raw.pop(page.file.src_uri, ("", ""))
        made = with_policy(raw) if key else ""
        known = bool(key) and self._words.said(raw) == output and self._words.said(made) == finished
        self._places[page.file.dest_uri] = self._words.places(made) if known else None
        if known:
            self._shelf(page, self._pages).put(key, {"page": made})

    # --- search -----------------------------------------------------------------------------------------------------

    def _searching(self, index: Any) -> None:
        """Keep what search takes from a page; it takes it from content, title and meta."""
        add = index.add_entry_from_context
        entries = getattr(index, "entries", getattr(index, "_entries", None))
        if not isinstance(entries, list):
            return

        at: dict[str, tuple[int, int]] = {}

        def entered(page: Page) -> None:
            """Enter a page, in the place of what it entered before."""
            path, end = page.file.src_uri, len(entries)
            again = path in at
            kept(page)
            new, (start, size) = entries[end:], at.get(path, (end, 0))
            del entries[end:]
            entries[start : start + size] = new
            at[path] = (start, len(new))
            for other in list(at)[list(at).index(path) + 1 :] if again else ():  # those that came after it
                at[other] = (at[other][0] + len(new) - size, at[other][1])

        def kept(page: Page) -> None:
            own = (page.url, page.title, page.content, tokens(page.toc))
            meta = {name: value for name, value in page.meta.items() if name != "ems"}
            key = key_of_all(self._template_base, "search", plain((own, meta)))
            made = self._shelf(page, self._pages).get(key) if page.file.src_uri in self.publication.pages else None
            if made is not None and page.file.src_uri not in self._again:
                entries.extend(made["entries"])
                return
            before = len(entries)
            add(page)
            now = {"entries": entries[before:]}
            if made is not None and made != now:
                self._spoilt(page)
            if page.file.src_uri in self.publication.pages:
                self._shelf(page, self._pages).put(key, now)

        index.add_entry_from_context = entered

    # --- keeping ----------------------------------------------------------------------------------------------------

    def done(self, page: Page) -> None:
        """A page is written: lay down what is kept of it, so that memory does not hold all pages at once."""
        for shelves in (self._texts, self._pages):
            shelf = shelves.pop(page.file.src_uri, None)
            if shelf is not None:
                self._kept.store(shelf)

    def close(self) -> None:
        """Keep what this build used and made, and nothing else."""
        if self.on:
            for shelf in (*self._texts.values(), *self._pages.values()):
                self._kept.store(shelf)
            self._kept.sweep()

    def _shelf(self, page: Page, shelves: dict[str, CacheEntry]) -> CacheEntry:
        """What is kept of a page: of its text, asked for while all are read, or of the page, while it is written."""
        path = page.file.src_uri
        if path not in shelves:
            shelves[path] = self._kept.shelf(f"{path}{_WHOLE}" if shelves is self._pages else path)
        return shelves[path]

    def _base(self, kind: str, parts: Callable[[], object]) -> str:
        """The key of what goes into all pages, but for the program: that is in the seal; "" where it cannot be told."""
        engine, told = type(self.config).__module__, logging.getLogger("mkdocs").getEffectiveLevel()
        try:
            return key_of_all(kind, engine, told, plain(parts())) if self.on else ""
        except UnknownError:
            self.on = False
            return ""

    def _spoilt(self, page: Page) -> None:
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.on = False
        raise PluginError(
            f"{page.file.src_uri} was kept from an earlier build and is another page now, though nothing that we know "
            "of changed. What was kept is deleted: build again. If it comes back, set kept_pages: false for the plugin "
            "ems-control in mkdocs.yml and report it."
        )
