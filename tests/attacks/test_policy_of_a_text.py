"""A later policy undoes nothing and lets nothing slip in (specification, Policy of a text): on real repositories."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.attacks.scene import DOC, ID, Scene, scene
from tests.examples import make
from tests.running import ems
from tests.signing import digest_of, give_keys, key_of, moment, policy_digest, tree_of, write

Tree = dict[str, Any]
Change = Callable[[Tree], object]


def steer(stage: Scene, change: Change, by: str = "b.boss") -> Scene:
    """Change ems.yml, and have it approved."""
    tree = yaml.safe_load(stage.read("ems.yml"))
    change(tree)
    stage.write("ems.yml", yaml.safe_dump(tree, sort_keys=False, width=200)).commit(by)
    stage.approve("policy", by)
    return stage


def registers(stage: Scene, *days: str) -> list[Any]:
    """What the register says of these days."""
    found = []
    for day in days:
        outcome = ems(stage.root, "register", "--format", "json", day=day)
        assert outcome.status == 0, outcome.err
        found.append(outcome.json["documents"])
    return found


def state(stage: Scene, document: str, day: str = "2026-06-01") -> tuple[str, int | None, str | None]:
    """State, revision and evidence of a document."""
    [rows] = registers(stage, day)
    return next((row["state"], row["revision"], row["evidence"]) for row in rows if row["id"] == document)


def breaks(stage: Scene) -> dict[str, str]:
    """Rules and documents of what verify finds."""
    return {one["rule"]: one["document"] for one in stage.verify().json["breaks"]}


def rename(tree: Tree, old: str, new: str) -> None:
    """Give a type another key."""
    tree["types"] = {new if key == old else key: kind for key, kind in tree["types"].items()}


def procedure(**changes: Any) -> Change:
    """Change what the policy says of procedures."""
    return lambda tree: tree["types"]["procedure"].update(changes)


COVERING: dict[str, Change] = {
    "a classification key renamed": lambda tree: tree.update(fields={"distribution": "groups"}),
    "a claim key renamed": lambda tree: tree.update(fields={"status": "zustand", "review_by": "title"}),
    "the number renamed": lambda tree: tree.update(fields={"revision": "stand", "revisions": "verlauf"}),
    "the id renamed": lambda tree: tree.update(fields={"id": "nummer"}),
    "a type renamed": lambda tree: rename(tree, "procedure", "process"),
    "a type added": lambda tree: tree["types"].update(plan={"prefix": "EMS-PLN", "approve": "controller"}),
    "level lowered": procedure(level="declared"),
    "another role approves": procedure(approve="controller"),
    "two approve": procedure(approve=[{"role": "manager", "number": 2}]),
    "a review as well": procedure(review="controller"),
    "nobody releases editorial revisions": lambda tree: tree.pop("editorial"),
    "another time zone": lambda tree: tree.update(timezone="Pacific/Kiritimati"),
    "shorter between reviews": procedure(review_months=1),
    "no time between reviews": lambda tree: tree["types"]["procedure"].pop("review_months"),
    "baselines until a day": lambda tree: tree.update(baseline_until="2026-12-31"),
    "more is uncontrolled": lambda tree: tree["uncontrolled"].append("drafts/**"),
}
SILENT = (
    "a type added",
    "another time zone",
    "shorter between reviews",
    "no time between reviews",
    "baselines until a day",
    "more is uncontrolled",
)
UNCOVERING: dict[str, Change] = {
    "a glob swallows it": lambda tree: tree["uncontrolled"].append("procedures/*-001.md"),
    "controlled elsewhere": lambda tree: tree.update(controlled=["forms/**"]),
    "another docs_dir": lambda tree: tree.update(docs_dir="handbook"),
    "its type removed": lambda tree: tree["types"].pop("procedure"),
    "another prefix": procedure(prefix="EMS-PROC"),
}


def started(tmp_path: Path) -> tuple[Scene, list[str]]:
    """EMS-PRO-001 in force at revision 1, EMS-PRO-002 awaiting approval; and the days so far."""
    stage = scene(tmp_path)
    stage.draft("EMS-PRO-002", distribution="[all-staff]").commit()
    return stage, [(stage.day - timedelta(days=days)).isoformat() for days in (4, 2, 1)]


MERGED = ("a classification key renamed", "a glob swallows it", "level lowered")
WAYS = [
    *((name, "straight") for name in (*COVERING, *UNCOVERING)),
    *((name, how) for name in MERGED for how in ("merge", "squash", "rebase")),
]


@pytest.mark.parametrize(("name", "how"), WAYS)
def test_no_policy_change_ends_or_releases_anything_or_rewrites_the_past(name: str, how: str, tmp_path: Path) -> None:
    change = (COVERING | UNCOVERING)[name]
    stage, days = started(tmp_path)
    before, text = registers(stage, *days), stage.text()
    if how != "straight":
        stage.branch()
    steer(stage, change)
    if how != "straight":
        stage.merge(how)
    assert registers(stage, *days) == before
    assert stage.text() == text
    assert state(stage, ID) == ("in force", 1, "signed")
    assert "EMS-PRO-002" not in stage.in_force()
    assert breaks(stage) == ({"EMS822": ID} if name in UNCOVERING else {})


@pytest.mark.parametrize("name", [*COVERING, *UNCOVERING])
def test_the_gate_names_the_documents_that_a_policy_change_meets(name: str, tmp_path: Path) -> None:
    stage, _ = started(tmp_path)
    steer(stage.branch(), (COVERING | UNCOVERING)[name])
    outcome = stage.gate()
    named = {one["document"] for one in outcome.json["findings"] if one["rule"] in ("EMS822", "EMS823")}
    one = {ID} if name == "a glob swallows it" else {ID, "EMS-PRO-002"}
    assert named == (set() if name in SILENT else one)
    assert outcome.status == (1 if name in UNCOVERING else 0), outcome.out


def test_what_the_policy_gave_up_is_ended_by_the_policy_role_alone(tmp_path: Path) -> None:
    stage, _ = started(tmp_path)
    steer(stage, UNCOVERING["its type removed"])
    stage.approve(ID, "b.boss", action="withdraw")
    assert state(stage, ID)[0] == "withdrawn"
    assert breaks(stage) == {}


def test_what_the_policy_gave_up_is_ended_by_those_who_last_decided(tmp_path: Path) -> None:
    stage = scene(tmp_path)
    steer(stage, lambda tree: tree.update(policy="controller"))
    steer(stage, UNCOVERING["its type removed"], by="d.deputy")
    stage.approve(ID, "c.deputy", action="withdraw")
    assert state(stage, ID)[0] == "withdrawn"


def test_a_role_that_nobody_asks_withdraws_nothing(tmp_path: Path) -> None:
    stage, _ = started(tmp_path)
    steer(stage, UNCOVERING["its type removed"])
    stage.approve(ID, "d.deputy", action="withdraw", role="controller")
    assert state(stage, ID) == ("in force", 1, "signed")


def test_a_next_revision_is_read_by_the_new_keys_and_an_old_record_about_it_is_idle(tmp_path: Path) -> None:
    stage = scene(tmp_path)
    stage.keys(distribution="[all-staff]").commit()
    stage.revise().keys(distribution="[yard]").commit("a.author")
    stage.approve(ID, "b.boss")
    steer(stage, lambda tree: tree.update(fields={"distribution": "groups"}))
    stage.keys(distribution="[all-staff]").commit()
    assert state(stage, ID) == ("in force", 2, "signed")  # filed anew under the old key: the same text still
    assert breaks(stage) == {}
    stage.revise(3, "lorry", "truck").commit()
    stage.approve(ID, "b.boss")
    assert state(stage, ID) == ("in force", 3, "signed")
    stage.keys(groups="[yard]").commit()
    assert breaks(stage) == {}
    stage.keys(distribution="[yard]").commit()
    assert breaks(stage) == {"EMS333": ID}  # now this key is content


def test_a_record_signed_by_the_old_keys_for_a_text_that_lands_under_new_ones_is_idle(tmp_path: Path) -> None:
    stage = scene(tmp_path)
    stage.branch().draft("EMS-PRO-002", distribution="[all-staff]", groups="[yard]").commit()
    stage.approve("EMS-PRO-002", "b.boss")
    stage.checkout()
    steer(stage, lambda tree: tree.update(fields={"distribution": "groups"}))
    stage.merge()
    assert "EMS-PRO-002" not in stage.in_force()
    assert len(stage.verify().json["idle"]) == 1
    assert breaks(stage) == {}
    stage.approve("EMS-PRO-002", "b.boss")
    assert state(stage, "EMS-PRO-002") == ("in force", 1, "signed")


def test_a_text_that_waited_needs_what_was_asked_where_it_came_in(tmp_path: Path) -> None:
    stage = scene(tmp_path)
    steer(stage, procedure(review="controller"))
    stage.draft("EMS-PRO-002").commit("e.gone")
    stage.draft("EMS-PRO-003").commit("e.gone")
    steer(stage, lambda tree: tree["types"]["procedure"].pop("review"))
    stage.approve("EMS-PRO-002", "b.boss")
    assert "EMS-PRO-002" not in stage.in_force()
    stage.approve("EMS-PRO-002", "d.deputy", action="review", role="controller")
    assert state(stage, "EMS-PRO-002") == ("in force", 1, "signed")
    stage.draft("EMS-PRO-004").commit("e.gone")
    stage.approve("EMS-PRO-004", "b.boss")
    assert state(stage, "EMS-PRO-004") == ("in force", 1, "signed")  # the twin: it came in under the new policy


def test_decisions_that_were_too_few_do_not_become_enough_by_a_policy_or_by_a_filing(tmp_path: Path) -> None:
    stage, _ = started(tmp_path)
    steer(stage, COVERING["two approve"])
    stage.approve("EMS-PRO-002", "b.boss")
    steer(stage, procedure(approve="manager"))
    stage.keys("EMS-PRO-002", distribution="[yard]").commit()
    assert "EMS-PRO-002" not in stage.in_force()
    stage.approve("EMS-PRO-002", "c.deputy")
    assert state(stage, "EMS-PRO-002") == ("in force", 1, "signed")


def test_a_claim_of_the_signed_time_does_not_count_once_the_level_is_lowered(tmp_path: Path) -> None:
    stage = scene(tmp_path)
    stage.draft("EMS-PRO-002", approved_by="[b.boss]", approved_on=str(stage.day)).commit()
    steer(stage, COVERING["level lowered"])
    stage.keys("EMS-PRO-002", clauses="[iso-14001:2015/8.1]").commit()
    assert "EMS-PRO-002" not in stage.in_force()
    stage.draft("EMS-PRO-003", approved_by="[b.boss]", approved_on=str(stage.day)).commit()
    assert state(stage, "EMS-PRO-003") == ("in force", 1, "declared")


def test_an_editorial_release_needs_a_policy_that_knew_it_where_the_text_came_in(tmp_path: Path) -> None:
    stage = scene(tmp_path)
    steer(stage, COVERING["nobody releases editorial revisions"])
    stage.revise().replace(
        DOC, "class: substantive, change: Rewritten", "class: editorial, change: Typing error"
    ).commit("e.gone")
    steer(stage, lambda tree: tree.update(editorial="controller"))
    stage.approve(ID, "d.deputy", role="controller")
    assert state(stage, ID) == ("in force", 1, "signed")
    stage.approve(ID, "c.deputy")
    assert state(stage, ID) == ("in force", 2, "signed")


def test_a_role_renamed_leaves_what_waits_to_those_who_hold_it_now(tmp_path: Path) -> None:
    stage, _ = started(tmp_path)

    def renamed(people: Tree) -> None:
        for person in people.values():
            for held in person["roles"]:
                held["role"] = "director" if held["role"] == "manager" else held["role"]

    stage.people(renamed).replace("people.yml", "manager: manager", "director: director")
    stage.write("ems.yml", stage.read("ems.yml").replace("manager", "director")).commit("b.boss")
    stage.approve("policy", "b.boss", role="manager")
    assert state(stage, ID) == ("in force", 1, "signed")
    assert breaks(stage) == {}
    stage.approve("EMS-PRO-002", "b.boss")
    assert state(stage, "EMS-PRO-002") == ("in force", 1, "signed")


def test_a_type_renamed_is_right_until_the_next_revision(tmp_path: Path) -> None:
    stage, _ = started(tmp_path)
    steer(stage, COVERING["a type renamed"])
    assert not [one for one in stage.check().json["findings"] if one["severity"] == "error"]
    assert [row["type"] for row in registers(stage, "2026-06-01")[0]] == ["procedure", "procedure"]
    stage.revise().commit()
    assert {one["rule"] for one in stage.check().json["findings"] if one["severity"] == "error"} == {"EMS110"}
    stage.keys(type="process").commit()
    stage.approve(ID, "b.boss")
    assert state(stage, ID) == ("in force", 2, "signed")
    assert breaks(stage) == {}


def test_a_review_interval_counts_from_the_day_of_its_policy(tmp_path: Path) -> None:
    stage, days = started(tmp_path)
    due = registers(stage, days[-1])[0][0]["review_by"]
    steer(stage, COVERING["shorter between reviews"])
    assert registers(stage, days[-1])[0][0]["review_by"] == due
    assert registers(stage, "2026-06-01")[0][0]["review_by"] < due


def test_what_a_policy_takes_under_control_is_a_document_from_then_on(tmp_path: Path) -> None:
    stage = scene(tmp_path)
    text = stage.read(DOC).replace(f"id: {ID}", "id: EMS-PRO-009")
    stage.write("docs/shared/EMS-PRO-009.md", text).commit()
    before = str(stage.day)
    assert "EMS-PRO-009" not in str(registers(stage, before))
    stage.day += timedelta(days=3)
    steer(stage, lambda tree: tree["uncontrolled"].remove("shared/*"))
    assert "EMS-PRO-009" not in str(registers(stage, before))
    assert state(stage, "EMS-PRO-009") == ("awaiting approval", None, None)
    stage.approve("EMS-PRO-009", "b.boss")
    assert state(stage, "EMS-PRO-009") == ("in force", 1, "signed")


def test_a_draft_that_the_policy_gives_up_ends_and_was_there_before(tmp_path: Path) -> None:
    stage, days = started(tmp_path)
    before = registers(stage, *days)
    steer(stage, lambda tree: tree["uncontrolled"].append("procedures/*-002.md"))
    assert registers(stage, *days) == before
    assert [row["id"] for row in registers(stage, "2026-06-01")[0]] == [ID]
    assert breaks(stage) == {}
    assert stage.check().status == 0


def declared(tmp_path: Path, *steps: str) -> Scene:
    """EMS-PRO-001 in force by declaration, without a trust root; then steps as in tests/examples.py."""
    root = make(tmp_path / "handbook", "\n".join([f"docs/procedures/{ID}.md", "commit", *steps]))
    return Scene(root, date(2026, 1, 12))


ROOT = ("keys", "approve policy by b.boss", "commit")


def test_what_was_declared_stays_in_force_after_the_raise_to_signed(tmp_path: Path) -> None:
    stage = declared(tmp_path)
    before = registers(stage, "2026-01-04", "2026-01-05", "2026-01-06")
    assert [row["evidence"] for row in before[1]] == ["declared"]
    stage = declared(tmp_path / "raised", *ROOT)
    assert registers(stage, "2026-01-04", "2026-01-05", "2026-01-06") == before
    assert state(stage, ID) == ("in force", 1, "declared")
    assert breaks(stage) == {}
    stage.approve(ID, "b.boss")
    assert state(stage, ID) == ("in force", 1, "signed")
    assert registers(stage, "2026-01-04", "2026-01-05", "2026-01-06") == before
    assert breaks(stage) == {}


def test_a_baseline_takes_the_place_of_a_declaration_and_an_older_one_does_not_revive(tmp_path: Path) -> None:
    stage = declared(tmp_path)
    stage.revise().keys(approved_by="[b.boss]", approved_on="2026-01-09").commit("a.author")
    assert state(stage, ID) == ("in force", 2, "declared")
    give_keys(stage.root)
    stage.write("ems.yml", stage.read("ems.yml") + "baseline_until: 2026-12-31\n").commit("b.boss")
    stage.approve("policy", "b.boss")
    assert state(stage, ID) == ("in force", 2, "declared")
    digest, _ = digest_of(stage.root, ID, 1)
    stage.approve(ID, "b.boss", action="baseline", revision=1, digest=digest, effective="2025-12-01")
    assert state(stage, ID) == ("in force", 2, "declared")
    assert state(stage, ID, "2026-01-02") == ("in force", 1, "signed")
    stage.approve(ID, "b.boss", action="baseline", effective="2026-01-10")
    assert state(stage, ID) == ("in force", 2, "signed")
    assert breaks(stage) == {}


def test_a_draft_of_the_declared_time_needs_signatures_after_the_raise(tmp_path: Path) -> None:
    stage = declared(tmp_path, "docs/procedures/EMS-PRO-002.md", "  status: draft", "commit", *ROOT)
    stage.keys("EMS-PRO-002", status="submitted", approved_by="[b.boss]", approved_on="2026-01-12").commit()
    assert "EMS-PRO-002" not in stage.in_force()
    stage.approve("EMS-PRO-002", "b.boss")
    assert state(stage, "EMS-PRO-002") == ("in force", 1, "signed")


def test_files_older_than_the_policy_are_read_by_the_root(tmp_path: Path) -> None:
    stage = declared(tmp_path)
    policy, people = stage.read("ems.yml"), stage.read("people.yml")
    text = stage.read(DOC).replace("distribution:", "groups:").replace("tags:", "groups:")
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    stage.git("init", "-q", "-b", "main", str(fresh))
    old = Scene(fresh, date(2026, 1, 5))
    old.write(DOC, text).write("docs/index.md", "# Home\n").commit()
    old.write("ems.yml", policy).write("people.yml", people).commit()
    assert state(old, ID, "2026-01-05") == ("in force", 1, "declared")
    give_keys(fresh)
    old.write("ems.yml", old.read("ems.yml") + "fields: {distribution: groups}\n").commit("b.boss")
    old.approve("policy", "b.boss")
    assert state(old, ID, "2026-01-05") == state(old, ID) == ("in force", 1, "declared")
    old.keys(groups="[yard]").commit()  # a key of filing, by the root's own files
    old.approve(ID, "b.boss")
    assert state(old, ID) == ("in force", 1, "signed")
    assert breaks(old) == {}


def test_a_policy_that_never_asked_less_puts_nothing_in_force_by_declaration(tmp_path: Path) -> None:
    stage = declared(tmp_path)
    people = stage.read("people.yml")
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    stage.git("init", "-q", "-b", "main", str(fresh))
    strict = Scene(fresh, date(2026, 1, 5))
    strict.write("ems.yml", stage.read("ems.yml")).write("people.yml", people)
    give_keys(fresh)
    strict.write(DOC, stage.read(DOC)).write("docs/index.md", "# Home\n").commit()
    strict.approve("policy", "b.boss")
    assert strict.in_force() == {}
    assert breaks(strict) == {}


@settings(max_examples=10, deadline=None, phases=(Phase.generate,), derandomize=True)
@given(names=st.lists(st.sampled_from([*COVERING, *UNCOVERING]), min_size=2, max_size=3, unique=True))
def test_any_sequence_of_policies_leaves_every_earlier_day_as_it_was(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        stage, days = started(Path(folder))
        changes = COVERING | UNCOVERING
        for name in names:
            before = registers(stage, *days)
            if "procedure" not in yaml.safe_load(stage.read("ems.yml"))["types"]:
                return  # nothing is left to change
            steer(stage, changes[name])
            assert registers(stage, *days) == before, names
            assert state(stage, ID) == ("in force", 1, "signed"), names
            days.append((stage.day - timedelta(days=1)).isoformat())


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ({"prefix": "EMS-PLN", "approve": []}, "must name a role"),
        ({"prefix": "EMS-PLN", "approve": "controller", "folder": "../plans"}, "must be a folder inside docs_dir"),
    ],
)
def test_a_policy_that_is_refused_today_was_one_when_it_was_approved(kind: Tree, words: str, tmp_path: Path) -> None:
    stage, days = started(tmp_path)
    before, plain_policy = registers(stage, *days), stage.read("ems.yml")
    tree = yaml.safe_load(plain_policy)
    tree["types"]["plan"] = kind
    record = tree_of(stage.root, "policy", "b.boss", "approve", moment(stage.day + timedelta(days=1)))
    stage.write("ems.yml", yaml.safe_dump(tree, sort_keys=False, width=200)).commit("b.boss")
    write(stage.root, record | {"digest": policy_digest(stage.root)}, key_of("b.boss"))
    stage.commit("b.boss")
    refused = ems(stage.root, "approve", "policy", "--as", "b.boss", day=None)
    assert (refused.status, words in refused.err) == (2, True), refused.err

    stage.write("ems.yml", plain_policy + "# again\n").commit("b.boss")
    stage.approve("policy")
    assert breaks(stage) == {}
    assert registers(stage, *days) == before
