"""One run of a command: CPU seconds and memory of its whole tree of processes, and what it left."""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class Row:
    """What was measured of one command at one size. `refused` says why there is nothing, in the tool's own words."""

    name: str
    documents: int
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    memory: int = 0
    files: int = 0
    size: int = 0
    light: float = 0
    """Files of earlier revisions and decisions, for each document."""
    refused: str = ""

    @property
    def median(self) -> float:
        """CPU seconds, the middle one of the runs."""
        return statistics.median(self.cpu) if self.cpu else math.nan

    def as_json(self) -> dict[str, object]:
        """The row with its median."""
        return {**asdict(self), "median": self.median if self.cpu else None}


RUNNER = """
import json, resource, subprocess, sys, time
start = time.monotonic()
done = subprocess.run(sys.argv[2:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
wall = time.monotonic() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
told = {"status": done.returncode, "said": done.stderr.decode(errors="replace")[-400:], "wall": wall}
told |= {"cpu": used.ru_utime + used.ru_stime, "memory": used.ru_maxrss}
open(sys.argv[1], "w").write(json.dumps(told))
"""


_OF_THE_MACHINE = ("PYTHONDONTWRITEBYTECODE", "CI", "EMS_NO_CACHE", "EMS_PROCESSES")
"""Variables of the environment that change what is measured."""


def run(
    row: Row, line: Sequence[str], folder: Path, notes: Path, allowed: Sequence[int] = (0,), **variables: str
) -> bool:
    """Run a command once, with these variables, and add what it took; False where it failed, which the row tells."""
    env = {name: value for name, value in os.environ.items() if name not in _OF_THE_MACHINE}
    env |= {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true", "GIT_CONFIG_GLOBAL": os.devnull}
    env |= variables
    subprocess.run([sys.executable, "-c", RUNNER, str(notes), *line], cwd=folder, env=env, check=True)
    told = json.loads(notes.read_text("utf-8"))
    if told["status"] not in allowed:
        row.refused = " ".join(told["said"].split())[-200:] or f"exit status {told['status']}"
        return False
    row.cpu.append(round(told["cpu"], 3))
    row.wall.append(round(told["wall"], 3))
    row.memory = max(row.memory, told["memory"] // 1024)
    return True


def weigh(row: Row, site: Path) -> None:
    """Note how many files a site has, and how many bytes they hold."""
    files = [path for path in site.rglob("*") if path.is_file()]
    row.files, row.size = len(files), sum(path.stat().st_size for path in files)
    row.light = len([path for path in files if path.is_relative_to(site / "d")]) / row.documents


def growth(rows: Sequence[Row], of: str = "median") -> float | None:
    """The exponent by which a row grows between its smallest and its largest size."""
    known = sorted((row for row in rows if row.cpu and getattr(row, of)), key=lambda row: row.documents)
    if len(known) < 2 or known[0].documents == known[-1].documents:
        return None
    first, last = known[0], known[-1]
    return math.log(getattr(last, of) / getattr(first, of)) / math.log(last.documents / first.documents)


def machine() -> dict[str, object]:
    """What it ran on; `load` is what others had it do when it began."""
    model = ""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        lines = cpuinfo.read_text("utf-8").splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        "python": sys.version.split()[0],
        "load": round(os.getloadavg()[0], 1),
        "day": time.strftime("%Y-%m-%d", time.gmtime()),
    }
