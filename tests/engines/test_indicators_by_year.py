"""A statement draws its indicators from the table that is sealed with it: page, earlier text, stage, command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lxml import html
from openpyxl import load_workbook
from tests.engines.test_light_pages import main, revision, words
from tests.examples import make
from tests.running import ems
from tests.sites import Site, build, configure

HEAD = "area,indicator,year,A,unit_A,B,unit_B,R,source,reason"
FIRST = """\
  = energy,Strom,2024,10650,MWh,1310,"1,000 m2",8.13,"Zähler, R-24",
  = energy,Strom,2025,9980,MWh,1420,"1,000 m2",7.03,Rechnungen,
  = land,versiegelt,2025,14700,m2,1420,"1,000 m2",10.4,Vermessung,
  = emissions,Ammoniak,2025,,,,,,,wird erst ab 2027 gemessen
"""
SECOND = FIRST.replace("9980,MWh", "9990,MWh").replace("7.03,R", "7.04,R")
STATEMENT = """\
  type: statement
  clauses:
  validated: {day: 2025-12-04, verifier: V. Ender, accreditation: XX-V-0000, next_update: 2026-12-04}
"""
TEXT = """\
  > ## Kernindikatoren {#kern}
  >
  > [Energie](indicators.csv){ .table years="A R" rows="area=energy" columns="indicator unit_A source" }
  >
  > [Alle](indicators.csv){ .table years="A,B" }
  >
  > [Kaputt](indicators.csv){ .table years="Q" }
"""
LIFE = f"""
ems.yml
  languages: [de]
  types:
    procedure: {{prefix: EMS-PRO, level: declared, approve: manager}}
    statement: {{prefix: EMS-STA, level: declared, approve: manager}}
docs/statements/indicators.csv
  = {HEAD}
{FIRST}docs/statements/EMS-STA-001.md
{revision(1, "2026-01-05")}{STATEMENT}{TEXT}commit 2026-01-05
docs/statements/indicators.csv
  = {HEAD}
{SECOND}docs/statements/EMS-STA-001.md
{revision(2, "2026-01-20")}{STATEMENT}{TEXT}commit 2026-01-20
"""
ENERGY = [
    ["Indikator", "Einheit", "A 2024", "A 2025", "R 2024", "R 2025", "Quelle"],
    ["Strom", "MWh", "10.650", "9.990", "8,13", "7,04", "Zähler, R-24; Rechnungen"],
]
LAND = "Flächenverbrauch in Bezug auf die biologische Vielfalt"
ALL = [
    ["Indikator", "Bereich", "Einheit", "Einheit von B", "A 2024", "A 2025", "B 2024", "B 2025", "Quelle", "Grund"],
    *[
        ["Strom", "Energie", "MWh", "1,000 m2", "10.650", "9.990", "1.310", "1.420", "Zähler, R-24; Rechnungen", ""],
        ["versiegelt", LAND, "m2", "1,000 m2", "–", "14.700", "–", "1.420", "Vermessung", ""],
        ["Ammoniak", "Emissionen", "", "", "–", "–", "–", "–", "", "wird erst ab 2027 gemessen"],
    ],
]


@pytest.fixture(scope="module")
def handbook(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Site]:
    root = configure(make(tmp_path_factory.mktemp("figures") / "works", LIFE))
    return root, build(root)


def tables(tree: html.HtmlElement) -> list[list[list[str]]]:
    return [[[words(cell) for cell in row] for row in one.iter("tr")] for one in tree.xpath(".//table[.//th]")]


def test_the_page_draws_the_sealed_figures_in_its_language(handbook: tuple[Path, Site]) -> None:
    article = html.fromstring(handbook[1].page("statements/EMS-STA-001/").source.encode()).xpath("//article")[0]
    assert [one for one in tables(article) if one[0][:1] == ["Indikator"]] == [ENERGY, ALL]
    figures = article.xpath(".//table[.//th='A 2024']//td[.='10.650']")
    assert figures
    assert all("right" in (cell.get("style") or cell.get("align") or "") for cell in figures)


def test_what_cannot_be_drawn_is_said_there(handbook: tuple[Path, Site]) -> None:
    said = words(main(handbook[1].page("d/EMS-STA-001/r1/")))
    assert 'Die Tabelle indicators.csv kann nicht gezeigt werden: years="Q" nennt keine Zahlen. Schreiben Sie' in said


def test_an_earlier_text_shows_the_figures_of_its_time_and_what_changed_is_told_by_year(
    handbook: tuple[Path, Site],
) -> None:
    root, site = handbook
    then = [["9.980" if cell == "9.990" else "7,03" if cell == "7,04" else cell for cell in row] for row in ENERGY]
    assert then in tables(main(site.page("d/EMS-STA-001/r1/")))
    changes = json.loads(ems(root, "diff", "EMS-STA-001", "--format", "json").out)["changes"]
    told = [(one["where"], one["was"], one["now"]) for one in changes if one["kind"] == "table"]
    assert told == [
        ("Energie, Strom, A 2025", "9980", "9990"),
        ("Energie, Strom, R 2025", "7.03", "7.04"),
        ("Alle, Strom, A 2025", "9980", "9990"),
    ]


def test_the_stage_holds_them_for_any_engine(handbook: tuple[Path, Site], tmp_path: Path) -> None:
    assert ems(handbook[0], "stage", str(tmp_path / "stage")).status == 0
    staged = (tmp_path / "stage/docs/statements/EMS-STA-001.md").read_text(encoding="utf-8")
    assert "| Strom | MWh | 10.650 | 9.990 | 8,13 | 7,04 |" in " ".join(staged.replace("{ .ems-k }", "").split())


def test_the_check_names_the_line_that_cannot_be_drawn(handbook: tuple[Path, Site]) -> None:
    found = [
        (one["line"], one["message"])
        for one in json.loads(ems(handbook[0], "check", "--format", "json").out)["findings"]
        if one["rule"] == "EMS515"
    ]
    assert [message for _, message in found] == [
        'the table "indicators.csv" cannot be shown: years="Q" names no figures'
    ]
    assert found[0][0] > 0


WRONG = {
    'years="A" columns="indicator year"': 'the column "year" is shown by year',
    'years="A" columns="indicator colour"': 'no column is called "colour"',
    'years=" "': 'years=" " names no figures',
    'years="A R" rows="area=water"': 'no row has area "water"',
}


@pytest.mark.parametrize("options", WRONG)
def test_what_an_author_asks_for_and_is_not_there(tmp_path: Path, options: str) -> None:
    assert shown(tmp_path, FIRST, options) == [WRONG[options]]


ROWS = {
    "  = energy,Strom,20x5,1,MWh,1,t,1,,\n": 'Strom: "20x5" is no year',
    "  = energy,Strom,2025,1,MWh,1,t,1,,\n": "Strom stands twice for 2025",
    "  = energy,Strom,2023,1,kWh,1,t,1,,\n": "Strom: unit_A is kWh and MWh",
    "  = energy,Strom,2023,1,MWh,1,t,1,,andere Bezugsgröße\n": "",
}


@pytest.mark.parametrize("row", ROWS)
def test_a_table_that_cannot_be_told_by_year(tmp_path: Path, row: str) -> None:
    assert shown(tmp_path, FIRST + row, 'years="A B R"') == [ROWS[row]] * bool(ROWS[row])


def test_a_table_of_other_things_is_none_of_indicators(tmp_path: Path) -> None:
    said = shown(tmp_path, "  = zinc,2\n", 'years="A"', "what,limit")
    assert said == ['it is no table of indicators: no column is called "area"']


def shown(place: Path, rows: str, options: str, head: str = HEAD) -> list[str]:
    """What the check says about a draft that shows a table so."""
    text = f"""\
