"""Redlines: accepting all gives the new text, rejecting all the old one; the change is marked where it is."""

from __future__ import annotations

import markdown
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from ems_control.site.revisions.folding import fold, stretches
from ems_control.site.revisions.html_blocks import LOOSE, inner, tree
from ems_control.site.revisions.redline import redline
from tests.unit.test_sections import RENDERERS, SETS, texts


def canonical(text: str) -> str:
    """HTML as redlines are compared: no ids, white space collapsed outside `pre`."""
    return inner(tree(text))


def resolved(marked: str, keep: str, drop: str) -> str:
    """The text with everything in one kind of mark accepted (`ins`: the new text), canonical."""
    root = html.fragment_fromstring(marked, create_parent="div")
    for element in root.xpath(f'//*[@data-ems="{drop}"]|//{drop}[@class="ems"]'):
        element.drop_tree()
    for element in root.xpath(f'//{keep}[@class="ems"]'):
        element.drop_tag()
    for element in root.xpath(f'//*[@data-ems="{keep}"]'):
        del element.attrib["data-ems"]
    for element in root.xpath(f'//div[@class="{LOOSE}"]'):
        element.drop_tag()
    return canonical(html.tostring(root, encoding="unicode")[5:-6])


PROCEDURE = """
We clean rinse water and give it to the sewer through **valve V-3**.

## Limits {#limits}

| parameter | limit | unit |
| --- | --- | --- |
| pH | 9.0 | |
| zinc | 2.0 | mg/l |

1. Close V-3.
2. Call `4444`.

    Wait for the shift lead.

    - bring the log
    - bring the key

!!! danger "Never"
    Never hose a spill.

```
P-6  off
  P-7   on
```

Term
:   What it means.

See [the form](EMS-FRM-006.md "log") and ![plan](plan.svg).
""".strip().split("\n")

WORDS = st.sampled_from(
    ["pH 9.0", "**V-3**", "must", "[log](a.md)", "`4444`", "8.5", "& more", "<b>x</b>", "", "zinc | 2"]
)
EDITS = st.lists(
    st.tuples(st.sampled_from(["delete", "insert", "change", "swap"]), st.integers(0, len(PROCEDURE) - 1), WORDS),
    min_size=1,
    max_size=8,
)


def render(lines: list[str]) -> str:
    extensions = ["tables", "attr_list", "def_list", "admonition", "fenced_code", "toc", "md_in_html"]
    return markdown.markdown("\n".join(lines), extensions=extensions)


def edited(edits: list[tuple[str, int, str]]) -> list[str]:
    lines = list(PROCEDURE)
    for action, place, word in edits:
        place = min(place, len(lines) - 1)
        if action == "delete" and len(lines) > 1:
            del lines[place]
        elif action == "insert":
            lines.insert(place, word)
        elif action == "change":
            lines[place] = f"{lines[place]} {word}"
        elif place:
            lines[place - 1], lines[place] = lines[place], lines[place - 1]
    return lines


@settings(max_examples=200, deadline=None)
@given(EDITS, EDITS)
def test_accept_and_reject_are_exact(first: list[tuple[str, int, str]], second: list[tuple[str, int, str]]) -> None:
    old, new = render(edited(first)), render(edited(second))
    marked = redline(old, new)
    assert resolved(marked, keep="ins", drop="del") == canonical(new)
    assert resolved(marked, keep="del", drop="ins") == canonical(old)


