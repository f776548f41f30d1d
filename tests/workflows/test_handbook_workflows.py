"""What `ems ci` writes: linted as ours are, and its check run on a handbook that is no fork of this repository."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.examples import make
from tests.forges.works import PRO, Works, works
from tests.running import MKDOCS, ems
from tests.tools.make_reusable import reusable
from tests.workflows.stage import BIN, ROOT, WORKFLOWS, Stage
from tests.workflows.test_lint import actionlint, run
from tests.workflows.test_runs import ROBOT, bare, event, fresh, key, procedure, pushed, told


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All that it writes, beside a handbook."""
    root = make(tmp_path_factory.mktemp("ci") / "handbook", "commit")
    for forge in ("github", "gitlab", "forgejo"):
        assert ems(root, "ci", forge, day=None).status == 0
    return root


def workflows(root: Path) -> list[Path]:
    return [*sorted((root / ".github/workflows").glob("*.yml")), root / ".forgejo/workflows/ems.yml"]


def test_linters_find_nothing(written: Path) -> None:
    assert actionlint(*workflows(written)) == []
    done = run(BIN / "zizmor", "--offline", "--persona", "pedantic", *workflows(written))
    assert done.returncode == 0, done.stdout + done.stderr
    for schema, files in (
        ("vendor.github-workflows", workflows(written)),
        ("vendor.gitlab-ci", [written / ".gitlab-ci.yml"]),
    ):
        transform = ["--data-transform", "gitlab-ci"] if "gitlab" in schema else []
        done = run(BIN / "check-jsonschema", "--builtin-schema", schema, *transform, *files)
        assert done.returncode == 0, done.stdout + done.stderr


def test_least_rights_pinned_actions_and_nothing_of_the_request_is_run(written: Path) -> None:
    for path in workflows(written):
        text = path.read_text(encoding="utf-8")
        whole: dict[Any, Any] = yaml.safe_load(text)
        assert whole["permissions"] == {}
        assert "pull_request_target" not in text
        assert "workflow_run" not in text
        for use in re.findall(r"^ +(?:- )?uses: (.*)", text, re.MULTILINE):
            assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use)
        for name, job in whole["jobs"].items():
            if "secrets." in json.dumps(job):
                assert (path.name, name, job["environment"]) == ("ems-keep.yml", "keep", "recorder")
                assert "github.ref == 'refs/heads/main'" in job["if"]
            for step in job.get("steps", ()):
                _step(step)


def _step(step: dict[str, Any]) -> None:
    line = step.get("run", "")
    assert "${{" not in line
    if step.get("uses", "").startswith("actions/checkout@"):
        assert step["with"]["persist-credentials"] is False
        if "head.sha" in step["with"]["ref"]:
            assert step["with"]["path"] == "handbook"
    if "pip install" in line:
        assert "--require-hashes -r " in line


def test_the_program_comes_from_main_wherever_a_request_is_read(written: Path) -> None:
    for path in workflows(written):
        for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values():
            steps = job.get("steps", [])
            reads_request = any("head.sha" in step.get("with", {}).get("ref", "") for step in steps)
            lines = [step["run"] for step in steps if "pip install" in step.get("run", "")]
            assert [("trusted/" in line) for line in lines] == [reads_request] * len(lines)


def test_the_reusable_workflows_of_this_repository_are_the_same() -> None:
    """Write them with: python -m tests.tools.make_reusable"""
    for name, text in reusable().items():
        assert (WORKFLOWS / name).read_text(encoding="utf-8") == text, name
        assert set(yaml.safe_load(text)[True]) == {"workflow_call"}  # YAML reads `on` so


