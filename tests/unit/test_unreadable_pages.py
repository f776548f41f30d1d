"""Files that are no text: reported once, and the documents around them stay as they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ems_control.handbook.loading import load
from ems_control.rules.book import run
from tests.examples import AS_OF

HEAD = b"---\nid: EMS-PRO-002\ntitle: Roof drains\n---\n"


@pytest.mark.parametrize(
    ("data", "message", "line"),
    [
        (HEAD + b"H\xf6fe\n", "byte 0xf6 is not UTF-8 text", 5),
        (HEAD + b"\0\n", "a NUL byte: this is not a text file", 5),
        (HEAD + b"Words. " * 7_200_000, "the file is larger than 2 MB, and nobody can review such a document", 0),
    ],
    ids=["latin-1", "nul", "50-mb"],
)
@pytest.mark.parametrize("known", [False, True], ids=["new", "known"])
def test_a_page_that_is_no_text(
    handbook: Callable[[str], Path], data: bytes, message: str, line: int, known: bool
) -> None:
    root = handbook("docs/procedures/EMS-PRO-002.md\n  title: Roof drains\ncommit" if known else "commit")
    (root / "docs/procedures/EMS-PRO-002.md").write_bytes(data)
    with load(root, AS_OF, working_tree=True) as book:
        found = run(book)
    assert [(f.rule, f.line, f.message) for f in found] == [("EMS102", line, message)]
