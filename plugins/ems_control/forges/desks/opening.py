"""Which desk: a forge by name and address, where `ems keep` may write."""

from __future__ import annotations

from collections.abc import Callable

from ems_control.forges import gitea, github, gitlab
from ems_control.forges.desks.base import Desk
from ems_control.forges.desks.gitea import GiteaDesk
from ems_control.forges.desks.github import GitHubDesk
from ems_control.forges.desks.gitlab import GitLabDesk
from ems_control.forges.opening import ADDRESSES, checked_repository
from ems_control.ground.errors import EmsError
from ems_control.ground.text import one_line

DESKS: dict[str, Callable[[str, str], Desk]] = {
    "github": GitHubDesk,
    "gitlab": GitLabDesk,
    "gitea": GiteaDesk,
    "forgejo": GiteaDesk,
}
VARIABLES = {"github": github.VARIABLE, "gitlab": gitlab.VARIABLE, "gitea": gitea.VARIABLE, "forgejo": gitea.VARIABLE}
"""The variable of the environment that holds the token."""


def open_desk(name: str, url: str, repository: str) -> Desk:
    """A desk at one repository; raises EmsError where the address or the token is missing, or no desk is known."""
    url = url or ADDRESSES.get(name, "")
    checked_repository(repository)
    if name not in DESKS:
        raise EmsError(
            one_line(f"{name[:50]} cannot be kept: it takes no status and no list. Known: {', '.join(DESKS)}.")
        )
    if not url:
        raise EmsError(f"where is that {name}? Name its address: --url https://git.example.org")
    return DESKS[name](url, repository)
