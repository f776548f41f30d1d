"""The standards catalogue: clauses of every edition, how they relate, and what a clause reference means.

The facts are package data (`catalogue/*.yml`, made by tests/tools/make_catalogue.py); a handbook may add files of
the same shape. Design section 4 has the spelling of references.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from ems_control.ground.errors import EmsError

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
REFERENCE = re.compile(
    r"(?P<id>(?P<standard>[^\s:/#]+)(?::(?P<edition>[^\s:/#]+))?)/(?P<number>[^#]+)(?:#(?P<anchor>[^\s#]+))?"
)
SPOKEN = re.compile(r"iso[\s-]*(\d+)(?:\s*:\s*(\d{4}))?[\s,/]*(?:clause|§)?\s*([\d.]+\d)", re.IGNORECASE)
SEVERAL = re.compile(r"\s*(?:-|–|—|\.\.+|\bto\b|\bbis\b|\btot\b|\bt/m\b|(?P<list>[,;/&+]|\band\b))\s*")
EXAMPLE = "Write standard:edition/clause, for example iso-14001:2026/8.2 or emas/A.8.2."

Key = tuple[str, str]
"""One clause of one standard: standard id and number, `("iso-14001:2015", "8.2")`."""


class ReferenceProblem(EmsError):  # noqa: N818 (its name in the design of the rules)
    """A clause reference that cannot be used: `message` says why, `fix` what to write instead.

    `kind` is malformed, no-edition, unknown-standard, unknown-clause, heading-only, range or case.
    """

    def __init__(self, kind: str, message: str, fix: str) -> None:
        super().__init__(f"{message}. {fix}")
        self.kind, self.message, self.fix = kind, message, fix


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
    `believed_number`: the number that a clause cited by name is thought to have.
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
class Reference:
    """A clause reference; `number` is the clause it counts for, `anchor` the heading, `text` what the document says."""

    standard: str
    number: str
    anchor: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Relation:
    """What one clause corresponds to in another standard or edition. Only kind `same` counts as coverage.

    Other kinds: continued, renumbered, split, dropped (editions); extends, feeds, related (EMAS); theme, partial, none
    (ISO 9001). `certainty` is empty where not stated; `other_meaning`: the number is there too, for another theme.
    """

    number: str
    to: tuple[str, ...]
    kind: str
    note: str = ""
    certainty: str = ""
    other_meaning: bool = False


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

    def with_files(self, paths: Iterable[Path]) -> Catalogue:
        """This catalogue plus a handbook's own standards and relations, with the same rights; EmsError as above."""
        try:
            added = {str(path): _read(str(path), path.read_bytes()) for path in paths}
        except OSError as error:
            raise EmsError(f"{error.filename} cannot be read: {error.strerror}.") from error
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
        key = (reference.standard, reference.number)
        return self._same.get(key, (key,))

    def relations(self, from_id: str, to_id: str) -> list[Relation]:
        """How the clauses of one standard relate to another's, read in either direction; a number may come twice."""
        if (from_id, to_id) in self._relations:
            return self._relations[from_id, to_id]
        back = self._relations.get((to_id, from_id), [])
        there = {row.number: row.other_meaning for row in back}
        pairs = [(number, row) for row in back for number in row.to]
        found = [Relation(n, (r.number,), r.kind, r.note, r.certainty, there.get(n, False)) for n, r in pairs]
        lone = {n for n, reused in there.items() if reused} - {n for n, _ in pairs}
        return found + [Relation(n, (), "none", other_meaning=True) for n in sorted(lone)]

    def parse(self, text: str) -> Reference:
        """What a reference means, `iso-14001:2026/8.2#scenarios`; ReferenceProblem says what to write instead."""
        match = REFERENCE.fullmatch(text)
        if match is None:
            raise self._malformed(text)
        standard = self.standards.get(match["id"])
        if standard is None:
            raise self._unknown_standard(match)
        wanted = match["number"]
        owners = (clause for clause in standard.clauses.values() if wanted in clause.paragraphs)
        clause = standard.clauses.get(wanted) or next(owners, None)
        if clause is None:
            raise self._unknown_clause(standard, wanted)
        if not (clause.assessable or clause.optional):
            inside = [
                found for found in standard.clauses.values() if found.assessable and _is_below(found, clause, standard)
            ]
            message = f"{text}: {clause.title()} is a heading of {standard.name} and asks nothing by itself"
            fix = f"Write the clause below it that is answered: {_listed(inside)}." if inside else "Leave it out."
            raise ReferenceProblem("heading-only", message, fix)
        return Reference(standard.id, clause.number, match["anchor"], text)

    def _malformed(self, text: str) -> ReferenceProblem:
        bare = text.strip()
        homes = [standard.clauses[bare] for standard in self.standards.values() if bare in standard.clauses]
        if homes:
            fix = _choice(homes)
            if re.fullmatch(r"\d+\.\d+", bare):
                fix += f" If {bare}0 was meant: YAML reads {bare}0 without quotation marks as the number {bare}."
            return ReferenceProblem("no-edition", f"{bare} names no standard and edition", fix)
        if spoken := SPOKEN.fullmatch(bare):
            number, edition, clause = spoken.groups()
            try:
                guess = self.parse(f"iso-{number}{':' + edition if edition else ''}/{clause}")
            except ReferenceProblem as problem:
                return problem
            return ReferenceProblem("malformed", f"{bare} is not spelled as a reference", f"Write {guess.text}.")
        if bare.rstrip("/") in self.standards:
            first = self.assessable(bare.rstrip("/"))[:1]
            return ReferenceProblem("malformed", f"{bare} names no clause", f"Add one, for example {_listed(first)}.")
        return ReferenceProblem("malformed", f"{text!r} is not a clause reference", EXAMPLE)

    def _unknown_standard(self, match: re.Match[str]) -> ReferenceProblem:
        name, edition, number = match["standard"], match["edition"], match["number"]
        editions = [standard for standard in self.standards.values() if standard.standard == name.lower()]
        if name != name.lower() and editions:
            return ReferenceProblem(
                "case", f"{match['id']} has capitals", f"Write {match[0].replace(name, name.lower(), 1)}."
            )
        if not editions:
            close = difflib.get_close_matches(match["id"], self.standards, 3, 0.5) or list(self.standards)
            fix = f"Write {' or '.join(close)}, or add the standard as a file of the handbook."
            return ReferenceProblem("unknown-standard", f"{match['id']} is not in the catalogue", fix)
        if editions[0].edition is None:
            return ReferenceProblem("unknown-standard", f"{name} has no editions", f"Write {name}/{number}.")
        homes = [standard.clauses[number] for standard in editions if number in standard.clauses]
        fix = _choice(homes) if homes else f"Write {' or '.join(f'{standard.id}/…' for standard in editions)}."
        if edition is None:
            message = f"{match[0]} names no edition, and a number can mean different things in each"
            return ReferenceProblem("no-edition", message, fix)
        return ReferenceProblem("unknown-standard", f"{name} has no edition {edition} here", fix)

    def _unknown_clause(self, standard: Standard, number: str) -> ReferenceProblem:
        clauses, message = standard.clauses, f"{standard.name} has no clause {number}"
        if several := _several(standard, number):
            message = f"{number} is more than one clause"
            return ReferenceProblem("range", message, f"Write one reference for each: {_listed(several)}.")
        if right := {known.casefold(): known for known in clauses}.get(number.casefold()):
            return ReferenceProblem("case", message, f"Write {standard.id}/{right}: capitals and small letters count.")
        named = [clause for clause in clauses.values() if clause.believed_number]
        if re.fullmatch(r"B\.?\d+", number) and named:
            message += (
                ": Part B is cited by name, because its numbers are not confirmed and had other meanings before 2017"
            )
            return ReferenceProblem("unknown-clause", message, _choice(named))
        for entry in standard.facts.get("outline", ()):
            if entry["number"] == number:
                message = f"{number} of {standard.name} ({entry['title']['en']}) asks nothing of organisations"
                return ReferenceProblem("unknown-clause", message, "Leave it out.")
        homes = []
        for other in self.standards.values():
            if other.standard == standard.standard and number in other.clauses:
                rows = [row for row in self.relations(other.id, standard.id) if row.number == number]
                homes += [clauses[target] for row in rows for target in row.to] + [other.clauses[number]]
        guesses = [number.strip(" ."), f"A.{number}", f"annex-{number}", re.sub(r"^A(?=\d)", "A.", number)]
        guesses += difflib.get_close_matches(number, clauses, 3)
        likely = homes or [clauses[guess] for guess in dict.fromkeys(guesses) if guess in clauses]
        return ReferenceProblem("unknown-clause", message, _choice(likely) if likely else EXAMPLE)

    def _same_texts(self) -> dict[Key, tuple[Key, ...]]:
        rows = ((pair, row) for pair, found in self._relations.items() for row in found if row.kind == "same")
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
        return {key: tuple(dict.fromkeys([key, *joined])) for key, joined in groups.items()}


