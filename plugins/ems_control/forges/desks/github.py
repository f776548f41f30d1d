"""GitHub as a desk: statuses, comments, requested reviewers and the merge queue, by its REST interface."""

from __future__ import annotations

import re
from typing import Any
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
from ems_control.forges.github import GitHub
from ems_control.forges.like_github import Side, User, account_of
from ems_control.ground.formats.records import Account
from ems_control.reviews.pull_request import CommitName, Moment, Number

_QUEUE = re.compile(r"refs/heads/gh-readonly-queue/.+/pr-([0-9]{1,9})-[0-9a-f]{40,64}")


class _Listed(BaseModel):
    number: Number
    user: User | None
    head: Side
    base: Side
    draft: bool = False
    merged_at: Moment | None
    requested_reviewers: list[User] | None = None


class _Said(BaseModel):
    id: int
    state: str
    context: str | None
    description: str | None
    creator: User | None


class _Note(BaseModel):
    id: int
    user: User | None
    body: str | None


class _Object(BaseModel):
    sha: CommitName


class _Ref(BaseModel):
    ref: str
    object: _Object


class GitHubDesk(DeskLikeGitHub, GitHub):
    """One repository at GitHub, where we write."""

    _me: int | None = None

    def me(self) -> int:
        """Our account: of the token's user, or of the app behind it, which has no page of its own."""
        if self._me is None:
            user = self._http.find("user", "the account of this token")
            if user is None:
                place = "graphql" if self._http.root == "https://api.github.com/" else f"{self.url}/api/graphql"
                question = {"query": "query { viewer { databaseId } }"}
                tree = self._http.send("POST", place, question, "the account of this token")
                user = {"id": _inside(tree, "data", "viewer", "databaseId"), "login": ""}
            self._me = self._http.read(User, user, "the account of this token").id
        return self._me

    def open_requests(self) -> list[OpenRequest]:
        """Every open pull request."""
        what = f"the open pull requests of {self.repository}"
        listed = self._http.read_all(_Listed, f"{self._path}/pulls?state=open&per_page=100", what)
        return [
            OpenRequest(
                one.number,
                one.head.sha,
                one.head.ref,
                one.base.ref,
                one.draft,
                account_of(one.user),
                frozenset(str(user.id) for user in one.requested_reviewers or ()),
            )
            for one in listed
        ]

    def merged(self, branch: str, many: int) -> list[int]:
        """The newest of the closed ones that were merged."""
        asked = {"state": "closed", "base": branch, "sort": "updated", "direction": "desc", "per_page": str(many)}
        what = f"the merged pull requests of {self.repository}"
        listed = self._http.get(f"{self._path}/pulls?{urlencode(asked)}", what)
        found = self._http.read_rows(_Listed, listed, what)
        wanted = [one for one in found if one.merged_at and one.base.ref == branch]
        return [one.number for one in sorted(wanted, key=lambda one: (one.merged_at, one.number))]

    def queued(self, branch: str) -> list[Queued]:
        """The branches that GitHub makes for its merge queue."""
        path = f"{self._path}/git/matching-refs/heads/gh-readonly-queue/{quote(branch)}/"
        what = f"the merge queue of {self.repository}"
        tree = self._http.find(path, what)
        refs = self._http.read_rows(_Ref, tree, what) if tree is not None else []
        named = [(_QUEUE.fullmatch(one.ref), one.object.sha) for one in refs]
        return [Queued(sha, int(match[1])) for match, sha in named if match]

    def one_by_one(self) -> bool | None:
        """Whether rebase merges are allowed; told to those who may write."""
        allowed = self._repository().get("allow_rebase_merge")
        return allowed if isinstance(allowed, bool) else None

    def status(self, commit: str) -> Status | None:
        """The latest status under our name."""
        what = f"the statuses of {commit[:10]}"
        listed = self._http.read_all(_Said, f"{self._path}/commits/{commit}/statuses?per_page=100", what)
        ours = [one for one in listed if one.context == STATUS]
        mine = self.me() if ours else None
        return latest_of(
            [(one.id, Status(one.state, one.description or "", is_account(one.creator, mine))) for one in ours]
        )

    def post_status(self, commit: str, state: State, words: str, number: int) -> None:
        """A commit status that leads to the pull request."""
        place = f"{self.url}/{self.repository}/pull/{number}"
        body = {"state": state, "context": STATUS, "description": words[:140], "target_url": place}
        self._http.send("POST", f"{self._path}/statuses/{commit}", body, f"the status of {commit[:10]}")

    def comments(self, number: int) -> list[Comment]:
        """The comments of its conversation."""
        what = f"the comments of pull request {number} of {self.repository}"
        notes = self._http.read_all(_Note, f"{self._path}/issues/{number}/comments?per_page=100", what)
        mine = self.me() if notes else None
        return [Comment(str(one.id), is_account(one.user, mine), one.body or "") for one in notes]

    def ask(self, request: OpenRequest, account: Account) -> None:
        """GitHub takes names only: the one that the account has today."""
        what = f"asking {account.login or account.id} about pull request {request.number}"
        user = self._http.read(User, self._http.get(f"user/{quote(account.id, safe='')}", what), what)
        if str(user.id) != account.id:
            raise HalfAnswerError(f"GitHub tells of another account than {account.id}. Nobody was asked.")
        path = f"{self._path}/pulls/{request.number}/requested_reviewers"
        self._http.send("POST", path, {"reviewers": [user.login]}, what)

    def propose(self, source: str, target: str, title: str, body: str) -> None:
        """Open a pull request."""
        tree = {"title": title, "head": source, "base": target, "body": body}
        self._http.send("POST", f"{self._path}/pulls", tree, f"a pull request of {source}")


def _inside(tree: Any, *keys: str) -> Any:
    for key in keys:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree
