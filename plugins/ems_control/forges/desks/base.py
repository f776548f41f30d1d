"""What `ems keep` does at a forge beside reading: it lists, asks, comments, and posts a status.

Each forge's adapter is made a desk in a module of its own. Whatever does not work is an EmsError; a refusal carries the
forge's own words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

from ems_control.forges.base import Forge, HalfAnswerError
from ems_control.ground.formats.records import Account

STATUS = "handbook/reviews"
"""The one name under which the answer stands at every commit."""

State = Literal["success", "pending", "failure", "error"]


@dataclass(frozen=True)
class OpenRequest:
    """An open pull request, as a list shows it: `source` and `target` are branches, `asked` accounts by their id."""

    number: int
    head: str
    source: str
    target: str
    draft: bool
    author: Account | None
    asked: frozenset[str]


@dataclass(frozen=True)
class Status:
    """The latest status under our name at a commit, and whether we posted it."""

    state: str
    words: str
    mine: bool


@dataclass(frozen=True)
class Comment:
    """A comment of a pull request: its number, and whether we wrote it."""

    id: str
    mine: bool
    body: str


@dataclass(frozen=True)
class Queued:
    """A commit that a merge queue tries out, and the pull request at its end."""

    commit: str
    number: int


class Numbered(Protocol):
    """An account as a forge tells of it."""

    id: int


class Desk(Forge, Protocol):
    """One repository at a forge, where we read and write."""

    url: str
    repository: str

    def default_branch(self) -> str:
        """The branch that is main there, whatever it is called."""
        ...

    def open_requests(self) -> list[OpenRequest]:
        """Every open pull request, to whatever branch."""
        ...

    def merged(self, branch: str, many: int) -> list[int]:
        """The numbers of the pull requests merged into a branch in which something happened last, oldest first."""
        ...

    def queued(self, branch: str) -> list[Queued]:
        """What the merge queue of a branch tries out now."""
        ...

    def one_by_one(self) -> bool | None:
        """Whether a pull request may be merged so that each of its commits lands by itself; None where unknown."""
        ...

    def status(self, commit: str) -> Status | None:
        """The latest status of ours, or in our name, at a commit."""
        ...

    def post_status(self, commit: str, state: State, words: str, number: int) -> None:
        """Say it at a commit; `number` is the pull request that explains it."""
        ...

    def comments(self, number: int) -> list[Comment]:
        """The comments of a pull request, oldest first."""
        ...

    def comment(self, number: int, body: str) -> None:
        """Write a comment."""
        ...

    def change_comment(self, number: int, comment: str, body: str) -> None:
        """Write other words in a comment of ours."""
        ...

    def remove_comment(self, number: int, comment: str) -> None:
        """Take away a comment of ours."""
        ...

    def ask(self, request: OpenRequest, account: Account) -> None:
        """Ask one account, by its id, for a review."""
        ...

    def propose(self, source: str, target: str, title: str, body: str) -> None:
        """Open a pull request of a branch."""
        ...


def latest_of(rows: list[tuple[int, Status]]) -> Status | None:
    """The status with the highest number: forges sort them as they like."""
    return max(rows, key=lambda row: row[0])[1] if rows else None


def facts_of(tree: Any, forge: str, what: str) -> dict[str, Any]:
    """An answer about one thing; raises HalfAnswerError where it is none."""
    if not isinstance(tree, dict):
        raise HalfAnswerError(f"{forge} gives half an answer for {what}. Try again.")
    return tree


def branch_of(facts: dict[str, Any], forge: str, repository: str) -> str:
    """The default branch that the facts of a repository name; raises HalfAnswerError where they name none."""
    name = facts.get("default_branch")
    if not isinstance(name, str) or not name:
        raise HalfAnswerError(f"{forge} does not name the default branch of {repository}. Try again.")
    return name


def is_account(user: Numbered | None, number: int | None) -> bool:
    """Whether somebody is the account of this number."""
    return user is not None and user.id == number
