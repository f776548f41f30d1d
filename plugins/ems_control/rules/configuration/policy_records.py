"""Family 8, from 820: the policy files and their own records."""

from __future__ import annotations

from collections.abc import Iterator

from ems_control.ground.organisation.people import PEOPLE_FILE
from ems_control.ground.organisation.policy import POLICY_FILE
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.writing.policy_keys import rests_on_one_key, signs_anything
from ems_control.rules.approvals.recorded import breaks
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.finding_places import at_config


@rule("EMS820", "policy-record-wrong", "error", needs_history=True, fixed=True, evidence=True, sees="shared")
def policy_record_wrong(handbook: Handbook) -> Iterator[Found]:
    """A record about ems.yml and people.yml cannot start or continue the chain of policies.

    Checks: The first record in approvals/policy/ is an approval of revision 1, about files that stood on main and can
        be read. It is the trust root.
    Basis: Our own rule: who may approve is itself approved.
    Bad:
        docs/procedures/EMS-PRO-001.md
          status: draft
        keys
        commit
        approve policy by b.boss for 2
        commit
    Good:
        docs/procedures/EMS-PRO-001.md
          status: draft
        keys
        commit
        approve policy by b.boss
        commit
    Fix: Let the policy role approve the files as they stand: `ems approve policy`.
    """
    yield from breaks(handbook, "policy-record-wrong")


@rule("EMS821", "policy-not-approved", "error", needs_history=True, fixed=True, evidence=True, sees="shared")
def policy_not_approved(handbook: Handbook) -> Iterator[Found]:
    """ems.yml or people.yml differ from the policy in force.

    Checks: Once there is a trust root, the two files stand as they were last approved, or the change is approved with
        them. Until then everything is judged by the policy approved last.
    Basis: Our own rule: who may approve is itself approved.
    Bad:
        signed
        ems.yml
          emergency: "Emergency: 5555"
        commit
    Good:
        signed
        ems.yml
          emergency: "Emergency: 5555"
        commit
        approve policy by b.boss
        commit
    Fix: Have the change approved by the policy role: `ems approve policy`; or put the files back.
    """
    chain = handbook.records.chain
    found = list(breaks(handbook, "policy-not-approved"))
    if not found and handbook.working_tree and chain.newest and handbook.committed_config.digest != chain.newest.digest:
        message = f"ems.yml and people.yml differ from the policy in force{chain.rejected_by}"
        fix = "Have the change approved: ems approve policy. Until then the policy approved last is in force."
        found = [Found(handbook.repository.prefix + POLICY_FILE, 0, 0, "", message, fix)]
    yield from found


@rule("EMS822", "document-not-covered", "error", needs_history=True, fixed=True, evidence=True, sees="shared")
def document_not_covered(handbook: Handbook) -> Iterator[Found]:
    """An approved document is no document any more by the policy in force.

    Checks: What was approved lies on a controlled page under docs_dir, and its id begins like a type of ems.yml, by the
        policy in force. A later policy ends nothing: the document stays in force until it is withdrawn, by those whom
        the policy that last covered it asks for, or by the policy role.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.3 (control of documented information); EMAS A.7.5.3.
    Bad:
        signed
        ems.yml
          uncontrolled: [index.md, "procedures/*-001.md"]
        commit
        approve policy by b.boss
        commit
    Good:
        signed
        ems.yml
          uncontrolled: [index.md, "drafts/*.md"]
        commit
        approve policy by b.boss
        commit
    Fix: Cover the document again in ems.yml, or have it withdrawn: `ems approve ID --action withdraw`.
    """
    yield from breaks(handbook, "document-not-covered")


@rule("EMS825", "policy-rests-on-one-key", "warning", sees="shared")
def policy_rests_on_one_key(handbook: Handbook) -> Iterator[Found]:
    """One lost key would end the handbook.

    Checks: At least two persons with keys hold the policy role, or there is a recovery key, once a type asks for more
        than declarations or a policy is approved. Otherwise, should the key be lost, people.yml can never change again.
    Basis: Our own rule.
    Bad:
        signed
        people.yml
          +   d.clerk:
          +     name: D. Clerk
          +     roles: [{role: lead, from: 2020-01-01, deputy: true}]
        ems.yml
          policy: lead
        commit
        approve policy by b.boss
        commit
    Good:
        signed
    Fix: Give a second person the policy role and a key (a deputy counts), or make a recovery key: `ems recovery-key
        new`.
    """
    policy, people = handbook.policy, handbook.people
    asks = handbook.records.chain.newest is not None or signs_anything(policy)
    if asks and rests_on_one_key(policy, people, handbook.day):
        title = people.title(policy.policy_approval.role)
        message = f"fewer than two persons with keys are {title}, who approve the policy, and there is no recovery key"
        fix = "Give a second person that role and a key (a deputy counts), or make one: ems recovery-key new."
        yield at_config(handbook, PEOPLE_FILE, ("people",), message, fix)
