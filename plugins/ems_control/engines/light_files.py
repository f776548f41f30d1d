"""The light pages as files of the site: a second process writes them while the engine renders its pages, or this one.

The second process has a picture of all that was computed, and says nothing: where something would have been logged, it
gives up, and this process makes them all and says it. What it wrote counts where it still lies there as it left it.
While other plugins stand beside us nothing is written before its time: they may do what they like with a site.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Iterator
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
        self._served: tuple[object, list[tuple[str, bytes]]] = (None, [])

    def begin(self, publication: Publication, handbook: Handbook, make: Make, site: Path) -> None:
        """Begin in a second process, where one is to be had; the folder of the site is there, and empty."""
        debugging = logging.getLogger("mkdocs").getEffectiveLevel() <= logging.DEBUG
        if len(handbook.documents) >= MANY_DOCUMENTS and not debugging and may_fork():
            first = os.getpid()
            self._second = Second(lambda: _meanwhile(publication, handbook, make, site, first))

    def write(self, make: Make, publication: Publication, site: Path, serving: bool) -> set[str]:
        """Write what is not written yet; the places of all of them. While serving they are kept as long as no commit
        comes in."""
        if self._second:
            second, self._second = self._second, None
            done = second.result(said.warning)
            if done and all(_stamp(site / path) == stamp for path, stamp in done.files.items()):
                publication.anew = done.anew
                return {str(site / path) for path in done.files}
        head, files = self._served
        if serving and head != publication.extra.get("head"):
            files = list(make())
            self._served = (publication.extra.get("head"), files)
        return {str(_put(site / path, data)) for path, data in (files if serving else make())}

    def end(self) -> None:
        """End what was begun, where nobody wants it any more."""
        if self._second:
            self._second.end()
            self._second = None


def _meanwhile(publication: Publication, handbook: Handbook, make: Make, site: Path, first: int) -> _Written | None:
    """Write them in a second process; None where the `first` one has to, or has ended."""
    if os.getpid() == first:
        return None
    handbook.repository.begin_in_fork()
    files = dict[str, Stamp]()
    with _silent() as listening, warnings.catch_warnings(record=True) as warned:
        for path, data in make():
            if listening.heard or warned or os.getppid() != first:
                return None
            files[path] = _stamp(_put(site / path, data))
    return None if listening.heard or warned else _Written(files, publication.anew)


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
    count("files_written")
    path.write_bytes(data)
    return path


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:  # whoever asks finds that it is not what was written
        return (-1, -1)
    return (found.st_size, found.st_mtime_ns)
