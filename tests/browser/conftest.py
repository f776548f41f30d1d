"""The sample handbook as a site on a local address, and Debian's Chromium to read it with."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from tests.examples import ENVIRONMENT
from tests.sites import SAMPLE_DAY, Site, built_sample

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "chromium")
FONTS = Path(__file__).parents[1] / "tools/node_modules/dejavu-fonts-ttf/ttf"
FONTCONFIG = """\
<?xml version="1.0"?>
<fontconfig>
  <dir>{fonts}</dir>
  <cachedir>{cache}</cachedir>
  <alias><family>sans-serif</family><prefer><family>DejaVu Sans</family></prefer></alias>
  <alias><family>serif</family><prefer><family>DejaVu Serif</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
"""
"""The only fonts there are: the machine's own would decide how many sheets a print has."""
UNFAKED = {name: value for name, value in ENVIRONMENT.items() if name != "LD_PRELOAD"}
"""Chromium does not start under libfaketime; its day is that of `window`."""
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 640}


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a line per request."""

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


class Served:
    """A built site, what its repository says, and where a browser finds it."""

    def __init__(self, handbook: Path, site: Site, address: str) -> None:
        self.handbook, self.site, self.address = handbook, site, address


def kinds(site: Site) -> dict[str, str]:
    """One address for each kind of page, by a name that says what it is."""
    found: dict[str, str] = {}
    for name, page in sorted(site.pages.items()):
        parts = name.removesuffix("index.html").rstrip("/").removesuffix(".html").split("/")
        if parts[0] == "d":
            named = {"": "light-document", "r": "light-current", "r-r": "light-redline"}
            kind = named.get(re.sub(r"[0-9]+", "", "/".join(parts[2:])), "light-decision")
            kind = "light-old" if page.text("banner") and kind == "light-current" else kind
        else:
            kind = "-".join([parts[0] or "home", page.kind or "engine", *["deep"] * (len(parts) > 2)])
        found.setdefault(kind, name)
    return {
        **found,
        "list": "documents/index.html",
        "board": "control/review-board/index.html",
        "wide-table": "registers/EMS-REG-001/index.html",
        "upcoming": "procedures/EMS-PRO-017/index.html",
        "overdue": "procedures/EMS-PRO-018/index.html",
        "translation": "instructions/EMS-WI-005.nl/index.html",
        "matrix": "standards/iso-14001-2026/index.html",
    }


@contextmanager
def served_at(handbook: Path, site: Site) -> Iterator[Served]:
    """A site on a local address while it is looked at."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site.root))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Served(handbook, site, f"http://127.0.0.1:{server.server_port}/")
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_at(*built_sample(tmp_path_factory)) as found:
        yield found


@contextmanager
def running_chromium(folder: Path) -> Iterator[Browser]:
    """The browser, with no fonts but those of the tests."""
    assert any(FONTS.glob("*.ttf")), "the fonts of the tests are missing: make npm"
    configuration = folder / "fonts.conf"
    configuration.write_text(FONTCONFIG.format(fonts=FONTS, cache=folder / "cache"), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"],
            env={**UNFAKED, "FONTCONFIG_FILE": str(configuration)},
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with running_chromium(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


def window(
    chromium: Browser, served: Served | None = None, day: str | None = SAMPLE_DAY, **options: Any
) -> BrowserContext:
    """A fresh browser profile of somebody who reads on a day (None: a clock not yet set), in UTC, animations off."""
    context = chromium.new_context(
        base_url=served.address if served else None,
        reduced_motion="reduce",
        **{"viewport": DESK, "color_scheme": "light", "timezone_id": "UTC", **options},
    )
    if day:
        context.clock.install(time=f"{day}T09:00:00Z")
    context.set_default_timeout(10_000)
    return context


@pytest.fixture
def desk(chromium: Browser, served: Served) -> Iterator[Page]:
    context = window(chromium, served)
    yield context.new_page()
    context.close()


@pytest.fixture
def phone(chromium: Browser, served: Served) -> Iterator[Page]:
    context = window(chromium, served, viewport=PHONE, has_touch=True, is_mobile=True)
    yield context.new_page()
    context.close()
