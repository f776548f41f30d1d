"""What every page of a built site keeps: legible for everybody, valid, quiet, and whole wherever the site lies."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request
from tests.browser.conftest import Quiet, Served, kinds, window
from tests.sites import Site, build, clone_sample, configure, once

TOOLS = Path(__file__).parents[1] / "tools"
AXE = TOOLS / "node_modules/axe-core/axe.min.js"
OURS = ".md-content, .ems-skip, .ems-emergency, body > main, body > header:not(.md-header)"
"""Our content under Material with our additions around it, and light pages whole."""
STOCK_AXE = {
    ("aria-dialog-name", ".md-search"): "Material's search is a dialog without a name",
    ("color-contrast", ".md-copyright"): "Material's own line in its footer has a contrast of 4.47",
    ("landmark-unique", 'nav[data-md-level="1"]'): "Material names no list of a section that has a page",
}
STOCK_HTML = {
    ("valid-autocomplete", r"#__(drawer|search)"): "Material's switches for drawer and search",
    ("wcag/h32", r"html > body > header > nav .*form"): "Material's palette switch is a form without a button",
    ("unique-landmark", r".* > nav > ul > li.* > nav"): "Material's navigation inside the navigation",
    ("unique-landmark", r"html > body > div.* > main > div > div.* > div > div > nav"): "Material's two columns",
    ("attribute-allowed-values", r"#__nav_\w+_label"): "Material writes tabindex without a value",
    ("no-trailing-whitespace", r""): "Material's empty heading of the page not found",
}
"""What stock Material writes against a rule, with the place; everything else is ours to mend."""


def elsewhere(site: Site) -> list[str]:
    """One page of each kind but the page not found, which only a server shows, at the root of its host."""
    return [name for name in kinds(site).values() if name != "404.html"]


class Ear:
    """Hears what a page complains about and what it asks for outside `address`."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.problems = page, list[str]()
        page.on("pageerror", lambda error: self.note(f"script error {error}"))
        page.on("console", lambda m: self.note(m.text) if m.type in ("error", "warning") else None)
        page.on("response", lambda r: self.note(f"{r.status} {r.url}") if r.status >= 400 else None)
        page.on("requestfailed", self.lost)
        page.on("dialog", lambda dialog: (self.note(f"executed: {dialog.message}"), dialog.dismiss()))
        page.on(
            "request", lambda r: None if r.url.startswith((address, "data:", "blob:")) else self.note(f"asks {r.url}")
        )

    def lost(self, request: Request) -> None:
        """A request that failed, but for those that leaving the page breaks off."""
        if request.failure != "net::ERR_ABORTED":
            self.note(f"not loaded: {request.url}")

    def note(self, problem: str) -> None:
        self.problems.append(f"{self.page.url}: {problem}")


def violations(page: Page, selector: str | None = None) -> list[tuple[str, str, str]]:
    """What axe finds on a page, or inside a selector: rule, place, element."""
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        """selector => axe.run(
            selector ? {include: selector.split(', ').filter(s => document.querySelector(s))} : document,
            {resultTypes: ['violations']})""",
        selector,
    )["violations"]
    return [
        (rule["id"], " ".join(map(str, node["target"])), node["html"][:120]) for rule in found for node in rule["nodes"]
    ]


@pytest.mark.parametrize("kind", ["overdue", "board", "light-old", "light-redline"])
def test_axe_finds_a_fault_that_was_planted_in_our_content(served: Served, desk: Page, kind: str) -> None:
    desk.goto(kinds(served.site)[kind])
    assert violations(desk, OURS) == []
    desk.locator(".md-content article, body > main").first.evaluate(
        "(e, fault) => { e.insertAdjacentHTML('beforeend', fault);"
        " Object.assign(e.lastElementChild.style, {color: '#999', background: '#aaa'}); }",
        '<img src="data:,"><p>faint</p>',
    )
    assert {rule for rule, _, _ in violations(desk, OURS)} >= {"image-alt", "color-contrast"}


