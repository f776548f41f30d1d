"""What landed when, and under which policy: the two depend on each other, and are settled here together.

A `correct` record of the policy role takes the date of a landing away. Whether it counts depends on the policy in force
and on the day where it lands, and that day is the one that it makes itself (specification, Main and landing).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ems_control.approvals.contributors import Contributions
from ems_control.approvals.followed import follow_docs, follow_folders
from ems_control.approvals.ledger import Entry, Ledger, read_ledger
from ems_control.approvals.policy_history import PolicyHistory, build_chain, docs_folder, policy_texts
from ems_control.approvals.record_checks import Authority
from ems_control.approvals.record_judge import RecordJudge
from ems_control.documents.store import Store
from ems_control.ground.formats.records import FOLDER
from ems_control.ground.git.landing_days import Landings, is_ahead
from ems_control.ground.git.log import Commit
from ems_control.ground.git.moves import Move
from ems_control.ground.git.repository import Repository
from ems_control.ground.organisation.people import PEOPLE_FILE, People
from ems_control.ground.organisation.policy import POLICY_FILE, Policy


@dataclass
class Settled:
    """The landings with their days, the records that they brought, and the chain of policies."""

    landings: Landings
    ledger: Ledger
    chain: PolicyHistory
    evidence: dict[int, str] = field(default_factory=dict)
    """The landings that bring records or a policy file, by order: the first of these, from the folder of ems.yml."""
    texts: dict[int, str] = field(default_factory=dict)
    """The landings that touch files of the handbook, by order: the first of these."""
    prefix: str = ""
    folders: tuple[str, ...] = ()
    """Every folder that ems.yml ever named for the texts, from the root of the repository."""
    moves: list[Move] = field(default_factory=list)
    """Where the handbook came from, newest first; the last may be one that was not followed, because it differs."""

    def note(self, order: int, commit: Commit) -> None:
        """Note what of the handbook a landing touches."""
        files = (self.prefix + POLICY_FILE, self.prefix + PEOPLE_FILE)
        for change in commit.changes:
            if change.path in files or change.path.startswith(f"{self.prefix}{FOLDER}/"):
                self.evidence.setdefault(order, change.path[len(self.prefix) :])
            elif change.path.startswith(self.folders):
                self.texts.setdefault(order, change.path)

    @property
    def compared(self) -> frozenset[int]:
        """The landings that touch the handbook."""
        return frozenset({*self.evidence, *self.texts})

    @property
    def moved_only(self) -> set[str]:
        """The files that the newest landing only brings to another place, because `docs_dir` moved."""
        newest = self.landings.dated[-1:]
        followed = [move for move in self.moves if not move.differs and move.end == len(self.landings.dated) - 1]
        places = [place for move in followed for place in (move.old, move.new)]
        return {c.path for one in newest for c in one.changes if any(p.key(c.path) is not None for p in places)}

    def path(self, order: int) -> str:
        """The first file that a landing touches, evidence before text, from the root of the repository."""
        return self.prefix + self.evidence[order] if order in self.evidence else self.texts[order]


def settle(repository: Repository, policy: Policy, people: People, start: str | None) -> Settled:
    """Read what landed; from then on `repository.landings` are dated as they count.

    `policy` and `people` are the files as they lie there; `start` is the digest of a policy at which to start anew.
    """
    if repository.incomplete:
        return Settled(Landings([], frozenset(), {}), Ledger(), PolicyHistory())
    moves = follow_folders(repository)
    line = repository.landings
    settled = _as_dated(repository, line, policy.docs_dir)
    _build(repository, settled, start)
    contributions = Contributions(repository, Store(repository, policy.reading))
    files = Authority(policy, people, None, "declared")
    for order, entry in _candidates(settled):
        corrected = {**settled.landings.corrected, order: entry.order}
        trial = replace(settled, landings=Landings(line, settled.landings.compared, corrected))
        _build(repository, trial, start)
        judge = RecordJudge(trial.ledger, trial.chain, contributions, repository.landings, files)
        if any(sound.entry.name == entry.name for sound in judge.corrections):
            settled = trial
    repository.count_landings(settled.landings.counted)
    settled.moves = [*moves, *follow_docs(repository, settled.chain)]
    return settled


def _as_dated(repository: Repository, line: Sequence[Commit], docs: str) -> Settled:
    """The landings by their own dates, with those that touch the handbook and those that bring evidence."""
    prefix = repository.prefix
    known = (docs_folder(text.policy or b"") for text in policy_texts(repository))
    folders = tuple(f"{prefix}{name}/" for name in dict.fromkeys((docs, *known)))
    settled = Settled(Landings(line, frozenset(), {}), Ledger(), PolicyHistory(), prefix=prefix, folders=folders)
    for order, commit in enumerate(line):
        settled.note(order, commit)
    settled.landings = Landings(line, settled.compared, {})
    settled.ledger = read_ledger(repository)
    return settled


def _build(repository: Repository, settled: Settled, start: str | None) -> None:
    repository.count_landings(settled.landings.counted)
    settled.ledger = settled.ledger.landed_with(settled.landings.counted)
    settled.chain = build_chain(repository, settled.ledger, start)


def _candidates(settled: Settled) -> list[tuple[int, Entry]]:
    """Records that name a landing dated later than when they were decided, with its order."""
    landings = settled.landings
    orders = {landings.dated[order].sha: order for order in landings.compared}
    found = []
    for entry in settled.ledger.entries:
        record = entry.record if entry.may_correct else None
        if record is None or record.action != "correct" or record.corrects not in orders:
            continue
        order = orders[record.corrects]
        if order < entry.order and is_ahead(landings.dated[order], record.decided_at):
            found.append((order, entry))
    return found
