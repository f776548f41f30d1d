"""What every forge gives: a pull request with its reviews, and the protections in force."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, TypeVar, cast

from pydantic import ValidationError

from ems_control.ground.errors import EmsError
from ems_control.ground.text import one_line
from ems_control.reviews.pull_request import PullRequest

Controls = dict[str, bool | None]
"""Protection to whether it is in force; None where the forge does not tell (often: the token may not see it).

`pull_request_required`, `stale_approvals_dismissed`, `last_push_needs_approval`, `force_push_refused`,
`deletion_refused`, `checks_required`, `admins_included`.
"""

CONTROLS = (
    "pull_request_required",
    "stale_approvals_dismissed",
    "last_push_needs_approval",
    "force_push_refused",
    "deletion_refused",
    "checks_required",
    "admins_included",
)


class Forge(Protocol):
    """A connection to one repository at one forge. Everything raises EmsError where the answer is not whole."""

    def pull_request(self, number: int) -> PullRequest:
        """The pull request with this number."""
        ...

    def controls(self, branch: str) -> Controls:
        """The protections in force on a branch."""
        ...


class HalfAnswerError(EmsError):
    """The forge answered, but not with what its interface promises; its words stay on one line."""

    def __init__(self, message: str) -> None:
        super().__init__(one_line(message))


F = TypeVar("F", bound=Callable[..., PullRequest])


def whole(reading: F) -> F:
    """A way to read a pull request; what does not fit together there is a HalfAnswerError like any other.

    So is another pull request than the one that was asked for.
    """

    @wraps(reading)
    def read(forge: Any, number: int) -> PullRequest:
        try:
            found = reading(forge, number)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(step) for step in first["loc"]) or "the whole"
            raise HalfAnswerError(f'the forge gives half an answer: "{where}" is not what it should be.') from None
        if found.number != number:
            raise HalfAnswerError(f"the forge gives {found.called} in the place of number {number}. Try again.")
        return found

    return cast("F", read)


def token(variable: str) -> str:
    """The token out of the environment; raises EmsError where there is none. It is never an option nor logged."""
    found = os.environ.get(variable, "").strip()
    if not found:
        raise EmsError(f"no {variable} in the environment. Set it to a token that may read pull requests.")
    if not found.isascii() or any(c.isspace() for c in found):
        raise EmsError(f"{variable} holds characters that no token has. Copy the token again.")
    return found
