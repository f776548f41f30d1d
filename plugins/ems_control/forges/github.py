"""GitHub, and GitHub Enterprise: reviews of a pull request by its REST interface, version 2022-11-28."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, Field

from ems_control.forges.base import CONTROLS, Controls, HalfAnswerError, token, whole
from ems_control.forges.http import Http
from ems_control.forges.like_github import LikeGitHub, Pull, User, account_of
from ems_control.forges.protection.table import rows_of
from ems_control.ground.formats.records import Account
from ems_control.reviews.pull_request import (
    CommitName,
    Moment,
    PullCommit,
    PullRequest,
    Review,
    ReviewedCommit,
    ReviewState,
)

URL = "https://github.com"
VARIABLE = "GITHUB_TOKEN"
FEW_COMMITS = 250
"""As many commits GitHub lists for a pull request; a longer one is read by comparing."""

_STATES: dict[str, ReviewState] = {
    "APPROVED": "approved",
    "CHANGES_REQUESTED": "changes-requested",
    "DISMISSED": "dismissed",
    "COMMENTED": "commented",
    "PENDING": "pending",
}


class _Pull(Pull):
    commits: int


class _Review(BaseModel):
    id: int
    user: User | None
    state: str
    commit_id: ReviewedCommit
    submitted_at: Moment | None = None


class _Nobody(BaseModel):
    """GitHub gives an empty object for an author without account, now and then."""

    id: int | None = None
    login: str = ""


class _Commit(BaseModel):
    sha: CommitName
    author: _Nobody | None


class _Compared(BaseModel):
    total_commits: int
    commits: list[_Commit]


class _Dismissed(BaseModel):
    state: str
    review_id: int


class _Event(BaseModel):
    event: str = ""
    dismissed_review: _Dismissed | None = None


class _Rule(BaseModel):
    type: str
    parameters: dict[str, Any] = Field(default_factory=dict)


class GitHub(LikeGitHub):
    """One repository at GitHub."""

    KIND, FORGE = "github", "GitHub"

    def _opened(self) -> Http:
        host = urlsplit(self.url).netloc.lower()
        root = "https://api.github.com" if host in ("github.com", "www.github.com") else f"{self.url}/api/v3"
        secret = {"Authorization": f"Bearer {token(VARIABLE)}", "X-GitHub-Api-Version": "2022-11-28"}
        return Http(root, secret, "application/vnd.github+json")

    @whole
    def pull_request(self, number: int) -> PullRequest:
        """The pull request with every review, every commit, and the protections of its target."""
        what = f"pull request {number} of {self.repository}"
        path = f"{self._path}/pulls/{number}"
        pull = self._http.read(_Pull, self._http.get(path, what), what)
        reviews = self._http.read_all(_Review, f"{path}/reviews?per_page=100", f"reviews of {what}")
        decisions = self._decisions(reviews, number, what)
        return self._told(pull, self._commits(path, pull, what), decisions, self.controls(pull.base.ref))

    def _commits(self, path: str, pull: _Pull, what: str) -> list[PullCommit]:
        what = f"commits of {what}"
        if pull.commits <= FEW_COMMITS:
            found = self._http.read_all(_Commit, f"{path}/commits?per_page=100", what)
        else:
            found = []
            ends = f"{pull.base.sha}...{pull.head.sha}"
            for page in self._http.pages(f"{self._path}/compare/{ends}?per_page=100", what):
                found += self._http.read(_Compared, page, what).commits
        if len({commit.sha for commit in found}) < pull.commits:
            raise HalfAnswerError(f"GitHub names {len(found)} of {pull.commits} {what}. Try again later.")
        return [PullCommit(sha=one.sha, author=_author(one.author)) for one in found]

    def _decisions(self, reviews: list[_Review], number: int, what: str) -> list[Review]:
        before = self._dismissals(number, what) if any(one.state == "DISMISSED" for one in reviews) else {}
        found = []
        for one in reviews:
            state = _STATES.get(one.state.upper())
            if state is None:
                raise HalfAnswerError(
                    f'GitHub gives a review of {what} the state "{one.state[:40]}", which is not known here.'
                )
            was = before.get(one.id) if state == "dismissed" else None
            if state == "dismissed" and was not in ("approved", "changes-requested"):
                raise HalfAnswerError(
                    f"GitHub does not tell what review {one.id} of {what} said before it was dismissed."
                )
            found.append(
                Review(
                    id=str(one.id),
                    account=account_of(one.user),
                    state=state,
                    commit=one.commit_id,
                    submitted_at=one.submitted_at,
                    was=was if was in ("approved", "changes-requested") else None,
                )
            )
        return found

    def _dismissals(self, number: int, what: str) -> dict[int, ReviewState]:
        """What each dismissed review said before, by its number."""
        path = f"{self._path}/issues/{number}/events?per_page=100"
        events = self._http.read_all(_Event, path, f"events of {what}")
        told = [event.dismissed_review for event in events if event.event == "review_dismissed"]
        return {one.review_id: _STATES[one.state.upper()] for one in told if one and one.state.upper() in _STATES}

    def find(self, path: str, what: str) -> Any:
        """The answer below this repository; None where there is none, or not for this token."""
        return self._http.find(f"{self._path}{path}", what)

    def controls(self, branch: str) -> Controls:
        """Rulesets, which every reader sees, and the older branch protection, which only administrators do."""
        name, what = quote(branch, safe=""), f"the rules for {branch} of {self.repository}"
        pages = self._http.find(f"{self._path}/rules/branches/{name}?per_page=100", what)
        rules = [self._http.read(_Rule, rule, what) for rule in pages] if isinstance(pages, list) else None
        old = self._http.find(f"{self._path}/branches/{name}/protection", f"the protection of {branch}")
        return _controls(rules, old if isinstance(old, dict) else None)


def _controls(rules: list[_Rule] | None, old: dict[str, Any] | None) -> Controls:
    """True where either says so; False only where both were told and neither does."""
    found: Controls = dict.fromkeys(CONTROLS)
    for told in (_of_rules(rules) if rules is not None else None, _of_protection(old) if old is not None else None):
        for name, value in (told or {}).items():
            found[name] = bool(found[name]) or value
    if rules is None or old is None:
        return {name: value or None for name, value in found.items()}
    return found


def _of_rules(rules: list[_Rule]) -> dict[str, bool]:
    types = {rule.type for rule in rules}
    reviews = [rule.parameters for rule in rules if rule.type == "pull_request"]
    return {
        "pull_request_required": bool(reviews),
        "stale_approvals_dismissed": any(one.get("dismiss_stale_reviews_on_push") is True for one in reviews),
        "last_push_needs_approval": any(one.get("require_last_push_approval") is True for one in reviews),
        "force_push_refused": "non_fast_forward" in types,
        "deletion_refused": "deletion" in types,
        "checks_required": any(rows_of(rule.parameters, "required_status_checks") for rule in rules),
    }


def _of_protection(old: dict[str, Any]) -> dict[str, bool]:
    reviews = old.get("required_pull_request_reviews")
    asked = reviews if isinstance(reviews, dict) else {}
    return {
        "pull_request_required": isinstance(reviews, dict),
        "stale_approvals_dismissed": asked.get("dismiss_stale_reviews") is True,
        "last_push_needs_approval": asked.get("require_last_push_approval") is True,
        "force_push_refused": not _enabled(old, "allow_force_pushes"),
        "deletion_refused": not _enabled(old, "allow_deletions"),
        "checks_required": bool(_contexts(old.get("required_status_checks"))),
        "admins_included": _enabled(old, "enforce_admins"),
    }


def _contexts(checks: Any) -> list[Any]:
    """What the older protection waits for: switched on without a name, it waits for nothing."""
    return [*rows_of(checks, "checks"), *(checks.get("contexts") or ())] if isinstance(checks, dict) else []


def _enabled(old: dict[str, Any], key: str) -> bool:
    value = old.get(key)
    return isinstance(value, dict) and value.get("enabled") is True


def _author(user: _Nobody | None) -> Account | None:
    return Account(id=str(user.id), login=user.login) if user and user.id else None
