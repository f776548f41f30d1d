"""CONTRIBUTING.md tells where things are: each file and folder that it names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = (ROOT, ROOT / "plugins" / "ems_control", ROOT / "docs" / "help" / "specification")
NAMED = re.compile(r"`([\w.-]*(?:/[\w.-]*)*(?:\.(?:py|yml|md|toml)|/))`")
PLACEHOLDER = re.compile(r"(?<![A-Z])(FAMILY|NAME|LANGUAGE|FORGE|ID)(?![A-Z])")


def named() -> list[str]:
    """What stands there between backticks and is a path; no addresses of pages, and none with a placeholder."""
    found = NAMED.findall((ROOT / "CONTRIBUTING.md").read_text())
    return sorted({one for one in found if not one.startswith("/") and not PLACEHOLDER.search(one)})


def is_there(path: str) -> bool:
    """Whether a file or folder of this name lies at one of the places; a bare name, anywhere in the package."""
    if any((place / path).exists() for place in PLACES):
        return True
    name = path.removesuffix("/")
    return "/" not in name and any((ROOT / "plugins").rglob(name))


@pytest.mark.parametrize("path", named())
def test_what_contributing_names_is_there(path: str) -> None:
    assert is_there(path)


def test_what_is_not_there_is_noticed() -> None:
    assert not is_there("forges/desk_github.py")
    assert not is_there("digest.pyy")
    assert len(named()) > 50
