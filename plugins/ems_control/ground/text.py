"""From the bytes of a file to the text that counts (specification, Reading a file)."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

from ems_control.ground.errors import Problem

MAX_BYTES = 2_000_000
"""A document larger than this is refused: no person can review it, and reading it would stop the check."""

MARKDOWN_SUFFIXES = (".md", ".markdown", ".mdown", ".mkdn", ".mkd")


def is_markdown(path: str) -> bool:
    """Whether a path names a Markdown file, by the suffixes that MkDocs knows."""
    return path.lower().endswith(MARKDOWN_SUFFIXES)


def normalise_lines(data: bytes) -> bytes:
    """CRLF and CR to LF, unless the bytes hold a NUL and so are no text."""
    return data if b"\0" in data else data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def decode(data: bytes) -> tuple[str, list[Problem]]:
    """UTF-8 without BOM, line ends to LF, NFC; with the reasons where that was not possible.

    Where it was not, the text is empty, so that nothing half-read is taken for a document.
    """
    if len(data) > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES // 1_000_000} MB, and nobody can review such a document"
        return "", [Problem(0, 0, "too-large", message, "Move pictures and data into files of their own.")]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{data[error.start]:02x} is not UTF-8 text"
        return "", [Problem(line, 1, "not-text", message, "Save the file as UTF-8.")]
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        return "", [Problem(line, 1, "not-text", "a NUL byte: this is not a text file", "Save the file as UTF-8.")]
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", text), []


def day_of(text: str) -> date | None:
    """The day of the calendar that a text writes as 2026-03-01; None where it writes none."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def number_of(text: str) -> int | None:
    """The whole number that a text writes in at most nine digits; None where it writes none."""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def as_day(value: str) -> str:
    """How a value that is no day is to be written: the day that is surely meant, else the form of a day."""
    meant = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", value.strip())
    if meant:
        try:
            return date(int(meant[3]), int(meant[2]), int(meant[1])).isoformat()
        except ValueError:
            pass
    return "YYYY-MM-DD, year, month and day"


def day_after(day: date) -> date:
    """The next day; the last day that there is has none."""
    return min(day, date.max - timedelta(days=1)) + timedelta(days=1)


def counted(number: int, one: str, several: str, **places: object) -> str:
    """`1 day` or `2 days`: the form that fits, its place `number` and any others filled in."""
    return (one if number == 1 else several).format(number=number, **places)


def one_line(text: str) -> str:
    """Text without control characters, so that nothing in a document can steer a terminal or a CI log."""
    return text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)


def log_safe(line: str) -> str:
    """A line that no CI takes for a command of its own: neither `::…` at its start nor `##[` anywhere in it."""
    return re.sub(r"^(\s*):(?=:)", r"\1: ", line.replace("##[", "## ["))
