"""Family 5: a text that sends its readers to an older revision of another document."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from ems_control.documents.history import Version
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.links import resolve
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.finding_places import at_line, current

_PAGE = re.compile(r"(?:^|/)d/(?P<id>[A-Za-z0-9.-]{1,60})/r(?P<number>[1-9]\d{0,5})(?:/|\.html|$)")
_WORDS = re.compile(r"\[([^\[\]\n]{1,200})\]\(([^()\s]{1,300})")
_NUMBER = re.compile(r"\b(?:revision|revisie|rev\.?)[ \u00a0]?(?P<number>[1-9]\d{0,5})\b", re.IGNORECASE)


@rule("EMS520", "link-to-older-revision", "warning", needs_history=True, sees="shared")
def link_to_older_revision(handbook: Handbook) -> Iterator[Found]:
    """A link leads to an older revision of a form or another document, or says that it does.

    Checks: No link leads to the page of an earlier revision (`/d/EMS-FRM-001/r1/`), and no link to a document names a
        revision older than its newest approved one: who follows it fills in the old form.
    Basis: Custom, not required since ISO 14001:2015: that obsolete texts are kept out of use was asked by ISO
        14001:2004, 4.4.5; the editions since name control of changes (7.5.3), not obsolete texts.
    Bad:
        docs/forms/EMS-FRM-001.md
          type: form
        commit
        docs/forms/EMS-FRM-001.md
          revision: 2
          approved_on: 2026-01-06
          revisions:
            - {revision: 2, date: 2026-01-06, author: a.author, class: substantive, change: A column for the time.}
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
        docs/procedures/EMS-PRO-002.md
          > ## Drains {#drains}
          >
          > Write it into [the drain log, revision 1](../forms/EMS-FRM-001.md).
        commit
    Good:
        docs/forms/EMS-FRM-001.md
          type: form
        commit
        docs/forms/EMS-FRM-001.md
          revision: 2
          approved_on: 2026-01-06
          revisions:
            - {revision: 2, date: 2026-01-06, author: a.author, class: substantive, change: A column for the time.}
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
        docs/procedures/EMS-PRO-002.md
          > ## Drains {#drains}
          >
          > Write it into [the drain log](../forms/EMS-FRM-001.md).
        commit
    Fix: Link to the document itself, without a revision: readers then get the one in force.
    """
    for document, version in current(handbook):
        for line, other, number in _named(handbook, version):
            newest = other.newest_approval
            if other is not document and newest and number < newest.revision:
                message = f"this link is to revision {number} of {other.id}; its newest is {newest.revision}"
                yield at_line(document, version, line, message, "Link to the document, without a revision.")


def _named(handbook: Handbook, version: Version) -> Iterator[tuple[int, Document, int]]:
    """Line, document and revision of every link that says one, by its target or its words."""
    for link in version.file.links:
        match = _PAGE.search(posixpath.normpath(link.target.partition("#")[0]))
        other = handbook.get(match["id"]) if match else None
        if match and other:
            yield link.line, other, int(match["number"])
    for line, text in enumerate(version.file.body.split("\n"), version.file.body_line):
        for words, target in _WORDS.findall(text):
            number = _NUMBER.search(words)
            found = resolve(handbook, version, target) if number else None
            if number and found and found.document:
                yield line, found.document, int(number["number"])
