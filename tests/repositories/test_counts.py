"""Work is done once, and only where it is asked for: counted, because a clock says something else on every machine."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections import Counter
from pathlib import Path

import pytest

from ems_control.ground.kept import SWITCH
from tests.examples import git
from tests.running import ems, ems_process

DOCUMENTS, REVISIONS = 14, 4
RECORDS = DOCUMENTS * REVISIONS + 1
"""One for each revision, and that of the policy."""
STEERING = 15
"""ems.yml and people.yml, twice each: as they lie there and as they were approved; mkdocs.yml twice, eight files of
standards, a text that is not in force yet."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("counts") / "handbook"
    made = ems_process(root.parent, "demo", str(root), "--documents", str(DOCUMENTS), "--revisions", str(REVISIONS))
    assert made.status == 0, made.err
    return root


def counted(root: Path, *arguments: str, expected: int = 0, kept: bool = False, **variables: str) -> Counter[str]:
    """What a run of the command did, all its processes together; unless `kept`, nothing of an earlier run counts."""
    told = root.parent / "counts"
    told.unlink(missing_ok=True)
    switch = {} if kept else {SWITCH: "1"}
    done = ems_process(root, *arguments, env={**os.environ, **switch, **variables, "EMS_COUNT": str(told)})
    assert done.status == expected, (done.out, done.err)
    lines = [json.loads(line) for line in told.read_text("utf-8").splitlines()]
    assert lines
    assert all(line["version"] == 1 for line in lines)
    return sum((Counter(line["counts"]) for line in lines), Counter())


def test_check_does_each_thing_once(demo: Path) -> None:
    cold = counted(demo, "check")
    assert cold["documents_judged"] == DOCUMENTS
    assert cold["signatures_verified"] == RECORDS
    assert cold["git_logs"] == 1
    assert cold["texts_rendered"] == DOCUMENTS + 2, "each once, whoever looks; the home page; one with what it includes"
    assert DOCUMENTS * REVISIONS < cold["yaml_documents"] <= DOCUMENTS * (REVISIONS + 1) + STEERING
    assert cold["files_written"] == 0
    page = next((demo / "docs").rglob("EMS-PRO-001.md"))
    before = page.read_text("utf-8")
    try:
        page.write_text(before + "\nOne word more.\n", "utf-8")
        edited = counted(demo, "check", expected=1)
    finally:
        page.write_text(before, "utf-8")
    assert edited["documents_judged"] == DOCUMENTS
    assert edited["signatures_verified"] == RECORDS
    assert edited["yaml_documents"] <= cold["yaml_documents"] + 2
    assert edited["texts_rendered"] == cold["texts_rendered"]


@pytest.mark.parametrize(
    "question",
    [["check"], ["register"], ["show", "EMS-PRO-001"], ["history", "EMS-PRO-001"], ["diff", "EMS-PRO-001"]],
    ids=lambda question: question[0],
)
def test_what_was_asked_before_asks_for_nothing(demo: Path, question: list[str]) -> None:
    counted(demo, *question, kept=True)
    done = counted(demo, *question, kept=True)
    wanted = ("documents_judged", "signatures_verified", "git_logs", "blobs_read", "yaml_documents", "files_written")
    assert not any(done[what] for what in wanted)
    assert done["git_processes"] <= 4


def test_after_one_edit_one_text_is_read(demo: Path) -> None:
    """All is known but mkdocs.yml and the two texts: parsed; rules look at the document that was edited, and no other.

    Where others see the edit, they look at all of them again.
    """
    counted(demo, "check", kept=True)
    page = next((demo / "docs").rglob("EMS-PRO-001.md"))
    before = page.read_text("utf-8")
    try:
        page.write_text(before + "\nOne word more.\n", "utf-8")
        done = counted(demo, "check", expected=1, kept=True)
        page.write_text(before + "\nTwo words more.\n", "utf-8")
        again = counted(demo, "check", expected=1, kept=True)
        page.write_text(before + "\n## A heading more\n", "utf-8")
        seen = counted(demo, "check", expected=1, kept=True)
    finally:
        page.write_text(before, "utf-8")
    assert [one["documents_checked"] for one in (done, again, seen)] == [1, 1, DOCUMENTS]
    assert done["yaml_documents"] <= 3
    assert done["documents_judged"] <= 1
    assert (done["signatures_verified"], done["git_logs"]) == (0, 0)
    assert done["blobs_read"] <= 3


