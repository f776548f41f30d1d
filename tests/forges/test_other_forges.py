"""GitLab, Gitea and Kallithea: answers of their documented shapes, on loopback, as records."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.forges.serving import Answer, Asked, page, serving
from tests.forges.works import PRO, Works, text, works
from tests.running import Outcome, ems, picture

TOKENS = {"gitlab": "GITLAB_TOKEN", "gitea": "GITEA_TOKEN", "kallithea": "KALLITHEA_API_KEY"}
TOKEN = "made-up-token"  # noqa: S105
USERS = {"11": "author", "22": "boss", "33": "deputy"}


def gitlab(pull: dict[str, Any], notes: list[dict[str, Any]], standing: list[str]) -> Callable[[Asked], Answer]:
    """A GitLab with one merge request; its decisions are system notes, `standing` the accounts it still counts."""
    root = "/api/v4/projects/works%2Fhandbook"
    request = {
        "iid": 7,
        "title": "A change",
        "author": _gitlab_user("11"),
        "state": "merged",
        "target_branch": "main",
        "sha": pull["head"],
        "diff_refs": {"base_sha": pull["base"], "head_sha": pull["head"], "start_sha": pull["base"]},
        "merge_commit_sha": None,
        "squash_commit_sha": pull["merge_commit"],
        "merged_at": "2026-01-10T10:00:00.000Z",
    }
    versions = [
        {"id": 2, "head_commit_sha": pull["head"], "created_at": "2026-01-07T12:00:00.000Z"},
        {"id": 1, "head_commit_sha": pull["commits"][-1]["sha"], "created_at": "2026-01-06T12:00:00.000Z"},
    ]
    plain = {
        f"{root}/merge_requests/7": request,
        f"{root}/merge_requests/7/approvals": {"approved_by": [{"user": _gitlab_user(one)} for one in standing]},
        f"{root}/protected_branches/main": {
            "name": "main",
            "push_access_levels": [{"access_level": 0}],
            "allow_force_push": False,
        },
        f"{root}/approvals": {"reset_approvals_on_push": True},
        root: {"only_allow_merge_if_pipeline_succeeds": False},
    }
    lists = {
        f"{root}/merge_requests/7/commits": [{"id": one["sha"]} for one in pull["commits"]],
        f"{root}/merge_requests/7/versions": versions,
        f"{root}/merge_requests/7/notes": notes,
    }

    def answer(asked: Asked) -> Answer:
        if asked.headers.get("PRIVATE-TOKEN") != TOKEN:
            return Answer({"message": "401 Unauthorized"}, 401)
        if asked.path in lists:
            return page(asked, lists[asked.path])
        return Answer(plain[asked.path]) if asked.path in plain else Answer({"message": "404 Not found"}, 404)

    return answer


def _gitlab_user(number: str) -> dict[str, Any]:
    return {"id": int(number), "username": USERS[number], "name": USERS[number], "state": "active"}


def note(number: int, account: str, body: str, at: str, system: bool = True) -> dict[str, Any]:
    """A note of a merge request."""
    return {"id": number, "author": _gitlab_user(account), "body": body, "system": system, "created_at": at}


def gitea(pull: dict[str, Any], reviews: list[dict[str, Any]]) -> Callable[[Asked], Answer]:
    """A Gitea with one pull request."""
    root = "/api/v1/repos/works/handbook"
    author = {"id": 11, "login": "author"}
    request = {
        "number": 7,
        "title": "A change",
        "user": author,
        "head": {"ref": "change", "sha": pull["head"]},
        "base": {"ref": "main", "sha": pull["base"]},
        "merged": True,
        "merge_commit_sha": pull["merge_commit"],
        "merged_at": "2026-01-10T10:00:00Z",
    }
    lists = {
        f"{root}/pulls/7/reviews": reviews,
        f"{root}/pulls/7/commits": [{"sha": one["sha"], "author": author} for one in pull["commits"]],
    }

    def answer(asked: Asked) -> Answer:
        if asked.headers.get("Authorization") != f"token {TOKEN}":
            return Answer({"message": "token is required"}, 401)
        if asked.path in lists:
            return page(asked, lists[asked.path], "limit")
        if asked.path == f"{root}/branch_protections/main":
            return Answer({"branch_name": "main", "enable_push": False, "dismiss_stale_approvals": True})
        return Answer(request) if asked.path == f"{root}/pulls/7" else Answer({"message": "not found"}, 404)

    return answer


def gitea_review(number: int, account: str | None, state: str, commit: str, **more: Any) -> dict[str, Any]:
    """A review at Gitea."""
    user = {"id": int(account), "login": USERS[account]} if account else {"id": -1, "login": "Ghost"}
    made = {"id": number, "user": user, "state": state, "commit_id": commit, "dismissed": False, "stale": False}
    return {**made, "official": True, "submitted_at": f"2026-01-08T10:00:{number:02}Z", **more}


def kallithea(pull: dict[str, Any], statuses: list[tuple[str, str, str]], **more: Any) -> Callable[[Asked], Answer]:
    """A Kallithea with one pull request; every vote stands there once for each commit."""
    shas = [one["sha"] for one in pull["commits"]]
    result = {
        "pull_request_id": 7,
        "url": "/works/handbook/pull-request/7/_/change",
        "reviewers": [{"username": "boss"}],
        "revisions": shas,
        "owner": "author",
        "title": "A change",
        "description": "No description",
        "org_repo_url": "http://127.0.0.1/works/handbook",
        "org_ref_parts": ["branch", "change", pull["head"]],
        "other_ref_parts": ["branch", "main", pull["base"]],
        "status": "new",
        "comments": [{"comment_id": 1, "username": "author", "text": ""}],
        "statuses": [{"reviewer": w, "status": s, "modified_at": at} for w, s, at in statuses for _ in shas],
        "created_on": "2026-01-06T12:00:00",
        "updated_on": "2026-01-06T12:00:00",
    } | more

    def answer(asked: Asked) -> Answer:
        if asked.path != "/_admin/api" or asked.body["api_key"] != TOKEN:
            return Answer({"id": asked.body["id"], "result": None, "error": "Invalid API key"})
        reply: Any = result
        if asked.body["method"] == "get_user":
            name = asked.body["args"]["userid"]
            number = next(int(number) for number, user in USERS.items() if user == name)
            reply = {"user_id": number, "username": name, "email": f"{name}@example.org", "active": True}
        return Answer({"id": asked.body["id"], "result": reply, "error": None})

    return answer


Making = Callable[[str], Works]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Making:
    """Makes a handbook with accounts at a forge, and sets its token."""

    def made(forge: str) -> Works:
        monkeypatch.setenv(TOKENS[forge], TOKEN)
        return works(tmp_path, forge)

    return made


def pulled(made: Works, how: str = "squash") -> dict[str, Any]:
    """A merged pull request of two commits with a new procedure."""
    made.branch()
    made.commit({PRO: text(status="draft", body="Close it.")})
    head = made.commit({PRO: text(body="Close valve V-3.")})
    return made.pull(head, made.merge(how=how), [])


def record(made: Works, answer: Callable[[Asked], Answer], *options: str) -> Outcome:
    """`ems record` against a server that answers so."""
    with serving(answer) as server:
        place = ["--forge", made.forge, "--url", server.url, "--repository", "works/handbook", "--pull", "7"]
        return ems(made.root, "record", *place, *made.signing, *options, day=None)


def evidence(made: Works) -> dict[str, Any]:
    """The evidence of the only record, once it has landed and the document is in force by it."""
    [only] = made.records
    made.land()
    assert made.verify()["breaks"] == []
    assert made.standing()["evidence"] == "witnessed"
    return dict(only["evidence"], decided_at=only["decided_at"])


APPROVED, UNAPPROVED, REQUESTED = "approved this merge request", "unapproved this merge request", "requested changes"


def test_gitlab_approvals_are_about_the_newest_commit_of_their_time(make: Making) -> None:
    made = make("gitlab")
    pull = pulled(made)
    outcome = record(made, gitlab(pull, [note(501, "22", APPROVED, "2026-01-07T13:00:00.500Z")], ["22"]))
    assert outcome.status == 0, outcome.err
    kept = evidence(made)
    assert (kept["kind"], kept["review"], kept["commit"]) == ("gitlab-approval", "501", pull["head"])
    assert kept["decided_at"] == "2026-01-07T13:00:00Z"
    assert kept["controls"]["pull_request_required"] is True
    assert kept["controls"]["stale_approvals_dismissed"] is True
    assert kept["controls"]["checks_required"] is False


@pytest.mark.parametrize(
    ("notes", "standing", "actions"),
    [
        ([(APPROVED, 6)], ["22"], []),  # before the last push
        ([(APPROVED, 7)], [], []),  # GitLab took it back on a push
        ([(APPROVED, 7), (UNAPPROVED, 8)], [], []),
        ([(REQUESTED, 7), (APPROVED, 8)], ["22"], ["approve"]),
        ([(APPROVED, 7), (REQUESTED, 8)], [], ["reject"]),
        ([], ["22"], []),  # approved, but nothing says when
    ],
)
def test_gitlab_decisions(make: Making, notes: list[tuple[str, int]], standing: list[str], actions: list[str]) -> None:
    made = make("gitlab")
    pull = pulled(made)
    told = [note(500 + n, "22", words, f"2026-01-{day:02}T13:00:00Z") for n, (words, day) in enumerate(notes)]
    told.append(note(900, "22", APPROVED, "2026-01-09T13:00:00Z", system=False))  # anybody can write that
    assert record(made, gitlab(pull, told, standing)).status == 0
    assert [one["action"] for one in made.records] == actions


@pytest.mark.parametrize("told", [False, True])
def test_an_approval_of_which_nobody_knows_when_is_said(make: Making, told: bool) -> None:
    """GitLab in another language than English: who approved is there, and no note says when."""
    made = make("gitlab")
    notes = [note(500, "22", APPROVED if told else "a approuvé", "2026-01-07T13:00:00Z")]
    outcome = record(made, gitlab(pulled(made), notes, ["22"]))
    assert (outcome.status, len(made.records)) == (0, int(told))
    assert ("or when it was sent" in outcome.out) is not told


def test_gitea_reviews(make: Making) -> None:
    made = make("gitea")
    pull = pulled(made)
    reviews = [gitea_review(n, "22", "COMMENT", pull["head"]) for n in range(1, 55)]
    asked = gitea_review(56, "33", "REQUEST_REVIEW", "")
    outcome = record(made, gitea(pull, [*reviews, gitea_review(55, "22", "APPROVED", pull["head"]), asked]))
    assert outcome.status == 0, outcome.err
    kept = evidence(made)
    assert (kept["kind"], kept["review"], kept["commit"]) == ("gitea-review", "55", pull["head"])
    assert kept["controls"]["pull_request_required"] is True


@pytest.mark.parametrize(
    ("state", "more", "actions"),
    [
        ("APPROVED", {"dismissed": True}, []),
        ("REQUEST_CHANGES", {"dismissed": True}, ["reject"]),
        ("PENDING", {}, []),
        ("APPROVED", {"commit_id": ""}, []),
        ("APPROVED", {"user": {"id": -1, "login": "Ghost"}}, []),
        ("APPROVED", {"user": None}, []),
    ],
)
def test_gitea_decisions(make: Making, state: str, more: dict[str, Any], actions: list[str]) -> None:
    made = make("gitea")
    pull = pulled(made)
    assert record(made, gitea(pull, [gitea_review(1, "22", state, pull["head"]) | more])).status == 0
    assert [one["action"] for one in made.records] == actions


@pytest.mark.parametrize("how", ["ff", "merge"])
def test_kallithea_votes_are_about_the_newest_commit_of_their_pull_request(make: Making, how: str) -> None:
    made = make("kallithea")
    pull = pulled(made, how)
    votes = [("author", "under_review", "2026-01-07T12:00:00"), ("boss", "approved", "2026-01-07T13:00:00")]
    outcome = record(made, kallithea(pull, votes))
    assert outcome.status == 0, outcome.err
    kept = evidence(made)
    assert (kept["kind"], kept["review"], kept["commit"]) == ("kallithea-vote", "22/20260107T130000", pull["head"])
    assert kept["account"] == {"id": "22", "login": "boss"}
    assert set(kept["controls"].values()) == {False}


@pytest.mark.parametrize(
    ("votes", "actions"),
    [
        ([("author", "approved")], []),  # Kallithea lets owners approve their own
        ([("boss", "approved"), ("boss", "under_review")], []),
        ([("boss", "approved"), ("boss", "rejected")], ["reject"]),
        ([("boss", "rejected"), ("boss", "approved")], ["approve"]),
    ],
)
def test_kallithea_decisions(make: Making, votes: list[tuple[str, str]], actions: list[str]) -> None:
    made = make("kallithea")
    pull = pulled(made, "merge")
    timed = [(who, status, f"2026-01-07T13:00:0{n}") for n, (who, status) in enumerate(votes)]
    assert record(made, kallithea(pull, timed)).status == 0
    assert [one["action"] for one in made.records] == actions


def test_a_push_after_the_vote_is_stale_although_kallithea_keeps_it(make: Making) -> None:
    made = make("kallithea")
    made.branch()
    voted = made.commit({PRO: text(body="Close valve V-3.")})
    made.commit({PRO: text(body="Open valve V-3.")})
    merge = made.merge()
    pull = made.pull(voted, merge, [])
    outcome = record(made, kallithea(pull, [("boss", "approved", "2026-01-07T13:00:00")]))
    assert "(stale)" in outcome.out
    assert made.records == []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer({"id": 1, "result": None, "error": "pull request `7` does not exist"}), "`7` does not exist"),
        (Answer({"id": 1, "result": None, "error": None}), '"the whole" is not what it should be'),
        (Answer({"id": 9, "result": {}, "error": None}), "answer to another question"),
        (Answer({"result": {}}), '"id" is missing'),
        (Answer(raw=b"<html>"), "no JSON"),
        (Answer({}, 404), "404"),
    ],
)
def test_half_answers_of_kallithea(make: Making, answer: Answer, reason: str) -> None:
    made = make("kallithea")
    pulled(made)
    before = picture(made.root, cache=False)
    outcome = record(made, lambda _: answer)
    assert (outcome.status, outcome.out) == (2, "")
    assert reason in outcome.err
    assert TOKEN not in outcome.err
    assert picture(made.root, cache=False) == before


def test_kallithea_tells_of_another_user_than_was_asked_for(make: Making) -> None:
    """A server that answers with whom it likes says nothing about who voted."""
    made = make("kallithea")
    pull = pulled(made)
    right = kallithea(pull, [("boss", "approved", "2026-01-07T13:00:00")])

    def answer(asked: Asked) -> Answer:
        if asked.path == "/_admin/api" and asked.body["method"] == "get_user":
            user = {"user_id": 22, "username": "somebody", "email": "x@example.org", "active": True}
            return Answer({"id": asked.body["id"], "result": user, "error": None})
        return right(asked)

    outcome = record(made, answer)
    assert (outcome.status, "tells of another user" in outcome.err) == (2, True)
    assert made.records == []


def test_a_number_of_another_repository_is_none_of_this_one(make: Making) -> None:
    made = make("kallithea")
    pull = pulled(made)
    outcome = record(made, kallithea(pull, [], url="/other/pull-request/7/_/change"))
    assert (outcome.status, "is one of another repository" in outcome.err) == (2, True)


@pytest.mark.parametrize("forge", ["gitlab", "gitea", "kallithea"])
def test_a_token_that_is_missing_or_wrong(make: Making, forge: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = make(forge)
    pull = pulled(made, "merge")
    answer = {"gitlab": gitlab(pull, [], []), "gitea": gitea(pull, []), "kallithea": kallithea(pull, [])}[forge]
    monkeypatch.setenv(TOKENS[forge], "another")
    outcome = record(made, answer)
    assert (outcome.status, outcome.out) == (2, "")
    assert "401" in outcome.err or "Invalid API key" in outcome.err
    monkeypatch.delenv(TOKENS[forge])
    assert f"no {TOKENS[forge]} in the environment" in record(made, answer).err


@pytest.mark.parametrize("forge", ["gitea", "kallithea"])
def test_a_forge_without_an_address_of_its_own(make: Making, forge: str) -> None:
    made = make(forge)
    place = ["--forge", forge, "--repository", "works/handbook", "--pull", "7"]
    assert "Name its address: --url" in ems(made.root, "record", *place, *made.signing, day=None).err
