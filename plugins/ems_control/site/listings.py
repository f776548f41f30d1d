"""Generated pages: the list of documents, the matrix of each standard, the review board, the archive, what changed.

Each is a plain table from one data structure of the core.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from ems_control.ground.markup import escape, link, table
from ems_control.handbook import addresses
from ems_control.handbook.handbook import Document, Handbook
from ems_control.handbook.lifecycle import Approval
from ems_control.site.page import Page, relative
from ems_control.site.words import Words

Dated = tuple[date | None, list[str]]
"""A row of a table with the day by which it is sorted."""

DUE_WITHIN = timedelta(days=60)
LATELY = timedelta(days=90)


class Listings:
    """Makes the generated pages; `pages` maps the key of a document to its path under docs/."""

    def __init__(self, handbook: Handbook, words: Words, pages: dict[str, str]) -> None:
        """All pages of one handbook in one language."""
        self.handbook, self.words, self.pages = handbook, words, pages

    # --- cells ------------------------------------------------------------------------------------------------

    def _to(self, document: Document, page: str) -> str:
        return f'<span class="ems-id">{link(document.id, relative(self.pages[document.key], page))}</span>'

    def _state(self, document: Document) -> str:
        state = document.state.value
        word = escape(self.words(f"state.{state}"))
        return f'<span class="ems-state ems-{state.replace(" ", "-")}">{word}</span>'

    def _role(self, role: str | None) -> str:
        """A role with the persons who hold it, so that every line has somebody on it."""
        if not role:
            return ""
        people = self.handbook.people
        names = [people.name(key) for key, held in people.holders(role, self.handbook.day) if not held.deputy]
        title = people.title(role, self.words.language)
        return escape(f"{title} ({', '.join(names)})" if names else title)

    def _table(self, columns: Iterable[str], rows: list[list[str]], empty: str) -> str:
        if not rows:
            return f"{escape(self.words(empty))}\n"
        return table([escape(self.words(column)) for column in columns], rows)

    # --- pages ------------------------------------------------------------------------------------------------

    def documents(self) -> Page:
        """The master list: every document with its state."""
        page = addresses.DOCUMENTS
        words = self.words
        rows = []
        for document in self.handbook.listed:
            standing = document.standing
            assert standing is not None
            approval = standing.in_force
            remarks = []
            if standing.upcoming:
                day = words.day(standing.upcoming.first_day)
                remarks.append(words("starts", number=standing.upcoming.revision, day=day))
            if standing.overdue:
                remarks.append(words("overdue"))
            rows.append(
                [
                    self._to(document, page),
                    escape(document.title),
                    self._state(document),
                    escape(approval.revision) if approval else "",
                    words.cell(approval.first_day if approval else None),
                    self._role(document.shown.metadata.owner),
                    escape(", ".join(self.handbook.people.name(d.person) for d in approval.decisions)) if approval else "",
                    words.cell(standing.review_due),
                    escape(" ".join(remarks)),
                ]
            )
        columns = ("number", "title", "state", "rev", "since when", "owner", "approved", "next review", "remark")
        intro = words("list intro", day=words.day(self.handbook.day), current=words("state.in force"))
        return Page(page, words("list of documents"), f"{escape(intro)}\n\n{self._table(columns, rows, 'nothing to do')}")

    def review_board(self) -> Page:
        """What somebody has to do, and who."""
        page = addresses.REVIEW_BOARD
        words, day = self.words, self.handbook.day
        overdue: list[Dated] = []
        due: list[Dated] = []
        starting: list[Dated] = []
        waiting: list[list[str]] = []
        drafts: list[list[str]] = []
        for document in self.handbook.listed:
            standing = document.standing
            assert standing is not None
            metadata = document.shown.metadata
            who = self._role(metadata.owner)
            name = [self._to(document, page), escape(document.title)]
            if standing.overdue:
                overdue.append((standing.review_due, [*name, words.cell(standing.review_due), who]))
            elif standing.review_due and standing.review_due <= day + DUE_WITHIN:
                due.append((standing.review_due, [*name, words.cell(standing.review_due), who]))
            if standing.upcoming:
                first = standing.upcoming.first_day
                starting.append((first, [*name, escape(standing.upcoming.revision), words.cell(first), who]))
            latest = standing.latest.metadata
            newest = document.newest_approval.revision if document.newest_approval else 0
            if (latest.revision or 0) > newest and not standing.withdrawn:
                line = [*name, escape(latest.revision or "")]
                if latest.status == "submitted":
                    roles = [need.role for need in document.kind.approve] if document.kind else []
                    waiting.append([*line, ", ".join(self._role(role) for role in roles)])
                else:
                    drafts.append([*line, who])
        sections = [
            ("board.overdue", ("number", "title", "due on", "who"), _by_day(overdue)),
            ("board.due", ("number", "title", "due on", "who"), _by_day(due)),
            ("board.waiting", ("number", "title", "rev", "waits for"), waiting),
            ("board.starting", ("number", "title", "rev", "starts on", "who"), _by_day(starting)),
            ("board.drafts", ("number", "title", "rev", "who"), drafts),
        ]
        parts = [escape(words("board intro"))]
        for heading, columns, rows in sections:
            parts.append(f"## {escape(words(heading))}\n\n{self._table(columns, rows, 'nothing to do')}")
        return Page(page, words("review board"), "\n\n".join(parts))

    def archive(self) -> Page:
        """Withdrawn documents with what replaced them."""
        page = addresses.ARCHIVE
        rows = []
        for document in self.handbook.listed:
            standing = document.standing
            if standing is None or not (standing.withdrawn or standing.ended):
                continue
            since = standing.withdrawn.first_day if standing.withdrawn else standing.ended
            rows.append(
                [
                    self._to(document, page),
                    escape(document.title),
                    self.words.cell(since),
                    ", ".join(self._to(other, page) for other in successors(self.handbook, document)),
                ]
            )
        columns = ("number", "title", "withdrawn on", "replaced by title")
        body = f"{escape(self.words('archive intro'))}\n\n{self._table(columns, rows, 'archive empty')}"
        return Page(page, self.words("archive"), body, searchable=False)

    def changes(self) -> Page:
        """Revisions that came into force, newest first."""
        page = addresses.CHANGES
        columns = ("since when", "number", "title", "rev", "change")
        body = self._table(columns, [self._change(a, d, page) for a, d in self._entered(None)], "nothing to do")
        return Page(page, self.words("changes"), f"{escape(self.words('changes intro'))}\n\n{body}")

    def _entered(self, since: date | None) -> list[tuple[Approval, Document]]:
        day = self.handbook.day
        entered = [
            (approval, document)
            for document in self.handbook.listed
            for approval in document.approvals
            if approval.first_day <= day and (since is None or approval.first_day >= since)
        ]
        return sorted(entered, key=lambda item: (item[0].first_day, item[1].id, item[0].revision), reverse=True)

    def _change(self, approval: Approval, document: Document, page: str) -> list[str]:
        row = approval.version.metadata.row
        return [
            self.words.cell(approval.first_day),
            self._to(document, page),
            escape(document.title),
            escape(approval.revision),
            escape(row.change if row and row.change else ""),
        ]

    def home(self) -> Page:
        """The home page: four doors, what changed lately, what starts later."""
        page = addresses.HOME
        words = self.words
        doors = [
            ("door.find", addresses.DOCUMENTS),
            ("door.manage", addresses.REVIEW_BOARD),
            ("door.audit", addresses.STANDARDS),
            ("changes", addresses.CHANGES),
        ]
        lines = []
        for key, target in doors:
            text = words("changes intro") if key == "changes" else words(f"{key} text")
            lines.append(f"- **{link(words(key), relative(target, page))}** {escape(text)}")
        columns = ("since when", "number", "title", "rev", "change")
        lately = [self._change(a, d, page) for a, d in self._entered(self.handbook.day - LATELY)][:5]
        soon = _by_day(
            [
                (up.first_day, [words.cell(up.first_day), self._to(d, page), escape(d.title)])
                for d in self.handbook.listed
                if d.standing and (up := d.standing.upcoming)
            ]
        )
        body = [
            '<div class="ems-doors" markdown="1">\n\n' + "\n".join(lines) + "\n\n</div>",
            f"## {escape(words('changed lately'))}\n\n{self._table(columns, lately, 'nothing to do')}",
            f"## {escape(words('starting soon'))}\n\n{self._table(('starts on', 'number', 'title'), soon, 'nothing to do')}",
        ]
        return Page(page, self.handbook.policy.organisation, "\n\n".join(body))


def successors(handbook: Handbook, document: Document) -> list[Document]:
    """The documents that say they replace this one."""
    return [
        other
        for other in handbook.listed
        if any(name.casefold() == document.key for name in other.shown.metadata.supersedes)
    ]


def _by_day(rows: list[Dated]) -> list[list[str]]:
    return [row for _, row in sorted(rows, key=lambda item: (item[0] or date.max, item[1]))]