def facts(name: str) -> Mapping[str, Any]:
    """A packaged file as it is: family, indicators, document-control, sources, or a relation; every value is text."""
    return _read(f"{name}.yml of the package", (resources.files(__package__) / f"catalogue/{name}.yml").read_bytes())


@cache
def _packaged() -> Catalogue:
    return Catalogue({f"{name}.yml of the package": facts(name) for name in STANDARDS + RELATIONS})


def _read(name: str, data: bytes) -> Mapping[str, Any]:
    try:
        found = yaml.load(data, Loader=_TEXT_LOADER)  # noqa: S506 (a safe loader)
    except yaml.YAMLError as error:
        raise EmsError(f"{name} is not YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(found, dict):
        raise EmsError(f"{name} holds no standard. It starts with id, full_title and clauses.")
    return found


def _text_loader() -> Any:
    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    typed = {"tag:yaml.org,2002:bool", "tag:yaml.org,2002:null"}
    resolvers = {
        first: [(tag, pattern) for tag, pattern in found if tag in typed]
        for first, found in base.yaml_implicit_resolvers.items()
    }
    return type("TextLoader", (base,), {"yaml_implicit_resolvers": resolvers})


# Numbers and dates stay text: read as a number, clause 6.10 would be clause 6.1.
_TEXT_LOADER = _text_loader()


def _clause(standard: str, raw: Mapping[str, Any]) -> Clause:
    entry: dict[str, Any] = {"assessable": not raw.get("heading_only"), **raw}
    entry["titles"] = entry.pop("title")
    for key in ("titles", "summary"):
        if isinstance(entry.get(key), str):
            entry[key] = {"en": entry[key]}
    if not entry["titles"] or re.search(r"[\s/#]", entry["number"]):
        raise ValueError(f"clause {entry['number']!r} has no title, or a blank, / or # in its number")
    if unknown := entry.keys() - {known.name for known in fields(Clause)}:
        raise ValueError(f"clause {entry['number']} has a key that is not known: {', '.join(sorted(unknown))}")
    duty = Duty(**entry.pop("duty")) if "duty" in entry else None
    paragraphs = tuple(entry.pop("paragraphs", ()))
    return Clause(**entry, standard=standard, duty=duty, paragraphs=paragraphs)


def _standard(data: Mapping[str, Any]) -> Standard:
    name, _, edition = data["id"].partition(":")
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*(:[A-Za-z0-9.-]+)?", data["id"]):
        raise ValueError(f"id {data['id']} is not in small letters like iso-14001:2015")
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
        )
        for row in data["map"]
    ]


