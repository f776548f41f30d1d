"""What belongs to a document outside its own text: other documents, where filled copies go, copies on the wall."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ems_control.documents.history import key_of
from ems_control.ground.formats.tables import read_table
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.links import resolve
from ems_control.handbook.live_tables import EVIDENCE_COLUMNS, POSTED_COPIES, living_table

_BETWEEN = re.compile(r"[\s,;]+")


@dataclass(frozen=True)
class Kept:
    """A row of a records table: where the filled copies of a form go, who keeps them, how long."""

    form: str
    record: str
    kept_where: str
    keeper: str
    keep_for: str
    register: Document


@dataclass(frozen=True)
class Posted:
    """A row of the table of posted copies: which print hangs where; `behind` where it is not what is in force.

    `number` is that of the copy, as PC-05.
    """

    revision: str
    place: str
    position: str
    posted: str
    behind: bool
    number: str = ""


class Related:
    """What belongs to the documents of one handbook, on its day."""

    def __init__(self, handbook: Handbook) -> None:
        """Nothing is read before it is asked for."""
        self.handbook = handbook

    def refers_to(self, document: Document) -> list[Document]:
        """The documents that the text in force links to, in the order of the list of documents."""
        return self._sorted(self._links[0].get(document.key, set()))

    def referred_by(self, document: Document) -> list[Document]:
        """The documents whose text in force links to this one."""
        return self._sorted(self._links[1].get(document.key, set()))

    def kept(self, document: Document) -> list[Kept]:
        """Where filled copies go: of the document itself where it is a form, else of the forms that it links to."""
        own = self._kept.get(document.key, [])
        return own or [row for other in self.refers_to(document) for row in self._kept.get(other.key, [])]

    def posted(self, document: Document) -> list[Posted]:
        """The prints of a document that hang somewhere."""
        return self._posted.get(document.key, [])

    def _sorted(self, keys: set[str]) -> list[Document]:
        return sorted((self.handbook.documents[key] for key in keys), key=lambda one: self._place[one.key])

    @cached_property
    def _place(self) -> dict[str, int]:
        return {document.key: at for at, document in enumerate(self.handbook.listed)}

    @cached_property
    def _links(self) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
        forth: defaultdict[str, set[str]] = defaultdict(set)
        back: defaultdict[str, set[str]] = defaultdict(set)
        for document in self.handbook.listed:
            if document.in_force is None:
                continue
            version = document.in_force.version
            for link in version.file.links:
                target = resolve(self.handbook, version, link.target)
                other = target.document if target else None
                if other and other is not document and other.listed:
                    forth[document.key].add(other.key)
                    back[other.key].add(document.key)
        return forth, back

    @cached_property
    def _kept(self) -> dict[str, list[Kept]]:
        found: defaultdict[str, list[Kept]] = defaultdict(list)
        seen: set[str] = set()
        for document in self.handbook.listed:
            approval = document.in_force
            for attachment in approval.version.attachments if approval else ():
                if not attachment.path.endswith(".csv") or attachment.blob in seen:
                    continue
                seen.add(attachment.blob)
                for row in self._rows(attachment.blob, (*EVIDENCE_COLUMNS, "form")):
                    for form in filter(None, _BETWEEN.split(row["form"])):
                        place = (row["kept_where"], row["keeper"], row["keep_for"])
                        found[key_of(form)].append(Kept(form, row.get("record", ""), *place, document))
        return found

    @cached_property
    def _posted(self) -> dict[str, list[Posted]]:
        found: defaultdict[str, list[Posted]] = defaultdict(list)
        table = living_table(self.handbook, POSTED_COPIES)
        for row in table.rows if table else ():
            document = self.handbook.get(row["document"])
            current = document.in_force if document else None
            behind = current is None or str(current.revision) != row["revision"]
            place = (row["place"], row.get("position", ""), row.get("posted", ""))
            found[key_of(row["document"])].append(Posted(row["revision"], *place, behind, row.get("id", "")))
        return found

    def _rows(self, blob: str, columns: tuple[str, ...]) -> Iterator[dict[str, str]]:
        table = read_table(self.handbook.tree.store.read(blob))
        if set(columns) <= set(table.columns):
            for cells in table.rows:
                yield dict(zip(table.columns, cells, strict=True))
