"""A full disk, or a kill at any rename: nothing is half written, and the next run works."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.scene import ID, Scene, key_of, scene
from tests.examples import ENVIRONMENT, git
from tests.forges.works import text, works
from tests.running import COMMAND, MKDOCS, Outcome, ems_process, picture

HOOK = """\
import ctypes, os, sys
class Plain(ctypes.CDLL):  # a system that cannot exchange two folders in one step
    def __getattr__(self, name):
        if name == "renameat2":
            raise AttributeError(name)
        return super().__getattr__(name)
if os.environ.get("EMS_TEST_PLAIN"):
    ctypes.CDLL = Plain
left = [int(os.environ["EMS_TEST_RENAMES"])]
def hook(event, arguments):
    if event != "os.rename":
        return
    place = os.path.abspath(arguments[1])
    if "/.git/" in place or "/new/" in place:
        return  # what git keeps for us can be made again; nobody looks into a folder that is new
    if place.startswith(os.environ["EMS_TEST_BELOW"]):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), 9)
sys.addaudithook(hook)
"""
WI = "docs/instructions/EMS-WI-001.md"


def handbook(tmp_path: Path, command: str) -> Scene:
    """A signed handbook with a site, documents of the old clauses, and a revision to be decided about.

    Where a site is built, it claims no standard, which would have a page for each clause.
    """
    s = scene(tmp_path)
    s.write("mkdocs.yml", MKDOCS)
    s.write(".gitignore", "site\n")
    if command == "build":
        s.write("ems.yml", re.sub(r"(?m)^standards:.*\n", "", s.read("ems.yml"))).commit()
        s.approve("policy")
    for number in (2, 3, 4):
        s.draft(f"EMS-PRO-00{number}", status="draft", clauses="[iso-14001:2015/8.2]")
    if command != "revise":
        s.revise()
    s.commit()
    (tmp_path / "key").write_bytes(key_of("b.boss").private)
    if command == "build":
        (tmp_path / "built").mkdir()
        (tmp_path / "built/index.html").write_text("The site that was there.", "utf-8")
        (tmp_path / "built/.htaccess").write_text("Deny from all", "utf-8")
    return s


COMMANDS: dict[str, list[str]] = {
    "approve": ["approve", ID, "--as", "b.boss", "--key", "../key"],
    "revise": ["revise", ID, "--author", "a.author", "--change", "Written anew."],
    "migrate": ["migrate", "--from", "iso-14001:2015", "--to", "iso-14001:2026"],
    "stage": ["stage", "../staged"],
    "build": ["build", "-d", "../built"],
    "register": ["register", "--format", "csv", "--output", "../register.csv"],
}


def run(s: Scene, name: str, **options: object) -> Outcome:
    return ems_process(s.root, *COMMANDS[name], **{"env": ENVIRONMENT, "stdin": -3, **options})


def state(s: Scene) -> dict[str, object]:
    """The handbook's own files and what lies beside it; not what can be computed again."""
    left = {name: found for name, found in picture(s.root.parent, cache=False).items() if "/site" not in name}
    return {name: found for name, found in left.items() if "/.git" not in name and not name.endswith("/.")}


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("room", [0, 500])
def test_disk_is_full(tmp_path: Path, name: str, room: int) -> None:
    s = handbook(tmp_path, name)
    before = state(s)

    def full() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))

    outcome = run(s, name, preexec_fn=full)
    assert outcome.status == 2, (outcome.out, outcome.err)
    assert "Traceback" not in outcome.err
    if name in ("build", "stage"):
        assert "File too large" in outcome.err
        assert re.search(r"ems: the site was not built.* is as it was|was not written: File too large", outcome.err)
    assert state(s) == before
    again = run(s, name)
    assert again.status == 0, again.err


def killed(tmp_path: Path, folder: Path, line: list[str], plain: bool = False) -> Iterator[tuple[Path, Outcome]]:
    """Copies of a folder in which a command was killed at its first rename, at its second, and so on to its end."""
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook/sitecustomize.py").write_text(HOOK, "utf-8")
    for renames in range(12):
        copy = tmp_path / f"copy{renames}"
        shutil.copytree(folder, copy, symlinks=True)
        ways = [str(tmp_path / "hook"), *filter(None, [os.environ.get("PYTHONPATH")])]
        env = {**ENVIRONMENT, "PYTHONPATH": os.pathsep.join(ways), **({"EMS_TEST_PLAIN": "1"} if plain else {})}
        env |= {"EMS_TEST_RENAMES": str(renames), "EMS_TEST_BELOW": str(copy)}
        outcome = ems_process(copy / "handbook", *line, env=env, stdin=-3)
        if outcome.status == 0:
            assert renames or "build" in line, "no rename was seen"
            return
        yield copy, outcome
    raise AssertionError("more renames than expected")


def leftovers(folder: Path) -> list[str]:
    """Temporary files and folders beside what they would have become."""
    named = [path for path in picture(folder, cache=False) if "/.git/" not in path]
    return [path for path in named if re.fullmatch(r"\..*\.\d+-\w{8}", Path(path).name)]


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "build"])
def test_killed_at_each_rename(tmp_path: Path, name: str) -> None:
    first = handbook(tmp_path / "first", name)
    before = {os.path.relpath(path, tmp_path / "first"): found for path, found in state(first).items()}
    for copy, outcome in killed(tmp_path, tmp_path / "first", COMMANDS[name]):
        assert outcome.status == -signal.SIGKILL, (outcome.out, outcome.err)
        other = Scene(copy / "handbook", first.day)
        for path, (_, data) in before.items():  # type: ignore[misc]
            if (copy / path).is_file() and name not in ("migrate", "revise"):
                assert (copy / path).read_bytes() == data, path
        again = run(other, name)
        assert again.status == 0, again.err
        assert leftovers(copy) == []
        verified(other.root)


