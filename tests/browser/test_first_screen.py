"""What a reader has at once: sections of an instruction at a tap, a register row by row, ways out of old revisions."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page
from tests.browser.conftest import PHONE, Served, window

INSTRUCTIONS = [f"EMS-WI-{number:03}" for number in range(1, 9)]


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_the_sections_of_an_instruction_stand_above_its_first_words(phone: Page, name: str) -> None:
    phone.goto(f"instructions/{name}/")
    jumps = phone.locator(".ems-jump a")
    heads = phone.locator("#ems-text > h2")
    said = [words.removesuffix("¶").strip() for words in heads.all_inner_texts()]
    assert [words.strip() for words in jumps.all_inner_texts()] == said
    text = phone.locator(".ems-jump ~ :not(.ems-note, .ems-jump)").first.bounding_box()
    assert text is not None
    assert text["y"] + 24 <= PHONE["height"]


def test_at_night_the_first_step_is_one_tap_from_the_instruction(phone: Page) -> None:
    phone.goto("for/effluent-plant/")
    phone.locator(".ems-big a", has_text="Effluent plant: running and limits").first.click()
    phone.locator(".ems-jump a", has_text="At night: pH 9.7").click()
    step = phone.locator("h2:has-text('At night') ~ ol li").first
    step.wait_for()
    phone.wait_for_function("scrollY > 600")
    box = step.bounding_box()
    assert box is not None
    assert 0 <= box["y"] <= PHONE["height"] - 24


def test_at_night_the_first_step_is_one_tap_from_the_code_at_the_plant(phone: Page) -> None:
    phone.goto("for/effluent-plant/")
    way = phone.locator(".ems-sections a", has_text="At night: pH 9.7")
    there = way.bounding_box()
    assert there is not None
    assert there["y"] + there["height"] <= PHONE["height"]
    way.click()
    step = phone.locator("h2:has-text('At night') ~ ol li").first
    step.wait_for()
    phone.wait_for_function("scrollY > 600")
    box = step.bounding_box()
    assert box is not None
    assert 0 <= box["y"] <= PHONE["height"] - 24


def test_the_state_is_short_on_a_phone_and_whole_at_a_tap_without_a_script(chromium: Browser, served: Served) -> None:
    context = window(chromium, served, viewport=PHONE, day=None, java_script_enabled=False)
    page = context.new_page()
    page.goto("instructions/EMS-WI-003/")
    assert re.fullmatch(r"Current · revision \d+ more", page.locator(".ems-short summary").inner_text())
    assert not page.locator(".ems-line").is_visible()
    rest = page.locator(".ems-short p")
    assert not rest.is_visible()
    page.locator(".ems-short summary").click()
    assert re.match(r"since .* · owner effluent plant lead · approved by \w", rest.inner_text())
    page.goto("instructions/EMS-WI-005.nl/")
    assert page.locator(".ems-short summary").inner_text().startswith("Verouderd · volgt revisie 4")
    page.goto("procedures/EMS-PRO-003/")
    assert page.locator(".ems-line").inner_text() == "Withdrawn · owner emergency coordinator"
    context.close()


def test_on_a_desk_the_state_is_one_line_and_nothing_jumps(desk: Page) -> None:
    desk.goto("instructions/EMS-WI-003/")
    assert desk.locator(".ems-line").is_visible()
    for hidden in (".ems-short", ".ems-jump"):
        assert not desk.locator(hidden).is_visible()
    desk.set_viewport_size(PHONE)
    desk.emulate_media(media="print")
    assert desk.locator(".ems-line").is_visible()
    assert not desk.locator(".ems-jump").is_visible()


# --- registers --------------------------------------------------------------------------------------------------


def test_a_row_of_a_register_says_three_things_and_the_rest_at_a_tap(phone: Page) -> None:
    phone.goto("registers/EMS-REG-001/")
    row = phone.locator("tr:has(#A-08)")
    shown = row.locator("td:visible")
    assert [cell.get_attribute("data-label") for cell in shown.all()] == ["id", "activity", "aspect", "impact"]
    button = row.get_by_role("button", name="A-08: more")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    button.click()
    assert shown.count() > 12
    assert button.get_attribute("aria-expanded") == "true"
    button.click()
    assert shown.count() == 4
    phone.goto("registers/EMS-REG-002/#O-12")
    assert phone.locator("tr:has(#O-12) td:visible").count() > 9


def test_cells_lead_to_the_rows_and_documents_that_they_name(desk: Page) -> None:
    desk.goto("registers/EMS-REG-001/")
    row = desk.locator("tr:has(#A-07)")
    assert row.get_by_role("link", name="EMS-PRO-017").get_attribute("href") == "../../procedures/EMS-PRO-017/"
    assert row.get_by_role("link", name="A-07").count() == 0
    row.get_by_role("link", name="O-12").click()
    desk.wait_for_url("**/registers/EMS-REG-002/#O-12")
    target = desk.locator("td:target")
    assert target.inner_text() == "O-12"
    box = target.bounding_box()
    assert box is not None
    assert 0 < box["y"] < 900
    desk.locator("tr:has(td:target)").get_by_role("link", name=re.compile("^R-")).first.click()
    desk.wait_for_url("**/registers/EMS-REG-006/#R-*")
    assert desk.locator("td:target").count() == 1


def test_a_register_is_chosen_from_by_the_columns_that_divide_it(desk: Page) -> None:
    desk.goto("registers/EMS-REG-001/")
    chips = desk.locator(".ems-chip")
    labels = [label.split()[0] for label in chips.all_inner_texts()]
    assert "place" in labels
    assert len(labels) <= 6
    assert "reviewed" not in labels
    desk.get_by_label("place", exact=True).select_option(label="chemical store")
    rows = desk.locator("tr:has(td[id^=A-]):visible")
    assert 0 < rows.count() < 42
    assert all("chemical store" in words for words in rows.all_inner_texts())
    desk.reload()
    assert desk.get_by_label("place", exact=True).input_value() == "chemical_store"
    assert desk.locator("tr:has(td[id^=A-]):visible").count() == rows.count()


@pytest.mark.parametrize("number", range(1, 9))
def test_no_column_of_a_register_is_empty(served: Served, number: int) -> None:
    page = served.site.read(f"registers/EMS-REG-{number:03}/index.html")
    for table in re.findall(r"<table>.*?</table>", page, re.DOTALL):
        rows = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in table.split("<tr>")[2:]]
        assert all(any(cell.strip() for cell in column) for column in zip(*rows, strict=True)), number


def test_head_and_first_column_of_a_wide_register_stay(desk: Page) -> None:
    desk.goto("registers/EMS-REG-001/")
    wrap = desk.locator(".md-typeset__scrollwrap:has(#A-01)")
    wrap.scroll_into_view_if_needed()
    wrap.evaluate("e => e.scrollTo(300, 900)")
    frame, head = wrap.bounding_box(), wrap.locator("th").first.bounding_box()
    number = wrap.locator("td#A-20").bounding_box()
    assert frame is not None
    assert head is not None
    assert number is not None
    assert abs(head["y"] - frame["y"]) < 3
    assert abs(head["x"] - frame["x"]) < 3
    assert abs(number["x"] - frame["x"]) < 3


# --- earlier revisions ------------------------------------------------------------------------------------------


def test_an_earlier_revision_has_ways_to_all_others_and_out(desk: Page) -> None:
    desk.goto("d/EMS-WI-003/r5/")
    beside = desk.locator(".beside a")
    assert [words.strip() for words in beside.all_inner_texts()] == ["← revision 4", "Revision history", "revision 6 →"]
    beside.last.click()
    desk.wait_for_url("**/d/EMS-WI-003/r6/**")
    while (after := desk.locator(".beside a[rel=next]")).count():
        number = int(after.inner_text().split()[1])
        after.click()
        desk.wait_for_url(f"**/d/EMS-WI-003/r{number}/**")
    assert desk.locator(".banner").count() == 0, "the last one is in force"
    desk.locator(".ways").get_by_role("link", name="Search").click()
    field = desk.locator(".md-search__input")
    desk.locator(".md-search__input:focus").wait_for()
    field.press_sequentially("EMS-WI-003")
    desk.locator(".md-search-result__link").first.wait_for()


def test_a_decision_has_ways_out_too(served: Served, desk: Page) -> None:
    names = [name for name in served.site.pages if name.startswith("d/EMS-WI-003/") and "decision" in name]
    assert len(names) > 1
    for name in names:
        desk.goto(name)
        desk.locator(".ways").get_by_role("link", name="List of documents").click()
        assert desk.locator("h1").inner_text() == "List of documents"
