"""Which protection: a forge by name and address, with or without a token; and setting it, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ems_control.approvals.record_checks import RECORDER
from ems_control.forges.desks.opening import VARIABLES
from ems_control.forges.gitea import Gitea
from ems_control.forges.github import GitHub
from ems_control.forges.gitlab import GitLab
from ems_control.forges.http import Http, RefusedError
from ems_control.forges.opening import ADDRESSES, checked_repository
from ems_control.forges.protection.gitea import GiteaProtection
from ems_control.forges.protection.github import GitHubProtection
from ems_control.forges.protection.gitlab import GitLabProtection
from ems_control.forges.protection.reading import Reader, print_of
from ems_control.forges.protection.table import Compared, Protection, Step, Wish, compare
from ems_control.ground.errors import EmsError
from ems_control.ground.organisation.people import People

FORGES = tuple(VARIABLES)
"""The forges that have a table."""


@dataclass(frozen=True)
class Refusal:
    """A step that the forge did not take, in its words."""

    step: Step
    words: str


def connected(forge: str, url: str, repository: str) -> Http:
    """The interface of a forge; raises EmsError where address, repository or token is missing."""
    url = url or ADDRESSES.get(forge, "")
    if not url or not repository:
        raise EmsError("which repository? Name --repository (and --url, where the forge is your own).")
    checked_repository(repository)
    if forge == "github":
        return GitHub(url, repository).interface
    return GitLab(url, repository).interface if forge == "gitlab" else Gitea(url, repository).interface


def protection_of(forge: str, url: str, repository: str, wish: Wish, http: Http | None) -> Protection:
    """The protection of a repository; without `http` nothing is asked, and it can only be printed."""
    reader = Reader(http) if http else None
    if repository:
        checked_repository(repository)
    if forge == "github":
        host = urlsplit(url or ADDRESSES[forge]).netloc.lower()
        return GitHubProtection(reader, repository, wish, host in ("github.com", "www.github.com"))
    if forge == "gitlab":
        return GitLabProtection(reader, repository, wish)
    return GiteaProtection(reader, repository, wish, forge)


def with_keys(wish: Wish, people: People) -> Wish:
    """What people.yml knows of the recorder: its public keys, of which the newest becomes the deploy key."""
    recorders = [person for person in people.persons.values() if any(held.role == RECORDER for held in person.roles)]
    keys = sorted(
        (own for person in recorders for own in person.keys if not own.compromised), key=lambda own: own.from_
    )
    wish.key = keys[-1].key if keys else ""
    wish.known_keys = frozenset(print_of(own.key) for own in keys) - {""}
    return wish


def compared(protection: Protection) -> list[Compared]:
    """Each setting, and how it stands at the forge now."""
    return compare(protection.table(), protection.read())


def apply(protection: Protection, http: Http) -> tuple[list[Refusal], list[Compared]]:
    """Set it, and read it back: what the forge refused, and how each setting stands then.

    One refusal stops nothing else: half a protection is told field by field.
    """
    found = protection.read()
    protection.wish.key = "" if found.get("deploy keys/recorder") is True else protection.wish.key
    refused = []
    for step in protection.steps():
        try:
            http.send(step.method, step.path, step.body, step.what)
        except RefusedError as error:
            refused.append(Refusal(step, str(error)))
    return refused, compared(protection)


def as_tree(rows: list[Compared]) -> list[Mapping[str, Any]]:
    """The settings as JSON has them."""
    return [
        {
            "part": one.setting.part,
            "field": one.setting.field,
            "wanted": one.setting.wanted,
            "found": one.found,
            "state": one.state,
            "words": one.words,
            "todo": "" if one.state == "in force" else one.why or one.setting.todo,
        }
        for one in rows
    ]
