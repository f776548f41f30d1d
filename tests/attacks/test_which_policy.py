"""A message that rests on another policy than the file on screen says so first, whatever the rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.attacks.scene import ID, Scene, scene
from tests.attacks.test_policy_of_a_text import steer

SAYS = "by the policy in force (r001), not by the {file} you see: "


def messages(s: Scene, *arguments: str) -> dict[str, str]:
    """By rule and document, what the check says of documents."""
    found = s.check(*arguments, day=str(s.day)).json["findings"]
    return {f"{one['rule']} {one['document']}": one["message"] for one in found}


def new_role(s: Scene, role: str = "chemist") -> None:
    tree = yaml.safe_load(s.read("people.yml"))
    tree["roles"][role] = role
    tree["people"]["a.author"]["roles"].append({"role": role, "from": "2020-01-01"})
    tree["people"]["b.boss"]["roles"].append({"role": role, "from": "2020-01-01", "deputy": True})
    s.write("people.yml", yaml.safe_dump(tree, sort_keys=False, width=200))


def new_group(s: Scene) -> None:
    s.replace("ems.yml", "workplaces: [yard]", "workplaces: [yard, plant]")


EDITS: dict[str, tuple[Any, dict[str, str], str, str]] = {
    "a role": (new_role, {"owner": "chemist"}, "EMS113 EMS-PRO-002", "people.yml"),
    "a group": (new_group, {"distribution": "[plant]"}, "EMS114 EMS-PRO-002", "ems.yml"),
    "a severity": (
        lambda s: s.write("ems.yml", s.read("ems.yml") + "rules: {severity: {EMS113: warning}}\n"),
        {"owner": "nobody"},
        "EMS113 EMS-PRO-002",
        "ems.yml",
    ),
}


@pytest.mark.parametrize("how", ["not committed", "committed", "proposed", "proposed with a merge"])
@pytest.mark.parametrize("what", EDITS)
def test_message_by_the_policy_in_force_says_so_first(tmp_path: Path, what: str, how: str) -> None:
    edit, keys, finding, file = EDITS[what]
    s = scene(tmp_path)
    s.draft("EMS-PRO-002", status="draft", **keys).commit()
    plain = messages(s)[finding]
    assert "you see" not in plain, "the file on screen is the policy in force"
    if how.startswith("proposed"):
        s.branch()
    edit(s)
    if how != "not committed":
        s.commit("b.boss")
    if how.startswith("proposed"):
        s.approve("policy")
    if how == "proposed with a merge":
        s.checkout("main").write("docs/index.md", "# Home\n").commit()
        s.checkout("change")
        s.git("merge", "-q", "-m", "Merge", "main")
    told = messages(s, *(["--base", "main"] if how.startswith("proposed") else []))
    assert told[finding] == SAYS.format(file=file) + plain
    assert not [one for key, one in told.items() if "EMS-PRO-002" not in key and "you see" in one]


@pytest.mark.parametrize("what", ["a role", "a group"])
def test_once_it_is_approved_nothing_is_said(tmp_path: Path, what: str) -> None:
    edit, keys, finding, _ = EDITS[what]
    s = scene(tmp_path)
    s.draft("EMS-PRO-002", status="draft", **keys).commit()
    edit(s)
    s.commit("b.boss")
    s.approve("policy")
    told = messages(s)
    assert finding not in told
    assert not [one for one in told.values() if "you see" in one]


def test_message_about_a_text_of_an_older_policy_says_which(tmp_path: Path) -> None:
    """Keys were renamed since: what it says is read by the keys under which it came in, not by those on screen."""
    s = scene(tmp_path)
    steer(s, lambda tree: tree.update(fields={"distribution": "groups"}))
    s.draft("EMS-PRO-002", groups="[nobody]", status="draft").commit()
    s.keys(distribution="[nobody]").commit()
    told = messages(s)
    plain = told["EMS114 EMS-PRO-002"]
    assert "you see" not in plain, "a text of the policy on screen"
    says = "by the policy under which this text came in (r001), not by the ems.yml you see: "
    assert told[f"EMS114 {ID}"] == says + plain


def test_message_by_the_base_where_nothing_was_ever_approved(tmp_path: Path) -> None:
    s = scene(tmp_path)
    for record in (s.root / "approvals").rglob("*.json*"):
        record.unlink()
    s.git("checkout", "-q", "--orphan", "declared")
    s.write("ems.yml", s.read("ems.yml").replace("level: signed", "level: declared"))
    s.draft("EMS-PRO-002", owner="chemist", status="draft").commit()
    s.git("branch", "-q", "-f", "main")
    s.branch()
    new_role(s)
    s.commit("b.boss")
    told = messages(s, "--base", "main")["EMS113 EMS-PRO-002"]
    assert told.startswith("by the policy of the base, not by the people.yml you see: ")
