"""A rejection stands over every text of its number, until its person decides again (specification, Approved)."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.scene import ID, Scene, key_of, moment, scene
from tests.running import ems

RIGHT = {ID: 2}
NOT_YET = {ID: 1}


def numbers(s: Scene) -> dict[str, int]:
    """What is in force, by number; nothing may be broken."""
    outcome = s.verify()
    assert (outcome.json["breaks"], outcome.status) == ([], 0)
    return {key: number for key, (number, _, _) in s.in_force().items()}


def awaiting(s: Scene) -> str:
    """What the check says of the revision that waits."""
    found = [one["message"] for one in s.check(day=str(s.day)).json["findings"] if one["rule"] == "EMS307"]
    assert len(found) == 1
    return str(found[0])


def without_role(people: dict[str, Any]) -> None:
    people["c.deputy"]["roles"] = []


def ended_looking_back(people: dict[str, Any]) -> None:
    people["c.deputy"]["roles"][0]["until"] = "2026-01-05"


def gone(people: dict[str, Any]) -> None:
    del people["c.deputy"]


@pytest.fixture
def rejected(tmp_path: Path) -> Scene:
    """EMS-PRO-001 at revision 2, rejected by c.deputy."""
    s = scene(tmp_path)
    s.revise().commit()
    s.approve(by="c.deputy", action="reject")
    return s


def test_one_changed_comma_and_another_approver(rejected: Scene) -> None:
    s = rejected
    s.edit("Nobody else touches it.", "Nobody else touches it,").commit()
    s.approve()
    assert numbers(s) == NOT_YET
    assert "C. Deputy rejected revision 2 on 2026-01-10; that stands until C. Deputy decides again" in awaiting(s)


def test_changed_text_approved_by_who_rejected(rejected: Scene) -> None:
    s = rejected
    s.edit("Nobody else touches it.", "Nobody else touches it,").commit()
    s.approve(by="c.deputy")
    assert numbers(s) == RIGHT


def test_changed_text_approved_by_another_after_who_rejected_decided_again(rejected: Scene) -> None:
    s = rejected
    s.approve(by="c.deputy")
    assert numbers(s) == RIGHT


@pytest.mark.parametrize("how", ["merge", "squash", "rebase", "ff"])
def test_rejected_in_a_branch_changed_there_and_approved_by_another(tmp_path: Path, how: str) -> None:
    s = scene(tmp_path).branch().revise()
    s.commit()
    s.approve(by="c.deputy", action="reject")
    s.edit("Nobody else touches it.", "Nobody else touches it,").commit()
    s.approve()
    s.merge(how)
    assert numbers(s) == NOT_YET
    assert "C. Deputy rejected" in awaiting(s)


@pytest.mark.parametrize("how", ["merge", "squash", "rebase", "ff"])
def test_rejected_in_a_branch_changed_there_and_approved_by_who_rejected(tmp_path: Path, how: str) -> None:
    s = scene(tmp_path).branch().revise()
    s.commit()
    s.approve(by="c.deputy", action="reject")
    s.edit("Nobody else touches it.", "Nobody else touches it,").commit()
    s.approve(by="c.deputy")
    s.merge(how)
    assert numbers(s) == RIGHT


def test_a_rejection_of_the_revision_before_stops_nothing(rejected: Scene) -> None:
    s = rejected
    s.approve(by="c.deputy")
    s.revise(3, "lorry", "wagon").commit()
    s.approve()
    assert numbers(s) == {ID: 3}


@pytest.mark.parametrize("change", [without_role, ended_looking_back, gone])
def test_the_role_ends_and_a_claim_key_is_edited(rejected: Scene, change: Any) -> None:
    """Approved while the rejection stood; then neither the policy nor the next landing may let it through."""
    s = rejected
    s.approve()
    s.policy(change)
    assert numbers(s) == NOT_YET
    s.keys(review_by="2026-11-01").commit()
    assert numbers(s) == NOT_YET
    assert "only what is decided and landed after" in awaiting(s)
    s.approve()
    assert numbers(s) == RIGHT


def test_the_role_ends_by_its_own_day(tmp_path: Path) -> None:
    """e.gone is manager until 31 January: the passing of time gives nothing, a decision after it does."""
    s = scene(tmp_path)
    s.revise().commit()
    s.approve(by="e.gone", action="reject")
    s.approve(by="b.boss")
    s.day = date(2026, 2, 3)
    s.keys(review_by="2026-11-01").commit()
    assert numbers(s) == NOT_YET
    s.approve(by="b.boss", at=moment(date(2026, 1, 31), 20))
    assert numbers(s) == NOT_YET, "decided on the last day"
    s.approve(by="c.deputy")
    assert numbers(s) == RIGHT


def test_decided_after_the_role_ended_counts_from_the_first_day(tmp_path: Path) -> None:
    s = scene(tmp_path)
    s.revise().commit()
    s.approve(by="e.gone", action="reject")
    s.day = date(2026, 2, 1)
    s.approve(by="b.boss")
    assert numbers(s) == RIGHT


def test_the_role_was_taken_up_again(rejected: Scene) -> None:
    s = rejected
    s.policy(without_role)
    s.policy(lambda people: people["c.deputy"].update(roles=[{"role": "manager", "from": str(s.day)}]))
    s.approve()
    assert numbers(s) == NOT_YET


def test_a_rejection_stands_over_a_claim(tmp_path: Path) -> None:
    """Level declared under a trust root: front matter cannot walk around a record either."""
    s = scene(tmp_path)
    s.write("ems.yml", s.read("ems.yml").replace("level: signed", "level: declared")).commit()
    s.approve("policy")
    s.revise().commit()
    s.approve(by="c.deputy", action="reject")
    s.edit("Nobody else touches it.", "Nobody else touches it,")
    s.keys(approved_by="[b.boss]", approved_on=str(s.day)).commit()
    assert numbers(s) == NOT_YET
    s.approve(by="c.deputy", action="approve")
    assert numbers(s) == RIGHT


def test_ems_approve_says_who_rejected_and_what_ends_it(rejected: Scene, tmp_path: Path) -> None:
    s = rejected
    key = tmp_path / "key"
    key.write_bytes(key_of("b.boss").private)
    key.chmod(0o600)
    outcome = ems(s.root, "approve", ID, "--as", "b.boss", "--key", str(key), day=None)
    assert outcome.status == 0, outcome.err
    assert "C. Deputy rejected revision 2 on 2026-01-10; that stands until C. Deputy decides again." in outcome.out


# --- what a request still needs, where the forge is asked


def asked(s: Scene, *reviews: dict[str, Any]) -> list[str]:
    """What `ems check --base main --reviews` calls missing for the branch."""
    pull = {
        "forge": "github",
        "url": "https://github.com",
        "repository": "works/handbook",
        "number": 7,
        "author": {"id": "101", "login": "author"},
        "head": s.head,
        "base": s.git("rev-parse", "main"),
        "merged": False,
        "merge_commit": None,
        "commits": [{"sha": sha} for sha in s.git("rev-list", "main..HEAD").split()],
        "reviews": list(reviews),
        "controls": {},
    }
    path = s.root.with_name("pull.json")
    path.write_text(json.dumps(pull), encoding="utf-8")
    found = s.check("--base", "main", "--reviews", "--from-json", str(path), day=str(s.day)).json["findings"]
    return [one["message"] for one in found if (one["rule"], one["severity"]) == ("EMS307", "error")]


@pytest.mark.parametrize("by", ["b.boss", "c.deputy"])
def test_a_rejection_in_the_branch_stops_the_request(by: str, tmp_path: Path) -> None:
    """Whoever else approved, and whatever they themselves had said before."""
    s = scene(tmp_path).branch().revise()
    s.commit()
    s.approve()
    assert asked(s) == []
    s.approve(by=by, action="reject")
    name = {"b.boss": "B. Boss", "c.deputy": "C. Deputy"}[by]
    said = asked(s)
    assert f"{name} rejected revision 2 on 2026-01-11; that stands until {name} decides again" in said
    assert len(said) == (2 if by == "b.boss" else 1)
    s.approve(by=by)
    assert asked(s) == []


def test_an_approval_in_the_branch_of_a_text_changed_since(tmp_path: Path) -> None:
    s = scene(tmp_path).branch().revise()
    s.commit()
    s.approve()
    s.edit("Nobody else touches it.", "Nobody else touches it,").commit()
    assert ["still needs 1 approval by signature" in one for one in asked(s)] == [True]


@pytest.mark.parametrize(("level", "hour", "state", "stands"), [
    ("witnessed", 18, "approved", False),
    ("witnessed", 8, "approved", True),
    ("witnessed", 18, "dismissed", True),
    ("signed", 18, "approved", True),
])  # fmt: skip
def test_a_rejection_by_record_and_a_review_by_the_same_person(
    level: str, hour: int, state: str, stands: bool, tmp_path: Path
) -> None:
    """A later review answers it where reviews decide."""
    s = scene(tmp_path)
    if level == "witnessed":
        s.replace("ems.yml", "level: signed", "level: witnessed").commit()
        s.approve("policy")
    s.branch().revise().commit()
    day = s.day
    s.approve(action="reject")
    review = {"id": "1", "account": {"id": "102", "login": "boss"}, "state": state, "commit": s.head, "was": "approved"}
    review |= {"was": None} if state == "approved" else {}
    said = asked(s, review | {"submitted_at": f"{day}T{hour:02}:00:00Z"})
    assert any("rejected revision 2" in one for one in said) == stands


def test_a_claim_that_a_rejection_stopped_is_told_when_the_role_has_ended(tmp_path: Path) -> None:
    """It never comes into force by itself, so somebody has to be told."""
    s = scene(tmp_path)
    s.write("ems.yml", s.read("ems.yml").replace("level: signed", "level: declared")).commit()
    s.approve("policy")
    s.revise().commit()
    s.approve(by="c.deputy", action="reject")
    s.keys(approved_by="[b.boss]", approved_on=str(s.day)).commit()
    s.policy(without_role)
    assert numbers(s) == NOT_YET
    assert "is no longer manager; only what is decided and landed after 2026-01-15 counts" in awaiting(s)
