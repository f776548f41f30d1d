"""Which pieces of a text are the same piece in another version of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import NamedTuple

from ems_control.documents.text_units import Unit
from ems_control.ground.alike import opcodes

ALIKE, IN_ITS_PLACE, WITHIN = 0.35, 0.2, 0.6
"""Shares of common words: of two versions of a piece; of one put alone in another's place; of a part of a whole."""
_WORD = re.compile(r"[^\W_]+(?:[.,:'’/-][^\W_]+)*")


class Pair(NamedTuple):
    """A piece before and after, None where it came or went; `moved` where nothing but its place is another."""

    before: Unit | None
    after: Unit | None
    moved: bool = False


def pairs(old: list[Unit], new: list[Unit]) -> list[Pair]:
    """What changed, in the order of the text: a piece split in two, or two made one, is one pair."""
    found: list[tuple[int, Pair]] = []
    gone, come = list[tuple[int, Unit]](), list[tuple[int, Unit]]()
    for kind, i, i2, j, j2 in opcodes([u.key for u in old], [u.key for u in new]):
        if kind == "equal":
            same = zip(old[i:i2], new[j:j2], strict=True)
            found += [(j + n, Pair(a, b)) for n, (a, b) in enumerate(same) if a is not b and a.says_otherwise(b)]
        else:
            block = _Block(old[i:i2], new[j:j2])
            found += [(j + at, pair) for at, pair in block.mated()]
            gone += [(j, unit) for unit in block.left(0)]
            come += [(j + at, new[j + at]) for at in block.rest[1]]
    found += _moved(gone, come)
    found += [(at, Pair(unit, None)) for at, unit in gone] + [(at, Pair(None, unit)) for at, unit in come]
    return [pair for _, pair in sorted(found, key=lambda one: one[0])]


def whole_tables(found: list[Pair]) -> list[Pair]:
    """The same, where all rows of a table that came or went as a whole are one piece."""
    told: list[Pair] = []
    for pair in found:
        joined = _of_one_table(told[-1], pair) if told else None
        if joined:
            told[-1] = joined
        else:
            told.append(pair)
    return told


def _of_one_table(last: Pair, pair: Pair) -> Pair | None:
    went = last.after is None and pair.after is None
    came = last.before is None and pair.before is None
    one, other = (last.before, pair.before) if went else (last.after, pair.after)
    if not (went or came) or one is None or other is None or not one.columns or one.table != other.table:
        return None
    if not one.words.startswith(" | ".join(one.columns)):
        return None
    joined = replace(_joined(one, other), columns=one.columns, table=one.table)
    return Pair(joined, None) if went else Pair(None, joined)


def _moved(gone: list[tuple[int, Unit]], come: list[tuple[int, Unit]]) -> list[tuple[int, Pair]]:
    """Pieces that stand elsewhere, taken out of both; what moved together is one."""
    found: list[tuple[int, Pair]] = []
    last: tuple[int, int] | None = None
    for one in list(gone):
        other = next((other for other in come if other[1].key == one[1].key), None)
        if other is None:
            last = None
            continue
        place = gone.index(one), come.index(other)
        gone.remove(one)
        come.remove(other)
        if found and last == place:
            at, pair = found[-1]
            found[-1] = (at, Pair(_joined(pair.before, one[1]), _joined(pair.after, other[1]), True))
        else:
            found.append((other[0], Pair(one[1], other[1], True)))
        last = place
    return found


def _joined(first: Unit | None, second: Unit) -> Unit:
    if first is None:
        return second
    between = " / " if first.kind == "row" else " "
    words, source = f"{first.words}{between}{second.words}", f"{first.source}\n{second.source}"
    return Unit(first.kind, words, source, first.heading)


