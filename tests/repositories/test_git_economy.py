"""Git is started a few times per command, however many documents there are, and gives every blob once."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ems_control.ground.kept import SWITCH
from tests.examples import BASE, git
from tests.running import DAY, MKDOCS, ems, ems_process

SHOWN = 6
"""Files that the texts show."""
FEW, MANY = 30, 300
REVISIONS = 3
MOST_STARTS = 6
MOST_STARTS_OF_A_STAGE = MOST_STARTS + 2  # whether the folder is free, and which commits say who is not counted
MOST_STARTS_OF_A_BUILD = 13  # the same in two processes, and GitPython asks for the version of git twice in each
READING = [
    ["check"],
    ["check", "--format", "json"],
    ["register"],
    ["matrix"],
    ["history", "EMS-PRO-001"],
    ["show", "EMS-PRO-001"],
    ["diff", "EMS-PRO-001"],
]

WRAPPER = """\
#!/bin/sh
echo "$*" >> "{log}"
case " $* " in
*" cat-file "*) tee -a "{asked}" | "{git}" "$@" ;;
*) exec "{git}" "$@" ;;
esac
"""


class Watch:
    """A `git` in front of the real one that notes every start and every object asked for."""

    def __init__(self, folder: Path) -> None:
        real = shutil.which("git")
        assert real
        self.log, self.asked = folder / "starts", folder / "asked"
        self.bin = folder / "bin"
        self.bin.mkdir()
        wrapper = self.bin / "git"
        wrapper.write_text(WRAPPER.format(log=self.log, asked=self.asked, git=real), "utf-8")
        wrapper.chmod(0o755)

    def take(self) -> tuple[list[str], list[str]]:
        """The starts and the objects asked for since the last call."""
        taken = []
        for path in (self.log, self.asked):
            taken.append(path.read_text("utf-8").splitlines() if path.exists() else [])
            path.unlink(missing_ok=True)
        return taken[0], taken[1]


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch(tmp_path)
    monkeypatch.setenv("PATH", f"{watch.bin}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv(SWITCH, "1")
    return watch


def document(number: int, revision: int) -> bytes:
    rows = "".join(
        f"  - {{revision: {n}, date: 2025-12-0{n}, author: a.author, class: substantive, change: Step {n} is new.}}\n"
        for n in range(revision, 0, -1)
    )
    following = number % FEW + 1
    return (
        f"---\nid: EMS-PRO-{number:03}\ntitle: Procedure {number}\ntype: procedure\nrevision: {revision}\n"
        f"status: submitted\nowner: lead\nclauses: [iso-14001:2026/8.1#steps]\napproved_by: [b.boss]\n"
        f"approved_on: 2025-12-10\nrevisions:\n{rows}---\n## Steps {{#steps}}\n\nStep {revision} of {number}.\n\n"
        f"See [the next one](EMS-PRO-{following:03}.md), ![a picture](flow.svg) and the values:\n\n"
        f"[Values](values-{number % 5}.csv){{ .table }}\n\n"
        '--8<-- "parts/contact.txt"\n'
    ).encode()


def stream(documents: int) -> Iterator[bytes]:
    """A history for `git fast-import`: every revision is a commit; the first brings the shared files."""
    start = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
    files = {path.relative_to(BASE).as_posix(): path.read_bytes() for path in BASE.rglob("*") if path.is_file()}
    del files["docs/procedures/EMS-PRO-001.md"]
    files["mkdocs.yml"] = MKDOCS.encode()
    files["ems.yml"] = re.sub(rb"(?m)^standards:.*", b"standards: [iso-14001:2026]", files["ems.yml"])
    files["docs/parts/contact.txt"] = b"Ask the yard lead.\n"
    files["docs/procedures/flow.svg"] = b'<svg xmlns="http://www.w3.org/2000/svg"/>\n'
    files |= {f"docs/procedures/values-{n}.csv": b"value,limit\nnoise,%d\n" % n for n in range(5)}
    moment = 0

    def commit(changes: dict[str, bytes]) -> Iterator[bytes]:
        nonlocal moment
        moment += 60
        who = b"A. Author <a.author@example.org> %d +0000" % (start + moment)
        yield b"commit refs/heads/main\nauthor %s\ncommitter %s\ndata 4\nStep\n" % (who, who)
        for path, data in changes.items():
            yield b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data)

    yield from commit(files)
    for revision in range(1, REVISIONS + 1):
        for number in range(1, documents + 1):
            yield from commit({f"docs/procedures/EMS-PRO-{number:03}.md": document(number, revision)})


def generate(root: Path, documents: int) -> Path:
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    git(root, "fast-import", "--quiet", stdin=b"".join(stream(documents)))
    git(root, "checkout", "-q", "-f", "main")
    return root


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(tmp_path_factory.mktemp("few") / "handbook", FEW)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(tmp_path_factory.mktemp("many") / "handbook", MANY)


def shapes(starts: list[str]) -> list[str]:
    """The git commands without object names."""
    return sorted(" ".join(word for word in line.split() if len(word) != 40) for line in starts)


def assert_read_once(asked: list[str], again: int = 0) -> None:
    """But for the texts of the one document that was asked for: all are looked through for its id, these are read.

    And for the files that texts show: the second process of a build reads them by itself.
    """
    twice = [name for name, count in Counter(asked).items() if count > 1]
    assert len(twice) <= again, twice


def test_the_generated_handbook_is_in_force(few: Path) -> None:
    listed = ems(few, "register", "--format", "json").json["documents"]
    assert [(line["state"], line["revision"]) for line in listed] == [("in force", REVISIONS)] * FEW


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_starts_of_git_do_not_grow(few: Path, many: Path, watch: Watch, command: list[str]) -> None:
    taken = []
    for root in (few, many):
        assert ems(root, *command).status in (0, 1)
        starts, asked = watch.take()
        assert_read_once(asked, again=REVISIONS if "EMS-PRO-001" in command else 0)
        taken.append(shapes(starts))
    assert taken[0] == taken[1]
    assert 0 < len(taken[0]) <= MOST_STARTS


def test_staging_starts_git_no_more_often(few: Path, many: Path, watch: Watch, tmp_path: Path) -> None:
    taken = []
    for root in (few, many):
        assert ems(root, "stage", str(tmp_path / root.parent.name)).status == 0
        starts, asked = watch.take()
        assert_read_once(asked)
        taken.append(shapes(starts))
    assert taken[0] == taken[1]
    assert 0 < len(taken[0]) <= MOST_STARTS_OF_A_STAGE


def test_building_starts_git_no_more_often(few: Path, many: Path, watch: Watch, tmp_path: Path) -> None:
    taken = []
    for root in (few, many):
        built = ems_process(root, "build", "--site-dir", str(tmp_path / root.parent.name))
        assert (built.status, (tmp_path / root.parent.name / "index.html").is_file()) == (0, True), built.err
        starts, asked = watch.take()
        assert_read_once(asked, again=SHOWN)
        taken.append(shapes(starts))
    assert taken[0] == taken[1]
    assert 0 < len(taken[0]) <= MOST_STARTS_OF_A_BUILD


def test_a_whole_check_reads_what_it_needs_and_no_more(many: Path, watch: Watch) -> None:
    ems(many, "check")
    _, asked = watch.take()
    tree = git(many, "rev-list", "--objects", "--no-object-names", "--filter=tree:0", "--all").decode().split()
    blobs = git(many, "rev-list", "--objects", "--no-object-names", "--all").decode().split()
    assert MANY * REVISIONS <= len(asked) <= len(blobs) - len(tree)


def test_looking_whether_anything_changed_starts_git_no_more_often(
    few: Path, many: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SWITCH)
    for root in (few, many):
        for _ in range(2):
            assert ems(root, "check").status in (0, 1)
            starts, asked = watch.take()
            assert len(starts) <= MOST_STARTS + 1
            assert_read_once(asked)
        assert not asked


def test_every_day_costs_the_same(many: Path, watch: Watch) -> None:
    counts = set()
    for day in ("2025-01-01", DAY, "2040-01-01"):
        ems(many, "register", day=day)
        counts.add(len(watch.take()[0]))
    assert len(counts) == 1