def test_after_one_commit_one_document_is_judged(demo: Path, tmp_path: Path) -> None:
    """On main, and as a change that is to be merged onto it."""
    root = tmp_path / "handbook"
    git(demo.parent, "clone", "-q", str(demo), str(root))
    counted(root, "check", kept=True)
    page = next((root / "docs").rglob("EMS-PRO-001.md"))
    page.write_text(page.read_text("utf-8") + "\nOne word more.\n", "utf-8")
    git(root, "commit", "-qam", "One word more")
    for question in (["check"], ["check", "--base", "HEAD~1"]):
        done = counted(root, *question, expected=1, kept=True)
        assert done["documents_judged"] == 1
        assert done["signatures_verified"] == REVISIONS
        assert done["yaml_documents"] <= 4
        assert done["commits_read"] <= 2 * REVISIONS + 4, "those that changed this text, and what landed since"


def test_of_a_proposed_edit_one_document_is_looked_at(demo: Path, tmp_path: Path) -> None:
    """On a branch, when it was never checked before, and when it grows; where others see the edit, all are again.

    What breaks by it is told, as if nothing had been kept.
    """
    root = tmp_path / "handbook"
    git(demo.parent, "clone", "-q", str(demo), str(root))
    counted(root, "check", kept=True)
    git(root, "checkout", "-q", "-b", "work")
    page = next((root / "docs").rglob("EMS-PRO-001.md"))
    looked, question = list[int](), ("check", "--base", "main")
    for more in ("One word more.", "Two words more.", "## A heading more", "Three words more."):
        page.write_text(f"{page.read_text('utf-8')}\n{more}\n", "utf-8")
        git(root, "commit", "-qam", more)
        fresh = ems_process(root, *question, "--format", "json", env={**os.environ, SWITCH: "1"})
        done = counted(root, *question, expected=1, kept=True)
        assert ems_process(root, *question, "--format", "json") == fresh
        assert '"EMS203"' in fresh.out
        looked.append(done["documents_checked"])
        assert done["documents_judged"] <= 1
        assert done["signatures_verified"] <= REVISIONS
        assert done["commits_read"] <= 2 * REVISIONS + 8
    assert looked == [1, 1, DOCUMENTS, 1]


def test_a_long_branch_and_main_are_both_kept(demo: Path, tmp_path: Path) -> None:
    """Who checks a branch of many commits, what it proposes, and main again reads no history twice."""
    root = tmp_path / "handbook"
    git(demo.parent, "clone", "-q", str(demo), str(root))
    counted(root, "check", kept=True)
    git(root, "checkout", "-q", "-b", "work")
    page = next((root / "docs").rglob("EMS-PRO-001.md"))
    for number in range(7):
        page.write_text(f"{page.read_text('utf-8')}\nWord {number}.\n", "utf-8")
        git(root, "commit", "-qam", f"Word {number}")
    branch = counted(root, "check", expected=1, kept=True)
    proposed = counted(root, "check", "--base", "main", expected=1, kept=True)
    page.write_text(f"{page.read_text('utf-8')}\nOne word more.\n", "utf-8")
    here = counted(root, "check", expected=1, kept=True)
    git(root, "checkout", "-q", "-f", "main")
    main = counted(root, "check", kept=True)
    assert [one["documents_judged"] for one in (branch, proposed, here, main)] == [1, 1, 0, 0]
    assert max(one["commits_read"] for one in (branch, proposed, here, main)) <= 4 * REVISIONS + 24


def test_a_job_of_a_forge_judges_a_proposed_change_by_itself(demo: Path, tmp_path: Path) -> None:
    """What was found before is no part of what a job says, whoever keeps it."""
    root = tmp_path / "handbook"
    git(demo.parent, "clone", "-q", str(demo), str(root))
    counted(root, "check", kept=True)
    git(root, "checkout", "-q", "-b", "work")
    page = next((root / "docs").rglob("EMS-PRO-001.md"))
    page.write_text(f"{page.read_text('utf-8')}\nOne word more.\n", "utf-8")
    git(root, "commit", "-qam", "One word more")
    job = counted(root, "check", "--base", "main", expected=1, kept=True, CI="true")
    assert job["documents_checked"] == DOCUMENTS


def test_another_document_of_the_same_commit_is_judged_alone(demo: Path) -> None:
    counted(demo, "show", "EMS-PRO-002", kept=True)
    done = counted(demo, "show", "EMS-PRO-003", "--revision", "1", kept=True)
    assert done["git_logs"] <= 1
    assert done["documents_judged"] <= 1
    assert done["signatures_verified"] <= REVISIONS
    assert done["yaml_documents"] <= 3


