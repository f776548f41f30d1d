"""What has landed on main, oldest first, and who contributed: one log over the whole repository.

Main is the first-parent line to HEAD; with a change that is proposed, what it would be after the merge.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from ems_control.ground.git.log import LOG_OPTIONS, Change, Commit, read_both, read_changes, read_log
from ems_control.ground.git.names import OBJECT
from ems_control.ground.git.opened import GitError, OpenedRepository
from ems_control.ground.on_demand import Chained

WHOLE = ["--no-renames", "--ignore-submodules=none"]
"""How git is asked for what a commit changes: all of it, as it is stored."""
LANDING = ["--first-parent", "--diff-merges=first-parent", *WHOLE]
"""How git is asked for what lands: of each commit, what differs from its first parent."""
AT_ONCE = 200
"""So many commits are named on one line."""
Reading = Callable[[list[Commit]], list[Commit]]
"""What is made of commits as git tells them: when they count, and of which files."""


@dataclass(frozen=True)
class Proposal:
    """A change that is to be merged onto a commit of main (`start`): one step that lands at `landed`.

    `changes` is what main would become: HEAD where `start` is on its first-parent line, else what merging would write;
    the files in conflict are then in `conflicts`. `order` is that of the step among the landings.
    """

    start: str
    order: int
    landed: datetime
    changes: tuple[Change, ...]
    conflicts: list[str]


class RepositoryWithMain(OpenedRepository):
    """A repository and its main, which landings and contributions are read of.

    With `onto` (a name for a commit, and a moment), main is what it would be if HEAD were merged onto that commit then.
    """

    def __init__(self, folder: Path, onto: tuple[str, datetime] | None = None) -> None:
        """Open the repository around a folder; raises GitError where there is none or git is missing."""
        super().__init__(folder)
        self._onto = onto
        self._counted: Sequence[Commit] | None = None
        self._readings: list[Reading] = []
        self.line_alone = False
        """Whether main is read without the commits behind it: hardly any of them will be asked for."""

    def propose(self, base: str, moment: datetime) -> None:
        """From now on main is what it would be if HEAD were merged onto a commit then; before anything is read."""
        self._onto = base, moment

    @property
    def proposed(self) -> bool:
        """Whether main is read with a change that has not landed."""
        return self.base is not None

    @cached_property
    def base(self) -> str | None:
        """The commit onto which a change is proposed."""
        return self.resolve(self._onto[0]) if self._onto and not self.incomplete else None

    @cached_property
    def _line(self) -> Sequence[Commit]:
        """The first-parent line that has landed, oldest first."""
        tip = self.base or self.head
        alone = self.line_alone and tip is not None
        return self._log(*LANDING, "--end-of-options", str(tip))[::-1] if alone else self._logs[1]

    @cached_property
    def _logs(self) -> tuple[list[Commit], list[Commit]]:
        """Every commit behind HEAD, newest first, as it differs from all its parents; and the line that has landed."""
        tip = self.base or self.head
        if self.head is None or tip is None:
            return [], []
        tips = ["--end-of-options", self.head, *([self.base] if self.base else [])]
        found = read_both(self._pieces("log", "--diff-merges=separate", *WHOLE, *LOG_OPTIONS, *tips), tip)
        if found is None:  # trees that differ and hold the same
            line = self._log(*LANDING, "--end-of-options", tip)[::-1]
            found = self._log("-c", *WHOLE, *tips), line
        return found

    @cached_property
    def proposal(self) -> Proposal | None:
        """The change that is proposed; None where everything has landed. Raises GitError for no commit."""
        start, head = self.base, self.head or ""
        if start is None or self._onto is None:
            return None
        tree, conflicts = (head, []) if self._goes_on_from(start, head) else self._merged(start, head)
        args = ["-r", "-z", "--raw", "--no-abbrev", "--no-renames", "--end-of-options", start + "^{tree}", tree]
        changes = tuple(read_changes(self._run("diff_tree", *args)))
        return Proposal(start, len(self._line), self._onto[1], changes, conflicts)

    def _goes_on_from(self, start: str, head: str) -> bool:
        """Whether a commit is on the first-parent line to another."""
        line = ["--first-parent", "--no-commit-header", "--format=%P", "--end-of-options", head, f"^{start}"]
        parents = self._run("rev_list", *line).decode("ascii").splitlines()
        return parents[-1].split()[:1] == [start] if parents else start == head

    def _merged(self, start: str, head: str) -> tuple[str, list[str]]:
        args = ["--write-tree", "-z", "--name-only", "--no-messages", "--end-of-options", start, head]
        status, out, words = self._asked("merge-tree", *args)
        names = out.decode("utf-8", "surrogateescape").split("\0")
        if status not in (0, 1) or not OBJECT.fullmatch(names[0].strip()):
            raise GitError(f"git cannot merge HEAD onto {start[:10]}: {words}")
        return names[0].strip(), [name for name in names[1:] if name] if status else []

    @property
    def proposal_order(self) -> int | None:
        """The order of the landing that is only proposed; None where everything has landed."""
        return self.proposal.order if self.proposal else None

    @property
    def landings(self) -> Sequence[Commit]:
        """The first-parent line to HEAD, oldest first, each commit with what lands by it, dated as it counts."""
        return self._dated if self._counted is None else self._counted

    @cached_property
    def _dated(self) -> Sequence[Commit]:
        proposal = self.proposal
        if proposal is None or self.head is None:
            return self._line
        tip = self._log("-1", "--end-of-options", self.head)[0]
        parents = (proposal.start, self.head)
        return Chained(self._line, [tip._replace(parents=parents, landed=proposal.landed, changes=proposal.changes)])

    def landed_since(self, commit: str) -> list[Commit] | None:
        """What landed since a commit of main (its whole name), oldest first; None where it is none.

        Raises GitError where it is not in the clone.
        """
        tip = self.base or self.head
        if tip == commit or tip is None:
            return [] if tip else None
        found = self._log(*LANDING, "--end-of-options", tip, f"^{self._checked(commit)}")[::-1]
        return found if found and found[0].parents[:1] == (commit,) else None

    def begin_line(self, line: Sequence[Commit]) -> None:
        """Take this for the line that has landed, oldest first, as git dates it; nothing is counted yet."""
        self._line, self._counted = line, None

    def start_over(self) -> None:
        """Forget the line, and how it was counted: it is to be read anew."""
        for name in ("_line", "_dated", "proposal"):
            self.__dict__.pop(name, None)
        self._counted, self._readings = None, []

    def count_landings(self, landings: Sequence[Commit]) -> None:
        """Give the landings as they count, when and of which files: the same commits."""
        self._counted = landings

    @cached_property
    def contributions(self) -> list[Commit]:
        """Every commit behind HEAD, newest first; a merge lists what differs from all its parents."""
        found = self._logs[0]
        for reading in self._readings:
            found = reading(found)
        return found

    def contributions_to(self, paths: Iterable[str]) -> list[Commit] | None:
        """Those of them that change one of a few files, each with all that it changes; None where all must be asked."""
        if self.proposed or self._readings or self.head is None:
            return None
        places = [f":(top,literal){path}" for path in sorted(paths)]
        how = ["-c", "--full-history", "--full-diff", *WHOLE, "--end-of-options", self.head]
        return self._log(*how, "--", *places)

    def contributions_since(self, commit: str) -> list[Commit]:
        """Those of them that are not behind a commit of main (its whole name)."""
        tips = [tip for tip in (self.head, self.base) if tip and tip != commit]
        return self._log("-c", *WHOLE, "--end-of-options", *tips, f"^{self._checked(commit)}") if tips else []

    def told(self, names: Collection[str]) -> dict[str, Commit]:
        """Few of them, by their whole names."""
        found: dict[str, Commit] = {}
        wanted = [self._checked(name) for name in sorted(names)]
        for first in range(0, len(wanted), AT_ONCE):
            some = wanted[first : first + AT_ONCE]
            told = self._log("-c", "--no-walk=unsorted", *WHOLE, "--end-of-options", *some)
            found.update((one.sha, one) for one in told)
        return found

    def ancestry(self) -> dict[str, Sequence[str]]:
        """The parents of each commit behind HEAD."""
        if not self.line_alone:
            return {commit.sha: commit.parents for commit in self.contributions}
        tips = [name for name in (self.head, self.base) if name]
        lines = self._run("rev_list", "--parents", "--end-of-options", *tips).decode("ascii").split("\n")
        return {sha: parents for sha, *parents in (line.split(" ") for line in lines)}

    @property
    def readings_of_contributions(self) -> list[Reading]:
        """What is made of the contributions, step by step."""
        return list(self._readings)

    def count_contributions(self, reading: Reading) -> None:
        """Give the contributions as this makes of them; before they are asked for."""
        self._readings.append(reading)

    def lines_of_messages(self, word: str) -> list[str]:
        """The lines of the messages of main's commits that begin with a word, oldest first."""
        tip = self.base or self.head
        if tip is None or self.incomplete:
            return []
        search = ["--first-parent", "--reverse", "--fixed-strings", f"--grep={word}", "--format=%B", "--end-of-options"]
        out = self._run("log", *search, tip).decode("utf-8", "replace")
        return [line for line in out.split("\n") if line.startswith(word)]

    def _log(self, *arguments: str) -> list[Commit]:
        return list(read_log(self._pieces("log", *LOG_OPTIONS, *arguments)))
