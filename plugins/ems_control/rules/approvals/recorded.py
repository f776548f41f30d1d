"""Family 3, 320 to 330: approval records by themselves. What does not count is told here and by `ems verify`."""

from __future__ import annotations

from collections.abc import Iterator

from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import rule
from ems_control.rules.finding import Found


def breaks(handbook: Handbook, kind: str) -> Iterator[Found]:
    """The breaks of one kind as findings; where a change is proposed, those that it would bring."""
    order = handbook.proposed_order
    proposed = handbook.repository.landings[order] if order is not None else None
    for one in handbook.verification.breaks:
        if one.kind == kind and proposed in (None, one.commit):
            within = one.path.startswith(handbook.docs + "/")
            path = one.path if within else handbook.repository.prefix + one.path
            yield Found(path, 0, 0, one.document, one.message, one.fix)


@rule("EMS320", "record-malformed", "error", needs_history=True, fixed=True, evidence=True, sees="shared")
def record_malformed(handbook: Handbook) -> Iterator[Found]:
    """An approval record cannot be read.

    Checks: Every file in approvals/ that ends in .json is JSON in UTF-8, no key given twice, with the keys and values
        of `ems explain record`, and no signature lies there without its record.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.2 (approval) and 7.5.3 (loss of integrity); EMAS A.7.5.2 and A.7.5.3.
    Bad:
        signed
        approvals/EMS-PRO-001/r001-20260110T090000Z-c.deputy-approve.json
          = {"schema": "ems-approval/1", "schema": "ems-approval/1"}
        commit
    Good:
        signed
    Fix: Records are written by `ems approve` and `ems record`, never by hand. Once on main, a broken one is ended by a
        `correct` record.
    """
    yield from breaks(handbook, "record-malformed")


@rule("EMS321", "record-misplaced", "error", needs_history=True, fixed=True, evidence=True, sees="shared")
def record_misplaced(handbook: Handbook) -> Iterator[Found]:
    """An approval record lies elsewhere than its content says.

    Checks: A record lies at approvals/ID/rNNN-MOMENT-PERSON-ACTION.json, with the id, revision, moment, person and
        action that stand in it.
    Basis: Our own rule: a copy of a record under another name would count for another document.
    Bad:
        signed
        copy approvals/EMS-PRO-001/r001-20260107T090000Z-b.boss-approve.json approvals/EMS-PRO-002/
        commit
    Good:
        signed
    Fix: Take the copy out before it lands on main; a decision about another document needs a record of its own.
    """
    yield from breaks(handbook, "record-misplaced")


@rule("EMS322", "record-changed", "error", needs_history=True, fixed=True, evidence=True, sees="shared")
def record_changed(handbook: Handbook) -> Iterator[Found]:
    """An approval record was changed or removed after it landed.

    Checks: Every record and every signature that ever stood on main still stands there, byte for byte.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.3 (loss of integrity); EMAS A.7.5.3.
    Bad:
        signed
        delete approvals/EMS-PRO-001/r001-20260107T090000Z-b.boss-approve.json
        commit
    Good:
        signed
    Fix: Put the file back as it first landed (`git checkout COMMIT -- PATH`). The record still counts as it was. A
        `correct` record that names the commit ends the finding.
    """
    yield from breaks(handbook, "record-changed")


@rule("EMS323", "record-dated-ahead", "error", needs_history=True, fixed=True, evidence=True, sees="shared")
def record_dated_ahead(handbook: Handbook) -> Iterator[Found]:
    """A decision is dated later than the day on which its record landed.

    Checks: `decided_at` is at most a day later than the commit that brought the record onto main.
    Basis: Our own rule: clocks differ by minutes, not by days.
    Bad:
        signed
        docs/procedures/EMS-PRO-002.md
          status: draft
        commit
        approve EMS-PRO-002 by b.boss at 2026-01-20
        commit
    Good:
        signed
        docs/procedures/EMS-PRO-002.md
        commit
        approve EMS-PRO-002 by b.boss
        commit
    Fix: Set the clock of the computer right and sign again.
    """
    yield from breaks(handbook, "record-dated-ahead")


@rule("EMS324", "record-chain-broken", "error", needs_history=True, fixed=True, evidence=True, sees="shared")
def record_chain_broken(handbook: Handbook) -> Iterator[Found]:
    """A record names an earlier one that is not there.

    Checks: Every record that `prev` names is a record of the same document, landed by then, and not decided later.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.3 (loss of integrity); EMAS A.7.5.3.
    Bad:
        signed
        docs/procedures/EMS-PRO-002.md
          status: draft
        commit
        approve EMS-PRO-002 by b.boss after sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
        commit
    Good:
        signed
    Fix: Somebody removed a record, or rewrote history. Compare with another clone, and bring the missing record back.
    """
    yield from breaks(handbook, "record-chain-broken")


@rule("EMS325", "record-under-unknown-policy", "error", needs_history=True, fixed=True, evidence=True, sees="shared")
def record_under_unknown_policy(handbook: Handbook) -> Iterator[Found]:
    """A record was signed under a policy that was never approved.

    Checks: `policy_digest` of a record is that of a state of ems.yml and people.yml that was approved by the time at
        which the record landed.
    Basis: Our own rule: whoever signs must have seen the rules that are in force.
    Bad:
        signed
        docs/procedures/EMS-PRO-002.md
          status: draft
        commit
        approve EMS-PRO-002 by b.boss under sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
        commit
    Good:
        signed
    Fix: Sign again under the policy in force.
    """
    yield from breaks(handbook, "record-under-unknown-policy")


