"""A forge with a memory, on loopback, over a real bare repository: what `ems keep` reads and changes there.

`Town` is what happened; `GiteaTown`, `GitHubTown` and `GitLabTown` tell it in the answers of each forge. Where git
keeps heads, they are read from the repository, so that a push changes what the forge says. What Gitea says is held
against the recordings in tests/shared/, what GitHub says against its description, what GitLab says against the types of
a client of it, both in tests/recorded/.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.examples import git
from tests.forges.serving import Answer, Asked, page
from tests.forges.works import Works

TOKEN = "made-up-token-of-the-robot"  # noqa: S105
ROBOT = 66
LOGINS = {11: "author", 22: "boss", 33: "deputy", 44: "lead", 55: "stranger", ROBOT: "robot"}
NOWHERE = Answer({"message": "Not Found"}, 404)


@dataclass
class Pull:
    """One pull request as it stands; `merge` is its commit on the target once it was merged."""

    number: int
    source: str
    target: str = "main"
    title: str = "A change"
    author: int = 11
    draft: bool = False
    open: bool = True
    merge: str | None = None
    reviews: list[dict[str, Any]] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    base: str = ""
    touched: int = 0


@dataclass
class Town:
    """Everything that happened at the forge; `refused` are accounts that it lets nobody ask, with its words."""

    remote: Path
    pulls: dict[int, Pull] = field(default_factory=dict)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    default: str = "main"
    refused: dict[int, tuple[int, str]] = field(default_factory=dict)
    rebase: bool = False
    ids: int = 1000
    changes: list[tuple[str, str]] = field(default_factory=list)
    before: Callable[[str, str], None] | None = None

    def git(self, *arguments: str) -> str:
        """Run git in the bare repository."""
        return git(self.remote, *arguments).decode().strip()

    def number(self) -> int:
        """The next number of anything."""
        self.ids += 1
        return self.ids

    def head(self, pull: Pull) -> str:
        """The newest commit of a pull request."""
        return self.git("rev-parse", f"refs/pull/{pull.number}/head")

    def base(self, pull: Pull) -> str:
        """The commit of the target from which the forge compares."""
        return pull.base or self.git("rev-parse", f"refs/heads/{pull.target}")

    def commits(self, pull: Pull) -> list[str]:
        """The commits of a pull request, newest first."""
        behind = f"^{pull.merge}^1" if pull.merge and not pull.base else f"^{self.base(pull)}"
        return self.git("rev-list", self.head(pull), behind).split() or [self.head(pull)]

    def opens(self, source: str, number: int = 7, **more: Any) -> Pull:
        """A pull request of a branch that was pushed."""
        pull = self.pulls[number] = Pull(number, source, **more)
        self.follow()
        return pull

    def follow(self) -> None:
        """The heads of open pull requests go with their branches."""
        for pull in self.pulls.values():
            if pull.open:
                self.git("update-ref", f"refs/pull/{pull.number}/head", f"refs/heads/{pull.source}")

    def review(
        self, number: int, account: int | None, commit: str, state: str = "approved", **more: Any
    ) -> dict[str, Any]:
        """Somebody decides."""
        made = {"id": self.number(), "account": account, "state": state, "commit": commit, "at": "2026-03-01T09:00:00Z"}
        self.pulls[number].reviews.append({**made, **more})
        if account in self.pulls[number].asked:
            self.pulls[number].asked.remove(account)
        return self.pulls[number].reviews[-1]

    def lands(self, number: int, merge: str) -> None:
        """A pull request was merged."""
        pull = self.pulls[number]
        pull.open, pull.merge, pull.touched = False, merge, self.number()

    def at(self, commit: str) -> dict[str, Any] | None:
        """The status that stands at a commit under our name."""
        found = [one for one in self.statuses if one["commit"] == commit and one["context"] == "handbook/reviews"]
        return max(found, key=lambda one: one["id"]) if found else None

    def said(self, number: int) -> list[str]:
        """The comments of the robot on a pull request."""
        return [one["body"] for one in self.notes if one["pull"] == number and one["user"] == ROBOT]

    # --- what all forges do with a change

    def about(self, asked: Asked) -> None:
        """Something is about to be told or changed; pushes have moved heads meanwhile."""
        if self.before:
            self.before(asked.method, asked.path)
        if asked.method != "GET":
            self.changes.append((asked.method, asked.path))
        self.follow()

    def status(self, commit: str, body: dict[str, Any], user: int = ROBOT) -> dict[str, Any]:
        """A status is posted."""
        assert set(body) <= {"state", "context", "description", "target_url"}
        assert len(body["description"]) <= 140
        self.statuses.append({"id": self.number(), "commit": commit, "user": user, **body})
        return self.statuses[-1]

    def note(self, number: int, body: str, user: int = ROBOT) -> dict[str, Any]:
        """A comment is written."""
        self.notes.append({"id": self.number(), "pull": number, "body": body, "user": user})
        return self.notes[-1]

    def ask(self, number: int, login: str) -> Answer | None:
        """A reviewer is asked; an answer where the forge refuses."""
        account = next((one for one, name in LOGINS.items() if name == login), None)
        if account is None:
            return Answer({"message": f"User '{login}' not exist"}, 404)
        if account in self.refused:
            status, words = self.refused[account]
            return Answer({"message": words}, status)
        self.pulls[number].asked.append(account)
        return None


def user(account: int | None) -> dict[str, Any] | None:
    """An account as GitHub and Gitea write it."""
    return {"id": account, "login": LOGINS[account]} if account is not None else None


class GitHubTown(Town):
    """The town as GitHub tells it."""

    api = "/api/v3/repos/works/handbook"
    closes = "closed"

    def __call__(self, asked: Asked) -> Answer:
        """The answer to one question."""
        if asked.headers.get("Authorization") not in (f"Bearer {TOKEN}", f"token {TOKEN}"):
            return Answer({"message": "Bad credentials"}, 401)
        self.about(asked)
        return self.answer(asked, asked.path.removeprefix(self.api) if asked.path.startswith(self.api) else asked.path)

    def answer(self, asked: Asked, path: str) -> Answer:
        """By the first pattern that fits."""
        for pattern, given in self.places():
            match = re.fullmatch(pattern, f"{asked.method} {path}")
            if match:
                return given(asked, *match.groups())
        return NOWHERE

    def places(self) -> list[tuple[str, Callable[..., Answer]]]:
        """Method and path, and what answers there."""
        return [
            (r"GET /api/v3/user", lambda _: Answer(user(ROBOT))),
            (r"GET /api/v3/user/(\d+)", lambda _, n: Answer(user(int(n))) if int(n) in LOGINS else NOWHERE),
            (r"GET ", lambda _: Answer(self.repository())),
            (r"GET /pulls", self.listed),
            (r"POST /pulls", self.proposed),
            (r"GET /pulls/(\d+)", lambda _, n: Answer(self.whole(self.pulls[int(n)]))),
            (r"GET /pulls/(\d+)/reviews", lambda a, n: page(a, self.reviews(self.pulls[int(n)]))),
            (r"GET /pulls/(\d+)/commits", lambda a, n: page(a, self.listed_commits(self.pulls[int(n)]))),
            (r"GET /issues/(\d+)/events", lambda a, _n: page(a, [])),
            (r"GET /rules/branches/.*", lambda a: page(a, [])),
            (r"GET /git/matching-refs/heads/(.*)", self.refs),
            (r"GET /commits/([0-9a-f]+)/statuses", lambda a, sha: page(a, self.told_statuses(sha))),
            (r"POST /statuses/([0-9a-f]+)", lambda a, sha: Answer(self.told(self.status(sha, a.body)), 201)),
            (r"GET /issues/(\d+)/comments", lambda a, n: page(a, self.told_notes(int(n)))),
            (
                r"POST /issues/(\d+)/comments",
                lambda a, n: Answer(self.told_note(self.note(int(n), a.body["body"])), 201),
            ),
            (r"PATCH /issues/comments/(\d+)", self.changed),
            (r"DELETE /issues/comments/(\d+)", self.removed),
            (r"POST /pulls/(\d+)/requested_reviewers", self.asking),
        ]

    def repository(self) -> dict[str, Any]:
        """The repository itself."""
        return {"full_name": "works/handbook", "default_branch": self.default, "allow_rebase_merge": self.rebase}

    def listed(self, asked: Asked) -> Answer:
        """A list of pull requests."""
        wanted = asked.query.get("state", "open") == "open"
        rows = [pull for pull in self.pulls.values() if pull.open == wanted]
        if "base" in asked.query:
            rows = [pull for pull in rows if pull.target == asked.query["base"]]
        return page(asked, [self.short(pull) for pull in sorted(rows, key=lambda pull: -pull.touched)])

    def short(self, pull: Pull) -> dict[str, Any]:
        """A pull request in a list."""
        return {
            "number": pull.number,
            "title": pull.title,
            "state": "open" if pull.open else "closed",
            "draft": pull.draft,
            "user": user(pull.author),
            "head": {"ref": pull.source, "sha": self.head(pull)},
            "base": {"ref": pull.target, "sha": self.base(pull)},
            "merged_at": "2026-03-02T10:00:00Z" if pull.merge else None,
            "merge_commit_sha": pull.merge,
            "requested_reviewers": [user(one) for one in pull.asked],
        }

    def whole(self, pull: Pull) -> dict[str, Any]:
        """A pull request by itself."""
        return {**self.short(pull), "merged": pull.merge is not None, "commits": len(self.commits(pull))}

    def reviews(self, pull: Pull) -> list[dict[str, Any]]:
        """Its reviews."""
        states = {"approved": "APPROVED", "changes-requested": "CHANGES_REQUESTED", "commented": "COMMENTED"}
        return [
            {
                "id": one["id"],
                "user": user(one["account"]),
                "state": states[one["state"]],
                "commit_id": one["commit"],
                "submitted_at": one["at"],
            }
            for one in pull.reviews
        ]

    def listed_commits(self, pull: Pull) -> list[dict[str, Any]]:
        """Its commits."""
        return [{"sha": sha, "author": user(pull.author)} for sha in self.commits(pull)]

    def proposed(self, asked: Asked) -> Answer:
        """Somebody opens one."""
        body = asked.body
        if any(one.open and one.source == body["head"] for one in self.pulls.values()):
            return Answer({"message": "A pull request already exists"}, 422)
        pull = self.opens(body["head"], max(self.pulls, default=0) + 1, target=body["base"], title=body["title"])
        pull.author = ROBOT
        return Answer(self.whole(pull), 201)

    def refs(self, _: Asked, prefix: str) -> Answer:
        """Branches by how they begin."""
        out = self.git("for-each-ref", "--format=%(refname) %(objectname)", f"refs/heads/{unquote(prefix)}")
        rows = [line.split() for line in out.splitlines()]
        return Answer([{"ref": ref, "object": {"sha": sha, "type": "commit"}} for ref, sha in rows])

    def told_statuses(self, sha: str) -> list[dict[str, Any]]:
        """The statuses of a commit, newest first."""
        return [self.told(one) for one in reversed(self.statuses) if one["commit"] == sha]

    def told(self, one: dict[str, Any]) -> dict[str, Any]:
        """One status."""
        kept = ("id", "state", "context", "description", "target_url")
        return {**{key: one.get(key) for key in kept}, "creator": user(one["user"])}

    def told_notes(self, number: int) -> list[dict[str, Any]]:
        """The comments of a pull request."""
        return [self.told_note(one) for one in self.notes if one["pull"] == number]

    def told_note(self, one: dict[str, Any]) -> dict[str, Any]:
        """One comment."""
        return {"id": one["id"], "user": user(one["user"]), "body": one["body"]}

    def changed(self, asked: Asked, number: str) -> Answer:
        """A comment gets other words."""
        one = next(one for one in self.notes if one["id"] == int(number))
        one["body"] = asked.body["body"]
        return Answer(self.told_note(one))

    def removed(self, _: Asked, number: str) -> Answer:
        """A comment goes."""
        self.notes = [one for one in self.notes if one["id"] != int(number)]
        return Answer(status=204, raw=b"")

    def asking(self, asked: Asked, number: str) -> Answer:
        """Reviewers are asked."""
        for login in asked.body["reviewers"]:
            refused = self.ask(int(number), login)
            if refused:
                return refused
        return Answer(self.short(self.pulls[int(number)]), 201)


class GiteaTown(GitHubTown):
    """The town as Gitea tells it."""

    api = "/api/v1/repos/works/handbook"

    def places(self) -> list[tuple[str, Callable[..., Answer]]]:
        """Those of Gitea come first; it shares many."""
        return [
            (r"GET /api/v1/user", lambda _: Answer(user(ROBOT))),
            (r"GET /api/v1/users/search", self.found),
            (r"GET /branch_protections/.*", lambda _: NOWHERE),
            (r"GET /pulls/(\d+)/reviews", lambda _, n: Answer(self.reviews(self.pulls[int(n)]))),
            (r"GET /issues/(\d+)/comments", lambda _, n: Answer(self.told_notes(int(n)))),
            *super().places(),
        ]

    def repository(self) -> dict[str, Any]:
        """The repository itself."""
        return {
            "full_name": "works/handbook",
            "default_branch": self.default,
            "allow_rebase": self.rebase,
            "allow_rebase_explicit": True,
        }

    def found(self, asked: Asked) -> Answer:
        """Users by their number."""
        number = int(asked.query["uid"])
        return Answer({"data": [user(number)] if number in LOGINS else [], "ok": True})

    def listed(self, asked: Asked) -> Answer:
        """A list of pull requests, in pages without a link."""
        rows = super().listed(Asked("GET", asked.path, {"state": asked.query["state"]}, asked.headers)).tree
        first = (int(asked.query["page"]) - 1) * int(asked.query["limit"])
        return Answer(rows[first : first + int(asked.query["limit"])])

    def short(self, pull: Pull) -> dict[str, Any]:
        """A pull request: Gitea knows drafts by their title."""
        told = super().short(pull)
        del told["draft"]
        title = f"WIP: {pull.title}" if pull.draft else pull.title
        return {**told, "title": title, "merged": pull.merge is not None}

    def proposed(self, asked: Asked) -> Answer:
        """Gitea gives nothing in place of an empty list for one that is just made."""
        made = super().proposed(asked)
        return Answer({**made.tree, "requested_reviewers": None}, 201) if made.status == 201 else made

    def asking(self, asked: Asked, number: str) -> Answer:
        """Gitea answers with the reviews that it made of it."""
        refused = super().asking(asked, number)
        pull = self.pulls[int(number)]
        made = [one for one in self.reviews(pull) if one["state"] == "REQUEST_REVIEW"]
        return Answer(made[-len(asked.body["reviewers"]) :], 201) if refused.status == 201 else refused

    def whole(self, pull: Pull) -> dict[str, Any]:
        """A pull request by itself says no more."""
        return self.short(pull)

    def reviews(self, pull: Pull) -> list[dict[str, Any]]:
        """Its reviews, and whom it asked."""
        states = {"approved": "APPROVED", "changes-requested": "REQUEST_CHANGES", "commented": "COMMENT"}
        shared = {"team": None, "stale": False, "official": True, "dismissed": False}
        given = [
            {
                "id": one["id"],
                "user": user(one["account"]),
                "state": states[one["state"]],
                "commit_id": one["commit"],
                "submitted_at": one["at"],
                "updated_at": one["at"],
                **shared,
            }
            for one in pull.reviews
        ]
        at = "2026-03-01T08:00:00Z"
        return given + [
            {
                "id": 5000 + one,
                "user": user(one),
                "state": "REQUEST_REVIEW",
                "commit_id": "",
                "submitted_at": at,
                "updated_at": at,
                **shared,
            }
            for one in pull.asked
        ]

    def told(self, one: dict[str, Any]) -> dict[str, Any]:
        """One status; Gitea calls its state `status`."""
        told = super().told(one)
        told["status"] = told.pop("state")
        return told


class GitLabTown(GitHubTown):
    """The town as GitLab tells it."""

    api = "/api/v4/projects/works%2Fhandbook"

    def __call__(self, asked: Asked) -> Answer:
        """GitLab takes its token in a header of its own."""
        token = asked.headers.get("PRIVATE-TOKEN") or asked.headers.get("Private-Token")
        headers = {**asked.headers, "Authorization": f"Bearer {token}"}
        return super().__call__(Asked(asked.method, asked.path, asked.query, headers, asked.body))

    def places(self) -> list[tuple[str, Callable[..., Answer]]]:
        """The places of GitLab."""
        one = r"/merge_requests/(\d+)"
        return [
            (r"GET /api/v4/user", lambda _: Answer(self.named(ROBOT))),
            (
                r"GET ",
                lambda _: Answer({"default_branch": self.default, "merge_method": "ff" if self.rebase else "merge"}),
            ),
            (r"GET /merge_requests", self.listed),
            (r"POST /merge_requests", self.proposed),
            (rf"GET {one}", lambda _, n: Answer(self.whole(self.pulls[int(n)]))),
            (rf"PUT {one}", self.asking),
            (rf"GET {one}/commits", lambda a, n: page(a, [{"id": s} for s in self.commits(self.pulls[int(n)])])),
            (rf"GET {one}/approvals", self.approvals),
            (rf"GET {one}/versions", self.versions),
            (rf"GET {one}/notes", lambda a, n: page(a, self.told_notes(int(n)))),
            (rf"POST {one}/notes", lambda a, n: Answer(self.told_note(self.note(int(n), a.body["body"])), 201)),
            (rf"PUT {one}/notes/(\d+)", lambda a, _n, note: self.changed(a, note)),
            (rf"DELETE {one}/notes/(\d+)", lambda a, _n, note: self.removed(a, note)),
            (r"GET /repository/commits/([0-9a-f]+)/statuses", lambda a, sha: page(a, self.told_statuses(sha))),
            (r"POST /statuses/([0-9a-f]+)", self.posted),
        ]

    @staticmethod
    def named(account: int | None) -> dict[str, Any] | None:
        """An account as GitLab writes it."""
        return {"id": account, "username": LOGINS[account]} if account is not None else None

    def listed(self, asked: Asked) -> Answer:
        """A list of merge requests."""
        wanted = asked.query["state"] == "opened"
        rows = [pull for pull in self.pulls.values() if pull.open == wanted and (wanted or pull.merge)]
        if "target_branch" in asked.query:
            rows = [pull for pull in rows if pull.target == asked.query["target_branch"]]
        return page(asked, [self.short(pull) for pull in sorted(rows, key=lambda pull: -pull.touched)])

    def short(self, pull: Pull) -> dict[str, Any]:
        """A merge request."""
        return {
            "iid": pull.number,
            "title": pull.title,
            "author": self.named(pull.author),
            "state": "opened" if pull.open else "merged",
            "sha": self.head(pull),
            "source_branch": pull.source,
            "target_branch": pull.target,
            "draft": pull.draft,
            "merged_at": "2026-03-02T10:00:00Z" if pull.merge else None,
            "merge_commit_sha": pull.merge,
            "squash_commit_sha": None,
            "reviewers": [self.named(one) for one in pull.asked],
        }

    def whole(self, pull: Pull) -> dict[str, Any]:
        """A merge request by itself."""
        return {**self.short(pull), "diff_refs": {"base_sha": self.base(pull), "head_sha": self.head(pull)}}

    def approvals(self, _: Asked, number: str) -> Answer:
        """Who has approved."""
        given = [one for one in self.pulls[int(number)].reviews if one["state"] == "approved"]
        return Answer({"approved_by": [{"user": self.named(one["account"])} for one in given]})

    def versions(self, asked: Asked, number: str) -> Answer:
        """One version for each commit that was reviewed, and one for the head."""
        pull = self.pulls[int(number)]
        seen = dict.fromkeys([one["commit"] for one in pull.reviews])
        rows = [
            {"id": n, "head_commit_sha": sha, "created_at": f"2026-01-01T0{n}:00:00Z"} for n, sha in enumerate(seen, 1)
        ]
        return page(asked, rows)

    def told_notes(self, number: int) -> list[dict[str, Any]]:
        """Notes of people, and those by which GitLab tells of decisions."""
        words = {"approved": "approved this merge request", "changes-requested": "requested changes"}
        system = [
            {
                "id": one["id"],
                "system": True,
                "author": self.named(one["account"]),
                "body": words[one["state"]],
                "created_at": one["at"],
            }
            for one in self.pulls[number].reviews
        ]
        return sorted([*system, *super().told_notes(number)], key=lambda one: one["id"])

    def told_note(self, one: dict[str, Any]) -> dict[str, Any]:
        """One note."""
        at = "2026-03-01T10:00:00Z"
        return {
            "id": one["id"],
            "system": False,
            "author": self.named(one["user"]),
            "body": one["body"],
            "created_at": at,
        }

    def asking(self, asked: Asked, number: str) -> Answer:
        """The whole list of reviewers."""
        pull = self.pulls[int(number)]
        for account in asked.body["reviewer_ids"]:
            if account not in pull.asked and account not in self.refused:
                pull.asked.append(account)
        return Answer(self.whole(pull))

    def proposed(self, asked: Asked) -> Answer:
        """Somebody opens one."""
        body = asked.body
        given = {"head": body["source_branch"], "base": body["target_branch"], "title": body["title"]}
        return super().proposed(Asked("POST", asked.path, {}, asked.headers, given))

    def posted(self, asked: Asked, sha: str) -> Answer:
        """A status; GitLab refuses one that would change nothing."""
        body = {"context": asked.body["name"], **{k: v for k, v in asked.body.items() if k != "name"}}
        now = self.at(sha)
        if now and now["state"] == body["state"]:
            return Answer({"message": f"Cannot transition status via :enqueue from :{body['state']}"}, 400)
        return Answer(self.told(self.status(sha, body)), 201)

    def told(self, one: dict[str, Any]) -> dict[str, Any]:
        """One status."""
        return {
            "id": one["id"],
            "name": one["context"],
            "status": one["state"],
            "description": one["description"],
            "author": self.named(one["user"]),
        }


TOWNS: dict[str, type[GitHubTown]] = {"github": GitHubTown, "gitea": GiteaTown, "gitlab": GitLabTown}
TOKENS = {"github": "GITHUB_TOKEN", "gitea": "GITEA_TOKEN", "gitlab": "GITLAB_TOKEN"}


def found(made: Works, kind: str = "gitea") -> GitHubTown:
    """A town over a bare copy of a handbook, whose clone has it as origin."""
    top = made.git("rev-parse", "--show-toplevel")
    remote = made.root.parent / "remote.git"
    git(made.root.parent, "clone", "-q", "--bare", top, str(remote))
    made.git("remote", "add", "origin", str(remote))
    return TOWNS[kind](remote)


def as_text(town: Town) -> str:
    """Everything that was ever said at the forge."""
    return json.dumps([town.statuses, town.notes])
