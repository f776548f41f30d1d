"""Run what an administrator named: no shell, and none of our secrets."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Collection
from pathlib import Path

from ems_control.ground.errors import EmsError


def run_command(line: str, folder: Path, without: Collection[str], **more: str) -> int:
    """Run a command in a folder, without these variables of the environment; returns its exit status.

    Raises EmsError where it cannot be started.
    """
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise EmsError(f"{line!r} is no command: {error}.") from None
    if not words:
        raise EmsError("there is no command to run.")
    env = {name: value for name, value in os.environ.items() if name not in without} | more
    try:
        return subprocess.run(words, cwd=folder, env=env, check=False).returncode
    except OSError as error:
        raise EmsError(f"{words[0]} cannot be run: {error.strerror}.") from None
