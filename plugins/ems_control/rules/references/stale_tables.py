"""Family 5, shared tables that changed: texts in force that show them as they were, numbers that stayed in the text."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ems_control.approvals.lifecycle import Approval
from ems_control.documents.history import Version
from ems_control.documents.sealed import with_includes
from ems_control.documents.table_numbers import stale_numbers
from ems_control.documents.table_rows import row_pairs, rows_of
from ems_control.ground.formats.digest import Attachment
from ems_control.ground.formats.tables import read_table
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.finding_places import at_key, at_line, current

_MOST = 3


@rule("EMS521", "shared-file-differs-in-force", "warning", needs_history=True, sees="shared")
def shared_file_differs_in_force(handbook: Handbook) -> Iterator[Found]:
    """A shared table or picture changed, and a text in force goes on showing it as it was.

    Checks: Where the file of a document holds a later revision already, the files that its revision in force shows are
        still what they were; else two texts in force say different things. A later revision that came in together
        with the change is the usual way, and is not named.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.3 (control of changes); EMAS A.7.5.3.
    Bad:
        docs/procedures/limits.csv
          = Substance,Alarm
          = Zinc,1.4
        docs/procedures/EMS-PRO-001.md
          > ## Drains {#drains}
          >
          > [Limits](limits.csv){ .table }
        docs/procedures/EMS-PRO-002.md
          > ## Drains {#drains}
          >
          > [Limits](limits.csv){ .table }
        commit
        docs/procedures/EMS-PRO-001.md
          revision: 2
          status: draft
          approved_by:
          approved_on:
          revisions:
            - {revision: 2, date: 2026-02-01, author: a.author, class: substantive, change: Limits of the new permit.}
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
          > ## Drains {#drains}
          >
          > Close valve V-3.
        docs/procedures/limits.csv
          = Substance,Alarm
          = Zinc,1.2
        docs/procedures/EMS-PRO-002.md
          revision: 2
          approved_on: 2026-01-06
          revisions:
            - {revision: 2, date: 2026-01-06, author: a.author, class: substantive, change: Zinc alarm lowered to 1.2.}
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
        commit
    Good:
        docs/procedures/limits.csv
          = Substance,Alarm
          = Zinc,1.4
        docs/procedures/EMS-PRO-001.md
          > ## Drains {#drains}
          >
          > [Limits](limits.csv){ .table }
        commit
        docs/procedures/limits.csv
          = Substance,Alarm
          = Zinc,1.2
        docs/procedures/EMS-PRO-001.md
          revision: 2
          status: draft
          approved_by:
          approved_on:
          revisions:
            - {revision: 2, date: 2026-02-01, author: a.author, class: substantive, change: Zinc alarm lowered to 1.2.}
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
    Fix: Revise the text in force as well: the next revision, made from it (`ems show`), with `instead_of:` in its row
        where it is to apply before one that waits. Or take the change of the file back, and make a file of its own of
        what starts later.
    """
    for document, version in current(handbook):
        approval = document.in_force
        if approval is None or approval.revision == version.metadata.revision:
            continue  # EMS203 names these
        for name, now in _differing(handbook, approval.version):
            reason = _left_behind(handbook, document, version, name)
            if reason:
                what = _cells(approval.version, name, now)
                message = (
                    f"{name} changed{what}, but revision {approval.revision}, which is in force, goes on showing it "
                    f"as it was; revision {version.metadata.revision}, which stands here, {reason}"
                )
                fix = "Revise the text in force too, or take the change of the file back."
                yield at_key(document, version, "revision", message, fix)


def _differing(handbook: Handbook, version: Version) -> Iterator[tuple[str, str]]:
    """The files that a text shows and that lie there now with other bytes: path and blob."""
    store = version.store
    for attachment in version.attachments:
        now = handbook.tree.files.get(attachment.path)
        if now and now != attachment.blob and store.sha256(now) != store.sha256(attachment.blob):
            yield attachment.path, now


def _left_behind(handbook: Handbook, document: Document, version: Version, path: str) -> str:
    """Why the later revision in the file does not bring the change, in words; "" where it does."""
    shown = _named(version, path)
    if shown is None:
        return "does not show it"
    number = version.metadata.revision
    if any(a.revision == number for a in document.approvals):
        return ""  # approved with the file as it was: EMS203 names it
    first = next((v for v in document.history.versions if v.metadata.revision == number), version)
    then = _named(first, path)
    if then is None or then.blob == shown.blob or not _others(handbook, document, path):
        return ""
    return "was begun before"


def _others(handbook: Handbook, document: Document, path: str) -> bool:
    """Whether another text in force shows the file, or the change that is judged touches it."""
    proposal = handbook.proposal
    if proposal and any(change.path == path for change in proposal.changes):
        return True
    return any(
        other is not document and other.in_force and _named(other.in_force.version, path)
        for other in handbook.documents.values()
    )


def _named(version: Version, path: str) -> Attachment | None:
    return next((a for a in version.attachments if a.path == path), None)


def _cells(before: Version, path: str, now: str) -> str:
    """What changed in a table, in words: at most three cells."""
    shown = _named(before, path)
    if shown is None or not path.lower().endswith(".csv"):
        return ""
    old, new = (read_table(before.store.read(blob)) for blob in (shown.blob, now))
    if old.problem or new.problem:
        return ""
    told: list[str] = []
    for one, other in row_pairs(rows_of(old.columns, old.rows), rows_of(new.columns, new.rows)):
        row = other or one or {}
        name = next(iter(row.values()), "")
        if one is None or other is None:
            told.append(f"{name} {'is gone' if other is None else 'came'}")
        else:
            told += [f"{name}, {key}: {one[key]} → {cell}" for key, cell in other.items() if one.get(key, cell) != cell]
    more = f" and {len(told) - _MOST} more" if len(told) > _MOST else ""
    return f" ({'; '.join(told[:_MOST])}{more})" if told else ""


@rule("EMS522", "number-no-longer-in-table", "warning", needs_history=True, sees="one")
def number_no_longer_in_table(handbook: Handbook) -> Iterator[Found]:
    """A text writes out a number of a table that it shows, and the table now says another one.

    Checks: Numbers that the table held when an earlier revision was approved and has given up since do not stand in a
        sentence, step or row of the same text that means them: it names the row of the table, or the number is so
        particular that nothing else in the table has it.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.2 (suitability and adequacy); EMAS A.7.5.2.
    Bad:
        docs/procedures/limits.csv
          = Substance,Alarm
          = Zinc,1.4
        docs/procedures/EMS-PRO-001.md
          > ## Drains {#drains}
          >
          > [Limits](limits.csv){ .table }
          >
          > Zinc under 1.4 mg/l: release it yourself.
        commit
        docs/procedures/limits.csv
          = Substance,Alarm
          = Zinc,1.2
        docs/procedures/EMS-PRO-001.md
          revision: 2
          status: draft
          approved_by:
          approved_on:
          revisions:
            - {revision: 2, date: 2026-02-01, author: a.author, class: substantive, change: Zinc alarm lowered to 1.2.}
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
    Good:
        docs/procedures/limits.csv
          = Substance,Alarm
          = Zinc,1.4
        docs/procedures/EMS-PRO-001.md
          > ## Drains {#drains}
          >
          > [Limits](limits.csv){ .table }
          >
          > Zinc under 1.4 mg/l: release it yourself.
        commit
        docs/procedures/limits.csv
          = Substance,Alarm
          = Zinc,1.2
        docs/procedures/EMS-PRO-001.md
          revision: 2
          status: draft
          approved_by:
          approved_on:
          revisions:
            - {revision: 2, date: 2026-02-01, author: a.author, class: substantive, change: Zinc alarm lowered to 1.2.}
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
          > ## Drains {#drains}
          >
          > [Limits](limits.csv){ .table }
          >
          > Zinc under the alarm value of the table: release it yourself.
    Fix: Write the new number, or send readers to the table instead of repeating it.
    """
    for document, version in current(handbook):
        if version.metadata.status == "withdrawn":
            continue
        for attachment in version.attachments:
            if attachment.path.lower().endswith(".csv"):
                yield from _stale(document, version, attachment)


def _stale(document: Document, version: Version, attachment: Attachment) -> Iterator[Found]:
    before = _another(document, version, attachment)
    if before is None:
        return
    old = next(a for a in before.version.attachments if a.name == attachment.name)
    tables = [read_table(version.store.read(blob)) for blob in (old.blob, attachment.blob)]
    if any(table.problem for table in tables):
        return
    name, now = posixpath.basename(attachment.path), with_includes(version)
    for stale in stale_numbers(tables[0], tables[1], with_includes(before.version), now):
        change = stale.change
        row = change.row[0] if change.row else ""
        what = ", ".join(filter(None, [row, change.column]))
        message = f'"{change.was}" still stands in the text; {name} says {change.now or "nothing"} now ({what})'
        line = _line(version, stale.words, change.was)
        yield at_line(document, version, line, message, "Write the new number, or send readers to the table.")


def _another(document: Document, version: Version, attachment: Attachment) -> Approval | None:
    """The newest approved revision that showed the table with other bytes."""
    for approval in reversed(document.approvals):
        if approval.version is not version:
            for old in approval.version.attachments:
                if old.name == attachment.name and old.blob != attachment.blob:
                    return approval
    return None


def _line(version: Version, words: str, number: str) -> int:
    """The line in which a number of a sentence stands; the first of the text where it comes from an include."""
    start = " ".join(words.split()[:2])
    spelt = (number, number.replace(".", ","))
    lines = list(enumerate(version.file.body.split("\n"), version.file.body_line))
    holding = [(n, line) for n, line in lines if any(one in line for one in spelt)]
    return next((n for n, line in holding if start in line), holding[0][0] if holding else version.file.body_line)
