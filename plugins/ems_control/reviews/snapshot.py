"""The documents of one commit, wherever it lies: what a reviewer had before them."""

from __future__ import annotations

import posixpath
from functools import cached_property

from ems_control.documents.history import Version, key_of
from ems_control.ground.formats.digest import find_attachments
from ems_control.ground.formats.records import policy_digest
from ems_control.ground.organisation.people import PEOPLE_FILE
from ems_control.ground.organisation.policy import POLICY_FILE
from ems_control.ground.text import is_markdown
from ems_control.handbook.handbook import Handbook


class Snapshot:
    """The handbook's files at one commit (its whole name, which must be in the clone)."""

    def __init__(self, handbook: Handbook, commit: str) -> None:
        """Reads one tree; texts are read when they are asked for."""
        self.commit = commit
        self._handbook = handbook
        self._docs = handbook.docs
        repository = handbook.repository
        self._steering = [repository.prefix + name for name in (POLICY_FILE, PEOPLE_FILE)]
        self._tree = repository.files_at(commit, self._docs, *self._steering)

    @cached_property
    def texts(self) -> dict[str, Version]:
        """Documents by key; where two files claim one id, the first by path, as on main."""
        names = {posixpath.basename(path) for path in self._tree if not is_markdown(path)}
        store, replay, found = self._handbook.tree.store, self._handbook.tree, dict[str, Version]()
        pages = [path for path in sorted(self._tree) if self._controlled(path)]
        store.prefetch(self._tree[path] for path in pages)
        for path in pages:
            reading = replay.reading_of(self._tree[path])
            file = store.document(self._tree[path], reading)
            if file.id and key_of(file.id) not in found:
                attachments = find_attachments(file.body, path, self._docs, self._tree.get, store.read, names)
                found[key_of(file.id)] = Version(
                    None, path, self._tree[path], file, attachments, store, reading=reading
                )
        return found

    @cached_property
    def policy(self) -> str:
        """The digest of ems.yml and people.yml; empty where one is missing."""
        blobs = [self._tree.get(path) for path in self._steering]
        if None in blobs:
            return ""
        policy, people = (self._handbook.tree.store.read(blob) for blob in blobs if blob)
        return policy_digest(policy, people)

    def _controlled(self, path: str) -> bool:
        return path.startswith(self._docs + "/") and self._handbook.is_controlled(path)
