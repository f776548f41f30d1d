"""A page for each document, role, waiver or print with which something is to be done: for whom, and what does it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from ems_control.approvals.needs import Need
from ems_control.ground.markdown.markup import escape, link
from ems_control.ground.organisation.people import PEOPLE_FILE
from ems_control.ground.organisation.policy import POLICY_FILE
from ems_control.ground.text import one_line
from ems_control.handbook import addresses
from ems_control.handbook.document import Document
from ems_control.handbook.live_tables import EQUIPMENT, POSTED_COPIES
from ems_control.handbook.outstanding.missing_decisions import asked_of
from ems_control.handbook.outstanding.tasks import Task
from ems_control.site.page import Page, relative
from ems_control.site.pages.control.living_tables import place_of_copy
from ems_control.site.pages.control.table_kit import TableKit
from ems_control.site.pages.sheet_foot import copy_anchor

ACT = "{: .ems-act }"
"""Behind a link that does something: as large as a thumb."""


class Acts:
    """Collects what the review board asks for, by document."""

    def __init__(self, desk: TableKit) -> None:
        self.desk, self._found = desk, dict[str, tuple[Document, list[str]]]()
        self._others = dict[str, Page]()

    def review(self, document: Document, page: str) -> str:
        """The link to where a review is confirmed, or the next revision begun."""
        words, owner = self.desk.words, document.shown.facts.owner
        holders = asked_of(self.desk.handbook, Need("periodic-review", owner or "", 1)).persons if owner else ()
        acts = [(words("act confirm"), self._confirm(document, holders)), (words("act revise"), self._revise(document))]
        return self._add(document, words("act.review"), owner, acts, page)

    def _confirm(self, document: Document, holders: Sequence[str]) -> str:
        """The command with which a review is told: a signature, or at level declared the next revision of the text."""
        if document.kind and document.kind.level == "declared":
            return self._revise(document, self.desk.words("act unchanged"))
        person = next(iter(holders), "PERSON")
        return f"ems periodic-review {document.id} --as {person} --key FILE --commit"

    def revise(
        self,
        document: Document,
        act: str,
        page: str,
        more: Sequence[str] = (),
        of: Document | None = None,
        role: str | None = None,
    ) -> str:
        """The link to where the next revision is begun, of the document itself or of the one it stands in."""
        owner = role or (of or document).shown.facts.owner
        acts = [(self.desk.words("act revise"), self._revise(of or document))]
        return self._add(document, self.desk.words(f"act.{act}"), owner, acts, page, more)

    def policy(self, task: Task, said: str, page: str) -> str:
        """The link to where a role, a waiver or an author is settled: in a file of the policy, then approved."""
        words, handbook, name = self.desk.words, self.desk.handbook, task.name
        file, line = PEOPLE_FILE, f"roles: [{{role: {task.name}, from: {task.day or handbook.day}}}]"
        if task.kind == "waiver":
            name = f"{task.facts['rule']}-{task.name}"
            file, line = POLICY_FILE, f"{{rule: {task.facts['rule']}, document: {task.name}, reason: …, until: …}}"
        elif task.kind == "contributor":
            line = task.facts["line"]
            name = hashlib.sha256(task.facts["email"].encode(errors="replace")).hexdigest()[:8]
        path = addresses.task_page(task.kind, name)
        rule = self.desk.rule(task.facts["rule"], path, task.facts["rule"]) if task.kind == "waiver" else ""
        about = self.desk.document(task.document, path) if task.document else ""
        parts = [escape(said), f"{about} {rule}".strip(), *self._written(file, line)]
        if any(kind.level != "declared" for kind in handbook.policy.types.values()):
            role = handbook.policy.policy_approval.role
            person = next(iter(asked_of(handbook, Need("approve", role, 1)).persons), "PERSON")
            parts.append(words("act then", who=self.desk.person(role)))
            parts.append(f"    ems approve policy --as {person} --key FILE --commit")
        return self._other(task, path, parts, page)

    def copy(self, task: Task, said: str, page: str) -> str:
        """The link to where a print that is too old is printed anew, and its row set right."""
        words, desk = self.desk.words, self.desk
        path, document = addresses.task_page("copy", task.name), task.document
        file = f"{desk.handbook.docs}/{desk.living[POSTED_COPIES].path}"
        parts = [escape(said)]
        if document and task.facts["current"]:
            there = f"{desk.places.markdown(document, path)}#{copy_anchor(task.facts['copy'])}"
            parts.append(f"{desk.document(document, path)}: {link(words('print copy'), there)}")
            row = f"{task.name}: revision {task.facts['current']}, posted {desk.handbook.day}"
            parts += self._written(file, row)
        else:
            parts.append(escape(words("act gone", file=file)))
        parts.append(link(words("printed copies"), place_of_copy(desk, task.name, path)))
        return self._other(task, path, parts, page)

    def equipment(self, task: Task, said: str, page: str) -> str:
        """The link to where a check of equipment is written down."""
        path = addresses.task_page("equipment", f"{task.day}-{task.role}")
        file = f"{self.desk.handbook.docs}/{self.desk.living[EQUIPMENT].path}"
        parts = [escape(said), *self._written(file, f"last_check: {self.desk.handbook.day}")]
        parts.append(link(self.desk.words("emergency equipment"), relative(addresses.EQUIPMENT, path)))
        return self._other(task, path, parts, page)

    def _written(self, file: str, line: str) -> list[str]:
        """What is written into a file, and where it can be edited in the browser."""
        prefix = self.desk.handbook.repository.prefix if file in (PEOPLE_FILE, POLICY_FILE) else ""
        words, edit = self.desk.words, self.desk.places.edit(prefix + file)
        return [escape(words("act write", file=file)), f"    {one_line(line)}"] + (
            [f"{link(words('act edit', file=file), edit)}{ACT}"] if edit else []
        )

    def _other(self, task: Task, path: str, parts: Sequence[str], page: str) -> str:
        words = self.desk.words
        title = words(f"act.{task.kind}")
        board = link(words("review board"), relative(addresses.REVIEW_BOARD, path))
        whole = [self.desk.person(task.role), *parts, escape(words("act ask", who=self.desk.controller)), board]
        body = "\n\n".join(part for part in whole if part)
        self._others[path] = Page(path, title, f"{body}\n", searchable=False)
        return link(title, relative(path, page))

    def pages(self) -> list[Page]:
        """The pages, not for search: the board leads there."""
        made = [*self._others.values()]
        for document, parts in self._found.values():
            path = addresses.act_page(document.id)
            way = link(f"{document.id} {document.title}", self.desk.places.markdown(document, path))
            board = link(self.desk.words("review board"), relative(addresses.REVIEW_BOARD, path))
            body = "\n\n".join([*parts, f"{way} · {board}"])
            made.append(Page(path, f"{document.id} {document.title}", f"{body}\n", searchable=False))
        return made

    def _add(
        self,
        document: Document,
        title: str,
        role: str | None,
        acts: Sequence[tuple[str, str]],
        page: str,
        more: Sequence[str] = (),
    ) -> str:
        parts = [f"## {escape(title)}", self.desk.person(role), *more]
        for said, command in acts:
            parts += [escape(said), f"    {command}"]
        parts.append(escape(self.desk.words("act ask", who=self.desk.controller)))
        self._found.setdefault(document.key, (document, []))[1].extend(parts)
        return link(title, relative(addresses.act_page(document.id), page))

    @staticmethod
    def _revise(document: Document, change: str = "…") -> str:
        return f'ems revise {document.id} --change "{change}" --commit'
