"""What broke, what was put right, what lies idle (specification, When a record counts)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from itertools import zip_longest
from typing import NamedTuple

from ems_control.approvals.ledger import Entry
from ems_control.approvals.lifecycle import Withdrawal
from ems_control.approvals.mainline import text_breaks
from ems_control.approvals.needs import uncovered_since
from ems_control.approvals.record_checks import Break, ends
from ems_control.approvals.record_judge import RecordJudge
from ems_control.approvals.settled import Settled
from ems_control.documents.history import key_of
from ems_control.ground.formats.records import POLICY_ID
from ems_control.ground.git.landing_days import OutOfLine
from ems_control.ground.git.log import Commit
from ems_control.ground.git.moves import Move
from ems_control.ground.organisation.policy import LEVELS, Level
from ems_control.ground.second_process import Second, may_fork
from ems_control.handbook.document import Document

MANY_DOCUMENTS = 100
"""Fewer documents are judged as fast by one process."""
Told = Callable[[str], object]
"""Who is told where a second process ended early."""


@dataclass(frozen=True)
class Corrected:
    """A break that a `correct` record ended: the record or commit named, by whom, on which day, and what it was."""

    what: str
    person: str
    day: date
    record: str
    message: str


@dataclass
class Verification:
    """The whole history judged: breaks that stand, breaks that were corrected, and records that are idle."""

    breaks: list[Break] = field(default_factory=list)
    corrected: list[Corrected] = field(default_factory=list)
    idle: list[Entry] = field(default_factory=list)
    out_of_line: list[OutOfLine] = field(default_factory=list)
    """Landings dated out of line, evidence in them or not, but for those that were corrected."""
    levels: dict[Level, int] = field(default_factory=lambda: dict.fromkeys(LEVELS, 0))
    """How many documents are in force at each level of evidence."""


class _OfOne(NamedTuple):
    """What evidence says of one document: breaks, and whether each still stands; idle records; the level in force.

    Landings and records are named by their order, so that another process can give it.
    """

    breaks: list[tuple[Break, int, bool]]
    idle: list[int]
    level: Level | None


def verify(
    evidence: RecordJudge,
    documents: Mapping[str, Document],
    settled: Settled,
    moment: datetime,
    proposed: int | None,
    told: Told | None = None,
) -> Verification:
    """Judge every record and every text that ever stood on main; `moment` is that of checking.

    Where there is somebody to be `told`, a second process may judge half of the documents.
    """
    report = Verification()
    found: list[tuple[Break, bool]] = [(one, True) for one in evidence.chain.breaks]
    for judged in _judged(evidence, list(documents.values()), told):
        for broken, at, stands in judged.breaks:
            found.append((replace(broken, commit=evidence.landings[at] if at >= 0 else None), stands))
        report.idle += [evidence.ledger.entries[at] for at in judged.idle]
        if judged.level:
            report.levels[judged.level] += 1
    strays = evidence.strays(key_of(document.id) for document in documents.values())
    found += [(one, True) for one in strays.breaks]
    report.idle += [*strays.idle, *evidence.chain.idle]
    found += _tampering(evidence)
    found += _policy_texts(evidence)
    odd = settled.landings.out_of_line(moment, proposed)
    report.out_of_line = [one for one in odd if not evidence.corrected(one.commit.sha)]
    found += [(landing_break(one, evidence, settled), False) for one in odd if one.order in settled.evidence]
    found += [(_moved(one, evidence, settled, proposed), False) for one in settled.moves if one.differs]
    new = evidence.landings[proposed] if proposed is not None else None
    for one, stands in found:
        said = _with_remedy(evidence, documents, one, new)
        _file(report, evidence, said, stands and said.record == one.record)
    _named_records(report, evidence)
    report.breaks.sort(key=lambda one: (one.path, one.kind, one.message))
    return report


def _judged(evidence: RecordJudge, documents: list[Document], told: Told | None) -> list[_OfOne]:
    """What evidence says of each document, in their order."""
    judge = partial(_of_each, evidence)
    unknown = sum("life" not in document.__dict__ for document in documents)
    if told is None or unknown < MANY_DOCUMENTS or not may_fork():
        return judge(documents)
    evidence.contributions.read()
    with Second(partial(judge, documents[1::2], fork=True)) as other:
        mine = judge(documents[::2])
        theirs = other.result(told)
    both = zip_longest(mine, theirs)
    return [one for pair in both for one in pair if one]


def _of_each(evidence: RecordJudge, documents: Sequence[Document], fork: bool = False) -> list[_OfOne]:
    if fork:
        evidence.contributions.begin_in_fork()
    landings = {landing.sha: at for at, landing in enumerate(evidence.landings)}
    entries = {id(entry): at for at, entry in enumerate(evidence.ledger.entries)}
    found = []
    for document in documents:
        breaks = [(one, True) for one in document.life.breaks]
        breaks += [*text_breaks(document.history, document.life), *_uncovered(evidence, document)]
        named = [(replace(b, commit=None), landings[b.commit.sha] if b.commit else -1, stands) for b, stands in breaks]
        level = document.in_force.level if document.in_force else None
        found.append(_OfOne(named, [entries[id(one)] for one in document.life.idle], level))
    return found


def _with_remedy(
    evidence: RecordJudge, documents: Mapping[str, Document], one: Break, proposed: Commit | None
) -> Break:
    """A break with what ends it, where that is a `correct` record: a record that has landed is not mended."""
    entry = evidence.ledger.by_name.get(one.record)
    if entry is None or evidence.corrected(one.record):
        return one
    if one.commit is proposed:
        return one if one.fix else replace(one, fix="Take the record out of this change, and have it signed anew.")
    if entry.path != one.path and one.commit:  # a copy: whoever ended the record by its content ended the right one too
        return replace(one, record="", fix=f"It stays where it is. {ends(POLICY_ID, one.commit.sha[:10])}")
    first = next(iter(evidence.ledger.of(POLICY_ID)), None)
    if evidence.chain.root is None or entry is first:
        return one  # nothing ends the first policy record
    known = documents.get(key_of(entry.folder))
    about = known.id if known and known.history.head and known.kind else POLICY_ID
    return replace(one, fix=f"{one.fix} {ends(about, entry.path)}".strip())


def _uncovered(evidence: RecordJudge, document: Document) -> Iterator[tuple[Break, bool]]:
    """What was approved and the policy covers no more: it stays in force until it is withdrawn."""
    since = None if document.covered else uncovered_since(evidence, document.history)
    if since is None or not document.approvals or isinstance(document.life.last, Withdrawal):
        return
    landing, latest = evidence.landings[since], document.history.newest
    lies = document.history.covered_by(evidence.authority(since + 1).policy.reading, since)
    why = "its id begins like no type" if lies else f"{latest.path} is no controlled page"
    message = f"{document.id} is approved, but by the policy of commit {landing.sha[:10]} {why}; it stays in force"
    fix = f"Cover it again in ems.yml, or have it withdrawn: ems approve {document.id} --action withdraw."
    yield Break("document-not-covered", latest.path, document.id, landing, message, fix), True


def _file(report: Verification, evidence: RecordJudge, one: Break, stands: bool) -> None:
    """A break whose record is named is over; one whose commit is named is, once its damage is repaired."""
    by_record = evidence.corrected(one.record) if one.record else None
    by_commit = evidence.corrected(one.commit.sha) if one.commit and not one.record and not stands else None
    correction = by_record or by_commit
    if correction is None:
        report.breaks.append(one)
        return
    what = one.record if by_record else one.commit.sha if one.commit else ""
    record = correction.record
    entry = correction.entry
    report.corrected.append(
        Corrected(what, record.by.person, record.decided_at.date(), entry.path, f"{one.path}: {one.message}")
    )


def _named_records(report: Verification, evidence: RecordJudge) -> None:
    """Records that a `correct` record names count no more, whether they were broken or only wrong."""
    told = {one.what for one in report.corrected}
    for sound in evidence.corrections:
        named = evidence.ledger.by_name.get(sound.record.corrects or "")
        if named and named.name not in told:
            day, message = sound.record.decided_at.date(), f"{named.path}: counts no more"
            report.corrected.append(Corrected(named.name, sound.record.by.person, day, sound.entry.path, message))


def _tampering(evidence: RecordJudge) -> Iterator[tuple[Break, bool]]:
    for one in evidence.ledger.tampering:
        said = "this record was removed" if one.removed else "this record was changed"
        message = f"{said} by commit {one.commit.sha[:10]}; that undoes nothing"
        document = one.path.split("/")[1] if one.path.count("/") > 1 else ""
        how = ends(document or POLICY_ID, one.commit.sha[:10])
        fix = f"Put the file back as it first landed; then: {how}"
        if one.repaired:
            fix = f"The file is as it first landed again. {how}"
        yield Break("record-changed", one.path, document, one.commit, message, fix), not one.repaired


def _policy_texts(evidence: RecordJudge) -> Iterator[tuple[Break, bool]]:
    """Landings after which the policy files were neither the policy in force nor one that was approved later."""
    chain = evidence.chain
    if chain.root is None:
        return
    for text in chain.texts:
        links = [link for link in chain.links if link.digest == text.digest]
        in_force = [link for link in chain.links if link.order <= text.order]
        later = any(link.order >= text.order for link in links)
        if text.order < chain.root.order or later or (in_force and in_force[-1].digest == text.digest):
            continue
        message = f"ems.yml and people.yml differ from the policy in force since commit {text.commit.sha[:10]}"
        fix = "Have the change approved: ems approve policy. Until then the policy approved last is in force."
        now = text is chain.texts[-1]
        if now:
            message += chain.rejected_by
        else:
            fix = f"They are as approved again since. {ends(POLICY_ID, text.commit.sha[:10])}"
        yield Break("policy-not-approved", "ems.yml", "", text.commit, message, fix), now


def landing_break(one: OutOfLine, evidence: RecordJudge, settled: Settled) -> Break:
    """What is wrong with the date of a landing, with both days, and how it ends."""
    policy, people = evidence.authority(one.order).policy, evidence.authority(one.order).people
    dated = one.dated.astimezone(policy.zone).date() if one.dated else None
    counted = evidence.landings[one.order].landed.astimezone(policy.zone).date()
    below = one.below.astimezone(policy.zone).date() if one.below else None
    sha = one.commit.sha[:10]
    if dated is None:
        message = f"commit {sha} has no date that can be read; it counts as landed on {counted}"
    elif one.ahead:
        before = f"; the landing below it is of {below}" if below else ""
        message = f"commit {sha} is dated {dated}, which has not come yet{before}"
    else:
        message = f"commit {sha} is dated {dated}, before the landing below it of {below}; it landed on {counted}"
    role = people.title(policy.policy_approval.role)
    fix = f"The {role} ends it: ems approve policy --action correct --corrects {one.cause.sha[:10]}"
    path = settled.evidence.get(one.order) or settled.texts[one.order]
    return Break("landing-out-of-line", path, "", one.commit, message, fix)


def _moved(move: Move, evidence: RecordJudge, settled: Settled, proposed: int | None) -> Break:
    """What is wrong with a move that was not followed."""
    places = [move.old.path("docs/"), move.new.path("docs/")]
    whole = move.old.folder != move.new.folder
    what = "The handbook" if whole else "docs_dir"
    old, new = ([move.old.folder or "the root", move.new.folder or "the root"]) if whole else places
    commit = evidence.landings[move.order]
    message = (
        f"{what} moved from {old} to {new} with commit {commit.sha[:10]}, but {move.differs} is not as it was there; "
        "what came before has no days"
    )
    fix = "Move every file as it is, leave none behind, and change them before or after: two requests."
    if move.order != proposed:
        fix = f"It has landed, and stays as it is. {ends(POLICY_ID, commit.sha[:10])}"
    path = move.differs.removeprefix(settled.prefix)
    return Break("moved-and-changed", path, "", commit, message, fix)
