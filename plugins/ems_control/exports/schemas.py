"""The keys of the files that people write, out of the models that read them: as text and as JSON Schema."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import click
from pydantic import BaseModel

from ems_control.documents.metadata import Metadata
from ems_control.exports.sentences import said, word_said
from ems_control.exports.standard_file import StandardFile
from ems_control.ground.formats.records import Record
from ems_control.ground.organisation.people import PEOPLE_FILE, People
from ems_control.ground.organisation.policy import POLICY_FILE, Policy
from ems_control.handbook.writing.beginning import Answers
from ems_control.reviews.pull_request import PullRequest

SCHEMAS: dict[str, type[BaseModel]] = {
    POLICY_FILE: Policy,
    PEOPLE_FILE: People,
    "front-matter": Metadata,
    "record": Record,
    "pull-request": PullRequest,
    "standard": StandardFile,
    "answers": Answers,
}

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of one of the files."""
    whole = SCHEMAS[name].model_json_schema(by_alias=True)
    return {"$schema": DIALECT, **whole}


@cache
def schema_files() -> dict[str, bytes]:
    """Every schema as a file, by its name."""
    return {
        f"{name}.schema.json": (json.dumps(schema(name), indent=1, ensure_ascii=False) + "\n").encode()
        for name in SCHEMAS
    }


def describe_keys(name: str, language: str = "en") -> str:
    """Every key with its meaning, nested keys below it."""

    def means(part: dict[str, Any]) -> str:
        words = str(part.get("description", ""))
        return words if language == "en" else said(" ".join(words.split()), language)

    whole = schema(name)
    lines: list[str] = [click.style(name, bold=True), means(whole), ""]
    parts = [(whole, "")]
    seen: set[str] = set()
    while parts:
        part, head = parts.pop(0)
        if head:
            lines += ["", click.style(head, bold=True) + f" {means(part)}".rstrip()]
        required = part.get("required", [])
        for key, value in part.get("properties", {}).items():
            mark = f" ({word_said('required', language)})" if key in required else ""
            lines.append(f"  {key:22} {means(value)}{mark}".rstrip())
            for reference in _references(value):
                if reference not in seen:
                    seen.add(reference)
                    parts.append((whole["$defs"][reference], f"{key}:"))
    return "\n".join(lines)


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [str(value["$ref"]).rsplit("/", 1)[-1]] if "$ref" in value else []
        return own + [name for item in value.values() for name in _references(item)]
    return [name for item in value for name in _references(item)] if isinstance(value, list) else []
