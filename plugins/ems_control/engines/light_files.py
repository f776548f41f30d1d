"""The light pages as files of the site: a second process writes them while the engine renders its pages, or this one.

The second process has a picture of all that was computed, and says nothing: where something would have been logged, it
gives up, and this process makes them all and says it. What it wrote counts where it still lies there as it left it.
While other plugins stand beside us nothing is written before its time: they may do what they like with a site.
What lies there from the last build stays where it is equal (`light_folder.py`).
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

from ems_control.engines.light_folder import LightFolder, Stamp
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


@dataclass(frozen=True)
class _Written:
    """What a second process left there, which of that it had to write, and what it counted."""

    files: dict[str, Stamp]
    written: set[str]
    anew: tuple[int, int]


class LightFiles:
    """Writes the light pages, build after build."""

    def __init__(self) -> None:
        self._second: Second[_Written | None] | None = None
        self._gate = -1
        self._folder: LightFolder | None = None
        self._served: tuple[object, dict[str, Stamp]] = (None, {})

    def begin(self, publication: Publication, handbook: Handbook, make: Make, site: Path) -> None:
        """Begin in a second process, where one is to be had; it writes nothing before the `site` is open."""
        debugging = logging.getLogger("mkdocs").getEffectiveLevel() <= logging.DEBUG
        if len(handbook.documents) >= MANY_DOCUMENTS and not debugging and may_fork():
            first, (gate, self._gate) = os.getpid(), os.pipe()
            written = _Site(LightFolder(site), gate, first, self._gate)
            self._second = Second(lambda: _meanwhile(publication, handbook, make, written))
            os.close(gate)

    def set_aside(self, site: Path, laid_by: Path | None) -> None:
        """The engine is about to empty the site: what lies there from the last build is looked at again."""
        self._folder = LightFolder(site)
        self._folder.set_aside(laid_by)

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
        folder, self._folder = LightFolder(site), None
        written = self._done(publication, folder)
        head, served = self._served
        if not written and serving and head == publication.extra.get("head") and _lie_there(served, folder):
            written = served
        if not written:
            written = {path: folder.put(path, data) for path, data in make()}
            folder.prune(written)
        count("files_written", len(folder.anew))
        self._served = (publication.extra.get("head"), written) if serving else (None, {})
        folder.show()
        return {str(site / path) for path in written}

    def _done(self, publication: Publication, folder: LightFolder) -> dict[str, Stamp]:
        """What a second process has written, where it still lies there."""
        if not self._second:
            return {}
        self.open()
        second, self._second = self._second, None
        done = second.result(said.warning)
        ours = {path: stamp for path, stamp in done.files.items() if path not in publication.assets} if done else {}
        if not done or not _lie_there(ours, folder):
            return {}
        publication.anew = done.anew
        folder.anew = done.written & ours.keys()
        return ours

    def end(self) -> None:
        """End what was begun, where nobody wants it any more."""
        self._shut()
        if self._second:
            self._second.end()
            self._second = None
        if self._folder:
            self._folder.restore()
            self._folder = None


class _EndedError(Exception):
    """The first process has ended."""


class _Site:
    """The folder of the site, for a second process: files wait in memory until it is open, and no more than a few."""

    def __init__(self, folder: LightFolder, gate: int, first: int, others_end: int) -> None:
        """`gate` tells that it is open; `others_end` is where the `first` process says so."""
        self.first, self.files, self.written = first, dict[str, Stamp](), set[str]()
        self._folder, self._gate, self._others_end = folder, gate, others_end
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
                self.files[path] = self._folder.put(path, data)
            self._held.clear()
            self._size = 0

    def end(self) -> None:
        """All is written, or waits for the site."""
        self.flush(wait=True)
        self._folder.prune(self.files)
        self.written = self._folder.anew


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
        site.end()
        if not (listening.heard or warned):
            return _Written(site.files, site.written, publication.anew)
    return None


def _silent() -> Listening:
    """Whatever is logged from now on is heard, and goes nowhere else."""
    for logger in (logging.root, *logging.root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger):
            logger.handlers.clear()
            logger.propagate = True
    return Listening()


def _lie_there(files: dict[str, Stamp], folder: LightFolder) -> bool:
    return all(folder.stamp(path) == stamp for path, stamp in files.items())
