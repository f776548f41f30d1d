"""The worker at the machine, the auditor with eight questions, readers in another language, in the dark, on paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from tests.browser.conftest import PHONE, Served, window

LINE = "Emergency: 4444, from a mobile 01632 960400. Fire, gas, injury: then 112. Close V-12."


def on_first_screen(page: Page, selector: str) -> bool:
    """Whether the first element that fits is wholly on the screen before anybody scrolls."""
    box = page.locator(selector).first.bounding_box()
    return box is not None and box["y"] >= 0 and box["y"] + box["height"] <= PHONE["height"]


def test_the_worker_sees_what_applies_on_the_first_screen_of_a_phone(phone: Page) -> None:
    phone.goto("for/plating-line/")
    assert phone.locator("h1").inner_text() == "Plating line"
    assert phone.locator(".ems-emergency").inner_text() == LINE
    assert phone.locator(".ems-big .ems-state").first.inner_text() == "Current"
    first = phone.locator(".ems-big a").first
    assert first.inner_text().startswith("Plating line: start-up")
    assert all(on_first_screen(phone, s) for s in (".ems-emergency", "h1", ".ems-big .ems-state", ".ems-big a"))
    drawer = phone.locator(".md-sidebar--primary").bounding_box()
    assert drawer is None or drawer["x"] + drawer["width"] <= 0
    assert phone.locator("h2", has_text="New here since").count() <= 1
    first.click()
    assert phone.locator(".ems-kicker").inner_text().startswith("EMS-WI-001")


class Auditor:
    """Follows links from /audit/ by their words; three clicks at most."""

    def __init__(self, page: Page) -> None:
        self.page, self.clicks = page, 0
        page.goto("audit/")

    def follow(self, words: str | re.Pattern[str], *, exact: bool = True) -> None:
        link = self.page.locator("#ems-text").get_by_role("link", name=words, exact=exact)
        with self.page.expect_navigation():
            link.first.click()
        self.count()

    def unfold(self) -> str:
        self.page.locator(".ems-record > summary").click()
        self.count()
        return self.page.locator(".ems-record").inner_text()

    def count(self) -> None:
        self.clicks += 1
        assert self.clicks <= 3

    def row(self, name: str) -> str:
        return self.page.locator("#ems-text tr", has_text=name).first.inner_text()


@pytest.fixture
def auditor(desk: Page) -> Auditor:
    return Auditor(desk)


def test_1_is_this_print_current(auditor: Auditor) -> None:
    auditor.follow("The list of documents")
    assert re.search(r"Current\s+8\s", auditor.row("EMS-WI-003"))


def test_2_who_approved_it_in_which_role_when_and_was_it_somebody_else(auditor: Auditor) -> None:
    auditor.follow("Sample a document")
    auditor.follow("Effluent plant: running and limits")
    record = auditor.unfold()
    line = record.split("Approvals")[1].split("Answers these clauses")[0]
    for part in ("T. Brandt", "production manager", "27 November 2026", "signed", "yes"):
        assert part in line


def test_3_what_changed_last_and_why(auditor: Auditor) -> None:
    auditor.follow("What changed since your last visit")
    assert "pH over 9.2 has its line; probe out at 0.10" in auditor.page.locator("#ems-text").inner_text()


def test_4_how_were_people_told(auditor: Auditor) -> None:
    auditor.follow("The document-control procedure")
    assert auditor.page.locator(".ems-kicker").inner_text().startswith("EMS-PRO-005")
    assert re.search(r"told|toolbox|inform", auditor.page.locator("#ems-text").inner_text())


def test_5_which_external_documents_are_in_use_and_when_checked(auditor: Auditor) -> None:
    auditor.follow("External documents")
    assert re.search(r"Sewer consent TE-88/2021.*7 September 2026", auditor.row("X-02"), re.DOTALL)


def test_6_where_is_the_evidence_for_9_1_1_and_how_long(auditor: Auditor) -> None:
    auditor.follow("Records")
    row = auditor.row("R-03")
    assert "iso-14001:2026/9.1.1" in row
    assert "laboratory portal, cabinet 2" in row
    assert "10 years" in row


def test_7_where_is_8_2_answered_under_which_heading(auditor: Auditor) -> None:
    auditor.follow("Clauses")
    auditor.follow("ISO 14001:2026")
    assert re.search(r"EMS-PRO-008 \w+", auditor.row("Emergency preparedness"))


def test_8_which_text_applied_on_a_day(auditor: Auditor) -> None:
    auditor.follow("The list of documents")
    auditor.page.get_by_label("as of", exact=False).first.fill("2026-03-14")
    row = auditor.page.locator("#ems-text tr:visible", has_text="EMS-REG-001").first
    row.get_by_role("link").first.click()
    auditor.count()
    assert "/d/EMS-REG-001/r3/" in auditor.page.url


def test_a_print_says_what_it_is_on_every_sheet(desk: Page, tmp_path: Path) -> None:
    desk.goto("instructions/EMS-WI-003/")
    assert not desk.locator(".ems-sheet-head").is_visible()
    assert desk.get_by_role("button", name="Print").is_visible()
    desk.emulate_media(media="print")
    head, foot = desk.locator(".ems-sheet-head"), desk.locator(".ems-sheet-foot")
    assert "EMS-WI-003 Effluent plant: running and limits" in head.inner_text()
    assert LINE in head.inner_text()
    assert "revision 8 · since" in foot.inner_text()
    assert "Uncontrolled when printed" in foot.inner_text()
    assert head.evaluate("e => getComputedStyle(e).display") == "table-header-group"
    assert foot.evaluate("e => getComputedStyle(e).display") == "table-footer-group"
    size = desk.locator("#ems-text li").first.evaluate("e => parseFloat(getComputedStyle(e).fontSize) * 0.75")
    assert round(size, 2) == 11  # points
    for hidden in (".md-header", ".md-banner", ".md-sidebar", ".ems-acts", ".ems-record"):
        assert not desk.locator(hidden).first.is_visible(), hidden
    desk.pdf(path=tmp_path / "print.pdf", prefer_css_page_size=True)
    assert (tmp_path / "print.pdf").read_bytes().count(b"/Type /Page\n") >= 2
    desk.emulate_media(media="screen")
    desk.goto("procedures/EMS-PRO-003/")
    assert desk.get_by_role("button", name="Print").count() == 0


def test_languages_lead_to_each_other(desk: Page) -> None:
    desk.goto("instructions/EMS-WI-005/")
    desk.locator(".ems-acts").get_by_role("link", name="Nederlands").click()
    assert desk.locator(".ems-line").inner_text().startswith("Verouderd · volgt revisie 4")
    note = desk.locator(".ems-note:visible").first
    assert "Geldig is EMS-WI-005, revisie 5 sinds 26 november 2026" in note.inner_text()
    assert note.get_by_role("link", name="De geldige tekst").get_attribute("href")
    assert desk.locator("#ems-text").get_attribute("lang") == "nl"
    desk.locator(".ems-languages").get_by_role("link", name="English").click()
    assert desk.locator(".ems-line").inner_text().startswith("Current · revision 5")


@pytest.mark.parametrize(
    ("moment", "zone", "started"),
    [
        ("2026-11-26T09:00:00Z", "UTC", False),
        ("2029-12-31T23:59:00Z", "UTC", False),
        ("2030-01-01T00:00:00Z", "UTC", True),
        ("2029-12-31T11:00:00Z", "Pacific/Kiritimati", True),
        ("2030-01-01T07:00:00Z", "America/Los_Angeles", False),
    ],
)
def test_the_page_follows_the_day_of_reading(
    chromium: Browser, served: Served, moment: str, zone: str, started: bool
) -> None:
    context = window(chromium, served, day=None, timezone_id=zone)
    context.clock.install(time=moment)
    page = context.new_page()
    page.goto("procedures/EMS-PRO-017/")
    notes = " ".join(page.locator(".ems-note:visible").all_inner_texts())
    assert ("Revision 6 starts on 1 January 2030." in notes) is not started
    assert ("Revision 6 applies since 1 January 2030" in notes) is started, notes
    assert page.locator(".ems-note[hidden]").count() >= 1
    context.close()


def test_dark_mode_is_chosen_by_the_reader_and_kept(desk: Page) -> None:
    desk.goto("for/plating-line/")
    desk.locator(".md-header label[title=Dark]").click()
    assert desk.locator("body").get_attribute("data-md-color-scheme") == "slate"
    desk.goto("audit/")
    assert desk.locator("body").get_attribute("data-md-color-scheme") == "slate"
