"""Standards of the organisation's own: YAML files of the handbook that join the catalogue with the same rights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath

from ems_control.ground.errors import EmsError
from ems_control.ground.organisation.policy import Policy
from ems_control.ground.organisation.standards import Catalogue
from ems_control.handbook.addresses import standard_page

SELF_ASSESSMENT = "document-control"
"""What `ems matrix --standard` calls the self-assessment; no standard may have this id."""


def catalogue_of(
    policy: Policy, root: Path, top: Path, packaged: Callable[[], Catalogue] = Catalogue.load
) -> Catalogue:
    """The packaged catalogue plus the files that `own_standards` of ems.yml names.

    `root` is the folder of ems.yml, `top` that of the repository. Raises EmsError where a file lies outside of the
    repository, cannot be read, holds no standard, or has the key of another.
    """
    if not policy.own_standards:
        return packaged()
    root = root.resolve()
    paths = [_inside(name, root, top.resolve()) for name in policy.own_standards]
    catalogue = packaged().with_files(paths, root)
    pages: dict[str, str] = {}
    for name in catalogue.standards:
        if name in (SELF_ASSESSMENT, "index"):
            raise EmsError(f"no standard can have the id {name}, which means something else here. Choose another id.")
        if other := pages.get(standard_page(name)):
            raise EmsError(f"{other} and {name} would have one page. Give your own standard another id.")
        pages[standard_page(name)] = name
    return catalogue


def _inside(name: str, root: Path, top: Path) -> Path:
    path = (root / name).resolve()
    if PurePosixPath(name).is_absolute() or "\\" in name or not path.is_relative_to(top):
        raise EmsError(
            f"ems.yml: own_standards names {name}, which lies outside of the repository. "
            "Put the file into it and write its path from the folder of ems.yml: standards/iso-45001.yml."
        )
    return path
