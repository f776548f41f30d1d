"""`ems keep --once` against a town, as tests run it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.forges.serving import Server, serving
from tests.forges.town import GitHubTown, found
from tests.forges.works import PRO, Works, text
from tests.running import Outcome, ems

DRILL = text(body="Close the valve within 2 minutes. Largest container: 60 litres.")


@dataclass
class Kept:
    """A handbook, its forge, and the server that speaks for it."""

    made: Works
    town: GitHubTown
    server: Server
    kind: str

    @property
    def line(self) -> list[str]:
        """The command, without its options."""
        return ["keep", "--forge", self.kind, "--url", self.server.url, "--repository", "works/handbook", "--once"]

    def keep(self, *options: str, records: bool = True, status: int | None = 0) -> Outcome:
        """One round."""
        key = ["--key", str(self.made.keys["robot"])] if records else []
        done = ems(self.made.root, *self.line, *key, *options, day=None)
        assert status is None or done.status == status, done
        return done

    def push(self, *refs: str) -> None:
        """Bring branches to the forge."""
        self.made.git("push", "-q", "--force", "origin", *refs)
        self.town.follow()

    def propose(self, files: dict[str, str | None], number: int = 7, branch: str = "change", **more: Any) -> str:
        """A branch with one commit, pushed, and its pull request; gives the commit."""
        self.made.branch(branch)
        head = self.made.commit(files)
        self.push(branch)
        self.town.opens(branch, number, **more)
        return head

    def approve(self, head: str, number: int = 7, account: int = 22, **more: Any) -> dict[str, Any]:
        """Somebody approves a commit, on the day after it."""
        return self.town.review(number, account, head, at=self.made.moment(), **more)

    def merge(self, number: int = 7, how: str = "merge", branch: str = "change") -> str:
        """The forge merges a pull request."""
        merge = self.made.merge(branch, how)
        self.push("main")
        self.town.lands(number, merge)
        return merge

    def main(self) -> str:
        """The newest commit of main at the forge."""
        return self.town.git("rev-parse", f"refs/heads/{self.town.default}")

    def records(self) -> list[str]:
        """The records of documents on main at the forge, without the policy's."""
        out = self.town.git("ls-tree", "-r", "--name-only", self.main(), "--", "approvals")
        return [line for line in out.splitlines() if line.endswith(".json") and "/policy/" not in line]

    def state(self, commit: str) -> str:
        """What the status at a commit says."""
        now = self.town.at(commit)
        return now["state"] if now else ""


@contextmanager
def kept(made: Works, kind: str = "gitea") -> Iterator[Kept]:
    """A handbook with a forge that runs."""
    town = found(made, kind)
    with serving(town) as server:
        yield Kept(made, town, server, kind)


__all__ = ["DRILL", "PRO", "Kept", "kept"]
