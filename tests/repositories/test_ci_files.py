"""`ems ci`: what it writes, and over what it does not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.examples import git
from tests.running import ems, picture

FILES = {
    "github": [f".github/workflows/ems-{name}.yml" for name in ("check", "keep", "publish")],
    "gitlab": [".gitlab-ci.yml"],
    "forgejo": [".forgejo/workflows/ems.yml"],
    "machine": [f"keep/{name}" for name in ("Containerfile", "ems-keep.service", "ems-keep.timer")],
}


@pytest.mark.parametrize("forge", FILES)
def test_it_writes_its_files_and_again_nothing(handbook: Callable[[str], Path], forge: str) -> None:
    root = handbook("commit")
    done = ems(root, "ci", forge, day=None)
    assert (done.status, done.out.count("Written: ")) == (0, len(FILES[forge])), done.err
    assert git(root, "ls-files", "-o").decode().split() == FILES[forge]
    for path in FILES[forge]:
        text = (root / path).read_text(encoding="utf-8")
        assert text.startswith("# Written by `ems ci`")
        assert "@BRANCH@" not in text
        assert "@FOLDER@" not in text
    installing = [path for path in FILES[forge] if "requirements.txt" in (root / path).read_text(encoding="utf-8")]
    assert installing == [path for path in FILES[forge] if not path.endswith(".timer")]
    assert "requirements.txt beside ems.yml" in done.out
    before = picture(root)
    again = ems(root, "ci", forge, day=None)
    assert (again.status, again.out.count("As it should be: ")) == (0, len(FILES[forge]))
    assert picture(root) == before


def test_what_an_older_version_wrote_is_written_anew(handbook: Callable[[str], Path]) -> None:
    root = handbook("commit")
    assert ems(root, "ci", "gitlab", day=None).status == 0
    path = root / ".gitlab-ci.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(", version ", ", version 0.0.", 1), encoding="utf-8", newline="\r\n")
    assert ems(root, "ci", "gitlab", day=None).status == 0
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("how", ["foreign", "changed", "link", "binary", "folder behind a link"])
def test_a_file_of_somebody_else_stays_and_nothing_is_written(
    handbook: Callable[[str], Path], tmp_path: Path, how: str
) -> None:
    root = handbook("commit")
    path = root / FILES["github"][-1]
    path.parent.mkdir(parents=True)
    if how == "foreign":
        path.write_text("name: Ours\non: push\n", encoding="utf-8")
    elif how == "changed":
        assert ems(root, "ci", "github", "--output", str(tmp_path / "made"), day=None).status == 0
        text = (tmp_path / "made" / FILES["github"][-1]).read_text(encoding="utf-8")
        path.write_text(text.replace("30", "300"), encoding="utf-8")
    elif how == "link":
        (tmp_path / "other").write_text("", encoding="utf-8")
        path.symlink_to(tmp_path / "other")
    elif how == "binary":
        path.write_bytes(b"\xff\x00")
    else:
        path.parent.rmdir()
        (tmp_path / "elsewhere").mkdir()
        path.parent.symlink_to(tmp_path / "elsewhere")
    before = picture(tmp_path)
    done = ems(root, "ci", "github", day=None)
    assert (done.status, done.err.count("\n"), "Nothing was written" in done.err) == (2, 1, True), done.err
    assert picture(tmp_path) == before
    elsewhere = ems(root, "ci", "github", "--output", str(tmp_path / "there"), day=None)
    assert (elsewhere.status, (tmp_path / "there" / FILES["github"][0]).is_file()) == (0, True)


def test_another_branch_and_a_handbook_in_a_folder(handbook: Callable[[str], Path]) -> None:
    inner = handbook("commit")
    outer = inner.parent
    (inner / ".git").rename(outer / ".git")
    assert ems(inner, "ci", "github", "--branch", "trunk", day=None).status == 0
    text = (outer / FILES["github"][0]).read_text(encoding="utf-8")
    assert "branches: [trunk]" in text
    assert "-r trusted/handbook/requirements.txt" in text
    assert "--root handbook/handbook/ check --base refs/remotes/origin/trunk" in text


@pytest.mark.parametrize("name", ["1.10", "2026", "On", "0x1f", "release/1.10", "main"])
@pytest.mark.parametrize("forge", ["github", "forgejo"])
def test_a_branch_stays_a_name_where_yaml_would_read_a_number(
    handbook: Callable[[str], Path], forge: str, name: str
) -> None:
    root = handbook("commit")
    assert ems(root, "ci", forge, "--branch", name, day=None).status == 0
    for path in FILES[forge]:
        tree = yaml.safe_load((root / path).read_text(encoding="utf-8"))
        assert tree[True]["push" if "publish" in path else "pull_request"]["branches"] == [name]  # True: the key "on"
        steps = [step.get("with", {}) for job in tree["jobs"].values() for step in job["steps"]]
        assert name in [one["ref"] for one in steps if "ref" in one]


@pytest.mark.parametrize("name", ["a b", "x; rm", "${{ evil }}", "../up", "-x", 'a"b', ""])
def test_names_that_would_be_read_otherwise_are_refused(handbook: Callable[[str], Path], name: str) -> None:
    root = handbook("commit")
    done = ems(root, "ci", "github", "--branch", name, day=None)
    assert (done.status, done.err.count("\n"), (root / ".github").exists()) == (2, 1, False)
