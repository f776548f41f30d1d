"""A handbook that moved to another folder of its repository, every file equal, is followed as if it always lay there.

So is one whose `docs_dir` moved (specification, Main and landing). The landings and commits before the move are read at
the new place. A move may take several landings: what counts is that none of them changes anything but places, and that
the old place is gone in the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ems_control.ground.git.log import EXECUTABLE, FILE, Change, Commit, read_now

_Files = dict[str, tuple[str, str]]
"""What lies at each key: the blob, and the mode where it is no plain file."""


@dataclass(frozen=True)
class Place:
    """A folder of the repository ("" or one that ends in /), and what of it belongs to the handbook there.

    `parts` maps the beginning of a path in the folder (a file, or a folder with its /) to the same at any place.
    """

    folder: str
    parts: Mapping[str, str]

    def key(self, path: str) -> str | None:
        """What a path is, wherever the handbook lies; None where it does not belong to it."""
        if not path.startswith(self.folder):
            return None
        rest = path[len(self.folder) :]
        for part, name in self.parts.items():
            if rest == part or (part.endswith("/") and rest.startswith(part)):
                return name + rest[len(part) :]
        return None

    def path(self, key: str) -> str:
        """The path of something there."""
        part, name = next((part, name) for part, name in self.parts.items() if key.startswith(name))
        return self.folder + part + key[len(name) :]


@dataclass(frozen=True)
class Move:
    """From `old` to `new`, in the landings `start` to `end` (by order); `order` is the one that says so.

    `differs` is the first file that is not as it was, or still at the old place: such a move is not followed.
    """

    old: Place
    new: Place
    order: int
    start: int
    end: int
    differs: str = ""

    @property
    def ends(self) -> tuple[str, str]:
        """The new folder and the old one whose files are read there; of `docs_dir`, if only that moved."""
        if self.old.folder != self.new.folder:
            return self.new.folder, self.old.folder
        return self.new.path("docs/"), self.old.path("docs/")


def measure(landings: Sequence[Commit], old: Place, new: Place, order: int, since: int = 0) -> Move:
    """The move that a landing tells of, with all the landings it took; `since` is where the new place began."""
    before, after = _Tree(old), _Tree(new)
    start, differs = -1, ""
    for number, commit in enumerate(landings):
        moving = number >= since and any(new.key(change.path) is not None for change in commit.changes)
        start = number if moving and start < 0 else start
        was = _union(before, after) if moving and not differs else _Files()
        before.step(commit)
        if number >= since:
            after.step(commit)
        if moving and not differs:
            now = _union(before, after)
            changed = sorted(key for key in {*was, *now} if was.get(key) != now.get(key))
            differs = new.path(changed[0]) if changed else ""
        if start >= 0 and number >= order and not before.files:
            return Move(old, new, order, start, number, differs)
    left = sorted(old.path(key) for key in before.files)
    return Move(old, new, order, max(start, 0), len(landings) - 1, differs or (left[0] if left else ""))


class _Tree:
    def __init__(self, place: Place) -> None:
        self.place, self.files = place, _Files()

    def step(self, commit: Commit) -> None:
        for change in commit.changes:
            key = self.place.key(change.path)
            if key is None:
                continue
            if change.after is None:
                self.files.pop(key, None)
            else:
                self.files[key] = (change.after, "" if change.mode in (FILE, EXECUTABLE) else change.mode)


def _union(old: _Tree, new: _Tree) -> _Files:
    return {**old.files, **new.files}


def follow(landings: Sequence[Commit], move: Move) -> list[Commit]:
    """The landings as if the handbook had always lain at the new place."""
    old, new = _Tree(move.old), _Tree(move.new)
    found = []
    for number, commit in enumerate(landings):
        within = move.start <= number <= move.end
        was = _union(old, new) if within else _Files()
        old.step(commit)
        if within:
            new.step(commit)
        if number < move.start:
            changes = tuple(change._replace(path=read_now(change.path, *move.ends)) for change in commit.changes)
            found.append(commit._replace(changes=changes, moved=(*commit.moved, move.ends)))
        elif within:
            found.append(commit._replace(changes=tuple(_joined(commit.changes, move, was, _union(old, new)))))
        else:
            found.append(commit)
    return found


def _joined(changes: Iterable[Change], move: Move, was: _Files, now: _Files) -> Iterator[Change]:
    """The changes of a landing that moves: each file once, at the new place, and only where it is another."""
    done = set()
    for change in changes:
        key = move.new.key(change.path) or move.old.key(change.path)
        if key is None:
            yield change
        elif key not in done and was.get(key) != now.get(key):
            done.add(key)
            blob, mode = now.get(key, (None, "000000"))
            yield Change(move.new.path(key), (was.get(key, (None, ""))[0],), blob, mode or FILE)


def follow_commits(commits: Sequence[Commit], move: Move, landed: str) -> list[Commit]:
    """Every commit behind main, in the same way; `landed` is the commit with which the move was complete.

    What builds on that one may use the old place for something else; a branch begun before may still write there.
    """
    later = _behind(commits, landed)
    written = {(path, c.after) for one in commits if len(one.parents) < 2 for c in one.changes
               if (path := _place(c.path, move))}  # fmt: skip
    found = []
    for commit in commits:
        changes = list(commit.changes if commit.sha in later else _paired(commit.changes, move))
        if len(commit.parents) > 1:  # a merge of an old branch: its side has the file at the old place
            changes = [c for c in changes if None not in c.befores or (c.path, c.after) not in written]
        found.append(commit._replace(changes=tuple(changes)))
    return found


def _place(path: str, move: Move) -> str | None:
    key = move.new.key(path) or move.old.key(path)
    return None if key is None else move.new.path(key)


def _paired(changes: Iterable[Change], move: Move) -> Iterator[Change]:
    """A file that goes at the old place and comes at the new is one change, or none."""
    pairs: dict[str, list[Change]] = {}
    for change in changes:
        path = _place(change.path, move) or read_now(change.path, *move.ends)
        pairs.setdefault(path, []).append(change)
    for path, found in pairs.items():
        newest = next((change for change in found if change.after is not None), found[0])
        befores = tuple(
            next((change.befores[n] for change in found if change.befores[n] is not None), None)
            for n in range(len(newest.befores))
        )
        if len(found) == 1 or any(before != newest.after for before in befores):
            yield Change(path, befores, newest.after, newest.mode)


def _behind(commits: Sequence[Commit], landed: str) -> set[str]:
    """The commits that build on one, however far."""
    children: dict[str, list[str]] = {}
    for commit in commits:
        for parent in commit.parents:
            children.setdefault(parent, []).append(commit.sha)
    found: set[str] = set()
    waiting = [landed]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in found:
                found.add(child)
                waiting.append(child)
    return found
