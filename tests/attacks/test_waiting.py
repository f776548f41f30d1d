"""What waits for its day, what ends on its day, and who may touch either."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.attacks.scene import DOC, ID, LATER, Scene, key_of, scene
from tests.examples import LONG_AFTER
from tests.running import Outcome, ems

SOON = "2026-05-01"
CONTROLLER = "d.deputy"


def editorial(s: Scene, number: int) -> Scene:
    """The next revision, its row called editorial, with changed words."""
    s.revise(number, "Nobody else touches it.", "Nobody else touches it!")
    text = s.read(DOC)
    start = text.index(f"{{revision: {number},")
    return s.write(DOC, text[:start] + text[start:].replace("class: substantive", "class: editorial", 1))


def waits(s: Scene, day: str = SOON) -> Scene:
    """Revision 2 is approved and starts on a later day."""
    s.revise().keys(effective=day).commit()
    s.approve()
    return s


def number(s: Scene, day: str) -> int | None:
    """The revision in force on a day; nothing may be broken."""
    outcome = s.verify()
    assert (outcome.json["breaks"], outcome.status) == ([], 0)
    return s.in_force(day).get(ID, (None, "", ""))[0]


def row(s: Scene, day: str) -> dict[str, object]:
    found = ems(s.root, "register", "--format", "json", day=day).json["documents"]
    return dict(next(one for one in found if one["id"] == ID))


def rules(outcome: Outcome, severity: str = "error") -> set[str]:
    return {one["rule"] for one in outcome.json["findings"] if one["severity"] == severity}


def sign_as(s: Scene, person: str, *more: str) -> Outcome:
    key = s.root.parent / person
    key.write_bytes(key_of(person).private)
    key.chmod(0o600)
    return ems(s.root, "approve", ID, "--as", person, "--key", str(key), *more, day=None)


@pytest.fixture
def s(tmp_path: Path) -> Scene:
    return scene(tmp_path)


# --- editorial revisions


@pytest.mark.parametrize(
    "keys", [{"effective": "2026-01-09"}, {"until": "2027-01-01"}, {"title": "Yard and drains"}, {"owner": "manager"}]
)
def test_an_editorial_row_that_moves_more_is_not_released_by_the_controller(s: Scene, keys: dict[str, str]) -> None:
    waits(s)
    editorial(s, 3).keys(**keys).commit()
    assert "EMS209" in rules(s.check(day=str(s.day)))
    refused = sign_as(s, CONTROLLER)
    assert (refused.status, "EMS209" in refused.err) == (2, True)
    s.approve(by=CONTROLLER, role="controller")
    assert [number(s, day) for day in (str(s.day), "2026-04-30", SOON)] == [1, 1, 2]


def test_an_editorial_row_that_exchanges_a_picture_is_not_released_by_the_controller(s: Scene) -> None:
    editorial(s, 2).write("docs/procedures/img/drains.png", "other drains").commit()
    assert "EMS209" in rules(s.check(day=str(s.day)))
    s.approve(by=CONTROLLER, role="controller")
    assert number(s, str(s.day)) == 1


def test_an_editorial_revision_of_one_that_waits_keeps_its_day(s: Scene) -> None:
    waits(s)
    due = row(s, "2026-06-01")["review_by"]
    editorial(s, 3).commit()
    assert rules(s.check(day=str(s.day))) == set()
    assert sign_as(s, CONTROLLER).status == 0
    s.git("checkout", "-q", ".")
    s.git("clean", "-qfd")
    s.approve(by=CONTROLLER, role="controller")
    assert [number(s, day) for day in (str(s.day), "2026-04-30", SOON)] == [1, 1, 3]
    assert row(s, "2026-06-01")["review_by"] == due, "a typing error moves no review"


def test_the_controller_may_not_name_another_role(s: Scene) -> None:
    s.revise().commit()
    refused = sign_as(s, CONTROLLER, "--role", "controller")
    assert refused.status == 2
    assert "that takes the manager" in refused.err


# --- overtaking


def test_a_revision_that_overtakes_one_that_waits(s: Scene) -> None:
    """With days that lie ahead of any clock."""
    waits(s, "2098-12-31")
    s.branch()
    s.revise(3, "Nobody else", "Nobody").keys(effective="2026-01-20").commit()
    assert "EMS210" in rules(s.gate())
    refused = sign_as(s, "b.boss")
    assert (refused.status, "instead_of: 2" in refused.err) == (2, True)
    s.approve()
    assert "EMS210" in rules(s.gate()), "signing it makes it no better"
    s.merge()
    assert "EMS211" in rules(s.check(day=str(s.day)), "warning")
    assert number(s, "2098-12-31") == 3


@pytest.mark.parametrize(("effective", "said"), [("2026-05-02", ""), ("2026-01-20", "instead_of: 2, ")])
def test_a_revision_that_starts_later_or_says_what_it_replaces(s: Scene, effective: str, said: str) -> None:
    waits(s)
    s.branch()
    s.revise(3, "Nobody else", "Nobody").keys(effective=effective)
    s.replace(DOC, "{revision: 3, ", f"{{revision: 3, {said}").commit()
    s.approve()
    assert rules(s.gate()) == set()
    s.merge()
    assert "EMS211" not in rules(s.check(day=str(s.day)), "warning")
    assert number(s, SOON) == (3 if said else 2)
    assert number(s, "2026-05-02") == 3


def test_revise_writes_what_approve_will_take(s: Scene) -> None:
    """With a clock of its own: the revision waits far ahead."""
    waits(s, "2098-12-31")
    outcome = ems(s.root, "revise", ID, "--change", "Sealed.", "--author", "a.author", day=None)
    assert (outcome.status, "--instead-of 2" in outcome.out) == (0, True)
    assert "\neffective: 2099-01-01\n" in s.read(DOC)
    s.git("checkout", "-q", ".")
    outcome = ems(s.root, "revise", ID, "--change", "Sealed.", "--instead-of", "2", "--author", "a.author", day=None)
    assert outcome.status == 0, outcome.err
    assert "class: substantive, instead_of: 2, change" in s.read(DOC)
    assert "\neffective: 2098-12-31\n" in s.read(DOC)
    s.git("checkout", "-q", ".")
    outcome = ems(s.root, "revise", ID, "--change", "Sealed.", "--instead-of", "1", "--author", "a.author", day=None)
    assert (outcome.status, "does not wait" in outcome.err) == (2, True)
    outcome = ems(s.root, "revise", ID, "--class", "editorial", "--change", "Comma.", "--author", "a.author", day=None)
    assert outcome.status == 0
    assert "\neffective: 2098-12-31\n" in s.read(DOC)


# --- temporary revisions


def temporary(s: Scene, until: str = "2026-02-15") -> Scene:
    """Revision 2 applies until a day."""
    s.revise().keys(until=until).commit()
    s.approve()
    return s


def test_after_its_last_day_the_revision_before_returns_as_it_was(s: Scene) -> None:
    before = row(s, "2026-01-09")
    temporary(s)
    assert [number(s, day) for day in ("2026-02-15", "2026-02-16")] == [2, 1]
    after = row(s, "2026-02-16")
    keys = ("state", "revision", "digest", "review_by", "evidence", "approved_on", "approved_by", "since")
    assert {key: after[key] for key in keys} == {key: before[key] for key in keys}
    assert row(s, "2026-02-15")["until"] == "2026-02-15"
    warned = s.check(day="2026-01-20").json["findings"]
    assert any("ends on 2026-02-15; after that revision 1 applies again" in one["message"] for one in warned)
    assert "EMS605" not in rules(s.check(day="2026-01-15"), "warning"), "31 days ahead"
    history = ems(s.root, "history", ID, "--format", "json", day="2026-03-01").json["revisions"]
    assert {one["revision"]: one["state"] for one in history} == {1: "in force", 2: "superseded"}


def test_a_first_revision_that_ends_leaves_the_document_withdrawn(s: Scene) -> None:
    s.draft("EMS-PRO-002", until="2026-02-15").commit()
    s.approve("EMS-PRO-002")
    assert s.in_force("2026-02-15")["EMS-PRO-002"][0] == 1
    found = ems(s.root, "register", "--format", "json", day="2026-02-16").json["documents"]
    assert [(one["state"], one["revision"]) for one in found if one["id"] == "EMS-PRO-002"] == [("withdrawn", None)]
    assert s.verify().json["breaks"] == []


def test_no_return_past_a_withdrawal(s: Scene) -> None:
    s.approve(action="withdraw")
    s.approve(action="reinstate")
    temporary(s)
    assert [number(s, day) for day in ("2026-02-15", "2026-02-16")] == [2, 1], "what was reinstated returns"
    s.day = date(2026, 2, 10)
    s.approve(action="withdraw", digest=s.in_force("2026-02-11")[ID][1], revision=2)
    assert [number(s, day) for day in ("2026-02-11", "2026-02-16")] == [None, None]


def test_revise_starts_from_the_text_in_force_and_keeps_every_row(s: Scene) -> None:
    temporary(s)
    s.write("docs/procedures/img/drains.png", "drains")
    outcome = ems(s.root, "revise", ID, "--change", "Locked.", "--author", "a.author", day=None)
    assert outcome.status == 0, outcome.err
    assert "starts from revision 1, which is in force" in outcome.out
    text = s.read(DOC)
    assert "tanker" in text
    assert "lorry" not in text
    assert "until" not in text
    assert [line.split(",")[0] for line in text.split("\n") if line.startswith("  - {revision")] == [
        "  - {revision: 3",
        "  - {revision: 2",
        "  - {revision: 1",
    ]
    s.day = date(2026, 3, 1)
    s.replace(DOC, "status: draft", "status: submitted").edit("Nobody else", "Nobody").commit()
    s.approve()
    assert number(s, LONG_AFTER) == 3


# --- what was wrong before it was signed is wrong afterwards


def test_an_old_row_rewritten_and_signed_stays_red(s: Scene) -> None:
    s.branch()
    s.revise().replace(DOC, "First issue.", "First issue of it.").commit()
    assert "EMS202" in rules(s.gate())
    refused = sign_as(s, "b.boss")
    assert (refused.status, "EMS202" in refused.err) == (2, True)
    s.approve()
    assert "EMS202" in rules(s.gate())


def test_the_next_revision_with_its_rows_as_they_were(s: Scene) -> None:
    s.branch()
    s.revise().commit()
    assert sign_as(s, "b.boss").status == 0
    s.git("clean", "-qfd")
    s.approve()
    assert rules(s.gate()) == set()
    s.merge()
    assert number(s, str(s.day)) == 2


# --- brought back, while another waits

FAR = "2098-12-31"


def another_waits(s: Scene) -> str:
    """Revision 2 is in force, 3 waits for a far day; gives the text of revision 1."""
    first = s.read(DOC)
    s.revise().commit()
    s.approve()
    s.revise(3, "Nobody else", "No one").keys(effective=FAR).commit()
    s.approve()
    return first


@pytest.mark.parametrize("how", ["merge", "squash"])
def test_bringing_back_over_one_that_waits(s: Scene, how: str) -> None:
    first = another_waits(s)
    s.branch()
    s.write(DOC, first).commit()
    refused = sign_as(s, "b.boss", "--action", "reinstate", "--revision", "1")
    assert (refused.status, f"revision 3, which waits for {FAR}" in refused.err) == (2, True), refused.err
    assert "--effective 2099-01-01" in refused.err
    s.approve(action="reinstate", revision=1, digest=_digest(s, 1))
    assert "EMS210" in rules(s.gate())
    s.merge(how)
    assert "EMS211" in rules(s.check(day=str(s.day)), "warning")


def test_bringing_back_from_a_later_day(s: Scene) -> None:
    """The twin: the one that waits applies for a day first."""
    first = another_waits(s)
    s.branch()
    s.write(DOC, first).commit()
    taken = sign_as(s, "b.boss", "--action", "reinstate", "--revision", "1", "--effective", "2099-01-01")
    assert taken.status == 0, taken.err
    s.approve(action="reinstate", revision=1, digest=_digest(s, 1), effective="2099-01-01")
    assert "EMS210" not in rules(s.gate())


def test_bringing_back_where_nothing_waits(s: Scene) -> None:
    first = s.read(DOC)
    s.revise().commit()
    s.approve()
    s.branch()
    s.write(DOC, first).commit()
    s.approve(action="reinstate", revision=1, digest=_digest(s, 1))
    assert rules(s.gate()) == set()


def _digest(s: Scene, revision: int) -> str:
    shown = ems(s.root, "show", ID, "--revision", str(revision), "--format", "json", day=LATER)
    return str(shown.json["digest"])
