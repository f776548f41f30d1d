"""What was answered before is answered again only where nothing changed: with and without it, all answers are the same.

Each change below is one that an answer kept too long would hide; its innocent twin is that asking twice changes
nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

import ems_control
from ems_control.ground.kept import FEW_LANDINGS, SEAL, SWITCH
from tests.examples import git, make
from tests.running import COMMAND, Outcome, ems, ems_process, picture

DOCUMENTS, REVISIONS = 8, 4
"""Enough landings that something is kept."""
PAGE = "EMS-PRO-001"
QUESTIONS = (
    ("check", "--format", "json"),
    ("check",),
    ("check", "--base", "HEAD~3", "--format", "json"),
    ("register", "--format", "json"),
    ("history", PAGE),
    ("show", PAGE, "--revision", "2", "--format", "json"),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("kept") / "handbook"
    done = ems_process(root.parent, "demo", str(root), "--documents", str(DOCUMENTS), "--revisions", str(REVISIONS))
    assert done.status == 0, done.err
    return root


@pytest.fixture
def demo(made: Path, tmp_path: Path) -> Path:
    root = tmp_path / "handbook"
    shutil.copytree(made, root)
    return root


def page(root: Path) -> Path:
    return next((root / "docs").rglob(f"{PAGE}.md"))


def told(root: Path, day: str | None = None) -> list[Outcome]:
    return [ems(root, *question, day=day) for question in QUESTIONS]


def afresh(root: Path, monkeypatch: pytest.MonkeyPatch, day: str | None = None) -> list[Outcome]:
    """The same answers with nothing kept."""
    with monkeypatch.context() as patched:
        patched.setenv(SWITCH, "1")
        return told(root, day)


def kept(root: Path) -> list[Path]:
    return sorted((root / ".git" / "ems-control").rglob("*"))


def counted(root: Path, *arguments: str) -> dict[str, int]:
    place = root.parent / "counts"
    place.unlink(missing_ok=True)
    done = ems_process(root, *arguments, env={**os.environ, "EMS_COUNT": str(place)})
    assert done.status in (0, 1), done.err
    counts: dict[str, int] = json.loads(place.read_text("utf-8"))["counts"]
    return counts


def edited(root: Path) -> None:
    page(root).write_text(page(root).read_text("utf-8") + "\nOne word more.\n", "utf-8")


def committed(root: Path) -> None:
    edited(root)
    git(root, "commit", "-qam", "One word more")


def rewritten(root: Path) -> None:
    """The newest landings are gone, as after a push by force, and another takes their place."""
    git(root, "reset", "-q", "--hard", "HEAD~2")
    committed(root)


def other_policy(root: Path) -> None:
    text = (root / "ems.yml").read_text("utf-8")
    (root / "ems.yml").write_text(text.replace("organisation:", "organisation: Another  #"), "utf-8")


def other_extensions(root: Path) -> None:
    text = (root / "mkdocs.yml").read_text("utf-8")
    (root / "mkdocs.yml").write_text(text + "markdown_extensions: [no_such_one]\n", "utf-8")


def a_key_less(root: Path) -> None:
    text = (root / "people.yml").read_text("utf-8")
    (root / "people.yml").write_text("".join(line for line in text.splitlines(True) if "ssh-ed25519" not in line))


def deleted(root: Path) -> None:
    page(root).unlink()


def new_file(root: Path) -> None:
    page(root).with_name("drawing.html").write_text("<p>Something active.</p>", "utf-8")


def a_branch(root: Path) -> None:
    git(root, "checkout", "-qb", "another")
    committed(root)
    git(root, "checkout", "-q", "main")


def picture_that_a_text_names(root: Path) -> None:
    """A text names a picture that is not there; then it lies there, not committed."""
    page(root).write_text(page(root).read_text("utf-8") + "\n![Yard](yard.svg)\n", "utf-8")
    git(root, "commit", "-qam", "A picture is named")
    told(root)
    page(root).with_name("yard.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', "utf-8")


def another_id(root: Path) -> None:
    page(root).write_text(page(root).read_text("utf-8").replace(f"id: {PAGE}", "id: EMS-PRO-900"), "utf-8")


def a_new_policy(root: Path) -> None:
    """Committed, but approved by nobody."""
    other_policy(root)
    git(root, "commit", "-qam", "Another name")


def a_record_gone(root: Path) -> None:
    git(root, "rm", "-q", str(next((root / "approvals" / PAGE).glob("r002*.json"))))
    git(root, "commit", "-qm", "A record less")


def dated_back(root: Path) -> None:
    edited(root)
    git(root, "commit", "-qam", "By a clock that is wrong", day=date(2019, 1, 1))


def dated_ahead(root: Path) -> None:
    edited(root)
    git(root, "commit", "-qam", "By a clock that is wrong", day=date(2090, 1, 1))
    committed(root)


def moved(root: Path) -> None:
    (root / "docs" / "elsewhere").mkdir()
    git(root, "mv", str(page(root)), str(root / "docs" / "elsewhere"))
    git(root, "commit", "-qm", "Moved")


def deleted_and_merged(root: Path) -> None:
    """The file goes on a branch, another changes on main, and both meet."""
    git(root, "checkout", "-qb", "another")
    git(root, "rm", "-q", str(page(root)))
    git(root, "commit", "-qm", "Deleted")
    git(root, "checkout", "-q", "main")
    other = next((root / "docs").rglob("EMS-PRO-002.md"))
    other.write_text(other.read_text("utf-8") + "\nOne word more.\n", "utf-8")
    git(root, "commit", "-qam", "One word more")
    git(root, "merge", "-q", "--no-ff", "-m", "Both", "another")


def a_link_out(root: Path) -> None:
    """The same file, at a place from which nothing is read."""
    (root / "mkdocs.yml").rename(root.parent / "mkdocs.yml")
    (root / "mkdocs.yml").symlink_to(root.parent / "mkdocs.yml")


def shallow(root: Path) -> None:
    (root / ".git" / "shallow").write_bytes(git(root, "rev-parse", "HEAD~5"))


CHANGES: dict[str, Callable[[Path], None]] = {
    "nothing": lambda _: None,
    "a word in the working tree": edited,
    "a commit": committed,
    "a history rewritten": rewritten,
    "a setting of ems.yml": other_policy,
    "a setting of mkdocs.yml": other_extensions,
    "a key in people.yml": a_key_less,
    "a file deleted": deleted,
    "a file beside the text": new_file,
    "a picture that a text waits for": picture_that_a_text_names,
    "another id in the working tree": another_id,
    "a policy committed": a_new_policy,
    "a landing dated back": dated_back,
    "a landing dated ahead": dated_ahead,
    "a file moved": moved,
    "a file deleted by a merge": deleted_and_merged,
    "a record removed": a_record_gone,
    "a branch": a_branch,
    "a link out of the repository": a_link_out,
    "a clone cut off": shallow,
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_seen(demo: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    told(demo)
    CHANGES[name](demo)
    assert told(demo) == afresh(demo, monkeypatch)


STEPS = (9, 3, 2, 1, 0)
"""How far HEAD is from the end of the history, one after the other: a step brings texts, records, or both."""


def test_what_lands_later_is_added_to_what_was_kept(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    end = git(demo, "rev-parse", "HEAD").decode().strip()
    asked = [("check", "--format", "json"), ("register", "--format", "json"), ("check", "--base", "HEAD~1")]
    for step in STEPS:
        git(demo, "reset", "-q", "--hard", f"{end}~{step}")
        changed = {
            name for name in git(demo, "show", "--format=", "--name-only").decode().split() if name[-3:] == ".md"
        }
        here = [*asked, *(("history", Path(name).stem, "--format", "json") for name in changed)]
        found = [ems(demo, *question, day=None) for question in here]
        with monkeypatch.context() as patched:
            patched.setenv(SWITCH, "1")
            assert found == [ems(demo, *question, day=None) for question in here]


def test_an_edit_taken_back_is_what_it_was(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, text = told(demo), page(demo).read_bytes()
    edited(demo)
    assert told(demo) != before
    page(demo).write_bytes(text)
    assert told(demo) == before == afresh(demo, monkeypatch)


def test_each_day_has_its_answer(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in ("2020-01-01", "2024-06-30", None, "2040-01-01", "2024-06-30"):
        assert told(demo, day) == afresh(demo, monkeypatch, day)


def forged(path: Path) -> None:
    """Another body under the old seal."""
    data, seal = path.read_bytes()[:-SEAL], path.read_bytes()[-SEAL:]
    path.write_bytes(data.replace(b"answer", b"answes").replace(b"approve", b"approvf") + b"." * (b"e" in data) + seal)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:-40]),
    "empty": lambda path: path.write_bytes(b""),
    "no seal": lambda path: path.write_bytes(path.read_bytes()[:-SEAL]),
    "forged": forged,
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "not to be read": lambda path: path.chmod(0),
    "a pipe that nobody fills": lambda path: (path.unlink(), os.mkfifo(path)),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_what_is_damaged_or_forged_is_made_anew(demo: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    right = told(demo)
    files = [path for path in kept(demo) if path.is_file()]
    assert files
    for path in files:
        DAMAGES[name](path)
    assert told(demo) == right == afresh(demo, monkeypatch)


def test_what_answers_another_question_is_no_answer(demo: Path) -> None:
    """Each file is whole, and sealed by us; it only lies at the place of another."""
    right = told(demo)
    files = [path for path in kept(demo) if path.is_file()]
    contents = [path.read_bytes() for path in files]
    for path, data in zip(files, [*contents[1:], contents[0]], strict=True):
        path.write_bytes(data)
    assert told(demo) == right


def test_what_a_stranger_kept_is_not_believed(demo: Path, tmp_path: Path) -> None:
    """The folder of somebody with another secret, unpacked into this clone: everything is read anew."""
    theirs = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "theirs")}
    assert ems_process(demo, "check", env=theirs).status in (0, 1)
    mine = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "mine"), "EMS_COUNT": str(tmp_path / "counts")}
    assert ems_process(demo, "check", env=mine).status in (0, 1)
    assert json.loads((tmp_path / "counts").read_text("utf-8"))["counts"]["documents_judged"] == DOCUMENTS


def test_verify_believes_nothing_that_is_kept(demo: Path) -> None:
    """A kept check says that all is well; the signature that was broken since is found by whoever verifies."""
    told(demo)
    first = counted(demo, "verify")
    assert (first["documents_judged"], first["signatures_verified"]) == (DOCUMENTS, DOCUMENTS * REVISIONS + 1)
    assert counted(demo, "verify") == first


def test_two_at_once_and_one_killed_leave_whole_answers(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = [COMMAND, "check", "--format", "json"]
    running = [subprocess.Popen(line, cwd=demo, stdout=subprocess.PIPE) for _ in range(3)]
    running[2].send_signal(signal.SIGKILL)
    first, second = (one.communicate()[0] for one in running[:2])
    running[2].communicate()
    assert first == second
    assert told(demo) == afresh(demo, monkeypatch)


def test_a_worktree_and_a_place_that_cannot_be_written(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told(demo)
    other = demo.parent / "other"
    git(demo, "worktree", "add", "-q", "--detach", str(other), "HEAD~2")
    assert told(other) == told(other) == afresh(other, monkeypatch)
    shutil.rmtree(demo / ".git" / "ems-control")
    (demo / ".git" / "ems-control").write_text("a file in the place of the folder", "utf-8")
    assert told(demo) == told(demo) == afresh(demo, monkeypatch)


@pytest.mark.parametrize("link", ["ems-control", "ems-control/answers", "ems-control/snapshots"])
def test_behind_a_link_nothing_is_removed(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, link: str
) -> None:
    """What was unpacked there leads into a folder of somebody's own."""
    own = tmp_path / "own"
    for number in range(300):
        for folder in (own, own / "answers", own / "snapshots"):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"letter{number}").write_text("Dear reader", "utf-8")
    before = picture(own)
    (demo / ".git" / link).parent.mkdir(exist_ok=True)
    (demo / ".git" / link).symlink_to(own)
    assert told(demo) == told(demo) == afresh(demo, monkeypatch)
    assert picture(own) == before


