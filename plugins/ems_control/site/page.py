"""A page as any Markdown engine can build it: front matter of plain strings and lists, and a body."""

from __future__ import annotations

import html
import posixpath
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

from ems_control.handbook.addresses import AUDIT, HOME, WORKPLACES
from ems_control.site.addressing import relative_path

WIDE = 8
"""A page with a table of at least so many columns gives the place of the side navigation to it."""

UNLISTED = (HOME, AUDIT, WORKPLACES, "control/acts/", "control/to-do/")
"""Pages that the navigation beside the text has nothing to say about."""

_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

Kind = Literal["document", "stub", "withdrawn", "preview", "generated", "start", "page", "waiting"]


@dataclass
class Page:
    """A page under docs/: its path, title, text, and what templates need to know, under the one key `ems`.

    `searchable` says whether search may find it, `boost` how much its words count there beside those of documents.
    `foot` is HTML that stands below the text and says how a document is controlled.
    """

    path: str
    title: str
    text: str
    kind: Kind = "generated"
    searchable: bool = True
    ems: dict[str, Any] = field(default_factory=dict)
    boost: float = 1.0
    foot: str = ""

    @property
    def body(self) -> str:
        """The text and what stands below it, for any Markdown engine."""
        return f"{self.text}\n\n{self.foot}\n" if self.foot else self.text

    @property
    def facts(self) -> dict[str, Any]:
        """What templates know under the key `ems`."""
        return {"kind": self.kind, "title": self.title, **self.ems}

    def markdown(self, facts: bool = True) -> str:
        """The page as a file; without its facts and foot for an engine that is handed those as they are.

        YAML and HTML that are written to be read at once take longer than all else that we do for a page.
        """
        name = f"{self.ems['id']} {self.title}" if self.ems.get("id") else self.title
        if self.ems.get("state") == "outdated":
            name += f" ({self.ems['state_word']})"  # search shows titles, and nothing else of how a text stands
        meta: dict[str, Any] = {"title": html_title(name), **({"ems": self.facts} if facts else {})}
        if not self.searchable:
            meta["search"] = {"exclude": True}
        elif self.boost != 1:
            meta["search"] = {"boost": self.boost}
        elif self.ems.get("id"):
            said = (self.ems.get("type_word"), self.ems.get("state_word"), *self.ems.get("formerly", ()))
            meta["tags"] = [html_title(word) for word in said if word]  # search shows them beside the title
        alone = self.path.startswith(UNLISTED) or self.kind in ("start", "withdrawn", "waiting") or self._is_wide()
        hide = ["navigation"] * alone + ["toc"] * (self.kind in ("generated", "start"))
        if hide:
            meta["hide"] = hide
        head = yaml.dump(meta, Dumper=_DUMPER, allow_unicode=True, sort_keys=False, width=10_000)
        return f"---\n{head}---\n{self.body if facts else self.text}"

    def _is_wide(self) -> bool:
        rules = (line for line in self.text.split("\n") if line.startswith("|") and not line.strip("|-: "))
        return any(line.count("|") > WIDE for line in rules)


def html_title(title: str) -> str:
    """A title for where themes take HTML: head, header, navigation, search."""
    return html.escape(title, quote=False)


def relative(target: str, page: str) -> str:
    """The link from one page to another, both as paths under docs/."""
    return relative_path(target, posixpath.dirname(page))
