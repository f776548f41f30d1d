"""The JSON Schemas for editors: right about every file that the readers take, wrong about what they refuse."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from ems_control.exports.schemas import SCHEMAS, schema, schema_files
from ems_control.ground.organisation.standards import STANDARDS
from tests.beginnings import ANSWERS, SIGNED

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "plugins/ems_control"


class Editor(yaml.SafeLoader):
    """YAML as editors read it: a day is a text."""


Editor.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith("timestamp")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(text: str) -> Any:
    """What an editor reads."""
    return yaml.load(text, Editor)  # noqa: S506 (a safe loader)


def wrong(name: str, data: Any) -> list[str]:
    """What an editor would underline: the path of each place."""
    return ["/".join(map(str, error.absolute_path)) for error in Draft202012Validator(schema(name)).iter_errors(data)]


def right() -> Iterator[tuple[str, str, Any]]:
    for place in (ROOT, PACKAGE / "rules/sample_handbook", PACKAGE / "demo"):
        for name in ("ems.yml", "people.yml"):
            if (place / name).is_file():
                yield f"{place.name}/{name}", name, read((place / name).read_text())
    for path in sorted((ROOT / "docs").rglob("*.md")):
        head = re.match(r"---\n(.*?\n)---\n", path.read_text(), re.DOTALL)
        if head and "\nrevision: " in head[1]:
            yield path.name, "front-matter", read(head[1])
    for path in sorted((ROOT / "approvals").rglob("*.json"))[::10]:
        yield path.name, "record", json.loads(path.read_text())
    for name in STANDARDS:
        text = (resources.files("ems_control.ground.organisation") / f"catalogue/{name}.yml").read_text()
        yield (
            name,
            "standard",
            read(re.sub(r"^( *- *|  +)?(number|from): ([\d.]+)$", r"\1\2: '\3'", text, flags=re.MULTILINE)),
        )
    yield "answers", "answers", ANSWERS
    yield "signed", "answers", SIGNED


RIGHT = list(right())


def test_all_kinds_are_there() -> None:
    assert {kind for _, kind, _ in RIGHT} == {*SCHEMAS} - {"pull-request"}
    assert {*schema_files()} == {f"{name}.schema.json" for name in SCHEMAS}
    for name in SCHEMAS:
        Draft202012Validator.check_schema(schema(name))


@pytest.mark.parametrize(("kind", "data"), [one[1:] for one in RIGHT], ids=[one[0] for one in RIGHT])
def test_what_the_readers_take_is_not_underlined(kind: str, data: Any) -> None:
    assert wrong(kind, data) == []


@pytest.mark.parametrize(
    ("kind", "text", "place"),
    [
        ("ems.yml", "organisation: X\npolicy: m\ntypes: {}\ncolour: red\n", ""),
        ("ems.yml", "organisation: X\npolicy: m\ntypes: {p: {prefix: P, approve: m, level: sure}}\n", "types/p/level"),
        ("ems.yml", "organisation: X\npolicy: 7\ntypes: {}\n", "policy"),
        ("people.yml", "people: {a: {emails: [a@example.org]}}\n", "people/a"),
        ("front-matter", "revision: 1.10\n", "revision"),
        ("front-matter", "status: approved\n", "status"),
        ("answers", "organisation: X\npeople: []\nlevel: witnessed\n", "level"),
        ("standard", "id: x\nfull_title: X\nclauses: [{number: '1'}]\n", "clauses/0"),
    ],
)
def test_what_they_refuse_is_underlined(kind: str, text: str, place: str) -> None:
    assert wrong(kind, read(text)) == [place]
