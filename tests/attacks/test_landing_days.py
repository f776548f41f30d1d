"""The date of a commit is whoever's word made it: it revives no role, opens no deadline, and puts no text to sleep."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.scene import ID, LATER, Scene, attack, scene, twin
from tests.running import ems
from tests.signing import moment

FEBRUARY, JANUARY = date(2026, 2, 10), date(2026, 1, 20)
"""e.gone was manager until 31 January."""
FAR = date(2090, 1, 1)
DAYS = ["2026-01-08", "2026-01-12", "2026-01-15", "2026-01-20", "2026-01-31", "2026-02-01", "2026-03-01", LATER]


# --- dated back


@attack("EMS721", "EMS327")
def test_landing_dated_back_to_when_the_role_was_held(s: Scene) -> None:
    s.day = FEBRUARY
    s.revise().commit()
    s.day = JANUARY
    s.approve(by="e.gone")


@attack("EMS721", "EMS327")
def test_text_and_record_dated_back_together(s: Scene) -> None:
    """The policy that ended the role is what lies below."""
    s.day = FEBRUARY
    s.policy(lambda people: people["c.deputy"]["roles"][0].update(until="2026-02-01"))
    s.day = JANUARY
    s.revise().commit()
    s.approve(by="c.deputy")


@attack("EMS721", "EMS327")
def test_merge_dated_back(s: Scene) -> None:
    s.day = FEBRUARY
    s.write("docs/index.md", "# Home\n").commit()
    s.branch()
    s.day = JANUARY
    s.revise().commit()
    s.approve(by="e.gone")
    s.merge()


@attack("EMS721", "EMS326")
def test_landing_dated_back_to_when_the_key_held(s: Scene) -> None:
    s.day = FEBRUARY
    s.policy(lambda people: people["c.deputy"]["keys"][0].update(until="2026-02-01"))
    s.revise().commit()
    s.day = JANUARY
    s.approve(by="c.deputy")


@attack("EMS721", "EMS821", "EMS327")
def test_policy_record_dated_back(s: Scene) -> None:
    s.day = FEBRUARY
    s.write("docs/index.md", "# Home\n").commit()
    s.day = JANUARY
    s.people(lambda people: people["a.author"]["roles"].append({"role": "manager", "from": "2020-01-01"})).commit()
    s.approve("policy", by="e.gone")


@attack("EMS721", "EMS330")
def test_new_document_as_baseline_after_its_deadline(s: Scene) -> None:
    s.write("ems.yml", s.read("ems.yml") + "baseline_until: 2026-01-31\n").commit()
    s.approve("policy")
    s.settled()
    s.day = FEBRUARY
    s.draft("EMS-PRO-002").commit()
    s.day = JANUARY
    s.approve("EMS-PRO-002", action="baseline")


@twin(test_new_document_as_baseline_after_its_deadline, 1, _002=1)
def test_baseline_on_its_last_day(s: Scene) -> None:
    s.write("ems.yml", s.read("ems.yml") + "baseline_until: 2026-01-31\n").commit()
    s.approve("policy")
    s.day = date(2026, 1, 30)
    s.draft("EMS-PRO-002").commit()
    s.approve("EMS-PRO-002", action="baseline")


@twin(test_landing_dated_back_to_when_the_role_was_held, 2)
def test_role_held_to_the_end(s: Scene) -> None:
    s.day = JANUARY
    s.revise().commit()
    s.day = date(2026, 1, 31)
    s.approve(by="e.gone")


@twin(test_merge_dated_back, 2)
def test_clock_some_hours_behind(s: Scene) -> None:
    """Less than a day: nobody is accused, and it counts as landed with what lies below."""
    s.revise().commit()
    s.sign(at=moment(s.day - timedelta(days=1), 8))
    s.day -= timedelta(days=1)
    s.commit("b.boss")


@twin(test_text_and_record_dated_back_together, 2)
def test_commit_dated_back_that_touches_nothing_of_the_handbook(s: Scene) -> None:
    s.revise().commit()
    s.write("tools/build.sh", "true\n").git("add", "-A")
    s.git("commit", "-q", "-m", "Tools", day=date(2001, 1, 1))
    s.approve()
    s.git("commit", "-q", "--allow-empty", "-m", "Nothing", day=FAR)


@twin(test_landing_dated_back_to_when_the_key_held, 2)
def test_branch_with_older_commits_merged_late(s: Scene) -> None:
    """What a branch holds may be old: it lands on the day of its merge."""
    s.branch().revise().commit()
    s.approve()
    s.checkout()
    s.day = FEBRUARY
    s.write("docs/index.md", "# Home\n").commit()
    s.merge()


@twin(test_policy_record_dated_back)
def test_policy_in_its_time(s: Scene) -> None:
    s.day = JANUARY
    s.people(lambda people: people["a.author"].update(name="Alex Author")).commit()
    s.approve("policy", by="e.gone")


def test_text_alone_dated_back_is_a_warning(tmp_path: Path) -> None:
    s = scene(tmp_path)
    s.day = FEBRUARY
    s.write("docs/index.md", "# Home\n").commit()
    s.day = JANUARY
    s.draft("EMS-PRO-002").commit()
    assert s.verify().json["breaks"] == []
    (found,) = [one for one in s.check().json["findings"] if one["rule"] == "EMS722"]
    assert found["severity"] == "warning"
    assert all(day in found["message"] for day in ("2026-01-20", "2026-02-10"))
    register = ems(s.root, "register", "--format", "json", day="2026-02-09").json["documents"]
    assert [row["id"] for row in register] == [ID], "it stands on main only since what lies below it"


def test_correct_record_ends_a_landing_dated_back(tmp_path: Path) -> None:
    """Its date counts for nothing, before and after."""
    s = scene(tmp_path)
    s.day = FEBRUARY
    s.revise().commit()
    s.day = JANUARY
    s.approve()
    commit = s.head
    assert [one["rule"] for one in s.verify().json["breaks"]] == ["EMS721"]
    s.day = FEBRUARY + timedelta(days=1)
    s.approve("policy", action="correct", corrects=commit)
    report = s.verify().json
    assert (report["breaks"], [one["what"] for one in report["corrected"]]) == ([], [commit])
    assert s.in_force("2026-02-09")[ID][0] == 1
    assert s.in_force("2026-02-10")[ID][0] == 2


# --- dated ahead


def ahead(s: Scene, wrong: str = "") -> str:
    """Within a day: a revision of EMS-PRO-001 and a new document, each text and record a commit.

    Some of them by a clock that is wrong. Returns the first of these.
    """
    day, named = s.day, ""
    steps = {
        "home": lambda: s.write("docs/index.md", "# Home\n"),
        "text": s.revise,
        "record": lambda: s.sign(at=moment(day, 11)),
        "later text": lambda: s.draft("EMS-PRO-002"),
        "later record": lambda: s.sign("EMS-PRO-002", by="c.deputy", at=moment(day, 11)),
    }
    for step, act in steps.items():
        act()
        s.day = FAR if step in wrong.split(", ") else day
        head = s.commit("b.boss" if "record" in step else "a.author")
        named = named or (head if step in wrong.split(", ") else "")
        s.day = day
    s.day = day + timedelta(days=1)
    return named


def registers(s: Scene) -> list[Any]:
    return [ems(s.root, "register", "--format", "json", day=day).json["documents"] for day in DAYS]


@pytest.mark.parametrize("how", ["direct", "merge", "wrong clock still"])
@pytest.mark.parametrize("wrong", ["record", "text", "later text", "later record", "record, later text, later record"])
def test_commit_of_the_future_is_corrected(tmp_path: Path, wrong: str, how: str) -> None:
    """Afterwards the register of every day is as if the clock had been right."""
    s = scene(tmp_path / "wrong")
    named = ahead(s, wrong)
    told = [one for one in s.check().json["findings"] if one["rule"] in ("EMS721", "EMS722")]
    assert any("2090-01-01" in one["message"] for one in told)
    assert all(named[:10] in one["fix"] for one in told), "the remedy names the commit that is to blame"
    if how == "merge":
        s.branch("remedy")
    s.sign("policy", action="correct", corrects=named)
    if how == "wrong clock still":
        s.day = FAR
    s.commit("b.boss")
    if how == "merge":
        assert [one for one in s.gate().json["findings"] if one["severity"] == "error"] == []
        s.merge(name="remedy")
    report = s.verify().json
    assert report["breaks"] == []
    assert [one["rule"] for one in s.check().json["findings"] if one["rule"] in ("EMS721", "EMS722")] == []
    right = scene(tmp_path / "right")
    ahead(right)
    assert registers(s) == registers(right)


def told(s: Scene, document: str, day: str) -> tuple[Any, ...]:
    """What the register and the history say of the newest revision of a document: they answer one question."""
    listed = {row["id"]: row for row in ems(s.root, "register", "--format", "json", day=day).json["documents"]}
    row = listed.get(document)
    newest = ems(s.root, "history", document, "--format", "json", day=day).json["revisions"][0]
    said = (newest["revision"], newest["state"], newest["effective"], len(newest["approvals"]))
    if row is None:
        return (None, *said)
    upcoming = row["upcoming"] and (row["upcoming"]["revision"], row["upcoming"]["effective"])
    return (row["state"], row["revision"], row["latest_revision"], upcoming, *said)


@pytest.mark.parametrize("how", ["straight", "merge"])
def test_register_and_history_agree_about_a_commit_of_the_future(tmp_path: Path, how: str) -> None:
    """Until it is corrected, what landed so is approved, and upcoming on that day; that it is wrong is said apart."""
    s = scene(tmp_path)
    if how == "merge":
        s.branch()
    s.revise().commit()
    s.sign()
    right, s.day = s.day, FAR
    if how == "merge":
        s.commit("b.boss")
        s.merge()
    else:
        s.commit("b.boss")
    s.day = right + timedelta(days=1)
    for day in (str(s.day), LATER):
        first = "2090-01-01" if how == "straight" else "2090-01-02"
        assert told(s, ID, day) == ("in force", 1, 2, (2, first), 2, "upcoming", first, 1)


def test_register_and_history_agree_about_a_text_of_the_future(tmp_path: Path) -> None:
    s = scene(tmp_path)
    s.day = FAR
    s.draft("EMS-PRO-002").commit()
    assert told(s, "EMS-PRO-002", LATER)[:6] == ("awaiting approval", None, 1, None, 1, "awaiting approval")


def test_history_of_an_earlier_day_tells_what_was_there(tmp_path: Path) -> None:
    """The twin: what landed in its time, seen from a day before it, is unknown to both."""
    s = scene(tmp_path)
    before = str(s.day - timedelta(days=1))
    s.revise().commit()
    s.approve()
    assert told(s, ID, before) == ("in force", 1, 1, None, 1, "in force", "2026-01-01", 1)
    assert told(s, ID, LATER)[:6] == ("in force", 2, 2, None, 2, "in force")


@pytest.mark.parametrize("wrong", ["record", "text"])
def test_gate_lets_nothing_land_on_a_commit_of_the_future(tmp_path: Path, wrong: str) -> None:
    s = scene(tmp_path)
    named = ahead(s, wrong)
    s.branch().write("docs/index.md", "# Start\n").commit()
    found = [one for one in s.gate().json["findings"] if one["severity"] == "error"]
    assert [one["rule"] for one in found] == ["EMS723"]
    assert f"ems approve policy --action correct --corrects {named[:10]}" in found[0]["fix"]
    s.sign("policy", action="correct", corrects=named)
    s.commit("b.boss")
    assert [one["rule"] for one in s.gate().json["findings"] if one["severity"] == "error"] == []


@attack("EMS721", "EMS327")
def test_correction_by_somebody_without_the_policy_role(s: Scene) -> None:
    s.revise().commit()
    s.sign()
    right, s.day = s.day, FAR
    s.commit("b.boss")
    s.day = right + timedelta(days=1)
    s.approve("policy", by="a.author", action="correct", corrects=s.head, role="lead")


@attack("EMS721", "EMS326")
def test_correction_with_a_key_of_nobody(s: Scene) -> None:
    s.revise().commit()
    s.sign()
    right, s.day = s.day, FAR
    s.commit("b.boss")
    s.day = right + timedelta(days=1)
    s.approve("policy", action="correct", corrects=s.head, key="mallory")


@twin(test_correction_by_somebody_without_the_policy_role, 2)
def test_correction_by_the_policy_role(s: Scene) -> None:
    s.revise().commit()
    s.sign()
    right, s.day = s.day, FAR
    s.commit("b.boss")
    s.day = right + timedelta(days=1)
    s.approve("policy", action="correct", corrects=s.head)


@twin(test_correction_with_a_key_of_nobody, 2)
def test_correction_by_a_role_that_ends_before_the_wrong_day(s: Scene) -> None:
    """Its own landing is dated as it makes it: the role need not hold in 2090."""
    s.policy(lambda people: people["c.deputy"]["roles"][0].update(until="2026-03-01"))
    s.revise().commit()
    s.sign()
    right, s.day = s.day, FAR
    s.commit("b.boss")
    s.day = right + timedelta(days=1)
    s.approve("policy", by="c.deputy", action="correct", corrects=s.head)


def test_correction_of_a_commit_in_line_leaves_its_date(tmp_path: Path) -> None:
    """A `correct` record that forgives a damage takes no date away."""
    s = scene(tmp_path)
    s.edit().commit()
    damaged = s.head
    s.edit("Never close", "Close").revise().commit()
    s.approve()
    before = registers(s)
    s.approve("policy", action="correct", corrects=damaged)
    assert (s.verify().json["breaks"], registers(s)) == ([], before)
