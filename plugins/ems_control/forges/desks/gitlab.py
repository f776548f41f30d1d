"""GitLab as a desk: commit statuses, notes and reviewers of merge requests, by its REST interface, version 4."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from pydantic import BaseModel

from ems_control.forges.base import HalfAnswerError
from ems_control.forges.desks.base import (
    STATUS,
    Comment,
    OpenRequest,
    Queued,
    State,
    Status,
    branch_of,
    facts_of,
    is_account,
    latest_of,
)
from ems_control.forges.gitlab import GitLab
from ems_control.forges.http import RefusedError
from ems_control.ground.formats.records import Account
from ems_control.reviews.pull_request import CommitName, Moment, Number

_STATES = {"failure": "failed", "error": "failed"}
_BACK = {"failed": "failure"}


class _User(BaseModel):
    id: int
    username: str


class _Listed(BaseModel):
    iid: Number
    author: _User | None
    sha: CommitName | None
    source_branch: str
    target_branch: str
    draft: bool
    merged_at: Moment | None
    reviewers: list[_User] | None = None


class _Said(BaseModel):
    id: int
    name: str
    status: str
    description: str | None
    author: _User | None


class _Note(BaseModel):
    id: int
    system: bool
    author: _User | None
    body: str


class GitLabDesk(GitLab):
    """One project at GitLab, where we write."""

    _me: int | None = None

    def me(self) -> int:
        """The account of the token."""
        if self._me is None:
            what = "the account of this token"
            self._me = self._http.read(_User, self._http.get("user", what), what).id
        return self._me

    def _project(self) -> dict[str, Any]:
        what = f"the project {self.repository}"
        return facts_of(self._http.get(self._path, what), "GitLab", what)

    def default_branch(self) -> str:
        """The project's default branch."""
        return branch_of(self._project(), "GitLab", self.repository)

    def open_requests(self) -> list[OpenRequest]:
        """Every open merge request that has a commit."""
        what = f"the open merge requests of {self.repository}"
        listed = self._http.read_all(_Listed, f"{self._path}/merge_requests?state=opened&per_page=100", what)
        return [
            OpenRequest(
                one.iid,
                one.sha,
                one.source_branch,
                one.target_branch,
                one.draft,
                _account(one.author),
                frozenset(str(user.id) for user in one.reviewers or ()),
            )
            for one in listed
            if one.sha
        ]

    def merged(self, branch: str, many: int) -> list[int]:
        """The newest of the merged ones."""
        asked = {"state": "merged", "target_branch": branch, "order_by": "updated_at", "sort": "desc"}
        what = f"the merged merge requests of {self.repository}"
        rows = self._http.get(f"{self._path}/merge_requests?{urlencode({**asked, 'per_page': str(many)})}", what)
        found = self._http.read_rows(_Listed, rows, what)
        wanted = [one for one in found if one.merged_at and one.target_branch == branch]
        return [one.iid for one in sorted(wanted, key=lambda one: (one.merged_at, one.iid))]

    def queued(self, branch: str) -> list[Queued]:  # noqa: ARG002
        """A merge train runs pipelines of its own; no status is posted there."""
        return []

    def one_by_one(self) -> bool | None:
        """Whether merge requests are fast-forwarded; a project that always squashes lands one commit."""
        tree = self._project()
        method, squash = tree.get("merge_method"), tree.get("squash_option")
        return None if not isinstance(method, str) else method == "ff" and squash != "always"

    def status(self, commit: str) -> Status | None:
        """The latest status under our name."""
        what = f"the statuses of {commit[:10]}"
        path = f"{self._path}/repository/commits/{commit}/statuses?{urlencode({'name': STATUS, 'per_page': '100'})}"
        listed = [one for one in self._http.read_all(_Said, path, what) if one.name == STATUS]
        mine = self.me() if listed else None
        rows = [
            (one.id, Status(_BACK.get(one.status, one.status), one.description or "", is_account(one.author, mine)))
            for one in listed
        ]
        return latest_of(rows)

    def post_status(self, commit: str, state: State, words: str, number: int) -> None:
        """A status of the commit; GitLab refuses one that says the state that is there already."""
        place = f"{self.url}/{self.repository}/-/merge_requests/{number}"
        body = {"state": _STATES.get(state, state), "name": STATUS, "description": words[:255], "target_url": place}
        try:
            self._http.send("POST", f"{self._path}/statuses/{commit}", body, f"the status of {commit[:10]}")
        except RefusedError as error:
            now = self.status(commit)
            if error.status != 400 or now is None or not now.mine or now.state != _BACK.get(body["state"], state):
                raise

    def comments(self, number: int) -> list[Comment]:
        """The notes that people (and we) wrote."""
        what = f"the notes of merge request {number} of {self.repository}"
        path = f"{self._path}/merge_requests/{number}/notes?per_page=100&sort=asc"
        notes = [one for one in self._http.read_all(_Note, path, what) if not one.system]
        mine = self.me() if notes else None
        return [Comment(str(one.id), is_account(one.author, mine), one.body) for one in notes]

    def comment(self, number: int, body: str) -> None:
        """Write a note."""
        path = f"{self._path}/merge_requests/{number}/notes"
        self._http.send("POST", path, {"body": body}, f"a note on merge request {number}")

    def change_comment(self, number: int, comment: str, body: str) -> None:
        """Put other words into a note."""
        path = f"{self._path}/merge_requests/{number}/notes/{comment}"
        self._http.send("PUT", path, {"body": body}, f"a change of our note on merge request {number}")

    def remove_comment(self, number: int, comment: str) -> None:
        """Take a note away."""
        path = f"{self._path}/merge_requests/{number}/notes/{comment}"
        self._http.send("DELETE", path, None, f"taking back our note on merge request {number}")

    def ask(self, request: OpenRequest, account: Account) -> None:
        """Add a reviewer to those who are there; without a paid plan GitLab keeps one only."""
        what = f"asking {account.login or account.id} about merge request {request.number}"
        path = f"{self._path}/merge_requests/{request.number}"
        now = self._http.read(_Listed, self._http.get(path, what), what)
        ids = [user.id for user in now.reviewers or ()]
        if not account.id.isdecimal():
            raise HalfAnswerError(f"{account.id} is no number of an account at GitLab. Nobody was asked.")
        if int(account.id) in ids:
            return
        tree = self._http.send("PUT", path, {"reviewer_ids": [*ids, int(account.id)]}, what)
        kept = self._http.read(_Listed, tree, what).reviewers or []
        if int(account.id) not in {user.id for user in kept}:
            raise HalfAnswerError(f"GitLab did not take account {account.id} for a reviewer; does its plan allow more?")

    def propose(self, source: str, target: str, title: str, body: str) -> None:
        """Open a merge request."""
        tree = {"source_branch": source, "target_branch": target, "title": title, "description": body}
        self._http.send("POST", f"{self._path}/merge_requests", tree, f"a merge request of {source}")


def _account(user: _User | None) -> Account | None:
    return Account(id=str(user.id), login=user.username) if user else None
