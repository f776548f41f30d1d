"""Text on its way into Markdown: nothing of it may become markup, HTML, a link or a table cell border."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

_SPECIAL = re.compile(
    r"[\\`*_{}\[\]<>#|&\x00-\x1f\x7f]"  # always: emphasis, code, links, HTML, entities, table borders, templates
    r"|[~^=+$]{2,}|\$|://|:(?=\w+:)"  # markup of common extensions, bare addresses, emoji names
    r"|^[-+:!.]|^\d+[.)](?=\s|$)|--|\.\.\."  # at the start: lists, definitions, admonitions; typographic dashes, dots
)


def escape(text: object) -> str:
    """Any text as Markdown that shows exactly these characters, on one line, also in a table cell.

    Special characters become numeric entities, which Markdown and HTML leave alone in every engine.
    """
    flat = " ".join(str(text).split())
    return _SPECIAL.sub(lambda match: "".join(f"&#{ord(char)};" for char in match[0]), flat)


def link(text: object, target: str) -> str:
    """A Markdown link with escaped text to a target that we made ourselves."""
    return f"[{escape(text)}]({target})"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], right: Collection[int] = ()) -> str:
    """A Markdown table; cells are Markdown already (`escape` and `link` make them), columns `right` hold figures."""
    under = "".join(" ---: |" if at in right else " --- |" for at in range(len(columns)))
    lines = ["| " + " | ".join(columns) + " |", f"|{under}"]
    lines += ["| " + " | ".join(cell or " " for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def filled_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table without the columns in which no row says anything; the first stays."""
    return table(*filled(columns, rows))


def filled(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    """The heads and rows of a table without the columns in which no row says anything; the first stays."""
    kept = [at for at in range(len(columns)) if at == 0 or any(row[at].strip() for row in rows)]
    return [columns[at] for at in kept], [[row[at] for at in kept] for row in rows]
