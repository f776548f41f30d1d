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
        (b"id,place,owner\n1\n2,yard\n", ["id", "place", "owner"], [["1", "", ""], ["2", "yard", ""]]),
        (b"id\n1,yard\n", ["id", ""], [["1", "yard"]]),
        ("id,ort\n1,U\u0308bung\n".encode(), ["id", "ort"], [["1", "Übung"]]),
    ],
)
def test_read(data: bytes, columns: list[str], rows: list[list[str]]) -> None:
    assert read_table(data) == Table(columns, rows)


@pytest.mark.parametrize("data", [b"id,place\n\xff,yard\n", b"id\0", b"x" * 3_000_000])
def test_what_is_no_text_is_an_empty_table(data: bytes) -> None:
    assert read_table(data) == Table([], [])


def test_a_quote_that_does_not_end_stops_nothing() -> None:
    assert read_table(b'id,text\n1,"' + b"long\n" * 100_000).columns == ["id", "text"]


cells = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=8).map(
    lambda text: unicodedata.normalize("NFC", text.strip())
)
heads = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=8).map(
    lambda text: unicodedata.normalize("NFC", text)
)


@given(
    st.integers(2, 5).flatmap(
        lambda width: st.tuples(
            st.lists(heads, min_size=width, max_size=width),
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
    ],
)
def test_a_line_that_shows_a_table(line: str, found: tuple[str, str] | None) -> None:
    assert table_link(line) == found
