"""The handbook as one object: policy, people, standards, and every document with its history and standing."""

from __future__ import annotations

import gc
import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from functools import cache, cached_property, partial
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from ems_control.approvals.contributors import Contributions
from ems_control.approvals.declared import Declared, Verdict
from ems_control.approvals.needs import asking, uncovered_since
from ems_control.approvals.policy_history import PolicyHistory, policy_texts
from ems_control.approvals.record_checks import Authority
from ems_control.approvals.record_judge import RecordJudge
from ems_control.approvals.settled import Settled, settle
from ems_control.documents.history import AFTER_ALL, DocsTree, DocumentHistory, Version, key_of
from ems_control.documents.reading import DocumentFile
from ems_control.documents.store import Store
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.extensions import Extensions, read_extensions
from ems_control.ground.formats.frontmatter import Mapping
from ems_control.ground.formats.markdown import Slug, plain_slug
from ems_control.ground.formats.mkdocs_yml import SiteConfig
from ems_control.ground.formats.records import policy_digest
from ems_control.ground.git.log import Commit
from ems_control.ground.git.repository import Proposal, Repository
from ems_control.ground.kept import FEW_LANDINGS
from ems_control.ground.organisation.people import PEOPLE_FILE, People, load_people
from ems_control.ground.organisation.policy import POLICY_FILE, Policy, load_policy
from ems_control.ground.organisation.readings import Readings
from ems_control.ground.organisation.standards import Catalogue
from ems_control.ground.text import is_markdown
from ems_control.handbook import addresses
from ems_control.handbook.document import Document
from ems_control.handbook.more_landings import History
from ems_control.handbook.own_standards import catalogue_of
from ems_control.handbook.site_config import site_config_of, site_files
from ems_control.handbook.snapshot import Snapshot, Texts
from ems_control.handbook.verification import Verification, verify

T = TypeVar("T")


@dataclass
class Configuration:
    """The files that steer a handbook, with their trees for places, the folder they lie in, and their digest."""

    root: Path
    policy: Policy
    policy_tree: Mapping
    people: People
    people_tree: Mapping
    digest: str


def read_configuration(root: Path, kept: Texts | None = None) -> Configuration:
    """Read ems.yml and people.yml, or what was `kept` of the same; raises EmsError with one line per mistake."""
    data = {}
    for name in (POLICY_FILE, PEOPLE_FILE):
        path = root / name
        try:
            data[name] = path.read_bytes()
        except FileNotFoundError:
            raise EmsError(f"{name} is missing in {root}. Add it; `ems explain {name}` shows what it holds.") from None
        except OSError as error:
            raise EmsError(f"{name} cannot be read: {error.strerror}.") from None
    loaded = partial(_loaded, data[POLICY_FILE], data[PEOPLE_FILE])
    named = ("steering", *(sha256(one).hexdigest() for one in data.values()))
    [((policy, policy_tree), (people, people_tree))] = kept.made(named, loaded) if kept else loaded()
    digest = policy_digest(data[POLICY_FILE], data[PEOPLE_FILE])
    return Configuration(root, policy, policy_tree, people, people_tree, digest)


def _loaded(policy: bytes, people: bytes) -> list[tuple[tuple[Policy, Mapping], tuple[People, Mapping]]]:
    return [(load_policy(policy), load_people(people))]


