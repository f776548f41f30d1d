"""The state of the handbook on a fixed day: no fault but the planted ones, every clause answered, every form kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.handbook.reading import DAY, ROOT, documents, register, rows
from tests.running import ems

Row = Mapping[str, Any]
PLANTED = {("EMS601", "EMS-PRO-018"), ("EMS605", "EMS-WI-011")}
WAITING = {"EMS-FRM-007", "EMS-WI-008"}
STANDARDS = ("iso-14001:2015", "iso-14001:2026", "emas")
LATER = "2030-01-01"


@cache
def entries() -> dict[str, Row]:
    """The list of documents on DAY, by id."""
    return {entry["id"]: entry for entry in register()}


# ems check


@cache
def findings() -> tuple[Row, ...]:
    """Everything `ems check` has to say on DAY."""
    return tuple(ems(ROOT, "check", "--format", "json", day=DAY).json["findings"])


def loud(found: Iterable[Row]) -> set[tuple[str, str]]:
    """Rule and document of each error and warning."""
    return {(finding["rule"], finding["document"]) for finding in found if finding["severity"] != "info"}


def test_check_finds_no_error_and_exactly_the_planted_warnings() -> None:
    assert not [finding for finding in findings() if finding["severity"] == "error"]
    assert loud(findings()) == PLANTED
    assert sum(finding["severity"] == "warning" for finding in findings()) == len(PLANTED)
    fault = {"rule": "EMS502", "document": "EMS-PRO-001", "severity": "error"}
    assert loud([*findings(), fault]) - PLANTED == {("EMS502", "EMS-PRO-001")}


# Past days


PAST = yaml.safe_load(Path(__file__).with_name("past.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("day", PAST)
def test_what_was_in_force_on_a_past_day_is_not_touched_by_corrections(day: str) -> None:
    rows = ems(ROOT, "register", "--format", "json", day=day).json["documents"]
    found = {f"{row['id'].removeprefix('EMS-')}/{row['revision']}" for row in rows if row["revision"]}
    assert found == set(PAST[day].split())


WITHOUT_TEXT = {
    "EMS-PLN-003/1", "EMS-PRO-001/1", "EMS-PRO-004/3", "EMS-PRO-006/1", "EMS-PRO-011/1", "EMS-PRO-013/1",
    "EMS-REG-003/1", "EMS-REG-005/2", "EMS-REG-006/1",
}  # fmt: skip


def test_the_list_of_a_past_day_names_the_documents_of_which_it_has_no_text() -> None:
    told = ems(ROOT, "register", "--format", "json", day="2026-03-14").json
    assert {f"{one['id']}/{one['revision']}" for one in told["without_text"]} == WITHOUT_TEXT
    assert not WITHOUT_TEXT & {f"{one['id']}/{one['revision']}" for one in told["documents"]}


# ems matrix


def open_clauses(table: Row) -> list[str]:
    """Assessable clauses of a matrix without an answer, a document or a kept record that they ask for."""
    asked = [clause for clause in table["clauses"] if clause["assessable"] and not clause["not_applicable"]]
    silent = [clause["clause"] for clause in asked if clause["duty"] not in ("none", "met") or not answered(clause)]
    return sorted({*silent, *table["gaps"], *table["unmet"], *table["silent"]})


def answered(clause: Row) -> bool:
    """Whether a document of its own, or one of a clause that implies it, answers a clause; or it is left to choice."""
    return bool(clause["answers"] or clause["implied"] or clause["optional"])


@pytest.mark.parametrize("standard", STANDARDS)
def test_every_clause_is_answered_and_no_duty_is_unmet(standard: str) -> None:
    line = ("matrix", "--standard", standard, "--format", "json")
    table = ems(ROOT, *line, day=DAY).json
    assert table["standard"] == standard
    assert sum(clause["assessable"] for clause in table["clauses"]) > 30
    assert open_clauses(table) == []


@pytest.mark.parametrize("standard", STANDARDS)
def test_before_the_first_document_every_clause_is_open(standard: str) -> None:
    table = ems(ROOT, "matrix", "--standard", standard, "--format", "json", day="2017-01-01").json
    assert len(open_clauses(table)) > 20


# Records


def unkept(forms: Iterable[str], records: Iterable[Row]) -> list[str]:
    """Forms without exactly one row, and rows that do not say where, who and how long."""
    table = list(records)
    missing = [form for form in forms if sum(row["form"] == form for row in table) != 1]
    told = ("kept_where", "keeper", "keep_for", "reason", "destroy_how")
    return missing + [row["id"] for row in table if not all(row[column].strip() for column in told)]


def test_the_records_table_names_place_keeper_and_time_for_every_form() -> None:
    shown_by = [text.name for text in documents() if "](records.csv)" in text.source.replace("../registers/", "")]
    assert shown_by == ["EMS-REG-006"]
    forms = [entry["id"] for entry in register() if entry["type"] == "form"]
    assert len(forms) >= 7
    assert unkept(forms, rows("records")) == []
    assert unkept([*forms, "EMS-FRM-099"], rows("records")) == ["EMS-FRM-099"]
    assert unkept(forms, [{**row, "keeper": ""} for row in rows("records")][:1])[-1] == "R-01"


def test_every_keeper_is_a_role_and_every_form_named_exists() -> None:
    roles = yaml.safe_load((ROOT / "people.yml").read_text(encoding="utf-8"))["roles"]
    assert {row["keeper"] for row in rows("records")} <= roles.keys()
    assert {row["form"] for row in rows("records") if row["form"]} <= entries().keys()


def test_every_form_says_at_its_foot_what_the_records_table_says() -> None:
    roles = yaml.safe_load((ROOT / "people.yml").read_text(encoding="utf-8"))["roles"]
    kept = {row["form"]: row for row in rows("records")}
    for text in documents():
        if text.facts["type"] == "form":
            row = kept[text.name]
            foot = text.body.partition("## Filled copies")[2]
            for words in (f"({row['id']})", row["keep_for"], roles[row["keeper"]]["en"]):
                assert words in foot, f"{text.path}: {words}"


# Planted imperfections


def too_old(copies: Iterable[Row]) -> list[str]:
    """Posted copies whose revision is not the one in force."""
    return [row["id"] for row in copies if int(row["revision"]) != entries()[row["document"]]["revision"]]


def test_one_posted_copy_is_too_old() -> None:
    assert too_old(rows("posted-copies")) == ["PC-09"]
    assert too_old([{"id": "PC-99", "document": "EMS-WI-003", "revision": "5"}]) == ["PC-99"]


def test_every_document_of_the_emergency_folder_is_posted_in_it() -> None:
    folder = {row["document"] for row in rows("posted-copies") if row["position"] == "red folder"}
    assert {name for name, entry in entries().items() if "emergency-folder" in entry["distribution"]} == folder


def test_one_objective_is_behind_plan_and_says_what_is_done() -> None:
    behind = [row for row in rows("objectives") if row["state"] != "on-plan"]
    assert [(row["id"], row["state"]) for row in behind] == [("OB-4", "behind")]
    assert all(words in behind[0]["comment"] for words in ("Until then", "looked at every month"))


def test_one_obligation_was_broken_and_one_is_met_partly_each_with_an_action_and_a_day() -> None:
    partly = [row for row in rows("obligations") if row["result"] not in ("compliant", "not-yet-evaluated")]
    assert [(row["id"], row["result"]) for row in partly] == [("O-15", "not-compliant"), ("O-33", "partly")]
    assert "authority told on 2026-11-26, written report by 2026-12-03" in partly[0]["action"]
    assert "Built by 2026-12-15 (maintenance manager)" in partly[1]["action"]


def test_two_obligations_apply_from_a_future_day_and_one_was_entered_late() -> None:
    future = [row for row in rows("obligations") if row["applies_from"] > DAY]
    assert [(row["id"], row["applies_from"], row["result"]) for row in future] == [
        ("O-12", LATER, "not-yet-evaluated"),
        ("O-34", "2027-07-01", "not-yet-evaluated"),
    ]
    open_rows = [row["id"] for row in rows("obligations") if row["result"] == "not-yet-evaluated"]
    assert open_rows == ["O-12", "O-34", "O-35"]


def test_one_document_is_overdue() -> None:
    assert [name for name, entry in entries().items() if entry["overdue"]] == ["EMS-PRO-018"]


def test_two_wait_for_approval_a_new_form_and_a_revision() -> None:
    assert {finding["document"] for finding in findings() if finding["rule"] == "EMS307"} == WAITING
    assert entries()["EMS-FRM-007"]["state"] == "awaiting approval"
    instruction = entries()["EMS-WI-008"]
    assert (instruction["state"], instruction["revision"], instruction["latest_revision"]) == ("in force", 2, 3)


def test_two_start_in_2030_a_new_instruction_and_a_revision() -> None:
    starting = {name: entry["upcoming"] for name, entry in entries().items() if entry["upcoming"]}
    assert starting == {
        "EMS-PRO-017": {"revision": 6, "effective": LATER},
        "EMS-WI-009": {"revision": 2, "effective": LATER},
    }
    assert (entries()["EMS-PRO-017"]["state"], entries()["EMS-PRO-017"]["revision"]) == ("in force", 5)
    assert entries()["EMS-WI-009"]["state"] == "upcoming"


def test_one_is_withdrawn_and_replaced() -> None:
    withdrawn = [name for name, entry in entries().items() if entry["state"] == "withdrawn"]
    assert withdrawn == ["EMS-PRO-003"]
    successors = {text.name: text.facts.get("supersedes", []) for text in documents()}
    assert [name for name, replaced in successors.items() if "EMS-PRO-003" in replaced] == ["EMS-PRO-008"]
    assert entries()["EMS-PRO-008"]["state"] == "in force"


def test_one_is_half_written_and_everything_else_is_in_force() -> None:
    others = {name: entry["state"] for name, entry in entries().items() if entry["state"] != "in force"}
    assert others == {
        "EMS-PRO-003": "withdrawn",
        "EMS-WI-009": "upcoming",
        "EMS-WI-010": "draft",
        "EMS-FRM-007": "awaiting approval",
    }


def test_every_finding_of_the_reading_is_decided_and_named_where_it_can_be_seen() -> None:
    table = yaml.safe_load(Path(__file__).with_name("findings.yml").read_text(encoding="utf-8"))
    roles = yaml.safe_load((ROOT / "people.yml").read_text(encoding="utf-8"))["roles"]
    assert list(table) == list(range(1, 31))
    dangerous = (2, 3, 4, 5, 6, 12, 13, 21, 27)
    assert all("done" in table[number] for number in dangerous)
    for number, row in table.items():
        assert row["why"], number
        assert "open" not in row or row["open"] in roles, number
        for place in row.get("done", row.get("part", [])):
            name, _, revision = place.partition("/")
            entry = entries()[name]
            known = (entry["revision"] or 0, (entry["upcoming"] or {}).get("revision", 0))
            assert int(revision) <= max(known), f"{number}: {place}"


def test_the_rest_of_the_findings_is_decided_too() -> None:
    table = yaml.safe_load(Path(__file__).with_name("findings-rest.yml").read_text(encoding="utf-8"))
    roles = yaml.safe_load((ROOT / "people.yml").read_text(encoding="utf-8"))["roles"]
    assert len(table) > 30
    for row in table:
        assert len(row.keys() & {"done", "answered", "open"}) == 1, row
        assert "open" not in row or (row["open"] in roles and row["why"]), row
        for place in row.get("done", []):
            name, _, revision = place.partition("/")
            assert int(revision) <= (entries()[name]["revision"] or 0), place


def lines_of_the_readme() -> list[list[str]]:
    """What the table of README names: what is to be seen, pages, records."""
    told = (ROOT / "README.md").read_text(encoding="utf-8").partition("### Where to see it in the sample")[2]
    table = told.partition("\nWaiting for")[0].split("\n")
    return [line.strip("| ").split(" | ") for line in table if line.startswith("| a")]


SHOWN = {
    "a rejection": ["reject", "approve"],
    "an approval by a deputy": ["approve"],
    "an editorial release": ["approve"],
    "a temporary sheet": ["approve", "approve"],
    "a periodic review": ["periodic-review"],
    "a withdrawal with its successor": ["withdraw"],
    "an older text reinstated": ["reinstate"],
    "an approval by mistake, corrected": ["correct"],
    "a text that replaces an approved one": ["approve"],
    "approved for later": ["approve", "approve"],
    "a translation up to date, and one behind": ["approve", "approve"],
    "a second policy": ["approve"],
    "a new workplace": ["approve", "review"],
    "a waiver": ["approve"],
    "a text that waits": ["baseline"],
    "a decision of the management review": ["approve", "approve"],
    "a breach told": ["approve", "approve"],
}


def test_every_line_of_the_readme_that_says_where_to_see_it_has_its_page_and_its_record() -> None:
    table = lines_of_the_readme()
    assert [next((name for name in SHOWN if row[0].startswith(name)), row[0]) for row in table] == list(SHOWN)
    for row, actions in zip(table, SHOWN.values(), strict=True):
        assert set(re.findall(r"EMS-[\w.-]+", row[1])) <= entries().keys(), row[1]
        found = [sorted((ROOT / "approvals").glob(record)) for record in re.findall(r"`([^`]+)`", row[2])]
        assert all(len(paths) == 1 for paths in found), row[2]
        records = [json.loads(paths[0].read_bytes()) for paths in found]
        assert [record["action"] for record in records] == actions, row[0]
        assert {record["document"] for record in records} - {"policy"} <= entries().keys()


def test_what_the_lines_of_the_readme_promise_is_what_the_commands_say() -> None:
    people = yaml.safe_load((ROOT / "people.yml").read_text(encoding="utf-8"))["people"]
    deputies = {name for name, person in people.items() if any(r.get("deputy") for r in person["roles"])}
    policy = yaml.safe_load((ROOT / "ems.yml").read_text(encoding="utf-8"))
    facts = {text.name: text.facts for text in documents()}
    assert {"i.vermeer", "w.bakker"} <= deputies
    assert facts["EMS-PRO-011"]["revisions"][0]["class"] == "editorial"
    assert sorted(facts[name]["until"].isoformat() for name in ("EMS-WI-011", "EMS-WI-012")) == [
        "2026-12-04",
        "2027-02-19",
    ]
    source = entries()["EMS-WI-005"]["revision"]
    followed = {name: facts[name]["translates"] for name in ("EMS-WI-005.de", "EMS-WI-005.nl")}
    assert followed == {"EMS-WI-005.de": f"EMS-WI-005/{source}", "EMS-WI-005.nl": f"EMS-WI-005/{source - 1}"}
    assert [waiver["document"] for waiver in policy["rules"]["waivers"]] == ["EMS-WI-005.nl"]
    assert entries()["EMS-PRO-003"]["state"] == "withdrawn"
    assert (entries()["EMS-FRM-003"]["revision"], entries()["EMS-FRM-007"]["revision"]) == (1, None)
    ended = [held for person in people.values() for held in person["roles"] if "until" in held]
    assert [held["role"] for held in ended] == ["purchasing-manager"]
