"""About the standards: what the catalogue holds, what readers ask, and the ISO 14000 family in its two areas."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from ems_control.ground.markdown.markup import escape, link
from ems_control.ground.organisation.standards import Standard, facts
from ems_control.handbook import addresses
from ems_control.site.cells import Cells
from ems_control.site.page import Page
from ems_control.site.pages.questions import asked, questions

AREAS = ("organisation_evaluation", "product_evaluation")
CATALOGUE = ("standard", "title", "published", "assessable", "remark")
MADE_WITH = {
    "theme": ("Material for MkDocs", "https://squidfunk.github.io/mkdocs-material/"),
    "engine": ("MkDocs", "https://www.mkdocs.org/"),
    "search": ("Pagefind", "https://pagefind.app/"),
}
"""Whose work the pages are built on, with their addresses: said here, once."""
FAMILY = ("number", "title", "edition", "remark")


def about(cells: Cells) -> Page:
    """The page, from the facts of the catalogue and the family."""
    words, family = cells.words, facts("family")
    day = words.day(date.fromisoformat(asked()["looked"]))
    parts = [escape(words("about intro")), _catalogue(cells), questions(cells)]
    for area in AREAS:
        parts.append(f"## {escape(words(f'family.{area}'))}")
        for group, rows in family[area].items():
            heading = words.known(f"family.{group}", group.replace("_", " "))
            parts.append(f"### {escape(heading)}\n\n{cells.table(FAMILY, [_member(cells, row) for row in rows], '')}")
    parts.append(escape(words("editions seen", day=day)))
    names = {key: link(name, address) for key, (name, address) in MADE_WITH.items()}
    parts.append(f"## {escape(words('made with'))}\n\n{words('made with text', **names)}")
    return Page(addresses.ABOUT, words("about title"), "\n\n".join(part.rstrip("\n") for part in parts) + "\n")


def _catalogue(cells: Cells) -> str:
    rows = []
    for standard in cells.handbook.catalogue.standards.values():
        assessable = sum(clause.assessable for clause in standard.clauses.values())
        rows.append(
            [
                cells.standard(standard.id, addresses.ABOUT),
                escape(cells.told(standard.title)),
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
    """What a reader should know of an edition: whether it is claimed, amendments, consolidation."""
    told = standard.facts
    found = [cells.words("claimed")] if standard.id in cells.handbook.policy.standards else []
    for amendment in told.get("amendments", ()):
        clauses = ", ".join(amendment.get("clauses_changed", ()))
        title = cells.told(amendment.get("title", amendment.get("id", "")))
        found.append(cells.words("amended", title=title, clauses=clauses))
    if consolidated := told.get("consolidated", {}).get("label"):
        found.append(cells.words("consolidated", label=consolidated))
    unseen = sum(bool(clause.to_verify(cells.words.language)) for clause in standard.clauses.values())
    if unseen:
        found.append(cells.words("not seen", count=unseen, all=len(standard.clauses)))
    return [text for text in found if text]


def _member(cells: Cells, row: Mapping[str, Any]) -> list[str]:
    remarks = [cells.words("replaced by", links=row["replaced_by"])] if row.get("replaced_by") else []
    if row.get("history"):
        remarks.append(cells.words("editions", list=", ".join(row["history"])))
    if row.get("certainty") == "confirmed":
        remarks.append(cells.words("edition seen"))
    return [
        cells.fragments.number(escape(row["id"])),
        escape(cells.told(row["title"])),
        escape(cells.told(row.get("edition", ""))),
        escape(" ".join(remarks)),
    ]
