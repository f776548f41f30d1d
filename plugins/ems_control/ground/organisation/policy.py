"""`ems.yml`: the document-control policy (specification, ems.yml)."""

from __future__ import annotations

import re
from datetime import date
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from ems_control.ground import whereabouts
from ems_control.ground.formats.config import Day, ListOf, Model, Whole, load
from ems_control.ground.formats.frontmatter import Mapping
from ems_control.ground.organisation.emas import Emas
from ems_control.ground.organisation.groups import Groups, OneText, in_language
from ems_control.ground.organisation.readings import Reading

POLICY_FILE = whereabouts.POLICY_FILE
STOOD = "stood"
"""Who reads a policy that stood on main, by which texts were judged, reads also what is refused in one of today."""

Level = Literal["declared", "witnessed", "signed"]
LEVELS: tuple[Level, ...] = ("declared", "witnessed", "signed")
Severity = Literal["error", "warning", "info", "off"]
EMPTY_TYPES = ("form", "record")
INDEPENDENCE = ("ems303", "approver-contributed")
"""The rule that an approver changed nothing of what they approve; where nobody else is there, it can be waived."""
EVERY_DOCUMENT = "*"
PROCESSES: dict[str, tuple[str, ...]] = {
    "water": ("water", "waste water", "effluent", "sewer", "drain", "wasser", "abwasser", "afvalwater", "riool"),
    "air": ("air", "emission", "scrubber", "extraction", "oven", "booth", "luft", "abluft", "lucht", "emissie"),
    "waste": ("waste", "by-product", "recycling", "abfall", "abfäll", "afval"),
    "chemicals": ("chemical", "hazardous substance", "bath", "tanker", "chemikalie", "gefahrstoff", "chemicali"),
    "energy": ("energy", "electricity", "gas", "heat", "evaporator", "energie", "strom", "elektriciteit"),
    "emergency": (
        "emergency",
        "spill",
        "fire",
        "flood",
        "notfall",
        "leckage",
        "brand",
        "nood",
        "lekkage",
        "calamiteit",
    ),
}
"""The processes that most handbooks have, with the beginnings of words that mean them."""


class Requirement(Model):
    """How many holders of a role must decide."""

    role: str = Field(description="Stable key of the role, as in people.yml; a standing deputy counts as holder.")
    number: Whole = Field(default=1, description="How many different persons, from 1.")


def _requirements(value: Any) -> Any:
    """`approve: plant-manager` is short for `approve: [{role: plant-manager, number: 1}]`; so is a role in a list."""
    if isinstance(value, str | dict):
        return (_requirement(value),)
    return tuple(map(_requirement, value)) if isinstance(value, list | tuple) else value


def _requirement(value: Any) -> Any:
    return {"role": value} if isinstance(value, str) else value


Requirements = Annotated[
    tuple[Requirement, ...],
    BeforeValidator(_requirements, json_schema_input_type=str | Requirement | tuple[str | Requirement, ...]),
]
OneRequirement = Annotated[Requirement, BeforeValidator(_requirement, json_schema_input_type=str | Requirement)]


class DocumentType(Model):
    """What the policy says about one type of document."""

    prefix: str = Field(description="Ids of this type start with it and a hyphen: EMS-PRO. It decides the type.")
    folder: str | None = Field(default=None, description="Folder under docs/ where documents of this type lie.")
    review_months: Whole | None = Field(default=None, description="Longest time between reviews; left out = none.")
    level: Level = Field(default="declared", description="Evidence level needed for being in force.")
    review: Requirements = Field(default=(), description="Who must have reviewed, by role and number.")
    approve: Requirements = Field(description="Who must approve, by role and number.")
    headings: dict[str, ListOf[str]] = Field(
        default_factory=dict, description="Headings that a text must have, by language: {en: [Purpose, What to do]}."
    )
    counts: bool = Field(
        default=True, description="Whether it fulfils a duty to document; left out = all but form and record do."
    )

    @field_validator("prefix")
    @classmethod
    def _id_characters(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Z0-9]+(-[A-Z0-9]+)*", value):
            raise ValueError("must be ASCII capitals, digits and hyphens, like EMS-PRO")
        return value

    @field_validator("folder")
    @classmethod
    def _below_docs(cls, value: str | None, told: ValidationInfo) -> str | None:
        if value and told.context != STOOD and (".." in PurePosixPath(value).parts or "\\" in value):
            raise ValueError("must be a folder inside docs_dir, like procedures")
        return value and value.strip("/")

    @field_validator("approve")
    @classmethod
    def _somebody(cls, value: tuple[Requirement, ...], told: ValidationInfo) -> tuple[Requirement, ...]:
        if not value and told.context != STOOD:
            raise ValueError("must name a role: without one, nobody would approve")
        return value


