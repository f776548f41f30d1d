"""Every kind of page in a real browser: alone, legible, usable by keyboard, on a phone, in the dark and on paper."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response
from tests.browser.conftest import PHONE, Served, kinds, window

CONTRAST = """selector => {
  const luminance = c => {
    const [r, g, b] = c.slice(0, 3).map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = text => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const c = rgba(getComputedStyle(e).backgroundColor);
      if (c[3] > 250) return c;
    }
    return [255, 255, 255, 255];
  };
  return [...document.querySelectorAll(selector)].filter(e => e.offsetParent && e.innerText.trim()).map(e => {
    const back = behind(e), fore = rgba(getComputedStyle(e).color), alpha = fore[3] / 255;
    const mixed = [0, 1, 2].map(i => fore[i] * alpha + back[i] * (1 - alpha));
    const [low, high] = [luminance(mixed), luminance(back)].sort((a, b) => a - b);
    return [e.innerText.slice(0, 40), (high + 0.05) / (low + 0.05)];
  });
}"""


@pytest.fixture(params=["light", "dark"])
def shade(request: pytest.FixtureRequest, chromium: Browser, served: Served) -> Iterator[Page]:
    context = window(chromium, served, color_scheme=request.param)
    yield context.new_page()
    context.close()


class Watch:
    """What a browser window asks for and complains about while it visits pages."""

    def __init__(self, page: Page, served: Served) -> None:
        self.page, self.served = page, served
        self.problems: list[str] = []
        page.on("request", self.asked)
        page.on("console", self.logged)
        page.on("pageerror", lambda error: self.note(f"script error {error}"))
        page.on("response", self.answered)

    def note(self, problem: str) -> None:
        self.problems.append(f"{self.page.url.removeprefix(self.served.address)}: {problem}")

    def asked(self, request: Request) -> None:
        if not request.url.startswith((self.served.address, "data:", "blob:")):
            self.note(f"asks {request.url}")

    def answered(self, response: Response) -> None:
        if response.status >= 400:
            self.note(f"{response.status} {response.url}")

    def logged(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.note(message.text)


def test_every_kind_of_page_stands_alone_and_says_what_it_is(served: Served, desk: Page) -> None:
    line = yaml.safe_load((served.handbook / "ems.yml").read_text(encoding="utf-8"))["emergency"]
    states = {
        "Current",
        "Starts later",
        "Draft",
        "Awaiting approval",
        "Withdrawn",
        "Gültig",
        "Geldig",
        "Outdated",
        "Verouderd",
    }
    watch = Watch(desk, served)
    for address in kinds(served.site).values():
        desk.goto(address)
        if not desk.get_by_text(line, exact=True).is_visible():
            watch.note("no emergency line")
        if desk.locator("h1:visible").count() != 1:
            watch.note("not one heading")
        if not set(desk.locator(".ems-state").all_inner_texts()) <= states:
            watch.note("a state without its word")
    desk.goto("documents/", wait_until="networkidle")
    assert watch.problems == []
    assert desk.locator("tbody tr").count() == desk.locator("tbody .ems-state").count() > 50


def test_no_page_scrolls_sideways_on_a_phone(served: Served, phone: Page) -> None:
    watch = Watch(phone, served)
    for address in kinds(served.site).values():
        phone.goto(address)
        phone.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        phone.evaluate("window.scrollTo(500, 0)")
        width = phone.evaluate("Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)")
        if width > PHONE["width"] or phone.evaluate("window.scrollX"):
            watch.note(f"is {width} wide")
    assert watch.problems == []


@pytest.mark.parametrize("address", ["", "procedures/EMS-PRO-017/", "instructions/EMS-WI-010/", "documents/"])
def test_the_keyboard_reaches_text_and_search(desk: Page, address: str) -> None:
    desk.goto(address)
    desk.keyboard.press("Tab")
    skip = desk.locator(":focus")
    assert skip.inner_text().strip() == "Skip to content"
    box = skip.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["y"] >= 0
    reached = []
    for _ in range(14):
        desk.keyboard.press("Tab")
        reached.append(desk.evaluate("[document.activeElement.tagName, document.activeElement.className]"))
    assert any("md-search__input" in name for _, name in reached)
    assert any(tag == "A" and "md-tabs__link" in name for tag, name in reached)

    desk.goto(address)
    desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")
    desk.keyboard.press("Tab")
    assert desk.evaluate("document.activeElement.closest('#ems-text') !== null")

    desk.keyboard.press("Escape")
    desk.keyboard.press("/")
    assert "md-search__input" in desk.evaluate("document.activeElement.className")


def test_a_wide_table_of_an_earlier_revision_scrolls_in_itself_on_a_phone(phone: Page) -> None:
    phone.goto("d/EMS-WI-003/r5/")
    box = phone.locator(".scroll").filter(has_text="valid from")
    inner, outer = box.evaluate("e => [e.scrollWidth, e.clientWidth]")
    assert inner > outer
    box.evaluate("e => e.scrollLeft = 400")
    assert box.evaluate("e => e.scrollLeft") > 0


def test_the_navigation_opens_on_a_phone_where_the_desk_hides_it(phone: Page) -> None:
    phone.goto("documents/")
    phone.locator(".md-header label[for=__drawer]").click()
    phone.locator(".md-nav--primary").get_by_text("Procedures").first.wait_for()


@pytest.mark.parametrize(
    "address", ["procedures/EMS-PRO-018/", "procedures/EMS-PRO-003/", "documents/", "control/review-board/"]
)
def test_words_stand_out_from_their_background(shade: Page, address: str) -> None:
    shade.goto(address)
    measured = shade.evaluate(
        CONTRAST,
        ".ems-emergency, .ems-state, .ems-kicker, .ems-title, .ems-note, .ems-line, main a, main p, main td",
    )
    assert len(measured) > 8
    assert [pair for pair in measured if pair[1] < 4.5] == []


def test_the_dark_scheme_is_dark(chromium: Browser, served: Served) -> None:
    context = window(chromium, served, color_scheme="dark")
    page = context.new_page()
    page.goto("procedures/EMS-PRO-018/")
    red, green, blue = page.evaluate(
        "getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).slice(0, 3).map(Number)"
    )
    context.close()
    assert max(red, green, blue) < 60


def test_paper_shows_the_document_and_no_navigation(desk: Page) -> None:
    desk.goto("procedures/EMS-PRO-018/")
    assert "Uncontrolled when printed" not in desk.locator("body").inner_text()
    desk.emulate_media(media="print")
    for hidden in (
        ".md-header",
        ".md-tabs",
        ".md-sidebar--primary",
        ".md-sidebar--secondary",
        ".md-footer",
        ".ems-skip",
    ):
        assert not desk.locator(hidden).is_visible(), hidden
    sheet = " ".join(desk.locator("body").inner_text().split())
    for part in (
        "Emergency: 4444, from a mobile 01632 960400. Fire, gas, injury: then 112. Close V-12.",
        "Rivermill Coatings (sample)",
        "EMS-PRO-018",
        "Current",
        "revision 2",
        "Uncontrolled when printed",
    ):
        assert part in sheet
    assert desk.locator(".ems-title").evaluate("e => getComputedStyle(e).color") == "rgb(0, 0, 0)"
