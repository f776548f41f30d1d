"""Clause references, `iso-14001:2026/8.2#scenarios`: what they mean, and what to write instead of a wrong one.

Their spelling: (specification, Clause references). A catalogue's `parse` calls this.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ems_control.ground.errors import EmsError

if TYPE_CHECKING:
    from ems_control.ground.organisation.standards import Catalogue, Clause, Standard

REFERENCE = re.compile(
    r"(?P<id>(?P<standard>[^\s:/#]+)(?::(?P<edition>[^\s:/#]+))?)/(?P<number>[^#]+)(?:#(?P<anchor>[^\s#]+))?"
)
SPOKEN = re.compile(r"iso[\s-]*(\d+)(?:\s*:\s*(\d{4}))?[\s,/]*(?:clause|§)?\s*([\d.]+\d)", re.IGNORECASE)
SEVERAL = re.compile(r"\s*(?:-|–|—|\.\.+|\bto\b|\bbis\b|\btot\b|\bt/m\b|(?P<list>[,;/&+]|\band\b))\s*")
EXAMPLE = "Write standard:edition/clause, for example iso-14001:2026/8.2 or emas/A.8.2."


class ReferenceProblem(EmsError):  # noqa: N818 (its name in the design of the rules)
    """A clause reference that cannot be used: `message` says why, `fix` what to write instead.

    `kind` is malformed, no-edition, unknown-standard, unknown-clause, heading-only, range or case.
    """

    def __init__(self, kind: str, message: str, fix: str) -> None:
        super().__init__(f"{message}. {fix}")
        self.kind, self.message, self.fix = kind, message, fix


@dataclass(frozen=True, slots=True)
class Reference:
    """A clause reference; `number` is the clause it counts for, `anchor` the heading, `text` what the document says."""

    standard: str
    number: str
    anchor: str | None
    text: str


def parse(catalogue: Catalogue, text: str) -> Reference:
    """What a reference means, `iso-14001:2026/8.2#scenarios`; ReferenceProblem says what to write instead."""
    match = REFERENCE.fullmatch(text)
    if match is None:
        raise _malformed(catalogue, text)
    standard = catalogue.standards.get(match["id"])
    if standard is None:
        raise _unknown_standard(catalogue, match)
    wanted = match["number"]
    owners = (clause for clause in standard.clauses.values() if wanted in clause.paragraphs)
    clause = standard.clauses.get(wanted) or next(owners, None)
    if clause is None:
        raise _unknown_clause(catalogue, standard, wanted)
    if not (clause.assessable or clause.optional):
        inside = [
            found for found in standard.clauses.values() if found.assessable and _is_below(found, clause, standard)
        ]
        message = f"{text}: {clause.title()} is a heading of {standard.name} and asks nothing by itself"
        fix = f"Write the clause below it that is answered: {_listed(inside)}." if inside else "Leave it out."
        raise ReferenceProblem("heading-only", message, fix)
    return Reference(standard.id, clause.number, match["anchor"], text)


def _malformed(catalogue: Catalogue, text: str) -> ReferenceProblem:
    bare = text.strip()
    homes = [standard.clauses[bare] for standard in catalogue.standards.values() if bare in standard.clauses]
    if homes:
        fix = _choice(homes)
        if re.fullmatch(r"\d+\.\d+", bare):
            fix += f" If {bare}0 was meant: YAML reads {bare}0 without quotation marks as the number {bare}."
        return ReferenceProblem("no-edition", f"{bare} names no standard and edition", fix)
    if spoken := SPOKEN.fullmatch(bare):
        number, edition, clause = spoken.groups()
        try:
            guess = parse(catalogue, f"iso-{number}{':' + edition if edition else ''}/{clause}")
        except ReferenceProblem as problem:
            return problem
        return ReferenceProblem("malformed", f"{bare} is not spelled as a reference", f"Write {guess.text}.")
    if bare.rstrip("/") in catalogue.standards:
        first = catalogue.assessable(bare.rstrip("/"))[:1]
        return ReferenceProblem("malformed", f"{bare} names no clause", f"Add one, for example {_listed(first)}.")
    return ReferenceProblem("malformed", f"{text!r} is not a clause reference", EXAMPLE)


def _unknown_standard(catalogue: Catalogue, match: re.Match[str]) -> ReferenceProblem:
    name, edition, number = match["standard"], match["edition"], match["number"]
    editions = [standard for standard in catalogue.standards.values() if standard.standard == name.lower()]
    if name != name.lower() and editions:
        return ReferenceProblem(
            "case", f"{match['id']} has capitals", f"Write {match[0].replace(name, name.lower(), 1)}."
        )
    if not editions:
        close = difflib.get_close_matches(match["id"], catalogue.standards, 3, 0.5) or list(catalogue.standards)
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


def _unknown_clause(catalogue: Catalogue, standard: Standard, number: str) -> ReferenceProblem:
    clauses, message = standard.clauses, f"{standard.name} has no clause {number}"
    if several := _several(standard, number):
        message = f"{number} is more than one clause"
        return ReferenceProblem("range", message, f"Write one reference for each: {_listed(several)}.")
    if right := {known.casefold(): known for known in clauses}.get(number.casefold()):
        return ReferenceProblem("case", message, f"Write {standard.id}/{right}: capitals and small letters count.")
    named = [clause for clause in clauses.values() if clause.believed_number]
    if re.fullmatch(r"B\.?\d+", number) and named:
        message += ": Part B is cited by name, because its numbers are not confirmed and had other meanings before 2017"
        return ReferenceProblem("unknown-clause", message, _choice(named))
    for entry in standard.facts.get("outline", ()):
        if entry["number"] == number:
            message = f"{number} of {standard.name} ({entry['title']['en']}) asks nothing of organisations"
            return ReferenceProblem("unknown-clause", message, "Leave it out.")
    homes = []
    for other in catalogue.standards.values():
        if other.standard == standard.standard and number in other.clauses:
            rows = [row for row in catalogue.relations(other.id, standard.id) if row.number == number]
            homes += [clauses[target] for row in rows for target in row.to] + [other.clauses[number]]
    guesses = [number.strip(" ."), f"A.{number}", f"annex-{number}", re.sub(r"^A(?=\d)", "A.", number)]
    guesses += difflib.get_close_matches(number, clauses, 3)
    likely = homes or [clauses[guess] for guess in dict.fromkeys(guesses) if guess in clauses]
    return ReferenceProblem("unknown-clause", message, _choice(likely) if likely else EXAMPLE)


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
