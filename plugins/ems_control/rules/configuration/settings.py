"""Family 8: policy and people. Who holds which role is in roles.py."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ems_control.ground.errors import EmsError
from ems_control.ground.markdown.mkdocs_yml import CONFIG_FILE
from ems_control.ground.organisation.policy import EVERY_DOCUMENT, POLICY_FILE
from ems_control.ground.organisation.references import ReferenceProblem
from ems_control.ground.spelling import nearest
from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import Rule, find_rule, lowers, rule
from ems_control.rules.finding import Found
from ems_control.rules.finding_places import at_config


def _rule(word: str) -> tuple[Rule | None, str]:
    """The rule that a word names, else why there is none."""
    try:
        return find_rule(word), ""
    except EmsError as error:
        return None, str(error).removeprefix("there is no rule ").partition(". ")[2]


@rule("EMS805", "waiver-ended", "warning", sees="shared")
def waiver_ended(handbook: Handbook) -> Iterator[Found]:
    """A waiver has passed its last day.

    Checks: `until` of every waiver in ems.yml is not before the day of the check. An ended waiver switches nothing
        off.
    Basis: Our own rule.
    Bad:
        ems.yml
          rules: {waivers: [{rule: EMS601, document: EMS-PRO-001, reason: Waits for a permit., until: 2026-02-01}]}
    Good:
        ems.yml
          rules: {waivers: [{rule: EMS601, document: EMS-PRO-001, reason: Waits for a permit., until: 2026-06-01}]}
    Fix: Take the waiver out. If the reason still holds, decide again and write a new last day.
    """
    for number, waiver in enumerate(handbook.committed_config.policy.rules.waivers):
        if waiver.until < handbook.day:
            message = f"the waiver of {waiver.rule} for {waiver.document} ended on {waiver.until}"
            place = ("rules", "waivers", number, "until")
            yield at_config(handbook, POLICY_FILE, place, message, "Take it out, or decide on a new last day.")


WRITE_A_REASON = "Write in one sentence why; an auditor reads it."


@rule("EMS806", "waiver-unknown", "error", fixed=True, sees="shared")
def waiver_unknown(handbook: Handbook) -> Iterator[Found]:
    """A waiver names a rule or a document that does not exist, or a rule that cannot be waived.

    Checks: Every waiver in ems.yml names a rule by its code or name, and a document by its id or a file by its path;
        `"*"`, every document, for approver-contributed only. It gives a reason.
        Rules of records, signatures and policy cannot be waived.
    Basis: Our own rule.
    Bad:
        ems.yml
          rules: {waivers: [{rule: EMS999, document: EMS-PRO-001, reason: New permit., until: 2026-06-01}]}
    Good:
        ems.yml
          rules: {waivers: [{rule: review-overdue, document: EMS-PRO-001, reason: New permit., until: 2026-06-01}]}
    Fix: Correct the rule or the document, or take the waiver out. `ems rules` lists the rules.
    """
    for number, waiver in enumerate(handbook.committed_config.policy.rules.waivers):
        place = ("rules", "waivers", number)
        if not waiver.reason.strip():
            message = f"the waiver of {waiver.rule} for {waiver.document} gives no reason"
            yield at_config(handbook, POLICY_FILE, (*place, "reason"), message, WRITE_A_REASON)
        found, hint = _rule(waiver.rule)
        if found is None:
            message = f'a waiver names the rule "{waiver.rule}", which does not exist'
            yield at_config(handbook, POLICY_FILE, (*place, "rule"), message, hint)
        elif found.fixed:
            message = f"{found.code} {found.name} cannot be waived"
            yield at_config(handbook, POLICY_FILE, (*place, "rule"), message, "Take the waiver out.")
        if waiver.document == EVERY_DOCUMENT and not waiver.of_independence:
            message = f"{waiver.rule} cannot be waived for every document at once"
            fix = (
                "Name one document; only approver-contributed can be waived for all, where one person does everything."
            )
            yield at_config(handbook, POLICY_FILE, (*place, "document"), message, fix)
        elif waiver.document != EVERY_DOCUMENT and not _names_something(handbook, waiver.document):
            close = nearest(waiver.document.upper(), [document.id for document in handbook.ordered])
            fix = f"Did you mean {close}?" if close else "Write the id of a document, or the path of a file."
            message = f'a waiver names "{waiver.document}", which is no document'
            yield at_config(handbook, POLICY_FILE, (*place, "document"), message, fix)


def _names_something(handbook: Handbook, word: str) -> bool:
    """Whether a waiver's document is one: an id, or the path of anything that a finding can stand at."""
    if handbook.get(word) or word.startswith((POLICY_FILE, "people.yml", CONFIG_FILE)):
        return True
    paths = [*handbook.tree.files, *handbook.tree.odd]
    return any(word.casefold() == path.casefold() for path in paths)


