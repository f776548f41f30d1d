"""Forges with a memory for settings, on loopback: what `ems forge setup` changes is what they tell afterwards.

Each takes an administrator's token and another one that may only read and write. GitHub's bodies are held against its
own description in tests/recorded/, Gitea's answers against the recordings in tests/shared/.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Any
from urllib.parse import unquote

from tests.forges.serving import Answer, Asked

ADMINISTRATOR, WRITER = "made-up-token-of-an-administrator", "made-up-token-of-a-writer"
NOT_FOUND = Answer({"message": "Not Found"}, 404)
DONE = Answer(status=204, raw=b"")


class Settings(ABC):
    """What all have in common: whose token it is, and answers that a test wants instead."""

    def __init__(self) -> None:
        self.instead: dict[str, Answer] = {}
        self.keys: list[dict[str, Any]] = []
        self.changed: list[tuple[str, str, Any]] = []

    def __call__(self, asked: Asked) -> Answer:
        """The answer to one question."""
        secret = asked.headers.get("Authorization", asked.headers.get("PRIVATE-TOKEN", "")).split(" ")[-1]
        if secret not in (ADMINISTRATOR, WRITER):
            return Answer({"message": "Bad credentials"}, 401)
        for part, answer in self.instead.items():
            if re.search(part, f"{asked.method} {asked.path}"):
                return answer
        if asked.method != "GET":
            self.changed.append((asked.method, asked.path, asked.body))
        return self.tell(asked, secret == ADMINISTRATOR)

    @abstractmethod
    def tell(self, asked: Asked, administrator: bool) -> Answer:
        """The answer by the forge's own rules."""

    def _key(self, asked: Asked) -> Answer:
        self.keys.append({"id": len(self.keys) + 1, **asked.body})
        return Answer(self.keys[-1], 201)


class GitHub(Settings):
    """A repository at GitHub, with nothing set."""

    root = "/api/v3/repos/works/handbook"

    def __init__(self, branch: str = "main") -> None:
        super().__init__()
        self.branch = branch
        self.repository: dict[str, Any] = {
            "private": True,
            "default_branch": branch,
            "owner": {"login": "works", "type": "Organization"},
            "has_pages": False,
            "allow_merge_commit": True,
            "allow_squash_merge": True,
            "allow_rebase_merge": True,
        }
        self.organisation: dict[str, Any] = {"login": "works", "deploy_keys_enabled_for_repositories": True}
        self.rulesets: list[dict[str, Any]] = []
        self.protection: dict[str, Any] | None = None
        self.environment: dict[str, Any] | None = None
        self.branches: list[dict[str, Any]] = []
        self.workflow: dict[str, Any] = {
            "default_workflow_permissions": "write",
            "can_approve_pull_request_reviews": True,
        }
        self.secrets: dict[str, list[str]] = {
            "environment": ["RECORDER_KEY"],
            "secrets": [],
            "organization-secrets": [],
        }
        self.runners: list[dict[str, Any]] = []
        self.pages: dict[str, Any] | None = None

    def tell(self, asked: Asked, administrator: bool) -> Answer:
        """What is set, and who may see it."""
        path = asked.path.removeprefix(self.root)
        if asked.path == "/api/v3/orgs/works":
            return Answer(self.organisation if administrator else {"login": "works"})
        if asked.method == "GET" and path in (
            "",
            f"/rules/branches/{self.branch}",
            "/rulesets",
            "/environments/recorder",
        ):
            return self._open(path, administrator)
        if path.startswith("/rulesets/") and asked.method == "GET":
            found = next((one for one in self.rulesets if path == f"/rulesets/{one['id']}"), None)
            hidden = () if administrator else ("bypass_actors",)
            return Answer({k: v for k, v in found.items() if k not in hidden}) if found else NOT_FOUND
        if not administrator:
            return NOT_FOUND
        return self._change(path, asked) if asked.method != "GET" else self._closed(path)

    def _open(self, path: str, administrator: bool) -> Answer:
        if path == "":
            hidden = () if administrator else ("allow_merge_commit", "allow_squash_merge", "allow_rebase_merge")
            shown = {key: value for key, value in self.repository.items() if key not in hidden}
            return Answer({**shown, "permissions": {"admin": administrator, "push": True, "pull": True}})
        if path == "/rulesets":
            return Answer([{k: one[k] for k in ("id", "name", "target", "enforcement")} for one in self.rulesets])
        if path == "/environments/recorder":
            return Answer(self.environment) if self.environment else NOT_FOUND
        active = [one for one in self.rulesets if one["enforcement"] == "active" and one["target"] == "branch"]
        mine = [one for one in active if "~DEFAULT_BRANCH" in one["conditions"]["ref_name"]["include"]]
        return Answer([{**rule, "ruleset_id": one["id"]} for one in mine for rule in one["rules"]])

    def _closed(self, path: str) -> Answer:
        told: dict[str, Any] = {
            f"/branches/{self.branch}/protection": self.protection,
            "/keys": self.keys,
            "/environments/recorder/secrets": _secrets(self.secrets["environment"]),
            "/environments/recorder/deployment-branch-policies": {"branch_policies": self.branches},
            "/actions/secrets": _secrets(self.secrets["secrets"]),
            "/actions/organization-secrets": _secrets(self.secrets["organization-secrets"]),
            "/actions/permissions/workflow": self.workflow,
            "/actions/runners": {"total_count": len(self.runners), "runners": self.runners},
            "/pages": self.pages,
        }
        return Answer(told[path]) if told.get(path) is not None else NOT_FOUND

    def _change(self, path: str, asked: Asked) -> Answer:
        if path == "" and asked.method == "PATCH":
            self.repository |= asked.body
            return Answer(self.repository)
        if path.startswith("/rulesets"):
            number = int(path.removeprefix("/rulesets/")) if path != "/rulesets" else len(self.rulesets) + 1
            self.rulesets = [one for one in self.rulesets if one["id"] != number]
            self.rulesets.append({"id": number, **asked.body})
            return Answer(self.rulesets[-1], 201 if asked.method == "POST" else 200)
        if path == "/environments/recorder":
            self.environment = {"name": "recorder", **asked.body}
            return Answer(self.environment)
        if path == "/environments/recorder/deployment-branch-policies":
            self.branches.append({"id": len(self.branches) + 50, **asked.body})
            return Answer(self.branches[-1])
        if path.startswith("/environments/recorder/deployment-branch-policies/"):
            self.branches = [one for one in self.branches if str(one["id"]) != path.rsplit("/", 1)[-1]]
            return DONE
        if path == "/actions/permissions/workflow":
            self.workflow |= asked.body
            return DONE
        return self._key(asked) if path == "/keys" else NOT_FOUND


