"""The front matter that a signature covers, in words."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from ems_control.documents.history import Version
from ems_control.ground.formats.digest import sealed_metadata
from ems_control.ground.formats.front_blocks import Block, FrontBlocks
from ems_control.ground.formats.frontmatter import split

_ROWS = "revisions"
MOST_TEXTS = 1000
"""After so many, what was read of them is let go."""


def sealed_words(version: Version | None) -> dict[str, str]:
    """The front matter that is signed, in words, under our names."""
    if version is None:
        return {}
    names = version.reading
    whole = names.fields or version.file.keeps_tree
    head = None if whole else split(version.file.text)[0]
    known = _in_blocks(head) if head else None
    if known is not None:
        return known
    found: dict[str, str] = {}
    ours = {name: key for key, name in names.fields.items()}
    for key, value in sealed_metadata(version.file.tree or {}, names.fields).items():
        found |= _said(ours.get(key, key), value)
    return found


@lru_cache(maxsize=4)  # of several revisions each is compared twice, one after the other
def _in_blocks(head: str) -> dict[str, str] | None:
    """The same out of the blocks of a front matter; None where it is to be read as a whole."""
    blocks = _known.read(head)
    if blocks is None:
        return None
    found: dict[str, str] = {}
    for block in sealed_metadata({block.key: block for block in blocks}, {}).values():
        for part in block.rows or (block,):
            found |= part.made
    return found


class _Known:
    """What was read of the texts before: of ten revisions of a text nearly every line is as it was."""

    def __init__(self) -> None:
        self._left = 0

    def read(self, head: str) -> list[Block] | None:
        """The blocks of a front matter; None where it is to be read as a whole."""
        if not self._left:
            self._blocks, self._left = FrontBlocks(_said, _ROWS, _row), MOST_TEXTS
        self._left -= 1
        return self._blocks.read(head)


_known = _Known()


def _said(key: str, value: Any) -> dict[str, str]:
    """A key in words, the rows of the history each for itself."""
    if key != _ROWS or not isinstance(value, list):
        return {key: _in_words(value)}
    found: dict[str, str] = {}
    for row in value:
        found |= _row(key, row)
    return found


def _row(_: str, row: Any) -> dict[str, str]:
    number = row.get("revision", "?") if isinstance(row, dict) else "?"
    return {f"revisions, row {number}": _in_words(row)}


def _in_words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_in_words, value))
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_in_words(one)}" for key, one in value.items())
    return str(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
