"""Light pages that a second process writes while the engine renders: the same site as with one, whatever happens."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from tests.engines.test_light_pages import revision
from tests.examples import ENVIRONMENT, make
from tests.repositories.test_two_processes import SAID, _kill_second, _line
from tests.sites import ENGINES, MOMENT, configure, run_build

from ems_control.engines.light_files import MANY_DOCUMENTS, LightFiles
from ems_control.engines.light_folder import HIDDEN, LightFolder, lay_by, take
from ems_control.ground.second_process import VARIABLE
from ems_control.handbook.loading import load
from ems_control.site.publication import Publication

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a second process is only had where Linux forks")

NUMBERS = range(1, MANY_DOCUMENTS + 2)
STEPS = "".join(
    f"docs/procedures/EMS-PRO-{number:03}.md\n{revision(at, day)}  title: Round {number}\n"
    f"  > Look into sump {number * at}, as on [the next](EMS-PRO-{number % NUMBERS[-1] + 1:03}.md). ![Sump](sump.png)\n"
    + (f"docs/procedures/sump.png\n  = sump {at}\n" if number == 1 else "")
    + (f"commit {day}\n" if number == NUMBERS[-1] else "")
    for at, day in ((1, "2026-01-05"), (2, "2026-01-20"))
    for number in NUMBERS
)
ONCE = ("git_logs", "signatures_verified", "documents_judged", "pages_rendered", "files_written")
"""What is done once, by whichever process."""
Built = dict[str, bytes]
DAY = date(2026, 3, 1)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("light") / "handbook"
    folder.mkdir()
    return configure(make(folder, STEPS), site_url="https://ems.example/handbook/")


@pytest.fixture(autouse=True)
def forget(root: Path) -> None:
    shutil.rmtree(root / ".git/ems-control", ignore_errors=True)


def files_of(site: Path) -> Built:
    return {each.relative_to(site).as_posix(): each.read_bytes() for each in site.rglob("*") if each.is_file()}


def built(
    root: Path, processes: int, monkeypatch: pytest.MonkeyPatch, engine: str = "mkdocs"
) -> tuple[Built, list[Counter[str]], str]:
    """The site, what each process did, and what was said."""
    told, site = root.parent / "told", root.parent / "site"
    told.unlink(missing_ok=True)
    monkeypatch.setitem(ENVIRONMENT, VARIABLE, str(processes))
    monkeypatch.setitem(ENVIRONMENT, "EMS_COUNT", str(told))
    done = run_build(root, site, engine)
    assert done.returncode == 0, done.stderr
    counts = [Counter(json.loads(line)["counts"]) for line in told.read_text("utf-8").splitlines()]
    return files_of(site), counts, done.stderr


@pytest.fixture(scope="module")
def alone(root: Path) -> Iterator[tuple[Built, list[Counter[str]], str]]:
    with pytest.MonkeyPatch.context() as patch:
        shutil.rmtree(root / ".git/ems-control", ignore_errors=True)
        yield built(root, 1, patch)


def without_times(said: str) -> list[str]:
    return [line for line in said.splitlines() if "built in" not in line]


@pytest.mark.parametrize("engine", ENGINES)
def test_two_make_what_one_makes(
    root: Path, alone: tuple[Built, list[Counter[str]], str], monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    shutil.rmtree(root.parent / "site", ignore_errors=True)
    one, counts, said = alone if engine == "mkdocs" else built(root, 1, monkeypatch, engine)
    for kept in (False, True):
        if not kept:
            shutil.rmtree(root / ".git/ems-control", ignore_errors=True)
            shutil.rmtree(root.parent / "site", ignore_errors=True)
        two, both, said_by_both = built(root, 2, monkeypatch, engine)
        assert two == one
        assert "WARNING" not in said_by_both
        assert len(counts) == 1
        assert len(both) == 2
        if not kept:
            assert without_times(said_by_both) == without_times(said)
            assert {what: sum(both, Counter())[what] for what in ONCE} == {what: counts[0][what] for what in ONCE}
            assert min(each["pages_rendered"] for each in both) >= 2 * len(NUMBERS)
        else:
            light = sum(path.startswith("d/") for path in one)
            assert sum(both, Counter())["files_written"] <= counts[0]["files_written"] - light + 2, "but for a picture"
    assert any(path.startswith("d/files/") for path in one), "a picture that only an earlier revision shows"


def begun(root: Path, site: Path) -> subprocess.Popen[bytes]:
    env = {**ENVIRONMENT, VARIABLE: "2", "SOURCE_DATE_EPOCH": MOMENT, "NO_MKDOCS_2_WARNING": "1"}
    env |= {"DISABLE_MKDOCS_2_WARNING": "true"}
    line = [sys.executable, "-m", "mkdocs", "build", "-q", "-f", str(root / "mkdocs.yml"), "-d", str(site)]
    return subprocess.Popen(line, cwd=root.parent, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_one_that_is_killed_is_told_of_and_nothing_is_missing(
    root: Path, alone: tuple[Built, list[Counter[str]], str]
) -> None:
    process = begun(root, root.parent / "site")
    killed = _kill_second(process)
    _, said = process.communicate()
    assert killed
    assert (process.returncode, said.decode()) == (0, SAID)
    assert files_of(root.parent / "site") == alone[0]


def test_it_ends_with_the_first(root: Path) -> None:
    process = begun(root, root.parent / "site")
    own, forks = Path(f"/proc/{process.pid}/task/{process.pid}/children"), set[str]()
    while not forks and process.poll() is None:
        line = _line(str(process.pid))
        forks = {child for child in own.read_text("ascii").split() if line and _line(child) == line}
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert forks
    end = time.monotonic() + 20
    while any(_line(child) for child in forks):
        assert time.monotonic() < end
        time.sleep(0.05)


# --- what a second process may not decide ----------------------------------------------------------------------------


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "2")
    monkeypatch.setattr(threading, "active_count", lambda: 1)  # workers of tests have a thread that listens


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize("speaks", [True, False], ids=["speaks", "is silent"])
def test_what_is_logged_is_logged_here_once(
    root: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, speaks: bool
) -> None:
    light, publication, here = LightFiles(), Publication(), os.getpid()
    processes = tmp_path / "processes"

    def pages() -> Iterator[tuple[str, bytes]]:
        with processes.open("a", encoding="utf-8") as file:
            file.write("first\n" if os.getpid() == here else "second\n")
        yield "d/A/index.html", b"one"
        if speaks:
            logging.getLogger("mkdocs.plugins.words").warning("A word is odd")
        yield "d/B/index.html", b"two"

    with load(root, DAY) as handbook:
        light.begin(publication, handbook, pages, tmp_path / "site")
        places = light.write(pages, publication, tmp_path / "site", serving=False)
    assert {Path(place).read_bytes() for place in places} == {b"one", b"two"}
    assert [record.getMessage() for record in caplog.records] == ["A word is odd"] * speaks
    assert processes.read_text("utf-8").split() == ["second"] + ["first"] * speaks


@pytest.mark.usefixtures("two")
def test_what_another_wrote_over_is_written_again(root: Path, tmp_path: Path) -> None:
    light, publication, place = LightFiles(), Publication(), tmp_path / "site" / HIDDEN / "A/index.html"

    def pages() -> Iterator[tuple[str, bytes]]:
        yield "d/A/index.html", b"ours"

    with load(root, DAY) as handbook:
        light.begin(publication, handbook, pages, tmp_path / "site")
        time.sleep(0.2)
        assert not place.exists()
        light.open()
        end = time.monotonic() + 20
        while not place.is_file() or not place.read_bytes():
            assert time.monotonic() < end
            time.sleep(0.01)
        time.sleep(0.05)
        place.write_bytes(b"another's")
        found = light.write(pages, publication, tmp_path / "site", serving=False)
    assert files_of(tmp_path / "site") == {"d/A/index.html": b"ours"}
    assert found == {str(tmp_path / "site/d/A/index.html")}


@pytest.mark.usefixtures("two")
def test_what_goes_wrong_there_goes_wrong_here(root: Path, tmp_path: Path) -> None:
    light, publication = LightFiles(), Publication()

    def pages() -> Iterator[tuple[str, bytes]]:
        yield "d/A/index.html", b"one"
        raise OSError(28, "No space left on device")

    with load(root, DAY) as handbook:
        light.begin(publication, handbook, pages, tmp_path / "site")
        with pytest.raises(OSError, match="No space left"):
            light.write(pages, publication, tmp_path / "site", serving=False)


@pytest.mark.usefixtures("two")
def test_what_nobody_wants_any_more_is_ended(root: Path, tmp_path: Path) -> None:
    light, started = LightFiles(), tmp_path / "started"

    def pages() -> Iterator[tuple[str, bytes]]:
        started.write_text(str(os.getpid()), "utf-8")
        while True:
            time.sleep(0.05)
            yield "d/A/index.html", b"one"

    with load(root, DAY) as handbook:
        light.begin(Publication(), handbook, pages, tmp_path / "site")
        end = time.monotonic() + 20
        while not started.exists() or not started.read_text("utf-8"):
            assert time.monotonic() < end
            time.sleep(0.01)
        light.end()
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text("utf-8")), 0)


# --- what the last build left -----------------------------------------------------------------------------------------

PAGE, OTHER = "d/A/r1/index.html", "d/A/r2/index.html"


def shown(
    site: Path, pages: dict[str, bytes], laid_by: Path | None = None, engine: dict[str, bytes] | None = None
) -> None:
    """Make a site anew, as an engine does that writes files of its own."""
    folder = LightFolder(site)
    folder.set_aside(laid_by)
    for entry in site.iterdir() if site.is_dir() else ():
        if not entry.name.startswith("."):
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    for path, data in (engine or {}).items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_bytes(data)
    folder = LightFolder(site)
    written = {path: folder.put(path, data) for path, data in pages.items()}
    folder.prune(written)
    folder.show()


def times(site: Path) -> dict[str, tuple[int, int]]:
    return {
        each.relative_to(site).as_posix(): (each.stat().st_mtime_ns, each.stat().st_ino) for each in site.rglob("*.*")
    }


def test_what_is_equal_stays_and_what_is_not_is_another_file(tmp_path: Path) -> None:
    site = tmp_path / "site"
    shown(site, {PAGE: b"one", OTHER: b"two", "d/B/index.html": b"gone"}, engine={"index.html": b"home"})
    before = times(site)
    os.link(site / OTHER, tmp_path / "shown elsewhere")
    shown(site, {PAGE: b"one", OTHER: b"new"}, engine={"d/files/x.pdf": b"x"})
    assert files_of(site) == {PAGE: b"one", OTHER: b"new", "d/files/x.pdf": b"x"}
    assert times(site)[PAGE] == before[PAGE]
    assert (tmp_path / "shown elsewhere").read_bytes() == b"two"
    assert not (site / "d/B").exists()
    shown(site, {PAGE: b"one"}, engine={"d/A/r1/index.html": b"of the engine"})
    assert files_of(site) == {PAGE: b"of the engine"}


def test_what_lies_there_is_no_way_out_and_in_nobodys_way(tmp_path: Path) -> None:
    site, outside = tmp_path / "site", tmp_path / "outside"
    outside.mkdir()
    (outside / "index.html").write_bytes(b"mine")
    for folder in (site / "d/A", site / "d/C/index.html"):
        folder.mkdir(parents=True)
    (site / "d/A/r1").symlink_to(outside)
    (site / "d/A/r2").write_bytes(b"a file where a folder is to be")
    (site / "d/B").mkdir()
    (site / "d/B/index.html").symlink_to(outside / "index.html")
    pages = {PAGE: b"mine", OTHER: b"two", "d/B/index.html": b"mine", "d/C/index.html": b"three"}
    shown(site, pages)
    assert files_of(site) == pages
    assert not any(each.is_symlink() for each in site.rglob("*"))
    assert (outside / "index.html").read_bytes() == b"mine"
    assert list(outside.iterdir()) == [outside / "index.html"]


@pytest.mark.parametrize("name", ["d", HIDDEN])
def test_a_link_in_the_place_of_the_folder_leads_nowhere(tmp_path: Path, name: str) -> None:
    """A site that somebody committed may hold one: nothing behind it is read, moved, written or removed."""
    for aside in (True, False):
        site, outside = tmp_path / f"site{aside}", tmp_path / f"outside{aside}"
        (outside / "A").mkdir(parents=True)
        (outside / "A/mine.txt").write_bytes(b"mine")
        site.mkdir()
        (site / name).symlink_to(outside)
        folder = LightFolder(site)
        if aside:
            folder.set_aside(None)
            folder = LightFolder(site)
        folder.prune({PAGE: folder.put(PAGE, b"one")})
        folder.show()
        assert {each.relative_to(outside).as_posix() for each in outside.rglob("*")} == {"A", "A/mine.txt"}
        assert files_of(site) == {PAGE: b"one"}
        assert not (site / "d").is_symlink()


def test_a_build_that_ends_before_the_site_is_emptied_leaves_it(tmp_path: Path) -> None:
    site = tmp_path / "site"
    shown(site, {PAGE: b"one"})
    light = LightFiles()
    light.set_aside(site, None)
    assert not (site / "d").exists()
    light.end()
    assert files_of(site) == {PAGE: b"one"}


def test_pages_of_a_site_that_is_shown_no_more_are_those_of_the_next(tmp_path: Path) -> None:
    place, old, new = tmp_path / "kept/light-pages", tmp_path / "old", tmp_path / "new"
    shown(old, {PAGE: b"one", OTHER: b"two"})
    before = times(old)
    lay_by(old, place)
    assert files_of(old) == {}
    shown(new, {PAGE: b"one"}, place)
    assert not place.exists()
    assert files_of(new) == {PAGE: b"one"}
    assert times(new)[PAGE] == before[PAGE]
    shown(old, {PAGE: b"another"})
    lay_by(new, place)
    lay_by(old, place)
    assert files_of(place) == {"A/r1/index.html": b"one"}
    assert files_of(old) == {PAGE: b"another"}, "another run was first"
    take(place, old, "d")
    assert files_of(old) == {PAGE: b"another"}
