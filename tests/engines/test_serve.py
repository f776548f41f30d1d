"""`ems serve` while somebody writes: a real process; every wait has an end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from tests.examples import git
from tests.running import COMMAND
from tests.sites import ENGINES, MOMENT, Html, configure, plain_environment

Make = Callable[..., Path]
PATIENCE = 40.0
DOCUMENT = "procedures/EMS-PRO-001/"


class Server:
    """A running `ems serve`, as a browser sees it."""

    def __init__(self, root: Path, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
        self.root, self.port, self.process, self.log = root, port, process, log

    def page(self, address: str) -> Html | None:
        """A page as it is now; None while the server does not answer with it."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{address}", timeout=PATIENCE) as answer:
                return Html(answer.read().decode())
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return None

    def until(self, address: str, css_class: str, words: str) -> Html:
        """Wait until a page says `words` in elements of a class."""
        end = time.monotonic() + PATIENCE
        page = None
        while time.monotonic() < end:
            assert self.process.poll() is None, self.log.read_text(encoding="utf-8")
            page = self.page(address)
            if page and words in page.text(css_class):
                return page
            time.sleep(0.2)
        said = page.text(css_class) if page else "nothing"
        pytest.fail(f"{address} does not say “{words}” but “{said}”.\n{self.log.read_text(encoding='utf-8')}")

    def said(self, words: str) -> int:
        """How often its log says something."""
        return self.log.read_text(encoding="utf-8").count(words)

    def write(self, path: str, change: Callable[[str], str]) -> None:
        """Edit a file of the handbook as an author does."""
        file = self.root / path
        file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(root: Path, engine: str, port: int | None = None, **variables: str) -> Iterator[Server]:
    port = port or free_port()
    log = root.parent / "serve.log"
    line = [COMMAND, "--root", str(root), "serve", "--engine", engine, "--address", f"127.0.0.1:{port}"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            line,
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            env={**plain_environment(), **variables},
            start_new_session=True,
        )
        try:
            yield Server(root, port, process, log)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_author_writes_while_the_site_is_served(handbook: Make, engine: str) -> None:
    root = configure(handbook())
    with serving(root, engine) as server:
        server.until(DOCUMENT, "ems-line", "Current · revision 1")

        server.write("docs/" + DOCUMENT.rstrip("/") + ".md", lambda text: text.replace("valve V-3", "valve V-9"))
        page = server.until(DOCUMENT, "ems-page", "valve V-9")
        assert page.text("ems-banner").startswith("DRAFT – not in force.")
        assert "EMS203" in page.text("ems-findings")

        server.write(
            "docs/" + DOCUMENT.rstrip("/") + ".md", lambda text: text.replace("owner: lead", "owner: lead\nowner: lead")
        )
        page = server.until(DOCUMENT, "ems-findings", "given twice")
        assert page.text("ems-banner").startswith("DRAFT – not in force.")

        server.write(
            "docs/" + DOCUMENT.rstrip("/") + ".md", lambda text: text.replace("owner: lead\nowner: lead", "owner: lead")
        )
        page = server.until(DOCUMENT, "ems-page", "EMS-PRO-001")
        server.write("ems.yml", lambda text: text.replace("organisation:", "organisation: ["))
        server.until("", "ems-page", "The handbook cannot be read:")
        assert server.page(DOCUMENT) is not None

        server.write("ems.yml", lambda text: text.replace("organisation: [", "organisation:"))
        server.until("", "ems-page", "Handbook of Sample Works")


def test_a_commit_is_picked_up_by_the_next_rebuild(handbook: Make) -> None:
    root = configure(handbook())
    with serving(root, "mkdocs") as server:
        server.until(DOCUMENT, "ems-line", "Current · revision 1")
        row = "  - {revision: 2, date: 2026-01-19, author: a.author, change: Valve V-9 replaces valve V-3.}\n"
        server.write(
            "docs/procedures/EMS-PRO-001.md",
            lambda text: (
                text.replace("revision: 1\n", "revision: 2\n")
                .replace("approved_on: 2025-12-10", "approved_on: 2026-01-20")
                .replace("revisions:\n", "revisions:\n" + row)
                .replace("valve V-3 before", "valve V-9 before")
            ),
        )
        page = server.until(DOCUMENT, "ems-page", "Close valve V-9")
        assert page.text("ems-banner").startswith("DRAFT – not in force. Preview of revision 2")

        git(root, "commit", "-q", "-a", "-m", "Valve", day=date(2026, 1, 20))
        server.write("docs/index.md", lambda text: text + "\nOne more line.\n")
        page = server.until(DOCUMENT, "ems-line", "Current · revision 2")
        assert page.text("ems-banner") == ""


def test_a_dead_link_does_not_stop_the_server(handbook: Make) -> None:
    root = configure(handbook())
    with serving(root, "mkdocs") as server:
        server.until("", "ems-page", "Handbook of Sample Works")
        server.write("docs/index.md", lambda text: text + "\n[Nowhere](nowhere.md), to be written.\n")
        server.until("", "ems-page", "to be written")


def built(server: Server, times: int) -> None:
    """Wait until the site was built anew so many times, in whole or in part."""
    end = time.monotonic() + PATIENCE
    while server.said("Reloading browsers") < times and time.monotonic() < end:
        assert server.process.poll() is None, server.log.read_text(encoding="utf-8")
        time.sleep(0.1)
    assert server.said("Reloading browsers") == times


def tree(folder: Path) -> dict[str, bytes]:
    [site] = folder.glob("mkdocs_*")
    return {each.relative_to(site).as_posix(): each.read_bytes() for each in site.rglob("*") if each.is_file()}


STEPS = (
    ("a word", True, lambda text: text.replace("valve V-3", "valve V-9")),
    ("a word more", True, lambda text: text + "\nOne step more, by [the way](EMS-PRO-001.md#drains).\n"),
    ("HEAD", False, lambda _: ""),
    ("a heading", True, lambda text: text.replace("## Drains", "## All drains") + "\n## Another\n\nNew.\n"),
    ("a title", False, lambda text: text.replace("title: ", "title: Another ")),
    ("a word again", True, lambda text: text.replace("valve V-3", "valve V-7")),
)
"""What an author does, and whether the page of the text is rendered alone."""


def test_an_edited_text_is_rendered_alone_and_the_site_is_what_a_whole_build_makes(
    handbook: Make, tmp_path: Path
) -> None:
    root, port, page = configure(handbook()), free_port(), f"docs/{DOCUMENT.rstrip('/')}.md"
    head, whole, places = (root / page).read_text("utf-8"), 1, [tmp_path / "first", tmp_path / "second"]
    for place in places:
        place.mkdir()
    moment = {"SOURCE_DATE_EPOCH": MOMENT, "CI": ""}
    with serving(root, "mkdocs", port, **moment, TMPDIR=str(places[0])) as server:
        server.until(DOCUMENT, "ems-line", "Current")
        for times, (name, alone, change) in enumerate(STEPS, 1):
            server.write(page, lambda text, change=change: change(text) or head)
            built(server, times)
            whole += not alone
            assert server.said("Building documentation") == whole, name
        left = tree(places[0])
    with serving(root, "mkdocs", port, **moment, TMPDIR=str(places[1]), EMS_NO_CACHE="1") as server:
        server.until(DOCUMENT, "ems-page", "valve V-7")
        now = tree(places[1])
    assert sorted(left) == sorted(now)
    assert [path for path in now if left[path] != now[path]] == []
