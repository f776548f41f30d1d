"""Nothing beside a sealed text takes its place: files by name, one address for two, translations, two approvers."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from lxml import html
from tests.engines.test_light_pages import revision, words
from tests.examples import ENVIRONMENT, git, make
from tests.running import ems
from tests.sites import SAMPLE_DAY, Site, build, built_sample, configure, run_build

Make = Callable[..., Path]
PLAN = f"""
docs/procedures/plan.png
  = sealed
docs/procedures/EMS-PRO-001.md
{revision(1, "2026-01-05")}  > ## Drains
  >
  > ![Plan](plan.png) and ![again](/procedures/plan.png) and <img src="plan.png" srcset="plan.png 2x" alt="raw">
commit 2026-01-05
docs/procedures/plan.png
  = four
docs/procedures/EMS-PRO-001.md
{revision(2, "2026-02-01", effective="2027-01-01")}  > ## Drains
  >
  > ![Plan](plan.png)
commit 2026-02-01
"""


def blob(root: Path, data: bytes) -> str:
    """The name that git gives to some bytes."""
    line = ["git", "hash-object", "--stdin"]
    return subprocess.run(line, cwd=root, env=ENVIRONMENT, input=data, capture_output=True, check=True).stdout.decode()


@pytest.mark.parametrize("name", ["procedures/plan.{}.png", "d/files/{}/plan.png"])
def test_a_file_called_like_a_sealed_picture_does_not_replace_it(tmp_path: Path, name: str) -> None:
    root = make(tmp_path / "works", PLAN)
    sealed = blob(root, b"sealed\n")[:12]
    evil = root / "docs" / name.format(sealed)
    evil.parent.mkdir(parents=True, exist_ok=True)
    evil.write_bytes(b"EVIL\n")
    (root / "docs/index.md").write_text(f"# Home\n\n![x]({name.format(sealed)})\n", encoding="utf-8")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "A picture for the home page")
    site = build(configure(root))
    page = html.fromstring(site.page("procedures/EMS-PRO-001/").source.encode())
    shown = [site.target("procedures/EMS-PRO-001/index.html", src) for src in page.xpath("//article//img/@src")]
    assert shown
    assert {site.read(found[0]) for found in shown if found} == {"sealed\n"}
    assert not page.xpath("//article//img/@srcset")
    if name.startswith("d/"):
        assert "EMS707" in ems(root, "check").out


def test_the_picture_that_lies_there_is_shown_where_it_is_the_sealed_one(tmp_path: Path) -> None:
    site = build(configure(make(tmp_path / "works", PLAN.split("docs/procedures/plan.png\n  = four")[0])))
    assert site.read("procedures/plan.png") == "sealed\n"


WITHDRAWN = """
docs/procedures/EMS-PRO-002.md
  clauses:
commit
docs/procedures/EMS-PRO-002.md
  status: withdrawn
