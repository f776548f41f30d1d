"""Everything that is published, computed once: pages as Markdown, sealed files, navigation, facts for every page.

An engine's adapter only hands this over; `ems stage` writes it to a folder.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ems_control.approvals.lifecycle import State
from ems_control.documents.history import AFTER_ALL, Version
from ems_control.documents.sealed import DEAD, sealed_text
from ems_control.exports.schemas import schema_files
from ems_control.exports.words import Words, languages
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.digest import find_attachments
from ems_control.ground.markdown.active import why_active
from ems_control.handbook import addresses
from ems_control.handbook.addresses import is_reserved, sealed_file
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.links import anchors_of, target_at
from ems_control.handbook.page_paths import address, page_paths
from ems_control.rules.book import run
from ems_control.rules.finding import Finding
from ems_control.site.cells import Cells
from ems_control.site.moment import told
from ems_control.site.navigation import navigation, tabs
from ems_control.site.page import Page, html_title, relative
from ems_control.site.page_context import everywhere, footer
from ems_control.site.pages import program_help, rule_pages
from ems_control.site.pages.audit import Audit
from ems_control.site.pages.control import TableKit, control_pages
from ems_control.site.pages.control.approvals import certificates
from ems_control.site.pages.document_page import DocumentPages
from ems_control.site.pages.home import Starts
from ems_control.site.pages.in_languages import in_languages, switches
from ems_control.site.pages.matrices import standard_pages
from ems_control.site.pages.numbers import numbers
from ems_control.site.pages.waiting_pages import waiting_pages
from ems_control.site.places import Places
from ems_control.site.revisions.light import Addresses, LightPages
from ems_control.site.revisions.lighttexts import Sealing
from ems_control.site.rewriting import Rewriting
from ems_control.site.table_words import TableWords
from ems_control.site.telephones import parts

PRETTY = Addresses()


@dataclass
class Publication:
    """What the site consists of. `pages` and `assets` are keyed by path under docs/; nothing else is published.

    `light(addresses, cache)` yields the earlier revisions and redlines with their files, as paths under the site: they
    are written after the build, outside the engine's page pipeline. Afterwards `anew` counts those of them that were
    not kept from the last time, and the texts rendered for them.
    """

    pages: dict[str, Page] = field(default_factory=dict)
    assets: dict[str, bytes] = field(default_factory=dict)
    nav: list[Any] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)
    light: Callable[[Addresses, Path | None], Iterator[tuple[str, bytes]]] = lambda _addresses, _cache: iter(())
    anew: tuple[int, int] = (0, 0)
    moment: dict[str, str] = field(default_factory=dict)
    """What is told of the moment of the build."""
    tabs: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """The tabs of pages in another language than the first, by that: words, and path of the page."""
    labels: dict[str, str] = field(default_factory=dict)
    """What the navigation calls each document, by the path of its page."""
    rewriting: Rewriting | None = None
    """How pages are made again after an edit, where texts in work are shown."""
    set_aside: list[str] = field(default_factory=list)
    """Files of docs/ that are not published, because what is sealed or generated has their address."""


def publish(
    handbook: Handbook,
    built: datetime,
    preview: bool = False,
    style: Addresses = PRETTY,
    site_url: str = "",
    early: Callable[[Publication], None] = lambda _: None,
) -> Publication:
    """The whole site of a handbook on its day; with `preview`, texts in work are shown under a DRAFT banner.

    `built` is the moment of the build, said on every page; `style` is how the engine makes addresses, `site_url`
    where the site will stand: codes on prints need it. `early` is given the publication as soon as its `light` can be
    asked, before there are pages.
    """
    return _Publisher(handbook, built, preview, style, site_url).publication(early)


def _refuse_nameless(paths: Iterable[str]) -> None:
    """Raise EmsError for a file name that is not UTF-8: no engine can make an address of it."""
    for path in paths:
        shown = path.encode(errors="backslashreplace").decode()
        if shown.encode() != path.encode(errors="surrogateescape"):
            raise EmsError(f"the name of {shown} is not UTF-8 text, so no page can have it. Rename the file.")


def _spoken(pages: Iterable[Page], first: Words) -> list[str]:
    """The languages of pages beside the first, as far as the words of the screen are there in them."""
    found = {str(page.ems.get("language") or "").split("-")[0].lower() for page in pages}
    return [each for each in languages() if each in found and each != first.language]


class _Publisher:
    def __init__(self, handbook: Handbook, built: datetime, preview: bool, style: Addresses, site_url: str) -> None:
        self.handbook, self.built, self.preview, self.style = handbook, built, preview, style
        for document in handbook.ordered:  # everything is asked for here: judged at once
            _ = document.history.newest.metadata  # before a second process would read them, too
        self.words = Words.of(handbook.policy.languages)
        self.pages = page_paths(handbook, preview)
        self.places = Places(handbook, self.pages, style, site_url)
        self.tables = TableWords(handbook, self.words)
        self.assets: dict[str, str] = {}
        self.files: dict[str, bytes] = {}
        self.set_aside: list[str] = []
        self.tree = handbook.tree.files if preview else handbook.tree.committed
        self.makers = DocumentPages(handbook, self.words, self.places, self._sealed)
        self.findings: list[Finding] = []
        _refuse_nameless(self.tree)

    def publication(self, early: Callable[[Publication], None]) -> Publication:
        publication = Publication()
        publication.light = partial(self._light, publication)
        early(publication)
        for page in self._all_pages():
            publication.pages[page.path] = page
        taken = {address(path) for path in publication.pages}
        for path, blob in sorted(self.assets.items()):
            if path not in taken:
                publication.assets[path] = self.handbook.tree.store.read(blob)
        standards = self.handbook.policy.standards
        named = partial(navigation, publication.pages, self._published(), self.pages, standards)
        publication.nav = named(self.words)
        for each in _spoken(publication.pages.values(), self.words):
            publication.tabs[each] = tabs(named(Words(each)), publication.pages, each)
        publication.assets |= self.files
        publication.assets |= {f"{addresses.SCHEMAS}{name}": data for name, data in schema_files().items()}
        publication.extra = everywhere(self.handbook, self.words, self.built)
        publication.moment = told(self.built, self.handbook.policy.zone)
        self.places.keep()
        publication.set_aside = self.set_aside
        publication.labels = {
            path: html_title(f"{page.ems['id']} {page.title}")
            for path, page in publication.pages.items()
            if page.ems.get("id")
        }
        publication.rewriting = self._rewriting(publication) if self.preview else None
        return publication

    def _rewriting(self, publication: Publication) -> Rewriting:
        def make(document: Document, findings: list[Finding]) -> Page:
            return self._footed(self._document(self.makers, document, findings))

        return Rewriting(self.handbook, self.pages, publication.pages, self.assets, self.findings, make)

    def _light(self, publication: Publication, addresses: Addresses, cache: Path | None) -> Iterator[tuple[str, bytes]]:
        """The light pages, and the sealed files that only they load."""
        published = set(self.assets)
        sealing = Sealing(self._link_target, self._asset, self.assets.__setitem__, self.tables.manner, self.tables.key)
        pages = LightPages(self.handbook, self.pages, sealing, addresses, cache)
        yield from pages.files()
        yield from certificates(self.handbook, self.words, self.pages, addresses, cache)
        publication.anew = (pages.made, pages.rendered)
        for path in sorted(set(self.assets) - published):
            yield path, self.handbook.tree.store.read(self.assets[path])

    def _all_pages(self) -> list[Page]:
        makers = self.makers
        self.findings = run(self.handbook) if self.preview else []
        pages = [self._document(makers, document, self.findings) for document in self._published()]
        desk = TableKit(self.handbook, self.words, self.places, self.built)
        pages += control_pages(desk)
        self.files |= desk.assets
        pages += standard_pages(Cells(self.handbook, self.words, self.pages), pages)
        pages += rule_pages.pages(self.words)
        pages.append(numbers(self.handbook, self.words, self.places))
        starts = Starts(desk, makers.related)
        pages += starts.pages()
        held = {address(path) for path in self.pages.values()}
        coming = waiting_pages(desk, self._sealed, makers.related)
        pages += [page for page in coming if address(page.path) not in held]
        pages += [page for page in in_languages(desk, makers.related) if address(page.path) not in held]
        taken = {address(page.path) for page in pages}
        written = []
        for page in self._uncontrolled():
            if address(page.path) in taken or is_reserved(page.path):
                self.set_aside.append(page.path)
            else:
                written.append(page)
                taken.add(address(page.path))
        written += [page for page in program_help.pages(self.handbook) if address(page.path) not in taken]
        if addresses.HOME not in {page.path for page in written}:
            written.append(starts.home())
        known = {page.path for page in [*pages, *written]}
        pages.append(Audit(self.handbook, self.words, self.places, known).page())
        switches(pages + written, desk)
        return [self._footed(page) for page in pages + written]

    def _footed(self, page: Page) -> Page:
        """The page with what its foot says in its own language: the day, and whom to tell that something is wrong."""
        words = Words(page.ems.get("language") or self.words.language)
        if words.language != self.words.language:
            page.ems["footer"] = footer(self.handbook, words, self.built)
            page.ems["emergency"] = parts(self.handbook.policy.emergency_line(words.language))
            page.ems |= {"uncontrolled": words("uncontrolled print"), "printed": words("printed on", day="#")}
        document = self.handbook.get(page.ems["id"]) if page.ems.get("id") else None
        questions = [words("what is wrong"), words("what should it say")]
        wrong = self.places.change_request(page.path, document, page.title, questions)
        if wrong:
            page.ems |= {"wrong": wrong, "wrong_text": words("something wrong")}
        way = (self.places.edit(document.shown.path) if document and document.in_force else "") or wrong
        if way:
            page.ems |= {"propose_href": way, "propose": words("propose a change")}
        return page

    def _published(self) -> list[Document]:
        if self.preview:
            return [document for document in self.handbook.ordered if document.key in self.pages]
        return self.handbook.listed

    def _document(self, makers: DocumentPages, document: Document, findings: list[Finding]) -> Page:
        current = document.current
        shown = document.in_force
        if self.preview and current and not (shown and shown.is_of(current)):
            own = [
                f"{f.rule}: {f.message}. {f.fix}"
                for f in findings
                if f.document == document.id and f.severity != "info"
            ]
            if document.state is not State.WITHDRAWN:
                return makers.preview(document, own)
        return makers.page(document)

    def _uncontrolled(self) -> list[Page]:
        """Home, help and other pages that are not controlled, as committed; they say so."""
        pages = []
        for path, blob in sorted(self.tree.items()):
            under = self.handbook.under_docs(path)
            if not self.handbook.is_page(path) or self.handbook.is_controlled(path):
                continue
            file = self.handbook.tree.store.document(blob)
            store = self.handbook.tree.store
            shown = find_attachments(file.body, path, self.handbook.docs, self.tree.get, store.read)
            version = Version(None, path, blob, file, shown, store, order=AFTER_ALL)
            title = str(file.tree.get("title", "") if file.tree else "") or next((h.text for h in file.headings), "")
            ems = {"notes": [self.words("uncontrolled page")]}
            body = self._sealed(version, under)
            pages.append(Page(under, title or posixpath.splitext(under)[0], body, "page", True, ems))
        return pages

    # --- sealed texts -----------------------------------------------------------------------------------------

    def _sealed(self, version: Version, page: str) -> str:
        """The text of a version; the files that it loads are published with it."""

        def link_to(path: str, anchor: str) -> str:
            return self._link_target(path, anchor, version, page)

        text = sealed_text(version, page, link_to, self._asset, self.words("dead link"), self.tables.manner)
        for asset in text.assets:
            self.assets[asset.path] = asset.blob
        return text.body

    def _link_target(self, path: str, anchor: str, version: Version, page: str) -> str:
        """The link to what had a Markdown path where a text stood; DEAD where nothing is there to be read."""
        found = target_at(self.handbook, version, path)
        document = found.document
        if document is None:
            under = self.handbook.under_docs(path)
            return relative(under, page) + (f"#{anchor}" if anchor else "") if found.exists else DEAD
        if not document.listed and not self.preview:
            return DEAD
        place = self.pages[document.key]
        target = relative(place, page)
        if not anchor or place == page:
            return f"#{anchor}" if anchor else target
        shown = document.in_force
        if shown and self.tables.rows.get(anchor) == shown.version.path:
            return f"{target}#{anchor}"
        return f"{target}#{anchor}" if shown and unquote(anchor) in anchors_of(shown.version) else target

    def _asset(self, path: str, blob: str) -> str | None:
        """Where a sealed file is published: at its own path where these bytes lie there now, else at one of its own.

        None for what a browser would run: such a file is on no page, whoever approved it.
        """
        under = self.handbook.under_docs(path)
        if self._runs(under, blob):
            return None
        if self.handbook.tree.committed.get(path) == blob and not is_reserved(under):
            return under
        return sealed_file(under, blob)

    def _runs(self, path: str, blob: str) -> bool:
        return why_active(path, lambda: self.handbook.tree.store.read(blob)) is not None
