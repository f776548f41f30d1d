"""Findings for CI systems: well formed, one entry per finding, nothing of a document escapes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from ems_control.cli.main import cli
from tests.examples import make
from tests.running import Outcome, ems

BROKEN = """
docs/procedures/EMS-PRO-001.md
  owner: "<script>::error"
  effective: 2026-02-31
"""
PEOPLE = """{a.author: {name: A. Author, emails: [a.author@example.org], roles: [{role: lead, from: 2020-01-01}]}, \
b.boss: {name: B. Boss, emails: [b.boss@example.org], roles: [{role: manager, from: 2020-01-01}]}}"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make(tmp_path / "handbook", BROKEN)


def output(root: Path, shape: str, day: str = "2026-03-01") -> str:
    result = CliRunner().invoke(cli, ["--root", str(root), "check", "--as-of", day, "--format", shape])
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


def fingerprints(root: Path, day: str) -> list[tuple[str, str]]:
    """Rule and fingerprint of every finding, told alike by both formats."""
    issues = json.loads(output(root, "codequality", day))
    results = json.loads(output(root, "sarif", day))["runs"][0]["results"]
    found = [(issue["check_name"], issue["fingerprint"]) for issue in issues]
    assert found == [(one["ruleId"], one["partialFingerprints"]["emsFinding/1"]) for one in results]
    assert len(set(found)) == len(found)
    return found


def test_fingerprints_do_not_change_with_the_day(tmp_path: Path) -> None:
    root = make(tmp_path, "docs/procedures/EMS-PRO-002.md\npeople.yml\n  people: " + PEOPLE)
    days = ("2028-01-06", "2028-01-07", "2031-05-01")
    said = [output(root, "text", day) for day in days]
    assert "1 day ago" in said[0]
    assert "2 days ago" in said[1]
    first, *later = [fingerprints(root, day) for day in days]
    assert {"EMS601", "EMS803"} <= {rule for rule, _ in first}
    assert later == [first, first]


def test_another_finding_of_one_rule_has_another_fingerprint(tmp_path: Path) -> None:
    """Two rows of one table that differ in a day alone are told apart, and from the same finding elsewhere."""
    rows = "revisions: [{revision: 1, date: 2026-99-01}, {revision: 1, date: 2026-99-02}]"
    root = make(tmp_path, f"docs/procedures/EMS-PRO-001.md\n  {rows}")
    assert fingerprints(root, "2026-03-01") == fingerprints(root, "2026-03-02")


def told(root: Path, shape: str) -> Outcome:
    """What the command itself says; there are errors, and no traceback."""
    outcome = ems(root, "check", "--format", shape)
    assert (outcome.status, outcome.err) == (1, "")
    return outcome


def test_a_file_name_that_is_no_text_or_no_address_is_told_by_every_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name from a pull request may be any bytes: no format ends in a traceback, SARIF writes it as an address."""
    root = make(tmp_path / "handbook", "docs/procedures/EMS-PRO-001.md\n  owner: nobody")
    page = (root / "docs/procedures/EMS-PRO-001.md").read_bytes()
    for number, name in enumerate((b"waste water #1 50%.md", b"\xff.md"), 2):
        path = os.path.join(os.fsencode(root / "docs/procedures"), name)  # noqa: PTH118
        with open(path, "wb") as file:  # noqa: PTH123
            file.write(page.replace(b"EMS-PRO-001", b"EMS-PRO-00%d" % number))
    results = told(root, "sarif").json["runs"][0]["results"]
    uris = {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in results}
    folder = "docs/procedures/"
    assert {f"{folder}EMS-PRO-001.md", f"{folder}waste%20water%20%231%2050%25.md", f"{folder}%FF.md"} <= uris
    issues = told(root, "codequality").json
    assert len({one["fingerprint"] for one in issues}) == len(results)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    assert "waste water #1 50%25.md" in told(root, "github").out
    assert "EMS-PRO-003" in (tmp_path / "summary.md").read_text(encoding="utf-8")
