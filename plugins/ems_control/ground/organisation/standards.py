"""The standards catalogue: clauses of every edition, and how they relate.

The facts are package data (`catalogue/*.yml`, made by tests/tools/make_catalogue.py); a handbook may add files of
the same shape, and the titles of a text that it holds a licence of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from ems_control.ground.errors import EmsError
from ems_control.ground.formats.factfile import read_facts
from ems_control.ground.organisation.clauses import DOUBTS, DUTY_KINDS, Clause, Duty, Key, Relation, Standard
from ems_control.ground.organisation.references import Reference, parse
from ems_control.ground.organisation.standard_files import relations_of, standard_of, with_titles

__all__ = ["DOUBTS", "DUTY_KINDS", "Catalogue", "Clause", "Duty", "Key", "Relation", "Standard", "facts"]

STANDARDS = ("iso-14001-2015", "iso-14001-2026", "emas", "iso-9001-2015")
RELATIONS = (
    "relations/emas--iso-14001-2015",
    "relations/iso-14001-2015--iso-14001-2026",
    "relations/iso-14001-2015--iso-9001-2015",
    "relations/iso-14001-2026--iso-9001-2015",
)


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
                key = _key(data)
                if key in origin:
                    raise EmsError(f"{key} stands in two files: {origin[key]} and {name}. Keep one, or change one id.")
                if "titles_of" in data:
                    self.standards[data["titles_of"]] = with_titles(self.standards[data["titles_of"]], data)
                elif "clauses" in data:
                    self.standards[data["id"]] = standard_of(data)
                else:
                    self._relations[data["from"], data["to"]] = relations_of(data)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
                wanted = "A standard has id, full_title and clauses, each with number and title."
                if "titles_of" in data:
                    wanted = 'Titles are written like this: titles_of: iso-14001:2026, titles: {"4.1": {en: Title}}.'
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


def _key(data: Mapping[str, Any]) -> object:
    """What only one file may be about: a standard, a pair of standards, the titles of one."""
    if "titles_of" in data:
        return ("titles of", data["titles_of"])
    return data["id"] if "clauses" in data else (data["from"], data["to"])


def facts(name: str) -> Mapping[str, Any]:
    """A packaged file as it is: family, indicators, document-control, sources, or a relation; every value is text."""
    return read_facts(
        f"{name}.yml of the package", (resources.files(__package__) / f"catalogue/{name}.yml").read_bytes()
    )


@cache
def _packaged() -> Catalogue:
    return Catalogue({f"{name}.yml of the package": facts(name) for name in STANDARDS + RELATIONS})
