"""One lost key does not end a handbook: two persons or a recovery key before the first policy (specification)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.attacks.scene import ID, Scene, scene
from tests.examples import make
from tests.running import ems
from tests.signing import give_keys, key_of

Tree = dict[str, Any]
PAPER: Tree = {"name": "Recovery key", "keys": [{"key": key_of("paper").public, "from": "2020-01-01"}]}


def alone(tmp_path: Path, recovery: bool = False) -> Scene:
    """A handbook without a root, whose policy role has one person with a key."""
    root = make(tmp_path / "handbook", f"docs/procedures/{ID}.md")
    give_keys(root)
    stage = Scene(root, date(2026, 1, 8))

    def lose(people: Tree) -> None:
        people["c.deputy"].pop("keys")
        if recovery:
            people["recovery"] = {
                "name": "Recovery key",
                "keys": [{"key": key_of("paper").public, "from": "2020-01-01"}],
            }

    stage.people(lose).commit("b.boss")
    return stage


def approve(stage: Scene, who: str, *options: str) -> tuple[int, str]:
    """`ems approve policy` today."""
    file = stage.root.with_name(f"{who}.key")
    file.write_bytes(key_of("paper" if who == "recovery" else who).private)
    outcome = ems(stage.root, "approve", "policy", "--as", who, "--key", str(file), *options, day=None)
    return outcome.status, outcome.out + outcome.err


def test_the_first_policy_is_refused_where_one_key_could_be_lost(tmp_path: Path) -> None:
    stage = alone(tmp_path)
    status, words = approve(stage, "b.boss")
    assert (status, "fewer than two persons with keys" in words) == (2, True)
    assert not (stage.root / "approvals").exists()
    assert "EMS825" in {one["rule"] for one in stage.check().json["findings"]}
    assert "only one key" in ems(stage.root, "doctor", day=None).out


def test_a_spoken_exception_stands_in_the_record_and_stays_a_warning(tmp_path: Path) -> None:
    stage = alone(tmp_path)
    status, _ = approve(stage, "b.boss", "--one-key-only", "The firm is one person.")
    assert status == 0
    [record] = (stage.root / "approvals/policy").glob("*.json")
    assert "The firm is one person." in record.read_text()
    stage.day = datetime.now(UTC).date()
    stage.commit("b.boss")
    outcome = ems(stage.root, "verify", "--format", "json", day="2099-01-01")
    assert [one["rule"] for one in outcome.json["breaks"]] == []
    found = {one["rule"]: one["severity"] for one in stage.check(day="2099-01-01").json["findings"]}
    assert found["EMS825"] == "warning"


@pytest.mark.parametrize("kind", ["a second person", "a recovery key"])
def test_two_persons_or_a_recovery_key_are_enough(kind: str, tmp_path: Path) -> None:
    stage = alone(tmp_path, recovery=kind == "a recovery key")
    if kind == "a second person":
        give_keys(stage.root)
        stage.commit("b.boss")
    assert approve(stage, "b.boss")[0] == 0
    assert "EMS825" not in {one["rule"] for one in stage.check().json["findings"]}


def saved(tmp_path: Path) -> Scene:
    """A signed handbook with a recovery key in force."""
    stage = scene(tmp_path)
    return stage.policy(lambda people: people.update(recovery=PAPER))


def recover(stage: Scene, document: str = "policy", **changes: Any) -> None:
    """The recovery key signs."""
    stage.sign(document, "recovery", key="paper", role="recovery", **changes)
    stage.commit("b.boss")


def test_the_recovery_key_gives_new_keys_alone_and_is_named_until_the_next_policy(tmp_path: Path) -> None:
    stage = saved(tmp_path)
    new = {"key": key_of("new").public, "from": str(stage.day)}
    stage.people(lambda people: people["b.boss"]["keys"].append(new)).commit("b.boss")
    recover(stage)
    report = stage.verify().json
    assert (report["breaks"], report["recovered"]) == ([], True)
    assert "recovery key" in ems(stage.root, "doctor", day=None).out
    stage.revise().commit()
    stage.approve(ID, "b.boss", key="new")
    assert stage.in_force()[ID][0] == 2
    stage.policy(lambda people: people["a.author"].update(name="Alex Author"))
    report = stage.verify().json
    assert (report["breaks"], report["recovered"]) == ([], False)


def test_the_recovery_key_changes_nothing_but_people(tmp_path: Path) -> None:
    stage = saved(tmp_path)
    stage.replace("ems.yml", "level: signed", "level: declared").commit("b.boss")
    recover(stage)
    assert {one["rule"] for one in stage.verify().json["breaks"]} == {"EMS820", "EMS821"}


@pytest.mark.parametrize("role", ["recovery", "manager"])
def test_the_recovery_key_approves_no_document(role: str, tmp_path: Path) -> None:
    stage = scene(tmp_path)
    roles = [{"role": role, "from": "2020-01-01"}]
    stage.policy(lambda people: people.update(recovery={**PAPER, "roles": roles}))
    stage.revise().commit()
    stage.sign(ID, "recovery", key="paper", role=role)
    stage.commit("b.boss")
    assert stage.in_force()[ID][0] == 1
    assert {one["rule"] for one in stage.verify().json["breaks"]} == {"EMS327"}


def test_the_recovery_key_starts_no_handbook(tmp_path: Path) -> None:
    stage = alone(tmp_path, recovery=True)
    recover(stage)
    assert "EMS820" in {one["rule"] for one in stage.verify().json["breaks"]}


def test_a_new_recovery_key_is_a_key_that_signs(tmp_path: Path) -> None:
    stage = scene(tmp_path)
    made = ems(stage.root, "recovery-key", "new", "--format", "json", day=None).json
    stage.policy(
        lambda people: people.update(
            recovery={"name": "Recovery key", "keys": [{"key": made["public"], "from": "2020-01-01"}]}
        )
    )
    file = tmp_path / "paper"
    file.write_text(made["private"])
    stage.people(lambda people: people["a.author"].update(name="Alex Author")).commit("b.boss")
    outcome = ems(stage.root, "approve", "policy", "--as", "recovery", "--key", str(file), day=None)
    assert outcome.status == 0, outcome.err
    assert yaml.safe_load((stage.root / "people.yml").read_text())["people"]["recovery"]["name"] == "Recovery key"
