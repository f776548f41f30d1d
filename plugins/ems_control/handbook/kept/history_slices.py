"""The history of a handbook in slices: each document, few records and few landings at a time.

Whoever asks for one document reads its slice, and those of the records and landings that it names.
"""

from __future__ import annotations

import pickle
import struct
from array import array
from collections import defaultdict
from collections.abc import Iterable
from copy import copy
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from ems_control.approvals.ledger import Entry, Ledger
from ems_control.documents.history import DocumentHistory
from ems_control.documents.store import Store
from ems_control.ground.formats.records import Record
from ems_control.ground.git.log import Commit
from ems_control.ground.git.repository import Repository
from ems_control.ground.on_demand import OnDemand, Sliced
from ems_control.ground.organisation.readings import Reading
from ems_control.handbook.kept import pickled
from ems_control.handbook.kept.more_landings import History
from ems_control.handbook.kept.pickled import Naming, Whole

LANDINGS, ENTRIES = 64, 32
"""How many of them a slice holds."""
_END = struct.Struct("<QQ")
"""Where the list of slices begins and ends, last of all."""
Contributing = list[Any]
"""What is made of the contributions, step by step."""


def written(read: History, contributing: Contributing) -> Iterable[bytes]:
    """The bytes of a history, piece by piece."""
    return _Slices(read, contributing).written()


