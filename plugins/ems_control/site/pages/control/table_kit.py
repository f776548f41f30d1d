"""What the control pages share: cells, rows that carry their facts for the script, tables with tools and downloads."""

from __future__ import annotations

import html
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TypeVar

from ems_control.approvals.needs import Need
from ems_control.approvals.rejections import Rejection
from ems_control.exports.downloads import Data, files, places
from ems_control.exports.spreadsheet import Sheet, workbook
from ems_control.exports.words import Words
from ems_control.ground.counting import count
from ems_control.ground.errors import EmsError
from ems_control.ground.kept import Kept
from ems_control.ground.markdown.markup import escape, link, table
from ems_control.ground.organisation.references import ReferenceProblem
from ems_control.handbook import addresses
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.live_tables import LIVING, LivingTable, living_table
from ems_control.handbook.outstanding.missing_decisions import asked_of
from ems_control.handbook.page_paths import address
from ems_control.handbook.rule_families import FAMILIES
from ems_control.rules.book import find_rule
from ems_control.site.build_cache import key_of_all
from ems_control.site.fragments import Fragments
from ems_control.site.page import relative
from ems_control.site.page_context import TOOL_WORDS
from ems_control.site.places import Places

T = TypeVar("T")


@dataclass(frozen=True)
class Facet:
    """A property of rows by which a table is filtered: its key in the rows, and the words of its values."""

    key: str
    label: str
    values: Mapping[str, str] = field(default_factory=dict)


def _marked(row: Sequence[str], first: Collection[int]) -> list[str]:
    """A row whose cells of the columns `first` are shown at once on a phone."""
    return [f"{cell} {{ .ems-k }}" if cell and at in first else cell for at, cell in enumerate(row)]


_WORKBOOKS = 24
"""So many workbooks are kept."""
_FIELDS = {"overdue": "", "since": 12 * "0", "as of field": 12 * "0"}
"""What else stands among the filters, and how long it is."""


