"""The shipped workflows do what they say: what is replaced around them stands in stage.py."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.examples import git
from tests.forges.works import PRO, Works, text, works
from tests.running import ems
from tests.workflows.stage import Stage, furnish, recorded, rewrite

APPROVAL = "handbook/reviews"
ROBOT = {"EMS_RECORDER": "robot"}


def bare(folder: Path, root: Path) -> Path:
    """The remote: everything that is in a repository now."""
    remote = folder / "remote.git"
    git(folder, "clone", "-q", "--bare", str(root), str(remote))
    git(remote, "config", "uploadpack.allowAnySHA1InWant", "true")
    return remote


@pytest.fixture
def stages(tmp_path: Path) -> Iterator[list[Stage]]:
    """Every stage put in here loses its servers at the end."""
    made: list[Stage] = []
    yield made
    for stage in made:
        for stop in stage.sent:
            stop()


@pytest.fixture
def scene(tmp_path: Path, stages: list[Stage]) -> tuple[Works, Stage]:
    """A handbook with a recorder, its machinery, and a pull request (7) by A. Author that submits EMS-PRO-001."""
    made = works(tmp_path, documents={})
    furnish(made.root)
    made.commit()
    stage = Stage(made.root, bare(tmp_path, made.root))
    stages.append(stage)
    made.branch()
    made.commit({PRO: procedure()})
    stage.push("change", "change:refs/pull/7/head")
    stage.opens().opens("change")
    return made, stage


def procedure(status: str = "submitted") -> str:
    """EMS-PRO-001, in which nothing is wrong."""
    return text(status=status)


def event(stage: Stage, name: str, action: str, **review: Any) -> dict[str, Any]:
    """A recorded event about the pull request that the stage's forge tells of."""
    assert stage.forge
    payload = json.loads(recorded(name, action))
    pull, told = payload["pull_request"], stage.forge.whole(stage.forge.pulls[7])
    rewrite(pull, number=told["number"], state=told["state"], title=told["title"])
    rewrite(pull["user"], login=told["user"]["login"])
    for side in ("head", "base"):
        rewrite(pull[side], **told[side])
    rewrite(payload["repository"], full_name="works/handbook")
    rewrite(payload.get("review", {}), **review)
    return dict(payload)


def pushed(made: Works, ref: str = "main") -> dict[str, Any]:
    """A recorded push of a branch."""
    payload = json.loads(recorded("push"))
    rewrite(payload, ref=f"refs/heads/{ref}", after=made.git("rev-parse", ref))
    return dict(payload)


def fresh(stage: Stage) -> Path:
    """A fresh clone of main."""
    clone = stage.root.parent / f"fresh{len(stage.sent)}"
    stage.sent.append(lambda: None)
    git(stage.root.parent, "clone", "-q", "--branch", "main", str(stage.remote), str(clone))
    return clone


@pytest.fixture
def merged(scene: tuple[Works, Stage]) -> tuple[Works, Stage]:
    """The pull request, approved by B. Boss and merged."""
    made, stage = scene
    assert stage.forge
    stage.forge.review(7, 22, made.git("rev-parse", "change"), at=made.moment())
    merge = made.merge()
    stage.push("main")
    stage.forge.lands(7, merge)
    return made, stage


def key(made: Works) -> dict[str, str]:
    """The secret of the environment "recorder"."""
    return {"RECORDER_KEY": made.keys["robot"].read_text(encoding="utf-8")}


def test_check_annotates_a_bad_change_and_explains_it_to_anybody(tmp_path: Path, stages: list[Stage]) -> None:
    """On a demonstration handbook, as `ems demo` makes it."""
    root = tmp_path / "handbook"
    assert ems(tmp_path, "demo", str(root), "--documents", "3", day=None).status == 0
    furnish(root)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Machinery", email="m.ferrer@example.org")
    git(root, "checkout", "-q", "-b", "change")
    document = next(path for path in sorted((root / "docs").rglob("EMS-*.md")))
    document.write_text(document.read_text(encoding="utf-8") + "\nNobody checks it.\n", encoding="utf-8")
    git(root, "commit", "-q", "-am", "Change", email="m.ferrer@example.org")
    stage = Stage(root, bare(tmp_path, root))
    stages.append(stage)
    stage.opens().opens("change")
    run = stage.act("check.yml", "pull_request", event(stage, "pull_request", "opened"), "--job", "check")
    assert not run.ok
    assert "EMS203" in run.log
    path = document.relative_to(root).as_posix()
    assert f"file={path}" in run.log or path in run.log
    assert "must be put right before this can be merged" in run.summary
    assert "Must be put right** (EMS203)" in run.summary
    assert "What to do:" in run.summary
    assert "0 breaks" in run.summary


