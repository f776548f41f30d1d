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
    return version.file.says_editorial


def beyond_editorial(before: Version, after: Version) -> list[str]:
    """What changed that an editorial revision leaves as it is: keys of the front matter, older rows, attachments."""
    new, old = _sealed(after), _sealed(before)
    found = [key for key in dict.fromkeys((*old, *new)) if old.get(key) != new.get(key)]
    if not after.file.rows or after.file.rows[1:] != before.file.rows:
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
