"""What the catalogue is made of: standards, their clauses and duties, and how clauses relate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DOUBTS = {
    "general": "Believed right, but no source was seen.",
    "uncertain": "Sources disagree, or none was found.",
}
DUTY_KINDS = {"maintain", "retain", "both", "available", "scope", "control"}

Key = tuple[str, str]
"""One clause of one standard: standard id and number, `("iso-14001:2015", "8.2")`."""


@dataclass(frozen=True, slots=True)
class Duty:
    """The documented information that a clause asks for.

    `kind`: maintain (a document), retain (evidence), both, available (the text does not say which; `carried` is then
    the kind of the edition before), scope and control (7.5.1, 7.5.3: about documents as such). `to_extent`: asked
    only as far as needed or appropriate; None where not known.
    """

    kind: str
    subject: str = ""
    to_extent: bool | None = None
    certainty: str = "confirmed"
    carried: str | None = None
    note: str = ""

    @property
    def evidence(self) -> bool:
        """Whether evidence (a record) answers it, rather than a document."""
        return (self.carried or self.kind) == "retain"


@dataclass(frozen=True, slots=True)
class Clause:
    """One numbered requirement or heading of one edition.

    `titles` and `summary` (our own words) by language; `certainty`, and the `reasons` for doubt, by language and
    `number`. `optional`: counts only under this condition. `not_applicable`: who may declare that it does not apply.
    `paragraphs`: numbered parts without a title, which count for this clause. `change`: what this edition changed.
    `believed_number`: the number that a clause cited by name is thought to have. `ours`: the title is in our words,
    the law has none.
    """

    standard: str
    number: str
    titles: Mapping[str, str] = field(hash=False)
    certainty: Mapping[str, str] = field(default_factory=dict, hash=False)
    reasons: Mapping[str, str] = field(default_factory=dict, hash=False)
    assessable: bool = True
    heading_only: bool = False
    parent: str | None = None
    duty: Duty | None = None
    summary: Mapping[str, str] = field(default_factory=dict, hash=False)
    note: str = ""
    change: str = ""
    optional: str | None = None
    not_applicable: str | None = None
    believed_number: str | None = None
    same_as: str | None = None
    ours: bool = False
    paragraphs: tuple[str, ...] = ()

    def title(self, language: str = "en") -> str:
        """The title in a language, else in English, else in any."""
        return self.titles[self._shown(language)]

    def _shown(self, language: str) -> str:
        return next((known for known in (language, "en") if known in self.titles), next(iter(self.titles)))

    def to_verify(self, language: str = "en") -> str | None:
        """Why the number, or the title that `title` gives, is to be verified; None where both are certain."""
        for key in ("number", self._shown(language)):
            if doubt := DOUBTS.get(self.certainty.get(key, "")):
                return f"{doubt} {self.reasons.get(key, '')}".strip()
        return None


@dataclass(frozen=True, eq=False)
class Standard:
    """One edition of a standard; `clauses` by number, in order; `facts`: publication, transition, sources and so on."""

    id: str
    name: str
    standard: str
    edition: str | None
    title: str
    clauses: Mapping[str, Clause]
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Relation:
    """What one clause corresponds to in another standard or edition. Only kind `same` counts as coverage.

    Other kinds: continued, renumbered, split, dropped (editions); extends, feeds, related (EMAS); theme, partial, none
    (ISO 9001). `certainty` is empty where not stated; `other_meaning`: the number is there too, for another theme;
    `beyond`: what the other text has besides, so that it counts for this one, but this one not for it.
    """

    number: str
    to: tuple[str, ...]
    kind: str
    note: str = ""
    certainty: str = ""
    other_meaning: bool = False
    beyond: str = ""
