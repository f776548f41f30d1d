"""What was made before and can be made again: one file per document in a folder of ours, by a key of all that went in.

A build keeps what it used and removes the rest, so the folder stays as large as what is shown. A folder that cannot
be written or read is no error: then everything is made anew.

What lies there is published without being made again, and an earlier revision says which one is in force now. So a
shelf counts only with the seal of whoever builds, made with a secret that lies outside of the repository
(`ground/own_secret.py`), over its own name, what made it and all that is in it: a shelf that is damaged, forged,
another's, or of another document is none. What is in force is never taken from here: it is computed by every build,
and what lies here says how the same text was shown.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ems_control.ground.files import write_atomically
from ems_control.ground.kept import program, seal
from ems_control.ground.own_secret import own_secret

Made = dict[str, Any]
"""Something kept: plain data that JSON can hold."""


def key_of_all(*parts: object) -> str:
    """A key that changes with any of the parts, which are plain data."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, sort_keys=True).encode(errors="replace")).hexdigest()


makers = program
"""A key for everything that makes pages."""


@dataclass
class CacheEntry:
    """What is kept for one document: as found, and as used by this build."""

    name: str
    found: dict[str, Made] = field(default_factory=dict)
    used: dict[str, Made] = field(default_factory=dict)
    changed: bool = False

    def get(self, key: str) -> Made | None:
        """What is kept under a key; it stays."""
        made = self.found.get(key)
        if made is not None:
            self.used[key] = made
        return made

    def put(self, key: str, made: Made) -> None:
        """Keep something under a key, in place of what was there."""
        self.used[key] = made
        self.changed = True


class BuildCache:
    """A folder of shelves."""

    def __init__(self, folder: Path | None) -> None:
        """`folder` need not exist; None keeps nothing, nor does anything where there is no secret to seal it with."""
        self._secret = own_secret() if folder else None
        self.folder = folder if self._secret else None
        self._used: set[str] = set()

    def shelf(self, name: str) -> CacheEntry:
        """What was kept under a name by the last build with the same makers."""
        shelf = CacheEntry(hashlib.sha256(name.encode(errors="replace")).hexdigest()[:32])
        self._used.add(shelf.name)
        if self.folder:
            with suppress(OSError, ValueError):
                seal, _, data = (self.folder / shelf.name).read_bytes().partition(b"\n")
                if hmac.compare_digest(seal, self._seal(shelf.name, data)):
                    shelf.found = json.loads(data)
        return shelf

    def store(self, shelf: CacheEntry) -> None:
        """Keep what was used of a shelf."""
        if not self.folder or not (shelf.changed or len(shelf.used) < len(shelf.found)):
            return
        data = json.dumps(shelf.used, ensure_ascii=False).encode(errors="replace")
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomically(self.folder / shelf.name, self._seal(shelf.name, data) + b"\n" + data)

    def sweep(self) -> None:
        """Remove what this build did not use."""
        with suppress(OSError):
            for path in list(self.folder.iterdir()) if self.folder else ():
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                elif path.name not in self._used:
                    path.unlink(missing_ok=True)

    def _seal(self, name: str, data: bytes) -> bytes:
        """Says that data is whole, of these makers, ours, and of this shelf."""
        return seal(self._secret or b"", self.folder.name if self.folder else "", name, data=data).hexdigest().encode()
