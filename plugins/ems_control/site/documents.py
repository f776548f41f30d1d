"""The page of a document: the text in force with its state line, or a page that says that nothing is in force."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from ems_control.ground.markup import escape, link, table
from ems_control.ground.references import ReferenceProblem
from ems_control.handbook import addresses, views
from ems_control.handbook.handbook import Document, Handbook
from ems_control.handbook.history import Version
from ems_control.handbook.lifecycle import Approval
from ems_control.site.listings import successors
from ems_control.site.page import Page, relative
from ems_control.site.words import Words

Sealed = Callable[[Version, str], str]
"""Gives the sealed text of a version for a page."""


class DocumentPages:
    """Makes the pages of documents; `pages` maps the key of a document to its path under docs/."""

    def __init__(self, handbook: Handbook, words: Words, pages: dict[str, str], sealed: Sealed) -> None:
        """`sealed` renders a version for a page and notes the files that it loads."""
        self.handbook, self.words, self.pages, self.sealed = handbook, words, pages, sealed

    def page(self, document: Document) -> Page:
        """The page of a document on the handbook's day."""
        standing = document.standing
        path = self.pages[document.key]
        words = self._words(document)
        if standing and standing.in_force:
            version = standing.in_force.version
            body = self.sealed(version, path) + self._control_record(document, version, path, words)
            return Page(path, document.title, body, "document", True, self._facts(document, path, words))
        if standing and standing.withdrawn and document.newest_approval:
            version = document.newest_approval.version
            body = self._replaced(document, path, words) + self.sealed(version, path)
            body += self._control_record(document, version, path, words)
            return Page(path, document.title, body, "withdrawn", False, self._facts(document, path, words))
        body = f"{words('nothing in force')} {words('nothing to read')}\n" + self._control_record(
            document, document.history.newest, path, words
        )
        return Page(path, document.title, body, "stub", False, self._facts(document, path, words))

    def preview(self, document: Document, findings: list[str]) -> Page:
        """The text in the working tree under a DRAFT banner, with what the check found in it."""
        words = self._words(document)
        path = self.pages[document.key]
        version = document.current or document.history.newest
        facts = self._facts(document, path, words)
        facts["banner"] = words("draft banner", number=version.metadata.revision or "?")
        if document.standing and document.standing.in_force:
            facts["notes"] = [words("in force instead", number=document.standing.in_force.revision)]
        facts["findings"] = findings
        facts["findings_title"] = words("to put right")
        body = self.sealed(version, path)
        return Page(path, version.metadata.title or document.title, body, "preview", False, facts)

    def _words(self, document: Document) -> Words:
        return Words(document.shown.metadata.language) if document.shown.metadata.language else self.words

    def _replaced(self, document: Document, path: str, words: Words) -> str:
        """The last line on top of a withdrawn document: what to read instead."""
        links = ", ".join(self._link(other.id, path) for other in successors(self.handbook, document))
        return f"{words('replaced by', links=links)}\n{{: .ems-note .ems-withdrawn }}\n\n" if links else ""

    # --- the lines on top -------------------------------------------------------------------------------------

    def _facts(self, document: Document, path: str, words: Words) -> dict[str, Any]:
        metadata = document.shown.metadata
        type_word = words.known(f"type.{document.type_name}", document.type_name or "")
        return {
            "id": document.id,
            "language": metadata.language or "",
            "kicker": " · ".join(part for part in (document.id, type_word) if part),
            "state": document.state.value.replace(" ", "-"),
            "state_word": words(f"state.{document.state.value}"),
            "line": self._state_line(document, words),
            "notes": self._notes(document, words),
            "digest": document.shown.digest,
        }

    def _state_line(self, document: Document, words: Words) -> list[str]:
        standing = document.standing
        approval = standing.in_force if standing else None
        parts: list[str] = []
        if approval:
            parts += [words("revision", number=approval.revision), words("since", day=words.day(approval.first_day))]
        owner = document.shown.metadata.owner
        if owner:
            parts.append(words("owner is", role=self.handbook.people.title(owner, words.language)))
        if approval:
            names = ", ".join(
                f"{self.handbook.people.name(d.person)}, {self._role(d.role, d.deputy, words)}" for d in approval.decisions
            )
            parts.append(words("approved by", names=names))
        return parts

    def _role(self, role: str, deputy: bool, words: Words) -> str:
        title = self.handbook.people.title(role, words.language)
        return words("deputy", role=title) if deputy else title

    def _notes(self, document: Document, words: Words) -> list[str]:
        standing = document.standing
        if standing is None:
            return []
        notes: list[str] = []
        if standing.withdrawn:
            notes.append(words("not for use", day=words.day(standing.withdrawn.first_day)))
        elif standing.ended:
            notes.append(words("not for use", day=words.day(standing.ended)))
        if standing.upcoming:
            day = words.day(standing.upcoming.first_day)
            notes.append(words("starts", number=standing.upcoming.revision, day=day))
        if standing.in_force and standing.in_force.until:
            notes.append(words("ends", day=words.day(standing.in_force.until)))
        if standing.overdue:
            notes.append(words("review was due", day=words.day(standing.review_due)))
        notes += self._translation(document, words)
        return notes

    def _translation(self, document: Document, words: Words) -> list[str]:
        source, _, number = (document.shown.metadata.translates or "").partition("/")
        original = self.handbook.get(source) if source else None
        current = original.standing.in_force if original and original.standing else None
        if not current:
            return []
        if str(current.revision) == number:
            return [words("translation current", source=source, number=number)]
        return [words("translation behind", source=source, number=number, current=current.revision)]

    # --- the control record at the foot -----------------------------------------------------------------------

    def _control_record(self, document: Document, version: Version, path: str, words: Words) -> str:
        rows = [[escape(label), value] for label, value in self._record_rows(document, version, path, words) if value]
        parts = [
            "\n\n",
            f'<details class="ems-record" markdown="1"><summary>{escape(words("control record"))}</summary>\n\n',
            table([" ", " "], rows),
            self._clauses(document, version, path, words),
            self._history(document, words),
            "\n</details>\n",
        ]
        return "".join(parts)

    def _record_rows(self, document: Document, version: Version, path: str, words: Words) -> list[tuple[str, str]]:
        metadata = version.metadata
        standing = document.standing
        approval = standing.in_force if standing else None
        role = self.handbook.people.title(metadata.owner, words.language) if metadata.owner else ""
        title = self.handbook.people.title
        rows = [
            (words("number"), escape(document.id)),
            (words("state"), escape(words(f"state.{document.state.value}"))),
            (words("rev"), escape(approval.revision) if approval else ""),
            (words("since when"), escape(words.day(approval.first_day)) if approval else ""),
            (words("owner"), escape(role)),
            (words("approved"), self._approved(approval, words)),
            (words("author other"), self._independent(approval, words)),
            (words("next review"), escape(words.day(standing.review_due)) if standing else ""),
            (words("distribution"), escape(", ".join(title(group) for group in document.filing.distribution))),
            (words("formerly"), escape(", ".join(metadata.formerly))),
            (words("supersedes"), ", ".join(self._link(other, path) for other in metadata.supersedes)),
            (words("fingerprint"), f"<code>{version.digest.removeprefix('sha256:')[:16]}</code>"),
        ]
        return rows

    def _approved(self, approval: Approval | None, words: Words) -> str:
        if approval is None:
            return ""
        return "; ".join(
            escape(
                words(
                    "approved line",
                    name=self.handbook.people.name(d.person),
                    role=self._role(d.role, d.deputy, words),
                    day=words.day(d.decided),
                    level=words(f"level.{d.level}"),
                )
            )
            for d in approval.decisions
        )

    @staticmethod
    def _independent(approval: Approval | None, words: Words) -> str:
        if approval is None:
            return ""
        row = approval.version.metadata.row
        wrote = row.author if row else None
        return escape(words("no" if wrote in {d.person for d in approval.decisions} else "yes"))

    def _link(self, document_id: str, path: str) -> str:
        other = self.handbook.get(document_id)
        if other is None or other.key not in self.pages:
            return escape(document_id)
        return link(f"{other.id} {other.title}", relative(self.pages[other.key], path))

    def _clauses(self, document: Document, version: Version, path: str, words: Words) -> str:
        rows = []
        headings = {heading.anchor: heading.text for heading in version.file.headings}
        for text in document.filing.clauses:
            try:
                reference = self.handbook.catalogue.parse(text)
            except ReferenceProblem:
                rows.append([escape(text), "", ""])
                continue
            clause = self.handbook.catalogue.clause(reference)
            standard = self.handbook.catalogue.get(reference.standard)
            where = ""
            if reference.anchor in version.file.anchors:
                where = link(headings.get(reference.anchor, reference.anchor), f"#{reference.anchor}")
            name = escape(f"{standard.name} {clause.number}")
            if standard.id in self.handbook.policy.standards and not clause.heading_only:
                target = relative(addresses.clause_page(standard.id, clause.number), path)
                name = link(f"{standard.name} {clause.number}", target)
            rows.append([name, escape(clause.title(words.language)), where])
        if not rows:
            return ""
        head = [escape(words("clause")), escape(words("title")), escape(words("answered in"))]
        return f"\n**{escape(words('clauses answered'))}**\n\n{table(head, rows)}\n{escape(words('counts note'))}\n"

    def _history(self, document: Document, words: Words) -> str:
        rows = []
        for row in views.history(document)["revisions"]:
            kind = words.known(f"class.{row['class']}", "") if row["class"] else ""
            names = ", ".join(self.handbook.people.name(a["person"]) for a in row["approvals"])
            rows.append(
                [
                    escape(row["revision"]),
                    escape(words(f"state.{row['state']}")),
                    words.cell(_date(row["effective"])),
                    escape(self.handbook.people.name(row["author"])) if row["author"] else "",
                    escape(names),
                    escape(row["change"] or "") + (f" ({escape(kind)})" if kind else ""),
                ]
            )
        head = [words(key) for key in ("rev", "state", "effective", "author", "approved", "change")]
        return f"\n**{escape(words('history'))}**\n\n{table([escape(h) for h in head], rows)}"


def _date(text: str | None) -> date | None:

    return date.fromisoformat(text) if text else None


