"""The packaged catalogue against the fact files it was made from, entry by entry.

The folder of the fact files is EMS_SHARED/standards, by default ../shared/standards beside the repository.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ems_control.ground.organisation.standards import Catalogue, Clause, facts

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("EMS_SHARED") or ROOT.parent / "shared").resolve() / "standards"
PACKAGED = ROOT / "plugins/ems_control/ground/organisation/catalogue"
LEVELS = ["confirmed", "single", "general", "uncertain"]
REWORDED_DUTIES = {("iso-14001:2015", "6.2.1")}
REWORDED_SUBJECTS = {
    "emergency processes; not in the isomanaged list, believed kept from 2015": ("emergency processes")
}
DROPPED_SOURCES = {"S-ZLR9"}


def source(name: str) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((SHARED / f"{name}.yml").read_text("utf-8"))
    return data


def clauses(standard: str) -> dict[str, Clause]:
    return dict(Catalogue.load().get(standard).clauses)


def regulation() -> dict[str, dict[str, Any]]:
    """The annexes and articles of emas.yml, under the spelling of references."""
    found = {entry["id"]: entry for entry in source("emas")["articles"]}
    for annex in source("emas")["annexes"]:
        found[annex["id"]] = annex
        for entry in annex.get("points", []) + annex.get("sections", []):
            found[f"annex-{entry['id']}"] = entry
            found |= {f"annex-{item['id']}": item for item in entry.get("items", [])}
        found |= {entry["id"]: entry for entry in annex.get("part_A", {}).get("items", [])}
        found |= {f"B.{entry['slug']}": entry for entry in annex.get("part_B", {}).get("items", [])}
    return found


def test_the_script_makes_what_is_committed(tmp_path: Path) -> None:
    script = ROOT / "tests/tools/make_catalogue.py"
    subprocess.run([sys.executable, script, SHARED, tmp_path], check=True, timeout=120)
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*.yml")}
    committed = {path.relative_to(PACKAGED): path.read_bytes() for path in PACKAGED.rglob("*.yml")}
    assert made.keys() == committed.keys()
    assert [str(path) for path in made if made[path] != committed[path]] == []


@pytest.mark.parametrize("name", ["iso-14001-2015", "iso-14001-2026"])
def test_iso_14001(name: str) -> None:
    facts_of = source(name)
    packaged = clauses(facts_of["id"])
    assert list(packaged) == [entry["id"] for entry in facts_of["clauses"]]
    for entry in facts_of["clauses"]:
        clause = packaged[entry["id"]]
        assert {key: clause.titles[key] for key in entry["title"]} == entry["title"]
        assert clause.certainty == entry["title_certainty"]
        assert (clause.assessable, clause.heading_only) == (entry["assessable"], entry["heading_only"])
        assert clause.parent == entry["parent"]
        assert (clause.note, clause.change) == (entry.get("note", ""), entry.get("change", ""))
        assert (clause.optional, clause.not_applicable) == (None, None)
        stated, duty = entry.get("documented_information"), clause.duty
        if stated is None:
            assert duty is None
            continue
        assert duty is not None
        subject = REWORDED_SUBJECTS.get(stated["subject"], stated["subject"])
        assert (duty.kind, duty.subject) == (stated["kind"], subject)
        assert duty.to_extent == stated.get("to_extent_needed_or_appropriate")
        assert duty.certainty == stated["certainty"].partition(",")[0]
        assert bool(duty.note) == ((facts_of["id"], entry["id"]) in REWORDED_DUTIES) == ("note" in stated)


@pytest.mark.parametrize("name", ["iso-14001-2015", "iso-14001-2026", "iso-9001-2015"])
def test_publication(name: str) -> None:
    facts_of = source(name)
    standard = Catalogue.load().get(facts_of["id"])
    assert standard.title == facts_of["full_title"]
    assert standard.edition == name[-4:]
    for key in ("published", "status", "status_certainty", "adoptions", "amendments", "sources", "replaces"):
        assert standard.facts.get(key) == facts_of.get(key), key


def test_reasons_are_from_the_title_notes() -> None:
    notes = " ".join(source("iso-14001-2015")["title_notes"]).lower()
    for clause in clauses("iso-14001:2015").values():
        for reason in clause.reasons.values():
            telling = [word.strip('.,"').lower() for word in reason.split() if len(word) > 5]
            assert [word for word in telling if word not in notes and word != "spelled"] == [], reason


def test_transition() -> None:
    stated, packaged = (
        source("iso-14001-2026")["transition"],
        Catalogue.load().get("iso-14001:2026").facts["transition"],
    )
    named = {who for candidate in packaged["candidates"] for who in candidate["sources"]}
    assert [candidate["end"] for candidate in packaged["candidates"]] == ["2029-04", "2029-05"]
    assert all(who in " ".join(stated["deadline_candidates"]) for who in named)
    assert len(named) == sum(text.count(",") + 1 for text in stated["deadline_candidates"] if "weak" not in text) - 1
    assert (packaged["certainty"], packaged["length"]) == (stated["certainty"], stated["length"])
    assert packaged["official_document_seen"] is False


def test_emas_list() -> None:
    flat, packaged = source("emas-clauses")["clauses"], clauses("emas")
    assert list(packaged) == [entry["id"] for entry in flat]
    for entry in flat:
        clause = packaged[entry["id"]]
        assert {key: clause.titles[key] for key in entry["title"]} == entry["title"]
        assert (clause.parent, clause.assessable) == (entry["parent"], entry["assessable"])
        assert clause.same_as == entry.get("same_as")
        assert clause.optional == entry.get("optional")
        assert clause.not_applicable == entry.get("not_applicable_allowed")
        assert clause.believed_number == entry.get("believed_number")


def test_emas_certainty() -> None:
    details, packaged, iso = regulation(), clauses("emas"), clauses("iso-14001:2015")
    for number, clause in packaged.items():
        stated = details.get(number, {}).get("certainty")
        if number.startswith("A."):
            assert stated == "rule confirmed, exact OJ spelling general"
            assert clause.certainty["number"] == "confirmed"
            for language, level in iso[number.removeprefix("A.")].certainty.items():
                assert clause.certainty[language] == max(level, "general", key=LEVELS.index)
        elif number.startswith("B."):
            assert clause.certainty["number"] == details[number]["number_certainty"] == "uncertain"
            assert clause.certainty["en"] == details[number]["theme_certainty"]
        elif isinstance(stated, dict):
            assert {key: clause.certainty[key] for key in stated} == stated
        elif stated in LEVELS:
            assert clause.certainty["en"] == stated
            assert set(clause.certainty.values()) <= {stated, "general"}, "titles of our own are general knowledge"
        elif stated:
            assert stated == "number and theme confirmed (IHK), exact title general"
            assert clause.certainty == {"number": "confirmed", "en": "general", "de": "general", "nl": "general"}


def test_emas_duties_and_headings_are_those_of_iso() -> None:
    packaged, iso = clauses("emas"), clauses("iso-14001:2015")
    for number, clause in packaged.items():
        if number.startswith("A."):
            same = iso[number.removeprefix("A.")]
            assert (clause.duty, clause.heading_only, clause.assessable) == (
                same.duty,
                same.heading_only,
                same.assessable,
            )
        else:
            assert clause.duty is None


def test_emas_articles_are_all_there() -> None:
    outline = {entry["number"]: entry for entry in Catalogue.load().get("emas").facts["outline"]}
    packaged = clauses("emas")
    for number, entry in regulation().items():
        if number not in packaged and number != "annex-II":
            assert outline[number]["title"] == entry["title"]
            assert outline[number]["certainty"] == entry["certainty"]
        if entry.get("addresses_organisations"):
            assert number in packaged


def test_iso_9001() -> None:
    facts_of, packaged = source("iso-9001-2015"), clauses("iso-9001:2015")
    assert list(packaged) == [entry["id"] for entry in facts_of["clauses"]]
    for entry in facts_of["clauses"]:
        clause = packaged[entry["id"]]
        assert {key: clause.titles[key] for key in entry["title"]} == entry["title"]
        assert (clause.assessable, clause.heading_only) == (entry["assessable"], entry["heading_only"])
        assert clause.parent == entry["parent"]
        stated = entry.get("documented_information", "").replace("maintain+retain", "both")
        assert stated == (f"{clause.duty.kind} ({clause.duty.note})".removesuffix(" ()") if clause.duty else "")
    untitled = [number for clause in packaged.values() for number in clause.paragraphs]
    assert untitled == facts_of["untitled_subclauses"]["ids"]


def test_editions() -> None:
    stated = source("iso-14001-2015-to-2026")
    rows = Catalogue.load().relations(stated["from"], stated["to"])
    assert [(row.number, list(row.to), row.note) for row in rows] == [
        (entry["from"], entry["to"], entry.get("note", "")) for entry in stated["map"]
    ]
    moved = {entry["from"] for entry in stated["map"] if entry.get("renumbered")}
    assert {row.number for row in rows if row.kind in {"renumbered", "split"}} == moved
    packaged = facts("relations/iso-14001-2015--iso-14001-2026")
    assert (packaged["new"], packaged["gone"]) == (stated["new_in_2026"], stated["gone_in_2026"])


def test_editions_agree_with_the_origin_of_each_clause() -> None:
    back: dict[str, list[str]] = {}
    for row in Catalogue.load().relations("iso-14001:2015", "iso-14001:2026"):
        for number in row.to:
            back.setdefault(number, []).append(row.number)
    for entry in source("iso-14001-2026")["clauses"]:
        assert back.get(entry["id"], []) == entry["from_2015"]


def test_emas_to_iso() -> None:
    stated = source("emas-iso14001-map")
    rows = {row.number: row for row in Catalogue.load().relations("emas", "iso-14001:2015")}
    for entry in stated["part_a"]:
        assert (rows[entry["emas"]].to, rows[entry["emas"]].kind) == ((entry["iso"],), "same")
    for entry in stated["part_b"]:
        row = rows[f"B.{entry['slug']}"]
        assert (list(row.to), row.kind, row.certainty) == (entry["iso"], entry["relation"], entry["certainty"])
    for entry in stated["other"]:
        row = rows[entry["emas"]]
        assert list(row.to) == entry["iso"]
        assert entry["relation"].startswith(row.kind)
        assert row.note in entry["relation"]
    for number, detail in regulation().items():
        if "related_iso_14001_2015" in detail:
            assert list(rows[number].to) == detail["related_iso_14001_2015"]
    assert sum(row.kind == "same" for row in rows.values()) == len(stated["part_a"])


def test_iso_14001_to_9001() -> None:
    stated = source("iso-14001-9001-map")
    rows = {row.number: row for row in Catalogue.load().relations("iso-14001:2015", "iso-9001:2015")}
    assert list(rows) == [entry["iso_14001"] for entry in stated["map"]]
    for entry in stated["map"]:
        row = rows[entry["iso_14001"]]
        assert (list(row.to), row.note) == ([entry["iso_9001"]] if entry["iso_9001"] else [], entry["note"])
        assert row.other_meaning == (row.number in stated["same_number_different_meaning"])
    later = {row.number: row for row in Catalogue.load().relations("iso-14001:2026", "iso-9001:2015")}
    for number in stated["same_number_different_meaning_14001_2026"]:
        assert later[number].other_meaning


def test_indicators_family_and_sources() -> None:
    assert facts("indicators") == source("emas-indicators")
    stated, packaged = source("iso-14000-family"), facts("family")
    for area in ("organisation_evaluation", "product_evaluation"):
        for group, rows in as_text(stated[area]).items():
            for row, made in zip(rows, packaged[area][group][: len(rows)], strict=True):
                designated = re.sub(r"^ISO(/T[SR])?(?= \d)", "ISO", made["id"])
                assert (designated, made["edition"]) == (row["id"], row["edition"])
                assert made["title"] == row["title"] or row["title"].endswith("(TR)")
                assert made["certainty"] in (row["certainty"], "confirmed")
    assert [entry["id"] for entry in packaged["ancestors"]] == [entry["id"] for entry in stated["ancestors"]]
    assert facts("sources")["sources"].keys() == source("sources")["sources"].keys() - DROPPED_SOURCES


def as_text(value: Any) -> Any:
    """Numbers as text: the catalogue reads them so."""
    if isinstance(value, dict):
        return {key: as_text(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [as_text(entry) for entry in value]
    return value if isinstance(value, bool) else str(value)


def test_document_control() -> None:
    stated, packaged = source("document-control-requirements"), facts("document-control")
    for entry, row in zip(stated["requirements"], packaged["requirements"], strict=True):
        for key in ("id", "requirement", "auditor_evidence", "certainty"):
            assert row[key] == entry[key]
        assert len(row["clauses"]) == len(entry["clauses"])
    for key in ("customary_not_required", "common_findings", "auditor_sampling_path"):
        assert packaged[key] == stated[key]


def test_nothing_of_how_it_was_researched_is_packaged() -> None:
    for path in PACKAGED.rglob("*.yml"):
        text = path.read_text("utf-8")
        for words in (
            "GitHub file id",
            "researcher's suggestion",
            "possible_control",
            "unlicensed",
        ):
            assert words not in text, (path.name, words)
