"""A handbook as it was read at a commit, kept whole for the next run: history, records, policies; what came of each
document beside it, so that one document is had without the others.

Whoever asks the same commit again begins there: no log is read, no text taken apart, no signature checked. The working
tree is laid over it as over what git said. It is used where an answer may be given again, and for sites that are built
at a desk; never by `ems verify`, never by a job of a forge. Only a file with our own seal is opened
(`ground/kept.py`), it makes no objects but those named here, and its key holds the commit and all else that the reading
depends on.
"""

from __future__ import annotations

import copyreg
import hashlib
import io
import pickle
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from ems_control.approvals.ledger import Entry
from ems_control.approvals.record_judge import ApprovalHistory, RecordJudge
from ems_control.documents.history import DocumentHistory, Version
from ems_control.ground.formats.records import Record
from ems_control.ground.git.log import Commit
from ems_control.ground.git.repository import Repository
from ems_control.ground.kept import FEW_LANDINGS, Kept
from ems_control.ground.markdown.outline import plain_slug
from ems_control.ground.organisation.standards import Catalogue
from ems_control.handbook.more_landings import History, extend

FOLDER, MOST = "snapshots", 8
MANY_LANDINGS = 5
"""So many landings are added to what is kept before it is written anew."""
T = TypeVar("T")
_OURS = "ems_control."
_OTHERS = {
    "builtins": {"set", "frozenset", "list", "dict"},
    "collections": {"defaultdict"},
    "datetime": {"date", "datetime", "timedelta", "timezone"},
    "functools": {"partial"},
}
"""The only things beside our own classes that a snapshot is made of."""
_FUNCTIONS = {("ems_control.ground.git.moves", "follow_commits")}


Naming = Callable[[Any], tuple[Any, ...]]
"""How something is named that stands elsewhere."""


def _named_zone(zone: ZoneInfo) -> tuple[Any, ...]:
    return _zone, (zone.key,)


class _Writer(pickle.Pickler):
    """Writes an object graph; what belongs to the run or stands elsewhere is named, not written."""

    def __init__(self, file: Any, named: dict[type, Naming]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self.dispatch_table = {**copyreg.dispatch_table, ZoneInfo: _named_zone, **named}


class _Reader(pickle.Unpickler):
    """Makes nothing but our own classes and a few plain ones; names are looked up among `given`."""

    def __init__(self, file: io.BytesIO, given: dict[str, Callable[..., Any]]) -> None:
        super().__init__(file)
        self._given: dict[str, Callable[..., Any]] = {"_zone": ZoneInfo, **given}

    def find_class(self, module: str, name: str) -> Any:
        """A class by its name, where it is one of those that a snapshot is made of."""
        if module == __name__ and name in self._given:
            return self._given[name]
        known = module.startswith(_OURS) and name[:1].isupper()
        if known or (module, name) in _FUNCTIONS or name in _OTHERS.get(module, ()):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name}")


def _load(data: bytes | io.BytesIO | None, **given: Callable[..., Any]) -> Any:
    """What was written; None where that is nothing, or holds what a snapshot is not made of."""
    file = io.BytesIO(data) if isinstance(data, bytes) else data
    with suppress(pickle.UnpicklingError):
        return _Reader(file, given).load() if file else None
    return None


def _keep(kept: Kept, name: str, write: Callable[[Any], object]) -> None:
    """Keep what can be written so; what cannot be is read anew each time."""
    with suppress(pickle.PicklingError, AttributeError, TypeError):  # each of them says that something cannot
        kept.put(name, write)


def _zone(*_: Any) -> Any:
    """Stands for a time zone, by its name."""


def _repository() -> Any:
    """Stands for the repository of the run that reads."""


def _version(*_: Any) -> Any:
    """Stands for a text, by its document and place."""


def _entry(*_: Any) -> Any:
    """Stands for a record as it landed, by its place in the ledger."""


def _record(*_: Any) -> Any:
    """Stands for what such a record says."""


