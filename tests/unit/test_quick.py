"""A text in which no pattern can match is left as it is: whatever is written, the page is what the library makes."""

from __future__ import annotations

import markdown
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ems_control.ground.markdown.extensions import OURS
from ems_control.ground.markdown.quick import QUICK

SETS = {
    "ours": [*OURS],
    "others": [*OURS, "smarty", "nl2br", "wikilinks", "abbr"],
    "pymdownx": [*OURS, "pymdownx.emoji", "pymdownx.keys", "pymdownx.tilde", "pymdownx.caret", "pymdownx.mark"],
    "links": [*OURS, "pymdownx.magiclink", "pymdownx.arithmatex", "pymdownx.smartsymbols", "pymdownx.betterem"],
    "escapes": [*OURS, "pymdownx.escapeall", "pymdownx.inlinehilite", "pymdownx.progressbar", "pymdownx.critic"],
}
SIGNS = r"""\ ` ``` [ ] ( ) ! ^ < > & ; * ** _ __ ~ = + - : . , | # $ ' " @ / :smile: ++ctrl++ [^1] [a](b.md) <b> </b>
&amp; <a@b.example> <https://a.example> https://a.example a@b.example [[wiki]] (c) --> [= 85%] word another X1"""
GAPS = (" ", "  ", "\n", "  \n", "\n\n", "\n    ", "\n| a | b |\n| - | - |\n| ", "\n- ", "\n1. ")
PIECES = st.sampled_from([*SIGNS.split(), *GAPS, "\n\n[^1]: ", "\n\n[a]: b.md\n"])


def rendered(text: str, *names: str) -> str:
    return markdown.Markdown(extensions=list(names)).convert(text)


@pytest.mark.parametrize("names", SETS.values(), ids=SETS)
@given(st.lists(PIECES, max_size=25).map("".join))
@example("a  \nb")
@example("snake_case and *b* `c` \\* &copy; <br> [^1]\n\n[^1]: note")
@example("\"Straight\" -- ... <<a>> 'b'")
def test_a_page_is_what_the_library_makes(names: list[str], text: str) -> None:
    assert rendered(text, *names, QUICK) == rendered(text, *names)


def test_it_stands_in_the_place_of_the_step_of_the_library() -> None:
    """And takes away most of the work: else nobody would notice that the library names its own otherwise."""
    seen = list[str]()
    made = markdown.Markdown(extensions=[*OURS, QUICK])
    pattern = made.inlinePatterns["escape"]
    search = pattern.getCompiledRegExp

    def asked() -> object:
        seen.append("asked")
        return search()

    pattern.getCompiledRegExp = asked  # type: ignore[method-assign, assignment]
    made.convert("\n\n".join(["Plain words, nothing else."] * 50 + ["One *with* a sign."]))
    assert len(seen) < 5


def test_another_that_took_its_place_stays() -> None:
    class Own(markdown.treeprocessors.InlineProcessor):
        pass

    class Extension(markdown.Extension):
        def extendMarkdown(self, md: markdown.Markdown) -> None:  # noqa: N802
            md.treeprocessors.register(Own(md), "inline", 20)

    made = markdown.Markdown(extensions=[Extension(), QUICK])
    assert type(made.treeprocessors["inline"]) is Own
