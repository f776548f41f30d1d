"""Who changed what a text says: the persons who may not approve it (design section 6, independence)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, tzinfo
from functools import cached_property

from ems_control.ground.digest import content_digest
from ems_control.ground.git import Repository
from ems_control.ground.gitlog import Change, Commit
from ems_control.ground.people import People
from ems_control.ground.policy import Policy
from ems_control.ground.text import is_markdown
from ems_control.handbook.history import DocumentHistory, Version
from ems_control.handbook.store import Store


@dataclass(frozen=True)
class Contributor:
    """Someone who changed the content: the person key (None if the address is nobody's), address, commit and day."""

    person: str | None
    email: str
    commit: str
    day: date


class Contributions:
    """Every commit behind HEAD, by the landing that brought it and the paths it changed."""

    def __init__(self, repository: Repository, store: Store, policy: Policy, people: People) -> None:
        """Reads the log of contributions on first use only."""
        self._repository, self._store, self._policy, self._people = repository, store, policy, people

    @cached_property
    def _brought_by(self) -> dict[str, int]:
        """For each commit, the index of the first landing behind which it lies."""
        parents = {commit.sha: commit.parents for commit in self._repository.contributions}
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
    def _by_path(self) -> dict[str, list[tuple[int, Commit, Change]]]:
        found: defaultdict[str, list[tuple[int, Commit, Change]]] = defaultdict(list)
        for commit in self._repository.contributions:
            for change in commit.changes:
                found[change.path].append((self._brought_by[commit.sha], commit, change))
        return found

    def to(
        self,
        version: Version,
        after: Version | None,
        history: DocumentHistory,
        decided: date,
        zone: tzinfo,
        approvers: Collection[str],
    ) -> list[Contributor]:
        """Which of the approvers, and who unknown, contributed to `version` since the last approved one (`after`).

        Authors and co-authors count; a committer counts where the commit was made before the day of the decision,
        because merge buttons commit later.
        """
        first = after.order if after else -1
        asked = set(approvers)
        last = version.order
        paths = history.paths | {attachment.path for attachment in version.attachments}
        found: dict[tuple[str | None, str], Contributor] = {}
        for path in sorted(paths):
            for order, commit, change in self._by_path.get(path, ()):
                if not first < order <= last:
                    continue
                day = commit.landed.astimezone(zone).date()
                emails = [commit.author_email, *commit.co_authors]
                if day < decided:
                    emails.append(commit.committer_email)
                matter = [
                    (person, email) for person, email in self._persons(emails) if person is None or person in asked
                ]
                if matter and self._changes_content(change):
                    for person, email in matter:
                        found.setdefault((person, email), Contributor(person, email, commit.sha, day))
        return list(found.values())

    def _persons(self, emails: Iterable[str]) -> Iterator[tuple[str | None, str]]:
        """Each address with its person, but for those that by policy belong to no approver."""
        for email in emails:
            person = self._people.by_email(email)
            if person or not self._policy.is_external(email):
                yield person, email

    def _changes_content(self, change: Change) -> bool:
        """Whether the content differs from that in every parent; a changed claim key alone is no contribution."""
        if not is_markdown(change.path):
            return True
        after = self._content(change.after)
        return all(self._content(before) != after for before in change.befores)

    def _content(self, blob: str | None) -> str | None:
        if blob is None:
            return None
        file = self._store.document(blob)
        return content_digest(file.tree or {}, file.body, [], self._policy.fields)
