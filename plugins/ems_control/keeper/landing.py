"""The records of merged requests come onto main: pushed, or by one request that is made anew each time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from ems_control.approvals.record_checks import Break
from ems_control.exports.request_comment import comment_of_merged
from ems_control.exports.words import Words
from ems_control.forges.desks.base import Desk
from ems_control.forges.http import RefusedError
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.records import FOLDER, POLICY_ID, Record
from ems_control.ground.formats.signatures import SigningKey, fingerprint
from ems_control.ground.git.clone import Clone, PushRefusedError
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.loading import load
from ems_control.handbook.outstanding.uncounted import Uncounted, uncounted
from ems_control.handbook.steering_files import read_configuration
from ems_control.keeper.judging import root_in
from ems_control.reviews.changed_documents import PullRequestView
from ems_control.reviews.pull_request import PullRequest
from ems_control.reviews.recording import RECORDED_ALREADY, Skipped, witness, write_all

BRANCH = "records/open"
MESSAGE = "Records of reviewed pull requests"
TRIES = 5
MOST_TOLD = 50


@dataclass(frozen=True)
class Recorder:
    """Who records: the key, the person ("" for whose key it is), and whether by a request of its own."""

    key: SigningKey
    person: str = ""
    proposes: bool = False


@dataclass
class Filed:
    """What came of one merged request."""

    number: int
    records: list[Record] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    broken: list[Break] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    comment: str = ""


@dataclass
class Landed:
    """What came of a round: each request, how many records were made, and what went wrong.

    `untold` are reviews that decided nothing, of which main's commits do not tell yet.
    """

    filed: list[Filed] = field(default_factory=list)
    made: int = 0
    problems: list[str] = field(default_factory=list)
    untold: list[Uncounted] = field(default_factory=list)


class Landing:
    """One round of recording."""

    def __init__(self, clone: Clone, desk: Desk, recorder: Recorder, inside: str, day: Callable[[], date]) -> None:
        self.clone, self.desk, self.recorder, self.inside, self.day = clone, desk, recorder, inside, day
        self._pulls: dict[int, PullRequest] = {}

    def run(self, numbers: Sequence[int]) -> Landed:
        """Record and land; where main has moved on meanwhile, all is judged anew on what it is then."""
        for _ in range(TRIES):
            main = self.clone.main()
            start = self._start(main)
            self.clone.checkout(start)
            done = self._judged(numbers)
            message = "\n".join([MESSAGE, "", *(one.line for one in done.untold)]) if done.untold else MESSAGE
            new = done.made > 0 or bool(done.untold)
            commit = self.clone.commit(self._folder(), message, empty=bool(done.untold)) if new else None
            if commit is None and start == main:
                return done
            try:
                self._land(commit or start, start, main)
            except PushRefusedError as error:
                if error.moved:
                    continue
                done.problems.append(f"records could not be pushed: {error}")
                done.made = 0
            return done
        done.problems.append(f"{self.clone.branch} moved on {TRIES} times while records were made. Try again later.")
        done.made = 0
        return done

    def _folder(self) -> str:
        return f"{self.inside}/{FOLDER}" if self.inside else FOLDER

    def _start(self, main: str) -> str:
        """Main; or what waits in the branch of records, if that is main of now and nothing but records."""
        if not self.recorder.proposes:
            return main
        waiting = self.clone.fetch_branch(BRANCH)
        if waiting is None or self.clone.contains(main, waiting):
            return main
        prefix = self._folder() + "/"
        alone = self.clone.parent(waiting) == main
        return waiting if alone and all(p.startswith(prefix) for p in self.clone.changed(main, waiting)) else main

    def _land(self, commit: str, start: str, main: str) -> None:
        if not self.recorder.proposes:
            self.clone.push(commit, self.clone.branch)
            return
        if commit != start:
            one = self.clone.squashed(commit, main, MESSAGE)
            self.clone.push(one, BRANCH, self.clone.fetch_branch(BRANCH) or "")
        self._propose()

    def _propose(self) -> None:
        if any(one.source == BRANCH and one.target == self.clone.branch for one in self.desk.open_requests()):
            return
        words = Words.of(read_configuration(root_in(self.clone, self.inside)).policy.languages)
        try:
            self.desk.propose(BRANCH, self.clone.branch, words("keep.records title"), words("keep.records body"))
        except RefusedError as error:
            if error.status not in (409, 422):  # another run was quicker
                raise

    def _judged(self, numbers: Sequence[int]) -> Landed:
        done, day = Landed(), self.day()
        written = read_configuration(root_in(self.clone, self.inside))
        end = datetime.combine(day, time.max, written.policy.zone)
        with load(written, day, now=end) as handbook:
            handbook.require_history()
            if handbook.records.chain.newest is None:
                done.problems.append("nothing is recorded before the policy is approved. Run: ems approve policy")
                return done
            person = self.recorder.person or _whose(handbook, self.recorder.key)
            for number in numbers:
                try:
                    done.filed.append(self._one(handbook, number, person, done))
                except EmsError as error:
                    done.problems.append(f"request {number}: {error}")
            if not self.recorder.proposes:
                done.untold = self._untold(handbook, done)
        return done

    def _untold(self, handbook: Handbook, done: Landed) -> list[Uncounted]:
        """Only of reviews sent before the merge: whoever reviews later shall not bring a commit onto main."""
        told = {(one.pull, one.review, one.document) for one in uncounted(handbook)}
        found: dict[tuple[int, str, str], Uncounted] = {}
        for filed in done.filed:
            pull = self._pulls[filed.number]
            sent = {one.id: one.submitted_at for one in pull.reviews}
            for one in filed.skipped:
                at = sent.get(one.review)
                if at is None or (pull.merged_at is not None and at > pull.merged_at):
                    continue
                for name in [one.document] if one.document else filed.documents:
                    key = (filed.number, one.review, name)
                    if name != POLICY_ID and key not in told:
                        found.setdefault(key, Uncounted(*key, one.who, one.reason))
        return list(found.values())[:MOST_TOLD]

    def _one(self, handbook: Handbook, number: int, person: str, done: Landed) -> Filed:
        if number not in self._pulls:
            pull = self._pulls[number] = self.desk.pull_request(number)
            self.clone.fetch(pull.ref, pull.head)
            for commit in dict.fromkeys(review.commit for review in pull.reviews if review.commit):
                self.clone.fetch_commit(commit)
        pull = self._pulls[number]
        found = witness(handbook, pull, person, self.recorder.key, datetime.now(UTC))
        write_all(handbook, found.records)
        done.made += len(found.records)
        filed = Filed(number, [*_recorded(handbook, pull), *(one.record for one in found.records)])
        filed.skipped = [one for one in found.skipped if one.reason != RECORDED_ALREADY]
        filed.broken = _broken(handbook, pull)
        filed.documents = [one.id for one in PullRequestView(handbook, pull).matters] if filed.skipped else []
        filed.comment = comment_of_merged(handbook, number, filed.records, filed.skipped, filed.broken)
        return filed


def _recorded(handbook: Handbook, pull: PullRequest) -> list[Record]:
    """The records of its reviews that have landed."""
    records = [entry.record for entry in handbook.records.ledger.entries if entry.record and entry.record.witnessed]
    return [one for one in records if (one.evidence.pull, one.evidence.repository) == (pull.number, pull.repository)]


def _broken(handbook: Handbook, pull: PullRequest) -> list[Break]:
    """What the landing of a request left that does not hold."""
    own = {pull.merge_commit, *(commit.sha for commit in pull.commits)} - {None}
    return [one for one in handbook.verification.breaks if one.commit and one.commit.sha in own]


def _whose(handbook: Handbook, key: SigningKey) -> str:
    wanted = fingerprint(key.public)
    for name, person in handbook.people.persons.items():
        if any(fingerprint(own.key) == wanted for own in person.keys):
            return name
    raise EmsError("people.yml knows nobody with the recorder's key. Add it, or name the person: --as PERSON.")
