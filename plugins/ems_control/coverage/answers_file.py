"""The answers that `ems migrate` asks for, as a file: YAML or JSON, and a template with every proposal."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from ems_control.coverage.migration import Decisions, Migration, NewClause, Question
from ems_control.ground.errors import EmsError, Problem
from ems_control.ground.formats.config import describe
from ems_control.ground.formats.frontmatter import Mapping, Scalar, read_yaml
from ems_control.ground.formats.frontmatter import Sequence as Listed
from ems_control.ground.organisation.told import told
from ems_control.ground.text import decode

NEW = "new"
"""The key of the file under which new clauses stand, with the documents that answer them."""


def read_answers(data: bytes, name: str, migration: Migration) -> tuple[Decisions, list[str]]:
    """What was decided, and what in the file is about nothing here. EmsError with a line per mistake of the file."""
    text, problems = decode(data)
    tree: Mapping | None = None
    if not problems:
        tree, problems = read_yaml(text)
    if problems or tree is None:
        raise EmsError("\n".join(describe(problem, name) for problem in problems))
    reader = _Reader(name, migration)
    decisions = reader.decisions(tree)
    if reader.mistakes:
        raise EmsError("\n".join(reader.mistakes))
    return decisions, reader.unused


class _Reader:
    """Walks the file and notes every mistake with its line."""

    def __init__(self, name: str, migration: Migration) -> None:
        self.name, self.migration = name, migration
        self.mistakes: list[str] = []
        self.unused: list[str] = []

    def mistake(self, place: Any, message: str, fix: str = "") -> None:
        line, column = getattr(place, "line", 0), getattr(place, "column", 0)
        self.mistakes.append(describe(Problem(line, column, "answer", message, fix), self.name))

    def decisions(self, tree: Mapping) -> Decisions:
        documents: dict[str, dict[str, tuple[str, ...]]] = {}
        new: dict[str, tuple[str, ...]] = {}
        for key, value in tree.items():
            if not isinstance(value, Mapping):
                self.mistake(key, f'"{key}" has no clauses', 'Write them below it: "9.3": ["9.3.1"]')
            elif key == NEW:
                new = self.new(value)
            else:
                self.document(key, value, documents)
        return Decisions(documents, new)

    def document(self, key: str, value: Mapping, documents: dict[str, dict[str, tuple[str, ...]]]) -> None:
        try:
            document = self.migration.document(key)
        except EmsError as error:
            return self.mistake(key, str(error).rstrip("."))
        start = self.migration.start
        for clause, answer in value.items():
            number = clause.removeprefix(f"{start.id}/")
            texts = self.texts(clause, answer)
            if number not in start.clauses:
                self.mistake(clause, f"{start.id} has no clause {number}", "Answers stand under the old clause.")
            elif not self.migration.names(document, number):
                self.unused.append(f"{document.id} has no reference to {start.id}/{number}")
            elif texts is not None:
                try:
                    self.migration.check(document, texts)
                except EmsError as error:
                    self.mistake(clause, str(error).rstrip("."))
                else:
                    documents.setdefault(document.id, {})[number] = texts
        return None

    def new(self, value: Mapping) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for clause, answer in value.items():
            texts = self.texts(clause, answer)
            if texts is not None:
                try:
                    number = self.migration.check_new(clause, texts)
                except EmsError as error:
                    self.mistake(clause, str(error).rstrip("."))
                else:
                    found[number] = texts
        return found

    def texts(self, key: str, value: Any) -> tuple[str, ...] | None:
        if isinstance(value, Listed) and all(isinstance(text, Scalar) and text for text in value):
            return tuple(str(text) for text in value)
        self.mistake(key, f'"{key}" is no list', 'Write ["6.1.1", "6.1.4"], or [] for none.')
        return None


ON_TOP = (
    "Below each document, under the old clause: the new ones. [] means none.",
    'A new clause keeps the heading of the old reference, unless another one is named with it: "9.3.2#inputs".',
)
FOR_NEW = "new clauses: the documents that answer them, EMS-PRO-001#heading; [] for none yet"
COMMENT = re.compile(r"(?m)(?<=# ).*$")
"""What a line of the template says to people."""


def template(
    migration: Migration, questions: Sequence[Question], new: Sequence[NewClause], language: str = "en"
) -> str:
    """A file that answers every question with its proposal, for a person to look through; notes in a language."""
    to_be_run = f"Answers for: ems migrate --from {migration.start.id} --to {migration.goal.id} --answers FILE"
    lines = [f"# {line}" for line in (to_be_run, *ON_TOP)]
    before = ""
    for question in questions:
        if question.document.id != before:
            before = question.document.id
            lines += ["", f"{_key(before)}:  # {_words(question.document.title)}"]
        lines += [f"  # {line}" for line in explained(question, language)]
        lines.append(f"  {_key(question.clause.number)}: {_list(question.proposal)}")
    if new:
        lines += ["", f"{NEW}:  # {FOR_NEW}"]
        for entry in new:
            lines += [f"  # {entry.clause.number} {_words(entry.clause.title())}"]
            lines.append(f"  {_key(entry.clause.number)}: {_list(entry.proposal)}")
    return "\n".join(lines) + "\n"


def explained(question: Question, language: str = "en") -> list[str]:
    """What a person needs to know for the answer: the old clause, its parts, the headings of the document."""
    clause = question.clause
    note = told(question.note, language) or "it has more than one successor"
    lines = [f"{', '.join(question.written)} ({clause.title()}): {note}"]
    lines += [f"{option.number} {option.title()}" for option in question.options]
    if question.document.anchors:
        anchors = ", ".join(f"#{anchor}" for anchor in question.document.anchors[:12])
        lines.append(f"headings: {anchors}")
    return [_words(line) for line in lines]


def _key(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z][\w.-]*", text) else json.dumps(text)


def _list(texts: Sequence[str]) -> str:
    return json.dumps(list(texts), ensure_ascii=False)


def _words(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)
