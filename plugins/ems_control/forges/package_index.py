"""Which versions of this program a package index has; asked only where somebody wants to know."""

from __future__ import annotations

import os
import re

from ems_control.forges.http import Http
from ems_control.ground.errors import EmsError

INDEX = "https://pypi.org/simple"
NAME = "ems-control"
_ACCEPT = "application/vnd.pypi.simple.v1+json"
_VERSION = re.compile(r"\d{1,6}(\.\d{1,6}){0,3}")
_FILE = re.compile(r"ems[_-]control-([\d.]+)(?:-py3-none-any\.whl|\.tar\.gz)")


def newest_version() -> str:
    """The newest released version at the index that pip asks here; raises EmsError where nobody can say."""
    index = os.environ.get("PIP_INDEX_URL") or INDEX
    try:
        http = Http(index, {}, _ACCEPT)
    except EmsError:  # its words name the address, in which a password may stand
        raise EmsError("PIP_INDEX_URL is no https address without a password in it.") from None
    try:
        tree = http.get(f"{NAME}/", f"the versions of {NAME}")
    finally:
        http.close()
    given = tree if isinstance(tree, dict) else {}
    names = [str(one.get("filename", "")) for one in _listed(given, "files") if isinstance(one, dict)]
    found = [str(one) for one in _listed(given, "versions")]
    found += [match[1] for name in names if (match := _FILE.fullmatch(name))]
    released = [one for one in found if _VERSION.fullmatch(one)]
    if not released:
        raise EmsError("the package index names no released version of this program.")
    return max(released, key=as_numbers)


def as_numbers(version: str) -> tuple[int, ...]:
    """A version as something that can be compared; what is no released version comes first."""
    if not _VERSION.fullmatch(version):
        return ()
    numbers = [int(one) for one in version.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _listed(tree: dict[str, object], key: str) -> list[object]:
    value = tree.get(key)
    return value if isinstance(value, list) else []