class TransitionDate(Model):
    """A date of the change between editions, with its source."""

    date: Day
    source: str = Field(description="Where the date comes from.")
    confirmed: bool = Field(default=False, description="Whether the certification body has confirmed it.")


class Transition(Model):
    """The way from one edition of a standard to the next."""

    from_: str = Field(alias="from", description="The edition that ends.")
    to: str = Field(description="The edition that follows.")
    last_initial_audit: TransitionDate | None = None
    transition_audit: TransitionDate | None = None
    end: TransitionDate | None = None


class NotApplicable(Model):
    """A clause that the organisation declares not applicable."""

    reference: str
    reason: str


class Waiver(Model):
    """One rule switched off for one document, with a reason, until a day."""

    rule: str = Field(description="Code or name of the rule.")
    document: str = Field(description='Id or path of the document; "*", every one, for approver-contributed only.')
    reason: str
    until: Day = Field(description="Last day on which the waiver holds.")

    @property
    def of_independence(self) -> bool:
        """Whether it lets somebody approve what they wrote."""
        return self.rule.casefold() in INDEPENDENCE

    def covers(self, *names: str) -> bool:
        """Whether it is about what has one of these names; where there is only one person, about every document."""
        if self.document == EVERY_DOCUMENT:
            return self.of_independence
        return self.document.casefold() in [name.casefold() for name in names]


class Rules(Model):
    """Severities changed and findings waived."""

    severity: dict[str, Severity] = Field(default_factory=dict, description="Rule code or name to severity.")
    waivers: ListOf[Waiver] = ()


class Publish(Model):
    """What the site shows beyond the texts in force."""

    preview: bool = Field(default=False, description="Show the newest text with a DRAFT banner, for authors.")
    earlier_revisions: Whole = Field(default=3, description="How many earlier revisions get a page of their own.")
    rows_per_page: Whole = Field(
        default=500, description="Rows of a list on one page, from 1; a longer list goes on on further pages."
    )
    search_in_pieces_from: Whole | None = Field(
        default=None,
        description="With so many documents, from 1, search is fetched in pieces, from a server only; needs "
        "ems-control[search]. Left out = 500 where that is installed.",
    )
    waiting: bool = Field(default=True, description="Show texts that wait for decisions or for their day, as such.")
    change_requests: str = Field(
        default="",
        description="Where a reader reports a mistake: https address of the forge's new-issue form, or a mail address.",
    )
    processes: dict[str, ListOf[str]] = Field(
        default_factory=lambda: dict(PROCESSES),
        description="Processes by which readers look for documents, each with the words of titles or tags for it.",
    )

    @field_validator("change_requests")
    @classmethod
    def _form_or_mail(cls, value: str) -> str:
        if value and not re.fullmatch(r"https://[^\s\"'<>#]+|[\w.+-]+@[\w.-]+", value):
            raise ValueError("must be an https address or a mail address, like ems@example.org")
        return value


