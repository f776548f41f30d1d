"""A history that was kept, with what has landed since: texts and records of documents, as most landings bring.

Whatever else comes (a policy, a correction, a record changed or removed, a move) changes how all the rest is judged,
and the whole is read anew. So does a history that does not go on from the commit that was kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ems_control.approvals.ledger import Entry, Ledger, records_of
from ems_control.approvals.record_judge import RecordJudge
from ems_control.approvals.settled import Settled
from ems_control.documents.docs_tree import DocsTree
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.records import FOLDER, POLICY_ID
from ems_control.ground.git.log import EXECUTABLE, FILE, Change, Commit
from ems_control.ground.git.repository import Repository
from ems_control.ground.on_demand import Chained
from ems_control.ground.organisation.people import PEOPLE_FILE
from ems_control.ground.organisation.policy import POLICY_FILE
from ems_control.ground.text import is_markdown


@dataclass
class History:
    """What main held, and what its records are worth: all that does not depend on a day or on the working tree."""

    settled: Settled
    evidence: RecordJudge
    tree: DocsTree


def extend(read: History, repository: Repository, since: str, docs: str) -> bool:
    """Add what has landed since a commit, the proposed change too; False where that is not enough, and all is to read.

    `docs` is the folder of the handbook as its files say it.
    """
    try:
        fresh = repository.landed_since(since)
    except EmsError:  # that commit is not here any more
        return False
    settled, tree = read.settled, read.tree
    dated = settled.landings.dated
    if fresh is None or settled.moves or tree.docs != repository.prefix + docs:
        return False
    repository.begin_line(Chained(dated, fresh))
    counted = repository.landings[len(dated) :]
    if not all(_simple(change, read, repository) for commit in counted for change in commit.changes):
        return False
    if not _land(read, repository, counted):
        return False
    tree.land(repository.landings[len(dated) :], len(dated))  # each landed when it counts as landed
    return True


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


def _land(read: History, repository: Repository, fresh: Sequence[Commit]) -> bool:
    """Count the landings, and read their records; False where one of them meets what was there."""
    settled, evidence = read.settled, read.evidence
    before, first = evidence.landings, len(evidence.landings)
    for order, commit in enumerate(fresh, first):
        settled.note(order, commit)
    landings = settled.landings.and_more(repository.landings, settled.compared)
    if landings is None or settled.landings.counted is not before:
        return False
    settled.landings = landings
    repository.count_landings(landings.counted)
    entries, ledger = records_of(repository, first), evidence.ledger
    if entries is None or any(path in _known(ledger, entry) for entry in entries for path in _paths(entry)):
        return False
    if entries:
        settled.ledger = evidence.ledger = Ledger([*ledger.entries, *entries], ledger.tampering)
    evidence.go_on(landings.counted)
    return True


def _known(ledger: Ledger, new: Entry) -> set[str]:
    """The files of the records that lie where another one comes."""
    return {path for entry in ledger.of(new.folder) for path in _paths(entry)}


def _paths(entry: Entry) -> tuple[str, str]:
    return entry.path, f"{entry.path}.sig"
