"""Whether a handbook's people, keys and trust root are ready for what its policy asks: `ems doctor`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from ems_control.approvals.record_checks import RECORDER
from ems_control.ground.formats.signatures import SignatureError, read_public_key
from ems_control.ground.organisation.policy import LEVELS
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.writing.policy_keys import rests_on_one_key, signs_anything, standing_keys, too_few_sign

Light = Literal["good", "look", "bad"]
SOON = timedelta(days=60)


@dataclass(frozen=True)
class Line:
    """One thing that was looked at: its name, how it is, that in words, and what to do ("" where nothing is).

    `unknown` is what nobody told us: it is never set up.
    """

    what: str
    state: Light
    words: str
    todo: str = ""
    unknown: bool = False


def readiness(handbook: Handbook) -> Iterator[Line]:
    """Trust root, approved policy, recorder, keys and accounts, on the handbook's day."""
    yield _root(handbook)
    chain = handbook.records.chain
    if chain.newest and handbook.committed_config.digest != chain.newest.digest:
        words = "ems.yml and people.yml differ from what was approved; the approved ones judge"
        yield Line("policy", "look", words, "Have the change signed: ems approve policy --as … --key …")
    yield from _policy_keys(handbook)
    yield _recorder(handbook)
    yield from _keys(handbook)
    yield from _deciders(handbook)


def _root(handbook: Handbook) -> Line:
    chain, highest = handbook.records.chain, _highest(handbook)
    if chain.root is None:
        if highest == "declared":
            words = "none yet; every type asks for level declared only, so nothing waits for it"
            return Line("trust root", "look", words, "For records and signatures: ems approve policy --as … --key …")
        words = f"none, but a type asks for level {highest}: no revision can come into force"
        return Line("trust root", "bad", words, "Run: ems approve policy --as … --key …")
    day = chain.root.landing.landed.astimezone(handbook.policy.zone).date()
    by = ", ".join(handbook.people.name(one.record.by.person) for one in chain.root.decisions) or "its signer"
    words = f"{chain.root.digest}, {chain.root.level} by {by}, since {day}; {len(chain.links)} approved so far"
    return Line("trust root", "good", words, "Compare the digest with the one on paper.")


def _policy_keys(handbook: Handbook) -> Iterator[Line]:
    """Whether a lost key would end the handbook, and whether the recovery key was used."""
    newest, policy = handbook.records.chain.newest, handbook.policy
    if newest and newest.recovered:
        words = f"policy revision {newest.number} was approved by the recovery key alone"
        yield Line("policy", "look", words, "Have the policy role approve the next one, with a new recovery key.")
    if (newest or signs_anything(policy)) and rests_on_one_key(policy, handbook.people, handbook.day):
        title = handbook.people.title(policy.policy_approval.role)
        words = f"only one key can sign the policy (as {title}), or none: once lost, people.yml can never change again"
        todo = "Give a second person that role and a key, or make a recovery key: ems recovery-key new."
        yield Line("policy keys", "look", words, todo)
    able = too_few_sign(policy, handbook.people, handbook.day)
    if (newest or signs_anything(policy)) and able is not None:
        need = policy.policy_approval
        words = f"a change of the policy needs {need.number} {handbook.people.title(need.role)}; {able} with a key"
        yield Line("policy keys", "bad", words, "Give others that role and a key, while enough can still sign that.")


def _highest(handbook: Handbook) -> str:
    return max((kind.level for kind in handbook.policy.types.values()), key=LEVELS.index, default="declared")


def _recorder(handbook: Handbook) -> Line:
    people, day = handbook.people, handbook.day
    holders = [key for key, _ in people.holders(RECORDER, day)]
    if not holders:
        words = "nobody holds the role recorder: reviews at a forge cannot become records"
        return Line(
            "recorder", "look", words, "Needed for level witnessed only: add a person with that role and a key."
        )
    for key in holders:
        others = [held.role for held in people.persons[key].roles if held.role != RECORDER and held.holds_on(day)]
        if others:
            words = f"{key} is recorder and also {', '.join(others)}"
            return Line("recorder", "bad", words, "Give the recorder no other role, and a key that only main can use.")
        if not standing_keys(people.persons[key], day):
            return Line("recorder", "bad", f"{key} has no key that counts today", "Add its public key to people.yml.")
    return Line("recorder", "good", f"{', '.join(holders)}, with that role only")


def _keys(handbook: Handbook) -> Iterator[Line]:
    day, count = handbook.day, 0
    for key, person in handbook.people.persons.items():
        for own in person.keys:
            count += 1
            name = f"key of {key}"
            try:
                read_public_key(own.key)
            except SignatureError as error:
                yield Line(name, "bad", str(error), "Replace it in people.yml with a key of kind ssh-ed25519.")
                continue
            if own.compromised:
                yield Line(name, "look", f"compromised since {own.compromised}: counts no more since", "")
            elif own.until and day <= own.until <= day + SOON:
                todo = "Add the next key beside it now, with its own `from`; leave the old one."
                yield Line(name, "look", f"ends on {own.until}", todo)
    if count:
        yield Line("keys", "good", f"{count} in people.yml were read")


def _deciders(handbook: Handbook) -> Iterator[Line]:
    """Whoever has to decide can: a key where signatures are asked for, a key or an account where reviews are enough."""
    policy, people, day = handbook.policy, handbook.people, handbook.day
    for name, kind in policy.types.items():
        if kind.level == "declared":
            continue
        for need in (*kind.review, *kind.approve):
            holders = [key for key, _ in people.holders(need.role, day)]
            able = [
                key
                for key in holders
                if standing_keys(people.persons[key], day)
                or (kind.level == "witnessed" and people.persons[key].accounts)
            ]
            if len(able) < need.number:
                how = "a key" if kind.level == "signed" else "a key or an account at the forge"
                words = f"type {name} needs {need.number} {people.title(need.role)}; {len(able)} with {how}"
                yield Line(
                    "who decides", "bad", words, f"Give {' or '.join(holders) or 'somebody'} {how} in people.yml."
                )
