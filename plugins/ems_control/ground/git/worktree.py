"""The files of the working tree, as git would name them; read without running git, which could run filters."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ems_control.ground.git.log import EXECUTABLE, FILE, SUBMODULE, SYMLINK
from ems_control.ground.text import MAX_BYTES, is_markdown


class WorkingFile(NamedTuple):
    """A file below docs/: its path from the root of the repository, git mode, and blob name."""

    path: str
    mode: str
    blob: str
    data: bytes


def working_files(top: Path, folder: str, kind: str = "sha1") -> Iterator[WorkingFile]:
    """Every file below `folder` that is not hidden, in the order of its path; links are named, never followed.

    `kind` is how the repository names objects: sha1 or sha256.
    """
    root = top / folder
    if not root.is_dir() or root.is_symlink():
        return
    for place, folders, names in os.walk(root, onerror=_refuse):
        here = Path(place)
        for name in sorted(folders):
            path = here / name
            if path.is_symlink():
                names.append(name)
            elif (path / ".git").exists():
                yield WorkingFile(path.relative_to(top).as_posix(), SUBMODULE, "", b"")
        folders[:] = sorted(n for n in folders if not n.startswith(".") and not (here / n / ".git").exists())
        for name in sorted(names):
            if not name.startswith("."):
                yield _file(here / name, top, kind)


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
