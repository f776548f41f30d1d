"""What an open request is judged by: its merge onto main of now, with the policy and the program of main.

Nothing of the request is executed, and nothing of its ems.yml judges. What it brings is checked out as data, in a clone
that no link and no filter leads out of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, tzinfo
from pathlib import Path

from ems_control.approvals.record_checks import Break
from ems_control.exports.request_comment import Judged, comment_of
from ems_control.forges.desks.base import Desk, OpenRequest, State
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.records import Account
from ems_control.ground.git.clone import Clone
from ems_control.ground.organisation.people import PEOPLE_FILE
from ems_control.ground.organisation.policy import POLICY_FILE
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.loading import load
from ems_control.handbook.steering_files import read_configuration
from ems_control.reviews.missing import missing
from ems_control.reviews.not_counting import not_counting
from ems_control.reviews.pull_request import PullRequest
from ems_control.reviews.sheet import sheets
from ems_control.rules.book import run

ORDER: dict[State, int] = {"success": 0, "pending": 1, "failure": 2, "error": 3}
"""The states of a status, from the best to the worst."""


@dataclass
class Main:
    """Main of now: its newest commit, its handbook (read when it was opened), the day, and what does not hold there.

    `one_by_one` is whether commits may come onto it one by one; None where nobody says.
    """

    commit: str
    handbook: Handbook
    inside: str
    day: date
    breaks: Sequence[Break] = ()
    one_by_one: bool | None = None

    @property
    def zone(self) -> tzinfo:
        """Where the days of main's policy begin and end."""
        return self.handbook.policy.zone


@dataclass
class Opinion:
    """What came of one request: the commit that it is about, what is said there, and whom to ask."""

    request: OpenRequest
    judged: Judged
    main: Main
    ask: list[tuple[str, Account | None]] = field(default_factory=list)

    @property
    def state(self) -> State:
        """What is posted."""
        return self.judged.state

    def comment(self) -> str:
        """What is said in the request."""
        return comment_of(self.main.handbook, self.judged)


def root_in(clone: Clone, inside: str) -> Path:
    """The folder of the handbook in what is checked out: where it was on main, else where its files went together."""
    root = clone.folder / inside
    if (root / POLICY_FILE).is_file():
        return root
    found = sorted(path.parent for path in clone.folder.glob(f"**/{POLICY_FILE}") if ".git" not in path.parts)
    found = [folder for folder in found if (folder / PEOPLE_FILE).is_file()]
    return found[0] if len(found) == 1 else root


def judge(clone: Clone, desk: Desk, request: OpenRequest, main: Main, at: str = "") -> Opinion:
    """What main would be after the merge, by all rules, and which decisions are missing.

    `at` is a commit of a merge queue, which holds the merge already. What cannot be read is said, and counts as not
    given: the state is then `error`.
    """
    judged = Judged(request.number, "error", clone.branch, request.draft)
    opinion = Opinion(request, judged, main)
    try:
        pull = desk.pull_request(request.number)
        if not at:  # pushed to since the list was read: what is judged is where the answer goes
            opinion.request = replace(request, head=pull.head)
        _fetch(clone, pull, at)
        with _opened(clone, main, at or pull.head) as handbook:
            handbook.require_history()
            _fill(judged, handbook, pull, main)
            opinion.ask = list(_whom(handbook, pull, judged)) if not request.draft else []
        if not judged.findings and not at and main.one_by_one is not False:
            judged.alone = breaks_alone(clone, main, pull.head)
        judged.state = _state(judged)
    except EmsError as error:
        judged.unreadable = _named(str(error), clone, desk)
    return opinion


def _named(words: str, clone: Clone, desk: Desk) -> str:
    """What went wrong, without the place of the clone: it is another in each round, and nobody's business there."""
    for folder in (clone.folder.resolve(), clone.folder):
        words = words.replace(str(folder), desk.repository)
    return words


def _fetch(clone: Clone, pull: PullRequest, at: str) -> None:
    clone.fetch(pull.ref, pull.head)
    for commit in dict.fromkeys(review.commit for review in pull.reviews if review.commit):
        clone.fetch_commit(commit)  # one that is gone decides nothing, and the reason is told
    if at and not clone.fetch_commit(at):
        raise EmsError(f"commit {at[:10]} of the merge queue is not there any more.")


def _opened(clone: Clone, main: Main, commit: str) -> Handbook:
    clone.checkout(commit)
    written = read_configuration(root_in(clone, main.inside))
    end = datetime.combine(main.day, time.max, main.zone)
    return load(written, main.day, base=main.commit, now=end)


def _fill(judged: Judged, handbook: Handbook, pull: PullRequest, main: Main) -> None:
    judged.opened = handbook.people.name(author) if (author := _author(handbook, pull)) else ""
    judged.findings = [one for one in run(handbook) if one.severity == "error"]
    judged.lacking = missing(handbook, pull, main.commit)
    judged.skipped = not_counting(handbook, pull, main.commit)
    judged.sheets = sheets(handbook)


def _author(handbook: Handbook, pull: PullRequest) -> str | None:
    people = handbook.people.at(pull.forge, pull.url)
    return people.by_account(pull.forge, pull.author.id if pull.author else None)


def _whom(handbook: Handbook, pull: PullRequest, judged: Judged) -> Iterator[tuple[str, Account | None]]:
    """Who can give what is missing, each once: the name, and the account at this forge."""
    keys = dict.fromkeys(key for one in judged.lacking if one.need for key in one.need.persons)
    for key in keys:
        person = handbook.people.persons[key]
        account = person.accounts.get(pull.forge)
        if account and handbook.people.at(pull.forge, pull.url).by_account(pull.forge, account.id) != key:
            account = None  # that is an account at another server
        if not (account and pull.author and account.id == pull.author.id):
            yield person.name, Account(id=account.id, login=account.login) if account else None


def _state(judged: Judged) -> State:
    if judged.findings or judged.alone or any(not (one.need or one.stopped) for one in judged.lacking):
        return "failure"
    return "pending" if judged.lacking else "success"


def breaks_alone(clone: Clone, main: Main, head: str) -> list[Break]:
    """What would not hold if the commits of a request came onto main one by one: by rebasing, or by fast-forward."""
    commits = clone.own_commits(main.commit, head)
    ways = []
    if len(commits) > 1 and (made := clone.replayed(commits, main.commit)):
        ways.append(made[-1])
    if clone.contains(head, main.commit) and (len(commits) > 1 or clone.parent(head) != main.commit):
        ways.append(head)
    known = {(one.kind, one.path, one.message) for one in main.breaks}
    found: dict[tuple[str, str, str], Break] = {}
    for tip in ways:
        clone.checkout(tip)
        written = read_configuration(root_in(clone, main.inside))
        end = datetime.combine(main.day, time.max, main.zone)
        with load(written, main.day, now=end) as handbook:
            for one in handbook.verification.breaks:
                key = (one.kind, one.path, one.message)
                if key not in known:
                    found.setdefault((one.kind, one.path, one.document), one)
    return list(found.values())
