"""A handbook as it was read at a commit, kept whole for the next run: history, records, policies; what came of each
document beside it, so that one document is had without the others.

Whoever asks the same commit again begins there: no log is read, no text taken apart, no signature checked. The working
tree is laid over it as over what git said. It is used where an answer may be given again, and for sites that are built
at a desk; never by `ems verify`, never by a job of a forge. Only a file with our own seal is opened
(`ground/kept.py`), it makes no objects but those named here, and its key holds the commit and all else that the reading
depends on.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from ems_control.approvals.ledger import Entry
from ems_control.approvals.record_judge import ApprovalHistory, RecordJudge
from ems_control.documents.history import DocumentHistory, Version
from ems_control.ground.formats.records import Record
from ems_control.ground.git.log import Commit
from ems_control.ground.git.repository import Repository
from ems_control.ground.kept import FEW_LANDINGS, Kept
from ems_control.ground.markdown.outline import plain_slug
from ems_control.ground.on_demand import made
from ems_control.ground.organisation.standards import Catalogue
from ems_control.handbook.kept import pickled
from ems_control.handbook.kept.history_slices import Contributing, opened, written
from ems_control.handbook.kept.more_landings import History, extend
from ems_control.handbook.kept.pickled import Naming, Writer, dumped, load, numbered

FOLDER, MOST = "snapshots", 12
HISTORY, EARLIER = "history", "earlier"
"""The history that was kept last, and what was kept before it: mostly of another branch."""
LIVES = {HISTORY: "lives", "outline": "lives", EARLIER: "earlier lives"}
"""Where what came of documents is kept beside each."""
MANY_LANDINGS = 5
"""So many landings are added to what is kept before it is written anew."""
_LONGEST = 200
"""The first two lines are shorter: a hash, and the name of a commit."""
T = TypeVar("T")


def _written(data: memoryview, file: Any) -> None:
    file.write(data)


def _keep(kept: Kept, name: str, write: Callable[[Any], object]) -> None:
    """Keep what can be written so; what cannot be is read anew each time."""
    with suppress(pickle.PicklingError, AttributeError, TypeError):  # each of them says that something cannot
        kept.put(name, write)


def _numbers(evidence: RecordJudge) -> dict[type, Naming]:
    """How records and landings are named in what came of a document; what nobody asked for is not in it."""
    entries = dict(made(evidence.ledger.entries))
    return {
        Entry: numbered(pickled.entry, {id(entry): at for at, entry in entries.items()}, strict=True),
        Record: numbered(pickled.record, {id(e.known): at for at, e in entries.items() if e.known}, strict=True),
        Commit: numbered(pickled.landing, {id(one): at for at, one in made(evidence.landings)}, strict=True),
    }


def _seen(history: DocumentHistory, evidence: RecordJudge) -> str:
    """What of a document changes where more of it lands, and what its records are judged by in the working tree."""
    landed = len(history.versions), len(history.left), history.absent, len(evidence.ledger.of(history.key))
    return f"{history.id}\0{history.newest.path}\0{landed}"


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
    _of_lives: str = field(default="", init=False)
    """Under which name lies what came of documents, at the commit that is kept."""
    _newer: bool = field(default=False, init=False)
    """Whether more has landed than is kept."""

    def __post_init__(self) -> None:
        """Look into the folder of the repository; several handbooks and worktrees lie there side by side."""
        self._kept = Kept(self.repository.cache_dir / FOLDER, MOST)

    def load(self) -> History | None:
        """The history as it was read, with what landed since; None where it is to be read."""
        for name in ("outline", HISTORY, EARLIER) if self.few else (HISTORY, EARLIER):
            commit, data = self._get(name)
            found = opened(data, self.repository, commit) if data else None
            if found is not None and (read := self._gone_on(name, commit, *found)):
                return read
        return None

    def _gone_on(self, name: str, commit: str, read: History, contributing: Contributing) -> History | None:
        """What was kept, with what landed since; None where that is not enough."""
        evidence, tree = read.evidence, read.tree
        tree.store.begin_again(plain_slug)
        for reading in contributing:
            self.repository.count_contributions(reading)
        self._of_lives = LIVES[name]
        if commit == self.repository.head and not self.repository.proposed:
            self.repository.count_landings(evidence.landings)
            self._remember(evidence, self._read_lives(commit))
            return read
        number = len(evidence.landings)
        if not extend(read, self.repository, commit, self.docs):
            self.repository.start_over()
            return None
        lives = self._read_lives(commit)
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
        contributing, name = self.repository.readings_of_contributions, "outline" if read.tree.store.few else HISTORY
        if name == HISTORY:
            self._put_aside()
        self._put(name, self.repository.head, lambda file: [file.write(piece) for piece in written(read, contributing)])
        self._newer, self._of_lives = False, LIVES[name]
        self._remember(evidence, lives or {})

    def _put_aside(self) -> None:
        """Keep beside it what was kept before: who goes from a branch to main and back reads neither anew."""
        for name, other in ((HISTORY, EARLIER), (LIVES[HISTORY], LIVES[EARLIER])):
            commit, data = self._get(name)
            if data is not None and commit != self.repository.head:
                self._put(other, commit, partial(_written, data))

    def _read_lives(self, commit: str) -> dict[str, tuple[str, bytes]]:
        since, data = self._get(self._of_lives)
        found: dict[str, tuple[str, bytes]] = (load(data) if since == commit else None) or {}
        return found

    def _remember(self, evidence: RecordJudge, lives: dict[str, tuple[str, bytes]]) -> None:
        """Let what came of a document be taken from here."""
        self._lives, self._evidence = lives, evidence
        evidence.recall = self._life

    def _life(self, history: DocumentHistory) -> ApprovalHistory | None:
        seen, data = self._lives.get(history.key, ("", b""))
        if not data or self._evidence is None or seen != _seen(history, self._evidence):
            return None
        entries, landings = self._evidence.ledger.entries, self._evidence.landings
        found: ApprovalHistory | None = load(
            data,
            version=lambda at: history.versions[at],
            entry=lambda at: entries[at],
            record=lambda at: entries[at].record,
            landing=lambda at: landings[at],
        )
        return found

    def catalogue(self) -> Catalogue:
        """The packaged catalogue of standards, as it was read once."""
        found: Catalogue | None = load(self._kept.get("catalogue"))
        if found:
            return found
        made = Catalogue.load()
        if len(self.repository.landings) >= FEW_LANDINGS:
            _keep(self._kept, "catalogue", lambda file: Writer(file, {}).dump(made))
        return made

    def keep_lives(self, judged: Iterable[tuple[DocumentHistory, ApprovalHistory]]) -> None:
        """Keep what came of documents, beside what is kept already."""
        evidence = self._evidence
        if evidence is None or self._newer:
            return
        new = [(one, life) for one, life in judged if self._lives.get(one.key, ("",))[0] != _seen(one, evidence)]
        if not new:
            return
        numbers = _numbers(evidence)
        for history, life in new:
            versions = {id(version): at for at, version in enumerate(history.versions)}
            named = {Version: numbered(pickled.version, versions, strict=True), **numbers}
            with suppress(KeyError):  # it rests on something that is not of this commit, and is judged anew
                self._lives[history.key] = (_seen(history, evidence), dumped(life, named))
        self._put(self._of_lives, self.repository.head, lambda file: Writer(file, {}).dump(self._lives))

    def _name(self, what: str) -> str:
        return f"{what}\0{self.repository.top}\0{self.repository.prefix}"

    def _get(self, what: str) -> tuple[str, memoryview | None]:
        """The commit of what is kept, and its bytes; None where that is nothing, or was read in another way."""
        found = self._kept.view(self._name(what))
        line, commit, _ = (*bytes(found[:_LONGEST] if found else b"").split(b"\n", 2), b"", b"")[:3]
        same = found is not None and line + b"\n" == self._line
        return commit.decode("ascii", "replace"), found[len(line) + len(commit) + 2 :] if found and same else None

    def _put(self, what: str, commit: str | None, write: Callable[[Any], object]) -> None:
        def whole(file: Any) -> None:
            file.write(self._line + f"{commit}\n".encode())
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
        self._found: dict[bytes, Any] = load(self._kept.get(self._name)) or {}
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

    def keep(self, whole: bool) -> None:
        """Keep what this run used, and nothing else; where it did not ask for the `whole`, all that was there, too."""
        if self._used.keys() - self._found.keys():
            kept = self._used if whole else {**self._found, **self._used}
            _keep(self._kept, self._name, lambda file: Writer(file, {}).dump(kept))
