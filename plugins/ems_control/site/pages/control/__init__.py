"""The control pages: list of documents, review board, what changed, approvals, archive, living tables,
figures, integrity."""

from __future__ import annotations

from ems_control.handbook import addresses
from ems_control.site.page import Page
from ems_control.site.pages.control.approvals import approvals
from ems_control.site.pages.control.board import review_board
from ems_control.site.pages.control.changes import archive, changes, entered
from ems_control.site.pages.control.feeds import calendar, feed
from ems_control.site.pages.control.figures import figures
from ems_control.site.pages.control.integrity import integrity
from ems_control.site.pages.control.list_of_documents import documents
from ems_control.site.pages.control.living_tables import registers
from ems_control.site.pages.control.people import people
from ems_control.site.pages.control.table_kit import TableKit

__all__ = ["TableKit", "control_pages"]


def control_pages(desk: TableKit) -> list[Page]:
    """Every control page; the files beside their tables, the calendar and the feed are added to `desk.assets`."""
    entries = entered(desk)
    pages = [
        *documents(desk),
        *review_board(desk),
        changes(desk, entries),
        approvals(desk),
        archive(desk),
        figures(desk, entries),
        integrity(desk),
        people(desk),
        *registers(desk),
    ]
    desk.assets[addresses.CALENDAR] = calendar(desk)
    desk.assets[addresses.FEED] = feed(desk, entries)
    return pages