@rule("EMS326", "record-signature-wrong", "error", needs_history=True, fixed=True, evidence=True, sees="shared")
def record_signature_wrong(handbook: Handbook) -> Iterator[Found]:
    """The signature of a record is missing, does not fit, or is by another key.

    Checks: Beside each record lies an SSH signature over its exact bytes, namespace `ems-approval`, by a key that its
        person had on the day of the decision and on the day it landed; for a forge's review, by the recorder's key. A
        key that was stolen counts no more for what landed since. A change brings no record by an RSA key below 3072
        bits.
    Basis: Our own rule: a decision is bound to its person by a signature. ISO 14001:2015 and ISO 14001:2026, 7.5.2,
        ask for approval, not for a signature.
    Bad:
        signed
        docs/procedures/EMS-PRO-002.md
          status: draft
        commit
        approve EMS-PRO-002 by b.boss with a.author
        commit
    Good:
        signed
    Fix: Have the decision signed again, by its person, with a key that stands in people.yml.
    """
    yield from breaks(handbook, "record-signature-wrong")
    order = handbook.proposed_order
    for entry in handbook.records.ledger.entries if order is not None else ():
        if entry.order == order and (words := entry.weak):
            fix = "Sign again with another key: ssh-keygen -t ed25519, and have it in people.yml first."
            path = handbook.repository.prefix + entry.path
            yield Found(path, 0, 0, entry.record.document if entry.record else "", f"it is signed by {words}", fix)


@rule("EMS327", "record-without-role", "error", needs_history=True, fixed=True, evidence=True, sees="shared")
def record_without_role(handbook: Handbook) -> Iterator[Found]:
    """Somebody decided in a role that they did not hold, or that has no such decision to take.

    Checks: The person of a record held its role on the day of the decision and, where the person signed, on the day it
        landed, by the policy in force there. The policy gives that role this decision for this type.
    Basis: ISO 14001:2015 and ISO 14001:2026, 5.3 (authorities) and 7.5.2 (approval); EMAS A.5.3 and A.7.5.2.
    Bad:
        signed
        docs/procedures/EMS-PRO-002.md
          status: draft
        commit
        approve EMS-PRO-002 by a.author as lead
        commit
    Good:
        signed
    Fix: Have it decided by somebody who holds the role, or a standing deputy.
    """
    yield from breaks(handbook, "record-without-role")


@rule("EMS328", "approval-by-contributor", "error", needs_history=True, fixed=True, evidence=True, sees="shared")
def approval_by_contributor(handbook: Handbook) -> Iterator[Found]:
    """Somebody approved by record what they had changed.

    Checks: Nobody who approves is author, co-author or committer of a commit that changed what the text says since the
        last approved revision, nor named among the contributors in the record.
    Basis: Our own rule: nobody approves what they touched.
    Bad:
        signed
        docs/procedures/EMS-PRO-002.md
          status: draft
        commit by b.boss@example.org
        approve EMS-PRO-002 by b.boss
        commit
    Good:
        signed
        docs/procedures/EMS-PRO-002.md
        commit by b.boss@example.org
        approve EMS-PRO-002 by c.deputy
        commit
    Fix: Somebody else in the role, or the deputy, must approve the text.
    """
    yield from breaks(handbook, "approval-by-contributor")


@rule(
    "EMS329", "approval-with-unknown-contributor", "error", needs_history=True, fixed=True, evidence=True, sees="shared"
)
def approval_with_unknown_contributor(handbook: Handbook) -> Iterator[Found]:
    """A text was approved by record that somebody unknown had changed.

    Checks: The address of everybody who changed the text belonged, when the approval landed, to a person in people.yml
        or to a pattern of `external_contributors` in ems.yml. Otherwise nobody can say whether the approver is another.
    Basis: Our own rule: nobody approves what they touched.
    Bad:
        signed
        docs/procedures/EMS-PRO-002.md
          status: draft
        commit by b.boss.at.home@example.net
        approve EMS-PRO-002 by b.boss
        commit
    Good:
        signed
        docs/procedures/EMS-PRO-002.md
        commit by a.author@example.org
        approve EMS-PRO-002 by b.boss
        commit
    Fix: Add the address to its person, or to `external_contributors`; have the policy approved; then sign again.
    """
    yield from breaks(handbook, "approval-with-unknown-contributor")


@rule("EMS330", "baseline-refused", "error", needs_history=True, fixed=True, evidence=True, sees="shared")
def baseline_refused(handbook: Handbook) -> Iterator[Found]:
    """A baseline takes over what it may not.

    Checks: A baseline lands by the day `baseline_until` of ems.yml, and its document has no records but baselines.
    Basis: Our own rule: approvals on paper are taken over once, when the handbook moves into git.
    Bad:
        signed
        docs/procedures/EMS-PRO-002.md
          status: draft
        commit
        baseline EMS-PRO-002 by b.boss
        commit
    Good:
        ems.yml
          baseline_until: 2026-02-01
        signed
        docs/procedures/EMS-PRO-002.md
        commit
        baseline EMS-PRO-002 by b.boss
        commit
    Fix: Have the revision approved as any other.
    """
    yield from breaks(handbook, "baseline-refused")
