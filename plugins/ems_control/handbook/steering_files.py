"""The files that steer a handbook: ems.yml and people.yml, and the mkdocs.yml of its site."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as BlobsByPath
from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import TypeAlias

from ems_control.ground.errors import EmsError
from ems_control.ground.formats.frontmatter import Mapping
from ems_control.ground.formats.records import policy_digest
from ems_control.ground.git.repository import Repository
from ems_control.ground.markdown.mkdocs_yml import CONFIG_FILE, SiteConfig, read_site_config
from ems_control.ground.organisation.people import PEOPLE_FILE, People, load_people
from ems_control.ground.organisation.policy import POLICY_FILE, Policy, load_policy
from ems_control.handbook.kept.kept_history import KeptTexts

_MOST_PARENTS = 10
Blobs: TypeAlias = BlobsByPath[str, str | None]
NO_CHANGE: Blobs = MappingProxyType({})


@dataclass
class Configuration:
    """The files that steer a handbook, with their trees for places, the folder they lie in, and their digest."""

    root: Path
    policy: Policy
    policy_tree: Mapping
    people: People
    people_tree: Mapping
    digest: str


def read_configuration(root: Path, kept: KeptTexts | None = None) -> Configuration:
    """Read ems.yml and people.yml, or what was `kept` of the same; raises EmsError with one line per mistake."""
    data = {}
    for name in (POLICY_FILE, PEOPLE_FILE):
        path = root / name
        try:
            data[name] = path.read_bytes()
        except FileNotFoundError:
            raise EmsError(f"{name} is missing in {root}. Add it; `ems explain {name}` shows what it holds.") from None
        except OSError as error:
            raise EmsError(f"{name} cannot be read: {error.strerror}.") from None
    loaded = partial(_loaded, data[POLICY_FILE], data[PEOPLE_FILE])
    named = ("steering", *(sha256(one).hexdigest() for one in data.values()))
    [((policy, policy_tree), (people, people_tree))] = kept.made(named, loaded) if kept else loaded()
    digest = policy_digest(data[POLICY_FILE], data[PEOPLE_FILE])
    return Configuration(root, policy, policy_tree, people, people_tree, digest)


def _loaded(policy: bytes, people: bytes) -> list[tuple[tuple[Policy, Mapping], tuple[People, Mapping]]]:
    return [(load_policy(policy), load_people(people))]


def site_config_of(repository: Repository, root: Path, changed: Blobs = NO_CHANGE) -> SiteConfig:
    """The mkdocs.yml beside the ems.yml in `root`, laid over those that it inherits from.

    Of a proposed change, it is that of the commit on which it would land; with the blobs that it `changed`, by their
    paths, the one that it would be then. Raises EmsError where it cannot be read.
    """
    config = SiteConfig()
    for _, one in reversed(list(_chain(repository, root, changed))):
        config = one.over(config)
    return config


def site_files(repository: Repository, root: Path) -> list[str]:
    """The files that the same is made of, from `root`, and the one that was looked for and is not there."""
    return [place for place, _ in _chain(repository, root)]


def _chain(repository: Repository, root: Path, changed: Blobs = NO_CHANGE) -> Iterator[tuple[str, SiteConfig]]:
    """mkdocs.yml, then each that the one before inherits from; what is not there says nothing."""
    order = repository.proposal_order
    base = repository.landings[order].parents[0] if order is not None else None
    place: str | None = CONFIG_FILE
    for _ in range(_MOST_PARENTS):
        if place is None:
            return
        text = _text(repository, root, place, base, changed)
        found = _read(text) if text is not None else SiteConfig()
        yield place, found
        place = (PurePosixPath(place).parent / found.inherits).as_posix() if found.inherits is not None else None


_read = lru_cache(maxsize=64)(read_site_config)


def _text(repository: Repository, root: Path, place: str, commit: str | None, changed: Blobs) -> str | None:
    """The text of a file of the repository, named from `root`; None where there is none."""
    path = (root / place).resolve()
    if not path.is_relative_to(repository.top):
        raise EmsError(f"{CONFIG_FILE} inherits from {place}, which lies outside of the repository. Keep it inside.")
    if commit is None:
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None
    name = path.relative_to(repository.top).as_posix()
    blob = changed[name] if name in changed else repository.files_at(commit, name).get(name)
    return repository.blob(blob).decode("utf-8", "replace") if blob else None