def test_shell_lines_for_gitlab_are_sound(written: Path, tmp_path: Path) -> None:
    whole = yaml.safe_load((written / ".gitlab-ci.yml").read_text(encoding="utf-8"))
    jobs = [one for key, one in whole.items() if isinstance(one, dict) and "script" in one]
    for lines in [whole["default"]["before_script"], *(job["script"] for job in jobs)]:
        script = tmp_path / "script"
        script.write_text("\n".join(lines), encoding="utf-8")
        assert run("bash", "-n", script).returncode == 0, lines


@pytest.fixture
def scene(written: Path, tmp_path: Path) -> Iterator[tuple[Works, Stage]]:
    """A handbook with its workflows and nothing else of ours, and a request (7) that submits EMS-PRO-001."""
    made = works(tmp_path, documents={})
    lock = (ROOT / "requirements/site.lock").read_text(encoding="utf-8")
    pinned = re.search(r"^click==.*\n(?: +--hash=.*\n)+", lock, re.MULTILINE)
    assert pinned is not None
    shutil.copytree(written / ".github", made.root / ".github", dirs_exist_ok=True)
    made.commit({"requirements.txt": pinned[0], "mkdocs.yml": MKDOCS, ".gitignore": "site\n"})
    stage = Stage(made.root, bare(tmp_path, made.root))
    made.branch()
    made.commit({PRO: procedure()})
    stage.push("change", "change:refs/pull/7/head")
    stage.opens().opens("change")
    yield made, stage
    for stop in stage.sent:
        stop()


def test_from_check_to_record_on_a_handbook_outside_of_this_repository(scene: tuple[Works, Stage]) -> None:
    made, stage = scene
    assert stage.forge
    opened = event(stage, "pull_request", "opened")
    checked = stage.act("ems-check.yml", "pull_request", opened)
    assert checked.ok, checked.log
    assert "EMS307" in checked.log  # it waits for its approval
    head = made.git("rev-parse", "change")
    judged = stage.act("ems-keep.yml", "pull_request", opened)
    assert judged.ok, judged.log
    assert ("POST", "pulls/7/requested_reviewers", {"reviewers": ["boss"]}) in stage.changes
    stage.forge.review(7, 22, head, at=made.moment())
    sent = event(stage, "pull_request_review", "submitted", state="approved", commit_id=head)
    reviewed = stage.act("ems-keep.yml", "pull_request_review", sent)
    assert reviewed.ok, reviewed.log
    assert told(stage) == [(head, "pending"), (head, "success")]
    merge = made.merge()
    stage.push("main")
    stage.forge.lands(7, merge)
    kept = stage.act("ems-keep.yml", "push", pushed(made), secrets=key(made), variables=ROBOT)
    assert kept.ok, kept.log
    clone = fresh(stage)
    verified = ems(clone, "verify", "--format", "json", day=None).json
    assert (verified["breaks"], verified["levels"]["witnessed"]) == ([], 1)
    published = stage.act("ems-publish.yml", "schedule", {"schedule": "20 23 * * *"})
    assert published.ok, published.log
    assert "Close the valve" in (published.artefacts / f"handbook/{PRO[5:-3]}/index.html").read_text(encoding="utf-8")


def test_an_error_of_the_request_ends_its_check_and_nothing_of_it_is_run(scene: tuple[Works, Stage]) -> None:
    made, stage = scene
    made.git("checkout", "-q", "change")
    made.commit({PRO: procedure() + "\nTODO\n", "requirements.txt": "evil==1\n"})
    stage.push("change", "change:refs/pull/7/head")
    done = stage.act("ems-check.yml", "pull_request", event(stage, "pull_request", "synchronize"))
    assert not done.ok, done.log
    assert "EMS112" in done.log
    assert "evil" not in done.log  # its requirements are never read


def test_without_the_recorders_key_all_is_judged_and_nothing_recorded(scene: tuple[Works, Stage]) -> None:
    made, stage = scene
    made.git("checkout", "-q", "main")
    run = stage.act("ems-keep.yml", "push", pushed(made))
    assert run.ok, run.log
    assert told(stage) == [(made.git("rev-parse", "change"), "pending")]
