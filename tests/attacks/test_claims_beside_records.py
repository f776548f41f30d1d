"""Names and days in front matter beside records: they say the same, or are told (EMS308, EMS309)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.attacks.scene import Scene, moment, scene
from tests.attacks.test_who_and_when import OTHER, baselines, steer, two_managers


def told(s: Scene, rule: str) -> list[str]:
    """What the check says by one rule."""
    return [one["message"] for one in s.check().json["findings"] if one["rule"] == rule]


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({}, []),
        ({"approved_by": "[b.boss, c.deputy]", "approved_on": "2026-01-13"}, []),
        ({"approved_by": "[c.deputy, b.boss]"}, []),
        ({"approved_by": "[b.boss]"}, ["approved_by says b.boss, the records say b.boss, c.deputy"]),
        (
            {"approved_by": "[b.boss, c.deputy, d.deputy]"},
            ["approved_by says b.boss, c.deputy, d.deputy, the records say b.boss, c.deputy"],
        ),
        ({"approved_on": "2026-01-12"}, ["approved_on says 2026-01-12, the records say 2026-01-13"]),
    ],
)
def test_what_two_approved_on_two_days(keys: dict[str, str], words: list[str], tmp_path: Path) -> None:
    """All who decided, and the day of the last."""
    s = steer(scene(tmp_path), two_managers)
    s.draft(OTHER, **keys).commit()
    s.approve(OTHER, at=moment(date(2026, 1, 12)))
    s.approve(OTHER, by="c.deputy", at=moment(date(2026, 1, 13)))
    assert OTHER in s.in_force()
    assert told(s, "EMS309") == words


def test_what_was_taken_over_names_who_approved_the_paper(tmp_path: Path) -> None:
    s = steer(scene(tmp_path), baselines("2026-03-01"))
    s.draft(OTHER, approved_by="[e.gone]", approved_on="2025-12-05").commit()
    s.approve(OTHER, action="baseline")
    assert OTHER in s.in_force()
    assert told(s, "EMS309") == []
