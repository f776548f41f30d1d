"""The handbook as one object: policy, people, standards, and every document with its history and standing."""

from __future__ import annotations

import gc
import posixpath
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, cached_property
from typing import Any, TypeVar

from ems_control.approvals.declared import Declared, Verdict
from ems_control.approvals.record_judge import RecordJudge
from ems_control.approvals.settled import Settled
from ems_control.documents.docs_tree import DocsTree
from ems_control.documents.history import AFTER_ALL, Version, key_of, read_all
from ems_control.documents.reading import DocumentFile
from ems_control.ground.collector import collector_paused
from ems_control.ground.counting import count
from ems_control.ground.errors import EmsError
from ems_control.ground.git.first_parents import Proposal
from ems_control.ground.git.repository import Repository
from ems_control.ground.kept import FEW_LANDINGS
from ems_control.ground.markdown.extensions import Extensions, read_extensions
from ems_control.ground.markdown.mkdocs_yml import SiteConfig
from ems_control.ground.on_demand import OnDemand
from ems_control.ground.organisation.people import People
from ems_control.ground.organisation.policy import POLICY_FILE, Policy
from ems_control.ground.organisation.standards import Catalogue
from ems_control.ground.text import MARKDOWN_SUFFIXES
from ems_control.handbook import addresses
from ems_control.handbook.document import Document
from ems_control.handbook.kept.kept_history import KeptHistory, KeptTexts
from ems_control.handbook.made_meanwhile import MadeMeanwhile, Parts
from ems_control.handbook.steering_files import Configuration, site_config_of, site_files
from ems_control.handbook.verification import Told, Verification, verify

T = TypeVar("T")
Job = tuple[str, str, Callable[[], Iterable[Any]]]
"""A text, what is to be made of it, and how."""


@dataclass
class Handbook:
    """A handbook on one day. Make one with `load`."""

    policy_in_force: Configuration
    repository: Repository
    day: date
    tree: DocsTree
    _catalogue: Callable[[], Catalogue]
    committed_config: Configuration
    records: RecordJudge
    settled: Settled
    _declared: Declared
    moment: datetime
    documents: Mapping[str, Document] = field(default_factory=dict)
    working_tree: bool = False
    base: str | None = None
    laid: dict[str, bytes] | None = None
    snapshot: KeptHistory | None = None
    texts: KeptTexts | None = None
    told: Told | None = None
    """Who is told where a second process ends early; without, there is none."""
    looked_through: bool = False
    """Whether every document was asked for, and what is kept of each is to be that."""
    _meanwhile: MadeMeanwhile | None = None
    _found: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, what: Hashable, find: Callable[[], T]) -> T:
        """What many ask for, found for the first of them; `what` names it."""
        if what not in self._found:
            self._found[what] = find()
        found: T = self._found[what]
        return found

    def made_of(self, text: str, what: str, make: Callable[[], Iterable[T]]) -> list[T]:
        """What is made of a rendered text, as long as it stays the same; `what` names it, with all else that counts."""
        parts = (what, repr(self.extensions), text)
        made = self._meanwhile.take(parts) if self._meanwhile else None
        if self.texts is None:
            return list(make()) if made is None else made
        return self.texts.made(parts, lambda: list(make()) if made is None else made)

    def look_through(self) -> None:
        """Have every document now, where they are had when they are asked for."""
        _ = self.documents.values()
        self.looked_through = True

    def make_meanwhile(self, jobs: Iterable[Job]) -> None:
        """Let a second process make what `made_of` will be asked for with these texts, words and functions."""
        if self.told is None:
            return
        named: dict[Parts, Callable[[], Iterable[Any]]] = {}
        named.update(((what, repr(self.extensions), text), make) for text, what, make in jobs)
        todo = {parts: make for parts, make in named.items() if not (self.texts and self.texts.knows(parts))}
        self._meanwhile = MadeMeanwhile(todo, self.told)

    def keep(self) -> None:
        """Keep for the next run what this one made, where anything is kept."""
        if len(self.repository.landings) < FEW_LANDINGS:
            return
        if self.texts:
            self.texts.keep(self.looked_through)
        if self.snapshot:
            known = self.documents.made() if isinstance(self.documents, OnDemand) else self.documents.values()
            judged = [one for one in known if "life" in one.__dict__]
            self.snapshot.keep_lives((one.history, one.life) for one in judged)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The standards that can be named; read when somebody asks for one."""
        return self._catalogue()

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
        with collector_paused():
            if self.tree.store.few:
                self.records.ledger.read()
                read_all(self.tree.store, [one for history in self.tree.histories.values() for one in history.versions])
            return sorted(self.documents.values(), key=lambda d: (order.get(d.type_name or "", len(order)), d.id))

    @cached_property
    def listed(self) -> list[Document]:
        """The documents that stood on main on the handbook's day, or were ever approved by then: the register."""
        return [document for document in self.ordered if document.listed]

    @cached_property
    def touched(self) -> list[Document]:
        """The documents that a proposed change touches, in the same order."""
        order = self.proposed_order
        return [] if order is None else [document for document in self.ordered if document.touched_by(order)]

    def under_docs(self, path: str) -> str:
        """A path seen from docs/."""
        plain = path.startswith(f"{self.docs}/") and "/." not in path and "//" not in path and not path.endswith("/")
        return path[len(self.docs) + 1 :] if plain else posixpath.relpath(path, self.docs)

    def is_controlled(self, path: str) -> bool:
        """Whether the file at a path (from the root of the repository) is a controlled page."""
        return self.tree.covers(path) or path in self.by_path

    def is_page(self, path: str) -> bool:
        """Whether a file is a page by its name: it ends in .md, or a pattern of ems.yml names another suffix."""
        return path.endswith(".md") or (path.endswith(MARKDOWN_SUFFIXES) and self.is_controlled(path))

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

        @cache
        def made(text: str) -> str:
            count("texts_rendered")
            return renderer.reset().convert(text)

        return made

    def require_history(self) -> None:
        """Raise EmsError where the clone is incomplete, so that no wrong date is ever shown."""
        if self.repository.incomplete:
            fix = "Clone the whole repository, or fetch the rest: git fetch --unshallow (in a CI job: fetch-depth: 0)."
            raise EmsError(f"{self.repository.incomplete}. {fix}")

    @cached_property
    def verification(self) -> Verification:
        """What evidence says of the whole history, up to HEAD."""
        with collector_paused():
            order = self.repository.proposal_order
            return verify(self.records, self.documents, self.settled, self.moment, order, self.told)

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
        if self._meanwhile:
            self._meanwhile.close()
        self.repository.close()
        gc.unfreeze()
