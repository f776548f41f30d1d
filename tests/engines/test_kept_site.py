"""`ems build` where nothing changed: the files of the last site with the moment of this build; no page is rendered."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.engines.test_kept_pages import a_template_of_its_own, edit
from tests.examples import ENVIRONMENT, git
from tests.running import ems_process
from tests.sites import MOMENT, configure

Make = Callable[..., Path]
Tree = dict[str, bytes]
HOUR, DAY = 3600, 86400


@pytest.fixture
def root(handbook: Make) -> Path:
    """With start pages in a second language, whose feet are other words."""
    found = handbook()
    edit(found, "ems.yml", "timezone: UTC", "timezone: UTC\nlanguages: [en, de]")
    return configure(found, site_url="https://ems.example/handbook/")


def build(root: Path, later: int = 0, **variables: str) -> tuple[Tree, Counter[str], str]:
    """The site as files, what was done for it, and what was said."""
    told, site = root.parent / "told", root / "site"
    told.unlink(missing_ok=True)
    moment = {"SOURCE_DATE_EPOCH": str(int(MOMENT) + later), "EMS_COUNT": str(told)}
    done = ems_process(root, "build", env={**ENVIRONMENT, **moment, **variables})
    assert done.status == 0, done.err
    counts = sum((Counter(json.loads(line)["counts"]) for line in told.read_text("utf-8").splitlines()), Counter[str]())
    files = {each.relative_to(site).as_posix(): each.read_bytes() for each in site.rglob("*") if each.is_file()}
    return files, counts, done.err


def an_edited_file(root: Path) -> None:
    edit(root / "site", "index.html", "<h1", "<h2")


def a_file_more(root: Path) -> None:
    (root / "site/more.html").write_text("<p>More</p>", "utf-8")


def a_file_less(root: Path) -> None:
    (root / "site/404.html").unlink()


def another_emergency(root: Path) -> None:
    edit(root, "ems.yml", "Emergency: 4444", "Emergency: 5555")


def another_name(root: Path) -> None:
    edit(root, "mkdocs.yml", "site_name: Sample Works", "site_name: Other Works")


def a_commit(root: Path) -> None:
    edit(root, "docs/procedures/EMS-PRO-001.md", "valve V-3", "valve V-9")
    git(root, "commit", "-qam", "Another valve")


def what_is_kept_is_damaged(root: Path) -> None:
    for path in (root / ".git/ems-control/site").iterdir():
        path.write_bytes(path.read_bytes().replace(b"index.html", b"other.html"))


CHANGES = (
    an_edited_file,
    a_file_more,
    a_file_less,
    another_emergency,
    another_name,
    a_template_of_its_own,
    a_commit,
    what_is_kept_is_damaged,
)


def test_where_nothing_changed_nothing_is_rendered_and_the_site_is_what_a_build_makes(root: Path) -> None:
    first, cold, _ = build(root)
    assert cold["pages_rendered"] > 50
    again, warm, _ = build(root, HOUR)
    assert (warm["pages_rendered"], warm["documents_judged"], warm["signatures_verified"]) == (0, 0, 0)
    assert [path for path in first if first[path] != again[path]]
    once_more, warm, _ = build(root, 2 * HOUR)
    assert warm["pages_rendered"] == 0
    job, done, _ = build(root, 2 * HOUR, CI="true")
    assert done["documents_judged"] > 0
    whole, cold, _ = build(root, 2 * HOUR, EMS_NO_CACHE="1")
    assert cold["pages_rendered"] > 50
    for other in (once_more, job):
        assert sorted(other) == sorted(whole)
        assert [path for path in whole if other[path] != whole[path]] == []


def test_after_any_change_the_engine_builds(root: Path) -> None:
    before, _, _ = build(root)
    for change in CHANGES:
        change(root)
        now, done, _ = build(root)
        assert done["pages_rendered"] > 0, change.__name__
        assert done["files_written"] > len(now) / 2, change.__name__
        if change in (an_edited_file, a_file_more, a_file_less, what_is_kept_is_damaged):
            assert now == before, change.__name__
        assert build(root)[1]["pages_rendered"] == 0, change.__name__
        before = now
    assert build(root, DAY)[1]["pages_rendered"] > 0


ICONS = """\
markdown_extensions:
  - pymdownx.emoji:
      emoji_index: !!python/name:material.extensions.emoji.twemoji
      emoji_generator: !!python/name:material.extensions.emoji.to_svg
      options: {custom_icons: [icons]}
