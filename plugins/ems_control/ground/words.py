"""Small helps with words: the nearest known spelling, and whether a text is a placeholder."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

_PLACEHOLDER = re.compile(
    r"(tb[dac]|to ?do|n\.?/?a\.?|x{2,}|\?+|-+|\.{2,}|…|none|unknown|pending|fixme|lorem ipsum.*|"
    r"\[.*\]|<.*>|(your )?name|initials|(approver|author|owner|reviewer)( initials| name| role)?|"
    r"approval body|nn|n\.?n\.?)",
    re.IGNORECASE,
)
_SAYS_NOTHING = re.compile(
    r"(minor|small|some|various|several|diverse|general|further|other)?\s*"
    r"(changes?|updates?|updated|edits?|edited|corrections?|fix(es|ed)?|revis(ed|ion)|amend(ed|ments?)|"
    r"improve(d|ments?)|modif(ied|ications?)|review(ed)?|see (text|document|history)|new (version|revision)|"
    r"änderung(en)?|aktualisiert|überarbeitet|wijziging(en)?|aangepast|bijgewerkt|wip|misc\.?|text|document)"
    r"(\s+(made|done|document|text|version|revision))?",
    re.IGNORECASE,
)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, or None."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return close[0] if close else None


def is_placeholder(text: str) -> bool:
    """Whether a value only keeps a place: TBD, n/a, xx, ?, [name] …"""
    return _PLACEHOLDER.fullmatch(text.strip()) is not None


def says_nothing(change: str) -> bool:
    """Whether a change text tells a reader nothing about what changed: "Update", "Minor changes", "TBD"."""
    text = change.strip().rstrip(".!")
    return len(text) < 4 or is_placeholder(text) or _SAYS_NOTHING.fullmatch(text) is not None
