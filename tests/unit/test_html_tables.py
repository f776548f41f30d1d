"""Tables made as HTML are those that a Markdown engine makes of the same cells."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ems_control.ground.markdown import html_tables, markup
from ems_control.ground.markdown.extensions import Extensions

RENDERER = Extensions().renderer()
words = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["", " ", "a | b", "*x* _y_ `z`", "<b>&amp;", "1. one", "# no", "[a](b)", "a\\|b", "{ .x }", "$5 -- “q”"]
    ),
)
"""What a person may have written: it goes through `escape`, and nothing of it becomes markup."""
tables = st.integers(1, 4).flatmap(
    lambda width: st.tuples(
        st.lists(words, min_size=width, max_size=width),
        st.lists(st.lists(words, min_size=width, max_size=width), max_size=4),
    )
)


@settings(max_examples=150, deadline=None)
@given(tables)
def test_a_table_is_the_same_either_way(drawn: tuple[list[str], list[list[str]]]) -> None:
    columns, rows = [markup.escape(one) or " " for one in drawn[0]], [[*map(markup.escape, row)] for row in drawn[1]]
    assert html_tables.table(columns, rows) == RENDERER.reset().convert(markup.table(columns, rows))
    filled = RENDERER.reset().convert(markup.filled_table(columns, rows))
    assert html_tables.filled_table(columns, rows) == filled


def test_what_is_html_already_stays() -> None:
    cell = '<a href="../r1/">1</a> &#42;<br><code>ems show</code>'
    assert f"<td>{cell}</td>" in html_tables.table(["a", "b"], [[cell, ""]])
    assert html_tables.paragraph(cell) == RENDERER.reset().convert(cell)
