"""What comes out of the printer: sheets counted, no word broken, no table cut off, forms to fill in by hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page
from tests.browser.conftest import Served

INSTRUCTIONS = [f"EMS-WI-{number:03}" for number in (1, 2, 4, 5, 6, 7, 8, 9, 10)] + ["EMS-WI-005.de", "EMS-WI-005.nl"]
FORMS = [f"EMS-FRM-{number:03}" for number in range(1, 8)]
PAGE = re.compile(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]")
BROKEN = """() => [...document.querySelectorAll('#ems-text table')].filter(t => t.offsetWidth).flatMap(table => {
  const found = [], room = table.closest('.md-typeset__scrollwrap')?.getBoundingClientRect().right + 1;
  const walk = document.createTreeWalker(table, NodeFilter.SHOW_TEXT), range = document.createRange();
  while (walk.nextNode()) for (const word of walk.currentNode.nodeValue.matchAll(/[\\p{L}\\d]+/gu)) {
    range.setStart(walk.currentNode, word.index); range.setEnd(walk.currentNode, word.index + word[0].length);
    const parts = [...range.getClientRects()].filter(part => part.width);
    if (new Set(parts.map(part => Math.round(part.top))).size > 1) found.push('broken: ' + word[0]);
    if (parts.some(part => part.right > room)) found.push('cut off: ' + word[0]);
  }
  return found;
})"""


def printed(desk: Page, address: str, tmp_path: Path) -> list[tuple[float, float]]:
    """Width and height of each sheet, in points."""
    desk.goto(address)
    desk.pdf(path=tmp_path / "print.pdf", prefer_css_page_size=True)
    found = PAGE.findall((tmp_path / "print.pdf").read_bytes())
    return [(float(width), float(height)) for width, height in found]


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_an_instruction_takes_two_sheets_at_most_and_none_across(desk: Page, tmp_path: Path, name: str) -> None:
    sheets = printed(desk, f"instructions/{name}/", tmp_path)
    assert 1 <= len(sheets) <= 2
    assert all(height > width for width, height in sheets)


@pytest.mark.parametrize("name", FORMS)
def test_a_form_has_a_grid_lines_to_write_on_and_boxes_that_stay_with_their_word(
    desk: Page, tmp_path: Path, name: str
) -> None:
    sheets = printed(desk, f"forms/{name}/", tmp_path)
    assert 1 <= len(sheets) <= (4 if name == "EMS-FRM-006" else 3)  # its text shows every column of the limits
    assert all(height > width for width, height in sheets)
    desk.emulate_media(media="print")
    cells = desk.locator("#ems-text .ems-page-document td, #ems-text.ems-page-document td")
    for cell in cells.all():
        if cell.is_visible():
            assert cell.evaluate("e => getComputedStyle(e).borderTopStyle") == "solid"
            assert cell.evaluate("e => e.getBoundingClientRect().height") >= 34 - 1  # 9 mm
    assert not re.search("[☐☑☒] ", desk.locator("#ems-text").inner_text())


@pytest.mark.parametrize(
    "address",
    ["registers/EMS-REG-001/", "registers/EMS-REG-002/", "instructions/EMS-WI-003/", "registers/EMS-REG-008/"],
)
def test_no_table_is_cut_off_and_no_word_of_it_broken(desk: Page, address: str) -> None:
    desk.goto(address)
    desk.emulate_media(media="print")
    across = desk.locator("#ems-text [data-ems-paper^='across']").count()
    desk.set_viewport_size({"width": 1000 if across else 673, "height": 640})
    assert desk.evaluate(BROKEN) == []


def test_a_wide_table_of_seven_long_columns_lies_across(desk: Page) -> None:
    desk.goto("instructions/EMS-WI-005/")
    desk.evaluate(
        "() => { const long = ['Stoffbezeichnung', 'Gefahrstofflagerraum', 'Umweltmanagementbeauftragte',"
        " 'Gefahrenhinweis', 'Betriebsanweisung', 'Sicherheitsdatenblatt', 'Mengenschwelle'];"
        " document.querySelector('meta[name=\"ems:type\"]').content = 'procedure';"
        " const table = document.querySelector('#ems-text table');"
        " table.innerHTML = '<thead><tr>' + long.map(w => `<th>${w}</th>`).join('') + '</tr></thead><tbody><tr>'"
        " + long.map(w => `<td>${w} ${w.toLowerCase()}</td>`).join('') + '</tr></tbody>'; }"
    )
    desk.emulate_media(media="print")
    assert desk.locator("#ems-text table").first.get_attribute("data-ems-paper") == "across"
    desk.set_viewport_size({"width": 1000, "height": 640})
    assert desk.evaluate(BROKEN) == []


def test_a_decision_is_a_certificate_on_one_sheet(desk: Page, served: Served, tmp_path: Path) -> None:
    names = [name for name in served.site.pages if re.fullmatch(r"d/.+/decision-\d+/index\.html", name)]
    assert len(names) > 30
    for name in names[:: len(names) // 3]:
        assert len(printed(desk, name.removesuffix("index.html"), tmp_path)) == 1, name
        desk.emulate_media(media="print")
        assert desk.locator("main").evaluate("e => getComputedStyle(e).borderTopStyle") == "double"
        assert desk.locator("dl.certificate").is_visible()
