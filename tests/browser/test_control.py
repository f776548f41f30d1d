"""The control pages in a browser: filter, choose a day, sort, by keyboard alone, and right on the day they are read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from tests.browser.conftest import Served, served_at, window
from tests.examples import git, make
from tests.sites import SAMPLE_DAY, Site, build, clone_sample, configure, once, sign_policy

BUILT = SAMPLE_DAY
"""The day of every build in tests; a site built for that day grows older with its reader."""

AGING = """\
docs/procedures/EMS-PRO-001.md
  approved_on: 2026-09-01
  effective: 2026-09-01
  review_by: 2026-12-01
docs/procedures/EMS-PRO-002.md
  title: Tank yard
  approved_on: 2026-09-01
  review_by: 2027-06-01
commit 2026-09-10
docs/procedures/EMS-PRO-001.md
  title: Yard drains and gullies
  revision: 2
  approved_on: 2026-10-01
  effective: 2026-10-10
  revisions:
    - {revision: 2, date: 2026-09-28, author: a.author, class: substantive, change: Gullies too.}
    - {revision: 1, date: 2026-08-01, author: a.author, class: substantive, change: First issue.}
commit 2026-10-02
docs/procedures/EMS-PRO-002.md
  title: Tank yard
  revision: 2
  approved_on: 2026-11-01
  effective: 2026-12-20
  revisions:
    - {revision: 2, date: 2026-10-28, author: a.author, class: substantive, change: Bund.}
    - {revision: 1, date: 2026-08-01, author: a.author, class: substantive, change: First issue.}
commit 2026-11-02
"""


@pytest.fixture(scope="module")
def aging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    def built(folder: Path) -> None:
        root = folder / "handbook"
        root.mkdir()
        build(configure(make(root, AGING), BUILT))

    folder = once(tmp_path_factory, "aging", built)
    with served_at(folder / "handbook", Site(folder / "handbook-site")) as served:
        yield served


@pytest.fixture(scope="module")
def monday(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The sample on a Monday: a lead has left, and somebody proposes a revision on a branch."""
    root = clone_sample(tmp_path_factory.mktemp("monday") / "sample")
    people = root / "people.yml"
    text = people.read_text(encoding="utf-8")
    people.write_text(
        text.replace("role: lead-auditor, from: 2020-01-01", "role: lead-auditor, from: 2020-01-01, until: 2026-10-31"),
        encoding="utf-8",
    )
    sign_policy(root, "The lead auditor has left")
    git(root, "checkout", "-q", "-b", "acid-store")
    path = root / "docs/instructions/EMS-WI-002.md"
    text = re.sub(r"(?m)^revision: 3$", "revision: 4", path.read_text(encoding="utf-8"), count=1)
    text = re.sub(r"(?m)^approved_(by|on):.*\n", "", text)
    row = "  - {revision: 4, date: 2026-11-26, author: a.demir, class: substantive, change: Second hose check.}\n"
    path.write_text(text.replace("revisions:\n", "revisions:\n" + row, 1), encoding="utf-8")
    git(
        root,
        "commit",
        "-q",
        "-a",
        "-m",
        "Second hose check",
        day=date(2026, 11, 24),
        email="a.demir@example.org",
    )
    git(root, "checkout", "-q", "main")
    with served_at(root, build(root)) as served:
        yield served


@pytest.fixture
def reader(chromium: Browser, aging: Served) -> Iterator[Page]:
    context = window(chromium, aging)
    yield context.new_page()
    context.close()


def shown(page: Page) -> list[str]:
    """The numbers in the lines that are shown."""
    return [cell.inner_text().strip() for cell in page.locator("tbody tr:visible td:first-child").all()]


def test_the_list_is_filtered_and_the_choice_can_be_linked_to(desk: Page) -> None:
    desk.goto("documents/")
    count = desk.locator("main").get_by_role("status")
    assert re.fullmatch(r"(\d+) of \1", count.inner_text())
    desk.get_by_label("Type").select_option(label="Work instruction")
    numbers = shown(desk)
    assert numbers
    assert all(number.startswith("EMS-WI-") for number in numbers)
    desk.get_by_label("For", exact=True).select_option("chemical-store")
    fewer = shown(desk)
    assert 0 < len(fewer) < len(numbers)
    assert count.inner_text().startswith(f"{len(fewer)} of ")
    address = desk.url
    desk.goto("about:blank")
    desk.goto(address)
    assert shown(desk) == fewer
    desk.get_by_role("button", name="Show all").click()
    assert len(shown(desk)) > 50


