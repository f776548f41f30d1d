"""Gitea and Forgejo as a desk: statuses, comments and requested reviewers, by their REST interface, version 1."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from pydantic import BaseModel

from ems_control.forges.base import HalfAnswerError
from ems_control.forges.desks.base import (
    STATUS,
    Comment,
    OpenRequest,
    Queued,
    State,
    Status,
    is_account,
    latest_of,
)
from ems_control.forges.desks.like_github import DeskLikeGitHub
from ems_control.forges.gitea import Gitea
from ems_control.forges.like_github import Side, User, account_of
from ems_control.ground.formats.records import Account
from ems_control.reviews.pull_request import Moment, Number

PAGE, MOST_PAGES = 50, 100


class _Listed(BaseModel):
    number: Number
    title: str
    user: User | None
    head: Side
    base: Side
    draft: bool | None = None
    merged: bool
    merged_at: Moment | None


class _Asked(BaseModel):
    id: int
    user: User | None
    state: str


class _Said(BaseModel):
    id: int
    status: str
    context: str
    description: str
    creator: User | None


class _Note(BaseModel):
    id: int
    user: User | None
    body: str


class _Search(BaseModel):
    data: list[User]


_DRAFTS = ("wip:", "[wip]", "draft:", "[draft]")
"""How titles begin that Gitea takes for drafts; the field `draft` came later."""


class GiteaDesk(DeskLikeGitHub, Gitea):
    """One repository at Gitea or Forgejo, where we write."""

    _me: int | None = None

    def me(self) -> int:
        """The account of the token."""
        if self._me is None:
            what = "the account of this token"
            self._me = self._http.read(User, self._http.get("user", what), what).id
        return self._me

    def open_requests(self) -> list[OpenRequest]:
        """Every open pull request; Gitea keeps whom it asked among the reviews."""
        what = f"the open pull requests of {self.repository}"
        found, number = dict[int, _Listed](), 1
        while number <= MOST_PAGES:  # its Link names the configured host, which need not be the one asked
            rows = self._http.get(f"{self._path}/pulls?state=open&limit={PAGE}&page={number}", what)
            listed = self._http.read_rows(_Listed, rows, what)
            if all(one.number in found for one in listed):
                break
            found |= {one.number: one for one in listed}
            number += 1
        return [self._open(one) for one in found.values()]

    def _open(self, one: _Listed) -> OpenRequest:
        what = f"reviews of pull request {one.number} of {self.repository}"
        rows = self._http.read_all(_Asked, f"{self._path}/pulls/{one.number}/reviews?limit={PAGE}", what)
        last = {row.user.id: row.state.upper() for row in sorted(rows, key=lambda row: row.id) if row.user}
        asked = frozenset(str(user) for user, state in last.items() if state == "REQUEST_REVIEW")
        draft = one.draft if one.draft is not None else one.title.lower().startswith(_DRAFTS)
        return OpenRequest(one.number, one.head.sha, one.head.ref, one.base.ref, draft, account_of(one.user), asked)

    def merged(self, branch: str, many: int) -> list[int]:
        """The newest of the closed ones that were merged."""
        what = f"the merged pull requests of {self.repository}"
        asked = {"state": "closed", "sort": "recentupdate", "limit": str(min(many, PAGE)), "page": "1"}
        rows = self._http.get(f"{self._path}/pulls?{urlencode(asked)}", what)
        found = self._http.read_rows(_Listed, rows, what)
        wanted = [one for one in found if one.merged and one.merged_at and one.base.ref == branch]
        return [one.number for one in sorted(wanted, key=lambda one: (one.merged_at, one.number))]

    def queued(self, branch: str) -> list[Queued]:  # noqa: ARG002
        """Gitea and Forgejo have no merge queue."""
        return []

    def one_by_one(self) -> bool | None:
        """Whether rebasing or fast-forwarding is allowed, after which each commit is on main by itself."""
        tree = self._repository()
        told = [tree.get("allow_rebase"), tree.get("allow_fast_forward_only_merge", False)]
        return None if any(not isinstance(one, bool) for one in told) else any(told)

    def status(self, commit: str) -> Status | None:
        """The latest status under our name."""
        what = f"the statuses of {commit[:10]}"
        path = f"{self._path}/commits/{commit}/statuses?limit={PAGE}&sort=recentupdate"
        rows = self._http.get(path, what)
        listed = self._http.read_rows(_Said, rows, what)
        ours = [one for one in listed if one.context == STATUS]
        mine = self.me() if ours else None
        return latest_of([(one.id, Status(one.status, one.description, is_account(one.creator, mine))) for one in ours])

    def post_status(self, commit: str, state: State, words: str, number: int) -> None:
        """A commit status that leads to the pull request."""
        place = f"{self.url}/{self.repository}/pulls/{number}"
        body = {"state": state, "context": STATUS, "description": words[:140], "target_url": place}
        self._http.send("POST", f"{self._path}/statuses/{commit}", body, f"the status of {commit[:10]}")

    def comments(self, number: int) -> list[Comment]:
        """The comments of its conversation; Gitea gives all of them at once."""
        what = f"the comments of pull request {number} of {self.repository}"
        rows = self._http.get(f"{self._path}/issues/{number}/comments", what)
        notes = self._http.read_rows(_Note, rows, what)
        mine = self.me() if notes else None
        return [
            Comment(str(one.id), is_account(one.user, mine), one.body) for one in sorted(notes, key=lambda one: one.id)
        ]

    def ask(self, request: OpenRequest, account: Account) -> None:
        """Gitea takes names only: the one that the account has today."""
        what = f"asking {account.login or account.id} about pull request {request.number}"
        tree = self._http.get(f"users/search?uid={quote(account.id, safe='')}", what)
        users = self._http.read(_Search, tree, what).data
        user = next((one for one in users if str(one.id) == account.id), None)
        if user is None:
            raise HalfAnswerError(f"Gitea knows no account {account.id}. Nobody was asked.")
        path = f"{self._path}/pulls/{request.number}/requested_reviewers"
        self._http.send("POST", path, {"reviewers": [user.login]}, what)

    def propose(self, source: str, target: str, title: str, body: str) -> None:
        """Open a pull request."""
        tree = {"title": title, "head": source, "base": target, "body": body}
        self._http.send("POST", f"{self._path}/pulls", tree, f"a pull request of {source}")