def html_faults(root: Path, report: Path) -> list[tuple[str, str, str, str]]:
    """What html-validate finds in the pages below a folder: page, rule, place, message."""
    line = ["npx", "--no-install", "html-validate", "--config", "htmlvalidate.config.mjs"]
    line += ["--formatter", f"json={report}", f"{root}/**/*.html"]
    done = subprocess.run(line, cwd=TOOLS, capture_output=True, text=True, check=False)
    assert report.exists(), done.stderr
    return [
        (str(Path(page["filePath"]).relative_to(root)), fault["ruleId"], fault["selector"] or "", fault["message"])
        for page in json.loads(report.read_text(encoding="utf-8"))
        for fault in page["messages"]
    ]


def test_every_page_is_valid_html(served: Served, tmp_path: Path) -> None:
    def stock(page: str, rule: str, place: str, _: str) -> bool:
        return any(rule == known and re.fullmatch(where, place) for known, where in STOCK_HTML) and (
            rule != "no-trailing-whitespace" or page == "404.html"
        )

    found = html_faults(served.site.root, tmp_path / "report.json")
    assert {rule for _, rule, *_ in found} >= {"valid-autocomplete"}, "the tool saw no page"
    assert [fault for fault in found if not stock(*fault)] == []


def test_a_fault_in_a_page_is_found(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<!doctype html><html><body><p><div></p></body></html>", encoding="utf-8")
    assert html_faults(tmp_path, tmp_path / "report.json")


# --- wherever the site lies -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The sample with `use_directory_urls: false`."""

    def make(folder: Path) -> None:
        sample = clone_sample(folder / "sample")
        config = (sample / "mkdocs.yml").read_text(encoding="utf-8")
        (sample / "mkdocs.yml").write_text(config + "use_directory_urls: false\n", encoding="utf-8")
        build(sample)

    return Site(once(tmp_path_factory, "flat", make) / "sample-site")


@pytest.fixture(scope="module")
def below(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str]]:
    """The sample as it stands below a path of its host, and its address."""
    folder = tmp_path_factory.mktemp("below")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder / "www"))) as server:
        address = f"http://127.0.0.1:{server.server_port}/quality/handbook/"
        sample = clone_sample(folder / "sample")
        config = (sample / "mkdocs.yml").read_text(encoding="utf-8")
        (sample / "mkdocs.yml").write_text(f"{config}site_url: {address}\n", encoding="utf-8")
        (folder / "www/quality").mkdir(parents=True)
        site = build(sample, folder / "www/quality/handbook")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield site, address
        server.shutdown()
        thread.join()


def test_below_a_path_every_page_asks_for_nothing_outside(below: tuple[Site, str], desk: Page) -> None:
    site, address = below
    ear = Ear(desk, address)
    for name in elsewhere(site):
        desk.goto(address + name.removesuffix("index.html"), wait_until="load")
    desk.goto(f"{address}procedures/EMS-PRO-017/")
    desk.get_by_role("textbox", name="Search").press_sequentially("EMS-PRO-018")
    hit = desk.locator(".md-search-result__link").first
    hit.wait_for()
    hit.click()
    desk.wait_for_url(f"{address}procedures/EMS-PRO-018/**")
    assert ear.problems == []


def test_flat_addresses_lead_everywhere(flat: Site) -> None:
    assert flat.dead() == []
    assert "procedures/EMS-PRO-017.html" in flat.pages
    assert "d/EMS-PRO-017/index.html" in flat.pages


@pytest.mark.parametrize("directories", [True, False])
def test_opened_from_a_folder(served: Served, flat: Site, chromium: Browser, directories: bool) -> None:
    """Everything but search, which browsers refuse to pages that come from no server."""
    site = served.site if directories else flat
    context = window(chromium, served)
    page = context.new_page()
    ear = Ear(page, "file:///")
    for name in elsewhere(site):
        path = site.root / name
        if not path.exists():
            path = site.root / (name.removesuffix("/index.html") + ".html")
        page.goto(path.as_uri())
        assert page.locator("h1").first.is_visible(), name
    page.goto((site.root / "index.html").as_uri())
    for words in ("Find a document", "EMS-PRO-017"):
        page.get_by_role("main").get_by_role("link", name=re.compile(words)).first.click()
    page.locator(".md-header").get_by_role("link").first.click()
    page.wait_for_url("**/index.html")
    assert ear.problems == []
    context.close()


