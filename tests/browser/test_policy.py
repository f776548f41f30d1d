"""The Content-Security-Policy in a browser: whatever gets into a page runs nothing and loads nothing from elsewhere."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.browser.conftest import served_at, window
from tests.examples import make
from tests.sites import Site, build, configure

PAGE = "procedures/EMS-PRO-001/index.html"
LIGHT = "d/EMS-PRO-001/r1/index.html"
RAN = "document.documentElement.setAttribute('data-ran-{n}', 1)"
WAYS = """
<script>{ran}</script>
<script src="{other}/{n}.js"></script>
<script type="module">{ran}</script>
<script type="module">import "{other}/{n}.js"</script>
<script src="data:text/javascript,{ran}"></script>
<img src="x:" onerror="{ran}">
<svg onload="{ran}"></svg>
<svg><script>{ran}</script></svg>
<svg><script href="{other}/{n}.js"></script></svg>
<svg><image href="{other}/{n}.png"></image></svg>
<details open ontoggle="{ran}"><summary>x</summary></details>
<video src="{other}/{n}.mp4" autoplay onerror="{ran}"></video>
<audio src="{other}/{n}.mp3" autoplay></audio>
<picture><source srcset="{other}/{n}.png"><img src="{other}/{n}b.png"></picture>
<img src="{other}/{n}.png">
<img srcset="{other}/{n}.png 1x">
<iframe src="{other}/{n}.html"></iframe>
<iframe srcdoc="<script>parent.{ran}</script>"></iframe>
<iframe src="javascript:parent.{ran}"></iframe>
<object data="{other}/{n}.html"></object>
<embed src="{other}/{n}.html">
<link rel="stylesheet" href="{other}/{n}.css">
<style>@import "{other}/{n}.css"; body {{ --{n}: url({other}/{n}.png); background: url({other}/{n}.png) }}</style>
<p style="background: url({other}/{n}.png)">x</p>
<input autofocus onfocus="{ran}">
<a id="way-{n}" href="javascript:{ran}">x</a>
<form id="form-{n}" action="{other}/{n}.html" target="_blank"><button>x</button></form>
<base href="{other}/"><img src="{n}.png">
""".strip().split("\n")
"""Ways to run code in a page, or to have it load something from another computer."""


class Elsewhere(BaseHTTPRequestHandler):
    """Another computer, which remembers what it was asked for."""

    asked: list[str]

    def do_GET(self) -> None:
        """Remember, and give a script."""
        self.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript")
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    handler = type("Asked", (Elsewhere,), {"asked": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", handler.asked
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Site]:
    root = tmp_path_factory.mktemp("policy") / "handbook"
    root.mkdir()
    table = "docs/procedures/EMS-PRO-001.md\n  > | a | b |\n  > | - | -: |\n  > | 1 | 2 |\n"
    return root, build(configure(make(root, table)))


def spoilt(site: Site, page: str, other: str, policy: bool) -> Path:
    """A finished page with every way in it, beside the real one."""
    text = site.read(page)
    ways = "\n".join(way.format(n=n, ran=RAN.format(n=n), other=other) for n, way in enumerate(WAYS))
    assert "</main>" in text
    text = text.replace("</main>", ways + "</main>", 1)
    if not policy:
        text, count = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
        assert count == 1
    path = (site.root / page).with_name("spoilt.html" if policy else "free.html")
    path.write_text(text, encoding="utf-8")
    return path


def happened(chromium: Browser, address: str, asked: list[str]) -> set[int]:
    """Which ways did something when a page was opened, its script link clicked and its form sent."""
    asked.clear()
    context = window(chromium, day=None)
    page = context.new_page()
    page.goto(address)
    page.wait_for_timeout(500)
    for kind in ("a[id^=way-]", "form[id^=form-] button"):
        page.locator(kind).first.dispatch_event("click")
    page.wait_for_timeout(700)
    ran = page.evaluate("document.documentElement.getAttributeNames()")
    context.close()
    found = {int(name.removeprefix("data-ran-")) for name in ran if name.startswith("data-ran-")}
    numbers = [re.match(r"/(\d+)b?\.", path) for path in asked]
    return found | {int(number[1]) if number else len(WAYS) - 1 for number in numbers}  # what has none came by <base>


@pytest.mark.parametrize("page", [PAGE, LIGHT])
def test_no_way_runs_or_loads_anything(
    site: tuple[Path, Site], chromium: Browser, elsewhere: tuple[str, list[str]], page: str
) -> None:
    other, asked = elsewhere
    held, free = (spoilt(site[1], page, other, policy) for policy in (True, False))
    with served_at(*site) as served:
        at = served.address + held.relative_to(site[1].root).as_posix()
        assert happened(chromium, at, asked) == set()
        alive = happened(chromium, at.replace("spoilt", "free"), asked)
    assert happened(chromium, held.as_uri(), asked) == set()
    assert len(alive) >= 25, [way for n, way in enumerate(WAYS) if n not in alive]
    held.unlink()
    free.unlink()


@pytest.mark.parametrize("folder", [False, True])
def test_innocent_pages_violate_nothing(site: tuple[Path, Site], chromium: Browser, folder: bool) -> None:
    root, built = site
    said: list[str] = []
    context = window(chromium, day=None)
    page = context.new_page()
    page.on("console", lambda m: said.append(m.text) if "Content Security Policy" in m.text else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    with served_at(root, built) as served:
        for name in ("index.html", PAGE, LIGHT, "documents/index.html", "control/review-board/index.html", "404.html"):
            page.goto((built.root / name).as_uri() if folder else served.address + name)
            page.wait_for_timeout(200)
        page.goto((built.root / PAGE).as_uri() if folder else served.address + PAGE)
        cell = page.locator("#ems-text td").nth(1)
        assert cell.evaluate("e => getComputedStyle(e).textAlign") == "right"
        page.locator(".md-search__input").click()
        page.wait_for_timeout(1000)
        page.locator(".md-search__input").press_sequentially("EMS-PRO-001")
        page.locator(".md-search-result__link").first.wait_for()
    context.close()
    assert said == []
