"""Bad input ends in a finding or in one line with exit status 2, never in a traceback, and changes nothing on disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from tests.examples import BASE, NO_STANDARD, git
from tests.running import COMMAND, MKDOCS, Outcome, ems, ems_process, picture

Build = Callable[..., Path]

DOCUMENT = "docs/procedures/EMS-PRO-001.md"
OTHER = "docs/procedures/EMS-PRO-002.md"
APPROVED = "Close valve V-3 before any tanker is emptied. The yard lead opens it again.\n"

CHECKS = [["check"], ["check", "--format", "json"], ["check", "--format", "github"]]
LISTS = [["register"], ["register", "--format", "json"], ["register", "--format", "csv"], ["matrix"]]
OF_ONE = [["history", "EMS-PRO-001"], ["show", "EMS-PRO-001"], ["diff", "EMS-PRO-001"]]


def commit(root: Path, day: date = date(2026, 1, 6)) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Step", day=day)


def stage(root: Path, target: Path) -> Outcome:
    return ems(root, "stage", str(target))


def assert_one_line(outcome: Outcome, *words: str) -> None:
    """Exit status 2, nothing on standard output, one line that says what, where, and what to do."""
    assert (outcome.status, outcome.out) == (2, ""), outcome
    assert len(outcome.err.splitlines()) == 1, outcome.err
    assert outcome.err.startswith("ems: ")
    for word in words:
        assert word in outcome.err


def assert_everything_fails(root: Path, tmp_path: Path, *words: str) -> None:
    before = picture(tmp_path)
    for command in (*CHECKS, *LISTS, *OF_ONE):
        assert_one_line(ems(root, *command), *words)
    assert_one_line(stage(root, tmp_path / "stage"), *words)
    assert picture(tmp_path) == before


# --- documents ------------------------------------------------------------------------------------------------------


def replaced(old: str, new: str, name: str = DOCUMENT) -> Callable[[Path], None]:
    """A change of a text that must be in the file."""

    def change(root: Path) -> None:
        text = (root / name).read_text("utf-8")
        assert old in text
        (root / name).write_text(text.replace(old, new, 1), "utf-8")

    return change


def written(data: bytes, name: str = DOCUMENT) -> Callable[[Path], None]:
    """A file with just these bytes."""

    def change(root: Path) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)

    return change


def appended_to(name: str, data: bytes) -> Callable[[Path], None]:
    """Bytes at the end of a file."""

    def change(root: Path) -> None:
        (root / name).write_bytes((root / name).read_bytes() + data)

    return change


def appended(data: bytes) -> Callable[[Path], None]:
    """Bytes at the end of the document."""
    return appended_to(DOCUMENT, data)


def front_matter(lines: str) -> Callable[[Path], None]:
    """More lines in the front matter."""
    return replaced("owner: lead\n", f"owner: lead\n{lines}\n")


def linked(root: Path) -> None:
    (root / DOCUMENT).unlink()
    (root / DOCUMENT).symlink_to("/etc/passwd")


def folder_linked(root: Path) -> None:
    (root / "docs" / "outside").symlink_to("/etc")


def linked_in_circles(root: Path) -> None:
    (root / "docs" / "circle").symlink_to("../docs")


def copied(root: Path) -> None:
    shutil.copy(root / DOCUMENT, root / "docs/procedures/copy.md")


def submodule(root: Path) -> None:
    inner = root / "docs" / "inner"
    inner.mkdir()
    git(inner, "init", "-q", "-b", "main")
    (inner / "EMS-PRO-009.md").write_text("# Foreign\n", "utf-8")
    commit(inner)


BOMB = "a: &a [x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b]\nd: [*c, *c, *c]"
BROKEN: dict[str, tuple[Callable[[Path], None], str, str, int]] = {
    "no front matter": (written(b"## Drains\n\nClose valve V-3.\n"), "EMS101", DOCUMENT, 1),
    "an empty file": (written(b""), "EMS101", DOCUMENT, 1),
    "front matter without end": (replaced("\n---\n", "\n\n"), "EMS102", DOCUMENT, 1),
    "blanks before the front matter": (replaced("---\nid", " ---\nid"), "EMS101", DOCUMENT, 1),
    "broken YAML": (front_matter("tags: [a, b"), "EMS102", DOCUMENT, 9),
    "a colon in a value": (replaced("title: Yard drains", "title: Yard: drains"), "EMS102", DOCUMENT, 3),
    "a list instead of keys": (written(b"---\n- a\n- b\n---\ntext\n"), "EMS102", DOCUMENT, 2),
    "a duplicate key": (front_matter("owner: manager"), "EMS103", DOCUMENT, 8),
    "an anchor": (front_matter(BOMB), "EMS104", DOCUMENT, 8),
    "deeply nested": (front_matter("tags: " + "[" * 50_000 + "]" * 50_000), "EMS102", DOCUMENT, 8),
    "deeply indented": (front_matter("\n".join(f"{' ' * n}k:" for n in range(400))), "EMS102", DOCUMENT, 28),
    "revision 1.10": (replaced("revision: 1\n", "revision: 1.10\n"), "EMS108", DOCUMENT, 5),
    "revision 0": (replaced("revision: 1\n", "revision: 0\n"), "EMS108", DOCUMENT, 5),
    "a huge revision": (replaced("revision: 1\n", f"revision: {'9' * 5000}\n"), "EMS108", DOCUMENT, 5),
    "a day that is none": (replaced("2026-01-01", "2026-02-30"), "EMS108", DOCUMENT, 8),
    "a day in another form": (replaced("2026-01-01", "1 January 2026"), "EMS108", DOCUMENT, 8),
    "a word as list": (replaced("approved_by: [b.boss]", "approved_by: b.boss"), "EMS108", DOCUMENT, 11),
    "not UTF-8": (appended(b"\nCaf\xe9\n"), "EMS102", DOCUMENT, 20),
    "UTF-16": (written("---\nid: EMS-PRO-001\n---\n".encode("utf-16")), "EMS102", DOCUMENT, 1),
    "a NUL byte": (appended(b"\0"), "EMS102", DOCUMENT, 19),
    "50 MB": (appended(b"Close valve V-3.\n" * 3_000_000), "EMS102", DOCUMENT, 0),
    "an id twice": (copied, "EMS702", "docs/procedures/copy.md", 2),
    "a symlink out of the repository": (linked, "EMS705", DOCUMENT, 0),
    "a linked folder": (folder_linked, "EMS705", "docs/outside", 0),
    "a link in circles": (linked_in_circles, "EMS705", "docs/circle", 0),
    "a submodule": (submodule, "EMS705", "docs/inner", 0),
    "a name that no text can hold": (written(b"png", "docs/plan(old).png"), "EMS706", "docs/plan(old).png", 0),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("committed", [False, True], ids=["uncommitted", "committed"])
def test_a_broken_file_is_a_finding_and_takes_nothing_out_of_force(
    handbook: Build, tmp_path: Path, name: str, committed: bool
) -> None:
    change, rule, path, line = BROKEN[name]
    root = handbook()
    change(root)
    if committed:
        commit(root)
    before = picture(tmp_path)

    found = ems(root, "check", "--format", "json")
    assert (found.status, found.err) == (1, "")
    assert (rule, path, line) in found.findings
    severities = {f["severity"] for f in found.json["findings"] if f["rule"] == rule}
    assert severities == {"error"}
    for command in CHECKS:
        outcome = ems(root, *command)
        assert (outcome.status, outcome.err) == (1, "")
        assert rule in outcome.out

    line_of = next(d for d in ems(root, "register", "--format", "json").json["documents"] if d["id"] == "EMS-PRO-001")
    assert (line_of["state"], line_of["revision"]) == ("in force", 1)
    assert ems(root, "show", "EMS-PRO-001").out.endswith(APPROVED)
    for command in LISTS:
        assert (ems(root, *command).status, ems(root, *command).err) == (0, "")
    assert ems(root, "history", "EMS-PRO-001").status == 0
    compared = ems(root, "diff", "EMS-PRO-001")
    assert compared.status in (0, 2)
    assert len(compared.err.splitlines()) == (1 if compared.status else 0)
    assert picture(tmp_path) == before

    assert stage(root, tmp_path / "stage").status == 0
    published = (tmp_path / "stage" / DOCUMENT).read_text("utf-8")
    assert APPROVED in published
    shutil.rmtree(tmp_path / "stage")
    assert picture(tmp_path, cache=False) == before, "staging writes its folder and nothing else"


def test_a_site_is_built_of_what_is_in_force(handbook: Build, tmp_path: Path) -> None:
    """Four documents in force, each broken since in its own way."""
    later = {2: "no front matter", 3: "broken YAML", 4: "a symlink out of the repository"}
    documents = "".join(f"docs/procedures/EMS-PRO-00{n}.md\n  title: Yard drains {n}\n" for n in later)
    root = handbook(f"{NO_STANDARD}{documents}commit")
    (root / "mkdocs.yml").write_text(MKDOCS, "utf-8")
    whole = (root / DOCUMENT).read_bytes()
    for number, name in later.items():
        BROKEN[name][0](root)
        (root / DOCUMENT).replace(root / f"docs/procedures/EMS-PRO-00{number}.md")
        (root / DOCUMENT).write_bytes(whole)
    BROKEN["an id twice"][0](root)
    commit(root)
    before = picture(root)
    outcome = ems_process(root, "build", "--site-dir", str(tmp_path / "site"))
    assert outcome.status == 0, outcome.err
    for number in (1, *later):
        html = (tmp_path / f"site/procedures/EMS-PRO-00{number}/index.html").read_text("utf-8")
        assert APPROVED.strip() in html, number
    assert picture(root, cache=False) == before
    assert not list((tmp_path / "site").rglob("passwd"))


def test_windows_line_ends_and_a_byte_order_mark_are_no_change(handbook: Build) -> None:
    root = handbook()
    before = ems(root, "register", "--format", "json").json["documents"][0]["digest"]
    data = (root / DOCUMENT).read_bytes()
    for changed in (data.replace(b"\n", b"\r\n"), data.replace(b"\n", b"\r"), b"\xef\xbb\xbf" + data):
        (root / DOCUMENT).write_bytes(changed)
        assert (ems(root, "check").status, ems(root, "check", "--format", "json").findings) == (0, [])
    commit(root)
    assert ems(root, "register", "--format", "json").json["documents"][0]["digest"] == before


def test_documents_with_spaces_and_umlauts_in_their_names(handbook: Build, tmp_path: Path) -> None:
    root = handbook(NO_STANDARD)
    names = {
        f"EMS-PRO-00{number}": f"docs/{name}"
        for number, name in enumerate(
            ("procedures/Abläufe im Hof.md", "procedures/yard/Abla\u0308ufe im Hof.md", "procedures/日本 語.md"), 2
        )
    }
    for number, (id_, path) in enumerate(names.items(), 2):
        text = (root / DOCUMENT).read_text("utf-8").replace("EMS-PRO-001", id_).replace("Yard drains", f"Hof {number}")
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text, "utf-8")
    (root / "mkdocs.yml").write_text(MKDOCS, "utf-8")
    commit(root)
    before = picture(root)
    listed = {d["id"]: d["path"] for d in ems(root, "register", "--format", "json").json["documents"]}
    assert {id_: listed[id_] for id_ in names} == names
    found = ems(root, "check", "--format", "json").findings
    assert [(rule, where) for rule, where, _ in found if rule != "EMS706" or where not in names.values()] == []
    assert ems_process(root, "build", "--site-dir", str(tmp_path / "site")).status == 0
    for id_, path in names.items():
        assert ems(root, "show", id_).out.endswith(APPROVED)
        assert (tmp_path / "site" / path.removeprefix("docs/").removesuffix(".md") / "index.html").is_file()
    assert picture(root, cache=False) == before


def test_a_picture_with_spaces_and_umlauts_is_sealed_and_published(handbook: Build, tmp_path: Path) -> None:
    picture_name = "Abläufe im Hof.png"
    root = handbook(
        f"docs/procedures/{picture_name}\n  = first\n{DOCUMENT}\n  > ![Hof](Abl%C3%A4ufe%20im%20Hof.png)\n  clauses:\n"
    )
    assert (ems(root, "check").status, ems(root, "check", "--format", "json").findings) == (0, [])
    digest = ems(root, "register", "--format", "json").json["documents"][0]["digest"]
    (root / "docs" / "procedures" / picture_name).write_text("second\n", "utf-8")
    commit(root)
    assert [rule for rule, _, _ in ems(root, "check", "--format", "json").findings] == ["EMS203"]
    assert ems(root, "register", "--format", "json").json["documents"][0]["digest"] == digest
    assert stage(root, tmp_path / "stage").status == 0
    (published,) = (tmp_path / "stage" / "docs").rglob("*.png")
    assert published.read_text("utf-8") == "first\n", "as it was when it was approved"


def test_a_name_that_is_no_text(handbook: Build, tmp_path: Path) -> None:
    root = handbook()
    name = os.fsencode(root) + b"/docs/procedures/caf\xe9.md"
    with open(name, "wb") as file:  # noqa: PTH123
        file.write((root / DOCUMENT).read_bytes().replace(b"EMS-PRO-001", b"EMS-PRO-002"))
    with open(os.fsencode(root) + b"/docs/caf\xe9.md", "wb") as file:  # noqa: PTH123
        file.write(b"No heading\n")
    policy = (root / "ems.yml").read_text("utf-8").replace("[index.md]", "['*.md']")
    (root / "ems.yml").write_text(policy, "utf-8")
    (root / "mkdocs.yml").write_text(MKDOCS, "utf-8")
    commit(root)
    before = picture(root)
    for command in (*CHECKS, *LISTS, ["show", "EMS-PRO-002"], ["history", "EMS-PRO-002"]):
        outcome = ems(root, *command)
        assert (outcome.status in (0, 1), outcome.err) == (True, "")
    assert ems(root, "register", "--format", "json", "--output", str(tmp_path / "list.json")).status == 0
    assert stage(root, tmp_path / "stage").status in (0, 2)
    built = ems_process(root, "build", "--site-dir", str(tmp_path / "site"))
    assert built.status in (0, 2)
    assert "Traceback" not in built.err
    assert picture(root, cache=False) == before


# --- the files that steer a handbook ---------------------------------------------------------------------------------


def removed(name: str) -> Callable[[Path], None]:
    return lambda root: (root / name).unlink()


def folder_instead(name: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        (root / name).unlink()
        (root / name).mkdir()

    return change


STEERING: dict[str, tuple[Callable[[Path], None], tuple[str, ...]]] = {
    "ems.yml missing": (removed("ems.yml"), ("no ems.yml", "--root")),
    "ems.yml a folder": (folder_instead("ems.yml"), ("no ems.yml",)),
    "people.yml missing": (removed("people.yml"), ("people.yml is missing", "Add it")),
    "people.yml a folder": (folder_instead("people.yml"), ("people.yml cannot be read",)),
    "ems.yml not YAML": (replaced("standards: [", "standards: [[", "ems.yml"), ("ems.yml:", "not readable as YAML")),
    "ems.yml empty": (written(b"", "ems.yml"), ("ems.yml", "is missing")),
    "ems.yml not UTF-8": (written(b"organisation: Caf\xe9\n", "ems.yml"), ("ems.yml:1", "UTF-8")),
    "ems.yml too large": (written(b"# x\n" * 600_000, "ems.yml"), ("ems.yml", "MB")),
    "a misspelt key": (replaced("emergency:", "emergancy:", "ems.yml"), ("ems.yml:3", 'Did you mean "emergency"?')),
    "a key twice": (replaced("timezone: UTC", "timezone: UTC\ntimezone: UTC", "ems.yml"), ("ems.yml:3", "given twice")),
    "a time zone that is none": (replaced("UTC", "Mars/Phobos", "ems.yml"), ("ems.yml:2", "Europe/Amsterdam")),
    "a time zone out of the system": (replaced("UTC", "../../../etc/passwd", "ems.yml"), ("ems.yml:2", "time zone")),
    "docs out of the repository": (
        replaced("timezone: UTC", "docs_dir: ../..", "ems.yml"), ("ems.yml:2", "inside the repository")
    ),
    "a bomb in ems.yml": (replaced("timezone: UTC", BOMB, "ems.yml"), ("ems.yml:2", "anchor")),
    "deep nesting in ems.yml": (
        replaced("timezone: UTC", "groups: " + "[" * 90_000, "ems.yml"), ("ems.yml:2", "nested too deeply")
    ),
    "a prefix that is none": (replaced("prefix: EMS-PRO", "prefix: ems pro", "ems.yml"), ("ems.yml:7", "EMS-PRO")),
    "people.yml not YAML": (replaced("people:", "people: :", "people.yml"), ("people.yml:", "not readable as YAML")),
    "a person with a role from nowhere": (
        replaced("from: 2020-01-01", "from: then", "people.yml"), ("people.yml:6", "write it as YYYY-MM-DD")
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STEERING)
def test_a_broken_steering_file_is_one_line_and_status_2(handbook: Build, tmp_path: Path, name: str) -> None:
    change, words = STEERING[name]
    root = handbook()
    change(root)
    before = picture(tmp_path)
    for command in (*CHECKS, *LISTS, *OF_ONE, ["stage", str(tmp_path / "stage")]):
        outcome = ems(root, *command)
        assert (outcome.status, outcome.out) == (2, "")
        lines = outcome.err.splitlines()
        assert 1 <= len(lines) <= 5
        assert all(line.startswith("ems: ") for line in lines)
        for word in words:
            assert word in outcome.err
    assert picture(tmp_path) == before


@pytest.mark.parametrize("name", ["ems.yml missing", "people.yml missing", "ems.yml not YAML"])
def test_a_failed_build_leaves_the_last_site(handbook: Build, tmp_path: Path, name: str) -> None:
    root = handbook()
    (root / "mkdocs.yml").write_text(MKDOCS, "utf-8")
    (root / "site").mkdir()
    (root / "site" / "index.html").write_text("the last good site", "utf-8")
    STEERING[name][0](root)
    before = picture(tmp_path)
    outcome = ems_process(root, "build")
    assert outcome.status == 2
    assert "Traceback" not in outcome.err
    assert STEERING[name][1][0] in outcome.err
    assert picture(tmp_path) == before


def test_a_site_without_mkdocs_yml(handbook: Build, tmp_path: Path) -> None:
    root = handbook()
    for command in ("build", "serve"):
        assert_one_line(ems(root, command, day=None), "no mkdocs.yml", "plugins: [search, ems-control]")


# --- the folder -----------------------------------------------------------------------------------------------------


def test_root_is_a_file_missing_or_no_handbook(handbook: Build, tmp_path: Path) -> None:
    root = handbook()
    assert_everything_fails(root / "ems.yml", tmp_path, "is no folder")
    assert_everything_fails(root / "nowhere", tmp_path, "is no folder")
    assert_everything_fails(root / "docs", tmp_path, "no ems.yml", "--root")


def test_no_handbook_above_the_current_folder(tmp_path: Path) -> None:
    for command in ("check", "register", "build"):
        assert_one_line(ems_process(tmp_path, command), "no ems.yml", "--root")
    assert list(tmp_path.iterdir()) == []


def test_no_repository(tmp_path: Path) -> None:
    root = tmp_path / "handbook"
    shutil.copytree(BASE, root)
    assert_everything_fails(root, tmp_path, "is in no git repository", "git init")


def test_an_empty_repository(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "handbook")
    assert_everything_fails(tmp_path / "handbook", tmp_path, "no ems.yml")


def test_a_bare_repository(handbook: Build, tmp_path: Path) -> None:
    root = handbook()
    git(tmp_path, "clone", "-q", "--bare", str(root), "bare.git")
    assert_everything_fails(tmp_path / "bare.git", tmp_path, "no ems.yml")
    for name in ("ems.yml", "people.yml"):
        shutil.copy(root / name, tmp_path / "bare.git")
    assert_everything_fails(tmp_path / "bare.git", tmp_path, "bare repository", "Clone it")


@pytest.mark.parametrize("branch", ["main", "never-born"])
def test_no_commits(handbook: Build, tmp_path: Path, branch: str) -> None:
    root = handbook() if branch != "main" else tmp_path / "handbook"
    if branch == "main":
        shutil.copytree(BASE, root)
        git(root, "init", "-q", "-b", "main")
    else:
        git(root, "symbolic-ref", "HEAD", f"refs/heads/{branch}")
    before = picture(tmp_path)
    checked = ems(root, "check", "--format", "json")
    assert (checked.status, checked.err, checked.json["summary"]["documents"]) == (0, "", 1)
    assert ems(root, "register", "--format", "json").json["documents"] == []
    for command in LISTS:
        assert (ems(root, *command).status, ems(root, *command).err) == (0, "")
    assert_one_line(ems(root, "show", "EMS-PRO-001"))
    assert_one_line(ems(root, "diff", "EMS-PRO-001"))
    assert picture(tmp_path) == before
    assert stage(root, tmp_path / "stage").status == 0


def same_answers(root: Path, other: Path) -> None:
    for command in (["check", "--format", "json"], ["register", "--format", "json"], *OF_ONE):
        if command[0] != "diff":
            assert ems(other, *command) == ems(root, *command)


def test_a_detached_head(handbook: Build, tmp_path: Path) -> None:
    root = handbook("commit\ncommit", "branch")
    git(tmp_path, "clone", "-q", str(root), "detached")
    git(tmp_path / "detached", "checkout", "-q", "--detach", "HEAD")
    before = picture(tmp_path / "detached")
    same_answers(root, tmp_path / "detached")
    assert picture(tmp_path / "detached") == before


def test_a_worktree(handbook: Build, tmp_path: Path) -> None:
    root = handbook()
    git(root, "worktree", "add", "-q", "--detach", str(tmp_path / "second"))
    before = picture(tmp_path)
    same_answers(root, tmp_path / "second")
    assert picture(tmp_path) == before


def test_a_handbook_in_a_folder_of_the_repository(handbook: Build, tmp_path: Path) -> None:
    root = handbook()
    outer = tmp_path / "outer"
    shutil.copytree(root, outer / "hand book", ignore=shutil.ignore_patterns(".git"))
    git(outer, "init", "-q", "-b", "main")
    commit(outer, date(2026, 1, 5))
    listed = ems(outer / "hand book", "register", "--format", "json").json["documents"]
    assert [(d["state"], d["path"]) for d in listed] == [("in force", f"hand book/{DOCUMENT}")]
    assert ems(outer / "hand book", "check").status == 0


def test_a_handbook_that_is_a_submodule(handbook: Build, tmp_path: Path) -> None:
    root = handbook()
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q", "-b", "main")
    git(outer, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(root), "inner")
    before = picture(outer)
    same_answers(root, outer / "inner")
    assert picture(outer) == before


def test_a_shallow_clone_gives_no_dates(handbook: Build, tmp_path: Path) -> None:
    root = handbook("commit\ncommit", "whole")
    git(tmp_path, "clone", "-q", "--depth", "1", root.as_uri(), "shallow")
    shallow = tmp_path / "shallow"
    (shallow / "mkdocs.yml").write_text(MKDOCS, "utf-8")
    before = picture(tmp_path)
    found = ems(shallow, "check", "--format", "json")
    assert (found.status, {rule for rule, _, _ in found.findings}) == (1, {"EMS701"})
    for command in CHECKS:
        assert (ems(shallow, *command).status, ems(shallow, *command).err) == (1, "")
    for command in (*LISTS, *OF_ONE, ["stage", str(tmp_path / "stage")]):
        assert_one_line(ems(shallow, *command), "shallow clone", "git fetch --unshallow")
    built = ems_process(shallow, "build", "--site-dir", str(tmp_path / "site"))
    assert built.status == 2
    assert "shallow clone" in built.err
    assert "Traceback" not in built.err
    assert picture(tmp_path) == before


def test_a_partial_clone_gives_no_dates(handbook: Build, tmp_path: Path) -> None:
    root = handbook("commit\ncommit", "whole")
    git(root, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", root.as_uri(), "partial")
    before = picture(tmp_path)
    found = ems(tmp_path / "partial", "check", "--format", "json")
    assert (found.status, {rule for rule, _, _ in found.findings}) == (1, {"EMS701"})
    for command in (*LISTS, *OF_ONE):
        assert_one_line(ems(tmp_path / "partial", *command), "partial clone")
    assert picture(tmp_path) == before


def tree_of(root: Path, name: str) -> Path:
    """The file of a loose object."""
    sha = git(root, "rev-parse", name).decode().strip()
    return root / ".git" / "objects" / sha[:2] / sha[2:]


def garbage(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(b"garbage")


DAMAGE: dict[str, tuple[Callable[[Path], None], str]] = {
    "a missing text": (lambda root: tree_of(root, f"HEAD:{DOCUMENT}").unlink(), "missing from this repository"),
    "a damaged text": (lambda root: garbage(tree_of(root, f"HEAD:{DOCUMENT}")), "clone again"),
    "a missing tree": (lambda root: tree_of(root, "HEAD:docs").unlink(), "git: "),
    "a missing commit": (lambda root: tree_of(root, "HEAD").unlink(), "git: "),
    "a branch to nowhere": (written(b"1234567890" * 4 + b"\n", ".git/refs/heads/main"), "git: "),
    "a broken HEAD": (written(b"garbage\n", ".git/HEAD"), "git"),
    "a broken configuration": (written(b"[core\nx", ".git/config"), "config"),
    "no configuration at all": (written(b"\x00\x01garbage\n", ".git/config"), "config"),
    "a format of the future": (
        appended_to(".git/config", b"[core]\n\trepositoryFormatVersion = 99\n"),
        "version",
    ),
    "a shallow file of garbage": (written(b"garbage\n", ".git/shallow"), "shallow"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_repository_is_said_and_nothing_is_computed(handbook: Build, tmp_path: Path, name: str) -> None:
    damage, words = DAMAGE[name]
    root = handbook()
    damage(root)
    before = picture(tmp_path)
    for command in (*LISTS, *OF_ONE, ["stage", str(tmp_path / "stage")]):
        assert_one_line(ems(root, *command), words)
    checked = ems(root, "check", "--format", "json")
    assert checked.status in (1, 2)
    assert "Traceback" not in checked.err
    assert picture(tmp_path) == before


def test_a_missing_text_among_thousands_ends_at_once(handbook: Build, tmp_path: Path) -> None:
    """Git's answers stand in a full pipe while it is asked for more: no command may hang on that."""
    root = handbook()
    names = b"".join(
        b"M 100644 inline docs/procedures/p%d.md\ndata 2000\n%s\n" % (n, b"%2000d" % n) for n in range(3000)
    )
    who = b"committer A <a.author@example.org> 1768000000 +0000"
    head = b"commit refs/heads/more\n%s\ndata 1\nx\nfrom refs/heads/main\n" % who
    git(root, "fast-import", "--quiet", stdin=head + names)
    git(root, "checkout", "-q", "-f", "more")
    tree_of(root, f"HEAD:{DOCUMENT}").unlink()
    done = ems_process(root, "register", timeout=60)
    assert_one_line(done, "missing from this repository")


