"""Revisions that somebody has to decide about: submitted on main, or on a branch before anything stands on main."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from ems_control.approvals.rejections import Rejection
from ems_control.documents.history import Version, key_of
from ems_control.documents.metadata import Metadata
from ems_control.ground.git.log import Commit
from ems_control.ground.git.repository import Branch
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.missing_decisions import missing, rejected


@dataclass(frozen=True)
class Waiting:
    """A revision without all the decisions it needs: since when it is submitted, and which roles still have to decide.

    `document` is None where nothing of it stands on main by the handbook's day; `branch` is empty on main. `rejected`
    are the rejections that stand over it.
    """

    id: str
    title: str
    revision: int
    since: date
    roles: tuple[str, ...]
    author: str
    branch: str
    document: Document | None
    rejected: tuple[Rejection, ...] = ()


def waiting(handbook: Handbook) -> list[Waiting]:
    """What waits for decisions on the handbook's day, longest first."""
    found = {(key_of(each.id), each.revision): each for each in _on_main(handbook)}
    for each in _on_branches(handbook):
        key = (key_of(each.id), each.revision)
        if key not in found or (found[key].branch and each.since < found[key].since):
            found[key] = each
    return sorted(found.values(), key=lambda each: (each.since, each.id, each.revision))


def holders(handbook: Handbook, role: str, without: Collection[str | None] = ()) -> list[str]:
    """The persons, by key, who can act in a role on the handbook's day: holders, else deputies, never `without`."""
    able = [(key, held) for key, held in handbook.people.holders(role, handbook.day) if key not in without]
    return [key for key, held in able if not held.deputy] or [key for key, _ in able]


def _on_main(handbook: Handbook) -> Iterator[Waiting]:
    for document in handbook.listed:
        standing = document.standing
        if not document.listed or standing.withdrawn:
            continue
        latest, metadata = standing.latest, standing.latest.metadata
        number = metadata.revision or 0
        if metadata.status != "submitted" or number <= _approved(document):
            continue
        first = next(
            v for v in document.history.versions if v.facts.revision == number and v.facts.status == "submitted"
        )
        roles = _lacking(handbook, document, latest)
        author = (metadata.row.author or "") if metadata.row else ""
        since = first.day or handbook.day
        stopped = tuple(rejected(handbook, document, latest))
        yield Waiting(document.id, metadata.title or document.id, number, since, roles, author, "", document, stopped)


def _lacking(handbook: Handbook, document: Document, text: Version) -> tuple[str, ...]:
    """The roles that still have to decide about a text on main: by its records, or by what its front matter claims."""
    kind = document.kind
    if kind is None:
        return ()
    if kind.level != "declared":
        return tuple(dict.fromkeys(need.role for need in missing(handbook, document, text)))
    decided = {(d.role, d.person) for d in handbook.judge(document, text).decisions}
    return tuple(need.role for need in kind.approve if sum(role == need.role for role, _ in decided) < need.number)


def _on_branches(handbook: Handbook) -> Iterator[Waiting]:
    branches = handbook.repository.branches(handbook.docs)
    blobs = {
        blob
        for branch in branches
        for path, changes in branch.changed.items()
        for blob, _ in changes
        if blob and handbook.is_controlled(path)
    }
    handbook.store.prefetch(sorted(blobs))
    for branch in branches:
        for path, changes in sorted(branch.changed.items()):
            if handbook.is_controlled(path):
                yield from _on_branch(handbook, branch, changes)


def _on_branch(handbook: Handbook, branch: Branch, changes: list[tuple[str | None, Commit]]) -> Iterator[Waiting]:
    """What one file of a branch says, if it submits a revision that main does not have as submitted."""
    zone = handbook.policy.zone
    texts = [(_facts(handbook, blob), commit.landed.astimezone(zone).date()) for blob, commit in changes]
    texts = [(facts, day) for facts, day in texts if day <= handbook.day]
    facts = texts[0][0] if texts else None
    if facts is None or not facts.id or not facts.revision or facts.status != "submitted":
        return
    kind_name = handbook.policy.type_of(facts.id)
    document = handbook.get(facts.id)
    if document and not document.listed:
        document = None
    if kind_name is None or (document and _submitted(document, facts.revision)):
        return
    since = texts[0][1]
    for other, day in texts:
        if other is None or (other.revision, other.status) != (facts.revision, "submitted"):
            break
        since = day
    kind = handbook.policy.types[kind_name]
    needs = kind.approve if kind.level == "declared" else (*kind.review, *kind.approve)
    roles = tuple(dict.fromkeys(need.role for need in needs))
    author = (facts.row.author or "") if facts.row else ""
    yield Waiting(facts.id, facts.title or facts.id, facts.revision, since, roles, author, branch.name, document)


def _facts(handbook: Handbook, blob: str | None) -> Metadata | None:
    return handbook.store.document(blob).metadata if blob else None


def _approved(document: Document) -> int:
    return document.newest_approval.revision if document.newest_approval else 0


def _submitted(document: Document, number: int) -> bool:
    """Whether main has a revision as submitted already, or a later one."""
    known = (v.facts for v in document.history.versions)
    return number <= _approved(document) or any(f.revision == number and f.status == "submitted" for f in known)
