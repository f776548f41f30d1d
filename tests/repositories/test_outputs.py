"""No output of a command writes over the handbook, its records, or anything else that git keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.examples import git, make
from tests.running import ems, picture

TAKEN = [
    "ems.yml", "EMS.yml", "people.yml", "docs/new.csv", "docs/procedures/EMS-PRO-001.md", "approvals/new.csv",
    ".git/config", ".git/hooks/pre-commit", "site/../ems.yml", "link.csv",
]  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make(tmp_path / "handbook", "docs/procedures/EMS-PRO-001.md")
    (root / "site").mkdir()
    (root / "link.csv").symlink_to("people.yml")
    return root


@pytest.mark.parametrize("place", TAKEN)
@pytest.mark.parametrize("command", ["register", "matrix"])
def test_output_over_the_handbook_is_refused(root: Path, place: str, command: str) -> None:
    before = picture(root, cache=False)
    told = ems(root, command, "--format", "csv", "--output", str(root / place))
    assert (told.status, "Name another place" in told.err) == (2, True), told.err
    assert picture(root, cache=False) == before


@pytest.mark.parametrize("place", ["docs/x", "approvals", ".git/x", "docs"])
def test_stage_into_the_handbook_is_refused(root: Path, place: str) -> None:
    (root / "approvals").mkdir()
    before = picture(root, cache=False)
    told = ems(root, "stage", str(root / place))
    assert told.status == 2, told.err
    assert picture(root, cache=False) == before


@pytest.mark.parametrize("place", ["register.csv", "site/register.csv", "../register.csv"])
def test_output_elsewhere_is_written_and_written_again(root: Path, place: str) -> None:
    for _ in range(2):
        told = ems(root, "register", "--format", "csv", "--output", str(root / place))
        assert told.status == 0, told.err
    assert "EMS-PRO-001" in (root / place).read_text(encoding="utf-8-sig")


def test_output_that_git_keeps_beside_the_handbook_is_refused(tmp_path: Path) -> None:
    """A handbook in a folder of its repository: what lies above it is kept too."""
    inside = make(tmp_path / "works", "docs/procedures/EMS-PRO-001.md")
    top = tmp_path / "top"
    top.mkdir()
    git(top, "init", "-q", "-b", "main")
    (inside / ".git").rename(tmp_path / "old")
    inside.rename(top / "handbook")
    (top / "list.csv").write_text("kept", "utf-8")
    git(top, "add", "-A")
    git(top, "commit", "-q", "-m", "Step")
    told = ems(top / "handbook", "register", "--format", "csv", "--output", str(top / "list.csv"))
    assert (told.status, (top / "list.csv").read_text("utf-8")) == (2, "kept")