def test_verify_checks_every_signature_once(demo: Path) -> None:
    done = counted(demo, "verify")
    assert (done["signatures_verified"], done["documents_judged"]) == (RECORDS, DOCUMENTS)


@pytest.mark.parametrize("command", ["show", "history", "diff"])
def test_one_document_asks_for_one(demo: Path, command: str) -> None:
    done = counted(demo, command, "EMS-PRO-001")
    assert done["documents_judged"] == 1
    assert done["signatures_verified"] == REVISIONS + 1
    texts, records = DOCUMENTS * REVISIONS, 2 * (REVISIONS + 1)
    assert done["blobs_read"] <= texts + REVISIONS + records + STEERING
    assert done["yaml_documents"] <= DOCUMENTS + 2 * REVISIONS + STEERING
    assert done["git_logs"] == 2


def test_a_policy_on_screen_that_is_not_approved_makes_nothing_be_read_twice(demo: Path) -> None:
    """What is found is judged by both policies: the one in force, and the one that is seen."""
    page, policy = next((demo / "docs").rglob("EMS-PRO-001.md")), demo / "ems.yml"
    before = {path: path.read_text("utf-8") for path in (page, policy)}
    once = counted(demo, "check")
    try:
        policy.write_text(before[policy] + "# another\n", "utf-8")
        page.write_text(before[page] + "\nOne word more.\n", "utf-8")
        done = counted(demo, "check", expected=1)
    finally:
        for path, text in before.items():
            path.write_text(text, "utf-8")
    assert done["documents_judged"] == 2 * DOCUMENTS
    assert done["signatures_verified"] == RECORDS
    assert done["yaml_documents"] <= once["yaml_documents"] + STEERING


def test_a_build_checks_every_signature_once_and_keeps_its_light_pages(demo: Path) -> None:
    """At a desk what an earlier run judged is believed; a job of a forge publishes what it has judged itself."""
    off = counted(demo, "build")
    shutil.rmtree(demo / ".git" / "ems-control", ignore_errors=True)
    cold, job = (counted(demo, "build", kept=True, CI=job) for job in ("", "true"))
    shutil.rmtree(demo / ".git" / "ems-control" / "site")
    engine, again = (counted(demo, "build", kept=True) for _ in range(2))
    for done in (cold, off, job):
        assert done["signatures_verified"] == RECORDS
        assert done["documents_judged"] == DOCUMENTS
    for done in (engine, again):
        assert (done["signatures_verified"], done["documents_judged"]) == (0, 0)
        assert done["git_logs"] <= 1
    assert 0 < engine["pages_rendered"] == job["pages_rendered"] < cold["pages_rendered"] == off["pages_rendered"]
    assert again["pages_rendered"] == 0
    assert cold["files_written"] >= cold["pages_rendered"]


def test_a_record_that_does_not_hold_is_checked_once(demo: Path, tmp_path: Path) -> None:
    """A refusal is remembered like a key: asking again neither costs nor mends anything."""
    root = tmp_path / "handbook"
    git(demo.parent, "clone", "-q", str(demo), str(root))
    folder = next((root / "approvals").glob("EMS-PRO-001"))
    seals = sorted(folder.glob("*.sig"))
    copied = folder / seals[0].name.replace("approve", "review")
    copied.with_suffix("").write_bytes(seals[0].with_suffix("").read_bytes().replace(b"approve", b"review"))
    copied.write_bytes(seals[0].read_bytes())
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "A record with the signature of another")
    done = counted(root, "verify", expected=1)
    assert done["signatures_verified"] <= RECORDS + 1


def test_counts_that_cannot_be_written_are_told(demo: Path) -> None:
    done = ems_process(demo, "rules", env={**os.environ, "EMS_COUNT": str(demo / "no" / "such" / "place")})
    assert done.status == 0
    assert "EMS_COUNT: the counts were not written" in done.err


@pytest.mark.parametrize("mark", ["a", "~~a ", "$", "=== "])
def test_one_long_line_does_not_stop_the_check(demo: Path, mark: str) -> None:
    """A rule once looked at every letter of a line again for every letter: thirty seconds for one of 40 kB."""
    page = next((demo / "docs").rglob("EMS-PRO-002.md"))
    before = page.read_text("utf-8")
    start = time.process_time()
    try:
        page.write_text(before + "\n" + (mark * 40_000)[:40_000] + "\n", "utf-8")
        assert ems(demo, "check", day=None).status in (0, 1)
    finally:
        page.write_text(before, "utf-8")
    assert time.process_time() - start < 8
