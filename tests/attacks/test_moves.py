"""The whole handbook moves to another folder, or its `docs_dir`: the past stays, and nothing slips in on the way."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.scene import DOC, ID, LATER, Scene, scene
from tests.examples import make
from tests.running import ems

SET = (".gitattributes", "docs", "approvals", "ems.yml", "people.yml")
DAYS = ["2026-01-05", "2026-01-07", "2026-01-08", "2026-01-10", "2026-01-11", LATER]


def past(s: Scene, *days: str) -> list[Any]:
    return [ems(s.root, "register", "--format", "json", day=day).json["documents"] for day in days or DAYS]


def story(tmp_path: Path) -> Scene:
    """Two policies, two revisions, a draft: a past that can be lost."""
    s = scene(tmp_path)
    s.policy(lambda people: people["a.author"].update(name="Alex Author"))
    s.revise().commit()
    s.approve()
    s.draft("EMS-PRO-002").commit()
    return s


def top(s: Scene) -> Path:
    return Path(s.git("rev-parse", "--show-toplevel"))


def move(s: Scene, folder: str, *names: str) -> Scene:
    """Move the set, or a part of it, to a folder of the repository; "" is its root."""
    target = top(s) / folder
    target.mkdir(exist_ok=True)
    for name in names or SET:
        s.git("mv", name, str(target / name))
    if not names:
        s.root = target
    return s


def files(s: Scene, *names: str) -> list[Path]:
    """The files of the set, or of a part of it."""
    found = [path for name in names or SET for path in [s.root / name, *(s.root / name).rglob("*")]]
    return [path for path in found if path.is_file()]


def errors(findings: list[dict[str, Any]]) -> list[str]:
    return [f"{one['rule']} {one['message']}" for one in findings if one["severity"] == "error"]


def sound(s: Scene) -> None:
    """Nothing is broken, and the next revision can be made and signed as ever."""
    assert (s.verify().json["breaks"], s.verify().json["idle"], errors(s.check().json["findings"])) == ([], [], [])
    s.revise(3, "yard lead", "shift lead").commit()
    s.approve()
    assert (s.verify().json["breaks"], s.in_force()[ID][0]) == ([], 3)


@pytest.mark.parametrize("how", ["merge", "squash", "rebase", "ff"])
@pytest.mark.parametrize("steps", [1, 2])
def test_moved_into_a_folder(tmp_path: Path, how: str, steps: int) -> None:
    """In one commit, or the texts first and the rest in a second one; landed together or one by one."""
    s = story(tmp_path)
    before = past(s, *DAYS[:-1])
    s.branch()
    if steps == 2:
        move(s, "handbook", "docs").commit()
        move(s, "handbook", *(name for name in SET if name != "docs"))
        s.root = top(s) / "handbook"
    else:
        move(s, "handbook")
    s.commit("b.boss")
    assert errors(s.gate().json["findings"]) == []
    s.root = top(s)
    s.merge(how, by="b.boss")
    s.root = top(s) / "handbook"
    assert past(s, *DAYS[:-1]) == before
    sound(s)


def test_moved_twice_and_back(tmp_path: Path) -> None:
    s = story(tmp_path)
    before = past(s, *DAYS[:-1])
    for folder in ("handbook", "ems", ""):
        move(s, folder).commit("b.boss")
        assert past(s, *DAYS[:-1]) == before, folder
        assert s.verify().json["breaks"] == []


def test_moved_there_and_back(tmp_path: Path) -> None:
    s = story(tmp_path)
    before = past(s, *DAYS[:-1])
    move(s, "handbook").commit()
    move(s, "").commit()
    assert past(s, *DAYS[:-1]) == before
    sound(s)


def test_mover_wrote_nothing(tmp_path: Path) -> None:
    """Who moves the files of a text in work may still approve it."""
    s = story(tmp_path)
    s.revise(3, "yard lead", "shift lead").commit()
    move(s, "handbook").commit("b.boss")
    s.approve()
    assert (s.verify().json["breaks"], s.in_force()[ID][0]) == ([], 3)


@pytest.mark.parametrize(("author", "rule"), [("a.author", []), ("b.boss", ["EMS328"])])
def test_branch_begun_before_the_move(tmp_path: Path, author: str, rule: list[str]) -> None:
    """It writes at the old place; who wrote there is still who wrote."""
    s = story(tmp_path)
    s.branch().revise(3, "yard lead", "shift lead").commit(author)
    s.checkout()
    move(s, "handbook").commit("c.deputy")
    s.root = top(s)
    s.git("merge", "-q", "--no-ff", "-m", "Merge", "change", author="b.boss", committer="noreply@github.com")
    s.day += timedelta(days=1)
    s.root = top(s) / "handbook"
    s.approve()
    assert [one["rule"] for one in s.verify().json["breaks"]] == rule


def test_old_place_used_for_something_else(tmp_path: Path) -> None:
    s = story(tmp_path)
    before = past(s, *DAYS[:-1])
    move(s, "handbook").commit()
    s.write("../docs/procedures/EMS-PRO-001.md", "# How the program is built\n").write("../ems.yml", "a: 1\n").commit()
    assert past(s, *DAYS[:-1]) == before
    sound(s)


def edit_text(s: Scene) -> str:
    s.edit()
    return DOC


def edit_people(s: Scene) -> str:
    s.people(lambda people: people["a.author"]["roles"].append({"role": "manager", "from": "2020-01-01"}))
    return "people.yml"


def lose_a_picture(s: Scene) -> str:
    (s.root / "docs/procedures/img/plan.png").unlink()
    return "docs/procedures/img/plan.png"


def lose_a_record(s: Scene) -> str:
    path = max((s.root / "approvals" / ID).glob("*.json"))
    path.unlink()
    return path.relative_to(s.root).as_posix()


def bring_a_text(s: Scene) -> str:
    s.draft("EMS-PRO-003")
    return "docs/procedures/EMS-PRO-003.md"


def text_becomes_a_link(s: Scene) -> str:
    """Its blob is the same: what was the text is now where the link leads."""
    path = "docs/shared/phones.md"
    s.git("update-index", "--cacheinfo", f"120000,{s.git('hash-object', path)},handbook/{path}")
    (s.root / path).unlink()
    (s.root / path).symlink_to(s.git("show", f":handbook/{path}") + "\n")
    return path


@pytest.mark.parametrize("how", ["merge", "squash", "ff"])
@pytest.mark.parametrize(
    "change", [edit_text, edit_people, lose_a_picture, lose_a_record, bring_a_text, text_becomes_a_link]
)
def test_moved_and_changed(tmp_path: Path, change: Any, how: str) -> None:
    """The gate refuses, and a stranger is told the first file that differs."""
    s = story(tmp_path)
    s.branch()
    move(s, "handbook")
    path = f"handbook/{change(s)}"
    s.commit()
    gate = [one for one in s.gate().json["findings"] if one["rule"] == "EMS724"]
    assert [path in one["message"] for one in gate] == [True]
    s.root = top(s)
    s.merge(how)
    s.root = top(s) / "handbook"
    found = [one for one in s.verify().json["breaks"] if one["rule"] == "EMS724"]
    assert [path in one["message"] for one in found] == [True]


@pytest.mark.parametrize("left", ["docs/index.md", "approvals/policy", "people.yml"])
def test_something_stays_at_the_old_place(tmp_path: Path, left: str) -> None:
    s = story(tmp_path)
    s.write("docs/index.md", "# Home\n").commit()
    keep = {path.relative_to(s.root): path.read_bytes() for path in files(s, left)}
    move(s, "handbook")
    for path, data in keep.items():
        s.write(f"../{path}", data)
    s.commit()
    found = [one["message"] for one in s.verify().json["breaks"] if one["rule"] == "EMS724"]
    assert len(found) == 1
    assert f"but {left}" in found[0]


def test_copied_and_the_old_place_kept(tmp_path: Path) -> None:
    s = story(tmp_path)
    for path in files(s):
        s.write(f"handbook/{path.relative_to(s.root)}", path.read_bytes())
    s.commit()
    assert s.verify().json["breaks"] == []
    s.root /= "handbook"
    assert "EMS724" in [one["rule"] for one in s.verify().json["breaks"]]


def test_another_handbook_put_in_place_of_this_one(tmp_path: Path) -> None:
    """It grew in a folder beside; then this one is taken away, and that one moved in: its past is not this one's."""
    s = story(tmp_path)
    other = scene(tmp_path / "other")
    other.edit().commit()
    for path in [
        path for name in SET for path in [other.root / name, *(other.root / name).rglob("*")] if path.is_file()
    ]:
        s.write(f"other/{path.relative_to(other.root)}", path.read_bytes())
    s.commit()
    s.git("rm", "-rqf", "docs", "approvals", "ems.yml", "people.yml")
    s.commit()
    for name in ("docs", "approvals", "ems.yml", "people.yml"):
        s.git("mv", f"other/{name}", name)
    s.commit()
    assert "EMS724" in [one["rule"] for one in s.verify().json["breaks"]]


