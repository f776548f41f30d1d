"""A git repository that is open: what runs git in it, the names of commits, and blobs from one running process.

GitPython is the front end. Nothing from outside becomes an option or a revision unchecked: revisions go through
`rev-parse --verify --end-of-options`, paths and object names only through standard input. Replace refs, grafts,
commit-graph files, mailmap, textconv and filters are off, because each can hide or change what is stored.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from ems_control.ground.counting import count
from ems_control.ground.errors import EmsError
from ems_control.ground.git.names import OBJECT, full_name
from ems_control.ground.git.runner import Git, GitCommandError, GitCommandNotFound

_ENVIRONMENT = {
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "none",  # nothing is fetched for a missing object: it would run what .git/config names
    "GIT_NO_LAZY_FETCH": "1",
    "LC_ALL": "C.UTF-8",
}
_OPTIONS = [
    "core.commitGraph=false",
    "core.fsmonitor=false",
    "log.showRoot=true",
    "log.showSignature=false",
    "diff.orderFile=" + os.devnull,
    "advice.graftFileDeprecated=false",
    "i18n.logOutputEncoding=UTF-8",
]
_PARTIAL = re.compile(r"remote\..*\.promisor|extensions\.partialclone", re.DOTALL)
PIECE = 1 << 18
"""So many bytes of an answer of git are read at most at a time."""
FEW = 50
"""So many names fit into any pipe at once, and need no thread of their own to be written."""


class GitError(EmsError):
    """Git could not answer; the message carries git's own words. `status` is git's exit status, if it ran."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


_NO_GIT = "git is not installed, or not on the PATH. Install git 2.38 or newer."


def git_version() -> tuple[int, ...] | None:
    """The version of git on the PATH; None where there is none."""
    try:
        return tuple(Git().version_info)
    except GitCommandNotFound:
        return None


