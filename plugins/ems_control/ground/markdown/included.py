"""Whether an included text ends what it begins: else it hides or changes what stands below it."""

from __future__ import annotations

import re
from collections.abc import Callable

from ems_control.ground.markdown.fragments import fragment, words_of

_FENCE = re.compile(r"`{3,}|~{3,}")
_TAG = re.compile(r"<([a-zA-Z][\w-]*)")
_BELOW = "wordsthatstandbelow"


def left_open(text: str, rendered: Callable[[str], str]) -> str | None:
    """The sign that a text needs at its end, such as `-->`, `</div>` or a fence; None where it leaves nothing open."""
    signs = dict.fromkeys(["-->"] * ("<!--" in text) + _FENCE.findall(text))
    signs |= dict.fromkeys(f"</{name.lower()}>" for name in _TAG.findall(text))
    return next((sign for sign in signs if not _stands_alone(rendered(f"{text}\n\n{_BELOW}\n\n{sign}\n"))), None)


def _stands_alone(page: str) -> bool:
    return any(part.tag == "p" and words_of(part).strip() == _BELOW for part in fragment(page))
