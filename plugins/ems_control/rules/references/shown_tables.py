"""Family 5, data tables: what cannot be read surely is said at the page that shows it."""

from __future__ import annotations

from collections.abc import Iterator

from ems_control.documents.sealed import tables_in
from ems_control.ground.formats.tables import names_table, table_link
from ems_control.ground.markdown.blocks import visible, without_code
from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.references.textlinks import pieces, texts


@rule("EMS515", "table-unreadable", "error", sees="one")
def table_unreadable(handbook: Handbook) -> Iterator[Found]:
    """A data table that a text shows cannot be read surely, so the page says so instead of showing it.

    Checks: The file is UTF-8 and not too large; every line has as many cells as the head, told by comma, semicolon or
        tab (or by a first line `sep=;`); quotes are closed. Columns, rows, labels and years that the text asks for are
        there.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.3 (suitable for use); EMAS A.7.5.3.
    Bad:
        docs/procedures/EMS-PRO-002.md
          status: draft
          approved_by:
          approved_on:
          clauses:
          > [Limits](limits.csv){ .table }
        docs/procedures/limits.csv
          = Substance,Limit
          = Zinc,2,0
    Good:
        docs/procedures/EMS-PRO-002.md
          status: draft
          approved_by:
          approved_on:
          clauses:
          > [Limits](limits.csv){ .table columns="Limit" rows="Substance=Zinc" }
        docs/procedures/limits.csv
          = Substance;Limit
          = Zinc;2,0
    Fix: Save it in the spreadsheet as "CSV UTF-8"; give every line as many cells; take away titles above the head.
    """
    for text in texts(handbook):
        file = text.version.file
        for shown in tables_in(text.version, file.body):
            if shown.table.problem:
                message = f'the table "{shown.link.target}" cannot be shown: {shown.table.problem.message}'
                yield text.found(file.body_line + shown.line, message, shown.table.problem.fix)


@rule("EMS516", "table-not-alone", "error", sees="one")
def table_not_alone(handbook: Handbook) -> Iterator[Found]:
    """A link that should show a table stands among other words, so readers get a link.

    Checks: A link to a CSV file with the class `table` is alone on its line. In a step or a block it is indented like
        the text there.
    Basis: Our own rule.
    Bad:
        docs/procedures/EMS-PRO-002.md
          status: draft
          approved_by:
          approved_on:
          clauses:
          > - [Limits](limits.csv){ .table }
        docs/procedures/limits.csv
          = Substance,Limit
          = Zinc,2.0
    Good:
        docs/procedures/EMS-PRO-002.md
          status: draft
          approved_by:
          approved_on:
          clauses:
          > - Compare:
          >
          >     [Limits](limits.csv "Limits"){ .table .wide }
        docs/procedures/limits.csv
          = Substance,Limit
          = Zinc,2.0
    Fix: Put it on a line of its own.
    """
    for piece in pieces(handbook):
        if ".table" not in piece.body:
            continue
        for index, line in enumerate(without_code(visible(piece.body)).split("\n")):
            if names_table(line) and table_link(line) is None:
                message = "this table is not shown, only linked, because other words stand beside it"
                yield piece.found(piece.first_line + index, message, "Put it on a line of its own.")
