"""On which day a commit of main landed: its committer date, but never before the landing below it
(specification, Main and landing).

The date of a commit is the word of whoever made it. Only landings that touch the handbook are compared; one whose date
lies outside of what its neighbours and the moment of checking allow is told apart, and may be corrected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from ems_control.ground.git.log import Commit
from ems_control.ground.on_demand import Chained

A_DAY = timedelta(days=1)
AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class OutOfLine:
    """A landing whose date is not to be believed.

    `dated` is what the commit says (None: nothing that can be read), `below` what the landing below it counts as (None:
    there is none), `ahead` whether the date lies after the moment of checking. `cause` is the commit to be corrected:
    the landing itself, or the one below it that is dated ahead and holds it up.
    """

    order: int
    commit: Commit
    dated: datetime | None
    below: datetime | None
    ahead: bool
    cause: Commit


@dataclass(frozen=True)
class Landings:
    """The first-parent line, oldest first, as git dates it, and which of it touches the handbook (by order).

    `corrected` gives, by the order of a landing dated ahead, the order of the `correct` record that names it.
    """

    dated: Sequence[Commit]
    compared: frozenset[int]
    corrected: Mapping[int, int]

    def void(self, order: int) -> bool:
        """Whether the date counts for nothing: corrected, or by the same wrong clock before the correction landed."""
        own = self.dated[order].landed
        return any(
            first == order or (first < order <= last and own >= self.dated[first].landed)
            for first, last in self.corrected.items()
        )

    @cached_property
    def counted(self) -> Sequence[Commit]:
        """The same commits, each landed when it counts as landed; one that is not compared lands with what is below."""
        return self.counted_from(0, None)

    def counted_from(self, first: int, floor: datetime | None) -> list[Commit]:
        """The same from one on, where those below it landed by then."""
        found: list[Commit] = []
        for order, commit in enumerate(self.dated[first:], first):
            if order in self.compared:
                own = self._first_believed(order) if floor is None else commit.landed
                floor = own if floor is None or (own > floor and not self.void(order)) else floor
            landed = floor or commit.landed
            found.append(commit if landed == commit.landed else commit._replace(landed=landed))
        return found

    def and_more(self, dated: Sequence[Commit], compared: frozenset[int]) -> Landings | None:
        """The same with more that landed behind: `dated` and `compared` are those of all.

        None where what comes behind may tell when the first ones landed.
        """
        start, first = min(self.compared, default=None), len(self.dated)
        if start is None or self.void(start):
            return None
        more = replace(self, dated=dated, compared=compared)
        tail = more.counted_from(first, self.counted[-1].landed)
        more.__dict__["counted"] = Chained(self.counted, tail)
        return more

    def _first_believed(self, order: int) -> datetime:
        """The date of the first landing, or of the first behind it that is not void."""
        behind = [
            self.dated[n].landed for n in range(order, len(self.dated)) if n in self.compared and not self.void(n)
        ]
        return behind[0] if behind else self.dated[order].landed

    def next_landing(self, at: datetime, corrects: str | None) -> datetime:
        """When a record signed at a moment would land, `corrects` being the commit that it names."""
        order = next((n for n, commit in enumerate(self.dated) if commit.sha == corrects), None)
        landings = self
        if order is not None and is_ahead(self.dated[order], at):
            landings = replace(self, corrected={**self.corrected, order: len(self.dated)})
        return max([at, *(commit.landed for commit in landings.counted[-1:])])

    def out_of_line(self, moment: datetime, proposed: int | None = None) -> list[OutOfLine]:
        """The landings that are dated more than a day before the one below, or after the moment of checking."""
        found: list[OutOfLine] = []
        below: Commit | None = None
        holding: Commit | None = None
        for order in sorted(self.compared):
            commit, counted = self.dated[order], self.counted[order]
            ahead = commit.landed > moment
            behind = not commit.dated or (below is not None and commit.landed < below.landed - A_DAY)
            if order != proposed and (ahead or behind) and not (self.void(order) and order not in self.corrected):
                own_clock = holding is None or (ahead and commit.landed < holding.landed)
                cause = commit if own_clock or holding is None else holding
                before = below.landed if below else None
                dated = commit.landed if commit.dated else None
                found.append(OutOfLine(order, commit, dated, before, ahead, cause))
            if ahead and not self.void(order):
                holding = holding or commit
            below = counted
        return found


def is_ahead(commit: Commit, at: datetime) -> bool:
    """Whether a commit is dated later than a moment at which it was there already; clocks differ by minutes."""
    return commit.landed > at + AN_HOUR
