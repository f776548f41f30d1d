"""The book of rules: registration, severities and waivers."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

import ems_control.rules
from ems_control.ground.counting import count
from ems_control.ground.doors import added, take
from ems_control.ground.errors import EmsError
from ems_control.ground.organisation.policy import Severity as PolicySeverity
from ems_control.ground.organisation.policy import Waiver
from ems_control.handbook.handbook import Handbook, Job
from ems_control.rules.finding import Finding, Found
from ems_control.rules.policy_seen import say_which_policy
from ems_control.rules.printed import RulePage, named

Check = Callable[[Handbook], Iterator[Found]]
Ahead = Callable[[Handbook], Iterable[Job]]
Sees = Literal["all", "one", "shared", "change", "break"]
"""What the findings of a rule depend on, beside policy, people, standards, records and the day."""


@dataclass(frozen=True)
class Rule(RulePage):
    """One rule: its page, and the function that looks for it.

    `fixed` rules (records, signatures, policy) can be neither lowered nor waived; a rule that is not `waivable`
    can be lowered but not waived. A rule that `needs_history` is silent in a shallow or partial clone; one that is
    `off` is silent until ems.yml gives it a severity. `evidence` rules are what `ems verify` runs; of these the ones
    that are `history_only` judge what once stood on main, which other rules do for the text that stands there now.
    `ahead` says what it will have made of texts, so that a second process can begin with it. What `sees` is "one" is
    found in each document by looking at that one; a rule that sees what is "shared" looks at several, but of their
    texts only at what `after_an_edit.shared` tells; one that sees a "change" asks what a proposed one does, and
    looks at the documents that it touches; one that sees a "break" tells of each document by itself, but of a proposed
    change only what breaks by it; of any other nothing is known.
    """

    check: Check
    needs_history: bool = False
    fixed: bool = False
    evidence: bool = False
    history_only: bool = False
    ahead: Ahead | None = None
    sees: Sees = "all"


_RULES: dict[str, Rule] = {}


def rule(
    code: str,
    name: str,
    severity: PolicySeverity,
    *,
    needs_history: bool = False,
    fixed: bool = False,
    evidence: bool = False,
    history_only: bool = False,
    ahead: Ahead | None = None,
    sees: Sees = "all",
) -> Callable[[Check], Check]:
    """Register a function as a rule. Codes are never reused."""

    def register(check: Check) -> Check:
        own = check.__module__.startswith(f"{ems_control.rules.__name__}.")
        if not re.fullmatch(r"EMS[1-8]\d\d" if own else r"(?!EMS)[A-Z]{2,8}[1-8]\d\d", code):
            said = "three digits of which the first names the family, behind letters of its own"
            raise EmsError(f"{check.__module__}: a rule of others has a code of {said}, not {code}.")
        other = next((one for one in _RULES.values() if one.code == code or one.name == name), None)
        if other:
            raise EmsError(f"{check.__module__}: there is a rule {other.code} {other.name} already.")
        page, how = check.__doc__ or "", (needs_history, fixed, evidence, history_only, ahead, sees)
        _RULES[code] = Rule(code, name, severity, page, check, *how)
        return check

    return register


@cache
def rules() -> list[Rule]:
    """Every rule, by code: each that is in a module of this package, and those that other distributions add."""
    for module in pkgutil.walk_packages(ems_control.rules.__path__, "ems_control.rules."):
        importlib.import_module(module.name)
    for name in added("rules"):
        take("rules", name)
    return [_RULES[code] for code in sorted(_RULES)]


@cache
def _by_word() -> dict[str, Rule]:
    return {key: rule for rule in rules() for key in (rule.code, rule.name)}


def find_rule(word: str) -> Rule:
    """The rule with this code or name; raises EmsError naming the nearest."""
    return named(word, _by_word())


def run(handbook: Handbook, on_rule: Callable[[Rule], None] = lambda _: None, verifying: bool = False) -> list[Finding]:
    """Every finding of every rule, after the policy's severities and waivers, by place.

    `on_rule` is told each rule before it runs. When `verifying`, only the rules of evidence run, over all of history.
    Where a change is proposed, what `verify` would call a break of a document is told, if no other error of it is.
    A message that rests on another policy than the files on screen says so first.
    """
    handbook.look_through()
    count("documents_checked", len(handbook.documents))
    if not verifying:
        handbook.make_meanwhile(job for rule in rules() if rule.ahead for job in rule.ahead(handbook))
    findings = told = found_by(rules(), handbook, on_rule, verifying)
    if not verifying:
        told = say_which_policy(handbook, findings, lambda other: found_by(rules(), other, on_rule))
    return sorted(set(told), key=lambda finding: finding.order)


def found_by(
    these: Iterable[Rule], handbook: Handbook, on_rule: Callable[[Rule], None], verifying: bool = False
) -> list[Finding]:
    """What these rules find, after the policy's severities and waivers."""
    severities = _severities(handbook)
    findings: list[Finding] = []
    proposing = handbook.proposal
    for rule in sorted(these, key=lambda rule: rule.history_only):
        if (verifying and not rule.evidence) or (rule.history_only and not (verifying or proposing)):
            continue
        on_rule(rule)
        if rule.needs_history and handbook.repository.incomplete:
            continue
        severity = severities.get(rule.code, rule.severity)
        if severity == "off":
            continue
        told = {finding.document for finding in findings if finding.severity == "error"}
        findings += [
            Finding(rule.code, rule.name, severity, f.path, f.line, f.column, f.document, f.message, f.fix)
            for f in rule.check(handbook)
            if not _waived(handbook, rule, f) and not (rule.history_only and not verifying and f.document in told)
        ]
    return findings


