"""What is found after an edit of few texts, out of what was found before: of the other documents all that stays.

It stays where other documents cannot see the edit: nothing of the text that is `shared` is another, and only rules
that see one document or what is shared have been run. Then those that see one are run on the edited documents, each
on a handbook that holds nothing else, and what they say takes the place of what they said. In every other case there
is no answer, and all is to be checked anew. A rule that says nothing of what it `sees` is such a case.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import asdict, dataclass, replace
from typing import Any, NoReturn

from ems_control.documents.history import Version
from ems_control.ground.counting import count
from ems_control.ground.text import is_markdown
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.links import anchors_of
from ems_control.rules.book import Rule, found_by, rules
from ems_control.rules.finding import Finding
from ems_control.rules.policy_seen import judged_otherwise

MOST = 20
"""Of more texts that were edited, nothing is known."""
_TELLING = re.compile(r"[\[\]<>{}|!#`~\\=^$&]")
"""What makes a line more than words, for whoever reads it from elsewhere: links, tables, includes, attributes, code."""


@dataclass(frozen=True)
class Shared:
    """What others see of a text, as a key, and on which lines it stands."""

    what: str
    lines: str


@dataclass(frozen=True)
class Before:
    """A handbook that was checked: its files, what was found, and what was shared of texts that are not those of HEAD.

    `shown` are the texts that a revision of any document ever included.
    """

    files: dict[str, str]
    odd: dict[str, str]
    shown: list[str]
    shared: dict[str, Shared]
    findings: list[Finding]


def shared(document: Document, version: Version) -> Shared:
    """What of a text in the working tree or at HEAD other documents, and what stands for all of them, may see."""
    file, first = version.file, version.file.body_line
    telling = [(n, line) for n, line in enumerate(file.body.split("\n"), first) if _TELLING.search(line)]
    what = (
        version.path,
        file.head,
        file.unread,
        [(one.level, one.text, one.anchor) for one in file.headings],
        sorted(anchors_of(version)),
        [one[1:] for one in file.links],
        [line for _, line in telling],
        [(one.name, one.path, one.blob) for one in version.attachments],
        version.reading,
        _stands_for(document, version),
    )
    lines = [one.line for one in file.headings], [one.line for one in file.links], [n for n, _ in telling]
    return Shared(_key(what), _key(lines))


def _stands_for(document: Document, version: Version) -> tuple[list[int], bool]:
    """The approved revisions that a text in the working tree is filed with; whether a translation is one that was."""
    working, approved = version is document.history.working, document.approvals
    filed = [one.revision for one in approved if working and one.is_of(version)]
    kept = version.facts.translates is not None and version.digest() in {one.version.digest() for one in approved}
    return filed, kept


def _key(told: object) -> str:
    return hashlib.sha256(repr(told).encode("utf-8", "surrogatepass")).hexdigest()


def noted(handbook: Handbook, findings: list[Finding], before: Before | None = None) -> dict[str, Any] | None:
    """What `again` needs beside the findings, to be kept; None where an edit is to be checked anew.

    That is so for a handbook that is judged by another policy than its files say, or has many texts unlike HEAD. What
    was noted `before` is taken over where no other documents were looked at since.
    """
    tree = handbook.tree
    edited = [path for path, blob in tree.files.items() if tree.committed.get(path) != blob]
    if not _plain(handbook) or judged_otherwise(handbook, findings) or len(edited) > MOST:
        return None
    seen = {}
    for document in filter(None, (_at(handbook, path) for path in edited)):
        if document.current:
            seen[document.current.path] = asdict(shared(document, document.current))
    shown = before.shown if before else sorted(set(_texts_shown(handbook)))
    return {"files": tree.files, "odd": tree.odd, "shown": shown, "shared": seen}


def _texts_shown(handbook: Handbook) -> Iterator[str]:
    for document in handbook.documents.values():
        for version in document.history.versions:
            yield from (one.path for one in version.attachments if is_markdown(one.path))


def again(kept: dict[str, Any], findings: list[Finding]) -> Before:
    """What was noted, as it was."""
    seen = {path: Shared(**one) for path, one in kept["shared"].items()}
    return Before(kept["files"], kept["odd"], kept["shown"], seen, findings)


def _plain(handbook: Handbook) -> bool:
    """Whether the files say the policy by which all is judged, in the working tree, and every rule what it sees."""
    same = handbook.committed_config.digest == handbook.policy_in_force.digest
    known = all(rule.sees != "all" for rule in rules())
    return same and known and handbook.working_tree and handbook.proposal is None


def found_after(
    handbook: Handbook, before: Before, on_rule: Callable[[Rule], None] = lambda _: None
) -> list[Finding] | None:
    """What is found now, where no more than a few texts were edited since, and no other document can see it."""
    tree = handbook.tree
    if tree.files.keys() != before.files.keys() or tree.odd != before.odd or not _plain(handbook):
        return None
    edited = [path for path, blob in tree.files.items() if before.files[path] != blob]
    if len(edited) > MOST or not {*edited}.isdisjoint(before.shown):
        return None
    findings, of_one = before.findings, {rule.code for rule in rules() if rule.sees == "one"}
    for path in edited:
        document = _at(handbook, path)
        now = document.current if document else None
        if document is None or now is None or now.path != path:
            return None
        then, seen = _then(document, before, path), shared(document, now)
        here = [one for one in findings if one.path == path and one.rule not in of_one]
        moved = then is None or then.lines != seen.lines
        if then is None or then.what != seen.what or (moved and any(one.line >= now.file.body_line for one in here)):
            return None
        found = _found_in(handbook, document, now, on_rule)
        if found is None or not _as_before(document, path, found, findings, of_one):
            return None
        rest = (one for one in findings if one.path != path or one.rule not in of_one)
        findings = [*rest, *(one for one in found if one.path == path)]
    return None if judged_otherwise(handbook, findings) else sorted(set(findings), key=lambda finding: finding.order)


def _at(handbook: Handbook, path: str) -> Document | None:
    """The document whose text a file is, and that nothing else is."""
    key = handbook.tree.alone_at(path)
    return handbook.documents[key] if key is not None else None


def _then(document: Document, before: Before, path: str) -> Shared | None:
    head = document.history.head
    if head and (head.path, head.blob) == (path, before.files[path]):
        return shared(document, head)
    return before.shared.get(path)


def _found_in(
    handbook: Handbook, document: Document, version: Version, on_rule: Callable[[Rule], None]
) -> list[Finding] | None:
    """What rules that see one document find in it; None where one of them looks at another."""
    count("documents_checked")
    try:
        return found_by((rule for rule in rules() if rule.sees == "one"), only(handbook, document, version), on_rule)
    except LooksElsewhereError:
        return None


def _as_before(
    document: Document, path: str, found: Iterable[Finding], before: list[Finding], of_one: set[str]
) -> bool:
    """Whether what these rules find in other files is what they found there, on account of it or of another."""
    elsewhere = {replace(one, document="") for one in found if one.path != path}
    known = [one for one in before if one.path != path and one.rule in of_one]
    mine = {replace(one, document="") for one in known if one.document == document.id}
    return mine <= elsewhere <= {replace(one, document="") for one in known}


class LooksElsewhereError(LookupError):
    """A rule that sees one document asked for another, or for a file that is no part of it."""


class _Only(dict[str, Any]):
    """What there is of one document; whoever asks for more that is there looks elsewhere."""

    def __init__(self, mine: Mapping[str, Any], all_there: Container[str]) -> None:
        super().__init__(mine)
        self._all = all_there

    def _elsewhere(self, key: object) -> bool:
        return not dict.__contains__(self, key) and key in self._all

    def __missing__(self, key: str) -> NoReturn:
        raise LooksElsewhereError(key) if self._elsewhere(key) else KeyError(key)

    def get(self, key: str, default: Any = None) -> Any:
        """What is there, or the default where nothing is, in the whole handbook."""
        return super().get(key, default) if key in self else default

    def __contains__(self, key: object) -> bool:
        if self._elsewhere(key):
            raise LooksElsewhereError(key)
        return dict.__contains__(self, key)


class _Nothing:
    """Stands for what only several documents together tell."""

    def __getattr__(self, name: str) -> NoReturn:
        raise LooksElsewhereError(name)


def only(handbook: Handbook, document: Document, version: Version) -> Handbook:
    """The same handbook, as if there were nothing in it but one document and the files that its text shows."""
    files = {attachment.path: attachment.blob for attachment in version.attachments} | {version.path: version.blob}
    tree = copy(handbook.tree)
    tree.files, tree.odd = _Only(files, handbook.tree.files), {}
    one = replace(handbook, documents=_Only({document.key: document}, handbook.documents), tree=tree)
    pages = [(version.path, version.file)] if handbook.is_controlled(version.path) else []
    by_path = _Only({**dict.fromkeys(files), version.path: document}, handbook.tree.files)
    one.__dict__.update(controlled_pages=pages, by_path=by_path, verification=_Nothing(), _stood=_Nothing())
    return one
