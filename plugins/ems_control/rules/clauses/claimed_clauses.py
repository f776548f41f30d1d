"""Family 4: clauses and coverage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from ems_control.documents.history import Version
from ems_control.ground.organisation.references import Reference, ReferenceProblem
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.links import anchors_of
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.finding_places import at_key, current

MANY = 3
"""From this number of clauses of one edition on, a reader needs to be told where each is answered."""


class _Claim(NamedTuple):
    """One line of a document's `clauses`: as written, and what it means or why it means nothing."""

    document: Document
    version: Version
    text: str
    reference: Reference | None
    problem: ReferenceProblem | None

    def found(self, message: str, fix: str) -> Found:
        return at_key(self.document, self.version, "clauses", message, fix, self.text)


def _claims(handbook: Handbook) -> Iterator[_Claim]:
    """Every clause reference of a text that is not withdrawn."""
    for document, version in current(handbook):
        if version.metadata.status != "withdrawn":
            yield from _claims_of(handbook, document, version)


def _claims_of(handbook: Handbook, document: Document, version: Version) -> Iterator[_Claim]:
    # The handbook's catalogue, never the packaged one: a handbook may bring standards of its own.
    for text in version.metadata.clauses:
        try:
            yield _Claim(document, version, text, handbook.catalogue.parse(text), None)
        except ReferenceProblem as problem:
            yield _Claim(document, version, text, None, problem)


def _wrong(handbook: Handbook, *kinds: str) -> Iterator[Found]:
    for claim in _claims(handbook):
        if claim.problem and claim.problem.kind in kinds:
            yield claim.found(claim.problem.message, claim.problem.fix)


@rule("EMS401", "clause-unknown", "error", sees="one")
def clause_unknown(handbook: Handbook) -> Iterator[Found]:
    """A clause reference names no clause of any standard in the catalogue.

    Checks: Every line of `clauses`: the standard and its edition are known, the clause exists there, it is one clause
        and no range, and it is spelled as the catalogue spells it, capitals included.
    Basis: Our own rule: a reference that names no clause answers none.
    Bad:
        docs/procedures/EMS-PRO-001.md
          clauses: [iso-14001:2015/6.10]
    Good:
        docs/procedures/EMS-PRO-001.md
          clauses: [iso-14001:2015/6.1.2]
    Fix: Write standard:edition/clause, for example `iso-14001:2026/8.2` or `emas/A.8.2`, one reference for each
        clause. `ems matrix` lists every clause with its spelling.
    """
    yield from _wrong(handbook, "malformed", "unknown-standard", "unknown-clause", "range", "case")


@rule("EMS402", "clause-without-edition", "error", sees="one")
def clause_without_edition(handbook: Handbook) -> Iterator[Found]:
    """A clause reference does not say which edition of the standard it means.

    Checks: Every line of `clauses` whose standard has editions names one: 6.1.4 and 10.1 mean different things in
        ISO 14001:2015 and ISO 14001:2026.
    Basis: Our own rule.
    Bad:
        docs/procedures/EMS-PRO-001.md
          clauses: [iso-14001/6.1.4]
    Good:
        docs/procedures/EMS-PRO-001.md
          clauses: [iso-14001:2015/6.1.4]
    Fix: Add the edition: `iso-14001:2015/6.1.4` or `iso-14001:2026/6.1.4`. The message names what the number means
        in each.
    """
    yield from _wrong(handbook, "no-edition")


@rule("EMS403", "clause-heading-only", "error", sees="one")
def clause_heading_only(handbook: Handbook) -> Iterator[Found]:
    """A clause reference names a heading of the standard, under which nothing is asked.

    Checks: Every line of `clauses` names a clause that asks something by itself, not one that only holds others.
    Basis: Our own rule.
    Bad:
        docs/procedures/EMS-PRO-001.md
          clauses: [iso-14001:2026/9.3]
    Good:
        docs/procedures/EMS-PRO-001.md
          clauses: [iso-14001:2026/9.3.1, iso-14001:2026/9.3.3]
    Fix: Write the clauses below it that the document answers; the message lists them.
    """
    yield from _wrong(handbook, "heading-only")


@rule("EMS404", "clause-anchor-missing", "error", sees="one")
def clause_anchor_missing(handbook: Handbook) -> Iterator[Found]:
    """A clause reference points to a heading that the document does not have.

    Checks: What stands behind `#` in a line of `clauses` is the name of a heading of the same text: of the text as it
        is now and, where that is another revision, of the revision in force, to which readers are led.
        A heading that several lines name is reported once.
    Basis: Our own rule.
    Bad:
        docs/procedures/EMS-PRO-001.md
          clauses: [iso-14001:2026/8.1#drainage]
    Good:
        docs/procedures/EMS-PRO-001.md
          clauses: [iso-14001:2026/8.1#drains]
    Fix: Write the name of a heading as links use it: small letters, hyphens for spaces. A heading keeps its name when
        its words change if the name is given with it: `## Yard drains {#drains}`.
    """
    said: set[tuple[str, str]] = set()
    for claim in filter(_is_lost, _claims(handbook)):
        name = claim.text.partition("#")[2]
        if (claim.document.key, name) not in said:
            yield claim.found(f'{claim.text}: no heading here is called "{name}"', _headings(claim.version))
        said.add((claim.document.key, name))
    for document, version in current(handbook):
        approval = document.in_force
        if approval is None or approval.revision == version.metadata.revision:
            continue
        for claim in filter(_is_lost, _claims_of(handbook, document, document.filings(approval)[-1])):
            name = claim.text.partition("#")[2]
            if (document.key, name) not in said:
                said.add((document.key, name))
                message = (
                    f'{claim.text}: no heading of revision {approval.revision}, which is in force, is called "{name}"'
                )
                fix = "Bring the next revision into force with the right heading."
                yield at_key(document, version, "clauses", message, fix, claim.text)