class _Slices:
    """A history that is written."""

    def __init__(self, read: History, contributing: Contributing) -> None:
        self.read, self.contributing = read, contributing
        evidence, tree = read.evidence, read.tree
        self.landings, self.entries = evidence.landings, evidence.ledger.entries
        self.ways = tree.readings.all
        self.in_all: dict[type, Naming] = {
            Repository: pickled.always(pickled.repository),
            Store: pickled.always(pickled.store),
            Whole: pickled.named_whole,
        }
        self.of_landings = self.in_all | {
            Reading: pickled.numbered(pickled.reading, _numbers(self.ways)),
            Commit: pickled.numbered(pickled.landing, _numbers(self.landings)),
        }
        records = {id(entry.known): at for at, entry in enumerate(self.entries) if entry.known}
        self.of_records = self.of_landings | {
            Entry: pickled.numbered(pickled.entry, _numbers(self.entries)),
            Record: pickled.numbered(pickled.record, records),
        }

    def written(self) -> Iterable[bytes]:
        """Slices, what is left, and where each lies."""
        place, places = 0, defaultdict[str, list[int]](list)
        for name, data in self._pieces():
            places[name].append(place)
            place += len(data)
            yield data
        index = pickled.dumped((dict(places), place, len(self.landings), len(self.entries)), {})
        yield index
        yield _END.pack(place, place + len(index))

    def _pieces(self) -> Iterable[tuple[str, bytes]]:
        for first in range(0, len(self.landings), LANDINGS):
            yield "landings", pickled.dumped(self.landings[first : first + LANDINGS], self.in_all)
        for first in range(0, len(self.entries), ENTRIES):
            yield "entries", pickled.dumped(self.entries[first : first + ENTRIES], self.of_landings)
        for history in self.read.tree.histories.values():
            yield "histories", pickled.dumped(history, self.of_landings)
        held, days = self._held(), array("i", (day.toordinal() for day in self.read.evidence.days)).tobytes()
        yield "names", pickled.dumped((list(self.read.tree.histories), self._folders(), held, days), {})
        yield "ways", pickled.dumped(self.ways, self.in_all)
        yield "store", pickled.dumped(self.read.tree.store.parts(held), self.of_landings)
        if brought := self.read.evidence.contributions.brought(self.read.tree.folders):
            yield "brought", pickled.dumped(brought, {})
        yield "core", pickled.dumped(self._core(), self.of_records)

    def _folders(self) -> dict[str, list[int]]:
        """The records in the folder of each document, by their places in the ledger."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        for at, entry in enumerate(self.entries):
            found[entry.folder].append(at)
        return dict(found)

    def _held(self) -> dict[str, str]:
        """The document that holds the text of a blob, for each that is read as the store reads."""
        fields = self.read.tree.store.reading.fields
        return {
            version.blob: key
            for key, history in self.read.tree.histories.items()
            for version in history.versions
            if version.read is not None and version.reading.fields == fields
        }

    def _core(self) -> tuple[Any, ...]:
        """What is not in slices, with the rest of it named."""
        settled, evidence, own = copy(self.read.settled), copy(self.read.evidence), self.read.settled.landings
        landings: Any = Whole("landings")
        days: Any = Whole("days")
        entries: Any = Whole("entries")
        dated = landings if list(own.dated) == list(self.landings) else own.dated
        settled.landings = replace(own, dated=dated)
        if list(own.counted) == list(self.landings):
            settled.landings.__dict__["counted"] = landings
        settled.ledger = evidence.ledger = Ledger(entries, self.read.evidence.ledger.tampering)
        evidence.landings, evidence.days = landings, days
        tree = copy(self.read.tree)
        tree.__dict__.update(histories=Whole("histories"), _days=days)
        return settled, evidence, tree, self.contributing


def _numbers(these: Iterable[object]) -> dict[int, int]:
    return {id(one): at for at, one in enumerate(these)}


def opened(data: memoryview, repository: Repository, commit: str) -> tuple[History, Contributing] | None:
    """The history that was written so at a commit; None where it holds what no history is made of."""
    try:
        return _Opened(data, repository).history(commit)
    except pickle.UnpicklingError:
        return None


class _Opened:
    """A history that is read slice by slice."""

    def __init__(self, data: memoryview, repository: Repository) -> None:
        start, end = _END.unpack(data[-_END.size :])
        self.data, self.repository = data, repository
        self.places, self.end, landings, entries = pickled.read(data[start:end])
        self.landings: Sliced[Commit] = Sliced(landings, LANDINGS, partial(self._read, "landings"))
        self.entries: Sliced[Entry] = Sliced(entries, ENTRIES, partial(self._read, "entries"))
        self.ways: list[Reading] = []
        self.store: Store | None = None
        self.histories: OnDemand[DocumentHistory] = OnDemand((), self._history)
        self.numbers: dict[str, int] = {}
        self.days: list[date] = []

    def _read(self, name: str, at: int = 0) -> Any:
        starts = self.places[name]
        following = [*starts[at + 1 : at + 2], self._after(name)][0]
        return pickled.read(
            self.data[starts[at] : following],
            repository=lambda: self.repository,
            store=lambda: self.store,
            landing=lambda number: self.landings[number],
            entry=lambda number: self.entries[number],
            record=lambda number: self.entries[number].record,
            reading=lambda number: self.ways[number],
            whole=lambda what: getattr(self, what),
        )

    def _after(self, name: str) -> int:
        """Where what is called so ends."""
        names = list(self.places)
        following = names[names.index(name) + 1 :]
        return int(self.places[following[0]][0]) if following else int(self.end)

    def _history(self, key: str) -> DocumentHistory:
        found: DocumentHistory = self._read("histories", self.numbers[key])
        assert self.store is not None  # no document is asked for before
        for version in found.versions:
            if version.read is not None:
                version.read = self.store.take(version.blob, version.read, version.reading)
        return found

    def history(self, commit: str) -> tuple[History, Contributing]:
        """All of it, little of it read."""
        keys, folders, held, days = self._read("names")
        self.numbers = _numbers_of(keys)
        self.histories = OnDemand(keys, self._history)
        self.days = [date.fromordinal(day) for day in array("i", days)]
        self.ways = self._read("ways")
        self.store = Store.of_parts(self._read("store"), held, self.histories.__getitem__)
        settled, evidence, tree, contributing = self._read("core")
        evidence.ledger.lies_in(OnDemand(folders, lambda folder: [self.entries[at] for at in folders[folder]]))
        if "brought" in self.places:
            evidence.contributions.go_on_from(partial(self._read, "brought"), commit)
        return History(settled, evidence, tree), contributing


def _numbers_of(keys: Iterable[str]) -> dict[str, int]:
    return {key: at for at, key in enumerate(keys)}
