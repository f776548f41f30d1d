"""The help pages on threats and privacy name nothing that is not there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.running import ems
from tests.workflows.stage import ROOT, WORKFLOWS

HELP = ROOT / "docs/help"
PROGRAM = ROOT / "plugins/ems_control/handbook/help"
PAGES = sorted([*HELP.glob("*.md"), *PROGRAM.glob("*/*.md")])


def names_in(folder: str) -> set[str]:
    """The names of all tests below a folder of tests/."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "tests" / folder).glob("test_*.py")]
    return {node.name for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_test_that_the_threat_model_names_exists() -> None:
    text = (HELP / "threat-model.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", text))
    assert len(named) >= 40
    assert (
        named
        - set().union(*map(names_in, ("attacks", "workflows", "repositories", "unit", "engines", "browser", "fuzz")))
        == set()
    )


def test_every_threat_names_a_test() -> None:
    text = (HELP / "threat-model.md").read_text(encoding="utf-8")
    rows = [
        line for line in text.split("\n") if line.startswith("| ") and "---" not in line and "| Threat |" not in line
    ]
    assert rows
    assert [row for row in rows if "`test_" not in row] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_commands_and_switches_on_help_pages_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    said = set[str]()
    for code in re.findall(r"`(ems [^`]*)`", text) + re.findall(r"^ {4}(ems .*)$", text, re.MULTILINE):
        command, *words = code.split()[1:]
        said.add(command)
        usage = ems(ROOT, command, "--help", day=None).out
        for option in (word.split("=")[0] for word in words if word.startswith("--")):
            assert option in usage, (command, option)
    shown = ems(ROOT, "--help", day=None).out
    assert [name for name in said if not re.search(rf"^  {name}\b", shown, re.MULTILINE)] == []
    files = [*WORKFLOWS.glob("*.yml"), *(ROOT / "plugins/ems_control/exports/ci").rglob("*.yml")]
    workflows = "".join(path.read_text(encoding="utf-8") for path in files)
    assert [name for name in re.findall(r"\bEMS_[A-Z_]+", text) if f"vars.{name}" not in workflows] == []
