"""Every approval record as it landed on main, and what was done to it since (specification, When a record counts).

A record lands once. What changes or removes it later is told apart and undoes nothing: the record first landed stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from ems_control.ground.formats.records import FOLDER, Record, RecordError, name_of, place_of, read_record
from ems_control.ground.formats.signatures import key_named, too_short
from ems_control.ground.git.log import EXECUTABLE, FILE, Commit
from ems_control.ground.git.repository import Repository


@dataclass(frozen=True, eq=False)
class Entry:
    """A record file as it first landed: path from the folder of ems.yml, bytes, signature, and the landing.

    `record` is None where the file cannot be read; `problem` then says why. `order` counts landings from 0.
    """

    path: str
    data: bytes
    signature: bytes | None
    landing: Commit
    order: int
    record: Record | None
    problem: str = ""

    @cached_property
    def name(self) -> str:
        """SHA-256 of its bytes: how `prev` and `corrects` name it."""
        return name_of(self.data)

    @property
    def weak(self) -> str:
        """Why its key signs nothing new any more, in words; "" where it does. The signature is not checked."""
        key = key_named(self.signature) if self.signature else None
        return too_short(key) if key else ""

    @property
    def folder(self) -> str:
        """The id in its path, for comparing."""
        return self.path.split("/")[1].casefold() if self.path.count("/") > 1 else ""


@dataclass(frozen=True)
class Tampering:
    """A landing that changed or removed a record or its signature; `repaired` where the first bytes are back."""

    path: str
    commit: Commit
    removed: bool
    repaired: bool


@dataclass
class Ledger:
    """All records, in the order in which they landed."""

    entries: list[Entry] = field(default_factory=list)
    tampering: list[Tampering] = field(default_factory=list)

    @cached_property
    def _by_folder(self) -> dict[str, list[Entry]]:
        found: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            found[entry.folder].append(entry)
        return found

    def of(self, document_id: str) -> list[Entry]:
        """The records that lie in the folder of a document, in landing order."""
        return self._by_folder.get(document_id.casefold(), [])

    def landed_with(self, landings: Sequence[Commit]) -> Ledger:
        """The same records, each with the landing of its order in this line."""
        if all(entry.landing is landings[entry.order] for entry in self.entries):
            return self
        return Ledger([replace(entry, landing=landings[entry.order]) for entry in self.entries], self.tampering)

    @cached_property
    def by_name(self) -> dict[str, Entry]:
        """Records by their SHA-256; where two files have the same bytes, the first that landed."""
        found: dict[str, Entry] = {}
        for entry in self.entries:
            found.setdefault(entry.name, entry)
        return found


@dataclass
class _File:
    first: str
    mode: str
    now: str | None
    order: int


def read_ledger(repository: Repository) -> Ledger:
    """Read every record that ever landed: one pass over the landings, one batch of blobs."""
    files, marks = _landed(repository)
    ledger = Ledger(sorted(_entries(repository, files), key=_landing_order))
    for path, commit, removed in marks:
        ledger.tampering.append(Tampering(path, commit, removed, files[path].now == files[path].first))
    return ledger


def records_of(repository: Repository, first: int) -> list[Entry] | None:
    """The records that came with the landings from one on; None where a landing there changes one, or parts it."""
    files, marks = _landed(repository, first)
    alone = any(path.lower().endswith(".sig") and path[: -len(".sig")] not in files for path in files)
    return None if marks or alone else sorted(_entries(repository, files), key=_landing_order)


def _landed(repository: Repository, first: int = 0) -> tuple[dict[str, _File], list[tuple[str, Commit, bool]]]:
    """The files that landed from a landing on, and what was done to them since."""
    prefix = repository.prefix + FOLDER + "/"
    files: dict[str, _File] = {}
    marks: list[tuple[str, Commit, bool]] = []
    for order, commit in enumerate(repository.landings[first:], first):
        for change in commit.changes:
            if not change.path.startswith(prefix) or not change.path.lower().endswith((".json", ".json.sig")):
                continue
            path = change.path[len(repository.prefix) :]
            known = files.get(path)
            if known is None:
                if change.after is not None:
                    files[path] = _File(change.after, change.mode, change.after, order)
                continue
            known.now = change.after
            if change.after != known.first:
                marks.append((path, commit, change.after is None))
    return files, marks


def _landing_order(entry: Entry) -> tuple[int, str, str]:
    place = place_of(entry.path)
    return entry.order, place.decided_at if place else "", entry.path


def _entries(repository: Repository, files: dict[str, _File]) -> Iterator[Entry]:
    plain = {path: file for path, file in files.items() if file.mode in (FILE, EXECUTABLE)}
    contents = dict(repository.blobs(dict.fromkeys(file.first for file in plain.values())))
    landings = repository.landings
    for path, file in files.items():
        if not path.lower().endswith(".json"):
            continue
        data = contents[file.first] if path in plain else b""
        seal = plain.get(path + ".sig")
        signature = contents[seal.first] if seal and seal.order <= file.order else None
        record, problem = _read(data) if path in plain else (None, "it is a link, not a file")
        yield Entry(path, data, signature, landings[file.order], file.order, record, problem)
    for path in plain:
        if path.lower().endswith(".json.sig") and path[:-4] not in files:
            file = plain[path]
            words = "a signature without its record"
            yield Entry(path, contents[file.first], None, landings[file.order], file.order, None, words)


def _read(data: bytes) -> tuple[Record | None, str]:
    try:
        return read_record(data), ""
    except RecordError as error:
        return None, str(error)
