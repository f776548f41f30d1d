"""The way from one edition of a standard to the next: what is settled, what is to do, what is new, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ems_control.coverage.coverage import ClauseCoverage, Coverage, coverage
from ems_control.ground.markdown.markup import escape, link, table
from ems_control.ground.organisation.policy import Transition
from ems_control.ground.organisation.standards import Clause, Relation, facts
from ems_control.handbook import addresses
from ems_control.handbook.document import Document
from ems_control.site.cells import SENTENCE, Cells
from ems_control.site.page import Page, relative

DATES = ("last_initial_audit", "transition_audit", "end")
DATE_COLUMNS = ("", "date.col", "source", "confirmation")
BURN_DOWN = ("clause", "title", "before", "answered in", "remark")


def transition(cells: Cells, coverages: list[Coverage]) -> Page | None:
    """The transition page; None where the policy speaks of no change between two editions of the catalogue."""
    plan = cells.handbook.policy.transition
    known = cells.handbook.catalogue.standards
    if plan is None or not {plan.from_, plan.to} <= known.keys():
        return None
    return _Transition(cells, plan, coverages).page()


@dataclass
class _Step:
    """A clause of the new edition with what it comes from."""

    entry: ClauseCoverage
    origins: list[tuple[str, Relation]]
    new: bool

    @property
    def settled(self) -> bool:
        return not self.entry.gap and self.entry.duty != "unmet"


class _Transition:
    def __init__(self, cells: Cells, plan: Transition, coverages: list[Coverage]) -> None:
        self.cells, self.words, self.plan = cells, cells.words, plan
        self.catalogue = cells.handbook.catalogue
        self.by_id = {c.standard.id: c for c in coverages}
        self.old, self.new = self._coverage(plan.from_), self._coverage(plan.to)
        self.relations = self.catalogue.relations(plan.from_, plan.to)
        self.steps = [self._step(entry) for entry in self.new.clauses if entry.clause.assessable]

    def _coverage(self, standard_id: str) -> Coverage:
        return self.by_id.get(standard_id) or coverage(self.cells.handbook, standard_id)

    def _step(self, entry: ClauseCoverage) -> _Step:
        number = entry.clause.number
        origins = [(row.number, row) for row in self.relations if number in row.to]
        reused = {row.number for row in self.relations if row.other_meaning}
        unknown = number not in self.old.standard.clauses or number in reused
        renamed = number in self.old.standard.clauses and any(row.kind == "renumbered" for _, row in origins)
        return _Step(entry, origins, unknown and not renamed)

    def page(self) -> Page:
        words = self.words
        names = {"old": self.old.standard.name, "new": self.new.standard.name}
        parts = [
            escape(words("transition intro", **names)),
            self._dates(),
            self._groups(),
            self._left_behind(),
            self._traps(),
            self._dual(),
            escape(words(SENTENCE)),
        ]
        title = words("transition title", **names)
        return Page(addresses.TRANSITION, title, "\n\n".join(part.rstrip("\n") for part in parts if part) + "\n")

    # --- dates ------------------------------------------------------------------------------------------------

    def _dates(self) -> str:
        words, rows = self.words, []
        for key in DATES:
            found = getattr(self.plan, key)
            name = escape(words(f"transition.{key}"))
            if found is None:
                rows.append([name, "–", escape(words("date missing", name=f"transition.{key}")), ""])
                continue
            sure = words("confirmed by body" if found.confirmed else "to be confirmed")
            rows.append([name, words.cell(found.date), escape(found.source), escape(sure)])
        return f"## {escape(words('dates'))}\n\n{self.cells.table(DATE_COLUMNS, rows, '')}\n{self._said()}"

    def _said(self) -> str:
        """What public sources say of the end of the transition, where the catalogue knows that they disagree."""
        words = self.words
        found = self.new.standard.facts.get("transition", {}).get("candidates", ())
        if not found:
            return ""
        day = words.day(date.fromisoformat(facts("sources")["read"]))
        months = [(date.fromisoformat(f"{one['end']}-01"), ", ".join(one["sources"])) for one in found]
        lines = [escape(f"{words.month(month.year, month.month)}: {sources}") for month, sources in months]
        listed = "\n".join(f"- {line}" for line in lines)
        return (
            f"### {escape(words('transition said'))}\n\n{escape(words('transition said intro', day=day))}\n\n{listed}"
        )

    # --- the three groups -------------------------------------------------------------------------------------

    def _groups(self) -> str:
        words = self.words
        to_do = [step for step in self.steps if not step.new and not step.settled]
        new = [step for step in self.steps if step.new]
        settled = [step for step in self.steps if not step.new and step.settled]
        open_new = sum(not step.settled for step in new)
        counts = words(
            "burn down", total=len(self.steps), settled=len(settled), to_do=len(to_do), new=len(new), open=open_new
        )
        parts = [escape(counts)]
        for key, steps in (("to do", to_do), ("new in", new), ("settled", settled)):
            heading = escape(words(key, edition=self.new.standard.edition or self.new.standard.name))
            rows = [self._row(step) for step in steps]
            parts.append(f"## {heading}\n\n{self.cells.table(BURN_DOWN, rows, 'nothing to do')}")
        return "\n\n".join(part.rstrip("\n") for part in parts)

    def _row(self, step: _Step) -> list[str]:
        page, clause = addresses.TRANSITION, step.entry.clause
        remarks = self.cells.remarks(step.entry)
        if step.entry.duty == "unmet":
            remarks.append(self.cells.duty(step.entry))
        if step.new:
            remarks.insert(0, self.words("step.settled" if step.settled else "step.open"))
        for document in step.entry.expected:
            if document.upcoming:
                day = self.words.day(document.upcoming.first_day)
                remarks.append(f"{document.id}: {self.words('starts on')} {day}")
        return [
            self.cells.clause(clause.standard, clause.number, page),
            self.cells.title(clause),
            "<br>".join(self._origin(number, row) for number, row in step.origins),
            self.cells.answers(step.entry, page),
            escape("; ".join(remarks)),
        ]

    def _origin(self, number: str, row: Relation) -> str:
        linked = self.cells.clause(self.plan.from_, number, addresses.TRANSITION)
        return linked if row.kind == "continued" else f"{linked} ({escape(self.words(f'relation.{row.kind}'))})"

    # --- what stays behind ------------------------------------------------------------------------------------

    def _left_behind(self) -> str:
        words, page = self.words, addresses.TRANSITION
        moved = {answer.document.key for entry in self.new.clauses for answer in entry.answers}
        left: dict[str, tuple[Document, list[str]]] = {}
        for entry in self.old.clauses:
            for answer in entry.answers:
                if answer.document.key not in moved:
                    left.setdefault(answer.document.key, (answer.document, []))[1].append(entry.clause.number)
        rows = [
            [
                self.cells.document(document, page),
                escape(document.title),
                ", ".join(self.cells.clause(self.plan.from_, number, page) for number in dict.fromkeys(numbers)),
                self._owner(document),
            ]
            for document, numbers in left.values()
        ]
        heading = words("left behind", old=self.old.standard.name)
        line = escape(f"ems migrate --from {self.plan.from_} --to {self.plan.to}")
        command = f"{escape(words('migrate hint'))} <code>{line}</code>"
        body = self.cells.table(("number", "title", "clauses", "owner"), rows, "nothing left behind")
        return f"## {escape(heading)}\n\n{body}" + (f"\n{command}" if rows else "")

    def _owner(self, document: Document) -> str:
        owner = document.shown.facts.owner
        return escape(self.cells.handbook.people.title(owner, self.words.language)) if owner else ""

    def _traps(self) -> str:
        rows = []
        for row in self.relations:
            if row.other_meaning and row.number in self.new.standard.clauses:
                one, other = (s.standard.clauses[row.number] for s in (self.old, self.new))
                rows.append([escape(row.number), self._named(one), self._named(other)])
        if not rows:
            return ""
        names = (escape(self.words("clause")), escape(self.old.standard.name), escape(self.new.standard.name))
        head = f"## {escape(self.words('other meaning'))}\n\n{escape(self.words('traps intro'))}\n\n"
        return head + table(names, rows)

    def _named(self, clause: Clause) -> str:
        title = clause.title(self.words.language)
        return self.cells.clause(clause.standard, clause.number, addresses.TRANSITION, title)

    # --- both editions at once --------------------------------------------------------------------------------

    def _dual(self) -> str:
        """For holders of two standards that stand on different editions, such as ISO 14001:2026 and EMAS."""
        twin = next((c for c in self.by_id.values() if c.standard.id != self.plan.from_ and self._repeats(c)), None)
        if twin is None:
            return ""
        words, page = self.words, addresses.TRANSITION
        asked = [entry for entry in twin.clauses if entry.clause.assessable]
        numbers = {old: entry for entry in asked for old in self._old_numbers(entry.clause)}
        rows, seen = [], set()
        for step in self.steps:
            there = [numbers[number] for number, _ in step.origins if number in numbers]
            seen |= {entry.clause.number for entry in there}
            rows.append(self._pair([step.entry], there))
        rows += [self._pair([], [e]) for e in numbers.values() if e.clause.number not in seen]
        names = [self.new.standard.name, words("answered in"), twin.standard.name, words("answered in")]
        target = relative(addresses.standard_page(twin.standard.id), page)
        beyond = escape(words("dual beyond", standard=twin.standard.name)) + f" {link(twin.standard.name, target)}."
        told = {"new": self.new.standard.name, "twin": twin.standard.name, "old": self.old.standard.name}
        intro = escape(words("dual intro", **told))
        pairs = table([escape(name) for name in names], rows)
        return f"## {escape(words('dual'))}\n\n{intro}\n\n{pairs}\n{beyond}"

    def _repeats(self, coverage: Coverage) -> bool:
        return any(self._old_numbers(entry.clause) for entry in coverage.clauses)

    def _old_numbers(self, clause: Clause) -> list[str]:
        same = self.catalogue.same_text((clause.standard, clause.number))
        return [number for standard, number in same if standard == self.plan.from_]

    def _pair(self, one: list[ClauseCoverage], other: list[ClauseCoverage]) -> list[str]:
        cells = []
        for entries in (one, other):
            cells.append("<br>".join(self._label(entry.clause) for entry in entries))
            documents = {a.document.key: a.document for entry in entries for a in entry.answers}
            linked = [self.cells.document(document, addresses.TRANSITION) for document in documents.values()]
            cells.append(", ".join(linked) or ("" if not entries else escape(self.words("no document"))))
        return cells

    def _label(self, clause: Clause) -> str:
        number = self.cells.clause(clause.standard, clause.number, addresses.TRANSITION)
        return f"{number} {escape(clause.title(self.words.language))}"
