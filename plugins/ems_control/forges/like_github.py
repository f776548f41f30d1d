"""What GitHub, Gitea and Forgejo tell in the same shape: accounts and pull requests; a repository is OWNER/NAME."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar
from urllib.parse import quote

from pydantic import BaseModel

from ems_control.forges.base import Controls
from ems_control.forges.http import Http
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.records import Account
from ems_control.reviews.pull_request import CommitName, Moment, Number, PullCommit, PullRequest, Review


class User(BaseModel):
    """An account as it is told of beside what it did."""

    id: int
    login: str


class Side(BaseModel):
    """Head or base of a pull request."""

    sha: CommitName
    ref: str


class Pull(BaseModel):
    """A pull request, as it is told of by itself."""

    number: Number
    title: str
    user: User | None
    head: Side
    base: Side
    merged: bool
    merge_commit_sha: CommitName | None
    merged_at: Moment | None


class LikeGitHub(ABC):
    """One repository at such a forge (`KIND` by our name, `FORGE` by its own), of which pull requests are read."""

    KIND: ClassVar[str]
    FORGE: ClassVar[str]

    def __init__(self, url: str, repository: str) -> None:
        """`url` is the address people see; raises EmsError for another form of name, and without the forge's token."""
        self.url, self.repository = url.rstrip("/"), repository
        if repository.count("/") != 1 or not all(repository.split("/")):
            raise EmsError(f'"{repository}" is no repository at {self.FORGE}; write owner/name')
        self._http = self._opened()
        self._path = "repos/" + quote(repository)

    @abstractmethod
    def _opened(self) -> Http:
        """The interface below `url`, with the token."""

    @property
    def interface(self) -> Http:
        """Its interface, for what is not about pull requests."""
        return self._http

    def _told(
        self, pull: Pull, commits: Iterable[PullCommit], reviews: Iterable[Review], controls: Controls
    ) -> PullRequest:
        return PullRequest(
            forge=self.KIND,
            url=self.url,
            repository=self.repository,
            number=pull.number,
            title=pull.title,
            author=account_of(pull.user),
            head=pull.head.sha,
            base=pull.base.sha,
            merged=pull.merged,
            merge_commit=pull.merge_commit_sha if pull.merged else None,
            merged_at=pull.merged_at,
            commits=tuple(commits),
            reviews=tuple(reviews),
            controls=controls,
        )


def account_of(user: User | None) -> Account | None:
    """The account behind something; None where it is told of none, or of the ghost of a deleted one (number -1)."""
    return Account(id=str(user.id), login=user.login) if user and user.id > 0 else None