class Policy(Model):
    """`ems.yml`: the document-control policy of one handbook."""

    organisation: str = Field(description="Name of the organisation, as the site shows it.")
    docs_dir: str = Field(default="docs", description="Folder of the handbook, from the folder of ems.yml.")
    fields: dict[str, str] = Field(
        default_factory=dict,
        description="Our key to the key a foreign handbook uses, dotted where nested; `revisions.change: details`.",
    )
    controlled: ListOf[str] = Field(default=("**/*.md",), description="Globs under docs/ of controlled pages.")
    uncontrolled: ListOf[str] = Field(default=("index.md",), description="Globs of pages that are not controlled.")
    standards: ListOf[str] = Field(default=(), description="Editions claimed: iso-14001:2015, iso-14001:2026, emas.")
    own_standards: ListOf[str] = Field(
        default=(),
        description="Files, from the folder of ems.yml: standards of your own (standards/iso-45001.yml); titles of one "
        'whose text you hold: `titles_of: iso-14001:2026`, `titles: {"4.1": {nl: …}}`.',
    )
    languages: ListOf[str] = Field(default=("en",), description="Languages of the handbook; the first is the site's.")
    timezone: str = Field(default="UTC", description="Where a day begins and ends: Europe/Amsterdam.")
    emergency: OneText = Field(
        default_factory=dict, description="The line on top of every page and print; by language: {en: …, nl: …}."
    )
    groups: Groups = Field(default_factory=Groups)
    types: dict[str, DocumentType] = Field(description="The types of document and what each demands.")
    policy_approval: OneRequirement = Field(
        alias="policy", description="Role and number who sign changes of ems.yml and people.yml."
    )
    editorial: OneRequirement | None = Field(default=None, description="Role that releases an editorial revision.")
    classification: OneRequirement | None = Field(
        default=None, description="Role that looks at changed clause references and distribution."
    )
    baseline_until: Day | None = Field(default=None, description="Last day on which baselines are taken over.")
    external_contributors: ListOf[str] = Field(
        default=(), description="E-mail patterns that belong to no approver: bots, consultants, a whole domain."
    )
    transition: Transition | None = None
    not_applicable: ListOf[NotApplicable] = ()
    emas: Emas = Field(default_factory=Emas, description="The registration under EMAS.")
    publish: Publish = Field(default_factory=Publish)
    rules: Rules = Field(default_factory=Rules)

    @field_validator("types", mode="before")
    @classmethod
    def _blank_forms_and_records_fulfil_nothing(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        kinds = {name: kind for name, kind in value.items() if name in EMPTY_TYPES and isinstance(kind, dict)}
        return {**value, **{name: {"counts": "false", **kind} for name, kind in kinds.items()}}

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError(f'"{value}" is no time zone; write one like Europe/Amsterdam') from None
        return value

    @field_validator("languages")
    @classmethod
    def _one_at_least(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return value or ("en",)

    @field_validator("docs_dir")
    @classmethod
    def _inside(cls, value: str) -> str:
        path = PurePosixPath(value)
        if path.is_absolute() or ".." in path.parts or value in ("", ".") or "\\" in value:
            raise ValueError("must be a folder inside the repository, like docs")
        return path.as_posix()

    @model_validator(mode="after")
    def _distinct_prefixes(self) -> Policy:
        seen: dict[str, str] = {}
        for name, kind in self.types.items():
            if kind.prefix in seen:
                raise ValueError(f'types "{seen[kind.prefix]}" and "{name}" have the same prefix {kind.prefix}')
            seen[kind.prefix] = name
        return self

    def emergency_line(self, language: str) -> str:
        """The emergency line in a language; "" where there is none."""
        return in_language(self.emergency, language)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone in which days are counted."""
        return ZoneInfo(self.timezone)

    def in_folder(self, docs: str) -> Policy:
        """The same policy over texts that moved."""
        moved = self.model_copy(update={"docs_dir": docs})
        moved.__dict__.pop("reading", None)
        return moved

    @cached_property
    def reading(self) -> Reading:
        """What of it decides how texts are read."""
        prefixes = tuple((kind.prefix, name) for name, kind in self.types.items())
        return Reading(self.docs_dir, tuple(self.controlled), tuple(self.uncontrolled), prefixes, self.fields)

    def type_of(self, document_id: str) -> str | None:
        """The type that the id's prefix decides; None where no prefix fits or it is no id. The longest prefix wins."""
        return self.reading.type_of(document_id)

    def kind_of(self, document_id: str) -> DocumentType | None:
        """What it asks of the type that an id's prefix decides."""
        name = self.type_of(document_id)
        return self.types[name] if name else None

    def is_external(self, email: str) -> bool:
        """Whether an e-mail address belongs, by policy, to no approver."""
        return any(fnmatchcase(email.lower(), pattern.lower()) for pattern in self.external_contributors)

    def waives_independence(self, document: str, path: str, day: date) -> bool:
        """Whether who wrote a document may approve it on a day, by a waiver that says why and until when."""
        return any(
            waiver.of_independence and day <= waiver.until and waiver.covers(document, path)
            for waiver in self.rules.waivers
        )

    def field(self, key: str) -> str:
        """The name under which this handbook writes our `key`."""
        return self.reading.field(key)


def load_policy(data: bytes, name: str = POLICY_FILE) -> tuple[Policy, Mapping]:
    """Read `ems.yml`; also returns its tree, for places. Raises EmsError with a line per mistake."""
    return load(Policy, data, name)


def load_policy_that_stood(data: bytes) -> tuple[Policy, Mapping]:
    """The same of a state on main, by which texts were judged: also with what is refused in a policy of today."""
    return load(Policy, data, POLICY_FILE, STOOD)
