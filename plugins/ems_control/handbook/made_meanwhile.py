"""What rules will ask of many texts, made by a second process while this one judges documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ems_control.ground.second_process import Second, may_fork
from ems_control.handbook.verification import Told

MANY_TEXTS = 100
"""Of fewer texts this is done as fast where it is asked for."""
Parts = tuple[str, ...]
"""What something is made of, and how."""


class MadeMeanwhile:
    """Begins at once; whoever asks waits for all of it."""

    def __init__(self, jobs: dict[Parts, Callable[[], Iterable[Any]]], told: Told) -> None:
        """`told` is told where the second process ends early."""
        self._told, self._jobs = told, jobs
        self._made: dict[Parts, list[Any]] | None = None
        can = len(jobs) >= MANY_TEXTS and may_fork()
        self._second = Second(lambda: [list(make()) for make in jobs.values()]) if can else None

    def take(self, parts: Parts) -> list[Any] | None:
        """What was made of these parts; None where that was nobody's work."""
        if self._second is None or parts not in self._jobs:
            return None
        if self._made is None:
            self._made = dict(zip(self._jobs, self._second.result(self._told), strict=True))
        return self._made[parts]

    def close(self) -> None:
        """End it, where nobody asked."""
        if self._second:
            self._second.end()
