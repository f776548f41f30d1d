"""How long a reader of `ems serve` waits for a word that somebody wrote: from the edit until the page has it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.bench.measure import Row

PATIENCE = 900.0
STEP = 0.02


def served(root: Path, documents: int, runs: int, ems: str) -> Row:
    """Serve the handbook, edit one text after the other, and wait for each to be shown."""
    row = Row("ems serve, one text edited", documents)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    texts = sorted((root / "docs").rglob("EMS-PRO-*.md"))[: runs + 1]
    before = {text: text.read_bytes() for text in texts}
    line = [ems, "serve", "--address", address]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    with subprocess.Popen(line, cwd=root, start_new_session=True, **quiet) as process:  # type: ignore[call-overload]
        try:
            for number, text in enumerate(texts):
                place = f"http://{address}/{text.relative_to(root / 'docs').with_suffix('').as_posix()}/"
                if not _shows(place, b"<html", process):
                    row.refused = "the server did not answer"
                    break
                word = b"Heraclitus%d" % number
                start, used = time.monotonic(), _used(process.pid)
                text.write_bytes(before[text] + b"\n" + word + b".\n")
                if not _shows(place, word, process):
                    row.refused = "the edit was not shown"
                    break
                if number:  # the first makes what the others find
                    row.wall.append(round(time.monotonic() - start, 3))
                    row.cpu.append(round(_used(process.pid) - used, 3))
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            for text, data in before.items():
                text.write_bytes(data)
    return row


def _shows(place: str, words: bytes, process: subprocess.Popen[bytes]) -> bool:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(place, timeout=PATIENCE) as answer:  # noqa: S310 (it is ours)
                if words in answer.read():
                    return True
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(STEP)
    return False


def _used(group: int) -> float:
    """CPU seconds that all processes of a group have used until now."""
    ticks = 0
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            told = place.read_text("utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        if int(told[2]) == group:
            ticks += sum(map(int, told[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")
