"""A page per clause of each claimed standard: what it asks to have documented, where answered, what is like it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from ems_control.coverage.coverage import Answer, ClauseCoverage, Coverage
from ems_control.coverage.migration import note_of
from ems_control.ground.markdown.markup import escape
from ems_control.ground.organisation.standards import Clause, Duty, Key, Relation
from ems_control.handbook import addresses
from ems_control.site.cells import SENTENCE, Cells
from ems_control.site.page import Page

ANSWERED = ("number", "title", "rev", "heading", "since when", "remark")
EVIDENCE = ("number", "record", "kept where", "keeper", "keep for", "named in", "remark")
ELSEWHERE = ("standard", "clause", "title", "relation", "implied")


class ClausePages:
    """Makes the clause pages; `coverages` are those of all claimed standards."""

    def __init__(self, cells: Cells, coverages: list[Coverage]) -> None:
        """Nothing is computed before `all_pages` is asked for."""
        self.cells, self.words, self.coverages = cells, cells.words, coverages
        self.catalogue = cells.handbook.catalogue

    def all_pages(self) -> list[Page]:
        """The page of every clause that is more than a heading."""
        return [self._page(c, entry) for c in self.coverages for entry in c.clauses if not entry.clause.heading_only]

    @cached_property
    def _relations(self) -> dict[Key, list[tuple[str, Relation]]]:
        """By clause: the other standard, and how it relates there."""
        found: defaultdict[Key, list[tuple[str, Relation]]] = defaultdict(list)
        names = list(self.catalogue.standards)
        for one, other in ((one, other) for one in names for other in names if one != other):
            for row in self.catalogue.relations(one, other):
                found[one, row.number].append((other, row))
        return found

    def _page(self, coverage: Coverage, entry: ClauseCoverage) -> Page:
        clause = entry.clause
        page = addresses.clause_page(clause.standard, clause.number)
        parts = [
            self._head(clause, page),
            self._duty(entry, page),
            self._evidence(entry, page),
            self._answers(entry, page),
            self._elsewhere(entry, page),
            self._foot(entry),
        ]
        title = f"{coverage.standard.name} {clause.number} {clause.title(self.words.language)}"
        return Page(page, title, "\n\n".join(part for part in parts if part) + "\n")

    # --- what the clause is -----------------------------------------------------------------------------------

    def _head(self, clause: Clause, page: str) -> str:
        clauses = self.catalogue.get(clause.standard).clauses
        trail: list[str] = []
        above = clause.parent
        while above:
            parent = clauses[above]
            trail.append(escape(f"{parent.number} {parent.title(self.words.language)}"))
            above = parent.parent
        trail.append(self.cells.standard(clause.standard, page))
        lines = [" › ".join(reversed(trail)) + "\n{: .ems-kicker }"]
        if summary := clause.summary.get(self.words.language, clause.summary.get("en", "")):
            lines.append(escape(summary))
        if clause.believed_number:
            lines.append(escape(self.words("believed number", number=clause.believed_number)))
        for key, text in (("clause change", clause.change), ("optional", clause.optional)):
            if text:
                lines.append(escape(f"{self.words(key)}: {self.cells.told(text)}"))
        if clause.ours:
            lines.append(escape(self.words("title ours")))
        return "\n\n".join(line for line in lines if line)

    # --- documented information -------------------------------------------------------------------------------

    def _duty(self, entry: ClauseCoverage, page: str) -> str:
        words, duty = self.words, entry.clause.duty
        lines = [f"## {escape(words('duty'))}"]
        if duty is None:
            lines.append(escape(words("duty none")))
            return "\n\n".join(lines)
        lines.append(self._asked(duty))
        if duty.note and self.cells.sure(duty.certainty):
            lines.append(escape(self.cells.told(duty.note)))
        if entry.asked:
            lines.append(self._there(entry, page))
        return "\n\n".join(lines)

    def _asked(self, duty: Duty) -> str:
        words = self.words
        kind = words(f"duty.kind.{duty.kind}")
        if duty.carried:
            kind = words("duty carried", kind=kind, before=words(f"duty.kind.{duty.carried}"))
        extent = f" {words('duty extent')}" if duty.to_extent else ""
        asked = f"{kind}: {self.cells.told(duty.subject)}." if duty.subject else f"{kind}."
        return escape(asked[:1].upper() + asked[1:] + extent)

    def _there(self, entry: ClauseCoverage, page: str) -> str:
        documents = {a.document.key: a.document for a in entry.answers if a.document.fulfils_duties}
        parts = [escape(self.words(f"there.{entry.duty}"))]
        if documents and "document" in entry.asked:
            there = ", ".join(self.cells.document(document, page) for document in documents.values())
            parts.append(f"{escape(self.words('duty documents'))}: {there}")
        return "<br>\n".join(parts)

    def _evidence(self, entry: ClauseCoverage, page: str) -> str:
        rows = [
            [
                escape(row.name),
                escape(row.record),
                escape(row.kept_where),
                escape(self.cells.handbook.people.title(row.keeper, self.words.language)),
                escape(row.keep_for),
                self.cells.document(row.document, page),
                escape(self.words("evidence incomplete") if row.missing else ""),
            ]
            for row in (*entry.evidence, *entry.incomplete)
        ]
        if not rows:
            return ""
        listed = self.cells.table(EVIDENCE, rows, "no document").rstrip("\n")
        return f"### {escape(self.words('evidence kept'))}\n\n{listed}"

    # --- where it is answered ---------------------------------------------------------------------------------

    def _answers(self, entry: ClauseCoverage, page: str) -> str:
        words = self.words
        parts = [f"## {escape(words('answered in'))}"]
        if entry.not_applicable is not None:
            parts.append(escape(words("not applicable", reason=entry.not_applicable)))
        if rows := [self._answer(answer, page) for answer in entry.answers]:
            parts.append(self.cells.table(ANSWERED, rows, "no document"))
        elif entry.counted:
            parts.append(escape(words("answered nowhere") + (f" {words('silent')}" if entry.silent else "")))
        for document in entry.expected:
            upcoming = document.upcoming
            if upcoming:
                starts = words("starts", number=upcoming.revision, day=words.day(upcoming.first_day))
                parts.append(f"{self.cells.document(document, page)} {escape(document.title)}: {escape(starts)}")
        return "\n\n".join(part.rstrip("\n") for part in parts)

    def _answer(self, answer: Answer, page: str) -> list[str]:
        approval = answer.document.in_force
        return [
            self.cells.document(answer.document, page),
            escape(answer.document.title),
            escape(approval.revision) if approval else "",
            self.cells.document(answer.document, page, answer.heading, answer.anchor) if answer.heading else "",
            self.words.cell(answer.since),
            escape(self.words(f"thin.{answer.thin}") if answer.thin else ""),
        ]

    # --- other standards --------------------------------------------------------------------------------------

    def _elsewhere(self, entry: ClauseCoverage, page: str) -> str:
        clause = entry.clause
        rows: dict[tuple[str, ...], None] = {}
        warnings: dict[str, None] = {}
        for key in self.catalogue.same_text((clause.standard, clause.number)):
            for other, row in self._told(key):
                if row.other_meaning:
                    warnings[self._warning(key, other, page)] = None
                rows |= dict.fromkeys(self._related(entry, other, row, page))
        parts = [f"## {escape(self.words('elsewhere'))}", *(warning for warning in warnings if warning)]
        if rows:
            parts.append(self.cells.table(ELSEWHERE, list(rows), "no document"))
        if entry.implied:
            parts.append(escape(self.words("implied note")))
        return "\n\n".join(part.rstrip("\n") for part in parts) if len(parts) > 1 else ""

    def _told(self, key: Key) -> Iterator[tuple[str, Relation]]:
        """The relations of a clause; to a standard to which it has none, those of the heading above it."""
        done: set[str] = set()
        for above in self.catalogue.headings_over(key):
            rows = [(other, row) for other, row in self._relations.get((key[0], above), []) if other not in done]
            yield from rows
            done |= {other for other, _ in rows}

    def _warning(self, key: Key, other: str, page: str) -> str:
        standard = self.catalogue.get(other)
        namesake = standard.clauses.get(key[1])
        if namesake is None:
            return ""
        named = self.cells.clause(other, namesake.number, page, f"{standard.name} {namesake.number}")
        title = escape(namesake.title(self.words.language))
        return f"**{escape(self.words('other meaning'))}:** {named} – {title}."

    def _related(self, entry: ClauseCoverage, other: str, row: Relation, page: str) -> Iterator[tuple[str, ...]]:
        said = note_of(row.note)
        note = self.cells.told(said) if self.cells.sure(row.certainty) else ""
        beyond = self.words("relation beyond", what=row.beyond) if row.beyond else ""
        how = "; ".join(escape(part) for part in (self.words(f"relation.{row.kind}"), beyond, note) if part)
        if not row.to and (row.kind != "none" or row.note):
            yield (self.cells.standard(other, page), "–", "", how, "")
        clauses = self.catalogue.get(other).clauses
        implied = {(found.standard, found.number): found.documents for found in entry.implied}
        for number in row.to:
            if number in clauses and clauses[number] is not entry.clause:
                documents = (self.cells.handbook.get(name) for name in implied.get((other, number), ()))
                yield (
                    self.cells.standard(other, page),
                    self.cells.clause(other, number, page),
                    escape(clauses[number].title(self.words.language)),
                    how,
                    ", ".join(self.cells.document(document, page) for document in documents if document),
                )

    def _foot(self, entry: ClauseCoverage) -> str:
        words, stands = self.words, ""
        if entry.changed and entry.since:
            stands = words("coverage since", day=words.day(entry.changed))
            if entry.since != entry.changed:
                stands += " " + words("answered since", day=words.day(entry.since))
        return escape(" ".join(part for part in (stands, words(SENTENCE)) if part))
