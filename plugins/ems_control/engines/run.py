"""Run a site generator as a process of its own, so that `ems build` does what `mkdocs build` would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ENGINES = ("mkdocs", "properdocs")


def run_engine(engine: str, command: str, root: Path, *arguments: str) -> int:
    """Run `engine command` on the mkdocs.yml in `root`; returns its exit status."""
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"}
    line = [sys.executable, "-m", engine, command, "-f", str(root / "mkdocs.yml"), *arguments]
    return subprocess.run(line, env=env, check=False).returncode
