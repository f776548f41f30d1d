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
_EMPTY_WORDS = frozenset(
    """
    a an and at for in of on some the this to with
    diverse few further general minor misc miscellaneous new other several slight small various
    amend amended amendment amendments change changed changes correct corrected correction corrections done edit edited
    editorial edits fix fixed fixes improve improved improvement improvements made modification modifications modified
    review reviewed revise revised revision see update updated updates version wip
    content document file history page procedure text wording
    an am das dem den der des die im in und von zum zur
    allgemeine diverse einige geringfügige kleine kleinere neue redaktionelle sonstige verschiedene
    aktualisiert aktualisierung aktualisierungen anpassung anpassungen angepasst geändert
    korrektur korrekturen korrigiert überarbeitet überarbeitung änderung änderungen siehe version revision
    dokument inhalt text
    aan de en een het in van
    algemene diverse enkele kleine nieuwe overige redactionele verschillende
    aangepast aanpassing aanpassingen bijgewerkt correctie correcties gewijzigd herzien herziening verbetering
    verbeteringen wijziging wijzigingen versie revisie zie
    document inhoud tekst
    """.split()
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
    words = re.findall(r"\w+", change.lower())
    return len(change.strip(" .!")) < 4 or is_placeholder(change) or _EMPTY_WORDS.issuperset(words)
