"""Tables and paragraphs as the HTML that a Markdown engine would make of them, for what stands on every page.

Words in cells went through `escape` or `html.escape` before; here nothing is escaped again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ems_control.ground.markdown.markup import filled


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table under its heads."""
    body = "\n".join(_row("td", row) for row in rows or [[""] * len(columns)])
    return f"<table>\n<thead>\n{_row('th', columns)}\n</thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def filled_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table without the columns in which no row says anything; the first stays."""
    return table(*filled(columns, rows))


def _row(tag: str, cells: Iterable[str]) -> str:
    return "\n".join(["<tr>", *(f"<{tag}>{cell.strip()}</{tag}>" for cell in cells), "</tr>"])


def paragraph(words: str) -> str:
    """A paragraph."""
    return f"<p>{words}</p>"
