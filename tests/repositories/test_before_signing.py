"""`ems approve` shows what is signed, and warns, before it signs; it refuses every error of the text."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.attacks.scene import DOC, ID, Scene, key_of, scene
from tests.running import Outcome, ems


def sign_as(s: Scene, person: str, document: str = ID, *more: str) -> Outcome:
    key = s.root.parent / person
    key.write_bytes(key_of(person).private)
    key.chmod(0o600)
    return ems(s.root, "approve", document, "--as", person, "--key", str(key), *more, day=None)


@pytest.fixture
def s(tmp_path: Path) -> Scene:
    s = scene(tmp_path)
    s.write("docs/procedures/limits.csv", "Substance,Limit\nZinc,2.0\n")
    s.write(DOC, s.read(DOC) + "\n[Limits](limits.csv){ .table }\n")
    s.revise().commit()
    s.approve()
    return s


def test_what_is_signed_is_shown_first(s: Scene) -> None:
    s.revise(3, "Nobody else", "Nobody").keys(effective="2098-01-01")
    s.write("docs/procedures/limits.csv", "Substance,Limit\nZinc,9.0\n")
    s.write("docs/procedures/img/drains.png", "other drains").commit()
    outcome = sign_as(s, "b.boss")
    assert outcome.status == 0, outcome.err
    shown, _, rest = outcome.out.partition("I have read revision 3")
    assert rest, "the sentence that is signed comes last"
    for words in (
        "against revision 2, in force on 2098-01-01",
        "Limits, Zinc, Limit: 2.0 → 9.0",
        "picture    img/drains.png",
        "effective: 2026-01-01 → 2098-01-01",
        "First day: 2098-01-01.",
        "Written by: A. Author.",
    ):
        assert words in shown


def test_it_is_compared_with_what_is_in_force_on_its_first_day(s: Scene) -> None:
    s.revise(3, "Nobody else", "Nobody").keys(effective="2098-01-01").commit()
    s.approve()
    s.revise(4, "opens it again", "opens it").keys(effective="2098-06-01").commit()
    outcome = sign_as(s, "b.boss", ID, "--format", "json")
    assert outcome.status == 0, outcome.err
    data = json.loads(outcome.out)
    assert (data["against"], data["first_day"]) == (3, "2098-06-01")
    assert [one["where"] for one in data["changes"] if one["kind"] == "metadata"][:2] == ["revision", "effective"]


def test_a_first_text_says_so(s: Scene) -> None:
    s.draft("EMS-PRO-002", effective="2026-02-01", revision="1").commit()
    s.replace("docs/procedures/EMS-PRO-002.md", "  - {revision: 2, ", "  # {revision: 2, ").commit()
    outcome = sign_as(s, "b.boss", "EMS-PRO-002")
    assert outcome.status == 0, outcome.err
    assert "EMS-PRO-002 revision 1: Noise, the first text" in outcome.out


def test_a_translation_that_follows_an_older_revision_is_warned_of(s: Scene) -> None:
    s.write("ems.yml", s.read("ems.yml").replace("emergency:", "languages: [en, de]\nemergency:")).commit()
    s.approve("policy")
    name = "EMS-PRO-001.de"
    text = s.read(DOC).replace(f"id: {ID}", f"id: {name}").replace("revision: 2\n", "revision: 1\n", 1)
    text = "\n".join(line for line in text.split("\n") if not line.startswith("  - {revision: 2"))
    for followed, warned in ((1, True), (2, False)):
        s.write(
            f"docs/procedures/{name}.md", text.replace("owner:", f"language: de\ntranslates: {ID}/{followed}\nowner:")
        )
        s.commit()
        gate = s.check("--base", "HEAD", day=str(s.day)).json["findings"]
        assert any(one["rule"] == "EMS511" for one in gate) == warned
        outcome = sign_as(s, "b.boss", name)
        assert outcome.status == 0, outcome.err
        assert ("Warning: follows revision 1 of EMS-PRO-001, but its revision 2 is in force" in outcome.out) == warned
        subprocess.run(["git", "clean", "-qfd"], cwd=s.root, check=True)


@pytest.mark.parametrize(
    ("new", "code"),
    [
        ("Call TBD.", "EMS112"),
        ("See [gone](nowhere.md).", "EMS502"),
        ("See [it](../index.md#nowhere).", "EMS503"),
        ("![Plan](gone.png)", "EMS504"),
    ],
)
def test_what_the_check_calls_an_error_is_not_signed(s: Scene, new: str, code: str) -> None:
    s.revise(3, "Nobody else touches it.", new).commit()
    outcome = sign_as(s, "b.boss")
    assert (outcome.status, code in outcome.err) == (2, True)
    assert not list((s.root / "approvals" / ID).glob("r003*"))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("effective", '"01.12.2099"'),
        ("until", "soon"),
        ("review_by", "1.2.2027"),
        ("revision", "three"),
        ("type", "[procedure]"),
        ("language", "[de]"),
        ("translates", "{}"),
    ],
)
def test_a_value_that_cannot_be_read_is_neither_signed_nor_in_force(s: Scene, key: str, value: str) -> None:
    s.revise(3, "Nobody else", "Nobody").keys(**{key: value}).commit()
    outcome = sign_as(s, "b.boss")
    assert outcome.status == 2
    if key != "review_by":
        s.approve(revision=3)
        assert s.in_force()[ID][0] == 2


@pytest.mark.parametrize("action", ["reject", "withdraw"])
def test_who_says_no_need_not_wait_until_the_text_is_right(s: Scene, action: str) -> None:
    s.revise(3, "Nobody else touches it.", "Call TBD.").commit()
    assert sign_as(s, "b.boss", ID, "--action", action).status == 0


def test_a_title_that_yaml_cuts_is_not_signed(s: Scene) -> None:
    s.revise(3, "Nobody else", "Nobody").keys(title="Drains #2 of the yard").commit()
    outcome = sign_as(s, "b.boss")
    assert (outcome.status, "EMS104" in outcome.err) == (2, True)
    s.keys(title='"Drains #2 of the yard"  # as on the sign').commit()
    assert sign_as(s, "b.boss").status == 0
