"""Pages that an earlier build rendered: the same bytes as if all of them were made anew, whatever changed since."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.engines.test_light_pages import revision
from tests.examples import ENVIRONMENT, git
from tests.sites import MOMENT, configure, run_build

Make = Callable[..., Path]
Built = tuple[dict[str, bytes], Counter[str]]
STEPS = f"""
docs/procedures/EMS-PRO-002.md
{revision(1, "2026-01-05")}  title: Oil separator
  > ## Round
  >
  > Look into the separator, then go on with [the drains](EMS-PRO-001.md#drains).
docs/procedures/EMS-PRO-003.md
{revision(1, "2026-01-05")}  title: Roof water
  > After rain look at the gutters, as on [the round](EMS-PRO-002.md#round).
commit 2026-01-05
docs/procedures/EMS-PRO-003.md
{revision(2, "2026-01-06")}  > After heavy rain look at the gutters, as on [the round](EMS-PRO-002.md#round).
commit 2026-01-06
docs/procedures/EMS-PRO-002.md
{revision(2, "2026-01-07")}  > ## Rounds
  >
  > Look into the separator, then go on with [the drains](EMS-PRO-001.md#drains).
commit 2026-01-07
docs/procedures/EMS-PRO-004.md
{revision(1, "2026-01-08")}  title: Car park
docs/procedures/EMS-PRO-003.md
{revision(3, "2026-01-08")}  title: Water of roofs
commit 2026-01-08
move docs/procedures/EMS-PRO-002.md docs/EMS-PRO-002.md
commit 2026-01-09
docs/procedures/EMS-PRO-004.md
  status: withdrawn
commit 2026-01-10
"""
"""A word, a heading that another text leads to, a title and a new document, a move, a withdrawal."""
AGAIN = 2
"""Pages that are rendered each time to be compared."""


@pytest.fixture
def root(handbook: Make) -> Path:
    return configure(handbook(STEPS), site_url="https://ems.example/handbook/")


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Built]:
    def built(root: Path, moment: str = MOMENT) -> Built:
        """The site as files, and what was done for it."""
        told, site = root.parent / "told", root.parent / "site"
        told.unlink(missing_ok=True)
        monkeypatch.setitem(ENVIRONMENT, "EMS_COUNT", str(told))
        done = run_build(root, site, moment=moment)
        assert done.returncode == 0, done.stderr
        assert "WARNING" not in done.stderr, done.stderr
        lines = [json.loads(line)["counts"] for line in told.read_text("utf-8").splitlines()]
        files = {each.relative_to(site).as_posix(): each.read_bytes() for each in site.rglob("*") if each.is_file()}
        return files, sum(map(Counter, lines), Counter())

    return built


def edit(root: Path, path: str, old: str, new: str) -> None:
    """Change a file."""
    text = (root / path).read_text("utf-8")
    assert old in text
    (root / path).write_text(text.replace(old, new), "utf-8")


def options(root: Path, **given: Any) -> None:
    """Give the plugin other options."""
    config = yaml.safe_load((root / "mkdocs.yml").read_text("utf-8"))
    config["plugins"][-1]["ems-control"].update(given)
    (root / "mkdocs.yml").write_text(yaml.safe_dump(config, sort_keys=False), "utf-8")


def another_emergency(root: Path) -> None:
    edit(root, "ems.yml", "Emergency: 4444", "Emergency: 5555")


def a_template_of_its_own(root: Path) -> None:
    (root / "overrides/partials").mkdir(parents=True)
    (root / "overrides/partials/logo.html").write_text("<p>Of its own</p>\n", "utf-8")
    edit(root, "mkdocs.yml", "name: material", "name: material\n  custom_dir: overrides")


def the_next_day(root: Path) -> None:
    options(root, as_of="2026-03-02")


def commits(root: Path) -> list[str]:
    """All commits of main, oldest first."""
    return git(root, "rev-list", "--reverse", "HEAD").decode().split()


def test_after_any_change_the_site_is_what_a_full_build_makes(root: Path, build: Callable[..., Built]) -> None:
    cache, heads = root / ".git/ems-control", commits(root)
    git(root, "reset", "-q", "--soft", heads[0])
    first, cold = build(root)
    again, warm = build(root)
    assert again == first
    assert warm["pages_rendered"] == AGAIN
    assert cold["pages_rendered"] > 50
    changes = [
        (f"step {at}", lambda at=at: git(root, "reset", "-q", "--soft", heads[at])) for at in range(1, len(heads))
    ]
    changes += [
        (each.__name__, lambda each=each: each(root))
        for each in (another_emergency, a_template_of_its_own, the_next_day)
    ]
    for name, change in changes:
        change()
        kept, warm = build(root)
        cache.rename(root.parent / "cache")
        whole, cold = build(root)
        shutil.rmtree(cache)
        (root.parent / "cache").rename(cache)
        assert sorted(kept) == sorted(whole), name
        assert [path for path in kept if kept[path] != whole[path]] == [], name
        assert warm["pages_rendered"] < cold["pages_rendered"] / 2, name


def test_every_page_says_the_moment_of_this_build(root: Path, build: Callable[..., Built]) -> None:
    build(root)
    later = str(int(MOMENT) + 3600)
    kept, warm = build(root, later)
    assert warm["pages_rendered"] == AGAIN
    options(root, kept_pages=False)
    whole, cold = build(root, later)
    assert cold["pages_rendered"] > 50
    assert kept == whole
    page = kept["procedures/EMS-PRO-001/index.html"].decode()
    assert '<meta name="ems:built" content="2026-11-27T' in page
    assert (root / ".git/ems-control/pages").is_dir()


def test_where_a_hook_stands_beside_every_page_is_rendered(root: Path, build: Callable[..., Built]) -> None:
    (root / "hook.py").write_text("def on_page_context(context, **_):\n    return context\n", "utf-8")
    edit(root, "mkdocs.yml", "strict: true", "strict: true\nhooks: [hook.py]")
    build(root)
    assert build(root)[1]["pages_rendered"] > 50
    assert not (root / ".git/ems-control/pages").exists()


def test_what_is_another_page_each_time_is_found_and_deleted(root: Path, build: Callable[..., Built]) -> None:
    """What goes into pages and nobody knows of: each build compares a few, and says how to go on."""
    a_template_of_its_own(root)
    build(root)
    kept = root / ".git/ems-control/pages"
    assert list(kept.iterdir())
    (root / "overrides/partials/logo.html").write_text("<p>{{ range(1000000000) | random }}</p>\n", "utf-8")
    build(root)
    done = run_build(root, root.parent / "site")
    assert done.returncode == 1
    assert "was kept from an earlier build and is another page now" in done.stderr
    assert "kept_pages: false" in done.stderr
    assert "Traceback" not in done.stderr
    assert not kept.exists()
    options(root, kept_pages=False)
    build(root)


def test_a_kept_page_that_another_laid_there_is_rendered(root: Path, build: Callable[..., Built]) -> None:
    first, _ = build(root)
    kept = root / ".git/ems-control"
    for path in (kept / "pages").iterdir():
        path.write_bytes(path.read_bytes().replace(b"p>", b"q>"))
    books = list((kept / "workbooks").iterdir())
    assert books
    for path in books:
        path.write_bytes(books[0].read_bytes())
    again, warm = build(root)
    assert again == first
    assert warm["pages_rendered"] > 50
    assert warm["workbooks_made"] == len(books) - 1


def test_workbooks_are_made_again_where_their_rows_change(root: Path, build: Callable[..., Built]) -> None:
    heads = commits(root)
    git(root, "reset", "-q", "--soft", heads[0])
    _, cold = build(root)
    assert build(root)[1]["workbooks_made"] == 0
    git(root, "reset", "-q", "--soft", heads[1])
    assert build(root)[1]["workbooks_made"] > 0
    the_next_day(root)
    assert build(root)[1]["workbooks_made"] == cold["workbooks_made"], "each tells its day"
