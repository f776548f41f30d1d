"""Search in pieces: what the theme's index holds, laid down so that a reader fetches the few pieces that answer.

Pagefind makes the pieces, as a program of its own that is given a folder and leaves one. What it reads is made here, of
the entries of the theme's index and nothing else, so that search finds the same either way; and only the files that a
search asks for go onto the site. A folder for each language of pages: words are cut to their stems by the rules of one.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from html import escape, unescape
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote

from mkdocs.exceptions import PluginError
from mkdocs.plugins import get_plugin_logger

from ems_control.exports.words import Words
from ems_control.ground.counting import count
from ems_control.ground.errors import EmsError
from ems_control.ground.organisation.policy import Policy
from ems_control.ground.text import one_line
from ems_control.site.publication import Publication

FROM = 500
"""With so many documents search comes in pieces, where the policy does not say otherwise and Pagefind is installed."""
FACT = "pieces"
"""What templates ask for: the words of the script, by language; nothing where search is one file."""
FOLDER = "search"
INDEX, SCRIPT = f"{FOLDER}/search_index.json", f"{FOLDER}/search_index.js"
SETTINGS = f"{FOLDER}/pieces.json"
"""What the theme asks for instead of the index: its settings, and the languages that there are pieces in."""
_INSTALL = "pip install 'ems-control[search]'"
_SAID = ("search folder", "search best", "search broken")
_WANTED = ("pagefind.js", "pagefind-entry.json", "pagefind.*.pf_meta", "index/*.pf_index", "fragment/*.pf_fragment")
"""What a search fetches, beside the program of the language; Pagefind leaves fields and styles of its own as well."""
_MINUTES = 20

_INLINE = re.compile(r"</?(?:code|sub|sup)\b[^>]*>")
_TAG = re.compile(r"<[^>]*>")
_LANGUAGE = re.compile(r"<html\b[^>]*\blang=\"([A-Za-z]+(?:-[A-Za-z0-9]+)*)\"")
_BETWEEN = " \u2063 "
"""Between type, state and old numbers: a sign that no document may hold and that is no word."""

Entry = Mapping[str, Any]
"""A section of a page, as the theme's index has it."""

log = get_plugin_logger(__name__)


def in_pieces(publication: Publication, policy: Policy, serving: bool) -> bool:
    """Whether search comes in pieces, which pages are then told. Raises EmsError where it should and cannot."""
    wanted = policy.publish.search_in_pieces_from
    if serving or len(publication.labels) < (wanted or FROM):
        return False
    if not (find_spec("pagefind") and (find_spec("pagefind_bin") or find_spec("pagefind_bin_extended"))):
        if wanted:
            raise EmsError(
                f"ems.yml: publish.search_in_pieces_from is {wanted}, and Pagefind, which makes the pieces, is not "
                f"installed. Install it: {_INSTALL}, or leave the key out."
            )
        log.info("Search is one file, which every reader fetches whole. To have it in pieces: %s", _INSTALL)
        return False
    first = publication.extra["language"]
    said = {each: {key.split()[1]: Words(each)(key) for key in _SAID} for each in (first, *publication.tabs)}
    publication.extra[FACT] = {name: json.dumps(words) for name, words in {**said, "first": said[first]}.items()}
    return True


def finish_search(site: Path, pieces: bool) -> None:
    """Make of the index that the theme wrote what its readers load: pieces, or a script beside it for folders."""
    index = site / INDEX
    if not index.is_file():
        return
    data = index.read_bytes()
    if pieces:
        whole = json.loads(data)
        settings = {**whole["config"], FACT: _write_pieces(site, whole["docs"])}
        index.unlink()
        data = json.dumps({"config": settings, "docs": []}, separators=(",", ":")).encode()
        _write(site / SETTINGS, data)
    _write(site / SCRIPT, b"var __index = " + data)  # a page read from a folder can load a script, and nothing else


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    count("files_written")


