"""Which text each document had on main, found by its id, whatever its path (specification, Main and landing).

The first-parent line is replayed from the oldest commit to the newest over a picture of docs/. A commit gives a
document a new `Version` where its file or a file that it shows changed, so a document moved and edited in one
commit, a shared table changed, a file deleted and brought back all come out of the same step.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from contextlib import nullcontext
from datetime import date

from ems_control.documents.history import DocumentHistory, Version, key_of
from ems_control.documents.reading import DocumentFile
from ems_control.documents.store import AT_ONCE, Store
from ems_control.ground.formats.digest import Attachment, find_attachments, newest_method
from ems_control.ground.git.log import EXECUTABLE, FILE, Commit
from ems_control.ground.git.worktree import WorkingFile
from ems_control.ground.organisation.readings import Reading, Readings
from ems_control.ground.text import is_markdown

FEW = 25
"""So many landings have few texts, that need not be compared while they are read."""


class DocsTree:
    """A picture of docs/ that commits change, and the histories that come out of it.

    Where the policy in force reads texts otherwise than the one before, what stood as a document stays one, read as it
    was; what becomes a document by it does so with the landing that approved it. `files` are those that lie there now,
    path to blob, `committed` those at HEAD, `odd` the modes of what is no plain file; `folders` are those of the
    handbook, of today and of earlier days, each with its /.
    """

    def __init__(self, store: Store, readings: Readings, prefix: str, days: Sequence[date], names: set[str]) -> None:
        """`prefix` is the folder of ems.yml, `days` are those of the landings, `names` all file names ever in docs/."""
        self.names, self.readings, self._prefix, self._days = names, readings, prefix, days
        self.store = store
        self.docs = prefix + readings.last.docs_dir
        self.folders = tuple(f"{prefix}{one.docs_dir}/" for one in readings.all[::-1])
        self.files: dict[str, str] = {}
        self.odd: dict[str, str] = {}
        self.committed: dict[str, str] = {}
        self.histories: MutableMapping[str, DocumentHistory] = {}
        self._ways: list[Reading] = [readings.last]
        self._settled: dict[str, Reading] = {}
        self._read_by: dict[str, Reading] = {}
        self._key_at: dict[str, str] = {}
        self._paths_of: defaultdict[str, set[str]] = defaultdict(set)
        self._shown_by: defaultdict[str, set[str]] = defaultdict(set)
        self._asked_by: dict[str, set[str]] = {}

    def land(self, commits: Sequence[Commit], first: int = 0) -> None:
        """Play the first-parent line from a landing on, oldest first."""
        with self.store.reading_many() if len(commits) > FEW else nullcontext():
            self._land(commits, first)
        self.committed = self._below()

    def work(self, working: Iterable[WorkingFile] | None, order: int) -> None:
        """Lay the working tree, if given, over it, as what comes after `order` commits; hidden files stay committed."""
        if working is not None and (changed := self._changed(working)):
            self._step(changed, None, order)
        self.files = self._below()

    def _below(self) -> dict[str, str]:
        """The files in the folder of today."""
        return {path: blob for path, blob in self.files.items() if path.startswith(self.docs + "/")}

    def _land(self, commits: Sequence[Commit], first: int) -> None:
        switches = {order for order, _ in self.readings.changes}
        texts: list[str] = []
        for order, commit in enumerate(commits, first):
            if (order - first) % AT_ONCE == 0:
                self.store.forget(texts)
                texts = list(self._texts(commits[order - first : order - first + AT_ONCE]))
                self.store.prefetch(texts)
            changed = [(c.path, c.after, c.mode) for c in commit.changes if self.root_of(c.path)]
            if changed or order in switches:
                self._ways = list(dict.fromkeys((self.readings.at(order), self.readings.at(order + 1))))
                self._step(changed, commit, order)
        self.store.forget(texts)
        self._ways = [self.readings.last]

    def _texts(self, commits: Iterable[Commit]) -> Iterator[str]:
        for commit in commits:
            for change in commit.changes:
                plain = change.mode in (FILE, EXECUTABLE) and is_markdown(change.path)
                if change.after and plain and self.root_of(change.path):
                    yield change.after

    def root_of(self, path: str) -> str | None:
        """The folder of the handbook, of today or of earlier days, in which a file lies."""
        return next((folder[:-1] for folder in self.folders if path.startswith(folder)), None)

    def _changed(self, files: Iterable[WorkingFile]) -> list[tuple[str, str | None, str]]:
        """Path, blob and mode of each file that lies there otherwise than in this picture."""
        now: dict[str, WorkingFile] = {file.path: file for file in files}
        changed: list[tuple[str, str | None, str]] = []
        for path, file in now.items():
            if file.mode not in (FILE, EXECUTABLE):
                if self.odd.get(path) != file.mode:
                    changed.append((path, file.blob, file.mode))
            elif self.files.get(path) != file.blob:
                if file.data is not None:
                    self.store.add(file.blob, file.data)
                changed.append((path, file.blob, file.mode))
        changed += [
            (path, None, "000000")
            for path in [*self.files, *self.odd]
            if path not in now and path.startswith(self.docs + "/") and "/." not in path[len(self.docs) :]
        ]
        return changed

    def rewritten(self, files: Iterable[WorkingFile]) -> list[tuple[DocumentHistory, str]] | None:
        """The documents whose text in the working tree was written anew since it was laid over, with its new blob.

        None where anything else changed: a file came or went, a front matter is another, a text is shown by others,
        is new, or is that of HEAD again.
        """
        found = []
        for path, blob, mode in self._changed(files):
            history = self.histories.get(self._key_at.get(path, ""))
            if history is None or history.head is None or history.current is None or history.current.path != path:
                return None
            if blob is None or mode not in (FILE, EXECUTABLE) or path not in self.files or self._shown_by.get(path):
                return None
            before, now = history.current.file, self.store.document(blob, self.reading_at(path))
            if blob == self.committed.get(path) or before.head != now.head:
                return None
            found.append((history, blob))
        return found

    def rewrite(self, rewritten: Iterable[tuple[DocumentHistory, str]], order: int) -> None:
        """Lay such texts over it, as what comes after `order` commits."""
        for history, blob in rewritten:
            assert history.current is not None  # `rewritten` says so
            self._step([(history.current.path, blob, FILE)], None, order)

    def alone_at(self, path: str) -> str | None:
        """The key of the document whose text a file is; None where another file has its id, or a text shows it."""
        key = self._key_at.get(path)
        return key if key and self._paths_of[key] == {path} and not self._shown_by.get(path) else None

    def covers(self, path: str) -> bool:
        """Whether the policy in force has a file of the handbook controlled."""
        return is_markdown(path) and path.startswith(self._prefix) and self._covered(path, self._ways[-1])

    def file_at(self, path: str) -> DocumentFile:
        """The text that lies at a path now."""
        return self.store.document(self.files[path], self.reading_at(path))

    def reading_at(self, path: str) -> Reading:
        """How the text at a path is read."""
        return self._read_by.get(path, self.readings.last)

    def reading_of(self, blob: str) -> Reading:
        """How a text is read: as settled where it first stood, else by the policy in force."""
        return self._settled.get(blob, self.readings.last)

    def _covered(self, path: str, reading: Reading) -> bool:
        return reading.covers(path[len(self._prefix) :])

    def _step(self, changed: list[tuple[str, str | None, str]], commit: Commit | None, order: int) -> None:
        touched: set[str] = set()
        for path, blob, mode in changed:
            self.files.pop(path, None)
            self.odd.pop(path, None)
            if blob is not None and mode in (FILE, EXECUTABLE):
                self.files[path] = blob
            elif mode != "000000" and blob is not None:
                self.odd[path] = mode
            if is_markdown(path) and (path in self._key_at or any(self._covered(path, way) for way in self._ways)):
                touched.add(path)
            touched |= self._shown_by.get(path, set())
        if len(self._ways) > 1:
            touched |= {path for path in self.files if self.covers(path) and path not in self._key_at}
        keys: dict[str, None] = {}
        for path in sorted(touched):
            for key in self._rename(path):
                keys[key] = None
        for key in keys:
            self._update(key, commit, order, touched)

    def _rename(self, path: str) -> list[str]:
        """Note which document lies at a path now; the keys of the documents that came or went."""
        before = self._key_at.pop(path, None)
        after = None
        if path in self.files:
            reading = self._reading_for(path, before)
            if reading:
                after = self._key(self.files[path], reading, before)
                self._read_by[path] = reading
                if after != before and not any(self._covered(path, way) for way in self._ways):
                    after = None
        if before:
            self._paths_of[before].discard(path)
        if after:
            self._key_at[path] = after
            self._paths_of[after].add(path)
        return [key for key in dict.fromkeys((before, after)) if key]

    def _key(self, blob: str, reading: Reading, before: str | None) -> str | None:
        """Which document a text is; one that cannot be read stays what lay there before."""
        if before and self.store.says(blob, before, reading):
            return before
        file = self.store.document(blob, reading)
        return key_of(file.id) if file.id else before if file.tree is None else None

    def _reading_for(self, path: str, known: str | None) -> Reading | None:
        """How the text at a path is read; `known` is the document that lay there. None where it is no document."""
        blob = self.files[path]
        ways = [way for way in self._ways if self._covered(path, way)]
        if not ways and known is None:
            return None
        if blob in self._settled:
            return self._settled[blob]
        history = self.histories.get(known) if known else None
        ways = ways or [history.versions[-1].reading if history and history.versions else self._ways[0]]
        found = ways[0]
        if len(ways) > 1:
            found = next((way for way in ways if self.store.document(blob, way).id), found)
        return self._same_text(path, blob, found) or found

    def _same_text(self, path: str, blob: str, found: Reading) -> Reading | None:
        """The earlier reading by which this is a text that stood before: only its claims or its filing changed."""
        for reading in self.readings.all[::-1]:
            if reading == found:
                continue
            file = self.store.document(blob, reading)
            history = self.histories.get(key_of(file.id)) if file.id else None
            stood = [v for v in history.versions if v.reading == reading] if history else []
            if any(v.facts.revision == file.facts.revision for v in stood):
                shown, _ = self._shown(path, blob, reading)
                digest = file.digest(newest_method(), [(a.name, self.store.sha256(a.blob)) for a in shown])
                if digest in {v.digest() for v in stood}:
                    return reading
        return None

    def _update(self, key: str, commit: Commit | None, order: int, touched: set[str]) -> None:
        covered = {path for path in self._paths_of[key] if any(self._covered(path, way) for way in self._ways)}
        paths = sorted(self._paths_of[key], key=lambda path: (path not in covered, path))
        history = self.histories.get(key)
        if history is None:
            if not paths:
                return
            name = self.store.document(self.files[paths[0]], self._read_by[paths[0]]).id or key
            history = self.histories[key] = DocumentHistory(key, name, prefix=self._prefix)
        history.twins = [path for path in paths[1:] if path in covered]
        if not paths:
            if commit is None:
                history.working, history.working_absent = None, True
            elif not history.absent:
                history.leave(commit, order)
            return
        path = paths[0]
        if commit is not None:
            history.absent = False
        if path in touched or not history.versions or history.versions[-1].path != path:
            self._new_version(history, path, commit, order)

    def _shown(self, path: str, blob: str, reading: Reading) -> tuple[tuple[Attachment, ...], set[str]]:
        """The files that a text shows from the tree as it is, and every path that it asked for."""
        asked: set[str] = set()
        if self.store.shows_nothing(blob, self.names):
            return (), asked

        def blob_at(target: str) -> str | None:
            asked.add(target)
            return self.files.get(target)

        own = self._prefix + reading.docs_dir
        root = own if path.startswith(own + "/") else self.root_of(path) or own
        body = self.store.body(blob, reading)
        return find_attachments(body, path, root, blob_at, self.store.read, self.names), asked

    def _new_version(self, history: DocumentHistory, path: str, commit: Commit | None, order: int) -> None:
        blob, reading = self.files[path], self._read_by[path]
        attachments, asked = self._shown(path, blob, reading)
        for target in self._asked_by.pop(path, set()) - asked:
            self._shown_by[target].discard(path)
        for target in asked:
            self._shown_by[target].add(path)
        self._asked_by[path] = asked
        day = self._days[order] if commit else None
        file = None if self.store.few else self.store.document(blob, reading)
        version = Version(commit, path, blob, file, attachments, self.store, day, order, reading)
        if commit is None:
            history.working = version
            return
        if self.store.sealing:
            version.digest()
            before = history.versions[-1].file if history.versions else version.file
            if before is not version.file:
                before.forget()
        history.versions.append(version)
        self._settled.setdefault(blob, reading)
