"""The errors a user can meet, and a place in a file."""

from __future__ import annotations

from dataclasses import dataclass


class EmsError(Exception):
    """The work cannot be done: said in one line, with what to do about it; exit status 2 at the command line."""


@dataclass(frozen=True, order=True)
class Problem:
    """Something wrong in one file, found while reading it.

    `kind` names the pattern and is what the rules translate into a finding; `line` and `column` count from 1,
    0 where the whole file is meant; `fix` says what to write instead.
    """

    line: int
    column: int
    kind: str
    message: str
    fix: str = ""
