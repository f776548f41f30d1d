"""The shape of a file with a standard of one's own, for editors; what reads it is ground/organisation/standards.py."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Words = str | dict[str, str]
"""A text, or one for each language."""


class DutyEntry(BaseModel):
    """The documented information that a clause asks for."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["maintain", "retain", "both", "available", "scope", "control"] = Field(
        description="maintain: a document; retain: evidence; both; available: the text does not say which."
    )
    subject: str = Field(default="", description="What it is about, in your own words.")
    to_extent: bool | None = Field(default=None, description="Asked only as far as needed.")
    certainty: str = Field(default="confirmed", description="confirmed, single, general or uncertain.")
    carried: str | None = Field(default=None, description="The kind in the edition before.")
    note: str = ""


class ClauseEntry(BaseModel):
    """One numbered requirement or heading."""

    model_config = ConfigDict(extra="forbid")

    number: str = Field(description='As it is cited; in quotes where it looks like a number: "6.10".')
    title: Words = Field(description="Title, or a title for each language.")
    parent: str | None = Field(default=None, description="Number of the clause above it, which stands earlier.")
    heading_only: bool = Field(default=False, description="A heading that asks for nothing.")
    assessable: bool = Field(default=True, description="Whether coverage is about it.")
    duty: DutyEntry | None = Field(default=None, description="The documented information that it asks for.")
    summary: Words = Field(default="", description="What it is about, in your own words.")
    note: str = ""
    change: str = Field(default="", description="What this edition changed.")
    optional: str | None = Field(default=None, description="Counts only under this condition.")
    not_applicable: str | None = Field(default=None, description="Who may declare that it does not apply.")
    certainty: dict[str, str] = Field(default_factory=dict, description="By language, and of the number.")
    reasons: dict[str, str] = Field(default_factory=dict, description="Why something is not certain.")
    believed_number: str | None = Field(default=None, description="The number that it is thought to have.")
    same_as: str | None = Field(default=None, description="The clause with the same text: iso-14001:2015/8.2.")
    ours: bool = Field(default=False, description="The title is in our words, because the text has none.")
    paragraphs: list[str] = Field(default_factory=list, description="Numbered parts without a title.")


class StandardFile(BaseModel):
    """A standard of one's own, named under own_standards in ems.yml. Further keys are kept as facts."""

    model_config = ConfigDict(extra="allow")

    id: str = Field(description="Small letters, and the edition: iso-45001:2018.")
    full_title: str = Field(description="The whole title.")
    name: str = Field(default="", description="How it is called in short.")
    clauses: list[ClauseEntry] = Field(description="Its clauses, in order.")