def lowers(severity: PolicySeverity, from_severity: PolicySeverity) -> bool:
    """Whether a severity written in ems.yml is lower than a rule's own."""
    order = ("off", "info", "warning", "error")
    return order.index(severity) < order.index(from_severity)


def _severities(handbook: Handbook) -> dict[str, PolicySeverity]:
    """The severities of ems.yml by code. What it may not say counts for nothing and is a finding of family 8."""
    known = _by_word()
    found: dict[str, PolicySeverity] = {}
    for word, severity in handbook.policy.rules.severity.items():
        rule = known.get(word) or known.get(word.upper()) or known.get(word.lower())
        if rule and not (rule.fixed and lowers(severity, rule.severity)):
            found[rule.code] = severity
    return found


def _waived(handbook: Handbook, rule: Rule, found: Found) -> bool:
    return not rule.fixed and any(
        waiver.rule.casefold() in (rule.code.casefold(), rule.name)
        and waiver.until >= handbook.day
        and waiver.covers(found.document, found.path)
        for waiver in handbook.policy.rules.waivers
    )


def waivers_used(handbook: Handbook) -> list[dict[str, str]]:
    """The waivers that switch a finding off on the handbook's day: rule, document, reason, until."""
    used = []
    for waiver in handbook.policy.rules.waivers:
        rule = _by_word().get(waiver.rule.upper()) or _by_word().get(waiver.rule.lower())
        if rule is None or rule.fixed or waiver.until < handbook.day:
            continue
        if any(waiver.covers(found.document, found.path) for found in rule.check(handbook)) or (
            waiver.of_independence and _carries(handbook, waiver)
        ):
            facts = {"rule": rule.code, "document": waiver.document, "reason": waiver.reason}
            used.append({**facts, "until": waiver.until.isoformat()})
    return used


def _carries(handbook: Handbook, waiver: Waiver) -> bool:
    """Whether a text is in force because its approver was allowed to have written it."""
    return any(
        waiver.covers(document.id, approval.version.path)
        and any(doubt.kind == "author" for doubt in handbook.judge(document, approval.version).doubts)
        for document in handbook.listed
        if (approval := document.in_force)
    )
