"""Every finding of `ems verify` that a `correct` record ends names that command, and it works as it stands."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.scene import DOC, ID, RECORD, Scene, scene
from tests.running import ems
from tests.signing import key_of, moment

COMMAND = re.compile(r"ems approve (\S+) --action correct --corrects (\S+)")


def rewrite(path: str, old: str, new: str) -> Callable[[Scene], None]:
    """A record changed and put back, each a commit."""

    def act(s: Scene) -> None:
        before = s.read(path)
        s.replace(path, old, new).commit()
        s.write(path, before).commit()

    return act


def malformed(s: Scene) -> None:
    s.write(f"approvals/{ID}/r002-20260110T090000Z-c.deputy-approve.json", "{}").commit()


def copied(s: Scene) -> None:
    """The right record stands, and counts: what is ended is the copy."""
    s.write(RECORD.replace(ID, "EMS-PRO-009"), s.read(RECORD)).commit()


def copied_beside(s: Scene) -> None:
    s.write(RECORD.replace("r001", "r002"), s.read(RECORD)).commit()


def removed(s: Scene) -> None:
    before = s.read(RECORD)
    (s.root / RECORD).unlink()
    s.commit()
    s.write(RECORD, before).commit()


def edited(s: Scene) -> None:
    s.edit().commit()
    s.edit("Never close", "Close").commit()


def says_withdrawn(s: Scene) -> None:
    s.keys(status="withdrawn").commit()
    s.keys(status="submitted").commit()


def deleted(s: Scene) -> None:
    before = s.read(DOC)
    (s.root / DOC).unlink()
    s.commit()
    s.write(DOC, before).commit()


def policy_edited(s: Scene) -> None:
    s.write("ems.yml", s.read("ems.yml") + "baseline_until: 2027-01-01\n").commit()
    s.write("ems.yml", s.read("ems.yml").replace("baseline_until: 2027-01-01\n", "")).commit()


def signed_badly(s: Scene) -> None:
    s.revise().commit()
    for number, changes in enumerate(BADLY):
        s.approve(**{"by": "c.deputy", "at": moment(s.day, 8, number), **changes})


BADLY: list[dict[str, Any]] = [
    {"prev": ["sha256:" + "0" * 64]},
    {"policy_digest": "sha256:" + "0" * 64},
    {"key": "mallory"},
    {"by": "a.author", "role": "manager"},
    {"by": "a.author"},
    {"revision": 3},
    {"decided_at": "2026-02-20T09:00:00Z"},
]


def of_nobodys_document(s: Scene) -> None:
    left = s.sign(key="mallory")
    text = left.read_bytes().decode().replace(ID, "EMS-PRO-077")
    place = f"approvals/EMS-PRO-077/{left.name}"
    left.with_name(left.name + ".sig").unlink()
    left.unlink()
    s.write(place, text).commit()


def policy_signed_by_an_author(s: Scene) -> None:
    s.people(lambda people: people["c.deputy"].update(name="C. Other")).commit()
    s.approve("policy", by="a.author")
    s.approve("policy", by="b.boss", revision=2)


def dated_back(s: Scene) -> None:
    s.revise().commit()
    s.day += timedelta(days=20)
    s.write("docs/index.md", "# Home\n").commit()
    s.day -= timedelta(days=15)
    s.approve()


def one_after_the_other(*acts: Callable[[Scene], None]) -> Callable[[Scene], None]:
    def act(s: Scene) -> None:
        for one in acts:
            one(s)

    return act


FAULTS: dict[str, tuple[Callable[[Scene], None], set[str]]] = {
    "records that are none": (
        one_after_the_other(malformed, copied, copied_beside, of_nobodys_document),
        {"EMS320", "EMS321", "EMS324"},
    ),
    "records changed and put back": (
        one_after_the_other(rewrite(RECORD, "I approve it", "I approve all"), removed),
        {"EMS322"},
    ),
    "records that do not count": (
        signed_badly,
        {"EMS323", "EMS324", "EMS325", "EMS326", "EMS327", "EMS328", "EMS331"},
    ),
    "texts put back": (one_after_the_other(edited, says_withdrawn, deleted), {"EMS333", "EMS334", "EMS335"}),
    "policy put back": (one_after_the_other(policy_edited, policy_signed_by_an_author), {"EMS821", "EMS327"}),
    "dated back": (dated_back, {"EMS721"}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_remedy_that_is_named_ends_the_finding(tmp_path: Path, fault: str) -> None:
    act, rules = FAULTS[fault]
    s = scene(tmp_path)
    act(s)
    before = s.in_force()
    breaks = s.verify().json["breaks"]
    assert {one["rule"] for one in breaks} == rules, breaks
    commands = {match.groups() for one in breaks if (match := COMMAND.search(one["fix"]))}
    assert all(COMMAND.search(one["fix"]) for one in breaks), breaks
    (tmp_path / "key").write_bytes(key_of("b.boss").private)
    for document, named in sorted(commands):
        line = ["approve", document, "--action", "correct", "--corrects", named]
        told = ems(s.root, *line, "--as", "b.boss", "--key", str(tmp_path / "key"), day=None)
        assert told.status == 0, told.err
    s.day = datetime.now(UTC).date() + timedelta(days=1)  # decided now, so committed after it
    s.commit("b.boss")
    report = ems(s.root, "verify", "--format", "json", day=str(s.day + timedelta(days=1))).json
    assert report["breaks"] == []
    assert len(report["corrected"]) >= len(commands)
    assert s.in_force()[ID] == before[ID]


def test_a_copy_is_not_ended_by_its_name(tmp_path: Path) -> None:
    """That would end the right record too."""
    s = scene(tmp_path)
    copied(s)
    (tmp_path / "key").write_bytes(key_of("b.boss").private)
    line = ["approve", "policy", "--action", "correct", "--corrects", RECORD.replace(ID, "EMS-PRO-009")]
    told = ems(s.root, *line, "--as", "b.boss", "--key", str(tmp_path / "key"), day=None)
    assert (told.status, f"--corrects {s.head[:10]}" in told.err) == (2, True), told.err


def test_before_it_lands_the_remedy_is_to_take_it_out(tmp_path: Path) -> None:
    """The twin: in a request no `correct` record is needed, nor named."""
    s = scene(tmp_path).branch()
    s.revise().commit()
    s.approve(by="a.author", role="manager")
    found = [one for one in s.gate().json["findings"] if one["severity"] == "error"]
    assert [one["rule"] for one in found] == ["EMS327"]
    assert "correct" not in found[0]["fix"]