@rule("EMS808", "standard-unknown", "error", sees="shared")
def standard_unknown(handbook: Handbook) -> Iterator[Found]:
    """ems.yml names a standard or edition that the catalogue does not have.

    Checks: Every edition in `standards` and in `transition` of ems.yml is in the catalogue; a transition goes to a
        later edition of the same standard.
    Basis: Our own rule.
    Bad:
        ems.yml
          standards: [iso-14001:2015, iso-14001:2062, emas]
    Good:
        ems.yml
          standards: [iso-14001:2015, iso-14001:2026, emas]
    Fix: Write an edition that the catalogue has; the message names the likely one.
    """
    policy, known = handbook.committed_config.policy, handbook.catalogue.standards
    named: list[tuple[tuple[str | int, ...], str]] = [(("standards", n), s) for n, s in enumerate(policy.standards)]
    if policy.transition:
        named += [(("transition", "from"), policy.transition.from_), (("transition", "to"), policy.transition.to)]
    for place, standard in named:
        if standard not in known:
            close = nearest(standard.lower(), known)
            fix = f"Write {close}." if close else f"Known are {', '.join(known)}."
            yield at_config(handbook, POLICY_FILE, place, f'"{standard}" is not in the catalogue of standards', fix)
    plan = policy.transition
    if plan and plan.from_ in known and plan.to in known:
        old, new = known[plan.from_], known[plan.to]
        if old.standard != new.standard or plan.from_ == plan.to or _is_later(old.edition, new.edition):
            message = f"{plan.to} is no later edition of the same standard as {plan.from_}"
            fix = "Name two editions of one standard, the one that ends first."
            yield at_config(handbook, POLICY_FILE, ("transition", "to"), message, fix)


def _is_later(one: str | None, other: str | None) -> bool:
    """Whether an edition is later than another, by their numbers; the words of an own standard tell nothing."""
    ours, theirs = ([int(number) for number in re.findall(r"[0-9]{1,9}", name or "")] for name in (one, other))
    return bool(ours and theirs) and ours > theirs


