"""The suite as a whole: so many attacks, each with a rule and an innocent twin; the threat model's page tells them."""

from __future__ import annotations

import importlib
from pathlib import Path

from ems_control.rules.book import find_rule
from tests.attacks.scene import ATTACKS, TWINS

MODULES = [
    importlib.import_module(f"tests.attacks.{path.stem}")
    for path in sorted(Path(__file__).parent.glob("test_*.py"))
    if path != Path(__file__)
]


def test_every_attack_has_a_rule_and_an_innocent_twin() -> None:
    assert len(ATTACKS) >= 40
    assert set(TWINS) == set(ATTACKS)
    assert all(find_rule(rule).code == rule for rule, _ in ATTACKS.values())


def test_every_attack_and_twin_is_collected() -> None:
    """A name given twice would hide a test."""
    there = {name for module in MODULES for name in vars(module)}
    twins = [name for names in TWINS.values() for name in names]
    assert len(twins) == len(set(twins))
    assert {*ATTACKS, *twins} <= there
