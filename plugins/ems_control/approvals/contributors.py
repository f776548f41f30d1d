"""Who changed what a text says: the persons who may not approve it (specification, Contributors)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from ems_control.approvals.brought import Brought, orders_of
from ems_control.documents.history import AFTER_ALL, DocumentHistory, Version
from ems_control.documents.store import Store
from ems_control.ground.formats.digest import FIRST
from ems_control.ground.formats.records import FOLDER, Record, place_of
from ems_control.ground.git.log import Change, Commit
from ems_control.ground.git.repository import Repository
from ems_control.ground.organisation.people import People
from ems_control.ground.organisation.policy import Policy
from ems_control.ground.organisation.readings import Reading
from ems_control.ground.text import is_markdown


@dataclass(frozen=True)
class Contributor:
    """Someone who changed the content: the person key (None if the address is nobody's), address, commit and day.

    `email` is what the commit gives: a co-author line without an address gives other words, and is nobody's.
    """

    person: str | None
    email: str
    commit: str
    day: date

    @property
    def unknown(self) -> str:
        """What is wrong where nobody knows who it is."""
        if "@" in self.email:
            return f"{self.email} changed this text on {self.day}, and people.yml did not know the address"
        named = f"{self.email!r} as co-author" if self.email else "an author"
        return f"commit {self.commit[:10]} of {self.day} names {named} of this text without an e-mail address"

    @property
    def remedy(self) -> str:
        """What to do about it."""
        added = "the address" if "@" in self.email else "these words, as they stand,"
        return f"Add {added} to the emails of the person in people.yml, or to external_contributors in ems.yml"


def counts_as_unknown(email: str, policy: Policy, people: People, author: bool = False) -> bool:
    """Whether nobody may approve because of an address that is no person's.

    External ones of the policy, never. A forge's own (merge button, bot) only as author: it stands beside an author, it
    cannot be one, or a text would have none.
    """
    return not policy.is_external(email) and (author or not people.is_service(email))


FEW_FILES = 50
"""Of more files git is asked for what changed any."""
FEW_QUESTIONS = 30
"""So many documents are asked for one by one before the whole log is read."""


def _by_path(commits: Iterable[Commit]) -> dict[str, list[Commit]]:
    """Commits by the paths that they change."""
    found: defaultdict[str, list[Commit]] = defaultdict(list)
    for commit in commits:
        for path in commit.paths:
            found[path].append(commit)
    return found


def _newest(one: tuple[int, Commit]) -> tuple[int, datetime, str]:
    """What landed last, whatever the order in which git tells it."""
    order, commit = one
    return order, commit.landed, commit.sha


class Contributions:
    """Every commit behind HEAD, by the landing that brought it and the paths it changed."""

    def __init__(self, repository: Repository, store: Store) -> None:
        """Reads the log on first use only; where few documents are asked for, or much is kept, of their files alone."""
        self._repository, self._store = repository, store
        self._at: dict[str, list[tuple[int, Commit]]] = {}
        self._asked = 0
        self._kept: Callable[[], Brought] | None = None
        self._since = ""

    def __getstate__(self) -> dict[str, Any]:
        """What can be kept for another run."""
        return vars(Contributions(self._repository, self._store))

    def go_on_from(self, kept: Callable[[], Brought], since: str) -> None:
        """Begin with what was kept at a commit of main (its whole name); of the log, what came in since is read."""
        self._kept, self._since = kept, since

    def brought(self, folders: tuple[str, ...]) -> Brought | None:
        """What can be kept of files in some folders; None where not all is read, or not as git tells it."""
        number = len(self._repository.landings)
        if self._known:
            return self._known.and_more(self._fresh, number)
        if self._repository.line_alone or self._repository.readings_of_contributions:
            return None
        orders = self._orders
        nothing = Brought(folders, 0, b"", b"", {})
        return nothing.and_more(((orders[one.sha], one) for one in self._repository.contributions), number)

    def read(self) -> None:
        """Read the log now, for whoever forks."""
        _ = self._by_path, self._orders

    def begin_in_fork(self) -> None:
        """From now on in another process: it asks git by itself."""
        self._repository.begin_in_fork()

    @cached_property
    def _known(self) -> Brought | None:
        return self._kept() if self._kept else None

    @cached_property
    def _fresh(self) -> list[tuple[int, Commit]]:
        """What came in since something was kept."""
        first = self._known.landings if self._known else 0
        commits = self._repository.contributions_since(self._since)
        orders = orders_of(self._repository.landings[first:], first, {one.sha: one.parents for one in commits})
        return [(orders[one.sha], one) for one in commits]

    @cached_property
    def _orders(self) -> dict[str, int]:
        """For each commit, the order of the landing that brought it."""
        return orders_of(self._repository.landings, 0, self._repository.ancestry())

    @cached_property
    def _by_path(self) -> dict[str, list[Commit]]:
        return _by_path(self._repository.contributions)

    def _touching(
        self, paths: Collection[str], history: DocumentHistory, after: int = -1, last: int = AFTER_ALL
    ) -> Iterator[tuple[int, Commit, Change]]:
        """What changed files of a document, file by file: the landing that brought it, the commit, the change.

        Only of what came in after one landing, and up to the last; of each file what landed last comes first.
        """
        if not self._at.keys() >= set(paths):
            shown = (attachment.path for version in history.versions for attachment in version.attachments)
            self._look({*paths, *history.paths, *shown} - self._at.keys())
        for path in sorted(paths):
            for order, commit in self._at[path]:
                if after < order <= last:
                    yield from ((order, commit, change) for change in commit.changes if change.path == path)

    def _look(self, paths: set[str]) -> None:
        """Find the commits that change these files."""
        self._asked += 1
        found = self._of_few(paths) if len(paths) <= FEW_FILES and "_by_path" not in self.__dict__ else None
        if found is None:
            found = {path: [(self._orders[one.sha], one) for one in self._by_path.get(path, ())] for path in paths}
        for path in paths:
            self._at[path] = sorted(found.get(path, ()), key=_newest, reverse=True)

    def _of_few(self, paths: set[str]) -> dict[str, list[tuple[int, Commit]]] | None:
        """The commits that change few files, by these; None where all commits must be asked."""
        known = self._known if self._asked <= FEW_QUESTIONS else None
        if known and known.covers(paths):
            named = {path: list(known.to(path)) for path in paths}
            told = self._repository.told({sha for names in named.values() for _, sha in names})
            found = {path: [(order, told[sha]) for order, sha in names] for path, names in named.items()}
            for order, commit in self._fresh:
                for path in paths.intersection(commit.paths):
                    found[path].append((order, commit))
            return found
        few = self._store.few and self._asked == 1
        commits = self._repository.contributions_to(paths) if few else None
        if commits is None:
            return None
        return {path: [(self._orders[one.sha], one) for one in ones] for path, ones in _by_path(commits).items()}

    @cached_property
    def _of_proposal(self) -> list[Commit]:
        """The commits of a proposed change, what was committed last first."""
        order = self._repository.proposal_order
        if order is None:
            return []
        if self._known:
            mine = [one for at, one in self._fresh if at == order]
        else:
            mine = [one for one in self._repository.contributions if self._orders.get(one.sha) == order]
        return sorted(mine, key=lambda one: (one.landed, one.sha), reverse=True)

    @cached_property
    def _proposed(self) -> list[tuple[int, Commit, Change]]:
        """What the commits of a proposed change do to any document: a squash joins them, whatever each touched."""
        order = self._repository.proposal_order or 0
        return [(order, one, change) for one in self._of_proposal for change in one.changes if is_markdown(change.path)]

    def to(
        self,
        version: Version,
        after: Version | None,
        history: DocumentHistory,
        decided: datetime,
        approvers: Collection[str],
        policy: Policy,
        people: People,
        method: str = FIRST,
    ) -> list[Contributor]:
        """Which of the approvers, and who unknown, contributed to `version` since the last approved one (`after`).

        Authors and co-authors count; a committer counts where the commit was made before the decision, because merge
        buttons commit later. A squash names whoever committed a record as co-author: that line counts for nobody on
        the commit that brings that person's own record. `policy` and `people` say whose address is whose,
        `method` what content is.
        """
        first = after.order if after else -1
        asked = set(approvers)
        last = version.order
        paths = history.paths | {attachment.path for attachment in version.attachments}
        changes = list(self._touching(paths, history, first, last))
        if last == self._repository.proposal_order and first < last:
            changes += self._proposed
        found: dict[tuple[str | None, str], Contributor] = {}
        for _, commit, change in changes:
            excused = self._signed_along(commit) if commit.co_authors else set()
            emails = {commit.author_email: "author", **dict.fromkeys(commit.co_authors, "co")}
            if commit.landed < decided:
                emails.setdefault(commit.committer_email, "")
            matter = [
                (person, email)
                for email, how in emails.items()
                if (person := people.by_email(email)) in asked
                or (person is None and counts_as_unknown(email, policy, people, how == "author"))
                if not (how == "co" and person in excused and email != commit.author_email)
            ]
            if matter and self._changes_content(change, method, version.reading):
                day = commit.landed.astimezone(policy.zone).date()
                for person, email in matter:
                    found.setdefault((person, email), Contributor(person, email, commit.sha, day))
        return list(found.values())

    def last_proposed(self, paths: Collection[str]) -> datetime | None:
        """When a proposed change touched one of these files last, by its commits; None where it does not."""
        times = [max(one.landed, one.authored) for one in self._of_proposal if not {*paths}.isdisjoint(one.paths)]
        return max(times, default=None)

    def made_after(
        self, version: Version, history: DocumentHistory, record: Record, policy: Policy, people: People
    ) -> Commit | None:
        """The commit that made the text, or a file it shows, where a decision about it is dated earlier; else None.

        What somebody else committed anew, as "rebase" does, is as old as its author says: that hides nobody.
        """
        method, reading = record.digest_method, version.reading
        text = self._store.content(version.blob, method, reading)
        made: dict[str, list[Commit]] = defaultdict(list)
        for order, commit, change in self._touching(history.paths, history):
            if order <= version.order and self._store.content(change.after, method, reading) == text:
                made[""].append(commit)
        for shown in version.attachments:
            for order, commit, change in self._touching([shown.path], history):
                if order <= version.order and change.after == shown.blob:
                    made[shown.path].append(commit)
        firsts = [min(commits, key=lambda commit: commit.landed) for commits in made.values()]
        for commit in firsts:
            who = people.by_email(commit.committer_email)
            unknown = who is None and counts_as_unknown(commit.committer_email, policy, people)
            hides = who == record.by.person or unknown
            if record.decided_at < (commit.landed if hides else commit.authored):
                return commit
        return None

    def _signed_along(self, commit: Commit) -> set[str | None]:
        """The persons whose own record a commit brings."""
        prefix = self._repository.prefix + FOLDER + "/"
        places = [
            place_of(change.path[len(self._repository.prefix) :])
            for change in commit.changes
            if change.path.startswith(prefix) and change.after and not any(change.befores)
        ]
        return {place.person for place in places if place}

    def _changes_content(self, change: Change, method: str, reading: Reading) -> bool:
        """Whether the content differs from that in every parent; a changed claim key alone is no contribution."""
        if not is_markdown(change.path):
            return True
        after = self._store.content(change.after, method, reading)
        return all(self._store.content(before, method, reading) != after for before in change.befores)