def _secrets(names: list[str]) -> dict[str, Any]:
    return {"total_count": len(names), "secrets": [{"name": name} for name in names]}


class Gitea(Settings):
    """A repository at Gitea or Forgejo, with nothing set; `knows` are the newer fields that its version has."""

    root = "/api/v1/repos/works/handbook"
    answers = ("enable_push", "enable_push_whitelist", "push_whitelist_usernames", "push_whitelist_teams")
    answers += ("push_whitelist_deploy_keys", "enable_status_check", "status_check_contexts", "required_approvals")
    answers += ("dismiss_stale_approvals", "block_on_rejected_reviews", "block_on_outdated_branch")

    def __init__(self, knows: tuple[str, ...] = ("enable_force_push", "block_admin_merge_override")) -> None:
        super().__init__()
        self.knows = knows
        self.repository: dict[str, Any] = {"default_branch": "main", "private": True, "allow_merge_commits": True}
        self.repository |= dict.fromkeys(("allow_rebase", "allow_rebase_explicit", "allow_squash_merge"), True)
        self.rules: list[dict[str, Any]] = []
        self.tags: list[dict[str, Any]] | None = []
        self.secrets: list[dict[str, Any]] = []
        self.runners: list[dict[str, Any]] | None = []

    def rule(self, body: dict[str, Any]) -> dict[str, Any]:
        """A rule as this version keeps it: keys that it does not know are lost."""
        none: dict[str, Any] = dict.fromkeys(self.answers, False) | {"required_approvals": 0}
        none |= {"push_whitelist_usernames": [], "push_whitelist_teams": [], "status_check_contexts": None}
        none |= dict.fromkeys(self.knows, False)
        return none | {k: v for k, v in body.items() if k in none or k in ("rule_name", "branch_name")}

    def tell(self, asked: Asked, administrator: bool) -> Answer:
        """What is set, and who may see it."""
        path = unquote(asked.path.removeprefix(self.root))
        mine = next((one for one in self.rules if one["rule_name"] in ("main", "ma*")), None)
        if asked.method == "GET" and path == "":
            return Answer({**self.repository, "permissions": {"admin": administrator, "push": True, "pull": True}})
        if path == "/branches/main":
            shown = {
                key: (mine or {}).get(key)
                for key in ("required_approvals", "enable_status_check", "status_check_contexts")
            }
            return Answer({"name": "main", "protected": mine is not None, **shown, "user_can_push": mine is None})
        if not administrator:
            return Answer(
                {"message": "user should be an owner or a collaborator with admin write of a repository"}, 403
            )
        return self._change(path, asked) if asked.method != "GET" else self._closed(path)

    def _closed(self, path: str) -> Answer:
        told: dict[str, Any] = {
            "/branch_protections": self.rules,
            "/tag_protections": self.tags,
            "/keys": self.keys,
            "/actions/secrets": self.secrets,
            "/actions/runners": None if self.runners is None else {"runners": self.runners},
        }
        return Answer(told[path]) if told.get(path) is not None else NOT_FOUND

    def _change(self, path: str, asked: Asked) -> Answer:
        if path == "" and asked.method == "PATCH":
            self.repository |= asked.body
            return Answer(self.repository)
        if path == "/branch_protections":
            self.rules.append(self.rule(asked.body))
            return Answer(self.rules[-1], 201)
        if path == "/branch_protections/main":
            [own] = [one for one in self.rules if one["rule_name"] == "main"]
            own |= self.rule(own | asked.body)
            return Answer(own)
        if path == "/tag_protections" and self.tags is not None:
            self.tags.append({"id": len(self.tags) + 1, **asked.body})
            return Answer(self.tags[-1], 201)
        return self._key(asked) if path == "/keys" else NOT_FOUND


