"""The files of the working tree, as git would name them; read without running git, which could run filters."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ems_control.ground.git.index import IndexEntry
from ems_control.ground.git.log import EXECUTABLE, FILE, SUBMODULE, SYMLINK
from ems_control.ground.text import MAX_BYTES, is_markdown


class WorkingFile(NamedTuple):
    """A file below docs/: its path from the root of the repository, git mode, blob name, and bytes.

    `data` is None where git has the bytes: the file is as it was checked out, or was left out of the checkout.
    """

    path: str
    mode: str
    blob: str
    data: bytes | None


def working_files(
    top: Path, folder: str, kind: str, index: Mapping[str, IndexEntry], written: int
) -> Iterator[WorkingFile]:
    """Every file below `folder` that is not hidden, in the order of its path; links are named, never followed.

    `kind` is how the repository names objects: sha1 or sha256; `index` is what git knows, and when it was `written`.
    """
    left_out = {path: entry for path, entry in index.items() if entry.left_out or entry.mode == SUBMODULE}
    link = _link(top, folder)
    if link is not None:
        yield _file(link, top, kind)
        return
    start = f"{str(top).rstrip(os.sep)}{os.sep}"
    for place in _walk(top / folder):
        relative = place[len(start) :].replace(os.sep, "/")
        left_out.pop(relative, None)
        entry = index.get(relative)
        found = _plain(place) if entry and entry.mode in (FILE, EXECUTABLE) else None
        if entry and found and entry.is_clean(found, written):
            yield WorkingFile(relative, entry.mode, entry.blob, None)
        else:
            yield _file(Path(place), top, kind)
    for relative, entry in left_out.items():
        there = not (top / relative).exists() or entry.mode == SUBMODULE
        if there and "/." not in "/" + relative[len(folder) :]:
            yield WorkingFile(relative, entry.mode, entry.blob, None)


def _link(top: Path, folder: str) -> Path | None:
    """The folder itself, or one above it, where that is a link."""
    place = top
    for part in folder.split("/"):
        place = place / part
        if place.is_symlink():
            return place
    return None


def _plain(place: str) -> os.stat_result | None:
    """What the disk says of a plain file; None where none lies there."""
    with suppress(FileNotFoundError, NotADirectoryError):
        found = os.lstat(place)
        return found if stat.S_ISREG(found.st_mode) else None
    return None


def _walk(root: Path) -> Iterator[str]:
    """The places of files, links, and folders that are repositories of their own; as words, because they are many."""
    if not root.is_dir():
        return
    for place, folders, names in os.walk(root, onerror=_refuse):
        here = Path(place)
        for name in sorted(folders):
            path = here / name
            if path.is_symlink():
                names.append(name)
            elif (path / ".git").exists():
                yield str(path)
        folders[:] = sorted(n for n in folders if not n.startswith(".") and not (here / n / ".git").exists())
        yield from (f"{here}{os.sep}{name}" for name in sorted(names) if not name.startswith("."))


def _refuse(error: OSError) -> None:
    """A folder that cannot be read is an error: taken for empty, its documents would seem deleted."""
    raise error


def _file(path: Path, top: Path, kind: str) -> WorkingFile:
    relative = path.relative_to(top).as_posix()
    if path.is_symlink():
        data = os.fsencode(path.readlink())
        return WorkingFile(relative, SYMLINK, blob_name(data, kind), data)
    if not path.is_file():
        return WorkingFile(relative, SUBMODULE, "", b"")
    mode = EXECUTABLE if os.access(path, os.X_OK) else FILE
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1) if is_markdown(relative) else file.read()
    return WorkingFile(relative, mode, blob_name(data, kind), data)


def blob_name(data: bytes, kind: str) -> str:
    """The name that git gives to these bytes in a repository whose objects are named by `kind`: sha1 or sha256."""
    return hashlib.new(kind, b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