@pytest.mark.parametrize("name", ["LITERAL", "ICASE", "GLOB", "NOGLOB"])
def test_how_git_reads_paths_elsewhere_is_nothing_to_us(demo: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    other_extensions(demo)
    git(demo, "commit", "-qam", "An extension that nobody knows")
    question = ("check", "--base", "HEAD", "--format", "json")
    monkeypatch.setenv(SWITCH, "1")
    right = ems(demo, *question, day=None)
    assert "EMS716" in right.out
    monkeypatch.setenv(f"GIT_{name}_PATHSPECS", "1")
    assert ems(demo, *question, day=None) == right
    monkeypatch.delenv(SWITCH)
    assert ems(demo, *question, day=None) == right


def test_another_file_of_the_program_is_another_program(tmp_path: Path) -> None:
    """Pages of help are part of every site; whoever works on them has them at the next build."""
    package = Path(ems_control.__file__).parent
    shutil.copytree(package, tmp_path / package.name, ignore=shutil.ignore_patterns("__pycache__"))

    def key() -> bytes:
        line = [sys.executable, "-c", "from ems_control.ground import kept; print(kept.__file__, kept.program())"]
        done = subprocess.run(line, cwd=tmp_path, capture_output=True, check=True)
        assert done.stdout.startswith(os.fsencode(tmp_path))
        return done.stdout

    before = key()
    assert key() == before
    for page in ("handbook/help/en", "handbook/templates/en"):
        next((tmp_path / package.name / page).glob("*.md")).write_text("Another page", "utf-8")
        assert key() != before
        before = key()


def test_the_folder_does_not_grow_without_limit(demo: Path) -> None:
    for year in range(2000, 2010):
        ems(demo, "show", PAGE, "--revision", "1", day=f"{year}-01-01")
    many = len(kept(demo))
    folder = demo / ".git" / "ems-control" / "answers"
    for number in range(400):
        (folder / f"left{number}").write_text("what an earlier version left", "utf-8")
        os.utime(folder / f"left{number}", (0, 0))
    ems(demo, "show", PAGE, "--revision", "2", day="2011-01-01")
    assert many < len(kept(demo)) < 300


def test_switched_off_nothing_is_kept(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    afresh(demo, monkeypatch)
    assert not (demo / ".git" / "ems-control").exists()


def test_a_change_is_judged_by_the_policy_that_stood_where_it_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make(tmp_path / "works", "commit\n")
    for number in range(FEW_LANDINGS):
        git(root, "commit", "-q", "--allow-empty", "-m", str(number))
    policy = (root / "ems.yml").read_text("utf-8")
    (root / "ems.yml").write_text(policy.replace("approve: manager", "approve: lead"), "utf-8")
    assert ems(root, "check", day=None).status == 1  # what b.boss approved counts no more
    git(root, "checkout", "-qb", "another")
    git(root, "commit", "-q", "--allow-empty", "-m", "Another")
    question = ("check", "--base", "main", "--format", "json")
    found = ems(root, *question, day=None)
    assert found.json["summary"]["errors"] == 0
    with monkeypatch.context() as patched:
        patched.setenv(SWITCH, "1")
        assert found == ems(root, *question, day=None)
