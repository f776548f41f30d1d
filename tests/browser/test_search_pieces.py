"""Search in pieces in a browser: it finds what the theme's index would, in the same field, and fetches nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from mkdocs.exceptions import PluginError
from playwright.sync_api import Browser, BrowserContext, Page
from tests.browser.conftest import PHONE, Served, served_at, window
from tests.engines.test_light_pages import revision
from tests.examples import ENVIRONMENT, make
from tests.sites import Site, build, configure

from ems_control.engines.search_pieces import finish_search, in_pieces
from ems_control.exports.words import Words
from ems_control.ground.organisation.policy import load_policy
from ems_control.site.publication import Publication

DAY = "2026-03-01"
HOSTILE = "<img src=x onerror=alert(1)> & pits"
WORKS = f"""\
ems.yml
  languages: [en, de]
  publish: {{search_in_pieces_from: 1}}
docs/procedures/EMS-PRO-001.md
{revision(1, "2026-01-05")}  > ## Drains {{#drains}}
  >
  > Close the ancient sluice.
docs/procedures/EMS-PRO-002.md
  title: '{HOSTILE}'
  formerly: [VA-07-03]
  > ## Cleaning {{#cleaning}}
  >
  > The pits are emptied by a tanker, CO<sub>2</sub> & all, if 3 &lt; 5 <kbd>Alt</kbd>.
docs/procedures/EMS-PRO-004.md
  title: Old plan
  formerly: [VA-08-01]
docs/procedures/EMS-PRO-001.de.md
  id: EMS-PRO-001.de
  title: Hofentwässerung
  language: de
  translates: EMS-PRO-001/2
  > Der Schieber V-3 wird geschlossen, bevor der Tankwagen entleert wird.
commit 2026-01-05
docs/procedures/EMS-PRO-001.md
{revision(2, "2026-01-20")}  > First words on drains.
  >
  > ## Drains {{#drains}}
  >
  > Close the modern sluice. The tanker waits.
docs/procedures/EMS-PRO-003.md
  title: Waiting
  status: draft
  approved_by:
  approved_on:
  > Only the heliotrope draft says this.
docs/procedures/EMS-PRO-004.md
  status: withdrawn
