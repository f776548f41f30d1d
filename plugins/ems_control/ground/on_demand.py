"""Collections of which each part is made when somebody asks for it: of much that is kept, little is looked at."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterable, Iterator, MutableMapping, Sequence, ValuesView
from contextlib import nullcontext
from itertools import chain
from typing import Generic, TypeVar, overload

from ems_control.ground.collector import collector_paused

T = TypeVar("T")


class Sliced(Sequence[T]):
    """A sequence of which so many parts are made at once; it does not grow."""

    def __init__(self, number: int, width: int, make: Callable[[int], list[T]]) -> None:
        """`make` gives a slice by its number: `width` parts, the last one what is left of the whole."""
        self._number, self._width, self._make = number, width, make
        self._slices: list[list[T] | None] = [None] * -(-number // width)

    def _slice(self, at: int) -> list[T]:
        found = self._slices[at]
        if found is None:
            found = self._slices[at] = self._make(at)
        return found

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> list[T]: ...
    def __getitem__(self, at: int | slice) -> T | list[T]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(self._number))]
        place = at + self._number if at < 0 else at
        if not 0 <= place < self._number:
            raise IndexError(at)
        return self._slice(place // self._width)[place % self._width]

    def __len__(self) -> int:
        return self._number

    def __iter__(self) -> Iterator[T]:
        return chain.from_iterable(map(self._slice, range(len(self._slices))))

    def made(self) -> Iterator[tuple[int, T]]:
        """The parts that somebody asked for, with their places."""
        for at, found in enumerate(self._slices):
            yield from enumerate(found or (), at * self._width)


class Chained(Sequence[T]):
    """A sequence, and what comes behind it: of the first, nothing is made that nobody asks for."""

    def __init__(self, first: Sequence[T], more: Sequence[T]) -> None:
        """They stay as they are."""
        self._first, self._more = first, more

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> list[T]: ...
    def __getitem__(self, at: int | slice) -> T | list[T]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        place, number = at + len(self) if at < 0 else at, len(self._first)
        if place < 0:
            raise IndexError(at)
        return self._first[place] if place < number else self._more[place - number]

    def __len__(self) -> int:
        return len(self._first) + len(self._more)

    def __iter__(self) -> Iterator[T]:
        return chain(self._first, self._more)

    def __reduce__(self) -> tuple[type, tuple[list[T]]]:
        return list, (list(self),)


class OnDemand(MutableMapping[str, T], Generic[T]):
    """What is had by a key, in the order of the keys."""

    def __init__(self, keys: Iterable[str], make: Callable[[str], T]) -> None:
        """`make` gives what a key stands for, once."""
        self._found: dict[str, T | None] = dict.fromkeys(keys)
        self._make = make

    def __getitem__(self, key: str) -> T:
        found = self._found[key]
        if found is None:
            found = self._found[key] = self._make(key)
        return found

    def __setitem__(self, key: str, one: T) -> None:
        self._found[key] = one

    def __delitem__(self, key: str) -> None:
        del self._found[key]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._found))

    def __len__(self) -> int:
        return len(self._found)

    def __contains__(self, key: object) -> bool:
        return key in self._found

    def values(self) -> ValuesView[T]:
        """All of it, made together."""
        self._whole()
        return super().values()

    def items(self) -> ItemsView[str, T]:
        """All of it, made together."""
        self._whole()
        return super().items()

    def _whole(self) -> None:
        missing = [key for key, one in self._found.items() if one is None]
        with collector_paused() if missing else nullcontext():
            for key in missing:
                _ = self[key]

    def made(self) -> list[T]:
        """What somebody asked for."""
        return [one for one in self._found.values() if one is not None]


class Lazily(dict[str, T]):
    """What is known by a key; of other keys somebody says who has it, and puts it here when asked to."""

    def __init__(self, known: dict[str, T], held: dict[str, str], fetch: Callable[[str], object]) -> None:
        """`held` says who has a key; `fetch` lets them put it here."""
        super().__init__(known)
        self._held, self._fetch = held, fetch

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or key in self._held

    def __missing__(self, key: str) -> T:
        self._fetch(self._held[key])
        return super().__getitem__(key) if super().__contains__(key) else self._lost(key)

    def _lost(self, key: str) -> T:
        raise KeyError(key)


def made(these: Sequence[T]) -> Iterator[tuple[int, T]]:
    """What is there of a sequence, with its places: of one in slices, what somebody asked for."""
    return these.made() if isinstance(these, Sliced) else iter(enumerate(these))