class GitLab(Settings):
    """A project at GitLab, with nothing set; `premium` says whether approvals have settings."""

    root = "/api/v4/projects/works%2Fhandbook"

    def __init__(self, premium: bool = True) -> None:
        super().__init__()
        self.project: dict[str, Any] = {"id": 5, "default_branch": "main", "merge_method": "merge"}
        self.project |= {"squash_option": "default_off", "only_allow_merge_if_pipeline_succeeds": False}
        self.project |= {
            "allow_merge_on_skipped_pipeline": True,
            "pages_access_level": "public",
            "ci_config_path": None,
        }
        self.branches: dict[str, dict[str, Any]] = {}
        self.tags: list[dict[str, Any]] = []
        self.approvals: dict[str, Any] | None = None
        if premium:
            self.approvals = {"reset_approvals_on_push": False, "merge_requests_author_approval": True}
            self.approvals |= {"merge_requests_disable_committers_approval": False}
        self.variable: dict[str, Any] | None = {"key": "RECORDER_KEY", "protected": True, "variable_type": "file"}
        self.runners: list[dict[str, Any]] = []

    def tell(self, asked: Asked, administrator: bool) -> Answer:
        """What is set, and who may see it."""
        path = asked.path.removeprefix(self.root)
        if asked.method == "GET" and path == "":
            level = {"access_level": 40 if administrator else 30}
            return Answer({**self.project, "permissions": {"project_access": level, "group_access": None}})
        if asked.method == "GET" and path == "/protected_branches/main":
            return (
                Answer(self.branches["main"]) if "main" in self.branches else Answer({"message": "404 Not found"}, 404)
            )
        if not administrator:
            return Answer({"message": "403 Forbidden"}, 403)
        return self._change(path, asked) if asked.method != "GET" else self._closed(path)

    def _closed(self, path: str) -> Answer:
        told: dict[str, Any] = {
            "/approvals": self.approvals,
            "/protected_tags": self.tags,
            "/deploy_keys": self.keys,
            "/variables/RECORDER_KEY": self.variable,
            "/runners": self.runners,
        }
        return Answer(told[path]) if told.get(path) is not None else Answer({"message": "404 Not found"}, 404)

    def _change(self, path: str, asked: Asked) -> Answer:
        if path == "" and asked.method == "PUT":
            self.project |= asked.body
            return Answer(self.project)
        if path == "/protected_branches":
            level = asked.body["push_access_level"]
            own = {"name": asked.body["name"], "allow_force_push": asked.body["allow_force_push"]}
            own["push_access_levels"] = [
                {"access_level": level, "access_level_description": "No one", "deploy_key_id": None}
            ]
            self.branches[asked.body["name"]] = own
            return Answer(own, 201)
        if path == "/protected_branches/main" and asked.method == "DELETE":
            del self.branches["main"]
            return DONE
        if path == "/protected_tags":
            level = asked.body["create_access_level"]
            self.tags.append({"name": asked.body["name"], "create_access_levels": [{"access_level": level}]})
            return Answer(self.tags[-1], 201)
        if path == "/approvals" and self.approvals is not None:
            self.approvals |= asked.body
            return Answer(self.approvals, 201)
        return self._key(asked) if path == "/deploy_keys" else Answer({"message": "404 Not found"}, 404)
