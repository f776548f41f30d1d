"""`ems forge setup` prints, sets and reads back; `ems doctor --online` compares by the same table, field by field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.forges.fake_protection import ADMINISTRATOR, WRITER, Gitea, GitHub, GitLab, Settings
from tests.forges.serving import Answer, serving
from tests.forges.works import Works, works
from tests.running import Outcome, ems

VARIABLES = {"github": "GITHUB_TOKEN", "gitlab": "GITLAB_TOKEN", "gitea": "GITEA_TOKEN", "forgejo": "GITEA_TOKEN"}
FORGEJO = ("enable_force_push", "apply_to_admins")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Works:
    """A handbook that is only read."""
    made = works(tmp_path_factory.mktemp("setup"))
    made.write("mkdocs.yml", "theme: material\nplugins: [search, ems-control]\n")
    made.commit()
    return made


def fake(forge: str) -> Settings:
    """A forge with nothing set."""
    if forge == "github":
        return GitHub()
    if forge == "gitlab":
        return GitLab()
    return Gitea(FORGEJO) if forge == "forgejo" else Gitea()


def run(
    made: Works,
    forge: str,
    settings: Settings,
    *options: str,
    token: str = ADMINISTRATOR,
    command: tuple[str, ...] = ("forge", "setup"),
) -> Outcome:
    """`ems forge setup --apply`, or `ems doctor --online`, against that forge."""
    with pytest.MonkeyPatch.context() as patch, serving(settings) as server:
        patch.setenv(VARIABLES[forge], token)
        place = ["--url", server.url, "--repository", "works/handbook", "--format", "json"]
        if command == ("doctor",):
            outcome = ems(made.root, "doctor", "--online", "--forge", forge, *place, *options, day=None)
        else:
            outcome = ems(made.root, *command, forge, *place, "--apply", *options, day=None)
    assert token not in outcome.out + outcome.err
    return outcome


def states(outcome: Outcome) -> dict[str, str]:
    """How each setting stands, by its part and field."""
    return {f"{one['part']}/{one['field']}": one["state"] for one in outcome.json["settings"]}


def doctor(made: Works, forge: str, settings: Settings, token: str = ADMINISTRATOR) -> list[dict[str, Any]]:
    """The lines of the doctor about the forge."""
    outcome = run(made, forge, settings, token=token, command=("doctor",))
    lines = [one for one in outcome.json["lines"] if one["what"].endswith(f" at {forge}")]
    good = all(one["state"] == "good" for one in lines)
    assert (outcome.status == 0, outcome.json["ready"]) == (good, good), outcome.out
    return lines


OPTIONS = {"github": ["--app", "77"], "gitlab": ["--ci-config", "handbook.yml@works/pipelines"]}


@pytest.mark.parametrize("forge", VARIABLES)
def test_what_is_applied_is_in_force_field_by_field_and_the_doctor_says_the_same(made: Works, forge: str) -> None:
    settings = fake(forge)
    before = doctor(made, forge, settings)
    assert [one["words"] for one in before if one["state"] == "look"] == []
    assert any(one["state"] == "bad" for one in before)
    outcome = run(made, forge, settings, *OPTIONS.get(forge, []))
    assert (outcome.status, outcome.json["applied"], outcome.json["refused"]) == (0, True, [])
    assert set(states(outcome).values()) == {"in force"}
    assert {one["state"] for one in doctor(made, forge, settings)} == {"good"}
    assert {one["state"] for one in doctor(made, forge, settings, WRITER)} == {"good", "look"}  # what it is not shown
    changed = len(settings.changed)
    again = run(made, forge, settings, *OPTIONS.get(forge, []))
    assert again.status == 0
    assert len(settings.keys) == 1
    assert not any(method == "POST" and "keys" in path for method, path, _ in settings.changed[changed:])


@pytest.mark.parametrize("forge", VARIABLES)
def test_an_unprotected_main_is_never_set_up_for_whoever_asks(made: Works, forge: str) -> None:
    for token in (ADMINISTRATOR, WRITER):
        lines = doctor(made, forge, fake(forge), token)
        assert not all(one["state"] == "good" for one in lines)
        assert all(one["unknown"] is (one["state"] == "look") for one in lines)
    text = ems(made.root, "doctor", day=None).out  # the machine alone: nothing was asked, nothing is unknown
    assert "nobody can say" not in text


def test_what_is_not_there_for_an_administrator_is_not_there_and_for_others_unknown(made: Works) -> None:
    told = {one["what"]: one for one in doctor(made, "github", GitHub())}
    assert told["environment recorder at github"]["state"] == "bad"
    hidden = {one["what"]: one for one in doctor(made, "github", GitHub(), WRITER)}
    assert hidden["environment recorder at github"]["state"] == "look"
    assert "GitHub's free plan has neither" in hidden["environment recorder at github"]["todo"]


def protected(forge: str) -> Any:
    """A forge where everything is set."""
    settings = fake(forge)
    with pytest.MonkeyPatch.context() as patch, serving(settings) as server:
        patch.setenv(VARIABLES[forge], ADMINISTRATOR)
        place = ["--url", server.url, "--repository", "works/handbook", "--apply"]
        ems(Path("/"), "forge", "setup", forge, *place, *OPTIONS.get(forge, []), day=None)
    return settings


def _rule(settings: GitHub, kind: str) -> dict[str, Any]:
    [main] = [one for one in settings.rulesets if one["target"] == "branch"]
    found = next(rule for rule in main["rules"] if rule["type"] == kind)
    return found.setdefault("parameters", {}) if "parameters" in found else found


def _drop(settings: GitHub, kind: str) -> None:
    [main] = [one for one in settings.rulesets if one["target"] == "branch"]
    main["rules"] = [rule for rule in main["rules"] if rule["type"] != kind]


HOLES: dict[str, tuple[str, Any, str]] = {
    "rules without checks": (
        "github",
        lambda s: _rule(s, "required_status_checks").update(required_status_checks=[]),
        "it waits for: nothing",
    ),
    "no rule about checks": ("github", lambda s: _drop(s, "required_status_checks"), "it waits for: nothing"),
    "another check only": (
        "github",
        lambda s: _rule(s, "required_status_checks").update(required_status_checks=[{"context": "lint"}]),
        "it waits for: lint",
    ),
    "a check from anybody": (
        "github",
        lambda s: [
            one.pop("integration_id") for one in _rule(s, "required_status_checks")["required_status_checks"][:1]
        ],
        "anybody with write access may post: handbook/reviews",
    ),
    "an older main": (
        "github",
        lambda s: _rule(s, "required_status_checks").update(strict_required_status_checks_policy=False),
        "checked against an older main|not up to date|may be merged that was checked",
    ),
    "the rules only evaluate": (
        "github",
        lambda s: s.rulesets[0].update(enforcement="evaluate"),
        "anybody who may push",
    ),
    "squashes": (
        "github",
        lambda s: _rule(s, "pull_request").update(allowed_merge_methods=["merge", "squash"]),
        "squash",
    ),
    "stale approvals": (
        "github",
        lambda s: _rule(s, "pull_request").update(dismiss_stale_reviews_on_push=False),
        "an approval survives later changes",
    ),
    "administrators may bypass": (
        "github",
        lambda s: s.rulesets[0]["bypass_actors"].append({"actor_type": "RepositoryRole", "actor_id": 5}),
        "may be gone around by: DeployKey, RepositoryRole",
    ),
    "force pushes": ("github", lambda s: _drop(s, "non_fast_forward"), "history can be overwritten"),
    "tags called main": ("github", lambda s: s.rulesets.pop(), "a tag can be called main"),
    "protected branches only": (
        "github",
        lambda s: s.environment.update(
            deployment_branch_policy={"protected_branches": True, "custom_branch_policies": False}
        ),
        "every protected branch may use the recorder's key",
    ),
    "every branch": (
        "github",
        lambda s: s.environment.update(deployment_branch_policy=None),
        "every branch may use the recorder's key",
    ),
    "one more branch": (
        "github",
        lambda s: s.branches.append({"id": 9, "name": "release/*"}),
        "may be used by: main, release/*",
    ),
    "a tag for the environment": (
        "github",
        lambda s: s.branches.append({"id": 9, "name": "main", "type": "tag"}),
        "may be used by: main, tag main",
    ),
    "a secret of the repository": (
        "github",
        lambda s: s.secrets["secrets"].append("RECORDER_KEY"),
        "also a secret of the repository",
    ),
    "another deploy key": (
        "github",
        lambda s: s.keys.append({"title": "old server", "key": "ssh-ed25519 AAAA", "read_only": False}),
        "old server",
    ),
    "deploy keys forbidden": (
        "github",
        lambda s: s.organisation.update(deploy_keys_enabled_for_repositories=False),
        "deploy keys are forbidden",
    ),
    "own machines": ("github", lambda s: s.runners.append({"id": 1, "name": "old-pc"}), "old-pc"),
    "public pages": (
        "github",
        lambda s: (s.repository.update(has_pages=True), setattr(s, "pages", {"public": True})),
        "everybody on the internet can read",
    ),
    "gitlab: developers push": (
        "gitlab",
        lambda s: s.branches["main"]["push_access_levels"].append(
            {"access_level": 30, "access_level_description": "Developers + Maintainers"}
        ),
        "may push directly: Developers + Maintainers",
    ),
    "gitlab: own pipeline": (
        "gitlab",
        lambda s: s.project.update(ci_config_path=".gitlab-ci.yml"),
        "a branch brings the pipeline that judges it: .gitlab-ci.yml",
    ),
    "gitlab: the pipeline of the same project": (
        "gitlab",
        lambda s: s.project.update(ci_config_path="ci.yml@works/handbook:trusted"),
        "a branch brings the pipeline",
    ),
    "gitlab: an open variable": (
        "gitlab",
        lambda s: s.variable.update(protected=False),
        "open to every branch",
    ),
    "gitea: everybody pushes": (
        "gitea",
        lambda s: s.rules[0].update(enable_push_whitelist=False),
        "may push directly: everybody with write access",
    ),
    "gitea: somebody pushes": (
        "gitea",
        lambda s: s.rules[0].update(push_whitelist_usernames=["boss"]),
        "may push directly: boss, deploy keys",
    ),
    "gitea: checks switched off": (
        "gitea",
        lambda s: s.rules[0].update(enable_status_check=False),
        "it waits for: nothing",
    ),
    "gitea: a secret": ("gitea", lambda s: s.secrets.append({"name": "RECORDER_KEY"}), "is a secret of the repository"),
    "forgejo: administrators": ("forgejo", lambda s: s.rules[0].update(apply_to_admins=False), "administrators may go"),
}


@pytest.fixture(scope="module")
def whole() -> dict[str, Settings]:
    """One forge of each kind where everything is set; a test works on a copy."""
    return {forge: protected(forge) for forge in VARIABLES}


@pytest.mark.parametrize("name", HOLES)
def test_every_field_that_differs_is_named_with_what_was_found(
    made: Works, whole: dict[str, Settings], name: str
) -> None:
    from copy import deepcopy

    forge, damage, words = HOLES[name]
    settings = deepcopy(whole[forge])
    settings.keys = [{"id": 1, "title": "recorder", "key": made.robot.public, "read_only": False, "can_push": True}]
    damage(settings)
    lines = [one for one in doctor(made, forge, settings) if one["state"] != "good"]
    assert lines
    assert any(part in one["words"] for one in lines for part in words.split("|")), lines
    assert all(one["state"] == "bad" and one["todo"] for one in lines)


@pytest.mark.parametrize("forge", ["gitea", "forgejo"])
def test_a_deploy_key_on_the_whitelist_is_no_hole(made: Works, whole: dict[str, Settings], forge: str) -> None:
    settings = whole[forge]
    settings.keys = [{"id": 1, "title": "recorder", "key": made.robot.public, "read_only": False}]
    assert {one["state"] for one in doctor(made, forge, settings)} == {"good"}


def test_a_gitea_that_does_not_tell_a_field_is_unknown_there(made: Works) -> None:
    """As 1.22 is (../shared/recorded/gitea-1.22): nothing about force pushes, administrators and tags."""
    settings = Gitea(knows=())
    settings.tags = settings.runners = None
    outcome = run(made, "gitea", settings)
    unknown = sorted(key for key, state in states(outcome).items() if state == "not shown")
    protection = "protection of main"
    assert unknown == [
        f"{protection}/administrators",
        f"{protection}/enable_force_push",
        "runners/of the repository",
        "tags/names like main",
    ]
    assert outcome.status == 1
    assert "different" not in states(outcome).values()
    assert len(outcome.json["refused"]) == 5  # the names of tags, in the forge's words
    assert all("Not Found" in one["words"] for one in outcome.json["refused"])


def test_a_rule_by_pattern_is_found_although_no_rule_has_the_name(made: Works) -> None:
    settings = Gitea()
    settings.rules = [settings.rule({"rule_name": "ma*", "enable_push": False, "required_approvals": 1})]
    lines = {one["words"] for one in doctor(made, "gitea", settings)}
    assert "changes come by pull request only" in lines
    assert "an approval survives later changes" in lines


def test_a_writer_at_gitea_is_told_what_the_branch_itself_says(made: Works, whole: dict[str, Settings]) -> None:
    lines = doctor(made, "gitea", whole["gitea"], WRITER)
    good = {one["words"] for one in lines if one["state"] == "good"}
    assert {"a change needs an approval", "the checks must be green: handbook/reviews"} <= good
    assert any(one["state"] == "look" for one in lines)


def test_a_gitlab_without_premium_has_no_settings_of_approvals(made: Works) -> None:
    outcome = run(made, "gitlab", GitLab(premium=False), *OPTIONS["gitlab"])
    unknown = [key for key, state in states(outcome).items() if state == "not shown"]
    assert unknown == [f"approvals/{key}" for key in (
        "reset_approvals_on_push", "merge_requests_author_approval", "merge_requests_disable_committers_approval"
    )]  # fmt: skip
    assert (outcome.status, len(outcome.json["refused"])) == (1, 1)


def test_a_plan_without_rulesets_is_named(made: Works) -> None:
    settings = GitHub()
    words = "Upgrade to GitHub Pro or make this repository public to enable this feature."
    settings.instead["/rules"] = settings.instead["/environments"] = Answer({"message": words}, 403)
    lines = doctor(made, "github", settings)
    assert any("Upgrade to GitHub Pro" in one["todo"] for one in lines)


def test_the_default_branch_is_the_forges(made: Works) -> None:
    settings = GitHub("trunk")
    outcome = run(made, "github", settings, "--app", "7")
    assert (outcome.status, outcome.json["branch"]) == (0, "trunk")
    assert [one["name"] for one in settings.branches] == ["trunk"]
    assert "refs/tags/trunk" in settings.rulesets[1]["conditions"]["ref_name"]["include"]


def test_the_older_protection_counts_where_it_is_enough(made: Works) -> None:
    settings = GitHub()
    settings.protection = {
        "required_pull_request_reviews": {"dismiss_stale_reviews": True, "required_approving_review_count": 2},
        "required_status_checks": {"strict": True, "checks": [{"context": "handbook/reviews", "app_id": 5}]},
        "enforce_admins": {"enabled": False},
    }
    lines = {one["words"] for one in doctor(made, "github", settings)}
    assert {"an approval", "a new push takes old approvals away"} & {
        words.removeprefix("a change needs ") for words in lines
    }
    assert "may be gone around by: administrators" in lines
    assert any("it waits for: handbook/reviews" in words for words in lines)


@pytest.mark.parametrize("forge", VARIABLES)
def test_by_default_nothing_is_asked_and_no_token_is_needed(
    tmp_path: Path, forge: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLES[forge], raising=False)
    outcome = ems(tmp_path, "forge", "setup", forge, "--format", "json", day=None)
    assert (outcome.status, outcome.json["applied"]) == (0, False)
    assert outcome.json["settings"]
    assert outcome.json["steps"]
    assert bool(outcome.json["rulesets"]) == (forge == "github")
    text = ems(tmp_path, "forge", "setup", forge, day=None)
    assert (text.status, "Nothing was asked or changed." in text.out) == (0, True)
    missing = ems(
        tmp_path,
        "forge",
        "setup",
        forge,
        "--url",
        "https://git.example.org",
        "--repository",
        "a/b",
        "--apply",
        day=None,
    )
    assert (missing.status, VARIABLES[forge] in missing.err) == (2, True)


def test_the_rulesets_are_files_to_import(tmp_path: Path) -> None:
    folder = tmp_path / "rulesets"
    assert ems(tmp_path, "forge", "setup", "github", "--rulesets", str(folder), day=None).status == 0
    main = json.loads((folder / "branch.ruleset.json").read_text(encoding="utf-8"))
    kinds = {rule["type"]: rule.get("parameters") for rule in main["rules"]}
    assert set(kinds) == {"deletion", "non_fast_forward", "pull_request", "required_status_checks"}
    assert kinds["required_status_checks"]["required_status_checks"][0] == {
        "context": "handbook/reviews",
        "integration_id": 15368,
    }
    assert json.loads((folder / "tag.ruleset.json").read_text(encoding="utf-8"))["target"] == "tag"
    assert ems(tmp_path, "forge", "setup", "gitlab", "--rulesets", str(folder), day=None).status == 2


def test_what_the_forge_refuses_is_told_in_its_words_and_stops_nothing_else(made: Works) -> None:
    settings = GitHub()
    settings.instead["POST .*/rulesets$"] = Answer({"message": f"Validation\nFailed {ADMINISTRATOR}"}, 422)
    outcome = run(made, "github", settings)
    assert outcome.status == 1
    assert [
        one["words"].startswith("127.0.0.1") and "Validation Failed" in one["words"] for one in outcome.json["refused"]
    ] == [True] * 2
    assert settings.environment is not None


HOSTILE = ["main\x1b[2J", "a\n::error::x", "refs/heads/../../x", "--upload-pack=x"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_of_a_branch_is_one_line(made: Works, name: str) -> None:
    with pytest.MonkeyPatch.context() as patch, serving(GitHub(name)) as server:
        patch.setenv("GITHUB_TOKEN", WRITER)
        place = ["--forge", "github", "--url", server.url, "--repository", "works/handbook"]
        outcome = ems(made.root, "doctor", "--online", *place, day=None)
    assert "\x1b" not in outcome.out
    assert "\n::error::" not in outcome.out
    assert outcome.status == 1
