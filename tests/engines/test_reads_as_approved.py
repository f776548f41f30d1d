"""The page reads as the text that was approved: numbers of steps, tables, earlier revisions, redlines, exports."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from lxml import html
from tests.engines.test_light_pages import main, revision, words
from tests.examples import make
from tests.running import ems
from tests.sites import Site, build, configure

Make = Callable[..., Path]
DATA = "assets/ems/data"
CHOSEN = 'columns="Substance Limit" rows="Substance=Zinc" labels="labels.yml"'

STEPS = f"""
docs/procedures/limits.csv
  = Substance;Limit;Unit
  = Zinc;2,0;mg/l
  = Nickel;0,5;"mg/l
  = daily"
docs/procedures/labels.yml
  = Substance: {{en: Substance, de: Stoff}}
  = Limit: {{en: Allowed, de: Erlaubt}}
docs/procedures/broken.csv
  = Substance,Limit
  = Zinc,2,0
docs/procedures/EMS-PRO-001.md
{revision(1, "2026-01-05")}  > ## Drains {{#drains}}
  >
  > 1. Close valve V-3.
  > 2. Fill the bottles in this order:
  >
  > | Bottle | For |
  > | --- | --- |
  > | A | zinc |
  >
  > 3. Pour the rest into T-1.
  > 4. Wait for the fire brigade.
  > 5. Write the report.
  >
  > === "Day shift"
  >
  >     The **yard lead** closes V-3.
  >
  > ## Limits
  >
  > 1. Compare:
  >
  >     [Limits](limits.csv "Limits"){{ .table .wide {CHOSEN} }}
  >
  > [All](limits.csv){{ .table blank=2 }}
  >
  > [Broken](broken.csv){{ .table }}
  >
  > | Activity | Plant manager | Controller |
  > | --- | --- | --- |
  > | Audit | C | A |
commit 2026-01-05
docs/procedures/EMS-PRO-001.md
{revision(2, "2026-01-20")}  > ## Drains {{#drains}}
  >
  > 1. Close valve V-3.
  > 2. Fill the bottles in this order:
  >
  > | Bottle | For |
  > | --- | --- |
  > | A | zinc |
  >
  > 3. Pour the rest into T-1.
  > 4. Write the report.
  >
  > === "Day shift"
  >
  >     The **yard lead** closes V-3.
  >
  > ## Limits
  >
  > 1. Compare:
  >
  >     [Limits](limits.csv "Limits"){{ .table .wide {CHOSEN} }}
  >
  > [All](limits.csv){{ .table blank=2 }}
  >
  > [Broken](broken.csv){{ .table }}
  >
  > | Activity | Plant manager | Controller |
  > | --- | --- | --- |
  > | Audit | A | C |
commit 2026-01-20
"""
TABS = ["pymdownx.superfences", {"pymdownx.tabbed": {"alternate_style": True}}]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """One handbook with everything that used to read otherwise."""
    root = configure(make(tmp_path_factory.mktemp("reads") / "works", STEPS), markdown_extensions=TABS)
    return build(root)


def article(site: Site, name: str) -> html.HtmlElement:
    """What stands in the middle of a page."""
    (found,) = html.fromstring(site.page(name).source.encode()).xpath("//article")
    return found


def test_steps_go_on_after_a_table(site: Site) -> None:
    lists = article(site, "procedures/EMS-PRO-001/").xpath(".//ol")
    assert [one.get("start") for one in lists[:2]] == [None, "3"]
    assert [words(item) for item in lists[1]] == ["Pour the rest into T-1.", "Write the report."]


def test_a_table_in_a_step_shows_what_its_author_names(site: Site) -> None:
    (step,) = article(site, "procedures/EMS-PRO-001/").xpath(".//h2[@id='limits']/following::ol[1]/li")
    (table,) = step.xpath(".//table")
    assert [[words(cell) for cell in row] for row in table.iter("tr")] == [["Substance", "Allowed"], ["Zinc", "2,0"]]


def test_empty_rows_for_the_pen_and_line_breaks_in_cells(site: Site) -> None:
    tables = article(site, "procedures/EMS-PRO-001/").xpath(".//table[.//th[normalize-space()='Unit']]")
    rows = [[words(cell) for cell in row] for row in tables[0].xpath(".//tbody/tr")]
    assert rows == [["Zinc", "2,0", "mg/l"], ["Nickel", "0,5", "mg/ldaily"], ["", "", ""], ["", "", ""]]
    assert tables[0].xpath(".//td/br")


def test_a_table_that_cannot_be_read_says_so_on_the_page(site: Site) -> None:
    text = words(article(site, "procedures/EMS-PRO-001/"))
    assert "The table broken.csv cannot be shown: line 2 has 3 cells, the head 2, cut at commas." in text


@pytest.mark.parametrize("name", ["d/EMS-PRO-001/r1/", "d/EMS-PRO-001/r1-r2/"])
def test_earlier_revisions_and_redlines_know_the_extensions(site: Site, name: str) -> None:
    page = main(site.page(name))
    assert "===" not in page.text_content()
    assert page.xpath(".//div[contains(@class, 'tabbed-set')]//strong[text()='yard lead']")


def test_a_redline_numbers_the_steps_as_they_are_now(site: Site) -> None:
    items = main(site.page("d/EMS-PRO-001/r1-r2/")).xpath(".//ol[@start='3']/li")
    told = [(words(item), item.get("value"), item.get("data-ems")) for item in items]
    assert told == [
        ("Pour the rest into T-1.", "3", None),
        ("Wait for the fire brigade.", None, "del"),
        ("Write the report.", "4", None),
    ]


def test_who_is_accountable_is_told_cell_by_cell_and_nothing_is_said_to_be_the_same(site: Site) -> None:
    page = main(site.page("d/EMS-PRO-001/r1-r2/"))
    rows = [[words(cell) for cell in row] for row in page.xpath(".//table[@class='changes']/tbody/tr")]
    assert ["Limits, Audit, Plant manager", "C", "A"] in [row[1:] for row in rows]
    assert ["Limits, Audit, Controller", "A", "C"] in [row[1:] for row in rows]
    assert "The words are the same" not in page.text_content()
    assert "Wait for the fire brigade." in words(page)


def test_the_stage_takes_the_extensions_along_or_says_what_it_leaves(tmp_path: Path) -> None:
    asked = [*TABS, "works_shortcuts"]
    root = make(tmp_path / "works", "docs/index.md\n  = # Home\n")
    (root / "mkdocs.yml").write_text(yaml.safe_dump({"site_name": "Works", "markdown_extensions": asked}), "utf-8")
    done = ems(root, "stage", str(tmp_path / "stage"))
    assert done.status == 0
    assert "Markdown extensions works_shortcuts" in done.err
    staged = yaml.safe_load((tmp_path / "stage/mkdocs.yml").read_text(encoding="utf-8"))["markdown_extensions"]
    assert {"pymdownx.tabbed": {"alternate_style": True}} in staged
    assert "sane_lists" in staged
    assert "works_shortcuts" not in staged


def test_csv_opens_in_a_spreadsheet_of_the_readers_language(tmp_path: Path) -> None:
    text = "ems.yml\n  languages: [de]\ndocs/procedures/EMS-PRO-001.md\n  title: Abwasser prüfen\n"
    data = (build(configure(make(tmp_path / "works", text))).root / DATA / "documents.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))
    assert rows[1][:2] == ["EMS-PRO-001", "Abwasser prüfen"]


NUMBERS = """\
docs/procedures/EMS-PRO-001.md
  formerly: [VA-07-03]
