"""`ems doctor`: what is set up, what is not, and what to do, on real repositories and a forge on loopback."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.examples import git
from tests.forges.works import PEOPLE, Works, works
from tests.running import Outcome, ems

MKDOCS = "theme: material\nplugins: [search, ems-control]\n"


def doctor(root: Path, *options: str) -> Outcome:
    """Run it as JSON."""
    return ems(root, "doctor", "--format", "json", *options, day=None)


def wrong(outcome: Outcome, *states: str) -> list[str]:
    """What is bad (or in other states), with its words and what to do."""
    lines = outcome.json["lines"]
    return [f"{x['what']}: {x['words']}. {x['todo']}" for x in lines if x["state"] in (states or ("bad",))]


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """A demonstration handbook."""
    assert ems(tmp_path, "demo", str(tmp_path / "demo"), "--documents", "2", day=None).status == 0
    return tmp_path / "demo"


def test_a_demonstration_is_ready_and_its_trust_root_is_printed(demo: Path) -> None:
    outcome = doctor(demo)
    assert (outcome.status, outcome.json["ready"], wrong(outcome)) == (0, True, [])
    root = ems(demo, "verify", "--format", "json", day=None).json["root"]
    line = next(line for line in outcome.json["lines"] if line["what"] == "trust root")
    assert root in line["words"]
    text = ems(demo, "doctor", day=None)
    assert text.out.strip().endswith("Everything needed is set up.")
    assert re.search(r"^ok +git: 2\.", text.out, re.MULTILINE)


def test_what_check_refuses_is_not_called_in_order(demo: Path) -> None:
    """The set-up may be complete all the same; what approve would refuse is said."""
    page = next((demo / "docs").rglob("EMS-*.md"))
    page.write_text(page.read_text("utf-8") + "\nSee [that](none.md).\n", "utf-8")
    text = ems(demo, "doctor", day=None)
    assert "Everything needed is set up" not in text.out
    assert text.out.strip().split("\n")[-1].startswith("The set-up is complete, but not all is in order: ")
    record = next((demo / "approvals").glob("EMS-*/*.json"))
    record.write_text(record.read_text("utf-8") + " ", "utf-8")
    git(demo, "add", "-A")
    git(demo, "commit", "-q", "-m", "Step")
    broken = doctor(demo)
    assert (broken.status, any(one.startswith("verify: ") for one in wrong(broken))) == (1, True)


BROKEN: dict[str, tuple[Callable[[Path], Any], str]] = {
    "line ends of records": (lambda root: (root / ".gitattributes").unlink(), "Add the line: approvals/** -text"),
    "hidden from diffs": (
        lambda root: (root / ".gitattributes").write_text("approvals/** -text\ndocs/** -diff\n"),
        "docs/** is hidden from comparison",
    ),
    "site without plugin": (
        lambda root: (root / "mkdocs.yml").write_text("plugins: [search]\nx: !!python/name:os.system\n"),
        "does not name the plugin",
    ),
    "unreadable site": (lambda root: (root / "mkdocs.yml").write_text("a: [\n"), "cannot be read as YAML"),
    "unreadable policy": (lambda root: (root / "ems.yml").write_text("types: 1\n"), "ems.yml and people.yml: "),
    "no people": (lambda root: (root / "people.yml").unlink(), "people.yml is missing"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_named_with_what_to_do(demo: Path, name: str) -> None:
    damage, words = BROKEN[name]
    damage(demo)
    outcome = doctor(demo)
    assert outcome.status == 1
    assert any(words in line for line in wrong(outcome)), wrong(outcome)
    assert "to be put right." in ems(demo, "doctor", day=None).out


def test_a_shallow_clone_is_told_and_nothing_is_computed_from_it(demo: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth", "1", demo.as_uri(), "shallow")
    outcome = doctor(tmp_path / "shallow")
    assert outcome.status == 1
    assert any("shallow" in line and "--unshallow" in line for line in wrong(outcome))
    assert "trust root" not in {line["what"] for line in outcome.json["lines"]}


def test_a_commit_hook_is_seen_wherever_git_takes_it_from(demo: Path) -> None:
    (demo / "hooks").mkdir()
    (demo / "hooks/pre-commit").write_text("#!/bin/sh\n")
    assert "none runs before a commit" in ems(demo, "doctor", day=None).out
    git(demo, "config", "core.hooksPath", "hooks")
    assert "a check runs before each commit" in ems(demo, "doctor", day=None).out


def test_outside_of_a_handbook_it_says_so(tmp_path: Path) -> None:
    outcome = doctor(tmp_path)
    assert (outcome.status, any("no ems.yml" in line for line in wrong(outcome))) == (1, True)


def ready(folder: Path, people: str = PEOPLE) -> Works:
    """A handbook with a recorder that is ready but for what `people` says."""
    made = works(folder, people=people)
    made.write("mkdocs.yml", MKDOCS)
    made.commit()
    return made


SOON = (datetime.now(UTC).date() + timedelta(days=20)).isoformat()
KEYS = {
    "twin": ("{robot}, from: 2020-01-01", "{robot}, from: 2020-01-01", "", ""),
    "two roles": (
        "{{role: recorder, from: 2020-01-01}}",
        "{{role: recorder, from: 2020-01-01}}, {{role: lead, from: 2020-01-01}}",
        "bad",
        "robot is recorder and also lead",
    ),
    "key of the recorder ended": (
        "{robot}, from: 2020-01-01",
        "{robot}, from: 2020-01-01, until: 2021-01-01",
        "bad",
        "robot has no key that counts today",
    ),
    "key ends soon": ("{boss}, from: 2020-01-01", f"{{boss}}, from: 2020-01-01, until: {SOON}", "look", "ends on 20"),
    "no key": (
        "    keys: [{{key: {boss}",
        "    keys: [{{from: 2020-01-01, key: sk-x AAAA}}, {{key: {boss}",
        "bad",
        "key",
    ),
    "nobody can sign": (
        "    keys: [{{key: {boss}, from: 2020-01-01}}]",
        "    keys: [{{key: {boss}, from: 2020-01-01, until: 2026-02-01}}]",
        "bad",
        "type manual needs 1 plant manager; 0 with a key",
    ),
}


@pytest.mark.parametrize("name", KEYS)
def test_recorder_and_keys_are_looked_at(tmp_path: Path, name: str) -> None:
    old, new, state, words = KEYS[name]
    assert old in PEOPLE
    made = ready(tmp_path, PEOPLE.replace(old, new))
    outcome = doctor(made.root)
    if not state:
        assert (outcome.status, wrong(outcome)) == (0, [])
        return
    assert any(words in line for line in wrong(outcome, state)), outcome.out
    assert outcome.status == (1 if state == "bad" else 0)


def test_without_a_trust_root_higher_levels_cannot_be_reached(tmp_path: Path) -> None:
    made = ready(tmp_path)
    made.git("rm", "-q", "-r", "approvals")
    made.git("checkout", "-q", "--orphan", "anew")
    made.commit()
    assert any("no revision can come into force" in line for line in wrong(doctor(made.root)))


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Works:
    """A handbook that the tests of this module only read."""
    return ready(tmp_path_factory.mktemp("guarded"))


def test_online_needs_a_forge_and_a_token(guarded: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known without the forge is told all the same."""
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    unnamed = doctor(guarded.root, "--online")
    assert (unnamed.status, "which forge?" in unnamed.err) == (2, True)
    outcome = doctor(guarded.root, "--online", "--forge", "github", "--repository", "a/b")
    assert outcome.status == 1
    assert [line.split(":")[0] for line in wrong(outcome)] == ["a/b at github"]
    assert "no GITHUB_TOKEN" in wrong(outcome)[0]


