"""What stands below the text of a document: where filled copies go, and the control record for those who ask."""

from __future__ import annotations

from html import escape as html_escape
from urllib.parse import quote

from ems_control.approvals.lifecycle import Approval, State
from ems_control.approvals.needs import Need
from ems_control.documents.history import Version
from ems_control.exports import views
from ems_control.exports.words import Words, languages
from ems_control.ground.markdown import markup
from ems_control.ground.markdown.html_tables import filled_table, paragraph, table
from ems_control.ground.markdown.markup import escape
from ems_control.ground.organisation.references import ReferenceProblem
from ems_control.ground.text import day_of
from ems_control.handbook import addresses
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.outstanding.missing_decisions import asked_of
from ems_control.handbook.related import Related
from ems_control.site import decision_words
from ems_control.site.pages.sheet_foot import sheet_foot
from ems_control.site.places import Places

FILLED = "filled-copies"
"""The anchor of the section that says where filled copies go; where the author wrote one, ours is left out."""


class Record:
    """The foot of one document's page, in the language of the page."""

    def __init__(
        self, handbook: Handbook, places: Places, related: Related, document: Document, version: Version, words: Words
    ) -> None:
        """`version` is the text that the page shows, or the newest where it shows none."""
        self.handbook, self.places, self.related = handbook, places, related
        self.document, self.version, self.words = document, version, words
        self.page = places.pages[document.key]
        self.approval: Approval | None = document.in_force

    def foot(self) -> str:
        """What stands below the text, as HTML: the folded record, and the foot of every printed sheet."""
        sheet = sheet_foot(self.handbook, self.places, self.related, self.document, self.words)
        return f"{self._record()}\n{sheet}"

    def _record(self) -> str:
        sections = [
            self._facts(),
            self._approvals(),
            self._clauses(),
            self._posted(),
            self._history(),
            self._fingerprint(),
        ]
        summary = f"<summary>{html_escape(self.words('control record'))}</summary>"
        body = "\n".join(section for section in sections if section)
        unsearched = 'data-search-exclude="data-search-exclude"'
        return f'<details class="ems-record" {unsearched}>\n{summary}\n{body}\n</details>'

    def filled_copies(self) -> str:
        """Where filled copies of a form, or of the forms of an instruction, go and how long they are kept."""
        words = self.words
        titles = {Words(language)("filled copies").casefold() for language in languages()}
        headings = self.version.file.headings
        if any(h.anchor == FILLED or h.text.casefold() in titles for h in headings):
            return ""
        kept = self.related.kept(self.document) if self.document.type_name in ("form", "instruction") else []
        rows = [
            [
                self._in_markdown(row.form),
                escape(row.record),
                escape(row.kept_where),
                escape(self.handbook.people.title(row.keeper, words.language)),
                escape(row.keep_for),
            ]
            for row in kept
        ]
        if not rows:
            return ""
        head = self._head("form", "record", "kept where", "keeper", "keep for")
        return f"\n\n## {escape(words('filled copies'))} {{#{FILLED}}}\n\n{markup.table(head, rows)}"

    # --- its parts --------------------------------------------------------------------------------------------

    def _facts(self) -> str:
        words, metadata, document = self.words, self.version.facts, self.document
        owner = self.handbook.people.title(metadata.owner, words.language) if metadata.owner else ""
        rows = [
            ("number", escape(document.id)),
            ("state", escape(words(f"state.{document.state.value}"))),
            ("rev", escape(self.approval.revision) if self.approval else ""),
            ("since when", words.cell(self.approval.first_day) if self.approval else ""),
            ("owner", escape(owner)),
            ("next review", words.cell(document.standing.review_due)),
            ("act confirm", self._confirming(metadata.owner)),
            ("distribution", ", ".join(self._group(group) for group in document.filing.distribution)),
            ("formerly", escape(", ".join(metadata.formerly))),
            ("supersedes", ", ".join(self._link(other) for other in metadata.supersedes)),
            ("refers to", ", ".join(self._to(other) for other in self.related.refers_to(document))),
            ("referred by", ", ".join(self._to(other) for other in self.related.referred_by(document))),
        ]
        return table([" ", " "], [[escape(words(label)), value] for label, value in rows if value])

    def _confirming(self, owner: str | None) -> str:
        """The command with which the owner says that a text was read and nothing is to change, where it is signed."""
        document = self.document
        if not document.in_force or document.standing.review_due is None or not owner:
            return ""
        if document.kind is None or document.kind.level == "declared":
            return ""
        person = next(iter(asked_of(self.handbook, Need("periodic-review", owner, 1)).persons), "PERSON")
        command = f"ems periodic-review {document.id} --as {person} --key FILE --commit"
        return f"<code>{html_escape(command)}</code>"

    def _approvals(self) -> str:
        if self.approval is None:
            return ""
        words, approval = self.words, self.approval
        row = approval.version.row
        rows = [
            [
                escape(self.handbook.people.name(one.person)),
                escape(decision_words.title_of(self.handbook, one.role, one.deputy, words)),
                words.cell(one.day),
                escape(words("decision.paper")),
                escape(words("evidence.on paper")),
                escape(
                    words("no" if row and row.author == one.person else "yes" if row and row.author else "not known")
                ),
                "",
            ]
            for one in decision_words.on_paper(self.handbook, self.document, approval)
        ]
        names = {id(decision): name for _, decision, name in decision_words.named_decisions(self.document)}
        rows += [
            [
                escape(self.handbook.people.name(d.person)),
                escape(decision_words.role_title(self.handbook, d, words)),
                words.cell(d.decided),
                escape(words(f"decision.{decision_words.action_of(approval, d)}")),
                escape(decision_words.evidence_of(self.handbook, d, words)),
                escape(words("no" if row and row.author == d.person else "yes" if row and row.author else "not known")),
                self._light(names[id(d)], words("certificate")),
            ]
            for d in approval.decisions
        ]
        head = self._head("person", "role", "day", "meaning", "evidence", "author other", "")
        return self._section("approvals", filled_table(head, rows)) if rows else ""

    def _clauses(self) -> str:
        words, catalogue = self.words, self.handbook.catalogue
        rows = []
        headings = {heading.anchor: heading.text for heading in self.version.file.headings}
        for text in self.document.filing.clauses:
            try:
                reference = catalogue.parse(text)
            except ReferenceProblem:
                rows.append([escape(text), "", ""])
                continue
            clause, standard = catalogue.clause(reference), catalogue.get(reference.standard)
            where = ""
            if self.approval and reference.anchor in self.version.file.anchors:
                where = _link(headings.get(reference.anchor, reference.anchor), f"#{reference.anchor}")
            name = escape(f"{standard.name} {clause.number}")
            if standard.id in self.handbook.policy.standards and not clause.heading_only:
                target = self._at(addresses.clause_page(standard.id, clause.number))
                name = _link(f"{standard.name} {clause.number}", target)
            rows.append([name, escape(clause.title(words.language)), where])
        if not rows:
            return ""
        head = self._head("clause", "title", "answered in")
        note = paragraph(escape(words("counts note")))
        return self._section("clauses answered", f"{filled_table(head, rows)}\n{note}")

    def _posted(self) -> str:
        words = self.words
        rows = []
        for row in self.related.posted(self.document):
            place = f"{self._group(row.place)}, {escape(row.position)}" if row.position else self._group(row.place)
            behind = escape(words("copy behind")) if row.behind else ""
            rows.append([place, escape(row.revision), words.cell(day_of(row.posted)) or escape(row.posted), behind])
        head = self._head("place", "rev", "posted on", "remark")
        return self._section("posted copies", filled_table(head, rows)) if rows else ""

    def _history(self) -> str:
        words, document, people = self.words, self.document, self.handbook.people
        texts = self.places.texts(document)
        rows = []
        for row in views.history(document).revisions:
            number = row.revision
            approval = views.approval_of(document, number)
            until = document.ended(approval) if approval else None
            days = [words.cell(approval.first_day if approval else row.effective), words.cell(until)]
            kind = kind_of_change(row.class_, words)
            shown = self._light(f"r{number}", str(number)) if number in texts else escape(number)
            compared = self.places.redline(document, number)
            changed = escape(row.change or "") + (f" ({escape(kind)})" if kind else "")
            changed += "".join(
                f"<br>{escape(words('brought back', day=words.day(one.first_day)))}" for one in row.returns
            )
            rows.append(
                [
                    shown,
                    escape(words(f"state.{row.state}")),
                    " – ".join(days) if any(days) else self._undated(row),
                    escape(people.name(row.author)) if row.author else "",
                    escape(", ".join(people.name(person) for person in (approval.approved_by if approval else ()))),
                    changed,
                    self._light(compared, words("compare")) if compared else "",
                ]
            )
        head = self._head("rev", "state", "from to", "author", "approved", "change", "")
        every = paragraph(self._light("", words("all revisions")))
        return self._section("history", f"{filled_table(head, rows)}\n{every}")

    def _undated(self, row: views.HistoryRow) -> str:
        """Why there are no days, where a revision came and went before records of it were kept here."""
        if row.state not in (State.SUPERSEDED, State.WITHDRAWN):
            return ""
        day = self.words.day(row.date_) or self.words("not known")
        return escape(self.words("only its row", day=day))

    def _fingerprint(self) -> str:
        digest = self.document.digest_of(self.version).removeprefix("sha256:")[:16]
        number = self.version.facts.revision or ""
        command = f"ems show {self.document.id} --revision {number} --format json"
        how = escape(self.words("how to check", command="§")).replace("§", f"<code>{html_escape(command)}</code>")
        return self._section("fingerprint", paragraph(f"<code>{digest}</code> {how}"))

    # --- cells ------------------------------------------------------------------------------------------------

    def _section(self, key: str, body: str) -> str:
        return f"{paragraph(f'<strong>{escape(self.words(key))}</strong>')}\n{body}"

    def _head(self, *keys: str) -> list[str]:
        return [escape(self.words(key)) if key else " " for key in keys]

    def _light(self, name: str, text: str) -> str:
        return f'<a href="{html_escape(self.places.light(self.document, self.page, name))}">{html_escape(text)}</a>'

    def _at(self, path: str) -> str:
        """The link to a page under docs/."""
        return quote(self.places.style.href(self.page, self.places.style.of(path)))

    def _to(self, other: Document) -> str:
        if other.key not in self.places.pages:
            return escape(other.id)
        return _link(f"{other.id} {other.title}", self._at(self.places.pages[other.key]))

    def _in_markdown(self, document_id: str) -> str:
        other = self.handbook.get(document_id)
        if other is None or other.key not in self.places.pages:
            return escape(other.id if other else document_id)
        return markup.link(f"{other.id} {other.title}", self.places.markdown(other, self.page))

    def _link(self, document_id: str) -> str:
        other = self.handbook.get(document_id)
        return self._to(other) if other else escape(document_id)

    def _group(self, group: str) -> str:
        title = self.handbook.title(group, self.words.language)
        if group not in tuple(self.handbook.policy.groups):
            return escape(title)
        return _link(title, self._at(addresses.group_page(group)))


def _link(text: str, href: str) -> str:
    return f'<a href="{html_escape(href)}">{escape(text)}</a>'


def kind_of_change(class_: str | None, words: Words) -> str:
    """The class of a revision in words, where it is not the usual one."""
    return words.known(f"class.{class_}", "") if class_ and class_ != "substantive" else ""
