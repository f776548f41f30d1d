"""Which forge: by name and address, or a pull request exported to a file."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path

from pydantic import ValidationError

from ems_control.forges import github, gitlab
from ems_control.forges.base import Controls, Forge, whole
from ems_control.forges.gitea import Gitea
from ems_control.forges.github import GitHub
from ems_control.forges.gitlab import GitLab
from ems_control.forges.kallithea import Kallithea
from ems_control.ground.doors import added, take
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.records import FORGE_NAME
from ems_control.ground.formats.strict_json import read_json
from ems_control.ground.text import one_line
from ems_control.reviews.pull_request import PullRequest

MOST_BYTES = 20_000_000
ADDRESSES = {"github": github.URL, "gitlab": gitlab.URL}
"""Where a forge is, if no address is given; the others have none of their own."""


Maker = Callable[[str, str, tzinfo], Forge]
"""Opens a forge: its address, the repository, and the time zone for one that does not tell its own."""

MAKERS: dict[str, Maker] = {
    "github": lambda url, repository, _: GitHub(url, repository),
    "gitlab": lambda url, repository, _: GitLab(url, repository),
    "gitea": lambda url, repository, _: Gitea(url, repository),
    "kallithea": Kallithea,
}


class Foreign:
    """A forge that another distribution reads; its mistakes are one line, too."""

    def __init__(self, forge: Forge) -> None:
        self._forge = forge

    @whole
    def pull_request(self, number: int) -> PullRequest:
        """The pull request with this number."""
        return self._forge.pull_request(number)

    def controls(self, branch: str) -> Controls:
        """The protections in force on a branch."""
        return self._forge.controls(branch)


def open_forge(name: str, url: str, repository: str, zone: tzinfo) -> Forge:
    """A connection to one repository at a forge; `zone` is for a forge that does not tell its own.

    Raises EmsError where the address or the token is missing.
    """
    url = url or ADDRESSES.get(name, "")
    checked_repository(repository)
    maker = maker_of(name)
    if not url:
        raise EmsError(f"where is that {name}? Name its address: --url https://git.example.org")
    return maker(url, repository, zone) if name in MAKERS else Foreign(maker(url, repository, zone))


def checked_repository(repository: str) -> None:
    """Raise EmsError where that can be no repository at any forge."""
    parts = repository.split("/")
    if not all(re.fullmatch(r"[\w.-]+", part) and part.strip(".") for part in parts):
        raise EmsError(one_line(f'"{repository[:100]}" is no repository; write it like works/handbook'))


def maker_of(name: str) -> Maker:
    """What opens a forge of this name, ours or added by another distribution; raises EmsError where there is none."""
    others = added("forges")
    wrong = next((other for other in others if other in MAKERS or not re.fullmatch(FORGE_NAME, other)), None)
    if wrong:
        raise EmsError(f"ems_control.forges: no other forge can be called {one_line(wrong)}.")
    if name in others:
        maker: Maker = take("forges", name)
        return maker
    if name not in MAKERS:
        raise EmsError(one_line(f'there is no forge "{name[:50]}" here. Known: {", ".join([*MAKERS, *others])}.'))
    return MAKERS[name]


def read_export(path: Path) -> PullRequest:
    """A pull request out of a file (`ems explain pull-request` shows its keys); raises EmsError."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise EmsError(f"{path} cannot be read: {error.strerror}.") from None
    if len(data) > MOST_BYTES:
        raise EmsError(f"{path} is larger than {MOST_BYTES // 10**6} MB.")
    try:
        pull = PullRequest.model_validate(read_json(data))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "the whole"
        own = str(first.get("ctx", {}).get("error", "")) or "is not what it should be"
        words = {"missing": "is missing", "extra_forbidden": "is not known"}.get(first["type"], own)
        raise EmsError(one_line(f'{path}: "{where}" {words}. `ems explain pull-request` shows the keys.')) from None
    except ValueError as error:
        raise EmsError(one_line(f"{path} cannot be read: {error}.")) from None
    maker_of(pull.forge)
    return pull
