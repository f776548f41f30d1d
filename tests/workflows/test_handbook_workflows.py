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

from tests.examples import git, make
from tests.running import ems
from tests.workflows.stage import BIN, ROOT, Stage, recorded, rewrite
from tests.workflows.test_lint import actionlint, run
from tests.workflows.test_runs import bare

ID = "EMS-PRO-001"
DOC = f"docs/procedures/{ID}.md"
REVISED = """\
docs/procedures/EMS-PRO-001.md
  revision: 2
  status: submitted
  effective:
  approved_by:
  approved_on:
  revisions:
    - {revision: 2, date: 2026-01-06, author: a.author, class: substantive, change: Valve V-4 too.}
    - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
  > ## Drains {#drains}
  >
  > Close valve V-4 before any tanker is emptied.
"""


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


def test_shell_lines_for_gitlab_are_sound(written: Path, tmp_path: Path) -> None:
    whole = yaml.safe_load((written / ".gitlab-ci.yml").read_text(encoding="utf-8"))
    jobs = [one for key, one in whole.items() if isinstance(one, dict) and "script" in one]
    for lines in [whole["default"]["before_script"], *(job["script"] for job in jobs)]:
        script = tmp_path / "script"
        script.write_text("\n".join(lines), encoding="utf-8")
        assert run("bash", "-n", script).returncode == 0, lines


@pytest.fixture
def stage(written: Path, tmp_path: Path) -> Iterator[Stage]:
    """The handbook with its workflows on main, at a bare remote."""
    root = tmp_path / "handbook"
    lock = (ROOT / "requirements/site.lock").read_text(encoding="utf-8")
    pinned = re.search(r"^click==.*\n(?: +--hash=.*\n)+", lock, re.MULTILINE)
    assert pinned is not None
    lines = "".join(f"  = {line}\n" for line in pinned[0].splitlines())
    make(root, f"requirements.txt\n{lines}commit\nbranch\n{REVISED}commit\non main\n")
    shutil.copytree(written / ".github", root / ".github")
    made = Stage(root, tmp_path / "remote.git")
    _git(made, "add", "-A")
    _git(made, "commit", "-q", "-m", "Workflows")
    bare(tmp_path, root)
    yield made
    for stop in made.sent:
        stop()


def _git(stage: Stage, *words: str) -> str:
    return git(stage.root, *words).decode().strip()


def asked(stage: Stage) -> dict[str, Any]:
    """The event of a request that brings the branch."""
    event: dict[str, Any] = json.loads(recorded("pull_request", "opened"))
    rewrite(event["pull_request"]["head"], sha=_git(stage, "rev-parse", "change"), ref="change")
    rewrite(event["pull_request"]["base"], sha=_git(stage, "rev-parse", "main"), ref="main")
    return event


def test_the_check_runs_on_a_handbook_outside_of_this_repository(stage: Stage) -> None:
    done = stage.act("ems-check.yml", "pull_request", asked(stage))
    assert done.ok, done.log
    assert "EMS307" in done.log  # the new revision waits for its approval


def test_an_error_of_the_request_ends_its_check(stage: Stage) -> None:
    _git(stage, "checkout", "-q", "change")
    path = stage.root / DOC
    path.write_text(path.read_text(encoding="utf-8") + "\nTODO\n", encoding="utf-8")
    (stage.root / "requirements.txt").write_text("evil==1\n", encoding="utf-8")
    _git(stage, "commit", "-q", "-am", "Worse")
    stage.push("change")
    _git(stage, "checkout", "-q", "main")
    done = stage.act("ems-check.yml", "pull_request", asked(stage))
    assert not done.ok
    assert "EMS112" in done.log
    assert "evil" not in done.log  # its requirements are never read