def _listed(clauses: Iterable[Clause]) -> str:
    found = list(dict.fromkeys(clauses))
    words = [f"{c.standard}/{c.number} ({c.title()}{', a heading' * c.heading_only})" for c in found[:8]]
    return ", ".join(words) + ", …" * (len(found) > 8)


def _choice(clauses: Iterable[Clause]) -> str:
    options = _listed(clauses)
    return f"Write one of {options}." if "), " in options else f"Write {options}."


def _is_below(clause: Clause, heading: Clause, standard: Standard) -> bool:
    while clause.parent:
        if clause.parent == heading.number:
            return True
        clause = standard.clauses[clause.parent]
    return False


def _several(standard: Standard, text: str) -> list[Clause]:
    """The clauses that a range or a list like `8.1-8.2` means; empty where it is neither."""
    order = list(standard.clauses)
    for found in SEVERAL.finditer(text):
        first, rest = text[: found.start()], text[found.end() :]
        if first not in standard.clauses:
            continue
        if found["list"]:
            numbers = [first, *(part for part in SEVERAL.split(rest) if part in standard.clauses)]
        else:
            ends = (rest, *(f"{first.rsplit('.', cut)[0]}.{rest}" for cut in (1, 2)))
            last = next((end for end in ends if end in standard.clauses), first)
            end = standard.clauses[last]
            below = [known for known in standard.clauses.values() if known is end or _is_below(known, end, standard)]
            numbers = order[order.index(first) : order.index(below[-1].number) + 1]
        return [standard.clauses[number] for number in numbers if standard.clauses[number].assessable]
    return []
