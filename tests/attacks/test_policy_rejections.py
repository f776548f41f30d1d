"""A rejection of the policy stands over every text of its number, like that of a document, until its person decides."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.scene import Scene, scene
from tests.running import ems


def told(s: Scene) -> list[str]:
    """What `ems verify` breaks on."""
    return [f"{one['rule']} {one['message']}" for one in s.verify().json["breaks"]]


def number(s: Scene) -> int:
    """How many policies were approved one after the other."""
    lines = ems(s.root, "doctor", "--format", "json", day=None).json["lines"]
    words = next(line["words"] for line in lines if line["what"] == "trust root")
    return int(words.rsplit("; ", 1)[1].split()[0])


def emergency(s: Scene, number: str, by: str = "a.author") -> Scene:
    """Change a word of ems.yml."""
    lines = s.read("ems.yml").split("\n")
    at = next(n for n, line in enumerate(lines) if line.startswith("emergency:"))
    lines[at] = f'emergency: "Emergency: {number}"'
    s.write("ems.yml", "\n".join(lines)).commit(by)
    return s


def decide(s: Scene, by: str, action: str = "approve", **changes: Any) -> None:
    s.sign("policy", by=by, action=action, revision=2, **changes)
    s.commit(by)


def rejected(tmp_path: Path) -> Scene:
    s = emergency(scene(tmp_path), "5555")
    decide(s, "c.deputy", "reject")
    return s


@pytest.mark.parametrize("how", ["the same text", "another text", "in a branch", "in a branch, squashed"])
def test_another_approver_does_not_walk_around_it(tmp_path: Path, how: str) -> None:
    s = rejected(tmp_path)
    if how.startswith("in a branch"):
        s.branch()
    if how != "the same text":
        emergency(s, "6666")
    decide(s, "b.boss")
    if how.startswith("in a branch"):
        assert "EMS821" in {one["rule"] for one in s.gate().json["findings"] if one["severity"] == "error"}
        s.merge("squash" if "squashed" in how else "merge")
    assert number(s) == 1
    assert [one for one in told(s) if "C. Deputy rejected revision 2 of them" in one]
    shown = ems(s.root, "check", day=None).out
    assert "which stands until they decide again" in shown


@pytest.mark.parametrize("how", ["decides again", "about another text", "corrected"])
def test_what_ends_it(tmp_path: Path, how: str) -> None:
    """The twins: its person approves, or the policy role ends it by a `correct` record."""
    s = rejected(tmp_path)
    if how == "about another text":
        emergency(s, "6666")
    if how == "corrected":
        record = next((s.root / "approvals/policy").glob("*-c.deputy-reject.json"))
        s.sign("policy", action="correct", corrects=name_of(record))
        s.commit("b.boss")
        decide(s, "b.boss")
    else:
        decide(s, "c.deputy")
    assert number(s) == 2
    assert len(told(s)) == (how == "about another text"), "the text in between was on main, and is approved by nobody"


def name_of(record: Path) -> str:
    return "sha256:" + hashlib.sha256(record.read_bytes()).hexdigest()


def test_one_who_approved_and_then_rejected_counts_by_the_latest(tmp_path: Path) -> None:
    s = scene(tmp_path)
    tree = s.read("ems.yml").replace("policy: manager", "policy: {role: manager, number: 2}")
    s.write("ems.yml", tree).commit()
    decide(s, "b.boss")
    emergency(s, "5555")
    for by, action in (("b.boss", "approve"), ("b.boss", "reject"), ("c.deputy", "approve")):
        s.sign("policy", by=by, action=action, revision=3)
        s.commit(by)
    assert number(s) == 2
    s.sign("policy", by="b.boss", revision=3)
    s.commit("b.boss")
    assert (number(s), told(s)) == (3, [])


def test_role_that_ended_yields_to_what_is_decided_after_it(tmp_path: Path) -> None:
    """e.gone was manager until 31 January."""
    s = emergency(scene(tmp_path), "5555")
    decide(s, "e.gone", "reject")
    decide(s, "b.boss")
    s.day = date(2026, 2, 10)
    emergency(s, "6666")
    assert number(s) == 1, "the role's end lets nothing through that was decided before"
    decide(s, "b.boss")
    assert number(s) == 2
    assert [one for one in told(s) if "rejected" in one] == []


def test_rejection_of_the_policy_before_stops_nothing(tmp_path: Path) -> None:
    s = rejected(tmp_path)
    decide(s, "c.deputy")
    emergency(s, "7777")
    s.sign("policy", by="b.boss", revision=3)
    s.commit("b.boss")
    assert (number(s), told(s)) == (3, [])
