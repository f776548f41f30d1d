"""The page of a document: the text in force with its state line, or a page that says that nothing is in force."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from html import escape as html_escape
from typing import Any

from ems_control.approvals.lifecycle import Standing
from ems_control.documents.history import Version
from ems_control.exports.words import Words
from ems_control.ground.markdown.markup import escape
from ems_control.ground.text import day_after, number_of
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.related import Related
from ems_control.handbook.successors import successors
from ems_control.handbook.translations import behind, source_of
from ems_control.site.decision_words import approvers
from ems_control.site.page import Page
from ems_control.site.pages.control_record import Record
from ems_control.site.places import Places

Sealed = Callable[[Version, str], str]
"""Gives the sealed text of a version for a page."""

Remark = dict[str, Any]
"""A line below the state line: `text`, links after it, and the days (`first`, `last`) between which it is shown."""


class DocumentPages:
    """Makes the pages of documents."""

    def __init__(self, handbook: Handbook, words: Words, places: Places, sealed: Sealed) -> None:
        """`sealed` renders a version for a page and notes the files that it loads."""
        self.handbook, self.words, self.places, self.sealed = handbook, words, places, sealed
        self.pages = places.pages
        self.related = Related(handbook)
        self._translations: dict[str, list[Document]] = {}
        for document in handbook.listed:
            source = (document.shown.facts.translates or "").partition("/")[0].casefold()
            if source and document.in_force:
                self._translations.setdefault(source, []).append(document)

    def page(self, document: Document) -> Page:
        """The page of a document on the handbook's day."""
        standing = document.standing
        path = self.pages[document.key]
        words = self._words(document)
        facts = self._facts(document, path, words)
        if standing.in_force:
            version = standing.in_force.version
            record = Record(self.handbook, self.places, self.related, document, version, words)
            body = self.sealed(version, path) + record.filled_copies()
            return Page(path, document.title, body, "document", True, facts, foot=record.foot())
        if standing.withdrawn and document.newest_approval:
            version = document.newest_approval.version
            record = Record(self.handbook, self.places, self.related, document, version, words)
            body = f"{self._kept(document, path, words)}\n"
            return Page(path, document.title, body, "withdrawn", False, facts, foot=record.foot())
        record = Record(self.handbook, self.places, self.related, document, document.history.newest, words)
        body = f"{words('nothing in force')} {words('nothing to read')}\n"
        return Page(path, document.title, body, "stub", False, facts, foot=record.foot())

    def _kept(self, document: Document, path: str, words: Words) -> str:
        """Where the text of a withdrawn document is kept: not on its page, where somebody would use it."""
        number = max(self.places.texts(document), default=0)
        if not number:
            return escape(words("text kept"))
        href = html_escape(self.places.light(document, path, f"r{number}"))
        return f'<a href="{href}">{html_escape(words("text in archive", number=number))}</a>\n'

    def preview(self, document: Document, findings: list[str]) -> Page:
        """The text in the working tree under a DRAFT banner, with what the check found in it."""
        words = self._words(document)
        path = self.pages[document.key]
        version = document.current or document.history.newest
        facts = self._facts(document, path, words)
        facts["banner"] = words("draft banner", number=version.facts.revision or "?")
        facts |= {"print": "", "remarks": [], "gone": [], "sheet": facts["banner"]}
        if document.in_force:
            number = document.in_force.revision
            facts["remarks"] = [_remark(words("in force instead", number=number))]
        facts["findings"] = findings
        facts["findings_title"] = words("to put right")
        body = self.sealed(version, path)
        return Page(path, version.facts.title or document.title, body, "preview", False, facts)

    def _words(self, document: Document) -> Words:
        return Words(document.shown.facts.language) if document.shown.facts.language else self.words

    # --- the lines on top -------------------------------------------------------------------------------------

    def _facts(self, document: Document, path: str, words: Words) -> dict[str, Any]:
        metadata = document.shown.facts
        type_word = words.known(f"type.{document.type_name}", document.type_name or "")
        groups = [self.handbook.title(group, words.language) for group in document.filing.distribution[:1]]
        in_force = document.in_force
        late = behind(self.handbook, document) if in_force else None
        changed = self.places.redline(document, in_force.revision) if in_force else ""
        return {
            "id": document.id,
            "language": metadata.language or "",
            "type_word": type_word,
            "kicker": " · ".join(part for part in (document.id, type_word, *map(_capital, groups)) if part),
            "state": "outdated" if late else document.state.value.replace(" ", "-"),
            "state_word": words("state.outdated" if late else f"state.{document.state.value}"),
            "line": self._state_line(document, words),
            "more": words("more"),
            "jump": words("on this page") if document.type_name == "instruction" else "",
            "gone": self._gone(document, path, words),
            "remarks": self._remarks(document, path, words),
            "sheet": self._sheet(document, words),
            "print": words("print") if in_force else "",
            "changed": words("changes"),
            "changed_href": self.places.light(document, path, changed) if document.listed else "",
            "languages": self._languages(document, path),
            "facts": self._metadata(document),
            "formerly": list(metadata.formerly),
        }

    def _metadata(self, document: Document) -> list[dict[str, str]]:
        """The same facts for machines."""
        metadata, standing = document.shown.facts, document.standing
        approval = document.in_force
        number = approval.revision if approval else ""
        found = {
            "document": document.id,
            "type": document.type_name or "",
            "state": document.state.value.replace(" ", "-"),
            "revision": number,
            "since": approval.first_day if approval else "",
            "owner": metadata.owner or "",
            "approved-by": ", ".join(approval.approved_by) if approval else "",
            "approved-as": ", ".join(d.role for d in approval.decisions) if approval else "",
            "approved-on": (approval.approved_on or "") if approval else "",
            "evidence": approval.level if approval and approval.decisions else "",
            "review-by": standing.review_due or "",
            "applies-until": (approval.until or "") if approval else "",
            "clauses": ", ".join(document.filing.clauses),
            "distribution": ", ".join(document.filing.distribution),
            "translates": metadata.translates or "",
            "digest": document.digest_of(document.shown),
            "permanent": self.places.permanent(document, number) if isinstance(number, int) else "",
        }
        return [{"name": name, "content": str(value)} for name, value in found.items() if value != ""]

    def _state_line(self, document: Document, words: Words) -> list[str]:
        approval = document.in_force
        parts: list[str] = []
        late = behind(self.handbook, document) if approval else None
        if late:
            return [words("follows revision", number=late.followed), *self._owner(document, words)]
        if approval:
            parts += [words("revision", number=approval.revision), words("since", day=words.day(approval.first_day))]
        parts += self._owner(document, words)
        if approval:
            parts.append(approvers(self.handbook, document, approval, words))
        return parts

    def _owner(self, document: Document, words: Words) -> list[str]:
        owner = document.shown.facts.owner
        return [words("owner is", role=self.handbook.people.title(owner, words.language))] if owner else []

    def _languages(self, document: Document, path: str) -> list[dict[str, str]]:
        """The same document in its other languages: of a translation the source and its other translations."""
        source = (document.shown.facts.translates or "").partition("/")[0].casefold() or document.key
        original = self.handbook.documents.get(source)
        family = [*([original] if original and original.listed else []), *self._translations.get(source, [])]
        own = self.words.language
        return [
            {
                "name": Words(language)("language"),
                "code": language,
                "href": self.places.href(other, path),
            }
            for other in family
            if other is not document and other.key in self.pages
            for language in (other.shown.facts.language or own,)
        ]

    def _remarks(self, document: Document, path: str, words: Words) -> list[Remark]:
        if not document.listed:
            return []
        return self._translation(document, path, words) + self._timed(document.standing, words)

    def _gone(self, document: Document, path: str, words: Words) -> list[Remark]:
        """That a document is not for use any more, and what is to be read instead: above all else."""
        if not document.listed or not (said := self._not_for_use(document, words)):
            return []
        others = successors(self.handbook, document)
        links = [{"text": f"{d.id} {d.title}", "href": self.places.href(d, path)} for d in others]
        return [_remark(said, words("replaced by title"), links)]

    @staticmethod
    def _not_for_use(document: Document, words: Words) -> str:
        standing = document.standing
        gone = standing.withdrawn.first_day if standing.withdrawn else standing.ended
        return words("not for use", day=words.day(gone)) if gone else ""

    def _sheet(self, document: Document, words: Words) -> str:
        """What every printed sheet of a text that does not apply says of it; empty for one that applies."""
        late = behind(self.handbook, document) if document.in_force else None
        if late:
            current = late.current.revision if late.current else "–"
            return words("outdated banner", source=late.source.id, number=current)
        return "" if document.in_force else self._not_for_use(document, words) or words("nothing in force")

    @staticmethod
    def _timed(standing: Standing, words: Words) -> list[Remark]:
        """What is true between two days: the script shows and hides it by the reader's day."""
        found: list[Remark] = []
        day = standing.day
        up, now = standing.upcoming, standing.in_force
        if up:
            row = up.version.row
            change = f" {row.change}" if row and row.change and up.revision > 1 else ""
            before, number = up.first_day - timedelta(days=1), up.revision
            text = words("starts", number=number, day=words.day(up.first_day)) + change
            found.append(_remark(text, day=day, last=before))
            text = words("has started", number=number, day=words.day(up.first_day))
            found.append(_remark(text, day=day, first=up.first_day))
        if now and now.until:
            after = day_after(now.until)
            back = standing.returns
            then = f" {words('returns', number=back.revision)}" if back else ""
            found.append(_remark(words("ends", day=words.day(now.until)) + then, day=day, last=now.until))
            text = words("not for use", day=words.day(after))
            if back:
                text += " " + words("has returned", number=back.revision, day=words.day(after))
            found.append(_remark(text, day=day, first=after))
        if now and standing.review_due:
            text = words("review was due", day=words.day(standing.review_due))
            found.append(_remark(text, day=day, first=day_after(standing.review_due)))
        return found

    def _translation(self, document: Document, path: str, words: Words) -> list[Remark]:
        """That a translation follows what is in force; or that it does not, what is different, and where it stands."""
        late = behind(self.handbook, document)
        if late is None:
            source, number = source_of(self.handbook, document)
            current = source.in_force if source else None
            return (
                [_remark(words("translation current", source=source.id, number=number))] if source and current else []
            )
        if late.current is None:
            return [_remark(words("translation of withdrawn", source=late.source.id))]
        day = words.day(late.current.first_day)
        text = words("translation behind", source=late.source.id, number=late.current.revision, day=day)
        if late.changes:
            text += f" {words('what is different', changes=' '.join(late.changes))}"
        links = [{"text": words("valid text"), "href": self.places.href(late.source, path)}]
        compared = self.places.compared.place(late.source, number_of(late.followed) or 0, late.current.revision)
        if compared:
            links.append({"text": words("changes"), "href": self.places.light(late.source, path, compared)})
        return [_remark(text, words("read instead"), links)]


def _remark(
    text: str,
    lead: str = "",
    links: list[dict[str, str]] | None = None,
    day: date | None = None,
    first: date | None = None,
    last: date | None = None,
) -> Remark:
    """A remark with the days between which it is shown; hidden where they do not hold the handbook's `day`."""
    hidden = day is not None and bool((first and day < first) or (last and day > last))
    found: Remark = {"text": text, "lead": lead, "links": links or []}
    found |= {"first": first.isoformat() if first else "", "last": last.isoformat() if last else ""}
    return {**found, "hidden": "hidden" if hidden else ""}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
