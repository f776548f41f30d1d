"""What was computed before and can be computed again: files of ours in `.git/ems-control`, believed with our seal only.

The folder may be deleted at any time, and EMS_NO_CACHE=1 makes a run neither read nor write it. A file counts only
with a seal over its name, its bytes and the program that made it, made with a secret that lies outside of every
repository (`own_secret.py`): what is damaged, cut off, forged, another person's or of another version is as if it were
not there. It is written beside its place and renamed, so of two runs at once each leaves a whole file.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import BinaryIO

from ems_control.ground.files import file_beside
from ems_control.ground.own_secret import own_secret

SWITCH = "EMS_NO_CACHE"
"""The variable of the environment that turns all of this off."""
AUTOMATIC = "CI"
"""The variable that every forge sets for its jobs."""
FEW_LANDINGS = 25
"""A shorter history is read as fast as what was kept of it: nothing is."""
SEAL = 32
"""The length of a seal, in bytes."""
_OWN = Path(__file__).parent.parent
_AS_IT_IS = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def keeping() -> bool:
    """Whether anything may be kept: nobody has turned it off."""
    return not os.environ.get(SWITCH)


def at_a_desk() -> bool:
    """Whether a person builds here, and no job of a forge: what a job publishes rests on no judgement made before it.

    Jobs of different trust may share an account, and with it the secret of the seal.
    """
    return not os.environ.get(AUTOMATIC)


@cache
def program() -> str:
    """A key for all that computes: this package's own files, the Python that runs them, and what is installed."""
    found = hashlib.sha256(sys.version.encode() + b"\0")
    for path in sorted(p for p in _OWN.rglob("*") if p.suffix != ".pyc" and p.is_file()):
        found.update(path.relative_to(_OWN).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    for name in sorted(_installed()):
        found.update(os.fsencode(name) + b"\0")
    return found.hexdigest()


def content_key(place: Path) -> str:
    """A key of the file that lies at a place, and of where it lies: a link may lead elsewhere; "" where none does."""
    if not place.is_file():
        return ""
    return hashlib.sha256(os.fsencode(place.resolve()) + b"\0" + place.read_bytes()).hexdigest()


def _installed() -> Iterator[str]:
    """Every installed distribution with its version, and when it was installed."""
    for place in sys.path:
        with suppress(OSError), os.scandir(place or ".") as entries:
            for entry in entries:
                if entry.name.endswith((".dist-info", ".egg-info")):
                    yield f"{entry.name} {entry.stat().st_mtime_ns}"


def seal(secret: bytes, *said: str, data: bytes | memoryview = b"") -> hmac.HMAC:
    """Says that data is whole, ours, and of this program; `said` names what it is. More data may be added."""
    found = hmac.new(secret, "\0".join((program(), *said, "")).encode("utf-8", "surrogateescape"), "sha256")
    found.update(data)
    return found


class _Sealing:
    """A file that is sealed while it is written."""

    def __init__(self, file: BinaryIO, own: hmac.HMAC) -> None:
        self._file, self._seal = file, own

    def write(self, data: bytes | memoryview) -> int:
        self._seal.update(data)
        return self._file.write(data)


class Kept:
    """A folder of sealed files."""

    def __init__(self, folder: Path | None, most: int | None = None) -> None:
        """`folder` need not exist; None keeps nothing. Of more than `most` files the oldest go, where that is given.

        Where it is a link, or the folder around it is, it may be anybody's: nothing is read, written or removed there.
        """
        ours = folder and not (folder.is_symlink() or folder.parent.is_symlink())
        self._secret = own_secret() if ours and keeping() else None
        self._folder = folder if self._secret else None
        self._most = most

    @property
    def usable(self) -> bool:
        """Whether anything can be kept."""
        return self._folder is not None

    def get(self, name: str) -> bytes | None:
        """What was kept under a name; None where that is nothing, or not to be believed."""
        found = self.view(name)
        return None if found is None else bytes(found)

    def view(self, name: str) -> memoryview | None:
        """The same, without a copy of what is large."""
        if self._folder is None or self._secret is None:
            return None
        with suppress(OSError):
            found = memoryview(_bytes(self._folder / _file(name)))
            data = found[:-SEAL]
            own = seal(self._secret, self._folder.name, name, data=data).digest()
            if hmac.compare_digest(own, found[-SEAL:]):
                return data
        return None

    def put(self, name: str, write: Callable[[_Sealing], object]) -> None:
        """Keep under a name what `write` writes, in place of what was there; where that cannot be, nothing is kept."""
        if self._folder is None or self._secret is None:
            return
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            own = seal(self._secret, self._folder.name, name)
            with file_beside(self._folder / _file(name)) as file:
                write(_Sealing(file, own))
                file.write(own.digest())
            if self._most is not None:
                self._sweep(self._folder, self._most)

    def keep_only(self, names: Iterable[str]) -> None:
        """Remove all that lies there under other names."""
        with suppress(OSError):
            there = {_file(name) for name in names}
            for path in list(self._folder.iterdir()) if self._folder else ():
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                elif path.name not in there:
                    path.unlink(missing_ok=True)

    @staticmethod
    def _sweep(folder: Path, most: int) -> None:
        files = [path for path in folder.iterdir() if path.is_file()]
        for path in sorted(files, key=lambda path: path.stat().st_mtime_ns)[:-most]:
            path.unlink(missing_ok=True)


def _bytes(place: Path) -> bytes:
    """The bytes of a plain file; what else lies there (a pipe, say) holds none, and nobody waits for it."""
    with os.fdopen(os.open(place, os.O_RDONLY | _AS_IT_IS), "rb") as file:
        return file.read() if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else b""


def _file(name: str) -> str:
    return hashlib.sha256(name.encode(errors="replace")).hexdigest()[:32]
