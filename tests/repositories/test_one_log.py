"""One log tells what two told: each commit against all its parents, and main against what was there before."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from ems_control.ground.git.log import LOG_OPTIONS, Commit, read_log
from ems_control.ground.git.repository import Repository
from tests.examples import git

MODES = ("100644", "100755", "120000", "160000")
PATHS = ("a", "a/b", "docs/x.md", "docs/y.md", "docs/deep/z.md", "ems.yml")
FIRST = ["--first-parent", "--diff-merges=first-parent"]


def told(root: Path, *how: str) -> list[Commit]:
    """What git itself tells of HEAD, in a log of its own."""
    return list(read_log([git(root, "log", *how, "--no-renames", "--ignore-submodules=none", *LOG_OPTIONS, "HEAD")]))


def assert_told_by_one_log(root: Path) -> None:
    with Repository(root) as repository:
        assert repository.contributions == told(root, "-c")
        assert repository.landings == told(root, *FIRST)[::-1]


def drawn(chance: random.Random) -> bytes:
    """A history of merges of all kinds: of two and three, empty ones, of one side only, evil ones; for fast-import."""
    lines: list[str] = []
    trees: list[dict[str, str]] = []
    for number in range(40):
        parents = chance.sample(range(number), min(number, chance.choice((1, 1, 2, 2, 3))))
        tree: dict[str, str] = {}
        for parent in parents[: chance.choice((1, 1, 3))]:
            tree |= trees[parent]
        for path in chance.sample(PATHS, chance.choice((0, 0, 1, 2))):
            clash = [known for known in tree if known.startswith(f"{path}/") or path.startswith(f"{known}/")]
            tree = {known: how for known, how in tree.items() if known not in clash}
            tree[path] = f"{chance.choice(MODES)} {chance.randrange(4)}"
            if chance.random() < 0.3:
                del tree[path]
        trees.append(tree)
        stamp = f"A <a@example.org> {1_700_000_000 + number * 60} +0000"
        lines += ["commit refs/heads/main", f"mark :{number + 1}", f"committer {stamp}", f"data {len(str(number))}"]
        lines += [str(number), *(["from", "merge"][n > 0] + f" :{p + 1}" for n, p in enumerate(parents)), "deleteall"]
        for path, how in tree.items():
            mode, content = how.split()
            if mode == "160000":
                lines.append(f"M {mode} {int(content) + 1:040x} {path}")
            else:
                lines += [f"M {mode} inline {path}", "data 1", content]
    return "\n".join([*lines, ""]).encode()


@pytest.mark.parametrize("seed", range(6))
def test_merges_of_all_kinds(tmp_path: Path, seed: int) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "fast-import", "--quiet", "--force", stdin=drawn(random.Random(seed)))  # noqa: S311
    git(tmp_path, "config", "diff.ignoreSubmodules", "all")
    assert_told_by_one_log(tmp_path)


@pytest.mark.parametrize("hostile", [True, False], ids=["hostile", "innocent"])
def test_a_merge_whose_tree_differs_in_nothing(tmp_path: Path, hostile: bool) -> None:
    """An entry that holds nothing makes another tree of the same files: git is asked once more."""
    git(tmp_path, "init", "-q", "-b", "main")
    blob = git(tmp_path, "hash-object", "-w", "--stdin", stdin=b"x").decode().strip()
    nothing = git(tmp_path, "mktree", stdin=b"").decode().strip()
    one, two = f"100644 blob {blob}\tems.yml\n", f"100644 blob {blob}\tz\n"
    hollow = f"040000 tree {nothing}\th\n" if hostile else ""

    def commit(tree: str, *parents: str) -> str:
        name = git(tmp_path, "mktree", stdin=tree.encode()).decode().strip()
        behind = [word for parent in parents for word in ("-p", parent)]
        return git(tmp_path, "commit-tree", name, "-m", "x", *behind).decode().strip()

    first = commit(one)
    side = commit(one + two, first)
    other = commit(one + "", first, side)
    merge = commit(one + hollow + two, other, side)
    git(tmp_path, "update-ref", "refs/heads/main", commit(one + hollow, merge, other))
    assert_told_by_one_log(tmp_path)
