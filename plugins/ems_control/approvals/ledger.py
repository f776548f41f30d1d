"""Every approval record as it landed on main, and what was done to it since (specification, When a record counts).

A record lands once. What changes or removes it later is told apart and undoes nothing: the record first landed stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from ems_control.ground.formats.records import FOLDER, Record, RecordError, name_of, place_of, read_record
from ems_control.ground.formats.signatures import key_named, too_short
from ems_control.ground.git.log import EXECUTABLE, FILE, Commit
from ems_control.ground.git.repository import Repository


class Blobs(Protocol):
    """Whoever gives the bytes of blobs."""

    def blobs(self, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Each blob with its bytes."""


class Lies(NamedTuple):
    """Where a record and its signature lie in git; `wrong` is why what lies there is none, whatever it says."""

    blobs: Blobs
    record: str | None
    seal: str | None
    wrong: str = ""


class Said(NamedTuple):
    """What a record file says: its SHA-256, by which `prev` and `corrects` name it, and the record; else why not."""

    name: str
    record: Record | None
    problem: str = ""


class Entry:
    """A record file as it first landed: path from the folder of ems.yml, bytes, signature, and the landing.

    `record` is None where the file cannot be read; `problem` then says why. `order` counts landings from 0. A file is
    read when somebody asks what is in it: of ten thousand records one document has ten.
    """

    __slots__ = ("_data", "_said", "_signature", "landing", "lies", "order", "path")

    def __init__(self, path: str, landing: Commit, order: int, lies: Lies | None, said: Said | None = None) -> None:
        """`said` is what it says, where that is known."""
        self.path, self.landing, self.order, self.lies = path, landing, order, lies
        self._said = said
        self._data: bytes | None = None
        self._signature: bytes | None = None

    @classmethod
    def written(
        cls, data: bytes, signature: bytes | None, landing: Commit, order: int, record: Record, path: str = ""
    ) -> Entry:
        """A record that is in no commit yet, as if it landed so."""
        entry = cls(path or record.path, landing, order, None, Said(name_of(data), record))
        entry._data, entry._signature = data, signature
        return entry

    def __reduce__(self) -> tuple[Any, ...]:
        """Without the bytes, which git gives again."""
        return Entry, (self.path, self.landing, self.order, self.lies, self._said)

    def landed_with(self, landing: Commit) -> Entry:
        """The same with the landing otherwise dated."""
        return Entry(self.path, landing, self.order, self.lies, self._said)

    @property
    def wanted(self) -> list[str]:
        """The blobs to be read for it."""
        if self.lies is None or self._data is not None:
            return []
        return [name for name in (self.lies.record, self.lies.seal) if name]

    def take(self, contents: Mapping[str, bytes]) -> None:
        """Read it out of these blobs."""
        if self.lies is None or self._data is not None:
            return
        _, record, seal, wrong = self.lies
        self._data = contents[record] if record else b""
        self._signature = contents[seal] if seal else None
        if self._said is None:
            self._said = Said(name_of(self._data), *((None, wrong) if wrong else _read(self._data)))

    def forget(self) -> None:
        """Keep its bytes no longer, where git can give them again."""
        if self.lies is not None:
            self._data = None

    def _whole(self) -> bytes:
        if self._data is None and self.lies is not None:
            self.take(dict(self.lies.blobs.blobs(self.wanted)))
        return self._data or b""

    @property
    def data(self) -> bytes:
        """Its bytes."""
        return self._whole()

    @property
    def signature(self) -> bytes | None:
        """Its signature, where one came with it."""
        if self._signature is None:
            self._whole()
        return self._signature

    @property
    def said(self) -> Said:
        """All that it says."""
        if self._said is None:
            self._whole()
        assert self._said is not None  # whatever lies there was read
        return self._said

    @property
    def known(self) -> Record | None:
        """The record, where somebody asked for it before."""
        return self._said.record if self._said else None

    @property
    def record(self) -> Record | None:
        """What was decided."""
        return self.said.record

    @property
    def problem(self) -> str:
        """Why it cannot be read."""
        return self.said.problem

    @property
    def name(self) -> str:
        """SHA-256 of its bytes: how `prev` and `corrects` name it."""
        return self.said.name

    @property
    def weak(self) -> str:
        """Why its key signs nothing new any more, in words; "" where it does. The signature is not checked."""
        key = key_named(self.signature) if self.signature else None
        return too_short(key) if key else ""

    @property
    def folder(self) -> str:
        """The id in its path, for comparing."""
        return self.path.split("/")[1].casefold() if self.path.count("/") > 1 else ""

    @property
    def may_correct(self) -> bool:
        """Whether it lies where a `correct` record has to, to count."""
        return self.path.endswith("-correct.json")


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

    entries: Sequence[Entry] = field(default_factory=list)
    tampering: list[Tampering] = field(default_factory=list)

    @cached_property
    def _by_folder(self) -> Mapping[str, list[Entry]]:
        found: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            found[entry.folder].append(entry)
        return found

    def lies_in(self, folders: Mapping[str, list[Entry]]) -> None:
        """Take this for what lies in each folder, in landing order."""
        self.__dict__["_by_folder"] = folders

    def of(self, document_id: str) -> list[Entry]:
        """The records that lie in the folder of a document, in landing order."""
        return self._by_folder.get(document_id.casefold(), [])

    def landed_with(self, landings: Sequence[Commit]) -> Ledger:
        """The same records, each with the landing of its order in this line."""
        if all(entry.landing is landings[entry.order] for entry in self.entries):
            return self
        return Ledger([entry.landed_with(landings[entry.order]) for entry in self.entries], self.tampering)

    def read(self) -> None:
        """Read all records together."""
        new = [entry for entry in self.entries if entry.known is None]
        sources = [entry.lies.blobs for entry in new if entry.lies]
        if sources:  # all lie in one repository
            contents = dict(sources[0].blobs(dict.fromkeys(name for entry in new for name in entry.wanted)))
            for entry in new:
                entry.take(contents)

    def forget(self) -> None:
        """Keep the bytes of no record: whoever judges them has done so."""
        for entry in self.entries:
            entry.forget()

    @cached_property
    def by_name(self) -> dict[str, Entry]:
        """Records by their SHA-256; where two files have the same bytes, the first that landed."""
        self.read()
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
    landings = repository.landings
    for path, file in files.items():
        if not path.lower().endswith(".json"):
            continue
        seal = plain.get(path + ".sig")
        signature = seal.first if seal and seal.order <= file.order else None
        record, wrong = (file.first, "") if path in plain else (None, "it is a link, not a file")
        yield Entry(path, landings[file.order], file.order, Lies(repository, record, signature, wrong))
    for path, file in plain.items():
        if path.lower().endswith(".json.sig") and path[:-4] not in files:
            lies = Lies(repository, file.first, None, "a signature without its record")
            yield Entry(path, landings[file.order], file.order, lies)


def _read(data: bytes) -> tuple[Record | None, str]:
    try:
        return read_record(data), ""
    except RecordError as error:
        return None, str(error)
