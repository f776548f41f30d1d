"""Moving clause references from one edition of a standard to another (specification, Clause references).

References, the catalogue's relation and answers go in; new lists, and what only a person can decide, come out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ems_control.ground.errors import EmsError
from ems_control.ground.organisation.references import Reference, ReferenceProblem
from ems_control.ground.organisation.standards import Catalogue, Clause, Standard
from ems_control.ground.spelling import nearest


@dataclass(frozen=True)
class Filed:
    """A document as far as it matters here: its references as written, the anchors and the words of its headings."""

    id: str
    title: str
    clauses: tuple[str, ...]
    anchors: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """One clause of one document that splits: which of `options` does it answer? All of them is the proposal."""

    document: Filed
    clause: Clause
    written: tuple[str, ...]
    options: tuple[Clause, ...]
    note: str = ""

    @property
    def proposal(self) -> tuple[str, ...]:
        """The numbers of all options."""
        return tuple(option.number for option in self.options)


@dataclass(frozen=True)
class NewClause:
    """A clause without a predecessor, answered nowhere yet; `proposal`: documents called like it, by id."""

    clause: Clause
    proposal: tuple[str, ...]


@dataclass(frozen=True)
class Decisions:
    """What persons decided: by document and old clause the new ones; by new clause the documents (`id#heading`).

    A new clause stands as `6.1.4` or `6.1.4#heading`; without a heading it keeps that of the old reference.
    """

    documents: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    new: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, document: str, number: str) -> tuple[str, ...] | None:
        """What was answered for an old clause; None where nothing was."""
        return self.documents.get(document, {}).get(number)


@dataclass(frozen=True)
class Change:
    """New references of one document: what stands in the place of each old one, and what comes after the last."""

    document: Filed
    places: list[list[str]]
    more: list[str]

    @property
    def clauses(self) -> tuple[str, ...]:
        """The list afterwards."""
        return (*(text for place in self.places for text in place), *self.more)


_KIND = re.compile(r"^(same theme|same|partial|split|dropped)\b[;: ]*")


def note_of(written: str) -> str:
    """What the catalogue says about a relation, without the kind of it, which is told apart."""
    return _KIND.sub("", written)


class Migration:
    """The way of some documents from one edition to another; `unreadable` references are left as they are."""

    def __init__(
        self, catalogue: Catalogue, start: str, goal: str, documents: Iterable[Filed], claimed: Collection[str]
    ) -> None:
        """`claimed` are the standards of the policy. EmsError where start and goal are not two related editions."""
        self.catalogue = catalogue
        self.start, self.goal = catalogue.get(start), catalogue.get(goal)
        if start == goal or self.start.standard != self.goal.standard:
            raise EmsError(f"{start} and {goal} are not two editions of one standard. Name two, with --from and --to.")
        rows = catalogue.relations(start, goal)
        if not rows:
            raise EmsError(f"the catalogue does not say what became of {start} in {goal}. Add the relation as a file.")
        self._targets: dict[str, tuple[Clause, ...]] = {}
        self._notes: dict[str, str] = {}
        for row in rows:
            found = (self.goal.clauses.get(number) for number in row.to)
            asked = [clause for clause in found if clause and (clause.assessable or clause.optional)]
            self._targets[row.number] = tuple(dict.fromkeys([*self._targets.get(row.number, ()), *asked]))
            self._notes[row.number] = note_of(row.note)
        self.claimed = frozenset(claimed)
        self.documents = {document.id: document for document in documents}
        self.unreadable: list[tuple[Filed, ReferenceProblem]] = []
        self._read = {document.id: self._references(document) for document in self.documents.values()}

    def _references(self, document: Filed) -> list[Reference | None]:
        found: list[Reference | None] = []
        for text in document.clauses:
            try:
                found.append(self.catalogue.parse(text))
            except ReferenceProblem as problem:
                found.append(None)
                self.unreadable.append((document, problem))
        return found

    def _old(self, document: Filed) -> dict[str, list[int]]:
        """Where a document names a clause of the start: by itself, else by one with the same text (EMAS Part A)."""
        own: dict[str, list[int]] = {}
        same: dict[str, list[int]] = {}
        for index, reference in enumerate(self._read[document.id]):
            if reference and reference.standard == self.start.id:
                own.setdefault(reference.number, []).append(index)
            elif reference:
                for standard, number in self.catalogue.counts_for(reference):
                    if standard == self.start.id:
                        same.setdefault(number, []).append(index)
        return same | own

    def names(self, document: Filed, number: str) -> bool:
        """Whether a document has a reference that counts for a clause of the start."""
        return number in self._old(document)

    def _has(self, document: Filed) -> set[str]:
        """The clauses of the goal that a document names already."""
        return {r.number for r in self._read[document.id] if r and r.standard == self.goal.id}

    def questions(self, answers: Decisions) -> list[Question]:
        """What splits, is not answered, and was not settled in the document by a reference to one of the parts."""
        return [
            Question(
                document,
                self.start.clauses[number],
                tuple(document.clauses[index] for index in places),
                self._targets[number],
                self._notes[number],
            )
            for document in self.documents.values()
            for number, places in self._old(document).items()
            if len(self._targets.get(number, ())) > 1
            and answers.of(document.id, number) is None
            and not self._has(document) & {clause.number for clause in self._targets[number]}
        ]

    def ended(self, answers: Decisions) -> dict[str, tuple[str, list[str]]]:
        """Clauses that nothing follows, with the reason and the documents that name them."""
        found: dict[str, tuple[str, list[str]]] = {}
        for document in self.documents.values():
            for number in self._old(document):
                if not self._targets.get(number) and answers.of(document.id, number) is None:
                    note = self._notes.get(number) or f"it has no successor in {self.goal.name}"
                    found.setdefault(number, (note, []))[1].append(document.id)
        return found

    def new_clauses(self, answers: Decisions) -> list[NewClause]:
        """Clauses that follow none, that no document names and no answer is about."""
        followed = {clause.number for targets in self._targets.values() for clause in targets}
        named = {number for document in self.documents.values() for number in self._has(document)}
        given = {self._pair(text)[0] for each in answers.documents.values() for new in each.values() for text in new}
        return [
            NewClause(clause, tuple(d.id for d in self.documents.values() if _called(d, clause)))
            for clause in self.catalogue.assessable(self.goal.id)
            if clause.number not in followed | named | given | answers.new.keys()
        ]

    def changes(self, answers: Decisions) -> list[Change]:
        """The documents whose references change, in their order. Raises EmsError where an answer cannot be used."""
        wanted = self._wanted_of_new(answers)
        found = (self._change(document, answers, wanted.get(document.id, [])) for document in self.documents.values())
        return [change for change in found if change.clauses != change.document.clauses]

    def _change(self, document: Filed, answers: Decisions, fresh: list[str]) -> Change:
        have, taken = self._has(document), set(document.clauses)
        places = [[text] for text in document.clauses]
        added: list[str] = []
        for number, indexes in sorted(self._old(document).items(), key=lambda entry: entry[1]):
            for index in indexes:
                following = self._following(document, number, index, answers, have)
                new = [text for text in dict.fromkeys(following) if text not in taken]
                taken.update(new)
                if self._stays(document, index):
                    added += new
                else:
                    places[index] = new
        added += [text for text in fresh if text not in taken]
        order = list(self.goal.clauses)
        added.sort(key=lambda text: order.index(self.catalogue.parse(text).number))
        return self._placed(document, places, added)

    def _following(self, document: Filed, number: str, index: int, answers: Decisions, have: set[str]) -> list[str]:
        reference = self._read[document.id][index]
        assert reference is not None
        answer = answers.of(document.id, number)
        if answer is not None:
            pairs = [self._pair(text, document) for text in answer]
        else:
            targets = self._targets.get(number, ())
            pairs = [(targets[0].number, None)] if len(targets) == 1 and targets[0].number not in have else []
        return [self._text(new, anchor or reference.anchor) for new, anchor in pairs]

    def _stays(self, document: Filed, index: int) -> bool:
        """Whether an old reference is still needed: its edition, or one with the same text, is claimed."""
        reference = self._read[document.id][index]
        if reference is None or reference.standard != self.start.id:
            return True
        return any(home in self.claimed for home, _ in self.catalogue.counts_for(reference))

    def _placed(self, document: Filed, places: list[list[str]], added: list[str]) -> Change:
        """New references come after the last of the goal, else of the start, else at the end."""
        homes = [reference.standard if reference else "" for reference in self._read[document.id]]
        for home in (self.goal.id, self.start.id):
            if home in homes and added:
                last = len(homes) - 1 - homes[::-1].index(home)
                places[last] = [*places[last], *added]
                return Change(document, places, [])
        return Change(document, places, added)

    def _wanted_of_new(self, answers: Decisions) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for number, names in answers.new.items():
            for name in names:
                home, _, anchor = name.partition("#")
                found.setdefault(self.document(home).id, []).append(self._text(number, anchor or None))
        return found

    def document(self, name: str) -> Filed:
        """The document with an id, compared without case; EmsError naming the nearest."""
        known = {key.casefold(): document for key, document in self.documents.items()}
        if name.casefold() not in known:
            close = nearest(name.upper(), list(self.documents))
            raise EmsError(f'there is no document "{name}" to move.' + (f" Did you mean {close}?" if close else ""))
        return known[name.casefold()]

    def check(self, document: Filed, texts: Sequence[str]) -> None:
        """Whether these new clauses can be answered for a document; EmsError says what to write instead."""
        for text in texts:
            self._pair(text, document)

    def check_new(self, clause: str, names: Sequence[str]) -> str:
        """The number of a new clause, where these documents (`id#heading`) can answer it; EmsError otherwise."""
        number, _ = self._pair(clause)
        for name in names:
            home, _, anchor = name.partition("#")
            self._check_anchor(self.document(home), anchor)
        return number

    def _pair(self, text: str, document: Filed | None = None) -> tuple[str, str | None]:
        """Number and heading of an answer: `6.1.4`, `6.1.4#heading`, or the whole reference."""
        whole = text if "/" in text.partition("#")[0] else f"{self.goal.id}/{text}"
        reference = self.catalogue.parse(whole)
        if reference.standard != self.goal.id:
            raise EmsError(f"{text} is no clause of {self.goal.id}. Answers name clauses of {self.goal.id} only.")
        if document:
            self._check_anchor(document, reference.anchor or "")
        return reference.number, reference.anchor

    @staticmethod
    def _check_anchor(document: Filed, anchor: str) -> None:
        if anchor and anchor not in document.anchors:
            known = ", ".join([f"#{heading}" for heading in document.anchors][:12]) or "none"
            raise EmsError(f"{document.id} has no heading #{anchor}. Its headings: {known}.")

    def _text(self, number: str, anchor: str | None) -> str:
        return f"{self.goal.id}/{number}" + (f"#{anchor}" if anchor else "")


def answered(catalogue: Catalogue, standard: Standard, lists: Iterable[Sequence[str]]) -> set[str]:
    """The assessable clauses of a standard that these lists of references name."""
    found: set[str] = set()
    for text in {text for clauses in lists for text in clauses}:
        try:
            found |= {n for home, n in catalogue.counts_for(catalogue.parse(text)) if home == standard.id}
        except ReferenceProblem:
            continue
    return found & {clause.number for clause in catalogue.assessable(standard.id)}


def _called(document: Filed, clause: Clause) -> bool:
    """Whether the title or a heading has all the words of a clause's title, by how they begin."""
    return any(
        (words := _stems(title)) and words <= _stems(text)
        for title in clause.titles.values()
        for text in (document.title, *document.headings)
    )


def _stems(text: str) -> set[str]:
    return {word[:5] for word in re.findall(r"\w{4,}", text.casefold())}