docs/procedures/t.csv
  = {head}
{rows}docs/procedures/EMS-PRO-002.md
  status: draft
  approved_by:
  approved_on:
  > [Figures](t.csv){{ .table {options} }}
"""
    found = json.loads(ems(make(place / "works", text), "check", "--format", "json").out)["findings"]
    return [one["message"].partition("cannot be shown: ")[2] for one in found if one["rule"] == "EMS515"]


def test_workbooks_have_heads_and_words_in_the_language_csv_and_json_keep_their_keys(
    handbook: tuple[Path, Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, site = handbook
    files = site.root / "assets/ems/data"
    register = load_workbook(files / "documents.xlsx").worksheets[0]
    assert (register.title, [cell.value for cell in register[1]][:4]) == (
        "Dokumentenliste",
        ["Nummer", "Titel", "Art", "Status"],
    )
    assert [cell.value for cell in register[3]][2:4] == ["Erklärung", "Gültig"]
    assert (files / "documents.csv").read_text("utf-8-sig").startswith("id;title;type;state;")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    ems(root, "register", "--format", "xlsx", "--output", str(tmp_path / "list.xlsx"))
    assert [cell.value for cell in load_workbook(tmp_path / "list.xlsx").worksheets[0][1]][9] == "Überfällig"
    ems(root, "matrix", "--standard", "emas", "--format", "xlsx", "--output", str(tmp_path / "emas.xlsx"))
    heads, first = list(load_workbook(tmp_path / "emas.xlsx").worksheets[0].values)[:2]
    assert heads[:3] == ("Abschnitt", "Titel", "Beantwortet in")
    assert first[1] != ""
    assert ems(root, "matrix", "--standard", "emas", "--format", "csv").out.startswith("standard,clause,title,")
