"""Decisions are read rightly: odd commit names, reviews dated too early, committers, rebased heads, other forges."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.examples import LONG_AFTER
from tests.forges.fake_github import TOKEN, GitHub
from tests.forges.serving import Answer, Asked, serving
from tests.forges.test_other_forges import gitea, gitea_review
from tests.forges.works import PRO, Works, text, works
from tests.running import Outcome, ems

AUTHOR, BOSS = "a.author@example.org", "b.boss@example.org"


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Works:
    """A handbook with accounts at GitHub, and its token."""
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    return works(tmp_path)


def at(made: Works, answer: Callable[[Asked], Answer], command: str = "record", *options: str) -> Outcome:
    """`ems record` or the gate, against a server that answers so."""
    with serving(answer) as server:
        place = ["--forge", made.forge, "--url", server.url, "--repository", "works/handbook", "--pull", "7"]
        if command == "gate":
            line = ["check", "--base", "main", "--reviews", *place, "--format", "json"]
            return ems(made.root, *line, day=LONG_AFTER)
        return ems(made.root, "record", *place, *made.signing, *options, "--format", "json", day=None)


def gate(made: Works, pull: dict[str, Any]) -> list[str]:
    """What the gate misses, of a pull request in a file."""
    path = made.root.parent / "pull.json"
    path.write_text(json.dumps(pull), encoding="utf-8")
    line = ["check", "--base", "main", "--reviews", "--from-json", str(path), "--format", "json"]
    found = ems(made.root, *line, day=LONG_AFTER).json["findings"]
    return [f["message"] for f in found if (f["name"], f["severity"]) == ("awaiting-approval", "error")]


def test_a_password_in_the_address_of_a_forge_is_in_no_record(made: Works) -> None:
    made.branch()
    head = made.commit({PRO: text()})
    pull = made.pull(head, made.merge(), [made.review("b.boss", head)])
    path = made.root.parent / "pull.json"
    for address, right in (
        ("https://b.boss:secret@forge.example.org", False),
        ("https://forge.example.org/@works", True),
    ):
        path.write_text(json.dumps({**pull, "url": address}), encoding="utf-8")
        done = ems(made.root, "record", "--forge", "github", "--from-json", str(path), *made.signing, day=None)
        assert done.status == (0 if right else 2), done.err
        assert "secret" not in done.out + done.err
        assert right or "must not hold a user or a password" in done.err


ODD = ["HEAD", "main", "", None, 7, "--upload-pack=x", ["HEAD"]]


@pytest.mark.parametrize("state", ["approved", "commented"])
def test_what_is_no_whole_commit_name_is_of_no_commit(made: Works, state: str) -> None:
    made.branch()
    head = made.commit({PRO: text()})
    odd = [made.review("b.boss", name, state) for name in (*ODD, head[:10], head.upper())]
    good = made.review("c.deputy", head)
    for bad in odd:
        outcome = at(made, GitHub(made.pull(head, None, [bad])), "gate")
        assert outcome.err == ""
        errors = [one["message"] for one in outcome.json["findings"] if one["severity"] == "error"]
        assert any("still needs 1 approval" in message for message in errors), bad
    merge = made.merge()
    for bad in odd:
        outcome = at(made, GitHub(made.pull(head, merge, [good, bad])), "record", "--dry-run")
        assert (outcome.status, [one["person"] for one in outcome.json["records"]]) == (0, ["c.deputy"])
        reasons = [one["reason"] for one in outcome.json["skipped"]]
        assert [reason.startswith("it is of no commit") for reason in reasons] == [True] * (state == "approved")


@pytest.mark.parametrize("commit", ["06edc6c034", "HEAD"])
def test_gitea_keeps_odd_names_as_given_and_they_count_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, commit: str
) -> None:
    """As ../shared/recorded/gitea-1.22 has them (commit-id-head, commit-id-odd)."""
    monkeypatch.setenv("GITEA_TOKEN", TOKEN)
    made = works(tmp_path, "gitea")
    made.branch()
    head = made.commit({PRO: text()})
    pull = made.pull(head, made.merge(), [])
    reviews = [gitea_review(1, "22", "APPROVED", commit), gitea_review(2, "33", "COMMENT", commit)]
    outcome = at(made, gitea(pull, reviews))
    assert (outcome.status, outcome.json["records"]) == (0, [])
    assert [one["review"] for one in outcome.json["skipped"]] == ["1"]
    assert at(made, gitea(pull, [gitea_review(1, "22", "APPROVED", head)])).json["records"] != []


@pytest.mark.parametrize("early", [True, False])
def test_gitea_dates_a_pending_review_by_its_beginning_and_it_counts_as_late_as_its_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, early: bool
) -> None:
    """Begun before an amended push by the reviewer, sent after it: `submitted_at` is then before the commit."""
    monkeypatch.setenv("GITEA_TOKEN", TOKEN)
    made = works(tmp_path, "gitea")
    made.branch()
    made.commit({PRO: text(body="Close it.")})
    begun = made.moment()
    made.write(PRO, text())
    made.git("commit", "-q", "-a", "--amend", "--no-edit", email=BOSS)
    committed = made.git("log", "-1", "--format=%cI")
    head, sent = made.head, made.moment(days=2)
    pull = made.pull(head, made.merge(), [])
    when = {"submitted_at": begun if early else sent, "updated_at": sent}
    review = gitea_review(1, "33", "APPROVED", head) | when
    by_the_committer = gitea_review(2, "22", "APPROVED", head) | when
    outcome = at(made, gitea(pull, [review, by_the_committer]))
    assert [one["person"] for one in outcome.json["records"]] == ["c.deputy"], outcome.json
    assert "b.boss" in made.records[0]["evidence"]["contributors"]
    assert made.records[0]["decided_at"][:19] == (committed if early else sent)[:19]
    assert "contributor" in outcome.json["skipped"][0]["reason"]


@pytest.mark.parametrize("by", [BOSS, AUTHOR])
def test_a_committer_date_ahead_hides_no_committer(made: Works, by: str) -> None:
    """The committer of what was reviewed committed before the review, whatever the date says."""
    made.branch()
    made.write(PRO, text())
    made.git("add", "-A")
    made.day, day = made.day.replace(year=made.day.year + 1), made.day
    made.git("commit", "-q", "-m", "Step", f"--author=A. Author <{AUTHOR}>", f"--date={day}T09:00:00Z", email=by)
    made.day, head = day, made.head
    review = made.review("b.boss", head)
    missing = gate(made, made.pull(head, None, [review]))
    assert bool(missing) is (by == BOSS)
    record = made.record(made.pull(head, made.merge(how="squash"), [review]), "--format", "json")
    assert len(record.json["records"]) == (by != BOSS)


@pytest.mark.parametrize("landing", ["merge", "squash", "rebase"])
def test_a_rebased_branch_with_equal_text_counts_by_digest_at_the_gate_in_the_record_and_in_verify(
    made: Works, landing: str
) -> None:
    made.branch()
    reviewed = made.commit({PRO: text()})
    review = made.review("b.boss", reviewed)
    made.git("checkout", "-q", "main")
    made.commit({"docs/index.md": "# Home again\n"})
    made.git("checkout", "-q", "change")
    made.git("rebase", "-q", "main")
    head = made.head
    assert head != reviewed
    assert gate(made, made.pull(head, None, [review])) == []
    assert made.record(made.pull(head, made.merge(how=landing), [review])).status == 0
    assert [one["evidence"]["commit"] for one in made.records] == [reviewed]
    made.land()
    assert made.verify()["breaks"] == []
    assert made.standing()["evidence"] == "witnessed"


def test_whoever_writes_the_equal_text_anew_in_a_rebase_may_not_approve_it_at_the_gate_either(made: Works) -> None:
    made.branch()
    reviewed = made.commit({PRO: text()})
    review = made.review("b.boss", reviewed)
    made.git("checkout", "-q", "-B", "change", "main")
    head = made.commit({PRO: text()}, BOSS)
    assert len(gate(made, made.pull(head, None, [review]))) == 1
    assert gate(made, made.pull(head, None, [review, made.review("c.deputy", head)])) == []


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("noreply@github.com", False),
        ("49699333+dependabot[bot]@users.noreply.github.com", False),
        ("github-actions[bot]@users.noreply.github.com", False),
        ("boss[bot]@users.noreply.github.com", False),
        ("ghost@users.noreply.github.com", False),
        ("pen@consultant.example.org", True),  # the policy says so
        (AUTHOR, True),
    ],
)
def test_a_bot_a_ghost_or_a_merge_button_is_no_author(made: Works, address: str, known: bool) -> None:
    made.branch()
    head = made.commit({PRO: text()}, address)
    review = made.review("b.boss", head)
    missing = gate(made, made.pull(head, None, [review]))
    assert [f"{address} wrote part of EMS-PRO-001" in one for one in missing] == [True] * (not known)
    outcome = made.record(made.pull(head, made.merge(), [review]), "--format", "json")
    assert len(outcome.json["records"]) == known
    assert known or address in outcome.json["skipped"][0]["reason"]


@pytest.mark.parametrize("address", ["noreply@github.com", "mergify[bot]@users.noreply.github.com"])
def test_a_forge_that_commits_for_an_author_stands_in_nobodys_way(made: Works, address: str) -> None:
    made.branch()
    made.write(PRO, text())
    made.git("add", "-A")
    made.git("commit", "-q", "-m", "Step", f"--author=A. Author <{AUTHOR}>", email=address)
    head = made.head
    review = made.review("b.boss", head)
    assert gate(made, made.pull(head, None, [review])) == []
    assert made.record(made.pull(head, made.merge(), [review])).status == 0
    made.land()
    assert (made.verify()["breaks"], made.standing()["evidence"]) == ([], "witnessed")


def test_a_draft_that_the_approver_landed_before_is_missed_at_the_gate_as_later_in_the_record(made: Works) -> None:
    made.commit({PRO: text(status="draft")}, BOSS)
    made.branch()
    head = made.commit({PRO: text(body="Close the valve.") + "\nAnd the lid.\n"})
    review = made.review("b.boss", head)
    assert len(gate(made, made.pull(head, None, [review]))) == 1
    assert gate(made, made.pull(head, None, [review, made.review("c.deputy", head)])) == []
    merged = made.pull(head, made.merge(), [review])
    assert made.record(merged, "--format", "json").json["records"] == []


def test_every_review_skipped_is_said_one_by_one(made: Works) -> None:
    made.branch()
    head = made.commit({PRO: text()})
    reviews = [
        made.review("a.author", head),
        made.review("l.lead", head),
        made.review("b.boss", "HEAD"),
        made.review("c.deputy", head, "dismissed", was="approved"),
        made.review("l.lead", head) | {"account": {"id": "99", "login": "x\n::error::"}},
    ]
    outcome = made.record(made.pull(head, made.merge(), reviews), "--format", "json")
    told = outcome.json["skipped"]
    assert (outcome.status, outcome.json["records"], len(told)) == (0, [], 5)
    assert all(one["reason"] for one in told)
    assert any('accounts: {github: {id: "99", login: ' in one["reason"] for one in told)
    shown = made.record(made.pull(head, made.merge("change"), reviews))
    assert "\n::error::" not in shown.out


@pytest.mark.parametrize(
    "review",
    [
        {"id": 1, "user": {"id": 22, "login": None}, "state": "APPROVED", "commit_id": None},
        {"id": 1, "user": {"id": "twenty", "login": "boss"}, "state": "APPROVED", "commit_id": None},
        {"id": 1, "user": None, "state": "APPROVED", "commit_id": None, "submitted_at": "yesterday"},
        {"id": 1, "user": None, "state": "APPROVED", "commit_id": None, "submitted_at": "2026-01-05T09:00:00"},
    ],
)
def test_an_answer_of_another_shape_is_one_line(made: Works, review: dict[str, Any]) -> None:
    made.branch()
    head = made.commit({PRO: text()})
    github = GitHub(made.pull(head, made.merge(), []))
    github.wrong["/reviews"] = Answer([review])
    outcome = at(made, github)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert "half an answer" in outcome.err
