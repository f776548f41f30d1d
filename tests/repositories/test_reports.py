"""Findings for CI systems: well formed, one entry per finding, nothing of a document escapes."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from ems_control.cli.main import cli
from tests.examples import make

BROKEN = """
docs/procedures/EMS-PRO-001.md
  owner: "<script>::error"
  effective: 2026-02-31
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make(tmp_path / "handbook", BROKEN)


def output(root: Path, shape: str) -> str:
    result = CliRunner().invoke(cli, ["--root", str(root), "check", "--as-of", "2026-03-01", "--format", shape])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_sarif(root: Path) -> None:
    found = json.loads(output(root, "json"))["findings"]
    run = json.loads(output(root, "sarif"))["runs"][0]
    assert [r["ruleId"] for r in run["results"]] == [f["rule"] for f in found]
    assert {r["id"] for r in run["tool"]["driver"]["rules"]} == {f["rule"] for f in found}
    region = run["results"][0]["locations"][0]["physicalLocation"]
    assert region["artifactLocation"]["uri"] == "docs/procedures/EMS-PRO-001.md"
    assert region["region"]["startLine"] == found[0]["line"]


def test_junit(root: Path) -> None:
    suite = ElementTree.fromstring(output(root, "junit"))  # noqa: S314  (our own output)
    cases = {case.get("name"): case for case in suite}
    assert suite.get("failures") == "1"
    failure = cases["EMS-PRO-001"].find("failure")
    assert failure is not None
    assert "EMS" in str(failure.get("message"))


def test_code_quality(root: Path) -> None:
    found = json.loads(output(root, "json"))["findings"]
    issues = json.loads(output(root, "codequality"))
    assert [issue["check_name"] for issue in issues] == [f["rule"] for f in found]
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    assert {issue["severity"] for issue in issues} <= {"major", "minor", "info"}
