"""A GitHub on loopback: the keys of its answers that anybody could need, for a pull request in our own JSON.

What it says is held against GitHub's own description in tests/recorded/test_openapi.py.
"""

from __future__ import annotations

import re
from typing import Any

from tests.forges.serving import Answer, Asked, page

STATES = {"approved": "APPROVED", "changes-requested": "CHANGES_REQUESTED", "dismissed": "DISMISSED"}
STATES |= {"commented": "COMMENTED", "pending": "PENDING"}
TOKEN = "made-up-token"  # noqa: S105
API = "/api/v3/repos/works/handbook"


class GitHub:
    """Answers for one pull request; `wrong` maps a part of a path to the answer given there instead."""

    def __init__(self, pull: dict[str, Any]) -> None:
        self.pull = pull
        self.rules: list[dict[str, Any]] = []
        self.protection: dict[str, Any] | None = None
        self.wrong: dict[str, Answer] = {}

    def __call__(self, asked: Asked) -> Answer:
        """The answer to one question."""
        if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            return Answer({"message": "Bad credentials"}, 401)
        for part, answer in self.wrong.items():
            if re.search(part, f"{asked.path}?page={asked.query.get('page', '1')}"):
                return answer
        return self._right(asked)

    def _right(self, asked: Asked) -> Answer:
        number = self.pull["number"]
        base, head = self.pull["base"], self.pull["head"]
        lists = {
            f"{API}/pulls/{number}/reviews": self.reviews,
            f"{API}/pulls/{number}/commits": self.commits[:250],
            f"{API}/issues/{number}/events": self.events,
            f"{API}/rules/branches/main": self.rules,
        }
        if asked.path == f"{API}/pulls/{number}":
            return Answer(self.whole)
        if asked.path in lists:
            return page(asked, lists[asked.path])
        if asked.path == f"{API}/compare/{base}...{head}":
            shown = page(asked, self.commits)
            total = len(self.commits)
            return Answer({"total_commits": total, "commits": shown.tree}, headers=shown.headers)
        if asked.path == f"{API}/branches/main/protection" and self.protection is not None:
            return Answer(self.protection)
        return Answer({"message": "Not Found", "documentation_url": "https://docs.github.com/rest"}, 404)

    @property
    def whole(self) -> dict[str, Any]:
        """The pull request itself."""
        return {
            "number": self.pull["number"],
            "title": "A change",
            "state": "closed" if self.pull["merged"] else "open",
            "user": _user(self.pull["author"]),
            "head": {"ref": "change", "sha": self.pull["head"]},
            "base": {"ref": "main", "sha": self.pull["base"]},
            "merged": self.pull["merged"],
            "merge_commit_sha": self.pull["merge_commit"],
            "merged_at": "2026-01-10T10:00:00Z" if self.pull["merged"] else None,
            "commits": len(self.pull["commits"]),
        }

    @property
    def reviews(self) -> list[dict[str, Any]]:
        """Its reviews; one that was not sent yet has no time."""
        return [
            {
                "id": int(review["id"]),
                "user": _user(review["account"]),
                "body": "",
                "state": STATES[review["state"]],
                "commit_id": review["commit"],
                **({"submitted_at": review["submitted_at"]} if review["submitted_at"] else {}),
            }
            for review in self.pull["reviews"]
        ]

    @property
    def commits(self) -> list[dict[str, Any]]:
        """Its commits."""
        return [{"sha": one["sha"], "author": _user(one.get("author"))} for one in self.pull["commits"]]

    @property
    def events(self) -> list[dict[str, Any]]:
        """What happened to it: every dismissal."""
        return [
            {
                "id": 1,
                "event": "review_dismissed",
                "dismissed_review": {
                    "state": {"approved": "approved", "changes-requested": "changes_requested"}[review["was"]],
                    "review_id": int(review["id"]),
                    "dismissal_message": None,
                },
            }
            for review in self.pull["reviews"]
            if review["state"] == "dismissed" and review["was"]
        ]


def _user(account: dict[str, str] | None) -> dict[str, Any] | None:
    return {"id": int(account["id"]), "login": account["login"]} if account else None
