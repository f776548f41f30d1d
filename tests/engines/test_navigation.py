"""The navigation names sections and processes: no page lists all of its neighbours, however many there are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from ems_control.demo.build import make_demo
from ems_control.handbook.loading import load
from ems_control.site.publication import Publication, publish

DAY = date(2026, 3, 1)
MANY = 120
MOST = 50


def published(root: Path, documents: int, flat: bool) -> Publication:
    make_demo(root, documents, 1, DAY, flat)
    with load(root, DAY) as handbook:
        return publish(handbook, datetime(2026, 3, 1, tzinfo=UTC))


@pytest.fixture(scope="module", params=["a folder for each process", "one flat folder"])
def many(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Publication:
    return published(tmp_path_factory.mktemp("many") / "handbook", MANY, request.param == "one flat folder")


def sections(nav: list[Any], name: str = "") -> Iterator[tuple[str, list[Any]]]:
    """Every section with what it lists, at any depth."""
    yield name, nav
    for entry in nav:
        for key, value in entry.items() if isinstance(entry, dict) else ():
            if isinstance(value, list):
                yield from sections(value, key)


def pages(nav: list[Any]) -> list[str]:
    found = []
    for _, listed in sections(nav):
        for entry in listed:
            values = entry.values() if isinstance(entry, dict) else [entry]
            found += [value for value in values if isinstance(value, str)]
    return found


def documents_tab(found: Publication) -> list[Any]:
    return next(tab["Documents"] for tab in found.nav if "Documents" in tab)


def test_no_section_lists_more_than_fifty_and_none_is_left_out(many: Publication) -> None:
    listed = pages(many.nav)
    assert max(len(found) for _, found in sections(documents_tab(many))) <= MOST
    documents = [path for path, page in many.pages.items() if page.kind == "document"]
    assert len(documents) == MANY
    assert sorted(path for path in listed if path in documents) == sorted(documents)


def test_sections_are_named_by_folder_or_from_one_number_to_another(many: Publication) -> None:
    names = {name for name, _ in sections(documents_tab(many))}
    spread = any("/plating/" in path for path in many.pages)
    assert ("Plating" in names) == spread
    assert any(" … " in name for name in names) != spread


def test_few_stand_in_their_section_at_once(tmp_path: Path) -> None:
    found = published(tmp_path / "handbook", 14, flat=False)
    [(_, listed)] = [(name, found) for name, found in sections(documents_tab(found)) if name == "Procedures"]
    assert all(isinstance(value, str) for entry in listed for value in entry.values())
