"""Revisions that somebody has to decide about: submitted on main, or on a branch before anything stands on main."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from ems_control.approvals.needs import Need, decisions_needed
from ems_control.approvals.rejections import Rejection
from ems_control.documents.history import Version, key_of
from ems_control.documents.metadata import Metadata
from ems_control.ground.formats.digest import find_attachments
from ems_control.ground.git.log import Commit
from ems_control.ground.git.repository import Branch
from ems_control.ground.text import is_markdown
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.outstanding.missing_decisions import missing, rejected, still_open, wrote


@dataclass(frozen=True)
class Waiting:
    """A revision without all the decisions it needs: since when it is submitted, and what has to be decided by whom.

    `document` is None where nothing of it stands on main by the handbook's day; `branch` is empty on main. `rejected`
    are the rejections that stand over it, `text` is what waits, `wrote` who is known to have contributed to it.
    """

    id: str
    title: str
    revision: int
    since: date
    needs: tuple[Need, ...]
    branch: str
    document: Document | None
    rejected: tuple[Rejection, ...] = ()
    text: Version | None = None
    wrote: tuple[str, ...] = ()


def waiting(handbook: Handbook) -> list[Waiting]:
    """What waits for decisions on the handbook's day, longest first."""
    found = {(key_of(each.id), each.revision): each for each in _on_main(handbook)}
    for each in _on_branches(handbook):
        key = (key_of(each.id), each.revision)
        if key not in found or (found[key].branch and each.since < found[key].since):
            found[key] = each
    return sorted(found.values(), key=lambda each: (each.since, each.id, each.revision))


def undated(handbook: Handbook) -> list[tuple[str, Commit]]:
    """Branches that are not looked at because a commit that changes a document there has no date that can be read."""
    found = {}
    for branch in handbook.repository.branches(handbook.docs):
        for path, changes in branch.changed.items():
            for _, commit in changes if handbook.is_controlled(path) else ():
                if not commit.dated:
                    found[branch.name] = commit
    return sorted(found.items(), key=lambda pair: pair[0])


def _on_main(handbook: Handbook) -> Iterator[Waiting]:
    for document in handbook.listed:
        text = submitted(document)
        if text is None:
            continue
        number = text.metadata.revision or 0
        first = next(
            v for v in document.history.versions if v.facts.revision == number and v.facts.status == "submitted"
        )
        needs, stopped = missing(handbook, document, text), rejected(handbook, document, text)
        since, title = first.day or handbook.day, text.metadata.title or document.id
        known = tuple(sorted(person for person in wrote(handbook, document, text) if person))
        yield Waiting(document.id, title, number, since, tuple(needs), "", document, tuple(stopped), text, known)


def submitted(document: Document) -> Version | None:
    """The text of a document that waits on main for decisions."""
    latest = document.standing.latest
    number, status = latest.metadata.revision or 0, latest.metadata.status
    waits = status == "submitted" and number > _approved(document)
    return latest if waits and document.listed and not document.standing.withdrawn else None


def _on_branches(handbook: Handbook) -> Iterator[Waiting]:
    branches = handbook.repository.branches(handbook.docs)
    blobs = {
        blob
        for branch in branches
        for path, changes in branch.changed.items()
        for blob, _ in changes
        if blob and handbook.is_controlled(path)
    }
    handbook.tree.store.prefetch(sorted(blobs))
    for branch in branches:
        for path, changes in sorted(branch.changed.items()):
            if handbook.is_controlled(path):
                yield from _on_branch(handbook, branch, path, changes)


def _on_branch(
    handbook: Handbook, branch: Branch, path: str, changes: list[tuple[str | None, Commit]]
) -> Iterator[Waiting]:
    """What one file of a branch says, if it submits a revision that main does not have as submitted.

    Records are read where they land, so that what somebody signed on the branch does not count yet.
    """
    if not all(commit.dated for _, commit in changes):
        return  # `undated` names it
    zone, known = handbook.policy.zone, _known(handbook, changes)
    texts = [(_facts(handbook, blob), commit.landed.astimezone(zone).date()) for blob, commit in known]
    facts = texts[0][0] if texts else None
    if facts is None or not facts.id or not facts.revision or facts.status != "submitted":
        return
    kind, document = handbook.policy.kind_of(facts.id), handbook.get(facts.id)
    if document and not document.listed:
        document = None
    if kind is None or (document and _submitted(document, facts.revision)):
        return
    since = texts[0][1]
    for other, day in texts:
        if other is None or (other.revision, other.status) != (facts.revision, "submitted"):
            break
        since = day
    text, newest = _text(handbook, branch, path), document.newest_approval if document else None
    edits = document.life.editable if document else None
    options = decisions_needed(handbook.policy, kind, "approve", text, edits, kind.level == "declared")
    hands = {facts.row.author if facts.row else None, *_wrote(handbook, known, newest.version.blob if newest else None)}
    alone = kind.level == "declared" and handbook.policy.waives_independence(facts.id, path, handbook.day)
    needs = tuple(still_open(handbook, options, (), () if alone else hands))
    names, title = tuple(sorted(person for person in hands if person)), facts.title or facts.id
    yield Waiting(facts.id, title, facts.revision, since, needs, branch.name, document, (), text, names)


def _text(handbook: Handbook, branch: Branch, path: str) -> Version:
    """The text of a file of a branch, with what it shows there."""
    tree: dict[str, str | None] = {**handbook.tree.committed}
    for name, changes in branch.changed.items():
        if known := _known(handbook, changes):
            tree[name] = known[0][0]
    store, blob = handbook.tree.store, tree[path] or ""
    names = {posixpath.basename(name) for name in tree if not is_markdown(name)}
    shown = find_attachments(store.document(blob).body, path, handbook.docs, tree.get, store.read, names)
    return Version(None, path, blob, store.document(blob), shown, store)


def _known(handbook: Handbook, changes: list[tuple[str | None, Commit]]) -> list[tuple[str | None, Commit]]:
    """What had been committed by the handbook's day, newest first."""
    zone = handbook.policy.zone
    return [change for change in changes if change[1].landed.astimezone(zone).date() <= handbook.day]


def _wrote(handbook: Handbook, changes: list[tuple[str | None, Commit]], main: str | None) -> set[str | None]:
    """The persons whose commits changed what a file of a branch says; a changed claim key alone is no contribution."""
    said = [handbook.tree.store.content(blob) for blob in [*(blob for blob, _ in changes), main]]
    mine = [commit for (_, commit), after, before in zip(changes, said, said[1:], strict=False) if after != before]
    emails = {email for commit in mine for email in (commit.author_email, commit.committer_email, *commit.co_authors)}
    return {handbook.people.by_email(email) for email in emails}


def _facts(handbook: Handbook, blob: str | None) -> Metadata | None:
    return handbook.tree.store.document(blob).metadata if blob else None


def _approved(document: Document) -> int:
    return document.newest_approval.revision if document.newest_approval else 0


def _submitted(document: Document, number: int) -> bool:
    """Whether main has a revision as submitted already, or a later one."""
    known = (v.facts for v in document.history.versions)
    return number <= _approved(document) or any(f.revision == number and f.status == "submitted" for f in known)
