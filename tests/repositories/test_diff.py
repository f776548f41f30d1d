"""`ems diff` names everything that a signature covers, in the shape of the Contract; mere formatting is no change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.scene import DOC, ID, Scene, scene
from tests.running import ems

BODY = """\
## Limits {#limits}

Zinc must stay below 2.0 mg/l. Call 4444 at once.

1. Close the valve.
2. Tell the yard lead.

[Limits](limits.csv){ .table }

See [the plan](plan.pdf) and [the form](../forms/EMS-FRM-001.md).

![Drains](img/drains.png)

| Place | Limit |
| --- | --- |
| Yard | 200 l |
| Hall | 100 l |
"""
ZINC = "Zinc must stay below 2.0 mg/l."
CSV = "Substance,Limit\nZinc,2.0\nCopper,0.5\n"


def kinds(s: Scene) -> list[tuple[str, str, str | None, str | None]]:
    """What changes for people, without number and row of the revision, which always change."""
    outcome = ems(s.root, "diff", ID, "--format", "json", day="2026-06-01")
    assert outcome.status == 0, outcome.err
    found = [(one["kind"], one["where"], one["was"], one["now"]) for one in outcome.json["changes"]]
    return [one for one in found if one[1] not in ("revision", "revisions, row 2")]


@pytest.fixture
def s(tmp_path: Path) -> Scene:
    s = scene(tmp_path)
    head = s.read(DOC).split("\n---\n", 1)[0]
    s.write(DOC, f"{head}\n---\n{BODY}").write("docs/procedures/limits.csv", CSV).write(
        "docs/procedures/plan.pdf", "one\0"
    )
    s.keys(revision="2", status="submitted")
    s.replace(
        DOC, "revisions:\n", "revisions:\n  - {revision: 2, date: 2026-01-09, author: a.author, change: Limits.}\n"
    )
    s.commit()
    s.approve()
    text = (
        s.read(DOC)
        .replace("revision: 2\n", "revision: 3\n", 1)
        .replace("revisions:\n", "revisions:\n  - {revision: 3, date: 2026-01-11, author: a.author, change: More.}\n")
    )
    return s.write(DOC, text)


def changed(s: Scene) -> list[tuple[str, str, str | None, str | None]]:
    s.commit()
    found = kinds(s)
    return [one for one in found if one[1] != "revisions, row 3"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "2.0 mg/l",
            "9.0 mg/l",
            ("limit", "Limits", ZINC, "Zinc must stay below 9.0 mg/l."),
        ),
        (
            "must stay",
            "may stay",
            ("duty", "Limits", ZINC, "Zinc may stay below 2.0 mg/l."),
        ),
        ("Call 4444", "Call 5555", ("telephone", "Limits", "Call 4444 at once.", "Call 5555 at once.")),
        ("yard lead", "manager", ("role", "Limits", "Tell the yard lead.", "Tell the manager.")),
        ("the valve", "the tap", ("text", "Limits", "Close the valve.", "Close the tap.")),
        ("| 200 l", "| 900 l", ("limit", "Limits, Yard, Limit", "200 l", "900 l")),
        ("| Hall | 100 l |\n", "", ("limit", "Limits", "Hall | 100 l", None)),
        ("EMS-FRM-001", "EMS-FRM-002", ("text", "link", "../forms/EMS-FRM-001.md", "../forms/EMS-FRM-002.md")),
        ("## Limits", "## Values", ("text", "", "Limits", "Values")),
        ("effective: 2026-01-01", "effective: 2026-04-01", ("metadata", "effective", "2026-01-01", "2026-04-01")),
        ("owner: lead", "owner: manager", ("metadata", "owner", "lead", "manager")),
    ],
)
def test_words_and_front_matter(s: Scene, old: str, new: str, expected: tuple[str, ...]) -> None:
    s.replace(DOC, old, new)
    assert expected in changed(s)


def test_steps_in_another_order(s: Scene) -> None:
    s.replace(DOC, "1. Close the valve.\n2. Tell the yard lead.", "1. Tell the yard lead.\n2. Close the valve.")
    assert [one[0] for one in changed(s)] == ["order"]


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ("Substance,Limit\nZinc,9.0\nCopper,0.5\n", [("limit", "Limits, Zinc, Limit", "2.0", "9.0")]),
        ("Substance,Limit\nZinc,2.0\n", [("table", "Limits, Copper", "Copper | 0.5", None)]),
        ("Substance,Limit\nZinc,2.0\nCopper,0.5\nLead,0.1\n", [("table", "Limits, Lead", None, "Lead | 0.1")]),
        ("Substance;Limit\r\nZinc;2.0\r\nCopper;0.5\r\n", []),
        ('"Substance","Limit"\n"Zinc","2.0"\n"Copper","0.5"\n', []),
    ],
)
def test_tables_cell_by_cell(s: Scene, new: str, expected: list[tuple[str, ...]]) -> None:
    s.write("docs/procedures/limits.csv", new)
    assert changed(s) == expected


def test_cells_that_are_not_shown_are_told_as_a_file(s: Scene) -> None:
    s.replace(DOC, "{ .table }", '{ .table columns="Substance" }').commit()
    s.write("docs/procedures/limits.csv", CSV.replace("2.0", "9.0"))
    found = changed(s)
    assert any(one[:2] in (("attachment", "limits.csv"), ("table", "Limits")) for one in found)


def test_a_table_that_cannot_be_read_is_told_as_a_file(s: Scene) -> None:
    s.write("docs/procedures/limits.csv", CSV + "Lead\n")
    assert [one[:2] for one in changed(s)] == [("attachment", "limits.csv")]


def test_pictures_and_attachments_are_told_as_exchanged(s: Scene) -> None:
    s.write("docs/procedures/plan.pdf", "two\0").write("docs/procedures/img/drains.png", "other")
    found = changed(s)
    assert [one[:2] for one in found] == [("picture", "img/drains.png"), ("attachment", "plan.pdf")]
    assert all(was and now and was != now for _, _, was, now in found)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Zinc must stay below 2.0 mg/l. Call", "Zinc must stay\nbelow 2.0 mg/l.\nCall"),
        ("Close the valve.", "**Close** the valve."),
        ("| --- | --- |", "|:----|:----|"),
        ("1. Close", "1.  Close"),
    ],
)
def test_mere_formatting_is_no_change(s: Scene, old: str, new: str) -> None:
    s.replace(DOC, old, new)
    assert changed(s) == []


def test_an_anchor_of_its_own_is_a_change(s: Scene) -> None:
    s.replace(DOC, "{#limits}", "{#values}")
    assert [one[0] for one in changed(s)] == ["text"]


def test_people_read_the_same(s: Scene) -> None:
    s.write("docs/procedures/limits.csv", CSV.replace("2.0", "9.0")).keys(effective="2026-04-01").commit()
    outcome = ems(s.root, "diff", ID, day="2026-06-01")
    assert "Limits, Zinc, Limit: 2.0 → 9.0" in outcome.out
    assert "effective: 2026-01-01 → 2026-04-01" in outcome.out


def test_the_shape(s: Scene) -> None:
    s.commit()
    data: dict[str, Any] = json.loads(ems(s.root, "diff", ID, "--format", "json", day="2026-06-01").out)
    assert {"version", "document", "from", "to", "lines", "changes"} <= set(data)
    assert all(set(one) == {"kind", "where", "was", "now"} for one in data["changes"])
