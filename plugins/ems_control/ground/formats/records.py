"""Approval records: one decision about one revision by one person, in one file (specification, Approval records).

A record is added once and never changed. Its SHA-256 over the exact bytes is its name in `prev` and `corrects`.
"""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import lru_cache
from sys import intern
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from ems_control.ground.errors import EmsError
from ems_control.ground.forge_kinds import FORGE_KINDS
from ems_control.ground.formats.config import sharing
from ems_control.ground.formats.digest import METHODS, Seal, canonical_json, sha256
from ems_control.ground.formats.strict_json import read_json
from ems_control.ground.organisation.people import PEOPLE_FILE
from ems_control.ground.organisation.policy import POLICY_FILE
from ems_control.ground.spelling import nearest
from ems_control.ground.text import as_day

FOLDER = "approvals"
POLICY_ID = "policy"
POLICY_METHOD: Literal["ems-policy/1"] = "ems-policy/1"

Action = Literal["review", "approve", "reject", "withdraw", "reinstate", "periodic-review", "baseline", "correct"]
FORGE_NAME = r"[a-z][a-z0-9]{0,30}"

_PATH = re.compile(r"r(\d{3,6})-(\d{8}T\d{6}Z)-([A-Za-z0-9._-]+)-([a-z]+(?:-[a-z]+)?)\.json")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class RecordError(EmsError):
    """A record that cannot be read; the message says what is wrong, in words for a sentence."""