# --- the machine ----------------------------------------------------------------------------------------------------


def test_no_git_at_all(handbook: Build, tmp_path: Path) -> None:
    root = handbook()
    (root / "mkdocs.yml").write_text(MKDOCS, "utf-8")
    before = picture(tmp_path)
    env = {**os.environ, "PATH": str(tmp_path)}
    for command in (["check"], ["register"], ["stage", str(tmp_path / "stage")]):
        assert_one_line(ems_process(root, *command, env=env), "git is not installed", "Install git")
    built = ems_process(root, "build", env=env)
    assert built.status == 2
    assert "git is not installed" in built.err
    assert "Traceback" not in built.err
    assert ems_process(root, "rules", env=env).status == 0
    assert picture(tmp_path) == before


@contextmanager
def nobody(folder: Path) -> Iterator[None]:
    """Without the rights of root, which may read everything; the folder is handed over."""
    if os.geteuid() != 0:
        yield
        return
    stranger = 65534
    for place, _, files in os.walk(folder):
        for path in (Path(place), *(Path(place, name) for name in files)):
            os.chown(path, stranger, -1)
    os.seteuid(stranger)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that another user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="ems-"))
    folder.chmod(0o755)
    yield folder
    for place, _, _ in os.walk(folder):
        Path(place).chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    "name", ["ems.yml", "people.yml", DOCUMENT, "docs/procedures", "docs", ".git", ".git/HEAD", ".git/objects"]
)
def test_permission_denied_is_one_line(handbook: Build, open_folder: Path, name: str) -> None:
    root = open_folder / "handbook"
    shutil.copytree(handbook(), root)
    os.utime(root / DOCUMENT)  # a file that lies as git checked it out is not read at all
    before = picture(open_folder)
    assert ems(root, "check").status == 0
    with nobody(open_folder):
        mode = (root / name).stat().st_mode
        (root / name).chmod(0)
        try:
            checked = ems(root, "check")
            listed = ems(root, "register")
        finally:
            (root / name).chmod(mode)
    assert_one_line(checked)
    if name.startswith("docs"):
        assert (listed.status, listed.err) == (0, ""), "the register reads commits, not files"
    else:
        assert_one_line(listed)
    assert picture(open_folder) == before


