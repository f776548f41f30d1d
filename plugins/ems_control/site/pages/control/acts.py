"""A page for each document with which something is to be done: for whom, and the command that does it."""

from __future__ import annotations

from collections.abc import Sequence

from ems_control.approvals.needs import Need
from ems_control.ground.formats.markup import escape, link
from ems_control.handbook import addresses
from ems_control.handbook.document import Document
from ems_control.handbook.outstanding.missing_decisions import asked_of
from ems_control.site.page import Page, relative
from ems_control.site.pages.control.table_kit import TableKit


class Acts:
    """Collects what the review board asks for, by document."""

    def __init__(self, desk: TableKit) -> None:
        self.desk, self._found = desk, dict[str, tuple[Document, list[str]]]()

    def review(self, document: Document, page: str) -> str:
        """The link to where a review is confirmed, or the next revision begun."""
        words, owner = self.desk.words, document.shown.metadata.owner
        holders = asked_of(self.desk.handbook, Need("periodic-review", owner or "", 1)).persons if owner else ()
        person = holders[0] if holders else "PERSON"
        confirm = f"ems periodic-review {document.id} --as {person} --key FILE --commit"
        acts = [(words("act confirm"), confirm), (words("act revise"), self._revise(document))]
        return self._add(document, words("act.review"), owner, acts, page)

    def revise(
        self,
        document: Document,
        act: str,
        page: str,
        more: Sequence[str] = (),
        of: Document | None = None,
        role: str | None = None,
    ) -> str:
        """The link to where the next revision is begun, of the document itself or of the one it stands in."""
        owner = role or (of or document).shown.metadata.owner
        acts = [(self.desk.words("act revise"), self._revise(of or document))]
        return self._add(document, self.desk.words(f"act.{act}"), owner, acts, page, more)

    def pages(self) -> list[Page]:
        """The pages, not for search: the board leads there."""
        made = []
        for document, parts in self._found.values():
            path = addresses.act_page(document.id)
            way = link(f"{document.id} {document.title}", self.desk.places.markdown(document, path))
            board = link(self.desk.words("review board"), relative(addresses.REVIEW_BOARD, path))
            body = "\n\n".join([*parts, f"{way} · {board}"])
            made.append(Page(path, f"{document.id} {document.title}", f"{body}\n", searchable=False))
        return made

    def _add(
        self,
        document: Document,
        title: str,
        role: str | None,
        acts: Sequence[tuple[str, str]],
        page: str,
        more: Sequence[str] = (),
    ) -> str:
        parts = [f"## {escape(title)}", self.desk.person(role), *more]
        for said, command in acts:
            parts += [escape(said), f"    {command}"]
        parts.append(escape(self.desk.words("act ask", who=self.desk.controller)))
        self._found.setdefault(document.key, (document, []))[1].extend(parts)
        return link(title, relative(addresses.act_page(document.id), page))

    @staticmethod
    def _revise(document: Document) -> str:
        return f'ems revise {document.id} --change "…" --commit'
