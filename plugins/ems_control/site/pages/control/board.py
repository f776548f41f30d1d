"""The review board: what somebody has to do, who, and the act that settles it; right on the day it is read."""

from __future__ import annotations

from datetime import date, timedelta

from ems_control.coverage.emas_clock import legal_tasks
from ems_control.exports.downloads import Data
from ems_control.exports.spreadsheet import Column
from ems_control.ground.markdown.markup import escape, link
from ems_control.ground.text import number_of
from ems_control.handbook import addresses
from ems_control.handbook.document import Document
from ems_control.handbook.live_tables import POSTED_COPIES
from ems_control.handbook.outstanding.table_days import table_tasks
from ems_control.handbook.outstanding.tasks import Task, in_force, to_put_right
from ems_control.handbook.outstanding.uncounted import still_uncounted, uncounted
from ems_control.handbook.outstanding.waiting import Waiting, undated, waiting
from ems_control.site.page import Page, relative
from ems_control.site.pages.control.acts import Acts
from ems_control.site.pages.control.table_kit import TableKit

SOON = timedelta(days=60)
COLUMNS = ("number", "title", "day", "who", "to do")

EMAS = "emas"
"""The regulation has its page where it is claimed; a statement can be there before."""
_PAGES = {"legal": addresses.EMAS, "transition": addresses.TRANSITION}
"""Where what is to be done stands already."""

Line = tuple[date | None, list[str]]
"""A row with the day by which it is sorted."""


def review_board(desk: TableKit) -> list[Page]:
    """Five short lists with a person on every line, and what comes later, folded; then the pages of the acts."""
    board = _Board(desk)
    page = board.page()
    return [page] if desk.within else [page, *board.acts.pages()]