def _moment(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    if not (isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", value)):
        raise ValueError(f'"{value}" is no moment in UTC; write it as YYYY-MM-DDTHH:MM:SSZ')
    moment = datetime.fromisoformat(value)
    if not 1970 <= moment.year <= 9998:
        raise ValueError(f"{value} lies outside the years 1970 to 9998")
    return moment


def _day(value: Any) -> Any:
    if isinstance(value, date):
        return value
    if not (isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value)):
        raise ValueError(f'"{value}" is not a day; write it as {as_day(str(value))}')
    return value


def forge_kind(forge: str) -> str:
    """The kind of evidence that the reviews of a forge are."""
    return FORGE_KINDS.get(forge, f"{forge}-review")


def forge_of(kind: str) -> str:
    """The forge whose reviews are evidence of this kind."""
    return next((name for name, own in FORGE_KINDS.items() if own == kind), kind.removesuffix("-review"))


def _kind(value: str) -> str:
    forge = re.fullmatch(rf"({FORGE_NAME})-review", value)
    if value not in ("signature", "external", *FORGE_KINDS.values()) and not (forge and forge[1] not in FORGE_KINDS):
        raise ValueError(f'"{value[:80]}" is no kind of evidence')
    return value


def _method(value: str) -> str:
    if value != POLICY_METHOD and value not in METHODS:
        raise ValueError(f'"{value[:80]}" is no way to make a digest that this program knows')
    return value


def _digest(value: str) -> str:
    if not _DIGEST.fullmatch(value):
        raise ValueError(f'"{value[:80]}" is no digest; it starts with sha256: and has 64 characters 0-9a-f behind it')
    return value


Moment = Annotated[datetime, BeforeValidator(_moment)]
Day = Annotated[date, BeforeValidator(_day)]
Digest = Annotated[str, AfterValidator(_digest)]
Method = Annotated[str, AfterValidator(_method), Field(json_schema_extra={"enum": [*METHODS, POLICY_METHOD]})]
EvidenceKind = Annotated[str, AfterValidator(_kind)]
Number = Annotated[int, Field(strict=True, ge=1, le=999_999)]
Str = Annotated[str, Field(strict=True)]


class Part(BaseModel):
    """A part of a record: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Signatory(Part):
    """Who decided, in what capacity."""

    person: Str = Field(description="Key of the person in people.yml.")
    name: Str = Field(description="Name, as it stood in people.yml.")
    role: Str = Field(description="Key of the role in which the person decided.")
    title: Str = Field(default="", description='The role in words; a standing deputy signs as "deputy …".')


class Account(Part):
    """The account at a forge that decided; the numeric id counts."""

    id: Str
    login: Str = ""


class Evidence(Part):
    """What the decision rests on: a signature, a review at a forge, or a paper from before the system."""

    kind: EvidenceKind = Field(
        description="signature, external (a baseline), github-review, gitlab-approval, gitea-review, "
        "kallithea-vote, or NAME-review of another forge."
    )
    contributors: tuple[Str, ...] = Field(
        default=(), description="Who wrote this text, as the tool knew it: person keys, else addresses."
    )
    paper: Str = Field(default="", description="The paper record that a baseline takes over: its name and place.")
    scan: Digest | None = Field(default=None, description="SHA-256 of the paper's scan.")
    forge: Str = Field(default="", description="Address of the forge.")
    repository: Str = Field(default="", description="Repository at the forge, like works/handbook.")
    pull: int | None = Field(strict=True, default=None, description="Number of the pull request.")
    review: Str = Field(default="", description="The forge's own number of the review.")
    account: Account | None = Field(default=None, description="The account that decided.")
    commit: Str = Field(default="", description="The commit that was reviewed.")
    controls: dict[str, bool | None] = Field(
        default_factory=dict, description="Which protections of the branch were in force, as far as the forge says."
    )


class Recorded(Part):
    """Who wrote the record down, when, with what."""

    by: Str = Field(description="Person key; the recorder for a witnessed record.")
    at: Moment
    tool: Str = Field(description="Name and version of the program.")


class Record(Part):
    """One decision about one revision by one person."""

    schema_: Literal["ems-approval/1"] = Field(alias="schema", description="The format, and its number.")
    document: Str = Field(description='Id of the document; "policy" for ems.yml and people.yml.')
    revision: Number = Field(description="Which revision was decided about.")
    action: Action = Field(description="What was decided.")
    meaning: Str = Field(description="The decision as a sentence.", min_length=1)
    digest: Digest = Field(description="Digest of what was decided about.")
    digest_method: Method = Field(description="How the digest is made.")
    effective: Day | None = Field(default=None, description="Not before this day; for a baseline, the paper's day.")
    by: Signatory = Field(description="Who decided, in what capacity.")
    decided_at: Moment = Field(description="When, in UTC: 2026-11-21T14:03:11Z.")
    evidence: Evidence = Field(description="What it rests on.")
    policy_digest: Digest | None = Field(description="The policy that the signer saw; null before there is one.")
    prev: tuple[Digest, ...] = Field(default=(), description="Records of this document that no other named yet.")
    corrects: Str | None = Field(default=None, description="What a correct record ends: a record or a commit.")
    recorded: Recorded = Field(description="Who wrote it down, when, with what.")

    @model_validator(mode="after")
    def _agree(self) -> Record:
        if self.document.casefold() == POLICY_ID and not self.is_policy:
            raise ValueError(f'"{self.document}" is no document; the policy is written "{POLICY_ID}"')
        if (self.digest_method == POLICY_METHOD) != self.is_policy:
            raise ValueError(f"digest_method {self.digest_method} does not belong to {self.document}")
        if list(self.prev) != sorted(set(self.prev)):
            raise ValueError("prev must be sorted, each record once")
        if (self.action == "correct") != (self.corrects is not None):
            raise ValueError("corrects belongs to a correct record, and to no other")
        if self.corrects and not (_DIGEST.fullmatch(self.corrects) or _COMMIT.fullmatch(self.corrects)):
            raise ValueError("corrects names a record (sha256:…) or a whole commit name")
        if (self.evidence.kind == "external") != (self.action == "baseline"):
            raise ValueError("evidence of kind external belongs to a baseline, and to nothing else")
        if self.action == "baseline" and self.effective is None:
            raise ValueError("a baseline says the day on the paper: effective")
        return self

    @property
    def is_policy(self) -> bool:
        """Whether it is about ems.yml and people.yml."""
        return self.document == POLICY_ID

    @property
    def seal(self) -> Seal:
        """The digest of what was decided about, and its method."""
        return Seal(self.digest_method, self.digest)

    @property
    def witnessed(self) -> bool:
        """Whether a recorder signs for what a forge says."""
        return self.evidence.kind not in ("signature", "external")

    @property
    def path(self) -> str:
        """Where it lies, from the folder of ems.yml."""
        moment = self.decided_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        return f"{FOLDER}/{self.document}/r{self.revision:03d}-{moment}-{self.by.person}-{self.action}.json"


class RecordPlace(NamedTuple):
    """What a record's path says."""

    document: str
    revision: int
    decided_at: str
    person: str
    action: str


def place_of(path: str) -> RecordPlace | None:
    """What a path (from the folder of ems.yml) says about the record there; None where no record may lie."""
    parts = path.split("/")
    match = _PATH.fullmatch(parts[-1])
    if len(parts) != 3 or parts[0] != FOLDER or match is None:
        return None
    return RecordPlace(parts[1], int(match[1]), match[2], match[3], match[4])


def read_record(data: bytes) -> Record:
    """Read a record strictly; raises RecordError: not UTF-8, no JSON, a key twice, a key or value that is not right."""
    try:
        tree = read_json(data)
    except ValueError as error:
        raise RecordError(str(error)) from None
    if not isinstance(tree, dict):
        raise RecordError("it is no JSON object")
    _share(tree)
    try:
        record = Record.model_validate(tree)
    except ValidationError as error:
        raise RecordError(_words(error)) from None
    for made in (record, record.by, record.evidence, record.recorded):
        sharing(made)
    return record


def _share(tree: dict[str, Any]) -> None:
    """Keep once what stands in many records: words, persons, evidence; what is wrong is left to be told."""
    for part in (tree, tree.get("recorded")):
        if isinstance(part, dict):
            part.update({key: intern(value) for key, value in part.items() if type(value) is str})
    for key, model in (("by", Signatory), ("evidence", Evidence)):
        part = tree.get(key)
        items = [(name, () if value == [] else value) for name, value in part.items()] if isinstance(part, dict) else []
        if items and all(type(value) is str or value == () for _, value in items):
            with suppress(ValidationError):
                tree[key] = _part(model, tuple(items))


@lru_cache(maxsize=4096)  # a few persons decide ten thousand times, each time in the same words
def _part(model: type[Part], items: tuple[tuple[str, str | tuple[()]], ...]) -> Part:
    return model.model_validate(dict(items))


def _words(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(step) for step in first["loc"])
    if first["type"] == "missing":
        return f'"{where}" is missing'
    if first["type"] == "extra_forbidden":
        close = nearest(where, Record.model_fields)
        return f'"{where}" is not known here' + (f' (did you mean "{close}"?)' if close else "")
    words = str(first.get("ctx", {}).get("error", "")) or first["msg"][:1].lower() + first["msg"][1:]
    return f'"{where}": {words}' if where else words


def write_record(record: Record) -> bytes:
    """The bytes of a record: JSON, two spaces deep, keys in order (specification, Fields), one newline at the end."""
    tree = record.model_dump(mode="json", by_alias=True, exclude_defaults=False)
    tree["decided_at"] = stamp(record.decided_at)
    tree["recorded"]["at"] = stamp(record.recorded.at)
    tree["evidence"] = {k: v for k, v in tree["evidence"].items() if v not in (None, "", {}) or k == "kind"}
    if record.corrects is None:
        del tree["corrects"]
    return (json.dumps(tree, ensure_ascii=False, indent=2) + "\n").encode()


def stamp(moment: datetime) -> str:
    """A moment in UTC to the second, as records write it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def name_of(data: bytes) -> str:
    """The name of a record in `prev` and `corrects`: `sha256:` + SHA-256 of its exact bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def policy_digest(policy: bytes, people: bytes) -> str:
    """The digest `ems-policy/1` of the two policy files; line ends count as LF."""
    files = [[PEOPLE_FILE, sha256(people)], [POLICY_FILE, sha256(policy)]]
    canonical = canonical_json({"method": POLICY_METHOD, "files": sorted(files)})
    return "sha256:" + hashlib.sha256(canonical).hexdigest()
