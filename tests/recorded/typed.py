"""GitLab's answers as the maintained TypeScript client of its interface types them (@gitbeaker/core, MIT)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.recorded.material import types

_INTERFACE = re.compile(r"^interface (\w+)(?: extends ([\w, <>]+?))? \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_ALIAS = re.compile(r"^type (\w+) = ([^;{]+);", re.MULTILINE)
_ENUM = re.compile(r"^declare enum (\w+) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"^ {4}(\w+)(\??): (.*?);?$")
_PLAIN: dict[str, type | tuple[type, ...]] = {"string": str, "number": (int, float), "boolean": bool}


@dataclass(frozen=True)
class Field:
    """One key of an answer: its type (words, or the keys of what it holds), and whether it may be left out."""

    kind: Any
    optional: bool


@dataclass(frozen=True)
class Types:
    """Every interface with its keys, every alias with its words, every number with a name."""

    interfaces: dict[str, dict[str, Field]]
    aliases: dict[str, str]
    numbers: dict[str, int]


@cache
def known() -> Types:
    """What the client's types say."""
    text = types()
    interfaces = {}
    for name, parents, body in _INTERFACE.findall(text):
        interfaces[name] = ([one.strip() for one in parents.split(",")], _fields(body.split("\n")))
    numbers = {
        f"{enum}.{name}": int(value)
        for enum, body in _ENUM.findall(text)
        for name, value in re.findall(r"(\w+) = (\d+)", body)
    }
    return Types({name: _with_parents(name, interfaces) for name in interfaces}, dict(_ALIAS.findall(text)), numbers)


def _with_parents(name: str, interfaces: dict[str, Any]) -> dict[str, Field]:
    if name not in interfaces:
        return {}
    parents, own = interfaces[name]
    return {key: field for one in parents for key, field in _with_parents(one, interfaces).items()} | own


def _fields(lines: list[str]) -> dict[str, Field]:
    found, rest = {}, iter(lines)
    for line in rest:
        match = _FIELD.match(line)
        if match is None:
            continue
        kind: Any = match[3]
        if kind == "{":
            inside = []
            for deeper in rest:
                if deeper.startswith("    }"):
                    break
                inside.append(deeper.removeprefix("    "))
            kind = _fields(inside)
        found[match[1]] = Field(kind, bool(match[2]))
    return found


def misfits(tree: Any, kind: Any, beside: frozenset[str], where: str = "") -> Iterator[str]:
    """What of an answer the type does not let be: keys it does not know (but `beside`), values of another kind."""
    if isinstance(kind, dict):
        yield from _of_object(tree, kind, beside, where)
        return
    options = [one.strip().strip("()") for one in kind.split("|")]
    wrong = [list(_of_one(tree, one, beside, where)) for one in options]
    if all(wrong):
        yield from min(wrong, key=len)


def _of_one(tree: Any, kind: str, beside: frozenset[str], where: str) -> Iterator[str]:
    said = known()
    kind = re.sub(r"^(?:MappedOmit|Omit|Pick)<(\w+),.*>", r"\1", kind)
    if kind in said.aliases:
        yield from misfits(tree, said.aliases[kind], beside, where)
    elif kind in said.interfaces:
        yield from _of_object(tree, said.interfaces[kind], beside, where)
    elif kind.endswith("[]") and isinstance(tree, list):
        for number, one in enumerate(tree):
            yield from misfits(one, kind.removesuffix("[]"), beside, f"{where}[{number}]")
    elif not _is(tree, kind, said):
        yield f"{where}: {tree!r} is no {kind}"


def _is(tree: Any, kind: str, said: Types) -> bool:
    if kind in said.numbers:
        return bool(tree == said.numbers[kind])
    if kind in _PLAIN:
        return isinstance(tree, _PLAIN[kind]) and isinstance(tree, bool) == (kind == "boolean")
    return bool(tree is None if kind == "null" else tree == kind.strip("'"))


def _of_object(tree: Any, fields: dict[str, Field], beside: frozenset[str], where: str) -> Iterator[str]:
    if not isinstance(tree, dict):
        yield f"{where}: {tree!r} is no object"
        return
    for key, value in tree.items():
        if key in fields:
            if not (value is None and fields[key].optional):
                yield from misfits(value, fields[key].kind, beside, f"{where}.{key}")
        elif key not in beside:
            yield f"{where}.{key}: GitLab gives no such key"