commit
delete docs/procedures/EMS-PRO-002.md
commit
move docs/procedures/EMS-PRO-001.md docs/procedures/EMS-PRO-002.md
commit
"""


def test_a_document_in_force_has_the_address_that_a_withdrawn_one_had(tmp_path: Path) -> None:
    root = make(tmp_path / "works", WITHDRAWN)
    listed = {d["id"]: d["state"] for d in ems(root, "register", "--format", "json").json["documents"]}
    assert listed == {"EMS-PRO-001": "in force", "EMS-PRO-002": "withdrawn"}
    site = build(configure(root))
    page = site.page("procedures/EMS-PRO-002/")
    assert page.text("ems-line").startswith("Current")
    assert page.text("ems-kicker").startswith("EMS-PRO-001")
    other = site.page("d/EMS-PRO-002/current/")
    assert other.text("ems-line").startswith("Withdrawn")
    assert "EMS707" not in ems(root, "check").out


def test_a_draft_in_the_file_of_a_document_takes_nothing_off_the_site(tmp_path: Path) -> None:
    root = make(tmp_path / "works", "docs/procedures/EMS-PRO-002.md\n  clauses:\ncommit\n")
    path = root / "docs/procedures/EMS-PRO-002.md"
    text = path.read_text(encoding="utf-8").replace("id: EMS-PRO-002", "id: EMS-PRO-099")
    path.write_text(text.replace("status: submitted", "status: draft"), encoding="utf-8")
    git(root, "commit", "-q", "-a", "-m", "Swapped")
    site = build(configure(root))
    assert site.page("procedures/EMS-PRO-002/").text("ems-kicker").startswith("EMS-PRO-002")
    assert site.page("procedures/EMS-PRO-002/").text("ems-line").startswith("Current")
    assert site.page("d/EMS-PRO-099/current/").text("ems-line").startswith("Draft")


def test_an_uncontrolled_page_at_the_address_of_a_document_is_not_published(tmp_path: Path) -> None:
    text = "ems.yml\n  uncontrolled: ['index.md', '**/index.md']\ndocs/procedures/EMS-PRO-001/index.md\n  = # Evil\n"
    root = configure(make(tmp_path / "works", text))
    done = run_build(root, tmp_path / "site")
    assert done.returncode == 0, done.stderr
    assert "procedures/EMS-PRO-001/index.md is not published" in done.stderr
    assert Site(tmp_path / "site").page("procedures/EMS-PRO-001/").text("ems-line").startswith("Current")
    assert "EMS707" in ems(root, "check").out


def test_the_navigation_says_the_title_in_force(tmp_path: Path) -> None:
    nav = [{"Home": "index.md"}, {"EMS-PRO-001 WITHDRAWN, do not use": "procedures/EMS-PRO-001.md"}]
    site = build(configure(make(tmp_path / "works", "docs/index.md\n  = # Home\n"), nav=nav))
    assert "EMS-PRO-001 WITHDRAWN" not in site.everything()
    assert "EMS-PRO-001 Yard drains" in site.page("procedures/EMS-PRO-001/").source


# --- translations that are behind -----------------------------------------------------------------------------

BEHIND = f"""
ems.yml
  languages: [en, de]
docs/procedures/EMS-PRO-001.de.md
  title: Hofabläufe
  language: de
  translates: EMS-PRO-001/1
  distribution: [yard]
docs/procedures/EMS-PRO-001.md
{revision(1, "2026-01-05")}  distribution: [yard]
commit 2026-01-05
docs/procedures/EMS-PRO-001.md
{revision(2, "2026-02-01", "Close within five minutes.")}  > ## Drains {{#drains}}
  >
  > Close valve V-3 within five minutes.
commit 2026-02-01
"""


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A handbook whose German text follows a revision that is no longer in force."""
    root = make(tmp_path_factory.mktemp("behind") / "works", BEHIND)
    return build(configure(root, site_url="https://ems.example/handbook/"))


def test_a_translation_behind_is_amber_on_its_page_and_leads_to_the_valid_text(behind: Site) -> None:
    page = behind.page("procedures/EMS-PRO-001.de/")
    found = html.fromstring(page.source.encode())
    assert words(found.xpath("//*[contains(@class, 'ems-state')]")[0]) == "Veraltet"
    assert page.text("ems-line").startswith("Veraltet · entspricht Revision 1")
    note = found.xpath("//p[contains(@class, 'ems-note')]")[0]
    assert "Gültig ist EMS-PRO-001, Revision 2 seit 1. Februar 2026" in words(note)
    assert "Close within five minutes." in words(note)
    assert [link.get("href") for link in note.iter("a")] == ["../EMS-PRO-001/", "../../d/EMS-PRO-001/r1-r2/"]
    assert "Veraltete Übersetzung" in page.text("ems-sheet-foot")


