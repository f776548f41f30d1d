"""Reading takes time in proportion to length, whatever letters somebody chose: no page of 12 kB stops the check."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

import pytest

from ems_control.documents.reading import read_document
from ems_control.ground.formats import digest, frontmatter, tables
from ems_control.ground.git.trailers import co_authors
from ems_control.ground.markdown import blocks, outline
from ems_control.ground.markdown.markup import escape
from ems_control.ground.organisation.policy import load_policy
from tests.examples import BASE

POLICY = load_policy((BASE / "ems.yml").read_bytes())[0]

SIZE = 40_000
INSTANT = 0.15
"""CPU seconds below which a time is not looked at: what grows with the square takes far longer for 80 kB."""


def growing(mark: str) -> Callable[[int], str]:
    """Runs of a mark, each one longer than the one before."""
    return lambda size: "".join("a" + mark * n for n in range(1, int((2 * size) ** 0.5)))[:size]


def fences(size: int) -> str:
    """Fences that nothing closes, all of another length."""
    return "".join("~" * n + "\n" for n in range(3, int((2 * size) ** 0.5)))


def indented(size: int) -> str:
    """Lines that each begin further right."""
    return "".join(" " * n + "a\n" for n in range(int((2 * size) ** 0.5)))


GROWING: dict[str, Callable[[int], str]] = {
    "backticks": growing("`"),
    "tildes": growing("~"),
    "stars": growing("*"),
    "fences": fences,
    "indented": indented,
    "a table of one row": lambda size: "|a|\n|-|\n" + "`|` " * (size // 4),
    "a table of code": lambda size: "|a|\n|-|\n" + "`|" * (size // 2),
    "a table's line": lambda size: "a|\n" + "|- " * (size // 3) + "x",
    "a heading of brackets": lambda size: "# " + "[" * size,
    "a heading of code": lambda size: "# " + "`a" * (size // 2),
    "a heading of braces": lambda size: "#" + " {a" * (size // 3),
    "a heading's blanks": lambda size: "# a" + " " * size + "{",
    "a target of blanks": lambda size: "[a](" + " " * size,
    "a definition of quotes": lambda size: "[a]: " + '"' * size + " x",
    "quote marks": lambda size: "> " * (size // 2) + "a",
    "items in items": lambda size: "- " * (size // 2) + "a",
    "a style sheet": lambda size: "<style>" + "url(" * (size // 4) + "</style>",
}
"""The worst letters that are not one word again and again."""
AGAIN = [
    *"`[]<>{}(|#*_=~-:\\&!\n\t ",
    "``a`", "[a](", "[a]( ", "[](", "![a][", "[a][", "[^a]", "[^a]:\n", "<!--", "`<!--", "<!-- -->",
    "`<!-- -->` ", "<a ", "<a b='", '<a "', "<a id", "<style>", "<a href=", "```\n~~~\n", "``` a\n", "{ id=",
    "# a {#b} {", "# a\n", "## a_1\n\n", "a\n===\n", "-\n", "> \n", "- ", "1. ", "[a]: b\n", "[a]:\n",
    '[a]: b "\n', "[a]: b (", "\\`", "\\\\`", '[a](b "', "[a](<", "[a](\\", "!!! a\n", ":   a\n", "a\n",
    "%41.", "../", ".a ", '--8<-- "a"\n', "co-authored-by: a <\n", "Co-authored-by: a\n ", "[`<!--](\"{>#-|",
    '"', "'", ",", ";", "a: [", "- {", "? ", "a: \"\\u200b\"\n", "a: b\n",
]  # fmt: skip
WORST = GROWING | {repr(word): (lambda size, word=word: word * (size // len(word))) for word in AGAIN}  # type: ignore[misc]

READERS: dict[str, Callable[[str], object]] = {
    "code": lambda text: blocks.without_code(blocks.visible(text)),
    "lines of code": blocks.code_lines,
    "anchors": outline.anchors,
    "links": outline.links,
    "prose": lambda text: list(outline.prose(text)),
    "relink": lambda text: outline.relink(text, lambda _: "b"),
    "plain": outline.plain,
    "attachments": lambda text: digest.find_attachments(text, "docs/a.md", "docs", lambda _: None, lambda _: b""),
    "escape": escape,
    "hidden characters": lambda text: list(frontmatter.hidden_characters(text)),
    "front matter": lambda text: frontmatter.read(f"---\n{text}\n---\n"),
    "document": lambda text: read_document(f"---\nid: EMS-PRO-001\n{text}\n---\n".encode(), POLICY).problems,
    "table": lambda text: tables.read_table(text.encode()),
    "co-authors": lambda text: co_authors(f"Step\n\n{text}"),
}


def seconds(read: Callable[[str], object], text: str, times: int) -> float:
    """The best CPU time of several, without the search for garbage of all that was read before."""
    found = []
    gc.disable()
    try:
        for _ in range(times):
            begin = time.process_time()
            read(text)
            found.append(time.process_time() - begin)
    finally:
        gc.enable()
    return min(found)


def growth(read: Callable[[str], object], letters: Callable[[int], str]) -> float:
    """How much more time twice the letters take; half of what four times take says the same, with less noise."""
    once = seconds(read, letters(SIZE), 5)
    return min(seconds(read, letters(2 * SIZE), 5) / once, seconds(read, letters(4 * SIZE), 3) / once / 2)


@pytest.mark.parametrize("reader", READERS)
def test_twice_the_letters_take_twice_the_time(reader: str) -> None:
    read = READERS[reader]
    slow = {}
    for name, letters in WORST.items():
        long = seconds(read, letters(2 * SIZE), 1)
        if long > INSTANT and long > 2.2 * seconds(read, letters(SIZE), 1):
            slow[name] = min(growth(read, letters) for _ in range(3))
    assert {name: round(factor, 1) for name, factor in slow.items() if factor > 2.5} == {}