"""


def test_what_the_engine_reads_elsewhere_is_read_at_each_build(root: Path) -> None:
    """A template behind a link, pictures that an extension puts into texts: of neither is anything kept."""
    outside = root.parent / "outside"
    for folder in (outside, root / "icons/ours", root / "overrides"):
        folder.mkdir(parents=True)
    (root / "overrides/partials").symlink_to(outside)
    edit(root, "mkdocs.yml", "name: material", "name: material\n  custom_dir: overrides")
    for sign in ("First", "Second"):
        (outside / "logo.html").write_text(f"<p>{sign} logo</p>", "utf-8")
        assert f"{sign} logo".encode() in build(root)[0]["index.html"]
    (root / "mkdocs.yml").write_text((root / "mkdocs.yml").read_text("utf-8") + ICONS, "utf-8")
    assert "EMS716" in ems_process(root, "check", env=ENVIRONMENT).out
    edit(root, "docs/procedures/EMS-PRO-001.md", "valve V-3", ":ours-valve: V-3")
    git(root, "commit", "-qa", "--amend", "--no-edit")
    for sign in ("open", "shut"):
        (root / "icons/ours/valve.svg").write_text(f"<svg><title>{sign} icon</title></svg>", "utf-8")
        files, _, _ = build(root)
        for page in ("procedures/EMS-PRO-001/index.html", "d/EMS-PRO-001/r1/index.html"):
            assert f"{sign} icon".encode() in files[page], page


def test_what_was_said_once_is_said_again(root: Path) -> None:
    edit(root, "ems.yml", "uncontrolled: [index.md]", "uncontrolled: [index.md, d/index.md]")
    (root / "docs/d").mkdir()
    shutil.copy(root / "docs/index.md", root / "docs/d/index.md")
    git(root, "add", "docs")
    git(root, "commit", "-qam", "At an address of the site")
    for _ in range(2):
        _, done, said = build(root)
        assert "d/index.md is not published" in said
        assert done["pages_rendered"] > 0


def test_what_landed_since_is_added_to_what_was_judged_and_the_site_is_what_a_whole_build_makes(tmp_path: Path) -> None:
    root = tmp_path / "handbook"
    assert ems_process(tmp_path, "demo", str(root), "--documents", "8", "--revisions", "4").status == 0
    _, cold, _ = build(root)
    page = next((root / "docs").rglob("EMS-PRO-001.md"))
    page.write_text(page.read_text("utf-8") + "\nOne word more.\n", "utf-8")
    git(root, "commit", "-qam", "One word more")
    kept, done, _ = build(root)
    assert 0 < done["documents_judged"] < cold["documents_judged"]
    assert 0 < done["signatures_verified"] < cold["signatures_verified"]
    whole, _, _ = build(root, EMS_NO_CACHE="1")
    assert sorted(kept) == sorted(whole)
    assert [path for path in whole if kept[path] != whole[path]] == []


def test_the_moment_is_told_in_the_zone_of_the_policy_in_force(handbook: Make) -> None:
    """Not in that of an ems.yml which nobody has approved."""
    root = configure(handbook("signed\n"))
    edit(root, "ems.yml", "timezone: UTC", "timezone: Pacific/Kiritimati")
    build(root)
    again, warm, _ = build(root)
    assert warm["pages_rendered"] == 0
    assert again == build(root, EMS_NO_CACHE="1")[0]
