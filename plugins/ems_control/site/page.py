"""A page as any Markdown engine can build it: front matter of plain strings and lists, and a body."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import Any

import yaml

KINDS = ("document", "stub", "withdrawn", "preview", "generated", "page")


@dataclass
class Page:
    """A page under docs/: its path, title, body, and what templates need to know, under the one key `ems`.

    `kind` is one of KINDS; `searchable` says whether search may find it.
    """

    path: str
    title: str
    body: str
    kind: str = "generated"
    searchable: bool = True
    ems: dict[str, Any] = field(default_factory=dict)

    def markdown(self) -> str:
        """The page as a file."""
        meta: dict[str, Any] = {"title": self.title, "ems": {"kind": self.kind, **self.ems}}
        if not self.searchable:
            meta["search"] = {"exclude": True}
        if self.kind == "generated":
            meta["hide"] = ["toc"]
        head = yaml.safe_dump(meta, allow_unicode=True, sort_keys=False, width=10_000)
        return f"---\n{head}---\n{self.body}"


def relative(target: str, page: str) -> str:
    """The link from one page to another, both as paths under docs/."""
    return posixpath.relpath(target, posixpath.dirname(page) or ".")
