"""What changed between two revisions, as a page tells it: which changes, in which order, in which words."""

from __future__ import annotations

from typing import Any

from ems_control.documents.revision_changes import RevisionChange
from ems_control.exports.words import Words

Facts = dict[str, Any]

LONGEST_SIDE = 400
"""Letters of one side of a change that the table shows; the rest stands in the redline below."""

TOLD_FIRST = ("limit", "duty", "telephone", "role", "number", "date", "table", "metadata")
"""Kinds of change that have a row of their own, in their order."""
TOLD_BESIDE = ("order", "text", "picture", "attachment")
"""Kinds of change that are told below the table: which words they are stands in the redline."""


def of_course(change: RevisionChange) -> bool:
    """Whether a change is one that every revision brings: its number, and the rows of its history."""
    return change.kind == "metadata" and change.where.partition(",")[0] in ("revision", "revisions")


def shown_change(change: RevisionChange, words: Words) -> Facts:
    """A change in words; a side that is not there is said to have been added or dropped."""
    place = words.days_in(change.where) or words("change.text")
    old, new = (words.days_in(_short(side)) for side in (change.was, change.now))
    dropped = words("dropped") if change.now is None else ""
    return {
        "kind": words(f"change.{change.kind}"),
        "label": place,
        "old": old,
        "new": new,
        "dropped": dropped,
    }


def _short(text: str | None) -> str:
    flat = " ".join((text or "").split())
    return flat if len(flat) <= LONGEST_SIDE else flat[: LONGEST_SIDE - 1] + "…"
