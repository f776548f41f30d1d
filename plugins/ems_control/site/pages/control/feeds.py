"""What other programs can follow: a calendar of days to come, and an Atom feed of what changed."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import NAMESPACE_URL, UUID, uuid5
from xml.etree import ElementTree

from icalendar import Calendar, Event, Timezone

from ems_control.coverage.emas_clock import legal_tasks
from ems_control.ground.text import day_after, one_line
from ems_control.handbook import addresses
from ems_control.handbook.document import Document
from ems_control.handbook.outstanding.table_days import table_tasks
from ems_control.handbook.outstanding.tasks import in_force
from ems_control.site.addressing import relative_address
from ems_control.site.pages.control.changes import Entry
from ems_control.site.pages.control.table_kit import TableKit

ENTRIES = 50
_ATOM = "http://www.w3.org/2005/Atom"


def calendar(desk: TableKit) -> bytes:
    """Reviews due, revisions that start, texts and waivers that end: whole days, the same for the same handbook."""
    found = Calendar()
    found.add("prodid", "-//ems-control//EN")
    found.add("version", "2.0")
    found.add("x-wr-calname", one_line(f"{desk.handbook.policy.organisation}: {desk.words('documents')}"))
    days = _days(desk)
    if not days:  # a calendar must hold something
        found.add_component(Timezone.from_tzid("UTC"))
    for kind, name, title, day, role in days:
        event = Event()
        event.add("uid", f"{_name(desk, kind, name, str(day))}@ems-control")
        event.add("dtstamp", desk.built.astimezone(UTC))
        event.add("dtstart", day)
        event.add("dtend", day_after(day))
        event.add("summary", one_line(desk.words(f"calendar.{kind}", name=name, title=title)))
        event.add("transp", "TRANSPARENT")
        if role:
            event.add("description", one_line(desk.handbook.people.title(role, desk.words.language)))
        found.add_component(event)
    return bytes(found.to_ical())


def _days(desk: TableKit) -> list[tuple[str, str, str, date, str]]:
    days: list[tuple[str, str, str, date | None, str]] = []
    for document in in_force(desk.handbook):
        standing, owner = document.standing, document.shown.facts.owner or ""
        if standing.in_force:
            days.append(("review", document.id, document.title, standing.review_due, owner))
            days.append(("ends", document.id, document.title, standing.in_force.until, owner))
    for document in desk.handbook.listed:
        upcoming = document.upcoming
        if upcoming:
            title, owner = upcoming.version.facts.title or document.title, upcoming.version.facts.owner or ""
            days.append(("starts", document.id, title, upcoming.first_day, owner))
    for waiver in desk.handbook.policy.rules.waivers:
        days.append(("waiver", waiver.document, waiver.rule, waiver.until, desk.handbook.policy.policy_approval.role))
    for task in legal_tasks(desk.handbook):
        title = desk.words(f"legal.{task.facts['duty']}") + (f": {task.facts['about']}" if task.facts["about"] else "")
        days.append(("legal", task.name, title, task.day, task.role))
    days += _of_tables(desk)
    whole = [(kind, name, title, day, role) for kind, name, title, day, role in days if day and day < date.max]
    return sorted(whole, key=lambda found: (found[3], found[0], found[1]))


def _of_tables(desk: TableKit) -> list[tuple[str, str, str, date | None, str]]:
    """The days of rows of tables: those of one table that fall on one day are one event."""
    found: dict[tuple[str, str, date | None], tuple[list[str], str]] = {}
    for task in table_tasks(desk.handbook):
        what = desk.words(f"transition.{task.facts['what']}") if "what" in task.facts else task.facts["rows"]
        found.setdefault((task.kind, task.name, task.day), ([], task.role))[0].append(what)
    return [(kind, name, ", ".join(rows), day, role) for (kind, name, day), (rows, role) in found.items()]


def feed(desk: TableKit, entries: Sequence[Entry]) -> bytes:
    """The newest revisions that came into force, as Atom."""
    ElementTree.register_namespace("", _ATOM)
    root = ElementTree.Element(f"{{{_ATOM}}}feed")
    organisation = desk.handbook.policy.organisation
    _add(root, "id", _name(desk, "changes").urn)
    _add(root, "title", f"{organisation}: {desk.words('changes')}")
    newest = entries[0][0].first_day if entries else desk.handbook.day
    _add(root, "updated", _moment(newest))
    _add(_add(root, "author"), "name", organisation)
    if desk.places.site_url:
        _add(root, "link", rel="self", href=_href(desk, addresses.FEED))
    _add(root, "link", rel="alternate", href=_href(desk, desk.places.style.of(addresses.CHANGES)))
    for approval, document in entries[:ENTRIES]:
        entry = _add(root, "entry")
        number, row = approval.revision, approval.version.row
        _add(entry, "id", _name(desk, document.id, str(number)).urn)
        title = approval.version.facts.title or document.title
        _add(entry, "title", f"{document.id} {title}: {desk.words('revision', number=number)}")
        _add(entry, "updated", _moment(approval.first_day))
        _add(entry, "link", rel="alternate", href=_href(desk, _address(desk, document, number)))
        _add(entry, "summary", (row.change or "") if row else "")
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _name(desk: TableKit, *parts: str) -> UUID:
    """A name for something of this handbook that stays when the organisation is called otherwise.

    It is made with what no two handbooks have in common.
    """
    return uuid5(NAMESPACE_URL, ":".join(("ems", desk.handbook.origin, *parts)))


def _add(parent: ElementTree.Element, tag: str, text: str = "", **attributes: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, f"{{{_ATOM}}}{tag}", attributes)
    element.text = one_line(text) or None
    return element


def _address(desk: TableKit, document: Document, number: int) -> str:
    name, mark, anchor = (desk.places.redline(document, number) or f"r{number}").partition("#")
    return desk.places.style.light(document.id, name) + mark + anchor


def _href(desk: TableKit, address: str) -> str:
    """From the feed's own place: whole addresses where the site's is known, else from where the feed lies."""
    if desk.places.site_url:
        return desk.places.site_url.rstrip("/") + "/" + address
    return relative_address(address, posixpath.dirname(addresses.FEED))


def _moment(day: date) -> str:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).isoformat()
