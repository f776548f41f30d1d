"""What is found after an edit of few texts, out of what was found before: of the other documents all that stays.

It stays where other documents cannot see the edit: nothing of the text that is `shared` is another, and only rules
that see one document or what is shared have been run. Then those that see one are run on the edited documents, each
on a handbook that holds nothing else, and what they say takes the place of what they said. In every other case there
is no answer, and all is to be checked anew. A rule that says nothing of what it `sees` is such a case.

A proposed change that does nothing but edit few texts is such an edit, on the commit onto which it is proposed: as long
as nothing comes into force or breaks by it, the other documents see of it what they see of a text that is not landed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from ems_control.documents.history import Version
from ems_control.ground.counting import count
from ems_control.ground.text import is_markdown
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.links import anchors_of
from ems_control.rules.book import Rule, Sees, found_by, rules
from ems_control.rules.finding import Finding
from ems_control.rules.only_these import LooksElsewhereError, in_change, only
from ems_control.rules.policy_seen import judged_otherwise
from ems_control.rules.stays import broken_by_text, stays

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

    `shown` are the texts that a revision of any document ever included, `ground` is the commit of main on which all
    rests, `changed` are the texts that a proposed change edits. `sound` says that what landed holds, as far as the
    findings do not tell: a change may be judged with no more than what it does.
    """

    files: dict[str, str]
    odd: dict[str, str]
    shown: list[str]
    shared: dict[str, Shared]
    ground: str
    changed: list[str]
    sound: bool
    findings: list[Finding]


def shared(document: Document, version: Version, new: bool) -> Shared:
    """What of a text other documents, and what stands for all of them, may see; `new` is one that has not landed."""
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
        _stands_for(document, version, new),
    )
    lines = [one.line for one in file.headings], [one.line for one in file.links], [n for n, _ in telling]
    return Shared(_key(what), _key(lines))


def _stands_for(document: Document, version: Version, new: bool) -> tuple[list[int], bool]:
    """The approved revisions that a new text is filed with; whether a translation is one that was."""
    filed = [one.revision for one in document.approvals if new and one.is_of(version)]
    kept = version.facts.translates is not None and version.digest() in {a.version.digest() for a in document.approvals}
    return filed, kept


def _key(told: object) -> str:
    return hashlib.sha256(repr(told).encode("utf-8", "surrogatepass")).hexdigest()


def noted(handbook: Handbook, findings: list[Finding], before: Before | None = None) -> dict[str, Any] | None:
    """What `again` needs beside the findings, to be kept; None where an edit is to be checked anew.

    That is so for a handbook that is judged by another policy than its files say, or has many texts unlike those that
    landed. What was noted `before` is taken over where no other documents were looked at since.
    """
    tree, edited, proposing = handbook.tree, _edited(handbook), handbook.proposal is not None
    if edited is None or not _plain(handbook) or judged_otherwise(handbook, findings) or len(edited) > MOST:
        return None
    texts = [_at(handbook, path) for path in edited]
    if proposing and not all(one and stays(handbook, one) for one in texts):
        return None
    current = [(one, one.current) for one in texts if one and one.current]
    seen = {now.path: asdict(shared(one, now, new=True)) for one, now in current}
    shown = before.shown if before else sorted(set(_texts_shown(handbook)))
    told = {"files": tree.files, "odd": tree.odd, "shown": shown, "shared": seen, "ground": ground(handbook)}
    changed = edited if proposing else []
    return {**told, "changed": changed, "sound": before.sound if before else _sound(handbook, changed)}


def _edited(handbook: Handbook) -> list[str] | None:
    """The files unlike those that landed; None where a proposed change does more than edit what stands in docs/."""
    tree, proposal = handbook.tree, handbook.proposal
    if proposal is None:
        return [path for path, blob in tree.files.items() if tree.committed.get(path) != blob]
    edits = all(None not in c.befores and tree.files.get(c.path, "") == c.after for c in proposal.changes)
    return [change.path for change in proposal.changes] if edits and not proposal.conflicts else None


def ground(handbook: Handbook) -> str:
    """A key for what has landed: the newest commit of main, and how it is read."""
    repository = handbook.repository
    return f"{repository.base or repository.head} {repository.manner()}"


def _sound(handbook: Handbook, changed: list[str]) -> bool:
    """Whether a proposed change would be told nothing of what landed before: no commit of the future, no odd record."""
    if handbook.repository.incomplete or any(one.ahead for one in handbook.verification.out_of_line):
        return False
    found = (one.path for rule in rules() if rule.history_only for one in rule.check(handbook))
    return {*found} <= {*changed}


def _texts_shown(handbook: Handbook) -> Iterator[str]:
    for document in handbook.documents.values():
        for version in document.history.versions:
            yield from (one.path for one in version.attachments if is_markdown(one.path))


def again(kept: dict[str, Any], findings: list[Finding]) -> Before:
    """What was noted, as it was."""
    seen = {path: Shared(**one) for path, one in kept["shared"].items()}
    return Before(**{**kept, "shared": seen}, findings=findings)


