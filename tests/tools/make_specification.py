"""The parts of the specification that the program's own models know: keys.md and the JSON Schemas beside it.

make specification
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ems_control.exports.schemas import SCHEMAS, schema, schema_files

FOLDER = Path(__file__).parents[2] / "docs/help/specification"
HEAD = """\
---
title: Keys of the files
---
Made from the models that read the files; `ems explain ems.yml` and its kin print the same on a terminal. A key that is
not listed is an error, but in front matter, where it is a warning and sealed like any other. What the values mean
together is said on the other pages.
"""
TITLES = {"front-matter": "Front matter", "record": "Record", "pull-request": "Pull request (export of a forge)"}
TITLES |= {"standard": "A standard of one's own", "answers": "Answers (ems init)"}
WORDS = {"string": "text", "integer": "whole number", "boolean": "true or false", "object": "keys with values"}


def files() -> dict[str, str]:
    """Every generated file, by name."""
    found = {name: data.decode() for name, data in schema_files().items()}
    found["keys.md"] = "\n".join([HEAD, *(chapter(name) for name in SCHEMAS)])
    return found


def chapter(name: str) -> str:
    """One file, with a table for each of its parts."""
    whole = schema(name)
    anchor = name.replace(".", "")
    lines = [f"## {TITLES.get(name, name)} {{#{anchor}}}", "", f"[JSON Schema]({name}.schema.json)", ""]
    parts = [("", whole), *sorted(whole.get("$defs", {}).items())]
    for part, value in parts:
        if part:
            lines += [f"### {part} {{#{anchor}-{part.lower()}}}", ""]
            lines += [str(value["description"]).split("\n")[0], ""] if "description" in value else []
        lines += ["| key | value | meaning |", "| --- | --- | --- |"]
        for key, facts in value.get("properties", {}).items():
            needed = " (required)" if key in value.get("required", ()) else ""
            lines.append(f"| `{key}` | {kind(facts, anchor)}{needed} | {facts.get('description', '')} |")
        lines.append("")
    return "\n".join(lines)


def kind(facts: dict[str, Any], anchor: str) -> str:
    """What a value is, in words."""
    if "anyOf" in facts:
        return " or ".join(kind(one, anchor) for one in facts["anyOf"] if one.get("type") != "null")
    if "$ref" in facts:
        name = facts["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{anchor}-{name.lower()})"
    if "const" in facts or "enum" in facts:
        return ", ".join(f"`{word}`" for word in facts.get("enum", [facts.get("const")]))
    if facts.get("type") == "array":
        return f"list of: {kind(facts['items'], anchor)}"
    if facts.get("type") == "object" and isinstance(facts.get("additionalProperties"), dict):
        return f"name → {kind(facts['additionalProperties'], anchor)}"
    return {"date": "day", "date-time": "moment"}.get(facts.get("format", "")) or WORDS[facts["type"]]


if __name__ == "__main__":
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