class OpenedRepository:
    """A git repository, read only. `prefix` is where the handbook's folder lies in it ("" or "handbook/")."""

    def __init__(self, folder: Path) -> None:
        """Open the repository around a folder; raises GitError where there is none or git is missing."""
        self._git = self._runner(folder)
        told = self._around(folder)
        if not told:
            fix = "Run `git init` there, or name the right folder with --root."
            raise GitError(f"{folder} is in no git repository. {fix}")
        common, index, top, *head = told.removesuffix(b"\n").split(b"\n")
        self._common, self._index = Path(os.fsdecode(common)), Path(os.fsdecode(index))
        self.head = head[0].decode("ascii") if head else self._verified_head()
        """The commit checked out; None where nothing has been committed."""
        self.top = Path(os.fsdecode(top)).resolve()
        relative = folder.resolve().relative_to(self.top).as_posix()
        self.prefix = "" if relative == "." else relative + "/"
        self._git = self._runner(self.top)
        self._cat: Any = None
        self._of_others: list[Any] = []
        self._writer: threading.Thread | None = None
        self._kept: dict[str, bytes] = {}

    def _around(self, folder: Path) -> bytes:
        """Where the repository around a folder lies, and its HEAD where there is one; b"" where there is none."""
        asked = ("--path-format=absolute", "--git-common-dir", "--git-path", "index", "--show-toplevel")
        with contextlib.suppress(GitError):  # else nothing is committed, or it is told what is wrong
            return self._run("rev_parse", *asked, "HEAD") if folder.is_dir() else b""
        try:
            return self._run("rev_parse", *asked)
        except GitError as error:
            if "must be run in a work tree" in str(error):
                raise GitError(f"{folder} is a bare repository. Clone it, and run in the clone.") from None
            if "not a git repository" not in str(error):
                raise
            return b""

    def _verified_head(self) -> str | None:
        try:
            return self._run("rev_parse", "--verify", "--quiet", "HEAD").decode("ascii").strip()
        except GitError as error:
            if error.status != 1:
                raise
            return None

    @staticmethod
    def _runner(folder: Path) -> Git:
        runner = Git(str(folder))
        runner.update_environment(**_ENVIRONMENT)
        runner.set_persistent_git_options(c=_OPTIONS)
        return runner

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin_in_fork(self) -> None:
        """From now on in another process: the git that runs is the first one's, and another begins if need be."""
        self._of_others.append(self._cat)
        self._cat = None

    def close(self) -> None:
        """End the running git processes."""
        if self._cat is not None:
            self._cat.stdout.close()  # first: git then ends, even where not everything asked for has been read
            if self._writer is not None:
                self._writer.join()
            with contextlib.suppress(BrokenPipeError):
                self._cat.stdin.close()
            with contextlib.suppress(GitCommandError):
                self._cat.wait()
            self._cat = None

    def _run(self, command: str, *arguments: str) -> bytes:
        with _in_words():
            output: bytes = getattr(self._git, command)(
                *arguments, stdout_as_string=False, strip_newline_in_stdout=False
            )
        return output

    def _pieces(self, command: str, *arguments: str) -> Iterator[bytes]:
        """What git says, piece by piece: it goes on while that is read, and all of it is never held at once."""
        with _in_words():
            process = getattr(self._git, command)(*arguments, as_process=True)
            said: list[bytes] = []
            listener = threading.Thread(target=lambda: said.append(process.stderr.read()), daemon=True)
            listener.start()
            while piece := process.stdout.read(PIECE):
                yield piece
            listener.join()
            process.wait(stderr=said[0])

    def _asked(self, *line: str) -> tuple[int, bytes, str]:
        """Run git where its exit status is an answer: the status, what it gives, and its words."""
        status, out, words = self._git.execute(
            ["git", *(part for option in _OPTIONS for part in ("-c", option)), *line],
            with_extended_output=True,
            with_exceptions=False,
            stdout_as_string=False,
            strip_newline_in_stdout=False,
        )
        return status, out, _without_hints(str(words))

    def resolve(self, revision: str) -> str:
        """The commit that a name from outside means; raises GitError where that is none, or two."""
        try:
            name = full_name(revision, self._run) + "^{commit}"
            out = self._run("rev_parse", "--verify", "--quiet", "--end-of-options", name)
        except ValueError as error:
            raise GitError(str(error)) from None
        except GitError as error:
            if error.status != 1:
                raise
            raise GitError(f'"{revision}" names no commit of this repository.') from None
        return out.decode("ascii").strip()

    @staticmethod
    def _checked(name: str) -> str:
        if not OBJECT.fullmatch(name):
            raise GitError(f'"{name}" is no object name.')
        return name

    @cached_property
    def _settings(self) -> bytes:
        """What git is set to do here, wherever that is written."""
        return self._run("config", "-z", "--list")

    @cached_property
    def incomplete(self) -> str | None:
        """In words, what makes the history untrustworthy here (shallow, partial); None for a full clone."""
        if (self._common / "shallow").exists():
            return "this is a shallow clone: history is cut off, and dates and approvals cannot be computed"
        for entry in self._settings.decode("utf-8", "replace").split("\0"):
            key, _, value = entry.partition("\n")
            if _PARTIAL.fullmatch(key) and value.lower() not in ("false", "no", "off", "0"):
                return "this is a partial clone: texts of earlier revisions are missing"
        return None

    def blob(self, name: str) -> bytes:
        """The bytes of one blob."""
        return next(self.blobs([name]))[1]

    def kept_blobs(self, names: Iterable[str]) -> dict[str, bytes]:
        """Few blobs that are asked for more than once, each read once."""
        wanted = list(dict.fromkeys(names))
        self._kept.update(self.blobs([name for name in wanted if name not in self._kept]))
        return {name: self._kept[name] for name in wanted}

    def blobs(self, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Many blobs through one running process, in the order asked; raises GitError where one is missing."""
        wanted = [self._checked(name) for name in names]
        if not wanted:
            return
        if self._cat is None:
            self._cat = self._git.cat_file("--batch", as_process=True, istream=-1)
        writer = None
        if len(wanted) > FEW:
            self._writer = writer = threading.Thread(target=self._ask, args=(wanted,), daemon=True)
            writer.start()
        else:
            self._ask(wanted)
        out = self._cat.stdout
        for name in wanted:
            header = out.readline().split()
            if len(header) != 3:
                raise GitError(
                    f"object {name} is missing from this repository. Fetch it: git fetch --unshallow, or clone again."
                )
            data = out.read(int(header[2]))
            out.read(1)
            count("blobs_read")
            yield name, data
        if writer is not None:
            writer.join()

    def _ask(self, names: list[str]) -> None:
        with contextlib.suppress(BrokenPipeError):  # whoever reads the answers finds that git has ended
            self._cat.stdin.write("".join(name + "\n" for name in names).encode("ascii"))
            self._cat.stdin.flush()


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    """What goes wrong with git is told in words."""
    try:
        yield
    except GitCommandNotFound:
        raise GitError(_NO_GIT) from None
    except GitCommandError as error:
        status = error.status if isinstance(error.status, int) else None
        raise GitError(_words_of(error), status) from None


def _words_of(error: GitCommandError) -> str:
    words = str(error.stderr or error).replace("stderr:", "").strip().strip("'")
    return "git: " + _without_hints(words)


def _without_hints(words: str) -> str:
    """What git said, on one line: some of its hints cannot be switched off."""
    return " ".join(" ".join(line for line in words.split("\n") if not line.lstrip(" '").startswith("hint:")).split())
