"""The folder of light pages, build after build: what is equal in two sites is not written twice.

They are most of the files of a site, and most are what they were the last time. An engine empties a site before it
writes one, but for what is hidden; so the folder that the last build left is hidden until the new pages are there. What
is equal, byte for byte, stays with its time; what is not is another file and never written into what lies there: a site
that is shown may share it. `ems build`, which fills a new folder, lays the old one by for the next time.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterable
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from ems_control.ground.kept import keeping
from ems_control.handbook.addresses import BY_HAND

HIDDEN = f".ems-{BY_HAND.rstrip('/')}"
Stamp = tuple[int, int]
"""The size of a file, and when it was written."""


class LightFolder:
    """The light pages of a site in the making; paths are those under the site."""

    def __init__(self, site: Path) -> None:
        """The site may be there, or a folder for it, or nothing."""
        self.site = site
        self._shown, self._hidden = site / BY_HAND, site / HIDDEN
        self.anew = set[str]()
        """What had to be written."""

    def set_aside(self, laid_by: Path | None) -> None:
        """Before the engine empties the site: hide what the last build left, there or as the folder `laid_by`."""
        for place in (self._shown, self._hidden):
            _no_way_out(place)
        if _is_folder(self._shown):
            with suppress(OSError):  # then all of it is written anew
                shutil.rmtree(self._hidden, ignore_errors=True)
                self._shown.rename(self._hidden)
        else:
            take(laid_by, self.site, HIDDEN)

    def restore(self) -> None:
        """Where a build ended early: if the site was not emptied yet, it is as it was."""
        if _is_folder(self._hidden) and not os.path.lexists(self._shown):
            with suppress(OSError):
                self._hidden.rename(self._shown)

    @cached_property
    def _there(self) -> set[str]:
        """The files that the last build left."""
        _no_way_out(self._hidden)
        return {f"{BY_HAND}{path}" for path in plain_files(self._hidden)}

    def put(self, path: str, data: bytes) -> Stamp:
        """Have a file hold `data`."""
        place = self._place(path)
        if path in self._there:
            if place.stat().st_size == len(data) and place.read_bytes() == data:
                return self.stamp(path)
            place.unlink()
        try:
            _write(place, data)
        except (FileExistsError, IsADirectoryError, NotADirectoryError):  # a folder is a file now, or the other way
            self._clear(path)
            _write(place, data)
        self.anew.add(path)
        return self.stamp(path)

    def _clear(self, path: str) -> None:
        at = self.site
        for name in self._place(path).relative_to(self.site).parts:
            at /= name
            if at.is_file():
                at.unlink()
        shutil.rmtree(at, ignore_errors=True)
        gone = [each for each in self._there if path.startswith(f"{each}/") or each.startswith(f"{path}/")]
        self._there.difference_update(gone)

    def stamp(self, path: str) -> Stamp:
        """How a file lies there; of one that does not, what is said of none that does."""
        try:
            found = self._place(path).stat()
        except OSError:
            return (-1, -1)
        return (found.st_size, found.st_mtime_ns)

    def prune(self, written: Collection[str]) -> None:
        """Remove what the last build left and this one has not `written`."""
        remove(self.site, (f"{HIDDEN}/{path.removeprefix(BY_HAND)}" for path in self._there.difference(written)))

    def show(self) -> None:
        """Put the folder in its place, with what the engine has written there meanwhile."""
        _no_way_out(self._shown)
        for path in plain_files(self._shown):
            place = self._hidden / path
            place.parent.mkdir(parents=True, exist_ok=True)
            (self._shown / path).replace(place)
        if _is_folder(self._hidden):
            shutil.rmtree(self._shown, ignore_errors=True)
            self._hidden.rename(self._shown)

    def _place(self, path: str) -> Path:
        return self._hidden / path.removeprefix(BY_HAND) if path.startswith(BY_HAND) else self.site / path


def laid_by(cache: Path) -> Path | None:
    """Where light pages are laid by, in the folder for what is kept; None where nothing may be."""
    place = cache / "light-pages"
    return place if keeping() and not (cache.is_symlink() or place.is_symlink()) else None


def take(place: Path | None, site: Path, name: str) -> None:
    """Have the folder that was laid by be one of a site, where there is one and nothing is in its way."""
    if place and _is_folder(place) and not os.path.lexists(site / name):
        with suppress(OSError):  # of another disk, or of another run meanwhile
            site.mkdir(parents=True, exist_ok=True)
            place.rename(site / name)


def lay_by(site: Path, place: Path | None) -> None:
    """Lay the light pages of a site by that is no longer shown; where another run has laid its own there, they stay."""
    if place and _is_folder(site / BY_HAND):
        with suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            (site / BY_HAND).rename(place)


def plain_files(folder: Path) -> set[str]:
    """The files below a folder, as paths under it; what is neither file nor folder is removed."""
    found, below = set[str](), [""]
    while below:
        under = below.pop()
        with suppress(FileNotFoundError), os.scandir(folder / under) as entries:
            for entry in entries:
                path = under + entry.name
                if entry.is_dir(follow_symlinks=False):
                    below.append(f"{path}/")
                elif entry.is_file(follow_symlinks=False):
                    found.add(path)
                else:
                    Path(entry.path).unlink()
    return found


def remove(site: Path, paths: Iterable[str]) -> None:
    """Remove files of a site, and the folders that are empty then."""
    for path in paths:
        (site / path).unlink(missing_ok=True)
        with suppress(OSError):  # another file is in it
            for folder in (site / path).parents:
                folder.rmdir()


def _write(place: Path, data: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)


def _no_way_out(place: Path) -> None:
    """Remove what lies in the place of a folder of ours and is none: what is behind a link is not ours to write."""
    if os.path.lexists(place) and not _is_folder(place):
        place.unlink()


def _is_folder(place: Path) -> bool:
    return place.is_dir() and not place.is_symlink()