@dataclass
class _Block:
    """A stretch that differs: its pieces before and after."""

    old: list[Unit]
    new: list[Unit]

    def __post_init__(self) -> None:
        self.mates = self._mates()
        self.rest = (
            [i for i in range(len(self.old)) if i not in self.mates],
            [j for j in range(len(self.new)) if j not in self.mates.values()],
        )
        self.wide: dict[int, tuple[list[int], list[int]]] = {i: ([i], [j]) for i, j in self.mates.items()}
        self._take_in(0)
        self._take_in(1)

    def mated(self) -> list[tuple[int, Pair]]:
        """The pairs, each with its place among the new pieces."""
        found = []
        for left, right in self.wide.values():
            before, after = self._whole(self.old, left), self._whole(self.new, right)
            if before.words != after.words or before.says_otherwise(after):
                found.append((min(right), Pair(before, after)))
        return sorted(found, key=lambda one: one[0])

    def left(self, side: int) -> list[Unit]:
        """The pieces of a side that have no other version here."""
        return [(self.old, self.new)[side][n] for n in self.rest[side]]

    @staticmethod
    def _whole(units: list[Unit], places: list[int]) -> Unit:
        whole = units[places[0]]
        for place in places[1:]:
            whole = _joined(whole, units[place])
        return whole

    def _take_in(self, side: int) -> None:
        """What stands beside a piece that has another version, and is a part of that one, belongs to it."""
        units, others = (self.old, self.new) if side == 0 else (self.new, self.old)
        for place in list(self.rest[side]):
            for both in self.wide.values():
                own, there = both[side], both[1 - side]
                beside = place in (min(own) - 1, max(own) + 1) and units[own[0]].kind == units[place].kind
                if beside and _part_of(units[place], [units[n] for n in own], [others[n] for n in there]):
                    own.append(place)
                    own.sort()
                    self.rest[side].remove(place)
                    break

    def _mates(self) -> dict[int, int]:
        old, new = ([(unit, _words(unit)) for unit in side] for side in (self.old, self.new))
        likeness = sorted(
            (
                (_likeness(a, b), -i, -j)
                for i, a in enumerate(old)
                for j, b in enumerate(new)
                if _comparable(a[0], b[0])
            ),
            reverse=True,
        )
        alone = len(self.old) == len(self.new) == 1
        enough = (0.0 if _fills_its_place(self.old[0]) else IN_ITS_PLACE) if alone else ALIKE
        mates: dict[int, int] = {}
        for share, i, j in likeness:
            if (share > enough or share == enough == 0.0) and -i not in mates and -j not in mates.values():
                mates[-i] = -j
        titles = [[n for n, u in enumerate(side) if u.kind == "heading"] for side in (self.old, self.new)]
        rest = [n for n in titles[0] if n not in mates], [n for n in titles[1] if n not in mates.values()]
        if len(rest[0]) == len(rest[1]):
            mates |= dict(zip(*rest, strict=True))
        return mates


def _fills_its_place(unit: Unit) -> bool:
    """Whether what stands alone in its place is its other version, however little they share: a step, a few words."""
    return unit.kind != "text" or len(unit.words.split()) <= 3


def _part_of(part: Unit, own: list[Unit], others: list[Unit]) -> bool:
    """Whether a piece says what its neighbours do not and their other version does; of a row, its first cell."""
    if part.cells:
        heads = [
            set(_WORD.findall(" ".join(one.cells[0] for one in side if one.cells).lower())) for side in (own, others)
        ]
        name = set(_WORD.findall(part.cells[0].lower()))
        return bool(name - heads[0]) and name <= heads[1]
    words, said = _words(part), set[str]().union(*map(_words, own))
    whole = set[str]().union(*map(_words, others))
    fresh = words - said
    enough = len(words & whole) >= WITHIN * len(words) and len(fresh & whole) * 2 >= len(fresh)
    return bool(fresh & whole) and enough


def _comparable(a: Unit, b: Unit) -> bool:
    apart = ("heading", "row")
    return a.kind == b.kind or not (a.kind in apart or b.kind in apart)


def _words(unit: Unit) -> set[str]:
    return set(_WORD.findall(unit.words.lower()))


def _likeness(old: tuple[Unit, set[str]], new: tuple[Unit, set[str]]) -> float:
    """How many words two pieces share; rows with the same first cell come before all others."""
    (a, one), (b, other) = old, new
    if a.is_head != b.is_head:
        return 0.0
    share = 2 * len(one & other) / (len(one) + len(other)) if one or other else 1.0
    return 1.0 + share if a.cells and b.cells and a.cells[0] == b.cells[0] else share
