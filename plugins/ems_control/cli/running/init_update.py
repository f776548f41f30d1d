"""`ems init --update`: a new version's files, as a change that is looked at before it is merged."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ems_control import __version__
from ems_control.cli.telling import tell
from ems_control.exports.ci_workflows import FORGES, MACHINE, workflows
from ems_control.exports.ci_workflows import is_own as is_own_workflow
from ems_control.exports.own_files import REQUIREMENTS, is_own, version_of, versioned_files, wheel_hash_of
from ems_control.ground.errors import EmsError
from ems_control.ground.files import write_together
from ems_control.ground.git.repository import Repository
from ems_control.handbook.steering_files import read_configuration

_BRANCH = re.compile(r"(?:branches: \[|refs/heads/|origin/)([\w./-]*\w)")
"""The branch that a workflow speaks of."""


def update(root: Path, wheel: Path | None) -> None:
    """Write the files of this version over those of an earlier one; what somebody changed stays, and is named."""
    wheel_hash = wheel_hash_of(wheel)
    language = read_configuration(root).policy.languages[0]
    files = {**versioned_files(wheel_hash, language), **_workflows(root, language)}
    pinned = _bytes(root, REQUIREMENTS)
    if pinned is not None and not wheel_hash and version_of(pinned) == __version__:
        del files[REQUIREMENTS]  # it may hold the hash that is not known here
    new: dict[Path, bytes] = {}
    for path, data in files.items():
        there = _bytes(root, path)
        if there is None or (there != data and _is_own(path, there)):
            new[root / path] = data
            _say(f"Written: {path}")
        elif there != data:
            _say(f"Left as it is: {path} was not written by ems init, or has been changed since.")
    _write(new)
    if not new:
        _say(f"Nothing to bring: the files are those of version {__version__}.")
        return
    _say(f"Look at the change (git diff), commit it on a branch and have it merged: git switch -c ems-{__version__}")


def _workflows(root: Path, language: str) -> dict[str, bytes]:
    """The workflows of each forge that has some here, and the files of a machine."""
    with Repository(root) as repository:
        if repository.prefix:
            return {}  # they lie outside of the handbook: ems ci
    found: dict[str, bytes] = {}
    for place in (*FORGES, MACHINE):
        there = next((data for path in workflows(place, "main", "") if (data := _bytes(root, path))), None)
        if there is not None:
            named = _BRANCH.search(there.decode("utf-8", "replace"))
            whole = workflows(place, named[1] if named else "main", "", language)
            found |= {path: text.encode() for path, text in whole.items()}
    return found


def _is_own(path: str, data: bytes) -> bool:
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    return is_own(path, data) or is_own_workflow(text)


def _bytes(root: Path, path: str) -> bytes | None:
    """What lies there; raises EmsError for what is no plain file inside of the handbook."""
    full = root / path
    if full.is_symlink() or not full.resolve().is_relative_to(root):
        raise EmsError(f"{path} is a link, or lies behind one. Nothing was written.")
    if not full.exists():
        return None
    if not full.is_file():
        raise EmsError(f"{path} is no file. Move it away. Nothing was written.")
    return full.read_bytes()


def _write(files: Mapping[Path, bytes]) -> None:
    for path in files:
        path.parent.mkdir(parents=True, exist_ok=True)
    write_together(files)


def _say(text: str) -> None:
    tell(text)
