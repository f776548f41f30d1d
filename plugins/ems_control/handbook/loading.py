"""Reads a handbook out of its repository, as it stands on a day."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, time
from functools import partial
from pathlib import Path

from ems_control.approvals.contributors import Contributions
from ems_control.approvals.declared import Declared
from ems_control.approvals.needs import asking, uncovered_since
from ems_control.approvals.policy_history import PolicyHistory, policy_texts
from ems_control.approvals.record_checks import Authority
from ems_control.approvals.record_judge import RecordJudge
from ems_control.approvals.settled import Settled, settle
from ems_control.documents.docs_tree import DocsTree
from ems_control.documents.history import DocumentHistory
from ems_control.documents.store import Store
from ems_control.ground.collector import collector_paused
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.records import POLICY_ID, policy_digest
from ems_control.ground.git.log import Commit
from ems_control.ground.git.repository import Repository
from ems_control.ground.markdown.extensions import read_extensions
from ems_control.ground.markdown.outline import Slug, plain_slug
from ems_control.ground.on_demand import OnDemand
from ems_control.ground.organisation.people import PEOPLE_FILE, load_people
from ems_control.ground.organisation.policy import POLICY_FILE, Policy, load_policy_that_stood
from ems_control.ground.organisation.readings import Readings
from ems_control.ground.organisation.standards import Catalogue
from ems_control.ground.second_process import Second, may_fork
from ems_control.ground.text import is_markdown
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.kept.kept_history import KeptHistory, KeptTexts
from ems_control.handbook.kept.more_landings import History
from ems_control.handbook.own_standards import catalogue_of
from ems_control.handbook.steering_files import Configuration, read_configuration, site_config_of
from ems_control.handbook.verification import Told

MANY_RECORDS = 500
"""Of fewer records a second process costs more than it takes over."""


def load(
    root: Path | Configuration,
    day: date,
    working_tree: bool = False,
    base: str | None = None,
    root_digest: str | None = None,
    now: datetime | None = None,
    laid: dict[str, bytes] | None = None,
    as_files: bool = False,
    known: Store | None = None,
    opened: Repository | None = None,
    kept: KeptTexts | None = None,
    told: Told | None = None,
    few: bool = False,
) -> Handbook:
    """Read the handbook whose ems.yml lies in `root` (or whose files are read already), as it stands on `day`.

    With `working_tree`, uncommitted files are laid over HEAD; they change no standing, only what is `current`; `laid`
    are bytes that are to be written there, by path. With `base`, what main would be if HEAD were merged onto that
    commit today. `root_digest` names a later policy at which to start anew. A commit dated after `now` (default: the
    end of the day) is not believed. `as_files` takes the files that steer it for approved; `known` holds texts that
    were read already, `opened` is the repository where somebody has opened it. With `kept`, what an earlier run made
    of the same commit and texts is believed. `told` is given where every document will be asked for: a second process
    may then do a part of it, and it is told where that ends early. `few` says that few documents will be asked for:
    texts and records are then read when somebody asks for them. Raises EmsError where they are broken or there is no
    repository. A shallow or partial clone is read without history: `repository.incomplete` says so, and nothing is in
    force.
    """
    written = root if isinstance(root, Configuration) else read_configuration(root)
    end = datetime.combine(day, time(23, 59, 59), written.policy.zone)
    repository = opened or Repository(written.root)
    repository.line_alone = few and base is None
    if base is not None:
        repository.propose(base, end)
    try:
        with collector_paused():
            handbook = _read(
                written,
                repository,
                day,
                max(end, now or end),
                working_tree,
                root_digest,
                laid,
                as_files,
                now,
                known,
                kept,
                told,
                few,
            )
            handbook.base, handbook.laid = base, laid
            return handbook
    except BaseException:
        repository.close()
        raise


def _read(
    written: Configuration,
    repository: Repository,
    day: date,
    moment: datetime,
    working_tree: bool,
    root_digest: str | None,
    laid: dict[str, bytes] | None,
    as_files: bool,
    now: datetime | None,
    known: Store | None,
    kept: KeptTexts | None,
    told: Told | None,
    few: bool,
) -> Handbook:
    snapshot = _snapshot(written, repository, few) if kept else None
    read = snapshot.load() if snapshot else None
    settled = read.settled if read else settle(repository, written.policy, written.people, root_digest)
    chain = settled.chain
    commits = [] if repository.incomplete else repository.landings
    if as_files:
        _take_for_approved(written, chain, commits[: repository.proposal_order])
    steering = written if as_files else _in_force(written, repository, chain)
    policy = steering.policy
    readings = Readings(policy.reading) if as_files else chain.readings(policy)
    docs = repository.prefix + readings.last.docs_dir
    working = repository.working_files(docs, laid) if working_tree else None
    roots = tuple(f"{repository.prefix}{one.docs_dir}/" for one in readings.all)
    names = _names((file.path for file in working or ()), roots)
    if read and not names <= read.tree.names:  # a text may wait for a file that is new
        snapshot = read = None
    slug: Slug = plain_slug
    with suppress(EmsError):  # whoever asks for the site's configuration is told
        slug = read_extensions(site_config_of(repository, written.root)).slug()
    if read is None:
        names |= _names((change.path for commit in commits for change in commit.changes), roots)
        store = Store(repository, readings.last, bool(settled.ledger.entries) and not few, few)
        store.slug = slug
        if known is not None:
            store.share(known)
        files = Authority(policy, steering.people, None, "declared")
        if not few:
            settled.ledger.read()
        read = _landed(settled, commits, store, readings, names, files, told)
        if snapshot:
            snapshot.keep(read)
    else:
        read.tree.store.begin_again(slug)
    evidence, tree = read.evidence, read.tree
    tree.work(working, len(commits))
    declared = Declared(policy, steering.people, evidence.contributions.to)
    packaged = snapshot.catalogue if snapshot else Catalogue.load
    catalogue = partial(catalogue_of, policy, written.root, repository.top, packaged)
    handbook = Handbook(steering, repository, day, tree, catalogue, written, evidence, settled, declared, moment)
    handbook.working_tree, handbook.snapshot = working_tree, snapshot
    if policy.own_standards:
        _ = handbook.catalogue  # its files may not be readable, and that is said before all else
    handbook.texts, handbook.told = kept, told
    checked = moment.astimezone(policy.zone).date() if now else date.max
    handbook.documents = OnDemand(
        sorted(tree.histories), lambda key: document_of(tree.histories[key], policy, evidence, day, checked)
    )
    return handbook


def _landed(
    settled: Settled,
    commits: Sequence[Commit],
    store: Store,
    readings: Readings,
    names: set[str],
    files: Authority,
    told: Told | None,
) -> History:
    """Play what landed, oldest first; where somebody can be `told`, records are looked at meanwhile."""
    contributions = Contributions(store.repository, store)
    evidence = RecordJudge(settled.ledger, settled.chain, contributions, commits, files)
    tree = DocsTree(store, readings, store.repository.prefix, evidence.days, names)
    entries = [entry for entry in settled.ledger.entries if entry.folder != POLICY_ID]
    if told is None or len(entries) < MANY_RECORDS or not may_fork():
        tree.land(commits)
    else:
        with Second(partial(evidence.sounds, entries)) as other:
            settled.ledger.forget()
            tree.land(commits)
            evidence.known.update(zip(entries, other.result(told), strict=True))
    return History(settled, evidence, tree)


def _names(paths: Iterable[str], roots: tuple[str, ...]) -> set[str]:
    """The names of the files below the folders of the handbook, but for texts."""
    return {posixpath.basename(path) for path in paths if path.startswith(roots) and not is_markdown(path)}


def _snapshot(written: Configuration, repository: Repository, few: bool) -> KeptHistory | None:
    """What is kept of the history; None where there is none, not the whole of it, or other files judge than these."""
    if repository.incomplete or repository.head is None or not _stand_at_base(written, repository):
        return None
    return KeptHistory(repository, f"{repository.manner()} {written.digest}", written.policy.docs_dir, few)


def _stand_at_base(written: Configuration, repository: Repository) -> bool:
    """Whether the files that steer the handbook stood so on the commit onto which a change is proposed, if one is."""
    if repository.base is None:
        return True
    places = [repository.prefix + name for name in (POLICY_FILE, PEOPLE_FILE)]
    found = repository.files_at(repository.base, *places)
    if not found.keys() >= set(places):
        return False
    return policy_digest(*(repository.blob(found[place]) for place in places)) == written.digest


def _in_force(written: Configuration, repository: Repository, chain: PolicyHistory) -> Configuration:
    """The policy in force: as last approved; before there is a root, as the files stand, for a change on its base."""
    link = chain.at(repository.proposal_order) if repository.proposal_order is not None else chain.newest
    if link:
        return Configuration(written.root, link.policy, link.policy_tree, link.people, link.people_tree, link.digest)
    if repository.proposal_order is None:
        return written
    before = [text for text in policy_texts(repository) if text.order < (repository.proposal_order or 0)]
    if not before or before[-1].policy is None or before[-1].people is None:
        return written
    policy, people = load_policy_that_stood(before[-1].policy), load_people(before[-1].people)
    return Configuration(written.root, chain.laid(policy[0]), policy[1], *people, before[-1].digest)


def _take_for_approved(written: Configuration, chain: PolicyHistory, landings: Sequence[Commit]) -> None:
    """Add the files as they lie there to the chain, as the last landing's."""
    newest = chain.newest
    if newest and landings:
        order, number = len(landings) - 1, newest.number + 1
        taken = replace(newest, number=number, digest=written.digest, order=order, landing=landings[-1])
        taken = replace(taken, policy=written.policy, policy_tree=written.policy_tree)
        taken = replace(taken, people=written.people, people_tree=written.people_tree)
        chain.links = [*(link for link in chain.links if link.order <= order), taken]


def document_of(
    history: DocumentHistory, policy: Policy, evidence: RecordJudge, day: date, checked: date = date.max
) -> Document:
    """The document of a history; it is judged when somebody asks, or where the policy in force covers it no more."""
    end = len(evidence.landings)
    now = asking(evidence, history, end)
    since = uncovered_since(evidence, history)
    kind = policy.kind_of(history.id) or now.kind
    document = Document(history, kind, day, evidence, since is None, checked)
    if since is not None and not document.life.events and not history.covered_by(now.policy.reading, end):
        history.let_go(evidence.landings[since], since)
    return document


def by_the_files(handbook: Handbook) -> Handbook:
    """The same, as if ems.yml and people.yml as they lie there were in force, and had always told how to read."""
    config, day, laid = handbook.committed_config, handbook.day, handbook.laid
    working, base, store = handbook.working_tree, handbook.base, handbook.tree.store
    return load(config, day, working, base, None, handbook.moment, laid, as_files=True, known=store)
