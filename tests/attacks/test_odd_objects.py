"""What anybody may put into a repository that no reader expects: odd dates, names, records; nothing stops for it."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest

from tests.attacks.scene import ID, Scene, attack, key_of, scene, twin
from tests.examples import ENVIRONMENT, git
from tests.running import MKDOCS, ems, ems_process

ZONES = {"a zone of 51 hours": "1767950000 +051800", "a zone of 99 hours": "1767950000 +9900"}
DATES = {
    "before 1970": "-86400 +0000",
    "no date": "",
    "a date in words": "yesterday",
    "a year above 9999": "253402300801 +0000",
    "more than 64 bits": "99999999999999999999999 +0000",
}


def odd_commit(s: Scene, stamp: str, tree: str = "HEAD^{tree}", who: str = "A <a.author@example.org>") -> str:
    """A commit over HEAD whose dates say `stamp`, written as git itself would refuse to."""
    lines = [f"tree {s.git('rev-parse', tree)}", f"parent {s.head}"]
    lines += [f"author {who} {stamp}", f"committer {who} {stamp}", "", "Odd", ""]
    text = "\n".join(lines).encode()
    return git(s.root, "hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=text).decode().strip()


# --- records


def half_a_character(s: Scene) -> str:
    """A record of nobody that holds half a character; seven ASCII letters on disk."""
    path = f"approvals/{ID}/r002-20260109T090000Z-b.boss-approve.json"
    s.write(path, s.read(f"approvals/{ID}/r001-20260107T090000Z-b.boss-approve.json").replace("sha256:", "\\ud800", 1))
    s.commit()
    return path


@attack("EMS320")
def test_record_with_half_a_character(s: Scene) -> None:
    half_a_character(s)


@attack("EMS320", "EMS322")
def test_record_with_half_a_character_taken_away_again(s: Scene) -> None:
    s.git("rm", "-q", half_a_character(s))
    s.commit()


@attack("EMS320")
def test_record_of_the_year_one(s: Scene) -> None:
    path = s.sign(decided_at="0001-01-01T00:00:00Z")
    assert path.name.startswith("r001-00010101T")
    s.commit()


@twin(test_record_with_half_a_character, revision=2)
def test_record_with_a_whole_character_written_as_two_halves(s: Scene) -> None:
    s.revise().commit()
    path = s.sign(meaning="I approve it. \U0001f600")
    path.write_bytes(path.read_bytes().replace("\U0001f600".encode(), b"\\ud83d\\ude00"))
    path.with_name(path.name + ".sig").write_bytes(key_of("b.boss").sign(path.read_bytes()))
    s.commit("b.boss")


@twin(test_record_with_half_a_character_taken_away_again, revision=2)
def test_file_beside_a_whole_record_taken_away_again(s: Scene) -> None:
    s.revise().commit()
    s.approve()
    s.write("notes.txt", "half a thought\n").commit()
    s.git("rm", "-q", "notes.txt")
    s.commit()


@twin(test_record_of_the_year_one, revision=2)
def test_record_of_this_year(s: Scene) -> None:
    s.revise().commit()
    s.approve()


# --- dates


@pytest.mark.parametrize("stamp", (DATES | ZONES).values(), ids=DATES | ZONES)
def test_commit_with_an_odd_date_that_touches_nothing(tmp_path: Path, stamp: str) -> None:
    s = scene(tmp_path).settled()
    s.git("reset", "-q", "--hard", odd_commit(s, stamp))
    s.write("docs/index.md", "# Home\n").commit()
    assert (s.verify().json["breaks"], s.check().status) == ([], 0)
    s.untouched()


@pytest.mark.parametrize("stamp", DATES.values(), ids=DATES)
def test_odd_date_on_a_branch_that_nobody_merged(tmp_path: Path, stamp: str) -> None:
    """The site of main is built, and the board says which branch was not looked at, and why."""
    s = scene(tmp_path).settled()
    s.write("mkdocs.yml", MKDOCS).commit()
    s.branch().draft("EMS-PRO-009").commit()
    tree = s.git("rev-parse", "HEAD^{tree}")
    s.checkout()
    odd = odd_commit(s, stamp, tree)
    s.git("update-ref", "refs/remotes/origin/odd", odd)
    s.git("branch", "-q", "-D", "change")
    s.untouched()
    outcome = ems(s.root, "stage", str(tmp_path / "staged"), day=str(s.day))
    assert outcome.status == 0, outcome.err
    board = (tmp_path / "staged/docs/control/review-board.md").read_text(encoding="utf-8")
    assert odd[:10] in board
    assert "EMS-PRO-009" not in board


@pytest.mark.parametrize("stamp", ["1767950000 +0100", *ZONES.values()])
def test_branch_whose_day_can_be_read_is_on_the_board(tmp_path: Path, stamp: str) -> None:
    """The innocent twin: the same branch, dated; the seconds count, whatever zone is written beside them."""
    s = scene(tmp_path)
    s.write("mkdocs.yml", MKDOCS).commit()
    s.branch().draft("EMS-PRO-009").commit()
    tree = s.git("rev-parse", "HEAD^{tree}")
    s.checkout()
    s.git("update-ref", "refs/heads/change", odd_commit(s, stamp, tree))
    assert ems(s.root, "stage", str(tmp_path / "staged"), day=str(s.day)).status == 0
    board = (tmp_path / "staged/docs/control/review-board.md").read_text(encoding="utf-8")
    assert "EMS-PRO-009" in board
    assert "date that cannot be read" not in board


@pytest.mark.parametrize("who", ["<>", "A <>", "<a.author@example.org>", "A a.author@example.org"])
def test_author_without_name_or_address(tmp_path: Path, who: str) -> None:
    """Nobody known wrote it, so nobody can approve it; with the address alone, its person did."""
    s = scene(tmp_path).settled()
    s.branch().revise().commit()
    tree = s.git("rev-parse", "HEAD^{tree}")
    s.checkout()
    s.git("reset", "-q", "--hard", odd_commit(s, "1768000000 +0000", tree, who))
    s.untouched()
    s.day = date(2026, 1, 12)
    s.approve()
    known = who == "<a.author@example.org>"
    assert [one["rule"] for one in s.verify().json["breaks"]] == ([] if known else ["EMS329"])
    assert s.in_force()[ID][0] == (2 if known else 1)


# --- names of objects, and names that mean two things


def test_repository_with_long_object_names(tmp_path: Path) -> None:
    """SHA-256 repositories: what `git status` calls clean can be signed and is checked like any other."""
    s = scene(tmp_path)
    shutil.rmtree(s.root / ".git")
    shutil.rmtree(s.root / "approvals")
    s.git("init", "-q", "--object-format=sha256", "-b", "main")
    s.commit()
    for document in ("policy", ID):
        key = tmp_path / "key"
        key.write_bytes(key_of("b.boss").private)
        outcome = ems(s.root, "approve", document, "--as", "b.boss", "--key", str(key), day=None)
        assert outcome.status == 0, outcome.err
        s.git("add", "-A")
        subprocess.run(["git", "commit", "-qm", "Signed"], cwd=s.root, check=True, env=_now("b.boss"))
    assert (s.verify().json["breaks"], len(s.head)) == ([], 64)
    outcome = ems(s.root, "register", "--format", "json", day=None)
    assert [(d["id"], d["evidence"]) for d in outcome.json["documents"]] == [(ID, "signed")]


def _now(who: str) -> dict[str, str]:
    return {**ENVIRONMENT, "GIT_AUTHOR_EMAIL": f"{who}@example.org", "GIT_COMMITTER_EMAIL": f"{who}@example.org"}


def test_demo_where_git_makes_long_object_names(tmp_path: Path) -> None:
    done = ems_process(tmp_path, "demo", str(tmp_path / "demo"), env={**os.environ, "GIT_DEFAULT_HASH": "sha256"})
    assert done.status == 0, done.err
    assert len(git(tmp_path / "demo", "rev-parse", "HEAD")) == 65
    outcome = ems(tmp_path / "demo", "verify", "--format", "json", day=None)
    assert (outcome.json["breaks"], outcome.json["documents"]) == ([], 12)


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("refs/tags/origin/main", "origin/main"),
        ("refs/heads/origin/main", "origin/main"),
        ("refs/origin/main", "origin/main"),
        ("refs/tags/main", "main"),
        ("refs/tags/origin/main", "origin/main~0"),
    ],
)
@pytest.mark.parametrize("command", ["check", "reviewers"])
def test_name_that_means_two_things_is_no_base(tmp_path: Path, place: str, name: str, command: str) -> None:
    s = scene(tmp_path)
    s.git("update-ref", "refs/remotes/origin/main", "HEAD")
    s.branch().revise().commit()
    s.git("update-ref", place, "HEAD")
    more = ["--forge", "github"] if command == "reviewers" else []
    outcome = ems(s.root, command, "--base", name, *more, day=None)
    assert outcome.status == 2, outcome.out
    assert "more than one thing" in outcome.err
    assert place in outcome.err


def test_tag_that_looks_like_a_commit_is_no_base(tmp_path: Path) -> None:
    s = scene(tmp_path)
    base = s.head
    s.branch().revise().commit()
    s.git("tag", base[:10], "HEAD")
    assert "more than one thing" in ems(s.root, "check", "--base", base[:10]).err
    assert ems(s.root, "check", "--base", base).status == 0


def test_whole_name_is_a_base_whatever_a_tag_is_called(tmp_path: Path) -> None:
    """Whoever can push a tag must not stop the gate."""
    s = scene(tmp_path)
    s.branch().edit().commit()
    s.git("update-ref", "refs/tags/refs/heads/main", "HEAD")
    assert ems(s.root, "check", "--base", "refs/heads/main").status == 1
    s.checkout().branch("innocent").write("docs/index.md", "# Home\n").commit()
    assert ems(s.root, "check", "--base", "refs/heads/main").status == 0


@pytest.mark.parametrize("name", ["origin/main", "refs/remotes/origin/main", "remotes/origin/main", "main~0", "@~1"])
def test_name_that_means_one_thing_is_a_base(tmp_path: Path, name: str) -> None:
    s = scene(tmp_path)
    s.git("update-ref", "refs/remotes/origin/main", "HEAD")
    s.git("tag", "v1", "HEAD")
    s.branch().write("docs/index.md", "# Home\n").commit()
    assert ems(s.root, "check", "--base", name).status == 0