class TableKit:
    """Makes cells and tables for the control pages of one handbook in one language."""

    def __init__(self, handbook: Handbook, words: Words, places: Places, built: datetime, within: str = "") -> None:
        """`built` is the moment of the build; `assets` collects the files beside the tables.

        `within` is the language, where it is another one than the first of the handbook.
        """
        self.handbook, self.words, self.places, self.built = handbook, words, places, built
        self.within = within
        self._spoken = frozenset(addresses.in_each_language(handbook.policy))
        self.fragments = Fragments(handbook)
        self.assets: dict[str, bytes] = {}
        self._workbooks = Kept(handbook.repository.cache_dir / "workbooks", _WORKBOOKS)

    def at(self, path: str) -> str:
        """Where a page stands in the language of this kit: some have one in each."""
        return addresses.in_language(path, self.within) if self.within and path in self._spoken else path

    def parts(self, path: str, rows: Sequence[T]) -> list[tuple[str, Sequence[T]]]:
        """The pages of a list with the rows that each shows: one, or as many as the policy's `rows_per_page` makes."""
        most = self.handbook.policy.publish.rows_per_page
        starts = range(0, max(len(rows), 1), most)
        return [(self._part(path, at), rows[start : start + most]) for at, start in enumerate(starts, 1)]

    def _part(self, path: str, number: int) -> str:
        found = addresses.part_of(path, number)
        while number > 1 and address(found) in self._held:
            found = found.replace("part-", "part-0")
        return found

    @cached_property
    def _held(self) -> set[str]:
        """The addresses that documents have."""
        return {address(path) for path in self.places.pages.values()}

    def ways(self, at: int, parts: Sequence[tuple[str, Sequence[object]]]) -> str:
        """The line that leads from one part of a list to the others; the script looks through all of them."""
        if len(parts) < 2:
            return ""
        here = parts[at][0]
        ways = [
            f"**{number}**" if number == at + 1 else link(str(number), relative(path, here))
            for number, (path, _) in enumerate(parts, 1)
        ]
        return f"{escape(self.words('parts of list', count=len(parts)))} {' · '.join(ways)}\n{{: .ems-parts }}\n\n"

    # --- cells ------------------------------------------------------------------------------------------------

    def document(self, document: Document, page: str) -> str:
        """The number of a document as a link to its page; as text where it has none."""
        if document.key not in self.places.pages:
            return self.fragments.number(escape(document.id))
        return self.fragments.number(link(document.id, self.places.markdown(document, page)))

    def named(self, document_id: str, page: str) -> str:
        """A number as a link where a document of the handbook has it."""
        document = self.handbook.get(document_id)
        return (
            self.document(document, page)
            if document and document.listed
            else self.fragments.number(escape(document_id))
        )

    def state(self, state: str) -> str:
        """A state as its word and sign."""
        return self.fragments.state(state, self.words(f"state.{state}"))

    def person(self, role: str | None, keys: Sequence[str] | None = None) -> str:
        """A role with the persons who can act in it (`keys`, else who holds it), or the word that nobody can."""
        if not role:
            return escape(self.words("nobody"))
        keys = asked_of(self.handbook, Need("approve", role, 1)).persons if keys is None else keys
        names = [self.handbook.people.name(key) for key in keys]
        title = self.handbook.people.title(role, self.words.language)
        return escape(f"{title} ({', '.join(names) or self.words('nobody')})")

    @property
    def controller(self) -> str:
        """Who keeps the documents: the role that releases editorial revisions, else that of the policy."""
        policy = self.handbook.policy
        role = (policy.editorial or policy.policy_approval).role
        names = [self.handbook.people.name(key) for key in asked_of(self.handbook, Need("approve", role, 1)).persons]
        title = self.handbook.people.title(role, self.words.language)
        return f"{title} ({', '.join(names) or self.words('nobody')})"

    def rejection(self, one: Rejection) -> str:
        """Who rejected a text, and what ends that."""
        by, words = one.sound.record.by, self.words
        name, day = self.handbook.people.name(by.person), words.day(one.day)
        if one.held_until is None:
            return words("rejection stands", name=name, day=day)
        return words("rejection of one who left", name=name, day=day, until=words.day(one.held_until))

    def light(self, document: Document, page: str, name: str, text: str, anchor: str = "") -> str:
        """A link to a light page of a document (`r3`, `r2-r3`), or to a place on it."""
        target = html.escape(self.places.light(document, page, name) + (f"#{anchor}" if anchor else ""))
        return f'<a href="{target}">{escape(text)}</a>'

    def rule(self, code: str, page: str, text: str) -> str:
        """A link to the page of a rule, or the text alone where there is no such rule."""
        try:
            found = find_rule(code)
        except EmsError:
            return escape(text)
        target = addresses.rules_page(FAMILIES[found.family][1])
        return link(text, f"{relative(target, page)}#{found.code}")

    def row(self, cell: str, anchor: str = "", **facts: object) -> str:
        """The first cell of a row, with facts about the row for the script, and an anchor for links to it."""
        shown = {f"data-{key.replace('_', '-')}": fact for key, fact in facts.items() if fact not in ("", None)}
        if anchor:
            shown["id"] = anchor
        return self.fragments.row(cell, shown)

    def timed(
        self, text: str, first: date | None = None, until: date | None = None, after: bool = False, kind: str = "late"
    ) -> str:
        """A text that holds from a day on (`after`: from the next), to a last day.

        It is hidden outside of that, and the script looks again on the reader's day. `kind` is `late` or `soon`.
        """
        today = self.handbook.day
        if first and after:
            first = min(first, date.max - timedelta(days=1)) + timedelta(days=1)
        hidden = (first is not None and today < first) or (until is not None and today > until)
        return self.fragments.timed(text, kind, first, until, hidden)

    def days(self, day: date) -> str:
        """How many days ago a day was, or how many are left; the script counts again on the reader's day."""
        words = self.words
        count = (day - self.handbook.day).days
        near = {-1: words("yesterday"), 0: words("today"), 1: words("tomorrow")}
        shown = near.get(count) or words("days left" if count > 0 else "days ago", count=abs(count))
        forms = [*near.values(), words("days left", count="#"), words("days ago", count="#")]
        return self.fragments.days(shown, day, "|".join(forms))

    # --- tables -----------------------------------------------------------------------------------------------

    def table(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        empty: str = "nothing to do",
        first: Collection[str] = (),
    ) -> str:
        """A table under the words of `columns`; the word `empty` where there are no rows.

        On a phone a row shows its cells in the columns `first`, and the others at a tap; all where none is named.
        """
        if not rows:
            return f"{escape(self.words(empty))}\n"
        if first:
            rows = [_marked(row, [at for at, column in enumerate(columns) if column in first]) for row in rows]
        return table([escape(self.words(column)) if column else " " for column in columns], rows)

    def tools(self, name: str, facets: Sequence[Facet] = (), **more: str) -> str:
        """The place where the script puts search, filters and count for the tables that follow; empty without it."""
        shown = json.dumps({key: self.words(key) for key in TOOL_WORDS} | more, ensure_ascii=False)
        chosen = json.dumps([[f.key, f.label, dict(f.values)] for f in facets], ensure_ascii=False)
        chips = [(f.label, max(dict(f.values).values(), key=len, default="")) for f in facets]
        chips += [(more[key], long) for key, long in _FIELDS.items() if key in more]
        return self.fragments.tools(name, shown, chosen, self.words("find in table"), chips) + "\n\n"

    def plain_table(self, heads: Sequence[str], rows: Sequence[Sequence[str]], first: Collection[int] = ()) -> str:
        """A table under heads that are words already; `first` are the columns (from 0) that a phone shows at once."""
        if not rows:
            return f"{escape(self.words('nothing to do'))}\n"
        return table([escape(head) for head in heads], [_marked(row, first) for row in rows])

    def downloads(self, page: str, data: Data, more: Mapping[str, str] | None = None) -> str:
        """The line of links to the same rows as files, which are added to the assets; `more` files by name."""
        title = f"{self.handbook.policy.organisation} · {self.words('as of', day=self.words.day(self.handbook.day))}"
        if not self.within:
            self.assets |= files(data, title, self.handbook.day.isoformat(), self.words, self._workbook)
        found = places(data.name)
        named = {path.rsplit(".", 1)[1].upper(): path for path in found} | dict(more or {})
        links = " · ".join(link(name, relative(path, page)) for name, path in named.items())
        return f"\n{escape(self.words('same as file'))} {links}\n{{: .ems-files }}\n"

    def _workbook(self, sheet: Sheet, title: str, as_of: str) -> bytes:
        """The workbook of a sheet, from an earlier build where all that it shows is the same."""
        shown = (sheet.name, [astuple(column) for column in sheet.columns], sheet.rows, dict(sheet.styles))
        key = key_of_all(*shown, sorted(sheet.bold), sheet.note, title, as_of)
        found = self._workbooks.get(key)
        if found is None:
            count("workbooks_made")
            found = workbook([sheet], title, as_of)
            self._workbooks.put(key, lambda file: file.write(found))
        return found

    # --- facets -----------------------------------------------------------------------------------------------

    @cached_property
    def types(self) -> Facet:
        """Documents by type."""
        names = {name: self.words.known(f"type.{name}", name) for name in self.handbook.policy.types}
        return Facet("type", self.words("type"), names)

    @cached_property
    def groups(self) -> Facet:
        """Documents by the groups that they are for."""
        names = {name: self.handbook.title(name, self.words.language) for name in self.handbook.policy.groups}
        return Facet("group", self.words("distribution"), names)

    def clauses(self, document: Document) -> dict[str, str]:
        """The clauses that a document says it answers, by key, as people write them."""
        found = {}
        for text in document.filing.clauses:
            try:
                reference = self.handbook.catalogue.parse(text)
            except ReferenceProblem:
                continue
            name = self.handbook.catalogue.get(reference.standard).name
            number = self.handbook.catalogue.clause(reference).number
            found[f"{reference.standard}/{number}".replace(" ", "")] = f"{name} {number}"
        return found

    @cached_property
    def living(self) -> dict[str, LivingTable]:
        """The tables at HEAD that have a page of their own, by file name."""
        found = {name: living_table(self.handbook, name) for name in LIVING}
        return {name: each for name, each in found.items() if each}

    def lately(self, days: int) -> date:
        """So many days before the handbook's day."""
        return self.handbook.day - timedelta(days=days)