def _plain(handbook: Handbook) -> bool:
    """Whether the files say the policy by which all is judged, and every rule what it sees."""
    same = handbook.committed_config.digest == handbook.policy_in_force.digest
    known = all(rule.sees != "all" for rule in rules())
    return same and known and handbook.working_tree == (handbook.proposal is None)


def found_after(
    handbook: Handbook, before: Before, on_rule: Callable[[Rule], None] = lambda _: None
) -> list[Finding] | None:
    """What is found now, where no more than a few texts were edited since, and no other document can see it."""
    edited, new = _edited_since(handbook, before), _edited(handbook) or ()
    proposing = handbook.proposal is not None
    if edited is None or not _plain(handbook) or (proposing and not _holds(before)):
        return None
    findings: list[Finding] | None = before.findings
    looked_at = []
    for path in edited:
        document = _at(handbook, path)
        if document is None or findings is None or (proposing and path in new and not stays(handbook, document)):
            return None
        looked_at.append(document)
        findings = _of_one(handbook, document, path, before, findings, on_rule)
    if proposing and findings is not None:
        findings = _of_change(handbook, looked_at, findings, on_rule)
    if findings is None or judged_otherwise(handbook, findings):
        return None
    return sorted(set(findings), key=lambda finding: finding.order)


def _edited_since(handbook: Handbook, before: Before) -> list[str] | None:
    """The texts to look at anew; None where more than texts is another, there are many, or a document shows one."""
    tree, new = handbook.tree, _edited(handbook)
    same = tree.files.keys() == before.files.keys() and tree.odd == before.odd and before.ground == ground(handbook)
    if new is None or not same:
        return None
    proposed = new if handbook.proposal else ()
    differing = (path for path, blob in tree.files.items() if before.files[path] != blob)
    edited = list(dict.fromkeys([*differing, *before.changed, *proposed]))
    return edited if len(edited) <= MOST and {*edited}.isdisjoint(before.shown) else None


def _of_change(
    handbook: Handbook, looked_at: list[Document], findings: list[Finding], on_rule: Callable[[Rule], None]
) -> list[Finding] | None:
    """The findings with what is found in a proposed change by itself, and with what breaks by its texts."""
    ours = {rule.code for rule in rules() if rule.sees in ("change", "break") or rule.evidence}
    rest = [one for one in findings if one.rule not in ours]
    found = _found("change", in_change(handbook, looked_at), on_rule)
    if found is None:
        return None
    told = {one.document for one in [*rest, *found] if one.severity == "error"}
    silent = {rule.code for rule in rules() if rule.history_only}
    for document in looked_at:
        broken = document.current and only(handbook, document, document.current, broken_by_text(handbook, document))
        more = _found("break", broken, on_rule) if broken else None
        if more is None:
            return None
        found += [one for one in more if one.rule not in silent or one.document not in told]
    return [*rest, *found]


def _holds(before: Before) -> bool:
    """Whether nothing that landed is told as a break: of a proposed change only those are that it brings."""
    evidence = {rule.code for rule in rules() if rule.evidence}
    return before.sound and {one.path for one in before.findings if one.rule in evidence} <= {*before.changed}


def _of_one(
    handbook: Handbook,
    document: Document,
    path: str,
    before: Before,
    findings: list[Finding],
    on_rule: Callable[[Rule], None],
) -> list[Finding] | None:
    """The findings with what is found now in one document; None where others see what is another there."""
    of_one = {rule.code for rule in rules() if rule.sees == "one"}
    now = document.current
    if now is None or now.path != path:
        return None
    then, seen = _then(handbook, document, before, path), shared(document, now, _is_new(handbook, document, now))
    here = [one for one in findings if one.path == path and one.rule not in of_one]
    moved = then is None or then.lines != seen.lines
    if then is None or then.what != seen.what or (moved and any(one.line >= now.file.body_line for one in here)):
        return None
    count("documents_checked")
    found = _found("one", only(handbook, document, now), on_rule)
    if found is None or not _as_before(document, path, found, findings, of_one):
        return None
    rest = (one for one in findings if one.path != path or one.rule not in of_one)
    return [*rest, *(one for one in found if one.path == path)]


def _is_new(handbook: Handbook, document: Document, version: Version) -> bool:
    return version is document.history.working or version.order == handbook.proposed_order


def _at(handbook: Handbook, path: str) -> Document | None:
    """The document whose text a file is, and that nothing else is."""
    key = handbook.tree.alone_at(path)
    return handbook.documents[key] if key is not None else None


def _then(handbook: Handbook, document: Document, before: Before, path: str) -> Shared | None:
    history, order = document.history, handbook.proposed_order
    landed = [version for version in history.versions if version.order != order]
    if landed and not history.absent and (landed[-1].path, landed[-1].blob) == (path, before.files[path]):
        return shared(document, landed[-1], new=False)
    return before.shared.get(path)


def _found(sees: Sees, handbook: Handbook, on_rule: Callable[[Rule], None]) -> list[Finding] | None:
    """What rules that see so much find; None where one of them looks elsewhere."""
    try:
        return found_by((rule for rule in rules() if rule.sees == sees), handbook, on_rule)
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
