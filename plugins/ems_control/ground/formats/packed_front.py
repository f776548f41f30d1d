"""Front matter as it was read, with its places, in few bytes: what is kept between two runs has that of every text."""

from __future__ import annotations

import json
from dataclasses import astuple
from typing import Any

from ems_control.ground.errors import Problem
from ems_control.ground.formats.frontmatter import FrontMatter, Mapping, Scalar, Sequence


def packed(front: FrontMatter | bytes | None) -> bytes | None:
    """The bytes of what was read, without the body."""
    if not isinstance(front, FrontMatter):
        return front
    told = [_plain(front.data), front.body_line, [astuple(problem) for problem in front.problems]]
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def unpacked(data: bytes) -> FrontMatter:
    """What was read, out of its bytes."""
    tree, line, problems = json.loads(data.decode("utf-8", "surrogatepass"))
    return FrontMatter(_value(tree), "", line, [Problem(*problem) for problem in problems])


def _plain(value: Any) -> Any:
    """A scalar as five parts, a list as three, a mapping as four."""
    if isinstance(value, Scalar):
        return [str(value), value.line, value.column, value.plain, value.cut]
    if isinstance(value, Mapping):
        return [value.line, value.column, [_plain(key) for key in value], [_plain(one) for one in value.values()]]
    if isinstance(value, Sequence):
        return [value.line, value.column, [_plain(one) for one in value]]
    return None


def _value(told: Any) -> Any:
    if told is None:
        return None
    if len(told) == 5:
        return Scalar(*told)
    line, column, *rest = told
    made: Any = Sequence(map(_value, rest[0]))
    if len(rest) == 2:
        made = Mapping(zip(made, map(_value, rest[1]), strict=True))
    made.line, made.column = line, column
    return made
