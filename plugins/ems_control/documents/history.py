"""Which text each document had on main, found by its id, whatever its path (specification, Main and landing).

The first-parent line is replayed from the oldest commit to the newest over a picture of docs/. A commit gives a
document a new `Version` where its file or a file that it shows changed, so a document moved and edited in one
commit, a shared table changed, a file deleted and brought back all come out of the same step.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, tzinfo

from ems_control.documents.metadata import Facts, Metadata
from ems_control.documents.reading import DocumentFile
from ems_control.documents.store import Store
from ems_control.ground.formats.digest import Attachment, Seal, find_attachments, newest_method
from ems_control.ground.git.log import EXECUTABLE, FILE, Commit
from ems_control.ground.git.worktree import WorkingFile
from ems_control.ground.organisation.policy import Policy
from ems_control.ground.text import is_markdown

AFTER_ALL = sys.maxsize
"""The `order` of what stands there now and has no history: after all commits."""


def key_of(document_id: str) -> str:
    """Ids are compared without case."""
    return document_id.casefold()


@dataclass(eq=False)
class Version:
    """The text of a document from one commit on (`commit` is None for the working tree), with what it shows."""

    commit: Commit | None
    path: str
    blob: str
    file: DocumentFile
    attachments: list[Attachment]
    store: Store = field(repr=False)
    day: date | None = None
    order: int = -1
    _digests: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    @property
    def metadata(self) -> Metadata:
        """The author's claims in this version."""
        return self.file.metadata

    @property
    def facts(self) -> Facts:
        """The same without the rows of the history: cheaper, and enough for what came of a document."""
        return self.file.facts

    def digest(self, method: str | None = None) -> str:
        """The content digest of this version by a method; by that of new records where none is named."""
        name = method or newest_method()
        if name not in self._digests:
            attachments = [(a.name, self.store.sha256(a.blob)) for a in self.attachments]
            self._digests[name] = self.file.digest(name, attachments)
        return self._digests[name]

    def is_sealed_by(self, seal: Seal) -> bool:
        """Whether it is the text of a record."""
        return self.digest(seal.method) == seal.digest


@dataclass
class DocumentHistory:
    """Everything that main held under one id: versions oldest first, and where it left main."""

    key: str
    id: str
    versions: list[Version] = field(default_factory=list)
    gone: list[Commit] = field(default_factory=list)
    left: list[tuple[Commit, int]] = field(default_factory=list)
    absent: bool = False
    working: Version | None = None
    working_absent: bool = False
    twins: list[str] = field(default_factory=list)

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


class Replay:
    """A picture of docs/ that commits change, and the histories that come out of it."""

    def __init__(self, store: Store, policy: Policy, docs: str, zone: tzinfo, names: set[str]) -> None:
        """`docs` is the folder of the handbook from the root of the repository, `names` every file name ever in it."""
        self.names = names
        self.store, self.policy, self.docs, self.zone = store, policy, docs, zone
        self.tree: dict[str, str] = {}
        self.odd: dict[str, str] = {}
        self.histories: dict[str, DocumentHistory] = {}
        self._key_at: dict[str, str] = {}
        self._paths_of: defaultdict[str, set[str]] = defaultdict(set)
        self._shown_by: defaultdict[str, set[str]] = defaultdict(set)
        self._asked_by: dict[str, set[str]] = {}

    def replay(self, commits: list[Commit]) -> None:
        """Play the first-parent line, oldest first."""
        prefix = self.docs + "/"
        self.store.prefetch(
            change.after
            for commit in commits
            for change in commit.changes
            if change.after
            and change.path.startswith(prefix)
            and is_markdown(change.path)
            and change.mode in (FILE, EXECUTABLE)
        )
        for order, commit in enumerate(commits):
            changed = [
                (change.path, change.after, change.mode) for change in commit.changes if change.path.startswith(prefix)
            ]
            if changed:
                self._step(changed, commit, order)

    def work(self, files: Iterable[WorkingFile], order: int) -> None:
        """Play the working tree on top, as a commit that has not been made; hidden files stay as committed."""
        now: dict[str, WorkingFile] = {file.path: file for file in files}
        changed: list[tuple[str, str | None, str]] = []
        for path, file in now.items():
            if file.mode not in (FILE, EXECUTABLE):
                if self.odd.get(path) != file.mode:
                    changed.append((path, file.blob, file.mode))
            elif self.tree.get(path) != file.blob:
                self.store.add(file.blob, file.data)
                changed.append((path, file.blob, file.mode))
        changed += [
            (path, None, "000000")
            for path in [*self.tree, *self.odd]
            if path not in now and "/." not in path[len(self.docs) :]
        ]
        if changed:
            self._step(changed, None, order)

    def _step(self, changed: list[tuple[str, str | None, str]], commit: Commit | None, order: int) -> None:
        touched: set[str] = set()
        for path, blob, mode in changed:
            self.tree.pop(path, None)
            self.odd.pop(path, None)
            if blob is not None and mode in (FILE, EXECUTABLE):
                self.tree[path] = blob
            elif mode != "000000" and blob is not None:
                self.odd[path] = mode
            if self._controlled(path):
                touched.add(path)
            touched |= self._shown_by.get(path, set())
        keys: dict[str, None] = {}
        for path in sorted(touched):
            for key in self._rename(path):
                keys[key] = None
        for key in keys:
            self._update(key, commit, order, touched)

    def _controlled(self, path: str) -> bool:
        return is_markdown(path) and self.policy.is_controlled(path[len(self.docs) + 1 :])

    def _rename(self, path: str) -> list[str]:
        """Note which document lies at a path now; the keys of the documents that came or went."""
        before = self._key_at.pop(path, None)
        after = None
        if path in self.tree:
            file = self.store.document(self.tree[path])
            after = key_of(file.id) if file.id else before if file.tree is None else None
        if before:
            self._paths_of[before].discard(path)
        if after:
            self._key_at[path] = after
            self._paths_of[after].add(path)
        return [key for key in dict.fromkeys((before, after)) if key]

    def _update(self, key: str, commit: Commit | None, order: int, touched: set[str]) -> None:
        paths = sorted(self._paths_of[key])
        history = self.histories.get(key)
        if history is None:
            if not paths:
                return
            name = self.store.document(self.tree[paths[0]]).id or key
            history = self.histories[key] = DocumentHistory(key, name)
        history.twins = paths[1:]
        if not paths:
            if commit is None:
                history.working, history.working_absent = None, True
            elif not history.absent:
                history.gone.append(commit)
                history.left.append((commit, order))
                history.absent = True
            return
        path = paths[0]
        if commit is not None:
            history.absent = False
        if path in touched or not history.versions or history.versions[-1].path != path:
            self._new_version(history, path, commit, order)

    def _new_version(self, history: DocumentHistory, path: str, commit: Commit | None, order: int) -> None:
        blob = self.tree[path]
        file = self.store.document(blob)
        asked: set[str] = set()

        def blob_at(target: str) -> str | None:
            asked.add(target)
            return self.tree.get(target)

        attachments = find_attachments(file.body, path, self.docs, blob_at, self.store.read, self.names)
        for target in self._asked_by.pop(path, set()) - asked:
            self._shown_by[target].discard(path)
        for target in asked:
            self._shown_by[target].add(path)
        self._asked_by[path] = asked
        day = commit.landed.astimezone(self.zone).date() if commit else None
        version = Version(commit, path, blob, file, attachments, self.store, day, order)
        if commit is None:
            history.working = version
        else:
            history.versions.append(version)
