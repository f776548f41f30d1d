"""A list in front matter is changed in place: what is not the list stays byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ems_control.ground.formats.frontmatter import read
from ems_control.ground.formats.patching import PatchProblem, patch_keys, patch_list
from ems_control.ground.text import decode

ONE, TWO, NEW, MORE = "iso-14001:2015/8.1", "iso-14001:2015/8.2#drills", "iso-14001:2026/8.1", "emas/B.local#who"
BODY = "\n# Text\n\nclauses: [not, this]\n---\nEnd"

LAYOUTS = {
    "one line": (
        f"clauses: [{ONE}, {TWO}]   # two of them\n",
        f"clauses: [{ONE}, {NEW}, {MORE}, {TWO}]   # two of them\n",
    ),
    "quotes and odd blanks": (
        f"clauses:  [ '{ONE}' ,\"{TWO}\"  ]\n",
        f"clauses:  [ '{ONE}', '{NEW}', '{MORE}' ,\"{TWO}\"  ]\n",
    ),
    "dashes": (
        f"clauses:\n  # first\n  - {ONE}  # why\n\n  - '{TWO}'\n",
        f"clauses:\n  # first\n  - {ONE}  # why\n  - {NEW}\n  - {MORE}\n\n  - '{TWO}'\n",
    ),
    "dashes without indentation": (
        f"clauses:\n-   {ONE}\n-   {TWO}\n",
        f"clauses:\n-   {ONE}\n-   {NEW}\n-   {MORE}\n-   {TWO}\n",
    ),
    "brackets over lines": (
        f"clauses: [\n    {ONE},  # why\n    {TWO}\n  ]\n",
        f"clauses: [\n    {ONE},  # why\n    {NEW},\n    {MORE},\n    {TWO}\n  ]\n",
    ),
    "wrapped": (
        f"clauses: [{ONE},\n          {TWO}]\n",
        f"clauses: [{ONE}, {NEW}, {MORE},\n          {TWO}]\n",
    ),
}


def document(head: str, line_end: str = "\n", mark: str = "") -> bytes:
    text = f'---\nid: EMS-PRO-001\ntitle: "Café:  drains"  # é\n{head}owner: lead\n---\n{BODY}'
    return (mark + text.replace("\n", line_end)).encode()


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize(("before", "after"), LAYOUTS.values(), ids=LAYOUTS.keys())
def test_every_layout_and_line_end_is_kept(before: str, after: str, line_end: str) -> None:
    patched = patch_list(document(before, line_end), ["clauses"], [[ONE, NEW, MORE], [TWO]])
    assert patched == document(after, line_end)


def test_a_byte_order_mark_stays() -> None:
    before, after = LAYOUTS["one line"]
    patched = patch_list(document(before, "\r\n", "\ufeff"), ["clauses"], [[ONE, NEW, MORE], [TWO]])
    assert patched == document(after, "\r\n", "\ufeff")


def test_nothing_to_change_changes_nothing() -> None:
    for before, _ in LAYOUTS.values():
        assert patch_list(document(before), ["clauses"], [[ONE], [TWO]]) == document(before)


@pytest.mark.parametrize(
    ("before", "places", "after"),
    [
        (f"clauses: ['{ONE}', {TWO}]\n", [[NEW], [TWO]], f"clauses: ['{NEW}', {TWO}]\n"),
        (f"clauses:\n  - {ONE}  # why\n  - {TWO}\n", [[NEW], [TWO]], f"clauses:\n  - {NEW}  # why\n  - {TWO}\n"),
        (f"clauses: [{ONE}, {TWO}]\n", [[], [TWO]], f"clauses: [{TWO}]\n"),
        (f"clauses: [{ONE}, {TWO}]\n", [[ONE], []], f"clauses: [{ONE}]\n"),
        (f"clauses: [{ONE}, {TWO}]  # c\n", [[], []], "clauses: []  # c\n"),
        (f"clauses:  # c\n  - {ONE}\n  - {TWO}\n", [[ONE], []], f"clauses:  # c\n  - {ONE}\n"),
        (f"clauses:  # c\n  - {ONE}\n  - {TWO}\n", [[], []], "clauses: []  # c\n"),
        (f"clauses: [\n  {ONE},\n  {TWO},\n]\n", [[], [TWO]], f"clauses: [\n  {TWO},\n]\n"),
        (
            f"clauses: [\n  {ONE},\n  {TWO}  # last\n]\n",
            [[ONE], [TWO, NEW]],
            f"clauses: [\n  {ONE},\n  {TWO},  # last\n  {NEW}\n]\n",
        ),
    ],
)
def test_entries_are_replaced_and_removed(before: str, places: list[list[str]], after: str) -> None:
    assert patch_list(document(before), ["clauses"], places) == document(after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("clauses: []  # none\n", f"clauses: [{NEW}, {MORE}]  # none\n"),
        ("clauses:  # none yet\n", f"clauses: [{NEW}, {MORE}]  # none yet\n"),
        ("clauses:\n", f"clauses: [{NEW}, {MORE}]\n"),
    ],
)
def test_an_empty_list_is_filled(before: str, after: str) -> None:
    assert patch_list(document(before), ["clauses"], [], [NEW, MORE]) == document(after)


def test_a_missing_list_comes_last() -> None:
    patched = patch_list(document(""), ["clauses"], [], [NEW])
    assert patched == document("").replace(b"owner: lead\n", f"owner: lead\nclauses: [{NEW}]\n".encode())


def test_a_nested_list_of_a_foreign_handbook() -> None:
    before = f"meta:\n  clauses: [{ONE}]\n  more: 1\n"
    after = f"meta:\n  clauses: [{ONE}, {NEW}]\n  more: 1\n"
    assert patch_list(document(before), ["meta", "clauses"], [[ONE, NEW]]) == document(after)


@pytest.mark.parametrize(
    ("head", "places", "words"),
    [
        (f"clauses: {ONE}\n", [], "is no list"),
        (f"clauses:\n  -\n    {ONE}\n", [[ONE, NEW]], "with its dash"),
        (f"clauses: [{ONE}]\n", [[ONE], [TWO]], "does not have 2 entries"),
        ("clauses:\n  - |\n    text\n", [["x"]], "more than one line"),
        ("clauses: [a, b\n", [["a"], ["b"]], "cannot be read"),
    ],
)
def test_what_cannot_be_changed_is_refused_with_its_reason(head: str, places: list[list[str]], words: str) -> None:
    with pytest.raises(PatchProblem, match=words):
        patch_list(document(head), ["clauses"], places)


def test_a_file_without_front_matter_is_refused() -> None:
    with pytest.raises(PatchProblem, match="no front matter"):
        patch_list(b"# Text\n", ["clauses"], [], [NEW])


VALUES = st.lists(st.sampled_from([ONE, TWO, NEW, MORE, "6.10", "no", "it's", "a: b", 'say "x"', "ä#b"]), max_size=4)


@settings(max_examples=200, deadline=None)
@given(
    layout=st.sampled_from(list(LAYOUTS.values())),
    places=st.tuples(VALUES, VALUES),
    more=VALUES,
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_the_list_is_the_one_wanted_and_all_else_stays(
    layout: tuple[str, str], places: tuple[list[str], list[str]], more: list[str], line_end: str
) -> None:
    before = document(layout[0], line_end)
    after = patch_list(before, ["clauses"], places, more)
    front = read(decode(after)[0])
    assert front.data is not None
    assert list(front.data["clauses"]) == [*places[0], *places[1], *more]
    head, tail = before.split(b"clauses:")[0], before[before.index(b"owner: lead") :]
    assert after.startswith(head)
    assert after.endswith(tail)
    assert (b"\n" in after.replace(b"\r\n", b"")) == (line_end == "\n")


# --- keys, and a row on top -----------------------------------------------------------------------------------

ROWS = "revisions:\n  - {revision: 1, change: First.}\n  # older ones are in the archive\n"
ROW = "{revision: 2, change: More.}"


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_keys_change_by_their_lines_and_all_else_stays(line_end: str) -> None:
    head = f"revision: 1  # whole\nstatus:   submitted\napproved_by:\n  - b.boss\n{ROWS}"
    wanted = (
        "revision: 2  # whole\nstatus: draft\neffective: 2026-03-01\n"
        f"revisions:\n  - {ROW}\n  - {{revision: 1, change: First.}}\n  # older ones are in the archive\n"
    )
    changes = {"revision": "2", "status": "draft", "approved_by": None, "effective": "2026-03-01", "until": None}
    assert patch_keys(document(head, line_end), changes, ("revisions", ROW)) == document(wanted, line_end)


@pytest.mark.parametrize(
    ("head", "changes", "row"),
    [
        ("revisions: [{revision: 1}]\n", {}, ROW),
        ("{}\n", {"status": "draft"}, None),
        ("status: &mark submitted\ncopy: *mark\n", {"status": "draft"}, None),
        (ROWS, {"status": "draft\nowner: somebody"}, None),
        ("revisions:\n  why: not a list\n", {}, ROW),
    ],
    ids=["rows in brackets", "no mapping", "an anchor", "a value of two lines", "rows that are no list"],
)
def test_what_would_change_more_is_refused(head: str, changes: dict[str, str | None], row: str | None) -> None:
    with pytest.raises(PatchProblem):
        patch_keys(document(head), changes, ("revisions", row) if row else None)
