"""An answer given before is given again where nothing changed that went into it: for commands that only read.

What a command says is a function of few things: the program, the commit at HEAD with all behind it, the branches, the
settings of git, the files that steer the handbook, the day, and for `ems check` the files below docs/ as they lie
there. All of them are looked at each time, by their content; of the history only the name of its newest commit is,
because that is a hash over the rest. `ems verify` neither keeps an answer nor believes one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from time import time_ns
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ems_control.ground.errors import EmsError
from ems_control.ground.git.repository import Repository, listed
from ems_control.ground.kept import FEW_LANDINGS, Kept, at_a_desk, content_key

if TYPE_CHECKING:
    from ems_control.handbook.handbook import Handbook

FOLDER, MOST = "answers", 200
ALWAYS = ("ems.yml", "people.yml", "mkdocs.yml")
"""The files that steer every handbook, from its folder."""
LATELY = 10**9
"""So many nanoseconds before the start a file counts as changed meanwhile: clocks of disks are coarse."""


@dataclass
class KeptAnswers:
    """What is asked of one handbook: the question in words, the day (None: today), and what it is to be read with."""

    root: Path
    question: tuple[str, ...]
    day: date | None
    working_tree: bool = False
    base: str | None = None
    opened: Repository | None = field(default=None, init=False)
    """The repository, for whoever computes the answer."""
    before: list[str] = field(default_factory=list, init=False)
    """Answers to the same question, with another change onto `base` or none, on the same day and with the same files
    that steer the handbook; no job of a forge has any."""
    top: Path = field(default_factory=Path, init=False)
    """The folder of the repository."""
    _began: int = field(default_factory=time_ns, init=False)
    _kept: Kept | None = field(default=None, init=False)
    _standing: str = field(default="", init=False)
    _files: dict[str, str] = field(default_factory=dict, init=False)

    def given(self) -> str | None:
        """The answer to the same question, where nothing changed since; else None, and `keep` may follow."""
        try:
            repository = Repository(self.root)
        except EmsError:  # whoever computes the answer says what is wrong, and what else is
            return None
        self.top, answer = repository.top, None
        with suppress(EmsError, OSError):
            self._kept = Kept(repository.cache_dir / FOLDER, MOST)
            if self._kept.usable:
                self._standing = repository.standing(self.base)
                self._files = self._contents(ALWAYS)
                found = self._alike(self._name)
                answer = self._still_true(found, repository)
                if answer is None and at_a_desk():
                    plain = self._alike(self._named(working_tree=True, base=None)) if self.base is not None else None
                    self.before = [one["answer"] for one in (found, plain) if one]
        if answer is None:
            self.opened = repository
        else:
            repository.close()
        return answer

    def keep(self, handbook: Handbook, answer: str) -> None:
        """Keep what was computed, unless anything that went into it changed meanwhile."""
        if not self._standing or self._kept is None or len(handbook.repository.landings) < FEW_LANDINGS:
            return
        with suppress(EmsError, OSError):
            others = set(handbook.steering_files) - set(ALWAYS)
            files = self._contents([*ALWAYS, *others])
            meanwhile = any(files[name] != found for name, found in self._files.items())
            if meanwhile or any(map(self._changed_lately, others)) or not _alone():
                return
            zone = handbook.committed_config.policy.zone.key
            state = {"standing": self._standing, "files": files, "zone": zone, "today": _today(zone)}
            state |= {"day": handbook.day.isoformat(), "docs": handbook.docs, "working": handbook.repository.listing}
            data = json.dumps({**state, "answer": answer}, ensure_ascii=False, separators=(",", ":"))
            self._kept.put(self._name, lambda file: file.write(data.encode("utf-8", "surrogatepass")))

    @property
    def _name(self) -> str:
        return self._named(self.working_tree, self.base)

    def _named(self, working_tree: bool, base: str | None) -> str:
        return "\0".join((str(self.root), str(self.day), str(working_tree), str(base), *self.question))

    def _contents(self, names: Iterable[str]) -> dict[str, str]:
        return {name: content_key(self.root / name) for name in names}

    def _changed_lately(self, name: str) -> bool:
        """Whether a file that was found on the way may have changed since this began."""
        path = self.root / name
        return path.exists() and path.stat().st_ctime_ns > self._began - LATELY

    def _alike(self, name: str) -> dict[str, Any] | None:
        """What was kept under a name, with the same files that steer the handbook and on the same day."""
        found = _plain(self._kept.get(name)) if self._kept else None
        if not isinstance(found, dict) or found["files"] != self._contents(found["files"]):
            return None
        today = _today(found["zone"])
        same = found["today"] == today and found["day"] == (self.day.isoformat() if self.day else today)
        return found if same else None

    def _still_true(self, found: dict[str, Any] | None, repository: Repository) -> str | None:
        if found is None or found["standing"] != self._standing:
            return None
        if self.working_tree and listed(repository.working_files(found["docs"])) != found["working"]:
            return None
        answer: str = found["answer"]
        return answer


def _plain(data: bytes | None) -> Any:
    return json.loads(data) if data else None


def _today(zone: str) -> str:
    return datetime.now(ZoneInfo(zone)).date().isoformat()


def _alone() -> bool:
    """Whether no other distribution adds anything: what that would look at, nobody here knows."""
    from ems_control.ground.doors import added

    return not (added("rules") or added("forges") or added("formats"))
