"""Writing files so that nothing is ever half written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path


def write_atomically(path: Path, data: bytes) -> None:
    """Write to a temporary file beside `path`, then rename it there; on any error `path` is as it was.

    A file that is there already keeps its permissions.
    """
    write_together({path: data})


def write_together(files: Mapping[Path, bytes]) -> None:
    """Write several files whole, and rename the first of them only when the last is on the disk."""
    ready: dict[Path, Path] = {}
    try:
        for path, data in files.items():
            mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            ready[path] = Path(name)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            ready[path].chmod(mode)
        for path, temporary in ready.items():
            temporary.replace(path)
    except BaseException:
        for temporary in ready.values():
            temporary.unlink(missing_ok=True)
        raise
