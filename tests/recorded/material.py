"""What `make test-forges` fetches by name, version and hash: GitHub's real answers, its description of them, and the
types that a maintained client gives to GitLab's answers."""

from __future__ import annotations

import json
import re
import tarfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "material"


@dataclass(frozen=True)
class Recording:
    """One question to GitHub and its answer."""

    method: str
    path: str
    status: int
    tree: Any


@cache
def recordings(name: str) -> list[Recording]:
    """The questions and answers of one of PyGithub's recordings."""
    [archive] = FOLDER.glob("pygithub-*.tar.gz")
    text = _member(archive, f"tests/ReplayData/{name}.txt")
    found = []
    for block in re.split(r"\n\n+(?=https?\n)", text.strip("\n")):
        lines = block.split("\n")
        found.append(Recording(lines[1], lines[4], int(lines[7]), json.loads(lines[9])))
    return found


def recorded(name: str, path: str) -> Any:
    """The last answer to a question in a recording."""
    return [one.tree for one in recordings(name) if one.path == path][-1]


@cache
def description() -> dict[str, Any]:
    """GitHub's own description of its interface (OpenAPI)."""
    [archive] = FOLDER.glob("octokit-openapi-*.tgz")
    tree = json.loads(_member(archive, "generated/api.github.com.json"))
    assert isinstance(tree, dict)
    return tree


@cache
def types() -> str:
    """The types of GitLab's answers, in TypeScript."""
    [archive] = FOLDER.glob("gitbeaker-core-*.tgz")
    return _member(archive, "dist/index.d.ts")


def _member(archive: Path, name: str) -> str:
    with tarfile.open(archive) as tar:
        member = next(one for one in tar if one.name.split("/", 1)[-1] == name)
        file = tar.extractfile(member)
        assert file is not None
        return file.read().decode("utf-8")