class _Board:
    def __init__(self, desk: TableKit) -> None:
        self.desk, self.words, self.handbook = desk, desk.words, desk.handbook
        self.lists: dict[str, list[Line]] = {"overdue": [], "due": [], "right": [], "later": []}
        self.data: list[list[str]] = []
        self.acts = Acts(desk)
        self.path = desk.at(addresses.REVIEW_BOARD)
        self.busy: set[str] = set()
        """Documents of which a revision waits: that comes before what is due."""
        self.told = uncounted(desk.handbook)

    def page(self) -> Page:
        words = self.words
        found = waiting(self.handbook)
        self.busy = {each.document.key for each in found if each.document}
        self._reviews()
        self._ends()
        waits = [self._waiting(each) for each in found]
        starting = self._starting()
        copies = self.desk.living.get(POSTED_COPIES)
        for task in (*to_put_right(self.handbook, copies), *legal_tasks(self.handbook), *table_tasks(self.handbook)):
            self._task(task)
        drafts = self._drafts()
        parts = [
            escape(words("board intro")),
            self._section("overdue", COLUMNS, _by_day(self.lists["overdue"])),
            self._section("due", COLUMNS, _by_day(self.lists["due"])),
            self._section("waiting", ("number", "title", "rev", "waits for", "since when", "to do"), waits),
            *(escape(words("branch undated", name=name, commit=c.sha[:10])) for name, c in undated(self.handbook)),
            self._section("starting", ("number", "title", "rev", "starts on", "who", "to do"), starting),
            self._section("right", COLUMNS, _by_day(self.lists["right"])),
            self._folded("drafts", ("number", "title", "rev", "who"), drafts),
            self._folded("later", COLUMNS, _by_day(self.lists["later"])),
            link(words("calendar"), relative(addresses.CALENDAR, self.path)) + " · " + words("calendar says"),
            self.desk.downloads(self.path, self._downloads()),
        ]
        return Page(self.path, words("review board"), "\n\n".join(parts))

    # --- the lists --------------------------------------------------------------------------------------------

    def _section(self, name: str, columns: tuple[str, ...], rows: list[list[str]]) -> str:
        return f"## {escape(self.words(f'board.{name}'))} {{#{name}}}\n\n{self._list(name, columns, rows)}"

    def _folded(self, name: str, columns: tuple[str, ...], rows: list[list[str]]) -> str:
        summary = escape(self.words(f"board.{name}"))
        listed = self._list(name, columns, rows)
        return f'<details class="ems-record" markdown="1"><summary>{summary}</summary>\n\n{listed}\n</details>'

    def _list(self, name: str, columns: tuple[str, ...], rows: list[list[str]]) -> str:
        empty = escape(self.words("nothing to do"))
        marker = f'<div class="ems-list" data-list="{name}" data-empty="{empty}" hidden></div>'
        return f"{marker}\n\n{self.desk.table(columns, rows)}"

    def _reviews(self) -> None:
        for document in in_force(self.handbook):
            standing, metadata = document.standing, document.shown.facts
            due = standing.review_due
            if due is None or document.key in self.busy:
                continue
            name = "overdue" if standing.overdue else "due" if due <= self.handbook.day + SOON else "later"
            act = link(self.words("act.review"), self.desk.places.markdown(document, self.path))
            if name != "later":
                act = self.acts.review(document, self.path)
            first = self.desk.row(self.desk.document(document, self.path), due=due, late="overdue", soon="due")
            row = [first, escape(document.title), self._due(due), self.desk.person(metadata.owner), act]
            self.lists[name].append((due, row))
            self._keep(name, document.id, document.title, due, metadata.owner, self.words("act.review"))

    def _ends(self) -> None:
        """Temporary revisions: their last day, and what applies afterwards."""
        words = self.words
        for document in in_force(self.handbook):
            now, back = document.in_force, document.standing.returns
            if now is None or now.until is None or now.until == date.max:
                continue
            name = "due" if now.until <= self.handbook.day + SOON else "later"
            then = words("returns", number=back.revision) if back else words("nothing follows")
            ends = escape(f"{words('ends', day=words.day(now.until))} {then}")
            title = f"{escape(document.title)}<br><small>{ends}</small>"
            act = self.acts.revise(document, "ends", self.path)
            first = self.desk.row(self.desk.document(document, self.path), due=now.until, late="overdue", soon="due")
            owner = document.shown.facts.owner
            self.lists[name].append((now.until, [first, title, self._due(now.until), self.desk.person(owner), act]))
            self._keep(name, document.id, document.title, now.until, owner, words("act.ends"))

    def _due(self, due: date) -> str:
        return f"{self.words.cell(due)} ({self.desk.days(due)})"

    def _waiting(self, each: Waiting) -> list[str]:
        desk, words = self.desk, self.words
        number = desk.document(each.document, self.path) if each.document else f"**{escape(each.id)}**"
        if each.branch:
            title = f"{escape(each.title)}<br><small>{escape(words('on branch', name=each.branch))}</small>"
        else:
            title = escape(each.title)
        for one in each.rejected:
            title += f"<br><small>{escape(desk.rejection(one))}</small>"
        for review in still_uncounted(self.handbook, self.told, each.id):
            said = words("review not counted", who=review.who, number=review.pull, reason=review.reason)
            title += f"<br><small>{escape(said)}</small>"
        who = "<br>".join(
            f"{need.number} × " * (need.number > 1) + desk.person(need.role, need.persons) for need in each.needs
        )
        act = self._read(each.id, each.revision, "act.decide")
        roles = ", ".join(dict.fromkeys(need.role for need in each.needs))
        self._keep("waiting", each.id, each.title, each.since, roles, words("act.decide"))
        since = f"{words.cell(each.since)} ({desk.days(each.since)})"
        first = desk.row(number, id=each.id, branch=each.branch)
        return [first, title, escape(each.revision), who or desk.person(None), since, act]

    def _read(self, number: str, revision: int, act: str) -> str:
        """The way to the text that waits, or whom to ask for it where it is not shown."""
        if not self.handbook.policy.publish.waiting:
            return escape(self.words("ask for text", who=self.desk.controller))
        return link(self.words(act), relative(addresses.waiting_page(number, revision), self.path))

    def _starting(self) -> list[list[str]]:
        found: list[Line] = []
        for document in self.handbook.listed:
            upcoming = document.upcoming
            if upcoming is None:
                continue
            metadata, first = upcoming.version.facts, upcoming.first_day
            stale = self.desk.timed(self.words("started since"), first=first)
            day = f"{self.words.cell(first)} ({self.desk.days(first)}) {stale}"
            title = metadata.title or document.title
            act = self._read(document.id, upcoming.revision, "act.start")
            number = self.desk.row(self.desk.document(document, self.path), start=first)
            row = [number, escape(title), escape(upcoming.revision), day, self.desk.person(metadata.owner), act]
            found.append((first, row))
            self._keep("starting", document.id, title, first, metadata.owner, self.words("act.start"))
        return _by_day(found)

    def _drafts(self) -> list[list[str]]:
        rows = []
        for document in self.handbook.listed:
            standing = document.standing
            if standing.withdrawn:
                continue
            latest = standing.latest.facts
            newest = document.newest_approval.revision if document.newest_approval else 0
            if (latest.revision or 0) > newest and latest.status == "draft":
                number, title = self.desk.document(document, self.path), escape(latest.title or document.id)
                rows.append([number, title, escape(latest.revision or ""), self.desk.person(latest.owner)])
        return rows

    # --- to put right -----------------------------------------------------------------------------------------

    def _task(self, task: Task) -> None:
        words = self.words
        later = task.day is not None and task.day > self.handbook.day + SOON
        facts = dict(task.facts)
        if "duty" in facts:
            facts["duty"] = words(f"legal.{facts['duty']}") + (f": {facts['about']}" if facts["about"] else "")
        if "role" in facts:
            facts["role"] = self.handbook.people.title(facts["role"], words.language)
        if facts.get("place") in set(self.handbook.policy.groups):
            facts["place"] = self.handbook.title(facts["place"], words.language)
        if "what" in facts:
            facts["what"] = words(f"transition.{facts['what']}")
        coming = task.kind == "role" and task.day is not None
        gone = task.kind == "copy" and not facts["current"]
        said = words(f"task.{task.kind}{' later' if coming else ' gone' if gone else ''}", **facts)
        name = f"**{escape(task.name)}**" if task.name else ""
        number = self.desk.document(task.document, self.path) if task.document else name
        comes = task.kind in ("waiver", "role", "legal", "evaluation", "check", "equipment", "transition")
        first = self.desk.row(number, due=(task.day or "") if comes else "", late="right", soon="right", kind=task.kind)
        day = (self._due(task.day) if comes else words.cell(task.day)) if task.day else ""
        row = [first, escape(said), day, self.desk.person(task.role), self._act(task, said)]
        self.lists["later" if later else "right"].append((task.day, row))
        self._keep("later" if later else "right", task.name, said, task.day, task.role, words(f"act.{task.kind}"))

    def _act(self, task: Task, said: str) -> str:
        desk, words = self.desk, self.words
        text = words(f"act.{task.kind}")
        if task.kind in ("role", "waiver", "contributor"):
            return self.acts.policy(task, said, self.path)
        if task.kind == "copy":
            return self.acts.copy(task, said, self.path)
        if task.kind == "equipment":
            return self.acts.equipment(task, said, self.path)
        if task.kind in _PAGES and (task.kind != "legal" or EMAS in self.handbook.policy.standards):
            return link(text, relative(_PAGES[task.kind], self.path))
        if task.kind in ("evaluation", "check") and task.document:
            return self._of_rows(task, task.document, text)
        register = self.handbook.get(task.facts.get("register", ""))
        if task.kind == "record" and register and task.document:
            way = desk.document(register, addresses.act_page(task.document.id))
            return self.acts.revise(task.document, "record", self.path, [way], register)
        source = self.handbook.get(task.facts.get("source", ""))
        if source:
            old, new = (number_of(task.facts[which]) or 0 for which in ("followed", "current"))
            name, more = desk.places.compared.place(source, old, new), list[str]()
            if name and task.document:
                more = [desk.light(source, addresses.act_page(task.document.id), name, words("changes"))]
            if task.document:
                return self.acts.revise(task.document, "translation", self.path, more)
        return link(text, desk.places.markdown(task.document, self.path)) if task.document else escape(text)

    def _of_rows(self, task: Task, document: Document, text: str) -> str:
        if task.day is not None and task.day > self.handbook.day + SOON:
            return link(text, self.desk.places.markdown(document, self.path))
        rows = [escape(self.words(f"task.{task.kind}", **task.facts))]
        return self.acts.revise(document, task.kind, self.path, rows, role=task.role)

    # --- files ------------------------------------------------------------------------------------------------

    def _keep(self, name: str, number: str, title: str, day: date | None, role: str | None, act: str) -> None:
        self.data.append([name, number, title, day.isoformat() if day else "", role or "", act])

    def _downloads(self) -> Data:
        columns = [
            Column("list", 12.0, telling="board"),
            Column("number", 16.0),
            Column("title", 50.0),
            Column("day", 12.0, "day"),
            Column("role", 24.0),
            Column("to do", 40.0),
        ]
        return Data("review-board", columns, self.data)


def _by_day(rows: list[Line]) -> list[list[str]]:
    return [row for _, row in sorted(rows, key=lambda line: (line[0] or date.min, line[1]))]
