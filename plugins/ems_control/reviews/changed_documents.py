"""What a pull request did to the handbook: which documents it decides about, where it landed, who wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from ems_control.approvals.contributors import counts_as_unknown
from ems_control.documents.history import Version
from ems_control.ground.errors import EmsError
from ems_control.ground.git.log import Change
from ems_control.ground.text import is_markdown
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.reviews.pull_request import PullRequest
from ems_control.reviews.snapshot import Snapshot


@dataclass(frozen=True)
class ChangedDocument:
    """A document that a pull request asks a decision about: its newest text there, None where the file goes."""

    key: str
    id: str
    path: str
    text: Version | None

    @property
    def withdraws(self) -> bool:
        """Whether it takes the document out of force."""
        return self.text is None or self.text.facts.status == "withdrawn"


def _same(old: Version, new: Version) -> bool:
    if old.blob == new.blob and old.attachments == new.attachments:
        return True  # without reading what it shows
    return old.digest() == new.digest() and old.facts.status == new.facts.status


def _dated(handbook: Handbook, pull: PullRequest) -> PullRequest:
    """A pull request of Gitea or Forgejo with each review as late as its commit.

    They date a review that was begun before a push, and sent after it, by when it was begun.
    """
    if pull.forge != "gitea":
        return pull
    repository, reviews = handbook.repository, []
    for one in pull.reviews:
        if one.commit and one.submitted_at and repository.has_commit(one.commit):
            one = one.model_copy(update={"submitted_at": max(one.submitted_at, repository.committed(one.commit))})
        reviews.append(one)
    return pull.model_copy(update={"reviews": tuple(reviews)})


class PullRequestView:
    """A pull request seen from a clone of its repository, before or after it landed.

    `main` is the commit that it is to land on (default: what the forge compares with). Raises EmsError where its
    newest commit is not in the clone.
    """

    def __init__(self, handbook: Handbook, pull: PullRequest, main: str | None = None) -> None:
        self.handbook, self._main = handbook, main
        self.pull = _dated(handbook, pull)
        self.people = handbook.people.at(pull.forge, pull.url)
        self._snapshots: dict[str, Snapshot] = {}
        if not handbook.repository.has_commit(pull.head):
            raise EmsError(f"commit {pull.head[:10]} of {pull.called} is not in this clone. {self.fetch}")

    @property
    def fetch(self) -> str:
        """How to get what a squash or a rebase left behind."""
        return f"Fetch it: git fetch origin {self.pull.ref}"

    def has(self, commit: str) -> bool:
        """Whether a commit is in the clone."""
        return self.handbook.repository.has_commit(commit)

    def at(self, commit: str) -> Snapshot:
        """The documents of a commit that is in the clone."""
        if commit not in self._snapshots:
            self._snapshots[commit] = Snapshot(self.handbook, commit)
        return self._snapshots[commit]

    @cached_property
    def landing(self) -> int | None:
        """The order of the landing by which it came onto main; None where git cannot tell (or before it did)."""
        landings = self.handbook.records.landings
        orders = {landing.sha: order for order, landing in enumerate(landings)}
        if self.pull.merge_commit is not None:
            if self.pull.merge_commit not in orders:
                fix = "Fetch, and go to the newest main: git pull."
                raise EmsError(
                    f"commit {self.pull.merge_commit[:10]} merged {self.pull.called}, but it is not on main here. {fix}"
                )
            return orders[self.pull.merge_commit]
        if self.pull.merged is False:
            return None
        low, high = 0, len(landings)
        while low < high:  # the first landing that has its newest commit behind it
            middle = (low + high) // 2
            if self.handbook.repository.merge_base(self.pull.head, landings[middle].sha) == self.pull.head:
                high = middle
            else:
                low = middle + 1
        return low if low < len(landings) else None

    @cached_property
    def before(self) -> str:
        """The commit of main just before it landed, or on which it is to land."""
        landings = self.handbook.records.landings
        if self.landing is not None:
            own, order = {commit.sha for commit in self.pull.commits}, self.landing
            while landings[order].sha in own and order > 0:
                order -= 1  # a fast-forward: its own commits became main
            return (
                landings[order].sha if order < self.landing else (landings[order].parents or (landings[order].sha,))[0]
            )
        found = self._main or self.pull.base
        if found is None or not self.has(found):
            where = f" ({found[:10]})" if found else ""
            raise EmsError(f"where {self.pull.called} starts{where} is not in this clone. Fetch main: git fetch origin")
        return found

    def _start(self, commit: str) -> Snapshot:
        base = self.handbook.repository.merge_base(self.before, commit)
        if base is None:
            raise EmsError(f"{self.pull.called} and main have no commit in common.")
        return self.at(base)

    @cached_property
    def matters(self) -> list[ChangedDocument]:
        """The documents whose content or status it changes, by id; a moved file or changed clauses are no decision."""
        then, now = self._start(self.pull.head).texts, self.at(self.pull.head).texts
        found = []
        for key in sorted({*then, *now}):
            old, new = then.get(key), now.get(key)
            same = old and new and _same(old, new)
            text = new or old
            if not same and text:
                found.append(ChangedDocument(key, text.file.id or key, text.path, new))
        return found

    @property
    def author(self) -> str | None:
        """The person who opened it, and so cannot decide about it at the forge."""
        return self.people.by_account(self.pull.forge, self.pull.author.id if self.pull.author else None)

    @property
    def changes_policy(self) -> bool:
        """Whether it changes ems.yml or people.yml."""
        return self._start(self.pull.head).policy != self.at(self.pull.head).policy

    def landed(self, matter: ChangedDocument, document: Document | None) -> Version | None:
        """The text of a document that stood on main once the pull request had landed; None where it was gone."""
        versions = document.history.versions if document else []
        if self.landing is None:
            digest = matter.text.digest() if matter.text else ""
            return next((version for version in reversed(versions) if version.digest() == digest), None)
        stood = [version for version in versions if version.order <= self.landing]
        left = [order for _, order in document.history.left] if document else []
        gone = stood and any(stood[-1].order < order <= self.landing for order in left)
        return stood[-1] if stood and not gone else None

    def contributors(self, commit: str, decided: datetime | None = None) -> list[str]:
        """Who wrote what the pull request changed up to a commit: person keys, else addresses.

        Authors, co-authors and committers of every commit whose content differs from that in each of its parents (of
        those since `decided` without the committer); also whom the forge's account of an author belongs to.
        """
        accounts = {one.sha: one.author.id for one in self.pull.commits if one.author}
        found: dict[str, None] = {}
        for one in self.handbook.repository.between(commit, self.before):
            if not any(self._changes_content(change) for change in one.changes):
                continue
            others = [*one.co_authors, *([one.committer_email] if not decided or one.landed < decided else [])]
            found |= dict.fromkeys(self._authors(one.author_email, accounts.get(one.sha)))
            for email in others:
                person = self.people.by_email(email)
                if person or counts_as_unknown(email, self.handbook.policy, self.people):
                    found[person or email.lower()] = None
        return sorted(found)

    def _authors(self, email: str, account: str | None) -> Iterator[str]:
        """Whom the address of an author and the account that the forge gives with it stand for."""
        known, person = self.people.by_account(self.pull.forge, account), self.people.by_email(email)
        if account and self.people.by_login(email):
            person = None  # the forge says by number who has that login
        if known:
            yield known
        if person:
            yield person
        elif not known and counts_as_unknown(email, self.handbook.policy, self.people, author=True):
            yield email.lower()

    def _changes_content(self, change: Change) -> bool:
        if not change.path.startswith(self.handbook.docs + "/"):
            return False
        if not is_markdown(change.path):
            return all(before != change.after for before in change.befores)
        after = self.handbook.tree.store.content(change.after)
        return all(self.handbook.tree.store.content(before) != after for before in change.befores)
