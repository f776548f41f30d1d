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
FORMER = {
    "2004": {
        "4.2": ("the environmental policy", "5.2"),
        "4.3.1": ("environmental aspects", "6.1.2"),
        "4.3.2": ("legal and other requirements", "6.1.3"),
        "4.3.3": ("objectives, targets and programmes", "6.2.1"),
        "4.4.1": ("resources, roles, responsibility and authority", "5.3"),
        "4.4.2": ("competence, training and awareness", "7.2"),
        "4.4.3": ("communication", "7.4.1"),
        "4.4.4": ("documentation", "7.5.1"),
        "4.4.5": ("control of documents", "7.5.3"),
        "4.4.6": ("operational control", "8.1"),
        "4.4.7": ("emergency preparedness and response", "8.2"),
        "4.5.1": ("monitoring and measurement", "9.1.1"),
        "4.5.2": ("evaluation of compliance", "9.1.2"),
        "4.5.3": ("nonconformity, corrective and preventive action", "10.2"),
        "4.5.4": ("control of records", "7.5.3"),
        "4.5.5": ("internal audit", "9.2.1"),
        "4.6": ("management review", "9.3"),
    }
}
"""Numbers of ISO 14001 as older handbooks write them: what they meant, and the number of 2015 for it."""
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
    old = FORMER.get(edition or "2004", {}).get(number) if name.lower() == "iso-14001" else None
    if old and (edition or not homes):
        said, fix = _former(catalogue, editions, edition or "2004", number, old)
        message = f"{name} has no edition {edition} here: {said}" if edition else f"{match[0]} names no edition: {said}"
        return ReferenceProblem("unknown-standard" if edition else "no-edition", message, fix)
    if edition is None:
        message = f"{match[0]} names no edition, and a number can mean different things in each"
        return ReferenceProblem("no-edition", message, fix)
    return ReferenceProblem("unknown-standard", f"{name} has no edition {edition} here", fix)


def _unknown_clause(catalogue: Catalogue, standard: Standard, number: str) -> ReferenceProblem:
    clauses, message = standard.clauses, f"{standard.name} has no clause {number}"
    if standard.standard == "iso-14001" and (former := FORMER["2004"].get(number)):
        said = _former(catalogue, [standard], "2004", number, former)
        return ReferenceProblem("unknown-clause", f"{message}: {said[0]}", said[1])
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
    if number.startswith("A.") and (later := _later(catalogue, number[2:])):
        message += f": EMAS repeats ISO 14001:2015, and {number[2:]} came with {later.standard} ({later.title()})"
        stem = number.rpartition(".")[0]
        inside = (clause for name, clause in clauses.items() if f"{name}.".startswith(f"{stem}."))
        near = [clause for clause in inside if clause.assessable]
        return ReferenceProblem("unknown-clause", message, _choice(near) if near else EXAMPLE)
    homes = []
    for other in catalogue.standards.values():
        if other.standard == standard.standard and number in other.clauses:
            rows = [row for row in catalogue.relations(other.id, standard.id) if row.number == number]
            homes += [clauses[target] for row in rows for target in row.to] + [other.clauses[number]]
    guesses = [number.strip(" ."), f"A.{number}", f"annex-{number}", re.sub(r"^A(?=\d)", "A.", number)]
    guesses.append(re.sub(r"^annex-(?:II\.|IIA\.|II-)?(?=A\.)", "", number.removeprefix("annex-II.")))
    guesses.append(re.sub(r"[(\s]*\(?\d*\)?$", "", number.replace("article ", "art-").replace("Art. ", "art-")))
    guesses += difflib.get_close_matches(number, clauses, 3)
    likely = homes or [clauses[guess] for guess in dict.fromkeys(guesses) if guess in clauses]
    return ReferenceProblem("unknown-clause", message, _choice(likely) if likely else EXAMPLE)


def _former(
    catalogue: Catalogue, editions: Iterable[Standard], edition: str, number: str, former: tuple[str, str]
) -> tuple[str, str]:
    """What a number meant in an edition that is no longer here, and where that stands now."""
    what, now = former
    found = [one.clauses[now] for one in editions if now in one.clauses and not one.clauses[now].heading_only]
    for one in editions:
        rows = [row for row in catalogue.relations("iso-14001:2015", one.id) if row.number == now]
        found += [one.clauses[target] for row in rows for target in row.to if one.clauses[target] not in found]
    kept = [clause for clause in found if clause.standard == "iso-14001:2015" or _from(catalogue, clause, now)]
    return f"{number} was {what} in ISO 14001:{edition}", _choice(kept)


def _from(catalogue: Catalogue, clause: Clause, number: str) -> bool:
    rows = catalogue.relations("iso-14001:2015", clause.standard)
    return any(row.number == number and clause.number in row.to for row in rows)


def _later(catalogue: Catalogue, number: str) -> Clause | None:
    """The clause of an edition after 2015 that has a number which that of 2015 does not have."""
    editions = [one for one in catalogue.standards.values() if one.standard == "iso-14001"]
    if any(number in one.clauses for one in editions if one.edition == "2015"):
        return None
    return next((one.clauses[number] for one in editions if number in one.clauses), None)


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
