"""Family 8, who holds which role."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ems_control.ground.organisation.people import PEOPLE_FILE, RECOVERY
from ems_control.ground.organisation.policy import POLICY_FILE, Requirement
from ems_control.ground.spelling import nearest
from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.finding_places import at_config

Keys = tuple[str | int, ...]
RECORDER = "recorder"


def _required(handbook: Handbook, reviewing: bool) -> Iterator[tuple[Keys, Requirement]]:
    """Every role that ems.yml names, with its place; with `reviewing`, those that only look at a text too."""
    policy = handbook.committed_config.policy
    for name, kind in policy.types.items():
        yield from ((("types", name, "approve"), need) for need in kind.approve)
        if reviewing:
            yield from ((("types", name, "review"), need) for need in kind.review)
    yield ("policy",), policy.policy_approval
    if policy.editorial:
        yield ("editorial",), policy.editorial
    if reviewing and policy.classification:
        yield ("classification",), policy.classification


def _approving(handbook: Handbook) -> dict[str, int]:
    """Every approving role that people.yml knows, with the highest number of persons asked for."""
    roles: dict[str, int] = {}
    for _, need in _required(handbook, reviewing=False):
        if need.role in handbook.committed_config.people.roles:
            roles[need.role] = max(roles.get(need.role, 0), need.number)
    return roles


@rule("EMS801", "role-unknown", "error", fixed=True, sees="shared")
def role_unknown(handbook: Handbook) -> Iterator[Found]:
    """A role is named that people.yml does not list.

    Checks: Every role in ems.yml (types, `policy`, `editorial`, `classification`) and every role that a person holds
        stands in `roles` of people.yml.
    Basis: ISO 14001:2015 and ISO 14001:2026, 5.3 (responsibilities and authorities); EMAS A.5.3.
    Bad:
        ems.yml
          editorial: controler
    Good:
        ems.yml
          editorial: controller
    Fix: Correct the role, or add it to `roles` in people.yml with its title.
    """
    named: list[tuple[str, Keys, str]] = [(POLICY_FILE, at, need.role) for at, need in _required(handbook, True)]
    for key, person in handbook.committed_config.people.persons.items():
        named += [(PEOPLE_FILE, ("people", key, "roles", n, "role"), held.role) for n, held in enumerate(person.roles)]
    for name, place, role in named:
        if role not in handbook.committed_config.people.roles and role not in (RECORDER, RECOVERY):
            close = nearest(role, handbook.committed_config.people.roles)
            fix = f"Did you mean {close}?" if close else f"Add {role} to roles in people.yml."
            yield at_config(handbook, name, place, f'the role "{role}" is not listed in people.yml', fix)


@rule("EMS802", "role-without-holder", "error", fixed=True, sees="shared")
def role_without_holder(handbook: Handbook) -> Iterator[Found]:
    """Too few persons hold a role that has to approve.

    Checks: Every role that approves (a type, the policy, an editorial revision) has at least as many holders on the
        day of the check, deputies included, as ems.yml asks for.
    Basis: ISO 14001:2015 and ISO 14001:2026, 5.3 (authorities) and 7.5.2 (approval); EMAS A.5.3 and A.7.5.2.
    Bad:
        people.yml
          roles: {manager: manager, controller: document controller, lead: yard lead, director: director}
        ems.yml
          policy: director
    Good:
        ems.yml
          policy: manager
    Fix: Write in people.yml who holds the role and since when, or name another role in ems.yml.
    """
    for role, number in _approving(handbook).items():
        holders = len(list(handbook.committed_config.people.holders(role, handbook.day)))
        if holders < number:
            who = "nobody holds it" if not holders else f"only {holders} of {number} hold it"
            message = f"the {handbook.committed_config.people.title(role)} has to approve, but {who} on {handbook.day}"
            fix = "Write in people.yml who holds the role and since when."
            yield at_config(handbook, PEOPLE_FILE, ("roles", role), message, fix)


@rule("EMS803", "role-without-deputy", "warning", sees="shared")
def role_without_deputy(handbook: Handbook) -> Iterator[Found]:
    """A role that has to approve has no deputy.

    Checks: Every role that approves has a deputy on the day of the check, so that an absence or a text written by the
        holder stops nothing.
    Basis: Our own rule.
    Bad:
        people.yml
          +   d.clerk:
          +     name: D. Clerk
          +     roles: [{role: lead, from: 2020-01-01}]
        ems.yml
          policy: lead
    Good:
        ems.yml
          policy: manager
    Fix: Name a deputy in people.yml: `{role: manager, from: 2026-01-01, deputy: true}`.
    """
    for role in _approving(handbook):
        held = [how for _, how in handbook.committed_config.people.holders(role, handbook.day)]
        if held and not any(how.deputy for how in held):
            message = (
                f"the {handbook.committed_config.people.title(role)} has to approve and has no deputy on {handbook.day}"
            )
            fix = f"Name one: {{role: {role}, from: {handbook.day}, deputy: true}}."
            yield at_config(handbook, PEOPLE_FILE, ("roles", role), message, fix)


@rule("EMS804", "identity-shared", "error", fixed=True, sees="shared")
def identity_shared(handbook: Handbook) -> Iterator[Found]:
    """Two persons have the same e-mail address, key or account.

    Checks: Every address, public key and account in people.yml belongs to one person: by them the history tells who
        wrote and who decided.
    Basis: Our own rule.
    Bad:
        people.yml
          +   d.clerk:
          +     name: D. Clerk
          +     emails: [B.Boss@example.org]
    Good:
        people.yml
          +   d.clerk:
          +     name: D. Clerk
          +     emails: [d.clerk@example.org]
    Fix: Leave it with the person it belongs to. A shared mailbox belongs to nobody and goes into
        `external_contributors` of ems.yml only if no approver writes from it.
    """
    owners: dict[tuple[str, str], str] = {}
    for key, person in handbook.committed_config.people.persons.items():
        held: list[tuple[str, str, Keys]] = [
            ("address", email.casefold(), ("emails", n)) for n, email in enumerate(person.emails)
        ]
        held += [("key", " ".join(k.key.split()[:2]), ("keys", n)) for n, k in enumerate(person.keys)]
        held += [(name, a.id, ("accounts", name)) for name, a in person.accounts.items()]
        for what, value, place in held:
            owner = owners.setdefault((what, value), key)
            if owner != key:
                shown = value if len(value) < 60 else value[:20] + "…" + value[-12:]
                told = {"address": f"the address {shown}", "key": f"the key {shown}"}
                account = f"the {what} account {shown}"
                names = handbook.committed_config.people.name(owner), person.name
                message = f"{told.get(what, account)} belongs to {names[0]} and to {names[1]}"
                fix = "Leave it with the one it belongs to."
                yield at_config(handbook, PEOPLE_FILE, ("people", key, *place), message, fix)


@rule("EMS807", "role-orphaned", "warning", needs_history=True, sees="shared")
def role_orphaned(handbook: Handbook) -> Iterator[Found]:
    """A role owns documents in force, but nobody holds it.

    Checks: Every role that owns a document in force has a holder, or a deputy, on the day of the check.
    Basis: ISO 14001:2015 and ISO 14001:2026, 5.3 (responsibilities and authorities); EMAS A.5.3.
    Bad:
        people.yml
          roles: {manager: manager, controller: document controller, lead: yard lead, keeper: gatekeeper}
        docs/procedures/EMS-PRO-002.md
          owner: keeper
    Good:
        people.yml
          roles: {manager: manager, controller: document controller, lead: yard lead, keeper: gatekeeper}
        docs/procedures/EMS-PRO-002.md
          owner: lead
    Fix: Write in people.yml who holds the role now; or give the documents another owner with their next revision.
    """
    owned: defaultdict[str, list[str]] = defaultdict(list)
    for document in handbook.listed:
        approval = document.in_force
        if approval and approval.version.metadata.owner:
            owned[approval.version.metadata.owner].append(document.id)
    for role, ids in owned.items():
        if role not in handbook.committed_config.people.roles or role in _approving(handbook):
            continue
        if not any(handbook.committed_config.people.holders(role, handbook.day)):
            shown = ", ".join(ids[:5]) + f" and {len(ids) - 5} more" * (len(ids) > 5)
            message = f"nobody is {handbook.committed_config.people.title(role)} on {handbook.day}, who owns {shown}"
            fix = "Write in people.yml who holds the role now."
            yield at_config(handbook, PEOPLE_FILE, ("roles", role), message, fix)


@rule("EMS810", "recorder-holds-role", "error", fixed=True, sees="shared")
def recorder_holds_role(handbook: Handbook) -> Iterator[Found]:
    """The recorder, who files what others decided, or the recovery key holds a role of its own.

    Checks: Whoever has the role `recorder` or `recovery`, or that key, in people.yml holds no other role on the day of
        the check: what files decisions, or lies in a safe, must not be able to make them.
    Basis: Our own rule.
    Bad:
        people.yml
          +   recorder:
          +     name: Recorder of approvals
          +     roles: [{role: recorder, from: 2020-01-01}, {role: manager, from: 2025-01-01}]
    Good:
        people.yml
          +   recorder:
          +     name: Recorder of approvals
          +     roles: [{role: recorder, from: 2020-01-01}]
    Fix: Take the other role away from it.
    """
    for key, person in handbook.committed_config.people.persons.items():
        held = {held.role: number for number, held in enumerate(person.roles) if held.holds_on(handbook.day)}
        mine = next((one for one in (RECORDER, RECOVERY) if key.casefold() == one or one in held), None)
        for role, number in held.items() if mine else ():
            if role != mine:
                title = handbook.committed_config.people.title(role)
                message = f"{person.name} is a key on paper and may not be {title}"
                if mine == RECORDER:
                    message = f"{person.name} files approvals and may not be {title}"
                place = ("people", key, "roles", number)
                yield at_config(handbook, PEOPLE_FILE, place, message, "Give that role to somebody else.")
