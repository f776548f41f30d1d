"""The standards catalogue: clauses of every edition, and how they relate.

The facts are package data (`catalogue/*.yml`, made by tests/tools/make_catalogue.py); a handbook may add files of
the same shape.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from ems_control.ground.errors import EmsError
from ems_control.ground.formats.factfile import read_facts
from ems_control.ground.organisation.references import Reference, parse

STANDARDS = ("iso-14001-2015", "iso-14001-2026", "emas", "iso-9001-2015")
RELATIONS = (
    "relations/emas--iso-14001-2015",
    "relations/iso-14001-2015--iso-14001-2026",
    "relations/iso-14001-2015--iso-9001-2015",
    "relations/iso-14001-2026--iso-9001-2015",
)
DOUBTS = {
    "general": "Believed right, but no source was seen.",
    "uncertain": "Sources disagree, or none was found.",
}
DUTY_KINDS = {"maintain", "retain", "both", "available", "scope", "control"}

Key = tuple[str, str]
"""One clause of one standard: standard id and number, `("iso-14001:2015", "8.2")`."""


@dataclass(frozen=True, slots=True)
class Duty:
    """The documented information that a clause asks for.

    `kind`: maintain (a document), retain (evidence), both, available (the text does not say which; `carried` is then
    the kind of the edition before), scope and control (7.5.1, 7.5.3: about documents as such). `to_extent`: asked
    only as far as needed or appropriate; None where not known.
    """

    kind: str
    subject: str = ""
    to_extent: bool | None = None
    certainty: str = "confirmed"
    carried: str | None = None
    note: str = ""

    @property
    def evidence(self) -> bool:
        """Whether evidence (a record) answers it, rather than a document."""
        return (self.carried or self.kind) == "retain"


@dataclass(frozen=True, slots=True)
class Clause:
    """One numbered requirement or heading of one edition.

    `titles` and `summary` (our own words) by language; `certainty`, and the `reasons` for doubt, by language and
    `number`. `optional`: counts only under this condition. `not_applicable`: who may declare that it does not apply.
    `paragraphs`: numbered parts without a title, which count for this clause. `change`: what this edition changed.
    `believed_number`: the number that a clause cited by name is thought to have. `ours`: the title is in our words,
    the law has none.
    """

    standard: str
    number: str
    titles: Mapping[str, str] = field(hash=False)
    certainty: Mapping[str, str] = field(default_factory=dict, hash=False)
    reasons: Mapping[str, str] = field(default_factory=dict, hash=False)
    assessable: bool = True
    heading_only: bool = False
    parent: str | None = None
    duty: Duty | None = None
    summary: Mapping[str, str] = field(default_factory=dict, hash=False)
    note: str = ""
    change: str = ""
    optional: str | None = None
    not_applicable: str | None = None
    believed_number: str | None = None
    same_as: str | None = None
    ours: bool = False
    paragraphs: tuple[str, ...] = ()

    def title(self, language: str = "en") -> str:
        """The title in a language, else in English, else in any."""
        return self.titles[self._shown(language)]

    def _shown(self, language: str) -> str:
        return next((known for known in (language, "en") if known in self.titles), next(iter(self.titles)))

    def to_verify(self, language: str = "en") -> str | None:
        """Why the number, or the title that `title` gives, is to be verified; None where both are certain."""
        for key in ("number", self._shown(language)):
            if doubt := DOUBTS.get(self.certainty.get(key, "")):
                return f"{doubt} {self.reasons.get(key, '')}".strip()
        return None


@dataclass(frozen=True, eq=False)
class Standard:
    """One edition of a standard; `clauses` by number, in order; `facts`: publication, transition, sources and so on."""

    id: str
    name: str
    standard: str
    edition: str | None
    title: str
    clauses: Mapping[str, Clause]
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Relation:
    """What one clause corresponds to in another standard or edition. Only kind `same` counts as coverage.

    Other kinds: continued, renumbered, split, dropped (editions); extends, feeds, related (EMAS); theme, partial, none
    (ISO 9001). `certainty` is empty where not stated; `other_meaning`: the number is there too, for another theme;
    `beyond`: what the other text has besides, so that it counts for this one, but this one not for it.
    """

    number: str
    to: tuple[str, ...]
    kind: str
    note: str = ""
    certainty: str = ""
    other_meaning: bool = False
    beyond: str = ""


class Catalogue:
    """All standards that references may name: `standards` by id."""

    def __init__(self, files: Mapping[str, Mapping[str, Any]]) -> None:
        """From file names and what they hold; EmsError where two files have one key or one cannot be used."""
        self._files = dict(files)
        self.standards: dict[str, Standard] = {}
        self._relations: dict[Key, list[Relation]] = {}
        origin: dict[object, str] = {}
        for name, data in self._files.items():
            try:
                key: Any = data["id"] if "clauses" in data else (data["from"], data["to"])
                if key in origin:
                    raise EmsError(f"{key} stands in two files: {origin[key]} and {name}. Keep one, or change one id.")
                if "clauses" in data:
                    self.standards[key] = _standard(data)
                else:
                    self._relations[key] = _relations(data)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
                wanted = "A standard has id, full_title and clauses, each with number and title."
                raise EmsError(f"{name} is no standard that can be read: {what}. {wanted}") from error
            origin[key] = name
        self._same = self._same_texts()

    @classmethod
    def load(cls) -> Catalogue:
        """The packaged catalogue, read once."""
        return _packaged()

    def with_files(self, paths: Iterable[Path], below: Path | None = None) -> Catalogue:
        """This catalogue plus a handbook's own standards and relations, with the same rights; EmsError as above.

        Messages name the files as seen from `below`.
        """
        added: dict[str, Mapping[str, Any]] = {}
        for path in paths:
            name = path.relative_to(below).as_posix() if below and path.is_relative_to(below) else str(path)
            try:
                added[name] = read_facts(name, path.read_bytes())
            except OSError as error:
                raise EmsError(f"{name} cannot be read: {error.strerror}.") from error
        return Catalogue(self._files | added)

    def get(self, standard_id: str) -> Standard:
        """The standard with this id, `iso-14001:2026`; EmsError naming the known ones where there is none."""
        if standard_id not in self.standards:
            raise EmsError(f"there is no standard {standard_id}. Known are {', '.join(self.standards)}.")
        return self.standards[standard_id]

    def clause(self, reference: Reference) -> Clause:
        """The clause that a parsed reference counts for."""
        return self.standards[reference.standard].clauses[reference.number]

    def assessable(self, standard_id: str) -> list[Clause]:
        """The clauses that coverage is about, in order: no headings, nothing optional."""
        return [clause for clause in self.get(standard_id).clauses.values() if clause.assessable]

    def counts_for(self, reference: Reference) -> tuple[Key, ...]:
        """The clause itself, then those with the same text: ISO 14001:2015 8.2 and EMAS A.8.2."""
        return self.same_text((reference.standard, reference.number))

    def same_text(self, key: Key) -> tuple[Key, ...]:
        """A clause, then those of other standards that have the same text."""
        return self._same.get(key, (key,))

    def headings_over(self, key: Key) -> list[str]:
        """The number of a clause, then those of the headings above it that ask nothing by themselves."""
        clauses, found = self.standards[key[0]].clauses, [key[1]]
        while (parent := clauses[found[-1]].parent) and clauses[parent].heading_only:
            found.append(parent)
        return found

    def below(self, key: Key) -> list[str]:
        """The number of a clause; for a heading, its number and those of the clauses below it."""
        home, number = key
        clauses = self.standards[home].clauses
        if number not in clauses or not clauses[number].heading_only:
            return [number]
        return [other for other in clauses if number in self.headings_over((home, other))]

    def relations(self, from_id: str, to_id: str) -> list[Relation]:
        """How the clauses of one standard relate to another's, read in either direction; a number may come twice."""
        if (from_id, to_id) in self._relations:
            return self._relations[from_id, to_id]
        back = self._relations.get((to_id, from_id), [])
        there = {row.number: row.other_meaning for row in back}
        pairs = [(number, row) for row in back for number in row.to]
        found = [Relation(n, (r.number,), r.kind, r.note, r.certainty, there.get(n, False), r.beyond) for n, r in pairs]
        lone = {n for n, reused in there.items() if reused} - {n for n, _ in pairs}
        return found + [Relation(n, (), "none", other_meaning=True) for n in sorted(lone)]

    def parse(self, text: str) -> Reference:
        """What a reference means, `iso-14001:2026/8.2#scenarios`; ReferenceProblem says what to write instead."""
        return parse(self, text)

    def _same_texts(self) -> dict[Key, tuple[Key, ...]]:
        rows = [(pair, row) for pair, found in self._relations.items() for row in found if row.kind == "same"]
        pairs = [((pair[0], row.number), (pair[1], number)) for pair, row in rows for number in row.to]
        for clause in (clause for standard in self.standards.values() for clause in standard.clauses.values()):
            if clause.same_as:
                home, _, number = clause.same_as.rpartition("/")
                pairs.append(((clause.standard, clause.number), (home, number)))
        groups: dict[Key, list[Key]] = {}
        for one, other in pairs:
            for home, number in (one, other):
                if home not in self.standards or number not in self.standards[home].clauses:
                    raise EmsError(f"{'/'.join(one)} is said to be the same as {'/'.join(other)}: no {home}/{number}.")
            joined = list(dict.fromkeys(groups.get(one, [one]) + groups.get(other, [other])))
            groups.update(dict.fromkeys(joined, joined))
        same = {key: dict.fromkeys([key, *joined]) for key, joined in groups.items()}
        for pair, row in ((pair, row) for pair, row in rows if row.beyond):
            for number in row.to:
                same[pair[0], row.number].pop((pair[1], number), None)
        return {key: tuple(joined) for key, joined in same.items()}


def facts(name: str) -> Mapping[str, Any]:
    """A packaged file as it is: family, indicators, document-control, sources, or a relation; every value is text."""
    return read_facts(
        f"{name}.yml of the package", (resources.files(__package__) / f"catalogue/{name}.yml").read_bytes()
    )


@cache
def _packaged() -> Catalogue:
    return Catalogue({f"{name}.yml of the package": facts(name) for name in STANDARDS + RELATIONS})


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


def _standard(data: Mapping[str, Any]) -> Standard:
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


def _relations(data: Mapping[str, Any]) -> list[Relation]:
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
