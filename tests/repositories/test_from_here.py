"""Every command that is printed works from where the reader stands: above the handbook, in it, or below."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from contextlib import chdir
from pathlib import Path

import pytest

from tests.attacks.scene import ID, Scene, key_of, scene
from tests.examples import ENVIRONMENT
from tests.running import COMMAND, MKDOCS, Outcome, ems, ems_process

NAMES = r"(?:approve [\w-]+|check|verify|codeowners|build|serve|submit \S+)"
COMMANDS = re.compile(rf"\b(ems (?:--root \S+ )?{NAMES}|git add -- .*?(?=  and then))")
PLACES = {"above": ".", "in it": "works", "below": "works/docs/procedures"}


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A signed handbook in a folder of its repository, with a second revision to be decided about."""
    s = scene(tmp_path)
    (s.root / "works").mkdir()
    for path in list(s.root.iterdir()):
        if path.name not in (".git", "works"):
            path.rename(s.root / "works" / path.name)
    s.commit()
    inside = Scene(s.root / "works", s.day)
    inside.write("mkdocs.yml", MKDOCS)
    inside.revise().commit()
    (tmp_path / "key").write_bytes(key_of("b.boss").private)
    return s.root


def run(top: Path, place: str, *line: str) -> Outcome:
    """A command of somebody who stands there."""
    with chdir(top / PLACES[place]):
        return ems(os.path.relpath(top / "works"), *line, day=None)


def printed(outcome: Outcome) -> list[str]:
    return COMMANDS.findall(outcome.out + outcome.err)


def typed(top: Path, place: str, line: str, *more: str) -> subprocess.CompletedProcess[bytes]:
    words = shlex.split(line)
    words[0] = COMMAND if words[0] == "ems" else words[0]
    return subprocess.run([*words, *more], cwd=top / PLACES[place], env=ENVIRONMENT, capture_output=True, check=False)


@pytest.mark.parametrize("place", PLACES)
def test_commands_work_where_they_are_printed(top: Path, place: str) -> None:
    key = ["--as", "b.boss", "--key", str(top.parent / "key")]
    told = [one for one in printed(run(top, place, "check")) if f"approve {ID}" in one]
    assert len(told) == 1
    signed = typed(top, place, told[0], *key)
    assert signed.returncode == 0, signed.stderr
    (add,) = COMMANDS.findall(signed.stdout.decode())
    assert typed(top, place, add).returncode == 0
    staged = subprocess.run(["git", "diff", "--cached", "--name-only"], cwd=top, capture_output=True, check=True)
    assert [line.split(b"/")[:3] for line in staged.stdout.split()] == [[b"works", b"approvals", ID.encode()]] * 2


@pytest.mark.parametrize("place", PLACES)
def test_remedies_of_verify_and_doctor_and_of_errors(top: Path, place: str) -> None:
    s = Scene(top / "works")
    record = next((top / f"works/approvals/{ID}").glob("*.json"))
    text = record.read_text("utf-8")
    s.write(f"approvals/{ID}/{record.name}", text + " ").commit()
    s.write(f"approvals/{ID}/{record.name}", text).commit()
    key = ["--as", "b.boss", "--key", str(top.parent / "key")]
    verify = run(top, place, "verify")
    match = re.search(r"(ems (?:--root \S+ )?approve \S+ --action correct --corrects \w+)", verify.out)
    assert match, verify.out
    (top / ".github").mkdir()
    (top / ".github/CODEOWNERS").write_text("nobody", "utf-8")
    doctor = run(top, place, "doctor")
    assert re.search(r"Run: ems .*codeowners > (\S+)", doctor.out), doctor.out
    target = re.search(r"Run: (ems .*codeowners) > (\S+)", doctor.out)
    assert target
    assert (top / PLACES[place] / target[2]).resolve() == (top / ".github/CODEOWNERS").resolve()
    new = run(top, place, "new", "procedure", "Odd", "--author", "a.author")
    refused = run(top, place, "show", "EMS-PRO-002")
    for one in (*printed(new), *printed(refused)):
        assert one.startswith("ems --root works ") == (place == "above"), one
        assert one.startswith("ems ")
    assert printed(new)
    done = typed(top, place, match[1], *key)
    assert done.returncode == 0, done.stderr


def test_from_above_without_a_root_the_handbook_is_named(top: Path) -> None:
    told = ems_process(top, "check", env=ENVIRONMENT)
    assert (told.status, "ems --root works" in told.err) == (2, True), told.err


def test_outside_of_the_repository_nothing_is_made_up(top: Path) -> None:
    told = ems_process(top.parent, "--root", "handbook/works", "check", env=ENVIRONMENT)
    assert f"ems approve {ID}" in told.out
