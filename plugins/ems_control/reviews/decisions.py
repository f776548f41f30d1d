"""What one review says about one document: whose decision it is, in which role, about which text. Or why it is none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ems_control.approvals.lifecycle import Withdrawal
from ems_control.approvals.needs import deciding_roles, decisions_needed
from ems_control.documents.history import Version
from ems_control.ground.formats.records import Action, Record
from ems_control.ground.organisation.people import HeldRole
from ems_control.ground.organisation.policy import DocumentType
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.outstanding.missing_decisions import action_on
from ems_control.handbook.outstanding.unrecognised import account_line
from ems_control.reviews.changed_documents import ChangedDocument, PullRequestView
from ems_control.reviews.pull_request import PullRequest, Review, approves, moment, rejects
from ems_control.reviews.snapshot import Snapshot

NO_COMMIT = "it is of no commit: the forge does not say which commit was reviewed, by its whole name"


class NotADecision(Exception):  # noqa: N818
    """A review that decides nothing here; carries the reason, in words for a sentence.

    `kind` names it, where it is also told in the handbook's language (why.KIND in exports/words.yml), with `values`.
    """

    def __init__(self, reason: str, kind: str = "", **values: str) -> None:
        super().__init__(reason)
        self.kind, self.values = kind, values


@dataclass(frozen=True)
class Decision:
    """A decision by one person: in which role, about which digest and revision; `text` is None for the policy."""

    person: str
    held: HeldRole
    action: Action
    digest: str
    revision: int
    effective: date | None = None
    text: Version | None = None

    def is_about(self, record: Record) -> bool:
        """Whether a record is about the same text."""
        return self.text.is_sealed_by(record.seal) if self.text else record.digest == self.digest


def voter(handbook: Handbook, pull: PullRequest, review: Review) -> str:
    """The person whose review it is; raises NotADecision for an account of nobody and for the author's own."""
    account = review.account
    if account is None:
        raise NotADecision("the forge no longer knows whose it is", "nobody")
    if pull.author and pull.author.id == account.id:
        raise NotADecision("whoever opened a pull request cannot decide about it", "opened")
    people = handbook.people.at(pull.forge, pull.url)
    if key := people.by_account(pull.forge, account.id):
        return key
    line = account_line(pull.forge, account.id, account.login, pull.url)
    who = f"the {pull.forge} account {account.id} ({account.login})"
    said = f"people.yml knows nobody with {who}; whoever it is needs there: {line}"
    raise NotADecision(said, "unknown", account=f"{account.id} ({account.login})", line=line)


def about_document(
    pulled: PullRequestView, matter: ChangedDocument, target: Version | None, review: Review, person: str
) -> Decision:
    """What a review says about a document whose text at the end is `target` (None: gone); raises NotADecision."""
    handbook = pulled.handbook
    _given(review)
    text = _commit(pulled, review).texts.get(matter.key)
    document = handbook.get(matter.id)
    if matter.withdraws:
        return _withdrawal(handbook, document, target, text, review, person)
    if text is None or target is None or text.digest() != target.digest():
        if rejects(review):
            said = "it asks for changes on another text than this, and was not answered by a new approval"
            raise NotADecision(said, "stale")
        said = "it is about another text (stale): what was reviewed differs from what stands there now"
        raise NotADecision(said, "stale")
    if text.facts.status != "submitted" or target.facts.status != "submitted":
        raise NotADecision("the text was a draft, and nobody was asked to approve it", "draft")
    kind = handbook.policy.kind_of(matter.id)
    number = target.facts.revision
    if kind is None or number is None:
        raise NotADecision("its type or revision cannot be read")
    asked = _asked(handbook, kind, document, target, review)
    action, held = _role(handbook, asked, matter.id, review, person)
    return Decision(person, held, action, target.digest(), number, target.facts.effective, target)


def on_main_still(document: Document, vote: Decision) -> None:
    """Raise NotADecision where main went another way since: a record would put in force what was changed or taken back.

    A rejection stands over every text of its revision, and a later revision in work leaves an approval as it is.
    """
    head = document.history.head
    number = (head.facts.revision or 0) if head else 0
    if vote.action == "withdraw":
        kept = _ends(head)
    else:
        kept = vote.action == "reject" or number > vote.revision or (head and head.digest()) == vote.digest
    if not kept:
        raise NotADecision("it is about another text (stale): main was changed since, or it was taken back", "stale")


