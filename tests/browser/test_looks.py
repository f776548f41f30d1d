"""How pages read: length of lines, tables on a phone, prints, the page that stands in for a missing one, a folder."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from statistics import median

import pytest
from playwright.sync_api import Browser, FloatRect, Page
from tests.browser.conftest import Served, window

LINES = """() => {
  const lengths = [], range = document.createRange();
  for (const block of document.querySelectorAll(':is(#ems-text, main) > p, :is(#ems-text, main) > :is(ul, ol) > li')) {
    const lines = [], walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
    let node, top = -99;
    while (block.offsetParent && (node = walker.nextNode())) for (let i = 0; i < node.length; i++) {
      range.setStart(node, i); range.setEnd(node, i + 1);
      const box = range.getBoundingClientRect();
      if (!box.width) continue;
      if (box.top > top + 8) { lines.push(0); top = box.top; }
      lines[lines.length - 1]++;
    }
    lengths.push(...lines.slice(0, -1));  // the last line of a paragraph ends where it likes
  }
  return lengths;
}"""


@pytest.mark.parametrize("address", ["procedures/EMS-PRO-008/", "manuals/EMS-MAN-001/", "d/EMS-MAN-001/r1/", "audit/"])
def test_lines_are_as_long_as_one_reads_well(desk: Page, address: str) -> None:
    desk.goto(address)
    lengths = desk.evaluate(LINES)
    assert len(lengths) > 5
    assert 62 <= median(lengths) <= 76
    assert max(lengths) <= 84


@pytest.mark.parametrize(
    ("address", "row", "label", "value"),
    [
        ("documents/", "EMS-PRO-018", "Next review", "1 October 2026"),
        ("control/review-board/", "EMS-PRO-018", "Who", "chemicals coordinator"),
        ("standards/iso-14001-2026/", "EMS-PRO-008", "Answered in", "EMS-PRO-008"),
        ("control/printed-copies/", "PC-09", "Is it right?", "Too old: revision 3 is current"),
        ("registers/EMS-REG-001/", "A-07", "aspect", "nickel"),
    ],
)
def test_a_row_is_a_block_on_a_phone(phone: Page, address: str, row: str, label: str, value: str) -> None:
    phone.goto(address)
    cells = phone.locator("#ems-text tr", has_text=row).last.locator(f"td[data-label='{label}']")
    assert value in cells.inner_text()
    assert f'"{label}"' == cells.evaluate("e => getComputedStyle(e, '::before').content")
    box = cells.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 360
    assert phone.locator("#ems-text table[data-ems] thead:visible").count() == 0


def test_every_act_of_a_document_is_on_the_screen_of_a_phone(phone: Page) -> None:
    phone.goto("instructions/EMS-WI-005.nl/")
    acts = phone.locator(".ems-acts > *:visible")
    assert acts.last.inner_text() == "Afdrukken"
    for act in acts.all():
        box = act.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360


def test_a_register_is_searched_linked_to_and_keeps_its_first_column(desk: Page) -> None:
    desk.goto("registers/EMS-REG-001/#A-07")
    row = desk.locator("tr:has(#A-07)")
    assert row.evaluate("e => e.querySelector(':target') === e.cells[0]")
    assert desk.evaluate("scrollY") > 0
    frame = desk.locator(".md-typeset__scrollwrap", has=row)
    frame.evaluate("e => e.scrollLeft = 400")
    number, around = row.locator("td").first.bounding_box(), frame.bounding_box()
    assert number is not None
    assert around is not None
    assert abs(number["x"] - around["x"]) < 2
    desk.get_by_label("Find in this table").fill("nickel")
    rows = frame.locator("tbody tr:visible").all_inner_texts()
    assert 0 < len(rows) < 42
    assert all("nickel" in words.lower() for words in rows)
    assert desk.locator("table", has_text="a legal limit applies, score below 12").first.is_visible()
    desk.goto("procedures/EMS-PRO-012/")
    assert desk.locator(".ems-bar").count() == 0


def box(page: Page, selector: str) -> FloatRect:
    """Where the first of some elements is seen."""
    found = page.locator(selector).first.bounding_box()
    assert found is not None, selector
    return found


@pytest.mark.parametrize("size", [(360, 640), (820, 1180), (1440, 900)])
def test_the_head_is_one_block_with_the_emergency_line_under_the_name(desk: Page, size: tuple[int, int]) -> None:
    desk.set_viewport_size({"width": size[0], "height": size[1]})
    desk.goto("for/plating-line/")
    name, line = box(desk, ".md-header__topic .md-ellipsis"), box(desk, ".ems-emergency")
    ways, light, text = (
        box(desk, ".ems-languages"),
        box(desk, ".md-header label[title=Dark]"),
        box(desk, "#ems-text h1"),
    )
    assert name["y"] + name["height"] <= line["y"] < text["y"] < 260
    assert light["x"] > size[0] / 2
    if size[0] > 1000:
        field = box(desk, ".md-search__form")
        assert abs(name["x"] - line["x"]) < 2
        assert abs(line["x"] - text["x"]) < 2
        assert abs(field["x"] + field["width"] / 2 - size[0] / 2) < 12
        assert ways["x"] > size[0] / 2
        desk.locator(".md-header").get_by_role("link", name="Rivermill Coatings (sample)").click()
        desk.locator(".ems-doors").wait_for()


def test_those_whose_work_it_is_are_named_on_about_and_nowhere_else(served: Served) -> None:
    named = [name for name, page in served.site.pages.items() if "squidfunk.github.io" in page.source]
    assert named == ["standards/about/index.html"]
    assert "Martin Donath" in served.site.page("standards/about/").text("ems-page")


# --- on paper -------------------------------------------------------------------------------------------------


def test_a_print_says_when_it_was_printed_and_which_copy_it_is(chromium: Browser, served: Served) -> None:
    context = window(chromium, served)
    page = context.new_page()
    page.clock.set_fixed_time("2027-03-01T09:00:00Z")
    page.goto("instructions/EMS-WI-005/")
    page.emulate_media(media="print")
    foot = page.locator(".ems-sheet-foot p")
    assert foot.inner_text().endswith("printed on 1 March 2027 · Uncontrolled when printed")
    page.goto("control/printed-copies/")
    page.emulate_media(media="screen")
    page.locator("tr", has_text="PC-05").get_by_role("link", name="print this copy").click()
    page.wait_for_url("**/instructions/EMS-WI-005/#copy-PC-05")
    assert not foot.is_visible()
    page.emulate_media(media="print")
    assert foot.inner_text().endswith("· Controlled copy PC-05, chemical store")
    context.close()


@pytest.mark.parametrize("address", ["documents/", "control/review-board/", "for/plating-line/", ""])
def test_a_printed_list_says_of_which_day_it_is(desk: Page, address: str) -> None:
    desk.goto(address)
    foot = desk.locator(".ems-sheet-foot")
    assert not foot.is_visible()
    desk.emulate_media(media="print")
    assert re.fullmatch(r"As of 27 November 2026, .* · printed on .* · Uncontrolled when printed", foot.inner_text())
    assert desk.locator(".ems-sheet-head").inner_text().count("Rivermill Coatings (sample)") == 1


@pytest.mark.parametrize("font", ["DejaVu Sans Condensed", "DejaVu Sans", "DejaVu Sans Mono"])
def test_a_print_cuts_no_table_off_whatever_fonts_the_reader_has(desk: Page, font: str) -> None:
    def go(address: str) -> None:
        desk.goto(address)
        desk.evaluate(
            "rule => { const sheet = new CSSStyleSheet(); sheet.replaceSync(rule);"
            " document.adoptedStyleSheets.push(sheet); }",
            f"body * {{ font-family: '{font}' !important; }}",
        )

    desk.set_viewport_size({"width": 673, "height": 950})  # 178 mm: A4 less its margins
    desk.emulate_media(media="print")
    for address in ("documents/", "control/review-board/", "d/EMS-WI-003/r5/", "standards/iso-14001-2026/"):
        go(address)
        desk.evaluate("dispatchEvent(new Event('beforeprint'))")
        across = desk.locator("#ems-text [data-ems-paper^='across']").count()
        desk.set_viewport_size({"width": 1002 if across else 673, "height": 950})
        tables = desk.locator("main table")
        assert tables.count()
        for table in tables.all():
            assert table.evaluate("e => e.getBoundingClientRect().right") <= (1003 if across else 674), address
    desk.set_viewport_size({"width": 1002, "height": 640})  # on a sheet across
    go("registers/EMS-REG-001/")
    desk.evaluate("dispatchEvent(new Event('beforeprint'))")
    wide = desk.locator("main table", has_text="A-07").last
    assert wide.evaluate("e => e.getBoundingClientRect().right") <= 1003
    assert wide.evaluate("e => getComputedStyle(e.closest('.md-typeset__scrollwrap')).page") == "wide"


def sheets_of(pdf: bytes) -> list[int]:
    """How many bytes it takes to draw each sheet of a print."""
    found = []
    for sheet in re.finditer(rb"/Type /Page\n.*?/Contents (\d+) 0 R", pdf, re.DOTALL):
        drawn = re.search(rb"\n%s 0 obj\n.*?stream\n(.*?)\nendstream" % sheet[1], pdf, re.DOTALL)
        assert drawn is not None
        found.append(len(zlib.decompress(drawn[1])))
    assert len(found) == pdf.count(b"/Type /Page\n")
    return found


@pytest.mark.parametrize(
    ("address", "most"), [("documents/", 6), ("registers/EMS-REG-001/", 13), ("registers/waste-streams/", 3)]
)
def test_no_sheet_of_a_print_is_blank(desk: Page, tmp_path: Path, address: str, most: int) -> None:
    desk.goto(address)
    desk.pdf(path=tmp_path / "print.pdf", prefer_css_page_size=True)
    sheets = sheets_of((tmp_path / "print.pdf").read_bytes())
    assert 0 < len(sheets) <= most
    assert min(sheets) > 10_000, "a sheet with head and foot alone has some 5,000 bytes"
    desk.emulate_media(media="print")
    first = desk.locator("#ems-text h1").bounding_box()
    table = desk.locator("#ems-text table").first.bounding_box()
    assert first is not None
    assert table is not None
    assert table["y"] - first["y"] < 400, "the table begins below its heading"


def test_an_earlier_revision_says_on_every_sheet_that_it_is_not_for_use(desk: Page) -> None:
    desk.goto("d/EMS-WI-003/r5/")
    foot = desk.locator("body > footer")
    assert not foot.is_visible()
    desk.emulate_media(media="print")
    assert "EMS-WI-003 · revision 5 · Not for use since" in foot.inner_text()
    assert foot.evaluate("e => getComputedStyle(e).display") == "table-footer-group"
    assert desk.locator("body > header").evaluate("e => getComputedStyle(e).display") == "table-header-group"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("procedures/EMS-PRO-003/", "Not for use since"),
        ("d/EMS-PRO-003/r2/", "Not for use since"),
        ("d/EMS-PRO-008/r2/", "Not for use since"),
        ("instructions/EMS-WI-005.nl/", "Verouderde vertaling: EMS-WI-005 revisie"),
        ("d/EMS-WI-005.nl/r2/", "Verouderde vertaling: EMS-WI-005 revisie"),
        ("instructions/EMS-WI-010/", "No revision of this document is in force."),
        ("waiting/EMS-WI-008/r3/", "Not in force."),
    ],
)
def test_what_does_not_apply_says_so_on_every_sheet(desk: Page, address: str, said: str) -> None:
    desk.goto(address)
    desk.emulate_media(media="print")
    heads = desk.locator(":is(.ems-sheet-head, .ems-sheet-foot, body > header, body > footer):visible")
    kinds = heads.evaluate_all("all => all.map(e => getComputedStyle(e).display)")
    assert set(kinds) == {"table-header-group", "table-footer-group"}, "they stand on every sheet"
    assert any(said in words for words in heads.all_inner_texts())
    desk.goto("procedures/EMS-PRO-008/")
    assert not any(said in words for words in heads.all_inner_texts())


def test_what_is_withdrawn_and_what_is_superseded_look_alike(desk: Page) -> None:
    looks = []
    for address, band in (("procedures/EMS-PRO-003/", ".ems-note"), ("d/EMS-PRO-008/r2/", ".banner")):
        desk.goto(address)
        place, top = desk.locator(band).first, box(desk, band)["y"]
        styles = place.evaluate("e => ['color', 'backgroundColor', 'fontWeight'].map(k => getComputedStyle(e)[k])")
        looks.append(
            [*styles, box(desk, "h1")["y"] > top, desk.locator("h1").evaluate("e => getComputedStyle(e).color")]
        )
        assert desk.get_by_role("button", name="Print").count() == 0
        assert place.inner_text().startswith("Not for use since")
        assert place.get_by_role("link").count() == 1
    assert looks[0] == looks[1]


# --- where something is missing -------------------------------------------------------------------------------


def test_the_page_for_a_missing_one_helps_in_every_language_of_the_handbook(served: Served, desk: Page) -> None:
    languages = {"en": "This page is not here", "de": "Diese Seite gibt es nicht", "nl": "Deze pagina is er niet"}
    desk.goto("404.html")
    assert desk.locator(".ems-emergency").is_visible()
    for language, title in languages.items():
        part = desk.locator(f"#ems-text [lang={language}]")
        assert part.locator("h1, h2").inner_text() == title
        assert part.get_by_role("link").get_attribute("href") == "/index.html"
    assert desk.get_by_role("textbox", name="Search").get_attribute("placeholder") == "Number, word, old number"
    assert desk.locator(".ems-footer").inner_text().startswith("As of")


def test_search_finds_from_a_folder(served: Served, chromium: Browser) -> None:
    context = window(chromium, served)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda m: problems.append(m.text) if "Content Security Policy" in m.text else None)
    page.on("request", lambda r: None if r.url.startswith(("file:", "data:", "blob:")) else problems.append(r.url))
    page.goto((served.site.root / "procedures/EMS-PRO-018/index.html").as_uri())
    page.locator(".md-search__input").click()
    page.wait_for_function("typeof __index === 'object'")
    page.locator(".md-search__input").press_sequentially("substitution")
    found = page.locator(".md-search-result__link")
    found.first.wait_for()
    assert found.count() > 3
    found.first.click()
    page.wait_for_url("**/index.html*")
    assert "substitution" in page.locator("#ems-text").inner_text().lower()
    page.goto((served.site.root / "documents/index.html").as_uri())
    page.get_by_label("Find in this table").fill("substitution")
    assert page.locator("tbody tr:visible").count() == 1
    assert problems == []
    context.close()


def test_the_rule_book_shows_code_as_code(desk: Page) -> None:
    desk.goto("help/rules/revisions/")
    assert "`" not in desk.locator("#ems-text").inner_text()
    assert desk.locator("#ems-text p code").count() > 3
