"""Family 5, what may not be in a text or beside it: anything that runs, loads, or looks like the site itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from html import unescape

from ems_control.documents.sealed import expand
from ems_control.ground.markdown.active import Active, active_content, why_active
from ems_control.ground.markdown.plain_words import without_words
from ems_control.ground.text import is_markdown
from ems_control.handbook.handbook import Handbook, Job
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.references.textlinks import texts

_INSTEAD = "Write it in Markdown. What a site needs of scripts and styles lies under custom_dir of the theme."


def _looked_at(handbook: Handbook, body: str, controlled: bool) -> Job:
    return body, f"active {controlled}", partial(_active, handbook, body, controlled)


def _current(handbook: Handbook) -> Iterator[Job]:
    """What most documents will be asked for; which are withdrawn is not known before they are judged."""
    for document in handbook.documents.values():
        if document.current and document.current.file.tree is not None:
            yield _looked_at(handbook, expand(document.current), controlled=True)


@rule("EMS513", "active-content", "error", fixed=True, ahead=_current, sees="one")
def active_content_in_text(handbook: Handbook) -> Iterator[Found]:
    """A text holds HTML that could run, load something, or make the page look like another.

    Checks: Of raw HTML and of attribute lists `{ … }` only what a text needs is allowed: headings, lists, tables with
        spans, links, pictures, `details`, `figure`, `sup`, `sub`, `kbd`, `br`, `abbr`; ids and classes that do not
        begin with `ems-` or `md-`, and that hide nothing in the theme; `lang`, `dir`, `colspan`, `rowspan`, `align`.
        Links lead to http(s), mailto, tel or to the handbook. An uncontrolled page has no paragraph that begins with a
        sign of state. It is the page as rendered that is looked at, of documents and of uncontrolled pages alike; a
        text of which no page can be made, because it is nested too deep or full of open brackets, is refused.
    Basis: Our own rule. A script on one page can change what every other page says.
    Bad:
        docs/procedures/EMS-PRO-002.md
          status: draft
          approved_by:
          approved_on:
          clauses:
          > Close V-3. <span onclick="x()">More</span>
    Good:
        docs/procedures/EMS-PRO-002.md
          status: draft
          approved_by:
          approved_on:
          clauses:
          > Press <kbd>F1</kbd>: H<sub>2</sub>O.
          >
          > <details><summary>More</summary>Close V-3.</details>
    Fix: Write it in Markdown. What a site needs of scripts and styles lies under custom_dir of the theme, which has
        owners.
    """
    for text in texts(handbook):
        file = text.version.file
        body = expand(text.version)
        controlled = text.document is not None
        for active in handbook.made_of(*_looked_at(handbook, body, controlled)):
            place = file.body.lower().find(active.sign.lower())
            line = file.body_line + (file.body.count("\n", 0, place) if place >= 0 else 0)
            fix = _INSTEAD if active.sign else "Nest less, close every bracket, and put empty lines between paragraphs."
            yield text.found(line, f"{active.what} is not allowed in a text", fix)


def _active(handbook: Handbook, body: str, controlled: bool) -> Iterable[Active]:
    looked_at = without_words(body) if handbook.extensions.leave_words else body
    configs = handbook.extensions.configs
    given = (configs.get("toc", {}).get("permalink"), configs.get("footnotes", {}).get("BACKLINK_TEXT"))
    signs = frozenset(unescape(sign).strip() for sign in given if isinstance(sign, str))
    return active_content(handbook.rendered(looked_at), controlled, signs)


@rule("EMS514", "active-file", "error", fixed=True, sees="shared")
def active_file(handbook: Handbook) -> Iterator[Found]:
    """A file under docs/ is a page, a script or a style of its own, or a drawing that runs or loads something.

    Checks: No file under docs/ ends in .html, .htm, .xhtml, .js, .mjs, .css or another ending of pages, none is a page
        under another name (XML with HTML or a style sheet in it), and drawings (SVG) hold shapes and words only: no
        scripts, no links, nothing that they load.
    Basis: Our own rule. Such a file would be part of the site without anybody's approval.
    Bad:
        docs/procedures/EMS-PRO-009.html
          = Current, revision 9
    Good:
        docs/images/plan.svg
          = <svg xmlns="http://www.w3.org/2000/svg"><title>Yard</title><path d="M0 0h9"/></svg>
    Fix: Write a page in Markdown; put scripts and styles under custom_dir of the theme; export a drawing as plain SVG
        or PNG.
    """
    for path, blob in handbook.tree.files.items():
        if is_markdown(path):
            continue
        reason = why_active(path, partial(handbook.tree.store.read, blob))
        if reason and path.lower().endswith((".svg", ".svgz")):
            message = f"the drawing {_shown(path)} holds {reason}"
            yield Found(path, 0, 0, "", message, "Export it as plain SVG or PNG.")
        elif reason:
            yield Found(path, 0, 0, "", f"{_shown(path)} {reason}", _INSTEAD)


def _shown(path: str) -> str:
    return path.encode("utf-8", "replace").decode("utf-8")
