"""Which texts of a document are shown beside the one in force, and where two of them are compared.

What changed with the newest text has a page of its own, and so has what changed since the revision that a translation
still follows. What changed with an earlier one stands below that text: its address never changes, and a document
with a long life has no pages but one for each revision.
"""

from __future__ import annotations

from functools import cached_property

from ems_control.approvals.lifecycle import Approval
from ems_control.documents.history import Version
from ems_control.ground.text import number_of
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.translations import source_of

CHANGED = "ems-changed"
"""Where a revision's page says what changed with it."""


def once_in_force(handbook: Handbook, document: Document) -> list[Approval]:
    """The approvals of a document that are in force or were, newest first, one for each revision."""
    known = [a for a in reversed(document.approvals) if a.first_day <= handbook.day]
    return list({approval.revision: approval for approval in reversed(known)}.values())[::-1]


class Compared:
    """The comparisons of one handbook."""

    def __init__(self, handbook: Handbook) -> None:
        self.handbook = handbook
        self._texts: dict[str, dict[int, Version]] = {}

    def texts(self, document: Document) -> dict[int, Version]:
        """The revisions that have a light page with text, newest first: in force or once so, to the policy's depth."""
        if document.key not in self._texts:
            known = once_in_force(self.handbook, document)[: self.handbook.policy.publish.earlier_revisions + 1]
            self._texts[document.key] = {approval.revision: approval.version for approval in known}
        return self._texts[document.key]

    def pages(self, document: Document) -> list[tuple[int, int]]:
        """Pairs of revisions that have a page of their own: of the newest text with the one before, and with those
        that translations follow."""
        *older, newest = sorted(self.texts(document)) or [0]
        followed = self._followed.get(document.key, set())
        return [(number, newest) for number in older if number == older[-1] or number in followed]

    def place(self, document: Document, old: int, new: int) -> str:
        """The name of the light page on which two revisions are compared, `r2-r3` or `r2#ems-changed`; "" for none."""
        if (old, new) in self.pages(document):
            return f"r{old}-r{new}"
        return f"r{new}#{CHANGED}" if new and old == self.before(document, new) else ""

    def before(self, document: Document, number: int) -> int | None:
        """The revision with a text before one that has a text, too; None for none."""
        known = sorted(self.texts(document))
        at = known.index(number) if number in known else 0
        return known[at - 1] if at else None

    @cached_property
    def _followed(self) -> dict[str, set[int]]:
        """The revisions that translations follow, by the key of what they translate."""
        found: dict[str, set[int]] = {}
        for document in self.handbook.listed:
            source, followed = source_of(self.handbook, document)
            if source and (number := number_of(followed)):
                found.setdefault(source.key, set()).add(number)
        return found
