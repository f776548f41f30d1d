"""A text of a document, and everything that main held under one id (specification, Main and landing)."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from ems_control.documents.metadata import Facts, Metadata, RevisionRow
from ems_control.documents.reading import DocumentFile
from ems_control.documents.store import AT_ONCE, Store
from ems_control.ground.formats.digest import Attachment, Seal, newest_method
from ems_control.ground.git.log import Commit
from ems_control.ground.organisation.readings import DEFAULT, Reading

AFTER_ALL = sys.maxsize
"""The `order` of what stands there now and has no history: after all commits."""


def key_of(document_id: str) -> str:
    """Ids are compared without case."""
    return document_id.casefold()


@dataclass(eq=False, slots=True)
class Version:
    """The text of a document from one commit on (`commit` is None for the working tree), with what it shows.

    `reading` is how it is read: settled by the policy in force where the text first stood on main as a document.
    """

    commit: Commit | None
    path: str
    blob: str
    read: DocumentFile | None = field(repr=False)
    attachments: Sequence[Attachment]
    store: Store = field(repr=False)
    day: date | None = None
    order: int = -1
    reading: Reading = DEFAULT
    _digests: dict[str, str] | None = field(default=None, init=False, repr=False)

    @property
    def file(self) -> DocumentFile:
        """The text as it is read; it is when somebody asks for it first."""
        if self.read is None:
            self.read = self.store.document(self.blob, self.reading)
        return self.read

    @property
    def stood_at(self) -> str:
        """Its path when it landed; the handbook may have moved since."""
        return self.commit.path_then(self.path) if self.commit else self.path

    @property
    def metadata(self) -> Metadata:
        """The author's claims in this version."""
        return self.file.metadata

    @property
    def row(self) -> RevisionRow | None:
        """The row of this revision in its history."""
        return self.file.row

    @property
    def facts(self) -> Facts:
        """The same without the rows of the history: cheaper, and enough for what came of a document."""
        return self.file.facts

    def digest(self, method: str | None = None) -> str:
        """The content digest of this version by a method; by that of new records where none is named."""
        name = method or newest_method()
        if not self.attachments:
            return self.file.digest(name, [])
        known = self._digests = self._digests or {}
        if name not in known:
            known[name] = self.file.digest(name, [(a.name, self.store.sha256(a.blob)) for a in self.attachments])
        return known[name]

    def is_sealed_by(self, seal: Seal) -> bool:
        """Whether it is the text of a record."""
        return self.digest(seal.method) == seal.digest


@dataclass
class DocumentHistory:
    """Everything that main held under one id: versions oldest first, and where it left main.

    `left` tells of a file that went and of a policy that covers it no more, `taken` of the first alone.
    """

    key: str
    id: str
    versions: list[Version] = field(default_factory=list)
    gone: list[Commit] = field(default_factory=list)
    left: list[tuple[Commit, int]] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)
    absent: bool = False
    working: Version | None = None
    working_absent: bool = False
    twins: list[str] = field(default_factory=list)
    prefix: str = ""

    def covered_by(self, reading: Reading, order: int) -> bool:
        """Whether a policy that reads so has the file controlled at which the document lay after a landing."""
        version = next((v for v in reversed(self.versions) if v.order <= order), None) or self.newest
        return reading.covers(version.path[len(self.prefix) :])

    def first_of(self, version: Version) -> Version:
        """Where a text first stood, whatever has been claimed or filed since."""
        same = (v for v in self.versions if v.facts.revision == version.facts.revision)
        return next((v for v in same if v is version or v.digest() == version.digest()), version)

    def leave(self, commit: Commit, order: int) -> None:
        """A landing takes its file away, or gives that another id."""
        self.gone.append(commit)
        self.left.append((commit, order))
        self.taken.append(order)
        self.absent = True

    def let_go(self, commit: Commit, order: int) -> None:
        """The policy approved with a landing covers the document no more, and nothing of it was approved."""
        self.gone.append(commit)
        self.left.append((commit, order))
        self.absent, self.working, self.working_absent = True, None, False

    @property
    def current(self) -> Version | None:
        """The text in the working tree where it differs, else at HEAD; None where the file is gone."""
        if self.working or self.working_absent:
            return self.working
        return self.head

    @property
    def head(self) -> Version | None:
        """The text at HEAD; None where the file is gone or was never committed."""
        return self.versions[-1] if self.versions and not self.absent else None

    @property
    def newest(self) -> Version:
        """The newest text known: current, else the last that stood on main."""
        return self.current or self.versions[-1]

    @property
    def paths(self) -> set[str]:
        """Every path that the document ever had."""
        return {version.path for version in [*self.versions, *([self.working] if self.working else [])]}


def read_all(store: Store, versions: Sequence[Version]) -> None:
    """Read the texts that nobody asked for yet, because all of them will be."""
    store.few, store.sealing = False, True
    with store.reading_many():
        for start in range(0, len(versions), AT_ONCE):
            store.prefetch(version.blob for version in versions[start : start + AT_ONCE])
            for version in versions[start : start + AT_ONCE]:
                version.digest()
                version.file.forget()
