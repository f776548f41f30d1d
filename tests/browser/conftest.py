"""The sample handbook as a site on a local address, and Debian's Chromium to read it with."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from tests.sites import Site, build, clone_sample

CHROMIUM = "/usr/bin/chromium"
ARTEFACTS = Path(__file__).parents[1] / "artefacts"
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

    @property
    def kinds(self) -> dict[str, str]:
        """One address for each kind of page: each folder's first of every kind, and the widest tables."""
        found: dict[str, str] = {}
        for name, page in sorted(self.site.pages.items()):
            parts = name.removesuffix("index.html").rstrip("/").split("/")
            folder = "/".join(parts[:-1]) or parts[0] or "home"
            if parts[0] == "d":  # light pages: their depth makes the kind, not the document
                folder = f"light/{len(parts)}"
            found.setdefault(f"{folder}-{page.kind or 'engine'}".replace("/", "-"), name.removesuffix("index.html"))
        found["aspects"] = "registers/EMS-REG-001/"
        found["upcoming-revision"] = "procedures/EMS-PRO-017/"
        found["overdue"] = "procedures/EMS-PRO-018/"
        return found


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
    handbook = clone_sample(tmp_path_factory.mktemp("browser") / "sample")
    site = build(handbook)
    with served_at(handbook, site) as found:
        yield found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def window(chromium: Browser, served: Served, **options: Any) -> BrowserContext:
    """A fresh browser profile; addresses are relative to the site, animations off, waits bounded."""
    context = chromium.new_context(
        base_url=served.address, reduced_motion="reduce", **{"viewport": DESK, "color_scheme": "light", **options}
    )
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