@dataclass
class Handbook:
    """A handbook on one day. Make one with `load`."""

    policy_in_force: Configuration
    repository: Repository
    day: date
    tree: DocsTree
    catalogue: Catalogue
    committed_config: Configuration
    records: RecordJudge
    settled: Settled
    _declared: Declared
    _moment: datetime
    documents: dict[str, Document] = field(default_factory=dict)
    working_tree: bool = False
    base: str | None = None
    laid: dict[str, bytes] | None = None
    snapshot: Snapshot | None = None
    texts: Texts | None = None

    def made_of(self, text: str, what: str, make: Callable[[], Iterable[T]]) -> list[T]:
        """What is made of a rendered text, as long as it stays the same; `what` names it, with all else that counts."""
        if self.texts is None:
            return list(make())
        return self.texts.made((what, repr(self.extensions), text), lambda: list(make()))

    def keep(self) -> None:
        """Keep for the next run what this one made, where anything is kept."""
        if len(self.repository.landings) < FEW_LANDINGS:
            return
        if self.texts:
            self.texts.keep()
        if self.snapshot:
            judged = [one for one in self.documents.values() if "life" in one.__dict__]
            self.snapshot.keep_lives((one.history, one.life) for one in judged)

    def by_the_files(self) -> Handbook:
        """The same, as if ems.yml and people.yml as they lie there were in force, and had always told how to read."""
        config, day, moment = self.committed_config, self.day, self._moment
        store = self.tree.store
        return load(config, day, self.working_tree, self.base, None, moment, self.laid, as_files=True, known=store)

    @property
    def policy(self) -> Policy:
        """The document-control policy."""
        return self.policy_in_force.policy

    @property
    def people(self) -> People:
        """Who holds which role."""
        return self.policy_in_force.people

    @property
    def docs(self) -> str:
        """The folder of the handbook from the root of the repository."""
        return self.tree.docs

    @property
    def proposal(self) -> Proposal | None:
        """The change that is to be merged, where the handbook is read with one."""
        return self.repository.proposal

    @property
    def proposed_order(self) -> int | None:
        """The order of the landing that is only proposed."""
        return self.repository.proposal_order

    @property
    def docs_stand_in(self) -> str | None:
        """What lies in the place of the folder of the handbook or of one above it: a link, another repository."""
        return next((path for path in self.tree.odd if f"{self.docs}/".startswith(f"{path}/")), None)

    def title(self, key: str, language: str) -> str:
        """The title of a role, else the name of a group, in a language; another key in words."""
        if key in self.people.roles:
            return self.people.title(key, language)
        return self.policy.groups.title(key, language)

    def get(self, document_id: str) -> Document | None:
        """The document with this id, compared without case."""
        return self.documents.get(key_of(document_id))

    @cached_property
    def by_path(self) -> dict[str, Document]:
        """Documents by the path of their current text."""
        return {d.current.path: d for d in self.documents.values() if d.current}

    @cached_property
    def generated_pages(self) -> set[str]:
        """The paths under docs/ of every page that the site makes by itself."""
        return addresses.generated(self.policy, self.catalogue)

    @cached_property
    def _stood(self) -> dict[str, list[tuple[int, int, Document]]]:
        """By path: from which commit on, and up to which, a document stood there."""
        found: dict[str, list[tuple[int, int, Document]]] = {}
        for document in self.documents.values():
            history = document.history
            versions = [*history.versions, *([history.working] if history.working else [])]
            for version, following in zip(versions, [*versions[1:], None], strict=True):
                last = following.order - 1 if following else AFTER_ALL
                found.setdefault(version.path, []).append((version.order, last, document))
        return found

    def document_at(self, path: str, order: int) -> Document | None:
        """The document that had a path when the text with this `order` came in, else the first to have it since."""
        stood = sorted(self._stood.get(path, []), key=lambda entry: entry[0])
        then = [document for first, last, document in stood if first <= order <= last]
        return then[-1] if then else next((document for first, _, document in stood if first > order), None)

    def once_at(self, path: str) -> Document | None:
        """The document that last had a path, wherever it is now."""
        return max(self._stood.get(path, []), key=lambda entry: entry[0], default=(0, 0, None))[2]

    @cached_property
    def ordered(self) -> list[Document]:
        """Documents in the order of the types in the policy, then by id."""
        order = {name: index for index, name in enumerate(self.policy.types)}
        with _collector_paused():
            return sorted(self.documents.values(), key=lambda d: (order.get(d.type_name or "", len(order)), d.id))

    @cached_property
    def listed(self) -> list[Document]:
        """The documents that stood on main by the handbook's day: the register."""
        return [document for document in self.ordered if document.listed]

    def under_docs(self, path: str) -> str:
        """A path seen from docs/."""
        return posixpath.relpath(path, self.docs)

    def is_controlled(self, path: str) -> bool:
        """Whether the file at a path (from the root of the repository) is a controlled page."""
        return self.tree.covers(path) or path in self.by_path

    @cached_property
    def controlled_pages(self) -> list[tuple[str, DocumentFile]]:
        """Every controlled page that lies under docs/ now, with or without an id, by path."""
        return [(path, self.tree.file_at(path)) for path in sorted(self.tree.files) if self.is_controlled(path)]

    @property
    def origin(self) -> str:
        """The first commit and the first ems.yml: they stay, whatever the organisation is called and wherever it moves.

        Two handbooks in one repository differ in the second, two of the same files in the first.
        """
        landings, policy = self.repository.landings, self.repository.prefix + POLICY_FILE
        first = (change.after for commit in landings for change in commit.changes if change.path == policy)
        return f"{landings[0].sha} {next(first, '')}" if landings else ""

    @cached_property
    def site_config(self) -> SiteConfig:
        """What mkdocs.yml says, as data."""
        return site_config_of(self.repository, self.committed_config.root)

    @cached_property
    def steering_files(self) -> list[str]:
        """The files that were read beside ems.yml and people.yml, from their folder; raises EmsError as they do."""
        policies = (self.policy, self.committed_config.policy)
        own = dict.fromkeys(name for policy in policies for name in policy.own_standards)
        return [*own, *site_files(self.repository, self.committed_config.root)]

    @cached_property
    def extensions(self) -> Extensions:
        """The Markdown extensions with which every text is rendered and compared."""
        return read_extensions(self.site_config)

    @cached_property
    def rendered(self) -> Callable[[str], str]:
        """What the pages make of a text, each text once."""
        renderer = self.extensions.renderer()
        return cache(lambda text: renderer.reset().convert(text))

    def require_history(self) -> None:
        """Raise EmsError where the clone is incomplete, so that no wrong date is ever shown."""
        if self.repository.incomplete:
            fix = "Clone the whole repository, or fetch the rest: git fetch --unshallow (in a CI job: fetch-depth: 0)."
            raise EmsError(f"{self.repository.incomplete}. {fix}")

    @cached_property
    def verification(self) -> Verification:
        """What evidence says of the whole history, up to HEAD."""
        with _collector_paused():
            return verify(self.records, self.documents, self.settled, self._moment, self.repository.proposal_order)

    def judge(self, document: Document, version: Version) -> Verdict:
        """What the claim of a version is worth, seen from the approvals that landed before it."""
        before = [a for a in document.approvals if version.day is None or a.version.order < version.order]
        return self._declared.judge(version, before[-1].version if before else None, document.history)

    def __enter__(self) -> Handbook:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the git processes that it reads from."""
        self.repository.close()


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
    kept: Texts | None = None,
) -> Handbook:
    """Read the handbook whose ems.yml lies in `root` (or whose files are read already), as it stands on `day`.

    With `working_tree`, uncommitted files are laid over HEAD; they change no standing, only what is `current`; `laid`
    are bytes that are to be written there, by path. With
    `base`, what main would be if HEAD were merged onto that commit today. `root_digest` names a later policy at which
    to start anew. A commit dated after `now` (default: the end of the day) is not believed. `as_files` takes the files
    that steer it for approved; `known` holds texts that were read already, `opened` is the repository where somebody
    has opened it. With `kept`, what an earlier run made of the same commit and texts is believed. Raises EmsError
    where they are broken or there is no repository. A shallow or partial clone is read without history:
    `repository.incomplete` says so, and nothing is in force.
    """
    written = root if isinstance(root, Configuration) else read_configuration(root)
    end = datetime.combine(day, time(23, 59, 59), written.policy.zone)
    repository = opened or Repository(written.root)
    if base is not None:
        repository.propose(base, end)
    try:
        with _collector_paused():
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
            )
            handbook.base, handbook.laid = base, laid
            return handbook
    except BaseException:
        repository.close()
        raise


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Ten thousand revisions make millions of objects that all stay: looking for garbage among them took a third."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


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
    kept: Texts | None,
) -> Handbook:
    snapshot = _snapshot(written, repository) if kept else None
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
        store = Store(repository, readings.last, sealing=bool(settled.ledger.entries))
        store.slug = slug
        if known is not None:
            store.share(known)
        files = Authority(policy, steering.people, None, "declared")
        read = _landed(settled, commits, store, readings, names, files)
        if snapshot:
            snapshot.keep(read)
    else:
        read.tree.store.begin_again(slug)
    evidence, tree = read.evidence, read.tree
    tree.work(working, len(commits))
    declared = Declared(policy, steering.people, evidence.contributions.to)
    packaged = snapshot.catalogue if snapshot else Catalogue.load
    catalogue = catalogue_of(policy, written.root, repository.top, packaged)
    handbook = Handbook(steering, repository, day, tree, catalogue, written, evidence, settled, declared, moment)
    handbook.working_tree, handbook.snapshot = working_tree, snapshot
    handbook.texts = kept
    for key, history in sorted(tree.histories.items()):
        checked = moment.astimezone(policy.zone).date() if now else date.max
        handbook.documents[key] = document_of(history, policy, evidence, day, checked)
    return handbook


def _landed(
    settled: Settled,
    commits: list[Commit],
    store: Store,
    readings: Readings,
    names: set[str],
    files: Authority,
) -> History:
    """Play what landed, oldest first."""
    contributions = Contributions(store.repository, store)
    evidence = RecordJudge(settled.ledger, settled.chain, contributions, commits, files)
    tree = DocsTree(store, readings, store.repository.prefix, evidence.days, names)
    tree.land(commits)
    return History(settled, evidence, tree)


def _names(paths: Iterable[str], roots: tuple[str, ...]) -> set[str]:
    """The names of the files below the folders of the handbook, but for texts."""
    return {posixpath.basename(path) for path in paths if path.startswith(roots) and not is_markdown(path)}


def _snapshot(written: Configuration, repository: Repository) -> Snapshot | None:
    """What is kept of the history; None where there is none, or not the whole of it."""
    if repository.incomplete or repository.head is None:
        return None
    return Snapshot(repository, f"{repository.manner()} {written.digest}", written.policy.docs_dir)


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
    policy, people = load_policy(before[-1].policy), load_people(before[-1].people)
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
