"""Commits as `git log --raw -z` tells them: what each changes, when it landed, who stands behind it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from sys import intern

from ems_control.ground.git.trailers import co_authors

_FORMAT = "%x01%H%x00%T%x00%P%x00%ct%x00%at%x00%an%x00%ae%x00%ce%x00%B"
LOG_OPTIONS = [
    "-z",
    "--raw",
    "--no-abbrev",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-notes",
    f"--format=tformat:{_FORMAT}",
]
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When a commit landed whose date cannot be read: before everything else, so that whoever made it counts as author."""
_LATEST = int(datetime(9998, 12, 31, tzinfo=UTC).timestamp())

ELSEWHERE = "\0/"
"""Before a move: files beside the old place, which are not to be taken for those of the new one."""
SYMLINK, SUBMODULE, FILE, EXECUTABLE = "120000", "160000", "100644", "100755"


@dataclass(frozen=True, slots=True)
class Change:
    """One path changed by a commit: its blob in each parent and after (None where the path was or is absent).

    Names are interned: a log tells the same ones again and again.
    """

    path: str
    befores: tuple[str | None, ...]
    after: str | None
    mode: str


@dataclass(frozen=True)
class Commit:
    """A commit with what it changes: against its first parent in `landings`, against all in `contributions`."""

    sha: str
    parents: tuple[str, ...]
    landed: datetime
    authored: datetime
    author: str
    author_email: str
    committer_email: str
    message: str
    changes: tuple[Change, ...]
    moved: tuple[tuple[str, str], ...] = ()
    """Where the handbook moved since: pairs of the beginning of a path as it is read now, and as it was then."""

    def path_then(self, path: str) -> str:
        """Where a file lay when this landed."""
        for new, old in reversed(self.moved):
            path = read_then(path, new, old)
        return path

    @property
    def dated(self) -> bool:
        """Whether its committer date can be read; where not, `landed` is the earliest moment that there is."""
        return self.landed > NEVER

    @cached_property
    def co_authors(self) -> tuple[str, ...]:
        """E-mail addresses of the `Co-authored-by` lines, or the words of one that gives none."""
        return co_authors(self.message)

    @property
    def summary(self) -> str:
        """The first line of the message."""
        return self.message.strip().split("\n", 1)[0]


def read_now(path: str, new: str, old: str) -> str:
    """A path from before a move as it is read after it; what lay at the new place is put elsewhere."""
    if path.startswith(old):
        return new + path[len(old) :]
    return ELSEWHERE + path if path.startswith(new) else path


def read_then(path: str, new: str, old: str) -> str:
    """The same backwards: where something lay before a move."""
    if path.startswith(ELSEWHERE):
        return path[len(ELSEWHERE) :]
    return old + path[len(new) :] if path.startswith(new) else path


def read_log(log: Iterable[bytes]) -> Iterator[Commit]:
    """Read `git log -z --raw`, piece by piece: nine fields per commit, then its changes, all ended by NUL."""
    return (_commit(fields, changes) for fields, changes in _told(log))


def read_both(log: Iterable[bytes], tip: str) -> tuple[list[Commit], list[Commit]] | None:
    """Read a log that tells a merge once for each parent from which it differs: every commit, against all its parents;
    and the first-parent line to `tip`, oldest first, each against its first.

    Such a log does not say which parent is meant: those with another tree are. None where that is not as many.
    """
    trees: dict[str, str] = {}
    told: dict[str, tuple[Commit, list[tuple[Change, ...]]]] = {}
    for fields, changes in _told(log):
        if fields[0] in told:
            told[fields[0]][1].append(tuple(changes))
        else:
            trees[fields[0]], commit = fields[1], _commit(fields, changes)
            told[commit.sha] = commit, [commit.changes]
    for sha, (commit, against) in told.items():
        if len(commit.parents) > 1:
            others = [trees.get(parent) != trees[sha] for parent in commit.parents]
            if sum(others) != (len(against) if against[0] else 0):
                return None
            following = iter(against)
            each = [next(following) if other else () for other in others]
            told[sha] = replace(commit, changes=_combined(each)), [each[0]]
    line = []
    while tip:
        commit, against = told[tip]
        line.append(commit if against[0] == commit.changes else replace(commit, changes=against[0]))
        tip = commit.parents[0] if commit.parents else ""
    return [commit for commit, _ in told.values()], line[::-1]


def _combined(each: Sequence[Sequence[Change]]) -> tuple[Change, ...]:
    """What differs from all parents, as `git log -c` tells it; `each` is what differs from one of them."""
    first, *rest = each
    others = [{change.path: change for change in changes} for changes in rest]
    return tuple(
        replace(change, befores=(*change.befores, *(other[change.path].befores[0] for other in others)))
        for change in first
        if all(change.path in other for other in others)
    )


def _told(log: Iterable[bytes]) -> Iterator[tuple[list[str], list[Change]]]:
    """The fields and changes of each commit, or of a commit against each of its parents."""
    tokens = _tokens(log)
    fields: list[str] = []
    changes: list[Change] = []
    for token in tokens:
        raw = token.lstrip(b"\n")
        if raw.startswith(b":"):
            changes.append(_change(raw.decode("ascii"), tokens))
        elif raw:  # an empty token stands around a merge
            if fields:
                yield fields, changes
            fields = [field.decode("utf-8", "replace") for field in (token[1:], *itertools.islice(tokens, 8))]
            changes = []
    if fields:
        yield fields, changes


def _tokens(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """What stands between NULs."""
    rest = b""
    for piece in pieces:
        *tokens, rest = (rest + piece).split(b"\0")
        yield from tokens
    yield rest


def read_changes(raw: bytes) -> Iterator[Change]:
    """Read `git diff-tree -z --raw` of two trees."""
    tokens = _tokens((raw,))
    for token in tokens:
        if token.startswith(b":"):
            yield _change(token.decode("ascii"), tokens)


def _commit(fields: list[str], changes: Sequence[Change]) -> Commit:
    sha, _, parents, committed, authored, author, author_email, committer_email, message = fields
    return Commit(
        intern(sha),
        tuple(map(intern, parents.split())),
        _moment(committed),
        _moment(authored),
        intern(author),
        intern(author_email),
        intern(committer_email),
        message,
        tuple(changes),
    )


@lru_cache(maxsize=20_000)  # of a commit both are often the same
def _moment(seconds: str) -> datetime:
    """The moment of a count of seconds since 1970; NEVER for what is none, or lies beyond the days that we can name."""
    known = seconds.isascii() and seconds.isdigit() and len(seconds) < len(str(_LATEST)) + 1
    return datetime.fromtimestamp(int(seconds), UTC) if known and int(seconds) <= _LATEST else NEVER


def _change(raw: str, tokens: Iterator[bytes]) -> Change:
    parents = len(raw) - len(raw.lstrip(":"))
    words = raw.lstrip(":").split(" ")
    mode = words[parents]
    names = words[parents + 1 : 2 * parents + 2]
    path = next(tokens).decode("utf-8", "surrogateescape")
    if words[-1][0] in "RC":
        path = next(tokens).decode("utf-8", "surrogateescape")
    *befores, after = (intern(name) if name.strip("0") else None for name in names)
    return Change(intern(path), tuple(befores), after, intern(mode))
