"""Approvals: one line per decision, and for each a certificate.

A decision that still stands has a page of its own; those about revisions that were replaced since share one for each
document, or a handbook would grow by a page with every signature for ever.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from ems_control.approvals.lifecycle import Approval, Decision, Event
from ems_control.exports.downloads import Data
from ems_control.exports.spreadsheet import FLAG, Column
from ems_control.exports.words import Words
from ems_control.ground.counting import count
from ems_control.ground.markdown.markup import escape
from ems_control.handbook import addresses
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.site.addressing import Addresses, light_page, relative_address
from ems_control.site.build_cache import BuildCache, key_of_all
from ems_control.site.content_policy import with_policy
from ems_control.site.decision_words import action_of, evidence_of, key_of, named_decisions, role_title
from ems_control.site.page import Page
from ems_control.site.pages.control.changes import MOST
from ems_control.site.pages.control.table_kit import Facet, TableKit
from ems_control.site.revisions.ways import Tops
from ems_control.site.theme import DECISION_TEMPLATE, FOLDER, templates

PAGE = addresses.APPROVALS
EARLIER = "decisions"
"""The light page of decisions that do not stand any more."""


@dataclass(frozen=True)
class Decided:
    """A decision with what it was about, and its `name` among those of its document: `r3/decision-1`."""

    document: Document
    event: Event
    decision: Decision
    name: str

    @property
    def is_earlier(self) -> bool:
        """Whether something else stands in its place by the handbook's day."""
        if self.event is self.document.in_force or self.event is self.document.events[-1]:
            return False
        return not isinstance(self.event, Approval) or self.event.first_day <= self.document.day

    @property
    def page(self) -> str:
        """The name of the light page on which it stands."""
        return EARLIER if self.is_earlier else self.name

    @property
    def anchor(self) -> str:
        """Where it stands there; "" for the whole page."""
        return self.name.replace("/", "-") if self.is_earlier else ""

    @property
    def revision(self) -> int | None:
        """The revision that was approved; None where the document was withdrawn."""
        return self.event.revision if isinstance(self.event, Approval) else None


def decided(handbook: Handbook) -> list[Decided]:
    """Every decision that had landed by the handbook's day, newest first."""
    found = []
    for document in handbook.listed:
        for event, decision, name in named_decisions(document):
            if event.landed <= handbook.day:
                found.append(Decided(document, event, decision, name))
    return sorted(found, key=lambda d: (d.decision.decided, d.document.id, d.name), reverse=True)


DATA = (
    *("decided", "landed", "person", "role", "deputy", "document", "revision", "decision", "level", "digest", "commit"),
    *("on_paper_by", "on_paper_on"),
)
TOLD = {"deputy": FLAG, "decision": "decision", "level": "level"}
"""The columns of the files, and as what those with words of ours are told."""


def approvals(desk: TableKit) -> Page:
    """The list of decisions, newest first."""
    words, people = desk.words, desk.handbook.people
    found = decided(desk.handbook)
    persons = {addresses.anchor(d.decision.person): people.name(d.decision.person) for d in found[:MOST]}
    numbers = {d.document.id: d.document.id for d in sorted(found[:MOST], key=lambda d: d.document.id)}
    facets = [Facet("person", words("person"), persons), Facet("id", words("document"), numbers)]
    heads = ("decided on", "person", "in role", "document", "rev", "decision", "paper approval", "level", "")
    parts = [
        escape(words("approvals intro")),
        desk.tools("approvals", facets) + desk.table(heads, [_row(desk, each) for each in found[:MOST]]),
    ]
    if len(found) > MOST:
        parts.append(escape(words("older in files", count=len(found) - MOST)))
    columns = [Column(name, 18.0, telling=TOLD.get(name, "")) for name in DATA]
    parts.append(desk.downloads(PAGE, Data("approvals", columns, [_data(each) for each in found])))
    return Page(PAGE, words("approvals"), "\n\n".join(parts), searchable=False)


def _row(desk: TableKit, each: Decided) -> list[str]:
    words, decision = desk.words, each.decision
    day = desk.row(words.cell(decision.decided), person=addresses.anchor(decision.person), id=each.document.id)
    return [
        day,
        escape(desk.handbook.people.name(decision.person)),
        escape(role_title(desk.handbook, decision, words)),
        desk.document(each.document, PAGE),
        escape(each.revision or ""),
        escape(words(f"decision.{action_of(each.event, decision)}")),
        _paper(desk, each),
        escape(words(f"level.{decision.level}")),
        desk.light(each.document, PAGE, each.page, words("certificate"), each.anchor),
    ]


def _paper(desk: TableKit, each: Decided) -> str:
    """Who approved the paper that a decision took over, and when."""
    event = each.event
    if not isinstance(event, Approval) or not event.on_paper or event.approved_on is None:
        return ""
    names = ", ".join(desk.handbook.people.name(person) for person in event.approved_by)
    return f"{escape(names)}, {desk.words.cell(event.approved_on)}"


