"""What decides how documents are judged and published never changes together with a document (EMS712 to EMS715)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.attacks.scene import ID, Scene, scene
from tests.examples import BASE

MACHINERY = (
    ".github/workflows/check.yml",
    ".github/CODEOWNERS",
    ".gitlab-ci.yml",
    ".gitlab/merge_request_templates/default.md",
    ".gitea/workflows/check.yml",
    ".forgejo/workflows/check.yml",
    ".woodpecker/check.yml",
    ".woodpecker.yml",
    ".woodpecker.yaml",
    ".circleci/config.yml",
    "Jenkinsfile",
    ".gitattributes",
    "docs/procedures/.gitattributes",
    ".gitmodules",
    "CODEOWNERS",
    "docs/CODEOWNERS",
    "codeowners",
    "hooks/strict.py",
    "plugins/ems_control/rules/book.py",
    "theme/main.html",
    "overrides/main.html",
    "Overrides/partials/footer.html",
    "pyproject.toml",
    "Makefile",
    "requirements.txt",
    "requirements/site.lock",
    ".ci/run",
)
BESIDE = (
    "README.md",
    "notes/hooks/strict.py",
    "notes/plugins.md",
    "themes.md",
    "my.gitattributes",
    "github/workflows/check.yml",
    "docs/index.md",
)


def found(s: Scene, rule: str) -> set[str]:
    """Where the gate finds a rule."""
    return {one["path"] for one in s.gate().json["findings"] if one["rule"] == rule}


@pytest.mark.parametrize("text", [True, False])
def test_every_piece_of_machinery_beside_a_text(text: bool, tmp_path: Path) -> None:
    s = scene(tmp_path).branch()
    for path in (*MACHINERY, *BESIDE):
        s.write(path, "# New\n")
    if text:
        s.revise()
    s.commit()
    assert found(s, "EMS712") == (set(MACHINERY) if text else set())


def test_new_handbook_comes_with_its_machinery(tmp_path: Path) -> None:
    """Where there was no ems.yml, there was no judge that could be changed."""
    s = scene(tmp_path)
    for path in s.root.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    s.git("checkout", "-q", "--orphan", "fresh")
    s.git("rm", "-q", "-r", "--cached", ".")
    s.write("README.md", "# Works\n").commit()
    s.git("branch", "-q", "-M", "fresh", "main")
    shutil.copytree(BASE, s.branch().root, dirs_exist_ok=True)
    s.write(".github/workflows/check.yml", "on: push\n").commit()
    assert found(s, "EMS712") == set()
    s.merge()
    s.branch("later").write(".github/workflows/check.yml", "on: [push]\n").revise().commit()
    assert found(s, "EMS712") == {".github/workflows/check.yml"}


@pytest.mark.parametrize("text", [True, False])
def test_what_is_only_filed_is_listed_and_what_is_rewritten_is_not(text: bool, tmp_path: Path) -> None:
    """Keys that need no signature are told where nobody has to look for another reason."""
    s = scene(tmp_path).branch().keys(distribution="[yard]")
    if text:
        s.revise()
    s.commit()
    assert found(s, "EMS713") == (set() if text else {f"docs/procedures/{ID}.md"})


def test_only_the_idle_records_of_the_request_are_listed(tmp_path: Path) -> None:
    s = scene(tmp_path)
    s.draft("EMS-PRO-002").commit()
    s.sign("EMS-PRO-002", digest="sha256:" + "1" * 64)
    s.commit("b.boss")
    s.branch()
    new = s.sign("EMS-PRO-002", by="c.deputy", digest="sha256:" + "2" * 64)
    s.commit("c.deputy")
    assert found(s, "EMS715") == {new.relative_to(s.root).as_posix()}
    assert len(s.verify().json["idle"]) == 2
