"""What a pull request still needs before it may be merged: per document, whose decision is missing (`--reviews`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from ems_control.approvals.needs import Given, Need, deciding_roles, decisions_needed
from ems_control.approvals.rejections import Rejection
from ems_control.documents.history import Version, key_of
from ems_control.ground.formats.records import POLICY_ID, Record
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.outstanding.missing_decisions import action_on, rejected, still_open, told
from ems_control.handbook.outstanding.unrecognised import address_line, wrote
from ems_control.reviews.changed_documents import ChangedDocument, PullRequestView
from ems_control.reviews.decisions import (
    Decision,
    NotADecision,
    about_document,
    about_policy,
    policy_needs_signature,
    voter,
)
from ems_control.reviews.pull_request import PullRequest, Review, approves, latest, moment, rejects
from ems_control.reviews.whom_to_ask import asking

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Missing:
    """Something that still stands between a document and its merge; `path` is seen from the repository's root.

    `need` is the decision that is missing, by signature where `sign`; `stopped` names whose rejection stands.
    """

    document: str
    path: str
    message: str
    fix: str
    need: Need | None = None
    sign: bool = False
    stopped: str = ""


def missing(handbook: Handbook, pull: PullRequest, main: str | None = None) -> list[Missing]:
    """What the reviews (and the records in the branch) do not give yet, for every document that is submitted.

    `main` is the commit that it is to land on. Raises EmsError where its commits are not in the clone. Documents that
    need no more than a claim ask for nothing here.
    """
    pulled = PullRequestView(handbook, pull, main)
    if pull.merged:
        return []
    reviews = latest(pull)
    found = [one for matter in pulled.matters for one in _of_document(pulled, matter, reviews)]
    if pulled.changes_policy and handbook.records.chain.newest:
        found += _of_policy(pulled, reviews)
    return found


def elsewhere(handbook: Handbook, pull: PullRequest, main: str | None = None) -> list[Missing]:
    """What a proposed change submits and the pull request, as the forge tells it now, does not: nobody decided on it.

    So where another commit is looked at than its newest one, of before a push. Raises EmsError as `missing` does.
    """
    if pull.merged:
        return []
    matters = PullRequestView(handbook, pull, main).matters
    asked = {one.key for one in matters if one.text and one.text.facts.status == "submitted"}
    found = dict[str, Missing]()
    for one in asking(handbook):
        document, kind = handbook.get(one.document), handbook.policy.kind_of(one.document)
        if document is None or kind is None or kind.level == "declared" or key_of(one.document) in asked:
            continue
        message = f"{one.document} revision {one.revision} is submitted here, and not in pull request {pull.number} now"
        fix = f"Nobody could decide about it there: judge its newest commit, {pull.head[:10]}."
        found[one.document] = Missing(one.document, document.history.versions[-1].path, message, fix)
    return list(found.values())


def _of_document(pulled: PullRequestView, matter: ChangedDocument, reviews: list[Review]) -> list[Missing]:
    handbook, document, text = pulled.handbook, pulled.handbook.get(matter.id), matter.text
    kind = handbook.policy.kind_of(matter.id)
    if kind is None or kind.level == "declared":
        return []
    if not matter.withdraws and (text is None or text.facts.status != "submitted"):
        return []
    if not matter.withdraws and text and (other := _otherwise(handbook, document, matter, text)):
        return [other]
    approved, action = document.newest_approval if document else None, action_on(document, text)
    if action is None or (matter.withdraws and approved is None):
        return []
    about = approved.version if matter.withdraws and approved else text
    assert about is not None
    sign = kind.level == "signed"
    given, refusing = _votes(pulled, matter, reviews)
    votes = _recorded(handbook, matter.key, lambda record: about.is_sealed_by(record.seal)) | ({} if sign else given)
    said = (
        f"{matter.id} revision {text.facts.revision}" if text and not matter.withdraws else f"Withdrawing {matter.id}"
    )
    found = [_stopped(handbook, matter, review, person) for person, review in refusing.items()]
    if document and text and action == "approve":
        standing = _standing(handbook, document, text, pulled.pull, [] if sign else reviews)
        found += [Missing(matter.id, matter.path, told(handbook, one), "Settle it in the request.") for one in standing]
    end = datetime.combine(handbook.day, time(23, 59, 59), UTC)
    inside = pulled.contributors(pulled.pull.head, end) if action == "approve" else []
    strangers = [one for one in inside if one not in handbook.people.persons and kind.level == "witnessed"]
    found += [_unknown(pulled, matter, email) for email in strangers]
    row = text.metadata.row if text and inside else None
    may_not = {*inside, row.author if row else None, None if sign else pulled.author}
    options = decisions_needed(handbook.policy, kind, action, text, document.life.editable if document else None)
    asked = still_open(handbook, options, _given(votes), may_not)
    return found + [_ask(handbook, matter.id, matter.path, said, need, sign) for need in asked]


def _otherwise(handbook: Handbook, document: Document | None, matter: ChangedDocument, text: Version) -> Missing | None:
    """Where main would hold another text than the one that was reviewed, because main changed it, too."""
    lands = document.history.head if document and handbook.proposal else None
    if handbook.proposal is None or (lands is not None and lands.digest() == text.digest()):
        return None
    message = f"After the merge {matter.id} would read otherwise than what was reviewed, because main changed it, too"
    return Missing(matter.id, matter.path, message, "Bring main into the branch, and have the text reviewed anew.")


def _votes(
    pulled: PullRequestView, matter: ChangedDocument, reviews: list[Review]
) -> tuple[dict[str, Decision], dict[str, Review]]:
    """What the reviews give, and whose rejection stands, by person."""
    handbook, votes, refusing = pulled.handbook, dict[str, Decision](), dict[str, Review]()
    for review in reviews:
        try:
            person = voter(handbook, pulled.pull, review)
            if rejects(review):
                if _decides(handbook, matter, review, person):
                    refusing[person] = review
                continue
            vote = about_document(pulled, matter, matter.text, review, person)
        except NotADecision:
            continue
        if vote.action != "approve" or person not in _wrote(pulled, matter, review):
            votes[person] = vote
    return votes, refusing


def _wrote(pulled: PullRequestView, matter: ChangedDocument, review: Review) -> set[str]:
    """Who may not approve: behind the commit reviewed, behind the newest (a squash joins them), on main before."""
    handbook, at = pulled.handbook, moment(review)
    document, digest = handbook.get(matter.id), matter.text.digest() if matter.text else ""
    version = next((v for v in document.history.versions if v.digest() == digest), None) if document else None
    main = wrote(handbook, document, version, at, pulled.people) if document and version else []
    inside = {*pulled.contributors(review.commit or ""), *pulled.contributors(pulled.pull.head, at)}
    return inside | {one.person or one.email for one in main}


def _unknown(pulled: PullRequestView, matter: ChangedDocument, email: str) -> Missing:
    message = f"{email} wrote part of {matter.id}, and people.yml does not know the address: nobody can approve it"
    line = address_line(pulled.people, email)
    fix = f"Say whose it is, below that person in people.yml: {line}. Or list it in ems.yml: external_contributors."
    return Missing(matter.id, matter.path, message, fix)


def _of_policy(pulled: PullRequestView, reviews: list[Review]) -> list[Missing]:
    handbook = pulled.handbook
    digest, votes = pulled.at(pulled.pull.head).policy, dict[str, Decision]()
    for review in reviews:
        try:
            person = voter(handbook, pulled.pull, review)
            votes[person] = about_policy(pulled, digest, review, person)
        except NotADecision:
            continue
    need, sign = handbook.policy.policy_approval, policy_needs_signature(handbook)
    recorded = _recorded(handbook, POLICY_ID, lambda record: record.digest == digest)
    given = _given({**recorded, **votes})
    options = [[Need("approve", need.role, need.number)]]
    asked = still_open(handbook, options, given, {None if sign else pulled.author})
    said = "The change of ems.yml and people.yml"
    return [_ask(handbook, POLICY_ID, "ems.yml", said, one, sign) for one in asked]


def _recorded(handbook: Handbook, key: str, about: Callable[[Record], bool]) -> dict[str, Decision]:
    """Each person's latest decision about a text in the branch's records; if they hold is for other rules to say."""
    found: dict[str, Decision] = {}
    records = [entry.record for entry in handbook.records.ledger.of(key) if entry.record]
    for record in sorted(filter(about, records), key=lambda record: record.decided_at):
        person = handbook.people.persons.get(record.by.person)
        held = person.holds(record.by.role, handbook.day) if person else None
        if held:
            found[record.by.person] = Decision(record.by.person, held, record.action, record.digest, record.revision)
    return found


def _standing(
    handbook: Handbook, document: Document, text: Version, pull: PullRequest, reviews: list[Review]
) -> list[Rejection]:
    """Rejections by record that their person answered neither by a record nor by a later approving review."""
    mine = [one for one in reviews if one.account and one.commit and approves(one)]
    said = {handbook.people.by_account(pull.forge, one.account.id): moment(one) for one in mine if one.account}
    standing = rejected(handbook, document, text)
    return [one for one in standing if said.get(one.sound.record.by.person, NEVER) <= one.sound.record.decided_at]


def _given(votes: dict[str, Decision]) -> set[Given]:
    return {(vote.person, vote.action, vote.held.role) for vote in votes.values()}


def _ask(handbook: Handbook, name: str, path: str, said: str, need: Need, sign: bool) -> Missing:
    people = handbook.people
    able = [people.name(key) for key in (*need.persons, *need.deputies)]
    word = "review" if need.action == "review" else "approval"
    many = f"{need.number} {word}{'s' if need.number > 1 else ''}" + (" by signature" if sign else "")
    others = " else" * any(people.holders(need.role, handbook.day))
    who = f" ({_either(able)})" if able else f"; nobody{others} holds that role today"
    how = f"Sign it: ems approve {name}" if sign else "Ask for a review of the pull request as it stands now"
    return Missing(
        name, path, f"{said} still needs {many} by the {people.title(need.role)}{who}", how + ".", need, sign
    )


def _either(names: Sequence[str]) -> str:
    return " or ".join(names[:4]) + (" or others" if len(names) > 4 else "")


def _stopped(handbook: Handbook, matter: ChangedDocument, review: Review, person: str) -> Missing:
    name = handbook.people.name(person)
    how = "; dismissing that does not answer it" if review.state == "dismissed" else ""
    message = f"{name} asked for changes of {matter.id} and has not approved since{how}"
    return Missing(matter.id, matter.path, message, f"{name} must decide anew.", stopped=name)


def _decides(handbook: Handbook, matter: ChangedDocument, review: Review, person: str) -> bool:
    """Whether a person held a role, that day, which decides about the document."""
    policy = handbook.policy
    kind = policy.kind_of(matter.id)
    roles = deciding_roles(policy, kind, "reject", set()) if kind else set[str]()
    day = moment(review).astimezone(policy.zone).date()
    return any(handbook.people.persons[person].holds(role, day) for role in roles)
