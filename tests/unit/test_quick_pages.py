"""Pages that are made with fewer questions are the pages of the library; words that are left out hide nothing."""

from __future__ import annotations

import os

import markdown
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ems_control.ground.markdown.active import active_content
from ems_control.ground.markdown.extensions import OURS, Extensions
from ems_control.ground.markdown.plain_words import without_words, words_blanked
from ems_control.ground.markdown.structure import differences

MANY = 150 * (1 + 9 * (os.environ.get("EMS_HYPOTHESIS") == "explore"))
MORE = ("abbr", "smarty", "nl2br", "pymdownx.details", "pymdownx.superfences", "pymdownx.tabbed", "pymdownx.tasklist")
OTHER = ("pymdownx.magiclink", "pymdownx.blocks.html", "pymdownx.betterem", "pymdownx.fancylists", "pymdownx.tilde")
SETS = {
    "ours": Extensions(),
    "more": Extensions((*OURS, *MORE), {"toc": {"permalink": True}, "pymdownx.tabbed": {"alternate_style": True}}),
    "other": Extensions((*OURS, *OTHER), {"toc": {"anchorlink": True, "baselevel": 2, "marker": "Words alone."}}),
}
PAGES = {name: one.renderer() for name, one in SETS.items()}
PLAIN = {
    name: markdown.Markdown(extensions=list(one.names), extension_configs=one.loaded()) for name, one in SETS.items()
}
WORDS = ("Words alone.", "More of them; at most 8.5 mg/l (daily).", "Two lines\nof words.", "Größe – „so“, 5 °C")
HEADINGS = ("## Drains {#drains}", "# Top", "## A *b* `c` & d", "#close", "## Drains {#drains}", "Title\n===")
BLOCKS = (
    "- a\n- b",
    "* a\n    * b",
    "1. one\n2. two",
    "3) three",
    "a. lettered",
    "- [ ] box",
    "    code",
    "```\ncode",
    "```",
    "~~~ .x\nWords in code.\n~~~",
    "| a | b |\n| - | - |\n| 1 | [x](y.md) |",
    "> quote",
    "!!! note\n    Inside.\n\n    - a",
    '=== "Tab"\n\n    Text',
    "??? tip\n    More",
    "Term\n:   Meaning",
    ":   Meaning of what stands above",
    "Noted[^1].",
    "[^1]: A note.",
    "[ref]: https://example.org/x",
    "See [ref] and [x](a.md) and [y](b c.md).",
    "<div>",
    '<div markdown="1">',
    "</div>",
    "<table><tr><td>",
    "</td></tr></table>",
    "<!-- hidden",
    "-->",
    '<a href="x.md">words</a> <b onclick="x()">b</b>',
    "<https://example.org>",
    "[TOC]",
    "*[HTML]: Hyper",
    "HTML, www.example.org and http://example.org",
    "Words\n- right under",
    "**bold** and _em_ ~~gone~~ \\* `code` &amp; {++ins++}",
    "Words\n{: #id .c }",
    "/// html | li",
    "///",
    "///Footnotes Go Here///",
    "Words  \nafter a break",
    "\tTabbed",
    "---",
)
TEXTS = st.lists(
    st.tuples(
        st.one_of(st.sampled_from(WORDS), st.sampled_from(HEADINGS), st.sampled_from(BLOCKS)),
        st.sampled_from(("\n\n", "\n\n", "\n\n", "\n", "\n\n\n", "\n \t\n", "\n\n    ")),
    ),
    max_size=8,
).map(lambda parts: "".join(block + after for block, after in parts))


@pytest.mark.parametrize("name", SETS)
@settings(max_examples=MANY, deadline=None)
@given(text=TEXTS)
def test_a_page_is_what_the_library_makes_of_its_text(name: str, text: str) -> None:
    assert PAGES[name].reset().convert(text) == PLAIN[name].reset().convert(text)


def test_some_extensions_see_more_in_words_than_words() -> None:
    assert [name for name, one in SETS.items() if one.leave_words] == ["ours", "more"]


@pytest.mark.parametrize("name", ["ours", "more"])
@settings(max_examples=MANY, deadline=None)
@given(text=TEXTS)
def test_without_its_words_a_text_differs_and_does_the_same(name: str, text: str) -> None:
    renderer = PAGES[name]

    def rendered(source: str) -> str:
        return str(renderer.reset().convert(source))

    assert differences(text, rendered, words_apart=True) == differences(text, rendered)
    for controlled in (True, False):
        whole = active_content(rendered(text), controlled)
        assert active_content(rendered(without_words(text)), controlled) == whole


def test_words_before_a_heading_or_the_end_are_left_out() -> None:
    text = "# A\n\nWords alone.\n\nMore\nof them.\n\n## B\n\n- a\n\nWords between.\n\n- b\n\nAnd words."
    assert without_words(text) == "# A\n\n## B\n\n- a\n\nWords between.\n\n- b\n"
    blanked = words_blanked(text)
    assert blanked.count("\n") == text.count("\n")
    assert [line for line in blanked.split("\n") if line] == ["# A", "## B", "- a", "Words between.", "- b"]


@pytest.mark.parametrize(
    "stays",
    [
        "<table><tr><td>\n\nWords alone.\n\n# B</td></tr></table>",
        "a. lettered words\n\n# B",
        "See [this](x.md).\n\n# B",
        "Words\n===\n\n# B",
        "Words\n- right under\n\n# B",
        "Term.\n\n:   Meaning",
        "///Footnotes Go Here///\n\n# B",
    ],
)
def test_what_is_more_than_words_stays(stays: str) -> None:
    assert without_words(stays) == words_blanked(stays) == stays
