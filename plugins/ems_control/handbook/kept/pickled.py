"""Objects as they are written for another run of the same program; where they lie, only our own seal is believed.

What belongs to the run, or stands elsewhere in what is written, is named in its place. Nothing else is made of what is
read than our own classes and a few plain ones.
"""

from __future__ import annotations

import copyreg
import io
import pickle
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from zoneinfo import ZoneInfo

_OURS = "ems_control."
_OTHERS = {
    "builtins": {"set", "frozenset", "list", "dict"},
    "collections": {"defaultdict"},
    "datetime": {"date", "datetime", "timedelta", "timezone"},
    "functools": {"partial"},
}
"""The only things beside our own classes that something written is made of."""
_FUNCTIONS = {("ems_control.ground.git.moves", "follow_commits")}
Naming = Callable[[Any], tuple[Any, ...]]
"""How something is named that stands elsewhere."""


def _named_zone(zone: ZoneInfo) -> tuple[Any, ...]:
    return _zone, (zone.key,)


class Writer(pickle.Pickler):
    """Writes an object graph; `named` says by type how something is named that is not to be written."""

    def __init__(self, file: Any, named: dict[type, Naming]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.dispatch_table = {**copyreg.dispatch_table, ZoneInfo: _named_zone, **named}


class _Reader(pickle.Unpickler):
    """Names are looked up among `given`."""

    def __init__(self, file: io.BytesIO, given: dict[str, Callable[..., Any]]) -> None:
        super().__init__(file)
        self._given: dict[str, Callable[..., Any]] = {"_zone": ZoneInfo, **given}

    def find_class(self, module: str, name: str) -> Any:
        """A class by its name, where it is one of those that something written is made of."""
        if module == __name__ and name in self._given:
            return self._given[name]
        known = module.startswith(_OURS) and name[:1].isupper()
        if known or (module, name) in _FUNCTIONS or name in _OTHERS.get(module, ()):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name}")


def read(data: bytes | memoryview, **given: Callable[..., Any]) -> Any:
    """What was written; raises UnpicklingError where it holds what nothing written is made of."""
    return _Reader(io.BytesIO(data), given).load()


def load(data: bytes | memoryview | None, **given: Callable[..., Any]) -> Any:
    """The same; None where that is nothing, or holds what nothing written is made of."""
    with suppress(pickle.UnpicklingError):
        return read(data, **given) if data else None
    return None


def dumped(one: object, named: dict[type, Naming]) -> bytes:
    """An object as bytes."""
    file = io.BytesIO()
    Writer(file, named).dump(one)
    return file.getvalue()


def numbered(stands_for: Callable[..., Any], numbers: dict[int, int], strict: bool = False) -> Naming:
    """Names objects by their number (`numbers` goes by `id`).

    Those without one are written; where it is `strict`, none is without: KeyError.
    """

    def name(one: Any) -> Any:
        if strict or id(one) in numbers:
            return stands_for, (numbers[id(one)],)
        return one.__reduce_ex__(pickle.HIGHEST_PROTOCOL)

    return name


def always(stands_for: Callable[..., Any]) -> Naming:
    """Names objects of which there is one."""
    return lambda _: (stands_for, ())


class Whole:
    """In the place of a whole that is written elsewhere, by its name."""

    def __init__(self, name: str) -> None:
        """`name` says what it is."""
        self.name = name


def named_whole(one: Whole) -> tuple[Any, ...]:
    """How such a place is written."""
    return whole, (one.name,)


def _zone(*_: Any) -> Any:
    """Stands for a time zone, by its name."""


def whole(*_: Any) -> Any:
    """Stands for a whole that is written elsewhere, by its name."""


def repository() -> Any:
    """Stands for the repository of the run that reads."""


def store() -> Any:
    """Stands for its texts."""


def version(*_: Any) -> Any:
    """Stands for a text, by its place in the history of its document."""


def entry(*_: Any) -> Any:
    """Stands for a record as it landed, by its place in the ledger."""


def record(*_: Any) -> Any:
    """Stands for what such a record says."""


def landing(*_: Any) -> Any:
    """Stands for a landing, by its order."""


def reading(*_: Any) -> Any:
    """Stands for how texts are read, by its number."""