def _write_pieces(site: Path, entries: Iterable[Entry]) -> list[str]:
    """The pieces of every language, and the languages: the one with most pages first."""
    pages: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        pages[str(entry["location"]).partition("#")[0]].append(entry)
    spoken: dict[str, list[str]] = defaultdict(list)
    for place in sorted(pages):
        spoken[_language(site / _file(place))].append(place)
    with TemporaryDirectory(prefix="ems-search-") as name:
        for language, places in spoken.items():
            given, made = Path(name, f"{language}-pages"), Path(name, f"{language}-pieces")
            for place in places:
                path = given / _file(place)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(_record(pages[place], language), encoding="utf-8")
            _run(given, made)
            for path in _fetched(made):
                _write(site / FOLDER / language / path.relative_to(made), path.read_bytes())
    return sorted(spoken, key=lambda language: (-len(spoken[language]), language))


def _file(place: str) -> PurePosixPath:
    """The file of an address of the index, seen from the site: Pagefind makes the address out of it again."""
    path = PurePosixPath(unquote(f"{place}index.html" if place.endswith("/") or not place else place))
    if path.is_absolute() or ".." in path.parts or path.suffix != ".html":
        raise PluginError(
            f"search cannot come in pieces: {place} is no address of a page. Leave out what put it there."
        )
    return path


def _language(page: Path) -> str:
    """The language that a written page names."""
    head = b""
    if page.is_file():
        with page.open("rb") as file:
            head = file.read(4096)
    found = _LANGUAGE.search(head.decode(errors="replace"))
    return found[1].lower() if found else "unknown"


def _record(entries: list[Entry], language: str) -> str:
    """One page as Pagefind shall read it: title, type, state and numbers as facts, each section under its heading.

    A page that counts less (`boost`) gives no title to be found by: titles count by themselves.
    """
    first = entries[0]
    boost = min(float(first.get("boost", 1)), 10.0)
    facts = {"title" if boost >= 1 else "name": _plain(first["title"])}
    if tags := [_plain(tag) for tag in first.get("tags", ())]:
        facts["tags"] = _BETWEEN.join(tags)
    named = ", ".join(f"{name}[data-{name}]" for name in facts)
    given = " ".join(f'data-{name}="{escape(value)}"' for name, value in facts.items())
    parts = []
    for entry in entries:
        anchor = str(entry["location"]).partition("#")[2]
        heading = f'<h2 id="{escape(anchor)}">{escape(_plain(entry["title"]))}</h2>' if anchor else ""
        parts.append(f"{heading}\n<p>{escape(_plain(entry['text']))}</p>")
    text = "\n".join(parts)
    if not _TAG.sub("", text).strip():  # a page without words is found by its title all the same
        text = f"<p>{escape(_plain(first['title']))}</p>"
    weight = f' data-pagefind-weight="{boost}"' if boost != 1 else ""
    told = f'<p data-pagefind-ignore data-pagefind-meta="{named}" {given}></p>'
    return f'<!doctype html>\n<html lang="{language}"><body>\n{told}\n<div{weight}>\n{text}\n</div>\n</body></html>\n'


def _plain(text: object) -> str:
    """Words of the index without their markup, in one line."""
    return " ".join(unescape(_TAG.sub(" ", _INLINE.sub("", str(text)))).split())


def _run(given: Path, made: Path) -> None:
    """Run Pagefind from one folder into another; nothing but these two decides what it does."""
    folders = ["--site", given.name, "--output-path", made.name]
    line = [sys.executable, "-P", "-m", "pagefind", *folders, "--silent"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PAGEFIND_")}
    try:
        done = subprocess.run(
            line, cwd=given.parent, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=60 * _MINUTES
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PluginError(f"search cannot come in pieces: Pagefind does not run: {one_line(str(error))}") from None
    if done.returncode or not (made / "pagefind.js").is_file():
        said = (done.stderr or done.stdout).decode(errors="replace").strip().split("\n")[-1]
        raise PluginError(f"search cannot come in pieces: Pagefind ends with {done.returncode}: {one_line(said)}")


def _fetched(made: Path) -> list[Path]:
    """What a search fetches of all that Pagefind leaves: of its programs the one of the language, if there is one."""
    programs = sorted(made.glob("wasm.*.pagefind"), key=lambda file: file.name == "wasm.unknown.pagefind")
    return [*programs[:1], *(file for pattern in _WANTED for file in sorted(made.glob(pattern)))]
