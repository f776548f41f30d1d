"""The content digest `ems-content/1` against the second implementation that stands beside the specification."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ems_control.documents.reading import read_document
from ems_control.ground.formats.digest import find_attachments, inside
from ems_control.ground.organisation.policy import Policy, load_policy
from ems_control.ground.text import normalise_lines
from tests.examples import BASE, git, make
from tests.running import ems
from tests.stranger import digests

NOT_SEALED = ["status", "approved_by", "approved_on", "review_by", "clauses", "distribution", "tags"]
DOCUMENT = "docs/procedures/EMS-PRO-001.md"
FILES = {
    "docs/procedures/drain.png": b"\x89PNG\r\n\x00\r\n",
    "docs/procedures/drain v2.png": b"\x89PNG\r\n\x00v2",
    "docs/procedures/plan.csv": b"id;place\r\n1;yard\r\n",
    "docs/procedures/\u00fcbersicht.png": b"\x00\xfc",
    "docs/procedures/v1.2": b"no suffix",
    "docs/procedures/a+b@c~d.png": b"odd",
    "docs/procedures/.hidden": b"hidden",
    "docs/procedures/other.md": b"# Other",
    "docs/procedures/EMS-PRO-001/inner.png": b"\x00inner",
    "docs/procedures/EMS-PRO-001/plan.csv": b"id,place\n",
    "docs/img/site.svg": b"<svg/>\r",
    "docs/img/nested/deep.pdf": b"%PDF\x00",
    "docs/plan.csv": b"id\n",
    "docs/parts/contacts.md": "Call the gate: see [plan](plan.csv) and \u00fcbersicht.png\r\n".encode(),
    "docs/parts/more.txt": b'--8<-- "parts/loop.md"\n\n![](img/site.svg)\n',
    "docs/parts/loop.md": b'--8<-- "parts/more.txt"\n[d](img/nested/deep.pdf)\n',
    "outside.png": b"outside",
}


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy((BASE / "ems.yml").read_bytes())[0]


# --- the second implementation --------------------------------------------------------------------------------


def by_the_book(data: bytes, path: str = DOCUMENT, files: Mapping[str, bytes] = FILES) -> str:
    """The digest that the specification's own little program computes."""
    found: str = digests.content_digest({**files, path: data}, path)
    return found


def below(top: Path) -> dict[str, bytes]:
    """The files of a handbook."""
    found = (path for path in top.rglob("*") if path.is_file() and ".git" not in path.relative_to(top).parts)
    return {path.relative_to(top).as_posix(): path.read_bytes() for path in found}


# --- the product ----------------------------------------------------------------------------------------------


def digest(data: bytes, policy: Policy, files: Mapping[str, bytes] = FILES, path: str = DOCUMENT) -> str:
    """The digest of a document among these files; a file's path serves as the name of its blob."""
    document = read_document(data, policy.reading)
    found = find_attachments(
        document.body, path, "docs", lambda target: target if target in files else None, files.__getitem__
    )
    return document.digest(
        "ems-content/1", [(a.name, hashlib.sha256(normalise_lines(files[a.blob])).hexdigest()) for a in found]
    )


# --- generated documents --------------------------------------------------------------------------------------

plain_text = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"]))
scalars = plain_text | st.sampled_from(
    ["", "1.10", "no", "~", "0x1F", "2026-03-01", "a: b", "# x", "- x", "é", "e\u0301", "<<", "\ufb01"]
)
keys = st.sampled_from(["id", "title", "revision", "owner", "effective", "e\u0301", "1", *NOT_SEALED]) | plain_text
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=6
)
metadata = st.dictionaries(keys, values, max_size=6)
styles = st.fixed_dictionaries(
    {
        "default_style": st.sampled_from([None, '"', "'"]),
        "default_flow_style": st.booleans(),
        "allow_unicode": st.booleans(),
        "sort_keys": st.booleans(),
        "width": st.integers(20, 200),
    }
)

names = st.sampled_from(
    [os.path.relpath(name, "docs/procedures") for name in FILES] + [n[5:] for n in FILES] + list(FILES)
)


