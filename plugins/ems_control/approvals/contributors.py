"""Who changed what a text says: the persons who may not approve it (specification, Contributors)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

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


def _by_path(commits: Iterable[Commit]) -> dict[str, list[Commit]]:
    """Commits by the paths that they change."""
    found: defaultdict[str, list[Commit]] = defaultdict(list)
    for commit in commits:
        for path in commit.paths:
            found[path].append(commit)
    return found


class Contributions:
    """Every commit behind HEAD, by the landing that brought it and the paths it changed."""

    def __init__(self, repository: Repository, store: Store) -> None:
        """Reads the log of contributions on first use only; where few documents are asked for, of the first alone."""
        self._repository, self._store = repository, store
        self._near: dict[str, list[Commit]] | None = None

    def read(self) -> None:
        """Read the log now, for whoever forks."""
        _ = self._by_path, self._brought_by

    def begin_in_fork(self) -> None:
        """From now on in another process: it asks git by itself."""
        self._repository.begin_in_fork()

    @cached_property
    def _brought_by(self) -> dict[str, int]:
        """For each commit, the index of the first landing behind which it lies."""
        parents = self._repository.ancestry()
        brought: dict[str, int] = {}
        for order, landing in enumerate(self._repository.landings):
            stack = [landing.sha]
            while stack:
                sha = stack.pop()
                if sha not in brought and sha in parents:
                    brought[sha] = order
                    stack.extend(parents[sha])
        return brought

    @cached_property
    def _by_path(self) -> dict[str, list[Commit]]:
        return _by_path(self._repository.contributions)

    def _touching(
        self, paths: Collection[str], history: DocumentHistory, after: int = -1, last: int = AFTER_ALL
    ) -> Iterator[tuple[int, Commit, Change]]:
        """What changed files of a document, file by file: the landing that brought it, the commit, the change.

        Only of what came in after one landing, and up to the last.
        """
        if self._near is None and self._store.few:
            shown = (attachment.path for version in history.versions for attachment in version.attachments)
            self._near = self._of({*paths, *history.paths, *shown})
        known = self._near if self._near and self._near.keys() >= set(paths) else self._by_path
        for path in sorted(paths):
            for commit in known.get(path, ()):
                order = self._brought_by[commit.sha]
                if after < order <= last:
                    yield from ((order, commit, change) for change in commit.changes if change.path == path)

    def _of(self, paths: set[str]) -> dict[str, list[Commit]]:
        """The commits that change few files, by these; none where all commits must be asked."""
        commits = self._repository.contributions_to(paths) if len(paths) <= FEW_FILES else None
        if commits is None:
            return {}
        found = _by_path(commits)
        return {path: found.get(path, []) for path in paths}

    @cached_property
    def _proposed(self) -> list[tuple[int, Commit, Change]]:
        """What the commits of a proposed change do to any document: a squash joins them, whatever each touched."""
        order = self._repository.proposal_order
        if order is None:
            return []
        mine = [c for c in self._repository.contributions if self._brought_by.get(c.sha) == order]
        return [(order, commit, change) for commit in mine for change in commit.changes if is_markdown(change.path)]

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
        order = self._repository.proposal_order
        found = (commit for path in paths for commit in self._by_path.get(path, ()))
        times = [max(one.landed, one.authored) for one in found if self._brought_by[one.sha] == order]
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