def test_owners_that_are_out_of_date_are_told(demo: Path) -> None:
    path = demo / ".github/CODEOWNERS"
    path.parent.mkdir()
    path.write_text(ems(demo, "codeowners", day=None).out, encoding="utf-8")
    assert not any("CODEOWNERS" in line for line in wrong(doctor(demo), "look"))
    path.write_text("docs/ @everybody\n", encoding="utf-8")
    assert any("ems codeowners >" in line for line in wrong(doctor(demo), "look"))


def test_each_plugin_is_tried_unknown_or_harmful(demo: Path) -> None:
    names = "search, ems-control, glightbox, material/privacy, macros, works-banner"
    (demo / "mkdocs.yml").write_text(f"site_name: Works\ntheme: material\nplugins: [{names}]\n", encoding="utf-8")
    said = {x["what"]: (x["state"], x["words"].split(":")[0]) for x in doctor(demo).json["lines"]}
    assert said["plugin glightbox"] == ("good", "tried beside this handbook")
    assert said["plugin works-banner"] == ("look", "unknown")
    assert said["plugin macros"] == said["plugin material/privacy"] == ("bad", "harmful")


def test_a_theme_that_cannot_show_the_handbook_is_named(demo: Path) -> None:
    path = demo / "mkdocs.yml"
    path.write_text(path.read_text().replace("name: material", "name: readthedocs"))
    assert any(line.startswith("theme: the theme readthedocs cannot show") for line in wrong(doctor(demo)))
    found = ems(demo, "check", "--format", "json", day=None).findings
    assert [(rule, line) for rule, path, line in found if rule == "EMS725"] == [("EMS725", 5)]
    path.write_text(path.read_text().replace("name: readthedocs", "name: null\n  custom_dir: theme"))
    assert not any(line.startswith("theme") for line in wrong(doctor(demo)))
