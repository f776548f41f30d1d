"""What documents say about clauses: the answers of texts in force, and the evidence that records tables name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ems_control.approvals.lifecycle import Approval
from ems_control.documents.history import Version
from ems_control.documents.sealed import expand
from ems_control.ground.formats.digest import Attachment
from ems_control.ground.formats.tables import read_table
from ems_control.ground.markdown.outline import headings
from ems_control.ground.organisation.references import ReferenceProblem
from ems_control.ground.organisation.standards import Catalogue, Key
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.links import anchors_of
from ems_control.handbook.live_tables import EVIDENCE_COLUMNS
from ems_control.handbook.translations import behind

Thin = Literal["overdue", "empty", "no-heading"]
"""Why an answer is weak: its review is overdue, nothing stands under the heading, or there is no such heading."""

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


@dataclass(frozen=True)
class Answer:
    """A document that says it answers a clause, at a heading or as a whole, `since` a day; `thin`: why it is weak."""

    document: Document
    anchor: str | None
    heading: str | None
    since: date
    thin: Thin | None = None

    @property
    def weak(self) -> bool:
        """Whether it is overdue or has nothing under its heading."""
        return self.thin is not None


@dataclass(frozen=True)
class KeptRecord:
    """A row of a records table: what is kept, where, by whom, how long; `missing` names the columns left empty."""

    name: str
    record: str
    kept_where: str
    keeper: str
    keep_for: str
    document: Document
    missing: tuple[str, ...] = ()


class Answers:
    """Everything that the documents of a handbook say about clauses on its day, whatever the standard."""

    def __init__(self, handbook: Handbook) -> None:
        """Reads the text of every document in force, as it is filed now, and its tables."""
        self.catalogue: Catalogue = handbook.catalogue
        self.given: defaultdict[Key, list[Answer]] = defaultdict(list)
        self.expected: defaultdict[Key, list[Document]] = defaultdict(list)
        self.evidence: defaultdict[Key, list[KeptRecord]] = defaultdict(list)
        tables: set[tuple[str, str]] = set()
        for document in handbook.listed:
            if behind(handbook, document):
                continue  # an outdated translation answers nothing: its source does
            if document.in_force:
                self._read(document, document.in_force)
                for attachment in document.in_force.version.attachments:
                    if (attachment.path, attachment.blob) not in tables:
                        tables.add((attachment.path, attachment.blob))
                        for key, row in kept(self.catalogue, document, document.in_force.version, attachment):
                            self.evidence[key].append(row)
            elif document.upcoming:
                for key, _ in claims(self.catalogue, document.filings(document.upcoming)[-1]):
                    if document not in self.expected[key]:
                        self.expected[key].append(document)

    def _read(self, document: Document, approval: Approval) -> None:
        texts = document.filings(approval)
        claimed = [dict.fromkeys(claims(self.catalogue, text)) for text in texts]
        for key, anchor in claimed[-1]:
            first = len(texts) - 1
            while first and (key, anchor) in claimed[first - 1]:
                first -= 1
            since = max(approval.first_day, texts[first].day or document.day) if first else approval.first_day
            heading, thin = _place(texts[-1], anchor)
            overdue = document.standing.overdue
            self.given[key].append(Answer(document, anchor, heading, since, "overdue" if overdue else thin))


def claims(catalogue: Catalogue, version: Version) -> Iterator[tuple[Key, str | None]]:
    """The clauses that a text says it answers, and those of the same text, each with the heading that it names."""
    for text in version.metadata.clauses:
        yield from _resolved(catalogue, text)


def kept(
    catalogue: Catalogue, document: Document, version: Version, attachment: Attachment
) -> Iterator[tuple[Key, KeptRecord]]:
    """The rows of a records table that a text shows, by the clauses for which they are evidence."""
    if not attachment.path.endswith(".csv"):
        return
    table = read_table(version.store.read(attachment.blob))
    if not set(EVIDENCE_COLUMNS) <= set(table.columns):
        return
    for number, cells in enumerate(table.rows, 1):
        row = dict(zip(table.columns, cells, strict=True))
        missing = tuple(column for column in EVIDENCE_COLUMNS if not row[column])
        name = row.get("id") or f"row {number}"
        found = KeptRecord(
            name, row.get("record", ""), row["kept_where"], row["keeper"], row["keep_for"], document, missing
        )
        words = re.split(r"[;,\s]+", row["evidence_for"])
        for key in dict.fromkeys(key for word in words for key, _ in _resolved(catalogue, word)):
            yield key, found


def _resolved(catalogue: Catalogue, text: str) -> list[tuple[Key, str | None]]:
    try:
        reference = catalogue.parse(text)
    except ReferenceProblem:
        return []
    return [(key, reference.anchor) for key in catalogue.counts_for(reference)]


def _place(version: Version, anchor: str | None) -> tuple[str | None, Thin | None]:
    """The heading that an anchor names, and why it is a thin answer, if it is."""
    if anchor is None:
        return None, None if _has_text(version.file.body.split("\n")) else "empty"
    included = '--8<-- "' in version.file.body
    body = expand(version) if included else version.file.body
    found = headings(body, 1, version.file.slug) if included else version.file.headings
    shift = 0 if included else version.file.body_line - 1
    for index, heading in enumerate(found):
        if heading.anchor == anchor:
            after = next((h.line for h in found[index + 1 :] if h.level <= heading.level), None)
            end = after - 1 - shift if after else None
            return heading.text, None if _has_text(body.split("\n")[heading.line - shift : end]) else "empty"
    return None, None if anchor in anchors_of(version) else "no-heading"


def _has_text(lines: list[str]) -> bool:
    kept = _COMMENT.sub("", "\n".join(lines)).split("\n")
    return any(line.strip() and not re.match(r"#{1,6}(\s|$)|(-+|=+)\s*$", line.lstrip()) for line in kept)
