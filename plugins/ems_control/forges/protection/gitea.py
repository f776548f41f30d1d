"""The protection of a handbook at Gitea and Forgejo: branch and tag protection, ways to merge, deploy key."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote

from ems_control.forges.desks.base import STATUS
from ems_control.forges.protection.reading import Reader, deploy_keys, names_in
from ems_control.forges.protection.table import (
    NotShown,
    Setting,
    Step,
    Wish,
    inside,
    rows_of,
    strict_rows,
    table_of,
    wanted_of,
)

CHECKS = (STATUS,)
OLD = "this version has no such setting, or does not tell it; see the help page of the forge"
ADMINISTRATORS = {"gitea": "block_admin_merge_override", "forgejo": "apply_to_admins"}


def rule(wish: Wish, forge: str) -> dict[str, Any]:
    """The protection of main, as both forges take it; a version that does not know a key leaves it out."""
    wanted = wanted_of(table_of(forge, wish, {}), f"protection of {wish.branch}", "enable_push", "administrators")
    push = {"enable_push": True, "enable_push_whitelist": True, "push_whitelist_deploy_keys": True}
    nobody: dict[str, Any] = {"push_whitelist_usernames": [], "push_whitelist_teams": []}
    checks = {"enable_status_check": True, "status_check_contexts": list(wish.checks)}
    return {**push, **nobody, **wanted, **checks, ADMINISTRATORS[forge]: True}


def tag_names(branch: str) -> tuple[str, ...]:
    """Names of tags that git or a reader could take for main."""
    return (branch, "HEAD", "origin/*", "heads/*", "refs/*")


class GiteaProtection:
    """One repository at Gitea or Forgejo."""

    def __init__(self, reader: Reader | None, repository: str, wish: Wish, forge: str = "gitea") -> None:
        """Without a reader nothing is asked."""
        self.wish, self._reader, self._forge = wish, reader, forge
        self._path = "repos/" + (quote(repository) or "OWNER/NAME")
        self._rule = ""
        self._methods = wanted_of(table_of(forge, wish, {}), "ways to merge")
        self._tags: set[str] = set()
        wish.checks = wish.checks or CHECKS
        if not wish.branch:
            wish.branch = reader.default_branch(self._path) if reader else "main"

    def table(self) -> list[Setting]:
        """Every setting."""
        return table_of(self._forge, self.wish, {"status_check_contexts": list(self.wish.checks)})

    def read(self) -> Mapping[str, Any]:
        """What the forge says of each."""
        assert self._reader is not None
        ask = self._reader
        whole = ask(self._path, "the repository")
        ask.administrator = inside(whole, "permissions", "admin") is True
        found = self._protection()
        for key in self._methods:
            value = inside(whole, key)
            found[f"ways to merge/{key}"] = NotShown(OLD) if value is None else value
        tags = ask(f"{self._path}/tag_protections", "the protection of tags")
        self._tags = {str(one.get("name_pattern")) for one in rows_of(tags)}
        found["tags/names like main"] = (
            {self.wish.branch, "origin/*"} <= self._tags if isinstance(tags, list) else NotShown(OLD)
        )
        found |= deploy_keys(ask.rows(f"{self._path}/keys?limit=50", "the deploy keys"), "read_only", self.wish)
        secrets = names_in(ask.rows(f"{self._path}/actions/secrets?limit=50", "the secrets"), "name")
        found["secrets/RECORDER_KEY"] = "RECORDER_KEY" in secrets if isinstance(secrets, list) else secrets
        runners = ask(f"{self._path}/actions/runners", "the runners")
        known = not isinstance(runners, NotShown) and runners is not None
        names = names_in(strict_rows(runners, "runners"), "name")
        found["runners/of the repository"] = names if known else NotShown(OLD)
        return found

    def _protection(self) -> dict[str, Any]:
        """The rule that holds for main: by its name, by a pattern, or as much as the branch itself tells."""
        ask, main = self._reader, f"protection of {self.wish.branch}"
        assert ask is not None
        branch = ask(f"{self._path}/branches/{quote(self.wish.branch, safe='')}", "the branch")
        rules = ask(f"{self._path}/branch_protections", "the protection")
        keys = [setting.field for setting in self.table() if setting.part == main]
        if isinstance(branch, dict) and branch.get("protected") is False:
            found: dict[str, Any] = _of_rule({}, keys)
        elif isinstance(rules, list):
            own = next((one for one in rows_of(rules) if holds(one, self.wish.branch)), {})
            self._rule = str(own.get("rule_name") or own.get("branch_name") or "")
            found = _of_rule(own, keys)
        else:
            found = _of_branch(branch if isinstance(branch, dict) else {})
        return {f"{main}/{key}": value for key, value in found.items()}

    def steps(self) -> list[Step]:
        """What sets it: the protection of main, ways to merge, tags, deploy key."""
        path, name = self._path, self.wish.branch
        body = rule(self.wish, self._forge)
        if self._rule == name:
            first = Step(
                "PATCH", f"{path}/branch_protections/{quote(name, safe='')}", body, f"the protection of {name}"
            )
        else:
            both = {"rule_name": name, "branch_name": name}
            first = Step("POST", f"{path}/branch_protections", {**both, **body}, f"the protection of {name}")
        found = [
            first,
            Step(
                "PATCH",
                path,
                {**self._methods, "allow_fast_forward_only_merge": False, "default_merge_style": "merge"},
                "merge commits only",
            ),
        ]
        for pattern in tag_names(name):
            if pattern not in self._tags:
                tag = {"name_pattern": pattern, "whitelist_usernames": [], "whitelist_teams": []}
                found.append(Step("POST", f"{path}/tag_protections", tag, f"no tags called {pattern}"))
        if self.wish.key:
            key = {"title": "recorder", "key": self.wish.key, "read_only": False}
            found.append(Step("POST", f"{path}/keys", key, "the recorder's deploy key"))
        return found


def holds(one: dict[str, Any], branch: str) -> bool:
    """Whether a rule is about a branch: by its name, or by a pattern."""
    pattern = str(one.get("rule_name") or one.get("branch_name") or "")
    return pattern == branch or fnmatchcase(branch, pattern)


def _of_rule(own: dict[str, Any], keys: list[str]) -> dict[str, Any]:
    """What a rule says; of none, that nothing is in force. A key that a version does not have is not told."""
    found: dict[str, Any] = {}
    for key in keys:
        if key == "enable_push":
            found[key] = pushing(own)
        elif key == "status_check_contexts":
            listed = own.get(key) if own.get("enable_status_check") is True else []
            found[key] = [str(one) for one in listed] if isinstance(listed, list) else []
        elif not own:
            found[key] = 0 if key == "required_approvals" else key == "enable_force_push"
        elif key == "administrators":
            told = [own[name] for name in ADMINISTRATORS.values() if isinstance(own.get(name), bool)]
            found[key] = any(told) if told else NotShown(OLD)
        else:
            found[key] = own[key] if own.get(key) is not None else NotShown(OLD)
    return found


def pushing(own: dict[str, Any]) -> list[str]:
    """Who may push to a branch with this rule."""
    if not own:
        return ["everybody with write access"]
    if own.get("enable_push") is False:
        return []
    if own.get("enable_push") is not True or own.get("enable_push_whitelist") is not True:
        return ["everybody with write access"]
    lists = [own.get("push_whitelist_usernames"), own.get("push_whitelist_teams")]
    people = [str(one) for part in lists for one in (part if isinstance(part, list) else [part] if part else [])]
    return people + ["deploy keys"] * (own.get("push_whitelist_deploy_keys") is not False)


def _of_branch(branch: dict[str, Any]) -> dict[str, Any]:
    """What everybody with write access is told of the protection of a branch that has one."""
    found: dict[str, Any] = {}
    if isinstance(branch.get("required_approvals"), int):
        found["required_approvals"] = branch["required_approvals"]
    if branch.get("enable_status_check") is False:
        found["status_check_contexts"] = []
    elif isinstance(branch.get("status_check_contexts"), list):
        found["status_check_contexts"] = [str(one) for one in branch["status_check_contexts"]]
    return found
