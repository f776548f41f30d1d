"""What a revision changes, as `ems diff` prints it and as `ems approve` shows it before anybody signs."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

import click

from ems_control.cli.telling import own_word, spoken
from ems_control.documents.history import Version
from ems_control.documents.revision_changes import RevisionChange
from ems_control.ground.text import log_safe, one_line

NOTHING = "–"


def marked_lines(before: Version, after: Version) -> list[tuple[str, str]]:
    """Marked lines of the title and body, unchanged stretches cut to three lines around a change."""
    old, new = ([f"# {v.metadata.title}", *v.file.body.rstrip("\n").split("\n")] for v in (before, after))
    marked = []
    for line in list(difflib.unified_diff(old, new, n=3, lineterm=""))[2:]:
        marked.append(("…", "") if line.startswith("@@") else (line[:1] or " ", line[1:]))
    return marked


def told(changes: Sequence[RevisionChange]) -> Iterator[str]:
    """A line for each thing that changed: kind, place, old → new."""
    for change in changes:
        place = f"{spoken(change.where)}: " if change.where else ""
        was, now = (NOTHING if one is None else one_line(one) for one in (change.was, change.now))
        yield log_safe(one_line(f"{own_word(change.kind):<10} {place}{was} → {now}"))


def shown_lines(lines: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Marked lines in colour."""
    for mark, text in lines:
        colour = {"-": "red", "+": "green"}.get(mark)
        yield click.style(log_safe(f"{mark} {one_line(text)}".rstrip()), fg=colour)
