"""Run a site generator as a process of its own, so that `ems build` does what `mkdocs build` would."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path

from ems_control.ground.text import one_line

ENGINES = ("mkdocs", "properdocs")
DAY = "EMS_DAY"
"""The variable of the environment that says for which day `ems pack` has a site made."""


def run_engine(engine: str, command: str, root: Path, *arguments: str, **variables: str) -> int:
    """Run `engine command` on the mkdocs.yml in `root`, with more variables; returns its exit status."""
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true", **variables}
    line = [sys.executable, "-m", __name__, engine, command, "-f", str(root / "mkdocs.yml"), *arguments]
    return subprocess.run(line, env=env, check=False).returncode


def main() -> None:
    """The engine named first, in this process; a full disk or a port in use ends in one line, not in a traceback."""
    sys.argv = sys.argv[1:]
    try:
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    except OSError as error:
        where = f"{one_line(str(error.filename))}: " if error.filename else ""
        sys.exit(f"ems: {where}{error.strerror or error}")


if __name__ == "__main__":
    main()
