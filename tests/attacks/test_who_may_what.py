"""Every action by every role, in one repository; what a wrong role cannot end; contributors; policies in between."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.scene import ID, IMAGE, Scene, key_of, moment, scene
from tests.attacks.test_records import REVIEW, name_of
from tests.attacks.test_who_and_when import OTHER, breaks, leads, numbers, steer, two_managers, witnessed_is_enough
from tests.signing import load

Tree = dict[str, Any]
ROLES = ("manager", "reviewer", "clerk", "controller", "lead", "driver", "recorder")
"""Approves, reviews, releases editorial revisions, approves the policy, owns the text, does none of it, copies in."""
MAY = {
    "review": {"reviewer"},
    "approve": {"manager", "clerk"},
    "reject": {"manager", "reviewer", "clerk"},
    "withdraw": {"manager", "controller"},
    "reinstate": {"manager"},
    "periodic-review": {"manager", "lead"},
    "baseline": {"controller"},
    "correct": {"controller"},
}


def apart(ems: Tree, people: Tree) -> None:
    """Each role is held by somebody of its own, and has one thing to do."""
    ems["types"]["procedure"] |= {"approve": "manager", "review": "reviewer"}
    ems |= {"editorial": "clerk", "policy": "controller", "baseline_until": "2026-12-31"}
    people["roles"] |= {role: role for role in ("reviewer", "clerk", "driver")}
    for role in ROLES:
        people["people"][f"p.{role}"] = {
            "name": f"P. {role.title()}",
            "emails": [f"p.{role}@example.org"],
            "keys": [{"key": key_of(f"p.{role}").public, "from": "2020-01-01"}],
            "roles": [{"role": role, "from": "2020-01-01"}],
        }


@pytest.fixture
def parted(tmp_path: Path) -> Scene:
    """The handbook, its roles apart."""
    return steer(scene(tmp_path), apart)


def test_every_action_by_every_role(parted: Scene) -> None:
    """Refused for its role is exactly what the table does not allow, whatever else may be wrong with it."""
    s = parted
    s.draft(OTHER, owner="lead").commit()
    for action in MAY:
        for role in ROLES:
            more = {"corrects": "sha256:" + "0" * 64} if action == "correct" else {}
            s.sign(OTHER, f"p.{role}", action, role=role, **more)
    s.commit("p.driver")
    refused = {one["path"] for one in s.verify().json["breaks"] if one["rule"] == "EMS327"}
    told = {tuple(path.split("-p.")[1].removesuffix(".json").split("-", 1)) for path in refused}
    assert told == {(role, action) for action, allowed in MAY.items() for role in ROLES if role not in allowed}


def test_the_policy_by_every_role(parted: Scene) -> None:
    """Only the role that it names says yes or no to it."""
    for role in ROLES:
        for action in ("approve", "reject"):
            parted.sign("policy", f"p.{role}", action, role=role)
    parted.commit("p.driver")
    refused = {one["path"] for one in parted.verify().json["breaks"] if one["rule"] == "EMS327"}
    told = {tuple(path.split("-p.")[1].removesuffix(".json").split("-", 1)) for path in refused}
    assert told == {(role, action) for role in ROLES if role != "controller" for action in ("approve", "reject")}


@pytest.mark.parametrize(("role", "left"), [("manager", {ID: 1}), ("controller", {})])
def test_who_ends_a_record(role: str, left: Tree, parted: Scene) -> None:
    """Whoever approves cannot make an approval not to have been, though they could when its text came in."""
    s = parted
    record = next((s.root / "approvals" / ID).glob("*approve.json"))
    s.approve(by=f"p.{role}", action="correct", role=role, corrects=name_of(record))
    assert (breaks(s), numbers(s)) == (["EMS327"] if left else [], left)


def test_reviewers_review_and_do_not_approve(parted: Scene) -> None:
    s = parted
    s.draft(OTHER).commit()
    for action, role, counts in (
        ("approve", "manager", False),
        ("review", "reviewer", True),
    ):
        s.approve(OTHER, f"p.{role}", action=action, role=role)
        assert numbers(s) == ({ID: 1, OTHER: 1} if counts else {ID: 1})
    assert breaks(s) == []


def test_a_rejection_of_what_is_in_force_stops_nothing_later(tmp_path: Path) -> None:
    """It is of its own revision number; the next is decided by itself."""
    s = scene(tmp_path)
    s.approve(by="c.deputy", action="reject")
    s.revise().commit()
    s.approve()
    assert (breaks(s), numbers(s)) == ([], {ID: 2})


# --- contributors


def test_author_approves_what_somebody_else_approved_already(tmp_path: Path) -> None:
    """That it is in force changes nothing about who wrote it."""
    s = scene(tmp_path)
    s.revise().commit("b.boss")
    s.approve(by="c.deputy")
    s.approve(by="b.boss")
    assert (breaks(s), numbers(s)) == (["EMS328"], {ID: 2})


def test_author_of_the_revision_before_approves_the_next(tmp_path: Path) -> None:
    """Whoever wrote what is approved wrote nothing of what came after."""
    s = scene(tmp_path)
    s.revise().commit("b.boss")
    s.approve(by="c.deputy")
    s.revise(3, "lorry", "truck").commit()
    s.approve(by="b.boss")
    assert (breaks(s), numbers(s)) == ([], {ID: 3})


@pytest.mark.parametrize(("by", "found"), [("b.boss", ["EMS328"]), ("c.deputy", [])])
def test_approver_drew_the_picture_and_wrote_no_word(by: str, found: list[str], tmp_path: Path) -> None:
    s = scene(tmp_path).branch()
    s.write(IMAGE, "better").commit("b.boss")
    s.revise().commit()
    s.merge()
    s.approve(by=by)
    assert (breaks(s), numbers(s)) == (found, {ID: 1 if found else 2})


def test_approver_brings_the_branch_onto_main(tmp_path: Path) -> None:
    """A button that commits again, after the decision, makes no author of who presses it."""
    s = scene(tmp_path)
    s.branch().revise().commit()
    s.approve()
    s.checkout().write("notes.txt", "meanwhile").commit()
    s.merge("rebase", by="b.boss")
    assert (breaks(s), numbers(s)) == ([], {ID: 2})


def test_approver_merges_a_text_that_somebody_filed_meanwhile(tmp_path: Path) -> None:
    """The merge differs from both its parents; what it says is what the branch said, so its maker wrote nothing."""
    s = scene(tmp_path)
    s.branch().revise().commit()
    s.checkout().keys(clauses='["iso-14001:2026/8.1#drains"]').commit()
    s.git("merge", "-q", "--no-ff", "-m", "Merge", "change", author="b.boss")
    s.day = date(2026, 1, 20)
    s.approve()
    assert (breaks(s), numbers(s)) == ([], {ID: 2})


def test_approver_puts_words_into_a_merge(tmp_path: Path) -> None:
    """The twin of the one above: words that stood on neither side are those of who merged."""
    s = scene(tmp_path)
    s.branch().revise().commit()
    s.checkout().keys(clauses='["iso-14001:2026/8.1#drains"]').commit()
    s.git("merge", "-q", "--no-ff", "--no-commit", "change")
    s.edit("Nobody else touches it.", "Nobody touches it.")
    s.git("commit", "-q", "-am", "Merge", author="b.boss")
    s.day = date(2026, 1, 20)
    s.approve()
    assert (breaks(s), numbers(s)) == (["EMS328"], {ID: 1})


# --- a policy that changes while a request is open


def test_role_moved_to_another_while_a_request_is_open(tmp_path: Path) -> None:
    """What the signer saw is no offence, and not enough: those who decide now are asked as well."""
    s = steer(scene(tmp_path), lambda _, people: leads(people))
    s.branch().revise().commit()
    s.approve()
    s.checkout()

    def change(ems: Tree, people: Tree) -> None:
        ems["types"]["procedure"]["approve"] = "lead"

    steer(s, change)
    s.merge()
    assert (breaks(s), numbers(s)) == ([], {ID: 1})
    s.approve(by="e.gone", role="lead")
    assert (breaks(s), numbers(s)) == ([], {ID: 2})


@pytest.mark.parametrize("lowered_first", [True, False])
def test_a_text_that_came_in_when_signatures_were_asked(lowered_first: bool, tmp_path: Path) -> None:
    """A later policy that is content with less is so for what comes in later."""
    s = scene(tmp_path)
    if not lowered_first:
        s.draft(OTHER).commit()
    steer(s, witnessed_is_enough)
    if lowered_first:
        s.draft(OTHER).commit()
    s.approve(OTHER, evidence=REVIEW | {"commit": s.head}, key="r.recorder")
    assert (breaks(s), numbers(s)) == ([], {ID: 1, OTHER: 1} if lowered_first else {ID: 1})


def test_two_were_asked_of_a_role_that_is_no_more(tmp_path: Path) -> None:
    """As many as were asked when the text came in, of those who decide now."""
    s = steer(scene(tmp_path), two_managers)
    s.draft(OTHER).commit()

    def rename(ems: Tree, people: Tree) -> None:
        ems["types"]["procedure"]["approve"] = "head"
        ems["types"]["form"]["approve"] = "head"
        ems["policy"] = "head"
        people["roles"]["head"] = people["roles"].pop("manager")
        for person in people["people"].values():
            for held in person["roles"]:
                held["role"] = "head" if held["role"] == "manager" else held["role"]

    steer(s, rename, role="manager")
    s.approve(OTHER, role="head")
    assert (breaks(s), numbers(s)) == ([], {ID: 1})
    s.approve(OTHER, by="c.deputy", role="head")
    assert (breaks(s), numbers(s)) == ([], {ID: 1, OTHER: 1})


def test_who_approves_the_policy_withdraws_nothing_that_is_asked_of_others(parted: Scene) -> None:
    parted.approve(by="p.controller", action="withdraw", role="controller")
    assert (breaks(parted), numbers(parted)) == ([], {ID: 1})


# --- days that decisions name


def test_withdrawal_that_names_its_day(tmp_path: Path) -> None:
    s = scene(tmp_path)
    s.approve(action="withdraw", effective="2026-03-01")
    assert breaks(s) == []
    assert [numbers(s, day) for day in ("2026-02-28", "2026-03-01")] == [{ID: 1}, {}]


def test_two_who_reinstate_from_different_days(tmp_path: Path) -> None:
    """The later of the two days, and not before the last of them landed."""
    s = steer(scene(tmp_path), two_managers)
    s.approve(action="withdraw")
    s.approve(by="c.deputy", action="withdraw")
    s.approve(action="reinstate", effective="2026-03-01")
    s.approve(by="c.deputy", action="reinstate", effective="2026-03-10")
    assert breaks(s) == []
    assert [numbers(s, day) for day in ("2026-03-01", "2026-03-09", "2026-03-10")] == [{}, {}, {ID: 1}]


def test_periodic_review_counts_once(tmp_path: Path) -> None:
    s = scene(tmp_path)
    s.approve(action="periodic-review")
    s.revise().commit()
    s.approve(by="c.deputy")
    s.approve(by="c.deputy", action="periodic-review", at=moment(s.day, 9))
    with load(s.root, date(2026, 6, 1)) as handbook:
        found = handbook.get(ID)
        assert found
        assert [review.day for review in found.life.reviews] == [date(2026, 1, 9), date(2026, 1, 12)]


# --- old rows, gaps, deletions, silent withdrawals


def third(s: Scene) -> Scene:
    """Revision 2 in force, revision 3 drafted: two old rows."""
    s.revise().commit()
    s.approve()
    return s.revise(3, "lorry", "truck")


@pytest.mark.parametrize("row", [1, 2, 0])
@pytest.mark.parametrize("signed", [True, False])
def test_one_of_several_old_rows_changed(row: int, signed: bool, tmp_path: Path) -> None:
    """The oldest, the newest before, or none; a signature makes it no better."""
    s = third(scene(tmp_path))
    if row == 1:
        s.replace(f"docs/procedures/{ID}.md", "First issue.", "First issue of all.")
    elif row == 2:
        newest, before, rest = s.read(f"docs/procedures/{ID}.md").split("Rewritten.")
        s.write(f"docs/procedures/{ID}.md", f"{newest}Rewritten.{before}Rewritten again.{rest}")
    s.commit()
    if signed:
        s.approve()
    assert set(breaks(s)) == ({"EMS333"} if row else set())


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("row", [True, False])
def test_number_skipped(row: bool, signed: bool, tmp_path: Path) -> None:
    """Revision 3 after revision 1: nobody decided about what lies between, whether it has its row or not."""
    s = scene(tmp_path)
    if row:
        s.revise()
    s.revise(3, "Nobody else", "Nobody").commit()
    if signed:
        s.approve()
    assert set(breaks(s)) == {"EMS333"}


def test_draft_deleted_and_brought_back_before_its_approval(tmp_path: Path) -> None:
    s = scene(tmp_path)
    path = f"docs/procedures/{OTHER}.md"
    s.draft(OTHER).commit()
    text = s.read(path)
    s.git("rm", "-q", path)
    s.commit()
    s.write(path, text.replace("tanker", "lorry")).commit()
    s.approve(OTHER)
    assert (breaks(s), numbers(s)) == ([], {ID: 1, OTHER: 1})


@pytest.mark.parametrize("reinstated", [True, False])
def test_deleted_after_it_was_withdrawn(reinstated: bool, tmp_path: Path) -> None:
    """A withdrawal explains that the file is gone, but not once it was reinstated."""
    s = scene(tmp_path)
    s.approve(action="withdraw")
    if reinstated:
        s.approve(action="reinstate")
    s.git("rm", "-q", f"docs/procedures/{ID}.md")
    s.commit()
    assert (breaks(s), numbers(s)) == ((["EMS335"], {ID: 1}) if reinstated else ([], {}))


def test_withdrawn_by_words_and_put_back(tmp_path: Path) -> None:
    """What was wrong on main for a day is told, though it is right again."""
    s = scene(tmp_path)
    s.keys(status="withdrawn").commit()
    s.keys(status="submitted").commit()
    assert (breaks(s), numbers(s)) == (["EMS334"], {ID: 1})
