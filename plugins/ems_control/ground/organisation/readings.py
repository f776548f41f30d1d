"""How a text is read, settled by the policy where it first stood on main (specification, Policy of a text)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

_ID = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*(\.[A-Z]{2,3}(-[A-Z0-9]+)*)?")


@dataclass(frozen=True)
class Reading:
    """The keys of the front matter, which pages are controlled, and what type a prefix makes."""

    docs_dir: str = "docs"
    controlled: tuple[str, ...] = ("**/*.md",)
    uncontrolled: tuple[str, ...] = ()
    prefixes: tuple[tuple[str, str], ...] = ()
    """Prefix and type, in the order of ems.yml."""
    fields: Mapping[str, str] = field(default_factory=dict, hash=False)

    def field(self, key: str) -> str:
        """The name under which this handbook writes our `key`."""
        return self.fields.get(key, key)

    def type_of(self, document_id: str) -> str | None:
        """The type that the id's prefix decides; None where no prefix fits or it is no id. The longest prefix wins."""
        return _type_of(self.prefixes, document_id.upper())

    def is_controlled(self, path: str) -> bool:
        """Whether the Markdown file at `path` (seen from docs/) is a controlled page."""
        return _is_controlled(self.controlled, self.uncontrolled, path)

    def covers(self, path: str) -> bool:
        """The same for a path seen from the folder of ems.yml."""
        return path.startswith(self.docs_dir + "/") and self.is_controlled(path[len(self.docs_dir) + 1 :])


DEFAULT = Reading()


class Readings:
    """The readings of a repository: the first, then each from a landing on."""

    def __init__(self, first: Reading, changes: Sequence[tuple[int, Reading]] = ()) -> None:
        """`changes` are landings that approved a policy which reads otherwise, in order; it holds for what follows."""
        self._all: list[tuple[int, Reading]] = [(-1, first)]
        for order, reading in changes:
            if reading != self._all[-1][1]:
                self._all.append((order, reading))

    def at(self, order: int) -> Reading:
        """The reading of what comes in with a landing."""
        return next(reading for since, reading in reversed(self._all) if since < order or since == -1)

    @property
    def last(self) -> Reading:
        """The reading of what comes next."""
        return self._all[-1][1]

    @property
    def changes(self) -> list[tuple[int, Reading]]:
        """The landings after which texts are read otherwise."""
        return self._all[1:]

    @property
    def all(self) -> list[Reading]:
        """Every reading that ever held, oldest first."""
        return [reading for _, reading in self._all]


@lru_cache(maxsize=50_000)
def _type_of(prefixes: tuple[tuple[str, str], ...], name: str) -> str | None:
    if not _ID.fullmatch(name):
        return None
    fits = [(len(prefix), key) for prefix, key in prefixes if name.startswith(prefix + "-")]
    return max(fits)[1] if fits else None


@lru_cache(maxsize=50_000)
def _is_controlled(controlled: tuple[str, ...], uncontrolled: tuple[str, ...], path: str) -> bool:
    if any(matches(path, pattern) for pattern in uncontrolled):
        return False
    return any(matches(path, pattern) for pattern in controlled)


def matches(path: str, pattern: str) -> bool:
    """Whether a path fits a glob: `*` within a folder, `**` across folders."""
    return _glob(pattern).fullmatch(path) is not None


@cache
def _glob(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(wild.get(part, re.escape(part)) for part in parts))