def test_check_lets_a_good_change_pass_and_says_what_it_changes_for_people(scene: tuple[Works, Stage]) -> None:
    _, stage = scene
    run = stage.act("check.yml", "pull_request", event(stage, "pull_request", "opened"))
    assert run.ok, run.log
    assert "Nothing" in run.summary
    assert "Written by: A. Author" in run.summary
    assert "Still to approve, as plant manager: B. Boss" in run.summary


def told(stage: Stage) -> list[tuple[str, str]]:
    """The statuses that were posted: at which commit, and which."""
    return [(path.removeprefix("statuses/"), body["state"]) for _, path, body in stage.changes if "statuses/" in path]


def test_a_request_is_judged_on_main_of_now_and_those_who_may_decide_are_asked(scene: tuple[Works, Stage]) -> None:
    made, stage = scene
    made.git("checkout", "-q", "main")
    made.commit({"docs/index.md": "# Home, again\n"})
    stage.push("main")
    run = stage.act("keep.yml", "pull_request", event(stage, "pull_request", "opened"))
    assert run.ok, run.log
    assert "Decisions are missing" in run.summary
    assert ("POST", "pulls/7/requested_reviewers", {"reviewers": ["boss"]}) in stage.changes
    assert told(stage) == [(made.git("rev-parse", "change"), "pending")]


def test_a_draft_text_asks_nobody(scene: tuple[Works, Stage]) -> None:
    made, stage = scene
    made.git("checkout", "-q", "change")
    made.commit({PRO: procedure("draft")})
    stage.push("change")
    run = stage.act("keep.yml", "pull_request", event(stage, "pull_request", "synchronize"))
    assert run.ok, run.log
    assert [path for _, path, _ in stage.changes if "requested_reviewers" in path] == []


def test_a_review_is_judged_when_it_is_sent(scene: tuple[Works, Stage]) -> None:
    made, stage = scene
    opened = stage.act("keep.yml", "pull_request", event(stage, "pull_request", "opened"))
    assert opened.ok, opened.log
    assert stage.forge
    head = made.git("rev-parse", "change")
    stage.forge.review(7, 22, head, at=made.moment())
    sent = event(stage, "pull_request_review", "submitted", state="approved", commit_id=head)
    run = stage.act("keep.yml", "pull_request_review", sent)
    assert run.ok, run.log
    assert told(stage) == [(head, "pending"), (head, "success")]
    assert len(stage.forge.said(7)) == 1


def test_the_merge_queue_gets_its_answer(scene: tuple[Works, Stage]) -> None:
    made, stage = scene
    base = made.git("rev-parse", "main")
    stage.push(f"change:refs/heads/gh-readonly-queue/main/pr-7-{base}")
    payload = json.loads(recorded("merge_group", "checks_requested"))
    run = stage.act("keep.yml", "merge_group", payload)
    assert run.ok, run.log
    assert (made.git("rev-parse", "change"), "pending") in told(stage)


def test_a_request_to_another_branch_starts_nothing(scene: tuple[Works, Stage]) -> None:
    _, stage = scene
    payload = event(stage, "pull_request_review", "submitted")
    payload["pull_request"]["base"]["ref"] = "elsewhere"
    run = stage.act("keep.yml", "pull_request_review", payload)
    assert (run.ok, stage.changes) == (True, []), run.log


