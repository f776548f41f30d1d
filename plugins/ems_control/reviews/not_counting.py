"""Which reviews of an open pull request decide nothing, and why: nobody shall believe that they did."""

from __future__ import annotations

from ems_control.handbook.handbook import Handbook
from ems_control.reviews.changed_documents import ChangedDocument, PullRequestView
from ems_control.reviews.decisions import NotADecision, about_document, voter
from ems_control.reviews.pull_request import UNDATED, PullRequest, Review, approves, latest, moment, unknown
from ems_control.reviews.recording import NEEDS_SIGNATURE, Skipped


def not_counting(handbook: Handbook, pull: PullRequest, main: str) -> list[Skipped]:
    """The reviews that approve or ask for changes and count for nothing about one document or all, with the reason.

    `main` is the commit that it is to land on. Raises EmsError where its newest commit is not in the clone.
    """
    pulled = PullRequestView(handbook, pull, main)
    asked = [matter for matter in pulled.matters if _asks(handbook, matter)]
    known, found = latest(pull), list[Skipped]()
    for review in pull.reviews:
        if unknown(review):
            found.append(Skipped.of("", "nobody", review.id, NotADecision(UNDATED, "nobody")))
    for review in known:
        if review.state == "dismissed" and review.was is None:
            continue
        name = review.account.login or review.account.id if review.account else "nobody"
        try:
            person = voter(handbook, pull, review)
        except NotADecision as why:
            found.append(Skipped.of("", name, review.id, why))
            continue
        for matter in asked:
            if reason := _reason(pulled, matter, review, person):
                found.append(Skipped.of(matter.id, handbook.people.name(person), review.id, reason))
    return found


def _asks(handbook: Handbook, matter: ChangedDocument) -> bool:
    kind = handbook.policy.kind_of(matter.id)
    submitted = matter.text is not None and matter.text.facts.status == "submitted"
    return kind is not None and kind.level != "declared" and (matter.withdraws or submitted)


def _reason(pulled: PullRequestView, matter: ChangedDocument, review: Review, person: str) -> NotADecision | None:
    kind = pulled.handbook.policy.kind_of(matter.id)
    if kind and kind.level == "signed" and approves(review):
        return NotADecision(NEEDS_SIGNATURE, "signature")
    try:
        vote = about_document(pulled, matter, matter.text, review, person)
    except NotADecision as why:
        return why
    if vote.action == "approve" and person in pulled.contributors(review.commit or "", moment(review)):
        return NotADecision("whoever wrote a text cannot approve it", "wrote")
    return None
