"""A text read section by section says what it says when it is read as a whole."""

from __future__ import annotations

import os

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ems_control.documents.text_units import units
from ems_control.ground.markdown.extensions import OURS, Extensions
from ems_control.ground.markdown.outline import links
from ems_control.ground.markdown.sections import COUNTING, LOCAL, reaches_on, sections

MANY = 150 * (1 + 9 * (os.environ.get("EMS_HYPOTHESIS") == "explore"))
PIECES = (
    "# One",
    "## Two",
    "## Two {#two}",
    "### Three {: .x }",
    "## Two_1",
    "## a | b",
    "####### deep",
    "#none",
    "Head\n====",
    "Words *and* more, 5 mg/l. A `code` and &amp; \\* _x_.",
    'A ==mark== ^up^ ~down~ ++ctrl++ (c) "quoted" -- H~2~O :smile:',
    "See [there](a.md#b) and ![it](i.png){ .y }, [x] [y].",
    "1. one\n2. two\n\n    more of two\n\n3. three",
    "- a\n    - b\n- [ ] c",
    "| a | b |\n| --- | ---: |\n| 1 | `2|3` |\n{: #t }",
    '!!! note "N"\n    Words\n\n    ## Inner\n\n    more',
    "??? note\n    Words",
    '=== "Tab"\n    Words',
    "Term\n:   Meaning\n\n    ## Inner two",
    "> ## Quoted\n> words\n\n> again",
    "    code\n    ## no heading",
    "***",
    "Some <b>html</b>",
    "<div>\n\n## in it\n\n</div>",
    "```\n## no heading\n```",
    "~~~~\nopen",
    "A note[^1].",
    "[^1]: Said.",
    "[x]: a.md",
    "*[ML]: millilitre",
    "[TOC]",
    "  ",
    "A `[x](y.md)` and [a `b](c.md) d` e](f.md)",
    "`open [g](h.md)",
    "![i](j.png){ src=k.png } [l](<m n.md>)",
    "Limits ML  \nbroken",
    "{: .lone }",
    "<!-- ## said -->",
)
texts = st.lists(
    st.tuples(st.sampled_from(PIECES), st.sampled_from(("\n\n", "\n\n", "\n\n", "\n", "\n\n\n", "\n \n"))), max_size=12
).map(lambda parts: "".join(piece + end for piece, end in parts))
SETS = {
    "ours": Extensions(),
    "local": Extensions((*sorted(LOCAL - {"extra", "abbr", *OURS}), *OURS)),
    "counting": Extensions(
        ("pymdownx.highlight", "pymdownx.superfences", "pymdownx.details", "pymdownx.tabbed", *OURS)
    ),
    "with a permalink": Extensions(configs={"toc": {"permalink": True}}),
    "with a mark of its own": Extensions(configs={"toc": {"marker": "Words"}}),
}
RENDERERS = {name: (one.renderer(), one.renderer()) for name, one in SETS.items()}


@pytest.mark.parametrize("which", SETS)
@settings(max_examples=MANY, deadline=None)
@given(texts, texts)
@example("## Two\n\nWords\n\n## Two\n\nmore\n", "## Two\n\nWords\n")
@example("# One\n\nWords\n\n## Two {#two}\n\nmore", "# One\n\nother\n\n## Two {#two}\n\nmore")
def test_what_is_taken_from_the_last_text_is_what_is_made_of_this_one(which: str, first: str, second: str) -> None:
    ours, whole = RENDERERS[which]
    for text in (first, second, first + second, second + "\n\n" + first):
        assert ours.revision(text) == whole.reset().convert(text)


@settings(max_examples=MANY, deadline=None)
@given(texts)
@example("See\n\n## a\n\n| x | y |\n| - | - |\n| 1 | 2 |\n\n## b\n\n| x | y |\n| - | - |\n| 1 | 2 |\n")
def test_pieces_for_people_are_those_of_the_whole(text: str) -> None:
    read_at_once = units(text + "\n\n```\n```\n") if "```" not in text and "~~~" not in text else units(text)
    assert units(text) == read_at_once
    assert "".join(sections(text)) == text
    if not reaches_on(text):
        assert [link.target for part in sections(text) for link in links(part)] == [link.target for link in links(text)]


def test_a_section_that_stays_is_rendered_once() -> None:
    renderer = Extensions().renderer()
    parts = [f"## Part {number}\n\nWords of {number}." for number in range(8)]
    renderer.revision("\n\n".join(parts))
    assert renderer.rendered == 1, "all at once"
    renderer.revision("\n\n".join([*parts[:3], "## Part 3\n\nOther words.", *parts[4:]]))
    assert renderer.rendered == 2


def test_what_is_not_known_to_be_local_is_not_cut() -> None:
    assert COUNTING.isdisjoint(LOCAL)
    assert set(OURS) <= LOCAL
