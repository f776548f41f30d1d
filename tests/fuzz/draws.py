"""What goes wrong with files: good ones cut off, stitched wrongly, and with odd values in them; and a limit of time."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis import strategies as st

ODD = [
    *(b"\\ud800", b'"\\ud800"', b'"\\udfff\\ud800"', b"\xed\xa0\x80", b"\xff", b"\xc3", b"\xef\xbb\xbf"),
    b"\xf4\x8f\xbf\xbf",
    *(b"\0", b"\\u0000", b'"\\u0000"', b'"\\0"', b"\x1b[2J", b"\r", b"\n", b"\n\n", b"\x0b", b"\x85", b"\t", b"    "),
    *("\u2028\u202e\u200b\u0130ß𝟙٣".encode(), "e\u0301\u1100\u1161".encode(), b"\xc2\xad", b"\xe2\x80\x8b"),
    *(b"[" * 30, b"[" * 5000, b"{" * 5000, b'{"a":' * 5000, b"- " * 3000, b"((" * 3000, b"> " * 3000, b"`" * 3000),
    *(b"0", b"-1", b"1", b"1.10", b"9" * 25, b"9" * 4000, b"9" * 5000, b"1e999", b"-1e999", b"NaN", b"Infinity", b"0x"),
    *(b"1_000", b"0b", b"190:20:30.15", b"1:" * 3000, b"true", b"null", b"~", b"[]", b"{}", b"[a]"),
    *(b"{a: [b]}", b'""', b"''", b'"', b"'"),
    *(b"0000-00-00", b"0001-01-01", b"1969-12-31", b"2026-02-30", b"9999-12-31", b"10000-01-01", b"2026-13-99"),
    *(b"0001-01-01T00:00:00Z", b"9999-12-31T23:59:59-23:59", b"2026-01-01T24:00:00Z", b"2026-01-01T00:00:00"),
    *(b'"0001-01-01T00:00:00Z"', b'"9999-12-31T23:59:59-14:00"', b'"2026-01-01T00:00:00+99:99"'),
    *(b"&a [*a]", b"&a {b: *a}", b"*a", b"? [a]", b"<<: {a: b}", b"!!int ''", b"!!float ''", b"!!bool x", b"!!null x"),
    *(b"!!timestamp x", b"!!binary \xff", b"!!set [a]", b"!!omap {a: b}", b"!!pairs x", b"!x y"),
    b"!!python/name:os.system",
    *(b"!!python/object/apply:os.system [ls]", b"!!python/object/apply:a.b {kwds: {c: d}}", b"!!map x", b"!!seq x"),
    *(b"---\n", b"\n---\n", b"\n...\n", b"%YAML 9.9\n---\n", b": ", b" #", b"# ", b"|", b">", b"<b>"),
    *(b"<!--", b"](", b"{{"),
    *(b"../../../etc/passwd", b"/", b".", b"..", b"a/" * 3000, b"%00", b"%ff", b"\\", b"https://["),
    *(b"//[::1", b"file:///x"),
    *(b"sep=;\n", b"sep=\n", b'","', b";", b",,,,", b"=cmd()", b"(a+)+$", b"[z-a]", b"**" * 200, b"*" * 60),
]  # fmt: skip
"""Pieces of a kind that ends programs: half characters, NUL, depth, huge numbers, days that are none."""

BOMB = b"\n".join(b"x%d: &a%d [%s]" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9 if n else [b"lol"])) for n in range(9))
"""Few lines of YAML that are a thousand million words where aliases are followed."""
SECONDS = 20


class _Hang(BaseException):
    """Too long; no handler of errors takes it for its own."""


@contextmanager
def in_time(seconds: float = SECONDS) -> Iterator[None]:
    """End what takes more than so many seconds of this process's own time, however loaded the machine is."""

    def ring(*_: Any) -> None:
        raise _Hang(f"more than {seconds} s")

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _edits(draw: Callable[[Any], Any], data: bytes, odd: list[bytes]) -> bytes:
    piece = draw(st.one_of(st.sampled_from(odd), st.binary(max_size=8)))
    kind = draw(st.sampled_from(["value", "value", "value", "key", "insert", "replace", "cut", "delete", "repeat"]))
    if kind in ("value", "key"):
        places = list(re.finditer(rb"(?<=: )[^\n]*?(?=,?\n|,?$)" if kind == "value" else rb"[\w.]+\"?(?=:)", data))
        if places:
            found = places[draw(st.integers(0, len(places) - 1))]
            return data[: found.start()] + piece + data[found.end() :]
    start = draw(st.integers(0, len(data)))
    end = min(len(data), start + draw(st.integers(0, 60)))
    if kind == "cut":
        return data[:start]
    if kind == "delete":
        return data[:start] + data[end:]
    if kind == "repeat":
        return data[:end] + data[start:]
    return data[:start] + piece + data[end if kind == "replace" else start :]


@st.composite
def broken(draw: Callable[[Any], Any], *goods: bytes, odd: tuple[bytes, ...] = ()) -> bytes:
    """A good input with one to three things wrong with it; now and then nothing but noise."""
    if draw(st.integers(0, 19)) == 0:
        return b"".join(draw(st.lists(st.one_of(st.sampled_from(ODD), st.binary(max_size=20)), max_size=5)))
    data: bytes = draw(st.sampled_from(goods))
    for _ in range(draw(st.integers(1, 3))):
        data = _edits(draw, data, [*ODD, *odd])
    return data
