"""A new repository, and whether a folder lies in one."""

from __future__ import annotations

from pathlib import Path

from ems_control.ground.errors import EmsError
from ems_control.ground.git.opened import git_version
from ems_control.ground.git.runner import Git, GitCommandError


def require_git() -> None:
    """Raise EmsError where there is no git."""
    if git_version() is None:
        raise EmsError("git is not installed, or not on the PATH. Install git 2.38 or newer.")


def repository_around(folder: Path) -> Path | None:
    """The repository in whose work tree a folder lies, or would lie; None where there is none."""
    there = next(one for one in (folder, *folder.parents) if one.is_dir())
    try:
        return Path(Git(str(there)).rev_parse("--path-format=absolute", "--show-toplevel"))
    except GitCommandError:
        return None


def branch_at(folder: Path) -> str | None:
    """The branch on which the next commit of a repository lands, born or not; None where it lands on none."""
    try:
        return str(Git(str(folder)).symbolic_ref("--quiet", "--short", "HEAD"))
    except GitCommandError:
        return None


def begin_repository(folder: Path) -> None:
    """Make a repository in a folder, with a branch main."""
    try:
        Git(str(folder)).init("--quiet", "--initial-branch=main")
    except GitCommandError as error:
        raise EmsError(f"git: {_said(error)}") from None


def _said(error: GitCommandError) -> str:
    words = " ".join(str(error.stderr).split()).removeprefix("stderr: ").strip("' ")
    return words or f"exit status {error.status}"
