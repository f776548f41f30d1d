"""Committing what a command wrote, and nothing else: whatever else is staged or changed stays as it is.

Here the user's own git works for the user: settings, hooks and signing of the repository hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ems_control.ground.errors import EmsError
from ems_control.ground.git.runner import Git, GitCommandError

_IDENTITY = (
    "git does not know who you are, so nothing was written. Tell it, then try again: "
    'git config user.name "Your Name", and git config user.email you@example.org'
)


class CommitRefusedError(EmsError):
    """Git, or a hook of the repository, refused the commit; what was written lies there uncommitted."""


def require_identity(top: Path) -> None:
    """Raise EmsError where git has no name or address to commit under; a guessed one would be nobody's."""
    for name in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
        try:
            _git(top).execute(["git", "-c", "user.useConfigOnly=true", "var", name])
        except GitCommandError:
            raise EmsError(_IDENTITY) from None


def commit_files(top: Path, paths: Sequence[str], message: str) -> str:
    """Commit these files (paths from the root of the repository) as they lie there; returns the commit's short name.

    "" where git has all of them as they are. Raises CommitRefusedError with git's own words; files that git did not
    know are then unknown to it again.
    """
    git = _git(top)
    if not git.status("--porcelain", "--ignored", "--untracked-files=all", "--", *paths):
        return ""
    new = [path for path in paths if (top / path).is_file() and not git.ls_files("-z", "--", path)]
    try:
        if new:
            git.add("--", *new)
        git.commit("--quiet", "--only", f"--message={message}", "--", *paths)
    except GitCommandError as error:
        if new:
            git.rm("--cached", "--quiet", "--force", "--ignore-unmatch", "--", *new)
        said = " ".join(f"{error.stderr}".removeprefix("\n  stderr: ").strip("'\n ").split())
        said = said or " ".join(f"{error.stdout}".removeprefix("\n  stdout: ").strip("'\n ").split())
        raise CommitRefusedError(
            f"written, but not committed: {', '.join(paths)}. Git, or a hook of this repository, said: {said}"
        ) from None
    return str(git.rev_parse("--short", "HEAD"))


def _git(top: Path) -> Git:
    runner = Git(str(top))
    runner.update_environment(GIT_TERMINAL_PROMPT="0", GIT_LITERAL_PATHSPECS="1")
    return runner