def _landing(*_: Any) -> Any:
    """Stands for a landing, by its order."""


def _named(stands_for: Callable[..., Any], numbers: dict[int, int], one: Any) -> tuple[Any, ...]:
    return stands_for, (numbers[id(one)],)


def _numbers(evidence: RecordJudge) -> dict[type, Naming]:
    """How records and landings are named in what came of a document."""
    entries = {id(entry): at for at, entry in enumerate(evidence.ledger.entries)}
    records = {id(entry.known): at for at, entry in enumerate(evidence.ledger.entries) if entry.known}
    landings = {id(landing): at for at, landing in enumerate(evidence.landings)}
    return {
        Entry: partial(_named, _entry, entries),
        Record: partial(_named, _record, records),
        Commit: partial(_named, _landing, landings),
    }


def _seen(history: DocumentHistory) -> str:
    """What of a document its records are judged by that the working tree may change, where nothing landed before."""
    return f"{history.id}\0{history.newest.path}"


@dataclass
class KeptHistory:
    """What is kept of one handbook at one commit; `key` says all else that its reading depends on.

    `docs` is the folder of the texts, as the files of the handbook say it. `few` says that few documents will be asked
    for: then an outline is enough, in which no text and no record is read.
    """

    repository: Repository
    key: str
    docs: str
    few: bool = False
    _kept: Kept = field(init=False)
    _lives: dict[str, tuple[str, bytes]] = field(default_factory=dict, init=False)
    _evidence: RecordJudge | None = field(default=None, init=False)
    _newer: bool = field(default=False, init=False)
    """Whether more has landed than is kept."""

    def __post_init__(self) -> None:
        """Look into the folder of the repository; several handbooks and worktrees lie there side by side."""
        self._kept = Kept(self.repository.cache_dir / FOLDER, MOST)

    def load(self) -> History | None:
        """The history as it was read, with what landed since; None where it is to be read."""
        data = (self._get("outline") if self.few else None) or self._get("history")
        if data is None:
            return None
        commit = data.readline().decode().strip()
        found = _load(data, _repository=lambda: self.repository)
        if found is None:
            return None
        settled, evidence, tree, readings = found
        read = History(settled, evidence, tree)
        tree.store.begin_again(plain_slug)
        for reading in readings:
            self.repository.count_contributions(reading)
        if commit == self.repository.head and not self.repository.proposed:
            self.repository.count_landings(evidence.landings)
            self._remember(evidence, self._read_lives(commit))
            return read
        before, number = read.counts(), len(evidence.landings)
        if not extend(read, self.repository, commit, self.docs):
            self.repository.start_over()
            return None
        now = read.counts()
        lives = {key: life for key, life in self._read_lives(commit).items() if before.get(key) == now.get(key)}
        self._newer = True
        if not self.repository.proposed and len(evidence.landings) - number >= MANY_LANDINGS:
            self.keep(read, lives)
        self._remember(evidence, lives)
        return read

    def keep(self, read: History, lives: dict[str, tuple[str, bytes]] | None = None) -> None:
        """Keep a history as it was read, before the working tree is laid over it, with what is known of documents."""
        evidence = read.evidence
        if not self._kept.usable or len(evidence.landings) < FEW_LANDINGS or self.repository.proposed:
            return
        for history in read.tree.histories.values() if not read.tree.store.few else ():
            if history.head:
                _ = history.head.file.problems  # what every check asks of a text that stands there
        named: dict[type, Naming] = {Repository: lambda _: (_repository, ())}
        made = (read.settled, evidence, read.tree, self.repository.readings_of_contributions)
        self._put("outline" if read.tree.store.few else "history", lambda file: _Writer(file, named).dump(made))
        self._newer = False
        self._remember(evidence, lives or {})

    def _read_lives(self, commit: str) -> dict[str, tuple[str, bytes]]:
        data = self._get("lives")
        if data is None or data.readline().decode().strip() != commit:
            return {}
        found: dict[str, tuple[str, bytes]] = _load(data) or {}
        return found

    def _remember(self, evidence: RecordJudge, lives: dict[str, tuple[str, bytes]]) -> None:
        """Let what came of a document be taken from here."""
        self._lives, self._evidence = lives, evidence
        evidence.recall = self._life

    def _life(self, history: DocumentHistory) -> ApprovalHistory | None:
        seen, data = self._lives.get(history.key, ("", b""))
        if not data or seen != _seen(history) or self._evidence is None:
            return None
        entries, landings = self._evidence.ledger.entries, self._evidence.landings
        found: ApprovalHistory | None = _load(
            data,
            _version=lambda at: history.versions[at],
            _entry=lambda at: entries[at],
            _record=lambda at: entries[at].record,
            _landing=lambda at: landings[at],
        )
        return found

    def catalogue(self) -> Catalogue:
        """The packaged catalogue of standards, as it was read once."""
        found: Catalogue | None = _load(self._kept.get("catalogue"))
        if found:
            return found
        made = Catalogue.load()
        if len(self.repository.landings) >= FEW_LANDINGS:
            _keep(self._kept, "catalogue", lambda file: _Writer(file, {}).dump(made))
        return made

    def keep_lives(self, judged: Iterable[tuple[DocumentHistory, ApprovalHistory]]) -> None:
        """Keep what came of documents, beside what is kept already."""
        evidence = self._evidence
        new = [(history, life) for history, life in judged if history.key not in self._lives]
        if evidence is None or not new or self._newer:
            return
        numbers = _numbers(evidence)
        for history, life in new:
            versions = {id(version): at for at, version in enumerate(history.versions)}
            named: dict[type, Naming] = {Version: partial(_named, _version, versions), **numbers}
            file = io.BytesIO()
            with suppress(KeyError):  # it rests on something that is not of this commit, and is judged anew
                _Writer(file, named).dump(life)
                self._lives[history.key] = (_seen(history), file.getvalue())
        self._put("lives", lambda file: _Writer(file, {}).dump(self._lives))

    def _name(self, what: str) -> str:
        return f"{what}\0{self.repository.top}\0{self.repository.prefix}"

    def _get(self, what: str) -> io.BytesIO | None:
        found = io.BytesIO(self._kept.get(self._name(what)) or b"")
        return found if found.readline() == self._line else None

    def _put(self, what: str, write: Callable[[Any], object]) -> None:
        def whole(file: Any) -> None:
            file.write(self._line + f"{self.repository.head}\n".encode())
            write(file)

        _keep(self._kept, self._name(what), whole)

    @property
    def _line(self) -> bytes:
        return hashlib.sha256(self.key.encode("utf-8", "surrogateescape")).hexdigest().encode() + b"\n"