def test_overdue_clause_and_words_filter_too(desk: Page) -> None:
    desk.goto("documents/")
    desk.get_by_label("Review overdue").check()
    assert shown(desk) == ["EMS-PRO-018"]
    desk.get_by_label("Review overdue").uncheck()
    desk.get_by_label("Clause").select_option(label="ISO 14001:2026 8.2")
    assert "EMS-PRO-008" in shown(desk)
    assert "EMS-PRO-018" not in shown(desk)
    desk.get_by_role("button", name="Show all").click()
    desk.get_by_label("Find in this table").fill("scrubbers ovens")
    assert shown(desk) == ["EMS-WI-008"]


def test_headers_sort_numbers_and_days_as_such(desk: Page) -> None:
    desk.goto("documents/")
    head = desk.get_by_role("columnheader", name="Next review")
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    days = [t.get_attribute("datetime") for t in desk.locator("tbody tr td:nth-child(8) time").all()]
    assert days == sorted(days, key=str)
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    days = [t.get_attribute("datetime") for t in desk.locator("tbody tr td:nth-child(8) time").all()]
    assert days == sorted(days, key=str, reverse=True)


def test_by_keyboard_alone(desk: Page) -> None:
    desk.goto("documents/")
    find = desk.get_by_label("Find in this table")
    for _ in range(60):
        desk.keyboard.press("Tab")
        if find.evaluate("e => e === document.activeElement"):
            break
    desk.keyboard.type("drains fire-water")
    desk.keyboard.press("Escape")
    desk.keyboard.type("site drain")
    desk.keyboard.press("ArrowDown")
    assert desk.locator(":focus").inner_text() == "EMS-WI-006"
    desk.keyboard.press("ArrowUp")
    assert find.evaluate("e => e === document.activeElement")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/instructions/EMS-WI-006/")


def test_a_day_lists_what_was_in_force_and_leads_to_that_revision(reader: Page) -> None:
    reader.goto("documents/")
    before = reader.locator("tbody").inner_text()
    day = reader.get_by_label("As of")
    for chosen, expected in (
        ("2026-09-09", []),
        ("2026-10-09", [("EMS-PRO-001", "Yard drains", "1"), ("EMS-PRO-002", "Tank yard", "1")]),
        ("2026-10-10", [("EMS-PRO-001", "Yard drains and gullies", "2"), ("EMS-PRO-002", "Tank yard", "1")]),
        ("2026-12-20", [("EMS-PRO-001", "Yard drains and gullies", "2"), ("EMS-PRO-002", "Tank yard", "2")]),
    ):
        day.fill(chosen)
        lines = [row.locator("td:visible").all_inner_texts() for row in reader.locator("tbody tr:visible").all()]
        assert [(line[0], line[1], line[3]) for line in lines] == expected, chosen
    day.fill("2026-10-09")
    assert reader.get_by_text("In force on 9 October 2026").is_visible()
    reader.get_by_role("link", name="EMS-PRO-001").click()
    reader.wait_for_url("**/d/EMS-PRO-001/r1/")
    assert reader.locator("h1").inner_text() == "Yard drains"
    reader.go_back()
    reader.get_by_role("button", name="Back to today").click()
    assert reader.locator("tbody").inner_text() == before


@pytest.mark.parametrize(
    ("day", "overdue", "due", "said"),
    [
        ("2026-11-27", [], ["EMS-PRO-001"], "in 4 days"),
        ("2026-12-02", ["EMS-PRO-001"], [], "yesterday"),
        ("2027-06-02", ["EMS-PRO-001", "EMS-PRO-002"], [], "yesterday"),
    ],
)
def test_the_board_is_right_on_the_day_it_is_read(
    reader: Page, day: str, overdue: list[str], due: list[str], said: str
) -> None:
    reader.clock.set_fixed_time(f"{day}T09:00:00Z")
    reader.goto("control/review-board/")

    def listed(name: str) -> list[str]:
        between = f"//*[@id='{name}']/following::table[1][preceding::h2[1][@id='{name}']]"
        return [
            cell.inner_text() for cell in reader.locator(f"xpath={between}").locator("tbody tr td:first-child").all()
        ]

    assert listed("overdue") == overdue
    assert listed("due") == due
    assert reader.get_by_text(f"({said})").first.is_visible()
    empty = reader.locator("xpath=//*[@id='overdue']/following::p[1][preceding::h2[1][@id='overdue']]")
    assert empty.all_inner_texts() == ([] if overdue else ["Nothing to do."])
    assert reader.get_by_text("has started").is_visible() is (day >= "2026-12-20")


