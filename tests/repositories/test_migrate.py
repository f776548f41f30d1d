"""`ems migrate`: references move, a person decides where the map does not, and nothing else in a file changes."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from ems_control.ground.formats.frontmatter import read_yaml
from ems_control.ground.formats.patching import patch_list
from ems_control.handbook.loading import load
from tests.examples import git
from tests.running import COMMAND, DAY, Outcome, ems, picture

Build = Callable[..., Path]

REPOSITORY = Path(__file__).parents[2]
START, GOAL = "iso-14001:2015", "iso-14001:2026"
DOCUMENT = "docs/procedures/EMS-PRO-001.md"
OTHER = "docs/procedures/EMS-PRO-002.md"
SPLIT = f"{DOCUMENT}\n  title: Management review\n  clauses: [{START}/9.3#drains, {START}/8.1]\n"


def migrate(root: Path, *arguments: str, day: str | None = DAY) -> Outcome:
    return ems(root, "migrate", "--from", START, "--to", GOAL, *arguments, day=day)


def clauses(root: Path, path: str = DOCUMENT) -> list[str]:
    with load(root, date.fromisoformat(DAY), working_tree=True) as handbook:
        version = handbook.by_path[path].current
        return list(version.metadata.clauses) if version else []


def answers(root: Path, text: str) -> str:
    path = root.parent / "answers.yml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def files(root: Path) -> dict[str, tuple[int, bytes]]:
    """Everything but .git."""
    return {name: found for name, found in picture(root).items() if not name.startswith(f"{root}/.git")}


def digests(root: Path, day: date | None = None) -> dict[str, str]:
    with load(root, day or date.fromisoformat(DAY), working_tree=True) as handbook:
        return {d.id: d.current.digest() for d in handbook.documents.values() if d.current}


def test_what_maps_one_to_one_is_added_with_its_heading_and_nothing_else_changes(handbook: Build) -> None:
    listed = f"    - '{START}/8.1#drains'  # yard\n    # kept\n    - {START}/6.1.4\n    - {START}/10.3\n"
    root = handbook(f"{DOCUMENT}\n  clauses:\n{listed}")
    path = root / DOCUMENT
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    path.chmod(0o755)
    before, sealed = path.read_bytes(), digests(root)
    outcome = migrate(root)
    assert outcome.status == 0, outcome.err
    added = f"  - {GOAL}/6.1.5\r\n  - {GOAL}/8.1#drains\r\n  - {GOAL}/10.1\r\n".encode()
    last = f"  - {START}/10.3\r\n".encode()
    assert path.read_bytes() == before.replace(last, last + added)
    assert path.stat().st_mode & 0o777 == 0o755
    assert digests(root) == sealed
    assert "1 document changed: 3 references to iso-14001:2026 added." in outcome.out
    assert "0 before, 3 after, of 35" in outcome.out
    assert "Newly answered: 6.1.5, 8.1, 10.1." in outcome.out
    assert "nothing needs a new approval" in outcome.out


def test_the_effect_that_was_announced_is_there_after_the_commit(handbook: Build) -> None:
    root = handbook(f"ems.yml\n  classification: controller\n{DOCUMENT}\n  clauses: [{START}/8.1#drains]\n")
    assert "controller" in migrate(root).out
    git(root, "commit", "-qam", "Moved", email="a.author@example.org")
    matrix = ems(root, "matrix", "--standard", GOAL, "--format", "json").json
    assert [row["clause"] for row in matrix["clauses"] if row["documents"]] == ["8.1"]
    assert ems(root, "check").status == 0


def test_what_is_there_already_is_not_doubled(handbook: Build) -> None:
    root = handbook(f"{DOCUMENT}\n  clauses: [{START}/8.1#drains, {START}/9.3, {GOAL}/8.1, {GOAL}/9.3.3, emas/A.8.1]\n")
    before = files(root)
    outcome = migrate(root)
    assert (outcome.status, files(root)) == (0, before)
    assert outcome.out.startswith("Nothing to do")


@pytest.mark.parametrize(
    ("claimed", "expected"),
    [
        (f"{START}, {GOAL}", [f"{START}/8.1#drains", f"{START}/10.1", f"{GOAL}/8.1#drains"]),
        (f"{GOAL}, emas", [f"{START}/8.1#drains", f"{START}/10.1", f"{GOAL}/8.1#drains"]),
        (GOAL, [f"{GOAL}/8.1#drains"]),
    ],
    ids=["claimed", "counts for EMAS", "claimed no more"],
)
def test_old_references_stay_while_they_count_for_something_claimed(
    handbook: Build, claimed: str, expected: list[str]
) -> None:
    root = handbook(f"ems.yml\n  standards: [{claimed}]\n{DOCUMENT}\n  clauses: [{START}/8.1#drains, {START}/10.1]\n")
    outcome = migrate(root)
    assert (outcome.status, clauses(root)) == (0, expected), outcome.err
    assert f"Nothing follows {START}/10.1 (EMS-PRO-001)" in outcome.out
    again = files(root)
    assert migrate(root).status == 0
    assert files(root) == again


def test_a_reference_to_emas_moves_with_the_text_it_repeats_and_stays(handbook: Build) -> None:
    listed = "emas/A.8.1#drains, emas/B.communication"
    root = handbook(f"ems.yml\n  standards: [{GOAL}]\n{DOCUMENT}\n  clauses: [{listed}]\n")
    assert migrate(root).status == 0
    assert clauses(root) == ["emas/A.8.1#drains", "emas/B.communication", f"{GOAL}/8.1#drains"]


def test_a_question_without_terminal_and_answer_writes_nothing(handbook: Build) -> None:
    root = handbook(SPLIT)
    before = picture(root)
    outcome = migrate(root)
    assert (outcome.status, picture(root)) == (2, before)
    assert "1 question needs a person; nothing was written." in outcome.err
    assert f"EMS-PRO-001: which of 9.3.1, 9.3.2, 9.3.3 for {START}/9.3#drains?" in outcome.err
    tree, problems = read_yaml(outcome.out)
    assert not problems
    assert tree == {"EMS-PRO-001": {"9.3": ["9.3.1", "9.3.2", "9.3.3"]}, "new": {"6.3": []}}


def test_the_template_is_an_answers_file(handbook: Build) -> None:
    root = handbook(SPLIT)
    outcome = migrate(root, "--answers", answers(root, migrate(root).out))
    assert outcome.status == 0, outcome.err
    parts = [f"{GOAL}/9.3.{part}#drains" for part in (1, 2, 3)]
    assert clauses(root) == [f"{START}/9.3#drains", f"{START}/8.1", f"{GOAL}/8.1", *parts]


def test_answers_decide_and_may_name_a_heading_or_none(handbook: Build) -> None:
    text = "> ## Drains {#drains}\n  >\n  > Text.\n  >\n  > ## Results {#results}\n  >\n  > More."
    root = handbook(f"{SPLIT}  {text}\n{OTHER}\n  clauses: [{START}/6.1.1]\n")
    given = {
        "ems-pro-001": {"9.3": ["9.3.3#results", "iso-14001:2026/9.3.1"], "8.1": ["6.3", "8.1"], "7.1": ["7.1"]},
        "EMS-PRO-002": {"iso-14001:2015/6.1.1": []},
    }
    outcome = migrate(root, "--answers", answers(root, json.dumps(given)))
    assert outcome.status == 0, outcome.err
    assert outcome.err == f"Not used: EMS-PRO-001 has no reference to {START}/7.1.\n"
    new = [f"{GOAL}/{n}" for n in ("6.3", "8.1", "9.3.1#drains", "9.3.3#results")]
    assert clauses(root) == [f"{START}/9.3#drains", f"{START}/8.1", *new]
    assert clauses(root, OTHER) == [f"{START}/6.1.1"]


def test_a_new_clause_is_proposed_for_a_document_of_that_name(handbook: Build) -> None:
    root = handbook(f"{OTHER}\n  title: Changes and how they are planned\n  clauses: []\n")
    outcome = migrate(root, "--dry-run")
    assert outcome.status == 0
    assert f"+clauses: [{GOAL}/6.3]" in outcome.out.split("\n")
    before = files(root)
    assert "New, and answered nowhere: 6.3." in migrate(root).out
    assert files(root) == before
    assert migrate(root, "--answers", answers(root, "new:\n  6.3: [EMS-PRO-002#drains]\n")).status == 0
    assert clauses(root, OTHER) == [f"{GOAL}/6.3#drains"]


def test_a_dry_run_prints_what_accepting_every_proposal_would_write(handbook: Build) -> None:
    root = handbook(f"{SPLIT}{OTHER}\n  clauses: [{START}/6.1.1#drains]\n  > Text without an end")
    (root / OTHER).write_bytes((root / OTHER).read_bytes().rstrip(b"\n"))
    git(root, "commit", "-qam", "No line end")
    proposals = answers(root, migrate(root).out)
    before = picture(root)
    outcome = migrate(root, "--dry-run")
    assert (outcome.status, picture(root)) == (0, before)
    assert "2 documents would change" in outcome.err
    git(root, "apply", stdin=outcome.out.encode())
    applied = files(root)
    git(root, "checkout", "-q", "--", ".")
    assert migrate(root, "--answers", proposals).status == 0
    assert files(root) == applied


def test_a_person_is_asked_at_the_terminal(handbook: Build) -> None:
    root = handbook(SPLIT)
    ours, theirs = pty.openpty()
    line = [COMMAND, "--root", str(root), "migrate", "--from", START, "--to", GOAL, "--as-of", DAY]
    with subprocess.Popen(line, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        os.write(ours, b"9.4\n9.3.2#nowhere\n9.3.3 9.3.2\n-\n")
        out, err = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 0, err
    for words in ("1 of 1: EMS-PRO-001", "no clause 9.4", "no heading #nowhere", "[9.3.1, 9.3.2, 9.3.3]", "6.3 Plan"):
        assert words in err.decode()
    assert b"1 document changed" in out
    assert clauses(root)[2:] == [f"{GOAL}/8.1", f"{GOAL}/9.3.2#drains", f"{GOAL}/9.3.3#drains"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("EMS-PRO-009: {'9.3': [9.3.1]}", ':1: there is no document "EMS-PRO-009" to move. Did you mean EMS-PRO-001?'),
        ("EMS-PRO-001: {'9.3': [9.3.9]}", ":1: ISO 14001:2026 has no clause 9.3.9"),
        ("EMS-PRO-001: {'9.3': [9.3]}", "9.3.1"),
        ("EMS-PRO-001:\n  9.3: 9.3.1\n", ':2: "9.3" is no list. Write ["6.1.1", "6.1.4"], or [] for none.'),
        ("EMS-PRO-001: {'9.3': [9.3.1#where]}", "has no heading #where. Its headings: #drains"),
        ("EMS-PRO-001: {'9.3': [emas/A.9.3]}", "Answers name clauses of iso-14001:2026 only"),
        ("EMS-PRO-001: {'9.9': [9.3.1]}", "iso-14001:2015 has no clause 9.9"),
        ("EMS-PRO-001: [9.3.1]", '"EMS-PRO-001" has no clauses'),
        ("new: {'6.3': [EMS-PRO-001#x]}", "has no heading #x"),
        ("new: {'6.4': []}", "no clause 6.4"),
        ("EMS-PRO-001: {'9.3': [9.3.1]}\nEMS-PRO-001: {}\n", ':2: key "EMS-PRO-001" is given twice'),
        ("- EMS-PRO-001\n", "no list of keys"),
        ("\tx: 1\n", "tab"),
    ],
)
def test_an_answer_that_cannot_be_used_is_named_with_its_line(handbook: Build, text: str, words: str) -> None:
    root = handbook(SPLIT)
    before = files(root)
    outcome = migrate(root, "--answers", answers(root, text))
    assert (outcome.status, outcome.out, files(root)) == (2, "", before)
    assert words in outcome.err


@pytest.mark.parametrize(
    ("start", "goal", "words"),
    [
        ("iso-14001:2015", "iso-14001:2030", "there is no standard iso-14001:2030"),
        ("iso-14001:2015", "iso-14001:2015", "not two editions"),
        ("iso-14001:2015", "iso-9001:2015", "not two editions"),
        ("iso-14001:2015", "emas", "not two editions"),
    ],
)
def test_only_two_editions_of_one_standard_have_a_way_between_them(
    handbook: Build, start: str, goal: str, words: str
) -> None:
    outcome = ems(handbook(), "migrate", "--from", start, "--to", goal)
    assert outcome.status == 2
    assert words in outcome.err


def test_one_file_that_cannot_be_changed_leaves_all_as_they_were(handbook: Build) -> None:
    root = handbook(f"{SPLIT}{OTHER}\n  clauses:\n    -\n      {START}/8.1\n")
    before = files(root)
    outcome = migrate(root, "--answers", answers(root, "EMS-PRO-001: {'9.3': [9.3.1]}"))
    assert (outcome.status, files(root)) == (2, before)
    reason = "an entry is not on one line with its dash; write one line for each: - …"
    assert outcome.err == f"ems: {OTHER}: {reason}. Nothing was written.\n"


def test_what_is_left_out_is_said(handbook: Build) -> None:
    root = handbook(
        f"{DOCUMENT}\n  clauses: [iso-14001/8.1, {START}/8.2]\n"
        f"{OTHER}\n  status: withdrawn\n  clauses: [{START}/8.1]\n"
        "docs/broken.md\n  = ---\n  = id: [EMS-PRO-003\n  = ---\n"
    )
    outcome = migrate(root)
    assert outcome.status == 0
    assert "Left out: docs/broken.md cannot be read" in outcome.err
    assert "Left as it is: EMS-PRO-001: iso-14001/8.1 names no edition" in outcome.err
    assert clauses(root) == ["iso-14001/8.1", f"{START}/8.2", f"{GOAL}/8.2"]
    assert clauses(root, OTHER) == [f"{START}/8.1"]


def test_a_text_in_work_counts_when_it_is_in_force(handbook: Build) -> None:
    draft = f"{DOCUMENT}\n  revision: 2\n  status: draft\n  > New text.\n"
    root = handbook(f"{DOCUMENT}\n  clauses: [{START}/8.1]\ncommit\n{draft}")
    outcome = migrate(root)
    assert "0 before, 0 after, of 35" in outcome.out
    assert "counts with the next revision in force: EMS-PRO-001." in outcome.out


def test_an_edition_not_claimed_yet_is_named(handbook: Build) -> None:
    root = handbook(f"ems.yml\n  standards: [{START}]\n{DOCUMENT}\n  clauses: [{START}/8.1]\n")
    assert f"ems.yml does not claim {GOAL} yet" in migrate(root).out


def test_a_foreign_key_for_clauses_is_followed(handbook: Build) -> None:
    written = f"{DOCUMENT}\n  clauses:\n  meta:\n    iso: [{START}/8.1]  # here\n"
    root = handbook(f"ems.yml\n  fields: {{clauses: meta.iso}}\n{written}")
    assert migrate(root).status == 0
    assert f"  iso: [{START}/8.1, {GOAL}/8.1]  # here\n" in (root / DOCUMENT).read_text(encoding="utf-8")


def test_the_sample_handbook_comes_back_from_2015(tmp_path: Path) -> None:
    root = tmp_path / "copy"
    git(REPOSITORY, "clone", "-q", "--no-local", str(REPOSITORY), str(root))
    day = date.fromisoformat(git(root, "log", "-1", "--format=%cs").decode().strip())
    whole, sealed, found = matrix(root, day), digests(root, day), findings(root, day)
    assert len(sealed) > 50, "docs/ of this repository is not the sample handbook"
    assert _without_goal(root, day) > 40
    git(root, "commit", "-qam", "As in 2025", day=day)
    asked = migrate(root, day=day.isoformat())
    assert asked.status == 2
    tree, problems = read_yaml(asked.out)
    assert tree is not None
    assert not problems
    questions = {number for name, found in tree.items() if name != "new" for number in found}
    assert questions == {"6.1.1", "9.3"}
    assert len(tree) < 10
    assert list(tree["new"]) == ["6.3"]
    done = migrate(root, "--answers", answers(root, asked.out), day=day.isoformat())
    assert done.status == 0, done.err
    git(root, "commit", "-qam", "To 2026", day=day)
    assert digests(root, day) == sealed
    assert all(names and set(whole[number]) <= set(names) for number, names in matrix(root, day).items())
    assert findings(root, day) == found
    assert migrate(root, day=day.isoformat()).out.startswith("Nothing to do")


def matrix(root: Path, day: date) -> dict[str, list[str]]:
    """The documents in force by assessable clause of the new edition."""
    found = ems(root, "matrix", "--standard", GOAL, "--format", "json", day=day.isoformat()).json
    return {row["clause"]: row["documents"] for row in found["clauses"] if row["assessable"]}


def findings(root: Path, day: date) -> list[tuple[str, str, int]]:
    """What `check` finds at error level."""
    outcome = ems(root, "check", "--format", "json", day=day.isoformat())
    return [(f["rule"], f["path"], f["line"]) for f in outcome.json["findings"] if f["severity"] == "error"]


def _without_goal(root: Path, day: date) -> int:
    """Take every reference to the new edition out of the working tree; how many documents had one."""
    count = 0
    with load(root, day, working_tree=True) as handbook:
        for document in handbook.documents.values():
            listed = document.current.metadata.clauses if document.current else ()
            places = [[] if text.startswith(GOAL) else [text] for text in listed]
            if document.current and not all(places):
                count += 1
                path = root / document.current.path
                path.write_bytes(patch_list(path.read_bytes(), ["clauses"], places))
    return count