def verified(root: Path) -> None:
    """Once all is committed, nothing is broken."""
    git(root, "add", "-A")
    who = {"GIT_AUTHOR_EMAIL": "b.boss@example.org", "GIT_COMMITTER_EMAIL": "b.boss@example.org"}
    line = ["git", "commit", "-q", "--allow-empty", "-m", "Step"]  # decided now, so committed now
    subprocess.run(line, cwd=root, env=ENVIRONMENT | who, check=True)
    verify = ems_process(root, "verify", env=ENVIRONMENT)
    assert verify.status == 0, verify.out


def test_record_is_killed_at_each_rename(tmp_path: Path) -> None:
    """Two reviews are filed: of what was filed before the kill nothing is filed twice."""
    (tmp_path / "first").mkdir()
    made = works(tmp_path / "first")
    made.branch()
    head = made.commit({WI: text("EMS-WI-001")})
    pull = made.pull(head, made.merge(), [made.review("l.lead", head), made.review("b.boss", head)])
    (tmp_path / "pull.json").write_text(json.dumps(pull), "utf-8")
    made.root.rename(made.root.with_name("handbook"))
    source = ["--forge", "github", "--from-json", str(tmp_path / "pull.json")]
    line = ["record", *source, *made.signing]
    seen = 0
    for copy, outcome in killed(tmp_path, tmp_path / "first", line):
        seen += 1
        assert outcome.status == -signal.SIGKILL, (outcome.out, outcome.err)
        again = ems_process(copy / "handbook", *line, env=ENVIRONMENT, stdin=-3)
        assert again.status == 0, again.err
        assert leftovers(copy) == []
        verified(copy / "handbook")
        register = ems_process(copy / "handbook", "register", "--format", "json", env=ENVIRONMENT).json["documents"]
        assert [(row["id"], row["revision"]) for row in register if row["id"] == "EMS-WI-001"] == [("EMS-WI-001", 1)]
        assert len(list((copy / "handbook/approvals/EMS-WI-001").glob("*.json"))) == 2
    assert seen == 4


@pytest.mark.parametrize("plain", [False, True])
def test_build_is_killed_at_each_rename(tmp_path: Path, plain: bool) -> None:
    """The old site is there, or the new; where folders cannot be exchanged in one step, after the next run."""
    handbook(tmp_path / "first", "build")
    old, seen = (tmp_path / "first/built/index.html").read_bytes(), 0
    for copy, outcome in killed(tmp_path, tmp_path / "first", COMMANDS["build"], plain):
        seen += 1
        assert outcome.status in (-signal.SIGKILL, 2), (outcome.out, outcome.err)  # the engine was killed, or we
        home = copy / "built/index.html"
        assert (plain and not home.parent.exists()) or home.read_bytes() == old
        Path(copy / "handbook/mkdocs.yml").write_text("theme: {name: none-such}\n", "utf-8")
        failed = ems_process(copy / "handbook", *COMMANDS["build"], env=ENVIRONMENT)
        assert (failed.status, home.read_bytes(), leftovers(copy)) == (2, old, [])
    assert seen == 2 * plain, "in one step there is nothing to be killed at"


def test_build_is_cut_off_while_it_writes(tmp_path: Path) -> None:
    s = handbook(tmp_path, "build")
    old = state(s)
    running = subprocess.Popen(
        [COMMAND, *COMMANDS["build"]], cwd=s.root, env=ENVIRONMENT, start_new_session=True, stderr=subprocess.DEVNULL
    )
    for _ in range(600):
        if list(tmp_path.glob(".built.*/new/assets")):
            break
        time.sleep(0.1)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert [path for path in leftovers(tmp_path) if Path(path).parent == tmp_path], "it was writing"
    assert {path: found for path, found in state(s).items() if "/.built." not in path} == old
    again = run(s, "build")
    assert again.status == 0, again.err
    assert leftovers(tmp_path) == []
    assert "EMS-PRO-001" in (tmp_path / "built/index.html").read_text("utf-8")
    assert (tmp_path / "built/.htaccess").read_text("utf-8") == "Deny from all"


def test_two_builds_at_once(tmp_path: Path) -> None:
    """Each writes what it writes alone."""
    s = handbook(tmp_path, "build")
    env = {**ENVIRONMENT, "SOURCE_DATE_EPOCH": "1770000000"}
    targets = [tmp_path / name for name in ("one", "two", "three")]
    lines = [[COMMAND, "build", "--site-dir", str(target)] for target in targets]
    running = [subprocess.Popen(line, cwd=s.root, env=env, stderr=subprocess.PIPE) for line in lines[:2]]
    for one in running:
        _, err = one.communicate()
        assert one.returncode == 0, err.decode()
    assert subprocess.run(lines[2], cwd=s.root, env=env, check=True, capture_output=True).returncode == 0
    found = [{os.path.relpath(path, target): data for path, data in picture(target).items()} for target in targets]
    assert found[0] == found[2]
    assert found[1] == found[2]
    running = [subprocess.Popen([*lines[0]], cwd=s.root, env=env, stderr=subprocess.PIPE) for _ in range(2)]
    for one in running:
        _, err = one.communicate()
        assert one.returncode == 0, err.decode()
    assert {os.path.relpath(path, targets[0]): data for path, data in picture(targets[0]).items()} == found[2]
    assert leftovers(tmp_path) == []
