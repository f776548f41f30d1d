"""What GitHub, Gitea and Forgejo tell in the same shape: accounts, and the two sides of a pull request."""

from __future__ import annotations

from pydantic import BaseModel

from ems_control.ground.formats.records import Account
from ems_control.reviews.pull_request import CommitName


class User(BaseModel):
    """An account as it is told of beside what it did."""

    id: int
    login: str


class Side(BaseModel):
    """Head or base of a pull request."""

    sha: CommitName
    ref: str


def account_of(user: User | None) -> Account | None:
    """The account behind something; None where it is told of none, or of the ghost of a deleted one (number -1)."""
    return Account(id=str(user.id), login=user.login) if user and user.id > 0 else None
