"""The Content-Security-Policy of a page: what it may load and run, computed on the finished file."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator

from ems_control.ground.markdown.active import is_plain_style

_SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script", re.DOTALL | re.IGNORECASE)
_NO_CODE = re.compile(r"\bsrc\s*=|type\s*=\s*[\"']?application/(?:json|ld\+json)", re.IGNORECASE)
_STYLE = re.compile(r"""style(?<=\sstyle)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_HEAD = re.compile(r"<head\b[^>]*>\s*(?:<meta charset=[^>]*>\n?)?", re.IGNORECASE)
_PIECES = re.compile(r"<script\b[^>]*\sdata-ems-pieces=", re.IGNORECASE)
_DOCTYPE = re.compile(r"<!doctype[^>]*>\n?", re.IGNORECASE)
_MARK = '<meta http-equiv="Content-Security-Policy" content="'
_OURS = re.compile(re.escape(_MARK) + r'[^"]*">\n?')

_FIXED = (
    "img-src 'self' file: data:; font-src 'self' file: data:; connect-src 'self'; worker-src 'self'; "
    "frame-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'"
)
"""Pages are also read from a folder, where `'self'` is no address: there `file:` stands for it."""


def with_policy(page: str) -> str:
    """A finished page with its policy: scripts of the site and those that stand in it now, and nothing else."""
    page = _OURS.sub("", page) if _MARK in page else page
    place = _HEAD.search(page, 0, 4096) or _DOCTYPE.search(page, 0, 4096)
    at = place.end() if place else 0
    return f'{page[:at]}{_MARK}{_policy(page)}">\n{page[at:]}'


def _policy(page: str) -> str:
    small = page.lower()
    has_scripts = "<script" in small
    found = _SCRIPT.findall(page) if has_scripts else []
    scripts = sorted({_hash(code) for given, code in found if not _NO_CODE.search(given)})
    styles = sorted({_hash(style) for style in _styles(page, small) if is_plain_style(style)})
    if has_scripts and _PIECES.search(page):  # what looks through the pieces of search is compiled in the browser
        scripts.insert(0, "'wasm-unsafe-eval'")
    if styles:  # cells of tables say how they are aligned
        styles.insert(0, "'unsafe-hashes'")
    parts: tuple[tuple[str, list[str]], ...] = (("default-src", []), ("script-src", scripts), ("style-src", styles))
    return "; ".join([*(" ".join([name, "'self'", "file:", *given]) for name, given in parts), _FIXED])


def _styles(page: str, small: str) -> Iterator[str]:
    """The style attributes of a page; found by their name in `small` letters, in a fifth of the time of a search."""
    at = small.find("style") if len(small) == len(page) else -1
    if len(small) != len(page):  # some letters are two when they are small
        yield from map("".join, _STYLE.findall(page))
    while at >= 0:
        match = _STYLE.match(page, at)
        if match:
            yield match[1] or match[2] or ""
        at = small.find("style", match.end() if match else at + 1)


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.replace("\r\n", "\n").encode(errors="replace")).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
