"""The GitHub of tests/forges/fake_github.py says nothing that GitHub's own description would not let it say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from tests.forges.fake_github import API, TOKEN
from tests.forges.serving import Answer, Asked, serving
from tests.forges.test_github import pulled, record
from tests.forges.works import works
from tests.recorded.material import description

PATHS = {
    "/pulls/7": "/repos/{owner}/{repo}/pulls/{pull_number}",
    "/pulls/7/reviews": "/repos/{owner}/{repo}/pulls/{pull_number}/reviews",
    "/pulls/7/commits": "/repos/{owner}/{repo}/pulls/{pull_number}/commits",
    "/issues/7/events": "/repos/{owner}/{repo}/issues/{issue_number}/events",
    "/rules/branches/main": "/repos/{owner}/{repo}/rules/branches/{branch}",
    "/branches/main/protection": "/repos/{owner}/{repo}/branches/{branch}/protection",
}


def schema_of(path: str) -> dict[str, Any]:
    """How GitHub describes its answer to a question: a reference into its description."""
    rest = path.removeprefix(API)
    place = PATHS.get(rest, "/repos/{owner}/{repo}/compare/{basehead}" if "/compare/" in rest else "")
    steps = ["paths", place.replace("/", "~1"), "get", "responses", "200", "content", "application~1json", "schema"]
    return {"$ref": "#/" + "/".join(steps)}


def resolve(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema behind a reference."""
    while "$ref" in schema:
        found: Any = description()
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/")]
        schema = found
    return schema


def whole(schema: dict[str, Any], tree: Any = None) -> Any:
    """A tree with every key that the description requires; what is there must be known to it."""
    schema = resolve(schema)
    for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        if fits(resolve(part), tree):
            return whole(part, tree)
    kind = schema.get("type")
    if kind == "array":
        return [whole(schema["items"], one) for one in tree or []]
    if kind == "object" and (isinstance(tree, dict) or not schema.get("nullable")):
        known, given = schema.get("properties", {}), tree or {}
        assert set(given) <= set(known), f"GitHub knows no {set(given) - set(known)}"
        needed = {key: None for key in schema.get("required", ()) if key not in given}
        return {key: whole(known[key], value) for key, value in {**needed, **given}.items()}
    if tree is not None or schema.get("nullable"):
        return tree
    plain = {"integer": 1, "number": 1, "boolean": False, "array": [], "object": {}}
    formats = {"uri": "https://example.org/", "date-time": "2026-01-01T00:00:00Z"}
    return schema.get("enum", [plain.get(kind or "", formats.get(schema.get("format", ""), "text"))])[0]


def fits(schema: dict[str, Any], tree: Any) -> bool:
    """Whether one of several descriptions is meant: it knows every key, and every fixed word agrees."""
    known = schema.get("properties", {})
    if schema.get("type") == "array":
        return isinstance(tree, list) and all(fits(resolve(schema["items"]), one) for one in tree)
    if "allOf" in schema:
        known = {key: value for part in schema["allOf"] for key, value in resolve(part).get("properties", {}).items()}
    if not isinstance(tree, dict):
        return tree is None and not known
    words = all(value in known[key].get("enum", [value]) for key, value in tree.items() if key in known)
    return set(tree) <= set(known) and words


def errors(schema: dict[str, Any], tree: Any) -> Iterator[str]:
    """What a JSON Schema validator says of a tree."""
    registry = Registry().with_resource("urn:github", Resource(contents=description(), specification=DRAFT4))
    for error in OAS30Validator({"$ref": "urn:github" + schema["$ref"]}, registry=registry).iter_errors(tree):
        yield f"{'.'.join(map(str, error.path))}: {error.message[:200]}"


@pytest.mark.parametrize(
    ("states", "commits"),
    [
        (["approved"], 1),
        (["approved", ("dismissed", "changes-requested"), "commented"], 2),
        (["commented"] * 120, 1),
        (["approved"], 255),
    ],
)
def test_every_answer_of_the_fake_is_one_that_github_could_give(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, states: list[Any], commits: int
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    made = works(tmp_path)
    github = pulled(made, *states, commits=commits)
    github.pull["reviews"][0]["commit"] = None
    github.rules = [
        {
            "type": "pull_request",
            "parameters": {"dismiss_stale_reviews_on_push": True, "require_last_push_approval": True},
        },
        {"type": "non_fast_forward"},
        {"type": "deletion"},
    ]
    github.protection = {
        "required_pull_request_reviews": {"dismiss_stale_reviews": True, "require_last_push_approval": False},
        "enforce_admins": {"enabled": True},
        "allow_force_pushes": {"enabled": False},
        "allow_deletions": {"enabled": True},
    }
    wrong: list[str] = []
    seen: set[str] = set()

    def described(asked: Asked) -> Answer:
        answer = github(asked)
        schema = schema_of(asked.path)
        try:
            tree = whole(schema, answer.tree)
            wrong.extend(f"{asked.path}: {error}" for error in errors(schema, tree))
        except AssertionError as error:
            wrong.append(f"{asked.path}: {error}")
            raise
        seen.add(re.sub(r"/compare/.*", "/compare", asked.path.removeprefix(API)))
        return Answer(tree, answer.status, answer.headers)

    with serving(described) as server:
        outcome = record(made, server)
    assert wrong == []
    assert outcome.status == 0, outcome.err
    assert {"/pulls/7", "/pulls/7/reviews", "/rules/branches/main", "/branches/main/protection"} <= seen


@pytest.mark.parametrize(
    ("key", "value"), [("state", None), ("commit_id", 7), ("user", {"id": "one"}), ("submitted_at", 0)]
)
def test_the_validator_finds_what_is_not_right(key: str, value: Any) -> None:
    schema = schema_of(f"{API}/pulls/7/reviews")
    right = whole(schema, [{"id": 1, "user": None, "state": "APPROVED", "commit_id": None}])
    assert list(errors(schema, right)) == []
    assert list(errors(schema, [{**right[0], key: value}]))