def test_markup_in_every_field_is_not_executed(handbook: Any, chromium: Browser) -> None:
    hostile = '<img src=x onerror=alert(1)><script>alert(2)</script>"><svg onload=alert(3)>'
    example = f"""
ems.yml
  organisation: '{hostile}'
  emergency: '{hostile}'
docs/procedures/EMS-PRO-001.md
  title: '{hostile}'
  formerly: ['{hostile}']
  supersedes: ['{hostile}']
  tags: ['{hostile}']
  revisions:
    - {{revision: 1, date: 2026-01-05, author: '{hostile}', class: substantive, change: '{hostile}'}}
commit 2026-01-05
docs/procedures/EMS-PRO-001.md
  title: '{hostile}'
  revision: 2
  approved_on: 2026-01-20
  effective: 2026-01-20
  revisions:
    - {{revision: 2, date: 2026-01-20, author: '{hostile}', class: substantive, change: '{hostile}'}}
    - {{revision: 1, date: 2026-01-05, author: '{hostile}', class: substantive, change: '{hostile}'}}
  > Other text.
commit 2026-01-20
"""
    site = build(configure(handbook(example)))
    context = window(chromium)
    page = context.new_page()
    ear = Ear(page, "file:///")
    names = [name for name in site.pages if not name.startswith(("standards/", "help/"))]
    assert len(names) > 10
    for name in names:
        page.goto((site.root / name).as_uri(), wait_until="load")
    assert [problem for problem in ear.problems if "404.html" not in problem] == []
    context.close()


# --- search ---------------------------------------------------------------------------------------------------


def hits(page: Page, words: str) -> list[str]:
    """The addresses that the search field of the site offers for some words, best first."""
    field = page.get_by_role("textbox", name="Search")
    field.fill("")
    field.press("Backspace")
    meta = page.locator(".md-search-result__meta")
    meta.filter(has_text="Type to start").wait_for()
    field.fill(words)
    field.dispatch_event("keyup")  # one question, not one for each letter
    meta.filter(has_text=re.compile("match|No ")).wait_for()
    found: list[str] = page.locator(".md-search-result__link").evaluate_all("links => links.map(link => link.href)")
    return found


@pytest.mark.parametrize(
    ("words", "address"),
    [("EMS-PRO-018", "procedures/EMS-PRO-018/"), ("substitution", "procedures/EMS-PRO-018/")],
)
def test_search_finds_by_number_and_words(desk: Page, words: str, address: str) -> None:
    desk.goto("")
    assert any(address in hit for hit in hits(desk, words)[:3])


def test_search_finds_by_the_old_number(served: Served, desk: Page) -> None:
    old: dict[str, set[str]] = {}
    for name, page in served.site.pages.items():
        path = served.handbook / "docs" / f"{name.removesuffix('/index.html')}.md"
        found = re.search(
            r"^formerly: \[([^\],]+)", path.read_text(encoding="utf-8") if path.exists() else "", re.MULTILINE
        )
        if found and page.kind == "document":
            old.setdefault(found[1].strip("\"' "), set()).add(name.removesuffix("index.html"))
    assert len(old) > 5
    desk.goto("")
    best = {number: hits(desk, number)[0].removeprefix(served.address).split("#")[0] for number in old}
    assert {number: place for number, place in best.items() if place not in old[number]} == {}


def test_search_never_leads_to_what_is_not_in_force(served: Served, desk: Page) -> None:
    desk.goto("")
    for words in ("EMS-WI-010", "EMS-FRM-007", "EMS-WI-009", "EMS-PRO-003", "revision 1", "Not for use"):
        found = hits(desk, words)
        assert found
        for hit in found:
            assert not re.search(r"/(EMS-WI-010|EMS-FRM-007|EMS-WI-009|EMS-PRO-003)/|/d/", hit), (words, hit)
