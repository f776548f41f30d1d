"""The doors for others: what installed distributions add under `ems_control.rules`, `.forges` and `.formats`.

What may be imported for it stands in `ems_control.api`.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

from ems_control.ground.errors import EmsError

Door = Literal["rules", "forges", "formats"]


@cache
def added(door: Door) -> dict[str, EntryPoint]:
    """What is added at a door, by name; raises EmsError where two distributions add one name."""
    found: dict[str, EntryPoint] = {}
    for point in sorted(entry_points(group=f"ems_control.{door}"), key=lambda point: point.name):
        other = found.setdefault(point.name, point)
        if other != point:
            both = f"{other.value} and {point.value}"
            raise EmsError(f"ems_control.{door}: {both} are both called {point.name}. Uninstall one of them.")
    return found


def take(door: Door, name: str) -> Any:
    """What a name at a door stands for; raises EmsError where it cannot be loaded."""
    point = added(door)[name]
    try:
        return point.load()
    except (ImportError, AttributeError, SyntaxError) as error:
        dist = point.dist.name if point.dist else "a distribution"
        raise EmsError(f"ems_control.{door}: {name} of {dist} cannot be loaded: {error}") from error
