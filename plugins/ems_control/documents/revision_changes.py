"""What one revision changes for people against another: front matter, words, cells, pictures, attachments.

Everything that a signature covers is told, but for mere formatting. What kind of change it is comes from wording.py,
whose lists may grow; that something changed never depends on them.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal
from urllib.parse import unquote

from ems_control.documents.history import Version
from ems_control.documents.sealed import ShownTable, tables_in, with_includes
from ems_control.documents.table_rows import row_pairs, rows_of
from ems_control.documents.text_units import Unit, bare, pairs, units
from ems_control.documents.wording import changes_for_people
from ems_control.ground.formats.digest import sealed_metadata
from ems_control.ground.formats.markdown import links
from ems_control.ground.formats.tables import read_table

Kind = Literal[
    "limit",
    "number",
    "duty",
    "role",
    "telephone",
    "date",
    "order",
    "table",
    "picture",
    "attachment",
    "metadata",
    "text",
]
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".avif", ".bmp", ".tif", ".tiff")
_DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b")


@dataclass(frozen=True)
class RevisionChange:
    """One thing that changed: where, what it was and is in words; None where it came or went."""

    kind: Kind
    where: str
    was: str | None
    now: str | None

    def as_json(self) -> dict[str, Any]:
        """The shape of `ems diff`."""
        return asdict(self)


def revision_changes(before: Version | None, after: Version, roles: Collection[str] = ()) -> list[RevisionChange]:
    """What `after` says and shows otherwise than `before` (None: nothing was there); `roles` are titles in words."""
    return list(dict.fromkeys(_Comparison(before, after, roles).changes()))


class _Comparison:
    def __init__(self, before: Version | None, after: Version, roles: Collection[str]) -> None:
        self.before, self.after, self.roles = before, after, roles
        self.told: set[str] = set()

    def changes(self) -> Iterator[RevisionChange]:
        yield from self._metadata()
        old, new = self._body(self.before), self._body(self.after)
        yield from self._text(old, new)
        yield from self._links(old, new)
        yield from self._tables()
        yield from self._attachments()

    # --- front matter

    def _metadata(self) -> Iterator[RevisionChange]:
        old, new = _sealed(self.before), _sealed(self.after)
        for key in dict.fromkeys((*old, *new)):
            if old.get(key) != new.get(key):
                yield RevisionChange("metadata", key, old.get(key), new.get(key))

    # --- words

    def _body(self, version: Version | None) -> str:
        """The text with its includes, without the lines of data tables: those are told by their cells."""
        if version is None:
            return ""
        body = with_includes(version)
        lines = body.split("\n")
        for shown in tables_in(version, body):
            lines[shown.line] = ""
        return "\n".join(lines)

    def _text(self, old: str, new: str) -> Iterator[RevisionChange]:
        for before, after in pairs(units(old), units(new)):
            unit = after or before
            if unit is None:
                continue
            if before and after and before.words == after.words and bare(before) != bare(after):
                yield RevisionChange("text", unit.heading, before.source.strip(), after.source.strip())
                continue
            if before and after and before.cells:
                yield from self._row(before, after)
                continue
            kind: Kind = "order" if before and after and before.words == after.words else self._kind(before, after)
            yield RevisionChange(kind, unit.heading, _words(before), _words(after))

    def _row(self, before: Unit, after: Unit) -> Iterator[RevisionChange]:
        where = ", ".join(filter(None, [after.heading, after.cells[0]]))
        if before.words == after.words:
            yield RevisionChange("order", where, before.words, after.words)
            return
        if len(before.cells) != len(after.cells):
            yield RevisionChange("table", where, before.words, after.words)
            return
        for index, (old, new) in enumerate(zip(before.cells, after.cells, strict=True)):
            if old != new:
                column = after.columns[index] if index < len(after.columns) else str(index + 1)
                yield RevisionChange(self._cell_kind(where, column, old, new), f"{where}, {column}", old, new)

    def _kind(self, before: Unit | None, after: Unit | None) -> Kind:
        unit = after or before
        heading = f"## {unit.heading}\n\n" if unit and unit.heading else ""
        old, new = (f"{heading}{one.source}" if one else "" for one in (before, after))
        found = changes_for_people(old, new, self.roles)
        if found:
            dated = all(_DATE.fullmatch(text) for change in found for text in (change.old, change.new) if text)
            return "date" if dated else found[0].kind
        return "text" if not unit or unit.kind != "row" else "table"

    def _cell_kind(self, where: str, column: str, old: str, new: str) -> Kind:
        """A number in a table is a limit where its head, its row or its table says so."""
        found = changes_for_people(f"{where} {column} {old}", f"{where} {column} {new}", self.roles)
        return found[0].kind if found and found[0].kind in ("limit", "telephone", "role") else "table"

    def _links(self, old: str, new: str) -> Iterator[RevisionChange]:
        """Links that lead elsewhere though their words stayed; files are told as such."""
        before, after = (Counter(link.target for link in links(text) if _is_page(link.target)) for text in (old, new))
        gone, come = list((before - after).elements()), list((after - before).elements())
        for index in range(max(len(gone), len(come))):
            was = gone[index] if index < len(gone) else None
            now = come[index] if index < len(come) else None
            yield RevisionChange("text", "link", was, now)

    # --- data tables

    def _tables(self) -> Iterator[RevisionChange]:
        old, new = _shown(self.before), _shown(self.after)
        for key in dict.fromkeys((*old, *new)):
            before, after = old.get(key), new.get(key)
            if (before and before.table.problem) or (after and after.table.problem):
                continue  # told as a file
            yield from self._table(key[0], before, after)

    def _table(self, name: str, before: ShownTable | None, after: ShownTable | None) -> Iterator[RevisionChange]:
        shown = after or before
        title = shown.link.text if shown else name
        old = before.table if before else None
        new = after.table if after else None
        changes: list[RevisionChange] = []
        if old is None or new is None or old.columns != new.columns:
            head = [" | ".join(table.columns) if table else None for table in (old, new)]
            changes.append(RevisionChange("table", title, head[0], head[1]))
        changes += self._cells(title, old.columns if old else [], old.rows if old else [], new)
        if changes:
            self.told.add(name)
        elif _cells_of(self.before, name) == _cells_of(self.after, name):
            self.told.add(name)  # other separators, quotes or line ends alone
        yield from changes

    def _cells(self, title: str, columns: list[str], rows: list[list[str]], new: Any) -> Iterator[RevisionChange]:
        old_rows, new_rows = rows_of(columns, rows), rows_of(new.columns, new.rows) if new else []
        for before, after in row_pairs(old_rows, new_rows):
            row = after or before or {}
            where = f"{title}, {next(iter(row.values()), '')}"
            if before is None or after is None:
                was, now = (" | ".join(one.values()) if one else None for one in (before, after))
                yield RevisionChange("table", where, was, now)
            elif before == after:
                yield RevisionChange("order", where, " | ".join(before.values()), " | ".join(after.values()))
            else:
                for column, now in after.items():
                    was = before.get(column)
                    if was not in (None, now):
                        yield RevisionChange(self._cell_kind(title, column, was, now), f"{where}, {column}", was, now)

    # --- files

    def _attachments(self) -> Iterator[RevisionChange]:
        old, new = _files(self.before), _files(self.after)
        texts = {name for name in (*old, *new) if name in self._includes}
        for name in dict.fromkeys((*old, *new)):
            if old.get(name) != new.get(name) and name not in self.told and name not in texts:
                kind: Kind = "picture" if name.lower().endswith(_PICTURES) else "attachment"
                yield RevisionChange(kind, name, _seal(old.get(name)), _seal(new.get(name)))

    @property
    def _includes(self) -> set[str]:
        """Names of included texts: their words are told where they stand."""
        bodies = [with_includes(v) + "\n" + v.file.body for v in (self.before, self.after) if v]
        return set(re.findall(r'^--8<-- "([^"\n]+)"', "\n".join(bodies), re.MULTILINE))


def _words(unit: Unit | None) -> str | None:
    return (unit.words or unit.source.strip()) if unit else None


def _sealed(version: Version | None) -> dict[str, str]:
    """The front matter that is signed, in words, under our names."""
    if version is None:
        return {}
    names = version.reading
    ours = {name: key for key, name in names.fields.items()}
    tree = sealed_metadata(version.file.tree or {}, names.fields)
    found: dict[str, str] = {}
    for key, value in tree.items():
        name = ours.get(key, key)
        if name == "revisions" and isinstance(value, list):
            for row in value:
                number = row.get("revision", "?") if isinstance(row, dict) else "?"
                found[f"revisions, row {number}"] = _in_words(row)
        else:
            found[name] = _in_words(value)
    return found


def _in_words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_in_words, value))
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_in_words(one)}" for key, one in value.items())
    return str(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _shown(version: Version | None) -> dict[tuple[str, int], ShownTable]:
    """The data tables of a text by the name of their file, and the how-manieth of it."""
    found: dict[tuple[str, int], ShownTable] = {}
    for shown in tables_in(version, with_includes(version)) if version else ():
        name = unquote(shown.link.target)
        found[name, sum(key[0] == name for key in found)] = shown
    return found


def _cells_of(version: Version | None, name: str) -> object:
    """All cells of a table's file, shown or not."""
    blob = next((a.blob for a in version.attachments if a.name == name), None) if version else None
    table = read_table(version.store.read(blob)) if version and blob else None
    return None if table is None else (table.problem, table.columns, table.rows)


def _files(version: Version | None) -> dict[str, str]:
    return {a.name: version.store.sha256(a.blob) for a in version.attachments} if version else {}


def _seal(sha256: str | None) -> str | None:
    return f"sha256:{sha256.removeprefix('sha256:')[:12]}…" if sha256 else None


def _is_page(target: str) -> bool:
    """Whether a link leads to a page or an address, not to a file that is told by its bytes."""
    path = target.partition("#")[0].partition("?")[0]
    return "://" in target or not path or posixpath.splitext(path)[1].lower() in ("", ".md", ".markdown")


__all__ = ["Kind", "RevisionChange", "revision_changes"]
