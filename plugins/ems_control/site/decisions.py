"""Decisions in words: what was decided, in which role, and what it rests on."""

from __future__ import annotations

from ems_control.ground.signatures import SignatureError, check, fingerprint
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.lifecycle import Approval, Decision, Event
from ems_control.site.words import Words


def action_of(event: Event, decision: Decision) -> str:
    """The key of the word for what was decided: that of the record, else what the claim says."""
    if decision.entry and decision.entry.record:
        return decision.entry.record.action
    return "approve" if isinstance(event, Approval) else "withdraw"


def role_title(handbook: Handbook, decision: Decision, words: Words) -> str:
    """The role in which somebody decided, with the word for a deputy."""
    title = handbook.people.title(decision.role, words.language)
    return words("deputy", role=title) if decision.deputy else title


def key_of(decision: Decision) -> str:
    """The fingerprint of the key that signed a decision's record; "" for a claim."""
    entry = decision.entry
    if entry is None or entry.signature is None:
        return ""
    try:
        return fingerprint(check(entry.data, entry.signature))
    except SignatureError:
        return ""


def evidence_of(handbook: Handbook, decision: Decision, words: Words) -> str:
    """What a decision rests on: a signature, a review at a forge, a paper, or a claim."""
    record = decision.entry.record if decision.entry else None
    if record is None:
        return words("level.declared means")
    name, evidence = handbook.people.name(decision.person), record.evidence
    if record.witnessed:
        what = words(f"forge.{evidence.kind}", review=evidence.review or "–", pull=evidence.pull or "–")
        return words("evidence.witnessed", what=what, name=name)
    key = key_of(decision)[:19]
    if evidence.kind == "external":
        paper = evidence.paper or words("paper not named")
        return words("evidence.paper", paper=paper, name=name, print=key)
    return words("evidence.signed", name=name, print=key)
