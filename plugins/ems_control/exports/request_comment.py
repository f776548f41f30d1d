"""What a change means for people, as Markdown for a forge: the comment of `ems keep`, and the page of a CI run.

Everything that a person or a forge wrote is hostile here: it becomes no markup, no link, no mention and no command.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ems_control.approvals.record_checks import Break
from ems_control.exports import sentences
from ems_control.exports.words import Words
from ems_control.forges.desks.base import State
from ems_control.ground.formats.records import Record
from ems_control.ground.markdown import markup
from ems_control.handbook.handbook import Handbook
from ems_control.reviews.missing import Missing
from ems_control.reviews.recording import Skipped
from ems_control.reviews.sheet import Sheet
from ems_control.rules.finding import Finding

MOST_DOCUMENTS, MOST_CHANGES, MOST_LINES, LONGEST = 20, 25, 40, 300
_STEERING = re.compile(
    r"@|#|!(?=\d)|~(?=\w)|%(?=[\w\"])|\$(?=\d)|(?:GH-|www\.|https?:|ftp:|mailto:)|://", re.IGNORECASE
)
"""What forges turn into a mention, a reference or a link even after Markdown has shown it as mere text."""
_INVISIBLE = "\N{WORD JOINER}"


def said(text: object) -> str:
    """Any text as Markdown that shows it, cut where it is long, and that no forge takes for a mention or a link."""
    flat = " ".join(str(text).split())
    flat = "".join(char if char.isprintable() else " " for char in flat)
    flat = flat if len(flat) <= LONGEST else flat[: LONGEST - 1] + "…"
    apart = _STEERING.sub(lambda match: match[0] + _INVISIBLE, flat)
    apart = re.sub(r"(?<=:)(?=//)", _INVISIBLE, apart)
    return markup.escape(apart)


def of_people(handbook: Handbook, sheets: Sequence[Sheet], lacking: Sequence[Missing] | None = None) -> list[str]:
    """The documents of a change, each with what changes, who wrote it, who decides, who may not, from which day.

    `lacking` is what reviews and records do not give yet; without it, what the records alone do not.
    """
    return [line for sheet in sheets[:MOST_DOCUMENTS] for line in _Document(handbook, sheet, lacking).lines()]


class _Document:
    def __init__(self, handbook: Handbook, sheet: Sheet, lacking: Sequence[Missing] | None) -> None:
        self.handbook, self.sheet, self.lacking = handbook, sheet, lacking
        self.words = Words.of(handbook.policy.languages)

    def lines(self) -> Iterable[str]:
        sheet, words = self.sheet, self.words
        head = words("keep.document", id=sheet.id, title=sheet.title, number=sheet.revision or "–")
        yield f"### {said(head)}"
        yield ""
        yield from self._changes()
        yield from (f"- {line}" for line in self._people())
        yield ""

    def _changes(self) -> Iterable[str]:
        sheet, words = self.sheet, self.words
        if sheet.revision is None and not sheet.changes and sheet.first_day is None:
            yield said(words("keep.gone"))
        elif sheet.before is None:
            yield said(words("keep.new"))
        elif not sheet.changes:
            yield said(words("keep.nothing"))
        yield ""
        told = [one for one in sheet.changes if sheet.before is not None and one.where != "revision"]
        told.sort(key=lambda one: one.kind in ("metadata", "text"))
        rows = [
            [said(words(f"change.{one.kind}")), said(one.where), said(one.was or "–"), said(one.now or "–")]
            for one in told[:MOST_CHANGES]
        ]
        if rows:
            heads = (words("kind of change"), words("keep.where"), words("was"), words("is now"))
            yield from markup.table([said(head) for head in heads], rows).splitlines()
        if len(told) > MOST_CHANGES:
            yield ""
            yield said(words("keep.more", count=len(told) - MOST_CHANGES))
        yield ""

    def _people(self) -> Iterable[str]:
        sheet, words, people = self.sheet, self.words, self.handbook.people
        wrote = [said(people.name(key)) for key in sheet.wrote]
        strangers = [said(words("keep.stranger", address=address or "?")) for address in sheet.strangers]
        if wrote or strangers:
            yield words("keep.wrote", names=", ".join([*wrote, *strangers]))
        if not sheet.submitted:
            yield said(words("keep.not submitted"))
        else:
            yield from self._decisions()
            if wrote:
                yield words("keep.may not", names=", ".join(wrote))
        if sheet.first_day and sheet.submitted:
            yield said(words("keep.from", day=words.day(sheet.first_day)))

    def _decisions(self) -> Iterable[str]:
        words, people = self.words, self.handbook.people
        if self.lacking is None:
            asked = [(need, False) for need in self.sheet.needs]
        else:
            mine = [one for one in self.lacking if one.document == self.sheet.id]
            yield from (words("keep.stopped", name=said(one.stopped)) for one in mine if one.stopped)
            asked = [(one.need, one.sign) for one in mine if one.need]
        for need, sign in asked:
            able = [said(people.name(key)) for key in (*need.persons, *need.deputies)]
            names = ", ".join(able) or said(words("keep.nobody"))
            if need.number > 1:
                names = words("keep.number of", number=need.number, names=names)
            role = said(people.title(need.role, words.language))
            yield words(f"keep.decides.{need.action}", role=role, names=names)
            if sign:
                yield said(words("keep.by signature"))


@dataclass
class Judged:
    """What came of one open request: the state to be posted, and all that its comment says."""

    number: int
    state: State
    branch: str
    draft: bool = False
    opened: str = ""
    sheets: Sequence[Sheet] = ()
    lacking: Sequence[Missing] = ()
    findings: Sequence[Finding] = ()
    alone: Sequence[Break] = ()
    skipped: Sequence[Skipped] = ()
    not_asked: Sequence[str] = field(default_factory=list)
    unreadable: str = ""
    twins: Sequence[int] = ()


def marker(number: int) -> str:
    """The line by which a comment of ours is found again; whose comment it is says the forge."""
    return f"<!-- ems-keep {number} -->"


def comment_of(handbook: Handbook, judged: Judged) -> str:
    """The comment of an open request."""
    words = Words.of(handbook.policy.languages)
    lines = [marker(judged.number), f"## {said(words(f'keep.state.{judged.state}'))}", ""]
    if judged.draft:
        lines += [said(words("keep.draft")), ""]
    if judged.opened:
        lines += [words("keep.opened", name=said(judged.opened)), ""]
    lines += [f"- {said(words('keep.same.commit', number=twin))}" for twin in judged.twins]
    lines += [said(judged.unreadable), ""] if judged.unreadable else [""]
    lines += of_people(handbook, judged.sheets, judged.lacking)
    told = {sheet.id for sheet in judged.sheets}
    others = [one for one in judged.lacking if one.document not in told or not (one.need or one.stopped)]
    wrong = [f"{one.document}: {one.message}. {one.fix}" for one in others]
    wrong += [f"{one.path}: {one.message}. {one.fix}".strip() for one in judged.findings]
    lines += _listed(words("keep.right"), [sentences.said(one, words.language) for one in wrong])
    if judged.alone:
        alone = [f"{one.path}: {sentences.said(one.message, words.language)}." for one in judged.alone]
        lines += _listed(words("keep.alone", branch=judged.branch), alone)
    lines += _skipped(words, judged.skipped)
    lines += _listed(words("keep.not asked"), judged.not_asked)
    return "\n".join([*lines, f"<sub>{said(words('keep.updated'))}</sub>", ""])


def comment_of_merged(
    handbook: Handbook, number: int, records: Sequence[Record], skipped: Sequence[Skipped], broken: Sequence[Break]
) -> str:
    """The comment of a merged request: what was recorded, what was not and why, what does not hold."""
    words = Words.of(handbook.policy.languages)
    lines = [marker(number), f"## {said(words('keep.merged'))}", ""]
    told = [words("keep.record", name=one.by.name, document=one.document, number=one.revision) for one in records]
    lines += _listed(words("keep.recorded"), sorted(told))
    lines += _skipped(words, skipped)
    wrong = [f"{one.path}: {one.message}. {one.fix}".strip() for one in broken]
    lines += _listed(words("keep.broken"), [sentences.said(one, words.language) for one in wrong])
    return "\n".join([*lines, f"<sub>{said(words('keep.updated'))}</sub>", ""])


def _skipped(words: Words, skipped: Sequence[Skipped]) -> list[str]:
    reasons = [f"{one.who}{f' ({one.document})' if one.document else ''}: {_why(words, one)}." for one in skipped]
    return _listed(words("keep.skipped"), reasons)


def _why(words: Words, one: Skipped) -> str:
    """The reason in the handbook's language; as it is, where there are no words for it."""
    return words(f"why.{one.kind}", **dict(one.values)) if one.kind else one.reason


def _listed(head: str, lines: Sequence[str]) -> list[str]:
    kept = list(dict.fromkeys(lines))
    more = ["- …"] if len(kept) > MOST_LINES else []
    return [f"**{said(head)}**", "", *(f"- {said(line)}" for line in kept[:MOST_LINES]), *more, ""] if kept else []
