"""What `ems doctor` says of versions: which one the handbook pins, and, where it is asked, whether there is a newer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ems_control import __version__
from ems_control.exports.own_files import REQUIREMENTS, pinned_version
from ems_control.ground.errors import EmsError
from ems_control.handbook.writing.readiness import Line


def pinned(root: Path) -> Iterator[Line]:
    """Whether the version that runs is the one that the handbook pins; nothing where it pins none."""
    path = root / REQUIREMENTS
    if not path.is_file():
        return
    version, hashed = pinned_version(path.read_bytes())
    if version and version != __version__:
        words = f"pins version {version}; {__version__} runs here"
        todo = "Install what is pinned, or bring the new version's files: ems init --update"
        yield Line(REQUIREMENTS, "look", words, todo)
    elif version and not hashed:
        words = "does not give the hash of ems-control, so pip will not install it with --require-hashes"
        yield Line(REQUIREMENTS, "look", words, "Its first lines say how to add it.")
    elif version:
        yield Line(REQUIREMENTS, "good", f"pins version {version} by its hash, as it runs here")


def newer() -> Iterator[Line]:
    """Whether the package index has a newer version."""
    from ems_control.forges.package_index import as_numbers, newest_version  # the network's library is slow to load

    try:
        newest = newest_version()
    except EmsError as error:
        yield Line("newer version", "look", f"nobody can say: {str(error).rstrip('.')}", "Try again with a network.")
        return
    if as_numbers(newest) > as_numbers(__version__):
        todo = f"Install it, then: ems init --update. What changed: CHANGELOG.md of version {newest}."
        yield Line("newer version", "look", f"{newest} is there; {__version__} runs here", todo)
    else:
        yield Line("newer version", "good", f"{__version__} is the newest")
