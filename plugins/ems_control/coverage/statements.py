"""EMAS statements: what their front matter says about validation, and when the next update is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from ems_control.approvals.lifecycle import add_months
from ems_control.documents.history import Version
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook

STATEMENT = "statement"
"""The type of document, as in ems.yml, that holds EMAS statements."""

YEARLY, EVERY_TWO_YEARS = 12, 24


@dataclass(frozen=True)
class Validation:
    """What a text says about its validation: all facts as written, the days among them where they are days."""

    facts: Mapping[str, str]
    day: date | None
    next_update: date | None

    def due(self, months: int) -> date | None:
        """The day of the next update: as written, else so many months after validation."""
        return self.next_update or (add_months(self.day, months) if self.day else None)


@dataclass(frozen=True)
class Statement:
    """A statement in force with its validation; `months` is the interval between updates."""

    document: Document
    version: Version
    validation: Validation
    months: int

    @property
    def due(self) -> date | None:
        """The day by which the next update must be validated."""
        return self.validation.due(self.months)


def validation(version: Version) -> Validation:
    """What a version of a statement says about its validation."""
    facts = version.metadata.validated or {}
    return Validation(facts, _day(facts.get("day")), _day(facts.get("next_update")))


def statements(handbook: Handbook) -> list[Statement]:
    """The statements in force."""
    months = interval(handbook)
    return [
        Statement(document, approval.version, validation(approval.version), months)
        for document in handbook.listed
        if document.type_name == STATEMENT and (approval := document.in_force)
    ]


def interval(handbook: Handbook) -> int:
    """Months between updates: twelve, or twenty-four while the policy says that Article 7 was granted.

    What a document says that it answers is filed without an approval, so no legal interval hangs on it.
    """
    derogation = handbook.policy.emas.derogation
    return EVERY_TWO_YEARS if derogation and derogation.holds_on(handbook.day) else YEARLY


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
