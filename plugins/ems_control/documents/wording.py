"""What a change of wording means for people: numbers, limits, units, duties, roles, telephone numbers, old → new.

For reading only: the redline, the review sheet and the gate's warning use it. What counts as approved never depends
on it, because lists of words change and evidence must not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from typing import Literal, NamedTuple

from ems_control.documents.text_units import Unit, units
from ems_control.documents.unit_pairs import pairs

WordKind = Literal["limit", "duty", "telephone", "role", "number", "date"]
KINDS: tuple[WordKind, ...] = ("limit", "duty", "telephone", "role", "number", "date")
"""What a changed word can be; where two could fit, the earlier one."""
_TOGETHER: tuple[tuple[WordKind, ...], ...] = (("limit", "number"), ("duty",), ("telephone",), ("role",), ("date",))

_DUTIES = (
    r"must not|mustn't|may not|must|shall not|shall|should not|should|never|always|only|forbidden|prohibited|"
    r"not allowed|allowed|permitted|required|mandatory|need not|needs? to|ha(?:s|ve) to|at once|immediately|stop|"
    r"nobody|no one|everybody|everyone|"
    r"niemand|keiner|jeder|iedereen|do not|don't|does not|cannot|can't|no longer|not|without|no(?= [a-z])|"
    r"darf nicht|dürfen nicht|darf|dürfen|muss nicht|muss|müssen|soll(?:en)?|nie|niemals|immer|nur|verboten|untersagt|"
    r"erlaubt|zulässig|unzulässig|vorgeschrieben|sofort|unverzüglich|nicht(?: mehr)?|kein(?:e[nmrs]?)?|ohne|"
    r"mag niet|mogen niet|mag|mogen|moet niet|moet|moeten|hoeft niet|nooit|altijd|alleen|verboden|toegestaan|verplicht|"
    r"onmiddellijk|direct|meteen|niet(?: meer)?|geen|zonder|may"
)
_PHYSICAL = (
    r"mg/l|µg/l|g/l|mg/Nm3|mg/Nm³|mg/m3|mg/m³|m3/day|m³/day|m³/d|m3/h|m³/h|l/min|l/h|m3|m³|kg|t|g|mm|cm|km|m|ml|l|"
    r"litres?|liters?|Liter|liter|%|Prozent|procent|°C|K|kWh|MWh|kW|Pa|mbar|bar|mol/l|ppm|dB(?:\(A\))?|µS/cm|NTU|lux|rpm"
)
_TIMES = (
    r"min|minutes?|hours?|(?:working |calendar )?days?|weeks?|months?|years?|seconds?|s|h|Minuten?|Stunden?|"
    r"(?:Arbeits|Werk)?[Tt]agen?|(?:Arbeits|Werk)?[Tt]age|Wochen?|Monaten?|Monate|Jahren?|Jahre|Sekunden?|minuten|minuut|"
    r"uur|uren|(?:werk)?dagen|weken|maanden|jaar|seconden"
)
_UNITS = f"{_PHYSICAL}|{_TIMES}"
_NUMBER_WORDS = (
    "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|ninety|hundred|"
    "once|twice|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|zwölf|fünfzehn|zwanzig|dreißig|sechzig|"
    "twee|drie|vijf|zes|zeven|negen|tien|twaalf|vijftien|twintig|dertig|zestig|"
    "one(?= (?:hour|day|week|month|person|minute)s?)|eine[rnm]?(?= (?:Stunde|Woche|Minute|Tag|Monat))"
)
_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December|"
    "Januar|Februar|März|Mai|Juni|Juli|Oktober|Dezember|januari|februari|maart|mei|augustus|oktober"
)
_WEEKDAYS = (
    "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?|(?:Mon|Diens|Donners|Frei|Sams|Sonn)tags?|Mittwochs?|"
    "(?:maan|dins|woens|donder|vrij|zater|zon)dag(?:en)?"
)
_CLOCK = (
    r"\d{1,2}[:.]\d\d\s?(?:h\b|Uhr|uur|am\b|pm\b|a\.m\.|p\.m\.|o'clock)|\d{1,2}:\d\d(?![\d:])|"
    r"\d{1,2}\s?(?:Uhr|am\b|pm\b|a\.m\.|p\.m\.|o'clock)|(?<=\bom )\d{1,2}\s?uur"
)
_LIMIT_WORDS = re.compile(
    r"limit|alarm|action value|set ?points?|threshold|maxim|minim|\bmax\b|(?<!\d\s)\bmin\.|at most|at least|"
    r"no more than|not more than|no less than|exceed|not above|not below|or more|or less|or fewer|"
    r"grenzwert|sollwert|richtwert|schwellenwert|höchst|mindest|spätestens|überschreit|unterschreit|"
    r"grenswaarde|\bgrens|hoogstens|minstens|ten hoogste|ten minste|uiterlijk|overschrijd|streefwaarde",
    re.IGNORECASE,
)
_BEFORE_LIMIT = re.compile(
    r"(?:\b(?:within|under|below|above|over|up to|until|before|more than|less than|fewer than|longer than|from|between|"
    r"unter|über|bis(?: zu)?|ab|von|innerhalb(?: von)?|binnen|vor|zwischen|mehr als|weniger als|länger als|"
    r"onder|boven|beneden|tot|vanaf|tussen|meer dan|minder dan|langer dan)|between\s+\S+(?:\s\S+)?\s+and|"
    r"zwischen\s+\S+(?:\s\S+)?\s+und|tussen\s+\S+(?:\s\S+)?\s+en|[<>≤≥])\s*$",
    re.IGNORECASE,
)
_HELD = re.compile(
    r"\b(?:must|shall|never|keep|kept|hold|held|stays?|remains?|muss|müssen|halten|bleib\w*|nie|darf|dürfen|"
    r"moet|moeten|houd|houden|blijf\w*|nooit|mag|mogen)\b",
    re.IGNORECASE,
)
_CALL = re.compile(
    r"\b(?:calls?|called|calling|phones?|ring|dial|extension|ext\.|mobile|hotline|ruf\w*|notruf|durchwahl|handy|mobil|"
    r"bel|belt|bellen|toestel|(?:alarm|nood)nummer)\b|telephone|telefo|\btel\b|anruf|☎",
    re.IGNORECASE,
)
_NEAR = 80
"""Letters before a number in which the role is looked for whose telephone it is."""
_OTHER_NUMBERS = re.compile(r"(?:\d{3,5}\s*(?:or|and|oder|und|of|en|/|,)\s*)+$")
_LABELS = re.compile(
    r"\b(?:step|section|chapter|point|row|line|bay|hall|tank|pump|valve|room|form|no|nr|number|revision|rev|version|"
    r"table|figure|annex|page|item|question|schritt|abschnitt|kapitel|punkt|zeile|halle|box|stap|paragraaf|hoofdstuk|"
    r"bijlage|regel|loods|vak|clause|article|§|art)\.?\s*$",
    re.IGNORECASE,
)


class _Fact(NamedTuple):
    kind: WordKind
    text: str
    start: int


@dataclass(frozen=True)
class WordingChange:
    """One changed fact: what kind, the words it stands behind, old and new ("" where it came or went)."""

    kind: WordKind
    label: str
    old: str
    new: str
    heading: str


def changes_for_people(old: str, new: str, roles: Iterable[str] = ()) -> list[WordingChange]:
    """The changed facts between two Markdown texts, the most important first; `roles` are titles in words."""
    found: dict[WordingChange, None] = {}
    for pair in pairs(units(old), units(new)):
        if not pair.moved:
            found.update(dict.fromkeys(unit_changes(pair.before, pair.after, roles)))
    return sorted(found, key=_weight)


def unit_changes(old: Unit | None, new: Unit | None, roles: Iterable[str] = ()) -> list[WordingChange]:
    """The changed facts between two versions of a piece, the most important first; None where it came or went."""
    return sorted(_finder(frozenset(roles)).changes(old, new), key=_weight)


def _weight(change: WordingChange) -> int:
    """A changed limit first, then duties, telephones, roles; limits that came or went; other numbers, days last."""
    changed = bool(change.old and change.new)
    weights = {"limit": 0 if changed else 4, "duty": 1, "telephone": 2, "role": 3, "number": 5 if changed else 6}
    return weights.get(change.kind, 7)


@cache
def _finder(roles: frozenset[str]) -> _Finder:
    return _Finder(sorted({role.lower() for role in roles if role}, key=len, reverse=True))


class _Finder:
    def __init__(self, roles: list[str]) -> None:
        role = "|".join(re.escape(title) for title in roles) or r"(?!)"
        self.pattern = re.compile(
            rf"(?P<date>\b\d{{4}}-\d\d-\d\d\b|\b\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}\b|"
            rf"\b\d{{1,2}}(?:st|nd|rd|th)?\.? (?:{_MONTHS})\b(?: \d{{4}})?|\b(?:{_MONTHS}) \d{{1,2}}\b(?:, \d{{4}})?|"
            rf"\b(?:{_MONTHS})\b(?: \d{{4}})?|\b(?:{_WEEKDAYS})\b|(?<![\w.,]){_CLOCK})|"
            rf"(?P<role>\b(?:{role})(?:s|n|en|in|innen)?\b)|"
            rf"(?P<telephone>(?<![\w.,])(?:\+\d|0)\d*(?:[ /-]?\(0\))?(?:[ /-]?\d){{5,}}(?![\w.,]\d)|"
            rf"\b(?:112|999|911|110)\b(?![.,]\d)(?!\s?(?:{_UNITS})\b))|"
            rf"(?P<number>(?<![\w.,/\-–])[-–]?\d+(?:[.,]\d+)*"
            rf"(?:\s*(?:to|bis|tot|[-–])\s*\d+(?:[.,]\d+)*)?(?:\s?(?:{_UNITS})(?![\w/]))?"
            rf"|\b(?:{_NUMBER_WORDS})\b(?:\s(?:{_UNITS})\b)?)|(?P<duty>\b(?:{_DUTIES})\b)",
            re.IGNORECASE,
        )

    def facts(self, unit: Unit | None) -> Iterator[_Fact]:
        for match in self.pattern.finditer(unit.words) if unit else ():
            kind = self._kind(match, unit)
            if kind is not None:
                yield _Fact(kind, match[0], match.start())

    def _kind(self, match: re.Match[str], unit: Unit | None) -> WordKind | None:
        """What a match is; None for the name of a month that is another word."""
        words, text = (unit.words if unit else ""), match[0]
        kind: WordKind = match.lastgroup  # type: ignore[assignment]
        if text == "May" or (kind == "date" and text.lower() in ("march", "may", "august") and text[0].islower()):
            return "duty" if text == "may" else None
        if kind == "number":
            return self._number(text, words[: match.start()], unit)
        return kind

    def _number(self, text: str, before: str, unit: Unit | None) -> WordKind:
        around = f"{unit.heading} {unit.words}" if unit else ""
        if re.fullmatch(r"\d{3,5}", text) and (_CALL.search(before[-40:]) or self._behind_role(before)):
            return "telephone"
        held = _HELD.search(around) and re.search(rf"\d\s?(?:{_PHYSICAL})$|^-?\d+[.,]\d", text)
        if _LABELS.search(before[-20:]):
            return "number"
        if _LIMIT_WORDS.search(around) or _BEFORE_LIMIT.search(before[-40:]) or held:
            return "date" if re.fullmatch(r"(?:19|20)\d\d", text) and not _LIMIT_WORDS.search(before[-30:]) else "limit"
        return "date" if re.fullmatch(r"(?:19|20)\d\d", text) else "number"

    def _behind_role(self, before: str) -> bool:
        before = before[-_NEAR:]
        words = _OTHER_NUMBERS.sub("", before).rstrip(" ,:(")
        if words == before:
            return False
        return any(match.end() == len(words) and match.lastgroup == "role" for match in self.pattern.finditer(words))

    def changes(self, old: Unit | None, new: Unit | None) -> Iterator[WordingChange]:
        before, after = list(self.facts(old)), list(self.facts(new))
        matcher = SequenceMatcher(
            None, [f.text.lower() for f in before], [f.text.lower() for f in after], autojunk=False
        )
        for kind, i, i2, j, j2 in matcher.get_opcodes():
            if kind != "equal":
                yield from self._run(before[i:i2], after[j:j2], old, new)

    def _run(
        self, before: list[_Fact], after: list[_Fact], old: Unit | None, new: Unit | None
    ) -> Iterator[WordingChange]:
        for kinds in _TOGETHER:
            gone = [fact for fact in before if fact.kind in kinds]
            come = [fact for fact in after if fact.kind in kinds]
            for index in range(max(len(gone), len(come))):
                a = gone[index] if index < len(gone) else None
                b = come[index] if index < len(come) else None
                unit, fact = (new, b) if b else (old, a)
                if unit and fact:
                    kind = min((f.kind for f in (a, b) if f), key=KINDS.index)
                    yield WordingChange(
                        kind, _label(unit, fact), a.text if a else "", b.text if b else "", unit.heading
                    )


def _label(unit: Unit, fact: _Fact) -> str:
    """The words before a fact, or the first cell of its row; for a duty the words behind it."""
    if unit.cells:
        return unit.cells[0]
    if fact.kind == "duty":
        return " ".join(unit.words[fact.start :].split()[:7])
    words = unit.words[: fact.start].split()
    return " ".join(words[-4:]) or " ".join(unit.words.split()[:5])
