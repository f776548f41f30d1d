"""The scanner of headings and links against what Python-Markdown makes of the same texts."""

from __future__ import annotations

import os
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import markdown
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ems_control.ground.formats.frontmatter import split
from ems_control.ground.markdown.outline import anchors, headings, links, relink
from ems_control.ground.text import decode
from tests.examples import BASE

ROOT = Path(__file__).parents[2]
MANY = 200 * (1 + 9 * (os.environ.get("EMS_HYPOTHESIS") == "explore"))
EXTENSIONS = ["tables", "attr_list", "md_in_html", "def_list", "admonition", "footnotes", "toc", "fenced_code"]
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), *BASE.rglob("*.md")])


class Rendered(HTMLParser):
    """Headings, ids and references of a page; without footnotes, which Python-Markdown numbers and links itself."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.headings: list[tuple[int, str]] = []
        self.ids: set[str] = set()
        self.targets: Counter[str] = Counter()
        self.text = ""
        converter = markdown.Markdown(extensions=EXTENSIONS)
        converter.inlinePatterns.deregister("autolink")
        converter.inlinePatterns.deregister("automail")
        self.html = converter.convert(body)
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        given = values.get("id", "")
        if given.startswith(("fn:", "fnref")) or values.get("class", "") in ("footnote-ref", "footnote-backref"):
            return
        if "id" in values:
            self.ids.add(given)
            if tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
                self.headings.append((int(tag[1]), given))
        self.targets.update(values[name] for name in ("href", "src") if name in values)

    def handle_data(self, data: str) -> None:
        self.text += data


def body_of(page: Path) -> str:
    return split(decode(page.read_bytes())[0])[1]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_of_the_handbook(page: Path) -> None:
    body = body_of(page)
    rendered = Rendered(body)
    assert [(h.level, h.anchor) for h in headings(body)] == rendered.headings
    assert anchors(body) == rendered.ids
    assert {link.target for link in links(body)} == set(rendered.targets)
    assert relink(body, lambda _: None) == body
    assert set(Rendered(relink(body, lambda _: "new")).targets) <= {"new"}


# --- documents built of every kind of block -------------------------------------------------------------------

TARGETS = [
    "a.md", "../b.md#c", "img/v 3.png", "v_3_.png", "a(b).md", "a(b(c)).md", "x.md?y=1&amp;z=2", "x&copy=1.md",
    "#here", "<a b.md>", "<>", "", "a.md 'Title'", 'a.md "Ti(t)le"', 'a.md "it\'s"', "a\\_b.md", "a\\)b.md",
    "\n  a.md\n", "ü.md",
]  # fmt: skip
targets = st.sampled_from(TARGETS)
WORDS = [
    "plain", "**bold**", "_soft_", "`code`", "[in]", "\\[", "\\]", "\\`", "a_b_c", "x < y", "&amp;", "1 * 2",
    "``a`b``", "`[no](no.md)`", "`", "``", "<b>", "</b>", "![i](i.png)", "<span id='s'></span>", "[^1]", "]", "!",
    "é", "|",
]  # fmt: skip
words = st.sampled_from(WORDS)
phrases = st.lists(words, min_size=1, max_size=4).map(" ".join)
link = st.builds("{}[{}]({})".format, st.sampled_from(["", "!", "!", "(", "*", "\\"]), phrases, targets)
reference = st.sampled_from(["[one]", "[words][two]", "[one][]", "![pic][two]", "[ONE]", "[words] [two]"])
inline = st.lists(phrases | link | reference, min_size=1, max_size=4).map(" ".join)
paragraph = st.lists(inline, min_size=1, max_size=3).map("\n".join)
ids = st.sampled_from(["", "", " {#here}", " { #there .x }", " {: #third }", " {.x}"])
heading = st.builds(
    "{} {}{}{}".format, st.integers(1, 6).map(lambda n: "#" * n), phrases, st.sampled_from(["", " ##", "#"]), ids
)
underlined = st.builds("{}{}\n{}".format, phrases, ids, st.sampled_from(["===", "---", "=", "-", "--- "]))
code = st.builds(
    "{0}{1}\n{2}\n{3}{4}".format,
    st.sampled_from(["```", "~~~", "````"]),
    st.sampled_from(["", "text", " python", " { .py }"]),
    st.sampled_from(["# no\n[no](no.md)", "", "a\n\n## no {#no}", "<!--"]),
    st.sampled_from(["```", "~~~", "````", ""]),
    st.sampled_from(["", "  "]),
)
comment = st.sampled_from(["<!-- [no](no.md) -->", "<!--\n# no\n\n[no](no.md)\n-->", "`<!--`"])
table = st.builds("| a | b |\n| --- | --- |\n| {} | {} |\n| x | {} |".format, inline, link, words).map(
    lambda rows: rows.replace("\n  a.md\n", "a.md")
)
definitions = st.sampled_from(
    ["[one]: one.md", '[two]: <two.md> "Two"', "[one]: one.md\n[two]: two.md 'x'", "[^1]: A note."]
)
blocks = st.deferred(lambda: st.one_of(paragraph, heading, underlined, code, comment, table, definitions, nested))


def item(mark: str, block: str) -> str:
    return mark + ("\n" + " " * 4).join(block.split("\n"))


nested = st.builds(item, st.sampled_from(["-   ", "1.  ", "*   "]), paragraph | heading | table) | st.builds(
    lambda marks, block: "\n".join(marks + line for line in block.split("\n")), st.just("> "), paragraph | heading
) | st.builds("!!! note\n    {}".format, inline | heading) | st.builds("Term\n:   {}".format, inline)  # fmt: skip
LAST = "\n\n[^1]: A note.\n\n[one]: one.md\n[two]: two.md"
documents = st.lists(blocks, max_size=6).map(lambda parts: "\n\n".join(parts) + LAST)


@given(documents)
@settings(max_examples=MANY)
def test_nothing_of_the_page_is_missed(body: str) -> None:
    rendered = Rendered(body)
    assert {target.strip() for target in rendered.targets} <= {link.target.strip() for link in links(body)}
    assert [(heading.level, heading.anchor) for heading in headings(body)] == rendered.headings
    assert rendered.ids <= anchors(body)


@given(documents)
@settings(max_examples=MANY)
def test_no_link_of_the_page_keeps_its_target(body: str) -> None:
    new = relink(body, lambda _: "new")
    assert set(Rendered(new).targets) <= {"new"}


@given(documents | st.text())
def test_relinking_to_the_same_targets_changes_nothing(body: str) -> None:
    assert relink(body, lambda _: None) == body
