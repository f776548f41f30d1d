"""What differs between an approved text and the one that stands in its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ems_control.approvals.lifecycle import Approval
from ems_control.documents.history import Version
from ems_control.documents.metadata import RevisionRow
from ems_control.documents.reading import DocumentFile
from ems_control.ground.formats.digest import sealed_metadata
from ems_control.ground.formats.frontmatter import Mapping
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook


def approved_before(handbook: Handbook, document: Document, version: Version) -> Approval | None:
    """The newest approval that a text is compared with: not its own, where a proposed change brings text and records.

    What was wrong with a text before it was signed is wrong with it afterwards.
    """
    order, newest = handbook.proposed_order, document.newest_approval
    if newest is None or newest.version.digest != version.digest or order is None or newest.order != order:
        return newest
    return max((a for a in document.approvals if a is not newest), key=lambda a: a.revision, default=None)


def unnumbered_change(document: Document, version: Version) -> bool:
    """Whether the text differs, in more than its rows, from the one approved under its number."""
    approval = document.newest_approval
    if approval is None or approval.version is version or approval.revision != version.metadata.revision:
        return False
    before = approval.version
    if approval.is_of(version):
        return False
    same_body = before.file.body.strip("\n") == version.file.body.strip("\n")
    return bool(not same_body or changed_keys(before, version) or changed_files(before, version))


def changed_keys(before: Version, after: Version) -> list[str]:
    """The sealed keys of the front matter that differ, dotted where they are nested, but for the rows."""
    old, new = _sealed(before.file), _sealed(after.file)
    rows = after.file.reading.field("revisions")
    return [key for key in dict.fromkeys((*old, *new)) if key != rows and old.get(key) != new.get(key)]


def _sealed(file: DocumentFile) -> dict[str, object]:
    return dict(_flat(sealed_metadata(file.tree or {}, file.reading.fields)))


def _flat(tree: Mapping | dict[str, Any], above: str = "") -> Iterator[tuple[str, object]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield above + key, value


def changed_files(before: Version, after: Version) -> list[str]:
    """The files shown that differ, each with the word that says how: "changed", or "is gone" from an unchanged text."""
    old, new = ({(a.name, v.store.sha256(a.blob)): a.path for a in v.attachments} for v in (before, after))
    names, were = {name for name, _ in new}, {name for name, _ in old}
    changed = [f"{path} changed" for key, path in new.items() if key not in old and key[0] in were]
    same_body = before.file.body == after.file.body
    gone = [f"{path} is gone" for (name, _), path in old.items() if same_body and name not in names]
    return list(dict.fromkeys((*changed, *gone)))


def readable_rows(file: DocumentFile) -> tuple[RevisionRow, ...] | None:
    """The rows of `revisions`; None where they are missing or one cannot be read, which family 1 reports."""
    written = file.written("revisions")
    if not isinstance(written, list) or len(written) != len(file.metadata.revisions):
        return None
    return None if any(row.revision is None for row in file.metadata.revisions) else file.metadata.revisions


def rows_by_number(file: DocumentFile) -> dict[int, Mapping] | None:
    """The rows as written, by the number of their revision; None where one cannot be read."""
    rows = readable_rows(file)
    if rows is None:
        return None
    return dict(zip((row.revision or 0 for row in rows), file.written("revisions"), strict=True))


def row_differences(old: Mapping, new: Mapping) -> str:
    """What changed in a row, in words."""
    keys = [key for key in dict.fromkeys((*old, *new)) if old.get(key) != new.get(key)]
    return ", ".join(f'{key} was "{old.get(key, "")}" and is "{new.get(key, "")}"' for key in keys)
