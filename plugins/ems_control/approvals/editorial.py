"""Whether a revision is editorial by its form: only its row, its number, `effective` and its body changed."""

from __future__ import annotations

from typing import Any

from ems_control.documents.history import Version
from ems_control.ground.formats.digest import sealed_metadata
from ems_control.ground.organisation.reading import Reading


def is_editorial(before: Version, after: Version) -> bool:
    """Whether the new row says `class: editorial` and nothing but it, `revision`, `effective` and the body changed.

    Which words changed is for the gate to warn about (specification, Approved): word lists change, evidence must not.
    """
    new, old = (sealed_metadata(version.file.tree or {}, version.reading.fields) for version in (after, before))
    names = after.reading
    rows, earlier = new.pop(names.field("revisions"), None), old.pop(names.field("revisions"), None)
    for key in ("revision", "effective"):
        new.pop(names.field(key), None)
        old.pop(names.field(key), None)
    shown = [[(a.name, a.blob) for a in version.attachments] for version in (before, after)]
    if new != old or shown[0] != shown[1] or not isinstance(rows, list) or not isinstance(earlier, list):
        return False
    return rows[1:] == earlier and _says_editorial(rows[0] if rows else None, names)


def _says_editorial(row: Any, names: Reading) -> bool:
    key = names.field("revisions.class").removeprefix("revisions.")
    return isinstance(row, dict) and row.get(key) == "editorial"