def test_a_repository_of_somebody_else_is_refused(handbook: Build, tmp_path: Path) -> None:
    root = handbook()
    if os.geteuid() == 0:
        os.chown(root, 65534, -1)
        os.chown(root / ".git", 65534, -1)
        assert_everything_fails(root, tmp_path, "dubious ownership", "safe.directory")
    else:
        env = {**os.environ, "GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
        assert_one_line(ems_process(root, "register", env=env), "dubious ownership", "safe.directory")


def test_output_that_cannot_be_written(handbook: Build, tmp_path: Path) -> None:
    root = handbook()
    (tmp_path / "file").write_text("kept", "utf-8")
    before = picture(tmp_path, cache=False)
    for target in (tmp_path / "nowhere" / "list.csv", tmp_path / "file" / "list.csv"):
        assert_one_line(ems(root, "register", "--output", str(target)), "list.csv")
    assert ems(root, "register", "--output", str(tmp_path)).status == 2
    assert_one_line(ems(root, "stage", str(tmp_path / "file" / "stage")), "file")
    assert_one_line(ems(root, "stage", str(root)), "is not empty", "Name a new folder")
    assert picture(tmp_path, cache=False) == before


def test_a_reader_that_stops_reading(handbook: Build) -> None:
    root = handbook()
    line = ["sh", "-c", '"$0" register --format json | true', COMMAND]
    done = subprocess.run(line, cwd=root, capture_output=True, check=True)
    assert b"Traceback" not in done.stderr


def test_a_reader_that_stops_reading_a_command_that_writes_is_told(handbook: Build) -> None:
    root = handbook()
    line = ["bash", "-c", 'set -o pipefail; "$0" new procedure Waste --author a.author | true', COMMAND]
    done = subprocess.run(line, cwd=root, capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stderr.decode().splitlines()[-1].startswith("ems: whoever read the output closed it before the end.")


def test_a_full_disk_behind_the_output_is_named(handbook: Build) -> None:
    root = handbook()
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([COMMAND, "register"], cwd=root, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert done.stderr.decode() == "ems: standard output: No space left on device\n"
