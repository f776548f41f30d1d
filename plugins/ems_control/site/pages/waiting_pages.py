"""A page for each text that is not in force yet: what waits for decisions, or is approved for a later day.

First that it does not apply and whom it waits for, then one act, what changes for people, what it touches, the text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ems_control.approvals.needs import Need
from ems_control.documents.history import Version
from ems_control.documents.revision_changes import revision_changes
from ems_control.ground.markdown.markup import escape, link
from ems_control.handbook import addresses
from ems_control.handbook.document import Document
from ems_control.handbook.outstanding.waiting import Waiting, waiting
from ems_control.handbook.related import Related
from ems_control.site.page import Page, relative
from ems_control.site.pages.control.acts import ACT
from ems_control.site.pages.control.table_kit import TableKit
from ems_control.site.pages.document_page import Sealed
from ems_control.site.revisions.told import TOLD_BESIDE, TOLD_FIRST, of_course, shown_change
from ems_control.site.to_come import holds_active, to_come

TEXT = "text-to-come"
"""The anchor of the text: what stands behind it is not for print."""


@dataclass(frozen=True)
class _Coming:
    """A text that is not in force: of which document, what it waits for (None: for its day)."""

    id: str
    revision: int
    text: Version
    document: Document | None
    waits: Waiting | None


def waiting_pages(desk: TableKit, sealed: Sealed, related: Related) -> list[Page]:
    """The pages; none where the policy hides them, or where a document has the address."""
    if not desk.handbook.policy.publish.waiting:
        return []
    return [_Maker(desk, sealed, related, each).page() for each in _coming(desk)]


def _coming(desk: TableKit) -> Iterator[_Coming]:
    for document in desk.handbook.listed:
        if document.upcoming:
            yield _Coming(document.id, document.upcoming.revision, document.upcoming.version, document, None)
    for each in waiting(desk.handbook):
        if each.text:
            yield _Coming(each.id, each.revision, each.text, each.document, each)


class _Maker:
    def __init__(self, desk: TableKit, sealed: Sealed, related: Related, coming: _Coming) -> None:
        self.desk, self.words, self.handbook = desk, desk.words, desk.handbook
        self.sealed, self.related, self.coming = sealed, related, coming
        self.path = addresses.waiting_page(coming.id, coming.revision)
        self.before = coming.document.in_force.version if coming.document and coming.document.in_force else None

    def page(self) -> Page:
        coming, words = self.coming, self.words
        title = coming.text.facts.title or coming.id
        row = coming.text.row
        kicker = f"{coming.id} · {words('revision', number=coming.revision)}"
        parts = [
            f"{escape(self._state())}\n{{: .ems-banner }}",
            f"{escape(kicker)}\n{{: .ems-kicker }}",
            f"# {escape(title)} {{: .ems-title }}",
            *(escape(self.desk.rejection(one)) for one in (coming.waits.rejected if coming.waits else ())),
            escape(row.change) if row and row.change else "",
            escape(words("to come written", names=self._authors())) if self._authors() else "",
            *self._act(),
            f"## {escape(words('for people'))} {{#changes}}",
            *self._changes(),
            f"## {escape(words('to come touches'))} {{#touches}}",
            "\n".join(f"- {line}" for line in self._touches()) or escape(words("to come nothing")),
            f"## {escape(words('to come text'))} {{#{TEXT}}}",
            self._text(),
        ]
        ems = {"language": coming.text.facts.language or "", "sheet": self._state()}
        return Page(self.path, title, "\n\n".join(part for part in parts if part) + "\n", "waiting", False, ems)

    def _state(self) -> str:
        waits, words = self.coming.waits, self.words
        if waits is None:
            up = self.coming.document.upcoming if self.coming.document else None
            return words("to come later", day=words.day(up.first_day if up else None))
        who = ", ".join(self._who(need) for need in waits.needs) or words("nobody")
        return words("to come waits", who=who, day=words.day(waits.since))

    def _who(self, need: Need) -> str:
        names = ", ".join(self.handbook.people.name(key) for key in need.persons) or self.words("nobody")
        return f"{names} ({self.handbook.people.title(need.role, self.words.language)})"

    def _authors(self) -> str:
        row, waits = self.coming.text.row, self.coming.waits
        if waits is None:
            return ""  # others have approved it
        keys = waits.wrote or ((row.author,) if row and row.author else ())
        return ", ".join(self.handbook.people.name(key) for key in keys)

    # --- the act ----------------------------------------------------------------------------------------------

    def _act(self) -> Iterator[str]:
        """What settles it, for whom it waits for, and whom to ask otherwise."""
        waits, words = self.coming.waits, self.words
        if waits is None:
            owner = self.coming.text.facts.owner
            yield f"## {escape(words('act.start'))} {{#act}}"
            yield f"{self.desk.person(owner)}: {self._groups()}"
            return
        yield f"## {escape(words('act.decide'))} {{#act}}"
        kind = self.handbook.policy.kind_of(self.coming.id)
        level = kind.level if kind else "signed"
        for need in waits.needs:
            if level == "witnessed":
                yield escape(words("act at forge", who=self._who(need)))
                continue
            person = need.persons[0] if need.persons else "PERSON"
            key = " --key FILE" if level == "signed" else ""
            action = f" --action {need.action}" if need.action != "approve" else ""
            yield f"{escape(words('act by', who=self._who(need)))}"
            yield f"    ems approve {waits.id} --as {person}{key}{action}"
        address = self.handbook.site_config.tree.get("repo_url")
        more = []
        if isinstance(address, str) and address.startswith("https://"):
            more.append(f"{link(words('act forge'), address)}{ACT}")
        more.append(escape(words("act ask", who=self.desk.controller)))
        yield " · ".join(more)

    def _groups(self) -> str:
        groups = self.coming.text.facts.distribution
        known = set(self.handbook.policy.groups)
        told = [
            link(self.handbook.title(group, self.words.language), relative(addresses.group_page(group), self.path))
            if group in known
            else escape(group)
            for group in groups
        ]
        return ", ".join(told) or escape(self.words("nobody"))

    # --- what it changes and touches ----------------------------------------------------------------------------

    def _changes(self) -> Iterator[str]:
        words, document = self.words, self.coming.document
        if self.before is None:
            yield escape(words("to come first"))
            return
        titles = [title for role in self.handbook.people.roles.values() for title in role.values()]
        changes = [one for one in revision_changes(self.before, self.coming.text, titles) if not of_course(one)]
        told = [shown_change(one, words) for kind in (*TOLD_FIRST, *TOLD_BESIDE) for one in changes if one.kind == kind]
        rows = [
            [escape(one[key]) for key in ("kind", "label", "old")] + [escape(one["dropped"] or one["new"])]
            for one in told
        ]
        if rows:
            yield self.desk.table(("kind of change", "what", "was", "is now"), rows)
        else:
            yield escape(words("nothing for people"))
        if document and self.coming.revision in to_come(self.handbook, document) and self.desk.places.texts(document):
            yield self.desk.light(document, self.path, f"waiting-r{self.coming.revision}", words("to come redline"))

    def _touches(self) -> Iterator[str]:
        document, words = self.coming.document, self.words
        if document is None:
            return
        old, new = set(document.filing.clauses), set(self.coming.text.facts.clauses)
        if document.in_force and old != new:
            come, gone = (", ".join(sorted(side)) or "–" for side in (new - old, old - new))
            yield escape(words("to come clauses", come=come, gone=gone))
        posted = [f"{copy.number} {copy.place}".strip() for copy in self.related.posted(document)]
        if posted:
            yield escape(words("to come copies", copies=", ".join(posted)))
        others = [self.desk.document(other, self.path) for other in self.related.referred_by(document)]
        if others:
            yield f"{escape(words('to come referred'))} {', '.join(others)}"

    def _text(self) -> str:
        waits, words = self.coming.waits, self.words
        if waits and waits.branch:
            return escape(words("to come held", why=words("to come branch", name=waits.branch)))
        if holds_active(self.handbook, self.coming.text):
            return escape(words("to come held", why=words("to come active")))
        return self.sealed(self.coming.text, self.path)
