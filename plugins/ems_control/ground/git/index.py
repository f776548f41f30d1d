"""What git's index knows of the working tree: which files are as they were checked out, and which were left out.

A filter (Git LFS, an encoding, line ends) makes the file in the working tree another one than what is committed. Git
does not run it again where size and time of a file are those of its checkout, and neither do we run it at all.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

_ENTRY = re.compile(
    rb"(?P<tag>[A-Za-z?]) (?P<mode>\d{6}) (?P<blob>[0-9a-f]+) (?P<stage>\d)\t(?P<path>[^\0]+)\0"
    rb"  ctime: \d+:\d+\n  mtime: (?P<seconds>\d+):(?P<nanoseconds>\d+)\n  dev: [^\n]*\n  uid: [^\n]*\n"
    rb"  size: (?P<size>\d+)\t[^\n]*\n"
)
OPTIONS = ("-z", "--stage", "--debug", "-t", "--full-name")


class IndexEntry(NamedTuple):
    """A file of the index: mode, blob, size and time of its checkout, and whether it was `left_out` (sparse)."""

    mode: str
    blob: str
    size: int
    time: int
    left_out: bool

    def is_clean(self, found: os.stat_result, written: int) -> bool:
        """Whether a file on disk is as git checked it out; not where the index was `written` at the same moment."""
        same = found.st_size == self.size % 2**32 and found.st_mtime_ns == self.time
        return same and found.st_size < 2**32 and self.time < written


def read_index(listed: bytes) -> dict[str, IndexEntry]:
    """Read `git ls-files` with OPTIONS; a file in conflict is left out."""
    return {
        match["path"].decode("utf-8", "surrogateescape"): IndexEntry(
            match["mode"].decode(),
            match["blob"].decode(),
            int(match["size"]),
            int(match["seconds"]) * 10**9 + int(match["nanoseconds"]),
            match["tag"] == b"S",
        )
        for match in _ENTRY.finditer(listed)
        if match["stage"] == b"0"
    }
