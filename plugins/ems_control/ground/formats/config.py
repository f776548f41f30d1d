"""Read a YAML file that people write into a typed model, with line and column for every mistake."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from ems_control.ground.errors import EmsError, Problem
from ems_control.ground.formats.frontmatter import Mapping, Scalar, Sequence, read_yaml
from ems_control.ground.spelling import nearest
from ems_control.ground.text import as_day, decode


class Model(BaseModel):
    """A part of a file: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _day(value: Any) -> Any:
    if isinstance(value, str):
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            raise ValueError(f'"{value}" is not a day; write it as {as_day(value)}')
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError(f'"{value}" is not a day of the calendar') from None
    return value


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        if not re.fullmatch(r"[1-9]\d{0,5}", value):
            raise ValueError(f'"{value}" is not a whole number; write 1, 2, 3 …')
        return int(value)
    return value


def _listed(value: Any) -> Any:
    if isinstance(value, str):
        raise ValueError(f"must be a list; write [{value}]")
    return value


Day = Annotated[date, BeforeValidator(_day)]
"""A day of the calendar, written 2026-03-01."""

Whole = Annotated[int, BeforeValidator(_whole)]
"""A whole number from 1."""

T = TypeVar("T")
ListOf = Annotated[tuple[T, ...], BeforeValidator(_listed)]
"""A YAML list; a single value without brackets is refused with the right spelling."""

M = TypeVar("M", bound=BaseModel)


_GIVEN: dict[frozenset[str], set[str]] = {}


def sharing(model: M) -> M:
    """The same model; the set of the keys that were given is one for all that were given the same.

    Of ten thousand small models these sets would be a third of the memory; nothing ever changes in a frozen one.
    """
    given = model.model_fields_set
    object.__setattr__(model, "__pydantic_fields_set__", _GIVEN.setdefault(frozenset(given), given))
    return model


def load(model: type[M], data: bytes, name: str, context: object = None) -> tuple[M, Mapping]:
    """Read `data` (the bytes of the file `name`) as `model`; also returns the tree with its places.

    `context` is for the checks of the model. Raises EmsError with one line per mistake: file, line, what is wrong, what
    to write.
    """
    text, problems = decode(data)
    tree: Mapping | None = None
    if not problems:
        tree, problems = read_yaml(text)
    if problems or tree is None:
        raise EmsError("\n".join(describe(problem, name) for problem in problems))
    try:
        return model.model_validate(tree, context=context), tree
    except ValidationError as error:
        found = sorted({to_problem(detail, tree, model) for detail in _without_misspelt(error.errors(), model)})
        raise EmsError("\n".join(describe(problem, name) for problem in found)) from None


def _without_misspelt(errors: list[ErrorDetails], model: type[BaseModel]) -> list[ErrorDetails]:
    """The mistakes, but a key that is only missing because it is misspelt is not told as missing too."""
    meant = {
        (*error["loc"][:-1], nearest(str(error["loc"][-1]), _known_keys(model, error["loc"])))
        for error in errors
        if error["type"] == "extra_forbidden"
    }
    return [error for error in errors if error["type"] != "missing" or error["loc"] not in meant]


def describe(problem: Problem, name: str) -> str:
    """One line for a mistake in a file."""
    place = f"{name}:{problem.line}" if problem.line else name
    return f"{place}: {problem.message}. {problem.fix}".rstrip()


def to_problem(error: ErrorDetails, tree: Any, model: type[BaseModel]) -> Problem:
    """Translate a mistake that pydantic found into our words, with its place in the file."""
    line, column, keys = place_of(tree, error["loc"])
    where = ".".join(keys)
    kind = error["type"]
    if kind == "missing":
        return Problem(line, column, "missing", f'"{where}" is missing', f"Add {keys[-1]}: …")
    if kind == "extra_forbidden":
        known = _known_keys(model, error["loc"])
        close = nearest(keys[-1], known)
        fix = f'Did you mean "{close}"?' if close else f"Known here: {', '.join(known)}." if known else "Delete it."
        return Problem(line, column, "unknown", f'"{where}" is not known', fix)
    message = str(error.get("ctx", {}).get("error", "")) if kind == "value_error" else ""
    message = message or _plain_words(error)
    return Problem(line, column, "kind", f'"{where}" {message}' if where else message, "")


_SHAPES = {
    "tuple_type": "must be a list; write [ … ]",
    "list_type": "must be a list; write [ … ]",
    "model_type": "must be a group of keys with values",
    "model_attributes_type": "must be a group of keys with values",
    "dict_type": "must be a group of keys with values",
    "string_type": "must be a single text",
    "bool_parsing": "must be true or false",
    "date_type": "must be a day; write it as YYYY-MM-DD, year, month and day",
    "int_type": "must be a whole number; write 1, 2, 3 …",
}


def _plain_words(error: ErrorDetails) -> str:
    if error["type"] in ("literal_error", "enum"):
        return f"must be one of {str(error['ctx']['expected']).replace(' or ', ', ')}"
    return _SHAPES.get(error["type"], error["msg"][:1].lower() + error["msg"][1:])


def _known_keys(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The keys that a group has, `location` being that of one of its keys."""
    own_name = False
    for step in location[:-1]:
        if isinstance(step, int) or own_name:
            own_name = False
            continue
        field = next((f for name, f in model.model_fields.items() if (f.alias or name) == step), None)
        inner = next(_models(field.annotation), None) if field else None
        if field is None or inner is None:
            return []
        model, own_name = inner, get_origin(field.annotation) is dict
    return [field.alias or name for name, field in model.model_fields.items()]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def place_of(tree: Any, location: tuple[int | str, ...]) -> tuple[int, int, list[str]]:
    """Line, column and readable keys of a place in a tree; where it is missing, its nearest parent."""
    line, column = getattr(tree, "line", 0) or 1, getattr(tree, "column", 0) or 1
    keys: list[str] = []
    node = tree
    for step in location:
        if isinstance(node, Mapping) and isinstance(step, str):
            key = next((k for k in node if k == step), None)
            if isinstance(key, Scalar):
                line, column = key.line, key.column
            keys.append(step)
            node = node.get(step)
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node):
            node = node[step]
            keys.append(str(step + 1))
            line, column = getattr(node, "line", line) or line, getattr(node, "column", column) or column
        elif isinstance(step, str) and node is None:
            keys.append(step)
    return line, column, keys or [str(location[-1])] if location else []
