"""Anchors of headings that are called alike."""

from __future__ import annotations

import re

_NUMBERED = re.compile(r"(.*)_([0-9]{1,18})", re.DOTALL)


class UniqueSlugs:
    """What `unique` of Python-Markdown's toc gives, one heading after the other, without trying each number again."""

    def __init__(self, used: set[str]) -> None:
        """`used` are the anchors that are taken already."""
        self._used = used
        self._next: dict[tuple[str, int], int] = {}

    def __call__(self, slug: str) -> str:
        """The slug, with a number behind it where it is taken."""
        while slug in self._used or not slug:
            match = _NUMBERED.fullmatch(slug)
            slug = self._free(*((match[1], int(match[2]) + 1) if match else (slug, 1)))
        self._used.add(slug)
        return slug

    def _free(self, stem: str, number: int) -> str:
        tried = []
        while f"{stem}_{number}" in self._used:
            tried.append((stem, number))
            number = self._next.get((stem, number), number + 1)
        self._next |= dict.fromkeys(tried, number + 1)
        return f"{stem}_{number}"