@st.composite
def words(draw: st.DrawFn) -> str:
    """A word that names a file, spelled in one of the ways that a browser or Markdown would undo."""
    name = draw(names)
    spelling = draw(st.sampled_from(["as is", "percent", "all percent", "backslash", "decomposed", "dotted", "rooted"]))
    if spelling == "percent":
        return quote(name)
    if spelling == "all percent":
        return "".join(f"%{byte:02x}" for byte in name.encode())
    if spelling == "backslash":
        return name.replace(".", "\\.").replace("%", "%\\")
    if spelling == "decomposed":
        return unicodedata.normalize("NFD", name)
    return {"dotted": f"./x/../{name}", "rooted": f"/{name}"}.get(spelling, name)


frames = st.sampled_from(
    [
        "{}", "![x]({})", "[x](<{}> 'title')", '<img src="{}">', "<img src={}>", "[ref]: {}", "`{}`", "| a | {} |",
        '--8<-- "{}"', '--8<-- "{}" \t', ' --8<-- "{}"', "--8<-- '{}'", "    {}", "{}.", "see {}, or {}#part?x=1",
        "[Plan]({}){{ .table }}", "*{}*", "**{}**", "{}\\", "%{}", "<!-- {} -->", "&quot;{}&quot;", "\u00a0{}\u2003",
    ]
)  # fmt: skip
lines = st.builds(lambda frame, word: frame.replace("{}", word), frames, words()) | plain_text | st.just("")
includes = st.sampled_from([name for name in FILES if name.startswith("docs/parts")]).map(
    lambda name: f'--8<-- "{name[5:]}"'
)
bodies = st.lists(lines | includes, max_size=8).map("\n".join)
line_ends = st.sampled_from(["\n", "\r\n", "\r"])


def written(data: dict[str, Any], body: str, style: dict[str, Any], end: str = "\n", bom: bool = False) -> bytes:
    """A file with this front matter, in one of YAML's spellings."""
    head = yaml.dump(data, **style) if data else ""
    assume("\n---\n" not in "\n" + head)
    text = f"---\n{head}---\n{body}"
    return ("\ufeff" if bom else "").encode() + text.replace("\n", end).encode()


def sound(data: bytes, policy: Policy) -> bool:
    """Whether the front matter has none of the features that are refused, so that both readers see the same."""
    document = read_document(data, policy.reading)
    return document.tree is not None and not {p.kind for p in document.unreadable} & {
        "feature",
        "duplicate",
        "unreadable",
    }


@given(metadata, bodies, styles, line_ends, st.booleans())
@settings(max_examples=300)
def test_agrees_with_the_second_implementation(
    policy: Policy, data: dict[str, Any], body: str, style: dict[str, Any], end: str, bom: bool
) -> None:
    file = written(data, body, style, end, bom)
    assume(sound(file, policy))
    assert digest(file, policy) == by_the_book(file)


@given(bodies)
def test_agrees_where_there_is_no_front_matter(policy: Policy, body: str) -> None:
    assume(not body.startswith("---"))
    assert digest(body.encode(), policy) == by_the_book(body.encode())


@given(st.lists(words(), min_size=1, max_size=6), st.sampled_from(["x.md", "img/x.md", "a/b/c/x.md", "img/nested.md"]))
def test_agrees_wherever_the_document_lies(policy: Policy, found: list[str], path: str) -> None:
    body = "\n".join(found).encode()
    assert digest(body, policy, path=f"docs/{path}") == by_the_book(body, f"docs/{path}")


# --- what counts and what does not ----------------------------------------------------------------------------


