"""One round: what was merged is recorded, then what is open is judged on main of then, and said at the forge."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory

from ems_control.exports.words import Words
from ems_control.forges.desks.base import Desk, OpenRequest
from ems_control.ground.errors import EmsError
from ems_control.ground.git.clone import Clone, Remote
from ems_control.handbook.loading import load
from ems_control.handbook.steering_files import read_configuration
from ems_control.keeper.at_the_forge import ask, post, say
from ems_control.keeper.judging import Main, Opinion, judge, root_in
from ems_control.keeper.landing import Landed, Landing, Recorder

MANY = 20


@dataclass
class Told:
    """What came of one open request."""

    number: int
    commit: str
    state: str
    words: str
    asked: list[str] = field(default_factory=list)


@dataclass
class Round:
    """What came of a round; `problems` are what could not be done. `main` is its newest commit then."""

    main: str
    requests: list[Told] = field(default_factory=list)
    landed: Landed = field(default_factory=Landed)
    problems: list[str] = field(default_factory=list)
    others: int = 0


class Keeper:
    """Keeps one repository at a forge. It remembers nothing: its clone can be thrown away at any moment."""

    def __init__(self, desk: Desk, clone: Clone, inside: str, recorder: Recorder | None, only: int | None) -> None:
        self.desk, self.clone, self.inside, self.recorder, self.only = desk, clone, inside, recorder, only

    @classmethod
    @contextmanager
    def opened(
        cls, desk: Desk, remote: Remote, inside: str, recorder: Recorder | None, only: int | None
    ) -> Iterator[Keeper]:
        """With a clone of its own, in a folder that only this user can read and that is gone afterwards."""
        with TemporaryDirectory(prefix="ems-keep-", ignore_cleanup_errors=True) as folder:
            clone = Clone(Path(folder) / "clone", remote, desk.default_branch())
            yield cls(desk, clone, inside, recorder, only)

    def round(self) -> Round:
        """Do what there is to do. Raises EmsError where main itself cannot be read."""
        landed = self._record() if self.recorder else Landed()
        commit = self.clone.main()
        self.clone.checkout(commit)
        written = read_configuration(root_in(self.clone, self.inside))
        day = datetime.now(written.policy.zone).date()
        with load(written, day, now=datetime.combine(day, time.max, written.policy.zone)) as handbook:
            handbook.require_history()
            breaks, alone = handbook.verification.breaks, self.desk.one_by_one()
            main = Main(commit, handbook, self.inside, day, breaks, alone)
            done = Round(commit, landed=landed, problems=list(landed.problems))
            self._comment_on_merged(done)
            self._open(main, done)
            self._queue(main, done)
        return done

    def _today(self) -> date:
        zone = read_configuration(root_in(self.clone, self.inside)).policy.zone
        return datetime.now(zone).date()

    def _record(self) -> Landed:
        assert self.recorder is not None
        numbers = self.desk.merged(self.clone.branch, MANY)
        numbers = [number for number in numbers if self.only in (None, number)]
        if not numbers:
            return Landed()
        return Landing(self.clone, self.desk, self.recorder, self.inside, self._today).run(numbers)

    def _comment_on_merged(self, done: Round) -> None:
        for filed in done.landed.filed:
            try:
                say(self.desk, filed.number, filed.comment, begin=bool(filed.skipped or filed.broken))
            except EmsError as error:
                done.problems.append(f"request {filed.number}: {error}")

    def _open(self, main: Main, done: Round) -> None:
        listed = self.desk.open_requests()
        ours = [one for one in listed if one.target == self.clone.branch]
        done.others = len(listed) - len(ours)
        wanted = {one.head for one in ours if self.only in (None, one.number)}
        opinions = [judge(self.clone, self.desk, one, main) for one in ours if one.head in wanted]
        for head in dict.fromkeys(one.request.head for one in opinions):
            self._say(head, [one for one in opinions if one.request.head == head], main, done)

    def _say(self, head: str, opinions: list[Opinion], main: Main, done: Round) -> None:
        words = Words.of(main.handbook.policy.languages)
        try:
            state, said = post(self.desk, head, opinions, words)
        except EmsError as error:
            state, said = "error", str(error)
            done.problems.append(f"request {opinions[0].request.number}: {error}")
        for one in opinions:
            told = Told(one.request.number, head, state, said)
            done.requests.append(told)
            if one.judged.unreadable:
                done.problems.append(f"request {told.number}: {one.judged.unreadable}")
            try:
                told.asked = ask(self.desk, one, words)
                say(self.desk, told.number, one.comment())
            except EmsError as error:
                done.problems.append(f"request {told.number}: {error}")
            done.problems += [f"request {told.number}: not asked: {reason}" for reason in one.judged.not_asked]

    def _queue(self, main: Main, done: Round) -> None:
        """A merge queue asks for the status at a commit of its own, which no request has."""
        words = Words.of(main.handbook.policy.languages)
        for queued in self.desk.queued(self.clone.branch):
            request = OpenRequest(queued.number, queued.commit, "", self.clone.branch, False, None, frozenset())
            opinion = judge(self.clone, self.desk, request, main, queued.commit)
            if opinion.judged.unreadable:
                done.problems.append(f"request {queued.number}: {opinion.judged.unreadable}")
            try:
                state, said = post(self.desk, queued.commit, [opinion], words)
                done.requests.append(Told(queued.number, queued.commit, state, said))
            except EmsError as error:
                done.problems.append(f"request {queued.number}: {error}")
