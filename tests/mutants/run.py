"""Puts each fault of mutants.yml into a copy of the repository, and demands that its tests notice: `make mutants`.

    python -m tests.mutants.run [--minutes N] [--list FILE] [ID ...]

A fault is a piece of text that stands once in a file, and what to put in its place. Its tests must pass without it.
Each fault runs in a process of its own, forked where the libraries are loaded already; the working tree is never
touched. With `--minutes`, as many as there is time for, from a place that the day chooses.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import os
import py_compile
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
LIST = Path(__file__).with_name("mutants.yml")
MEMORY = Path("/dev/shm")  # noqa: S108
MOST_EQUIVALENT = 5
LONGEST = 600
LOADED = "ignore:Module already imported:pytest.PytestAssertRewriteWarning"
LIBRARIES = ("hypothesis", "pydantic", "click", "cryptography.hazmat.primitives.serialization", "markdown", "requests")


@dataclass(frozen=True)
class Mutant:
    """One fault: in `file`, `new` stands for `old`; one of `tests` must fail, but where it is `equivalent`."""

    id: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...] = ()
    equivalent: str = ""


@dataclass(frozen=True)
class Seen:
    """What became of one fault: how pytest ended, and which test noticed it."""

    mutant: Mutant
    status: int
    by: str
    seconds: float

    @property
    def noticed(self) -> bool:
        """Whether a test failed; anything else than passed or failed is a fault of the list."""
        return self.status == pytest.ExitCode.TESTS_FAILED


def read(path: Path) -> list[Mutant]:
    """The list; raises SystemExit with every entry that is wrong or does not fit the files any more."""
    found, wrong = [], []
    for entry in yaml.safe_load(path.read_text(encoding="utf-8")):
        one = Mutant(**{**entry, "tests": tuple(entry.get("tests", ()))})
        found.append(one)
        there = ROOT / one.file
        count = there.read_text(encoding="utf-8").count(one.old) if there.is_file() else 0
        if count != 1:
            wrong.append(f"{one.id}: its old text stands {count} times in {one.file}, not once")
        if one.old == one.new:
            wrong.append(f"{one.id}: it changes nothing")
        if bool(one.tests) == bool(one.equivalent):
            wrong.append(f"{one.id}: it names either tests or why it is equivalent")
        for test in one.tests:
            if not (ROOT / test.split("::")[0]).exists():
                wrong.append(f"{one.id}: there is no {test}")
    names = [one.id for one in found]
    wrong += [f"{name}: it is there twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    if sum(bool(one.equivalent) for one in found) > MOST_EQUIVALENT:
        wrong.append(f"more than {MOST_EQUIVALENT} are called equivalent")
    if wrong:
        raise SystemExit("\n".join(["The list of faults does not hold:", *wrong]))
    return found


def copy(folder: Path) -> Path:
    """The files of the working tree that git knows or would take, compiled."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    for name in filter(None, names.decode().split("\0")):
        source, target = ROOT / name, folder / name
        if source.is_symlink() or source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    for source in (folder / "plugins").rglob("*.py"):
        py_compile.compile(str(source), quiet=1)
    return folder