def test_without_the_script_everything_is_there(chromium: Browser, served: Served) -> None:
    context = window(chromium, served, java_script_enabled=False)
    page = context.new_page()
    page.goto("documents/")
    assert page.locator("tbody tr:visible").count() > 50
    assert page.get_by_text("Review overdue").count() >= 1
    assert page.locator(".ems-tools:visible, .ems-bar:not(.ems-tools)").count() == 0
    context.close()


def test_the_managers_monday_is_one_page(chromium: Browser, monday: Served) -> None:
    context = window(chromium, monday)
    page = context.new_page()
    page.goto("control/review-board/")
    text = page.locator("main").inner_text()

    def line(words: str) -> str:
        return page.locator("tbody tr").filter(has_text=words).first.inner_text()

    assert "chemicals coordinator (A. Demir)" in line("EMS-PRO-018")
    assert "lead auditor (nobody)" in line("EMS-PLN-003"), "an orphaned document says so"
    assert (
        "production manager (T. Brandt)"
        in page.locator("#waiting ~ * tr").filter(has_text="EMS-WI-008").first.inner_text()
    )
    branch = page.locator("#waiting ~ * tr").filter(has_text="acid-store").first.inner_text()
    assert "EMS-WI-002" in branch
    assert "T. Brandt" in branch
    assert "3 days ago" in branch
    assert "plant manager (H. Okafor)" in line("Nobody is lead auditor")
    assert "effluent plant lead (S. Kelly)" in line("Copy PC-09")
    assert "Review due within 60 days" in text
    rows = page.locator("main tbody tr:visible")
    for row in rows.all():
        assert re.search(r"\([^)]*[A-Z]\. \w|nobody", row.inner_text()), row.inner_text()
        assert row.locator("td:last-child a").count() == 1
    page.get_by_role("link", name="Exchange the copy").click()
    page.wait_for_url("**/control/to-do/copy-PC-09/")
    assert "effluent plant lead (S. Kelly)" in page.locator("#ems-text").inner_text()
    page.get_by_role("link", name="Printed copies").last.click()
    page.wait_for_url("**/control/printed-copies/#PC-09")
    assert "Too old: revision 3 is current" in page.locator("tr", has_text="PC-09").inner_text()
    context.close()


def test_two_thousand_lines_stay_quick(chromium: Browser, aging: Served) -> None:
    context = window(chromium, aging, day=None)  # a clock that is set stands still while a script runs
    reader = context.new_page()
    text = aging.site.read("documents/index.html")
    lines = re.findall(r"(?s)<tr>\s*<td[ >].*?</tr>", text)
    grown = text.replace(lines[0], "".join(lines * 1000))
    reader.route("**/documents/", lambda route: route.fulfill(body=grown, content_type="text/html"))
    reader.goto("documents/")
    timed = """([name, words]) => {
      const before = performance.now();
      if (name) [...document.querySelectorAll('th button')].find(b => b.textContent === name).click();
      const find = document.querySelector('.ems-find');
      find.value = words;
      find.dispatchEvent(new Event('input', {bubbles: true}));
      document.body.offsetHeight;
      return performance.now() - before;
    }"""
    assert 0 < reader.evaluate(timed, ["", "tank"]) < 1000
    assert reader.locator("main").get_by_role("status").inner_text() == "1001 of 2001"
    assert 0 < reader.evaluate(timed, ["Title", ""]) < 2000
    context.close()


def test_opened_from_a_folder_it_works_too(chromium: Browser, aging: Served) -> None:
    context = window(chromium, aging)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((Path(aging.site.root) / "documents/index.html").as_uri())
    page.get_by_label("Find in this table").fill("tank")
    assert page.locator("tbody tr:visible").count() == 1
    page.get_by_label("As of").fill("2026-10-09")
    page.get_by_role("link", name="EMS-PRO-002").click()
    page.wait_for_url("**/d/EMS-PRO-002/r1/index.html")
    assert errors == []
    context.close()
