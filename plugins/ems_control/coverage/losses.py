"""What a proposed change takes from coverage: clauses answered no more, duties to document that were met."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ems_control.approvals.lifecycle import Approval, Withdrawal, applying
from ems_control.coverage.answers import claims, kept
from ems_control.coverage.coverage import Asked, ClauseCoverage, not_applicable
from ems_control.documents.history import Version
from ems_control.ground.organisation.standards import Catalogue, Clause, Key
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.translations import behind


@dataclass(frozen=True)
class Loss:
    """A clause of a claimed standard that a change leaves worse: answered no more, or its duty met no more.

    `lacks` is what the duty then misses, empty where the answer itself is lost; `answered_by` are the ids of the
    documents that answered it or held its evidence, `by` is the first that does so no more; `later`: only once a text
    of the change applies; `withdrawn`: by withdrawals alone, which those who approve have decided.
    """

    clause: Clause
    lacks: tuple[Asked, ...]
    answered_by: tuple[str, ...]
    by: Document
    later: bool

    @property
    def withdrawn(self) -> bool:
        """Whether nothing but withdrawals took it away."""
        return _ended(self.by)


@dataclass
class _Sight:
    """What a set of texts, one for each document, says about clauses."""

    documents: dict[Key, list[Document]] = field(default_factory=lambda: defaultdict(list))
    evidence: dict[Key, list[Document]] = field(default_factory=lambda: defaultdict(list))

    def add(self, catalogue: Catalogue, document: Document, version: Version | None) -> None:
        """Take in what a text of a document says."""
        if version is None:
            return
        for key in dict.fromkeys(key for key, _ in claims(catalogue, version)):
            self.documents[key].append(document)
        rows = [row for one in version.attachments for row in kept(catalogue, document, version, one)]
        for key in dict.fromkeys(key for key, row in rows if not row.missing):
            self.evidence[key].append(document)

    def keys(self) -> set[tuple[str, Key]]:
        """What is there: clauses answered, and clauses with evidence."""
        return {("document", key) for key in self.documents} | {("evidence", key) for key in self.evidence}

    def lacks(self, clause: Clause) -> tuple[Asked, ...]:
        """What the duty of a clause misses."""
        key = (clause.standard, clause.number)
        there = {
            "document": any(one.fulfils_duties for one in self.documents.get(key, ())),
            "evidence": bool(self.evidence.get(key)),
        }
        return tuple(what for what in ClauseCoverage(clause).asked if not there[what])


@dataclass(frozen=True)
class _Texts:
    """The texts of a document that count before a change, after it, and once what it brings applies."""

    document: Document
    before: Version | None
    before_later: Version | None
    after: Version | None
    later: Version | None


def losses(handbook: Handbook) -> list[Loss]:
    """What a proposed change takes from the coverage of the claimed standards; empty where nothing is proposed.

    A text that is submitted is judged as if it applied already: when its day comes, no change is there to be checked.
    What a holder of the policy role decided about, in the change and after the text had its clauses, is accepted.
    """
    order, catalogue = handbook.proposed_order, handbook.catalogue
    if order is None:
        return []
    dropped: tuple[dict[tuple[str, Key], Document], ...] = ({}, {})
    for document in sorted(handbook.touched, key=_ended):
        gone = list(_dropped(catalogue, _texts(document, order)))
        if any(gone) and not _accepted(handbook, document, order):
            for later, keys in enumerate(gone):
                for one in keys:
                    dropped[later].setdefault(one, document)
    if not any(dropped):
        return []
    texts = [_texts(one, order) for one in handbook.ordered if not behind(handbook, one)]
    before = _sight(catalogue, ((one.document, one.before) for one in texts))
    after = _sight(catalogue, ((one.document, one.after) for one in texts))
    then = _sight(catalogue, ((one.document, one.later) for one in texts))
    found: dict[Key, Loss] = {}
    for later, now in enumerate((after, then)):
        for loss in _lost(handbook, before, now, dropped[later], bool(later)):
            found.setdefault((loss.clause.standard, loss.clause.number), loss)
    return list(found.values())


def _sight(catalogue: Catalogue, texts: Iterable[tuple[Document, Version | None]]) -> _Sight:
    sight = _Sight()
    for document, version in texts:
        sight.add(catalogue, document, version)
    return sight


def _accepted(handbook: Handbook, document: Document, order: int) -> bool:
    """Whether a decision of the policy role about a document comes with the change, made when it said what it says.

    Clauses are not sealed, so a decision made before they changed accepts nothing. A withdrawal is told all the same.
    """
    if _ended(document):
        return False
    role = handbook.policy.policy_approval.role
    last = handbook.records.contributions.last_proposed(document.history.paths)
    return any(
        one.entry.order == order
        and one.record.by.role == role
        and one.record.action != "reject"
        and (last is None or one.record.decided_at >= last)
        for one in document.life.counting
    )


def _ended(document: Document) -> bool:
    """Whether the last that was decided about a document is its withdrawal."""
    return isinstance(document.life.last, Withdrawal)


def _dropped(catalogue: Catalogue, texts: _Texts) -> Iterator[set[tuple[str, Key]]]:
    """What a document says no more after a change, then what it will say no more."""
    before, before_later, after, later = (
        _sight(catalogue, [(texts.document, version)]).keys()
        for version in (texts.before, texts.before_later, texts.after, texts.later)
    )
    yield before - after
    yield (before & before_later) - later


def _texts(document: Document, order: int) -> _Texts:
    before, before_later = _at(document, order)
    return _Texts(document, before, before_later, *_at(document, order + 1))


def _at(document: Document, end: int) -> tuple[Version | None, Version | None]:
    """The text in force by what landed before `end`, as it was filed then, and the text that follows it."""
    events = [event for event in document.events if event.order < end]
    versions = [version for version in document.history.versions if version.order < end]
    approval = applying(events, document.day)

    def filed(one: Approval) -> Version:
        return [version for version in document.filings(one) if version.order < end][-1]

    now = filed(approval) if isinstance(approval, Approval) else None
    gone = document.history.absent and any(left < end for _, left in document.history.left[-1:])
    newest = versions[-1] if versions and not gone else None
    approved = max((one.revision for one in events if isinstance(one, Approval)), default=0)
    if newest and newest.facts.status == "submitted" and (newest.facts.revision or 0) > approved:
        return now, newest
    coming = [event for event in events if event.first_day > document.day]
    if not coming:
        return now, now
    return now, None if isinstance(coming[-1], Withdrawal) else filed(coming[-1])


def _lost(
    handbook: Handbook, before: _Sight, after: _Sight, dropped: dict[tuple[str, Key], Document], later: bool
) -> Iterator[Loss]:
    for name in handbook.policy.standards:
        standard = handbook.catalogue.standards.get(name)
        if standard is None:
            continue
        excluded = not_applicable(handbook, standard)
        for clause in standard.clauses.values():
            key = (name, clause.number)
            by = dropped.get(("document", key)) or dropped.get(("evidence", key))
            if by is None or not clause.assessable or clause.number in excluded:
                continue
            had = before.documents.get(key, [])
            if had and not after.documents.get(key):
                yield Loss(clause, (), tuple(one.id for one in had), by, later)
                continue
            was, lacks = before.lacks(clause), after.lacks(clause)
            if _met(clause, was) and not _met(clause, lacks):
                held = before.evidence.get(key, []) if "evidence" in lacks else []
                counted = [one for one in had if one.fulfils_duties] if "document" in lacks else []
                yield Loss(clause, lacks, tuple(dict.fromkeys(one.id for one in (*counted, *held))), by, later)


def _met(clause: Clause, lacks: tuple[Asked, ...]) -> bool:
    return ClauseCoverage(clause, lacks=lacks).duty != "unmet"
