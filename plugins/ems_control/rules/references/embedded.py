"""Family 5, what a text shows besides its words: pictures, tables, included files, raw HTML."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from ems_control.ground.formats.digest import include_path
from ems_control.ground.markdown.included import left_open
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.links import is_local, is_remote, resolve, written_link
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.finding_places import shown_parts
from ems_control.rules.references.textlinks import includes, is_page, lines, pieces, targets, texts
from ems_control.rules.repository.docs_files import plain_name

_INCLUDE = re.compile(r"[ \t]*-+8<-+.*")
_FOLLOWED = {"a", "area", "form"}
"""Elements whose addresses are followed by a reader's click, not loaded with the page."""


@rule("EMS504", "attachment-missing", "error", sees="shared")
def attachment_missing(handbook: Handbook) -> Iterator[Found]:
    """A text shows or links to a file that is not there.

    Checks: Every picture, table and other file that a text links to, and every file that it includes, lies under docs/
        at that path. Capitals and small letters count.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.3 (available where and when needed); EMAS A.7.5.3.
    Bad:
        docs/procedures/EMS-PRO-002.md
          status: draft
          approved_by:
          approved_on:
          clauses:
          > [Valves](valves.csv){ .table }
    Good:
        docs/procedures/EMS-PRO-002.md
          status: draft
          approved_by:
          approved_on:
          clauses:
          > [Valves](valves.csv){ .table }
        docs/procedures/valves.csv
          = id,place
          = V-3,yard
    Fix: Add the file, or correct its path: a link is seen from the folder of the document, an include from docs/.
    """
    there = {plain_name(path) for path in handbook.tree.files}
    names: dict[str, list[str]] = {}
    for path in there:
        names.setdefault(posixpath.basename(path).casefold(), []).append(path)
    for text in texts(handbook):
        shown = []
        for link, target in targets(handbook, text):
            here = resolve(handbook, text.version, link.target)  # moved with its pictures, it has them where it is now
            path = here.path if here and here.path in there else target.path
            if not is_page(path):
                shown.append((link.line, path, link.target))
        shown += [(line, path, path.removeprefix(handbook.docs + "/")) for line, path in includes(handbook, text)]
        for line, path, written in shown:
            if path in there:
                continue
            likely = names.get(posixpath.basename(path).casefold(), [])
            fix = "Add the file, or correct the path."
            if len(likely) == 1:
                fix = f"Did you mean {written_link(likely[0], text.version.path)}?"
            yield text.found(line, f'the file "{written}" is not there', fix)


@rule("EMS508", "raw-html-local", "error", fixed=True, sees="one")
def raw_html_local(handbook: Handbook) -> Iterator[Found]:
    """Raw HTML refers to a file of the handbook.

    Checks: No `src`, `href` or the like in raw HTML, or in an attribute list `{ … }`, names a file or page of the
        handbook: what builds the site does not follow it, so it would lead nowhere. A place on the same page
        (`href="#drains"`) is fine.
    Basis: Our own rule.
    Bad:
        docs/procedures/EMS-PRO-002.md
          status: draft
          approved_by:
          approved_on:
          clauses:
          > <img src="plan.png" alt="Plan of the yard">
        docs/procedures/plan.png
          = picture
    Good:
        docs/procedures/EMS-PRO-002.md
          status: draft
          approved_by:
          approved_on:
          clauses:
          > ![Plan of the yard](plan.png){ width=300 }
        docs/procedures/plan.png
          = picture
    Fix: Write it in Markdown: `![What it shows](plan.png)` for a picture, `[words](page.md)` for a link.
    """
    for piece in pieces(handbook):
        for link in piece.links:
            target = link.target.strip()
            if link.kind == "html" and target and not target.startswith("#") and is_local(target):
                fix = "Write it in Markdown: ![What it shows](plan.png) or [words](page.md)."
                yield piece.found(link.line, f'raw HTML refers to "{target}" and would lead nowhere', fix)


@rule("EMS509", "remote-content", "error", fixed=True, sees="one")
def remote_content(handbook: Handbook) -> Iterator[Found]:
    """A page loads something from another computer.

    Checks: No picture, script, style sheet, frame or other content of a text comes from an address on the network, in
        Markdown or in raw HTML: it can change or vanish without a revision. A link that a reader follows is fine.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.3 (loss of integrity); EMAS A.7.5.3.
    Bad:
        docs/procedures/EMS-PRO-002.md
          status: draft
          approved_by:
          approved_on:
          clauses:
          > ![Plan of the yard](https://example.org/plan.png)
    Good:
        docs/procedures/EMS-PRO-002.md
          status: draft
          approved_by:
          approved_on:
          clauses:
          > The [water authority](https://example.org/) publishes the limits.
    Fix: Save the file beside the document and show that one: `![What it shows](plan.png)`.
    """
    for piece in pieces(handbook):
        for link in piece.links:
            loaded = link.kind == "image" or (link.kind == "html" and link.element not in _FOLLOWED)
            if loaded and is_remote(link.target):
                fix = "Save the file beside the document and show that one, or write a link that readers can follow."
                yield piece.found(link.line, f'"{link.target}" would be loaded from another computer', fix)


@rule("EMS510", "include-in-other-form", "error", fixed=True, sees="one")
def include_in_other_form(handbook: Handbook) -> Iterator[Found]:
    """A file is included in a form that is not shown.

    Checks: A line that includes a file is exactly `--8<-- "path"`, with nothing before it. Lines in code blocks are
        left alone. An included text closes the comments, the code and the HTML that it opens.
    Basis: Our own rule.
    Bad:
        docs/procedures/EMS-PRO-002.md
          status: draft
          approved_by:
          approved_on:
          clauses:
          > -8<- "shared/alarm.txt"
        docs/shared/alarm.txt
          = Call 4444.
    Good:
        docs/procedures/EMS-PRO-002.md
          status: draft
          approved_by:
          approved_on:
          clauses:
          > --8<-- "shared/alarm.txt"
        docs/shared/alarm.txt
          = Call 4444.
    Fix: Write `--8<-- "path"` on a line of its own, with the path seen from docs/. One file, the whole of it: blocks,
        sections and line numbers cannot be included.
    """
    for piece in pieces(handbook):
        for line, words in lines(piece.body, piece.first_line):
            if _INCLUDE.fullmatch(words) and include_path(words) is None:
                message = f'"{words.strip()}" includes nothing'
                yield piece.found(line, message, 'Write --8<-- "path" alone on the line, from its very start.')
    for part in shown_parts(handbook):
        if not part.is_table and (sign := left_open(part.text, handbook.rendered)):
            message = f'this included text hides or changes what stands below it, because "{sign}" is missing'
            yield Found(part.path, 0, 0, part.document.id, message, "Close in it what it opens.")