@rule("EMS809", "not-applicable-refused", "error", fixed=True, sees="shared")
def not_applicable_refused(handbook: Handbook) -> Iterator[Found]:
    """A clause is declared not applicable that always applies, or that does not exist.

    Checks: Every reference in `not_applicable` of ems.yml names a clause of the catalogue that can be left out, which
        none of ISO 14001 can (nor of EMAS Part A, which repeats it): an environmental management system meets all of
        them. What can: EMAS Art. 7 and annex-IV.E, ISO 9001 8.3, and what a standard of your own says. It gives a
        reason.
    Basis: ISO 14001:2015 and ISO 14001:2026, 4.3 and 4.4; EMAS A.4.3 and A.4.4.
    Bad:
        ems.yml
          not_applicable: [{reference: "iso-14001:2026/8.2", reason: Nothing can happen here.}]
    Good:
        ems.yml
          not_applicable: [{reference: emas/annex-IV.E, reason: No local office is registered.}]
    Fix: Take the line out and say in a document how the clause is met, if only by saying that the case does not occur.
    """
    for number, line in enumerate(handbook.committed_config.policy.not_applicable):
        place = ("not_applicable", number, "reference")
        if not line.reason.strip():
            message = f"{line.reference} is declared not applicable, and no reason is given"
            yield at_config(handbook, POLICY_FILE, ("not_applicable", number, "reason"), message, WRITE_A_REASON)
        try:
            reference = handbook.catalogue.parse(line.reference)
        except ReferenceProblem as problem:
            standard, _, wanted = line.reference.partition("/")
            known = handbook.catalogue.standards.get(standard)
            heading = known.clauses.get(wanted) if known and known.standard != "iso-14001" else None
            if heading is None or not heading.not_applicable:
                yield at_config(handbook, POLICY_FILE, place, problem.message, problem.fix)
            continue
        if any(home.startswith("iso-14001:") for home, _ in handbook.catalogue.counts_for(reference)):
            message = f"{line.reference} cannot be declared not applicable: every clause of ISO 14001 applies"
            yield at_config(handbook, POLICY_FILE, place, message, "Take it out, and say in a document how it is met.")
            continue
        clause = handbook.catalogue.clause(reference)
        if reference.anchor is None and not (clause.not_applicable or clause.optional):
            message = f"{line.reference} cannot be declared not applicable: {clause.title()} is asked of everybody"
            yield at_config(handbook, POLICY_FILE, place, message, "Take it out, and say in a document how it is met.")


@rule("EMS811", "rule-override-refused", "error", fixed=True, sees="shared")
def rule_override_refused(handbook: Handbook) -> Iterator[Found]:
    """ems.yml changes the severity of a rule that does not exist or cannot be lowered.

    Checks: Every line under `rules`, `severity` in ems.yml names a rule by its code or name. Rules of records,
        signatures and policy cannot be lowered.
    Basis: Our own rule.
    Bad:
        ems.yml
          rules: {severity: {EMS999: info}}
    Good:
        ems.yml
          rules: {severity: {review-overdue: info}}
    Fix: Correct the rule, or take the line out. `ems rules` lists the rules.
    """
    for word, severity in handbook.committed_config.policy.rules.severity.items():
        found, hint = _rule(word)
        place = ("rules", "severity", word)
        if found is None:
            yield at_config(handbook, POLICY_FILE, place, f'there is no rule "{word}"', hint)
        elif found.fixed and lowers(severity, found.severity):
            message = f"{found.code} {found.name} cannot be lowered to {severity}"
            yield at_config(handbook, POLICY_FILE, place, message, "Take the line out.")


@rule("EMS812", "level-out-of-reach", "error", needs_history=True, fixed=True, evidence=True, sees="shared")
def level_out_of_reach(handbook: Handbook) -> Iterator[Found]:
    """A type asks for stronger evidence than this handbook can have.

    Checks: A type whose `level` is witnessed or signed needs an approved policy (the trust root) and approval records.
        Without them nothing of that type is in force. A handbook that has no document yet is asked for none.
    Basis: Our own rule: how strong evidence must be is the organisation's own decision, and what it asks for must be
        possible.
    Bad:
        docs/procedures/EMS-PRO-001.md
          status: draft
          approved_by:
          approved_on:
        keys
    Good:
        ems.yml
          types:
            procedure: {prefix: EMS-PRO, folder: procedures, level: declared, approve: manager}
    Fix: Write `level: declared`, or have the policy approved: `ems approve policy`.
    """
    for name, kind in handbook.committed_config.policy.types.items():
        if kind.level != "declared" and handbook.documents and not handbook.records.ledger.of("policy"):
            message = (
                f'type "{name}" asks for {kind.level} approvals, but no policy has been approved: '
                "nothing of it is in force"
            )
            fix = "Run `ems approve policy`, or write level: declared until approval records are used."
            yield at_config(handbook, POLICY_FILE, ("types", name, "level"), message, fix)
