"""What was made before and can be made again: one file per document in a folder of ours, by a key of all that went in.

A build keeps what it used and removes the rest, so the folder stays as large as what is shown. A folder that cannot
be written or read is no error: then everything is made anew.

What lies there is published without being made again, and an earlier revision says which one is in force now. So a
shelf counts only with the seal of whoever builds (`ground/kept.py`): one that is damaged, forged, another's, or of
another document is none. What is in force is never taken from here: it is computed by every build, and what lies here
says how the same text was shown.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ems_control.ground.kept import Kept

Made = dict[str, Any]
"""Something kept: plain data that JSON can hold."""


def key_of_all(*parts: object) -> str:
    """A key that changes with any of the parts, which are plain data."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, sort_keys=True).encode(errors="replace")).hexdigest()


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
        self._kept = Kept(folder)
        self.folder = folder if self._kept.usable else None
        self._used: set[str] = set()

    def shelf(self, name: str) -> CacheEntry:
        """What was kept under a name by the last build of the same program."""
        self._used.add(name)
        data = self._kept.get(name)
        return CacheEntry(name, json.loads(data) if data else {})

    def store(self, shelf: CacheEntry) -> None:
        """Keep what was used of a shelf."""
        if shelf.changed or len(shelf.used) < len(shelf.found):
            data = json.dumps(shelf.used, ensure_ascii=False).encode(errors="replace")
            self._kept.put(shelf.name, lambda file: file.write(data))

    def sweep(self) -> None:
        """Remove what this build did not use."""
        self._kept.keep_only(self._used)
