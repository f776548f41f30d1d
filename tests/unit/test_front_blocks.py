"""What is made of front matter read block by block is what is made of it as a whole, whatever was read before."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ems_control.documents.history import Version
from ems_control.documents.reading import DocumentFile, front_blocks, read_document
from ems_control.documents.sealed_words import sealed_words
from ems_control.documents.store import Store
from ems_control.ground.formats.digest import FIRST, sealed_metadata
from ems_control.ground.organisation.readings import DEFAULT

LINES = [
    "id: EMS-PRO-001", "id: EMS-PRO-002", 'id: "EMS-PRO-003"', "title: Waste", "title:", 'title: ""', "title: 1.10",
    "title: Waste # bin", 'title: "a', 'b: c"', "title: 'it", "'", "title: Waste", "  and water", "type: procedure",
    "revision: 2", "revision: 02", "revision: two", "status: submitted", "status: approved", "owner: no",
    "effective: 2026-03-01", "effective: 2026-13-01", "review_by: 2027-01-01", "clauses: [a, b]", "clauses: a",
    "clauses: [a,", "b]", "clauses:", "- a", "  - a", "   - b", "-", "tags: {a: 1", "}", "validated: {by: x}",
    "unknown: 1", "Unknown-key: 1", "two words: 1", "über: 1", "revisions: []", "revisions: [{revision: 1}]",
    "revisions:", "revisions: ", "revisions: # newest first", "  - {revision: 2, class: editorial, change: Typo.}",
    "  - {revision: 1, change: First.}", '  - {revision: 1, change: "a', '    b"}', "  - revision: 2",
    "    change: More.", "    class: editorial", "    class: substantive", "- {revision: 1}", "    - {revision: 1}",
    "  - ", "  -", "  - text", "text: |", "text: >-", "text: |+", "  one", "", "   ", "# a comment", "  # another",
    "---", "--- x", "...", "? id", ": x", "<<: {a: 1}", "a: &x 1", "a: *x", "a: !!int 1", "%YAML 1.1", "a:\t1",
    "a: b\u200b", "a: b\u2028c: d", "a: \x07", "plain", "  plain", "a: b: c", 'a: "\\u202e"', "a: [b]: c", "{a: 1}",
    "id: EMS-PRO-001\r", "a: e\u0301", "class: editorial",
]  # fmt: skip
STARTS = ["id: EMS-PRO-001", "title: Waste", "type: procedure", "revision: 2", "status: submitted"]
heads = st.lists(st.sampled_from(LINES), max_size=8).map(lambda lines: [*STARTS, *lines])
loose = st.lists(st.sampled_from(LINES), max_size=8)


def said(file: DocumentFile) -> list[Any]:
    """All that is compared of every revision."""
    facts = file.facts
    digests = [file.digest(FIRST, shown) for shown in ([], [("limits.csv", "0" * 64)])]
    return [file.readable, facts, facts.unread, file.id, file.rows, file.says_editorial, *digests]


@given(st.lists(heads | loose, max_size=4))
@settings(max_examples=400)
def test_in_blocks_is_as_a_whole(texts: list[list[str]]) -> None:
    known = front_blocks()
    for lines in texts * 2:
        data = "\n".join(["---", *lines, "---", "A text that is editorial.", ""]).encode()
        assert said(read_document(data, DEFAULT).read_whole(known)) == said(read_document(data, DEFAULT))


def in_words(value: Any) -> str:
    """A value of front matter, in words, written a second time."""
    if isinstance(value, dict):
        return "; ".join(f"{key}: {in_words(one)}" for key, one in value.items())
    return ", ".join(in_words(one) for one in value) if isinstance(value, list) else str(value)


@given(st.lists(heads, max_size=4))
@settings(max_examples=200)
def test_what_is_signed_is_told_as_of_a_whole(texts: list[list[str]]) -> None:
    for lines in texts * 2:
        file = read_document("\n".join(["---", *lines, "---", ""]).encode(), DEFAULT)
        signed = sealed_metadata(file.tree or {}, {})
        rows = signed.get("revisions")
        wanted = [(key, in_words(value)) for key, value in signed.items() if key != "revisions"]
        if isinstance(rows, list):
            numbers = [row.get("revision", "?") if isinstance(row, dict) else "?" for row in rows]
            told = dict(zip((f"revisions, row {number}" for number in numbers), map(in_words, rows), strict=True))
        else:
            told = {"revisions": in_words(rows)} if "revisions" in signed else {}
        version = Version(None, "docs/a.md", "", file, (), Store(None, DEFAULT))  # type: ignore[arg-type]
        assert sealed_words(version) == dict(wanted) | told
        assert list(sealed_words(version)) == [
            name for key in signed for name in (told if key == "revisions" else [key])
        ]
