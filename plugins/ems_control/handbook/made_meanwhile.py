"""What rules will ask of many texts, made by a second process while this one judges documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ems_control.ground.second_process import Second, may_fork
from ems_control.handbook.kept.kept_history import key_of_parts
from ems_control.handbook.verification import Told

MANY_TEXTS = 100
"""Of fewer texts this is done as fast where it is asked for."""
Parts = tuple[str, ...]
"""What something is made of, and how."""


class MadeMeanwhile:
    """Begins at once; whoever asks waits for all of it."""

    def __init__(self, jobs: dict[Parts, Callable[[], Iterable[Any]]], told: Told) -> None:
        """`told` is told where the second process ends early."""
        self._told, self._keys = told, [key_of_parts(parts) for parts in jobs]
        self._made: dict[bytes, list[Any]] | None = None
        can = len(jobs) >= MANY_TEXTS and may_fork()
        self._second = Second(lambda: [list(make()) for make in jobs.values()]) if can else None

    def take(self, parts: Parts) -> list[Any] | None:
        """What was made of these parts; None where that was nobody's work."""
        if self._made is None and self._second:
            self._made = dict(zip(self._keys, self._second.result(self._told), strict=True))
            self._second = None  # and with it the texts
        return self._made.get(key_of_parts(parts)) if self._made else None

    def close(self) -> None:
        """End it, where nobody asked."""
        if self._second:
            self._second.end()
