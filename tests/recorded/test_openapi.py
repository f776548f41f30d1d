"""The GitHub of tests/forges/fake_github.py says nothing that GitHub's own description would not let it say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from tests.forges.fake_github import API, TOKEN
from tests.forges.fake_protection import ADMINISTRATOR
from tests.forges.fake_protection import GitHub as Protected
from tests.forges.keeping import DRILL, PRO, kept
from tests.forges.serving import Answer, Asked, serving
from tests.forges.test_github import pulled, record
from tests.forges.town import TOKEN as HERE
from tests.forges.works import works
from tests.recorded.material import description
from tests.running import ems

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


SENT = {
    "PATCH ": "/repos/{owner}/{repo}",
    "POST /rulesets": "/repos/{owner}/{repo}/rulesets",
    "PUT /rulesets/1": "/repos/{owner}/{repo}/rulesets/{ruleset_id}",
    "PUT /rulesets/2": "/repos/{owner}/{repo}/rulesets/{ruleset_id}",
    "PUT /environments/recorder": "/repos/{owner}/{repo}/environments/{environment_name}",
    "POST /environments/recorder/deployment-branch-policies": "/repos/{owner}/{repo}/environments/{environment_name}"
    "/deployment-branch-policies",
    "PUT /actions/permissions/workflow": "/repos/{owner}/{repo}/actions/permissions/workflow",
    "POST /keys": "/repos/{owner}/{repo}/keys",
}


def body_of(method: str, path: str) -> dict[str, Any]:
    """How GitHub describes what it is sent: a reference into its description."""
    steps = ["paths", SENT[f"{method} {path}"].replace("/", "~1"), method.lower()]
    return {"$ref": "#/" + "/".join([*steps, "requestBody", "content", "application~1json", "schema"])}


def test_what_the_setup_sends_is_what_github_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rulesets, environment, permissions and deploy key, made and made again; every key is known to it."""
    monkeypatch.setenv("GITHUB_TOKEN", ADMINISTRATOR)
    made, settings = works(tmp_path), Protected()
    place = ["--repository", "works/handbook", "--app", "77", "--apply"]
    with serving(settings) as server:
        for _ in range(2):
            assert ems(made.root, "forge", "setup", "github", "--url", server.url, *place, day=None).status == 0
    assert {f"{method} {path.removeprefix(API)}" for method, path, _ in settings.changed} == set(SENT)
    for method, path, body in settings.changed:
        schema = body_of(method, path.removeprefix(API))
        assert list(errors(schema, body)) == []
        whole(schema, body)
    [(method, path, ruleset)] = [one for one in settings.changed if one[1].endswith("/rulesets")][:1]
    broken = {**ruleset, "rules": [{"type": "pull_request", "parameters": {"required_approving_review_count": 99}}]}
    assert list(errors(body_of(method, path.removeprefix(API)), broken))


def test_the_app_asks_for_rights_that_there_are(tmp_path: Path) -> None:
    """And for no more than statuses, requests, records and the queue."""
    assert ems(tmp_path, "forge", "setup", "github", "--rulesets", str(tmp_path / "out"), day=None).status == 0
    manifest = json.loads((tmp_path / "out/app.manifest.json").read_text(encoding="utf-8"))
    rights = {"$ref": "#/components/schemas/app-permissions"}
    assert list(errors(rights, manifest["default_permissions"])) == []
    whole(rights, manifest["default_permissions"])
    writing = {name for name, right in manifest["default_permissions"].items() if right == "write"}
    assert writing == {"contents", "pull_requests", "statuses"}
    assert manifest["public"] is False


def test_the_rulesets_to_import_are_what_github_takes(tmp_path: Path) -> None:
    printed = ems(tmp_path, "forge", "setup", "github", "--format", "json", day=None).json
    for ruleset in printed["rulesets"]:
        assert list(errors(body_of("POST", "/rulesets"), ruleset)) == []
        whole(body_of("POST", "/rulesets"), ruleset)


@pytest.mark.parametrize(
    ("key", "value"), [("state", None), ("commit_id", 7), ("user", {"id": "one"}), ("submitted_at", 0)]
)
def test_the_validator_finds_what_is_not_right(key: str, value: Any) -> None:
    schema = schema_of(f"{API}/pulls/7/reviews")
    right = whole(schema, [{"id": 1, "user": None, "state": "APPROVED", "commit_id": None}])
    assert list(errors(schema, right)) == []
    assert list(errors(schema, [{**right[0], key: value}]))


TOWN = {
    r"": "/repos/{owner}/{repo}",
    r"/pulls": "/repos/{owner}/{repo}/pulls",
    r"/pulls/\d+": "/repos/{owner}/{repo}/pulls/{pull_number}",
    r"/pulls/\d+/requested_reviewers": "/repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers",
    r"/git/matching-refs/.*": "/repos/{owner}/{repo}/git/matching-refs/{ref}",
    r"/commits/\w+/statuses": "/repos/{owner}/{repo}/commits/{ref}/statuses",
    r"/statuses/\w+": "/repos/{owner}/{repo}/statuses/{sha}",
    r"/issues/\d+/comments": "/repos/{owner}/{repo}/issues/{issue_number}/comments",
    r"/issues/comments/\d+": "/repos/{owner}/{repo}/issues/comments/{comment_id}",
}
"""What `ems keep` asks, by how its path ends below the repository; an account's `id` and `login` need no proof."""


def test_what_the_town_answers_to_keep_is_what_github_could_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", HERE)
    wrong, seen = list[str](), set[tuple[str, str]]()
    paths = description()["paths"]
    with kept(works(tmp_path, documents={}), "github") as one:
        answer = type(one.town).answer

        def described(town: Any, asked: Asked, path: str) -> Answer:
            given = answer(town, asked, path)
            rest = path.removeprefix("/api/v3")
            place = next((TOWN[pattern] for pattern in TOWN if re.fullmatch(pattern, rest)), None)
            if place is None or given.status not in (200, 201):
                return given
            seen.add((asked.method, place))
            method = asked.method.lower()
            steps = ["paths", place.replace("/", "~1"), method, "responses", str(given.status)]
            schema = {"$ref": "#/" + "/".join([*steps, "content", "application~1json", "schema"])}
            sent = paths[place][method].get("requestBody", {}).get("content", {}).get("application/json", {})
            known = resolve(sent["schema"])["properties"] if sent else {}
            wrong.extend(f"{asked.method} {place} takes no {key}" for key in set(asked.body or ()) - set(known))
            try:
                tree = whole(schema, given.tree)
            except AssertionError as error:
                wrong.append(f"{asked.method} {place}: {error}")
                return given
            wrong.extend(f"{asked.method} {place}: {error}" for error in errors(schema, tree))
            return Answer(tree, given.status, given.headers)

        monkeypatch.setattr(type(one.town), "answer", described)
        head = one.propose({PRO: DRILL})
        base = one.main()
        one.made.git("push", "-q", "origin", f"change:refs/heads/gh-readonly-queue/main/pr-7-{base}")
        one.keep()
        one.approve(head)
        one.keep()
        one.merge()
        one.keep("--records", "pull-request")
        assert one.state(head) == "success"
    assert wrong == []
    assert {place for _, place in seen} == set(TOWN.values())
