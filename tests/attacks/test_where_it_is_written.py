"""Where `ems approve` writes: nothing that lies there is lost or overwritten, and what lies there counts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.attacks.scene import ID, Scene, scene
from tests.attacks.test_lost_keys import alone
from tests.attacks.test_lost_keys import approve as approve_policy
from tests.attacks.test_records import name_of
from tests.attacks.test_refused import Today, approve
from tests.attacks.test_who_and_when import steer, two_managers

FOLDER = f"approvals/{ID}"


@pytest.fixture
def waiting(tmp_path: Path) -> Scene:
    """Revision 2 waits for two managers, since today."""
    s = steer(scene(tmp_path), two_managers)
    s = Today(s.root, day=datetime.now(UTC).date())
    s.revise().commit()
    return s


def test_two_sign_one_after_the_other_before_anything_is_committed(waiting: Scene) -> None:
    """The second knows of the first, and takes nothing of it away."""
    first, second = (approve(waiting, by) for by in ("b.boss", "c.deputy"))
    assert (first[0], second[0]) == (0, 0), (first, second)
    boss, deputy = (next((waiting.root / FOLDER).glob(f"r002-*-{by}-approve.json")) for by in ("b.boss", "c.deputy"))
    assert json.loads(deputy.read_text())["prev"] == [name_of(boss)]
    assert all(path.with_name(path.name + ".sig").is_file() for path in (boss, deputy))
    waiting.commit("b.boss")
    assert (waiting.verify().json["breaks"], waiting.in_force("2099-01-01")[ID][0]) == ([], 2)


def test_what_git_keeps_is_not_swept_away(waiting: Scene) -> None:
    """A signature whose record is gone is evidence of that; one that a broken-off run left is rubbish."""
    kept, left = (waiting.root / FOLDER / f"r002-2026011{n}T000000Z-b.boss-approve.json.sig" for n in (0, 1))
    kept.write_text("kept")
    waiting.commit()
    left.write_text("left")
    assert approve(waiting, "b.boss")[0] == 0
    assert (kept.is_file(), left.is_file()) == (True, False)


def test_record_of_the_same_second(waiting: Scene) -> None:
    """What has landed is never written over: the next second that is free is taken."""
    now = datetime.now(UTC)
    stamps = [f"{now + timedelta(seconds=n):%Y%m%dT%H%M%SZ}" for n in range(-5, 60)]
    for stamp in stamps:
        waiting.write(f"{FOLDER}/r002-{stamp}-b.boss-approve.json", "{}")
    waiting.commit()
    assert approve(waiting, "b.boss")[0] == 0
    new = waiting.git("status", "--porcelain", "--untracked-files=all").splitlines()
    assert [line[:2] for line in new] == ["??", "??"]


@pytest.mark.parametrize("what", ["approvals", FOLDER])
def test_folder_that_is_a_link(waiting: Scene, what: str, tmp_path: Path) -> None:
    (waiting.root / what).rename(tmp_path / "elsewhere")
    (waiting.root / what).symlink_to(tmp_path / "elsewhere")
    before = sorted((tmp_path / "elsewhere").rglob("*"))
    status, said = approve(waiting, "b.boss")
    assert (status, "must be a folder, not a link" in said) == (2, True), said
    assert sorted((tmp_path / "elsewhere").rglob("*")) == before


def test_policy_that_is_changed_again_before_it_is_signed(tmp_path: Path) -> None:
    """What lies there is not what is committed, and it is committed text that is signed."""
    s = Today(scene(tmp_path).root, day=datetime.now(UTC).date())
    s.write("ems.yml", s.read("ems.yml") + "# One line more.\n").commit()
    s.write("ems.yml", s.read("ems.yml") + "# And another.\n")
    status, said = approve(s, "b.boss", document="policy")
    assert (status, "differ from what is committed" in said) == (2, True), said
    s.commit()
    assert approve(s, "b.boss", document="policy")[0] == 0


def test_later_policies_of_a_firm_with_one_key_need_no_second_exception(tmp_path: Path) -> None:
    s = alone(tmp_path)
    assert approve_policy(s, "b.boss", "--one-key-only", "The firm is one person.")[0] == 0
    s = Today(s.root, day=datetime.now(UTC).date())
    s.commit("b.boss")
    s.write("ems.yml", s.read("ems.yml") + "# One line more.\n").commit("b.boss")
    status, said = approve_policy(s, "b.boss")
    assert status == 0, said


def test_text_whose_author_has_a_clock_that_is_fast(waiting: Scene) -> None:
    """Signed now, the decision would be older than what it is about."""
    waiting.edit("Nobody else touches it.", "Nobody else touches it,")
    waiting.git("add", "-A")
    later = datetime.now(UTC) + timedelta(hours=2)
    waiting.git("commit", "-q", "-m", "Step", f"--date={later.isoformat()}")
    status, said = approve(waiting, "b.boss")
    assert (status, "later than this moment" in said) == (2, True), said
