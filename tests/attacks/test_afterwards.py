"""What was decided stays decided when its text is filed anew, was away for a while, or comes back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.attacks.scene import DOC, ID, LATER, Scene, scene
from tests.attacks.test_records import name_of
from tests.attacks.test_waiting import editorial
from tests.attacks.test_who_and_when import OTHER, breaks, numbers, steer, two_managers
from tests.running import ems


def errors(s: Scene) -> list[str]:
    """The rules of what the check calls an error."""
    return sorted(one["rule"] for one in s.check().json["findings"] if one["severity"] == "error")


@pytest.mark.parametrize(("filed", "found"), [("clauses", []), ("approved_on", ["EMS302"])])
def test_claim_filed_anew_after_its_person_lost_the_role(filed: str, found: list[str], tmp_path: Path) -> None:
    """Another clause is no new decision; another day is one, and too late."""
    s = scene(tmp_path)
    s.write("ems.yml", s.read("ems.yml").replace("level: signed", "level: declared")).commit()
    s.approve("policy")
    s.draft(OTHER, status="submitted", approved_by="[b.boss]", approved_on="2026-01-11").commit()
    s.policy(lambda people: people["b.boss"].update(roles=[{"role": "lead", "from": "2020-01-01"}]), by="c.deputy")
    value = str(s.day) if filed == "approved_on" else '["iso-14001:2026/8.2#drains"]'
    s.keys(OTHER, **{filed: value}).commit()
    assert (numbers(s), errors(s)) == ({ID: 1, OTHER: 1}, found)


def again(s: Scene) -> Scene:
    """Revision 1 stands on main again, after revision 2 was approved."""
    first = s.read(DOC)
    s.revise().commit()
    s.approve()
    s.write(DOC, first).commit()
    return s


def test_earlier_text_comes_back_without_a_record(tmp_path: Path) -> None:
    s = again(scene(tmp_path))
    assert ("EMS205" in errors(s), breaks(s), numbers(s)) == (True, ["EMS333"], {ID: 2})


def test_earlier_text_comes_back_and_then_a_still_earlier_one(tmp_path: Path) -> None:
    """The record about the one explains nothing about the other."""
    s = scene(tmp_path)
    first = s.read(DOC)
    s.revise().commit()
    s.approve()
    second = s.read(DOC)
    s.revise(3, "lorry", "truck").commit()
    s.approve()
    s.write(DOC, second).commit()
    s.approve(action="reinstate")
    assert (errors(s), breaks(s), numbers(s)) == ([], [], {ID: 2})
    told = ems(s.root, "history", ID, "--format", "json", day=LATER).json["revisions"]
    assert [(one["revision"], [back["by"] for back in one["returns"]]) for one in told] == [
        (3, []),
        (2, [["b.boss"]]),
        (1, []),
    ]
    text = ems(s.root, "history", ID, day=LATER).out
    assert text.count("Brought back on 2026-") == 1
    assert "by b.boss." in text
    s.write(DOC, first).commit()
    assert ("EMS205" in errors(s), breaks(s), numbers(s)) == (True, ["EMS333"], {ID: 2})


def test_next_revision_of_a_text_that_came_back(tmp_path: Path) -> None:
    """Its older rows are those of the text it is made of."""
    s = again(scene(tmp_path))
    s.approve(action="reinstate")
    s.revise(3).commit()
    s.approve()
    assert (breaks(s), numbers(s)) == ([], {ID: 3})


@pytest.mark.parametrize("as_next", [True, False])
def test_deleted_without_a_word_and_put_back(as_next: bool, tmp_path: Path) -> None:
    """That it was away is told for ever, also when a later revision was approved since."""
    s = scene(tmp_path)
    text = s.read(DOC)
    s.git("rm", "-q", DOC)
    s.commit()
    s.write(DOC, text).commit()
    if as_next:
        s.revise().commit()
        s.approve()
    assert (breaks(s), numbers(s)) == (["EMS335"], {ID: 2 if as_next else 1})


def test_correct_record_ends_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    s = scene(tmp_path)
    s.draft(OTHER).commit()
    s.approve(OTHER)
    s.revise().commit()
    record = name_of(s.approve(by="c.deputy"))
    s.approve(action="correct", corrects=record)
    assert (breaks(s), numbers(s)) == ([], {ID: 1, OTHER: 1})


# --- a decision more than was needed, and one that came before


def since(s: Scene) -> str:
    """The day from which EMS-PRO-001 is in force."""
    rows = ems(s.root, "register", "--format", "json", day="2026-06-01").json["documents"]
    return str(next(row["since"] for row in rows if row["id"] == ID))


def test_one_more_reinstates_and_it_is_withdrawn_again(tmp_path: Path) -> None:
    """Two brought it back where one was enough: the withdrawal after that is not undone by the second."""
    s = scene(tmp_path)
    s.approve(action="withdraw")
    s.branch()
    s.approve(action="reinstate")
    s.approve(by="c.deputy", action="reinstate")
    s.checkout().merge()
    day = str(s.day - timedelta(days=1))
    s.keys(clauses='["iso-14001:2026/8.1#drains"]').commit()
    assert (breaks(s), numbers(s), since(s)) == ([], {ID: 1}, day)
    s.approve(by="d.deputy", action="withdraw")
    s.keys(status="withdrawn").commit()
    assert (breaks(s), numbers(s)) == ([], {})
    s.approve(by="c.deputy", action="reinstate")
    s.keys(status="submitted").commit()
    assert (breaks(s), numbers(s)) == ([], {ID: 1})


def test_one_more_withdraws_and_it_comes_back(tmp_path: Path) -> None:
    """Nor does the second signature under a withdrawal end what was brought back since."""
    s = scene(tmp_path)
    s.branch()
    s.approve(action="withdraw")
    s.approve(by="c.deputy", action="withdraw")
    s.checkout().merge()
    s.approve(action="reinstate")
    s.keys(clauses='["iso-14001:2026/8.1#drains"]').commit()
    assert (breaks(s), numbers(s)) == ([], {ID: 1})


def test_half_a_withdrawal_from_before_it_was_withdrawn_and_came_back(tmp_path: Path) -> None:
    """Where two must withdraw, one who did so in an earlier life of the document is none of them."""
    s = steer(scene(tmp_path), two_managers)
    for by in ("b.boss", "c.deputy", "d.deputy"):
        s.branch()
        s.approve(by=by, action="withdraw")
        s.checkout().merge("ff")
        s.git("branch", "-D", "change")
    s.branch()
    s.approve(action="reinstate")
    s.approve(by="c.deputy", action="reinstate")
    s.checkout().merge()
    s.approve(by="b.boss", action="withdraw")
    assert (breaks(s), numbers(s)) == ([], {ID: 1})
    s.approve(by="c.deputy", action="withdraw")
    assert (breaks(s), numbers(s)) == ([], {})


def test_half_a_withdrawal_that_waited_while_it_came_back(tmp_path: Path) -> None:
    """Revision 1 was brought back after one of two had signed the end: that one was about revision 2."""
    s = steer(scene(tmp_path), two_managers)
    first = s.read(DOC)
    s.revise().commit()
    s.approve()
    s.approve(by="c.deputy")
    s.approve(by="c.deputy", action="withdraw")
    s.branch().write(DOC, first).commit()
    s.approve(action="reinstate")
    s.approve(by="d.deputy", action="reinstate")
    s.checkout().merge()
    s.approve(action="withdraw")
    assert (breaks(s), numbers(s)) == ([], {ID: 1})


# --- who may correct a typing error of what was replaced by an earlier text


@pytest.mark.parametrize(("by", "role", "number"), [("d.deputy", "controller", 1), ("b.boss", "manager", 3)])
def test_editorial_revision_of_what_was_taken_back(by: str, role: str, number: int, tmp_path: Path) -> None:
    """Whoever releases typing errors does not bring back what the managers replaced by an earlier text."""
    s = scene(tmp_path)
    first = s.read(DOC)
    s.revise().commit()
    s.approve()
    second = s.read(DOC)
    s.write(DOC, first).commit()
    s.approve(action="reinstate")
    editorial(s.write(DOC, second), 3).commit()
    s.approve(by=by, role=role)
    assert (breaks(s), numbers(s)) == ([], {ID: number})


def test_editorial_revision_of_what_was_withdrawn_and_came_back(tmp_path: Path) -> None:
    s = scene(tmp_path)
    s.approve(action="withdraw")
    s.approve(action="reinstate")
    editorial(s, 2).commit()
    s.approve(by="d.deputy", role="controller")
    assert (breaks(s), numbers(s)) == ([], {ID: 2})
