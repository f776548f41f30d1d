"""The handbook as one object: policy, people, standards, and every document with its history and standing."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

from ems_control.ground.errors import EmsError
from ems_control.ground.frontmatter import Mapping
from ems_control.ground.git import Repository
from ems_control.ground.people import PEOPLE_FILE, People, load_people
from ems_control.ground.policy import POLICY_FILE, DocumentType, Policy, load_policy
from ems_control.ground.standards import Catalogue
from ems_control.ground.text import is_markdown
from ems_control.ground.worktree import working_files
from ems_control.handbook.contributors import Contributions
from ems_control.handbook.declared import Declared, Verdict
from ems_control.handbook.history import DocumentHistory, Replay, Version, key_of
from ems_control.handbook.lifecycle import Approval, Event, Standing, State, stand
from ems_control.handbook.metadata import Metadata
from ems_control.handbook.own_standards import catalogue_of
from ems_control.handbook.reading import DocumentFile
from ems_control.handbook.store import Store


@dataclass
class Configuration:
    """The files that steer a handbook, with their trees for places, and the folder they lie in."""

    root: Path
    policy: Policy
    policy_tree: Mapping
    people: People
    people_tree: Mapping


def find_root(start: Path) -> Path:
    """The nearest folder, from `start` upwards, that holds ems.yml; raises EmsError where there is none."""
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / POLICY_FILE).is_file():
            return folder
    raise EmsError(f"no {POLICY_FILE} in {start} or above. Go to the folder of a handbook, or name it with --root.")


def read_configuration(root: Path) -> Configuration:
    """Read ems.yml and people.yml; raises EmsError with one line per mistake."""
    data = {}
    for name in (POLICY_FILE, PEOPLE_FILE):
        path = root / name
        try:
            data[name] = path.read_bytes()
        except FileNotFoundError:
            raise EmsError(f"{name} is missing in {root}. Add it; `ems explain {name}` shows what it holds.") from None
        except OSError as error:
            raise EmsError(f"{name} cannot be read: {error.strerror}.") from None
    policy, policy_tree = load_policy(data[POLICY_FILE])
    people, people_tree = load_people(data[PEOPLE_FILE])
    return Configuration(root, policy, policy_tree, people, people_tree)


@dataclass
class Document:
    """A controlled document: its history, the events of its life, and its standing on the handbook's day."""

    history: DocumentHistory
    kind: DocumentType | None
    type_name: str | None
    events: list[Event]
    day: date
    standing: Standing | None

    @property
    def id(self) -> str:
        """The id as written."""
        return self.history.id

    @property
    def key(self) -> str:
        """The id for comparing."""
        return self.history.key

    @property
    def current(self) -> Version | None:
        """The text in the working tree (where it was read), else at HEAD; None where the file is gone."""
        return self.history.current

    @property
    def shown(self) -> Version:
        """The text whose facts describe the document: in force, else the latest."""
        if self.standing is None:
            return self.history.newest
        return self.standing.in_force.version if self.standing.in_force else self.standing.latest

    @property
    def title(self) -> str:
        """The title of the text shown."""
        return self.shown.metadata.title or self.id

    @property
    def approvals(self) -> list[Approval]:
        """Every approval, oldest first."""
        return [event for event in self.events if isinstance(event, Approval)]

    @property
    def newest_approval(self) -> Approval | None:
        """The approval with the highest revision, whether its day has come or not."""
        return self.approvals[-1] if self.approvals else None

    def filings(self, approval: Approval) -> list[Version]:
        """An approved text, then the later ones that say the same but may be filed differently, oldest first.

        `clauses`, `distribution` and `tags` are no content (design section 5): they count as last written, without a
        new approval.
        """
        known = [v for v in self.history.versions if v.day is None or v.day <= self.day]
        later = [v for v in [*known, self.history.working] if v and v.order > approval.version.order]
        same = [v for v in later if v.metadata.revision == approval.revision and v.digest == approval.version.digest]
        return [approval.version, *same]

    @property
    def filing(self) -> Metadata:
        """The facts of the text shown by which it is filed: clauses, distribution, tags."""
        approval = self.standing.in_force if self.standing else None
        return self.filings(approval)[-1].metadata if approval else self.shown.metadata

    @property
    def state(self) -> State:
        """The lifecycle state on the handbook's day."""
        if self.standing:
            return self.standing.state
        return State.AWAITING if self.history.newest.metadata.status == "submitted" else State.DRAFT

    def on(self, day: date) -> Standing | None:
        """How it stands on another day."""
        return stand(self.events, self.history.versions, day, self.kind.review_months if self.kind else None)

    def revision_state(self, number: int) -> State:
        """The state of one revision on the handbook's day."""
        standing = self.standing
        approval = next((a for a in self.approvals if a.revision == number), None)
        if standing and standing.in_force and standing.in_force.revision == number:
            return State.IN_FORCE
        newest = self.history.newest.metadata
        if approval is None:
            if newest.revision == number:
                return State.AWAITING if newest.status == "submitted" else State.DRAFT
            return State.SUPERSEDED
        if approval.first_day > self.day or approval.landed > self.day:
            return State.UPCOMING
        return (
            State.WITHDRAWN
            if standing and standing.state is State.WITHDRAWN and approval is self.approvals[-1]
            else State.SUPERSEDED
        )


