"""All of git: two logs over the repository, and blobs from one running process (specification, Reading git).

GitPython is the front end. Nothing from outside becomes an option or a revision unchecked: revisions go through
`rev-parse --verify --end-of-options`, paths and object names only through standard input. Replace refs, grafts,
commit-graph files, mailmap, textconv and filters are off, because each can hide or change what is stored.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from ems_control.ground.counting import count
from ems_control.ground.errors import EmsError
from ems_control.ground.git.index import OPTIONS, read_index
from ems_control.ground.git.log import EXECUTABLE, FILE, LOG_OPTIONS, Change, Commit, read_changes, read_log
from ems_control.ground.git.names import OBJECT, default_branch, full_name
from ems_control.ground.git.runner import Git, GitCommandError, GitCommandNotFound
from ems_control.ground.git.worktree import WorkingFile, blob_name, working_files

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
FEW = 50
"""So many names fit into any pipe at once, and need no thread of their own to be written."""
_LANDING = ["--first-parent", "--diff-merges=first-parent", "--no-renames"]


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


@dataclass(frozen=True)
class Branch:
    """A branch that holds commits which are not behind HEAD.

    `changed` gives, by path, the blobs that it put there since it left main (None: removed), newest first, each with
    its commit.
    """

    name: str
    changed: dict[str, list[tuple[str | None, Commit]]]


@dataclass(frozen=True)
class Proposal:
    """A change that is to be merged onto a commit of main (`start`): one step that lands at `landed`.

    `changes` is what main would become: HEAD where `start` is on its first-parent line, else what merging would write;
    the files in conflict are then in `conflicts`. `order` is that of the step among the landings.
    """

    start: str
    order: int
    landed: datetime
    changes: tuple[Change, ...]
    conflicts: list[str]


class Repository:
    """A git repository, read only. `prefix` is where the handbook's folder lies in it ("" or "handbook/").

    With `onto` (a name for a commit, and a moment), main is what it would be if HEAD were merged onto that commit then.
    """

    def __init__(self, folder: Path, onto: tuple[str, datetime] | None = None) -> None:
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
        self._writer: threading.Thread | None = None
        self._onto = onto
        self._counted: list[Commit] | None = None
        self._kept: dict[str, bytes] = {}
        self._readings: list[Callable[[list[Commit]], list[Commit]]] = []
        self._branches: dict[str, list[Branch]] = {}
        self.listing = ""
        """A key for the files of the working tree as they were read."""

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

    def propose(self, base: str, moment: datetime) -> None:
        """From now on main is what it would be if HEAD were merged onto a commit then; before anything is read."""
        self._onto = base, moment

    def __enter__(self) -> Repository:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

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
        try:
            output: bytes = getattr(self._git, command)(
                *arguments, stdout_as_string=False, strip_newline_in_stdout=False
            )
        except GitCommandNotFound:
            raise GitError(_NO_GIT) from None
        except GitCommandError as error:
            status = error.status if isinstance(error.status, int) else None
            raise GitError(_words_of(error), status) from None
        return output

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

    @cached_property
    def default_branch(self) -> str:
        """The branch on which a change is proposed, by its short name."""
        return default_branch(self._run)

    @property
    def object_names(self) -> str:
        """The hash by which objects are named here: sha1 or sha256."""
        return "sha256" if len(self.head or "") == 64 else "sha1"

    def keeps(self, place: Path) -> bool:
        """Whether git tracks a file, or anything below a folder, at this place (links followed)."""
        if not place.is_relative_to(self.top):
            return False
        path = place.relative_to(self.top).as_posix()
        return path == "." or bool(self._run("ls_files", "-z", "--", f":(top,literal,icase){path}").strip(b"\0"))

    def working_files(self, folder: str, laid: dict[str, bytes] | None = None) -> list[WorkingFile]:
        """The files below a folder as they lie in the working tree; one that git checked out so is not read.

        `laid` holds what some of them are to be, by path: the picture is that of after the writing.
        """
        written = self._index.stat().st_mtime_ns if self._index.exists() else 0
        known = self._run("ls_files", *OPTIONS, "--", f":(top,literal){folder}") if written else b""
        found = working_files(self.top, folder, self.object_names, read_index(known), written)
        files = {file.path: file for file in found}
        for path, data in (laid or {}).items():
            files[path] = WorkingFile(path, FILE, blob_name(data, self.object_names), data)
        self.listing = listed(files.values())
        return list(files.values())

    @property
    def email(self) -> str:
        """The address under which the user commits here; "" where git knows none."""
        try:
            ident = self._run("var", "GIT_AUTHOR_IDENT").decode("utf-8", "replace")
        except GitError:
            return ""
        match = re.search(r"<([^<>]*)>", ident)
        return match[1] if match else ""

    @property
    def has_remote(self) -> bool:
        """Whether the repository has another that it is pushed to or fetched from."""
        return bool(self._run("remote").strip())

    @property
    def origin(self) -> str:
        """Where this clone comes from, as its configuration has it; "" where it says nothing."""
        try:
            return self._run("config", "--get", "remote.origin.url").decode("utf-8", "replace").strip()
        except GitError as error:
            if error.status != 1:
                raise
            return ""

    @property
    def hooks(self) -> Path:
        """The folder from which git takes its hooks here."""
        return self.top / os.fsdecode(self._run("rev_parse", "--git-path", "hooks").rstrip(b"\n"))

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

    @cached_property
    def _settings(self) -> bytes:
        """What git is set to do here, wherever that is written."""
        return self._run("config", "-z", "--list")

    @cached_property
    def _unmerged(self) -> bytes:
        """The branches with commits that are not behind HEAD: their tips and names."""
        which = ("--no-merged=HEAD", "refs/heads", "refs/remotes")
        return self._run("for_each_ref", "--format=%(objectname) %(refname)", *which) if self.head else b""

    def manner(self) -> str:
        """A key for how main is read, whatever has landed: from which folder, and what git is set to do."""
        settings = hashlib.sha256(self._settings).hexdigest()
        return f"{self.incomplete or ''} {settings} {self.prefix}"

    def standing(self, base: str | None) -> str:
        """A key for all that git knows and that is not in the working tree, with the change onto `base` where given.

        The name of a commit is a hash over all that lies behind it. Raises GitError where there is no such commit.
        """
        parts = [self.manner().encode("utf-8", "surrogateescape"), str(self.head).encode(), self._unmerged]
        if base is not None and self.head:
            start = self.resolve(base)
            parts.append(repr((start, *self._merged(start, self.head))).encode())
        found = hashlib.sha256()
        for part in parts:
            found.update(b"%d " % len(part) + part)
        return found.hexdigest()

    @property
    def cache_dir(self) -> Path:
        """A folder of ours inside .git, for what can be computed again."""
        return self._common / "ems-control"

    @cached_property
    def _start(self) -> str | None:
        """The commit onto which a change is proposed."""
        return self.resolve(self._onto[0]) if self._onto and not self.incomplete else None

    @cached_property
    def _line(self) -> list[Commit]:
        """The first-parent line that has landed, oldest first."""
        tip = self._start or self.head
        return self._log(*_LANDING, "--end-of-options", tip)[::-1] if tip else []

    @cached_property
    def proposal(self) -> Proposal | None:
        """The change that is proposed; None where everything has landed. Raises GitError for no commit."""
        start, head = self._start, self.head or ""
        if start is None or self._onto is None:
            return None
        line = self._run("rev_list", "--first-parent", "--end-of-options", head).decode("ascii").split()
        tree, conflicts = (head, []) if start in line else self._merged(start, head)
        args = ["-r", "-z", "--raw", "--no-abbrev", "--no-renames", "--end-of-options", start + "^{tree}", tree]
        changes = tuple(read_changes(self._run("diff_tree", *args)))
        return Proposal(start, len(self._line), self._onto[1], changes, conflicts)

    def _merged(self, start: str, head: str) -> tuple[str, list[str]]:
        args = ["--write-tree", "-z", "--name-only", "--no-messages", "--end-of-options", start, head]
        found = self._git.execute(
            ["git", *(part for option in _OPTIONS for part in ("-c", option)), "merge-tree", *args],
            with_extended_output=True,
            with_exceptions=False,
            stdout_as_string=False,
            strip_newline_in_stdout=False,
        )
        status, out, words = found
        names = out.decode("utf-8", "surrogateescape").split("\0")
        if status not in (0, 1) or not OBJECT.fullmatch(names[0].strip()):
            raise GitError(f"git cannot merge HEAD onto {start[:10]}: {' '.join(str(words).split())}")
        return names[0].strip(), [name for name in names[1:] if name] if status else []

    @property
    def proposal_order(self) -> int | None:
        """The order of the landing that is only proposed; None where everything has landed."""
        return self.proposal.order if self.proposal else None

    @property
    def landings(self) -> list[Commit]:
        """The first-parent line to HEAD, oldest first, each commit with what lands by it, dated as it counts."""
        return self._dated if self._counted is None else self._counted

    @cached_property
    def _dated(self) -> list[Commit]:
        proposal = self.proposal
        if proposal is None or self.head is None:
            return self._line
        tip = self._log("-1", "--end-of-options", self.head)[0]
        parents = (proposal.start, self.head)
        return [*self._line, replace(tip, parents=parents, landed=proposal.landed, changes=proposal.changes)]

    @property
    def proposed(self) -> bool:
        """Whether main is read with a change that has not landed."""
        return self._start is not None

    def landed_since(self, commit: str) -> list[Commit] | None:
        """What landed since a commit of main (its whole name), oldest first; None where it is none.

        Raises GitError where it is not in the clone.
        """
        tip = self._start or self.head
        if tip == commit or tip is None:
            return [] if tip else None
        args = [*_LANDING, *LOG_OPTIONS, "--end-of-options", tip, f"^{self._checked(commit)}"]
        found = list(read_log(self._run("log", *args)))[::-1]
        return found if found and found[0].parents[:1] == (commit,) else None

    def begin_line(self, line: list[Commit]) -> None:
        """Take this for the line that has landed, oldest first, as git dates it; nothing is counted yet."""
        self._line, self._counted = line, None

    def start_over(self) -> None:
        """Forget the line, and how it was counted: it is to be read anew."""
        for name in ("_line", "_dated", "proposal"):
            self.__dict__.pop(name, None)
        self._counted, self._readings = None, []

    def count_landings(self, landings: list[Commit]) -> None:
        """Give the landings as they count, when and of which files: the same commits."""
        self._counted = landings

    @property
    def readings_of_contributions(self) -> list[Callable[[list[Commit]], list[Commit]]]:
        """What is made of the contributions, step by step."""
        return list(self._readings)

    def count_contributions(self, reading: Callable[[list[Commit]], list[Commit]]) -> None:
        """Give the contributions as this makes of them; before they are asked for."""
        self._readings.append(reading)

    def lines_of_messages(self, word: str) -> list[str]:
        """The lines of the messages of main's commits that begin with a word, oldest first."""
        tip = self._start or self.head
        if tip is None or self.incomplete:
            return []
        search = ["--first-parent", "--reverse", "--fixed-strings", f"--grep={word}", "--format=%B", "--end-of-options"]
        out = self._run("log", *search, tip).decode("utf-8", "replace")
        return [line for line in out.split("\n") if line.startswith(word)]

    def _log(self, *arguments: str) -> list[Commit]:
        *options, last, tip = arguments
        return list(read_log(self._run("log", *options, *LOG_OPTIONS, last, tip)))

    @cached_property
    def contributions(self) -> list[Commit]:
        """Every commit behind HEAD, newest first; a merge lists what differs from all its parents."""
        if self.head is None:
            return []
        tips = [self.head, *([self._start] if self._start else [])]
        args = ["-c", "--no-renames", *LOG_OPTIONS, "--end-of-options", *tips]
        found = list(read_log(self._run("log", *args)))
        for reading in self._readings:
            found = reading(found)
        return found

    def has_commit(self, sha: str) -> bool:
        """Whether a commit with this whole name is in the clone."""
        try:
            return self.resolve(self._checked(sha)) == sha
        except GitError:
            return False

    def merge_base(self, one: str, other: str) -> str | None:
        """The newest commit behind both commits (whole names); None where they have nothing in common."""
        try:
            found = self._run("merge_base", self._checked(one), self._checked(other))
        except GitError as error:
            if error.status != 1:
                raise
            return None
        return found.decode("ascii").strip()

    def between(self, tip: str, behind: str) -> list[Commit]:
        """The commits behind `tip`, not behind `behind` (whole names); a merge lists what differs from all parents."""
        args = ["-c", "--no-renames", *LOG_OPTIONS, "--end-of-options", self._checked(tip), f"^{self._checked(behind)}"]
        return list(read_log(self._run("log", *args)))

    def committed(self, commit: str) -> datetime:
        """When a commit that is in the clone (its whole name) was committed, by its own word."""
        [found] = read_log(self._run("log", "-1", "-c", *LOG_OPTIONS, "--end-of-options", self._checked(commit)))
        return found.landed

    def files_at(self, commit: str, *places: str) -> dict[str, str]:
        """The regular files of a commit (its whole name) below these places, each with its blob."""
        args = ["-r", "-z", "--full-tree", self._checked(commit), "--", *(f":(top,literal){place}" for place in places)]
        found = {}
        for entry in self._run("ls_tree", *args).split(b"\0"):
            head, _, path = entry.partition(b"\t")
            words = head.decode("ascii").split(" ")
            if len(words) == 3 and words[0] in (FILE, EXECUTABLE):
                found[path.decode("utf-8", "surrogateescape")] = words[2]
        return found

    def branches(self, folder: str) -> list[Branch]:
        """Local and remote branches with commits that are not behind HEAD, by name: what each changed in a folder.

        Two git processes, however many branches there are.
        """
        if folder not in self._branches:
            self._branches[folder] = self._changed_on_branches(folder) if self.head else []
        return self._branches[folder]

    def _changed_on_branches(self, folder: str) -> list[Branch]:
        tips = [line.split(" ", 1) for line in self._unmerged.decode("utf-8", "replace").splitlines()]
        if not tips:
            return []
        line = [
            *_LANDING,
            "--full-history",
            "--sparse",
            *LOG_OPTIONS,
        ]
        names = dict.fromkeys(tip for tip, _ in tips)
        out = self._run("log", *line, "--end-of-options", *names, f"^{self.head}", "--", f":(top,literal){folder}")
        commits = {commit.sha: commit for commit in read_log(out)}
        return [Branch(re.sub(r"^refs/(heads|remotes)/", "", name), _chain(tip, commits)) for tip, name in tips]

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

    @staticmethod
    def _checked(name: str) -> str:
        if not OBJECT.fullmatch(name):
            raise GitError(f'"{name}" is no object name.')
        return name


def _chain(tip: str, commits: dict[str, Commit]) -> dict[str, list[tuple[str | None, Commit]]]:
    """What the first-parent line from `tip` down to main changed, by path, newest first."""
    changed: dict[str, list[tuple[str | None, Commit]]] = {}
    commit = commits.get(tip)
    while commit is not None:
        for change in commit.changes:
            plain = change.mode in (FILE, EXECUTABLE)
            changed.setdefault(change.path, []).append((change.after if plain else None, commit))
        commit = commits.get(commit.parents[0]) if commit.parents else None
    return changed


def listed(files: Iterable[WorkingFile]) -> str:
    """A key for files of the working tree: their paths, modes and contents."""
    found = hashlib.sha256()
    for file in sorted(files):
        found.update(f"{file.path}\0{file.mode}\0{file.blob}\0".encode("utf-8", "surrogateescape"))
    return found.hexdigest()


def _words_of(error: GitCommandError) -> str:
    words = str(error.stderr or error).replace("stderr:", "").strip().strip("'")
    return "git: " + " ".join(words.split())
