"""A history that was kept, with what has landed since: texts and records of documents, as most landings bring.

Whatever else comes (a policy, a correction, a record changed or removed, a move) changes how all the rest is judged,
and the whole is read anew. So does a history that does not go on from the commit that was kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ems_control.approvals.ledger import Entry, Ledger, records_of
from ems_control.approvals.record_judge import RecordJudge
from ems_control.approvals.settled import Settled
from ems_control.documents.docs_tree import DocsTree
from ems_control.documents.history import DocumentHistory
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.records import FOLDER, POLICY_ID
from ems_control.ground.git.log import EXECUTABLE, FILE, Change, Commit
from ems_control.ground.git.repository import Repository
from ems_control.ground.on_demand import OnDemand
from ems_control.ground.organisation.people import PEOPLE_FILE
from ems_control.ground.organisation.policy import POLICY_FILE
from ems_control.ground.text import is_markdown


@dataclass
class History:
    """What main held, and what its records are worth: all that does not depend on a day or on the working tree."""

    settled: Settled
    evidence: RecordJudge
    tree: DocsTree


def extend(read: History, repository: Repository, since: str, docs: str) -> set[str] | None:
    """Add what has landed since a commit, the proposed change too; None where that is not enough, and all is to read.

    `docs` is the folder of the handbook as its files say it. Given are the keys of the documents that it touches: what
    came of any other is what it was.
    """
    try:
        fresh = repository.landed_since(since)
    except EmsError:  # that commit is not here any more
        return None
    settled, tree = read.settled, read.tree
    dated = settled.landings.dated
    if fresh is None or settled.moves or tree.docs != repository.prefix + docs:
        return None
    repository.begin_line([*dated, *fresh])
    counted = repository.landings[len(dated) :]
    if not all(_simple(change, read, repository) for commit in counted for change in commit.changes):
        return None
    entries = _land(read, repository, counted)
    if entries is None:
        return None
    first = len(dated)
    tree.land(repository.landings[first:], first)  # each landed when it counts as landed
    texts = {one.key for one in _looked_at(tree) if any(order >= first for order in _last(one))}
    return texts | {entry.folder for entry in entries}


def _looked_at(tree: DocsTree) -> Iterable[DocumentHistory]:
    """The documents of which anything may have come in: of what nobody looked at, nothing did."""
    histories = tree.histories
    return histories.made() if isinstance(histories, OnDemand) else histories.values()


def _last(one: DocumentHistory) -> Iterator[int]:
    """The landings that brought its last text, and with which its file left last."""
    yield from (version.order for version in one.versions[-1:])
    yield from (order for _, order in one.left[-1:])


def _simple(change: Change, read: History, repository: Repository) -> bool:
    """Whether a change is of a text, of a file that texts may show, of a new record, or of nothing of ours."""
    path, name = change.path, change.path.rpartition("/")[2]
    if read.tree.root_of(path):
        return is_markdown(path) or name in read.tree.names
    if name in (POLICY_FILE, PEOPLE_FILE):
        return False
    folder = f"{repository.prefix}{FOLDER}/"
    if not path.startswith(folder):
        return not path.casefold().startswith(folder.casefold())
    if not path.lower().endswith((".json", ".json.sig")):
        return True
    of = path[len(folder) :].partition("/")[0].casefold()
    new = change.after is not None and not any(change.befores) and change.mode in (FILE, EXECUTABLE)
    return new and of != POLICY_ID and "-correct." not in name


def _land(read: History, repository: Repository, fresh: Sequence[Commit]) -> list[Entry] | None:
    """Count the landings, and read their records, which are given; None where one of them meets what was there."""
    settled, evidence = read.settled, read.evidence
    before, first = evidence.landings, len(evidence.landings)
    for order, commit in enumerate(fresh, first):
        settled.note(order, commit)
    landings = replace(settled.landings, dated=repository.landings, compared=settled.compared)
    if landings.counted[:first] != list(before):
        return None
    settled.landings = landings
    counted = [*before, *landings.counted[first:]]
    repository.count_landings(counted)
    entries, ledger = records_of(repository, first), evidence.ledger
    if entries is None or any(path in _known(ledger, entry) for entry in entries for path in _paths(entry)):
        return None
    if entries:
        settled.ledger = evidence.ledger = Ledger([*ledger.entries, *entries], ledger.tampering)
    evidence.go_on(counted)
    return entries


def _known(ledger: Ledger, new: Entry) -> set[str]:
    """The files of the records that lie where another one comes."""
    return {path for entry in ledger.of(new.folder) for path in _paths(entry)}


def _paths(entry: Entry) -> tuple[str, str]:
    return entry.path, f"{entry.path}.sig"
