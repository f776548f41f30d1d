"""What one revision changes for people against another: front matter, words, cells, pictures, attachments.

Everything that a signature covers is told, but for mere formatting. What kind of change it is comes from wording.py,
whose lists may grow; that something changed never depends on them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from itertools import zip_longest
from typing import Any, Literal
from urllib.parse import quote, unquote

from ems_control.documents.history import Version
from ems_control.documents.page_links import pages_linked
from ems_control.documents.sealed import ShownTable, tables_in, with_includes
from ems_control.documents.sealed_words import sealed_words
from ems_control.documents.table_rows import row_pairs, rows_of, table_pairs
from ems_control.documents.text_units import Unit, units
from ems_control.documents.unit_pairs import pairs, whole_tables
from ems_control.documents.wording import unit_changes
from ems_control.ground.formats.tables import Table, read_table
from ems_control.ground.markdown.outline import anchors

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
_PICTURE = re.compile(r"!\[[^\]\n]*\]\((?P<target>[^()\s]+)[^()\n]*\)(?:\s*\{[^{}\n]*\})?")


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
        self.sources: tuple[list[str], list[str]] = ([], [])
        """The pieces of both texts that are told by their words: their links and files are told with them."""

    def changes(self) -> Iterator[RevisionChange]:
        yield from self._metadata()
        old, new = self._body(self.before), self._body(self.after)
        yield from self._text(old, new)
        yield from self._links(old, new)
        yield from self._tables()
        yield from self._attachments()

    # --- front matter

    def _metadata(self) -> Iterator[RevisionChange]:
        old, new = sealed_words(self.before), sealed_words(self.after)
        for key in dict.fromkeys((*old, *new)):
            if old.get(key) != new.get(key):
                yield RevisionChange("metadata", key, old.get(key), new.get(key))

    # --- words

    def _body(self, version: Version | None) -> str:
        """The text with its includes, without the lines of data tables: those are told by their cells."""
        if version is None:
            return ""
        body = with_includes(version)
        if found := list(tables_in(version, body)):
            lines = body.split("\n")
            for shown in found:
                lines[shown.line] = ""
            return "\n".join(lines)
        return body

    def _text(self, old: str, new: str) -> Iterator[RevisionChange]:
        columns: dict[tuple[str, str, bool], list[str]] = {}
        for pair in whole_tables(pairs(units(old), units(new))):
            before, after, moved = pair
            unit = after or before
            if unit is None or self._only_picture(before, after):
                continue
            for sources, one in zip(self.sources, (before, after), strict=True):
                sources.extend([one.source] if one else [])
            if before and after and before.words == after.words:
                kind: Kind = "order" if moved else "text"
                sides = (before.words, after.words) if moved else (before.source.strip(), after.source.strip())
                if moved or before.says_otherwise(after):
                    yield RevisionChange(kind, unit.heading, *sides)
            elif before and after and before.cells and after.cells:
                yield from self._row(before, after, columns)
            else:
                for kind in self._kinds(before, after):
                    yield RevisionChange(kind, unit.heading, _words(before), _words(after))
        for (heading, head, came), cells in columns.items():
            where, text = ", ".join(filter(None, [heading, head])), "; ".join(cells)
            yield RevisionChange("table", where, None if came else text, text if came else None)

    def _only_picture(self, before: Unit | None, after: Unit | None) -> bool:
        """Whether a change is that of a picture alone, which is told as such."""
        found = [_PICTURE.fullmatch(one.source.strip()) for one in (before, after) if one]
        names = [unquote(match["target"]) for match in found if match]
        known = {**_files(self.before), **_files(self.after)}
        return len(names) == len(found) and len(set(names)) == len(names) and all(name in known for name in names)

    def _row(
        self, before: Unit, after: Unit, columns: dict[tuple[str, str, bool], list[str]]
    ) -> Iterator[RevisionChange]:
        """What changed in a row, cell by cell; `columns` takes the cells of columns that came or went."""
        where = ", ".join(filter(None, [after.heading, after.cells[0]]))
        same = set(before.columns) == set(after.columns)
        if len(before.columns) == len(after.columns) and not same:
            cells = list(zip(after.columns, before.cells, after.cells, strict=False))
        else:
            old, new = (dict(zip(one.columns, one.cells, strict=False)) for one in (before, after))
            cells = [(head, old[head], new[head]) for head in new if head in old]
            for side, other, came in ((new, old, True), (old, new, False)):
                for head, cell in side.items():
                    if head not in other and not after.is_head:
                        columns.setdefault((after.heading, head, came), []).append(f"{after.cells[0]}: {cell}")
        if same and before.columns != after.columns and after.is_head:
            yield RevisionChange("order", after.heading, before.words, after.words)
        for head, was, now in cells:
            if was != now:
                place = after.heading if after.is_head else where
                kind = "table" if after.is_head else self._cell_kind(where, head, was, now)
                yield RevisionChange(kind, ", ".join(filter(None, [place, head])), was, now)

    def _kinds(self, before: Unit | None, after: Unit | None) -> list[Kind]:
        """What changed between two versions of a piece, each kind once; of one that came or went, the first."""
        unit = after or before
        if any(one and one.kind == "row" and not one.cells for one in (before, after)):
            return ["table"]  # a whole one, or several rows for one
        found = list(dict.fromkeys(change.kind for change in unit_changes(before, after, self.roles)))
        if before is None or after is None:
            found = found[:1]
        return [*found] or ["text" if not unit or unit.kind != "row" else "table"]

    def _cell_kind(self, where: str, column: str, old: str, new: str) -> Kind:
        """A number in a table is a limit where its head, its row or its table says so."""
        before, after = (Unit("text", f"{column} {cell}", "", where) for cell in (old, new))
        found = unit_changes(before, after, self.roles)
        return found[0].kind if found and found[0].kind != "number" else "table"

    def _links(self, old: str, new: str) -> Iterator[RevisionChange]:
        """Links that lead elsewhere though their words stayed; files are told as such."""
        before, after = (Counter(pages_linked(text)) for text in (old, new))
        gone, come = list((before - after).elements()), list((after - before).elements())
        for side, sources in ((gone, self.sources[0]), (come, self.sources[1])):
            told = " ".join(sources)
            side[:] = [target for target in side if target not in told and not _follows(target, old, new)]
        for index in range(max(len(gone), len(come))):
            was = gone[index] if index < len(gone) else None
            now = come[index] if index < len(come) else None
            yield RevisionChange("text", "link", was, now)

    # --- data tables

    def _tables(self) -> Iterator[RevisionChange]:
        for before, after in table_pairs(_shown(self.before), _shown(self.after)):
            shown = after or before
            if shown and not any(one and one.table.problem for one in (before, after)):  # else told as a file
                yield from self._table(shown, before, after)

    def _table(
        self, shown: ShownTable, before: ShownTable | None, after: ShownTable | None
    ) -> Iterator[RevisionChange]:
        name, title = unquote(shown.link.target), shown.link.text
        old = before.table if before else None
        new = after.table if after else None
        changes: list[RevisionChange] = []
        if old is None or new is None:
            changes.append(RevisionChange("table", title, *(_whole(table) for table in (old, new))))
        else:
            if old.columns != new.columns:
                changes.append(RevisionChange("table", title, " | ".join(old.columns), " | ".join(new.columns)))
                self.told |= {one.link.options.get("labels", "") for one in (before, after) if one}
            changes += self._cells(title, old.columns, old.rows, new)
        if changes:
            self.told.add(name)
        elif _cells_of(self.before, name) == _cells_of(self.after, name):
            self.told.add(name)  # other separators, quotes or line ends alone
        yield from changes

    def _cells(self, title: str, columns: list[str], rows: list[list[str]], new: Table) -> Iterator[RevisionChange]:
        old_rows, new_rows = rows_of(columns, rows), rows_of(new.columns, new.rows)
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
        told = [" ".join(sources) for sources in self.sources]
        changed = [
            name
            for name in dict.fromkeys((*old, *new))
            if old.get(name) != new.get(name) and name not in self.told and name not in self._includes
        ]
        gone = [name for name in changed if name not in new and quote(name) not in told[0] and name not in told[0]]
        come = [name for name in changed if name not in old and quote(name) not in told[1] and name not in told[1]]
        for name in changed:
            if name in old and name in new:
                yield RevisionChange(_file_kind(name), name, _seal(old[name]), _seal(new[name]))
        for kind in ("picture", "attachment"):
            left, right = ([name for name in names if _file_kind(name) == kind] for names in (gone, come))
            for one, other in zip_longest(left, right):
                was, now = (
                    f"{name} {_seal(files[name])}" if name else None for name, files in ((one, old), (other, new))
                )
                yield RevisionChange(_file_kind(other or one or ""), other or one or "", was, now)

    @property
    def _includes(self) -> set[str]:
        """Names of included texts: their words are told where they stand."""
        bodies = [with_includes(v) + "\n" + v.file.body for v in (self.before, self.after) if v]
        return set(re.findall(r'^--8<-- "([^"\n]+)"', "\n".join(bodies), re.MULTILINE))


def _whole(table: Table | None) -> str | None:
    """All cells of a table in one line."""
    return " / ".join(" | ".join(row) for row in (table.columns, *table.rows)) if table else None


def _follows(target: str, old: str, new: str) -> bool:
    """Whether a link leads to a heading of its own text that is called otherwise now: it goes with the heading."""
    path, _, anchor = target.partition("#")
    return not path and (anchor in anchors(old)) != (anchor in anchors(new))


def _file_kind(name: str) -> Kind:
    return "picture" if name.lower().endswith(_PICTURES) else "attachment"


def _words(unit: Unit | None) -> str | None:
    return (unit.words or unit.source.strip()) if unit else None


def _shown(version: Version | None) -> list[ShownTable]:
    return list(tables_in(version, with_includes(version))) if version else []


def _cells_of(version: Version | None, name: str) -> object:
    """All cells of a table's file, shown or not."""
    blob = next((a.blob for a in version.attachments if a.name == name), None) if version else None
    table = read_table(version.store.read(blob)) if version and blob else None
    return None if table is None else (table.problem, table.columns, table.rows)


def _files(version: Version | None) -> dict[str, str]:
    return {a.name: version.store.sha256(a.blob) for a in version.attachments} if version else {}


def _seal(sha256: str | None) -> str | None:
    return f"sha256:{sha256.removeprefix('sha256:')[:12]}…" if sha256 else None


__all__ = ["Kind", "RevisionChange", "revision_changes"]