docs/procedures/EMS-PRO-002.md
  title: Old plan
  formerly: [VA-08-01]
docs/procedures/EMS-PRO-004.md
  title: Old plan, second
  formerly:
  supersedes: [EMS-PRO-002]
docs/procedures/EMS-PRO-003.md
  title: Waiting
  formerly:
  approved_by:
  approved_on:
commit
docs/procedures/EMS-PRO-002.md
  status: withdrawn
docs/procedures/EMS-PRO-004.md
  status: withdrawn
docs/procedures/EMS-PRO-005.md
  title: New plan
  formerly:
  supersedes: [EMS-PRO-004]
commit
"""


@pytest.fixture(scope="module")
def numbered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Site]:
    """A handbook with withdrawn, waiting and old numbers, and its site."""
    root = configure(make(tmp_path_factory.mktemp("numbers") / "works", NUMBERS))
    return root, build(root)


def index(site: Site) -> dict[str, dict[str, object]]:
    """What search knows, by address."""
    return {entry["location"]: entry for entry in json.loads(site.read("search/search_index.json"))["docs"]}


def test_search_shows_type_and_state_and_does_not_know_the_control_record(numbered: tuple[Path, Site]) -> None:
    known = index(numbered[1])
    assert known["procedures/EMS-PRO-001/"]["tags"] == ["Procedure", "Current", "VA-07-03"]
    text = " ".join(str(entry["text"]) for place, entry in known.items() if place.startswith("procedures/"))
    assert "V-3" in text
    assert "B. Boss" not in text
    config = json.loads(numbered[1].read("search/search_index.json"))["config"]
    assert config["fields"]["tags"]["boost"] <= 2 * config["fields"]["title"]["boost"]


def test_search_finds_a_document_in_force_by_its_old_number_and_not_the_list_of_numbers(
    numbered: tuple[Path, Site],
) -> None:
    assert "VA-07-03" not in {entry["title"] for entry in index(numbered[1]).values()}
    assert "VA-07-03 is the old number of" in numbered[1].read("documents/numbers/index.html")


@pytest.mark.parametrize(
    ("number", "said", "leads"),
    [
        ("EMS-PRO-002", "Not for use since 6 January 2026. Read instead", "EMS-PRO-005"),
        ("VA-08-01", "is the old number of EMS-PRO-002 Old plan", "EMS-PRO-005"),
        ("EMS-PRO-003", "Waiting: awaiting approval", "EMS-PRO-003"),
    ],
)
def test_a_number_that_is_not_in_force_is_found_with_what_is_read_instead(
    numbered: tuple[Path, Site], number: str, said: str, leads: str
) -> None:
    (entry,) = [e for place, e in index(numbered[1]).items() if e["title"] == number and "numbers" in place]
    text = words(html.fromstring(f"<p>{entry['text']}</p>"))
    assert said.casefold() in text.casefold()
    assert leads in text


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("va-07-03", "is the old number of EMS-PRO-001, Yard drains. Write EMS-PRO-001."),
        ("VA-08-01", "It was withdrawn on 2026-01-06. Read instead EMS-PRO-005, New plan."),
        ("EMS-PRO-002", "It was withdrawn on 2026-01-06. Read instead EMS-PRO-005, New plan."),
    ],
)
def test_the_command_names_what_is_read_instead(numbered: tuple[Path, Site], number: str, said: str) -> None:
    asked = ems(numbered[0], "show", number)
    assert asked.status == 2
    assert said in asked.err
