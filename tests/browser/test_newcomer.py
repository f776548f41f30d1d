"""Somebody who has never seen the handbook finds, from the home page in three clicks, what matters."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page
from tests.browser.conftest import Served
from tests.running import ems
from tests.sites import SAMPLE_DAY


class Newcomer:
    """Follows links by the words on them and reads what is there; three clicks at most."""

    def __init__(self, page: Page) -> None:
        self.page, self.clicks = page, 0
        page.goto("")

    def follow(self, words: str) -> None:
        with self.page.expect_navigation():
            self.page.get_by_role("main").get_by_role("link", name=words, exact=True).first.click()
        self.clicks += 1
        assert self.clicks <= 3

    def rows(self, heading: str | None = None) -> list[list[str]]:
        """The rows of the first table, or of the first below a heading, as words."""
        below = (
            f"//*[self::h2][normalize-space(text())='{heading}']/following::table[1]" if heading else "//main//table"
        )
        rows = self.page.locator(f"xpath={below}").first.locator("tbody tr")
        return [[cell.strip() for cell in row.locator("td").all_inner_texts()] for row in rows.all()]


@pytest.fixture
def newcomer(desk: Page) -> Newcomer:
    return Newcomer(desk)


@pytest.fixture
def register(served: Served) -> list[dict[str, object]]:
    documents: list[dict[str, object]] = ems(served.handbook, "register", "--format", "json", day=SAMPLE_DAY).json[
        "documents"
    ]
    return documents


def test_what_is_in_force(newcomer: Newcomer, register: list[dict[str, object]]) -> None:
    newcomer.follow("Find a document")
    current = {(row[0], int(row[3])) for row in newcomer.rows() if row[2].endswith(("Current", "Outdated"))}
    assert current == {(d["id"], d["revision"]) for d in register if d["state"] == "in force"}
    assert ("EMS-PRO-017", 5) in current
    newcomer.follow("EMS-PRO-017")
    assert newcomer.page.locator(".ems-line").inner_text().startswith("Current · revision 5")


def test_what_starts_in_2030(newcomer: Newcomer, register: list[dict[str, object]]) -> None:
    newcomer.follow("For owners and managers")
    starting = {row[0]: row[3].split(" (")[0] for row in newcomer.rows("Starting later")}
    assert starting == {"EMS-PRO-017": "1 January 2030", "EMS-WI-009": "1 January 2030"}
    assert set(starting) == {d["id"] for d in register if d["upcoming"]}
    newcomer.follow("EMS-WI-009")
    assert "Starts later" in newcomer.page.locator(".ems-line").inner_text()
    notes = newcomer.page.locator(".ems-note").all_inner_texts()
    assert any(note.startswith("Revision 2 starts on 1 January 2030. The number of") for note in notes)


def test_what_is_overdue(newcomer: Newcomer, register: list[dict[str, object]]) -> None:
    newcomer.follow("For owners and managers")
    overdue = {row[0]: row[2].split(" (")[0] for row in newcomer.rows("Review overdue")}
    assert overdue["EMS-PRO-018"] == "1 October 2026"
    assert set(overdue) == {d["id"] for d in register if d["overdue"]}
    newcomer.follow("EMS-PRO-018")
    notes = newcomer.page.locator(".ems-note").all_inner_texts()
    assert "Review was due on 1 October 2026; the text still applies." in notes


@pytest.mark.parametrize("words", ["EMS-PRO-018", "pro-018", "substitution"])
def test_search_finds_a_document_by_number_and_word(newcomer: Newcomer, words: str) -> None:
    newcomer.page.get_by_role("textbox", name="Search").press_sequentially(words)
    hit = newcomer.page.locator(".md-search-result__link").first
    hit.wait_for()
    assert "/EMS-PRO-018/" in str(hit.get_attribute("href"))
    assert hit.locator("h1").inner_text().startswith("EMS-PRO-018 Chemicals")
