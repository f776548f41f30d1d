"""Writing what a command made, committing it where asked, and what comes next, as it is typed where one stands."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from ems_control.approvals.lifecycle import State
from ems_control.approvals.needs import Need
from ems_control.cli.context import Context
from ems_control.cli.telling import own_word, tell
from ems_control.documents.history import Version
from ems_control.ground.errors import EmsError
from ems_control.ground.files import write_together
from ems_control.ground.formats.records import POLICY_ID
from ems_control.ground.git.committing import commit_files, require_identity
from ems_control.ground.text import log_safe, one_line
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.outstanding.missing_decisions import missing, rejected, told

commit_option = click.option("--commit", "commits", is_flag=True, help="Commit what is written, and nothing else.")


def say(*lines: str) -> None:
    """Say a line of which parts were written by people."""
    for line in lines:
        tell(line)


def command_line(context: Context, *words: str) -> str:
    """An `ems` command as it is typed where the reader stands."""
    root = ["--root", str(context.given)] if context.given else []
    return " ".join(["ems", *map(_quoted, [*root, *words])])


def _quoted(word: str) -> str:
    """A word as shells on every system read it; one with odd signs as a POSIX shell does."""
    if re.fullmatch(r"[\w./:~@=+-]+", word):
        return word
    return f'"{word}"' if re.fullmatch(r"[\w ./:~@=+,;()-]+", word) else shlex.quote(word)


@dataclass(frozen=True)
class Saving:
    """Whether what is written is committed; found out before anything is written."""

    top: Path
    commits: bool

    @staticmethod
    def begin(handbook: Handbook, commits: bool, writing: bool = False) -> Saving:
        """Raise EmsError where git has no identity or, for who is `writing`, people.yml knows nobody by its address."""
        repository = handbook.repository
        if commits:
            require_identity(repository.top)
        known = handbook.people.by_email(repository.email) or handbook.policy.is_external(repository.email)
        if commits and writing and not known:
            raise EmsError(
                f"git commits as {repository.email}, whom people.yml does not know: no approval of this text would "
                "count. Add the address to its person there, or set yours: git config user.email you@example.org"
            )
        return Saving(repository.top, commits)

    def write(self, files: Mapping[str, bytes], new: bool = False) -> None:
        """Write files (paths from the root of the repository), all or none."""
        for path in files:
            full = self.top / path
            if new and full.exists():
                raise EmsError(f"{path} is there already.")
            if full.is_symlink() or not full.parent.resolve().is_relative_to(self.top):
                raise EmsError(f"{path} lies outside of the repository.")
            full.parent.mkdir(parents=True, exist_ok=True)
        write_together({self.top / path: data for path, data in files.items()})

    def commit(self, paths: Sequence[str], words: str, quiet: bool = False) -> str:
        """Commit where asked, and say it unless `quiet`; returns the short name of the commit, if one was made."""
        name = commit_files(self.top, paths, words) if self.commits else ""
        if name and not quiet:
            click.echo(log_safe(one_line(f"{own_word('Committed')}: {name} {words}")))  # as git keeps it
        return name

    def commit_line(self, paths: Sequence[str], words: str) -> str:
        """The git commands that commit these files, as they are typed where the reader stands."""
        here = Path.cwd()
        inside = here.resolve().is_relative_to(self.top)
        names = [os.path.relpath(self.top / path, here.resolve()) if inside else path for path in paths]
        git = "git" if inside else f"git -C {_quoted(str(self.top))}"
        files = " ".join(map(_quoted, names))
        return f"{git} add -- {files}  and then  {git} commit -m {_quoted(words)} -- {files}"


def deciders(context: Context, handbook: Handbook, document: Document, version: Version) -> list[str]:
    """What comes next for a submitted text: who decides, and with which command; nothing where nothing is missing."""
    needs, kind = missing(handbook, document, version), document.kind
    if kind is None:
        return []
    lines = [f"{told(handbook, one)}." for one in rejected(handbook, document, version)]
    if needs and kind.level != "declared" and not handbook.records.ledger.of(POLICY_ID):
        policy = handbook.policy.policy_approval
        holders = [key for key, _ in handbook.people.holders(policy.role, handbook.day)]
        line = command_line(context, "approve", POLICY_ID, "--as", holders[0] if holders else "PERSON", "--key", "FILE")
        lines.append(f"Before anything can be approved, the policy must be, once: {line}")
    return [*lines, *(_decider(context, handbook, document, need) for need in needs)]


def _decider(context: Context, handbook: Handbook, document: Document, need: Need) -> str:
    assert document.kind is not None  # whoever asks has looked
    level, title = document.kind.level, handbook.people.title(need.role)
    persons = need.persons or need.deputies
    what = "Review" if need.action == "review" else "Approval"
    many = f"{need.number} persons, " if need.number > 1 else ""
    if not persons:
        return f"{what} as {title}: nobody who may. people.yml must give somebody the role, or a deputy."
    who = f"{what} as {title} by {many}{' or '.join(handbook.people.name(key) for key in persons)}"
    words = ["approve", document.id, "--as", persons[0]]
    words += ["--action", "review"] if need.action == "review" else []
    words += ["--commit"] if level == "declared" else ["--key", "FILE", "--commit"]
    there = "in the pull request at the forge, or " if level == "witnessed" else ""
    return f"{who}: {there}{command_line(context, *words)}"


def following(context: Context, document_id: str) -> None:
    """Say how a document stands once a decision is committed, and what comes next."""
    with context.open(None) as handbook:
        document = handbook.get(document_id)
        if document and document.history.head and document.state is not State.WITHDRAWN:
            head, newest = document.history.head, document.newest_approval
            if not (newest and newest.is_of(head)):
                say(*(f"Next: {line}" for line in deciders(context, handbook, document, head)))
                return
            since = f"in force since {newest.first_day}"
            coming = f"approved, in force from {newest.first_day}"
            state = since if newest.first_day <= handbook.day else coming
            where = ", on this branch" if handbook.repository.has_remote else ""
            say(f"{document.id} revision {newest.revision}: {state}{where}.")
        elif document:
            say(f"{document.id} is withdrawn.")
        say(_publishing(context, handbook))


def _publishing(context: Context, handbook: Handbook) -> str:
    push = "push, and merge at the forge (git push); or see it here: " if handbook.repository.has_remote else ""
    return f"Next: {push}{command_line(context, 'build')}"
