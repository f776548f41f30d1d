"""Whether a forge protects the handbook as it should: `ems doctor --online`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ems_control.approvals.record_checks import RECORDER
from ems_control.forges.base import Forge
from ems_control.forges.github import GitHub
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.signatures import SignatureError, fingerprint
from ems_control.ground.organisation.people import People
from ems_control.handbook.readiness import Line

ENVIRONMENT, SECRET = "recorder", "RECORDER_KEY"
CONTROLS = {
    "pull_request_required": ("changes come by pull request only", "anybody who may push can change main directly"),
    "stale_approvals_dismissed": ("a new push takes old approvals away", "an approval survives later changes"),
    "last_push_needs_approval": ("the last push is approved by somebody else", "whoever pushed last may approve it"),
    "force_push_refused": ("history cannot be overwritten", "history can be overwritten (force push)"),
    "deletion_refused": ("main cannot be deleted", "main can be deleted"),
    "checks_required": ("the checks must be green", "a merge does not wait for the checks"),
    "admins_included": ("administrators are held to it too", "administrators may go around it"),
}
PLANS = {
    "github": "For a private repository GitHub's free plan has neither rulesets nor environments: take Pro, Team or "
    "Enterprise, or sign with `ems approve`, which needs no forge.",
    "gitlab": "Removing approvals on a push and keeping authors from approving need GitLab Premium; without it rely on "
    "`ems check --reviews`, or sign with `ems approve`.",
    "gitea": "Gitea and Forgejo have no environments: a secret is open to every branch. Keep the recorder's key on a "
    "machine of its own (examples/forgejo-record).",
    "kallithea": "Kallithea protects no branch: let only the recorder push to main, and run `ems verify` every night "
    "against an anchor.",
}


def surroundings(forge: Forge, name: str, branch: str, people: People) -> Iterator[Line]:
    """The protections of a branch, one line each; at GitHub also bypasses, deploy keys and the recorder's environment.

    Raises EmsError where the forge does not answer.
    """
    for control, value in forge.controls(branch).items():
        good, bad = CONTROLS[control]
        if value:
            yield Line(f"{branch} at {name}", "good", good)
        elif value is None:
            yield Line(f"{branch} at {name}", "look", f"unknown whether {good}", "Ask with an administrator's token.")
        else:
            yield Line(f"{branch} at {name}", "bad", bad, "Turn that protection on.")
    if isinstance(forge, GitHub):
        yield from _github(forge, branch, people)
    else:
        yield Line(f"{name}, by its nature", "look", PLANS[name])


def _github(forge: GitHub, branch: str, people: People) -> Iterator[Line]:
    found = forge.find("", f"the repository {forge.repository}")
    if not isinstance(found, dict):
        raise EmsError(f"{forge.repository} is not there for this token. Name it with --repository owner/name.")
    environment = forge.find(f"/environments/{ENVIRONMENT}", f"the environment {ENVIRONMENT}")
    if found.get("private") is True and environment is None:
        yield Line("plan", "look", "a private repository without the environment recorder", PLANS["github"])
    yield from _bypasses(forge)
    yield from _deploy_keys(forge, people)
    yield _environment(forge, environment, branch)
    secrets = forge.find("/actions/secrets?per_page=100", "the secrets")
    if SECRET in {one.get("name") for one in _rows(secrets, "secrets")}:
        words = f"{SECRET} is a secret of the repository: a workflow pushed on any branch can read it"
        yield Line("recorder's key", "bad", words, f"Move it into the environment {ENVIRONMENT}, and make a new key.")


def _rows(tree: Any, key: str = "") -> list[dict[str, Any]]:
    rows = tree.get(key) if key and isinstance(tree, dict) else tree
    return [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []


def _bypasses(forge: GitHub) -> Iterator[Line]:
    """Who may go around the rulesets: nobody but deploy keys, of which the recorder's is the only one."""
    sets = forge.find("/rulesets?per_page=100", "the rulesets")
    active = [one for one in _rows(sets) if one.get("enforcement") == "active" and isinstance(one.get("id"), int)]
    for one in active:
        whole = forge.find(f"/rulesets/{one['id']}", f"ruleset {one['id']}")
        name = f'ruleset "{str(one.get("name", ""))[:60]}"'
        if not isinstance(whole, dict) or not isinstance(whole.get("bypass_actors"), list):
            words = "who may go around it is not told to this token"
            yield Line(name, "look", words, "Ask with an administrator's token.")
            continue
        others = sorted({str(actor.get("actor_type")) for actor in _rows(whole, "bypass_actors")} - {"DeployKey"})
        if others:
            yield Line(name, "bad", f"may be gone around by: {', '.join(others)}", "Leave only the deploy key there.")
        else:
            yield Line(name, "good", "nobody but a deploy key may go around it")


def _deploy_keys(forge: GitHub, people: People) -> Iterator[Line]:
    listed = forge.find("/keys?per_page=100", "the deploy keys")
    if listed is None:
        yield Line("deploy keys", "look", "not told to this token", "Ask with an administrator's token.")
        return
    known = {_print(own.key) for one in people.persons.values() if _records(one) for own in one.keys} - {""}
    strange = [one for one in _rows(listed) if not one.get("read_only") and _print(str(one.get("key"))) not in known]
    if strange:
        names = ", ".join(str(one.get("title", ""))[:60] for one in strange)
        words = f"may push, although people.yml knows them as no recorder's: {names}"
        yield Line(
            "deploy keys", "bad", words, "Remove them, or make them read-only: what is let past is any deploy key."
        )
    else:
        yield Line("deploy keys", "good", "none but the recorder's may push")


def _records(person: Any) -> bool:
    return any(held.role == RECORDER for held in person.roles)


def _print(key: str) -> str:
    try:
        return fingerprint(" ".join(key.split()[:2]))
    except SignatureError:
        return ""


def _environment(forge: GitHub, environment: Any, branch: str) -> Line:
    what = f"environment {ENVIRONMENT}"
    if not isinstance(environment, dict):
        return Line(what, "look", "not there, or not told to this token", f"Make it, for {branch} only, with {SECRET}.")
    policy = environment.get("deployment_branch_policy")
    if not isinstance(policy, dict):
        return Line(what, "bad", "every branch may use the recorder's key", f"Allow deployments from {branch} only.")
    if policy.get("protected_branches") is True:
        return Line(what, "good", "protected branches only may use it")
    found = forge.find(f"/environments/{ENVIRONMENT}/deployment-branch-policies", f"the branches of {what}")
    names = sorted(str(one.get("name")) for one in _rows(found, "branch_policies"))
    if names == [branch]:
        return Line(what, "good", f"{branch} only may use it")
    words = f"may be used by: {', '.join(names) or 'branches that this token may not see'}"
    return Line(what, "bad" if names else "look", words, f"Allow deployments from {branch} only.")
