"""Git in the folder that is asked about: what a hook or a shell left in the environment names no other repository."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")  # importing GitPython without git would end in a traceback

import git
from git.exc import GitCommandError, GitCommandNotFound

from ems_control.ground.counting import count

__all__ = ["Git", "GitCommandError", "GitCommandNotFound"]

_ELSEWHERE = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_SHALLOW_FILE",
    "GIT_REPLACE_REF_BASE",
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
)


class Git(git.Git):
    """GitPython's runner of git, without the variables that name another repository, index or files than are asked for.

    A hook has them set: of a worktree, of a submodule, of the index that `git commit FILE` makes. Those of pathspecs
    have git read every path otherwise than it is written here.
    """

    def execute(self, *arguments: Any, **options: Any) -> Any:
        """Run git. GitPython can set variables for it, but take none away."""
        command = arguments[0] if arguments else options.get("command", ())
        count("git_processes")
        count("git_logs", _subcommand(command) == "log")
        with _without(_ELSEWHERE):
            return super().execute(*arguments, **options)


def _subcommand(line: Sequence[str]) -> str:
    """What git is asked to do, behind its own options."""
    words = iter(line[1:])
    for word in words:
        if word == "-c":
            next(words, None)
        elif not word.startswith("-"):
            return word
    return ""


@contextmanager
def _without(names: tuple[str, ...]) -> Iterator[None]:
    taken = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(taken)