def test_move_that_changed_is_forgiven(tmp_path: Path) -> None:
    """By the policy role; but no day comes back."""
    s = scene(tmp_path)
    move(s, "handbook")
    s.draft("EMS-PRO-003").commit()
    commit = s.head
    assert [one["rule"] for one in s.verify().json["breaks"]] == ["EMS724"]
    s.approve("policy", action="correct", corrects=commit)
    assert (s.verify().json["breaks"], past(s, "2026-01-07")) == ([], [[]])


# --- docs_dir


def rename_docs(s: Scene, old: str = "docs", new: str = "pages") -> Scene:
    text = s.read("ems.yml").replace(f"docs_dir: {old}\n", "")
    s.git("mv", old, new)
    return s.write("ems.yml", f"{text}docs_dir: {new}\n")


@pytest.mark.parametrize("how", ["merge", "squash", "rebase", "ff"])
@pytest.mark.parametrize("steps", [1, 2])
def test_docs_dir_moved_with_its_files_and_its_record(tmp_path: Path, how: str, steps: int) -> None:
    s = story(tmp_path)
    before = past(s, *DAYS[:-1])
    s.branch()
    rename_docs(s)
    if steps == 2:
        text = s.read("ems.yml")
        s.git("checkout", "-q", "HEAD", "--", "ems.yml")
        s.commit()
        s.write("ems.yml", text)
    s.commit("c.deputy")
    s.approve("policy")
    assert errors(s.gate().json["findings"]) == []
    s.merge(how)
    assert past(s, *DAYS[:-1]) == before
    report = s.verify().json
    assert (report["breaks"], report["idle"]) == ([], [])
    rename_docs(s, "pages", "texts").commit()
    s.approve("policy")
    assert past(s, *DAYS[:-1]) == before
    assert s.verify().json["breaks"] == []


