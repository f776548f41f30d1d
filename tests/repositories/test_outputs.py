"""No output of a command writes over the handbook, its records, or anything else that git keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.examples import ENVIRONMENT, git, make
from tests.running import ems, ems_process, picture
from tests.sites import configure

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


@pytest.mark.parametrize("place", ["docs/x", "docs", "approvals", ".git/x", ".", "..", "notes"])
def test_build_over_the_handbook_or_what_is_no_site_is_refused(root: Path, place: str) -> None:
    (root / "mkdocs.yml").write_text("plugins: [search, ems-control]\n", "utf-8")
    (root / "approvals").mkdir()
    (root / "notes").mkdir()
    (root / "notes/mine.txt").write_text("mine", "utf-8")
    before = picture(root.parent, cache=False)
    told = ems(root, "build", "-d", str(root / place), day=None)
    assert told.status == 2, told.err
    assert picture(root.parent, cache=False) == before


@pytest.mark.parametrize("place", ["register.csv", "site/register.csv", "../register.csv"])
def test_output_elsewhere_is_written_and_written_again(root: Path, place: str) -> None:
    for _ in range(2):
        told = ems(root, "register", "--format", "csv", "--output", str(root / place))
        assert told.status == 0, told.err
    assert "EMS-PRO-001" in (root / place).read_text(encoding="utf-8-sig")


def test_output_into_a_folder_that_is_not_there_names_what_was_asked_for(root: Path) -> None:
    place = root / "lists/register.csv"
    told = ems(root, "register", "--format", "csv", "--output", str(place))
    assert (told.status, told.err) == (2, f"ems: {place}: No such file or directory\n")


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


def test_a_site_that_git_keeps_is_written_anew_and_said(root: Path) -> None:
    configure(root)
    (root / "site").rmdir()
    assert ems_process(root, "build", env=ENVIRONMENT).status == 0
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "With the site")
    policy = (root / "ems.yml").read_text("utf-8")
    (root / "ems.yml").write_text(policy.replace("Sample Works", "Other Works"), "utf-8")
    git(root, "commit", "-q", "-am", "Renamed")
    told = ems_process(root, "build", env=ENVIRONMENT)
    assert (told.status, "site is kept by git" in told.err) == (0, True), told.err
    assert "Other Works" in (root / "site/assets/ems/data/changes.atom").read_text("utf-8")


@pytest.mark.parametrize("place", ["site", "."])
def test_a_folder_that_is_no_site_of_ours_stays(root: Path, place: str) -> None:
    """One that only begins like a site, and one in which the handbook itself lies."""
    configure(root)
    for name in ("site/index.html", "assets/ems/data/calendar.ics"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("kept", "utf-8")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Step")
    before = picture(root, cache=False)
    told = ems_process(root, "build", "--site-dir", place, env=ENVIRONMENT)
    assert (told.status, "Name another place" in told.err) == (2, True), told.err
    assert picture(root, cache=False) == before
