"""Which policy a finding rests on, said first where it is not the one on screen: in one place for all rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ems_control.ground.organisation.people import PEOPLE_FILE
from ems_control.ground.organisation.policy import POLICY_FILE
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.loading import by_the_files
from ems_control.rules.finding import Finding

SAY_IT_THEMSELVES = ("EMS820", "EMS821", "EMS822", "EMS823")
"""What is said about the files on screen themselves, or names its policy anyway."""


def say_which_policy(
    handbook: Handbook, findings: list[Finding], run: Callable[[Handbook], list[Finding]]
) -> list[Finding]:
    """The findings; one that would not be there by the files on screen says first by which policy it is.

    Whatever the rule, it is found by asking: the same rules `run` once more, as if those files were in force.
    """
    doubtful = judged_otherwise(handbook, findings)
    if not doubtful:
        return findings
    with by_the_files(handbook) as other:
        seen = {_key(one) for one in run(other)}
    return [_said(handbook, one) if one in doubtful and _key(one) not in seen else one for one in findings]


def judged_otherwise(handbook: Handbook, findings: list[Finding]) -> list[Finding]:
    """Those that may rest on another policy than the files on screen."""
    differ = handbook.committed_config.digest != handbook.policy_in_force.digest
    return [one for one in findings if one.rule not in SAY_IT_THEMSELVES and (differ or _is_old(handbook, one))]


def _key(one: Finding) -> tuple[object, ...]:
    return one.rule, one.severity, one.path, one.line, one.column, one.message, one.fix


def _is_old(handbook: Handbook, one: Finding) -> bool:
    """Whether a finding is about a text that is read by a policy before the one in force."""
    document = handbook.get(one.document) if one.document else None
    now = document.current if document else None
    return now is not None and now.path == one.path and now.reading != handbook.committed_config.policy.reading


def _said(handbook: Handbook, one: Finding) -> Finding:
    written, judging = handbook.committed_config, handbook.policy_in_force
    number = handbook.records.chain.number_of(judging.digest)
    which = f"by the policy in force ({number})" if number else "by the policy of the base"
    if written.digest == judging.digest:
        document = handbook.get(one.document)
        first = document.history.first_of(document.current) if document and document.current else None
        link = handbook.records.chain.at(first.order) if first else None
        link = link or handbook.records.chain.root
        which = f"by the policy under which this text came in (r{link.number:03d})" if link else which
    people_only = written.digest != judging.digest and written.policy_tree == judging.policy_tree
    name = PEOPLE_FILE if people_only else POLICY_FILE
    return replace(one, message=f"{which}, not by the {name} you see: {one.message}")
