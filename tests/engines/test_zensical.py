"""`ems stage` under Zensical, which knows no plugins of ours: the same words on the same pages."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import html
from tests.running import ems
from tests.sites import SAMPLE_DAY, Html, Site, build, built_sample, once, plain_environment

Make = Callable[..., Path]
ZENSICAL = str(Path(sys.executable).with_name("zensical"))


def zensical(staged: Path) -> Site:
    """The site that a strict Zensical makes of a staged handbook, into a fresh folder."""
    assert not (staged / "site").exists()
    done = subprocess.run(
        [ZENSICAL, "build", "--strict"],
        cwd=staged,
        env=plain_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No issues found" in done.stdout + done.stderr
    return Site(staged / "site")


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, Site]:
    """The sample as one stage, under Zensical and under MkDocs."""

    def make(folder: Path) -> None:
        sample = shutil.copytree(built_sample(tmp_path_factory)[0], folder / "sample", symlinks=True)
        done = ems(sample, "stage", str(folder / "staged"), day=SAMPLE_DAY)
        assert done.status == 0, done.err
        zensical(folder / "staged")
        build(folder / "staged", folder / "mkdocs")

    folder = once(tmp_path_factory, "zensical", make)
    return Site(folder / "staged/site"), Site(folder / "mkdocs")


@pytest.fixture
def site(sites: tuple[Site, Site]) -> Site:
    return sites[0]


@pytest.fixture
def other(sites: tuple[Site, Site]) -> Site:
    return sites[1]


def text(page: Html) -> str:
    """What one reads of our content: neither ids nor white space, neither marks for links nor generated tables."""
    (found,) = html.fromstring(page.source.encode()).xpath("//*[@id='ems-text']")
    for mark in found.xpath(".//a[@class='headerlink']"):
        mark.drop_tree()
    return " ".join(found.text_content().split())


def test_the_same_pages_say_the_same(site: Site, other: Site) -> None:
    ours = {name for name in other.pages if other.pages[name].kind}
    assert len(ours) > 100
    assert ours <= set(site.pages)
    different = [name for name in sorted(ours) if text(site.pages[name]) != text(other.pages[name])]
    assert different == []


def test_state_line_and_control_record_are_in_place(site: Site, other: Site) -> None:
    page = site.page("procedures/EMS-PRO-017/")
    assert page.text("ems-line").startswith("Current · revision 5")
    assert "Revision 6 starts on 1 January 2030." in page.text("ems-note")
    assert "Fingerprint" in page.text("ems-record")
    assert site.page("procedures/EMS-PRO-003/").text("ems-line").startswith("Withdrawn")
    rows = html.fromstring(site.page("documents/").source.encode()).xpath("//*[@id='ems-text']//tbody/tr")
    assert len(rows) > 50
    for name, page in other.pages.items():
        if page.kind:
            assert site.pages[name].text("ems-emergency") == page.text("ems-emergency"), name
            assert site.pages[name].text("ems-footer") == page.text("ems-footer"), name


def test_light_pages_and_files_are_the_same_bytes(site: Site, other: Site) -> None:
    light = [name for name in other.files if name.startswith("d/")]
    assert len(light) > 100
    assert [name for name in light if (site.root / name).read_bytes() != (other.root / name).read_bytes()] == []
    assert set(other.published) <= set(site.files)


def test_search_finds_what_is_in_force_and_nothing_else(site: Site) -> None:
    places = {item["location"].split("#")[0] for item in json.loads(site.read("search.json"))["items"]}
    assert "procedures/EMS-PRO-018/" in places
    assert not [place for place in places if place.startswith("d/")]
    assert not {"instructions/EMS-WI-010/", "procedures/EMS-PRO-003/", "forms/EMS-FRM-007/"} & places


def test_hostile_words_stay_words(handbook: Make, tmp_path: Path) -> None:
    hostile = '<script>x</script> `a` " & {{ 1 }}'
    example = f"""
ems.yml
  organisation: '{hostile}'
  emergency: '{hostile}'
docs/procedures/EMS-PRO-001.md
  title: '{hostile}'
  formerly: ['{hostile}']
commit
"""
    staged = tmp_path / "staged"
    assert ems(handbook(example), "stage", str(staged)).status == 0
    site = zensical(staged)
    assert not [name for name, page in site.pages.items() if ">x</script>" in page.source]
    assert hostile in site.page("procedures/EMS-PRO-001/").text("ems-title")
