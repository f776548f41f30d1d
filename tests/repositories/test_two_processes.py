"""With a second process all is said as with one; one that dies is told of, and nothing is missing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from ems_control.ground.kept import SWITCH
from ems_control.ground.second_process import VARIABLE, Second
from ems_control.handbook.loading import MANY_RECORDS
from ems_control.handbook.made_meanwhile import MANY_TEXTS
from ems_control.handbook.verification import MANY_DOCUMENTS
from tests.examples import git
from tests.running import COMMAND, DAY, ems_process

DOCUMENTS, REVISIONS = 102, 5
SAID = "A second process ended before it was done; what it had to do is done again here.\n"
QUESTIONS = {"verify": 2, "check": 2, "register": 1}
"""Each with how often a second process helps: with records, and with half of the documents or with their pages."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a second process is only had where Linux forks")


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A large handbook in which two records do not hold: one has another's signature, one lies at a wrong place.

    A text differs from what was approved, one says withdrawn, and one reads otherwise at the forge.
    """
    root = tmp_path_factory.mktemp("two") / "handbook"
    size = ["--documents", str(DOCUMENTS), "--revisions", str(REVISIONS)]
    assert ems_process(root.parent, "demo", str(root), *size).status == 0
    assert DOCUMENTS * REVISIONS > MANY_RECORDS
    assert max(MANY_DOCUMENTS, MANY_TEXTS) < DOCUMENTS
    seals = sorted((root / "approvals" / "EMS-PRO-001").glob("*.sig"))
    seals[1].with_name(seals[0].name.replace("approve", "review")).write_bytes(seals[0].read_bytes())
    text = seals[0].with_suffix("").read_bytes()
    seals[0].with_name(seals[0].name.replace("approve", "review")).with_suffix("").write_bytes(
        text.replace(b'"action": "approve"', b'"action": "review"')
    )
    (root / "approvals" / "EMS-PRO-002" / "r001-20240101T000000Z-x-approve.json").write_bytes(text)
    pages = {path.stem: path for path in (root / "docs").rglob("EMS-PRO-*.md")}
    for number, old, new in (
        (5, "## ", "Changed.\n\n## "),
        (6, "status: submitted", "status: withdrawn"),
        (7, "## ", "Close:\n- V-3\n\n<u onclick=x>a</u>\n\n## "),
    ):
        page = pages[f"EMS-PRO-000{number}"]
        page.write_text(page.read_text("utf-8").replace(old, new, 1), "utf-8")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Two records")
    return root


def environment(processes: int, place: Path) -> dict[str, str]:
    return {**os.environ, VARIABLE: str(processes), SWITCH: "1", "EMS_COUNT": str(place)}


def counted(place: Path) -> list[Counter[str]]:
    found = [Counter(json.loads(line)["counts"]) for line in place.read_text("utf-8").splitlines()]
    place.unlink()
    return found


@pytest.mark.parametrize("question", QUESTIONS)
def test_two_say_what_one_says(broken: Path, tmp_path: Path, question: str) -> None:
    line, place = [question, "--format", "json"], tmp_path / "counts"
    one = ems_process(broken, *line, env=environment(1, place))
    [alone] = counted(place)
    two = ems_process(broken, *line, env=environment(2, place))
    both = counted(place)
    assert (two.status, two.out, two.err) == (one.status, one.out, one.err)
    if question == "verify":
        kinds = {found["name"] for found in one.json["breaks"]}
        assert kinds >= {
            "record-signature-wrong",
            "record-misplaced",
            "text-not-as-approved",
            "withdrawn-without-record",
        }
    if question == "check":
        assert {"EMS119", "EMS513"} <= {found["rule"] for found in one.json["findings"]}
    assert len(both) == 1 + QUESTIONS[question]
    done = sum(both, Counter())
    assert done["signatures_verified"] == alone["signatures_verified"]
    assert done["documents_judged"] <= alone["documents_judged"] + 1  # the one that says withdrawn is asked once more
    assert done["blobs_read"] <= alone["blobs_read"] + 10
    assert done["git_processes"] <= alone["git_processes"] + QUESTIONS[question]


def test_one_document_needs_no_second(broken: Path, tmp_path: Path) -> None:
    done = ems_process(broken, "show", "EMS-PRO-001", env=environment(2, tmp_path / "counts"))
    assert done.status == 0
    [alone] = counted(tmp_path / "counts")
    assert alone["signatures_verified"] <= REVISIONS + 3


def test_one_that_is_killed_is_told_of_and_nothing_is_missing(broken: Path, tmp_path: Path) -> None:
    line = ["verify", "--format", "json", "--as-of", DAY]
    whole = ems_process(broken, *line, env=environment(1, tmp_path / "counts"))
    for _ in range(5):
        process = subprocess.Popen(
            [COMMAND, *line],
            cwd=broken,
            env=environment(2, tmp_path / "counts"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        killed = _kill_second(process)
        out, err = process.communicate()
        if killed and err:
            assert (process.returncode, out.decode(), err.decode()) == (whole.status, whole.out, whole.err + SAID)
            return
    pytest.fail("no second process was seen")


def _kill_second(process: subprocess.Popen[bytes]) -> bool:
    """Kill the fork of a command; git, which it starts too, is for a moment the same program, and then another."""
    own, seen = Path(f"/proc/{process.pid}/task/{process.pid}/children"), Counter[str]()
    while process.poll() is None:
        line = _line(str(process.pid))
        forks = {child for child in own.read_text("ascii").split() if line and _line(child) == line}
        seen.update(forks)
        for child in forks:
            if seen[child] > 4:
                os.kill(int(child), signal.SIGKILL)
                return True
        time.sleep(0.01)
    return False


def _line(process: str) -> bytes:
    """The command line of a process; nothing where it has ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize("dies", [True, False], ids=["dies", "lives"])
def test_the_work_of_one_that_died_is_done_here(dies: bool) -> None:
    here, said = os.getpid(), list[str]()

    def work() -> bool:
        if dies and os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return os.getpid() == here

    with Second(work) as other:
        assert other.result(said.append) == dies
    assert len(said) == dies


def test_what_goes_wrong_there_goes_wrong_here() -> None:
    with Second(lambda: 1 // 0) as other, pytest.raises(ZeroDivisionError):
        other.result([].append)
