"""The `ems` command on a repository, as a user runs it: in this process, or in one of its own."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ems_control.cli.main import main

DAY = "2026-03-01"
COMMAND = str(Path(sys.executable).with_name("ems"))
MKDOCS = """\
site_name: Sample Works
strict: true
theme: {name: material, font: false, features: [navigation.prune]}
plugins: [search, ems-control]
"""


@dataclass(frozen=True)
class Outcome:
    """What a command left: its exit status and what it wrote."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as one JSON document."""
        return json.loads(self.out)

    @property
    def findings(self) -> list[tuple[str, str, int]]:
        """Rule, path and line of each finding of `check --format json`."""
        return [(f["rule"], f["path"], f["line"]) for f in self.json["findings"]]


def ems(root: Path | str, *arguments: str, day: str | None = DAY) -> Outcome:
    """Run `ems --root ROOT ARGUMENTS` in this process; with `--as-of` unless `day` is None."""
    buffers = io.BytesIO(), io.BytesIO()
    out, err = (io.TextIOWrapper(buffer, encoding="utf-8", newline="") for buffer in buffers)
    line = ["--root", str(root), *arguments, *(["--as-of", day] if day else [])]
    status = None
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main(line)
        except SystemExit as end:
            status = end.code
    assert isinstance(status, int)
    out.flush()
    err.flush()
    return Outcome(status, *(buffer.getvalue().decode() for buffer in buffers))


def ems_process(root: Path, *arguments: str, **options: Any) -> Outcome:
    """Run `ems ARGUMENTS` in the folder `root` as a process of its own."""
    done = subprocess.run([COMMAND, *arguments], cwd=root, capture_output=True, check=False, **options)
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())


def picture(folder: Path, cache: bool = True) -> dict[str, tuple[int, bytes]]:
    """Everything below a folder, `.git` too: type and permissions, and content (target, for a link).

    Without `cache`, the folder in `.git` where a site keeps what it can compute again is left out.
    """
    found = {}
    for place, names, files in os.walk(folder):
        if not cache and Path(place).name == ".git":
            names[:] = [name for name in names if name != "ems-control"]
        for name in [*names, *files, "."]:
            path = Path(place, name)
            mode = path.lstat().st_mode
            data = b""
            if stat.S_ISLNK(mode):
                data = os.fsencode(path.readlink())
            elif stat.S_ISREG(mode):
                data = path.read_bytes()
            found[str(path)] = (mode, data)
    return found
