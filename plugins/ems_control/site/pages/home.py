"""Start pages: home with its four doors, documents by process; those of the groups are in workplaces.py."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from ems_control.exports.words import Words
from ems_control.ground.markdown.markup import escape, link
from ems_control.handbook import addresses
from ems_control.handbook.document import Document
from ems_control.handbook.related import Related
from ems_control.site.page import Page, relative
from ems_control.site.pages.control.table_kit import TableKit
from ems_control.site.pages.start_lines import LATELY, StartLines, block, listed
from ems_control.site.pages.workplaces import Workplaces

SYSTEM = "system"
"""Where a document belongs that is about no other process."""
FIVE = 5


class Starts:
    """Makes the start pages of one handbook in one language."""

    def __init__(self, desk: TableKit, related: Related) -> None:
        """`related` may be shared with the pages of documents."""
        self.handbook, self.words, self.places, self.related = desk.handbook, desk.words, desk.places, related
        self.desk, self.lines = desk, StartLines(desk)

    def pages(self) -> list[Page]:
        """All of them but home and the page for auditors."""
        return [self.by_process(), *Workplaces(self.desk, self.related).pages()]

    # --- home -------------------------------------------------------------------------------------------------

    def home(self) -> Page:
        """What this is, four doors, what changed in the last 90 days, what starts soon; nothing else."""
        words, page = self.words, self.desk.at(addresses.HOME)
        workplaces = tuple(self.handbook.policy.groups.workplaces) or tuple(self.handbook.policy.groups)
        places = [link(self.lines.title(name), self.lines.way(addresses.group_page(name), page)) for name in workplaces]
        found = [
            link(self._process(name), f"{self.lines.way(addresses.BY_PROCESS, page)}#{slug(name)}")
            for name, documents in self._processes().items()
            if documents
        ]
        work, manage = (self.lines.way(path, page) for path in (addresses.WORKPLACES, addresses.REVIEW_BOARD))
        doors = [
            _door(link(words("door.work"), work), places or [words("door.work line")]),
            _door(link(words("door.find"), self.lines.way(addresses.DOCUMENTS, page)), found),
            _door(link(words("door.audit"), relative(addresses.AUDIT, page)), [escape(words("door.audit line"))]),
            _door(link(words("door.manage"), manage), [escape(words("door.manage text"))]),
        ]
        entered = [e for e in self.lines.entered(since=self.handbook.day - LATELY) if self._is_read_here(e[1])]
        lately = [self.lines.changed(approval, document, page) for approval, document in entered[:FIVE]]
        columns = [
            _column(words("changed lately"), lately, words("nothing changed lately")),
            _column(words("starting shortly"), self._starting(page), words("nothing starts")),
        ]
        parts = (
            escape(words("home intro")),
            block("ems-doors", "\n".join(doors)),
            block("ems-columns", "\n".join(columns)),
        )
        body = "\n\n".join(parts) + "\n"
        return Page(page, self.handbook.policy.organisation, body)

    def _is_read_here(self, document: Document) -> bool:
        """Whether a document is no translation, or one into the language of the page."""
        metadata = document.shown.facts
        return not metadata.translates or Words(metadata.language or "").language == self.words.language

    def _starting(self, page: str) -> list[str]:
        found: list[tuple[date, str]] = []
        for document in self.handbook.listed:
            up = document.upcoming
            if up:
                small = f"<small>{self.desk.days(up.first_day)}</small>"
                found.append((up.first_day, f"{self.words.cell(up.first_day)} {self.lines.to(document, page)} {small}"))
        return [line for _, line in sorted(found)]

    # --- by process -------------------------------------------------------------------------------------------

    def by_process(self) -> Page:
        """Documents in force by what they are about."""
        words, page = self.words, self.desk.at(addresses.BY_PROCESS)
        parts = [escape(words("by process intro"))]
        for name, documents in self._processes().items():
            if documents:
                most = self.handbook.policy.publish.rows_per_page
                lines = [self.lines.line(document, page) for document in documents[:most]]
                if len(documents) > most:
                    lines.append(link(words("list of documents"), self.lines.way(addresses.DOCUMENTS, page)))
                parts.append(f"## {escape(self._process(name))} {{#{slug(name)}}}\n\n{listed(lines)}")
        return Page(page, words("by process"), "\n\n".join(parts) + "\n")

    def _process(self, name: str) -> str:
        return self.words.known(f"process.{name}", name.replace("-", " ").capitalize())

    def _processes(self) -> dict[str, list[Document]]:
        found: dict[str, list[Document]] = {name: [] for name in (*self.handbook.policy.publish.processes, SYSTEM)}
        for document in self.handbook.listed:
            if document.in_force and not document.shown.facts.translates:
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
            if document.in_force and not document.shown.facts.translates
            if any(named.search(heading.text) for heading in document.in_force.version.file.headings)
        ]


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
