"""Writing files and folders so that nothing is ever half written, and what a killed run left is taken away."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import BinaryIO

from ems_control.ground.counting import count

AN_HOUR = 3600
_AT_CWD, _EXCHANGE = -100, 2
"""Numbers of Linux for `renameat2`."""


def write_atomically(path: Path, data: bytes) -> None:
    """Write to a temporary file beside `path`, then rename it there; on any error `path` is as it was.

    A file that is there already keeps its permissions.
    """
    write_together({path: data})


def write_together(files: Mapping[Path, bytes]) -> None:
    """Write several files whole, and rename the first of them only when the last is on the disk."""
    ready: dict[Path, Path] = {}
    count("files_written", len(files))
    try:
        for path, data in files.items():
            _sweep(path.parent)
            mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
            handle, ready[path] = _beside(path)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            ready[path].chmod(mode)
        for path, temporary in ready.items():
            temporary.replace(path)
    except BaseException:
        for temporary in ready.values():
            temporary.unlink(missing_ok=True)
        raise


@contextmanager
def file_beside(path: Path) -> Iterator[BinaryIO]:
    """A new file to fill, put in the place of `path` at the end; until then, and on any error, that is as it was."""
    _sweep(path.parent)
    handle, temporary = _beside(path)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _beside(path: Path) -> tuple[int, Path]:
    """A new temporary file beside `path`, open; OSError, which names `path`, where none can be made."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.{os.getpid()}-")
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    return handle, Path(name)


@contextmanager
def folder_beside(target: Path, replacing: bool, last: Callable[[Path], None] = lambda _: None) -> Iterator[Path]:
    """A new folder to fill, put in the place of `target` at the end; until then, and on any error, that is as it was.

    When `replacing`, what was there goes, but for hidden files on top of it, which are taken over, and for what `last`
    moves away; otherwise `target` must be empty or missing, else OSError. What a run that was killed left beside it is
    taken away first.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in _left_behind(target.parent, re.escape(target.name)):
        if (left / "was").is_dir() and not target.exists():
            (left / "was").rename(target)
        shutil.rmtree(left, ignore_errors=True)
    holder = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}.{os.getpid()}-"))
    try:
        (holder / ".gitignore").write_text("*\n", "utf-8")
        new = holder / "new"
        new.mkdir()
        yield new
        new.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o755)
        if replacing and target.exists():
            _take_over_hidden(target, new)
            last(_exchange(new, target, holder / "was"))
        else:
            if target.exists():
                target.rmdir()
            new.rename(target)
    finally:
        if (holder / "was").is_dir() and not target.exists():
            (holder / "was").rename(target)
        shutil.rmtree(holder, ignore_errors=True)


def _take_over_hidden(old: Path, new: Path) -> None:
    for entry in old.iterdir():
        if entry.name.startswith(".") and not os.path.lexists(new / entry.name):
            if entry.is_dir() and not entry.is_symlink():
                shutil.copytree(entry, new / entry.name, symlinks=True)
            else:
                shutil.copy2(entry, new / entry.name, follow_symlinks=False)


def _exchange(new: Path, target: Path, was: Path) -> Path:
    """Put one folder in the place of another: in one step where the system can, else in two that can be undone.

    Returns where the other one is now.
    """
    rename = getattr(ctypes.CDLL(None), "renameat2", None) if sys.platform == "linux" else None
    if rename and rename(_AT_CWD, os.fsencode(new), _AT_CWD, os.fsencode(target), _EXCHANGE) == 0:
        return new
    target.rename(was)
    new.rename(target)
    return was


@cache
def _sweep(folder: Path) -> None:
    """Take away temporary files of runs that are over; once for each folder, for some hold thousands of files."""
    for left in _left_behind(folder, ".+"):
        if left.is_file():
            left.unlink(missing_ok=True)


def _left_behind(folder: Path, name: str) -> list[Path]:
    """What runs that are over left in a folder: each carries the number of its process."""
    mark = re.compile(rf"\.{name}\.(\d+)-[a-z0-9_]{{8}}")
    try:
        found = [(place, mark.fullmatch(place.name)) for place in folder.iterdir()]
    except OSError:
        return []
    return [place for place, match in found if match and _is_over(int(match[1]), place)]


def _is_over(process: int, place: Path) -> bool:
    """Whether a process ended; where its number says nothing, whether what it left is an hour old."""
    if sys.platform != "win32" and process != os.getpid():
        try:
            os.kill(process, 0)
        except (ProcessLookupError, OverflowError):
            return True
        except PermissionError:
            return False
        return False
    with suppress(OSError):
        return time.time() - place.stat().st_mtime > AN_HOUR
    return False
