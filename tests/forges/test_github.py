"""GitHub: its answers as records, and every way in which they can fail to be whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.forges.fake_github import TOKEN, GitHub
from tests.forges.serving import Answer, Asked, Server, serving
from tests.forges.works import PRO, Works, text, works
from tests.running import Outcome, ems, picture


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Works:
    """A handbook, and a token in the environment."""
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    return works(tmp_path)


def pulled(made: Works, *states: str | tuple[str, str], commits: int = 1) -> GitHub:
    """A merged pull request of a new procedure at a fake GitHub, with reviews by B. Boss of its newest commit."""
    made.branch()
    for number in range(commits - 1):
        made.git("commit", "-q", "--allow-empty", "-m", f"Step {number}")
    head = made.commit({PRO: text(body="Close valve V-3.")})
    reviews = []
    for state in states or ("approved",):
        said, was = state if isinstance(state, tuple) else (state, None)
        reviews.append(made.review("b.boss", head, said, was=was))
    return GitHub(made.pull(head, made.merge(how="squash"), reviews))


def record(made: Works, server: Server, *options: str) -> Outcome:
    """`ems record` against the server."""
    place = ["--forge", "github", "--url", server.url, "--repository", "works/handbook", "--pull", "7"]
    return ems(made.root, "record", *place, *made.signing, *options, day=None)


def test_an_approval_becomes_a_record(made: Works) -> None:
    github = pulled(made)
    github.rules = [
        {"type": "pull_request", "parameters": {"dismiss_stale_reviews_on_push": True}},
        {"type": "non_fast_forward"},
    ]
    with serving(github) as server:
        outcome = record(made, server)
        assert outcome.status == 0, outcome.err
        assert TOKEN not in outcome.out + outcome.err
        [made_record] = made.records
        evidence = made_record["evidence"]
        assert (evidence["forge"], evidence["repository"], evidence["pull"]) == (server.url, "works/handbook", 7)
        assert evidence["controls"] == {
            "pull_request_required": True,
            "stale_approvals_dismissed": True,
            "last_push_needs_approval": None,  # the older protection cannot be seen with this token
            "force_push_refused": True,
            "deletion_refused": None,
            "checks_required": None,
            "admins_included": None,
        }
        assert TOKEN not in (made.root / next((made.root / "approvals").rglob("r001*approve.json"))).read_text()
    made.land()
    assert made.verify()["breaks"] == []
    assert made.standing()["evidence"] == "witnessed"


def test_the_older_protection_counts_where_the_token_may_see_it(made: Works) -> None:
    github = pulled(made)
    github.protection = {
        "required_pull_request_reviews": {"dismiss_stale_reviews": True, "require_last_push_approval": False},
        "enforce_admins": {"enabled": True},
        "allow_force_pushes": {"enabled": False},
        "allow_deletions": {"enabled": True},
    }
    with serving(github) as server:
        assert record(made, server).status == 0
    assert made.records[0]["evidence"]["controls"] == {
        "pull_request_required": True,
        "stale_approvals_dismissed": True,
        "last_push_needs_approval": False,
        "force_push_refused": True,
        "deletion_refused": False,
        "checks_required": False,
        "admins_included": True,
    }


def test_more_than_a_hundred_reviews_are_all_read(made: Works) -> None:
    github = pulled(made, "approved", *["commented"] * 230, "changes-requested")
    with serving(github) as server:
        assert record(made, server).status == 0
        assert [
            asked.query["page"] for asked in server.asked if "reviews" in asked.path and asked.query.get("page")
        ] == [
            "2",
            "3",
        ]
    assert [one["action"] for one in made.records] == ["reject"]


def test_more_than_250_commits_are_all_read(made: Works) -> None:
    github = pulled(made, commits=260)
    github.pull["commits"][-1]["author"] = {"id": "22", "login": "boss"}  # the oldest, and of no document
    with serving(github) as server:
        assert record(made, server).status == 0
        assert len([asked for asked in server.asked if "/compare/" in asked.path]) == 3
    assert len(made.records) == 1


@pytest.mark.parametrize(
    ("states", "actions"),
    [
        ([("dismissed", "approved")], []),
        ([("dismissed", "changes-requested")], ["reject"]),
        (["approved", ("dismissed", "changes-requested"), "approved"], ["approve"]),
    ],
)
def test_what_a_dismissed_review_said_is_asked_for(made: Works, states: list[Any], actions: list[str]) -> None:
    with serving(pulled(made, *states)) as server:
        assert record(made, server).status == 0
    assert [one["action"] for one in made.records] == actions


def test_a_review_that_is_not_sent_yet_has_no_time_and_counts_for_nothing(made: Works) -> None:
    github = pulled(made, "pending")
    github.pull["reviews"][0]["submitted_at"] = None
    with serving(github) as server:
        assert record(made, server).status == 0
    assert made.records == []


def test_a_deleted_account_and_a_lost_commit_are_no_approval(made: Works) -> None:
    github = pulled(made, "approved", "approved")
    github.pull["reviews"][0]["account"] = None
    github.pull["reviews"][1]["commit"] = None
    github.pull["author"] = None
    with serving(github) as server:
        outcome = record(made, server)
    assert (outcome.status, made.records) == (0, [])
    assert "no longer knows whose it is" in outcome.out
    assert "does not say which commit" in outcome.out


def test_a_repository_that_was_renamed_is_followed_on_the_same_host(made: Works) -> None:
    github = pulled(made)

    def moved(asked: Asked) -> Answer:
        if asked.path.startswith("/api/v3/repos/works/handbook/pulls/7"):
            rest = asked.path.removeprefix("/api/v3/repos/works/handbook")
            return Answer(status=301, headers={"Location": f"/api/v3/repositories/5{rest}"})
        path = asked.path.replace("/repositories/5", "/repos/works/handbook")
        return github(Asked(asked.method, path, asked.query, asked.headers))

    with serving(moved) as server:
        assert record(made, server).status == 0
    assert len(made.records) == 1


@pytest.mark.parametrize("how", ["redirect", "page"])
def test_the_token_goes_to_no_other_host(made: Works, how: str) -> None:
    github = pulled(made)
    with serving(lambda _: Answer([])) as thief, serving(github) as server:
        if how == "redirect":
            github.wrong["/pulls/7"] = Answer(status=302, headers={"Location": f"{thief.url}/pulls/7"})
        else:
            github.wrong["/reviews"] = Answer([], headers={"Link": f'<{thief.url}/reviews>; rel="next"'})
        before = picture(made.root, cache=False)
        outcome = record(made, server)
        assert (outcome.status, thief.asked) == (2, [])
    assert picture(made.root, cache=False) == before


LOOP = Answer([], headers={"Link": '</api/v3/repos/works/handbook/pulls/7/reviews?per_page=100>; rel="next"'})


@pytest.mark.parametrize(
    ("place", "answer", "reason"),
    [
        (r"/pulls/7\?", Answer({"message": "Not Found"}, 404), "has no pull request 7 of works/handbook"),
        (r"/pulls/7\?", Answer({}, 401), "does not accept the token (401)"),
        (r"/pulls/7\?", Answer({}, 403), "does not let this token read pull request 7"),
        (
            r"/pulls/7\?",
            Answer({}, 403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1767261600"}),
            "10:00 UTC",
        ),
        (r"/pulls/7\?", Answer({}, 429, {"Retry-After": "60"}), "Try again in 60 seconds"),
        (r"/reviews", Answer({}, 403, {"Retry-After": "60"}), "rate limit"),
        (r"/pulls/7\?", Answer({}, 500), "answers 500"),
        (r"/pulls/7\?", Answer({}, 502), "answers 502"),
        (r"/pulls/7\?", Answer(raw=b"<html>"), "no JSON"),
        (r"/pulls/7\?", Answer(raw=b"[" * 100_000), "no JSON"),
        (r"/pulls/7\?", Answer(raw=b'{"number": 7', cut=True), "broke off"),
        (r"/pulls/7\?", Answer(raw=b"\xff\xfe"), "no JSON"),
        (r"/pulls/7\?", Answer({"number": 7}), '"title" is missing'),
        (r"/pulls/7\?", Answer([]), '"the whole" is not what it should be'),
        (r"/pulls/7\?", Answer(raw=b" " * 21_000_000), "more than 20 MB"),
        (r"/reviews", Answer({"message": "no list"}), "no list"),
        (r"/reviews", Answer([{"id": 1, "user": None, "state": "APPROVED"}]), '"commit_id" is missing'),
        (r"/reviews", Answer([{"id": 1, "user": None, "state": "LGTM", "commit_id": None}]), '"LGTM"'),
        (
            r"/reviews",
            Answer([{"id": 1, "user": None, "state": "DISMISSED", "commit_id": None}]),
            "before it was dismissed",
        ),
        (r"/reviews", Answer([{"id": 1, "user": None, "state": "x\n::error::", "commit_id": None}]), "not known here"),
        (r"/reviews", LOOP, "without an end"),
        (r"/commits", Answer([]), "names 0 of 1 commits"),
        (r"/commits", Answer([{"sha": "main", "author": None}]), '"sha" is not what it should be'),
        (r"/rules/", Answer({}, 500), "answers 500"),
    ],
)
def test_what_is_not_whole_is_one_clear_error_and_nothing_is_written(
    made: Works, place: str, answer: Answer, reason: str
) -> None:
    github = pulled(made)
    github.wrong[place] = answer
    before = picture(made.root, cache=False)
    with serving(github) as server:
        outcome = record(made, server)
    assert (outcome.status, outcome.out) == (2, "")
    assert reason in outcome.err
    assert outcome.err.startswith("ems: ")
    assert outcome.err.count("\n") == 1
    assert TOKEN not in outcome.err
    assert picture(made.root, cache=False) == before


def test_another_pull_request_than_the_one_asked_for_is_a_half_answer(made: Works) -> None:
    github = pulled(made)
    github.wrong[r"/pulls/7\?"] = Answer({**github.whole, "number": 8})
    with serving(github) as server:
        outcome = record(made, server)
    assert (outcome.status, made.records) == (2, [])
    assert "gives pull request 8 of works/handbook in the place of number 7" in outcome.err


def test_a_second_page_that_fails_is_a_half_answer(made: Works) -> None:
    github = pulled(made, *["approved"] * 101)
    github.wrong[r"/reviews\?page=2"] = Answer({}, 404)
    with serving(github) as server:
        assert record(made, server).status == 2
    assert made.records == []


def test_a_passing_fault_is_asked_again(made: Works) -> None:
    github, faults = pulled(made), [Answer({}, 502), Answer({}, 503)]

    def now_and_then(asked: Asked) -> Answer:
        return faults.pop() if faults else github(asked)

    with serving(now_and_then) as server:
        assert record(made, server).status == 0
    assert len(made.records) == 1


@pytest.mark.parametrize(
    ("token", "url", "reason"),
    [
        ("", "", "no GITHUB_TOKEN in the environment"),
        ("two words", "", "characters that no token has"),
        (TOKEN, "http://git.example.org", "https only"),
        (TOKEN, "https://user:word@git.example.org", "no address of a forge"),
        (TOKEN, "ftp://git.example.org", "no address of a forge"),
        (TOKEN, "http://127.0.0.1:1", "cannot be reached"),
    ],
)
def test_without_token_or_address_nothing_is_asked(
    made: Works, monkeypatch: pytest.MonkeyPatch, token: str, url: str, reason: str
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", token)
    place = ["--forge", "github", "--repository", "works/handbook", "--pull", "7", *(["--url", url] if url else [])]
    outcome = ems(made.root, "record", *place, *made.signing, day=None)
    assert (outcome.status, outcome.out) == (2, "")
    assert reason in outcome.err
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize("name", ["handbook", "../user", "works/..", "works/hand book", "works/x?a=1", "a/b/c", "/b"])
def test_a_name_that_no_repository_has_is_not_asked_for(made: Works, name: str) -> None:
    with serving(pulled(made)) as server:
        place = ["--forge", "github", "--url", server.url, "--repository", name, "--pull", "7"]
        outcome = ems(made.root, "record", *place, *made.signing, day=None)
        assert (outcome.status, server.asked) == (2, [])
    assert "is no repository" in outcome.err


def test_a_netrc_file_does_not_replace_the_token(made: Works, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with serving(pulled(made)) as server:
        assert record(made, server).status == 0
        assert {asked.headers["Authorization"] for asked in server.asked} == {f"Bearer {TOKEN}"}
