"""Which commits changed a file, and with which landing each came onto main: then of a long log few commits are read."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ems_control.ground.git.log import Commit

_NUMBER: Final = "I"


@dataclass(frozen=True)
class Brought:
    """The commits behind so many landings that change files in some folders (each with its /).

    They are told as bytes: their names, the orders of the landings that brought them, and by path their numbers.
    """

    folders: tuple[str, ...]
    landings: int
    names: bytes
    orders: bytes
    by_path: dict[str, bytes]

    def covers(self, paths: Iterable[str]) -> bool:
        """Whether all that changed these files is known."""
        return all(path.startswith(self.folders) for path in paths)

    def to(self, path: str) -> Iterator[tuple[int, str]]:
        """The commits that changed a path: the landing that brought each, and its name."""
        orders = memoryview(self.orders).cast(_NUMBER)
        width = len(self.names) // len(orders) if orders else 0
        for at in memoryview(self.by_path.get(path, b"")).cast(_NUMBER):
            yield orders[at], self.names[at * width : (at + 1) * width].hex()

    def and_more(self, commits: Iterable[tuple[int, Commit]], landings: int) -> Brought:
        """The same with commits that came in since, each with the landing that brought it."""
        orders, names = array(_NUMBER, self.orders), bytearray(self.names)
        more: defaultdict[str, array[int]] = defaultdict(lambda: array(_NUMBER))
        for order, commit in commits:
            paths = [path for path in commit.paths if path.startswith(self.folders)]
            if not paths:
                continue
            for path in paths:
                more[path].append(len(orders))
            orders.append(order)
            names += bytes.fromhex(commit.sha)
        by_path = {path: self.by_path.get(path, b"") + numbers.tobytes() for path, numbers in more.items()}
        return Brought(self.folders, landings, bytes(names), orders.tobytes(), {**self.by_path, **by_path})


def orders_of(landings: Sequence[Commit], first: int, parents: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """For each of these commits, the order of the first landing behind which it lies; `first` is that of the first."""
    found: dict[str, int] = {}
    for order, landing in enumerate(landings, first):
        stack = [landing.sha]
        while stack:
            sha = stack.pop()
            if sha not in found and sha in parents:
                found[sha] = order
                stack.extend(parents[sha])
    return found
