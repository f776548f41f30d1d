"""The table of measures: every kind of page in three sizes and two colour schemes, counted and never timed.

A page is painted before its first script arrives: the server holds that back until the browser says so. What the page
moves afterwards is what a reader on a slow line sees moving. The table is kept in tests/artefacts/measures/.
"""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request
from tests.browser.conftest import PHONE, Served, kinds, window
from tests.browser.test_quality import STOCK_AXE, violations
from tests.sites import Site

TABLE = Path(__file__).parents[1] / "artefacts/measures"
SIZES = {360: {"viewport": PHONE, "is_mobile": True, "has_touch": True}}
SIZES |= {820: {"viewport": {"width": 820, "height": 1180}}, 1440: {"viewport": {"width": 1440, "height": 900}}}
MOST_SHIFT, MOST_BYTES, MOST_REQUESTS = 0.05, 120_000, 12
LEAST_TEXT, LEAST_TARGET, LEAST_ACT = 12, 24, 44
TO_BE_FILLED = ("forms-document", "light-current", "light-old", "waiting-waiting-deep")
"""Kinds of page whose example is a form: its columns are empty because somebody writes in them."""
FIRST_SCRIPT = "/assets/ems/early.js"

WATCH = """
window.shifted = 0;
new PerformanceObserver(list => { for (const one of list.getEntries()) shifted += one.value; })
  .observe({ type: 'layout-shift', buffered: true });
new PerformanceObserver(() => fetch('/painted')).observe({ type: 'paint', buffered: true });
"""
MEASURE = """() => {
  const seen = e => e.checkVisibility({ visibilityProperty: true }) && e.getBoundingClientRect().width > 1;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)].filter(seen);
  const said = e => `${e.tagName.toLowerCase()}.${e.className} ${e.textContent.trim().slice(0, 30)}`;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), small = new Set();
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (walker.currentNode.nodeValue.trim() && !parent.closest('svg, script, style') && seen(parent)
      && parseFloat(getComputedStyle(parent).fontSize) < %d) small.add(said(parent));
  }
  const low = (selector, least) => all(selector).filter(e => e.getBoundingClientRect().height < least).map(said);
  const void_ = cell => cell && !cell.textContent.trim() && !cell.querySelector('img, svg');
  const empty = all('table').filter(t => t.tHead && t.tBodies[0]).flatMap(table => [...table.tHead.rows[0].cells]
    .filter((head, at) => at && [...table.tBodies[0].rows].every(row => void_(row.cells[at]))).map(said));
  const ours = '.ems-sheet-head, .ems-kicker, h1, .ems-top, .ems-note, .ems-banner, .ems-jump, .ems-tools, .ems-bar,'
    + ' .banner, .kicker, .current, .beside';
  const controls = '#ems-text :is(button, select, summary, input:not([type=checkbox])), .ems-jump a, .ways a,'
    + ' .ems-doors li a, .ems-languages a';
  const text = [...document.querySelectorAll(':is(#ems-text, body > main) > *')].find(e => seen(e) && !e.matches(ours));
  const heading = document.querySelector('#ems-text h1, body > main h1');
  return {
    shift: shifted, small: [...small], headings: all('h1').length,
    lang: heading?.closest('[lang]').lang || '', first: text ? Math.round(text.getBoundingClientRect().top) : 0,
    targets: low(controls, %d),
    acts: low('.ems-acts > :is(a, button), .ems-list ~ * td:last-child a, .ems-act, .ems-page a[href^="tel:"],'
      + ' .ems-big > ul > li > a:first-child, .ems-short summary, .ems-bar :is(button, select, [type=search])', %d),
    empty, sideways: document.documentElement.scrollWidth - innerWidth,
  };
}"""


class Holding(SimpleHTTPRequestHandler):
    """Gives the first script of a page when the page is painted; remembers where it never was."""

    painted = threading.Event()
    never: list[str]

    def do_GET(self) -> None:
        """A file, or the word that the page is painted."""
        if self.path == "/painted":
            self.painted.set()
            self.send_response(204)
            self.end_headers()
            return
        if self.path == FIRST_SCRIPT and not self.painted.wait(10):
            self.never.append(self.headers["Referer"])
        super().do_GET()

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def end_headers(self) -> None:
        """Keep nothing: a script from a cache could not be held back."""
        self.send_header("Cache-Control", "no-store")
        super().end_headers()


class Held:
    """The sample behind a server that holds scripts back."""

    def __init__(self, site: Site, address: str, hand: type[Holding]) -> None:
        self.site, self.address, self.hand = site, address, hand
        self._weights: dict[str, int] = {}

    def weight(self, address: str) -> int:
        """How many bytes a file of the site has on its way, compressed."""
        name = address.removeprefix(self.address).split("#")[0].split("?")[0]
        name += "index.html" if name.endswith("/") or not name else ""
        if name not in self._weights:
            self._weights[name] = len(gzip.compress((self.site.root / name).read_bytes()))
        return self._weights[name]


