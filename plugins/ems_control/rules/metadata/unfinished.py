"""Family 1, continued: whether a submitted text is finished."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ems_control.ground.markdown.outline import prose
from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.finding_places import shown_parts
from ems_control.rules.metadata.values import living

_BLANKS = (
    r"name|date|number|role|company|organi[sz]ation|site|address|telephone|phone|signature|department|approver|author|"
    r"firma|datum|nummer|standort|rolle|naam|bedrijf|locatie|tb[dac]|to be [^\]]*|\.{2,}|…|_+|\?+|x{2,}|"
    r"(?:insert|enter|your|describe|fill|add|specify|hier|vul|bitte)\b[^\]]*"
)
_UNFINISHED = re.compile(
    r"(?<![\w-])(?:TBD|tbd|T\.B\.D\.|TODO|FIXME|x{2,}|X{2,})(?![\w-])|\?{3,}|(?i:lorem ipsum)"
    rf"|(?<![\]!\w])\[(?i:{_BLANKS})\](?![\[(:\w])"
)
_FOLDED = re.compile(r"\s*\?{3}\+?\s+[\w\"]")
_BRACKET = re.compile(rf"\[(?i:{_BLANKS})\]")
_INSTEAD = "Write what belongs there, or set status: draft."
_SIGNS = ("TBD", "tbd", "T.B.D.", "TODO", "FIXME", "xx", "XX", "???")
_NUMERAL = re.compile(r"(?i:annex|annexe|anhang|bijlage|article|artikel|chapter|kapitel|title|part|teil|deel)\s+$")


@rule("EMS112", "placeholder-in-text", "error", sees="one")
def placeholder_in_text(handbook: Handbook) -> Iterator[Found]:
    """A submitted text is not finished: something in it only keeps a place.

    Checks: The text of a submitted document holds no TBD, TODO, FIXME, xx, ???, "lorem ipsum" and no brackets to fill
        in such as [name] or [insert limit]. Code, comments, links, footnotes, check boxes, units in brackets and Roman
        numbers after "Annex" are none of these. Drafts may be unfinished.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.3 (suitable for use); EMAS A.7.5.3.
    Bad:
        docs/procedures/EMS-PRO-001.md
          > ## Drains {#drains}
          >
          > Call TBD before a tanker is emptied.
    Good:
        docs/procedures/EMS-PRO-001.md
          > ## Drains {#drains}
          >
          > Call the [yard lead](https://intranet.example.org/tbd) before a tanker is emptied.
    Fix: Write what belongs there, or set `status: draft` until it is known.
    """
    for page, metadata in living(handbook):
        file = page.file
        if metadata.status != "submitted" or not _may_hold_one(file.body):
            continue
        yield from _unfinished(page.path, page.document, file.body, file.body_line)
    for part in shown_parts(handbook):
        if part.document.current and part.document.current.facts.status == "submitted" and _may_hold_one(part.text):
            yield from _unfinished(part.path, part.document.id, part.text, 1)


def _unfinished(path: str, document: str, body: str, first: int) -> Iterator[Found]:
    defined = {label.casefold() for label in re.findall(r"^ {0,3}\[([^\]\n]+)\]:", body, re.MULTILINE)}
    for number, line in prose(body, first):
        for match in () if _FOLDED.match(line) else _UNFINISHED.finditer(line):
            word = match[0]
            roman = word.startswith("X") and _NUMERAL.search(line[: match.start()])
            if not roman and word.strip("[]").casefold() not in defined:
                message = f'"{word}" only keeps a place, but the text is submitted'
                yield Found(path, number, match.start() + 1, document, message, _INSTEAD)


def _may_hold_one(body: str) -> bool:
    """A quick look, because almost no text holds one."""
    return any(sign in body for sign in _SIGNS) or "lorem ipsum" in body.lower() or _BRACKET.search(body) is not None
