"""A secret of whoever runs the program, outside of every repository: it tells what we kept from what others laid there.

What is kept between two runs lies in `.git`, where more can write than may decide: a job that unpacks a cache of
another job, a tool, a person with the same disk. Whatever lies there is believed only with a seal that needs this
secret. It is made at first use and readable for its owner alone; where it cannot be kept so, there is none, nothing is
believed, and everything is made anew. It proves nothing to others: `ems verify` believes no seal but the signatures.
"""

from __future__ import annotations

import os
import secrets
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

_LENGTH = 32


def own_secret() -> bytes | None:
    """The secret; None where it can be neither read nor kept, or others could read or change it."""
    place = _place()
    if place is None:
        return None
    with suppress(OSError):
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not place.exists():
            _make(place)
        return _read(place)
    return None


def _place() -> Path | None:
    windows = os.environ.get("LOCALAPPDATA") if sys.platform == "win32" else None
    given = windows or os.environ.get("XDG_STATE_HOME")
    if given and Path(given).is_absolute():
        return Path(given) / "ems-control" / "cache-secret"
    try:
        return Path.home() / ".local" / "state" / "ems-control" / "cache-secret"
    except RuntimeError:  # nobody's home
        return None


def _make(place: Path) -> None:
    """Write the whole secret beside its place, then link it there: of two runs at once the first has made it."""
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=".cache-secret-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(_LENGTH))
        with suppress(FileExistsError):
            os.link(name, place)
    finally:
        Path(name).unlink()


def _read(place: Path) -> bytes | None:
    with os.fdopen(os.open(place, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb") as file:
        about = os.fstat(file.fileno())
        others = hasattr(os, "getuid") and (about.st_uid != os.getuid() or about.st_mode & 0o077)
        found = file.read(_LENGTH + 1)
        return found if stat.S_ISREG(about.st_mode) and not others and len(found) == _LENGTH else None
