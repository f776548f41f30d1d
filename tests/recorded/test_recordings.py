"""What GitHub really answered (PyGithub's recordings), with the names of commits put into a repository of ours."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.forges.serving import Answer, Asked, page, serving
from tests.forges.works import ACCOUNTS, PEOPLE, PRO, Works, text, works
from tests.recorded.material import recorded
from tests.running import Outcome, ems

API = "/repos/PyGithub/PyGithub"
APPROVER = 343539


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Works:
    """A handbook whose manager has the account that approved PyGithub's pull request 538."""
    monkeypatch.setenv("GITHUB_TOKEN", "made-up-token")
    monkeypatch.setitem(ACCOUNTS, "b.boss", APPROVER)
    people = PEOPLE.replace('id: "22"', f'id: "{APPROVER}"').replace("from: 2020", "from: 2010")
    return works(tmp_path, people=people)


def github(
    made: Works, reviewed: str, head: str, merge: str, reviews: list[dict[str, Any]]
) -> Callable[[Asked], Answer]:
    """A server that gives the recorded answers for pull request 538."""
    pull = copy.deepcopy(recorded("PullRequestReview.testDoesNotModifyPullRequest", f"{API}/pulls/538"))
    pull["head"]["sha"], pull["merge_commit_sha"], pull["commits"] = head, merge, 1
    pull["base"]["sha"] = made.git("rev-parse", f"{merge}^1")
    commit = copy.deepcopy(recorded("PullRequest.testGetCommits", f"{API}/pulls/31/commits"))[0]
    commit["sha"] = head
    protection = recorded("BranchProtection.setUp", "/repos/curvewise-forks/PyGithub/branches/master/protection")
    event = copy.deepcopy(recorded("IssueEvent.setUp", f"{API}/issues/events/1783605084"))
    event["dismissed_review"]["review_id"] = 28482091
    shown = copy.deepcopy(reviews)
    for review in shown:
        review["commit_id"] = reviewed if review["commit_id"].startswith("7a0fcb2") else head
    lists = {
        f"{API}/pulls/538/reviews": shown,
        f"{API}/pulls/538/commits": [commit],
        f"{API}/issues/538/events": [event],
        f"{API}/rules/branches/master": [],
    }

    def answer(asked: Asked) -> Answer:
        path = asked.path.removeprefix("/api/v3")
        if path in lists:
            return page(asked, lists[path])
        if path == f"{API}/branches/master/protection":
            return Answer(protection)
        return Answer(pull) if path == f"{API}/pulls/538" else Answer({"message": "Not Found"}, 404)

    return answer


def run(made: Works, answer: Callable[[Asked], Answer]) -> Outcome:
    """`ems record` of pull request 538."""
    with serving(answer) as server:
        place = ["--forge", "github", "--url", server.url, "--repository", "PyGithub/PyGithub", "--pull", "538"]
        return ems(made.root, "record", *place, *made.signing, day=None)


def reviews_of_538() -> list[dict[str, Any]]:
    """An approval of an earlier commit, and four comments after the merge."""
    found = recorded("PullRequestReview.testAttributes", f"{API}/pulls/538/reviews")
    assert isinstance(found, list)
    return found


def pulled(made: Works, after: str | None = None) -> tuple[str, str, str]:
    """A merged pull request: the commit reviewed, the newest one (`after` changes the text), and the one on main."""
    made.branch()
    reviewed = made.commit({PRO: text(body="Close valve V-3.")})
    head = made.commit({PRO: text(body=after)} if after else {"docs/index.md": "# Home again\n"})
    return reviewed, head, made.merge(how="squash")


def test_a_recorded_approval_becomes_a_record_although_comments_follow(made: Works) -> None:
    outcome = run(made, github(made, *pulled(made), reviews_of_538()))
    assert outcome.status == 0, outcome.err
    [record] = made.records
    evidence = record["evidence"]
    assert (evidence["review"], evidence["account"]) == ("28482091", {"id": "343539", "login": "jzelinskie"})
    assert record["decided_at"] == "2017-03-22T19:06:59Z"
    assert evidence["controls"]["pull_request_required"] is True
    assert evidence["controls"]["stale_approvals_dismissed"] is False
    assert evidence["controls"]["admins_included"] is True
    made.land()
    assert made.verify()["breaks"] == []


def test_a_recorded_approval_of_another_text_is_stale(made: Works) -> None:
    outcome = run(made, github(made, *pulled(made, after="Open valve V-3."), reviews_of_538()))
    assert (outcome.status, made.records) == (0, [])
    assert "(stale)" in outcome.out


def test_a_recorded_dismissal_of_a_rejection_leaves_it_standing(made: Works) -> None:
    dismissed = recorded("PullRequestReview.testDismiss", f"{API}/pulls/538/reviews/28482091/dismissals")
    assert dismissed["state"] == "DISMISSED"
    outcome = run(made, github(made, *pulled(made), [dismissed]))
    assert outcome.status == 0, outcome.err
    assert [record["action"] for record in made.records] == ["reject"]


def test_a_recorded_review_that_was_not_sent_counts_for_nothing(made: Works) -> None:
    path = "/repos/CS481-Team-Pumpkin/PyGithub/pulls/4/reviews/631460061"
    pending = recorded("PullRequestReview1856.testDelete", path)
    assert (pending["state"], pending.get("submitted_at")) == ("PENDING", None)
    pending["user"]["id"] = APPROVER
    outcome = run(made, github(made, *pulled(made), [pending]))
    assert (outcome.status, made.records) == (0, [])
