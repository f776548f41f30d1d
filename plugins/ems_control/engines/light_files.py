"""The light pages as files of the site: a second process writes them while the engine renders its pages, or this one.

The second process has a picture of all that was computed, and says nothing: where something would have been logged, it
gives up, and this process makes them all and says it. What it wrote counts where it still lies there as it left it.
While other plugins stand beside us nothing is written before its time: they may do what they like with a site.
"""

from __future__ import annotations

import logging
import os
import select
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ems_control.engines.page_parts import Listening
from ems_control.engines.publishing import said
from ems_control.ground.counting import count
from ems_control.ground.second_process import Second, may_fork
from ems_control.handbook.handbook import Handbook
from ems_control.site.publication import Publication

MANY_DOCUMENTS = 25
"""The pages of fewer are written as fast by the first process."""
MOST_HELD = 32 * 2**20
"""So many bytes wait in memory until the site is open."""
Make = Callable[[], Iterator[tuple[str, bytes]]]
Stamp = tuple[int, int]
"""The size of a file, and when it was written."""


@dataclass(frozen=True)
class _Written:
    """What a second process wrote, and what it counted."""

    files: dict[str, Stamp]
    anew: tuple[int, int]


class LightFiles:
    """Writes the light pages, build after build."""

    def __init__(self) -> None:
        self._second: Second[_Written | None] | None = None
        self._gate = -1
        self._served: tuple[object, list[tuple[str, bytes]]] = (None, [])

    def begin(self, publication: Publication, handbook: Handbook, make: Make, site: Path) -> None:
        """Begin in a second process, where one is to be had; it writes nothing before the `site` is open."""
        debugging = logging.getLogger("mkdocs").getEffectiveLevel() <= logging.DEBUG
        if len(handbook.documents) >= MANY_DOCUMENTS and not debugging and may_fork():
            first, (gate, self._gate) = os.getpid(), os.pipe()
            self._second = Second(lambda: _meanwhile(publication, handbook, make, _Site(site, gate, first, self._gate)))
            os.close(gate)

    def open(self) -> None:
        """From now on the folder of the site is there and nobody empties it."""
        if self._gate >= 0:
            with suppress(BrokenPipeError):  # the second process has ended: whoever asks for its work finds it
                os.write(self._gate, b".")
            self._shut()

    def _shut(self) -> None:
        if self._gate >= 0:
            os.close(self._gate)
            self._gate = -1

    def write(self, make: Make, publication: Publication, site: Path, serving: bool) -> set[str]:
        """Write what is not written yet; the places of all of them. While serving they are kept as long as no commit
        comes in."""
        if self._second:
            self.open()
            second, self._second = self._second, None
            done = second.result(said.warning)
            ours = {path: stamp for path, stamp in done.files.items() if path not in publication.assets} if done else {}
            if done and all(_stamp(site / path) == stamp for path, stamp in ours.items()):
                publication.anew = done.anew
                count("files_written", len(ours))
                return {str(site / path) for path in ours}
        head, files = self._served
        if serving and head != publication.extra.get("head"):
            files = list(make())
            self._served = (publication.extra.get("head"), files)
        places = {str(_put(site / path, data)) for path, data in (files if serving else make())}
        count("files_written", len(places))
        return places

    def end(self) -> None:
        """End what was begun, where nobody wants it any more."""
        self._shut()
        if self._second:
            self._second.end()
            self._second = None


class _EndedError(Exception):
    """The first process has ended."""


class _Site:
    """The folder of the site, for a second process: files wait in memory until it is open, and no more than a few."""

    def __init__(self, site: Path, gate: int, first: int, others_end: int) -> None:
        """`gate` tells that it is open; `others_end` is where the `first` process says so."""
        self.first, self.files = first, dict[str, Stamp]()
        self._site, self._gate, self._others_end = site, gate, others_end
        self._held, self._size, self._open = list[tuple[str, bytes]](), 0, False

    def begin(self) -> None:
        """In the second process: only the first one can open."""
        os.close(self._others_end)

    def put(self, path: str, data: bytes) -> None:
        """Write a file, now or later; raises _EndedError where the first process has ended."""
        self._held.append((path, data))
        self._size += len(data)
        self.flush(wait=self._size > MOST_HELD)

    def flush(self, wait: bool) -> None:
        """Write what waits, where the site is open, or when it is."""
        if not self._open and select.select([self._gate], [], [], None if wait else 0)[0]:
            self._open = bool(os.read(self._gate, 1))
            if not self._open:
                raise _EndedError
        if self._open:
            for path, data in self._held:
                if os.getppid() != self.first:
                    raise _EndedError
                self.files[path] = _stamp(_put(self._site / path, data))
            self._held.clear()
            self._size = 0


def _meanwhile(publication: Publication, handbook: Handbook, make: Make, site: _Site) -> _Written | None:
    """Write them in a second process; None where the first one has to, or has ended."""
    if os.getpid() == site.first:
        return None
    site.begin()
    handbook.repository.begin_in_fork()
    with _silent() as listening, warnings.catch_warnings(record=True) as warned, suppress(_EndedError):
        for path, data in make():
            if listening.heard or warned:
                return None
            site.put(path, data)
        site.flush(wait=True)
        if not (listening.heard or warned):
            return _Written(site.files, publication.anew)
    return None


def _silent() -> Listening:
    """Whatever is logged from now on is heard, and goes nowhere else."""
    for logger in (logging.root, *logging.root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger):
            logger.handlers.clear()
            logger.propagate = True
    return Listening()


def _put(path: Path, data: bytes) -> Path:
    """Write one file of the site."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:  # whoever asks finds that it is not what was written
        return (-1, -1)
    return (found.st_size, found.st_mtime_ns)
