"""What readers ask about the standards, answered with how certain each statement is (questions.yml)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from ems_control.ground.formats.factfile import read_facts
from ems_control.ground.markdown.markup import escape
from ems_control.site.cells import Cells

LEVELS = ("confirmed", "single", "general", "uncertain")


@cache
def asked() -> Mapping[str, Any]:
    """The questions, with the day on which the sources were last looked at."""
    return read_facts("questions.yml", (resources.files("ems_control.site") / "questions.yml").read_bytes())


def questions(cells: Cells) -> str:
    """Every question with its answer, what the degrees of certainty mean, and what is in doubt: each once."""
    words = cells.words
    day = words.day(date.fromisoformat(asked()["looked"]))
    parts = [f"## {escape(words('questions'))}", escape(words("questions intro", day=day))]
    parts.append(
        "\n".join(f"- *{escape(words(f'seen.{level}'))}*: {escape(_meaning(cells, level))}" for level in LEVELS)
    )
    parts += [_answered(cells, one) for one in asked()["questions"]]
    parts += [f"## {escape(words('doubts'))}", escape(words("doubts intro", day=day))]
    parts.append("\n".join(f"- {_stated(cells, one)}" for one in asked()["doubts"]))
    return "\n\n".join(parts)


def _meaning(cells: Cells, level: str) -> str:
    return cells.words(f"seen.{level} means")


def _answered(cells: Cells, one: Mapping[str, Any]) -> str:
    words = cells.words
    parts = [f"### {escape(one['question'][words.language])} {{#{one['id']}}}"]
    parts += [_stated(cells, statement) for statement in one["statements"]]
    if "amends" in one:
        parts.append(f"*{escape(words('older texts'))}* {escape(one['amends'][words.language])}")
    return "\n\n".join(parts)


def _stated(cells: Cells, statement: Mapping[str, Any]) -> str:
    level = cells.words(f"seen.{statement['certainty']}")
    return f"{escape(statement['text'][cells.words.language])} <small>({escape(level)})</small>"
