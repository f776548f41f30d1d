"""Family 5: references between documents. What a text shows is in embedded.py, ids of others in translations.py."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Literal

from ems_control.approvals.lifecycle import State
from ems_control.ground.markdown.outline import Link
from ems_control.ground.text import is_markdown
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.links import Target, anchors_of, written_link
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.references.textlinks import LinkingText, is_page, targets, texts


@rule("EMS502", "link-broken", "error", sees="shared")
def link_broken(handbook: Handbook) -> Iterator[Found]:
    """A link leads to a page that is not there.

    Checks: Every link to a page in the text of a document, or of a page that is not controlled, leads to a Markdown
        file under docs/, to a document that stood at that path when the text was approved (wherever it is now), or to
        a generated page.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.3 (available where and when needed); EMAS A.7.5.3.
    Bad:
        docs/procedures/EMS-PRO-002.md
          status: draft
          approved_by:
          approved_on:
          clauses:
          > See [yard drains](EMS-PRO-010.md).
    Good:
        docs/procedures/EMS-PRO-002.md
          status: draft
          approved_by:
          approved_on:
          clauses:
          > See [yard drains](EMS-PRO-001.md) and the [list of documents](../documents/index.md).
    Fix: Write the path of the file, seen from the folder of this document, as the message proposes; or take the link
        out. Link to the .md file, never to the address of the built page.
    """
    by_name = _by_name(handbook)
    for text in texts(handbook):
        for link, target in targets(handbook, text):
            if is_page(target.path) and target.path != text.stood.path and not target.exists:
                message, fix = _dead(handbook, text, link, target, by_name)
                yield text.found(link.line, message, fix)


def _by_name(handbook: Handbook) -> dict[str, list[str]]:
    """The pages under docs/ by their file names in small letters, without suffix."""
    found: dict[str, list[str]] = {}
    for path in filter(is_markdown, handbook.tree.files):
        found.setdefault(posixpath.splitext(posixpath.basename(path))[0].casefold(), []).append(path)
    return found


def _dead(
    handbook: Handbook, text: LinkingText, link: Link, target: Target, by_name: dict[str, list[str]]
) -> tuple[str, str]:
    """What is wrong with a broken link, and what to write instead."""
    moved = handbook.once_at(target.path)
    name = posixpath.splitext(posixpath.basename(target.path.rstrip("/")))[0].casefold()
    likely = [moved.current.path] if moved and moved.current else by_name.get(name, [])
    anchor = f"#{target.anchor}" if target.anchor else ""
    fix = "Correct the path, or take the link out."
    if len(likely) == 1 and likely[0] != text.version.path:
        fix = f"Write {written_link(likely[0], text.version.path)}{anchor}."
    if target.path.startswith("/"):
        return f'the link to "{link.target}" starts with "/" and so leaves the handbook', fix
    if target.path != handbook.docs and not target.path.startswith(handbook.docs + "/"):
        return f'the link to "{link.target}" leads out of {handbook.docs}/, which readers do not have', fix
    return f'the link to "{link.target}" leads to no page', fix


Finding = Literal["there", "later", "missing"]


def _anchor(text: LinkingText, target: Target, handbook: Handbook) -> Finding:
    """Whether the heading that a link names is there for readers, will be, or is missing."""
    if not target.anchor:
        return "there"
    if target.path == text.stood.path or (target.document and target.document is text.document):
        return "there" if target.anchor in anchors_of(text.version) else "missing"
    document = target.document
    if document is None:
        known = target.blob is None or not is_markdown(target.path)
        return (
            "there" if known or target.anchor in handbook.tree.store.document(target.blob or "").anchors else "missing"
        )
    if document.state is State.WITHDRAWN or (document.current is None and not document.in_force):
        return "there"
    in_force = document.in_force.version if document.in_force else None
    if in_force and target.anchor in anchors_of(in_force):
        return "there"
    later = [document.current, document.upcoming.version if document.upcoming else None]
    if any(version and target.anchor in anchors_of(version) for version in later):
        return "later" if in_force else "there"
    return "missing"


@rule("EMS503", "anchor-broken", "error", sees="shared")
def anchor_broken(handbook: Handbook) -> Iterator[Found]:
    """A link leads to a heading that the page does not have.

    Checks: The part of a link behind `#` is the name of a heading (or another named place) of the page it leads to:
        of its text in force, or of its newest text where nothing is in force. Links within a page too.
    Basis: Our own rule.
    Bad:
        docs/procedures/EMS-PRO-002.md
          status: draft
          approved_by:
          approved_on:
          clauses:
          > Close the valve first: [yard drains](EMS-PRO-001.md#valve).
    Good:
        docs/procedures/EMS-PRO-002.md
          status: draft
          approved_by:
          approved_on:
          clauses:
          > Close the valve first: [yard drains](EMS-PRO-001.md#drains).
    Fix: Write the name of a heading of that page, in small letters with hyphens for spaces. Giving the heading a name
        of its own, `## Yard drains {#drains}`, keeps links alive when its words change.
    """
    for text in texts(handbook):
        for link, target in targets(handbook, text):
            if target.anchor and _anchor(text, target, handbook) == "missing":
                page = target.document.id if target.document else handbook.under_docs(target.path)
                where = "this page" if target.path == text.stood.path else page
                message = f'the link to "{link.target}" names a heading that {where} does not have'
                yield text.found(link.line, message, f"Write {_known(handbook, text, target)}")


def _known(handbook: Handbook, text: LinkingText, target: Target) -> str:
    """The headings that could have been meant."""
    file = text.version.file
    if target.path != text.stood.path:
        file = target.document.shown.file if target.document else handbook.tree.store.document(target.blob or "")
    names = [heading.anchor for heading in file.headings]
    shown = ", ".join(f"#{name}" for name in names[:8]) + ", …" * (len(names) > 8)
    return f"one of {shown}." if names else "the link without #: that page has no headings."


@rule("EMS505", "link-to-unpublished", "error", needs_history=True, sees="shared")
def link_to_unpublished(handbook: Handbook) -> Iterator[Found]:
    """A text for use links to a document of which nothing is in force.

    Checks: A text that is in force, or approved for a later day, links to no draft and to nothing that awaits
        approval; a text that is submitted links to no draft. Two documents submitted together may link to each other.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.3 (available where and when needed); EMAS A.7.5.3.
    Bad:
        docs/procedures/EMS-PRO-002.md
          clauses:
          > See [yard drains](EMS-PRO-003.md).
        docs/procedures/EMS-PRO-003.md
          status: draft
          approved_by:
          approved_on:
        commit
    Good:
        docs/procedures/EMS-PRO-002.md
          clauses:
          > See [yard drains](EMS-PRO-003.md).
        docs/procedures/EMS-PRO-003.md
        commit
    Fix: Have the other document approved first, or together with this one; or take the link out.
    """
    for text in texts(handbook):
        submitted = text.version.metadata.status == "submitted"
        for link, target in targets(handbook, text) if text.document and submitted else ():
            document = target.document
            if document is None or document is text.document or document.current is None:
                continue
            if document.state is State.DRAFT or (document.state is State.AWAITING and text.approved):
                message = f"{document.id} is linked, but nothing of it is in force: it is {_said(document)}"
                yield text.found(link.line, message, f"Have {document.id} approved first, or take the link out.")


def _said(document: Document) -> str:
    return "a draft" if document.state is State.DRAFT else "awaiting approval"


@rule("EMS506", "link-to-withdrawn", "error", needs_history=True, sees="shared")
def link_to_withdrawn(handbook: Handbook) -> Iterator[Found]:
    """A document links to one that is withdrawn.

    Checks: No text that is not withdrawn itself links to a document that was withdrawn, or whose last day has passed;
        only a document that replaces it (`supersedes`) may.
    Basis: Custom, not required since ISO 14001:2015: that obsolete texts are kept out of use was asked by ISO
        14001:2004, 4.4.5; the editions since name control of changes (7.5.3), not obsolete texts.
    Bad:
        docs/procedures/EMS-PRO-002.md
        commit
        docs/procedures/EMS-PRO-002.md
          status: withdrawn
        docs/procedures/EMS-PRO-003.md
          clauses:
          > See [yard drains](EMS-PRO-002.md).
        commit
    Good:
        docs/procedures/EMS-PRO-002.md
        commit
        docs/procedures/EMS-PRO-002.md
          status: withdrawn
        docs/procedures/EMS-PRO-003.md
          supersedes: [EMS-PRO-002]
          clauses:
          > This replaces [yard drains](EMS-PRO-002.md).
        commit
    Fix: Link to the document that replaces it, or take the link out, with the next revision of this document.
    """
    replaced: dict[str, list[str]] = {}
    for newer in handbook.ordered:
        for old in newer.shown.metadata.supersedes:
            replaced.setdefault(old.casefold(), []).append(newer.id)
    for text in texts(handbook):
        own = {old.casefold() for old in text.version.metadata.supersedes}
        for link, target in targets(handbook, text) if text.document else ():
            document = target.document
            if document is None or document.state is not State.WITHDRAWN or document.key in own:
                continue
            instead = " or ".join(replaced.get(document.key, []))
            fix = f"Link to {instead}, which replaces it" if instead else "Link to what applies instead"
            yield text.found(
                link.line, f"{document.id} is linked, but it is withdrawn", f"{fix}, or take the link out."
            )


@rule("EMS507", "link-only-in-future", "warning", needs_history=True, sees="shared")
def link_only_in_future(handbook: Handbook) -> Iterator[Found]:
    """A text in force links to a document or heading that exists only in a revision not yet in force.

    Checks: What a text in force links to is there for its readers today, and not only in a revision of another
        document that starts later or is still in work. The page says so beside the link; the site is built anyway.
    Basis: Our own rule.
    Bad:
        docs/procedures/EMS-PRO-002.md
          clauses:
          > See [yard drains](EMS-PRO-003.md).
        docs/procedures/EMS-PRO-003.md
          effective: 2026-06-01
        commit
    Good:
        docs/procedures/EMS-PRO-002.md
          effective: 2026-06-01
          clauses:
          > See [yard drains](EMS-PRO-003.md).
        docs/procedures/EMS-PRO-003.md
          effective: 2026-06-01
        commit
    Fix: Give both the same `effective` day, or wait with the link until the other revision is in force.
    """
    for document in handbook.listed:
        approval = document.in_force
        version = document.current
        if approval is None or version is None:
            continue
        text = LinkingText(document, approval.version, approval.version)
        for link, target in targets(handbook, text):
            other = target.document
            if other is None or other is document:
                continue
            upcoming, in_force = other.upcoming, other.in_force
            whole = upcoming is not None and in_force is None and other.state is not State.WITHDRAWN
            if whole or _anchor(text, target, handbook) == "later":
                start = f"from {upcoming.first_day} on" if upcoming else "when its next revision is in force"
                message = f'what "{link.target}" leads to is there only {start}'
                line = next((known.line for known in version.file.links if known.target == link.target), 0)
                fix = "Nothing to do if that day is right; else let both start on the same day."
                yield Found(version.path, line, 1, document.id, message, fix)
