"""How a file becomes a standard, relations, or titles that an organisation puts in the place of the catalogue's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from ems_control.ground.organisation.clauses import DUTY_KINDS, Clause, Duty, Relation, Standard


def _clause(standard: str, raw: Mapping[str, Any]) -> Clause:
    entry: dict[str, Any] = {"assessable": not raw.get("heading_only"), **raw}
    entry["titles"] = entry.pop("title")
    entry |= {key: {"en": entry[key]} for key in ("titles", "summary") if isinstance(entry.get(key), str)}
    if not entry["titles"] or re.search(r"[\s/#]", entry["number"]):
        raise ValueError(f"clause {entry['number']!r} has no title, or a blank, / or # in its number")
    if unknown := entry.keys() - {known.name for known in fields(Clause)}:
        raise ValueError(f"clause {entry['number']} has a key that is not known: {', '.join(sorted(unknown))}")
    if wrong := [key.replace("titles", "title") for key, value in entry.items() if not _fits(key, value)]:
        raise ValueError(f"{wrong[0]} of clause {entry['number']} is not what it should be")
    duty = Duty(**entry.pop("duty")) if "duty" in entry else None
    if duty and not {duty.kind, duty.carried or duty.kind} <= DUTY_KINDS:
        raise ValueError(f"the duty of clause {entry['number']} is not one of {', '.join(sorted(DUTY_KINDS))}")
    paragraphs = tuple(entry.pop("paragraphs", ()))
    return Clause(**entry, standard=standard, duty=duty, paragraphs=paragraphs)


def _fits(key: str, value: Any) -> bool:
    if key in ("titles", "summary", "certainty", "reasons"):
        return isinstance(value, dict) and all(isinstance(one, str) for pair in value.items() for one in pair)
    if key in ("duty", "paragraphs"):
        inner = list(value.values()) if key == "duty" else value
        return isinstance(inner, list) and all(isinstance(one, str | bool | None) for one in inner)
    return isinstance(value, bool) if key in ("assessable", "heading_only", "ours") else isinstance(value, str | None)


def standard_of(data: Mapping[str, Any]) -> Standard:
    """A standard, from what its file holds; KeyError, TypeError or ValueError where it is none."""
    name, _, edition = data["id"].partition(":")
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*(:[A-Za-z0-9.-]+)?", data["id"]):
        raise ValueError(f"id {data['id']} is not in small letters like iso-14001:2015")
    if not isinstance(data.get("name", ""), str) or not isinstance(data["full_title"], str):
        raise ValueError("name or full_title is no text")
    clauses: dict[str, Clause] = {}
    for raw in data["clauses"]:
        clause = _clause(data["id"], raw)
        if clause.number in clauses:
            raise ValueError(f"clause {clause.number} stands twice")
        if clause.parent is not None and clause.parent not in clauses:
            raise ValueError(f"clause {clause.number} has a parent, {clause.parent}, that does not stand above it")
        clauses[clause.number] = clause
    own = {"id", "name", "standard", "edition", "full_title", "clauses"}
    more = {key: value for key, value in data.items() if key not in own}
    return Standard(data["id"], data.get("name", data["id"]), name, edition or None, data["full_title"], clauses, more)


def relations_of(data: Mapping[str, Any]) -> list[Relation]:
    """How the clauses of two standards relate, from what a file holds; errors as above."""
    level, reused = data.get("certainty", ""), data.get("other_meaning", ())
    return [
        Relation(
            number=row["from"],
            to=tuple(row["to"]),
            kind=row["kind"],
            note=row.get("note", ""),
            certainty=row.get("certainty", level),
            other_meaning=row["from"] in reused,
            beyond=row.get("beyond", ""),
        )
        for row in data["map"]
    ]


def with_titles(standard: Standard, data: Mapping[str, Any]) -> Standard:
    """A standard under the titles that a holder of its text gives; ValueError for a clause that it does not have.

    What somebody copied from the text itself is certain.
    """
    titles = data["titles"]
    if not isinstance(titles, dict) or not titles:
        raise ValueError("titles names no clause")
    if set(data) != {"titles_of", "titles"}:
        raise ValueError("beside titles_of and titles nothing is read")
    clauses = dict(standard.clauses)
    for number, given in titles.items():
        words = {"en": given} if isinstance(given, str) else given
        if number not in clauses:
            raise ValueError(f"{standard.id} has no clause {number}")
        if not _fits("titles", words) or not words or not all(text.strip() for text in words.values()):
            raise ValueError(f"the title of {number} is no text, nor one text for each language")
        if wrong := [language for language in words if not re.fullmatch(r"[a-z]{2}", language)]:
            raise ValueError(f"{wrong[0]} is no language like en, in the title of {number}")
        known = clauses[number]
        certain = {**known.certainty, **dict.fromkeys(words, "confirmed")}
        clauses[number] = replace(known, titles={**known.titles, **words}, certainty=certain, ours=False)
    return replace(standard, clauses=clauses)
