"""Long lists and long lives in a browser: search goes through all parts, and old addresses lead to where things are."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page
from tests.browser.conftest import Quiet, Served, window
from tests.engines.test_light_pages import revision
from tests.examples import make
from tests.sites import build, configure

LIFE = (
    "ems.yml\n  publish: {rows_per_page: 2}\n"
    + "".join(f"docs/procedures/EMS-PRO-00{n}.md\n  title: Drain {n}\n" for n in range(2, 6))
    + "".join(
        f"docs/procedures/EMS-PRO-001.md\n{revision(n, day)}  > Close valve V-{n}.\ncommit {day}\n"
        for n, day in enumerate(("2026-01-05", "2026-01-20", "2026-02-10"), 1)
    )
)


class WithPageForMissing(Quiet):
    """Gives the page of missing addresses where there is nothing, as servers of handbooks do."""

    def send_error(self, code: int, *_: object) -> None:
        """Send 404.html with its status."""
        text = Path(self.directory, "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


@pytest.fixture(scope="module")
def long_lives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root = make(tmp_path_factory.mktemp("long") / "handbook", LIFE)
    site = build(configure(root, "2026-03-01"))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(WithPageForMissing, directory=str(site.root))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield Served(root, site, f"http://127.0.0.1:{server.server_port}/")
        server.shutdown()
        thread.join()


@pytest.fixture
def reader(chromium: Browser, long_lives: Served) -> Iterator[Page]:
    context = window(chromium, long_lives, day="2026-03-01")
    yield context.new_page()
    context.close()


def test_search_in_a_list_goes_through_all_its_pages(reader: Page) -> None:
    reader.goto("documents/part-2/")
    rows = reader.locator("#ems-text tbody tr:visible")
    assert rows.count() == 2
    reader.locator(".ems-find").fill("EMS-PRO-005")
    rows.filter(has_text="EMS-PRO-005").wait_for()
    assert reader.locator(".ems-count").inner_text() == "1 of 5"
    rows.locator("a").first.click()
    reader.wait_for_url("**/procedures/EMS-PRO-005/")
    reader.goto("documents/part-3/#day=2026-01-10")
    old = rows.filter(has_text="EMS-PRO-001").locator("a")
    old.wait_for()
    old.click()
    reader.wait_for_url("**/d/EMS-PRO-001/r1/")


def test_pages_of_a_list_that_cannot_be_read_are_said_and_asked_for_again(reader: Page) -> None:
    reader.goto("documents/")
    reader.route("**/documents/part-2/", lambda route: route.abort())
    reader.route("**/documents/part-3/", lambda route: route.fulfill(status=503, body="busy"))
    count, find = reader.locator(".ems-count"), reader.locator(".ems-find")
    find.fill("Drain")
    count.filter(has_text="could not be read, and were not looked through: 2").wait_for()
    reader.unroute_all()
    find.fill("EMS-PRO-005")
    count.filter(has_text="1 of 5").wait_for()
    assert count.inner_text() == "1 of 5"


def test_addresses_from_before_lead_to_where_it_stands_now(reader: Page, long_lives: Served) -> None:
    for old, new in {
        "d/EMS-PRO-001/r1-r2/": "d/EMS-PRO-001/r2/#ems-changed",
        "d/EMS-PRO-001/waiting-r3/": "d/EMS-PRO-001/r3/#ems-changed",
        "d/EMS-PRO-001/r1/decision-1/": "d/EMS-PRO-001/decisions/#r1-decision-1",
    }.items():
        page, _, anchor = new.partition("#")
        assert f'id="{anchor}"' in long_lives.site.page(page).source
        reader.goto(old)
        reader.wait_for_url(f"**/{new}")
    reader.goto("d/EMS-PRO-001/r8-r9/")
    reader.wait_for_url("**/d/EMS-PRO-001/r9/#ems-changed")
    assert reader.locator("h1").inner_text() == "This page is not here"
