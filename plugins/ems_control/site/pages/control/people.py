"""Who holds what: for each person the roles, and what would have to be handed over before she leaves."""

from __future__ import annotations

from ems_control.ground.markdown.markup import escape, link
from ems_control.handbook import addresses
from ems_control.handbook.holdings import Holding, Holdings
from ems_control.site.page import Page, relative
from ems_control.site.pages.control.table_kit import TableKit

PAGE = addresses.PEOPLE


def people(desk: TableKit) -> Page:
    """A part for each person who holds a role on the handbook's day."""
    words, holdings = desk.words, Holdings(desk.handbook)
    found = [holdings.of(person) for person in desk.handbook.people.persons]
    parts = [_part(desk, held) for held in sorted(found, key=lambda held: held.name) if held.roles]
    return Page(
        PAGE, words("people page"), "\n\n".join([escape(words("people intro")), *parts]) + "\n", searchable=False
    )


def _part(desk: TableKit, held: Holding) -> str:
    words, handbook = desk.words, desk.handbook
    lines = []
    for one in held.roles:
        title = escape(handbook.people.title(one.role, words.language))
        others = ", ".join(handbook.people.name(key) for key in one.others)
        said = escape(words("people others", names=others) if others else words("people alone"))
        deputy = f" ({escape(words('people deputy'))})" if one.deputy else ""
        until = f", {escape(words('people until', day=words.day(one.until)))}" if one.until else ""
        lines.append(f"- **{title}**{deputy}{until}: {said}")
    if held.documents:
        named = ", ".join(desk.document(document, PAGE) for document in held.documents)
        lines.append(f"- {escape(words('people documents'))} {named}")
    shown = handbook.policy.publish.waiting
    for each, _ in held.acts:
        name = escape(f"{each.id} {words('revision', number=each.revision)}")
        target = relative(addresses.waiting_page(each.id, each.revision), PAGE)
        way = link(f"{each.id} {words('revision', number=each.revision)}", target) if shown else name
        lines.append(f"- {escape(words('people decides'))} {way}")
    if held.rows:
        rows = ", ".join(dict.fromkeys(row.row for row in held.rows))
        lines.append(f"- {escape(words('people rows'))} {escape(rows)}")
    return f"## {escape(held.name)} {{#{addresses.anchor(held.person)}}}\n\n" + "\n".join(lines)
