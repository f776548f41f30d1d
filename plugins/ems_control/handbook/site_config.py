"""What mkdocs.yml says of texts: the Markdown extensions, read as data, in a proposed change from what it lands on."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from ems_control.ground.errors import EmsError
from ems_control.ground.formats.extensions import CONFIG_FILE, Extensions, inherited_from, read_extensions
from ems_control.ground.git.repository import Repository

_MOST_PARENTS = 10


def extensions_of(repository: Repository, root: Path) -> Extensions:
    """The Markdown extensions of the handbook whose ems.yml lies in `root`.

    They are those of the mkdocs.yml beside it, and of the one that it inherits from; of a proposed change, those of
    the commit on which it would land. Raises EmsError where the file cannot be read.
    """
    order = repository.proposal_order
    base = repository.landings[order].parents[0] if order is not None else None
    place, chain = CONFIG_FILE, list[str]()
    while len(chain) < _MOST_PARENTS and (text := _text(repository, root, place, base)) is not None:
        chain.append(text)
        parent = inherited_from(text)
        if parent is None:
            break
        place = (PurePosixPath(place).parent / parent).as_posix()
    return read_extensions(*chain)


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