def _data(each: Decided) -> list[object]:
    decision, commit = each.decision, each.event.version.commit
    paper = each.event if isinstance(each.event, Approval) and each.event.on_paper else None
    return [
        decision.decided.isoformat(),
        decision.landed.isoformat(),
        decision.person,
        decision.role,
        "yes" if decision.deputy else "no",
        each.document.id,
        each.revision or "",
        action_of(each.event, decision),
        decision.level,
        decision.seal.digest if decision.seal else each.event.version.digest(),
        commit.sha if commit else "",
        " ".join(paper.approved_by) if paper else "",
        paper.approved_on.isoformat() if paper and paper.approved_on else "",
    ]


# --- certificates -----------------------------------------------------------------------------------------------


def certificates(
    handbook: Handbook, words: Words, pages: dict[str, str], style: Addresses, cache: Path | None
) -> Iterator[tuple[str, bytes]]:
    """The pages of the decisions, as paths under the site: light pages, kept by what stands on them."""
    template = templates(FOLDER / "ems").get_template(DECISION_TEMPLATE)
    kept = BuildCache(cache / "decisions" if cache else None)
    found = sorted(decided(handbook), key=lambda each: each.document.key)
    tops = Tops(handbook, style)
    for key, those in groupby(found, key=lambda each: each.document.key):
        shelf, document = kept.shelf(key), handbook.documents[key]
        pages_of: dict[str, list[dict[str, object]]] = {}
        for each in those:
            pages_of.setdefault(each.page, []).append(_shown(handbook, words, each, style))
        for name, shown in pages_of.items():
            facts = _frame(handbook, words, document, name, pages, style, tops)
            facts |= {"title": document.title, "decisions": shown} if name == EARLIER else shown[0]
            under = key_of_all(name, facts)
            made = shelf.get(under)
            if made is None:
                count("pages_rendered")
                made = {"page": with_policy(template.render(facts, words=words))}
                shelf.put(under, made)
            path = posixpath.splitext(light_page(document.id, name))[0] + ".html"
            yield path, made["page"].encode(errors="replace")
        kept.store(shelf)
    kept.sweep()


def _frame(
    handbook: Handbook,
    words: Words,
    document: Document,
    name: str,
    pages: dict[str, str],
    style: Addresses,
    tops: Tops,
) -> dict[str, object]:
    """What stands around the decisions on a page of them."""
    folder = posixpath.dirname(light_page(document.id, name))

    def href(target: str) -> str:
        return relative_address(target, folder)

    return {
        "language": words.language,
        "top": tops.top(words, folder),
        "organisation": handbook.policy.organisation,
        "id": document.id,
        "document_href": href(style.file(style.of(pages[document.key]))) if document.key in pages else "",
        "list_href": href(style.file(style.of(PAGE))),
    }


def _shown(handbook: Handbook, words: Words, each: Decided, style: Addresses) -> dict[str, object]:
    """What a page says of a decision."""
    document = each.document
    there = style.file(style.light(document.id, f"r{each.revision}"))
    lasting = each.revision is not None and each.event.first_day <= handbook.day
    folder = posixpath.dirname(light_page(document.id, each.page))
    return {
        "anchor": each.anchor,
        "title": each.event.version.facts.title or document.title,
        "revision": each.revision,
        "revision_href": relative_address(there, folder) if lasting else "",
        "rows": _facts(handbook, words, each),
        "means": words(f"means.{each.decision.level}", name=handbook.people.name(each.decision.person)),
        "check": _check(each),
    }


def _facts(handbook: Handbook, words: Words, each: Decided) -> list[tuple[str, str]]:
    decision, version = each.decision, each.event.version
    row = version.row
    author = row.author if row else None
    zone = handbook.policy.zone
    rows = [
        (words("decision"), words(f"decision.{action_of(each.event, decision)}")),
        (words("person"), handbook.people.name(decision.person)),
        (words("in role"), role_title(handbook, decision, words)),
        (words("decided on"), words.day(decision.decided)),
        (words("landed on"), words.day(decision.landed.astimezone(zone).date())),
        (words("applies from"), words.day(each.event.first_day)),
        (words("author"), handbook.people.name(author) if author else ""),
        (words("author other"), words("no" if author == decision.person else "yes") if author else ""),
        (words("change"), (row.change or "") if row else ""),
        (words("level"), words(f"level.{decision.level}")),
        (words("evidence"), evidence_of(handbook, decision, words)),
        (words("key"), key_of(decision)),
        (words("record file"), decision.entry.path if decision.entry else ""),
        (words("fingerprint"), decision.seal.digest if decision.seal else version.digest()),
    ]
    return [(name, value) for name, value in rows if value]


def _check(each: Decided) -> list[str]:
    """Commands with which anybody can look for themselves in a copy of the repository."""
    version = each.event.version
    lines = [f"ems history {each.document.id}", "ems verify"]
    if entry := each.decision.entry:
        person, path = each.decision.person, entry.path
        lines.append(f"ssh-keygen -Y verify -f allowed_signers.txt -I {person} -n ems-approval -s {path}.sig < {path}")
    return [*lines, f"git show {version.commit.sha}:{version.path}"] if version.commit else lines