@pytest.mark.parametrize(
    ("old", "new", "marked"),
    [
        (
            "<p>pH limit 9.0</p>",
            "<p>pH limit 8.5</p>",
            '<p>pH limit <del class="ems">9.0</del><ins class="ems">8.5</ins></p>',
        ),
        ("<p>a</p>", "<p>a</p><p>b</p>", '<p>a</p><p data-ems="ins">b</p>'),
        (
            "<table><tr><td>x</td><td>1</td></tr></table>",
            "<table><tr><td>x</td><td>1</td></tr><tr><td>y</td><td>2</td></tr></table>",
            '<table><tr><td>x</td><td>1</td></tr><tr data-ems="ins"><td>y</td><td>2</td></tr></table>',
        ),
        (
            "<p>call <b>4444</b></p>",
            "<p>call 4444</p>",
            '<p><del class="ems">call <b>4444</b></del><ins class="ems">call 4444</ins></p>',
        ),
        (
            "<p>Close valve V-3.</p><p>Call the yard lead.</p>",
            "<p>Close valve V-4.</p><p>Call the yard lead.</p>",
            '<p>Close valve <del class="ems">V-3</del><ins class="ems">V-4</ins>.</p><p>Call the yard lead.</p>',
        ),
        (
            "<p>Close valve V-3.</p><p>Call the yard lead.</p>",
            "<p>Nobody smokes.</p><p>Wear gloves today.</p><p>Call the yard lead.</p>",
            '<p data-ems="del">Close valve V-3.</p><p data-ems="ins">Nobody smokes.</p>'
            '<p data-ems="ins">Wear gloves today.</p><p>Call the yard lead.</p>',
        ),
        (
            "<p>Smoking</p>",
            "<p>Gloves</p>",
            '<p><del class="ems">Smoking</del><ins class="ems">Gloves</ins></p>',
        ),
        (
            '<p class="a">Call 4444.</p>',
            '<p class="b">Call 4444.</p>',
            '<p class="a" data-ems="del">Call 4444.</p><p class="b" data-ems="ins">Call 4444.</p>',
        ),
        (
            "<ol><li>Close V-3.</li></ol>",
            "<ol><li>Close V-3.<ul><li>Log it.</li></ul></li></ol>",
            '<ol><li data-ems="del">Close V-3.</li><li data-ems="ins">Close V-3.<ul><li>Log it.</li></ul></li></ol>',
        ),
        (
            "<table><thead><tr><th>limit</th></tr></thead><tbody><tr><td>9.0</td></tr></tbody></table>",
            "<table><thead><tr><th>alarm</th></tr></thead><tbody><tr><td>9.0</td></tr></tbody></table>",
            '<table><thead><tr data-ems="del"><th>limit</th></tr><tr data-ems="ins"><th>alarm</th></tr></thead>'
            "<tbody><tr><td>9.0</td></tr></tbody></table>",
        ),
        (
            "<p>Call the lead.</p><p>Call the boss, the lead and the guard.</p>",
            "<p>Call the boss, the lead and a guard.</p>",
            '<p data-ems="del">Call the lead.</p><p>Call the boss, the lead and <del class="ems">the</del>'
            '<ins class="ems">a</ins> guard.</p>',
        ),
    ],
)
def test_marks(old: str, new: str, marked: str) -> None:
    assert redline(old, new) == marked


def test_same_text_has_no_marks() -> None:
    text = render(PROCEDURE)
    assert redline(text, text) == canonical(text)


def test_one_number_in_a_long_paragraph() -> None:
    """Words that come again and again are compared like all others."""
    limits = ["zinc 2.0 mg/l, alarm 1.5 mg/l;"] * 60
    other = [*limits[:30], "zinc 2.0 mg/l, alarm 1.8 mg/l;", *limits[31:]]
    marked = redline(f"<p>{' '.join(limits)}</p>", f"<p>{' '.join(other)}</p>")
    assert marked.count("<del") == marked.count("<ins") == 1
    assert '<del class="ems">1.5</del><ins class="ems">1.8</ins> mg/l;' in marked


@pytest.mark.parametrize(("number", "whole"), [(200, 400), (201, 0)])
def test_very_long_texts_are_compared_block_by_block(number: int, whole: int) -> None:
    """Which block is a version of which is not worked out for a text written anew from end to end."""
    old, new = ("".join(f"<p>{word}{n}</p>" for n in range(number)) for word in ("a", "b"))
    assert redline(old, new).count("data-ems") == whole


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(SETS)), texts, texts, texts)
def test_section_by_section_is_as_a_whole(which: str, first: str, second: str, third: str) -> None:
    """What is not merged because nothing changed in it is shown as if it had been."""
    old, new = (f"# Begin\n\n{first}\n\n## Between\n\n{text}\n\n## End\n\nof it." for text in (second, third))
    renderer = RENDERERS[which][0]
    before, after = renderer.pieces(old), renderer.pieces(new)
    for whole in (True, False):
        found, wanted = (
            fold(stretches(*sides), "{} unchanged".format, whole)
            for sides in ((before, after), (["\n".join(before)], ["\n".join(after)]))
        )
        assert found == wanted
