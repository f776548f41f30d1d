"""What start pages say of documents: a line with state and languages, a line of what changed, the way to a page."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cached_property
from html import escape as html_escape

from ems_control.approvals.lifecycle import Approval, State
from ems_control.exports.words import Words
from ems_control.ground.markdown.markup import escape, link
from ems_control.handbook.document import Document
from ems_control.handbook.translations import behind
from ems_control.site.page import relative
from ems_control.site.pages.control.table_kit import TableKit

LATELY = timedelta(days=90)


class StartLines:
    """Makes the lines for the start pages of one handbook in one language."""

    def __init__(self, desk: TableKit) -> None:
        """`desk` says in which language, and where the pages of that language are."""
        self.desk, self.handbook, self.words, self.places = desk, desk.handbook, desk.words, desk.places

    def way(self, path: str, page: str) -> str:
        """The way to a page, in the language of these lines where it is there."""
        return relative(self.desk.at(path), page)

    def title(self, group: str) -> str:
        """The name of a group."""
        return capital(self.handbook.title(group, self.words.language))

    def to(self, document: Document, page: str) -> str:
        """A document by its title, as a link."""
        return link(document.title, self.places.markdown(document, page))

    def entered(self, only: set[str] | None = None, since: date = date.min) -> list[tuple[Approval, Document]]:
        """The documents in force whose text came into force since a day, newest first; only those with these keys."""
        entered = [
            (approval, document)
            for document in self.handbook.listed
            if only is None or document.key in only
            if (approval := document.in_force) and since <= approval.first_day
        ]
        return sorted(entered, key=lambda item: (item[0].first_day, item[1].id, item[0].revision), reverse=True)

    def changed(self, approval: Approval, document: Document, page: str) -> str:
        """Day, title, one sentence, and the way to what changed."""
        row = approval.version.row
        name = self.places.redline(document, approval.revision)
        href = html_escape(self.places.light(document, page, name))
        change = escape(row.change if row and row.change else "")
        more = f'<a href="{href}">{html_escape(self.words("what changed short"))}</a>'
        day = self.words.cell(approval.first_day)
        return f"{day} {self.to(document, page)}<br><small>{change} {more}</small>"

    def line(self, document: Document, page: str) -> str:
        """Title, state with its word, number, and the other languages."""
        words, state = self.words, document.state.value
        up = document.upcoming if document.state is State.UPCOMING else None
        word = words(f"state.{state}") + (f", {words.day(up.first_day)}" if up else "")
        shown = self.desk.fragments.state(state, word)
        family = [document, *self._translated(document)]
        first = self._own(family)
        others = [
            link(self._language(other), self.places.markdown(other, page))
            for other in family[first == document :]
            if other != first
        ]
        return f"{self.to(first, page)}<br><small>{' · '.join([shown, escape(first.id), *others])}</small>"

    def line_with_sections(self, document: Document, page: str) -> str:
        """The line of an instruction, and its sections: one tap from the code at a machine to what is looked for."""
        first = self._own([document, *self._translated(document)])
        if first.in_force is None or behind(self.handbook, first):
            return self.line(document, page)
        there = self.places.markdown(first, page)
        parts = [each for each in first.in_force.version.file.headings if each.level == 2]
        ways = " ".join(link(each.text, f"{there}#{each.anchor}") for each in parts)
        line = self.line(document, page)
        return f'{line}<br><small class="ems-sections" markdown="span">{ways}</small>' if parts else line

    def _translated(self, document: Document) -> list[Document]:
        return self._translations.get(document.key, [])

    @cached_property
    def _translations(self) -> dict[str, list[Document]]:
        """The translations in force, by the key of what they translate."""
        found: dict[str, list[Document]] = {}
        for other in self.handbook.listed:
            source = (other.shown.facts.translates or "").partition("/")[0].casefold()
            if source and other.in_force:
                found.setdefault(source, []).append(other)
        return found

    def _own(self, family: list[Document]) -> Document:
        """Of a document and its translations the one in the language of the page, where that one is not behind."""
        own = [d for d in family[1:] if Words(d.shown.facts.language or "").language == self.words.language]
        return next((each for each in own if not behind(self.handbook, each)), family[0])

    def _language(self, document: Document) -> str:
        """The language of a translation by its own name, and that it is outdated where it is."""
        words = Words(document.shown.facts.language or "")
        name = words("language")
        return f"{name} ({words('state.outdated').lower()})" if behind(self.handbook, document) else name


def listed(lines: list[str], kind: str = "ems-lines") -> str:
    """Lines as a list."""
    return block(kind, "\n".join(f"- {line}" for line in lines))


def block(kind: str, body: str) -> str:
    """Markdown in a block with a class."""
    return f'<div class="{kind}" markdown="1">\n\n{body}\n\n</div>'


def capital(text: str) -> str:
    """A text with a capital at its beginning."""
    return text[:1].upper() + text[1:]
