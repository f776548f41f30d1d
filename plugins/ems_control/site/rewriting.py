"""After an edit while the site is served: the pages of the texts that were written anew, where no other page says more.

What a site says of a document is told by its records, its front matter and its place; the text in the working tree
stands on its own page alone, with what the check found in it. So where nothing but texts changed, and all that other
pages ask of their documents is what it was, the pages of those documents are made again, and of those of which the
check now says something else. In every other case there is no answer, and the whole is to be published anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from ems_control.documents.history import DocumentHistory
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.page_paths import page_paths
from ems_control.rules.book import run
from ems_control.rules.finding import Finding
from ems_control.site.page import Page


@dataclass
class Rewriting:
    """What a publication was made of, for as long as its handbook is open.

    `make` gives the page of a document with what was found; `assets` are the files that pages load, and grow with it.
    """

    handbook: Handbook
    paths: dict[str, str]
    pages: Mapping[str, Page]
    assets: Mapping[str, str]
    findings: list[Finding]
    make: Callable[[Document, list[Finding]], Page]

    def pages_now(self) -> list[Page] | None:
        """The pages that are to be replaced by those of the working tree as it is now; None where that is not all."""
        handbook = self.handbook
        files = handbook.repository.working_files(handbook.docs)
        changed = handbook.tree.rewritten(files)
        if changed is None:
            return None
        before = [_seen(handbook.documents[history.key]) for history, _ in changed]
        handbook.tree.rewrite(changed, len(handbook.repository.landings))
        histories = [history for history, _ in changed]
        if [_seen(handbook.documents[history.key]) for history in histories] != before:
            return None
        now = replace(handbook)  # without what it remembers of the texts before
        if page_paths(now, preview=True) != self.paths:
            return None
        return self._made(histories, run(now))

    def _made(self, changed: Iterable[DocumentHistory], findings: list[Finding]) -> list[Page] | None:
        keys = {history.key for history in changed}
        loaded, found = dict(self.assets), []
        for document in self.handbook.documents.values():
            of_it = [one for one in findings if one.document == document.id]
            if document.key in keys or of_it != [one for one in self.findings if one.document == document.id]:
                page = self.make(document, findings)
                there = self.pages.get(page.path)
                if there is None or _frame(there) != _frame(page):
                    return None
                found.append(page)
        self.findings = findings
        return found if loaded == self.assets else None


def _seen(document: Document) -> tuple[object, ...]:
    """All that other pages say of a document and that its working text could change."""
    current = document.current
    shows = [(one.name, one.path, one.blob) for one in current.attachments] if current else []
    reading = current.reading if current else None
    return document.filing_now(), document.on(document.day), [*document.history.twins], shows, reading


def _frame(page: Page) -> tuple[object, ...]:
    """What other pages say of a page."""
    return page.title, page.ems.get("id"), page.ems.get("language"), page.ems.get("type_word")
