"""One Markdown file, read once: front matter, facts, body, and what was wrong."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ems_control.ground.digest import content_digest
from ems_control.ground.errors import Problem
from ems_control.ground.frontmatter import Mapping, hidden_characters, read
from ems_control.ground.markdown import Heading, Link, anchors, headings, links
from ems_control.ground.policy import Policy
from ems_control.ground.text import decode
from ems_control.handbook.metadata import Metadata, typed, written


@dataclass
class DocumentFile:
    """The text of a Markdown file and what it says about itself.

    `tree` is the front matter as written (None where there is none or it cannot be read), `body_line` the line on
    which the body starts, `reading` what was wrong with the bytes or the YAML.
    """

    policy: Policy
    tree: Mapping | None
    body: str
    body_line: int
    reading: tuple[Problem, ...] = ()

    @cached_property
    def _typed(self) -> tuple[Metadata, list[Problem]]:
        return typed(self.tree, self.policy) if self.tree is not None else (Metadata(), [])

    @property
    def metadata(self) -> Metadata:
        """The typed facts of the front matter; what could not be read is missing."""
        return self._typed[0]

    @property
    def problems(self) -> list[Problem]:
        """Everything wrong with the reading and with single values."""
        return [*self.reading, *self._typed[1]]

    @cached_property
    def id(self) -> str | None:
        """The id as written."""
        if self.policy.fields:
            return self.metadata.id
        value = self.tree.get("id") if self.tree is not None else None
        return str(value) if isinstance(value, str) and value else None

    @cached_property
    def headings(self) -> list[Heading]:
        """The headings of the body with their anchors."""
        return headings(self.body, self.body_line)

    @cached_property
    def anchors(self) -> set[str]:
        """Every id of the body that a link can point to."""
        return anchors(self.body)

    @cached_property
    def links(self) -> list[Link]:
        """The links and images of the body."""
        return links(self.body, self.body_line)

    @cached_property
    def hidden(self) -> list[Problem]:
        """Characters of the body that nobody sees."""
        return list(hidden_characters(self.body, self.body_line))

    def line_of(self, key: str, part: str = "") -> tuple[int, int]:
        """Line and column of a front-matter key, or of the value in it that is written as `part`."""
        name = self.policy.field(key).split(".")[0]
        for found, values in (self.tree or Mapping()).items():
            if found == name:
                for value in values if isinstance(values, list) else ():
                    if part and value == part:
                        return value.line, value.column
                return getattr(found, "line", 1), getattr(found, "column", 1)
        return (1, 1)

    def written(self, key: str) -> Any:
        """The value of a key as the front matter has it, with its place; None where it is missing or empty."""
        return written(self.tree, self.policy, key) if self.tree is not None else None

    def digest(self, attachments: list[tuple[str, str]]) -> str:
        """The content digest with these attachments (pairs of name and SHA-256)."""
        return content_digest(self.tree or {}, self.body, attachments, self.policy.fields)


def read_document(data: bytes, policy: Policy) -> DocumentFile:
    """Read the bytes of a Markdown file; never raises: what is wrong stands in `problems`."""
    text, problems = decode(data)
    if problems:
        return DocumentFile(policy, None, "", 1, tuple(problems))
    front = read(text)
    return DocumentFile(policy, front.data, front.body, front.body_line, tuple(front.problems))
