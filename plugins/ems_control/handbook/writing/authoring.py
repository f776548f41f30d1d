"""An author's steps: a new document, the next revision, a withdrawal; as changes of one file, line by line."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from ems_control.approvals.lifecycle import Approval, Withdrawal
from ems_control.documents.history import Version, key_of
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.patching import PatchProblem, Value, lines_of, patch_keys, rename_keys, with_lines
from ems_control.ground.organisation.readings import Reading
from ems_control.ground.spelling import nearest
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.writing.templates import sentence, template


@dataclass(frozen=True)
class Written:
    """A file as it is to be written: path from the root of the repository, bytes, and what the author does next."""

    document: str
    path: str
    data: bytes
    revision: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Revising:
    """What an author begins: who, how deep it goes, what changes, and which waiting revisions it replaces."""

    author: str
    class_: str
    change: str
    instead_of: tuple[int, ...] = ()


@dataclass(frozen=True)
class Beginning:
    """A document that an author begins: its type and title, who writes, which role owns it, and its language.

    Without `language` it is written in the first language of the handbook.
    """

    type_name: str
    title: str
    author: str
    owner: str
    language: str = ""


def new_document(handbook: Handbook, wish: Beginning, day: date) -> Written:
    """The first draft of a document with the next number of its type, out of the template of type and language.

    Raises EmsError where the handbook has no such type, person, role or language, and where the title is empty.
    """
    type_name, owner = wish.type_name, wish.owner
    kind = handbook.policy.types.get(type_name)
    if kind is None:
        known = ", ".join(handbook.policy.types)
        close = nearest(type_name, handbook.policy.types)
        raise EmsError(f'there is no type "{type_name}". {f"Did you mean {close}?" if close else f"Known: {known}."}')
    if not wish.title.strip():
        raise EmsError(f'a document needs a title. Write it: ems new {type_name} "Waste".')
    _person(handbook, wish.author)
    if owner not in handbook.people.roles:
        known = ", ".join(handbook.people.roles)
        raise EmsError(f'"{owner}" is no role in people.yml. Name the owner with --owner: {known}.')
    language, own = _language(handbook, wish.language)
    number = next_id(handbook, kind.prefix)
    path = posixpath.join(handbook.docs, kind.folder or "", f"{number}.md")
    rows = _row(1, day, wish.author, "substantive", sentence("first issue", language))
    lines = [f"id: {number}", f"title: {_quoted(wish.title)}", f"type: {type_name}", "revision: 1", "status: draft"]
    lines += [
        f"owner: {owner}",
        *([f"language: {language}"] if own else []),
        "clauses: []",
        "revisions:",
        f"  - {rows}",
    ]
    body = template(type_name, language)
    return Written(number, path, ("---\n" + "\n".join(lines) + "\n---\n" + body).encode(), 1)


def first_change(handbook: Handbook, document: Document) -> str:
    """What the row of a new revision says until its author says what changes, in the language of the document."""
    said = document.current.facts.language if document.current else None
    return sentence("change", said or _language(handbook, "")[0])


def _language(handbook: Handbook, asked: str) -> tuple[str, bool]:
    """The language of a new document, and whether its front matter must say it, because it is not the handbook's.

    It goes by ems.yml as it is written, approved or not: what is begun today will be approved under that.
    """
    known = handbook.committed_config.policy.languages or ("en",)
    if asked and asked not in known:
        raise EmsError(f'"{asked}" is no language of this handbook. Write one of: {", ".join(known)}.')
    return asked or known[0], asked not in ("", known[0])


def next_id(handbook: Handbook, prefix: str) -> str:
    """The first number behind all that were ever used with a prefix; numbers are never used again."""
    used = [document.id for document in handbook.documents.values()]
    pattern = re.compile(rf"{re.escape(prefix)}-(\d+)(?:\..*)?", re.IGNORECASE)
    numbers = [match[1] for name in used if (match := pattern.fullmatch(name))]
    width = max([3, *map(len, numbers)])
    following = max(map(int, numbers), default=0) + 1
    while key_of(f"{prefix}-{following:0{width}d}") in handbook.documents:
        following += 1
    return f"{prefix}-{following:0{width}d}"


def next_revision(handbook: Handbook, document: Document, data: bytes, wish: Revising, day: date) -> Written:
    """The file of a document as the draft of its next revision: number, status, a new row, no claimed approval.

    It starts from the text on main, after the last day of a temporary revision from the one in force; every row stays.
    Raises EmsError where nothing was approved yet, a revision is in work already, or the document is withdrawn.
    """
    version, newest = document.current, document.newest_approval
    if version is None:
        raise EmsError(f"the file of {document.id} is not there any more.")
    if isinstance(document.life.last, Withdrawal):
        raise EmsError(f"{document.id} is withdrawn. Give the text to a new document: ems new.")
    path, number = version.path, version.facts.revision or 0
    if newest is None or number > newest.revision:
        raise EmsError(f"revision {number} of {document.id} is in work and not approved yet. Go on with it.")
    _person(handbook, wish.author)
    following = newest.revision + 1
    changes: dict[str, Value] = {"revision": str(following), "status": "draft"}
    changes |= {"approved_by": None, "approved_on": None}
    notes: list[str] = []
    applies, data = document.in_force, _by_new_keys(handbook, version, data)
    kind = handbook.policy.type_of(document.id)
    if kind and version.facts.type and version.facts.type == version.reading.type_of(document.id) != kind:
        changes["type"] = kind
    if newest.until and newest.until < day and applies and applies is not newest:
        version, data = _as_in_force(handbook, document, applies, data, newest, notes)
    if wish.class_ != "editorial":
        changes |= _days(version, newest, wish, day, notes)
    elif wish.instead_of:
        raise EmsError("an editorial revision takes the place of the one that it edits; leave --instead-of out.")
    row = _row(
        following, day, wish.author, wish.class_, wish.change or first_change(handbook, document), wish.instead_of
    )
    done = _patched(handbook.policy.reading, data, changes, row, version.path)
    return Written(document.id, path, done, following, tuple(notes))


def _as_in_force(
    handbook: Handbook, document: Document, applies: Approval, data: bytes, ended: Approval, notes: list[str]
) -> tuple[Version, bytes]:
    """The text that applies again, as last filed, with all rows of the file on main."""
    text = document.filings(applies)[-1]
    key = handbook.policy.field("revisions")
    notes.append(
        f"Revision {ended.revision} ended on {ended.until}; this one starts from revision {applies.revision}, which is "
        "in force. Every row is kept."
    )
    for shown in applies.version.attachments:
        if handbook.tree.files.get(shown.path) != shown.blob and applies.version.commit:
            sha = applies.version.commit.sha[:10]
            notes.append(f"{shown.path} is not as in that text; put it back: git checkout {sha} -- :/{shown.path}")
    known = _by_new_keys(handbook, text, handbook.tree.store.read(text.blob))
    return text, with_lines(known, key, lines_of(data, key))


def _days(version: Version, newest: Approval, wish: Revising, day: date, notes: list[str]) -> dict[str, Value]:
    """The first and last day of a revision that is more than editorial."""
    changes: dict[str, Value] = {}
    facts, waits = version.facts, newest.first_day > day
    wrong = [number for number in wish.instead_of if not waits or number != newest.revision]
    if wrong:
        which = f"revision {newest.revision} does, from {newest.first_day}" if waits else "none does"
        raise EmsError(f"revision {wrong[0]} does not wait for its day; {which}.")
    if waits and not wish.instead_of:
        first = min(newest.first_day, date.max - timedelta(days=1)) + timedelta(days=1)
        changes["effective"] = first.isoformat()
        notes.append(
            f"Revision {newest.revision} waits for {newest.first_day}, so this one starts on {first}. To replace it, "
            f"begin again with --instead-of {newest.revision}."
        )
    elif facts.effective and not waits:
        changes["effective"] = day.isoformat()
    if facts.until and facts.until < day:
        changes["until"] = None
    elif facts.until and wish.class_ != "temporary":
        notes.append(f"It ends on {facts.until}, like the revision before. Take until out if it is to stay.")
    elif wish.class_ == "temporary":
        notes.append("Write its last day: until. After that the revision before applies again.")
    return changes


def withdrawn(document: Document, data: bytes) -> Written:
    """The file of a document with `status: withdrawn`; raises EmsError where nothing of it was ever approved."""
    version, newest = document.current, document.newest_approval
    if version is None or newest is None:
        raise EmsError(f"nothing of {document.id} was ever approved; delete its file instead.")
    changes: dict[str, Value] = {"status": "withdrawn"}
    if document.kind and document.kind.level == "declared" and version.facts.status != "withdrawn":
        changes |= {"approved_by": None, "approved_on": None}  # of its approval: they would count as this decision
    done = _patched(version.reading, data, changes, None, version.path)
    return Written(document.id, version.path, done, newest.revision)


def submitted(document: Document, data: bytes) -> Written:
    """The file of a document with `status: submitted`; raises EmsError where there is nothing to be decided about."""
    version, newest = document.current, document.newest_approval
    if version is None:
        raise EmsError(f"the file of {document.id} is not there any more.")
    if isinstance(document.life.last, Withdrawal) or version.facts.status == "withdrawn":
        raise EmsError(f"{document.id} is withdrawn. Give the text to a new document: ems new.")
    number = version.facts.revision
    if newest and newest.is_of(version):
        raise EmsError(
            f"revision {number} of {document.id} is approved already. Begin the next one: ems revise {document.id}."
        )
    done = _patched(version.reading, data, {"status": "submitted"}, None, version.path)
    return Written(document.id, version.path, done, number or 0)


def claimed(document: Document, data: bytes, persons: tuple[str, ...], day: date) -> Written:
    """The file of a document that says who approved it (or its withdrawal) on which day: level declared."""
    version = document.current
    if version is None:
        raise EmsError(f"the file of {document.id} is not there any more.")
    changes: dict[str, Value] = {"approved_by": persons, "approved_on": day.isoformat()}
    return Written(
        document.id,
        version.path,
        _patched(version.reading, data, changes, None, version.path),
        version.facts.revision or 0,
    )


def _person(handbook: Handbook, key: str) -> None:
    if key not in handbook.people.persons:
        known = ", ".join(sorted(handbook.people.persons))
        raise EmsError(f'"{key}" is nobody in people.yml. Say who writes with --author: {known}.')


def _row(revision: int, day: date, author: str, class_: str, change: str, instead_of: tuple[int, ...] = ()) -> str:
    instead = f", instead_of: {instead_of[0]}" if instead_of else ""
    said = f"revision: {revision}, date: {day}, author: {author}, class: {class_}{instead}"
    return f"{{{said}, change: {_quoted(change)}}}"


def _quoted(text: str) -> str:
    """A text in double quotes, as YAML and JSON both read it."""
    return json.dumps(" ".join(text.split()), ensure_ascii=False)


def _by_new_keys(handbook: Handbook, version: Version, data: bytes) -> bytes:
    """A text with its keys as the policy in force calls them: what comes next is read by that; raises EmsError."""
    old, new = version.reading.fields, handbook.policy.reading.fields
    moved = {old.get(key, key): new.get(key, key) for key in (*old, *new) if old.get(key, key) != new.get(key, key)}
    deep = next((key for pair in moved.items() for key in pair if "." in key), None)
    try:
        if deep:
            raise PatchProblem(f'keys are called otherwise since this text came in ("{deep}"); rename them by hand')
        return rename_keys(data, moved) if moved else data
    except PatchProblem as problem:
        raise EmsError(f"{version.path}: {problem}.") from problem


def _patched(reading: Reading, data: bytes, changes: Mapping[str, Value], row: str | None, path: str) -> bytes:
    named = {reading.field(key): value for key, value in changes.items()}
    try:
        return patch_keys(data, named, (reading.field("revisions"), row) if row else None)
    except PatchProblem as problem:
        raise EmsError(f"{path}: {problem}. `ems check` tells more.") from problem


def author_of(handbook: Handbook, email: str) -> str:
    """The person key behind the address that git commits under; raises EmsError where people.yml knows nobody."""
    person = handbook.people.by_email(email) if email else None
    if person is None:
        known = ", ".join(sorted(handbook.people.persons)[:12])
        raise EmsError(
            f"people.yml knows nobody with the address {email or '(none)'}. Say who writes: --author {known}."
        )
    return person
