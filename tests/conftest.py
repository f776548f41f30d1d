"""Shared fixtures: every test runs git without the machine's own configuration."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from tests.examples import make

settings.register_profile("suite", derandomize=True, deadline=None, database=None)
settings.register_profile("explore", deadline=None, max_examples=2000, derandomize="CI" in os.environ, database=None)
settings.load_profile(os.environ.get("EMS_HYPOTHESIS", "suite"))


MEMORY = Path("/dev/shm")  # noqa: S108
ROOM = 4 * 2**30
"""What a run needs at most, several times over; without it the disk has to do."""


def room_in_memory() -> bool:
    """Whether there is a folder in memory for the files of the tests, which also run scripts there."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return False
    place = os.statvfs(MEMORY)
    free = re.search(r"MemAvailable: *(\d+) kB", Path("/proc/meminfo").read_text(encoding="ascii"))
    return (
        not place.f_flag & os.ST_NOEXEC
        and place.f_bavail * place.f_frsize > ROOM
        and free is not None
        and int(free[1]) * 1024 > 2 * ROOM
    )


if room_in_memory():
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


@pytest.fixture(autouse=True)
def plain_git(monkeypatch: pytest.MonkeyPatch) -> None:
    """No system or user configuration, no repository out of the environment, no colour."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.delenv("CI", raising=False)


@pytest.fixture
def handbook(tmp_path: Path) -> Callable[[str], Path]:
    """Makes a repository out of the steps of an example (tests/examples.py)."""

    def build(example: str = "commit", name: str = "handbook") -> Path:
        root = tmp_path / name
        root.mkdir()
        return make(root, example)

    return build
