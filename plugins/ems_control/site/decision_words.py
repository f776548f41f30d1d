"""Decisions in words: what was decided, in which role, and what it rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from ems_control.approvals.lifecycle import Approval, Decision, Event
from ems_control.exports.words import Words
from ems_control.ground.forge_kinds import FORGE_KINDS
from ems_control.ground.formats.records import forge_of
from ems_control.ground.formats.signatures import fingerprint
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook


def action_of(event: Event, decision: Decision) -> str:
    """The key of the word for what was decided: that of the record, else what the claim says."""
    if decision.entry and decision.entry.record:
        return decision.entry.record.action
    return "approve" if isinstance(event, Approval) else "withdraw"


def role_title(handbook: Handbook, decision: Decision, words: Words) -> str:
    """The role in which somebody decided, with the word for a deputy."""
    return title_of(handbook, decision.role, decision.deputy, words)


@dataclass(frozen=True)
class OnPaper:
    """Who approved a text on paper before it was taken over, as its front matter says: person, role, day."""

    person: str
    role: str
    deputy: bool
    day: date


def named_decisions(document: Document) -> Iterator[tuple[Event, Decision, str]]:
    """Every decision about a document, as it landed, with the name of its light page: r3/decision-1.

    A revision that was decided about twice, because it came back, goes on counting.
    """
    counted: Counter[str] = Counter()
    for event in document.events:
        place = f"r{event.revision}" if isinstance(event, Approval) else "withdrawn"
        for decision in event.decisions:
            counted[place] += 1
            yield event, decision, f"{place}/decision-{counted[place]}"


def on_paper(handbook: Handbook, document: Document, approval: Approval) -> list[OnPaper]:
    """The decisions on paper behind a baseline; empty for what was decided here, or where the text does not say."""
    facts = approval.version.facts
    if not approval.taken_over or facts.approved_on is None or document.kind is None:
        return []
    found = []
    for key in facts.approved_by:
        person = handbook.people.persons.get(key)
        roles = [need.role for need in document.kind.approve]
        held = next((h for role in roles if person and (h := person.holds(role, facts.approved_on))), None)
        if held:
            found.append(OnPaper(key, held.role, held.deputy, facts.approved_on))
    return found


def approvers(handbook: Handbook, document: Document, approval: Approval, words: Words) -> str:
    """Names and roles of those who approved a revision, on paper where that is where it was approved."""
    paper = on_paper(handbook, document, approval)
    named = [(one.person, title_of(handbook, one.role, one.deputy, words)) for one in paper]
    named = named or [(d.person, role_title(handbook, d, words)) for d in approval.decisions]
    names = ", ".join(f"{handbook.people.name(person)}, {title}" for person, title in named)
    return words("approved on paper by" if paper else "approved by", names=names)


def title_of(handbook: Handbook, role: str, deputy: bool, words: Words) -> str:
    """The title of a role, said where it was held as deputy."""
    title = handbook.people.title(role, words.language)
    return words("deputy", role=title) if deputy else title


def key_of(decision: Decision) -> str:
    """The fingerprint of the key that signed a decision's record; "" for a claim."""
    return _fingerprint(decision.key) if decision.key else ""


_fingerprint = lru_cache(maxsize=1024)(fingerprint)


def evidence_of(handbook: Handbook, decision: Decision, words: Words) -> str:
    """What a decision rests on: a signature, a review at a forge, a paper, or a claim."""
    record = decision.entry.record if decision.entry else None
    if record is None:
        return words("level.declared means")
    name, evidence = handbook.people.name(decision.person), record.evidence
    if record.witnessed:
        kind = f"forge.{evidence.kind}" if evidence.kind in FORGE_KINDS.values() else "forge.other"
        place = {"forge": forge_of(evidence.kind), "review": evidence.review or "–", "pull": evidence.pull or "–"}
        what = words(kind, **place)
        return words("evidence.witnessed", what=what, name=name)
    key = key_of(decision)[:19]
    if evidence.kind == "external":
        paper = words.days_in(evidence.paper or "") or words("paper not named")
        return words("evidence.paper", paper=paper, name=name, print=key)
    return words("evidence.signed", name=name, print=key)
