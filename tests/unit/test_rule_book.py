"""Every rule is documented, its examples are run, and its golden folder holds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ems_control.handbook.handbook import load
from ems_control.rules.book import EXAMPLES, SECTIONS, Rule, find_rule, rules, run
from ems_control.rules.examples import plain, read, visible
from tests.examples import AS_OF, PROPOSED, git, make

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


def unlike(root: Path, example: str) -> list[str]:
    """Lines that an example shows of a file, as somebody reads it, and that the file that was made does not have."""
    last = {part.path: part.text.split("\n") for part in read(example) if part.path}
    found = []
    for path, lines in last.items():
        if not (root / path).exists():
            continue
        on_main = "\non main" in example  # it goes on there, but the branch is what is checked out
        data = git(root, "show", f"main:{path}") if on_main else (root / path).read_bytes()
        made = visible(data.decode()).split("\n")
        gone = [key for line in lines if line.startswith("# without: ") for key in line[11:].split(", ")]
        shown = [line for line in lines if line not in ("# …", "…") and not line.startswith("# without: ")]
        found += [f"{path} lacks {line}" for line in shown if line not in made]
        found += [f"{path} has {key}" for key in gone if any(line.startswith(f"{key}:") for line in made)]
    return found


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.code)
@pytest.mark.parametrize("section", EXAMPLES)
def test_an_example_is_read_as_it_is_made(rule: Rule, section: str, tmp_path: Path) -> None:
    example = rule.section(section)
    assert unlike(make(tmp_path, example), example) == []
    text = plain(example)
    assert not re.search(r"^(commit|signed|keys|branch|propose|shallow|on main)\b|^ +[>=+] ", text, re.MULTILINE), text


def test_what_is_read_unlike_what_was_made_is_found(tmp_path: Path) -> None:
    document = "docs/procedures/EMS-PRO-001.md"
    make(tmp_path, f"{document}\n  owner: lead")
    assert unlike(tmp_path, f"{document}\n  owner: manager") == [f"{document} lacks owner: manager"]
    assert unlike(tmp_path, f"{document}\n  title:") == [f"{document} has title"]


def test_an_example_reads_as_a_document() -> None:
    example = """
signed
docs/procedures/EMS-PRO-002.md
  owner:
  revisions:
    - {revision: 1, date: 2026-01-02, author: a.author, change: First issue.}
  > Close it.
commit by b.boss@example.org
approve EMS-PRO-002 by c.deputy at 2026-01-20
commit 2026-02-01
docs/index.md
  + more
"""
    assert plain(example).split("\n") == [
        "Everybody has a key, every type asks for signatures; b.boss has signed the policy and EMS-PRO-001.",
        "docs/procedures/EMS-PRO-002.md",
        "  ---",
        "  id: EMS-PRO-002",
        "  revisions:",
        "    - {revision: 1, date: 2026-01-02, author: a.author, change: First issue.}",
        "  # without: owner",
        "  # …",
        "  ---",
        "  Close it.",
        "Committed on 2026-01-08 by b.boss@example.org.",
        "c.deputy approves EMS-PRO-002, dated 2026-01-20.",
        "Committed on 2026-02-01.",
        "docs/index.md",
        "  # …",
        "  more",
    ]


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
