"""Who is named as co-author in the message of a commit: everything that `git interpret-trailers` reads, and more.

More, because a person who is missed could approve what they wrote: the line counts wherever it stands in the message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_KEY = "co-authored-by"
_BETWEEN = re.compile(r"[\s<>,;()\"]+")
NOBODY = "nobody"
"""What stands for a co-author whose line is empty."""


def co_authors(message: str) -> tuple[str, ...]:
    """The addresses of the `Co-authored-by` lines; the words of a line that gives none, which are nobody's address."""
    if _KEY not in message.lower():
        return ()
    found: dict[str, None] = {}
    for value in _values(message.split("\n")):
        words = [word.rstrip(".:'").lstrip("'") for word in _BETWEEN.split(value)]
        addresses = [word for word in words if "@" in word.strip("@")]
        found.update(dict.fromkeys(addresses or [" ".join(value.split()) or NOBODY]))
    return tuple(found)


def _values(lines: list[str]) -> Iterator[str]:
    """What stands behind each key, its folded lines put together."""
    number = 0
    while number < len(lines):
        key, colon, value = lines[number].partition(":")
        number += 1
        if not colon or key.strip().lower() != _KEY:
            continue
        parts = [value]
        while number < len(lines) and lines[number][:1] in (" ", "\t") and lines[number].strip():
            if lines[number].partition(":")[0].strip().lower() == _KEY:
                break
            parts.append(lines[number])
            number += 1
        yield " ".join(parts)