commit 2026-01-20
"""


@pytest.fixture(scope="module")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root = make(tmp_path_factory.mktemp("pieces") / "handbook", WORKS)
    with served_at(root, build(configure(root, DAY))) as found:
        yield found


@dataclass
class Reader:
    """Somebody at the site, what their browser asked for and what it complained about."""

    context: BrowserContext
    page: Page
    asked: list[str]
    said: list[str]

    def seek(self, words: str) -> list[tuple[str, str, list[str]]]:
        """Address, title and signs of each result for some words, best first."""
        for text in ("", words):
            self._type(text)
        links = self.page.locator(".md-search-result__link")
        js = "all => all.map(a => [a.href, a.querySelector('h1, h2').textContent,"
        js += " [...a.querySelectorAll('.md-tag')].map(tag => tag.textContent)])"
        found = links.evaluate_all(js)
        return [(href.split("/", 3)[3], title, signs) for href, title, signs in found]

    def _type(self, text: str) -> None:
        """Put words into the field in the place of others, and wait until they are answered."""
        line, field = self.page.locator(".md-search-result__meta"), self.page.locator(".md-search__input")
        line.evaluate("e => { e.textContent = '…' }")
        field.fill(text)
        field.dispatch_event("keyup")  # one question, not one for each letter
        line.filter(has_not_text="…").wait_for()

    def line(self) -> str:
        """What stands above the results."""
        return self.page.locator(".md-search-result__meta").inner_text()


@pytest.fixture
def reader(chromium: Browser, pieces: Served) -> Iterator[Reader]:
    context = window(chromium, pieces, day=None)
    found = Reader(context, context.new_page(), [], [])
    found.page.on("request", lambda request: found.asked.append(request.url))
    found.page.on("console", lambda message: found.said.append(message.text))
    found.page.on("pageerror", lambda error: found.said.append(str(error)))
    found.page.goto("procedures/EMS-PRO-001/")
    yield found
    context.close()


def test_the_site_carries_pieces_and_no_index(pieces: Served) -> None:
    names = [name for name in pieces.site.files if name.startswith("search/")]
    assert "search/search_index.json" not in names
    kinds = {
        re.sub(r"(en|de)_[0-9a-f]+", "#", name.removeprefix("search/").partition("/")[2] or name) for name in names
    }
    assert kinds == {
        *("search/pieces.json", "search/search_index.js", "pagefind.js", "pagefind-entry.json", "pagefind.#.pf_meta"),
        *("wasm.en.pagefind", "wasm.de.pagefind", "index/#.pf_index", "fragment/#.pf_fragment"),
    }
    assert {name.split("/")[1] for name in names if name.count("/") > 1} == {"en", "de"}
    settings = json.loads(pieces.site.read("search/pieces.json"))
    assert settings["docs"] == []
    assert settings["config"]["pieces"] == ["en", "de"]
    assert (pieces.site.root / "search/search_index.js").stat().st_size < 1000


def test_only_pages_with_search_may_compile_and_nothing_else_is_loosened(pieces: Served) -> None:
    def policy(name: str) -> str:
        found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', pieces.site.read(name))
        assert found
        return found[1]

    page, light = policy("procedures/EMS-PRO-001/index.html"), policy("d/EMS-PRO-001/r1/index.html")
    assert page.count("'wasm-unsafe-eval'") == 1
    assert "script-src 'self' file: 'wasm-unsafe-eval'" in page
    for name in ("index.html", "404.html", "documents/index.html"):
        assert "'wasm-unsafe-eval'" in policy(name)
    assert "wasm" not in light
    assert "'unsafe-eval'" not in page


def test_a_word_leads_to_its_section_with_type_and_state(reader: Reader, pieces: Served) -> None:
    reader.page.mouse.wheel(0, 300)
    assert not [address for address in reader.asked if "/search/" in address], "asked for at the first touch"
    found = reader.seek("modern sluice")
    assert found[:2] == [
        ("procedures/EMS-PRO-001/", "EMS-PRO-001 Yard drains", ["Procedure", "Current"]),
        ("procedures/EMS-PRO-001/#drains", "Drains", []),
    ]
    marked = reader.page.locator(".md-search-result mark").all_inner_texts()
    assert marked == ["modern", "sluice."]
    assert "Close the modern sluice. The tanker waits" in reader.page.locator(".md-search-result__item").inner_text()
    reader.seek("yard")
    assert reader.page.locator(".md-search-result h1 mark").all_inner_texts()[0] == "Yard"
    assert {found[0] for found in reader.seek("tanker")} >= {"procedures/EMS-PRO-001/", "procedures/EMS-PRO-002/"}
    assert all(address.startswith(pieces.address) for address in reader.asked)
    assert not [address for address in reader.asked if "search_index" in address or "/workers/" in address]
    assert [name for name in reader.asked if name.endswith("en/pagefind.js")].__len__() == 1
    assert reader.said == []
    assert reader.page.locator(".md-search-result__meta[role=status]").count() == 1


LEADS = {
    "VA-07-03": "procedures/EMS-PRO-002/",
    "va 07 03": "procedures/EMS-PRO-002/",
    "07-03": "procedures/EMS-PRO-002/",
    "EMS-PRO-002": "procedures/EMS-PRO-002/",
    "PRO-002": "procedures/EMS-PRO-002/",
    "VA-08-01": "documents/numbers/#",
    "EMS-PRO-004": "documents/numbers/#",
    "CO2": "procedures/EMS-PRO-002/",
    "drain": "procedures/EMS-PRO-001/",
}


def test_numbers_and_words_lead_to_the_document(reader: Reader) -> None:
    found = {words: [place for place, *_ in reader.seek(words)][:2] for words in LEADS}
    lost = {words: places for words, places in found.items() if not any(p.startswith(LEADS[words]) for p in places)}
    assert lost == {}


def test_what_is_not_there_is_not_found(reader: Reader) -> None:
    for words in ("heliotrope", "ancient", "VA-99-99", "EMS-PRO-077", "zzzyx", '"sluice modern"'):
        assert reader.seek(words) == [], words
        assert reader.line() == "No matching documents"


def test_nothing_that_waits_is_superseded_or_withdrawn_has_a_result(reader: Reader) -> None:
    for words in ("EMS-PRO-003", "waiting", "revision 1", "old plan"):
        for place, *_ in reader.seek(words):
            assert not re.match(r"d/|procedures/EMS-PRO-00[34]/", place), (words, place)


def test_markup_stays_text(reader: Reader) -> None:
    (title,) = {title for place, title, _ in reader.seek("EMS-PRO-002") if place == "procedures/EMS-PRO-002/"}
    assert title == f"EMS-PRO-002 {HOSTILE}"
    reader.seek("pits emptied")
    assert "CO2 & all, if 3 < 5 Alt" in reader.page.locator(".md-search-result__item").first.inner_text()
    assert reader.page.locator(".md-search-result img").count() == 0
    assert reader.said == []


def test_words_that_a_page_lacks_are_said(reader: Reader) -> None:
    lacking = reader.page.locator(".md-search-result__terms del")
    assert reader.seek("sluice heliotrope")[0][0] == "procedures/EMS-PRO-001/"
    assert lacking.first.inner_text() == "heliotrope"
    found = [place for place, *_ in reader.seek("modern sluice emptied")]  # each on a page of its own
    assert found[0] == "procedures/EMS-PRO-001/"
    assert "procedures/EMS-PRO-002/" in found
    assert lacking.first.inner_text() == "emptied"


def test_the_keys_are_those_of_the_theme(reader: Reader) -> None:
    page = reader.page
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.className").startswith("md-search__input")
    page.keyboard.type("sluice")
    page.locator(".md-search-result__link").first.wait_for()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.href").endswith("/procedures/EMS-PRO-001/")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.href").endswith("/procedures/EMS-PRO-001/#drains")
    page.keyboard.press("Escape")
    assert not page.locator("#__search").is_checked()
    page.goto("")
    page.keyboard.press("/")
    page.keyboard.type("modern sluice")
    page.locator(".md-search-result__link").first.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/procedures/EMS-PRO-001/#drains")


def test_a_german_page_searches_german_first_and_finds_the_rest(reader: Reader) -> None:
    reader.page.goto("procedures/EMS-PRO-001.de/")
    assert reader.page.locator("html").get_attribute("lang") == "de"
    assert reader.seek("Entleerung")[0][0] == "procedures/EMS-PRO-001.de/"  # by its stem
    assert reader.seek("EMS-PRO-001")[0][0] == "procedures/EMS-PRO-001.de/"
    assert reader.seek("sluice")[0][0] == "procedures/EMS-PRO-001/"
    assert "Suchergebnis" in reader.line()
    reader.page.goto("procedures/EMS-PRO-001/")
    assert reader.seek("EMS-PRO-001")[0][0] == "procedures/EMS-PRO-001/"
    assert reader.seek("Schieber")[0][0] == "procedures/EMS-PRO-001.de/"


def test_search_that_cannot_be_loaded_is_said_and_tried_again(reader: Reader) -> None:
    reader.page.goto("procedures/EMS-PRO-001.de/")
    reader.page.route("**/search/de/pagefind.js*", lambda route: route.abort())
    assert reader.seek("Schieber") == []
    assert reader.line() == Words("de")("search broken")
    reader.page.unroute("**/search/de/pagefind.js*")
    assert reader.seek("Schiebers")[0][0] == "procedures/EMS-PRO-001.de/"


def test_on_a_phone_results_fit(chromium: Browser, pieces: Served) -> None:
    context = window(chromium, pieces, day=None, viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto("")
    page.locator("label.md-header__button[for=__search]").click()
    page.locator(".md-search__input").press_sequentially("sluice")
    hit = page.locator(".md-search-result__link").first
    hit.wait_for()
    box = hit.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    context.close()


@pytest.mark.parametrize(("name", "language"), [("EMS-PRO-001", "en"), ("EMS-PRO-001.de", "de")])
def test_from_a_folder_search_says_that_it_needs_a_server(
    chromium: Browser, pieces: Served, name: str, language: str
) -> None:
    context = window(chromium, day=None)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto((pieces.site.root / f"procedures/{name}/index.html").as_uri())
    page.locator(".md-search__input").press_sequentially("sluice")
    line = page.locator(".md-search-result__meta")
    line.filter(has_text=Words(language)("search folder")).wait_for()
    assert said == []
    context.close()


def test_the_same_texts_make_the_same_pieces_under_each_engine(pieces: Served, tmp_path: Path) -> None:
    again = build(pieces.handbook, tmp_path / "again", "properdocs")

    def found(site: Site) -> dict[str, bytes]:
        return {name: (site.root / name).read_bytes() for name in site.files if name.startswith("search/")}

    assert found(again) == found(pieces.site)


def test_without_pagefind_the_build_says_what_to_install_and_leaves_the_last_site(tmp_path: Path) -> None:
    root = configure(make(tmp_path / "works", "ems.yml\n  publish: {search_in_pieces_from: 1}\n"))
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden/sitecustomize.py").write_text("import sys\nsys.modules['pagefind'] = None\n", encoding="utf-8")
    (tmp_path / "site").mkdir()
    (tmp_path / "site/index.html").write_text("the last site", encoding="utf-8")
    line = [sys.executable, "-m", "mkdocs", "build", "-q", "-f", str(root / "mkdocs.yml"), "-d", str(tmp_path / "site")]
    env = {**ENVIRONMENT, "PYTHONPATH": str(tmp_path / "hidden"), "DISABLE_MKDOCS_2_WARNING": "true"}
    done = subprocess.run(line, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "Install it: pip install 'ems-control[search]'" in done.stderr.replace("\n", " ")
    assert (tmp_path / "site/index.html").read_text(encoding="utf-8") == "the last site"


def written(site: Path, text: str) -> Path:
    """A site as a theme has written it, of one page."""
    page = site / "a/index.html"
    page.parent.mkdir(parents=True)
    page.write_text('<!doctype html><html lang="nl-BE">', encoding="utf-8")
    docs = [{"location": "a/", "title": "A", "text": ""}, {"location": "a/#b", "title": "B", "text": text}]
    (site / "search").mkdir()
    (site / "search/search_index.json").write_text(json.dumps({"config": {}, "docs": docs}), encoding="utf-8")
    return site


def test_a_pagefind_that_fails_is_told_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finish_search(written(tmp_path / "well", "<p>Put</p>"), True)
    assert (tmp_path / "well/search/nl-be/pagefind.js").is_file()
    fake = tmp_path / "fake/pagefind"
    fake.mkdir(parents=True)
    (fake / "__init__.py").touch()
    (fake / "__main__.py").write_text("import sys\nsys.exit('no\\nroom left')\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(fake.parent))
    with pytest.raises(PluginError, match=r"^search cannot come in pieces: Pagefind ends with 1: room left$"):
        finish_search(written(tmp_path / "ill", "<p>Put</p>"), True)


def test_settings_of_whoever_builds_do_not_reach_pagefind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pagefind.yml").write_text("output_path: elsewhere\n", encoding="utf-8")
    (tmp_path / "pagefind.py").write_text("import sys\nsys.exit('from the folder')\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PAGEFIND_OUTPUT_PATH", str(tmp_path / "elsewhere"))
    finish_search(written(tmp_path / "site", "<p>Put</p>"), True)
    assert (tmp_path / "site/search/nl-be/pagefind.js").is_file()
    assert not (tmp_path / "elsewhere").exists()


def test_no_address_of_an_index_leads_out_of_the_folder(tmp_path: Path) -> None:
    site = written(tmp_path / "site", "")
    index = site / "search/search_index.json"
    for place in ("../x/", "/etc/", "a/%2e%2e/%2e%2e/x/", "a.txt"):
        index.write_text(json.dumps({"config": {}, "docs": [{"location": place, "title": "A", "text": "B"}]}))
        with pytest.raises(PluginError, match="is no address of a page"):
            finish_search(site, True)


@pytest.mark.parametrize(
    ("wanted", "documents", "serving", "expected"),
    [
        ("", 499, False, False),
        ("", 500, False, True),
        ("", 500, True, False),
        ("2", 1, False, False),
        ("2", 2, False, True),
    ],
)
def test_search_comes_in_pieces_from_so_many_documents_on(
    wanted: str, documents: int, serving: bool, expected: bool
) -> None:
    policy = "organisation: Works\npolicy: manager\ntypes: {}\n"
    policy += f"publish: {{search_in_pieces_from: {wanted}}}\n" if wanted else ""
    found = Publication(extra={"language": "nl"}, labels={f"{n}.md": str(n) for n in range(documents)})
    assert in_pieces(found, load_policy(policy.encode())[0], serving) is expected
    assert ("pieces" in found.extra) is expected
    if expected:
        assert json.loads(found.extra["pieces"]["first"])["folder"] == Words("nl")("search folder")
