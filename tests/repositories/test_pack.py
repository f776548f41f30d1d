"""`ems pack`: one archive that an auditor reads without us, and computes again."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.examples import ENVIRONMENT, git
from tests.running import Outcome, ems, ems_process

DAY = "2026-03-01"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pack") / "works"
    assert ems(folder.parent, "demo", str(folder), "--documents", "3", day=None).status == 0
    return folder


def packed(root: Path, file: Path, *arguments: str) -> Outcome:
    return ems_process(root, "pack", str(file), *arguments, env=ENVIRONMENT)


def test_what_is_in_it_is_read_and_computed_again_without_us(made: Path, tmp_path: Path) -> None:
    done = packed(made, tmp_path / "audit.zip")
    assert (done.status, done.out) == (0, ""), done.err
    assert done.err.strip() == f"Written: {tmp_path / 'audit.zip'}"
    with zipfile.ZipFile(tmp_path / "audit.zip") as archive:
        assert archive.testzip() is None
        assert {name.split("/")[0] for name in archive.namelist()} == {"audit"}
        archive.extractall(tmp_path)
    top = tmp_path / "audit"
    start = (top / "START-HERE.txt").read_text("utf-8")
    named = set(re.findall(r"^([\w.-]+?)(?:/[\w.]+)?(?:, [\w., ]+)?: ", start, re.MULTILINE))
    assert {"handbook", "register.xlsx", "clauses.xlsx", "verification.txt", "repository.bundle"} <= named
    for name in ("register", "clauses"):
        assert zipfile.is_zipfile(top / f"{name}.xlsx")
    register = json.loads((top / "register.json").read_text("utf-8"))
    assert register == ems(made, "register", "--format", "json", day=None).json
    assert json.loads((top / "clauses.json").read_text("utf-8"))["standards"]
    assert json.loads((top / "verification.json").read_text("utf-8"))["breaks"] == []
    assert "0 breaks" in (top / "verification.txt").read_text("utf-8")
    for row in register["documents"]:
        assert row["id"] in (top / "handbook/documents/index.html").read_text("utf-8")
    steps = [line.strip() for line in start.splitlines() if line.startswith("    ")]
    assert [step.split()[0] for step in steps] == ["git", "ems", "ems"]
    subprocess.run(steps[0].split(), cwd=top, env=ENVIRONMENT, check=True, capture_output=True)
    again = ems_process(top, *steps[1].split()[1:], env=ENVIRONMENT)
    assert again.status == 0, again.err
    assert ems_process(top / "copy", *steps[2].split()[1:], env=ENVIRONMENT).status == 0
    assert git(top / "copy", "rev-parse", "HEAD") == git(made, "rev-parse", "HEAD")


def test_a_past_day_is_packed_as_it_was(made: Path, tmp_path: Path) -> None:
    done = packed(made, tmp_path / "then.zip", "--as-of", DAY)
    assert done.status == 0, done.err
    with zipfile.ZipFile(tmp_path / "then.zip") as archive:
        assert {entry.date_time[:3] for entry in archive.infolist()} == {(2026, 3, 1)}
        register = json.loads(archive.read("then/register.json"))
        assert DAY in archive.read("then/START-HERE.txt").decode()
        assert register["as_of"] == DAY
        page = archive.read("then/handbook/assets/ems/data/documents.json")
    assert json.loads(page)["as_of"] == DAY


def test_a_branch_that_nobody_merged_stays_here(made: Path, tmp_path: Path) -> None:
    root = tmp_path / "works"
    shutil.copytree(made, root, symlinks=True)
    git(root, "branch", "secret")
    (root / "mkdocs.yml").unlink()
    for day in ("0001-01-01", "9999-12-31"):
        assert packed(root, tmp_path / "audit.zip", "--as-of", day).status in (0, 1)
    done = packed(root, tmp_path / "audit.zip")
    assert done.status == 0, done.err
    assert "No mkdocs.yml: the pack has no site." in done.err
    with zipfile.ZipFile(tmp_path / "audit.zip") as archive:
        assert not [name for name in archive.namelist() if "/handbook/" in name]
        assert (
            "handbook" not in archive.read("audit/START-HERE.txt").decode().split("Take nothing")[0].partition("\n")[2]
        )
        archive.extract("audit/repository.bundle", tmp_path)
    heads = git(root, "bundle", "list-heads", str(tmp_path / "audit/repository.bundle")).decode().split()
    assert heads[1::2] == ["refs/heads/main", "HEAD"] or heads[1::2] == ["HEAD", "refs/heads/main"]


def test_a_break_is_packed_and_said(made: Path, tmp_path: Path) -> None:
    root = tmp_path / "works"
    shutil.copytree(made, root, symlinks=True)
    (root / "mkdocs.yml").unlink()
    record = next((root / "approvals").glob("EMS-*/*-approve.json"))
    record.write_text(record.read_text("utf-8").replace('"approve"', '"reject"'), "utf-8")
    git(root, "commit", "-q", "-a", "-m", "Changed")
    done = packed(root, tmp_path / "audit.zip")
    assert done.status == 1
    assert re.search(r"The verification found \d+ breaks?; verification.txt names", done.err)
    with zipfile.ZipFile(tmp_path / "audit.zip") as archive:
        assert json.loads(archive.read("audit/verification.json"))["breaks"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("audit.tar", "audit.tar would be an archive. Name a file that ends in .zip."),
        ("docs/audit.zip", "lies in docs/, which holds the handbook"),
        (".git/audit.zip", "lies inside .git"),
        ("none/audit.zip", "No such file or directory"),
    ],
)
def test_where_it_cannot_be_written(made: Path, name: str, said: str) -> None:
    done = packed(made, made / name)
    assert done.status == 2
    assert said in done.err
    assert "Traceback" not in done.err
    assert not (made / name).exists()


def test_a_site_that_cannot_be_built_leaves_what_was_there(made: Path, tmp_path: Path) -> None:
    root, file = tmp_path / "works", tmp_path / "audit.zip"
    shutil.copytree(made, root, symlinks=True)
    (root / "mkdocs.yml").write_text("theme: {name: none-such}\n", "utf-8")
    file.write_bytes(b"of last year")
    done = packed(root, file)
    assert done.status == 2
    assert f"the site was not built, and {file} not written" in done.err
    assert file.read_bytes() == b"of last year"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["audit.zip", "works"]
