"""Histories of pages without an id: one walk over one log tells what `git log --follow` tells for each file."""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path

import pytest

from ems_control.ground.git import Repository
from ems_control.handbook.pages import page_histories
from tests.examples import ENVIRONMENT, git


def text(seed: object) -> str:
    """Lines that no other text has."""
    dice = random.Random(str(seed))  # noqa: S311
    return "".join(f"{dice.random()} {dice.random()}\n" for _ in range(12))


BRANCHING = {
    "branch": ["checkout", "-q", "-b"],
    "back": ["checkout", "-q", "main"],
    "merge": ["merge", "-q", "--no-ff", "--no-edit"],
}


def run(root: Path, steps: str) -> Path:
    """A repository out of steps: `add a`, `edit a`, `move a b`, `copy a b`, `delete a`, `branch x` …; `;` commits."""
    git(root, "init", "-q", "-b", "main")
    for number, commit in enumerate(steps.split(";")):
        for order, step in enumerate(commit.strip().split(",")):
            word, *names = step.split()
            if word in BRANCHING:
                git(root, *BRANCHING[word], *names)
            else:
                change(word, [root / f"{name}.md" for name in names], f"{number} {order}")
        git(root, "add", "-A")
        if git(root, "status", "--porcelain"):
            git(root, "commit", "-q", "-m", f"Step {number}")
    return root


def change(word: str, files: list[Path], seed: str) -> None:
    if word == "add":
        files[0].write_text(text(seed), encoding="utf-8")
    elif word == "edit":
        files[0].write_text(files[0].read_text(encoding="utf-8") + f"{seed}\n", encoding="utf-8")
    elif word == "copy":
        files[1].write_bytes(files[0].read_bytes())
    elif word == "move":
        files[0].rename(files[1])
    else:
        files[0].unlink()


def followed(root: Path, path: str) -> list[str]:
    line = ["git", "log", "--follow", "--format=%H", "--", path]
    return subprocess.run(line, cwd=root, env=ENVIRONMENT, capture_output=True, check=True).stdout.decode().split()


def histories(root: Path) -> dict[str, list[str]]:
    with Repository(root) as repository:
        return {path: [commit.sha for commit in found] for path, found in page_histories(repository).items()}


@pytest.mark.parametrize(
    "steps",
    [
        "add a",
        "add a; edit a; add b; edit b; edit a",
        "add a; move a b; edit b; move b c",
        "add a; move a b, edit b",
        "add a; move a b; add a; edit a",
        "add a; delete a; add a; edit a",
        "add a, add b; move a c, move b a, move c b; edit a",
        "add a; edit a, copy a b; edit b",
        "add a; branch side; edit a; back; add b; merge side; edit a",
        "add a; branch side; move a b; back; add c; merge side; edit b",
        "add a, add b; move a x, delete b, add c; edit x",
    ],
)
def test_as_git_follows(tmp_path: Path, steps: str) -> None:
    found = histories(run(tmp_path, steps))
    assert set(found) == {path.name for path in tmp_path.glob("*.md")}
    assert found == {path: followed(tmp_path, path) for path in found}


@pytest.mark.parametrize("seed", range(6))
def test_as_git_follows_through_a_long_history(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311
    there, gone, commits = ["p0"], [], ["add p0"]
    for number in range(1, 30):
        word = dice.choice(["add", "add", "edit", "edit", "move", "delete", "again"])
        name = dice.choice(there)
        if word == "add":
            there.append(f"p{number}")
            commits.append(f"add p{number}")
        elif word == "again" and gone:
            there.append(gone.pop())
            commits.append(f"add {there[-1]}")
        elif word == "move":
            there[there.index(name)] = f"p{number}"
            gone.append(name)
            commits.append(f"move {name} p{number}")
        elif word == "delete" and len(there) > 1:
            there.remove(name)
            gone.append(name)
            commits.append(f"delete {name}")
        else:
            commits.append(f"edit {name}")
    found = histories(run(tmp_path, "; ".join(commits)))
    assert found == {f"{name}.md": followed(tmp_path, f"{name}.md") for name in there}


def test_a_whole_copy_of_a_file_left_alone_begins_anew(tmp_path: Path) -> None:
    found = histories(run(tmp_path, "add a; add x; copy a b; edit b"))
    assert len(found["b.md"]) == 2
    assert found["b.md"] == followed(tmp_path, "b.md")[:2]


def test_an_empty_repository_has_no_pages(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert histories(tmp_path) == {}


def test_only_markdown_has_a_history(tmp_path: Path) -> None:
    root = run(tmp_path, "add a")
    (root / "b.png").write_bytes(os.urandom(100))
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Picture")
    assert set(histories(root)) == {"a.md"}
