"""The protection of a handbook at GitHub: rulesets (for *Import a ruleset*, too), environment, deploy key, merging."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ems_control.forges.desks.base import STATUS
from ems_control.forges.protection.github_rules import effective, on
from ems_control.forges.protection.reading import Reader, deploy_keys, names_in
from ems_control.forges.protection.table import (
    ODD,
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

ENVIRONMENT, SECRET = "recorder", "RECORDER_KEY"
CHECKS = (STATUS, "check")
ACTIONS = 15368
"""The App at github.com under which its own workflows post statuses and checks."""
BRANCH_SET, TAG_SET = "EMS handbook", "EMS handbook: tags"
PLAN = (
    "For a private repository GitHub's free plan has neither rulesets nor environments: take Pro, Team or Enterprise, "
    "or sign with `ems approve`, which needs no forge."
)


def _rules(wish: Wish) -> dict[str, Any]:
    """The parameters of the rules of main, by the type of the rule."""
    source = {"integration_id": wish.app} if wish.app else {}
    wanted = wanted_of(table_of("github", wish, {}), f"rules of {wish.branch}")
    reviews = ("required_approving_review_count", "dismiss_stale_reviews_on_push", "require_last_push_approval")
    pull = {name: wanted[name] for name in (*reviews, "require_code_owner_review", "allowed_merge_methods")}
    strict = "strict_required_status_checks_policy"
    return {
        "deletion": None,
        "non_fast_forward": None,
        "pull_request": {**pull, "required_review_thread_resolution": False},
        "required_status_checks": {
            strict: wanted[strict],
            "do_not_enforce_on_create": False,
            "required_status_checks": [{"context": name, **source} for name in wish.checks],
        },
    }


def tag_names(branch: str) -> list[str]:
    """Names of tags that git or a reader could take for main."""
    return [f"refs/tags/{name}" for name in (branch, "HEAD", "origin/*", "origin/**/*", "heads/**/*", "refs/**/*")]


def rulesets(wish: Wish) -> list[dict[str, Any]]:
    """The two rulesets, as GitHub imports them."""
    bypass = [{"actor_id": None, "actor_type": "DeployKey", "bypass_mode": "always"}]
    rules = [{"type": name} | ({"parameters": given} if given else {}) for name, given in _rules(wish).items()]
    main = {"include": ["~DEFAULT_BRANCH"], "exclude": []}
    tags = {"include": tag_names(wish.branch), "exclude": []}
    closed: list[dict[str, Any]] = [{"type": "creation"}, {"type": "update"}, {"type": "deletion"}]
    return [
        {"name": BRANCH_SET, "target": "branch", "enforcement": "active", "bypass_actors": bypass}
        | {"conditions": {"ref_name": main}, "rules": rules},
        {"name": TAG_SET, "target": "tag", "enforcement": "active", "bypass_actors": list[Any]()}
        | {"conditions": {"ref_name": tags}, "rules": closed},
    ]


def _table(wish: Wish) -> list[Setting]:
    return table_of("github", wish, {"required_status_checks": list(wish.checks), "branches": [wish.branch]})


class GitHubProtection:
    """One repository at GitHub; without a reader nothing is asked, and places stand for its name."""

    def __init__(self, reader: Reader | None, repository: str, wish: Wish, public: bool) -> None:
        """`public` says that it is github.com, whose workflows post as one known App."""
        self.wish, self._reader, self._path = wish, reader, "repos/" + (quote(repository) or "OWNER/NAME")
        wish.checks = wish.checks or CHECKS
        wish.app = wish.app or (ACTIONS if public else None)
        self._sets: dict[str, int] = {}
        self._branches: list[dict[str, Any]] = []
        if not wish.branch:
            wish.branch = reader.default_branch(self._path) if reader else "main"

    def table(self) -> list[Setting]:
        """Every setting."""
        return _table(self.wish)

    def read(self) -> Mapping[str, Any]:
        """What GitHub says of each."""
        assert self._reader is not None
        ask, main = self._reader, f"rules of {self.wish.branch}"
        name = quote(self.wish.branch, safe="")
        whole = ask(self._path, "the repository")
        ask.administrator = inside(whole, "permissions", "admin") is True
        rules = ask.rows(f"{self._path}/rules/branches/{name}?per_page=100", "the rules")
        old = ask(f"{self._path}/branches/{name}/protection", "the protection")
        table = [one for one in self.table() if one.part == main and one.field != "bypass_actors"]
        found = {f"{main}/{key}": value for key, value in effective(rules, old, table, self.wish.checks).items()}
        found |= self._around(main, rules, old)
        found |= self._environment(whole)
        found |= self._secrets()
        found |= deploy_keys(ask.rows(f"{self._path}/keys?per_page=100", "the deploy keys"), "read_only", self.wish)
        return found | self._rest(whole)

    def _around(self, main: str, rules: Any, old: Any) -> dict[str, Any]:
        """Who may go around the rules, and whether tags are closed."""
        ask = self._reader
        assert ask is not None
        listed = ask.rows(f"{self._path}/rulesets?per_page=100", "the rulesets")
        if isinstance(listed, NotShown):
            return {f"{main}/bypass_actors": listed, "tags/names like main": listed}
        actors: Any = []
        closed: set[str] = set()
        for one in listed:
            whole = ask(f"{self._path}/rulesets/{quote(str(one.get('id')), safe='')}", "a ruleset")
            if one.get("name") in (BRANCH_SET, TAG_SET) and isinstance(one.get("id"), int):
                self._sets[one["name"]] = one["id"]
            if one.get("enforcement") != "active":
                continue
            if one.get("target") == "tag":
                closed |= _closed(whole)
            elif inside(whole, "bypass_actors") is None or isinstance(
                who := strict_rows(whole, "bypass_actors"), NotShown
            ):
                actors = NotShown("who may go around it is not told to this token: ask with an administrator's token")
            elif isinstance(actors, list):
                actors += [str(actor.get("actor_type")) for actor in who]
        if isinstance(actors, list) and isinstance(old, dict) and rules == [] and not on(old, "enforce_admins"):
            actors.append("administrators")
        wanted = {f"refs/tags/{self.wish.branch}", "refs/tags/origin/*"}
        held: Any = sorted(set(actors)) if isinstance(actors, list) else actors
        return {f"{main}/bypass_actors": held, "tags/names like main": wanted <= closed or "~ALL" in closed}

    def _environment(self, whole: Any) -> dict[str, Any]:
        ask, place = self._reader, f"environment {ENVIRONMENT}"
        assert ask is not None
        found = ask(f"{self._path}/environments/{ENVIRONMENT}", f"the environment {ENVIRONMENT}")
        who: Any
        names: Any
        lies: Any
        if isinstance(found, NotShown) and isinstance(whole, dict) and whole.get("private") is True:
            found = NotShown(f"{found.why}. {PLAN}")
        if isinstance(found, NotShown):
            who = names = lies = found
        elif not isinstance(found, dict):
            who, names, lies = "no environment: every branch", [], False
        else:
            who, names = self._selected(found.get("deployment_branch_policy"))
            secrets = ask.rows(
                f"{self._path}/environments/{ENVIRONMENT}/secrets?per_page=100", "its secrets", "secrets"
            )
            lies = secrets if isinstance(secrets, NotShown) else _named(secrets)
        told = {"deployment_branch_policy": who, "branches": names, SECRET: lies}
        return {f"{place}/{key}": value for key, value in told.items()}

    def _selected(self, policy: Any) -> tuple[str, Any]:
        """Which branches may use the environment: "protected branches only" are all that any rule is about."""
        assert self._reader is not None
        if not isinstance(policy, dict):
            return "every branch", ["every branch"]
        if policy.get("custom_branch_policies") is not True:
            return "every protected branch", ["every protected branch"]
        path = f"{self._path}/environments/{ENVIRONMENT}/deployment-branch-policies?per_page=100"
        listed = self._reader.rows(path, "its branches", "branch_policies")
        self._branches = [] if isinstance(listed, NotShown) else listed
        names = sorted(("tag " if one.get("type") == "tag" else "") + str(one.get("name")) for one in self._branches)
        return "selected branches", listed if isinstance(listed, NotShown) else names

    def _secrets(self) -> dict[str, Any]:
        ask = self._reader
        assert ask is not None
        elsewhere: Any = []
        for name, of in (("secrets", "repository"), ("organization-secrets", "organisation")):
            told = ask.rows(f"{self._path}/actions/{name}?per_page=100", f"the secrets of the {of}", "secrets")
            if isinstance(told, NotShown):
                elsewhere = elsewhere or told
            elif _named(told):
                elsewhere = [*(elsewhere if isinstance(elsewhere, list) else ()), of]
        return {"recorder's key/elsewhere": elsewhere}

    def _rest(self, whole: Any) -> dict[str, Any]:
        """Workflows, machines of one's own, the organisation, pages."""
        ask = self._reader
        assert ask is not None
        begin = ask(f"{self._path}/actions/permissions/workflow", "the permissions of workflows")
        runners = ask.rows(f"{self._path}/actions/runners?per_page=100", "the runners", "runners")
        found: dict[str, Any] = {
            "actions/default_workflow_permissions": inside(begin, "default_workflow_permissions") or NotShown(),
            "actions/self-hosted runners": names_in(runners, "name"),
        }
        allowed = "organisation/deploy_keys_enabled_for_repositories"
        if inside(whole, "owner", "type") == "User":
            found[allowed] = True
        else:
            told = ask(f"orgs/{quote(str(inside(whole, 'owner', 'login')), safe='')}", "the organisation")
            value = inside(told, "deploy_keys_enabled_for_repositories")
            found[allowed] = NotShown() if value is None else value
        if inside(whole, "has_pages") is False:
            found["pages/public"] = False
        else:
            told = ask(f"{self._path}/pages", "the pages")
            found["pages/public"] = False if told is None else inside(told, "public")
            if isinstance(told, NotShown) or not isinstance(found["pages/public"], bool):
                found["pages/public"] = told if isinstance(told, NotShown) else ODD
        return found

    def steps(self) -> list[Step]:
        """What sets it: rulesets, ways to merge, environment, permissions of workflows, deploy key."""
        path, place = self._path, f"{self._path}/environments/{ENVIRONMENT}"
        methods = {"allow_merge_commit": True, "allow_squash_merge": False, "allow_rebase_merge": False}
        found = [Step("PATCH", path, methods, "merge commits only")]
        for one in rulesets(self.wish):
            number = self._sets.get(one["name"])
            at = f"{path}/rulesets" + (f"/{number}" if number else "")
            found.append(Step("PUT" if number else "POST", at, one, f'the ruleset "{one["name"]}"'))
        policy = {"deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True}}
        found.append(Step("PUT", place, policy, f"the environment {ENVIRONMENT}, for selected branches"))
        have = [one for one in self._branches if isinstance(one.get("id"), int)]
        right = [one for one in have if one.get("name") == self.wish.branch and one.get("type") != "tag"]
        for one in have:
            if one not in right:
                found.append(
                    Step("DELETE", f"{place}/deployment-branch-policies/{one['id']}", None, "another branch out")
                )
        if not right:
            body = {"name": self.wish.branch, "type": "branch"}
            found.append(
                Step("POST", f"{place}/deployment-branch-policies", body, f"{self.wish.branch} as its only branch")
            )
        body = {"default_workflow_permissions": "read"}
        found.append(Step("PUT", f"{path}/actions/permissions/workflow", body, "workflows begin with reading"))
        if self.wish.key:
            key = {"title": "recorder", "key": self.wish.key, "read_only": False}
            found.append(Step("POST", f"{path}/keys", key, "the recorder's deploy key"))
        return found


def _named(secrets: list[dict[str, Any]]) -> bool:
    return SECRET in [one.get("name") for one in secrets]


def _closed(ruleset: Any) -> set[str]:
    """The names of tags that a ruleset lets nobody make, move or delete."""
    kinds = [one.get("type") for one in rows_of(ruleset, "rules")]
    names = inside(ruleset, "conditions", "ref_name", "include")
    closing = all(kind in kinds for kind in ("creation", "update", "deletion"))
    whole = inside(ruleset, "conditions", "ref_name", "exclude") in (None, [])
    return set(map(str, names)) if closing and whole and isinstance(names, list) else set()
