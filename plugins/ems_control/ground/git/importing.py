"""Writing a new repository at once: a stream of commits for `git fast-import`, then a checkout."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from ems_control.ground.errors import EmsError
from ems_control.ground.git.runner import Git, GitCommandError, GitCommandNotFound


class Import:
    """A history in the making: commits with full messages, authors and dates, on one branch or merged into it."""

    def __init__(self, branch: str = "main") -> None:
        """Nothing is written to a repository before `write`."""
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        self._branch = branch
        self._mark = 0
        self.head = 0

    def commit(
        self,
        message: str,
        author: tuple[str, str],
        at: datetime,
        files: Mapping[str, bytes | None],
        parents: tuple[int, ...] | None = None,
        main: bool = True,
    ) -> int:
        """Add a commit by `author` (name, address): paths to contents, None to delete; returns its mark.

        Without `parents` it follows main. A commit that is not on `main` stands on a branch until it is merged: a
        merge keeps what its first parent has and puts `files` on top.
        """
        self._mark += 1
        stamp = f"{int(at.timestamp())} +0000"
        who = f"{author[0]} <{author[1]}> {stamp}"
        text = message.encode() + b"\n"
        ref = f"refs/heads/{self._branch}" if main else "refs/ems/branch"
        lines = [f"commit {ref}", f"mark :{self._mark}", f"author {who}", f"committer {who}", f"data {len(text)}"]
        self._file.write("\n".join(lines).encode() + b"\n" + text)
        for verb, parent in zip(("from", *["merge"] * 9), parents or ((self.head,) if self.head else ()), strict=False):
            self._file.write(f"{verb} :{parent}\n".encode())
        for path, data in files.items():
            if data is None:
                self._file.write(f"D {path}\n".encode())
            else:
                self._file.write(f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n")
        self._file.write(b"\n")
        if main:
            self.head = self._mark
        return self._mark

    def write(self, folder: Path, identity: tuple[str, str]) -> None:
        """Make the repository in `folder` and check it out; `identity` is who commits there from now on."""
        self._file.seek(0)
        try:
            run = Git(str(folder))
            run.update_environment(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1")
            run.init("--quiet", f"--initial-branch={self._branch}")
            run.execute(["git", "fast-import", "--quiet", "--force"], istream=self._file)
            run.update_ref("-d", "refs/ems/branch")
            run.reset("--quiet", "--hard", self._branch)
            for key, value in zip(("user.name", "user.email"), identity, strict=True):
                run.config("--local", key, value)
        except GitCommandNotFound:
            raise EmsError("git is not installed, or not on the PATH. Install git 2.38 or newer.") from None
        except GitCommandError as error:
            raise EmsError(f"git: {' '.join(str(error.stderr).split())}") from None
        finally:
            self._file.close()
