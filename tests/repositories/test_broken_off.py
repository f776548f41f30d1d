"""A full disk, or a kill at any rename: nothing is half written, and the next run works."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.attacks.scene import ID, Scene, key_of, scene
from tests.examples import ENVIRONMENT, git
from tests.running import COMMAND, MKDOCS, Outcome, ems_process, picture

HOOK = """\
import os, sys
left = [int(os.environ["EMS_TEST_RENAMES"])]
def hook(event, arguments):
    if event == "os.rename" and os.path.abspath(arguments[1]).startswith(os.environ["EMS_TEST_BELOW"]):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), 9)
sys.addaudithook(hook)
"""


def handbook(tmp_path: Path, command: str) -> Scene:
    """A signed handbook with a site, a document of the old clauses, and a revision to be decided about."""
    s = scene(tmp_path)
    s.write("mkdocs.yml", MKDOCS)
    s.write(".gitignore", "site\n")
    for number in (2, 3, 4):
        s.draft(f"EMS-PRO-00{number}", status="draft", clauses="[iso-14001:2015/8.2]")
    if command != "revise":
        s.revise()
    s.commit()
    (tmp_path / "key").write_bytes(key_of("b.boss").private)
    return s


COMMANDS: dict[str, list[str]] = {
    "approve": ["approve", ID, "--as", "b.boss", "--key", "../key"],
    "revise": ["revise", ID, "--author", "a.author", "--change", "Written anew."],
    "migrate": ["migrate", "--from", "iso-14001:2015", "--to", "iso-14001:2026"],
    "stage": ["stage", "../staged"],
    "register": ["register", "--format", "csv", "--output", "../register.csv"],
}


def run(s: Scene, name: str, **options: object) -> Outcome:
    return ems_process(s.root, *COMMANDS[name], **{"env": ENVIRONMENT, "stdin": -3, **options})


def state(s: Scene) -> dict[str, object]:
    """The handbook's own files and what lies beside it; not what can be computed again."""
    left = {name: found for name, found in picture(s.root.parent, cache=False).items() if "/site" not in name}
    return {name: found for name, found in left.items() if "/.git" not in name and not name.endswith("/.")}


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("room", [0, 200])
def test_disk_is_full(tmp_path: Path, name: str, room: int) -> None:
    s = handbook(tmp_path, name)
    before = state(s)

    def full() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))

    outcome = run(s, name, preexec_fn=full)
    assert outcome.status == 2, (outcome.out, outcome.err)
    assert "Traceback" not in outcome.err
    assert state(s) == before
    again = run(s, name)
    assert again.status == 0, again.err


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "stage"])
def test_killed_at_each_rename(tmp_path: Path, name: str) -> None:
    s = handbook(tmp_path / "first", name)
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook/sitecustomize.py").write_text(HOOK, "utf-8")
    for renames in range(8):
        copy = tmp_path / f"copy{renames}"
        shutil.copytree(s.root.parent, copy, symlinks=True)
        other = Scene(copy / s.root.name, s.day)
        before = state(other)
        env = {**ENVIRONMENT, "PYTHONPATH": str(tmp_path / "hook")}
        env |= {"EMS_TEST_RENAMES": str(renames), "EMS_TEST_BELOW": str(copy)}
        outcome = run(other, name, env=env)
        if outcome.status == 0:
            assert renames, "no rename was seen"
            return
        assert outcome.status == -signal.SIGKILL, (outcome.out, outcome.err)
        for path, (_, data) in before.items():  # type: ignore[misc]
            if Path(path).is_file() and name not in ("migrate", "revise"):
                assert Path(path).read_bytes() == data, path
        again = run(other, name)
        assert again.status == 0, again.err
        assert [path for path in state(other) if Path(path).name.startswith(".ems-")] == []
        git(other.root, "add", "-A")
        who = {"GIT_AUTHOR_EMAIL": "b.boss@example.org", "GIT_COMMITTER_EMAIL": "b.boss@example.org"}
        line = ["git", "commit", "-q", "--allow-empty", "-m", "Step"]  # decided now, so committed now
        subprocess.run(line, cwd=other.root, env=ENVIRONMENT | who, check=True)
        verify = ems_process(other.root, "verify", env=ENVIRONMENT)
        assert verify.status == 0, verify.out
    raise AssertionError("more renames than expected")


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
