"""Commits as `git log --raw -z` tells them: what each changes, when it landed, who stands behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from sys import intern
from typing import Any, NamedTuple

from ems_control.ground.counting import count
from ems_control.ground.git.trailers import co_authors

_FORMAT = "%x01%H%x00%T%x00%P%x00%ct%x00%at%x00%an%x00%ae%x00%ce%x00%B"
_FIELDS = 9
_END = b"\x01\0"
"""What would follow behind the last commit."""
LOG_OPTIONS = [
    "-z",
    "--raw",
    "--no-abbrev",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-notes",
    "--no-follow",
    "--no-renames",
    f"--format=tformat:{_FORMAT}",
]
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When a commit landed whose date cannot be read: before everything else, so that whoever made it counts as author."""
_LATEST = int(datetime(9998, 12, 31, tzinfo=UTC).timestamp())

ELSEWHERE = "\0/"
"""Before a move: files beside the old place, which are not to be taken for those of the new one."""
SYMLINK, SUBMODULE, FILE, EXECUTABLE = "120000", "160000", "100644", "100755"
Told = tuple[list[bytes], Sequence[bytes]]
"""The fields of a commit, and its changes: of each the words of git, then the path."""


class Change(NamedTuple):
    """One path changed by a commit: its blob in each parent and after (None where the path was or is absent).

    Names are interned: a log tells the same ones again and again.
    """

    path: str
    befores: tuple[str | None, ...]
    after: str | None
    mode: str


class Changes(Sequence[Change]):
    """What a commit changes, taken apart when somebody looks: of most commits only the paths are ever asked for."""

    __slots__ = ("_made", "_told")

    def __init__(self, told: Sequence[bytes], made: tuple[Change, ...] | None = None) -> None:
        """`told` are the words of git about each change, and its path; or they are `made` of it already."""
        self._told, self._made = told, made

    @property
    def paths(self) -> list[str]:
        """The paths alone."""
        if self._made is not None:
            return [change.path for change in self._made]
        return [path.decode("utf-8", "surrogateescape") for path in self._told[1::2]]

    @property
    def whole(self) -> tuple[Change, ...]:
        """All that is told of them."""
        if self._made is None:
            self._made = tuple(map(_change, self._told[::2], self._told[1::2]))
            self._told = ()
        return self._made

    def __getitem__(self, at: Any) -> Any:
        return self.whole[at]

    def __iter__(self) -> Iterator[Change]:
        return iter(self.whole)

    def __len__(self) -> int:
        return len(self._told) // 2 if self._made is None else len(self._made)

    def __eq__(self, other: object) -> bool:
        return self.whole == (other.whole if isinstance(other, Changes) else other)

    def __hash__(self) -> int:
        return hash(self.whole)

    def __reduce__(self) -> tuple[Any, ...]:
        return Changes, ((), self.whole)


class Commit(NamedTuple):
    """A commit with what it changes: against its first parent in `landings`, against all in `contributions`."""

    sha: str
    parents: tuple[str, ...]
    landed: datetime
    authored: datetime
    author: str
    author_email: str
    committer_email: str
    message: str
    changes: Sequence[Change]
    moved: tuple[tuple[str, str], ...] = ()
    """Where the handbook moved since: pairs of the beginning of a path as it is read now, and as it was then."""

    def path_then(self, path: str) -> str:
        """Where a file lay when this landed."""
        for new, old in reversed(self.moved):
            path = read_then(path, new, old)
        return path

    @property
    def paths(self) -> Sequence[str]:
        """The paths that it changes."""
        changes = self.changes
        return changes.paths if isinstance(changes, Changes) else [change.path for change in changes]

    @property
    def dated(self) -> bool:
        """Whether its committer date can be read; where not, `landed` is the earliest moment that there is."""
        return self.landed > NEVER

    @property
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
    return (_commit(fields, Changes(told)) for fields, told in _told(log))


