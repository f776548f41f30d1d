"""The suite as a whole: so many attacks, each with a rule and an innocent twin; the threat model's page tells them."""

from __future__ import annotations

from ems_control.rules.book import find_rule
from tests.attacks import test_authorship as on_authorship
from tests.attacks import test_changes as on_changes
from tests.attacks import test_git as on_git
from tests.attacks import test_landing_days as on_landing_days
from tests.attacks import test_records as on_records
from tests.attacks import test_texts as on_texts
from tests.attacks.scene import ATTACKS, TWINS

MODULES = (on_authorship, on_changes, on_git, on_landing_days, on_records, on_texts)


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
