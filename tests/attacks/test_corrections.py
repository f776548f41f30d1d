"""What a `correct` record may end, where it is the remedy, and records about a policy in another case."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.attacks.scene import DOC, ID, RECORD, Scene, attack, key_of, scene, twin
from tests.running import ems


def name_of(path: Path) -> str:
    return "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()


def root_record(s: Scene) -> Path:
    return next((s.root / "approvals/policy").glob("*.json"))


@attack("EMS324")
def test_trust_root_ended_by_a_correct_record(s: Scene) -> None:
    s.approve(action="correct", corrects=name_of(root_record(s)))


@attack("EMS324")
def test_correct_record_ended_by_another(s: Scene) -> None:
    s.replace(RECORD, '"I approve it."', '"I approve it!"').commit()
    bad = s.head
    s.replace(RECORD, '"I approve it!"', '"I approve it."').commit()
    first = s.approve(action="correct", corrects=bad)
    s.approve(action="correct", corrects=name_of(first))


@pytest.mark.parametrize("broken", ["unsigned", "by a role that may not", "badly signed"])
def test_broken_correct_record_is_ended_by_a_sound_one(tmp_path: Path, broken: str) -> None:
    s = scene(tmp_path)
    approved = name_of(s.root / RECORD)
    if broken == "by a role that may not":
        bad = s.sign(by="a.author", role="author", action="correct", corrects=approved)
    else:
        bad = s.sign(action="correct", corrects=approved)
        signature = bad.with_name(bad.name + ".sig")
        signature.unlink() if broken == "unsigned" else signature.write_bytes((s.root / f"{RECORD}.sig").read_bytes())
    s.commit()
    found = ems(s.root, "verify", day=None)
    named = bad.relative_to(s.root).as_posix()
    assert (found.status, f"--action correct --corrects {named}" in found.out) == (1, True), found.out
    assert "1 signed" in found.out
    s.approve(action="correct", corrects=name_of(bad))
    ended = ems(s.root, "verify", day=None)
    assert (ended.status, f"{named}: " in ended.out, "1 signed" in ended.out) == (0, True, True), ended.out


@twin(test_correct_record_ended_by_another, revision=0)
def test_approval_ended_by_a_correct_record(s: Scene) -> None:
    s.approve(action="correct", corrects=name_of(s.root / RECORD))


@pytest.mark.parametrize("what", ["root", "correct"])
def test_approve_refuses_what_ends_nothing(tmp_path: Path, what: str) -> None:
    s = scene(tmp_path)
    named = root_record(s)
    if what == "correct":
        bad = s.replace(RECORD, '"I approve it."', '"I approve it!"').commit()
        s.replace(RECORD, '"I approve it!"', '"I approve it."').commit()
        named = s.approve(action="correct", corrects=bad)
    key = tmp_path / "key"
    key.write_bytes(key_of("b.boss").private)
    line = ["approve", ID, "--as", "b.boss", "--key", str(key), "--action", "correct", "--corrects", name_of(named)]
    told = ems(s.root, *line, day=None)
    assert (told.status, "ended by nothing" in told.err) == (2, True), told.err
    assert not s.git("status", "--porcelain")


@attack("EMS320")
def test_record_about_the_policy_in_another_case(s: Scene) -> None:
    s.sign(document=ID, action="approve")
    found = next(path for path in (s.root / "approvals" / ID).glob("*.json") if path.name != Path(RECORD).name)
    text = found.read_text("utf-8").replace(f'"document": "{ID}"', '"document": "Policy"')
    for path in (found, found.with_name(found.name + ".sig")):
        path.unlink()
    s.write(f"approvals/Policy/{found.name}", text).commit()


@twin(test_trust_root_ended_by_a_correct_record, revision=0)
def test_approval_of_a_text_ended_where_the_root_must_not_be(s: Scene) -> None:
    s.approve(action="correct", corrects=name_of(s.root / RECORD))


@twin(test_record_about_the_policy_in_another_case, revision=2)
def test_record_about_a_document_in_its_own_case(s: Scene) -> None:
    s.revise().commit()
    s.approve()


def test_revert_and_its_revert_name_what_is_left_to_do(tmp_path: Path) -> None:
    """The files are as before; nobody is told to put them back, but the command that ends the finding."""
    s = scene(tmp_path)
    s.revise().commit()
    s.approve()
    s.git("revert", "--no-edit", "HEAD~2..HEAD")
    s.git("revert", "--no-edit", "HEAD~2..HEAD")
    breaks = s.verify().json["breaks"]
    assert {one["rule"] for one in breaks} == {"EMS322", "EMS333"}
    for one in breaks:
        assert "Put the" not in one["fix"], one
        assert "--action correct --corrects " in one["fix"], one
    while breaks := s.verify().json["breaks"]:
        commit = breaks[0]["fix"].rsplit(" ", 1)[-1]
        s.approve(action="correct", corrects=s.git("rev-parse", commit))
    assert (s.verify().status, s.in_force()[ID][0], "lorry" in s.read(DOC)) == (0, 2, True)