def composed(value: Any) -> Any:
    """The same value in NFC: an escape that YAML undoes later is not composed with the file."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [composed(item) for item in value]
    return {composed(key): composed(item) for key, item in value.items()}


sealed = st.dictionaries(keys.filter(lambda key: key not in NOT_SEALED), values, min_size=1, max_size=5).map(composed)
claims = st.dictionaries(st.sampled_from(NOT_SEALED), values, max_size=4)


@given(sealed, claims, claims, bodies, styles, styles, line_ends, st.randoms(use_true_random=False), st.integers(0, 3))
def test_claims_spelling_order_comments_and_line_ends_do_not_count(
    policy: Policy,
    data: dict[str, Any],
    before: dict[str, Any],
    after: dict[str, Any],
    body: str,
    one: dict[str, Any],
    other: dict[str, Any],
    end: str,
    random: Any,
    empty: int,
) -> None:
    first = written(data | before, body, one)
    pairs = list((data | after).items())
    random.shuffle(pairs)
    head = "# a comment\n" + yaml.dump(dict(pairs), **(other | {"sort_keys": False})) + "# another\n"
    assume("\n---\n" not in "\n" + head)
    text = "\ufeff---\n" + head + "---\n" + "\n" * empty + body + "\n" * empty
    second = unicodedata.normalize("NFD", text).replace("\n", end).encode()
    assume(sound(first, policy) and sound(second, policy))
    assert digest(first, policy) == digest(second, policy)


def changed(value: Any) -> Any:
    """The same value with one more letter, item or key."""
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, list):
        return [*value, "x"]
    return {**value, "xx": "x"}


@given(sealed, bodies, styles, st.data())
def test_every_other_key_counts(
    policy: Policy, data: dict[str, Any], body: str, style: dict[str, Any], choice: st.DataObject
) -> None:
    key = choice.draw(st.sampled_from(sorted(data)))
    changes = [data | {key: changed(data[key])}, {k: v for k, v in data.items() if k != key}, data | {"new key": ""}]
    files = [written(version, body, style) for version in [data, *changes]]
    assume(all(sound(file, policy) for file in files))
    assume("new key" not in data)
    assert digest(files[0], policy) not in {digest(file, policy) for file in files[1:]}


@given(bodies, st.integers(min_value=0), plain_text.filter(bool))
def test_every_change_of_the_body_counts(policy: Policy, body: str, place: int, more: str) -> None:
    body = f"start {body} end"
    place = 1 + place % (len(body) - 1)
    after = body[:place] + more + body[place:]
    assume(unicodedata.normalize("NFC", after) != unicodedata.normalize("NFC", body))
    assert digest(body.encode(), policy) != digest(after.encode(), policy)


SHOWN = sorted(name for name in FILES if name.startswith("docs/") and name != "docs/procedures/other.md")
SHOWS_ALL = (
    "drain.png drain%20v2.png plan.csv übersicht.png v1.2 a+b@c~d.png .hidden inner.png img/site.svg\n"
    '--8<-- "parts/contacts.md"\n--8<-- "parts/more.txt"\n'
).encode()


@pytest.mark.parametrize("name", SHOWN)
def test_every_file_that_is_shown_counts(policy: Policy, name: str) -> None:
    whole = digest(SHOWS_ALL, policy)
    assert digest(SHOWS_ALL, policy, FILES | {name: FILES[name] + b"."}) != whole
    assert digest(SHOWS_ALL, policy, {n: d for n, d in FILES.items() if n != name}) != whole


@pytest.mark.parametrize("name", ["docs/procedures/other.md", "outside.png"])
def test_other_files_do_not_count(policy: Policy, name: str) -> None:
    body = SHOWS_ALL + b"other.md ../procedures/other.md ../../outside.png"
    assert digest(body, policy) == digest(body, policy, FILES | {name: b"changed"})


@pytest.mark.parametrize(("name", "counts"), [("docs/procedures/plan.csv", False), ("docs/procedures/drain.png", True)])
def test_line_ends_of_a_file_count_only_where_it_holds_nul(policy: Policy, name: str, counts: bool) -> None:
    other = FILES | {name: FILES[name].replace(b"\r\n", b"\n")}
    assert (digest(SHOWS_ALL, policy) != digest(SHOWS_ALL, policy, other)) is counts


@pytest.mark.parametrize(
    ("word", "target"),
    [
        ("../x.png", "docs/x.png"),
        ("../../docs/x.png", "docs/x.png"),
        ("../../docs2/x.png", None),
        ("../../x.png", None),
        ("../../../x.png", None),
        ("../..", None),
    ],
)
def test_what_lies_inside_the_folder_of_texts(word: str, target: str | None) -> None:
    """A folder whose name begins alike is another folder."""
    assert inside("docs", "docs/procedures", word) == target


def test_names_of_a_foreign_handbook_are_claims_too() -> None:
    text = (BASE / "ems.yml").read_text(encoding="utf-8") + "fields: {approved_by: sheet.approver, clauses: norms}\n"
    foreign = load_policy(text.encode())[0]
    versions = [
        b"---\nsheet: {approver: X, reference: A}\nnorms: [a]\n---\nText",
        b"---\nsheet: {approver: Y, reference: A}\n---\nText",
        b"---\nsheet: {approver: X, reference: B}\n---\nText",
    ]
    first, claim, content = (digest(version, foreign) for version in versions)
    assert first == claim
    assert first != content


# --- fixed vectors: the method can never change silently ------------------------------------------------------

VECTORS = {
    "nothing": (b"", "3847a3116bf7d4356ec6e50753c37454cc775db9458c075c72d0a42f64d00ad8"),
    "a body": (b"Close the valve.\n", "535f2506b7968e4cb483a577af99af1865526a30996cb49c6cb4ead75e91fb76"),
    "front matter": (
        b"---\nid: EMS-PRO-001\nrevision: 1.10\nstatus: submitted\nclauses: [iso-14001:2026/8.1]\n"
        b"effective: 2026-03-01\nuntil:\nlisted: [no, ~, '1']\nrows:\n"
        b'  - {revision: 1, change: "First: \\u00fc"}\n---\n\n\nClose the valve.\n\n',
        "3d8e1a762d07902342337b72010105b4d9c3d6ed27b4fe4c2d998b56523a3208",
    ),
    "BOM, CRLF, decomposed": (
        b"\xef\xbb\xbf---\r\ntitle: U\xcc\x88bung\r\n---\r\n\r\nU\xcc\x88bung\r\n",
        "27cb15eb6c92c9e69e61743c06a2a53994efe8c18f2cae40ef83742ddb03d82b",
    ),
    "attachments": (SHOWS_ALL, "3165c83dbf32b3f50d583ae8f8bbf89ec3226498e958e9cbb2482818ccb1ca89"),
    "no end of the front matter": (
        b"---\ntitle: x\n",
        "fd441b86a3a8ef8194ea7c00a2d2fbed2d2fdc8497bba1fb275ed92d84b324ba",
    ),
}


@pytest.mark.parametrize("name", VECTORS)
def test_fixed_vectors(policy: Policy, name: str) -> None:
    data, expected = VECTORS[name]
    assert digest(data, policy) == "sha256:" + expected
    assert by_the_book(data) == "sha256:" + expected


# --- on a real repository -------------------------------------------------------------------------------------


def test_the_register_prints_the_digest_of_what_is_in_force(tmp_path: Path) -> None:
    make(tmp_path, "docs/img/v3.png\n  = picture\ndocs/procedures/EMS-PRO-001.md\n  > ![Valve](../img/v3.png)")
    git(tmp_path, "clone", "-q", ".", "copy")
    before = by_the_book((tmp_path / DOCUMENT).read_bytes(), files=below(tmp_path))
    (tmp_path / "docs/img/v3.png").write_bytes(b"uncommitted")
    (tmp_path / DOCUMENT).write_bytes(b"uncommitted")
    for root in (tmp_path, tmp_path / "copy"):
        rows = ems(root, "register", "--format", "json").json["documents"]
        assert [row["digest"] for row in rows] == [before]


def test_a_hidden_file_that_is_shown_stays_sealed(tmp_path: Path) -> None:
    make(tmp_path, "docs/procedures/.v3.txt\n  = three\ndocs/procedures/EMS-PRO-001.md\n  > Close valve .v3.txt first.")
    [row] = ems(tmp_path, "register", "--format", "json").json["documents"]
    assert row["digest"] == by_the_book((tmp_path / DOCUMENT).read_bytes(), files=below(tmp_path))
    assert not [finding for finding in ems(tmp_path, "check", "--format", "json").findings if finding[0] == "EMS203"]
