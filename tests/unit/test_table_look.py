"""What of a table a reader needs first, which columns fall away, how large a picture is: all read from the data."""

from __future__ import annotations

import struct

import pytest

from ems_control.documents.table_look import filled, first_columns
from ems_control.ground.formats.picture_size import picture_size
from ems_control.ground.formats.tables import Table
from ems_control.ground.markdown.markup import filled_table

WIDE = ["id", "kind", "score", "duty", "action", "met by", "because"]


def rows(*cells: str) -> list[list[str]]:
    return [[f"A-{number}", "water", str(number), f"duty {number}", *cells] for number in range(6)]


def test_three_columns_in_words_that_differ_stand_first() -> None:
    table = Table(WIDE, [[*row[:6], f"reason {n}"] for n, row in enumerate(rows("", "EMS-PRO-001", "x"))])
    assert [WIDE[at] for at in first_columns(table)] == ["id", "kind", "duty", "because"]


def test_a_narrow_table_is_shown_whole() -> None:
    assert first_columns(Table(WIDE[:5], [row[:5] for row in rows("x", "y", "z")])) == []
    assert first_columns(Table(WIDE, [])) == [0, 1, 2, 3]


def test_a_column_that_nobody_fills_falls_away_but_not_the_first() -> None:
    table = Table(["", "b", "c"], [["", "1", ""], ["", "", ""]])
    assert filled(table) == Table(["", "b"], [["", "1"], ["", ""]])
    assert filled(Table(["a", "b"], [])) == Table(["a", "b"], [])
    assert filled_table(["a", "b", "c"], [["1", " ", "x"]]) == "| a | c |\n| --- | --- |\n| 1 | x |\n"


JPEG = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc2\x00\x0b\x08" + struct.pack(">HH", 30, 40) + b"\x03" + bytes(9)


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR" + struct.pack(">II", 640, 480), (640, 480)),
        (b"GIF89a" + struct.pack("<HH", 7, 9), (7, 9)),
        (JPEG, (40, 30)),
        (b'<?xml version="1.0"?><svg xmlns="x" width="930" height="270">', (930, 270)),
        (b"<svg width='93.5px' height='20' viewBox='0 0 1 1'>", (93, 20)),
        (b'<svg viewBox="0 0 1060 685" role="img">', (1060, 685)),
        (b'<svg viewBox="0 0 24 24">', None),
        (b'<svg width="100%" viewBox="0 0 24 24">', None),
        (b'<svg width="10">', None),
        (b'<svg width="0" height="5">', None),
        (b'<svg width="99999999" height="5">', None),
        (b"\x89PNG\r\n\x1a\n", None),
        (JPEG[:12], None),
        (b"\xff\xd8\xff\xe0\x00\x00", None),
        (b"RIFF....WEBPVP8 ", None),
        (b"", None),
    ],
)
def test_a_picture_says_how_large_it_is_or_nothing(data: bytes, size: tuple[int, int] | None) -> None:
    assert picture_size(data) == size
