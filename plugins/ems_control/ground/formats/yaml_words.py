"""What libyaml complains of, in words for people, with what to do."""

from __future__ import annotations

import re

import yaml

from ems_control.ground.errors import Problem

_SPECIAL_START = re.compile(r"(?::|^\s*-|[\[,])\s+([*&!%@`|>])\S")
_IN_PLAIN_WORDS = (
    ("mapping values are not allowed", "a second colon in one line", 'Put quotes around a value that contains ": ".'),
    ("expected ',' or ']'", "a list in [ ] is not closed, or lacks a comma", ""),
    ("expected ',' or '}'", "a row in { } is not closed, or lacks a comma", 'Put quotes around a text with ": ".'),
    ("could not find expected ':'", "a line without key and colon", ""),
    ("did not find expected key", "a line that begins further left or right than its neighbours", ""),
    ("found unexpected end of stream", "a quote is not closed", ""),
    ("cannot start any token", "a value begins with a sign that has a meaning of its own", ""),
)
"""Part of a complaint of libyaml, the same for people, and what to do where that differs from the usual."""


def in_plain_words(error: yaml.MarkedYAMLError, first_line: int, text: str) -> Problem:
    """What libyaml complains of, as a problem of the text that begins on a line of its file."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + first_line, mark.column + 1) if mark else (first_line, 1)
    reason = one_line(error.problem or str(error))
    fix = "Look at this line and the one above: a colon, quote or bracket is missing or too many."
    plain = next((words for words in _IN_PLAIN_WORDS if words[0] in reason), None)
    if plain:
        reason, fix = plain[1], plain[2] or fix
    special = mark and _SPECIAL_START.search([*text.split("\n"), *[""] * mark.line][mark.line])
    if special and not (plain and plain[2]):
        fix = f'Put quotes around a value that begins with "{special[1]}".'
    return Problem(line, column, "unreadable", f"not readable as YAML: {reason}", fix)


def one_line(text: str) -> str:
    """Words with single blanks between them."""
    return " ".join(text.split())
