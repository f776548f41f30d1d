"""EMAS statements: what their front matter says about validation, and each one that came into force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ems_control.documents.history import Version
from ems_control.ground.text import day_of
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook

STATEMENT = "statement"
"""The type of document, as in ems.yml, that holds EMAS statements."""

Kind = Literal["full", "update", "not-validated"]
KINDS: tuple[Kind, ...] = ("full", "update", "not-validated")
"""With the verification of the whole system (article 6(1)); the yearly update (6(2)); that of a year which article 7
spares the validation (7(3))."""


@dataclass(frozen=True)
class Validation:
    """What a text says about its validation: all facts as written, those among them that can be read.

    `day` is the day of the validation; of an update that is not validated, the day on which it was finished.
    """

    facts: Mapping[str, str]
    day: date | None
    next_update: date | None
    kind: Kind | None


@dataclass(frozen=True)
class Statement:
    """A statement that came into force: the document, its text, what it says, its first day."""

    document: Document
    version: Version
    validation: Validation
    first_day: date

    @property
    def day(self) -> date | None:
        """The day of its validation."""
        return self.validation.day


def validation(version: Version) -> Validation:
    """What a version of a statement says about its validation."""
    facts = version.metadata.validated or {}
    kind = next((kind for kind in KINDS if kind == facts.get("kind")), None)
    return Validation(facts, day_of(facts.get("day") or ""), day_of(facts.get("next_update") or ""), kind)


def statements(handbook: Handbook) -> list[Statement]:
    """The statements in force."""
    return [
        Statement(document, approval.version, validation(approval.version), approval.first_day)
        for document in handbook.listed
        if document.type_name == STATEMENT and (approval := document.in_force)
    ]


def all_statements(handbook: Handbook) -> list[Statement]:
    """Every statement that came into force by the handbook's day, by the day of its validation.

    Left out are those without such a day, and those that name one to come: nothing was validated on it yet.

    What kind one is stands in its front matter; where it does not, the first is a full one and the others are updates.
    """
    found = [
        Statement(document, approval.version, validation(approval.version), approval.first_day)
        for document in handbook.listed
        if document.type_name == STATEMENT
        for approval in document.approvals
        if approval.known <= handbook.day and approval.first_day <= handbook.day
    ]
    held = (one for one in found if one.day and one.day <= handbook.day)
    return sorted(held, key=lambda one: (one.day or date.min, one.first_day))
