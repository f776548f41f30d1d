"""Where the handbook lay before: a move of the whole set to another folder, or of `docs_dir`, is found and followed.

What looks like a move and changes anything besides is not followed: the handbook begins there (specification, Main and
landing). A handbook that lay at the place before, and that this one does not come from, is never hidden by a move.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

from ems_control.approvals.policy_history import PolicyHistory, docs_folder, policy_texts
from ems_control.ground.formats.records import FOLDER
from ems_control.ground.git.log import Commit, read_then
from ems_control.ground.git.moves import Move, Place, follow, follow_commits, measure
from ems_control.ground.git.repository import Repository
from ems_control.ground.organisation.people import PEOPLE_FILE
from ems_control.ground.organisation.policy import POLICY_FILE


def follow_folders(repository: Repository) -> list[Move]:
    """Follow every move of the whole set that ended where the handbook lies; the last found may be one that differs."""
    here = repository.prefix
    line = landings = repository.landings
    moves: list[Move] = []
    while move := _find(repository, landings, here, moves[-1].start if moves else len(line)):
        moves.append(move)
        if move.differs:
            break
        landings = follow(landings, move)
    if moves and _hides(line, here + POLICY_FILE, moves):
        return [replace(moves[0], differs=here + POLICY_FILE)]
    _follow(repository, [move for move in moves if not move.differs])
    return moves


def _follow(repository: Repository, moves: Sequence[Move]) -> None:
    for move in moves:
        landed = repository.landings[move.end].sha
        repository.count_landings(follow(repository.landings, move))
        repository.count_contributions(partial(follow_commits, move=move, landed=landed))


def _find(repository: Repository, landings: Sequence[Commit], here: str, before: int) -> Move | None:
    """The newest move to this folder in the landings before one (by order)."""
    known: dict[str, str] = {}
    found: tuple[int, dict[str, str], int] | None = None
    mine, since = False, 0
    for order, commit in enumerate(landings[:before]):
        own = next((change for change in commit.changes if change.path == here + POLICY_FILE), None)
        if own and own.after and not mine:
            found = order, dict(known), since
        if own and not own.after:
            since = order + 1
        mine = own.after is not None if own else mine
        for change in commit.changes:
            folder, _, name = change.path.rpartition("/")
            if name == POLICY_FILE and change.after and change is not own:
                known[folder] = change.after
    if found is None:
        return None
    order, others, since = found
    blob = next(c.after for c in landings[order].changes if c.path == here + POLICY_FILE and c.after)
    new = _place(repository, here, blob)
    for folder, old_blob in reversed(others.items()):
        old = _place(repository, folder + "/" if folder else "", old_blob)
        if old.folder != here and _looks_moved(landings, old, new, order):
            return measure(landings, old, new, order, since)
    return None


def _place(repository: Repository, folder: str, blob: str) -> Place:
    docs = docs_folder(repository.kept_blobs([blob])[blob])
    names = (FOLDER + "/", POLICY_FILE, PEOPLE_FILE)
    return Place(folder, {f"{docs}/": "docs/", **{name: name for name in names}})


def _looks_moved(landings: Sequence[Commit], old: Place, new: Place, order: int) -> bool:
    """Whether the old ems.yml goes in the landing that brings the new, or records of the one lie at the other."""
    if any(c.path == old.path(POLICY_FILE) and c.after is None for c in landings[order].changes):
        return True
    records: tuple[set[str], set[str]] = set(), set()
    for commit in landings[: order + 1]:
        for change in commit.changes:
            for place, found in zip((old, new), records, strict=True):
                key = place.key(change.path)
                if change.after and key and key.startswith(FOLDER + "/"):
                    found.add(f"{key} {change.after}")
    return bool(records[0] & records[1])


def _hides(line: Sequence[Commit], here: str, moves: Sequence[Move]) -> bool:
    """Whether another handbook lay at the place before, which the one that moved in did not come from."""
    ends = {
        order
        for order, commit in enumerate(line[: moves[0].order])
        if any(change.path == here and change.after is None for change in commit.changes)
    }
    come = {move.order for move in moves if not move.differs and _started(moves, move) == here}
    return not ends <= come


def _started(moves: Sequence[Move], move: Move) -> str:
    """Where ems.yml lay when a move began, by the names of that day."""
    path = move.old.path(POLICY_FILE)
    for later in reversed(moves[: moves.index(move)]):
        path = read_then(path, *later.ends)
    return path


def follow_docs(repository: Repository, chain: PolicyHistory) -> list[Move]:
    """Follow every move of `docs_dir` that its policy was approved with; the policies then name the new folder too."""
    approved = {link.digest for link in chain.links}
    named = [
        (text.order, docs_folder(text.policy))
        for text in policy_texts(repository)
        if text.policy and (chain.root is None or text.order < chain.root.order or text.digest in approved)
    ]
    moves: list[Move] = []
    for (_, was), (order, now) in reversed(list(pairwise(named))):
        if was == now:
            continue
        move = measure(repository.landings, _folder(repository, was), _folder(repository, named[-1][1]), order)
        if not _shared(repository.landings, move):
            continue
        moves.append(move)
        if move.differs:
            break
        _follow(repository, [move])
        chain.lie_in(was, named[-1][1])
    return moves


def _folder(repository: Repository, docs: str) -> Place:
    return Place(repository.prefix, {f"{docs}/": "docs/"})


def _shared(landings: Sequence[Commit], move: Move) -> bool:
    """Whether any file of the new folder was one of the old."""
    olds, news = set(), set()
    for commit in landings[: move.end + 1]:
        for change in commit.changes:
            old, new = move.old.key(change.path), move.new.key(change.path)
            olds |= {(old, change.after)} if old and change.after else set()
            news |= {(new, change.after)} if new and change.after else set()
    return bool(olds & news)
