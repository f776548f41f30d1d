"""Where two sequences differ, as the library's SequenceMatcher finds it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import TypeVar

T = TypeVar("T", bound=Hashable)
Opcode = tuple[str, int, int, int, int]
"""What to do with which stretch of the old sequence, and what stands for it in the new one."""


def opcodes(old: Sequence[T], new: Sequence[T]) -> Iterator[Opcode]:
    """The opcodes of SequenceMatcher without its junk.

    Where both begin or end alike, with elements that stand nowhere else, it need not be asked: whatever it finds
    between them, these are found, too.
    """
    most = min(len(old), len(new))
    begin = next((at for at in range(most) if old[at] != new[at]), most)
    end = next((at for at in range(most - begin) if old[-1 - at] != new[-1 - at]), most - begin)
    before, after = old[begin : len(old) - end], new[begin : len(new) - end]
    first, last, between = set(old[:begin]), set(old[len(old) - end :]), {*before, *after}
    if first & last or between & first or between & last:
        yield from SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        return
    if begin:
        yield "equal", 0, begin, 0, begin
    for kind, i, i2, j, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        yield kind, begin + i, begin + i2, begin + j, begin + j2
    if end:
        yield "equal", len(old) - end, len(old), len(new) - end, len(new)
