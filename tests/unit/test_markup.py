"""Any text on its way into Markdown: the reader sees exactly its characters, and it makes no element."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import markdown
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ems_control.ground.markdown.markup import escape, link, table

EXTENSIONS = ["tables", "attr_list", "md_in_html", "def_list", "admonition", "footnotes", "toc", "fenced_code"]
CONTEXTS = {
    "alone": ("{}", ["p"]),
    "heading": ("## {}", ["h2"]),
    "heading with an id": ("## {} {{#x}}", ["h2"]),
    "link": ("[{}](x.md)", ["p", "a"]),
    "cell": ("| a |\n| --- |\n| {} |", ["table", "thead", "tr", "th", "tbody", "tr", "td"]),
    "item": ("-   {}", ["ul", "li"]),
    "details": ('<details markdown="1"><summary>{}</summary></details>', ["details", "summary"]),
    "second line": ("a\n{}\nb", ["p"]),
    "after bold": ("**a** {}", ["p", "strong"]),
}
_UNPRINTED = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffd]|[\ufffe\uffff]")

MARKS = [
    "*", "**", "_", "`", "```", "~~~", "[", "]", "(", ")", "<", ">", "&", "&amp;", "&#60;", "\\", "|", "#", "{", "}",
    "!", "---", "===", "- ", "1. ", "1)", "+ ", ": ", "!!! note", "[^1]", "[x]: y", "http://x.org", "a@b.org", "://",
    ":smile:", "<script>", "</td>", "<!--", "-->", "{{ x }}", "{% x %}", "[a](b.md)", "![a](b)", "{#id}", "{.x}",
    "...", "(c)", "    ", "\n", "\n\n", "\t", "\x02", "\x03", "\u200b", "é", "“", "a", "1", ".", " ", "=", "^", "~",
    "==", "++", "$x$", "*[A]: b",
]  # fmt: skip
marks = st.sampled_from(MARKS)
texts = st.text() | st.lists(marks | st.text(max_size=3), max_size=6).map("".join)


class Shown(HTMLParser):
    """The elements of a page and its text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.text = ""
        self.targets: list[str] = []
        self.feed(markdown.Markdown(extensions=EXTENSIONS).convert(source))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.targets += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data


def seen(text: str) -> str:
    """A text as a page can show it: on one line, without what no browser prints."""
    return " ".join(_UNPRINTED.sub("", " ".join(text.split())).split())


@pytest.mark.parametrize("context", CONTEXTS)
@given(text=texts)
@settings(max_examples=150)
def test_every_text_is_shown_as_it_is_and_makes_no_element(context: str, text: str) -> None:
    frame, elements = CONTEXTS[context]
    assume(seen(text))
    shown = Shown(frame.format(escape(text)))
    assert shown.elements == elements
    assert seen(shown.text) == seen(Shown(frame.format("QQ")).text.replace("QQ", f" {text} "))
    assert "\n" not in escape(text)


@given(st.lists(texts, min_size=1, max_size=4), st.lists(texts, min_size=1, max_size=4))
def test_a_table_keeps_its_columns(head: list[str], row: list[str]) -> None:
    row = (row + ["x"] * len(head))[: len(head)]
    shown = Shown(table([escape(cell) or "h" for cell in head], [[escape(cell) for cell in row]]))
    assert shown.elements.count("td") == shown.elements.count("th") == len(head)


@given(texts)
def test_a_link_leads_where_we_said(text: str) -> None:
    assert Shown(link(text or "x", "a/b.md#c")).targets == ["a/b.md#c"]


@pytest.mark.parametrize(
    "text", ["Waste water", "0.5 mg/l", "H. Okafor", "5,5 – 8", "(old)", "2026-03-01", "Ünal", "a/b"]
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert escape(text) == text


@pytest.mark.parametrize("value", [3, None, 1.5])
def test_other_values_are_shown_as_text(value: object) -> None:
    assert escape(value) == str(value)
