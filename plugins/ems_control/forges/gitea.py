"""Gitea and Forgejo: reviews of a pull request by their REST interface, version 1."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from pydantic import BaseModel

from ems_control.forges.base import CONTROLS, Controls, HalfAnswerError, token, whole
from ems_control.forges.http import Http
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.records import Account
from ems_control.reviews.pull_request import (
    CommitName,
    Moment,
    Number,
    PullCommit,
    PullRequest,
    Review,
    ReviewedCommit,
    ReviewState,
)

VARIABLE = "GITEA_TOKEN"

_STATES: dict[str, ReviewState] = {
    "APPROVED": "approved",
    "REQUEST_CHANGES": "changes-requested",
    "COMMENT": "commented",
    "PENDING": "pending",
}
_ASKED = "REQUEST_REVIEW"


class _User(BaseModel):
    id: int
    login: str


class _Side(BaseModel):
    sha: CommitName
    ref: str


class _Pull(BaseModel):
    number: Number
    title: str
    user: _User | None
    head: _Side
    base: _Side
    merged: bool
    merge_commit_sha: CommitName | None
    merged_at: Moment | None


class _Review(BaseModel):
    id: int
    user: _User | None
    state: str
    commit_id: ReviewedCommit
    dismissed: bool
    submitted_at: Moment | None


class _Commit(BaseModel):
    sha: CommitName
    author: _User | None


class Gitea:
    """One repository at Gitea or Forgejo."""

    def __init__(self, url: str, repository: str) -> None:
        """`url` is the address people see; raises EmsError without GITEA_TOKEN."""
        self.url = url.rstrip("/")
        if repository.count("/") != 1 or not all(repository.split("/")):
            raise EmsError(f'"{repository}" is no repository at Gitea; write owner/name')
        self.repository = repository
        self._http = Http(f"{self.url}/api/v1", {"Authorization": f"token {token(VARIABLE)}"})
        self._path = "repos/" + quote(repository)

    @whole
    def pull_request(self, number: int) -> PullRequest:
        """The pull request with every review, every commit, and the protection of its target."""
        what = f"pull request {number} of {self.repository}"
        path = f"{self._path}/pulls/{number}"
        pull = self._http.read(_Pull, self._http.get(path, what), what)
        reviews = self._http.read_all(_Review, f"{path}/reviews?limit=50", f"reviews of {what}")
        commits = self._http.read_all(_Commit, f"{path}/commits?limit=50", f"commits of {what}")
        return PullRequest(
            forge="gitea",
            url=self.url,
            repository=self.repository,
            number=pull.number,
            title=pull.title,
            author=_account(pull.user),
            head=pull.head.sha,
            base=pull.base.sha,
            merged=pull.merged,
            merge_commit=pull.merge_commit_sha if pull.merged else None,
            merged_at=pull.merged_at,
            commits=tuple(PullCommit(sha=one.sha, author=_account(one.author)) for one in commits),
            reviews=tuple(_review(one, what) for one in reviews if one.state.upper() != _ASKED),
            controls=self.controls(pull.base.ref),
        )

    def controls(self, branch: str) -> Controls:
        """The protection of a branch, which takes an administrator's token to see."""
        what = f"the protection of {branch} of {self.repository}"
        rule = self._http.find(f"{self._path}/branch_protections/{quote(branch, safe='')}", what)
        found: Controls = dict.fromkeys(CONTROLS)
        if isinstance(rule, dict):
            found |= _of_rule(rule)
        return found


def _of_rule(rule: dict[str, Any]) -> dict[str, bool]:
    return {
        "pull_request_required": rule.get("enable_push") is False,
        "stale_approvals_dismissed": rule.get("dismiss_stale_approvals") is True,
        "force_push_refused": rule.get("enable_force_push") is not True,
        "deletion_refused": True,  # a protected branch cannot be deleted
        "checks_required": rule.get("enable_status_check") is True,
        "admins_included": rule.get("block_admin_merge_override") is True,
    }


def _review(one: _Review, what: str) -> Review:
    state = _STATES.get(one.state.upper())
    if state is None:
        raise HalfAnswerError(f'Gitea gives a review of {what} the state "{one.state[:40]}", which is not known here.')
    gone = one.dismissed and state in ("approved", "changes-requested")
    return Review(
        id=str(one.id),
        account=_account(one.user),
        state="dismissed" if gone else state,
        commit=one.commit_id,
        submitted_at=one.submitted_at,
        was=state if gone and state in ("approved", "changes-requested") else None,
    )


def _account(user: _User | None) -> Account | None:
    """The ghost of a deleted user has the number -1."""
    return Account(id=str(user.id), login=user.login) if user and user.id > 0 else None
