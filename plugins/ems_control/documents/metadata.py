"""The front matter of a document as typed facts (specification, Front matter)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Field, PrivateAttr, ValidationError

from ems_control.ground.errors import Problem
from ems_control.ground.formats.config import Day, ListOf, Model, Whole, sharing, to_problem
from ems_control.ground.formats.frontmatter import Mapping, Scalar, Sequence
from ems_control.ground.organisation.readings import Reading

Status = Literal["draft", "submitted", "withdrawn"]


def _several(value: Any) -> Any:
    """One number, or a list of them."""
    return [value] if isinstance(value, str) else value


class RevisionRow(Model):
    """One row of the revision history, written by the author."""

    revision: Whole | None = Field(default=None, description="Number of the revision.")
    date: Day | None = Field(default=None, description="Day on which the author finished it.")
    author: str | None = Field(default=None, description="Person key of the author.")
    class_: Literal["editorial", "substantive", "temporary"] | None = Field(
        default=None, alias="class", description="Whether it changes what people do."
    )
    change: str | None = Field(default=None, description="What changed, in one sentence for the reader.")
    effective: Day | None = Field(default=None, description="From when it applied, for rows taken over from paper.")
    instead_of: Annotated[
        tuple[Whole, ...], BeforeValidator(_several, json_schema_input_type=Whole | tuple[Whole, ...])
    ] = Field(default=(), description="Approved revisions, still waiting for their day, that this one replaces.")


class Facts(Model):
    """What the author claims about a document. Every value may be missing; the rules say which must not be."""

    id: str | None = Field(default=None, description="Number of the document, never reused: EMS-PRO-007.")
    title: str | None = Field(default=None, description="Title as readers see it.")
    type: str | None = Field(default=None, description="Type, as in ems.yml; must agree with the id's prefix.")
    revision: Whole | None = Field(
        default=None, description="Whole number 1, 2, 3 …; one revision = one approved text."
    )
    status: Status | None = Field(default=None, description='What the author does; "approved" is computed.')
    owner: str | None = Field(default=None, description="Role that looks after the document.")
    effective: Day | None = Field(default=None, description="Not in force before this day; left out = from approval.")
    review_by: Day | None = Field(default=None, description="Brings the next review forward.")
    until: Day | None = Field(default=None, description="Last day of a temporary document.")
    clauses: ListOf[str] = Field(default=(), description="Clauses answered: iso-14001:2026/8.2#heading.")
    supersedes: ListOf[str] = Field(default=(), description="Ids of documents that it replaces.")
    distribution: ListOf[str] = Field(default=(), description="Groups of ems.yml that it is for.")
    formerly: ListOf[str] = Field(default=(), description="Old numbers, found by search.")
    tags: ListOf[str] = Field(default=(), description="Free words for filing.")
    language: str | None = Field(default=None, description="Language of a translation: de.")
    translates: str | None = Field(default=None, description="Id and revision that it follows: EMS-WI-005/3.")
    validated: dict[str, str] | None = Field(default=None, description="Validation of an EMAS statement.")
    approved_by: ListOf[str] = Field(default=(), description="Person keys; the decision at level declared.")
    approved_on: Day | None = Field(default=None, description="Day of that decision.")
    _unread: frozenset[str] = PrivateAttr(frozenset())

    @property
    def unread(self) -> frozenset[str]:
        """The keys that have a value which cannot be read: they are missing here, but were not left out."""
        return self._unread


class Metadata(Facts):
    """What the author claims about a document, with the rows of its history; dearer to read than `Facts` alone."""

    revisions: ListOf[RevisionRow] = Field(default=(), description="History, newest first.")

    @property
    def row(self) -> RevisionRow | None:
        """The row of this revision."""
        return next((row for row in self.revisions if row.revision == self.revision), None)


def own_row(tree: Mapping, number: int | None) -> RevisionRow | None:
    """The row of a revision, without reading the others; as `Metadata.row` has it."""
    rows = tree.get("revisions")
    found = map(row_of, rows if isinstance(rows, Sequence) else ())
    return next((row for row in found if row and row.revision == number), None)


def row_of(row: Any) -> RevisionRow | None:
    """A row of the history; None for what is none."""
    if isinstance(row, Mapping):
        with suppress(ValidationError):
            return RevisionRow.model_validate(_given(row))
    return None


KEYS = tuple(Metadata.model_fields)

DECISIVE = frozenset({"id", "type", "revision", "effective", "until", "supersedes", "language", "translates"})
"""Keys that say which text this is and when it applies: where one cannot be read, nobody can have approved it."""

M = TypeVar("M", bound=Facts)


def typed(tree: Mapping, reading: Reading) -> tuple[Metadata, list[Problem]]:
    """Read front matter as typed facts; what cannot be read is left out and named as a problem.

    A key without a value counts as left out. Problems are of kind `unknown` (a key nobody knows) and `kind` (a value
    that is none of its kind); a text that YAML would take for a number or a boolean is of kind `quotes`.
    """
    return _validated(Metadata, _ours(tree, reading, Metadata) if reading.fields else _given(tree))


def facts_of(tree: Mapping, reading: Reading) -> Facts:
    """The facts alone; the rows of the history are not looked at."""
    if reading.fields:
        return _validated(Facts, _ours(tree, reading, Facts))[0]
    rest = Mapping({key: value for key, value in tree.items() if key != "revisions"})
    rest.line, rest.column = tree.line, tree.column
    return _validated(Facts, _given(rest))[0]


def fact_of(key: str, value: Any) -> tuple[Any, ...] | None:
    """What one key says of the facts, alone: nothing where it has no value or is none of them; None for a wrong one."""
    if value == "" or key not in Facts.model_fields:
        return ()
    try:
        return (getattr(Facts.model_validate({key: value}), key),)
    except ValidationError:
        return None


_NOTHING = Facts()


def facts_from(said: dict[str, Any]) -> Facts:
    """The facts of which `fact_of` gave each."""
    found = sharing(_NOTHING.model_copy(update=said))
    object.__setattr__(found, "__pydantic_private__", _NOTHING.__pydantic_private__)
    return found


def _validated(model: type[M], view: Mapping) -> tuple[M, list[Problem]]:
    problems = [*_unquoted(view), *_cut(view)]
    try:
        made = sharing(model.model_validate(view))
        for row in made.revisions if isinstance(made, Metadata) else ():
            sharing(row)
        return made, problems
    except ValidationError as error:
        details = error.errors()
    problems += sorted({to_problem(detail, view, model) for detail in details})
    wrong = {detail["loc"][0] for detail in details}
    rest = {key: value for key, value in view.items() if str(key) not in wrong}
    rows = view.get("revisions")
    if "revisions" in wrong and isinstance(rows, Sequence):
        bad = {detail["loc"][1] for detail in details if detail["loc"][0] == "revisions" and len(detail["loc"]) > 1}
        if bad:
            rest["revisions"] = [row for index, row in enumerate(rows) if index not in bad]
    found = model.model_validate(rest)
    found._unread = frozenset(str(key) for key in wrong & set(model.model_fields))  # noqa: SLF001
    return found, problems


_TEXTS = ("title", "owner", "type", "id", "language")
_OTHERWISE = {
    "owner": "Write a role of people.yml.",
    "type": "Write a type of ems.yml.",
    "id": "Write an id: prefix and number.",
}
"""Where quotes would not help: no role, type or id is called so."""


def _unquoted(view: Mapping) -> list[Problem]:
    """Texts without quotes that YAML takes for something else: `title: 1.10`, `owner: no`."""
    problems = []
    for key in _TEXTS:
        value = view.get(key)
        if isinstance(value, Scalar) and value and value.yaml_kind != "str":
            kinds = {
                "bool": "yes or no",
                "float": "a number",
                "int": "a number",
                "timestamp": "a date",
                "null": "nothing",
            }
            message = f'"{key}: {value}" is read as {kinds.get(value.yaml_kind, value.yaml_kind)}, not as a text'
            fix = f'Write {key}: "{value}".' if value.yaml_kind != "null" else f"Write the {key}."
            fix = _OTHERWISE.get(key, fix)
            problems.append(Problem(value.line, value.column, "quotes", message, fix))
    return problems


def _cut(view: Mapping) -> Iterator[Problem]:
    """Texts without quotes that end at ` #`, where YAML begins a comment: the rest of the title is gone."""
    rows = view.get("revisions")
    for part in (view, *(row for row in (rows if isinstance(rows, Sequence) else ()) if isinstance(row, Mapping))):
        for key in ("title", "change", "formerly", "tags"):
            value = part.get(key)
            for one in value if isinstance(value, Sequence) else (value,):
                if isinstance(one, Scalar) and one.cut:
                    message = f'{key} ends before "{one.cut}", which is a comment without quotes around the whole'
                    fix = f"Put quotes around the whole: {json.dumps(f'{one} {one.cut}', ensure_ascii=False)}."
                    yield Problem(one.line, one.column, "cut", message, fix + " A comment takes a line of its own.")


def _given(tree: Mapping) -> Mapping:
    """The front matter without keys that have no value (`effective:`), in its revision rows too."""
    rows = tree.get("revisions")
    listed = rows if isinstance(rows, Sequence) else ()
    if "" not in tree.values() and not any(isinstance(row, Mapping) and "" in row.values() for row in listed):
        return tree
    view = Mapping({key: value for key, value in tree.items() if value != ""})
    view.line, view.column = tree.line, tree.column
    if isinstance(rows, Sequence):
        kept = Sequence(_given(row) if isinstance(row, Mapping) else row for row in rows)
        kept.line, kept.column = rows.line, rows.column
        view["revisions"] = kept
    return view


def written(tree: Mapping, reading: Reading, key: str) -> Any:
    """The value of one of our keys as the front matter has it; None where it is missing or empty."""
    value = _at(tree, reading.field(key).split("."))
    return None if value == "" else value


def _ours(tree: Mapping, reading: Reading, model: type[Facts]) -> Mapping:
    """The front matter of a foreign handbook under our keys; keys that it does not map are left out."""
    view = Mapping()
    view.line, view.column = tree.line, tree.column
    for key in model.model_fields:
        value = _at(tree, reading.field(key).split("."))
        if value is None or (isinstance(value, Scalar) and value == ""):
            continue
        if key == "revisions" and isinstance(value, Sequence):
            value = _rows(value, reading)
        elif isinstance(value, Scalar) and key in reading.fields and key in ("approved_by", "formerly", "distribution"):
            listed = Sequence([value])
            listed.line, listed.column = value.line, value.column
            value = listed
        view[Scalar(key, getattr(value, "line", 0), getattr(value, "column", 0))] = value
    return view


def _rows(rows: Sequence, reading: Reading) -> Sequence:
    result = Sequence()
    result.line, result.column = rows.line, rows.column
    for row in rows:
        if not isinstance(row, Mapping):
            result.append(row)
            continue
        ours = Mapping()
        ours.line, ours.column = row.line, row.column
        for key, field in RevisionRow.model_fields.items():
            name = field.alias or key
            value = row.get(reading.field(f"revisions.{name}").removeprefix("revisions."))
            if value is not None and value != "":
                ours[Scalar(name, getattr(value, "line", row.line), getattr(value, "column", row.column))] = value
        result.append(ours)
    return result


def _at(tree: Any, keys: list[str]) -> Any:
    for key in keys:
        if not isinstance(tree, Mapping):
            return None
        tree = tree.get(key)
    return tree