def policy_needs_signature(handbook: Handbook) -> bool:
    """Whether a witnessed policy would take a type out of force: no level is higher than the policy's own."""
    policies = (handbook.policy, handbook.committed_config.policy)
    return any(kind.level == "signed" for policy in policies for kind in policy.types.values())


def about_policy(pulled: PullRequestView, target: str, review: Review, person: str) -> Decision:
    """What a review says about ems.yml and people.yml, whose digest at the end is `target`; raises NotADecision."""
    handbook = pulled.handbook
    _given(review)
    if rejects(review) or _commit(pulled, review).policy != target or not target:
        raise NotADecision("it approves no state of ems.yml and people.yml that stands there now (stale)")
    newest = handbook.records.chain.newest
    if newest and newest.digest == target:
        raise NotADecision("ems.yml and people.yml are approved as they stand")
    if policy_needs_signature(handbook):
        why = "ems.yml has types that need signatures, and under a policy that is only witnessed none is one"
        raise NotADecision(f"{why}; sign it: ems approve policy")
    need = handbook.policy.policy_approval
    action, held = _role(handbook, [("approve", need.role)], "ems.yml and people.yml", review, person)
    return Decision(person, held, action, target, newest.number + 1 if newest else 1)


def _given(review: Review) -> None:
    """Refuse what is no decision: dismissed, taken back."""
    if not rejects(review) and not approves(review):
        said = "it was dismissed or taken back" if review.was is None else "the approval was dismissed"
        raise NotADecision(said, "dismissed")


def _commit(pulled: PullRequestView, review: Review) -> Snapshot:
    if review.commit is None:
        raise NotADecision(NO_COMMIT, "of no text")
    if not pulled.has(review.commit):
        said = f"commit {review.commit[:10]} is not in this clone; fetch it: git fetch origin {review.commit}"
        raise NotADecision(said, "gone")
    return pulled.at(review.commit)


def _withdrawal(
    handbook: Handbook,
    document: Document | None,
    target: Version | None,
    text: Version | None,
    review: Review,
    person: str,
) -> Decision:
    approved = document.newest_approval if document else None
    if document is None or document.kind is None or approved is None:
        raise NotADecision("nothing of the document was ever approved, so there is nothing to withdraw")
    if isinstance(document.life.last, Withdrawal):
        raise NotADecision("the document is withdrawn already")
    if not (_ends(text) and _ends(target)):
        raise NotADecision("it is about another text (stale): what was reviewed did not withdraw the document")
    if rejects(review):
        raise NotADecision("it asks for changes of a withdrawal")
    policy = handbook.policy
    roles = [need.role for need in document.kind.approve]
    roles += sorted(deciding_roles(policy, document.kind, "withdraw", set()) - set(roles))
    action, held = _role(handbook, [("withdraw", role) for role in roles], document.id, review, person)
    return Decision(person, held, action, approved.version.digest(), approved.revision, text=approved.version)


def _ends(text: Version | None) -> bool:
    return text is None or text.facts.status == "withdrawn"


def _asked(
    handbook: Handbook, kind: DocumentType, document: Document | None, target: Version, review: Review
) -> list[tuple[Action, str]]:
    """The decisions that count here with their roles, the approving ones first."""
    action: Action = "reinstate" if action_on(document, target) == "reinstate" and not rejects(review) else "approve"
    options = decisions_needed(handbook.policy, kind, action, target, document.life.editable if document else None)
    needs = sorted((need for option in options for need in option), key=lambda need: need.action)
    return [("reject" if rejects(review) else need.action, need.role) for need in needs]


def _role(
    handbook: Handbook, asked: list[tuple[Action, str]], what: str, review: Review, person: str
) -> tuple[Action, HeldRole]:
    day = moment(review).astimezone(handbook.policy.zone).date()
    for action, role in asked:
        held = handbook.people.persons[person].holds(role, day)
        if held:
            return action, held
    wanted = " or ".join(dict.fromkeys(handbook.people.title(role) for _, role in asked)) or "nobody"
    name = handbook.people.name(person)
    said = f"{name} was not {wanted} on {day}, who decides about {what}"
    raise NotADecision(said, "role", name=name, role=wanted, day=day.isoformat(), document=what)
