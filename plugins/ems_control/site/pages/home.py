"""Start pages: home with its four doors, documents by process, and a page per group of ems.yml."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from html import escape as html_escape

from ems_control.approvals.lifecycle import Approval, State
from ems_control.exports.words import Words
from ems_control.ground.formats.markup import escape, link
from ems_control.handbook import addresses
from ems_control.handbook.document import Document
from ems_control.handbook.related import Related
from ems_control.handbook.translations import behind
from ems_control.site.page import Page, relative
from ems_control.site.pages.control.table_kit import TableKit
from ems_control.site.pages.languages import lacking

LATELY = timedelta(days=90)
EVERYBODY = "all-staff"
"""The group whose instructions and forms stand at every workplace too."""
SYSTEM = "system"
"""Where a document belongs that is about no other process."""
FEW, FIVE = 3, 5


class Starts:
    """Makes the start pages of one handbook in one language."""

    def __init__(self, desk: TableKit, related: Related) -> None:
        """`related` may be shared with the pages of documents."""
        self.handbook, self.words, self.places, self.related = desk.handbook, desk.words, desk.places, related
        self.desk = desk

    def pages(self) -> list[Page]:
        """All of them but home and the page for auditors."""
        return [self.by_process(), self.groups(), *(self.group(name) for name in self.handbook.policy.groups)]

    # --- home -------------------------------------------------------------------------------------------------

    def home(self) -> Page:
        """Four doors, what changed in the last 90 days, what starts soon; nothing else."""
        words, page = self.words, self.desk.at(addresses.HOME)
        workplaces = tuple(self.handbook.policy.groups.workplaces) or tuple(self.handbook.policy.groups)
        places = [link(self._title(name), self._way(addresses.group_page(name), page)) for name in workplaces]
        found = [
            link(self._process(name), f"{self._way(addresses.BY_PROCESS, page)}#{slug(name)}")
            for name, documents in self._processes().items()
            if documents
        ]
        doors = [
            _door(link(words("door.work"), self._way(addresses.WORKPLACES, page)), places or [words("door.work line")]),
            _door(link(words("door.find"), self._way(addresses.DOCUMENTS, page)), found),
            _door(link(words("door.audit"), relative(addresses.AUDIT, page)), [escape(words("door.audit line"))]),
            _door(
                link(words("door.manage"), self._way(addresses.REVIEW_BOARD, page)), [escape(words("door.manage text"))]
            ),
        ]
        lately = [self._changed(approval, document, page) for approval, document in self._entered()[:FIVE]]
        columns = [
            _column(words("changed lately"), lately, words("nothing changed lately")),
            _column(words("starting shortly"), self._starting(page), words("nothing starts")),
        ]
        body = f"{_div('ems-doors', chr(10).join(doors))}\n\n{_div('ems-columns', chr(10).join(columns))}\n"
        return Page(page, self.handbook.policy.organisation, body)

    def _entered(self, only: set[str] | None = None) -> list[tuple[Approval, Document]]:
        """The documents whose text came into force in the last 90 days, newest first."""
        day = self.handbook.day
        entered = [
            (approval, document)
            for document in self.handbook.listed
            if only is None or document.key in only
            if (approval := document.in_force) and day - LATELY <= approval.first_day
        ]
        return sorted(entered, key=lambda item: (item[0].first_day, item[1].id, item[0].revision), reverse=True)

    def _changed(self, approval: Approval, document: Document, page: str) -> str:
        """Day, title, one sentence, and the way to what changed."""
        row = approval.version.metadata.row
        name = self.places.redline(document, approval.revision)
        href = html_escape(self.places.light(document, page, name))
        change = escape(row.change if row and row.change else "")
        more = f'<a href="{href}">{html_escape(self.words("what changed short"))}</a>'
        day = self.words.cell(approval.first_day)
        return f"{day} {self._to(document, page)}<br><small>{change} {more}</small>"

    def _starting(self, page: str) -> list[str]:
        found: list[tuple[date, str]] = []
        for document in self.handbook.listed:
            up = document.upcoming
            if up:
                small = f"<small>{self.desk.days(up.first_day)}</small>"
                found.append((up.first_day, f"{self.words.cell(up.first_day)} {self._to(document, page)} {small}"))
        return [line for _, line in sorted(found)]

    # --- by process -------------------------------------------------------------------------------------------

    def by_process(self) -> Page:
        """Documents in force by what they are about."""
        words, page = self.words, self.desk.at(addresses.BY_PROCESS)
        parts = [escape(words("by process intro"))]
        for name, documents in self._processes().items():
            if documents:
                lines = [self._line(document, page) for document in documents]
                parts.append(f"## {escape(self._process(name))} {{#{slug(name)}}}\n\n{_lines(lines)}")
        return Page(page, words("by process"), "\n\n".join(parts) + "\n")

    def _process(self, name: str) -> str:
        return self.words.known(f"process.{name}", name.replace("-", " ").capitalize())

    def _processes(self) -> dict[str, list[Document]]:
        found: dict[str, list[Document]] = {name: [] for name in (*self.handbook.policy.publish.processes, SYSTEM)}
        for document in self.handbook.listed:
            if document.in_force and not document.shown.metadata.translates:
                for name in processes_of(document, self.handbook.policy.publish.processes):
                    found[name].append(document)
        for name, words in self.handbook.policy.publish.processes.items():
            found[name] = found[name] or self._with_heading(words)
        return found

    def _with_heading(self, words: tuple[str, ...]) -> list[Document]:
        """Documents in force of which no title or tag speaks, but a chapter."""
        named = re.compile("|".join(rf"\b{re.escape(word)}" for word in words) or "(?!)", re.IGNORECASE)
        return [
            document
            for document in self.handbook.listed
            if document.in_force and not document.shown.metadata.translates
            if any(named.search(heading.text) for heading in document.in_force.version.file.headings)
        ]

    # --- groups -----------------------------------------------------------------------------------------------

    def groups(self) -> Page:
        """Every group, by kind."""
        words, page, policy = self.words, self.desk.at(addresses.WORKPLACES), self.handbook.policy
        parts = [escape(words("workplaces intro"))]
        kinds = {
            "workplaces": policy.groups.workplaces,
            "people groups": policy.groups.people,
            "print sets": policy.groups.print_sets,
        }
        for key, names in kinds.items():
            if names:
                lines = [link(self._title(name), self._way(addresses.group_page(name), page)) for name in names]
                parts.append(f"## {escape(words(key))}\n\n{_lines(lines)}")
        return Page(page, words("door.work"), "\n\n".join(parts) + "\n")

    def group(self, name: str) -> Page:
        """What applies at a place: instructions first, in big lines; what the code at the machine opens."""
        words, page = self.words, self.desk.at(addresses.group_page(name))
        own = self._for(name)
        at_work = name in self.handbook.policy.groups.workplaces
        common = [d for d in self._for(EVERYBODY) if d not in own] if at_work else []
        instructions = [d for d in (*own, *common) if d.type_name == "instruction"]
        linked = {o.key for d in instructions for o in self.related.refers_to(d)} if at_work else set()
        forms = [d for d in self.handbook.listed if d.type_name == "form" and (d in own or d.key in linked)]
        forms = [d for d in forms if d.in_force]
        plans = [d for d in own if d.type_name in ("plan", "register")]
        others = [d for d in own if d not in (*instructions, *forms, *plans)]
        parts = [_lines([self._line(d, page) for d in instructions], "ems-lines ems-big")] if instructions else []
        for key, documents in (("group.forms", forms),):
            parts += [self._part(key, documents, page)]
        parts += [self._news({d.key for d in (*instructions, *forms, *plans, *others)}, page)]
        parts += [self._part("group.plans", plans, page), self._part("group.others", others, page)]
        parts += [self._languages(instructions if at_work else own, page)]
        parts += [self._whom(own or instructions), self._code(page)]
        shown = [part for part in parts if part] if own or common else [escape(words("nothing here"))]
        return Page(page, self._title(name), "\n\n".join(shown) + "\n", "start")

    def _for(self, group: str) -> list[Document]:
        """The documents given to a group that are in force or approved for later, translations at their source."""
        found = []
        for document in self.handbook.listed:
            alive = document.in_force or document.upcoming
            if alive and group in document.filing.distribution and not self._has_source(document):
                found.append(document)
        return found

    def _has_source(self, document: Document) -> bool:
        source = self.handbook.get((document.shown.metadata.translates or "").partition("/")[0])
        return bool(source and source.in_force)

    def _part(self, key: str, documents: list[Document], page: str) -> str:
        if not documents:
            return ""
        return f"## {escape(self.words(key))}\n\n{_lines([self._line(d, page) for d in documents])}"

    def _news(self, keys: set[str], page: str) -> str:
        since = self.words.day(self.handbook.day - LATELY)
        entered = self._entered(keys)[:FEW]
        if not entered:
            return f"{escape(self.words('nothing new since', day=since))}"
        lines = [self._changed(approval, document, page) for approval, document in entered]
        return f"## {escape(self.words('new since', day=since))}\n\n{_lines(lines)}"

    def _languages(self, documents: list[Document], page: str) -> str:
        lines = lacking(self.handbook, documents, self.words, self.places, page)
        return f"## {escape(self.words('in languages'))}\n\n{_lines(lines)}" if lines else ""

    def _whom(self, documents: list[Document]) -> str:
        people, roles = self.handbook.people, {}
        for document in documents:
            role = document.shown.metadata.owner
            if role:
                names = [people.name(key) for key, held in people.holders(role, self.handbook.day) if not held.deputy]
                title = people.title(role, self.words.language)
                roles[role] = f"{escape(_capital(title))}{' – ' + escape(', '.join(names)) if names else ''}"
        return f"## {escape(self.words('whom to ask'))}\n\n{_lines(list(roles.values()))}" if roles else ""

    def _code(self, page: str) -> str:
        if not self.places.site_url:
            return ""
        address = self.places.public(page)
        return (
            f"## {escape(self.words('code to print'))}\n\n"
            f'<div class="ems-code">{self.places.code(address)}<span>{html_escape(address)}</span></div>'
        )

    # --- lines ------------------------------------------------------------------------------------------------

    def _way(self, path: str, page: str) -> str:
        return relative(self.desk.at(path), page)

    def _title(self, group: str) -> str:
        return _capital(self.handbook.title(group, self.words.language))

    def _to(self, document: Document, page: str) -> str:
        return link(document.title, self.places.markdown(document, page))

    def _line(self, document: Document, page: str) -> str:
        """Title, state with its word, number, and the other languages."""
        words, state = self.words, document.state.value
        up = document.upcoming if document.state is State.UPCOMING else None
        word = words(f"state.{state}") + (f", {words.day(up.first_day)}" if up else "")
        shown = self.desk.fragments.state(state, word)
        family = [document, *self._translated(document)]
        first = self._own(family)
        others = [
            link(self._language(other), self.places.markdown(other, page))
            for other in family[first == document :]
            if other != first
        ]
        return f"{self._to(first, page)}<br><small>{' · '.join([shown, escape(first.id), *others])}</small>"

    def _translated(self, document: Document) -> list[Document]:
        return [
            other
            for other in self.handbook.listed
            if other.in_force and (other.shown.metadata.translates or "").partition("/")[0].casefold() == document.key
        ]

    def _own(self, family: list[Document]) -> Document:
        """Of a document and its translations the one in the language of the page, where that one is not behind."""
        own = [d for d in family[1:] if Words(d.shown.metadata.language or "").language == self.words.language]
        return next((each for each in own if not behind(self.handbook, each)), family[0])

    def _language(self, document: Document) -> str:
        """The language of a translation by its own name, and that it is outdated where it is."""
        words = Words(document.shown.metadata.language or "")
        name = words("language")
        return f"{name} ({words('state.outdated').lower()})" if behind(self.handbook, document) else name


def processes_of(document: Document, processes: dict[str, tuple[str, ...]]) -> list[str]:
    """The processes a document belongs to: by its tags, else by the words of its title, the longest first."""
    tags = {tag.casefold() for tag in document.filing.tags}
    tagged = [name for name, words in processes.items() if tags & {name.casefold(), *map(str.casefold, words)}]
    if tagged or SYSTEM in tags:
        return tagged or [SYSTEM]
    title = document.title.casefold()
    found = set()
    known = [(word.casefold(), name) for name, words in processes.items() for word in words]
    for word, name in sorted(known, key=lambda item: -len(item[0])):
        shorter = re.sub(rf"\b{re.escape(word)}", "\0", title)
        if shorter != title:
            found.add(name)
            title = shorter
    return [name for name in processes if name in found] or [SYSTEM]


def slug(text: str) -> str:
    """A name as an anchor."""
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-") or "x"


def _door(title: str, lines: Iterable[str]) -> str:
    return f"- **{title}**\n\n" + "\n".join(f"    - {line}" for line in lines) + "\n"


def _column(title: str, lines: list[str], empty: str) -> str:
    body = "\n".join(f"- {line}" for line in lines) if lines else escape(empty)
    return f'<div class="ems-lines" markdown="1">\n\n## {escape(title)}\n\n{body}\n\n</div>\n'


def _lines(lines: list[str], kind: str = "ems-lines") -> str:
    return _div(kind, "\n".join(f"- {line}" for line in lines))


def _div(kind: str, body: str) -> str:
    return f'<div class="{kind}" markdown="1">\n\n{body}\n\n</div>'


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