@contextlib.contextmanager
def changed(folder: Path, mutant: Mutant) -> Iterator[None]:
    """The copy with the fault in it."""
    path = folder / mutant.file
    was = path.read_bytes()
    for compiled in path.parent.glob(f"__pycache__/{path.stem}.*"):
        compiled.unlink()
    path.write_text(was.decode().replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        yield
    finally:
        path.write_bytes(was)
        if path.suffix == ".py":
            py_compile.compile(str(path), quiet=1)


class First:
    """A pytest plugin that notes the first test that fails."""

    def __init__(self) -> None:
        self.name = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called for each step of each test."""
        if report.failed and not self.name:
            self.name = report.nodeid


def attempt(folder: Path, tests: Sequence[str]) -> tuple[int, str, str]:
    """How pytest ends in a copy, the first test that failed, and what was written; in a process of its own."""
    answer = folder / ".answer"
    child = os.fork()
    if child == 0:
        os.setsid()
        _child(folder, tests, answer)
    until = time.monotonic() + LONGEST
    while os.waitpid(child, os.WNOHANG)[0] == 0:
        if time.monotonic() > until:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return int(pytest.ExitCode.TESTS_FAILED), f"no end within {LONGEST} seconds", ""
        time.sleep(0.05)
    status, name, *words = answer.read_text(encoding="utf-8").split("\n", 2)
    answer.unlink()
    return int(status), name, "".join(words)


def _child(folder: Path, tests: Sequence[str], answer: Path) -> None:
    """Run the tests in a copy, write down how they ended, and end."""
    status, first, out = 3, First(), io.StringIO()
    try:
        os.chdir(folder)
        os.environ |= {"PYTHONPATH": str(folder / "plugins"), "PYTHONDONTWRITEBYTECODE": "1"}
        sys.dont_write_bytecode = True
        sys.path[:] = [str(folder / "plugins"), str(folder), *(p for p in sys.path if p not in ("", str(ROOT)))]
        for name in [name for name in sys.modules if name.split(".")[0] in ("tests", "ems_control")]:
            del sys.modules[name]
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            options = [
                "-x",
                "-q",
                "--tb=line",
                "-p",
                "no:cacheprovider",
                "-W",
                LOADED,
                f"--basetemp={folder.parent / 'tmp'}",
            ]
            status = int(pytest.main([*options, *tests], [first]))
    except BaseException:
        traceback.print_exc(file=out)
        raise
    finally:
        answer.write_text(f"{status}\n{first.name}\n{out.getvalue()}", encoding="utf-8")
        os._exit(0)


def put_in(folder: Path, mutants: Sequence[Mutant], seconds: float) -> list[Seen]:
    """Every fault, one at a time, as long as there is time; a line for each. Its tests pass without it, or it ends."""
    found: list[Seen] = []
    passing: set[str] = set()
    begun = time.monotonic()
    for mutant in mutants:
        start = time.monotonic()
        if seconds and start - begun > seconds:
            break
        new = [test for test in mutant.tests if test not in passing]
        status, by, words = attempt(folder, new) if new else (0, "", "")
        if status:
            raise SystemExit(f"Without any fault the tests of {mutant.id} do not pass: {by}\n{words}")
        passing.update(new)
        with changed(folder, mutant):
            status, by, words = attempt(folder, mutant.tests)
        one = Seen(mutant, status, by, time.monotonic() - start)
        found.append(one)
        said = f"noticed by {by}" if one.noticed else "NOT NOTICED" if status == 0 else f"could not be tried: {words}"
        print(f"{mutant.id}: {said} ({one.seconds:.1f} s)", flush=True)  # noqa: T201
    return found


def main() -> None:
    """Run it: 0 where every fault tried was noticed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("ids", nargs="*", help="only these faults, by the beginnings of their names")
    parser.add_argument("--list", type=Path, default=LIST, help="another list of faults")
    parser.add_argument("--minutes", type=float, default=0, help="begin no further fault after so long")
    wanted = parser.parse_args()
    listed = read(wanted.list)
    chosen = [one for one in listed if not wanted.ids or one.id.startswith(tuple(wanted.ids))]
    if not chosen:
        raise SystemExit(f"No fault is called {' or '.join(wanted.ids)}.")
    to_try = [one for one in chosen if not one.equivalent]
    if wanted.minutes and to_try:
        start = datetime.now(UTC).date().toordinal() * 37 % len(to_try)
        to_try = to_try[start:] + to_try[:start]
    for name in LIBRARIES:
        importlib.import_module(name)
    memory = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="ems-mutants-", dir=memory) as name:
        folder = copy(Path(name, "copy"))  # what tests make lies beside it, in no handbook
        seen = put_in(folder, to_try, wanted.minutes * 60)
    for one in chosen:
        if one.equivalent:
            print(f"{one.id}: equivalent: {one.equivalent}")  # noqa: T201
    missed = [one.mutant.id for one in seen if not one.noticed]
    left = f", {len(to_try) - len(seen)} not tried for lack of time" if len(seen) < len(to_try) else ""
    print(f"{len(seen) - len(missed)} of {len(seen)} faults noticed{left}")  # noqa: T201
    if missed:
        raise SystemExit(f"Noticed by no test, or not tried: {', '.join(missed)}")


if __name__ == "__main__":
    main()
