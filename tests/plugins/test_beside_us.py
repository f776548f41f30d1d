"""Real plugins in one mkdocs.yml with ours: the site has the approved text, or the build is refused in one line."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ems_control.site import as_read
from tests.examples import ENVIRONMENT, make
from tests.sites import Site, configure

MKDOCS = Path(__file__).parent / ".venv/bin/mkdocs"
PAGE = "procedures/EMS-PRO-001/index.html"
HANDBOOK = """
ems.yml
  uncontrolled: [index.md, "index.*.md", "blog/**", tags.md]
docs/procedures/EMS-PRO-001.md
  > ## Drains {#drains}
  >
  > 1. Close valve V-3.
  > 2. Open it again.
  >
  > | Point | Limit |
  > | ----- | ----: |
  > | QS-1  | 40 litres |
  >
  > ![Plan](plan.png) and [the start](../index.md).
  >
  > - [x] Key in the cabinet
docs/procedures/plan.png
  = picture
docs/index.de.md
  = ---
  = title: Start
  = ---
  =
  = [Regenwasser](procedures/EMS-PRO-001.md)
docs/blog/index.md
  = # News
docs/blog/posts/first.md
  = ---
  = date: 2026-01-05
  = ---
  =
  = # First
  =
  = The first news.
"""
LANGUAGES = [{"locale": "en", "default": True, "name": "English"}, {"locale": "de", "name": "Deutsch"}]
GOOD: dict[str, dict[str, Any]] = {
    "awesome-nav": {},
    "section-index": {},
    "literate-nav": {},
    "redirects": {"redirect_maps": {"old.md": "procedures/EMS-PRO-001.md"}},
    "material/tags": {},
    "minify": {"minify_html": True},
    "glightbox": {},
    "table-reader": {},
    "i18n": {"languages": LANGUAGES},
    "git-revision-date-localized": {},
    "material/blog": {},
}
REFUSED = ("macros", "include-markdown", "mike", "privacy", "social")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "handbook").mkdir()
    return configure(make(tmp_path / "handbook", HANDBOOK))


def built(root: Path, *plugins: Any) -> tuple[subprocess.CompletedProcess[str], Path]:
    """Build with these plugins beside ours."""
    path, site = root / "mkdocs.yml", root.parent / "site"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    config["plugins"] += plugins
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    env = {**ENVIRONMENT, "NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"}
    line = [str(MKDOCS), "build", "-q", "-f", str(path), "-d", str(site)]
    return subprocess.run(line, env=env, capture_output=True, text=True, check=False), site


def article(site: Path) -> list[str]:
    """What a reader gets of the procedure."""
    found = as_read.of_article((site / PAGE).read_text(encoding="utf-8"))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What a reader gets of the procedure where nothing stands beside us."""
    folder = tmp_path_factory.mktemp("alone")
    (folder / "handbook").mkdir()
    done, site = built(configure(make(folder / "handbook", HANDBOOK)))
    assert done.returncode == 0, done.stderr
    return article(site)


@pytest.mark.parametrize("name", GOOD)
def test_the_text_is_the_same_beside(root: Path, alone: list[str], name: str) -> None:
    done, site = built(root, {name: GOOD[name]} if GOOD[name] else name)
    assert done.returncode == 0, done.stderr
    assert "40" in alone
    assert article(site) == alone
    assert Site(site).read("procedures/plan.png") == "picture\n"
    if name == "i18n":
        assert 'href="../procedures/EMS-PRO-001/">Regenwasser' in (site / "de/index.html").read_text(encoding="utf-8")


def test_all_of_them_at_once(root: Path, alone: list[str]) -> None:
    done, site = built(root, *({name: given} if given else name for name, given in GOOD.items()))
    assert done.returncode == 0, done.stderr
    assert article(site) == alone


@pytest.mark.parametrize("name", REFUSED)
def test_what_changes_texts_or_asks_others_is_refused_by_name(root: Path, name: str) -> None:
    done, site = built(root, name)
    said = [line for line in done.stderr.splitlines() if name in line]
    assert done.returncode != 0
    assert len(said) == 1, done.stderr
    assert "Leave it out of mkdocs.yml" in said[0]
    assert "Traceback" not in done.stderr
    assert not site.exists()


def test_a_table_read_into_an_approved_text_stops_the_build(tmp_path: Path) -> None:
    (tmp_path / "handbook").mkdir()
    table = '  > {{ read_csv("limits.csv") }}\n  >\n  > - [x] Key'
    root = configure(make(tmp_path / "handbook", HANDBOOK.replace("  > - [x] Key", table)))
    (root / "limits.csv").write_text("a,b\n1,400\n", encoding="utf-8")
    done, _ = built(root, "table-reader")
    assert done.returncode != 0
    assert "the plugin table-reader changes what readers get of procedures/EMS-PRO-001.md" in done.stderr