def test_docs_dir_moved_and_a_text_changed(tmp_path: Path) -> None:
    s = story(tmp_path)
    s.branch()
    rename_docs(s)
    path = DOC.replace("docs", "pages", 1)
    s.replace(path, "Close valve V-3", "Never close valve V-3").commit()
    s.approve("policy")
    gate = [one for one in s.gate().json["findings"] if one["rule"] == "EMS724"]
    assert [path in one["message"] for one in gate] == [True]
    s.merge()
    found = [one for one in s.verify().json["breaks"] if one["rule"] == "EMS724"]
    assert [path in one["message"] for one in found] == [True]


def test_docs_dir_moved_without_approval(tmp_path: Path) -> None:
    """The policy approved last names the old folder, and the texts are not there any more."""
    s = story(tmp_path)
    s.branch()
    rename_docs(s).commit()
    assert "EMS821" in [one["rule"] for one in s.gate().json["findings"]]
    s.merge()
    assert {"EMS821", "EMS335"} <= {one["rule"] for one in s.verify().json["breaks"]}
    assert s.in_force()[ID][0] == 2


@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
@pytest.mark.parametrize("changed", [False, True])
def test_docs_dir_moved_where_nothing_was_ever_signed(tmp_path: Path, how: str, changed: bool) -> None:
    """No trust root: the gate follows a move with every file equal, and refuses one on which a text changes."""
    root = make(tmp_path / "handbook", "docs/procedures/EMS-PRO-001.md\ncommit\n")
    s = Scene(root, date(2026, 2, 1))
    before = past(s, "2026-01-20", "2026-02-01")
    rename_docs(s.branch())
    if changed:
        s.replace("pages/procedures/EMS-PRO-001.md", "valve", "hatch")
    s.commit()
    found = errors(s.gate().json["findings"])
    assert ("EMS724" in " ".join(found)) == changed, found
    if changed:
        return
    assert found == []
    s.merge(how)
    assert s.verify().json["breaks"] == []
    assert past(s, "2026-01-20", "2026-02-01") == before
    assert errors(s.check().json["findings"]) == []
