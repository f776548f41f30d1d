"""The specification's second implementation, `digests.py`, and its test vectors, as a stranger downloads them."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

FOLDER = Path(__file__).parents[1] / "docs/help/specification"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("digests", FOLDER / "digests.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


digests: Any = _load()
VECTORS: dict[str, list[dict[str, Any]]] = json.loads((FOLDER / "vectors.json").read_text(encoding="utf-8"))


def files_of(vector: dict[str, Any]) -> dict[str, bytes]:
    """The files of a vector, as bytes."""
    return {path: digests.bytes_of(file) for path, file in vector["files"].items()}


def stock(data: bytes, armoured: bytes, key: str, namespace: str = "ems-approval") -> bool:
    """The verdict of OpenSSH."""
    keygen = shutil.which("ssh-keygen")
    assert keygen, "ssh-keygen is not installed: apt-get install openssh-client"
    with tempfile.TemporaryDirectory() as folder:
        allowed, seal = Path(folder, "allowed"), Path(folder, "seal")
        allowed.write_text(f"b.boss {key}\n")
        seal.write_bytes(armoured)
        line = [keygen, "-Y", "verify", "-f", str(allowed), "-I", "b.boss", "-n", namespace, "-s", str(seal)]
        return subprocess.run(line, input=data, capture_output=True, check=False).returncode == 0
