"""Rows, cells and state signs of generated pages are templates that a handbook can override."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.running import ems

Build = Callable[..., Path]

HANDBOOK = """
    docs/procedures/EMS-PRO-001.md
      title: Yard <b>drains</b>
    commit
"""


def staged(root: Path, target: Path) -> str:
    done = ems(root, "stage", str(target))
    assert done.status == 0, done.err
    return (target / "docs" / "documents" / "index.md").read_text("utf-8")


def test_a_handbook_puts_its_own_state_sign_in_place_of_ours(handbook: Build, tmp_path: Path) -> None:
    root = handbook(HANDBOOK)
    assert 'class="ems-state ems-in-force">' in staged(root, tmp_path / "ours")

    (root / "mkdocs.yml").write_text("site_name: Works\ntheme: {name: material, custom_dir: theirs}\n", "utf-8")
    cells = root / "theirs" / "ems" / "cells"
    cells.mkdir(parents=True)
    (cells / "state.html").write_text('<b class="sign-{{ state | e }}">{{ word | e }}</b>\n', "utf-8")
    page = staged(root, tmp_path / "theirs")
    assert '<b class="sign-in-force">Current</b>' in page
    assert "ems-state" not in page
    assert "drains" in page
    assert "<b>drains" not in page, "what a text says stays text"


@pytest.mark.parametrize("text", ["{{ word ", "{% include 'other.html' %}", "{{ word.nothing.at_all }}"])
def test_a_template_that_cannot_be_used_is_one_line(handbook: Build, tmp_path: Path, text: str) -> None:
    root = handbook(HANDBOOK)
    (root / "mkdocs.yml").write_text("site_name: Works\ntheme: {name: material, custom_dir: theirs}\n", "utf-8")
    cells = root / "theirs" / "ems" / "cells"
    cells.mkdir(parents=True)
    (cells / "state.html").write_text(text, "utf-8")
    done = ems(root, "stage", str(tmp_path / "staged"))
    assert done.status == 2
    assert "state.html" in done.err
    assert len(done.err.splitlines()) == 1
    assert not (tmp_path / "staged").exists()
