"""A clone of our own, beside nobody's work: what `ems keep` fetches, checks out, commits and pushes.

It lies in a folder of its own and can be thrown away at any moment: nothing in it is remembered. What is checked out
there is data: no hook, no filter and no link of it is ever followed, and only the network is used with the
configuration of the user (proxies, certificates, keys).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ems_control.ground.git.names import OBJECT
from ems_control.ground.git.opened import GitError
from ems_control.ground.git.runner import Git, GitCommandError, GitCommandNotFound

_ALWAYS = {
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "file:https:http:ssh",
    "GIT_HTTP_LOW_SPEED_LIMIT": "100",
    "GIT_HTTP_LOW_SPEED_TIME": "120",
    "GIT_TRACE": "0",
    "GIT_TRACE_CURL": "0",
    "GIT_CURL_VERBOSE": "0",
    "LC_ALL": "C.UTF-8",
}
_ALONE = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_ALLOW_PROTOCOL": "none"}
_OPTIONS = [
    "core.hooksPath=" + os.devnull,
    "core.symlinks=false",
    "core.fsmonitor=false",
    "core.autocrlf=false",
    "core.attributesFile=" + os.devnull,
    "commit.gpgSign=false",
    "advice.graftFileDeprecated=false",
    "advice.pushUpdateRejected=false",
    "fetch.recurseSubmodules=false",
    "submodule.recurse=false",
    "push.recurseSubmodules=no",
    "gc.auto=0",
    "maintenance.auto=false",
]
_BRANCH = re.compile(r"(?!-)(?!.*(?:\.\.|//|@\{|\.lock(?:/|$)))[^\x00-\x20\x7f~^:?*\[\\]+(?<![/.])")
NAME, EMAIL = "Recorder", "recorder@noreply.invalid"


class PushRefusedError(GitError):
    """The remote did not take what was pushed; `moved` where its branch has gone on meanwhile."""

    def __init__(self, message: str, moved: bool) -> None:
        super().__init__(message)
        self.moved = moved


@dataclass(frozen=True)
class Remote:
    """Where a clone comes from and where it pushes; `network` are variables for git, `secrets` what it may not say."""

    fetch: str
    push: str = ""
    network: Mapping[str, str] = field(default_factory=dict)
    secrets: Sequence[str] = ()

    def __post_init__(self) -> None:
        for url in (self.fetch, self.push or self.fetch):
            if url.startswith("-") or "::" in url or any(not char.isprintable() for char in url):
                raise GitError(
                    "this is no address from which git can fetch. Write it like https://git.example.org/a/b."
                )

    @property
    def variables(self) -> dict[str, str]:
        """The addresses as configuration in the environment: one with a password stands on no command line."""
        pairs = [("remote.origin.url", self.fetch), ("remote.origin.pushurl", self.push or self.fetch)]
        pairs += [("http.followRedirects", "false")]
        given = dict(self.network)
        start = int(given.pop("GIT_CONFIG_COUNT", "0"))
        for number, (key, value) in enumerate(pairs, start):
            given |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        return {**given, "GIT_CONFIG_COUNT": str(start + len(pairs))}


class Clone:
    """A clone in `folder` (empty, or not there) of one branch of a remote; it grows by what is fetched."""

    def __init__(self, folder: Path, remote: Remote, branch: str) -> None:
        """Raises GitError where the remote does not answer, or has no such branch."""
        if not _BRANCH.fullmatch(branch):
            raise GitError("the default branch has a name that git does not allow.")
        self.folder, self.branch, self._remote = folder, branch, remote
        folder.mkdir(parents=True, exist_ok=True)
        listed = self._online("ls_remote", "origin", self.ref)
        if not listed:
            raise GitError(f"{self.called} has no branch {branch}.")
        kind = "sha256" if len(listed.split()[0]) == 64 else "sha1"
        self._alone("init", "--quiet", "--template=", f"--object-format={kind}", "--", str(folder))

    @property
    def ref(self) -> str:
        """The whole name of the branch at the remote."""
        return f"refs/heads/{self.branch}"

    @property
    def called(self) -> str:
        """The remote, without a password."""
        return self._clean(self._remote.fetch)

    # --- the network

    def main(self) -> str:
        """Fetch the branch; gives its newest commit."""
        self._online("fetch", "--quiet", "--no-tags", "--force", "origin", f"+{self.ref}:refs/ems/main")
        return self.resolve("refs/ems/main")

    def fetch(self, ref: str, commit: str) -> None:
        """Fetch a commit by its name, else by the ref where the forge keeps it; raises GitError where neither is."""
        if not self.has(commit) and not self.fetch_commit(commit):
            self._online("fetch", "--quiet", "--no-tags", "origin", f"+{ref}:refs/ems/wanted/{commit}")
            if not self.has(commit):
                raise GitError(f"commit {commit[:10]} is not at {self.called}.")

    def fetch_commit(self, commit: str) -> bool:
        """Fetch a commit by its name; whether it is here now. A remote need not give what no branch holds."""
        if not OBJECT.fullmatch(commit):
            return False
        if not self.has(commit):
            try:
                self._online("fetch", "--quiet", "--no-tags", "origin", f"+{commit}:refs/ems/wanted/{commit}")
            except GitError:
                return False
        return self.has(commit)

    def fetch_branch(self, name: str) -> str | None:
        """Fetch another branch; its newest commit, None where there is none."""
        listed = self._online("ls_remote", "origin", f"refs/heads/{name}")
        if not listed:
            return None
        commit = listed.split()[0]
        return commit if self.fetch_commit(commit) else None

    def push(self, commit: str, branch: str, expected: str | None = None) -> None:
        """Push a commit to a branch: onto what lies there, or in place of `expected` ("": of nothing).

        Raises PushRefusedError with the remote's words.
        """
        lease = [f"--force-with-lease=refs/heads/{branch}:{expected}"] if expected is not None else []
        try:
            self._online("push", "--quiet", "--porcelain", *lease, "origin", f"{commit}:refs/heads/{branch}")
        except GitError as error:
            raise PushRefusedError(str(error), self._moved(commit, branch, expected, str(error))) from None

    def _moved(self, commit: str, branch: str, expected: str | None, words: str) -> bool:
        """Whether a refusal is because the branch has gone on: what lies there now tells; or another run is at it."""
        if "cannot lock ref" in words:
            return True
        try:
            listed = self._online("ls_remote", "origin", f"refs/heads/{branch}")
        except GitError:
            return False
        tip = listed.split()[0] if listed else ""
        if expected is not None:
            return tip != expected
        return bool(tip) and not (self.has(tip) and self.contains(commit, tip))

    # --- what is here

    def resolve(self, name: str) -> str:
        """The commit that a ref of this clone names."""
        return self._alone("rev_parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}").strip()

    def has(self, commit: str) -> bool:
        """Whether a commit with this whole name is here."""
        try:
            return bool(OBJECT.fullmatch(commit)) and self.resolve(commit) == commit
        except GitError:
            return False

    def checkout(self, commit: str) -> None:
        """Have the files of a commit here, and nothing else."""
        self._alone("checkout", "--quiet", "--force", "--detach", commit)
        self._alone("clean", "--quiet", "--force", "--force", "-d", "-x")

    def changed(self, before: str, after: str) -> list[str]:
        """The paths in which two commits differ."""
        out = self._alone("diff_tree", "-r", "-z", "--name-only", "--no-renames", before, after)
        return [path for path in out.split("\0") if path]

    def parent(self, commit: str) -> str | None:
        """The first parent of a commit."""
        try:
            return self.resolve(f"{commit}^1")
        except GitError:
            return None

    def commit(self, folder: str, message: str, empty: bool = False) -> str | None:
        """Commit what lies in a folder; the new commit, None where nothing is new (with `empty`, its message is)."""
        if (self.folder / folder).is_dir():
            self._alone("add", "--force", "--all", "--", f":(top,literal){folder}")
        if not empty and not self._alone("diff_index", "--cached", "--name-only", "HEAD", "--"):
            return None
        self._alone("commit", "--quiet", "--no-verify", "--allow-empty", "--cleanup=verbatim", "-m", message)
        return self.resolve("HEAD")

    def squashed(self, commit: str, base: str, message: str) -> str:
        """One commit on `base` with the files of another."""
        return self._alone("commit_tree", "-p", base, "-m", message, f"{commit}^{{tree}}").strip()

    def own_commits(self, base: str, head: str) -> list[str]:
        """What a rebase would bring: the commits behind `head`, not behind `base`, but for merges; oldest first."""
        out = self._alone("rev_list", "--reverse", "--topo-order", "--no-merges", head, f"^{base}")
        return out.split()

    def contains(self, commit: str, older: str) -> bool:
        """Whether `older` is behind a commit, or is it."""
        return self._alone("rev_list", "--max-count=1", older, f"^{commit}") == ""

    def replayed(self, commits: Sequence[str], base: str) -> list[str] | None:
        """What a rebase would make of commits, one for each that changes something; None where git cannot."""
        self.checkout(base)
        made = []
        for commit in commits:
            before = self.resolve("HEAD")
            try:
                self._alone("cherry_pick", "--allow-empty", "--keep-redundant-commits", commit)
            except GitError:
                self._alone("reset", "--quiet", "--hard")
                return None
            if self.changed(before, "HEAD"):
                made.append(self.resolve("HEAD"))
        return made

    # --- running git

    def _online(self, command: str, *arguments: str) -> str:
        return self._run(command, arguments, self._remote.variables)

    def _alone(self, command: str, *arguments: str) -> str:
        return self._run(command, arguments, _ALONE)

    def _run(self, command: str, arguments: Sequence[str], variables: Mapping[str, str]) -> str:
        runner = Git(str(self.folder))
        who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in _WHO}
        runner.update_environment(**{**_ALWAYS, **who, **variables})
        runner.set_persistent_git_options(c=_OPTIONS)
        try:
            return str(getattr(runner, command)(*arguments))
        except GitCommandNotFound:
            raise GitError("git is not installed, or not on the PATH. Install git 2.38 or newer.") from None
        except GitCommandError as error:
            said = f"{error.stderr or ''} {error.stdout or ''}".replace("stderr:", "").replace("stdout:", "")
            words = " ".join(self._clean(said).replace("'", "").split())
            raise GitError(f"git: {words[:600]}", error.status if isinstance(error.status, int) else None) from None

    def _clean(self, words: str) -> str:
        for secret in self._remote.secrets:
            words = words.replace(secret, "…") if secret else words
        return re.sub(r"(?<=://)[^/@\s]+@", "", words)


_WHO = (("NAME", NAME), ("EMAIL", EMAIL))
