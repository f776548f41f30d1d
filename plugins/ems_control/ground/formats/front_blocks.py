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
        pieces = _BEGINS.split(head.removesuffix("\n"))
        self._together(pieces)
        found = [self._block(piece) for piece in pieces]
        blocks = [block for block in found if block is not None]
        count("yaml_documents", self._new)
        return blocks if len(blocks) == len(found) == len({block.key for block in blocks}) else None

    def _together(self, pieces: list[str]) -> None:
        """Read at once all that is new: it stands for itself where each piece begins a key or row, and none begins two.

        Where that is not so, each is read alone.
        """
        lists = [found for found in map(self._rows_in, pieces) if found]
        mark, listed = lists[0] if len(lists) == 1 else ("", [])
        rows = [row for row in dict.fromkeys(listed) if row not in self._rows[mark] and _is_row(row, mark)]
        keys = [one for one in dict.fromkeys(pieces) if one not in self._blocks and not self._rows_in(one)]
        keys = [one for one in keys if _is_key(one)]
        if len(keys) + len(rows) < 2:
            return
        whole = [*keys, *([self._listed + "".join(f"\n{mark}{row}" for row in rows)] if rows else ())]
        tree = read_part("\n".join(whole) + "\n")
        if tree is None or list(tree) != [one.partition(":")[0] for one in whole]:
            return
        values = list(tree.items())
        if rows:
            key, value = values.pop()
            if not isinstance(value, list) or len(value) != len(rows):
                return
            made = [self._made(key, one, self._make_row) for one in value]
            self._rows[mark].update(zip(rows, made, strict=True))
        self._blocks.update(zip(keys, [self._made(key, value, self._make) for key, value in values], strict=True))
        self._new = True

    def _rows_in(self, piece: str) -> tuple[str, list[str]] | None:
        """What stands before each row, and the rows, where a piece is the list of rows."""
        key, _, below = piece.partition("\n")
        row = _ROW.match(below) if key == self._listed else None
        return (row[0], below[row.end() :].split("\n" + row[0])) if row else None

    def _block(self, piece: str) -> Block | None:
        listed = self._rows_in(piece)
        if listed:
            return self._list(*listed)
        if piece not in self._blocks:
            self._blocks[piece] = self._read(piece, self._make) if _is_key(piece) else None
        return self._blocks[piece]

    def _list(self, mark: str, pieces: list[str]) -> Block | None:
        known, rows = self._rows[mark], []
        for piece in pieces:
            if piece not in known:
                alone = f"{self._listed}\n{mark}{piece}"
                known[piece] = self._read(alone, self._make_row) if _is_row(piece, mark) else None
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
        return self._made(key, value, make)

    @staticmethod
    def _made(key: str, value: Any, make: Make) -> Block | None:
        made = make(key, value)
        return None if made is None else Block(str(key), canonical_json(value).decode(), made)


def _is_key(piece: str) -> bool:
    """Whether a piece begins with a key, and nothing below it could begin another."""
    return bool(_OWN.match(piece)) and all(line.startswith(_GOES_ON) or not line for line in piece.split("\n")[1:])


def _is_row(piece: str, mark: str) -> bool:
    """Whether all lines of a row stand deeper than what begins a row."""
    deeper = " " * (len(mark) - 1)
    return all(line.startswith(deeper) or not line for line in piece.split("\n")[1:])
