"""A room is small enough to be known: at most 20 modules in a folder, fewer than 3,500 lines."""

from __future__ import annotations

from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "plugins" / "ems_control"
ROOMS = sorted({path.parent.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")})


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_is_small(room: str) -> None:
    modules = list((PACKAGE / room).glob("*.py"))
    assert len([path for path in modules if path.name != "__init__.py"]) <= 20
    assert sum(len(path.read_text("utf-8").splitlines()) for path in modules) < 3500


def test_there_are_rooms() -> None:
    assert len(ROOMS) > 30
