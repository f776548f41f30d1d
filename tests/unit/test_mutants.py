"""The list of faults that tests must notice, and the program that puts them in (`make mutants`)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.mutants.run import LIST, MOST_EQUIVALENT, ROOT, read

FORMAT = "plugins/ems_control/ground/formats/strict_json.py"
TEST = "tests/unit/test_records.py::test_bytes_that_are_no_record"
GOOD: dict[str, Any] = {"id": "X1", "file": FORMAT, "old": "if len(found) != len(pairs):", "new": "if False:"}
NOTICED = GOOD | {"tests": [TEST]}
MISSED = NOTICED | {"id": "X2", "tests": ["tests/unit/test_records.py::test_the_good_record"]}
EQUIVALENT = GOOD | {"equivalent": "no reader ever sees it"}


def listed(folder: Path, *faults: dict[str, Any]) -> Path:
    path = folder / "mutants.yml"
    path.write_text(yaml.safe_dump(list(faults)), encoding="utf-8")
    return path


def run(path: Path, *more: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "tests.mutants.run", "--list", str(path), *more]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ([NOTICED | {"old": "if len(found) > 7:"}], f"X1: its old text stands 0 times in {FORMAT}, not once"),
        ([NOTICED | {"old": "raise ValueError("}], "X1: its old text stands "),
        ([NOTICED | {"file": "plugins/gone.py"}], "X1: its old text stands 0 times in plugins/gone.py, not once"),
        ([NOTICED | {"new": NOTICED["old"]}], "X1: it changes nothing"),
        ([GOOD], "X1: it names either tests or why it is equivalent"),
        ([NOTICED | EQUIVALENT], "X1: it names either tests or why it is equivalent"),
        (
            [NOTICED | {"tests": ["tests/unit/test_gone.py::test_it"]}],
            "X1: there is no tests/unit/test_gone.py::test_it",
        ),
        ([NOTICED, NOTICED], "X1: it is there twice"),
        ([EQUIVALENT | {"id": f"X{n}"} for n in range(6)], f"more than {MOST_EQUIVALENT} are called equivalent"),
    ],
)
def test_a_list_that_does_not_hold(faults: list[dict[str, Any]], words: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as error:
        read(listed(tmp_path, *faults))
    assert words in str(error.value)


def test_a_fault_noticed_and_one_that_is_not(tmp_path: Path) -> None:
    before = (ROOT / FORMAT).read_bytes()
    done = run(listed(tmp_path, NOTICED, MISSED, EQUIVALENT | {"id": "X3"}))
    assert done.returncode == 1, done.stderr
    assert f"X1: noticed by {TEST}[a key twice]" in done.stdout
    assert "X2: NOT NOTICED" in done.stdout
    assert "X3: equivalent: no reader ever sees it" in done.stdout
    assert done.stderr == "Noticed by no test, or not tried: X2\n"
    assert (ROOT / FORMAT).read_bytes() == before


def test_one_fault_by_its_name(tmp_path: Path) -> None:
    path = listed(tmp_path, NOTICED, MISSED)
    assert (run(path, "X1").returncode, run(path, "Y").stderr) == (0, "No fault is called Y.\n")


def test_a_test_that_does_not_pass_without_the_fault_proves_nothing(tmp_path: Path) -> None:
    broken = NOTICED | {"tests": ["tests/unit/test_records.py::test_that_is_not_there"]}
    done = run(listed(tmp_path, broken))
    assert (done.returncode, "Without any fault the tests of X1 do not pass" in done.stderr) == (1, True)


def test_our_list_is_read() -> None:
    assert len(read(LIST)) > 150
