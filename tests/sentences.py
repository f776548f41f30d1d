"""The sentences that the program says, as its sources have them: what the catalogues of other languages go by."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import yaml

from ems_control.exports.ci_workflows import comments
from ems_control.exports.schemas import SCHEMAS, schema

PACKAGE = Path(__file__).parents[1] / "plugins/ems_control"
PLACE = re.compile(r"(?<!\{)\{[^{}]*\}(?!\})")
SPOKEN = re.compile(r"[a-z]{2}['’\")]?[,.:;]? +\S*[A-Za-z{(\"`<]|\}['’\"]?[,:;]? [a-z]{2}|^[A-Z][a-z]+\.$")
"""Two words beside each other, or one that ends a sentence."""


def shape(sentence: str) -> str:
    """A sentence without the names of its places."""
    return PLACE.sub("{}", sentence).strip()


def sentences(tree: ast.AST) -> Iterator[str]:
    """Every text of a source that may be said, with its places: constants, f-strings, joins, the help of commands."""
    quiet = set(_quiet(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr) and node not in quiet:
            yield from filter(None, (_template(node),))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "join":
            if isinstance(node.func.value, ast.Constant) and re.search(r"[a-z]", str(node.func.value.value)):
                yield f"{{one}}{node.func.value.value}{{other}}"
        elif isinstance(node, ast.FunctionDef) and re.search(r"(command|group)\(", _decorators(node)):
            yield from (" ".join(one.split()) for one in re.split(r"\n\s*\n", ast.get_docstring(node) or ""))


def _decorators(node: ast.FunctionDef) -> str:
    return " ".join(map(ast.unparse, node.decorator_list))


def _quiet(tree: ast.AST) -> Iterator[ast.AST]:
    """What is no sentence by itself: docstrings, parts of f-strings, patterns, what the keys of files mean."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for one in body if isinstance(body, list) else ():
            if isinstance(one, ast.Expr):
                yield one.value
        if isinstance(node, ast.JoinedStr):
            yield from (part for part in node.values if isinstance(part, ast.Constant))
            for part in node.values:
                if isinstance(part, ast.FormattedValue) and part.format_spec:
                    yield from ast.walk(part.format_spec)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re."):
            yield from (each for argument in node.args for each in ast.walk(argument))
        elif isinstance(node, ast.keyword) and node.arg == "description":
            yield from ast.walk(node.value)


def _template(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        text = node.value if isinstance(node.value, str) else ""
        return text if re.search(r"\{[a-z_]+\}", text) else _escaped(text)
    parts, taken = [], list[str]()
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(_escaped(str(part.value)))
        elif isinstance(part, ast.FormattedValue):
            name = _name(part.value)
            taken.append(name)
            parts.append(f"{{{name}{taken.count(name) if taken.count(name) > 1 else ''}}}")
    return "".join(parts)


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _name(node: ast.expr) -> str:
    """A name for what stands in a place: the last one that its expression says."""
    names = [
        one.attr if isinstance(one, ast.Attribute) else one.id
        for one in ast.walk(node)
        if isinstance(one, ast.Attribute | ast.Name)
    ]
    return re.sub(r"[^a-z_]", "", (names or ["it"])[0].lower()).strip("_") or "it"


SILENT = (
    "rules/examples.py",
    "documents/wording.py",
    "documents/text_units.py",
    "ground/spelling.py",
    "ground/git/importing.py",
)
"""Files that say nothing: words that are looked for, and examples, which book_words/ has."""
SAYING = (
    *("approvals", "cli", "coverage", "documents", "ground", "handbook", "keeper", "reviews", "rules"),
    "exports/holding_view.py",
    "forges/protection",
)
"""Rooms and files whose sentences are said in every language. What sites and comments say goes through words.yml;
what a forge answers, and what an engine says, is English."""


def said_in(rooms: tuple[str, ...] = SAYING) -> set[str]:
    """The sentences of these rooms and files of the package."""
    places = (PACKAGE / room for room in rooms)
    silent = {PACKAGE / name for name in SILENT}
    files = (path for place in places for path in ([place] if place.suffix else place.rglob("*.py")))
    return {
        one for path in files if path not in silent for one in sentences(ast.parse(path.read_text(encoding="utf-8")))
    }


def said_by_click() -> set[str]:
    """What the library of the command line says by itself, as far as it marks it for translation."""
    folder = Path(click.__file__).parent
    calls = (
        node
        for path in sorted(folder.glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "ngettext")
    )
    return {str(one.value) for call in calls for one in call.args if isinstance(one, ast.Constant)}


def meanings() -> set[str]:
    """What every key and part of the files means."""
    found: set[str] = set()
    left: list[Any] = [schema(name) for name in SCHEMAS]
    while left:
        one = left.pop()
        left += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        if isinstance(one, dict) and isinstance(one.get("description"), str):
            found.add(" ".join(one["description"].split()))
    return found


def of_protections() -> set[str]:
    """What the table of protections says of each field, and how its parts are called."""
    table = yaml.safe_load((PACKAGE / "forges/protections.yml").read_text(encoding="utf-8"))
    parts = [(part, one) for forge in table.values() for part, fields in forge.items() for one in fields.values()]
    found = {one[key] for _, one in parts for key in ("good", "bad", "todo") if key in one}
    return {part for part, _ in parts} | {one.replace("{}", "{found}") for one in found}


def of_workflows() -> set[str]:
    """The comments in the files that `ems ci` writes."""
    files = (path for path in (PACKAGE / "exports/ci").rglob("*") if path.is_file())
    return {sentence for path in files for sentence in comments(path.read_text(encoding="utf-8"))}