@dataclass
class Handbook:
    """A handbook on one day. Make one with `load`."""

    configuration: Configuration
    repository: Repository
    store: Store
    day: date
    replay: Replay
    committed_tree: dict[str, str]
    committed_odd: dict[str, str]
    declared: Declared
    catalogue: Catalogue
    documents: dict[str, Document] = field(default_factory=dict)

    @property
    def policy(self) -> Policy:
        """The document-control policy."""
        return self.configuration.policy

    @property
    def people(self) -> People:
        """Who holds which role."""
        return self.configuration.people

    @property
    def docs(self) -> str:
        """The folder of the handbook from the root of the repository."""
        return self.replay.docs

    def get(self, document_id: str) -> Document | None:
        """The document with this id, compared without case."""
        return self.documents.get(key_of(document_id))

    @cached_property
    def by_path(self) -> dict[str, Document]:
        """Documents by the path of their current text."""
        return {d.current.path: d for d in self.documents.values() if d.current}

    @cached_property
    def _stood(self) -> dict[str, list[tuple[int, float, Document]]]:
        """By path: from which commit on, and up to which, a document stood there."""
        found: dict[str, list[tuple[int, float, Document]]] = {}
        for document in self.documents.values():
            history = document.history
            versions = [*history.versions, *([history.working] if history.working else [])]
            for version, following in zip(versions, [*versions[1:], None], strict=True):
                end = following.order if following else float("inf")
                found.setdefault(version.path, []).append((version.order, end, document))
        return found

    def document_at(self, path: str, order: int) -> Document | None:
        """The document that had a path when the text with this `order` stood on main."""
        return next((d for first, end, d in reversed(self._stood.get(path, [])) if first <= order < end), None)

    def once_at(self, path: str) -> Document | None:
        """The document that last had a path, wherever it is now."""
        return max(self._stood.get(path, []), key=lambda entry: entry[0], default=(0, 0, None))[2]

    @cached_property
    def ordered(self) -> list[Document]:
        """Documents in the order of the types in the policy, then by id."""
        order = {name: index for index, name in enumerate(self.policy.types)}
        return sorted(self.documents.values(), key=lambda d: (order.get(d.type_name or "", len(order)), d.id))

    @cached_property
    def listed(self) -> list[Document]:
        """The documents that stood on main by the handbook's day: the register."""
        return [document for document in self.ordered if document.standing]

    def under_docs(self, path: str) -> str:
        """A path seen from docs/."""
        return posixpath.relpath(path, self.docs)

    def is_controlled(self, path: str) -> bool:
        """Whether the file at a path (from the root of the repository) is a controlled page."""
        return is_markdown(path) and self.policy.is_controlled(self.under_docs(path))

    @cached_property
    def controlled_pages(self) -> list[tuple[str, DocumentFile]]:
        """Every controlled page that lies under docs/ now, with or without an id, by path."""
        return [
            (path, self.store.document(blob))
            for path, blob in sorted(self.replay.tree.items())
            if self.is_controlled(path)
        ]

    def require_history(self) -> None:
        """Raise EmsError where the clone is incomplete, so that no wrong date is ever shown."""
        if self.repository.incomplete:
            fix = "Clone the whole repository, or fetch the rest: git fetch --unshallow (in a CI job: fetch-depth: 0)."
            raise EmsError(f"{self.repository.incomplete}. {fix}")

    def judge(self, document: Document, version: Version) -> Verdict:
        """What the claim of a version is worth, seen from the approvals that landed before it."""
        before = [a for a in document.approvals if version.day is None or a.version.order < version.order]
        return self.declared.judge(version, before[-1].version if before else None, document.history)

    def __enter__(self) -> Handbook:
        return self

    def __exit__(self, *_: object) -> None:
        self.repository.close()


def load(root: Path | Configuration, day: date, working_tree: bool = False) -> Handbook:
    """Read the handbook whose ems.yml lies in `root` (or whose files are read already), as it stands on `day`.

    With `working_tree`, uncommitted files are laid over HEAD; they change no standing, only what is `current`.
    Raises EmsError where the files that steer it are broken or there is no repository. A shallow or partial clone
    is read without history: `repository.incomplete` says so, and nothing is in force.
    """
    configuration = root if isinstance(root, Configuration) else read_configuration(root)
    repository = Repository(configuration.root)
    try:
        return _read(configuration, repository, day, working_tree)
    except BaseException:
        repository.close()
        raise


def _read(configuration: Configuration, repository: Repository, day: date, working_tree: bool) -> Handbook:
    policy = configuration.policy
    store = Store(repository, policy)
    docs = repository.prefix + policy.docs_dir
    commits = [] if repository.incomplete else repository.landings
    working = list(working_files(repository.top, docs)) if working_tree else []
    paths = [change.path for commit in commits for change in commit.changes] + [file.path for file in working]
    names = {posixpath.basename(path) for path in paths if path.startswith(docs + "/") and not is_markdown(path)}
    replay = Replay(store, policy, docs, policy.zone, names)
    replay.replay(commits)
    tree, odd = dict(replay.tree), dict(replay.odd)
    if working_tree:
        replay.work(working, len(commits))
    contributions = Contributions(repository, store, policy, configuration.people)
    declared = Declared(policy, configuration.people, contributions.to)
    catalogue = catalogue_of(policy, configuration.root, repository.top)
    handbook = Handbook(configuration, repository, store, day, replay, tree, odd, declared, catalogue)
    for key, history in sorted(replay.histories.items()):
        handbook.documents[key] = _document(history, policy, declared, day)
    return handbook


def _document(history: DocumentHistory, policy: Policy, declared: Declared, day: date) -> Document:
    name = policy.type_of(history.id)
    kind = policy.types[name] if name else None
    events = declared.events(history)
    standing = stand(events, history.versions, day, kind.review_months if kind else None)
    return Document(history, kind, name, events, day, standing)
