"""Table cells that several generated pages share: links to documents and clauses, answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ems_control.coverage.coverage import Answer, ClauseCoverage
from ems_control.exports.words import Words
from ems_control.ground.markdown.markup import escape, filled_table, link
from ems_control.ground.organisation.standards import DOUBTS, Clause
from ems_control.ground.organisation.told import told
from ems_control.handbook import addresses
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.site.fragments import Fragments
from ems_control.site.page import relative

SENTENCE = "counts note"
"""The word under every list of coverage: where a clause is answered, not that it is fulfilled."""


class Cells:
    """Makes cells for pages of one handbook in one language; `pages` maps the key of a document to its path."""

    def __init__(self, handbook: Handbook, words: Words, pages: dict[str, str]) -> None:
        """Claimed standards of the catalogue have clause pages; other clauses are named without a link."""
        self.handbook, self.words, self.pages = handbook, words, pages
        self.fragments = Fragments(handbook)
        self._claimed = {name for name in handbook.policy.standards if name in handbook.catalogue.standards}

    def document(self, document: Document, page: str, text: str | None = None, anchor: str | None = None) -> str:
        """A link to a document, by its number or another text."""
        target = relative(self.pages[document.key], page) + (f"#{anchor}" if anchor else "")
        return link(text, target) if text else self.fragments.number(link(document.id, target))

    def clause(self, standard_id: str, number: str, page: str, text: str | None = None) -> str:
        """A clause by its number or another text, linked where it has a page."""
        clause = self.handbook.catalogue.get(standard_id).clauses.get(number)
        if clause is None or clause.heading_only or standard_id not in self._claimed:
            return escape(text or number)
        return link(text or number, relative(addresses.clause_page(standard_id, number), page))

    def standard(self, standard_id: str, page: str) -> str:
        """A standard by its name, linked where it is claimed."""
        name = self.handbook.catalogue.get(standard_id).name
        if standard_id not in self._claimed:
            return self.fragments.number(escape(name))
        return self.fragments.number(link(name, relative(addresses.standard_page(standard_id), page)))

    def answer(self, answer: Answer, page: str) -> str:
        """Number and heading of a document that answers a clause, as a link."""
        name = f"{answer.document.id} {answer.heading or ''}".strip()
        return self.document(answer.document, page, name, answer.anchor)

    def answers(self, entry: ClauseCoverage, page: str) -> str:
        """Everything in force that answers a clause, one below the other."""
        return "<br>".join(self.answer(answer, page) for answer in entry.answers)

    def title(self, clause: Clause) -> str:
        """The title of a clause in the language of the page."""
        return escape(clause.title(self.words.language))

    def told(self, text: str) -> str:
        """A text of the catalogue in the language of the page."""
        return told(text, self.words.language)

    @staticmethod
    def sure(level: str) -> bool:
        """Whether a certainty, as the facts give it, is that of something seen; other notes are not for readers."""
        return not any(doubt in level for doubt in DOUBTS)

    def remarks(self, entry: ClauseCoverage) -> list[str]:
        """What is thin or missing about the coverage of a clause, in words."""
        if entry.not_applicable is not None:
            return [self.words("not applicable", reason=entry.not_applicable)]
        if not entry.counted:
            return []
        if entry.gap and entry.implied:
            names = dict.fromkeys(name for implied in entry.implied for name in implied.documents)
            return [self.words("no document"), self.words("only implied", names=", ".join(names))]
        if entry.gap:
            return [self.words("no document")]
        return [self.words("only weakly")] if entry.weak else []

    def duty(self, entry: ClauseCoverage) -> str:
        """Whether documented information is asked for and there; empty where none is asked for."""
        return "" if entry.duty == "none" else self.words(f"duty.{entry.duty}")

    def table(self, columns: Iterable[str], rows: Sequence[Sequence[str]], empty: str) -> str:
        """A table under the words of `columns`, but for those that are empty; the word `empty` without rows."""
        if not rows:
            return f"{escape(self.words(empty))}\n"
        heads = [escape(self.words(column)) if column else " " for column in columns]
        return filled_table(heads, rows)
