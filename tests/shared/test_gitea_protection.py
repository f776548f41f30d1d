"""Protection as a real Gitea tells it (recordings), read by the table; the fake of tests/forges/ held against it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from tests.forges.fake_protection import ADMINISTRATOR, Gitea
from tests.forges.serving import Answer, Asked, serving

from ems_control.forges.protection.applying import compared, connected, protection_of
from ems_control.forges.protection.table import Wish

ROOT = Path(__file__).parents[2]
RECORDINGS = Path(os.environ.get("EMS_SHARED") or ROOT.parent / "shared").resolve() / "recorded/gitea-1.22"
PUSH, STALE, CHECKS = "enable_push", "dismiss_stale_approvals", "status_check_contexts"


def told(name: str) -> list[dict[str, Any]]:
    """The questions and answers of a recording."""
    found = json.loads((RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))
    assert isinstance(found, list)
    return found


def states(monkeypatch: pytest.MonkeyPatch, name: str, repository: str) -> dict[str, str]:
    """How the protection of main stands by a recording, field by field."""
    answers = {one["request"]["path"]: one for one in told(name) if one["request"]["method"] == "GET"}
    hidden = name.endswith("without-administration")
    answers[f"/api/v1/repos/{repository}"] = {
        "status": 200,
        "body": {"default_branch": "main", "permissions": {"admin": not hidden}},
    }

    def answer(asked: Asked) -> Answer:
        found = answers.get(asked.path)
        return Answer(found["body"], found["status"]) if found else Answer({"message": "not found"}, 404)

    monkeypatch.setenv("GITEA_TOKEN", "made-up-token")
    with serving(answer) as server:
        http = connected("gitea", server.url, repository)
        rows = compared(protection_of("gitea", server.url, repository, Wish(), http))
    return {one.setting.field: one.state for one in rows if one.setting.part == "protection of main"}


SEEN = {
    "protection-full": ("works/protected", {PUSH: "in force", STALE: "in force", CHECKS: "in force"}),
    "protection-none": ("works/merges", {PUSH: "different", STALE: "different", CHECKS: "different"}),
    "protection-by-pattern": ("works/pattern", {PUSH: "in force", STALE: "different", CHECKS: "different"}),
    "protection-closed-to-every-push": ("works/closed", {PUSH: "in force", STALE: "in force", CHECKS: "different"}),
    "protection-push-open-to-writers": ("works/open", {PUSH: "different", STALE: "different", CHECKS: "different"}),
    "protection-full-asked-without-administration": (
        "works/protected",
        {PUSH: "not shown", STALE: "not shown", CHECKS: "in force"},
    ),
    "protection-none-asked-without-administration": (
        "works/merges",
        {PUSH: "different", STALE: "different", CHECKS: "different"},
    ),
}


@pytest.mark.parametrize("name", SEEN)
def test_the_table_reads_what_a_real_gitea_says(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    repository, wanted = SEEN[name]
    found = states(monkeypatch, name, repository)
    assert {key: found[key] for key in wanted} == wanted
    if "none" not in name:
        assert found["administrators"] == "not shown"  # this version has no such field


def test_the_fake_keeps_what_a_real_gitea_keeps() -> None:
    [created] = [one for one in told("protection-full") if one["request"]["method"] == "POST"]
    fake = Gitea(knows=())
    kept = fake.rule(created["request"]["body"])
    assert {key: created["body"][key] for key in kept} == kept
    path = f"{fake.root}/branch_protections"
    secret = {"Authorization": f"token {ADMINISTRATOR}"}
    answer = fake(Asked("POST", path, {}, secret, created["request"]["body"]))
    assert answer.status == created["status"]
    branch = fake(Asked("GET", f"{fake.root}/branches/main", {}, secret)).tree
    [real] = [one["body"] for one in told("protection-full") if one["request"]["path"].endswith("/branches/main")]
    assert {key: real[key] for key in branch} == branch
