"""Whether a revision is editorial by its form: only its row, its number and its body changed.

Which words changed is for the gate to warn about (specification, Approved): word lists change, evidence must not.
"""

from __future__ import annotations

from typing import Any

from ems_control.documents.history import Version
from ems_control.ground.formats.digest import sealed_metadata


def is_editorial(before: Version, after: Version) -> bool:
    """Whether the new row says `class: editorial` and nothing but it, `revision` and the body changed."""
    return says_editorial(after) and not beyond_editorial(before, after)


def says_editorial(version: Version) -> bool:
    """Whether the row of a text, its first, says `class: editorial`."""
    if "editorial" not in version.file.text:
        return False  # without reading its front matter
    names = version.reading
    rows = version.file.tree.get(names.field("revisions")) if version.file.tree is not None else None
    row = rows[0] if isinstance(rows, list) and rows else None
    key = names.field("revisions.class").removeprefix("revisions.")
    return isinstance(row, dict) and row.get(key) == "editorial"


def rows_of(version: Version) -> list[object]:
    """The rows of the history under our names of their keys: a policy that renames them changes no row."""
    names = version.reading
    rows = sealed_metadata(version.file.tree or {}, names.fields).get(names.field("revisions"))
    ours = {names.field(key).removeprefix("revisions."): key for key in names.fields if key.startswith("revisions.")}
    if not isinstance(rows, list):
        return []
    return [
        {ours.get(key, f"revisions.{key}"): value for key, value in row.items()} if isinstance(row, dict) else row
        for row in rows
    ]


def beyond_editorial(before: Version, after: Version) -> list[str]:
    """What changed that an editorial revision leaves as it is: keys of the front matter, older rows, attachments."""
    new, old = _sealed(after), _sealed(before)
    found = [key for key in dict.fromkeys((*old, *new)) if old.get(key) != new.get(key)]
    if not rows_of(after) or rows_of(after)[1:] != rows_of(before):
        found.append("older rows of revisions")
    shown = [{a.name: a.blob for a in version.attachments} for version in (before, after)]
    names = sorted(name for name in {*shown[0], *shown[1]} if shown[0].get(name) != shown[1].get(name))
    return found + names


def _sealed(version: Version) -> dict[str, Any]:
    """What the digest takes of the front matter under our names, but for number and rows, which always change."""
    names = version.reading
    ours = {name: key for key, name in names.fields.items()}
    tree = {ours.get(key, key): v for key, v in sealed_metadata(version.file.tree or {}, names.fields).items()}
    return {key: value for key, value in tree.items() if key not in ("revision", "revisions")}
