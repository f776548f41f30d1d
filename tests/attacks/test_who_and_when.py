"""Who may decide what, on which days, with how many others: the nearest wrong role, and both sides of every boundary.

Each row is an attack beside its innocent twin: the same scene, one thing other.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.attacks.scene import ID, Scene, key_of, moment, scene
from tests.attacks.test_records import REVIEW, name_of
from tests.signing import load

Tree = dict[str, Any]
OTHER = "EMS-PRO-002"


def breaks(s: Scene) -> list[str]:
    """The rules of what verify finds."""
    return sorted(one["rule"] for one in s.verify().json["breaks"])


def numbers(s: Scene, day: str = "2026-06-01") -> dict[str, int]:
    """What is in force, by number."""
    return {key: number for key, (number, _, _) in s.in_force(day).items()}


def steer(s: Scene, change: Callable[[Tree, Tree], object], by: str = "b.boss", role: str = "") -> Scene:
    """Change ems.yml and people.yml in one commit, and have them approved."""
    files = [yaml.safe_load(s.read(name)) for name in ("ems.yml", "people.yml")]
    change(*files)
    for name, tree in zip(("ems.yml", "people.yml"), files, strict=True):
        s.write(name, yaml.safe_dump(tree, sort_keys=False, width=200))
    s.commit(by)
    s.approve("policy", by, role=role)
    return s


# --- keys: when they begin, when they end, since when they are stolen


def new_key(people: Tree, **span: str) -> None:
    """b.boss has a second key, for these days."""
    people["b.boss"]["keys"].append({"key": key_of("b.boss.2").public, **span})


@pytest.mark.parametrize(("compromised", "decided", "landed", "found"), [
    (20, 12, 25, ["EMS326"]),
    (20, 12, 20, ["EMS326"]),
    (20, 12, 19, []),
])  # fmt: skip
def test_thief_dates_back(compromised: int, decided: int, landed: int, found: list[str], tmp_path: Path) -> None:
    s = scene(tmp_path)
    s.revise().commit()
    s.day = date(2026, 1, landed)
    s.approve(at=moment(date(2026, 1, decided)))
    s.day = date(2026, 1, 28)
    s.policy(lambda people: people["b.boss"]["keys"][0].update(compromised=f"2026-01-{compromised}"), by="c.deputy")
    assert (breaks(s), numbers(s)) == (found, {ID: 1 if found else 2})


@pytest.mark.parametrize(("span", "decided", "landed", "found"), [
    ({"from": "2026-01-12"}, 11, 12, ["EMS326"]),
    ({"from": "2026-01-12"}, 12, 12, []),
    ({"from": "2020-01-01", "until": "2026-01-12"}, 12, 12, []),
    ({"from": "2020-01-01", "until": "2026-01-12"}, 12, 13, ["EMS326"]),
    ({"from": "2020-01-01", "until": "2026-01-12"}, 11, 12, []),
])  # fmt: skip
def test_key_counts_from_its_first_to_its_last_day(
    span: Tree, decided: int, landed: int, found: list[str], tmp_path: Path
) -> None:
    s = scene(tmp_path).policy(lambda people: new_key(people, **span))
    s.revise().commit()
    s.day = date(2026, 1, landed)
    s.approve(key="b.boss.2", at=moment(date(2026, 1, decided)))
    assert (breaks(s), numbers(s)) == (found, {ID: 1 if found else 2})


@pytest.mark.parametrize(("begin", "decided", "found"), [("2026-01-13", 12, ["EMS327"]), ("2026-01-13", 13, [])])
def test_role_counts_from_its_first_day(begin: str, decided: int, found: list[str], tmp_path: Path) -> None:
    """A role that begins between decision and landing was not held when it was decided."""
    s = scene(tmp_path).policy(lambda people: people["r.recorder"].update(roles=[{"role": "manager", "from": begin}]))
    s.revise().commit()
    s.day = date(2026, 1, 13)
    s.approve(by="r.recorder", role="manager", at=moment(date(2026, 1, decided)))
    assert (breaks(s), numbers(s)) == (found, {ID: 1 if found else 2})


@pytest.mark.parametrize(("hours", "found"), [(25, ["EMS323"]), (24, [])])
def test_how_far_clocks_may_differ(hours: int, found: list[str], tmp_path: Path) -> None:
    s = scene(tmp_path)
    s.revise().commit()
    s.approve(at=moment(s.day, 10) + timedelta(hours=hours))
    assert (breaks(s), numbers(s)) == (found, {ID: 1 if found else 2})


@pytest.mark.parametrize(("hours", "found"), [(4, []), (24, []), (25, ["EMS721"])])
def test_how_far_a_landing_may_be_dated_before_the_one_below(hours: int, found: list[str], tmp_path: Path) -> None:
    s = scene(tmp_path)
    s.revise().commit()
    s.sign(at=moment(s.day - timedelta(days=1), 8))
    dated = moment(s.day - timedelta(days=1), 10) - timedelta(hours=hours)
    s.stamp = lambda _: dated.isoformat()  # type: ignore[method-assign]
    s.commit("b.boss")
    assert (breaks(s), numbers(s)) == (found, {ID: 2})


def test_another_time_zone_leads_no_landing_back(tmp_path: Path) -> None:
    """From the first zone where a day begins to the last, within one day: what lands later is of no earlier day."""
    s = steer(scene(tmp_path), lambda ems, _: ems.update(timezone="Pacific/Kiritimati"))
    hours = iter(range(11, 24))
    day = s.day
    s.stamp = lambda _: moment(day, next(hours)).isoformat()  # type: ignore[method-assign]
    s.revise().commit()
    s.day = day
    steer(s, lambda ems, _: ems.update(timezone="America/Los_Angeles"))
    s.commit()
    with load(s.root, date(2026, 6, 1)) as handbook:
        days = handbook.records.days
    assert days == sorted(days)
    assert days[-1] == day + timedelta(days=1)


# --- the recorder


def witnessed_is_enough(ems: Tree, people: Tree) -> None:
    ems["types"]["procedure"]["level"] = "witnessed"


def witnessed(s: Scene, **changes: Any) -> None:
    """A review at the forge by b.boss of revision 2, which the recorder wrote down."""
    s.approve(evidence=REVIEW | {"commit": s.head}, key="r.recorder", **changes)


def test_recorder_who_holds_another_role(tmp_path: Path) -> None:
    """Whoever writes down the decisions of others takes none: the role is held alone, or is worth nothing."""
    s = scene(tmp_path)

    def both(ems: Tree, people: Tree) -> None:
        witnessed_is_enough(ems, people)
        people["people"]["r.recorder"]["roles"].append({"role": "lead", "from": "2020-01-01"})

    steer(s, both)
    s.draft(OTHER).commit()
    s.approve(OTHER, evidence=REVIEW | {"commit": s.head}, key="r.recorder")
    assert (breaks(s), numbers(s)) == (["EMS326"], {ID: 1})


def test_reviewer_who_left_before_the_recorder_ran(tmp_path: Path) -> None:
    """What a forge says is of the day of the review; the recorder may come later."""
    s = steer(scene(tmp_path), witnessed_is_enough)
    s.draft(OTHER).commit()
    reviewed = s.head
    s.day = date(2026, 2, 10)
    s.approve(
        OTHER, by="e.gone", evidence=REVIEW | {"commit": reviewed}, key="r.recorder", at=moment(date(2026, 1, 20))
    )
    assert breaks(s) == []
    assert s.in_force()[OTHER][::2] == (1, "witnessed")


# --- the chain of records


def test_record_names_one_that_lands_later(tmp_path: Path) -> None:
    s = scene(tmp_path)
    s.revise().commit()
    first = s.sign(by="c.deputy", at=moment(s.day, 8), action="reject")
    later, seal = first.read_bytes(), first.with_name(first.name + ".sig").read_bytes()
    name = name_of(first)
    for path in (first, first.with_name(first.name + ".sig")):
        path.unlink()
    s.approve(prev=[name])
    first.write_bytes(later)
    first.with_name(first.name + ".sig").write_bytes(seal)
    s.commit("c.deputy")
    assert (breaks(s), numbers(s)) == (["EMS324"], {ID: 1})


# --- baselines


def baselines(until: str) -> Callable[[Tree, Tree], object]:
    return lambda ems, _: ems.update(baseline_until=until)


@pytest.mark.parametrize(("landed", "found"), [("2026-02-01", []), ("2026-02-02", ["EMS330"])])
def test_last_day_of_baselines(landed: str, found: list[str], tmp_path: Path) -> None:
    s = steer(scene(tmp_path), baselines("2026-02-01"))
    s.draft(OTHER).commit()
    s.day = date.fromisoformat(landed)
    s.approve(OTHER, action="baseline")
    assert (breaks(s), numbers(s)) == (found, {ID: 1} if found else {ID: 1, OTHER: 1})


@pytest.mark.parametrize("key", ["b.boss", "r.recorder"])
def test_baseline_signed_by_the_recorder_is_only_witnessed(key: str, tmp_path: Path) -> None:
    """It counts as witnessed, so it does not suffice where signatures are asked, and breaks nothing."""
    s = steer(scene(tmp_path), baselines("2026-03-01"))
    s.draft(OTHER).commit()
    s.approve(OTHER, action="baseline", key=key)
    assert breaks(s) == []
    assert numbers(s) == ({ID: 1, OTHER: 1} if key == "b.boss" else {ID: 1})


def test_baseline_beside_a_record_that_waits(tmp_path: Path) -> None:
    """A decision about a text that never came onto main makes it a document of records all the same."""
    s = steer(scene(tmp_path), baselines("2026-03-01"))
    s.branch("other").draft(OTHER).edit("tanker", "lorry", OTHER).commit()
    s.sign(OTHER, action="reject")
    s.git("add", "approvals")
    s.git("stash", "-q")
    s.checkout().draft(OTHER).git("stash", "pop", "-q")
    s.commit()
    s.approve(OTHER, action="baseline")
    assert (breaks(s), numbers(s)) == (["EMS330"], {ID: 1})


@pytest.mark.parametrize(("day", "left"), [("2026-02-01", {}), ("2026-02-02", {OTHER: 1})])
def test_paper_is_withdrawn_by_the_policy_role_until_the_last_day(day: str, left: Tree, tmp_path: Path) -> None:
    """As long as baselines are allowed, and only where all is paper, the policy role alone withdraws."""

    def change(ems: Tree, people: Tree) -> None:
        ems["baseline_until"] = "2026-02-01"
        ems["policy"] = "controller"
        people["people"]["d.deputy"]["roles"][0]["until"] = "2026-01-09"

    s = steer(scene(tmp_path), change)
    s.draft(OTHER).commit()
    s.approve(OTHER, by="a.author", action="baseline", role="controller")
    s.day = date.fromisoformat(day)
    s.approve(OTHER, by="a.author", action="withdraw", role="controller")
    assert breaks(s) == []
    assert numbers(s) == {ID: 1, **left}


# --- several who decide


def two_managers(ems: Tree, people: Tree) -> None:
    ems["types"]["procedure"]["approve"] = [{"role": "manager", "number": 2}]


def two_roles(ems: Tree, people: Tree) -> None:
    ems["types"]["procedure"]["approve"] = [{"role": "manager"}, {"role": "lead"}]
    leads(people)


def leads(people: Tree) -> None:
    """e.gone, who wrote nothing, is also yard lead."""
    people["people"]["e.gone"]["roles"].append({"role": "lead", "from": "2020-01-01"})


LEAD = {"by": "e.gone", "role": "lead"}
SETS = {
    "one of two": (two_managers, [{}], 0),
    "one person twice": (two_managers, [{}, {}], 0),
    "two of two": (two_managers, [{}, {"by": "c.deputy"}], 1),
    "one role of two": (two_roles, [{}], 0),
    "two persons of one role": (two_roles, [{}, {"by": "c.deputy"}], 0),
    "both roles": (two_roles, [{}, LEAD], 1),
}


@pytest.mark.parametrize("name", SETS)
def test_all_that_are_asked_must_approve(name: str, tmp_path: Path) -> None:
    change, signers, expected = SETS[name]
    s = steer(scene(tmp_path), change)
    s.draft(OTHER).commit()
    for signer in signers:
        s.approve(OTHER, **signer)
    assert breaks(s) == []
    assert numbers(s).get(OTHER, 0) == expected


@pytest.mark.parametrize("name", SETS)
def test_all_that_are_asked_must_withdraw(name: str, tmp_path: Path) -> None:
    change, signers, expected = SETS[name]
    s = steer(scene(tmp_path), change)
    for signer in signers:
        s.approve(action="withdraw", **signer)
    assert breaks(s) == []
    assert numbers(s) == ({} if expected else {ID: 1})


# --- the policy's own approval


def two_for_the_policy(ems: Tree, people: Tree) -> None:
    ems["policy"] = {"role": "manager", "number": 2}
    leads(people)


@pytest.mark.parametrize(("second", "months"), [("b.boss", 24), ("c.deputy", 12)])
def test_two_persons_approve_the_policy(second: str, months: int, tmp_path: Path) -> None:
    """One person who signs twice is one person."""
    s = steer(scene(tmp_path), two_for_the_policy)
    tree = yaml.safe_load(s.read("ems.yml"))
    tree["types"]["procedure"]["approve"] = "lead"
    s.write("ems.yml", yaml.safe_dump(tree, sort_keys=False)).commit()
    number = 3
    s.approve("policy", revision=number)
    s.approve("policy", second, revision=number)
    s.draft(OTHER).commit()
    s.approve(OTHER, **LEAD)
    found = breaks(s)
    assert found == (["EMS327", "EMS821"] if second == "b.boss" else [])
    assert numbers(s) == ({ID: 1} if second == "b.boss" else {ID: 1, OTHER: 1})


@pytest.mark.parametrize("person", ["recovery", "b.boss"])
def test_recovery_key_alone_where_two_approve_the_policy(person: str, tmp_path: Path) -> None:
    """Whoever lost all keys has no second person either; one of the two who remain has."""

    def keep(ems: Tree, people: Tree) -> None:
        two_for_the_policy(ems, people)
        people["people"]["recovery"] = {
            "name": "Recovery key",
            "keys": [{"key": key_of("paper").public, "from": "2020-01-01"}],
        }

    s = steer(scene(tmp_path), keep)
    s.people(lambda people: new_key(people, **{"from": "2026-01-01"})).commit("b.boss")
    if person == "recovery":
        s.sign("policy", person, key="paper", role=person, revision=3)
    else:
        s.sign("policy", person, revision=3)
    s.commit("b.boss")
    s.revise().commit()
    s.approve(key="b.boss.2")
    expected = ([], {ID: 2}) if person == "recovery" else (["EMS326", "EMS821"], {ID: 1})
    assert (breaks(s), numbers(s)) == expected


def test_policy_record_of_the_wrong_number(tmp_path: Path) -> None:
    s = steer(scene(tmp_path), lambda _, people: leads(people))
    tree = yaml.safe_load(s.read("ems.yml"))
    tree["types"]["procedure"]["approve"] = "lead"
    s.write("ems.yml", yaml.safe_dump(tree, sort_keys=False)).commit()
    s.approve("policy", revision=7)
    s.draft(OTHER).commit()
    s.approve(OTHER, **LEAD)
    assert "EMS327" in breaks(s)
    assert numbers(s) == {ID: 1}


def test_policy_record_that_lands_before_its_text(tmp_path: Path) -> None:
    """It begins to count where its text comes onto main, not before: what lies between is judged by the old one."""
    s = scene(tmp_path)
    was = s.read("people.yml")
    s.people(lambda people: people["r.recorder"].update(roles=[{"role": "manager", "from": "2020-01-01"}]))
    new = s.read("people.yml")
    s.sign("policy")
    s.write("people.yml", was).commit("b.boss")
    s.draft(OTHER).commit()
    s.approve(OTHER, by="r.recorder", role="manager")
    assert (breaks(s), numbers(s)) == (["EMS327"], {ID: 1})
    s.write("people.yml", new).commit("b.boss")
    s.approve(OTHER, by="r.recorder", role="manager")
    assert (breaks(s), numbers(s)) == (["EMS327"], {ID: 1, OTHER: 1})


def test_stolen_key_that_a_second_person_lists(tmp_path: Path) -> None:
    """Listed once more, and as sound, it is stolen all the same."""
    s = scene(tmp_path)
    s.revise().commit()
    s.approve()

    def change(people: Tree) -> None:
        people["b.boss"]["keys"][0]["compromised"] = "2026-01-10"
        people["r.recorder"]["keys"].append({"key": key_of("b.boss").public, "from": "2020-01-01"})

    s.policy(change, by="c.deputy")
    assert (breaks(s), numbers(s)) == (["EMS326"], {ID: 1})


def test_policy_behind_a_witnessed_one_is_witnessed(tmp_path: Path) -> None:
    """A chain is as strong as its weakest link: what lands under it suffices for no signature."""
    s = scene(tmp_path)
    s.people(lambda people: people["c.deputy"].update(name="Charlie Deputy")).commit()
    s.approve("policy", evidence=REVIEW | {"commit": s.head}, key="r.recorder")
    s.policy(lambda people: people["c.deputy"].update(name="Charles Deputy"))
    s.draft(OTHER).commit()
    s.approve(OTHER)
    assert breaks(s) == []
    assert numbers(s) == {ID: 1}