def read_both(log: Iterable[bytes], tip: str) -> tuple[list[Commit], list[Commit]] | None:
    """Read a log that tells a merge once for each parent from which it differs: every commit, against all its parents;
    and the first-parent line to `tip`, oldest first, each against its first.

    Such a log does not say which parent is meant: those with another tree are. None where that is not as many.
    """
    trees: dict[str, bytes] = {}
    found: dict[str, Commit] = {}
    against: dict[str, list[Sequence[Change]]] = {}
    for fields, told in _told(log):
        commit = _commit(fields, Changes(told))
        if commit.sha not in found:
            found[commit.sha], trees[commit.sha] = commit, fields[1]
        if len(commit.parents) > 1:
            against.setdefault(commit.sha, []).extend([commit.changes] if told else [])
    _moment.cache_clear()
    first: dict[str, Sequence[Change]] = {}
    for sha, merged in against.items():
        others = [trees.get(parent) != trees[sha] for parent in found[sha].parents]
        if sum(others) != len(merged):
            return None
        following = iter(merged)
        each = [next(following) if other else () for other in others]
        first[sha] = each[0]
        found[sha] = found[sha]._replace(changes=_combined(each))
    line = []
    while tip:
        commit = found[tip]
        line.append(commit._replace(changes=first[tip]) if tip in first else commit)
        tip = commit.parents[0] if commit.parents else ""
    return list(found.values()), line[::-1]


def _combined(each: Sequence[Sequence[Change]]) -> tuple[Change, ...]:
    """What differs from all parents, as `git log -c` tells it; `each` is what differs from one of them."""
    first, *rest = each
    if not all(each):
        return ()
    others = [{change.path: change for change in changes} for changes in rest]
    return tuple(
        change._replace(befores=(*change.befores, *(other[change.path].befores[0] for other in others)))
        for change in first
        if all(change.path in other for other in others)
    )


def _told(log: Iterable[bytes]) -> Iterator[Told]:
    """The fields and changes of each commit, or of a commit against each of its parents."""
    tokens = [b""]
    for piece in chain(log, (_END,)):
        tokens[-1:] = (tokens[-1] + piece).split(b"\0")
        start = 0
        while found := _first_told(tokens, start):
            start, told = found
            yield told
        del tokens[:start]


def _first_told(tokens: Sequence[bytes], start: int) -> tuple[int, Told] | None:
    """What stands in these tokens from one on, and where the next begins; None where it may go on behind them."""
    while start < len(tokens) and tokens[start].strip(b"\n") == b"":  # such a token stands around a merge
        start += 1
    at, changes = start + _FIELDS, list[bytes]()
    while at + 1 < len(tokens):
        words = tokens[at].lstrip(b"\n")
        if words.startswith(b":"):
            changes += words, tokens[at + 1]
            at += 2
        elif words:
            return at, (list(tokens[start : start + _FIELDS]), changes)
        else:
            at += 1
    return None


def read_changes(raw: bytes) -> Changes:
    """Read `git diff-tree -z --raw` of two trees."""
    return Changes(raw.split(b"\0")[:-1])


def _commit(fields: Sequence[bytes], changes: Changes) -> Commit:
    count("commits_read")
    words = [field.decode("utf-8", "replace") for field in fields]
    sha, _, parents, committed, authored, author, author_email, committer_email, message = words
    return Commit(
        intern(sha.lstrip("\n\x01")),
        tuple(map(intern, parents.split())),
        _moment(committed),
        _moment(authored),
        intern(author),
        intern(author_email),
        intern(committer_email),
        message,
        changes,
    )


@lru_cache(maxsize=20_000)  # of a commit both are often the same
def _moment(seconds: str) -> datetime:
    """The moment of a count of seconds since 1970; NEVER for what is none, or lies beyond the days that we can name."""
    known = seconds.isascii() and seconds.isdigit() and len(seconds) < len(str(_LATEST)) + 1
    return datetime.fromtimestamp(int(seconds), UTC) if known and int(seconds) <= _LATEST else NEVER


def _change(raw: bytes, path: bytes) -> Change:
    words = raw.decode("ascii").lstrip(":").split(" ")
    parents = (len(words) - 3) // 2
    names = words[parents + 1 : -1]
    *befores, after = [intern(name) if name.strip("0") else None for name in names]
    return Change(intern(path.decode("utf-8", "surrogateescape")), tuple(befores), after, intern(words[parents]))
