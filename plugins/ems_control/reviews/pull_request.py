"""A pull request as a forge tells it, in one shape for all forges, and which of its reviews are decisions.

This is also the format of `ems record --from-json FILE`, for sites without a way to their forge.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from ems_control.ground.formats.records import FORGE_NAME, Account

Name = Annotated[str, Field(pattern=f"^{FORGE_NAME}$")]
ReviewState = Literal["approved", "changes-requested", "dismissed", "commented", "pending"]
OBJECT = r"[0-9a-f]{40}(?:[0-9a-f]{24})?"
HEADS = {"gitlab": "refs/merge-requests/{number}/head"}
"""Where a forge keeps the head of a pull request, if not at refs/pull/N/head."""


def _object(value: str) -> str:
    if not re.fullmatch(OBJECT, value):
        raise ValueError(f'"{value[:70]}" is no whole commit name')
    return value


def _near(value: datetime) -> datetime:
    if not 1970 <= value.year <= 9998:
        raise ValueError("lies outside the years 1970 to 9998")
    return value


def _whole_or_none(value: Any) -> str | None:
    """What is no whole commit name ("HEAD", a short one) names no commit; git is never asked what it could mean."""
    return value if isinstance(value, str) and re.fullmatch(OBJECT, value) else None


def _without_user(value: str) -> str:
    parts = urlsplit(value)
    if "@" in parts.netloc:
        raise ValueError("must not hold a user or a password: records keep it for ever")
    return value


CommitName = Annotated[str, AfterValidator(_object)]
ReviewedCommit = Annotated[CommitName | None, BeforeValidator(_whole_or_none)]
Moment = Annotated[AwareDatetime, AfterValidator(_near)]
LocalMoment = Annotated[datetime, AfterValidator(_near)]
Number = Annotated[int, Field(ge=1)]


class Part(BaseModel):
    """A part of what a forge says: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Review(Part):
    """One review or vote; `was` is what a dismissed one said before."""

    id: str = Field(min_length=1, description="The forge's own number of the review.")
    account: Account | None = Field(description="Who decided; null where the forge no longer knows.")
    state: ReviewState
    commit: ReviewedCommit = Field(
        description="The commit that was reviewed, by its whole name; null where the forge does not know."
    )
    submitted_at: Moment | None = Field(description="When; null for a review that was not sent yet.")
    was: Literal["approved", "changes-requested"] | None = Field(
        default=None, description="What a dismissed review said before it was dismissed."
    )


class PullCommit(Part):
    """A commit of the pull request and the accounts that the forge connects with it."""

    sha: CommitName
    author: Account | None = Field(default=None, description="Account of its author.")


class PullRequest(Part):
    """A pull request with its reviews, its commits, and the protections in force on the branch it goes to."""

    forge: Name
    url: Annotated[str, AfterValidator(_without_user)] = Field(
        description="Address of the forge, as records keep it: https://github.com"
    )
    repository: str = Field(description="Like works/handbook.")
    number: Number
    title: str = ""
    author: Account | None
    head: CommitName = Field(description="The newest commit of the pull request.")
    base: CommitName | None = Field(default=None, description="The commit of main from which the forge compares.")
    merged: bool | None = Field(description="Whether it is on main; null where the forge does not know.")
    merge_commit: CommitName | None = Field(
        default=None, description="The commit on main that brought it; null where the forge does not know."
    )
    merged_at: Moment | None = None
    commits: tuple[PullCommit, ...] = Field(description="Every commit of the pull request.")
    reviews: tuple[Review, ...]
    controls: dict[str, bool | None] = Field(
        default_factory=dict, description="Which protections of main are in force; null where the forge does not tell."
    )

    @property
    def ref(self) -> str:
        """Where the forge keeps its head."""
        return HEADS.get(self.forge, "refs/pull/{number}/head").format(number=self.number)

    @property
    def called(self) -> str:
        """The pull request in words for a sentence."""
        return f"pull request {self.number} of {self.repository}"


def latest(pull: PullRequest) -> list[Review]:
    """Each account's latest decision, oldest first.

    Comments and reviews not sent yet are no decisions; nobody can be held to a review without an account. What is
    left is an approval only where `approves` says so.
    """
    found: dict[str, Review] = {}
    sent = [(review.submitted_at, review) for review in pull.reviews if review.submitted_at is not None]
    for _, review in sorted(sent, key=lambda pair: (pair[0], _number(pair[1].id), pair[1].id)):
        if review.account is not None and review.state in ("approved", "changes-requested", "dismissed"):
            found.pop(review.account.id, None)
            found[review.account.id] = review
    return list(found.values())


UNDATED = "the forge does not say whose it is, or when it was sent"


def unknown(review: Review) -> bool:
    """Whether it would decide, but the forge does not say whose it is or when it was sent: `latest` leaves it out."""
    nameless = review.account is None or review.submitted_at is None
    return nameless and review.state in ("approved", "changes-requested")


def approves(review: Review) -> bool:
    """Whether a latest decision is an approval, not a dismissed one."""
    return review.state == "approved"


def rejects(review: Review) -> bool:
    """Whether it asks for changes; dismissing that does not answer it, only its person's next decision does."""
    return review.state == "changes-requested" or (review.state == "dismissed" and review.was == "changes-requested")


def moment(review: Review) -> datetime:
    """When a latest decision was sent, to the second, as records keep it."""
    assert review.submitted_at is not None  # `latest` keeps no other
    return review.submitted_at.replace(microsecond=0)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 30 else 0
