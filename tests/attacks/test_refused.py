"""`ems approve` refuses, before anything is written, what `ems verify` would not count."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.attacks.scene import ID, Scene, key_of, scene
from tests.running import ems, picture


class Today(Scene):
    """A scene whose commits are made when they are made: `ems approve` signs at the moment of the clock."""

    def stamp(self, day: date) -> str:  # noqa: ARG002
        """Now, whatever the day of the scene."""
        return datetime.now(UTC).isoformat(timespec="seconds")


def approve(s: Scene, by: str, key: str = "", *options: str, document: str = ID) -> tuple[int, str]:
    """`ems approve` with a person's key; its exit status and what it says."""
    file = s.root.with_name(f"{key or by}.key")
    file.write_bytes(key_of(key or by).private)
    outcome = ems(s.root, "approve", document, "--as", by, "--key", str(file), *options, day=None)
    return outcome.status, outcome.out + outcome.err


@pytest.fixture
def waiting(tmp_path: Path) -> Scene:
    """Revision 2 waits for the manager, since today."""
    s = Today(scene(tmp_path).root, day=datetime.now(UTC).date())
    s.revise().commit()
    return s


REFUSED = {
    "who wrote it": (["a.author", "a.author", "--role", "manager"], "A. Author cannot approve"),
    "another's key": (["b.boss", "a.author"], "not signed by a key that B. Boss had"),
    "a role that ended": (["e.gone"], "E. Gone cannot approve"),
    "nobody": (["x.nobody"], 'no person "x.nobody"'),
    "another revision": (["b.boss", "", "--revision", "3"], "stands at revision 2, not 3"),
    "a baseline too late": (["b.boss", "", "--action", "baseline"], "allows no baselines"),
    "a day that its text does not say": (["b.boss", "", "--effective", "2099-01-01"], "--effective belongs to"),
    "a review for which nobody asks": (["b.boss", "", "--action", "review"], "asks for no review"),
    "withdrawal by an author": (["a.author", "", "--action", "withdraw"], "cannot withdraw"),
    "an earlier text that was never there": (["b.boss", "", "--action", "reinstate", "--revision", "7"], "nothing to"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_its_reason_and_nothing_written(waiting: Scene, case: str) -> None:
    before = picture(waiting.root, cache=False)
    words, reason = REFUSED[case]
    status, said = approve(waiting, *words)
    assert (status, reason in said) == (2, True), said
    assert picture(waiting.root, cache=False) == before


def test_contributor_is_refused(waiting: Scene) -> None:
    waiting.edit("Nobody else", "Nobody").commit("c.deputy")
    status, said = approve(waiting, "c.deputy")
    assert (status, "among the contributors" in said) == (2, True), said
    assert not list((waiting.root / "approvals" / ID).glob("r002*"))


def test_what_it_writes_counts(waiting: Scene) -> None:
    status, said = approve(waiting, "b.boss")
    assert (status, "Written by: A. Author." in said) == (0, True), said
    waiting.commit("b.boss")
    assert (waiting.verify().json["breaks"], waiting.in_force("2099-01-01")[ID][0]) == ([], 2)


def test_a_person_whose_key_no_file_name_can_hold_is_told(waiting: Scene) -> None:
    waiting.people(lambda people: people.update({"j.müller": people.pop("c.deputy")})).commit()
    assert approve(waiting, "b.boss", document="policy")[0] == 0
    waiting.commit("b.boss")
    status, said = approve(waiting, "j.müller", "c.deputy")
    assert (status, "people.yml like m.berg" in said) == (2, True), said
    assert not list((waiting.root / "approvals" / ID).glob("r002*"))


def test_policy_is_approved_by_its_role_only(waiting: Scene) -> None:
    waiting.people(lambda people: people["a.author"].update(name="Alex Author")).commit()
    assert approve(waiting, "a.author", "", document="policy")[0] == 2
    assert approve(waiting, "b.boss", "", document="policy")[0] == 0
    waiting.commit("b.boss")
    assert waiting.verify().json["breaks"] == []