def test_a_translation_behind_is_current_nowhere_else(behind: Site) -> None:
    assert behind.page("d/EMS-PRO-001.de/r1/").text("banner").startswith("Veraltete Übersetzung")
    index = json.loads(behind.read("search/search_index.json"))["docs"]
    titles = {entry["title"] for entry in index if entry["location"] == "procedures/EMS-PRO-001.de/"}
    assert titles == {"EMS-PRO-001.de Hofabläufe (Veraltet)"}
    yard = html.fromstring(behind.page("for/yard/").source.encode())
    assert [words(one) for one in yard.xpath("//article//a[contains(@href, '.de')]")] == ["Deutsch (veraltet)"]
    rows = html.fromstring(behind.page("documents/").source.encode()).xpath("//tbody/tr")
    states = {words(row[0]): words(row[2]) for row in rows}
    assert states == {"EMS-PRO-001": "Current", "EMS-PRO-001.de": "Outdated"}


def test_a_translation_behind_answers_no_clause(tmp_path: Path) -> None:
    told = []
    for text in (BEHIND, BEHIND.rpartition("docs/procedures/EMS-PRO-001.md")[0]):
        root = make(tmp_path / str(len(told)), text)
        clauses = ems(root, "matrix", "--standard", "iso-14001:2026", "--format", "json").json["clauses"]
        told.append(next(clause["documents"] for clause in clauses if clause["clause"] == "8.1"))
    assert told == [["EMS-PRO-001"], ["EMS-PRO-001", "EMS-PRO-001.de"]]


# --- one approver, true days ----------------------------------------------------------------------------------


def test_every_place_names_the_same_approver_and_day(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Page, list, history, approvals and exports of this repository's own handbook, document by document."""
    sample, site = built_sample(tmp_path_factory)
    exported = {row["id"]: row for row in _exported(site, "documents")}
    decided = _exported(site, "approvals")
    table = html.fromstring(site.page("documents/").source.encode()).xpath("//tbody/tr")
    shown = {words(row[0]).split()[0]: words(row[6]) for row in table}
    tree = yaml.safe_load((sample / "people.yml").read_text(encoding="utf-8"))
    taken = 0
    for row in ems(sample, "register", "--format", "json", day=SAMPLE_DAY).json["documents"]:
        if row["revision"] is None:
            continue
        names = [tree["people"][person]["name"] for person in row["approved_by"]]
        assert exported[row["id"]]["approved_by"] == ", ".join(row["approved_by"])
        assert exported[row["id"]]["approved_on"] == row["approved_on"]
        assert shown[row["id"]].startswith(", ".join(names)), row["id"]
        page = site.page(row["path"].removeprefix("docs/").removesuffix(".md") + "/")
        assert all(name in page.text("ems-line") for name in names) or "ems-outdated" in page.source, row["id"]
        history = ems(sample, "history", row["id"], "--format", "json", day=SAMPLE_DAY).json["revisions"]
        (entry,) = [one for one in history if one["revision"] == row["revision"]]
        own = (row["id"], str(row["revision"]), "reinstate")
        back = [one for one in decided if (one["document"], one["revision"], one["decision"]) == own]
        if back and not row["taken_over_by"]:  # the text was approved by its own persons; these brought it back
            assert {(one["person"], one["landed"][:10]) for one in back} == {
                (person, row["approved_on"]) for person in row["approved_by"]
            }
            continue
        if not row["taken_over_by"]:
            assert {one["person"] for one in entry["approvals"]} >= set(row["approved_by"])
            continue
        taken += 1
        assert entry["on_paper"] == {"by": row["approved_by"], "on": row["approved_on"]}
        own = (row["id"], str(row["revision"]), "baseline")
        kept = [one for one in decided if (one["document"], one["revision"], one["decision"]) == own]
        assert {(one["on_paper_by"], one["on_paper_on"]) for one in kept} == {
            (" ".join(row["approved_by"]), row["approved_on"])
        }
        assert {one["person"] for one in kept} == set(row["taken_over_by"])
    assert taken > 10


def _exported(site: Site, name: str) -> list[dict[str, str]]:
    data = (site.root / f"assets/ems/data/{name}.csv").read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(data)))
