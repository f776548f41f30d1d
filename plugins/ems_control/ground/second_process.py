"""Work that a second process does meanwhile: a fork knows all that this one knows, and gives back what it made of it.

Only where a fork can be had, a second core, memory for both, and no other thread; EMS_PROCESSES=1 in the environment
says never, EMS_PROCESSES=2 wherever it can be. What comes of it is the same: where the second process ends before it
gave all that it was asked for, that is said, and done here.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

from ems_control.ground import counting

VARIABLE = "EMS_PROCESSES"
"""The variable of the environment that says how many processes may be used."""
ROOM = 1_000_000
"""So much free memory is asked for, in kB: a fork uses anew what it writes."""
T = TypeVar("T")


def may_fork() -> bool:
    """Whether a second process is to be had here, now."""
    if not hasattr(os, "fork") or sys.platform == "darwin" or threading.active_count() > 1:
        return False
    asked = os.environ.get(VARIABLE)
    return asked == "2" if asked else _cores() > 1 and _free() >= ROOM


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _free() -> int:
    """Free memory in kB; none where nobody says."""
    with suppress(OSError):
        for line in Path("/proc/meminfo").read_text("ascii").split("\n"):
            if line.startswith("MemAvailable:"):
                return int(line.split()[1])
    return 0


class Second(Generic[T]):
    """Work begun in a second process."""

    def __init__(self, work: Callable[[], T]) -> None:
        """Begins at once; what `work` gives back is copied, so few words are better than many."""
        self._work = work
        self._place, writer = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        self._process = -1
        with suppress(OSError):  # the system may have no room for another process
            self._process = os.fork()
        if self._process == 0:
            self._do(writer)
        os.close(writer)

    def _do(self, place: int) -> None:
        """Do the work, in the second process, and end it; whatever goes wrong goes wrong again in the first."""
        status = 1
        try:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            counting.begin_anew()
            gc.freeze()  # what is there already is neither looked through nor copied
            with os.fdopen(place, "wb") as out:
                pickle.dump(self._work(), out, pickle.HIGHEST_PROTOCOL)
            counting.tell()
            status = 0
        finally:
            os._exit(status)

    def result(self, said: Callable[[str], object]) -> T:
        """What came of it. Where the second process ended before, `said` is told so and the work is done here."""
        with os.fdopen(self._place, "rb") as place:
            data = place.read()
        self._place = -1
        if self._end():
            said("A second process ended before it was done; what it had to do is done again here.")
            return self._work()
        found: T = pickle.loads(data)  # noqa: S301  (of our own fork)
        return found

    def _end(self) -> int:
        process, self._process = self._process, -1
        return os.waitpid(process, 0)[1] if process > 0 else 1

    def __enter__(self) -> Second[T]:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """End it, where its result was not asked for."""
        if self._process > 0:
            os.kill(self._process, signal.SIGKILL)
            self._end()
        if self._place >= 0:
            os.close(self._place)
