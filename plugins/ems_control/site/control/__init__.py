"""The control pages: list of documents, review board, what changed, approvals, archive, living tables,
figures, integrity."""

from __future__ import annotations

from ems_control.handbook import addresses
from ems_control.site.control.approvals import approvals
from ems_control.site.control.board import review_board
from ems_control.site.control.changes import archive, changes, entered
from ems_control.site.control.desk import Desk
from ems_control.site.control.documents import documents
from ems_control.site.control.feeds import calendar, feed
from ems_control.site.control.figures import figures
from ems_control.site.control.integrity import integrity
from ems_control.site.control.registers import registers
from ems_control.site.page import Page

__all__ = ["Desk", "control_pages"]


def control_pages(desk: Desk) -> list[Page]:
    """Every control page; the files beside their tables, the calendar and the feed are added to `desk.assets`."""
    entries = entered(desk)
    pages = [
        documents(desk),
        review_board(desk),
        changes(desk, entries),
        approvals(desk),
        archive(desk),
        figures(desk, entries),
        integrity(desk),
        *registers(desk),
    ]
    desk.assets[addresses.CALENDAR] = calendar(desk)
    desk.assets[addresses.FEED] = feed(desk, entries)
    return pages