@pytest.mark.parametrize("answer", [200, 405])
def test_what_is_approved_and_green_is_merged_where_that_is_switched_on(
    scene: tuple[Works, Stage], answer: int
) -> None:
    made, stage = scene
    assert stage.forge
    head = made.git("rev-parse", "change")
    stage.forge.merges = answer
    stage.forge.review(7, 22, head, at=made.moment())
    sent = event(stage, "pull_request_review", "submitted", state="approved", commit_id=head)
    run = stage.act("keep.yml", "pull_request_review", sent, variables={"EMS_AUTO_MERGE": "true"})
    assert run.ok, run.log
    merge = ("PUT", "pulls/7/merge", {"sha": head, "merge_method": "merge"})
    start = ("POST", "actions/workflows/keep.yml/dispatches", {"ref": "main"})
    assert stage.changes[2:] == ([merge, start] if answer == 200 else [merge, merge])
    assert ("does not merge it yet" in run.summary) == (answer == 405)


def test_reviews_become_records_on_main_once_and_a_stranger_can_verify_them(merged: tuple[Works, Stage]) -> None:
    made, stage = merged
    run = stage.act("keep.yml", "push", pushed(made), secrets=key(made), variables=ROBOT)
    assert run.ok, run.log
    assert "1 new records." in run.summary
    clone = fresh(stage)
    verified = ems(clone, "verify", "--format", "json", day=None).json
    assert (verified["breaks"], verified["levels"]["witnessed"]) == ([], 1)
    before = git(stage.remote, "rev-parse", "main")
    again = stage.act("keep.yml", "push", pushed(made), secrets=key(made), variables=ROBOT)
    assert again.ok, again.log
    assert git(stage.remote, "rev-parse", "main") == before


def test_records_may_come_as_a_pull_request_that_holds_nothing_else(merged: tuple[Works, Stage]) -> None:
    made, stage = merged
    before = git(stage.remote, "rev-parse", "main").decode().strip()
    switch = ROBOT | {"EMS_RECORDS": "pull-request"}
    run = stage.act("keep.yml", "push", pushed(made), secrets=key(made), variables=switch)
    assert run.ok, run.log
    assert git(stage.remote, "rev-parse", "main").decode().strip() == before
    [body] = [body for _, path, body in stage.changes if path == "pulls"]
    assert body["base"] == "main"
    assert told(stage) == [(git(stage.remote, "rev-parse", body["head"]).decode().strip(), "success")]
    changed = git(stage.remote, "diff", "--name-only", "main", body["head"]).decode().split()
    assert len(changed) == 2
    assert all(name.startswith("approvals/EMS-PRO-001/") for name in changed)


def test_the_check_of_records_asks_the_forge_for_each(merged: tuple[Works, Stage]) -> None:
    made, stage = merged
    switch = ROBOT | {"EMS_RECORDS": "pull-request"}
    assert stage.act("keep.yml", "push", pushed(made), secrets=key(made), variables=switch).ok
    [branch] = [body["head"] for _, path, body in stage.changes if path == "pulls"]
    made.git("fetch", "-q", str(stage.remote), branch)
    made.git("checkout", "-q", "-b", branch, "FETCH_HEAD")
    payload = pushed(made, branch)
    good = stage.act("check.yml", "push", payload)
    assert good.ok, good.log
    assert stage.forge
    stage.forge.pulls[7].reviews[0]["account"] = 33
    forged = stage.act("check.yml", "push", payload)
    assert not forged.ok
    assert "is by account 33, the record says 22" in forged.log


def test_without_the_recorders_key_nothing_is_recorded(merged: tuple[Works, Stage]) -> None:
    made, stage = merged
    before = git(stage.remote, "rev-parse", "main")
    run = stage.act("keep.yml", "push", pushed(made))
    assert not run.ok
    assert "the environment recorder holds no secret RECORDER_KEY" in run.log
    assert git(stage.remote, "rev-parse", "main") == before


def test_the_site_is_built_every_night(tmp_path: Path, stages: list[Stage]) -> None:
    root = tmp_path / "handbook"
    assert ems(tmp_path, "demo", str(root), "--documents", "2", day=None).status == 0
    furnish(root)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Machinery", email="m.ferrer@example.org")
    stage = Stage(root, bare(tmp_path, root))
    stages.append(stage)
    run = stage.act("publish.yml", "schedule", {"schedule": "20 23 * * *"})
    assert run.ok, run.log
    assert (run.artefacts / "handbook/index.html").is_file()
