"""Gitea and Forgejo: reviews of a pull request by their REST interface, version 1."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from pydantic import BaseModel

from ems_control.forges.base import CONTROLS, Controls, HalfAnswerError, token, whole
from ems_control.forges.http import Http
from ems_control.forges.like_github import LikeGitHub, Pull, User, account_of
from ems_control.forges.protection.gitea import ADMINISTRATORS, holds, pushing
from ems_control.forges.protection.table import rows_of
from ems_control.reviews.pull_request import (
    CommitName,
    Moment,
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


class _Review(BaseModel):
    id: int
    user: User | None
    state: str
    commit_id: ReviewedCommit
    dismissed: bool
    submitted_at: Moment | None


class _Commit(BaseModel):
    sha: CommitName
    author: User | None


class Gitea(LikeGitHub):
    """One repository at Gitea or Forgejo."""

    KIND, FORGE = "gitea", "Gitea"

    def _opened(self) -> Http:
        return Http(f"{self.url}/api/v1", {"Authorization": f"token {token(VARIABLE)}"})

    @whole
    def pull_request(self, number: int) -> PullRequest:
        """The pull request with every review, every commit, and the protection of its target."""
        what = f"pull request {number} of {self.repository}"
        path = f"{self._path}/pulls/{number}"
        pull = self._http.read(Pull, self._http.get(path, what), what)
        reviews = self._http.read_all(_Review, f"{path}/reviews?limit=50", f"reviews of {what}")
        commits = self._http.read_all(_Commit, f"{path}/commits?limit=50", f"commits of {what}")
        told = (PullCommit(sha=one.sha, author=account_of(one.author)) for one in commits)
        decided = (_review(one, what) for one in reviews if one.state.upper() != _ASKED)
        return self._told(pull, told, decided, self.controls(pull.base.ref))

    def controls(self, branch: str) -> Controls:
        """The protection of a branch, which takes an administrator's token to see."""
        what = f"the protection of {branch} of {self.repository}"
        rule = self._http.find(f"{self._path}/branch_protections/{quote(branch, safe='')}", what)
        if not isinstance(rule, dict):  # none of this name: one by a pattern, or one that only administrators see
            rules = self._http.find(f"{self._path}/branch_protections", what)
            rule = next((one for one in rows_of(rules) if holds(one, branch)), None)
        if rule is not None:
            return {**dict.fromkeys(CONTROLS), **_of_rule(rule)}
        told = self._http.find(f"{self._path}/branches/{quote(branch, safe='')}", what)
        open_to_all = isinstance(told, dict) and told.get("protected") is False
        return dict.fromkeys(CONTROLS, False) if open_to_all else dict.fromkeys(CONTROLS)


def _of_rule(rule: dict[str, Any]) -> Controls:
    administrators = [rule[key] for key in ADMINISTRATORS.values() if isinstance(rule.get(key), bool)]
    return {
        "pull_request_required": set(pushing(rule)) <= {"deploy keys"},
        "stale_approvals_dismissed": rule.get("dismiss_stale_approvals") is True,
        "force_push_refused": rule.get("enable_force_push") is not True,
        "deletion_refused": True,  # a protected branch cannot be deleted
        "checks_required": rule.get("enable_status_check") is True and bool(rule.get("status_check_contexts")),
        "admins_included": any(administrators) if administrators else None,
    }


def _review(one: _Review, what: str) -> Review:
    state = _STATES.get(one.state.upper())
    if state is None:
        raise HalfAnswerError(f'Gitea gives a review of {what} the state "{one.state[:40]}", which is not known here.')
    gone = one.dismissed and state in ("approved", "changes-requested")
    return Review(
        id=str(one.id),
        account=account_of(one.user),
        state="dismissed" if gone else state,
        commit=one.commit_id,
        submitted_at=one.submitted_at,
        was=state if gone and state in ("approved", "changes-requested") else None,
    )
