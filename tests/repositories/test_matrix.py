"""`ems matrix` and `ems register` as tables, data and workbooks; standards of the organisation's own; bad input."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.running import DAY, Outcome, ems
from tests.sites import SAMPLE_DAY

Build = Callable[..., Path]

DRAINS = "docs/procedures/EMS-PRO-001.md"
ACME = """\
standards/acme.yml
  = id: acme
  = full_title: What Acme asks of its suppliers
  = clauses:
  = - {number: 6.1, title: Drains, duty: {kind: maintain}}
  = - {number: 6.10, title: Spills, same_as: "iso-14001:2015/8.2"}
"""
CLAIMED = f"""\
ems.yml
  standards: [iso-14001:2015, acme]
  own_standards: [standards/acme.yml]
{ACME}{DRAINS}
  clauses: [acme/6.1#drains, iso-14001:2015/8.2#drains]
"""
SAMPLE = Path(__file__).parents[2]


def matrix(root: Path, *arguments: str) -> Outcome:
    return ems(root, "matrix", *arguments)


def row(table: dict[str, Any], number: str) -> dict[str, Any]:
    return next(found for found in table["clauses"] if found["clause"] == number)


def sheets(path: Path) -> dict[str, list[list[Any]]]:
    book = openpyxl.load_workbook(path)
    return {sheet.title: [[cell.value for cell in line] for line in sheet] for sheet in book}


# JSON


def test_the_shape_of_the_contract(handbook: Build) -> None:
    table = matrix(handbook(), "--standard", "iso-14001:2026", "--format", "json").json
    assert table.keys() >= {"version", "standard", "as_of", "clauses", "gaps", "unmet"}
    assert (table["version"], table["standard"], table["as_of"]) == (1, "iso-14001:2026", DAY)
    found = row(table, "8.1")
    assert {key: found[key] for key in ("title", "assessable", "documents", "duty", "weak")} == {
        "title": "Operational planning and control",
        "assessable": True,
        "documents": ["EMS-PRO-001"],
        "duty": "met",
        "weak": False,
    }
    assert found["answers"] == [
        {
            "document": "EMS-PRO-001",
            "revision": 1,
            "anchor": "drains",
            "heading": "Drains",
            "since": "2026-01-05",
            "weak": None,
        }
    ]
    assert "8.1" not in table["gaps"]
    assert {"6.1.2", "9.1.2"} <= set(table["unmet"]) < set(table["gaps"])
    assert not set(table["silent"]) & set(table["unmet"])


def test_claimed_standards_by_default_and_any_other_by_name(handbook: Build) -> None:
    root = handbook()
    several = matrix(root, "--format", "json").json
    assert [table["standard"] for table in several["standards"]] == ["iso-14001:2015", "iso-14001:2026", "emas"]
    one = matrix(root, "--standard", "iso-9001:2015", "--format", "json").json
    assert row(one, "8.1")["implied"][0] == {
        "clause": "iso-14001:2015/8.1",
        "relation": "theme",
        "documents": ["EMS-PRO-001"],
        "to_verify": "Believed right, but no source was seen.",
    }
    assert row(one, "8.1")["documents"] == []


def test_reading_ends_with_status_0_whatever_is_unmet(handbook: Build) -> None:
    outcome = matrix(handbook())
    assert outcome.status == 0
    assert "duties unmet. Shows where a clause is answered, not that it is fulfilled." in outcome.out


def test_per_document(handbook: Build) -> None:
    root = handbook("docs/procedures/EMS-PRO-002.md\n  clauses: []")
    data = matrix(root, "--inverse", "--format", "json").json
    assert data["standards"] == ["iso-14001:2015", "iso-14001:2026", "emas"]
    first, second = data["documents"]
    assert [f"{c['standard']}/{c['clause']}" for c in first["clauses"]] == [
        "iso-14001:2015/8.1",
        "iso-14001:2026/8.1",
        "emas/A.8.1",
    ]
    assert (second["id"], second["clauses"]) == ("EMS-PRO-002", [])
    assert "no clause" in matrix(root, "--inverse").out


# Table and CSV


def test_remarks_say_what_is_thin(handbook: Build) -> None:
    root = handbook(
        f"{DRAINS}\n  review_by: 2026-02-01\n  clauses: [iso-14001:2015/8.1#drains]\n"
        "docs/procedures/EMS-PRO-002.md\n  effective: 2027-01-01\n  clauses: [iso-14001:2015/8.2#drains]\n"
        "ems.yml\n  not_applicable: [{reference: emas/annex-IV.E, reason: One site.}]"
    )
    lines = {line.split()[0]: line for line in matrix(root, "--standard", "iso-14001:2015").out.split("\n") if line}
    assert "weak: review overdue" in lines["8.1"]
    assert "no document; starts later: EMS-PRO-002" in lines["8.2"]
    assert lines["5.1"].endswith("no document, none asked for")
    assert "unmet" in lines["6.1.2"]
    assert "implied by iso-14001:2015/8.1" in matrix(root, "--standard", "iso-14001:2026").out
    assert "not applicable: One site." in matrix(root, "--standard", "emas").out


def test_csv_holds_every_standard_below_one_head(handbook: Build) -> None:
    rows = list(csv.DictReader(io.StringIO(matrix(handbook(), "--format", "csv").out)))
    assert {found["standard"] for found in rows} == {"iso-14001:2015", "iso-14001:2026", "emas"}
    found = next(found for found in rows if (found["standard"], found["clause"]) == ("emas", "A.8.1"))
    assert found["answered in"] == "EMS-PRO-001 Drains"
    assert found["to be verified"].startswith("Believed right")


# Workbooks


def test_a_workbook_has_a_filterable_sheet_per_standard(handbook: Build, tmp_path: Path) -> None:
    root, path = handbook(), tmp_path / "matrix.xlsx"
    outcome = matrix(root, "--format", "xlsx", "--output", str(path))
    assert (outcome.status, outcome.out) == (0, "")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["iso-14001-2015", "iso-14001-2026", "emas"]
    for sheet in book:
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref == sheet.dimensions
        assert sheet.print_title_rows == "$1:$1"
        assert "not that it is fulfilled" in sheet.oddFooter.left.text
    lines = [[cell.value for cell in line] for line in book["iso-14001-2026"]]
    (drains,) = [line for line in lines if line[0] == "8.1"]
    assert drains[2] == "EMS-PRO-001 Drains"
    assert "2026-01-05" in [str(cell)[:10] for cell in drains]
    assert matrix(root, "--format", "xlsx", "--output", str(tmp_path / "again.xlsx")).status == 0
    assert path.read_bytes() == (tmp_path / "again.xlsx").read_bytes()


HOSTILE = ['=HYPERLINK("http://x.example")', "+1+1", "-2", "@SUM(A1)", "{=1}", "\t=1", "_x0041_", "http://x.example"]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_a_person_wrote_becomes_a_formula_or_a_link(handbook: Build, tmp_path: Path, text: str) -> None:
    root = handbook(f"{DRAINS}\n  title: {json.dumps(text)}\n  > ## {text} {{#drains}}\n  >\n  > V-3.")
    for number, arguments in enumerate((["register"], ["matrix"], ["matrix", "--inverse"])):
        path = tmp_path / f"{number}.xlsx"
        assert ems(root, *arguments, "--format", "xlsx", "--output", str(path)).status == 0
        for sheet in openpyxl.load_workbook(path):
            cells = [cell for line in sheet for cell in line]
            assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    assert text.strip() in {str(cell).strip() for line in sheets(tmp_path / "0.xlsx")["Register"] for cell in line}


def test_a_workbook_of_the_register(handbook: Build, tmp_path: Path) -> None:
    path = tmp_path / "register.xlsx"
    assert ems(handbook(), "register", "--format", "xlsx", "--output", str(path)).status == 0
    head, line = sheets(path)["Register"]
    found = dict(zip(head, line, strict=True))
    assert (found["id"], found["revision"], found["overdue"]) == ("EMS-PRO-001", 1, "no")
    assert isinstance(found["since"], datetime)
    assert found["since"].date() == date(2026, 1, 5)


def test_a_file_is_called_what_it_is(handbook: Build, tmp_path: Path) -> None:
    root = handbook()
    for arguments in (["--output", "list.xlsx"], ["--format", "xlsx", "--output", "list.csv"]):
        outcome = matrix(root, *arguments[:-1], str(tmp_path / arguments[-1]))
        assert (outcome.status, list(tmp_path.glob("list.*"))) == (2, [])
        assert "xlsx" in outcome.err


# Self-assessment


def test_self_assessment(handbook: Build, tmp_path: Path) -> None:
    root = handbook(f"{DRAINS}\n  clauses: [iso-14001:2015/7.5.3#drains, iso-14001:2026/7.5.2#drains]")
    table = matrix(root, "--standard", "document-control", "--format", "json").json
    assert table["standard"] == "document-control"
    assert {"DC-01", "DC-15", "EM-03"} <= {found["clause"] for found in table["clauses"]}
    history = row(table, "DC-09")
    assert (history["documents"], history["basis"]) == (["EMS-PRO-001"], ["7.5.3"])
    assert "EMS203" in history["rules"]
    assert "ems diff ID" in history["commands"]
    assert history["evidence"]
    assert row(table, "DC-04")["documents"] == ["EMS-PRO-001"]
    assert "DC-01" in table["gaps"]
    text = matrix(root, "--standard", "document-control").out
    assert "DC-04 (7.5.2) Reviewed and approved" in text
    assert "auditors look for: who approved" in text
    path = tmp_path / "assessment.xlsx"
    arguments = ["--standard", "document-control", "--standard", "emas", "--format", "xlsx", "--output", str(path)]
    assert matrix(root, *arguments).status == 0
    assert list(sheets(path)) == ["document-control", "emas"]


def test_what_only_emas_asks_is_left_out_without_emas(handbook: Build) -> None:
    root = handbook("ems.yml\n  standards: [iso-14001:2026]")
    table = matrix(root, "--standard", "document-control", "--format", "json").json
    assert not [found for found in table["clauses"] if found["clause"].startswith("EM-")]
    assert matrix(root, "--standard", "document-control", "--inverse").status == 2


# Standards of one's own


def test_an_own_standard_has_the_same_rights(handbook: Build, tmp_path: Path) -> None:
    root = handbook(CLAIMED)
    table = matrix(root, "--standard", "acme", "--format", "json").json
    assert (table["gaps"], table["unmet"]) == ([], [])
    assert row(table, "6.10")["documents"] == ["EMS-PRO-001"], "the same text as ISO 14001:2015 8.2"
    assert ems(root, "check").status == 0
    path = tmp_path / "own.xlsx"
    assert matrix(root, "--format", "xlsx", "--output", str(path)).status == 0
    assert list(sheets(path)) == ["iso-14001-2015", "acme"]


def test_relations_of_ones_own_imply(handbook: Build) -> None:
    relation = """\
standards/acme-to-9001.yml
  = from: acme
  = to: iso-9001:2015
  = map:
  = - {from: 6.1, to: [8.1], kind: theme}
  = - {from: 6.1, to: [8.1, 8.2.1], kind: partial}
  = - {from: 6.1, to: [8.4], kind: none}
  = - {from: 6.1, to: [8.5], kind: dropped}
"""
    steps = CLAIMED.replace("acme.yml]", "acme.yml, standards/acme-to-9001.yml]") + relation
    table = matrix(handbook(steps), "--standard", "iso-9001:2015", "--format", "json").json
    said = {found["clause"]: [one["clause"] for one in found["implied"]] for found in table["clauses"]}
    assert {
        number: "acme/6.1" in found for number, found in said.items() if number in ("8.1", "8.2.1", "8.4", "8.5")
    } == {
        "8.1": True,
        "8.2.1": True,
        "8.4": False,
        "8.5": False,
    }
    assert said["8.1"].count("acme/6.1") == 1, "each once, whatever the relations say"


def test_what_does_not_apply_in_one_standard_may_apply_in_another(handbook: Build) -> None:
    """The same number is another clause there."""
    acme = ACME.replace("title: Drains,", 'title: Drains, not_applicable: "whoever has no drains",')
    steps = CLAIMED.replace(ACME, acme.replace("6.1, ", "8.3, ")).replace("acme/6.1", "acme/8.3")
    steps += 'ems.yml\n  not_applicable: [{reference: "iso-9001:2015/8.3", reason: We design nothing.}]\n'
    root = handbook(steps)
    found = {
        name: row(matrix(root, "--standard", name, "--format", "json").json, "8.3")["not_applicable"]
        for name in ("acme", "iso-9001:2015")
    }
    assert found == {"acme": None, "iso-9001:2015": "We design nothing."}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "standards/twin.yml",
            "id: acme\n  = full_title: Twin\n  = clauses: []",
            ["acme.yml", "twin.yml", "two files"],
        ),
        (
            "standards/iso.yml",
            'id: "iso-14001:2015"\n  = full_title: X\n  = clauses: []',
            ["iso-14001:2015", "two files"],
        ),
        ("standards/gone.yml", None, ["standards/gone.yml", "cannot be read"]),
        ("standards/torn.yml", "id: [", ["standards/torn.yml", "not YAML"]),
        ("standards/list.yml", "- 1", ["standards/list.yml", "holds no standard"]),
        ("standards/empty.yml", "full_title: X", ["standards/empty.yml"]),
        (
            "standards/kind.yml",
            "id: x\n  = full_title: X\n  = clauses: [{number: 1, title: A, duty: {kind: have}}]",
            ["maintain"],
        ),
        ("standards/page.yml", "id: iso-14001-2015\n  = full_title: X\n  = clauses: []", ["one page"]),
        ("standards/ours.yml", "id: document-control\n  = full_title: X\n  = clauses: []", ["document-control"]),
        ("../outside.yml", None, ["../outside.yml", "outside of the repository"]),
        ("/etc/hostname", None, ["/etc/hostname", "outside of the repository"]),
    ],
)
def test_an_own_standard_that_cannot_be_used(handbook: Build, name: str, content: str | None, said: list[str]) -> None:
    steps = CLAIMED.replace("acme.yml]", f"acme.yml, {name}]") + (f"{name}\n  = {content}" if content else "")
    root = handbook(steps)
    for arguments in (["check"], ["matrix"], ["register"]):
        outcome = ems(root, *arguments)
        assert outcome.status == 2
        assert outcome.err.startswith("ems: ")
        assert outcome.err.count("\n") == 1
        for words in said:
            assert words in outcome.err


def test_a_link_out_of_the_repository_is_outside(handbook: Build, tmp_path: Path) -> None:
    root = handbook(CLAIMED)
    (tmp_path / "elsewhere.yml").write_text("id: x\n", "utf-8")
    (root / "standards/acme.yml").unlink()
    (root / "standards/acme.yml").symlink_to(tmp_path / "elsewhere.yml")
    outcome = ems(root, "check")
    assert (outcome.status, "outside of the repository" in outcome.err) == (2, True)


# Bad input: each says what to write


def test_a_standard_that_nobody_knows(handbook: Build) -> None:
    outcome = matrix(handbook(), "--standard", "iso-14001:2027")
    assert (outcome.status, outcome.out) == (2, "")
    assert "Known are iso-14001:2015, iso-14001:2026, emas" in outcome.err


@pytest.mark.parametrize(
    ("written", "rule", "said"),
    [
        ("iso-14002:2015/8.2", "EMS401", "iso-14001:2015"),
        ("iso-9001:2015/8.5.1", "EMS405", "not among the standards that ems.yml claims"),
        (
            "iso-14001:2015/8.1-8.2",
            "EMS401",
            "iso-14001:2015/8.1 (Operational planning and control), iso-14001:2015/8.2",
        ),
        ("emas/Annex-I.1", "EMS401", "Write emas/annex-I.1"),
        ("emas/a.6.1.2", "EMS401", "Write emas/A.6.1.2"),
        ("6.10", "EMS40", "Write"),
        ("6.1", "EMS402", "6.10"),
        ("iso-14001/10.1", "EMS402", "iso-14001:2026/10.1 (Continual improvement)"),
    ],
)
def test_a_bad_reference_is_a_finding_that_says_what_to_write(
    handbook: Build, written: str, rule: str, said: str
) -> None:
    root = handbook(f"{DRAINS}\n  clauses: [{written}]")
    outcome = ems(root, "check", "--format", "json")
    assert outcome.status == 1
    (found,) = outcome.json["findings"]
    assert found["rule"].startswith(rule)
    assert said in f"{found['message']}. {found['fix']}"
    assert (found["path"], found["line"]) == (DRAINS, 9)
    assert matrix(root).status == 0


# The sample handbook


whole_sample = pytest.mark.skipif(not (SAMPLE / ".git").exists(), reason="the sample stands without its history here")


@whole_sample
def test_the_sample_handbook_has_no_gap_and_no_duty_unmet() -> None:
    outcome = ems(SAMPLE, "matrix", "--format", "json", day=SAMPLE_DAY)
    tables = outcome.json["standards"]
    assert [table["standard"] for table in tables] == ["iso-14001:2015", "iso-14001:2026", "emas"]
    assert [(table["gaps"], table["unmet"]) for table in tables] == [([], [])] * 3
    weak = [f"{t['standard']}/{r['clause']}" for t in tables for r in t["clauses"] if r["assessable"] and r["weak"]]
    assert not weak


@whole_sample
@pytest.mark.parametrize("day", [None, SAMPLE_DAY, "2027-02-28", "2028-02-29", "2029-12-31", "2031-06-15"])
def test_the_sample_handbook_grows_older_without_an_error(day: str | None) -> None:
    checked = ems(SAMPLE, "check", "--format", "json", day=day)
    assert (checked.status, checked.json["summary"]["errors"]) == (0, 0)
    assert checked.json["summary"]["warnings"] > 0, "what falls due is said"
    tables = ems(SAMPLE, "matrix", "--format", "json", day=day).json["standards"]
    assert [(table["gaps"], table["unmet"]) for table in tables] == [([], [])] * 3
