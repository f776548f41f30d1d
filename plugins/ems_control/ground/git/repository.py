"""All that is asked of git (specification, Reading git): main and its blobs, the working tree, branches, settings."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from ems_control.ground.git.first_parents import LANDING, WHOLE, RepositoryWithMain
from ems_control.ground.git.index import OPTIONS, read_index
from ems_control.ground.git.log import EXECUTABLE, FILE, Commit
from ems_control.ground.git.names import default_branch
from ems_control.ground.git.opened import GitError
from ems_control.ground.git.worktree import WorkingFile, blob_name, working_files


@dataclass(frozen=True)
class Branch:
    """A branch that holds commits which are not behind HEAD.

    `changed` gives, by path, the blobs that it put there since it left main (None: removed), newest first, each with
    its commit.
    """

    name: str
    changed: dict[str, list[tuple[str | None, Commit]]]


def moves_of_head(folder: Path) -> Path:
    """The file to which git adds a line whenever HEAD moves in the working tree around a folder."""
    with Repository(folder) as repository:
        return repository.moves


class Repository(RepositoryWithMain):
    """A repository with its main, read only: what else of it counts, and what of it is asked for."""

    def __init__(self, folder: Path, onto: tuple[str, datetime] | None = None) -> None:
        """Open the repository around a folder; raises GitError where there is none or git is missing."""
        super().__init__(folder, onto)
        self._branches: dict[str, list[Branch]] = {}
        self.listing = ""
        """A key for the files of the working tree as they were read."""

    @cached_property
    def default_branch(self) -> str:
        """The branch on which a change is proposed, by its short name."""
        return default_branch(self._run)

    @property
    def object_names(self) -> str:
        """The hash by which objects are named here: sha1 or sha256."""
        return "sha256" if len(self.head or "") == 64 else "sha1"

    def bundle(self, place: Path) -> None:
        """Write what HEAD is, with all behind it and the name of its branch, into one file that git can clone."""
        status, name, _ = self._asked("symbolic-ref", "--quiet", "HEAD")
        self._run("bundle", "create", "--quiet", str(place), "HEAD", *([] if status else [name.decode().strip()]))

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
    def moves(self) -> Path:
        """The file to which git adds a line whenever HEAD moves here."""
        return self.top / os.fsdecode(self._run("rev_parse", "--git-path", "logs/HEAD").rstrip(b"\n"))

    @property
    def hooks(self) -> Path:
        """The folder from which git takes its hooks here."""
        return self.top / os.fsdecode(self._run("rev_parse", "--git-path", "hooks").rstrip(b"\n"))

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
        return self._log("-c", *WHOLE, "--end-of-options", self._checked(tip), f"^{self._checked(behind)}")

    def committed(self, commit: str) -> datetime:
        """When a commit that is in the clone (its whole name) was committed, by its own word."""
        return self._log("-1", "-c", "--end-of-options", self._checked(commit))[0].landed

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
        line = [*LANDING, "--full-history", "--sparse"]
        names = dict.fromkeys(tip for tip, _ in tips)
        found = self._log(*line, "--end-of-options", *names, f"^{self.head}", "--", f":(top,literal){folder}")
        commits = {commit.sha: commit for commit in found}
        return [Branch(re.sub(r"^refs/(heads|remotes)/", "", name), _chain(tip, commits)) for tip, name in tips]


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
