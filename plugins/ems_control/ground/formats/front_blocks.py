"""Front matter read block by block, equal ones once: of ten revisions of a text nearly every line is as it was before.

A block is a key at the beginning of a line with all that is indented below it; each row of a list below a key is one of
its own. Blocks that the strict reader takes alone, without a problem, make up what it makes of the whole: a text that
consists of such blocks is not read as a whole any more. Places are not known of it; whoever needs them reads the whole.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ems_control.ground.counting import count
from ems_control.ground.formats.digest import canonical_json
from ems_control.ground.formats.frontmatter import read_part

Make = Callable[[str, Any], Any]
"""What is to be kept of the value of a key; None where the text is to be read as a whole."""
_KEY = r"[A-Za-z_][A-Za-z0-9_]*:(?: |\n|$)"
_BEGINS, _OWN = re.compile(rf"\n(?={_KEY})"), re.compile(_KEY)
_ROW = re.compile(r"( *)- ")
_GOES_ON = (" ", "- ", "#")


@dataclass(frozen=True, slots=True)
class Block:
    """A key of the front matter, the canonical JSON of its value, and what was made of it; of each row, where it is a
    list of rows."""

    key: str
    json: str
    made: Any
    rows: tuple[Block, ...] = ()


class FrontBlocks:
    """The blocks of many texts, each read when it is met first."""

    def __init__(self, make: Make, rows: str, make_row: Make) -> None:
        """`make` is given each key with its value, `make_row` the key `rows` with each row of its list."""
        self._make, self._make_row = make, make_row
        self._listed = f"{rows}:"
        self._blocks: dict[str, Block | None] = {}
        self._rows: defaultdict[str, dict[str, Block | None]] = defaultdict(dict)
        self._new = False

    def read(self, head: str) -> list[Block] | None:
        """The blocks of a front matter, in order; None where it is to be read as a whole."""
        self._new = False
        found = [self._block(piece) for piece in _BEGINS.split(head.removesuffix("\n"))]
        blocks = [block for block in found if block is not None]
        count("yaml_documents", self._new)
        return blocks if len(blocks) == len(found) == len({block.key for block in blocks}) else None

    def _block(self, piece: str) -> Block | None:
        key, _, below = piece.partition("\n")
        row = _ROW.match(below) if key == self._listed else None
        if row:
            return self._list(key, row, below)
        if piece not in self._blocks:
            self._blocks[piece] = self._one(piece)
        return self._blocks[piece]

    def _one(self, piece: str) -> Block | None:
        if not _OWN.match(piece) or not all(line.startswith(_GOES_ON) or not line for line in piece.split("\n")[1:]):
            return None
        return self._read(piece, self._make)

    def _list(self, key: str, row: re.Match[str], below: str) -> Block | None:
        known, rows = self._rows[row[0]], []
        for piece in below[row.end() :].split("\n" + row[0]):
            if piece not in known:
                deeper = " " * (len(row[1]) + 1)
                goes_on = all(line.startswith(deeper) or not line for line in piece.split("\n")[1:])
                known[piece] = self._read(f"{key}\n{row[0]}{piece}", self._make_row) if goes_on else None
            found = known[piece]
            if found is None:
                return None
            rows.append(found)
        return Block(rows[0].key, f"[{','.join(one.json for one in rows)}]", None, tuple(rows))

    def _read(self, piece: str, make: Make) -> Block | None:
        """A piece with one key, or with one row of one key, for itself."""
        self._new = True
        tree = read_part(piece + "\n")
        if tree is None or len(tree) != 1:
            return None
        [(key, value)] = tree.items()
        if make is self._make_row:
            if not isinstance(value, list) or len(value) != 1:
                return None
            [value] = value
        made = make(key, value)
        return None if made is None else Block(str(key), canonical_json(value).decode(), made)
