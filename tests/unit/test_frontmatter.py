"""The strict reader: what people mean is read as written, what they cannot have meant is a problem with its place."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ems_control.documents.metadata import KEYS
from ems_control.documents.reading import read_document
from ems_control.ground.formats.digest import FIRST
from ems_control.ground.formats.frontmatter import FrontMatter, Mapping, Scalar, read, read_yaml, split
from ems_control.ground.formats.packed_front import packed, unpacked
from ems_control.ground.organisation.policy import Policy, load_policy
from tests.examples import BASE

any_text = st.text(st.characters(codec="utf-8"))
without_ink = "\u115f\u1160\u2800\u3164\uffa0"
printable = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"], exclude_characters=without_ink))
AWKWARD = [
    "", "1.10", "no", "~", "null", "0x1F", "1e3", "2026-03-01", "a: b", "# x", "- x", "---", "...", "? x", "&a", "*a",
    "!x", "<<", "=", "%x", "@x", "`x`", "'", '"', "[", "}", "x ", " x", "a\nb", "a\n\n b\n", "x\t", "\t", "x\n---\ny",
]  # fmt: skip
awkward = st.sampled_from(AWKWARD)
strings = printable | awkward | any_text
keys = printable.filter(lambda key: 0 < len(key) < 40) | awkward
documents = st.dictionaries(
    keys,
    st.recursive(
        strings, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=5
    ),
    max_size=5,
)
styles = st.fixed_dictionaries(
    {
        "default_style": st.sampled_from([None, '"', "'", "|", ">"]),
        "default_flow_style": st.sampled_from([True, False, None]),
        "allow_unicode": st.booleans(),
        "width": st.integers(10, 200),
        "indent": st.integers(2, 6),
    }
)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy((BASE / "ems.yml").read_bytes())[0]


def problems_of(text: str) -> list[tuple[int, int, str]]:
    """Line, column and kind of everything wrong with a front matter of these lines."""
    return [(p.line, p.column, p.kind) for p in read(f"---\n{text}\n---\nBody\n").problems]


# --- properties -----------------------------------------------------------------------------------------------


@given(documents, styles)
@settings(max_examples=500)
def test_what_yaml_writes_is_read_back_or_is_a_problem_with_its_place(
    data: dict[str, Any], style: dict[str, Any]
) -> None:
    text = yaml.dump(data, **style)
    tree, problems = read_yaml(text, first_line=2)
    lines = text.count("\n") + 2
    assert all(2 <= problem.line <= lines and problem.column >= 1 for problem in problems)
    if not problems:
        assert tree == yaml.load(text, yaml.BaseLoader)  # noqa: S506  (types nothing)


@given(st.dictionaries(printable.filter(lambda key: 0 < len(key) < 40), st.lists(printable) | printable, max_size=5))
def test_visible_text_in_quotes_is_never_a_problem(data: dict[str, Any]) -> None:
    assert read_yaml(yaml.dump(data, default_style='"', width=10_000, allow_unicode=True)) == (data, [])


@given(any_text | st.lists(awkward | st.sampled_from(["\n", ": ", ", ", "a", "  "])).map("".join))
@settings(max_examples=500)
def test_no_text_stops_the_reader(text: str) -> None:
    for whole in (text, f"---\n{text}", f"---\n{text}\n---\n"):
        front = read(whole)
        last = whole.count("\n") + 1
        assert all(1 <= problem.line <= last and problem.column >= 1 for problem in front.problems)
        assert all(problem.message and "\n" not in problem.message for problem in front.problems)


def _with_places(value: Any) -> Any:
    """A value with its type, and where it and each part of it stands."""
    own = (type(value), getattr(value, "line", 0), getattr(value, "column", 0))
    if isinstance(value, Scalar):
        return (*own, str(value), value.plain, value.cut)
    parts = [*value, *value.values()] if isinstance(value, Mapping) else value or ()
    return (*own, [_with_places(part) for part in parts])


@given(
    documents.map(lambda data: yaml.safe_dump(data, allow_unicode=True))
    | awkward.map("a: {}\nb: [x, {{c: y}}]  # z".format)
)
@settings(max_examples=50)
def test_what_is_kept_of_front_matter_is_what_was_read(head: str) -> None:
    found = read(f"---\n{head}\n---\nBody\n")
    data = packed(found)
    assert isinstance(data, bytes)
    again = unpacked(data)
    assert isinstance(again, FrontMatter)
    assert _with_places(again.data) == _with_places(found.data)
    assert (again.problems, again.body_line) == (found.problems, found.body_line)


@given(any_text)
def test_head_and_body_make_up_the_whole_text(text: str) -> None:
    for whole in (text, f"---\n{text}\n---\n{text}"):
        head, body, line = split(whole)
        assert whole == body if head is None else whole in (f"---\n{head}---\n{body}", f"---\n{head}---")
        assert "\n".join(whole.split("\n")[line - 1 :]) == body


@given(documents, st.sampled_from([None, '"', "'"]), st.integers(2, 6))
def test_places_are_where_the_words_stand(data: dict[str, Any], style: str | None, indent: int) -> None:
    text = yaml.dump(data, default_style=style, indent=indent, width=10_000, allow_unicode=True)
    tree, problems = read_yaml(text)
    if not problems:
        lines = text.split("\n")
        for scalar in scalars(tree):
            here = lines[scalar.line - 1][scalar.column - 1 :]
            first = scalar.split("\n")[0].rstrip() if scalar.plain else ""
            assert here.startswith(first) if scalar.plain else here[0] in "'\"|>"


@given(st.sampled_from(["1.10", "no", "~", "", "0x1F", "1e3", "2026-03-01", "12:30", "0o7", "x", "1.2.3"]) | printable)
def test_what_yaml_makes_of_it_is_what_the_safe_loader_makes_of_it(text: str) -> None:
    tree, problems = read_yaml(f"key: {text}")
    if not problems and tree is not None and isinstance(value := tree.get("key"), Scalar):
        kinds = {str: "str", int: "int", float: "float", bool: "bool", type(None): "null", date: "timestamp"}
        try:
            typed = yaml.safe_load(f"key: {text}")["key"]
        except (ValueError, yaml.YAMLError):
            assert value.yaml_kind in ("int", "timestamp", "value", "merge")
        else:
            assert kinds.get(type(typed), "timestamp") == value.yaml_kind


def scalars(tree: Any) -> list[Scalar]:
    if isinstance(tree, Mapping):
        return [scalar for pair in tree.items() for part in pair for scalar in scalars(part)]
    return [scalar for part in tree for scalar in scalars(part)] if isinstance(tree, list) else [tree]


values = st.sampled_from(["", "x", "1", "1.10", "0", "-1", "no", "2026-02-30", "2026-03-01", "EMS-PRO-001"]) | strings
rows = st.dictionaries(st.sampled_from(["revision", "date", "author", "class", "class_", "change"]), values, max_size=4)


@given(st.dictionaries(st.sampled_from(KEYS) | keys, values | st.lists(values | rows, max_size=3) | rows, max_size=6))
def test_no_metadata_stops_the_reader(policy: Policy, data: dict[str, Any]) -> None:
    text = f"---\n{yaml.dump(data, allow_unicode=True)}---\n"
    document = read_document(text.encode(), policy.reading)
    last = text.count("\n") + 1
    assert all(1 <= problem.line <= last and problem.column >= 1 for problem in document.problems)
    whole = (document.metadata, document.id, document.headings, document.links, document.digest(FIRST, []))
    assert all(part is not None for part in whole[2:])


# --- each trap of the design ----------------------------------------------------------------------------------

TRAPS = {
    "a key twice": ("id: A\ntitle: B\nid: C", [(4, 1, "duplicate")]),
    "a key twice further in": ("rows:\n  - {a: 1, b: 2, a: 3}", [(3, 18, "duplicate")]),
    "a key twice, once in quotes": ("id: A\n'id': C", [(3, 1, "duplicate")]),
    "an anchor": ("id: &name A", [(2, 5, "feature")]),
    "an anchor on a list": ("id: &name [A]", [(2, 5, "feature")]),
    "an anchor on a key": ("&name id: A", [(2, 1, "feature")]),
    "an alias": ("id: A\nowner: *id", [(3, 8, "feature")]),
    "emphasis taken for an alias": ("title: *Important* rules", [(2, 18, "unreadable")]),
    "a tag": ("revision: !!str 3", [(2, 11, "feature")]),
    "a tag of our own": ("owner: !role lead", [(2, 8, "feature")]),
    "a tag on a list": ("owner: !!seq [a]", [(2, 8, "feature")]),
    "a merge key": ("<<: {id: A}", [(2, 1, "feature")]),
    "a tab": ("id:\tA", [(2, 4, "feature")]),
    "a tab inside a text": ("id: A\ntitle: a\tb", [(3, 9, "feature")]),
    "a line of dots": ("id: A\n...\ntitle: B", [(3, 1, "feature"), (4, 1, "unreadable")]),
    "a question mark as key": ("? id\n: A", [(2, 1, "feature")]),
    "a list as key": ("? [a, b]\n: A", [(2, 1, "feature"), (2, 3, "feature")]),
    "a mapping as key": ("{a: b}: A", [(2, 1, "feature")]),
    "a colon in a text": ("title: Waste: collection", [(2, 13, "unreadable")]),
    "a quote that does not end": ('title: "Waste\nid: A', [(4, 1, "unreadable")]),
    "a bracket that does not end": ("clauses: [a, b\nid: A", [(3, 3, "unreadable")]),
    "a percent sign": ("%YAML 1.2", [(3, 1, "unreadable")]),
    "a list": ("- id: A", [(2, 1, "unreadable")]),
    "a text": ("Waste collection", [(2, 1, "unreadable")]),
    "a control character": ("title: a\x07b", [(2, 9, "hidden-character"), (2, 1, "unreadable")]),
    "text that runs backwards": ("id: A\ntitle: a\u202eb", [(3, 9, "hidden-character")]),
    "a zero-width space": ("title: a\u200bb", [(2, 9, "hidden-character")]),
    "a line separator": ("title: a\u2028b", [(2, 9, "hidden-character"), (4, 1, "unreadable")]),
    "a character that nobody has assigned yet": ("title: a\u0378b", [(2, 9, "hidden-character")]),
    "a letter without ink": ("title: a\u3164b", [(2, 9, "hidden-character")]),
    "an escape that hides text": ('title: "a\\u202eb"', [(2, 8, "hidden-character")]),
    "an escaped zero byte": ('title: "a\\0b"', [(2, 8, "hidden-character")]),
    "half a character": ('title: "\\ud800"', [(2, 11, "unreadable")]),
    "nested without end": ("a: " + "[" * 40 + "]" * 40, [(2, 24, "unreadable")]),
}


@pytest.mark.parametrize("name", TRAPS)
def test_trap(name: str) -> None:
    text, expected = TRAPS[name]
    assert sorted(problems_of(text)) == sorted(expected)


@pytest.mark.parametrize("sign", list("*&!%@`|>"))
def test_a_value_that_begins_with_a_sign_is_told_to_take_quotes(sign: str) -> None:
    [problem] = read(f"---\nid: A\ntitle: {sign}Important{sign} rules\nowner: lead\n---\n").problems
    assert problem.line == 3
    assert "Put quotes around" in problem.fix


@pytest.mark.parametrize(
    ("text", "data", "kinds"),
    [
        ("---\nid: A\n---\nBody", {"id": "A"}, []),
        ("---\nid: A\n---", {"id": "A"}, []),
        ("---\n---\nBody", {}, []),
        ("---\n# only a comment\n---\n", {}, []),
        ("---\nid: A\n--- \n---\n", None, ["feature"]),
        ("---\nid: A\n", None, ["unreadable"]),
        ("--- \nid: A\n---\n", None, ["unreadable"]),
        ("\n---\nid: A\n---\n", None, []),
        ("Body\n---\nid: A\n---\n", None, []),
        ("----\nid: A\n----\n", None, []),
    ],
)
def test_where_front_matter_begins_and_ends(text: str, data: Any, kinds: list[str]) -> None:
    front = read(text)
    assert front.data == data
    assert [problem.kind for problem in front.problems] == kinds


@pytest.mark.parametrize(
    ("line", "kind", "words"),
    [
        ("revision: 1.10", "kind", "not a whole number"),
        ("revision: 0", "kind", "not a whole number"),
        ("revision: 007", "kind", "not a whole number"),
        ("effective: 2026-02-30", "kind", "not a day of the calendar"),
        ("effective: 1 March 2026", "kind", "not a day"),
        ("effective: 2026-3-1", "kind", "not a day"),
        ("status: approved", "kind", "must be one of 'draft', 'submitted', 'withdrawn'"),
        ("clauses: iso-14001:2015/8.1", "kind", "write [iso-14001:2015/8.1]"),
        ("approved_by: b.boss", "kind", "write [b.boss]"),
        ("revisions: none", "kind", "must be a list"),
        ("revisions: [{revision: x}]", "kind", "not a whole number"),
        ("titel: Waste", "unknown", 'Did you mean "title"?'),
        ("title: 1.10", "quotes", 'Write title: "1.10"'),
        ("owner: no", "quotes", "Write a role of people.yml."),
        ("owner: on", "quotes", "Write a role of people.yml."),
        ("title: 2026-03-01", "quotes", 'Write title: "2026-03-01"'),
        ("title: 0x1F", "quotes", 'Write title: "0x1F"'),
    ],
)
def test_value_of_the_wrong_kind(policy: Policy, line: str, kind: str, words: str) -> None:
    document = read_document(f"---\nid: EMS-PRO-001\n{line}\n---\n".encode(), policy.reading)
    [problem] = document.problems
    assert (problem.line, problem.kind) == (3, kind)
    assert words in f"{problem.message}. {problem.fix}"
    assert document.metadata.id == "EMS-PRO-001"


@pytest.mark.parametrize("line", ["title: '1.10'", 'owner: "no"', "title: Version 1.10", "owner: none-yet", "until:"])
def test_innocent_value(policy: Policy, line: str) -> None:
    document = read_document(f"---\nid: EMS-PRO-001\n{line}\n---\n".encode(), policy.reading)
    assert [problem for problem in document.problems if problem.kind in ("quotes", "unknown")] == []


def test_one_bad_row_does_not_hide_the_others(policy: Policy) -> None:
    text = "---\nrevisions:\n- {revision: 2, date: soon}\n- {revision: 1, date: 2025-12-01}\n---\n"
    document = read_document(text.encode(), policy.reading)
    assert [(p.line, p.column) for p in document.problems] == [(3, 17)]
    assert [row.revision for row in document.metadata.revisions] == [1]


def test_fields_of_a_foreign_handbook_are_read_and_found_where_they_stand() -> None:
    fields = (
        "fields: {owner: sheet.owner, approved_by: sheet.approver, revisions: sheet.rows, revisions.change: what}\n"
    )
    policy = load_policy((BASE / "ems.yml").read_bytes() + fields.encode())[0]
    sheet = "  owner: lead\n  approver: b.boss\n  rows:\n  - {revision: 1, date: , what: New}\n"
    text = f"---\nowner: not this\nsheet:\n{sheet}---\n"
    document = read_document(text.encode(), policy.reading)
    assert document.problems == []
    assert (document.metadata.owner, document.metadata.approved_by) == ("lead", ("b.boss",))
    assert [(row.revision, row.date, row.change) for row in document.metadata.revisions] == [(1, None, "New")]
    assert [document.line_of(key) for key in ("owner", "approved_by", "title")] == [(4, 3), (5, 3), (1, 1)]
