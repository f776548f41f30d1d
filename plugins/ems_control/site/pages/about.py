"""About the standards: what the catalogue holds, the ISO 14000 family in its two areas, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from ems_control.ground.formats.markup import escape
from ems_control.ground.organisation.standards import DOUBTS, Standard, facts
from ems_control.handbook import addresses
from ems_control.site.cells import Cells
from ems_control.site.page import Page

AREAS = ("organisation_evaluation", "product_evaluation")
CATALOGUE = ("standard", "title", "published", "assessable", "remark")
FAMILY = ("number", "title", "edition", "remark")


def about(cells: Cells) -> Page:
    """The page, from the facts of the catalogue and the family."""
    words, family = cells.words, facts("family")
    parts = [escape(words("about intro")), _catalogue(cells)]
    for area in AREAS:
        parts.append(f"## {escape(words(f'family.{area}'))}")
        for group, rows in family[area].items():
            heading = words.known(f"family.{group}", group.replace("_", " "))
            parts.append(f"### {escape(heading)}\n\n{cells.table(FAMILY, [_member(cells, row) for row in rows], '')}")
    rows = [_ancestor(cells, row) for row in family["ancestors"]]
    parts.append(f"## {escape(words('family.ancestors'))}\n\n{cells.table(('standard', 'remark'), rows, '')}")
    parts.append(_legend(cells))
    return Page(addresses.ABOUT, words("about title"), "\n\n".join(part.rstrip("\n") for part in parts) + "\n")


def _catalogue(cells: Cells) -> str:
    rows = []
    for standard in cells.handbook.catalogue.standards.values():
        assessable = sum(clause.assessable for clause in standard.clauses.values())
        rows.append(
            [
                cells.standard(standard.id, addresses.ABOUT),
                escape(standard.title),
                _day(cells, standard.facts.get("published") or standard.facts.get("adopted") or ""),
                str(assessable),
                "<br>".join(map(escape, _notes(cells, standard))),
            ]
        )
    return f"## {escape(cells.words('in the catalogue'))}\n\n{cells.table(CATALOGUE, rows, '')}"


def _day(cells: Cells, text: str) -> str:
    try:
        return cells.words.cell(date.fromisoformat(text))
    except ValueError:
        return escape(text)


def _notes(cells: Cells, standard: Standard) -> list[str]:
    """What a reader should know of an edition: its state, amendments, consolidation, which ISO text it repeats."""
    told = standard.facts
    found = [cells.words("claimed")] if standard.id in cells.handbook.policy.standards else []
    found.append(str(told.get("status", "")))
    for amendment in told.get("amendments", ()):
        clauses = ", ".join(amendment.get("clauses_changed", ()))
        found.append(cells.words("amended", title=amendment.get("title", amendment.get("id", "")), clauses=clauses))
    if consolidated := told.get("consolidated", {}).get("label"):
        found.append(cells.words("consolidated", label=consolidated))
    found.append(str(told.get("iso_14001_2026", {}).get("consequence", "")))
    return [text for text in found if text]


def _member(cells: Cells, row: Mapping[str, Any]) -> list[str]:
    remarks = [cells.words("replaced by", links=row["replaced_by"])] if row.get("replaced_by") else []
    if row.get("history"):
        remarks.append(cells.words("editions", list=", ".join(row["history"])))
    mark = cells.certainty(row.get("certainty", ""))
    return [
        cells.fragments.number(escape(row["id"])),
        escape(row["title"]),
        escape(row.get("edition", "")),
        " ".join(part for part in (escape(" ".join(remarks)), mark) if part),
    ]


def _ancestor(cells: Cells, row: Mapping[str, Any]) -> list[str]:
    said = "; ".join(str(row[key]) for key in ("published", "note") if row.get(key))
    mark = cells.certainty(row.get("certainty", ""))
    return [escape(row["id"]), " ".join(part for part in (escape(said), mark) if part)]


def _legend(cells: Cells) -> str:
    mark = escape(cells.words("verify mark"))
    return f"{mark}: {escape(cells.words('verify legend'))} {escape(' '.join(DOUBTS.values()))}"
