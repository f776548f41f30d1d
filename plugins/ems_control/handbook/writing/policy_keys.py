"""Who could still sign the policy if a key were lost: persons of the policy role with keys, and the recovery key."""

from __future__ import annotations

from datetime import date

from ems_control.ground.formats.signatures import SignatureError, fingerprint, read_public_key, too_short
from ems_control.ground.organisation.people import RECOVERY, People, Person
from ems_control.ground.organisation.policy import LEVELS, Policy


def standing_keys(person: Person, day: date) -> list[str]:
    """The fingerprints of the keys that sign something new on a day."""
    found = []
    for own in person.keys:
        if own.from_ <= day and (own.until is None or day <= own.until) and not own.compromised:
            try:
                if not too_short(read_public_key(own.key)):
                    found.append(fingerprint(own.key))
            except SignatureError:
                continue
    return found


def rests_on_one_key(policy: Policy, people: People, day: date) -> bool:
    """Whether fewer than two persons can sign the policy, and there is no recovery key."""
    role = policy.policy_approval.role
    able = [key for key, _ in people.holders(role, day) if standing_keys(people.persons[key], day)]
    recovery = people.persons.get(RECOVERY)
    return len(able) < 2 and not (recovery and standing_keys(recovery, day))


def too_few_sign(policy: Policy, people: People, day: date) -> int | None:
    """How many can sign the policy, where those are fewer than it asks for; None where they are enough."""
    need = policy.policy_approval
    able = [key for key, _ in people.holders(need.role, day) if standing_keys(people.persons[key], day)]
    return len(able) if len(able) < need.number else None


def signs_anything(policy: Policy) -> bool:
    """Whether the policy asks for more than declarations."""
    return any(LEVELS.index(kind.level) > 0 for kind in policy.types.values())