@pytest.fixture(scope="module")
def held(served: Served) -> Iterator[Held]:
    hand = type("Hand", (Holding,), {"never": [], "painted": threading.Event()})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(hand, directory=str(served.site.root))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Held(served.site, f"http://127.0.0.1:{server.server_port}/", hand)
        server.shutdown()
        thread.join()


def measured(page: Page, held: Held, name: str) -> dict[str, Any]:
    """The measures of one page, before the reader touches anything."""
    asked: list[str] = []

    def hear(request: Request) -> None:
        if request.url.startswith(held.address):
            asked.append(request.url)

    page.on("request", hear)
    held.hand.painted.clear()
    page.goto(name)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    found: dict[str, Any] = page.evaluate(MEASURE % (LEAST_TEXT, LEAST_TARGET, LEAST_ACT))
    page.remove_listener("request", hear)
    files = [address for address in asked if not address.endswith("/painted")]
    return found | {"requests": len(files), "bytes": sum(map(held.weight, files))}


def wrong(kind: str, name: str, width: int, found: dict[str, Any]) -> dict[str, Any]:
    """What of the measures of a page is beyond its limit."""
    language = next((each for each in ("de", "nl") if f".{each}/" in name or f"/{each}/" in name), "en")
    limits = {
        "shift": found["shift"] < MOST_SHIFT,
        "bytes": found["bytes"] <= MOST_BYTES,
        "requests": found["requests"] <= MOST_REQUESTS,
        "small": not found["small"],
        "targets": not found["targets"],
        "acts": width != PHONE["width"] or not found["acts"],
        "headings": found["headings"] == 1,
        "lang": found["lang"] == language or kind == "404-engine",
        "empty": not found["empty"] or kind in TO_BE_FILLED,
        "first": width != PHONE["width"] or found["first"] <= PHONE["height"] - 24,
        "sideways": found["sideways"] <= 0,
        "axe": not found["axe"],
    }
    return {key: found[key] for key, kept in limits.items() if not kept}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", SIZES)
def test_every_kind_of_page_keeps_its_measures(chromium: Browser, held: Held, width: int, scheme: str) -> None:
    context = window(chromium, held, color_scheme=scheme, **SIZES[width])  # type: ignore[arg-type]
    context.add_init_script(WATCH)
    rows, beyond = [], []
    for kind, name in kinds(held.site).items():
        page = context.new_page()
        found = measured(page, held, name)
        if found["shift"] >= MOST_SHIFT:  # painted before the whole of a long table was there: what moves every time?
            found["shift"] = min(found["shift"], measured(page, held, name)["shift"])
        assert page.locator(".md-content" if not kind.startswith("light") else "body > main").count() == 1, name
        found["axe"] = [fault for fault in violations(page) if fault[:2] not in STOCK_AXE]
        rows.append({"page": kind, "width": width, "scheme": scheme, **found})
        if fault := wrong(kind, name, width, found):
            beyond.append((kind, name, fault))
        page.close()
    context.close()
    TABLE.mkdir(parents=True, exist_ok=True)
    (TABLE / f"{width}-{scheme}.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    assert held.hand.never == [], "pages that paint nothing before a script"
    assert beyond == []


def test_a_page_that_moves_is_noticed(chromium: Browser, held: Held) -> None:
    context = window(chromium, held, **SIZES[360])  # type: ignore[arg-type]
    context.add_init_script(WATCH)
    page = context.new_page()
    page.route(
        "**/ems.js",
        lambda route: route.fulfill(
            content_type="text/javascript",
            body="document.querySelector('.md-header').style.marginTop = '300px';",
        ),
    )
    found = measured(page, held, "instructions/EMS-WI-003/")
    assert found["shift"] > MOST_SHIFT
    context.close()


# --- search is fetched when somebody wants it -------------------------------------------------------------------


@pytest.mark.parametrize("way", ["click", "key", "icon"])
def test_search_is_asked_for_at_the_first_touch_and_once(chromium: Browser, held: Held, way: str) -> None:
    context = window(chromium, held, **SIZES[360 if way == "icon" else 1440])  # type: ignore[arg-type]
    context.add_init_script(WATCH)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if "search" in r.url else None)
    page.goto("procedures/EMS-PRO-018/")
    page.mouse.wheel(0, 600)
    page.locator("#ems-text h2").first.click()
    assert asked == []
    field = page.locator(".md-search__input")
    if way == "click":
        field.click()
    elif way == "key":
        page.keyboard.press("/")
    else:
        page.locator("label.md-header__button[for=__search]").click()
    field.press_sequentially("substitution")
    page.locator(".md-search-result__link").first.wait_for()
    assert sum(address.endswith("search_index.json") for address in asked) == 1
    assert sum("/workers/search." in address for address in asked) == 1
    context.close()


def test_a_question_in_the_address_is_answered(chromium: Browser, held: Held) -> None:
    context = window(chromium, held)  # type: ignore[arg-type]
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto("?q=substitution")
    assert "EMS-PRO-018" in page.locator(".md-search-result__link").first.get_attribute("href", timeout=10_000)
    context.close()
