"""Every rule is documented, its examples are run, and its golden folder holds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ems_control.handbook.handbook import load
from ems_control.rules.book import SECTIONS, Rule, find_rule, rules, run
from tests.examples import AS_OF, PROPOSED, make

GOLDEN = Path(__file__).parents[1] / "golden"


def findings(root: Path, code: str) -> list[str]:
    """The findings of a handbook as the golden files write them; of `verify`, for a rule that only it runs.

    Names of commits are left out: they change with every word of the base handbook.
    """
    verifying = find_rule(code).history_only
    base = PROPOSED if (root / ".git/refs/tags" / PROPOSED).exists() else None
    with load(root, AS_OF, working_tree=not (verifying or base), base=base) as handbook:
        found = run(handbook, verifying=verifying)
        lines = [f"{f.path}:{f.line}:{f.column} {f.rule} {f.severity} {f.message}" for f in found]
    return [re.sub(r"commit [0-9a-f]{10}\b", "commit …", line) for line in lines]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.code)
def test_documentation_is_complete(rule: Rule) -> None:
    assert rule.title.endswith(".")
    missing = [name for name in SECTIONS if not rule.section(name)]
    assert not missing


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.code)
def test_examples_do_what_they_say(rule: Rule, tmp_path: Path) -> None:
    found = {line.split()[1] for line in findings(make(tmp_path / "bad", rule.section("Bad")), rule.code)}
    assert found == {rule.code}
    assert findings(make(tmp_path / "good", rule.section("Good")), rule.code) == []


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.code)
def test_every_rule_has_a_golden_folder(rule: Rule) -> None:
    cases = [path.read_text(encoding="utf-8") for path in sorted((GOLDEN / f"{rule.code}-{rule.name}").glob("*.txt"))]
    assert any(case.rstrip().endswith("\nnothing") for case in cases), "no innocent twin"
    assert any(f" {rule.code} " in case for case in cases), "no case with the finding"


def test_golden_folders_are_rules() -> None:
    known = {f"{rule.code}-{rule.name}" for rule in rules()}
    assert {path.name for path in GOLDEN.iterdir() if path.is_dir()} <= known


@pytest.mark.parametrize("case", sorted(GOLDEN.glob("*/*.txt")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_golden(case: Path, tmp_path: Path) -> None:
    example, expected = case.read_text(encoding="utf-8").split("\n=====\n")
    assert expected.strip(), "an empty expectation says nothing"
    found = findings(make(tmp_path, example), case.parent.name.split("-")[0])
    assert found == ([] if expected.strip() == "nothing" else expected.strip().split("\n"))
