"""The mkdocs.yml of a handbook, in a proposed change that of the commit on which it would land."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path, PurePosixPath

from ems_control.ground.errors import EmsError
from ems_control.ground.formats.mkdocs_yml import CONFIG_FILE, SiteConfig, read_site_config
from ems_control.ground.git.repository import Repository

_MOST_PARENTS = 10


def site_config_of(repository: Repository, root: Path) -> SiteConfig:
    """The mkdocs.yml beside the ems.yml in `root`, laid over those that it inherits from.

    Of a proposed change, it is that of the commit on which it would land. Raises EmsError where it cannot be read.
    """
    config = SiteConfig()
    for _, one in reversed(list(_chain(repository, root))):
        config = one.over(config)
    return config


def site_files(repository: Repository, root: Path) -> list[str]:
    """The files that the same is made of, from `root`, and the one that was looked for and is not there."""
    return [place for place, _ in _chain(repository, root)]


def _chain(repository: Repository, root: Path) -> Iterator[tuple[str, SiteConfig]]:
    """mkdocs.yml, then each that the one before inherits from; what is not there says nothing."""
    order = repository.proposal_order
    base = repository.landings[order].parents[0] if order is not None else None
    place: str | None = CONFIG_FILE
    for _ in range(_MOST_PARENTS):
        if place is None:
            return
        text = _text(repository, root, place, base)
        found = _read(text) if text is not None else SiteConfig()
        yield place, found
        place = (PurePosixPath(place).parent / found.inherits).as_posix() if found.inherits is not None else None


_read = lru_cache(maxsize=64)(read_site_config)


def _text(repository: Repository, root: Path, place: str, commit: str | None) -> str | None:
    """The text of a file of the repository, named from `root`; None where there is none."""
    path = (root / place).resolve()
    if not path.is_relative_to(repository.top):
        raise EmsError(f"{CONFIG_FILE} inherits from {place}, which lies outside of the repository. Keep it inside.")
    if commit is None:
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None
    name = path.relative_to(repository.top).as_posix()
    blob = repository.files_at(commit, name).get(name)
    return repository.blob(blob).decode("utf-8", "replace") if blob else None
