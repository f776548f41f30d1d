"""Family 1, continued: whether the page shows what an approver reads at the forge."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from ems_control.ground.markdown.extensions import Extensions
from ems_control.ground.markdown.mkdocs_yml import CONFIG_FILE
from ems_control.ground.markdown.outline import prose
from ems_control.handbook.handbook import Handbook, Job
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.metadata.values import living

if TYPE_CHECKING:
    from ems_control.ground.markdown.structure import Difference, Part

_STEP = re.compile(r"(?P<indent> *)(?P<mark>[-*+]|(?P<number>\d+)[.)])(?P<rest> .*)?$")
_SPANS = re.compile(r"\b(?:colspan|rowspan)\s*=", re.IGNORECASE)
_COUNTED = re.compile(r"\b(?:value|start)\s*=|<ol\b[^>]*\breversed\b", re.IGNORECASE)
_UNKNOWN_HERE = (
    (re.compile(r"^\s*[-*+] \[[ xX]\] "), "pymdownx.tasklist", "a check box", ("[ ]", "[x]", "[X]")),
    (re.compile(r"(?<!~)(?P<shown>~~(?!~)\S[^~]*~~)"), "pymdownx.tilde", "words crossed out", ("~~",)),
    (re.compile(r"(?P<shown>\$\$)"), "pymdownx.arithmatex", "a formula", ("$$",)),
    (re.compile(r"^\s*===[!+]? +[\"']"), "pymdownx.tabbed", "a tab", ("===",)),
    (re.compile(r"^\s*\?\?\?\+? +[\w\"']"), "pymdownx.details", "a block to fold out", ("???",)),
)
"""What is published as it is written where an extension is missing: its pattern, the extension, what it is meant as,
and signs of which one is there."""


def _compared(handbook: Handbook, body: str) -> Job:
    from ems_control.ground.markdown.structure import differences  # the parser is loaded where texts are compared

    return body, "differences", partial(differences, body, handbook.rendered, handbook.extensions.leave_words)


@rule(
    "EMS119",
    "reads-otherwise-at-the-forge",
    "error",
    ahead=lambda handbook: (_compared(handbook, page.file.body) for page, _ in living(handbook)),
    sees="one",
)
def reads_otherwise(handbook: Handbook) -> Iterator[Found]:
    """A list, a table, a heading or a link is another one on the page than at the forge, where the text is approved.

    Checks: Headings, steps with their number and depth, rows with their cells, and links are the same on the page as
        for a CommonMark reader, such as the forge at which a pull request is read. They differ where steps are nested
        by fewer than four columns, numbered with a bracket, or stand right under a line of text without an empty line
        between, and where a link has a blank in its address.
    Basis: Our own rule: an approved limit or step that reads differently on the page was not approved.
    Bad:
        docs/procedures/EMS-PRO-001.md
          > ## Drains {#drains}
          >
          > The yard lead must:
          > - close V-3
          > - call the gatehouse
    Good:
        docs/procedures/EMS-PRO-001.md
          > ## Drains {#drains}
          >
          > The yard lead must:
          >
          > - close V-3
          > - call the gatehouse
    Fix: Put an empty line before a list or a table, nest steps by four columns, and number them 1. 2. 3.
    """
    for page, _ in living(handbook):
        lines = page.file.body.split("\n")
        for difference in handbook.made_of(*_compared(handbook, page.file.body)):
            message, fix = _repair(lines, difference)
            yield Found(page.path, page.file.body_line + difference.line - 1, 1, page.document, message, fix)


def _repair(lines: list[str], found: Difference) -> tuple[str, str]:
    """What is read otherwise, and the lines to write instead."""
    line = lines[found.line - 1] if found.line <= len(lines) else ""
    if found.forge and found.forge.kind in ("words", "note"):
        return _repair_of_words(found.forge)
    message = f"who approves sees {_words(found.forge)} here, who reads the page {_words(found.page)}"
    if found.forge and found.forge.kind == "row" and _SPANS.search(_block(lines, found.line)):
        return message, "Write the table without colspan and rowspan: they push the cells behind them aside."
    if number := _other_cell(found):
        message = f"who approves sees other words in cell {number} of this row than who reads the page"
        return message, "Write in it words that both show as they are written, or a picture with its words."
    if _counts_otherwise(found) and _COUNTED.search(_block(lines, found.line)):
        return message, "Number the step where it stands, without value."
    if "picture" in [part.kind for part in (found.forge, found.page) if part]:
        return message, "Write a picture as ![words](file), its file named once and without blanks."
    if "link" in [part.kind for part in (found.forge, found.page) if part]:
        return message, "Write a link as [words](address), without blanks; an address that has some as <address>."
    step = _STEP.match(line)
    if found.forge and step and step["number"] and line[step.end("number")] == ")":
        return message, f'Number steps with a point: "{step["indent"]}{step["number"]}.{step["rest"] or ""}".'
    above = lines[found.line - 2].strip() if found.line > 1 else ""
    columns = 4 * (found.forge.depth - 1) if found.forge else 0
    if columns and step and len(step["indent"]) < columns:
        return message, f'Nest by four columns a level: "{" " * columns}{line.strip()}".'
    if found.forge and found.forge.kind in ("item", "row") and above and not _STEP.match(above):
        return message, f'Put an empty line between "{above}" and "{line.strip()}".'
    return message, "Nest by four columns a level, and keep an empty line before and after lists and tables."


def _repair_of_words(part: Part) -> tuple[str, str]:
    """The same of words that no page shows, or not as they stand."""
    if part.kind == "words":
        message = f'who approves sees "{part.mark[:80]}" here, who reads the page nothing'
        return message, "It reads as the target of a link: begin it with other words, or put an empty line before it."
    message = f"the note {part.mark} has two texts: who approves sees the first, who reads the page the last"
    return message, "Give each note a name of its own."


def _other_cell(found: Difference) -> int:
    """Of two rows with as many cells, the number of the first that differs; 0 where these are none."""
    forge, page = found.forge, found.page
    if forge is None or page is None or not forge.kind == page.kind == "row" or len(forge.words) != len(page.words):
        return 0
    pairs = enumerate(zip(forge.words, page.words, strict=True), 1)
    return next((number for number, (ours, theirs) in pairs if ours != theirs), 0)


def _counts_otherwise(found: Difference) -> bool:
    """Whether a step stands as deep on the page, with another number."""
    forge, page = found.forge, found.page
    if forge is None or page is None:
        return False
    return forge.kind == page.kind == "item" and forge.depth == page.depth


def _block(lines: list[str], number: int) -> str:
    """The lines around one, from 1, up to the next empty ones."""
    begin = end = number - 1
    while begin and lines[begin - 1].strip():
        begin -= 1
    while end < len(lines) and lines[end].strip():
        end += 1
    return "\n".join(lines[begin:end])


def _words(part: Part | None) -> str:
    if part is None:
        return "plain text"
    if part.kind == "item":
        return f"{'a point' if part.mark == '•' else 'step ' + part.mark} at depth {part.depth}"
    if part.kind == "link":
        return f'a link to "{part.mark[:80]}"'
    if part.kind == "picture":
        return f'the picture "{part.mark[:80]}"'
    return f"a row of {len(part.words)} cells" if part.kind == "row" else f"a heading of level {part.depth}"


@rule("EMS120", "syntax-unknown-here", "warning", sees="one")
def syntax_unknown_here(handbook: Handbook) -> Iterator[Found]:
    """Something is written in a way that the site does not know, so readers see the signs.

    Checks: Check boxes in lists, words crossed out, formulas, tabs, blocks to fold out and diagrams are used only where
        mkdocs.yml has the Markdown extension that makes them.
    Basis: Our own rule.
    Bad:
        docs/procedures/EMS-PRO-001.md
          > ## Drains {#drains}
          >
          > Close ~~V-3~~ V-4.
    Good:
        docs/procedures/EMS-PRO-001.md
          > ## Drains {#drains}
          >
          > Close V-4. About 5 ~ 6 turns.
    Fix: Add the extension to `markdown_extensions` of mkdocs.yml, or write it in words.
    """
    extensions = handbook.extensions
    unknown = [entry for entry in _UNKNOWN_HERE if entry[1] not in extensions]
    for page, _ in living(handbook):
        file, body = page.file, page.file.body
        meant = [entry[:3] for entry in unknown if any(sign in body for sign in entry[3])]
        for number, line in prose(body, file.body_line) if meant else ():
            for pattern, extension, what in meant:
                if match := pattern.search(line):
                    shown = match["shown"] if "shown" in pattern.groupindex else line.strip()
                    message = f'"{shown}" is meant as {what}, but readers see the signs as they are'
                    fix = f"Add {extension} to markdown_extensions of {CONFIG_FILE}, or write it in words."
                    yield Found(page.path, number, line.find(shown) + 1, page.document, message, fix)
        if "mermaid" in body:
            yield from _diagrams(extensions, page.path, page.document, body, file.body_line)


def _diagrams(extensions: Extensions, path: str, document: str, body: str, first: int) -> Iterator[Found]:
    fences = extensions.configs.get("pymdownx.superfences", {}).get("custom_fences")
    if isinstance(fences, list) and any(isinstance(f, dict) and f.get("name") == "mermaid" for f in fences):
        return
    for number, line in enumerate(body.split("\n"), first):
        if re.match(r"\s*(?:`{3,}|~{3,}) *\{?\.?mermaid\b", line):
            fix = f"Add it as a custom fence of pymdownx.superfences in {CONFIG_FILE}, or attach a picture."
            yield Found(path, number, 1, document, "this diagram is published as its source", fix)


@rule("EMS716", "extension-unknown", "warning", sees="shared")
def extension_unknown(handbook: Handbook) -> Iterator[Found]:
    """mkdocs.yml names a Markdown extension that is not known here, so texts are checked and kept without it.

    Checks: Every entry of `markdown_extensions` is one of Python-Markdown's own or of pymdownx, and names no function
        but theirs. Others are not loaded: they could run anything. Extensions that read files by themselves (snippets)
        are not among them, nor are pictures of `custom_icons`, because what they show cannot be sealed.
    Basis: Our own rule.
    Bad:
        mkdocs.yml
          = site_name: Works
          = markdown_extensions: [works_shortcuts]
    Good:
        mkdocs.yml
          = site_name: Works
          = markdown_extensions: [admonition, pymdownx.details]
    Fix: Leave it out, or accept that earlier revisions, redlines and the check show its texts without it.
    """
    for name, line in handbook.extensions.left_out.items():
        message = (
            f"the Markdown extension {name} is not known here: texts are checked and earlier ones shown without it"
        )
        yield Found(handbook.repository.prefix + CONFIG_FILE, line, 1, "", message, "Leave it out, or use a known one.")
