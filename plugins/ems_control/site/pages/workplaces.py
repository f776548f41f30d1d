"""A page per group of ems.yml: what applies there, what the code at a machine opens."""

from __future__ import annotations

from html import escape as html_escape

from ems_control.approvals.lifecycle import State
from ems_control.ground.markdown.markup import escape, link
from ems_control.handbook import addresses
from ems_control.handbook.document import Document
from ems_control.handbook.live_tables import POSTED_COPIES
from ems_control.handbook.outstanding.tasks import old_copies
from ems_control.handbook.related import Related
from ems_control.site.page import Page, relative
from ems_control.site.pages.control.living_tables import place_of_copy
from ems_control.site.pages.control.table_kit import TableKit
from ems_control.site.pages.languages import lacking
from ems_control.site.pages.start_lines import LATELY, StartLines, block, capital, listed
from ems_control.site.telephones import callable_number

EVERYBODY = "all-staff"
"""The group whose instructions and forms stand at every workplace too."""
FEW = 3


class Workplaces:
    """Makes the pages of the groups of one handbook in one language."""

    def __init__(self, desk: TableKit, related: Related) -> None:
        """`related` may be shared with the pages of documents."""
        self.desk, self.related, self.lines = desk, related, StartLines(desk)
        self.handbook, self.words, self.places = desk.handbook, desk.words, desk.places

    def pages(self) -> list[Page]:
        """Every group by kind, then each."""
        return [self.groups(), *(self.group(name) for name in self.handbook.policy.groups)]

    def groups(self) -> Page:
        """Every group, by kind."""
        words, page, groups = self.words, self.desk.at(addresses.WORKPLACES), self.handbook.policy.groups
        parts = [escape(words("workplaces intro"))]
        kinds = {"workplaces": groups.workplaces, "people groups": groups.people, "print sets": groups.print_sets}
        for key, names in kinds.items():
            if names:
                ways = [link(self.lines.title(n), self.lines.way(addresses.group_page(n), page)) for n in names]
                parts.append(f"## {escape(words(key))}\n\n{listed(ways)}")
        return Page(page, words("door.work"), "\n\n".join(parts) + "\n")

    def group(self, name: str) -> Page:
        """What applies at a place: instructions first, in big lines; what starts later stands below."""
        page = self.desk.at(addresses.group_page(name))
        given = self._for(name)
        at_work = name in self.handbook.policy.groups.workplaces
        common = [d for d in self._for(EVERYBODY) if d not in given] if at_work else []
        own, later = ([d for d in given if bool(d.in_force) is now] for now in (True, False))
        instructions = [d for d in (*own, *common) if d.type_name == "instruction" and d.in_force]
        linked = {o.key for d in instructions for o in self.related.refers_to(d)} if at_work else set()
        forms = [d for d in self.handbook.listed if d.type_name == "form" and (d in own or d.key in linked)]
        forms = [d for d in forms if d.in_force]
        plans = [d for d in own if d.type_name in ("plan", "register")]
        others = [d for d in own if d not in (*instructions, *forms, *plans)]
        later += [d for d in common if d.type_name == "instruction" and not d.in_force]
        here = [*instructions, *forms, *plans, *others]
        parts = [
            self._first_sheet(page) if at_work else "",
            listed([self._instruction(d, d in own, page) for d in instructions], "ems-lines ems-big")
            if instructions
            else "",
            self._part("group.forms", forms, page),
            self._news({d.key for d in here}, page),
            self._old_copies(name, page),
            self._part("group.plans", plans, page),
            self._part("group.others", others, page),
            self._later(here, later, page),
            self._languages(instructions if at_work else own, page),
            self._whom([*given, *common] if at_work else given),
            self._code(page),
        ]
        shown = [part for part in parts if part] if given or common else [escape(self.words("nothing here"))]
        return Page(page, self.lines.title(name), "\n\n".join(shown) + "\n", "start")

    def _for(self, group: str) -> list[Document]:
        """The documents given to a group that are in force or approved for later, translations at their source."""
        found = []
        for document in self.handbook.listed:
            alive = document.in_force or document.upcoming
            if alive and group in document.filing.distribution and not self._has_source(document):
                found.append(document)
        return found

    def _has_source(self, document: Document) -> bool:
        source = self.handbook.get((document.shown.facts.translates or "").partition("/")[0])
        return bool(source and source.in_force)

    def _instruction(self, document: Document, own: bool, page: str) -> str:
        return self.lines.line_with_sections(document, page) if own else self.lines.line(document, page)

    # --- the parts ----------------------------------------------------------------------------------------------

    def _part(self, key: str, documents: list[Document], page: str) -> str:
        return self._titled(self.words(key), [self.lines.line(d, page) for d in documents])

    @staticmethod
    def _titled(title: str, lines: list[str]) -> str:
        return f"## {escape(title)}\n\n{listed(lines)}" if lines else ""

    def _news(self, keys: set[str], page: str) -> str:
        """What is new here; where nothing is, the last change, however long ago."""
        since = self.handbook.day - LATELY
        lately, ever = self.lines.entered(keys, since)[:FEW], self.lines.entered(keys)[:1]
        title = self.words("new since", day=self.words.day(since)) if lately else self.words("last change")
        return self._titled(title, [self.lines.changed(a, d, page) for a, d in lately or ever])

    def _later(self, here: list[Document], later: list[Document], page: str) -> str:
        """What starts later, below what applies: documents, and revisions of those that are here."""
        lines = [self.lines.line(document, page) for document in later]
        for document in here:
            if document.upcoming:
                number, day = document.upcoming.revision, document.upcoming.first_day
                said = escape(self.words("starts", number=number, day=self.words.day(day)))
                if self.handbook.policy.publish.waiting:
                    there = relative(addresses.waiting_page(document.id, number), page)
                    said += f" {link(self.words('read it'), there)}"
                lines.append(f"{self.lines.to(document, page)}<br><small>{said}</small>")
        return self._titled(self.words(f"state.{State.UPCOMING.value}"), lines)

    def _old_copies(self, group: str, page: str) -> str:
        """Prints that hang here and are out of date, each with the way to exchange it."""
        copies, lines = self.desk.living.get(POSTED_COPIES), []
        for task in old_copies(self.handbook, copies) if copies else ():
            if task.facts["place"] == group and task.document:
                facts = {**task.facts, "place": self.lines.title(group)}
                said = escape(self.words("task.copy" if task.facts["current"] else "task.copy gone", **facts))
                way = link(self.words("act.copy"), place_of_copy(self.desk, task.name, page))
                lines.append(f"{self.lines.to(task.document, page)}<br><small>{said}. {way}</small>")
        return self._titled(self.words("old copies here"), lines)

    def _languages(self, documents: list[Document], page: str) -> str:
        return self._titled(
            self.words("in languages"), lacking(self.handbook, documents, self.words, self.places, page)
        )

    def _whom(self, documents: list[Document]) -> str:
        """Who owns the documents, with their telephone where people.yml has one."""
        people, roles = self.handbook.people, dict[str, str]()
        for role in (document.shown.facts.owner for document in documents):
            if role and role not in roles:
                held = [key for key, held in people.holders(role, self.handbook.day) if not held.deputy]
                title = escape(capital(people.title(role, self.words.language)))
                roles[role] = f"{title}{' – ' if held else ''}{', '.join(map(self._called, held))}"
        return self._titled(self.words("whom to ask"), list(roles.values()))

    def _called(self, key: str) -> str:
        name, number = escape(self.handbook.people.name(key)), self.handbook.people.persons[key].telephone
        return f"{name} {link(number, f'tel:{callable_number(number)}')}" if number else name

    def _first_sheet(self, page: str) -> str:
        """The code on the first printed sheet; on the screen it stands at the foot."""
        if not self.places.site_url:
            return ""
        return f'<div class="ems-code ems-first-sheet" data-search-exclude>{self._coded(page)}</div>'

    def _code(self, page: str) -> str:
        title = f"## {escape(self.words('code to print'))}\n\n"
        if not self.places.site_url:
            return f"{title}{escape(self.words('no code'))}"
        return block("ems-screen", f'{title}<div class="ems-code">{self._coded(page)}</div>')

    def _coded(self, page: str) -> str:
        address = self.places.public(page)
        return f"{self.places.code(address)}<span>{html_escape(address)}</span>"