def key_of_parts(parts: tuple[str, ...]) -> bytes:
    """Stands for what something is made of."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).digest()


class KeptTexts:
    """What was made of single texts, by all that it depends on: of many texts that stay, one changes."""

    def __init__(self, repository: Repository) -> None:
        """Reads what the last run kept."""
        self._kept = Kept(repository.cache_dir / FOLDER, MOST)
        self._name = f"texts\0{repository.top}\0{repository.prefix}"
        self._found: dict[bytes, Any] = _load(self._kept.get(self._name)) or {}
        self._used: dict[bytes, Any] = {}

    def made(self, parts: tuple[str, ...], make: Callable[[], list[T]]) -> list[T]:
        """What `make` gives for these parts, made once for as long as they stay the same."""
        key = key_of_parts(parts)
        if key not in self._used:
            self._used[key] = self._found[key] if key in self._found else make()
        found: list[T] = self._used[key]
        return found

    def knows(self, parts: tuple[str, ...]) -> bool:
        """Whether it was made before."""
        key = key_of_parts(parts)
        return key in self._found or key in self._used

    def keep(self) -> None:
        """Keep what this run used, and nothing else."""
        if self._used.keys() - self._found.keys():
            _keep(self._kept, self._name, lambda file: _Writer(file, {}).dump(self._used))
