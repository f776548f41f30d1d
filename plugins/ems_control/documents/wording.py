"""What a change of wording means for people: numbers, limits, units, duties, roles, telephone numbers, old → new.

For reading only: the redline, the review sheet and the gate's warning use it. What counts as approved never depends
on it, because lists of words change and evidence must not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

from ems_control.ground.formats.markdown import plain

WordKind = Literal["limit", "duty", "telephone", "role", "number"]
KINDS: tuple[WordKind, ...] = ("limit", "duty", "telephone", "role", "number")
"""What a changed word can be; where two could fit, the earlier one."""
_TOGETHER: tuple[tuple[WordKind, ...], ...] = (("limit", "number"), ("duty",), ("telephone",), ("role",))

_DUTIES = (
    r"must not|may not|must|shall not|shall|never|always|only|forbidden|prohibited|not allowed|at once|immediately|"
    r"stop|"
    r"darf nicht|dürfen nicht|muss|müssen|nie|niemals|immer|nur|verboten|sofort|"
    r"mag niet|mogen niet|moet|moeten|nooit|altijd|alleen|verboden|onmiddellijk|may"
)
_UNITS = (
    r"mg/l|µg/l|g/l|mg/Nm3|mg/m3|m3/day|m³/day|m3/h|l/min|l/h|m3|m³|kg|t|g|mm|cm|km|m|ml|l|%|°C|K|kWh|MWh|kW|Pa|mbar|bar|"
    r"min|minutes?|hours?|days?|weeks?|months?|years?|"
    r"working days?|seconds?|s|h|Minuten?|Stunden?|Tagen?|Tage|Wochen?|Monaten?|"
    r"Jahren?|Sekunden?|minuten|uur|dagen|weken|maanden|jaar|seconden|mol/l|ppm|dB"
)
_NUMBER_WORDS = (
    "two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|sixty|ninety|"
    "one(?= (?:hour|day|week|month))"
)
_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December|"
    "Januar|Februar|März|Mai|Juni|Juli|Oktober|Dezember|januari|februari|maart|mei|augustus"
)
_LIMIT_WORDS = re.compile(
    r"limit|alarm|action value|maximum|minimum|at most|at least|not above|not below|within|until|before|grenzwert|"
    r"höchst|mindest|innerhalb|grens|hoogstens|minstens|binnen",
    re.IGNORECASE,
)
_CALL = re.compile(r"call|phone|telephone|tel\.|dial|☎|rufen|anrufen|telefon|bel(?:len)?\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?:;])\s+(?=[A-ZÄÖÜ*\d])")


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


@dataclass(frozen=True)
class _Unit:
    text: str
    heading: str
    cells: tuple[str, ...] = ()


def changes_for_people(old: str, new: str, roles: Iterable[str] = ()) -> list[WordingChange]:
    """The changed facts between two Markdown texts, the most important first; `roles` are titles in words."""
    finder = _Finder(sorted({role.lower() for role in roles if role}, key=len, reverse=True))
    before, after = _units(old), _units(new)
    found: dict[WordingChange, None] = {}
    matcher = SequenceMatcher(None, [u.text for u in before], [u.text for u in after], autojunk=False)
    for kind, i, i2, j, j2 in matcher.get_opcodes():
        if kind != "equal":
            for a, b in _paired(before[i:i2], after[j:j2]):
                found.update(dict.fromkeys(finder.changes(a, b)))
    return sorted(found, key=_weight)


def _weight(change: WordingChange) -> int:
    """A changed limit first, then duties, telephones, roles; limits that came or went; other numbers last."""
    changed = bool(change.old and change.new)
    return {"limit": 0 if changed else 4, "duty": 1, "telephone": 2, "role": 3, "number": 5 if changed else 6}[
        change.kind
    ]


def _units(text: str) -> list[_Unit]:
    """Sentences and table rows with the heading above them."""
    units: list[_Unit] = []
    heading = ""
    paragraph: list[str] = []

    def close() -> None:
        if paragraph:
            for sentence in _SENTENCE.split(plain(" ".join(paragraph))):
                if sentence.strip():
                    units.append(_Unit(sentence.strip(), heading))
            paragraph.clear()

    for line in text.split("\n"):
        stripped = line.strip()
        if stripped.startswith("#"):
            close()
            heading = plain(re.sub(r"\{[^}]*\}", "", stripped.lstrip("#"))).strip()
        elif stripped.startswith("|"):
            close()
            cells = tuple(plain(cell).strip() for cell in stripped.strip("|").split("|"))
            if not all(set(cell) <= set("-: ") for cell in cells):
                units.append(_Unit(" | ".join(cells), heading, cells))
        elif not stripped or re.match(r"([-*+]|\d+[.)])\s", stripped):
            close()
            paragraph.append(re.sub(r"^([-*+]|\d+[.)])\s+", "", stripped))
        else:
            paragraph.append(stripped)
    close()
    return units


def _paired(old: Sequence[_Unit], new: Sequence[_Unit]) -> list[tuple[_Unit | None, _Unit | None]]:
    """Each unit with its other version, the likest first; None where it came or went."""
    words_old, words_new = [set(u.text.lower().split()) for u in old], [set(u.text.lower().split()) for u in new]
    likeness = sorted(
        (
            (2 * len(a & b) / (len(a) + len(b)), -i, -j)
            for i, a in enumerate(words_old)
            for j, b in enumerate(words_new)
            if a & b
        ),
        reverse=True,
    )
    mates: dict[int, int] = {}
    for share, i, j in likeness:
        if share > 0.35 and -i not in mates and -j not in mates.values():
            mates[-i] = -j
    pairs: list[tuple[_Unit | None, _Unit | None]] = [(old[i], new[j]) for i, j in sorted(mates.items())]
    pairs += [(unit, None) for i, unit in enumerate(old) if i not in mates]
    pairs += [(None, unit) for j, unit in enumerate(new) if j not in mates.values()]
    return pairs


class _Finder:
    def __init__(self, roles: list[str]) -> None:
        role = "|".join(re.escape(title) for title in roles) or r"(?!)"
        self.pattern = re.compile(
            rf"(?P<date>\b\d{{4}}-\d\d-\d\d\b|\b\d{{1,2}}\.? (?:{_MONTHS})\b(?: \d{{4}})?|\b(?:{_MONTHS}) \d{{4}}\b)|"
            rf"(?P<role>\b(?:{role})\b)|(?P<telephone>\+?\d[\d ]{{5,}}\d|\b(?:112|999|911)\b)"
            rf"|(?P<number>(?<![\w.,/\-–])[-–]?\d+(?:[.,]\d+)*(?:\s*(?:to|[-–])\s*\d+(?:[.,]\d+)*)?(?:\s?(?:{_UNITS})(?![\w/]))?"
            rf"|\b(?:{_NUMBER_WORDS})\b(?:\s(?:{_UNITS})\b)?)|(?P<duty>\b(?:{_DUTIES})\b)",
            re.IGNORECASE,
        )

    def facts(self, unit: _Unit | None) -> list[_Fact]:
        if unit is None:
            return []
        found = []
        for match in self.pattern.finditer(unit.text):
            if match[0] == "May":
                continue  # the month: the duty is written small
            if match.lastgroup == "date":  # no limit, whatever stands around it
                found.append(_Fact("number", match[0], match.start()))
                continue
            kind: WordKind = match.lastgroup  # type: ignore[assignment]
            before = unit.text[max(0, match.start() - 40) : match.start()]
            if kind == "number" and re.fullmatch(r"\d{4}", match[0]) and _CALL.search(before):
                kind = "telephone"
            elif kind == "number" and (_LIMIT_WORDS.search(unit.text) or _LIMIT_WORDS.search(unit.heading)):
                kind = "limit"
            found.append(_Fact(kind, match[0], match.start()))
        return found

    def changes(self, old: _Unit | None, new: _Unit | None) -> Iterable[WordingChange]:
        before, after = self.facts(old), self.facts(new)
        matcher = SequenceMatcher(
            None, [f.text.lower() for f in before], [f.text.lower() for f in after], autojunk=False
        )
        for kind, i, i2, j, j2 in matcher.get_opcodes():
            if kind != "equal":
                yield from self._run(before[i:i2], after[j:j2], old, new)

    def _run(
        self, before: list[_Fact], after: list[_Fact], old: _Unit | None, new: _Unit | None
    ) -> Iterable[WordingChange]:
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


def _label(unit: _Unit, fact: _Fact) -> str:
    """The words before a fact, or the first cell of its row; for a duty the words behind it."""
    if unit.cells:
        return unit.cells[0]
    if fact.kind == "duty":
        return " ".join(unit.text[fact.start :].split()[:7])
    words = unit.text[: fact.start].split()
    return " ".join(words[-4:]) or " ".join(unit.text.split()[:5])
