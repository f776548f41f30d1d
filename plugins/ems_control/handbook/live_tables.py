"""Tables that change from week to week and are part of no document: they are read from HEAD, by their file name."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from ems_control.ground.formats.digest import Attachment
from ems_control.ground.formats.tables import read_table
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook

POSTED_COPIES, EQUIPMENT, WASTE, COMPETENCE, NONCONFORMITIES, ACTIONS = (
    "posted-copies.csv",
    "emergency-equipment.csv",
    "waste-streams.csv",
    "competence.csv",
    "nonconformities.csv",
    "actions.csv",
)
LIVING = {
    POSTED_COPIES: ("document", "revision", "place"),
    EQUIPMENT: ("item", "place"),
    WASTE: ("stream",),
    COMPETENCE: ("competence",),
    NONCONFORMITIES: ("nonconformity", "opened"),
    ACTIONS: ("action", "due"),
}
"""The tables that have a page of their own, with the columns by which they are known."""

EVIDENCE_COLUMNS = ("evidence_for", "kept_where", "keeper", "keep_for")
"""A table of a document in force with these columns tells where evidence is kept, by whom and for how long."""


@dataclass(frozen=True)
class LivingTable:
    """A table: its path under docs/, its columns and its rows by column."""

    path: str
    columns: list[str]
    rows: list[dict[str, str]]


def living_table(handbook: Handbook, name: str) -> LivingTable | None:
    """The table with this file name, the one in the folder `registers` first; None where there is none to be read."""
    tree = {handbook.under_docs(path): blob for path, blob in handbook.tree.committed.items()}
    paths = [path for path in tree if posixpath.basename(path) == name]
    for path in sorted(paths, key=lambda path: (posixpath.dirname(path) != "registers", path)):
        table = read_table(handbook.tree.store.read(tree[path]))
        if set(LIVING[name]) <= set(table.columns):
            return LivingTable(path, table.columns, [dict(zip(table.columns, row, strict=True)) for row in table.rows])
    return None


def tables_in_force(handbook: Handbook) -> Iterator[tuple[Document, Attachment, LivingTable]]:
    """Every CSV table that a document in force seals, as it was sealed; one that cannot be read has no columns."""
    for document in handbook.listed:
        approval = document.in_force
        for attachment in approval.version.attachments if approval else ():
            if attachment.path.endswith(".csv"):
                table = read_table(handbook.tree.store.read(attachment.blob))
                rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
                yield document, attachment, LivingTable(attachment.path, table.columns, rows)
