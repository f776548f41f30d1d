"""CSV files that a text shows: what spreadsheets write is read back."""

from __future__ import annotations

import csv
import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ems_control.ground.formats.tables import Table, read_table, table_link


@pytest.mark.parametrize(
    ("data", "columns", "rows"),
    [
        (b"", [], []),
        (b"\n\n", [], []),
        (b"id,place\n1,yard\n", ["id", "place"], [["1", "yard"]]),
        (b"id;place\n1;yard", ["id", "place"], [["1", "yard"]]),
        (b"\xef\xbb\xbfid;place\r\n1;yard\r\n", ["id", "place"], [["1", "yard"]]),
        (b"id,place\r1,yard\r", ["id", "place"], [["1", "yard"]]),
        (b"id\n1\n2\n", ["id"], [["1"], ["2"]]),
        (b"\n id , place \n\n 1 , yard \n , \n", ["id", "place"], [["1", "yard"]]),
        (b"id;limit\n1;5,5\n2;0,1", ["id", "limit"], [["1", "5,5"], ["2", "0,1"]]),
        (b'id,limit\n1,"5,5"\n', ["id", "limit"], [["1", "5,5"]]),
        (b'"id, number, name";place\n1;yard\n', ["id, number, name", "place"], [["1", "yard"]]),
        (b'id,says\n1,"he said ""no"""\n', ["id", "says"], [["1", 'he said "no"']]),
        (b'id,says\n1,"two\nlines"\n', ["id", "says"], [["1", "two\nlines"]]),
        (b'id,size\n1,5" pipe\n', ["id", "size"], [["1", '5" pipe']]),
        (b"id\tlimit\n1\t5,5; 6\n", ["id", "limit"], [["1", "5,5; 6"]]),
        (b"sep=;\nid;limit\n1;5,5\n", ["id", "limit"], [["1", "5,5"]]),
        (b"id,place,,\n1,yard,,\n", ["id", "place"], [["1", "yard"]]),
        ("id,ort\n1,U\u0308bung\n".encode(), ["id", "ort"], [["1", "Übung"]]),
    ],
)
def test_read(data: bytes, columns: list[str], rows: list[list[str]]) -> None:
    assert read_table(data) == Table(columns, rows)


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        (b"id,place\n\xff,yard\n", 2, "byte 0xff is not UTF-8 text"),
        ("id;Gr\u00f6\u00dfe\n".encode("utf-16"), 1, "is not UTF-8 text"),
        (b"id\0", 1, "a NUL byte"),
        (b"x" * 3_000_000, 0, "larger than 2 MB"),
        (b"id,place,owner\n1\n2,yard\n", 2, "line 2 has 1 cell, the head 3, cut at commas"),
        (b"id\n1,yard\n", 2, "line 2 has 2 cells, the head 1, cut at commas"),
        (b"Limits of 2026\n\nid;limit\n1;2,0\n", 4, "the head 1"),
        (b"a;b,c\n1;2,3\n", 1, "its columns can be told in two ways"),
        (b'id,text\n1,"' + b"long\n" * 1000, 1001, "a quote is opened and not closed"),
        (b"limit,limit\n1,2\n", 1, 'two columns are called "limit"'),
    ],
)
def test_what_cannot_be_read_surely_is_no_table_and_says_why(data: bytes, line: int, words: str) -> None:
    table = read_table(data)
    assert (table.columns, table.rows) == ([], [])
    assert table.problem is not None
    assert table.problem.line == line
    assert words in table.problem.message
    assert table.problem.fix


def test_the_limit_of_cells_is_as_before() -> None:
    before = csv.field_size_limit()
    read_table(b"id,place\n1,yard\n")
    assert csv.field_size_limit() == before


cells = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=8).map(
    lambda text: unicodedata.normalize("NFC", text.strip())
)
heads = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=8).map(
    lambda text: unicodedata.normalize("NFC", text)
)


@given(
    st.integers(2, 5).flatmap(
        lambda width: st.tuples(
            st.lists(heads, min_size=width, max_size=width, unique=True),
            st.lists(st.lists(cells, min_size=width, max_size=width).filter(any), max_size=4),
        )
    ),
    st.sampled_from([",", ";"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.booleans(),
)
def test_what_a_spreadsheet_writes_is_read_back(
    content: tuple[list[str], list[list[str]]], separator: str, end: str, quoting: int, bom: bool
) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator=end, quoting=quoting).writerows([content[0], *content[1]])  # type: ignore[arg-type]
    data = (b"\xef\xbb\xbf" if bom else b"") + out.getvalue().encode()
    assert read_table(data) == Table(*content)


@given(st.binary() | st.text().map(str.encode))
def test_every_row_is_as_long_as_the_head(data: bytes) -> None:
    table = read_table(data)
    assert all(len(row) == len(table.columns) for row in table.rows)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("[Aspects](aspects.csv){ .table }", ("Aspects", "aspects.csv")),
        ("[Aspects](../data/aspects.csv){.table}", ("Aspects", "../data/aspects.csv")),
        ("[](a.CSV){: .table } ", ("", "a.CSV")),
        ("[Aspects](aspects.csv)", None),
        ("[Aspects](aspects.csv){ .other }", None),
        ("[Aspects](aspects.xlsx){ .table }", None),
        ("See [Aspects](aspects.csv){ .table }", None),
        ("![Aspects](aspects.csv){ .table }", None),
        ('    [A](a.csv "Aspects"){ .wide .table columns="id place" blank=8 }', ("A", "a.csv")),
        ("> [A](a.csv){ .table }", ("A", "a.csv")),
        ("[A](a.csv){ .tables }", None),
    ],
)
def test_a_line_that_shows_a_table(line: str, found: tuple[str, str] | None) -> None:
    shown = table_link(line)
    assert (shown and (shown.text, shown.target)) == found
