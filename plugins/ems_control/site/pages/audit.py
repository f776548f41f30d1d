"""The page for auditors: three sentences, eight links in their order, the limits, what is open."""

from __future__ import annotations

from collections import Counter

from ems_control.exports.words import Words
from ems_control.ground.formats.tables import read_table
from ems_control.ground.markdown.markup import escape, link
from ems_control.ground.organisation.policy import LEVELS
from ems_control.handbook import addresses
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.live_tables import EVIDENCE_COLUMNS
from ems_control.site.page import Page, relative
from ems_control.site.places import Places

EXTERNAL_COLUMNS = ("issuer", "edition_in_use", "checked")
"""A table of a document in force with these columns is the list of external documents."""
DOCUMENT_CONTROL = ("7.5.3", "7.5.2", "7.5.1", "7.5", "A.7.5.3", "A.7.5.2", "A.7.5.1", "A.7.5")
"""The clauses that the document-control procedure answers, the most telling first."""
VERIFY, PACK = "ems verify", "ems pack audit.zip"
APPROVALS = ("control/approvals.md", "control/approvals/index.md", "help/auditing.md")
"""Where approvals are explained, the best place first."""


class Audit:
    """Makes the page for auditors; `known` are the pages under docs/ that the site has."""

    def __init__(self, handbook: Handbook, words: Words, places: Places, known: set[str]) -> None:
        """In one language; what has no page of its own leads to the nearest that there is."""
        self.handbook, self.words, self.places, self.known = handbook, words, places, known

    def page(self) -> Page:
        """The page itself."""
        words = self.words
        policy, day = self.handbook.policy, words.day(self.handbook.day)
        opening = [
            escape(words("audit handbook", organisation=policy.organisation, day=day)),
            escape(words("audit current", current=words("state.in force"))),
            self._with_command("audit without us", VERIFY),
        ]
        lines = [
            f"1. **{link(words(key), target)}**<br>{escape(words(f'{key} text'))}" for key, target in self._links()
        ]
        parts = [
            " ".join(opening),
            '<div class="ems-eight" markdown="1">\n\n' + "\n".join(lines) + "\n\n</div>",
            self._with_command("audit pack", PACK),
            f"## {escape(words('audit limits'))}\n\n{self._limits()}",
            f"## {escape(words('open waivers'))}\n\n{self._waivers()}",
            f"## {escape(words('open breaks'))}\n\n{self._breaks()}",
        ]
        return Page(addresses.AUDIT, words("audit title"), "\n\n".join(parts) + "\n")

    def _links(self) -> list[tuple[str, str]]:
        approvals = next((path for path in APPROVALS if path in self.known), addresses.ASSESSMENT)
        found = {
            "audit.sample": addresses.BY_PROCESS,
            "audit.list": addresses.DOCUMENTS,
            "audit.changed": addresses.CHANGES,
            "audit.clauses": addresses.STANDARDS,
            "audit.external": self._with_table(EXTERNAL_COLUMNS) or addresses.DOCUMENTS,
            "audit.records": self._with_table(EVIDENCE_COLUMNS) or addresses.STANDARDS,
            "audit.approvals": approvals,
            "audit.procedure": self._procedure() or addresses.DOCUMENTS,
        }
        return [(key, relative(path, addresses.AUDIT)) for key, path in found.items()]

    def _in_force(self) -> list[Document]:
        return [d for d in self.handbook.listed if d.in_force]

    def _with_table(self, columns: tuple[str, ...]) -> str:
        """The document in force that shows a table with these columns, a register before any other."""
        found = []
        for document in self._in_force():
            approval = document.in_force
            for attachment in approval.version.attachments if approval else ():
                if attachment.path.endswith(".csv"):
                    table = read_table(self.handbook.tree.store.read(attachment.blob))
                    if set(columns) <= set(table.columns):
                        found.append((document.type_name != "register", self.places.pages[document.key]))
        return min(found, default=(False, ""), key=lambda item: item[0])[1]

    def _procedure(self) -> str:
        """The document that answers for the control of documented information, a procedure before any other."""
        found = []
        for document in self._in_force():
            numbers = {text.partition("#")[0].partition("/")[2] for text in document.filing.clauses}
            ranks = [rank for rank, number in enumerate(DOCUMENT_CONTROL) if number in numbers]
            if ranks:
                count = sum(number in numbers for number in DOCUMENT_CONTROL)
                rank = (document.type_name != "procedure", -count, ranks[0], document.id)
                found.append((rank, self.places.pages[document.key]))
        return min(found)[1] if found else ""

    def _limits(self) -> str:
        words, policy = self.words, self.handbook.policy
        people, day = self.handbook.people, self.handbook.day
        role = policy.editorial.role if policy.editorial else policy.policy_approval.role
        names = [people.name(key) for key, held in people.holders(role, day) if not held.deputy]
        whom = people.title(role, words.language) + (f" ({', '.join(names)})" if names else "")
        levels = Counter(d.in_force.level for d in self._in_force() if d.in_force and d.in_force.decisions)
        counted = ", ".join(f"{words(f'level.{level}')} {levels[level]}" for level in LEVELS if levels[level])
        lines = [
            escape(words("audit limit records")),
            escape(words("audit limit confidential", roles=whom)),
            self._with_command("audit limit breaks", VERIFY),
        ]
        lines += [escape(words("audit limit levels", levels=counted))] if counted else []
        return "\n".join(f"- {line}" for line in lines)

    def _waivers(self) -> str:
        words, day = self.words, self.handbook.day
        lines = [
            words("waiver line", rule=w.rule, document=w.document, day=words.day(w.until), reason=w.reason)
            for w in self.handbook.policy.rules.waivers
            if w.until >= day
        ]
        return "\n".join(f"- {escape(line)}" for line in lines) or escape(words("no waivers"))

    def _breaks(self) -> str:
        """Texts at HEAD that differ from what was approved under their number."""
        words = self.words
        lines = []
        for document in self.handbook.listed:
            head, approval = document.history.head, document.newest_approval
            if head is None or approval is None or head is approval.version or head.facts.status == "withdrawn":
                continue
            if head.facts.revision == approval.revision and not approval.is_of(head):
                lines.append(words("break line", document=document.id, number=approval.revision))
        return "\n".join(f"- {escape(line)}" for line in lines) or escape(words("no breaks"))

    def _with_command(self, key: str, command: str) -> str:
        return escape(self.words(key, command="§")).replace("§", f"<code>{command}</code>")