def _is_lost(claim: _Claim) -> bool:
    anchor = claim.reference.anchor if claim.reference else None
    return anchor is not None and anchor not in anchors_of(claim.version)


def _headings(version: Version) -> str:
    known = [heading.anchor for heading in version.file.headings]
    shown = ", ".join(f"#{anchor}" for anchor in known[:8]) + ", …" * (len(known) > 8)
    return (
        f"Write one of {shown}." if known else "Give the section that answers a heading, or leave out what follows #."
    )


@rule("EMS405", "standard-not-claimed", "error", sees="one")
def standard_not_claimed(handbook: Handbook) -> Iterator[Found]:
    """A clause reference names an edition that the organisation does not claim.

    Checks: The edition of every line of `clauses` stands in `standards` of ems.yml, or its text counts for one that
        does (EMAS Part A repeats ISO 14001:2015). Nothing is said where ems.yml claims no standard at all.
    Basis: Our own rule.
    Bad:
        docs/procedures/EMS-PRO-001.md
          clauses: [iso-9001:2015/8.4.1]
    Good:
        ems.yml
          standards: [iso-14001:2026, emas]
        docs/procedures/EMS-PRO-001.md
          clauses: [iso-14001:2015/8.1, iso-14001:2026/8.1, emas/A.8.1]
    Fix: Take the line out, write the edition that is claimed, or add the edition to `standards` in ems.yml.
    """
    claimed, known = set(handbook.policy.standards), handbook.catalogue.standards
    if not claimed or not claimed <= known.keys():
        return
    for claim in _claims(handbook):
        if claim.reference is None or claimed & {home for home, _ in handbook.catalogue.counts_for(claim.reference)}:
            continue
        standard = known[claim.reference.standard]
        others = [other for other in handbook.policy.standards if known[other].standard == standard.standard]
        message = f"{claim.text}: {standard.name} is not among the standards that ems.yml claims"
        instead = f"Write the clause of {' or '.join(others)}" if others else "Take it out"
        yield claim.found(message, f"{instead}, or add {standard.id} to standards in ems.yml.")


@rule("EMS406", "clause-given-twice", "warning", sees="one")
def clause_given_twice(handbook: Handbook) -> Iterator[Found]:
    """A document names the same clause twice.

    Checks: No clause stands twice in `clauses` with the same heading, or once with a heading and once without. Two
        headings that answer one clause are fine.
    Basis: Our own rule.
    Bad:
        docs/procedures/EMS-PRO-001.md
          clauses: [iso-14001:2026/8.1, iso-14001:2026/8.1#drains]
    Good:
        docs/procedures/EMS-PRO-001.md
          clauses: [iso-14001:2026/8.1#drains, iso-14001:2026/8.1#valves]
          > ## Drains {#drains}
          >
          > Every drain has a number.
          >
          > ## Valves {#valves}
          >
          > Close valve V-3 before any tanker is emptied.
    Fix: Keep one of the two lines: the one with the heading, where there is one.
    """
    seen: dict[tuple[str, str], list[str | None]] = {}
    for claim in _claims(handbook):
        if claim.reference is None:
            continue
        clause, anchor = claim.text.partition("#")[0], claim.reference.anchor
        before = seen.setdefault((claim.document.key, clause), [])
        if before and (anchor in before or None in (anchor, *before)):
            yield claim.found(
                f"{clause} is named twice", "Keep one of them, the one with a heading where there is one."
            )
        before.append(anchor)


@rule("EMS407", "clause-without-heading", "warning", sees="one")
def clause_without_heading(handbook: Handbook) -> Iterator[Found]:
    """A document answers several clauses and does not say under which heading each is answered.

    Checks: Where `clauses` names three or more clauses of one edition, every one has a `#heading`. One finding for
        each document and edition.
    Basis: Our own rule.
    Bad:
        docs/procedures/EMS-PRO-001.md
          clauses: [iso-14001:2026/7.2#drains, iso-14001:2026/8.1#drains, iso-14001:2026/8.2]
    Good:
        docs/procedures/EMS-PRO-001.md
          clauses: [iso-14001:2026/8.1, iso-14001:2026/8.2]
    Fix: Add the heading that answers the clause, `iso-14001:2026/8.2#spills`, so that an auditor is led to the place.
    """
    claims = [claim for claim in _claims(handbook) if claim.reference]
    answered = {(c.document.key, c.reference.standard, c.reference.number) for c in claims if c.reference}
    count = Counter((key, standard) for key, standard, _ in answered)
    bare: dict[tuple[str, str], list[_Claim]] = {}
    for claim in claims:
        if claim.reference and claim.reference.anchor is None:
            bare.setdefault((claim.document.key, claim.reference.standard), []).append(claim)
    for group, found in bare.items():
        if count[group] >= MANY:
            texts = ", ".join(dict.fromkeys(claim.text for claim in found))
            message = f"{count[group]} clauses of one edition are answered, but no heading is named for {texts}"
            yield found[0].found(message, f"Write the heading that answers it: {found[0].text}#heading.")
