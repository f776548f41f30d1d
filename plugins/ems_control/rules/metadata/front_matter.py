"""Family 1: metadata. Here: can it be read, are the keys there; what the values say stands in values.py."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from ems_control.documents.metadata import KEYS, RevisionRow
from ems_control.ground.errors import Problem
from ems_control.ground.formats.frontmatter import Mapping, hidden_characters, hidden_references
from ems_control.ground.markdown.outline import prose
from ems_control.ground.spelling import nearest
from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.finding_places import Page, pages, shown_parts

NEEDED = ("id", "title", "type", "revision", "status", "owner", "revisions")
NEEDED_IN_ROW = ("date", "author", "change")
ROW_KEYS = tuple(field.alias or name for name, field in RevisionRow.model_fields.items())
_KEY = re.compile(r'"(?:revisions\.(\d+)\.?)?([\w.]*)" ("?)')
_HOW = {
    "is not a day of the calendar": "Write a day that exists.",
    "must be one of": "Write one of these words.",
    "single text": "Write one text, without brackets.",
    "group of keys": "Write key: value for each part.",
}


@rule("EMS101", "front-matter-missing", "error", sees="one")
def front_matter_missing(handbook: Handbook) -> Iterator[Found]:
    """A page that must be controlled has no front matter.

    Checks: Every Markdown file that fits `controlled` and not `uncontrolled` in ems.yml begins, on its first line,
        with front matter between two lines `---`. Without it nobody can say which document the page is, who
        approved it and whether it applies.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.2 (identification); EMAS A.7.5.2.
    Bad:
        docs/procedures/spills.md
          = Take the red spill kit.
    Good:
        docs/procedures/EMS-PRO-002.md
          revision: 1
    Fix: Copy the front matter of a document of the same type and give it the next free number; or list the page under
        `uncontrolled` in ems.yml.
    """
    for page in pages(handbook):
        if page.file.tree is None and not page.file.unreadable:
            message = "no front matter, so this is no controlled document"
            fix = 'Begin the file with front matter between two lines ---, or list it under "uncontrolled" in ems.yml.'
            if re.match(r"\s*---\s*\n", page.file.body):
                message = "the front matter does not begin on the first line of the file, so it is not read"
                fix = "Delete what stands above the first ---."
            yield Found(page.path, 1, 1, page.document, message, fix)


@rule("EMS102", "front-matter-unreadable", "error", sees="one")
def front_matter_unreadable(handbook: Handbook) -> Iterator[Found]:
    """The front matter or the file cannot be read.

    Checks: The file is UTF-8 text of at most 2 MB, and its front matter is one block of `key: value` lines with an end.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.2 (format) and 7.5.3 (legibility); EMAS A.7.5.2 and A.7.5.3.
    Bad:
        docs/procedures/EMS-PRO-001.md
          title: Drains: yard and roof
    Good:
        docs/procedures/EMS-PRO-001.md
          title: "Drains: yard and roof"
    Fix: Look at the line named and the one above. A text with a colon and a space, or with `#`, needs quotes around it.
    """
    for page in pages(handbook):
        kinds = {problem.kind for problem in page.file.unreadable}
        for problem in page.file.unreadable:
            if problem.kind in ("not-text", "too-large"):
                yield _at(page, problem, problem.message)
            elif problem.kind == "unreadable" and not kinds & {"feature", "hidden-character"}:
                reason = problem.message.removeprefix("not readable as YAML: ").removeprefix("the front matter ")
                known = problem.message.startswith("the front matter ")
                yield _at(
                    page, problem, f"the front matter {reason}" if known else f"front matter not readable: {reason}"
                )


@rule("EMS103", "key-given-twice", "error", sees="one")
def key_given_twice(handbook: Handbook) -> Iterator[Found]:
    """A key of the front matter is given twice.

    Checks: Every key stands once, in the front matter and in each row of `revisions`. With two owners or two revision
        numbers every reader of the file may pick another one.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.2 (identification); EMAS A.7.5.2.
    Bad:
        docs/procedures/EMS-PRO-001.md
          owner: lead
          owner: manager
    Good:
        docs/procedures/EMS-PRO-001.md
          owner: lead
    Fix: Keep the line that is right and delete the other.
    """
    for page in pages(handbook):
        for problem in page.file.unreadable:
            if problem.kind == "duplicate":
                yield _at(page, problem, problem.message)


@rule("EMS104", "yaml-trap", "error", sees="one")
def yaml_trap(handbook: Handbook) -> Iterator[Found]:
    """The front matter uses a sign that programs read in another way than people do.

    Checks: Tabs, `&` and `*` at the start of a value, `!` tags, merge keys `<<`, keys written with `?`, a line `...`.
    Basis: Our own rule.
    Bad:
        docs/procedures/EMS-PRO-001.md
          title: *Yard drains
    Good:
        docs/procedures/EMS-PRO-001.md
          title: "*Yard drains"
    Fix: Put quotes around the value, use spaces for tabs, and write `key: value` lines only.
    """
    for page in pages(handbook):
        for problem in page.file.unreadable:
            if problem.kind == "feature":
                yield _at(page, problem, f"front matter holds {problem.message}")
        for problem in page.file.problems:
            if problem.kind == "cut":
                yield _at(page, problem, problem.message)


@rule("EMS105", "hidden-character", "error", fixed=True, sees="one")
def hidden_character(handbook: Handbook) -> Iterator[Found]:
    """The file, or a table or include that it shows, holds a character that nobody sees.

    Checks: Control characters, marks that turn the direction of writing, zero-width characters: they change what a
        text says, or what search and comparison find, and a reviewer does not see them; also where they are written as
        references (`&zwj;`). Soft hyphens are allowed. One finding for each kind of character, at the first of them.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.3 (loss of integrity); EMAS A.7.5.3.
    Bad:
        docs/procedures/EMS-PRO-001.md
          > ## Drains {#drains}
          >
          > Close valve V-3\u200b.
    Good:
        docs/procedures/EMS-PRO-001.md
          title: Yard dr\u00adains
    Fix: Delete the character: retype the word, or paste the text without its formatting.
    """
    for page in pages(handbook):
        found = [problem for problem in page.file.unreadable if problem.kind == "hidden-character"]
        found += page.file.hidden
        found += hidden_references(prose(page.file.body, page.file.body_line)) if "&" in page.file.body else []
        count = Counter(problem.message for problem in found)
        for problem in {problem.message: problem for problem in reversed(found)}.values():
            times = count[problem.message]
            yield _at(page, problem, problem.message + (f", {times} times" if times > 1 else ""))
    for part in shown_parts(handbook):
        found = [*hidden_characters(part.text)]
        found += hidden_references(prose(part.text)) if "&" in part.text and not part.is_table else []
        for problem in {problem.message: problem for problem in reversed(found)}.values():
            yield Found(part.path, problem.line, problem.column, part.document.id, problem.message, problem.fix)


@rule("EMS106", "key-missing", "error", sees="one")
def key_missing(handbook: Handbook) -> Iterator[Found]:
    """The front matter lacks something that every document needs.

    Checks: `id`, `title`, `type`, `revision`, `status`, `owner` and `revisions` are there and not empty; every row of
        `revisions` has its number, and the first one also `date`, `author` and `change`. A submitted text without
        `approved_by` is awaiting approval, which is no fault.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.2 (identification and description); EMAS A.7.5.2.
    Bad:
        docs/procedures/EMS-PRO-001.md
          owner:
    Good:
        docs/procedures/EMS-PRO-001.md
          owner: lead
    Fix: Add the key with its value.
    """
    for page in pages(handbook):
        file = page.file
        if file.tree is None:
            continue
        meant = _misspelt(page)
        for key in NEEDED:
            name = file.reading.field(key)
            if file.written(key) is not None:
                continue
            if key in meant:
                yield page.at(
                    meant[key], f'"{meant[key]}" is not known, and {name} is missing', f"Write {name}: there."
                )
            else:
                state = "has no value" if name in file.tree else "is missing"
                yield page.at(key, f"{name} {state}", f"Add {name}: with its value.")
        yield from _missing_in_rows(page)


def _missing_in_rows(page: Page) -> Iterator[Found]:
    rows = page.file.written("revisions")
    if not isinstance(rows, list) or len(rows) != len(page.file.metadata.revisions):
        return
    for index, row in enumerate(page.file.metadata.revisions):
        given = {name for name in RevisionRow.model_fields if getattr(row, name) is not None}
        missing = [key for key in (("revision", *NEEDED_IN_ROW) if index == 0 else ("revision",)) if key not in given]
        if missing:
            message = f"row {index + 1} of revisions has no {' and no '.join(missing)}"
            yield page.at_row(index, message, f"Add {', '.join(missing)} to the row.")


@rule("EMS107", "key-unknown", "warning", sees="one")
def key_unknown(handbook: Handbook) -> Iterator[Found]:
    """The front matter has a key that means nothing here.

    Checks: Every key of the front matter, and of the rows of `revisions`, is one of the known ones. A key that is
        misspelt says nothing to anybody. A handbook with `fields` in ems.yml may have further keys of its own.
    Basis: Our own rule.
    Bad:
        docs/procedures/EMS-PRO-001.md
          reviewby: 2027-01-01
    Good:
        docs/procedures/EMS-PRO-001.md
          review_by: 2027-01-01
    Fix: Write the key that was meant, or delete the line.
    """
    for page in pages(handbook):
        if page.file.tree is None or page.file.reading.fields:
            continue
        meant = set(_misspelt(page).values())
        for key in page.file.tree:
            if key not in KEYS and key not in meant:
                yield page.at(key, f'"{key}" is not known', _advice(key, KEYS))
        rows = page.file.written("revisions")
        for index, row in enumerate(rows if isinstance(rows, list) else ()):
            for key in row if isinstance(row, Mapping) else ():
                if key not in ROW_KEYS:
                    yield page.at_row(
                        index, f'"{key}" in row {index + 1} of revisions is not known', _advice(key, ROW_KEYS)
                    )


def _advice(key: str, known: tuple[str, ...]) -> str:
    close = nearest(key.lower(), known)
    return f'Did you mean "{close}"?' if close else f"Known here: {', '.join(known)}."


def _misspelt(page: Page) -> dict[str, str]:
    """Needed keys that are missing, with the unknown key that was probably meant for each."""
    tree, policy = page.file.tree, page.file.reading
    if tree is None or policy.fields:
        return {}
    unknown = [key for key in tree if key not in KEYS]
    return {close: key for key in unknown if (close := nearest(key.lower(), KEYS)) in NEEDED and close not in tree}


@rule("EMS108", "value-of-wrong-kind", "error", sees="one")
def value_of_wrong_kind(handbook: Handbook) -> Iterator[Found]:
    """A value of the front matter is not of the kind that its key asks for.

    Checks: `revision` is a whole number, dates are days of the calendar written 2026-03-01, lists stand in brackets,
        `status` is draft, submitted or withdrawn, and a text that looks like a number, a date or yes and no stands in
        quotes.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.2 (identification and description); EMAS A.7.5.2.
    Bad:
        docs/procedures/EMS-PRO-001.md
          effective: 2026-02-30
    Good:
        docs/procedures/EMS-PRO-001.md
          effective: 2026-02-28
    Fix: Write the value as the message says: `revision: 2`, `effective: 2026-03-01`, `approved_by: [h.okafor]`,
        `title: "1.10"`.
    """
    for page in pages(handbook):
        for problem in page.file.problems:
            if problem.kind == "quotes":
                yield _at(page, problem, problem.message)
            elif problem.kind == "kind":
                yield _wrong_kind(page, problem)


def _wrong_kind(page: Page, problem: Problem) -> Found:
    message, _, how = problem.message.partition("; write ")
    if key := _KEY.match(message):
        where = f"row {key[1]} of revisions" if key[1] else key[2]
        if key[1] and key[2]:
            where = f"{key[2]} in row {key[1]} of revisions"
        message = where + (': "' if key[3] else " ") + message[key.end() :]
    fix = f"Write {how}." if how else next((fix for words, fix in _HOW.items() if words in message), "Write it anew.")
    if message.startswith("status ") and str(page.file.written("status")).lower() in (
        "approved",
        "in force",
        "released",
    ):
        fix = "Write status: submitted. That it is approved is computed from approved_by and approved_on."
    return Found(page.path, problem.line, problem.column, page.document, message, fix)


def _at(page: Page, problem: Problem, message: str) -> Found:
    return Found(page.path, problem.line, problem.column, page.document, message, problem.fix)
