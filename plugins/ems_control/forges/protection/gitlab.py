"""The protection of a handbook at GitLab: branch, tags, ways to merge, approvals, where the pipeline lies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

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

SECRET = "RECORDER_KEY"  # noqa: S105 - the name of a variable
NOBODY, MAINTAINERS = 0, 40
PREMIUM = "GitLab Premium only"


def tag_names(branch: str) -> tuple[str, ...]:
    """Names of tags that git or a reader could take for main; protected variables are open to protected tags too."""
    return (branch, "HEAD", "origin/*", "heads/*", "refs/*")


class GitLabProtection:
    """One project at GitLab."""

    def __init__(self, reader: Reader | None, repository: str, wish: Wish) -> None:
        """Without a reader nothing is asked."""
        self.wish, self._reader, self._repository = wish, reader, repository
        self._path = "projects/" + (quote(repository, safe="") or "GROUP%2FNAME")
        self._project = wanted_of(table_of("gitlab", wish, {}), "project", "ci_config_path")
        self._approvals = wanted_of(table_of("gitlab", wish, {}), "approvals")
        self._protected = False
        self._right = False
        self._tags: set[str] = set()
        if not wish.branch:
            wish.branch = reader.default_branch(self._path) if reader else "main"

    def table(self) -> list[Setting]:
        """Every setting."""
        return table_of("gitlab", self.wish, {})

    def read(self) -> Mapping[str, Any]:
        """What GitLab says of each."""
        assert self._reader is not None
        ask = self._reader
        project = ask(self._path, "the project")
        ask.administrator = _maintains(project)
        found = self._branch()
        for key in self._project:
            value = inside(project, key)
            found[f"project/{key}"] = NotShown() if value is None else value
        found["project/ci_config_path"] = self._configuration(project)
        approvals = ask(f"{self._path}/approvals", "the approval settings")
        for key in self._approvals:
            value = inside(approvals, key)
            found[f"approvals/{key}"] = NotShown(PREMIUM) if value is None else value
        tags = ask(f"{self._path}/protected_tags?per_page=100", "the protected tags")
        self._tags = {str(one.get("name")) for one in rows_of(tags) if pushing(one.get("create_access_levels")) == []}
        closed = {self.wish.branch, "origin/*"} <= self._tags
        found["tags/names like main"] = tags if isinstance(tags, NotShown) else closed
        found |= deploy_keys(
            ask.rows(f"{self._path}/deploy_keys?per_page=100", "the deploy keys"), "can_push", self.wish
        )
        found["variables/" + SECRET] = self._variable()
        runners = ask.rows(f"{self._path}/runners?type=project_type&per_page=100", "the runners")
        found["runners/of the project"] = names_in(runners, "description", "id")
        return found

    def _branch(self) -> dict[str, Any]:
        ask, main = self._reader, f"protection of {self.wish.branch}"
        assert ask is not None
        own = ask(f"{self._path}/protected_branches/{quote(self.wish.branch, safe='')}", "the protection")
        keys = ("push_access_levels", "allow_force_push", "protected")
        if isinstance(own, NotShown):
            return {f"{main}/{key}": own for key in keys}
        self._protected = isinstance(own, dict)
        if not isinstance(own, dict):
            return dict(zip((f"{main}/{key}" for key in keys), (["everybody who may push"], True, False), strict=True))
        force = own.get("allow_force_push")
        may: Any = pushing(own.get("push_access_levels"))
        self._right = force is False and set(may) <= {"deploy keys"}
        told = (may, NotShown() if force is None else force, True)
        return dict(zip((f"{main}/{key}" for key in keys), told, strict=True))

    def _configuration(self, project: Any) -> Any:
        """Where the pipeline's file lies: "outside", or the path that a branch brings along."""
        if not isinstance(project, dict) or "ci_config_path" not in project:
            return NotShown()
        path = str(project["ci_config_path"] or ".gitlab-ci.yml")
        file, _, place = path.partition("@")
        other = place.partition(":")[0]
        return "outside" if path.startswith("https://") or (file and other not in ("", self._repository)) else path

    def _variable(self) -> Any:
        assert self._reader is not None
        told = self._reader(f"{self._path}/variables/{SECRET}", "the variable")
        if isinstance(told, NotShown):
            return told
        if not isinstance(told, dict):
            return "is not there"
        return "protected" if told.get("protected") is True else "open to every branch"

    def steps(self) -> list[Step]:
        """What sets it. A protection that differs is made anew: GitLab changes its levels in no other way."""
        path, name = self._path, self.wish.branch
        place = f"{path}/protected_branches"
        body = {"name": name, "push_access_level": NOBODY, "merge_access_level": MAINTAINERS, "allow_force_push": False}
        config = {"ci_config_path": self.wish.ci_config} if self.wish.ci_config else {}
        found = [Step("PUT", path, {**self._project, **config}, "ways to merge, pipeline, pages")]
        if self._protected and not self._right:
            found.append(Step("DELETE", f"{place}/{quote(name, safe='')}", None, "the protection that differs"))
        if not self._right:
            found.append(Step("POST", place, body, f"the protection of {name}"))
        for pattern in tag_names(name):
            if pattern not in self._tags:
                tag = {"name": pattern, "create_access_level": NOBODY}
                found.append(Step("POST", f"{path}/protected_tags", tag, f"no tags called {pattern}"))
        found.append(Step("POST", f"{path}/approvals", self._approvals, "approvals (GitLab Premium)"))
        if self.wish.key:
            key = {"title": "recorder", "key": self.wish.key, "can_push": True}
            found.append(Step("POST", f"{path}/deploy_keys", key, "the recorder's deploy key"))
        return found


def pushing(levels: Any) -> list[str]:
    """Who may push (or make a tag) by access levels; level 0 is nobody."""
    found = []
    rows = strict_rows(levels)
    if levels is None or isinstance(rows, NotShown):
        return ["unknown"]
    for one in rows:
        if one.get("deploy_key_id") is not None:
            found.append("deploy keys")
        elif one.get("access_level") != NOBODY:
            found.append(str(one.get("access_level_description") or one.get("access_level")))
    return found


def _maintains(project: Any) -> bool:
    """Whether the token's owner is a maintainer, or more, and so is told what there is."""
    rights = inside(project, "permissions")
    levels = [inside(one, "access_level") for one in rights.values()] if isinstance(rights, dict) else []
    return any(isinstance(level, int) and level >= MAINTAINERS for level in levels)
