"""Content digests: what a revision says and shows, by methods that have a name (specification, Content digest).

A method, once released, never changes; a better one gets the next number.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from ems_control.ground.text import decode, is_markdown, normalise_lines

CLAIM_KEYS = ("status", "approved_by", "approved_on", "review_by")
"""What an author claims about a revision; evidence decides, so the claim is no part of the content."""

CLASSIFICATION_KEYS = ("clauses", "distribution", "tags")
"""Where a document is filed; moving 400 documents to new clause numbers asks for no new approval."""

_INCLUDE = re.compile(r'--8<-- "([^"\n]+)"[ \t]*')
CUTTING_CHARACTERS = frozenset("()<>[]{}\"'`|,;:=#?&!*")
"""A file name with one of these cannot be found in a text (and so not sealed), nor can one with white space."""


MANY = 100
"""Fewer names are looked for in a text before its words are taken apart."""
_ESCAPED = re.compile("%[0-9A-Fa-f]{2}")
_CUT = str.maketrans(dict.fromkeys(CUTTING_CHARACTERS, " "))


class Attachment(NamedTuple):
    """A file that a page may need: the word in the text that names it, its path, and its blob (or content key)."""

    name: str
    path: str
    blob: str


def shows_nothing(data: bytes, names: Collection[str]) -> bool:
    """Whether the bytes of a text surely show no file: none of the names stands there, nor anything that hides one."""
    if len(names) >= MANY or not data.isascii() or b"--8<--" in data or b"\\" in data:
        return False
    escaped = b"%" in data and _ESCAPED.search(data.decode("ascii"))
    return not escaped and not any(name.encode("utf-8", "surrogateescape") in data for name in names)


def include_path(line: str) -> str | None:
    """The path that a line `--8<-- "path"` includes, seen from docs/; None for any other line."""
    match = _INCLUDE.fullmatch(line)
    return match[1] if match else None


def find_attachments(
    body: str,
    path: str,
    docs_dir: str,
    blob_at: Callable[[str], str | None],
    read: Callable[[str], bytes],
    names: Collection[str] | None = None,
) -> tuple[Attachment, ...]:
    """Every file that the page at `path` may need, by the words of its body.

    `blob_at(path)` names the blob of a regular file in the tree that counts, or None; `read(blob)` gives its bytes.
    Paths are seen from the root of the repository. An included text is searched too. `names`, where given, holds
    the last parts of all paths that can exist, so that other words need not be looked up. Sorted by name, then path.
    """
    folders = (posixpath.dirname(path), posixpath.splitext(path)[0], docs_dir)
    found: set[Attachment] = set()
    included: set[str] = set()
    queue = [body]
    while queue:
        for word, is_include in _words(queue.pop(), names):
            places = (docs_dir,) if is_include else folders
            for place in places:
                target = inside(docs_dir, place, word)
                if target is None or (is_markdown(target) and not is_include):
                    continue
                blob = blob_at(target)
                if blob is None:
                    continue
                found.add(Attachment(word, target, blob))
                if is_include and blob not in included:
                    included.add(blob)
                    queue.append(decode(read(blob))[0])
    return tuple(sorted(found))


def inside(docs_dir: str, folder: str, word: str) -> str | None:
    """The path of `word` seen from `folder`, where it stays inside docs/; else None."""
    word = word.lstrip("/") if folder == docs_dir else word
    target = posixpath.normpath(posixpath.join(folder, word))
    root = docs_dir if docs_dir not in ("", ".") else ""
    if target.startswith(("../", "/")) or target in ("..", ".") or (root and not target.startswith(root + "/")):
        return None
    return target


def _words(text: str, names: Collection[str] | None) -> Iterator[tuple[str, bool]]:
    if "--8<--" in text:
        kept = []
        for line in text.split("\n"):
            included = include_path(line)
            if included is None:
                kept.append(line)
            else:
                yield included, True
        text = "\n".join(kept)
    if names is not None and "\\" not in text and not ("%" in text and _ESCAPED.search(text)):
        names = {name for name in names if name in text} if len(names) < MANY else names
    if names is not None and not names:
        return
    for written in set(text.translate(_CUT).split()):
        if "." in written or "%" in written:
            word = unquote(written.replace("\\", ""))
            if "." in word and (names is None or word.rstrip("/").rsplit("/", 1)[-1] in names):
                yield word, False


def sha256(data: bytes) -> str:
    """SHA-256 in hex of a file, line ends counted as LF where it is text."""
    return hashlib.sha256(normalise_lines(data)).hexdigest()


def content_1(
    metadata: Mapping[str, Any], body: str, attachments: Iterable[tuple[str, str]], names: Mapping[str, str]
) -> str:
    """The digest by `ems-content/1`.

    `metadata` holds every scalar as a string; `attachments` are pairs of name and SHA-256 in hex; `names` maps our
    keys to those of a foreign handbook (`fields` of ems.yml), dotted where they are nested.
    """
    return content_1_of(canonical_json(sealed_metadata(metadata, names)), body, attachments)


def content_1_of(sealed: bytes, body: str, attachments: Iterable[tuple[str, str]]) -> str:
    """The same, where the canonical JSON of the sealed metadata is known."""
    shown = canonical_json(sorted({(name, digest) for name, digest in attachments}))
    text = canonical_json(body.strip("\n") + "\n")
    parts = (b'{"attachments":', shown, b',"body":', text, b',"metadata":', sealed, b',"method":"ems-content/1"}')
    return "sha256:" + hashlib.sha256(b"".join(parts)).hexdigest()


FIRST: Final = "ems-content/1"
"""The method of what names none: claims in front matter."""

METHODS = {FIRST: content_1}
"""Every method by the name that records give it, oldest first; new records are made by the last."""


class Seal(NamedTuple):
    """What a record says of its text: the method, and the digest that it gives."""

    method: str
    digest: str


def newest_method() -> str:
    """The method of new records."""
    return next(reversed(METHODS))


def sealed_metadata(metadata: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The front matter without its claim and classification keys."""
    sealed = dict(metadata)
    for key in CLAIM_KEYS + CLASSIFICATION_KEYS:
        _without(sealed, names.get(key, key).split("."))
    return sealed


def sealed_json(parts: Iterable[tuple[str, str]]) -> bytes:
    """The canonical JSON of the same, out of keys with the canonical JSON of their values; the keys are our own."""
    unsealed = CLAIM_KEYS + CLASSIFICATION_KEYS
    kept = sorted((key, value) for key, value in parts if key not in unsealed)
    return ("{" + ",".join([f"{_CANONICAL(key)}:{value}" for key, value in kept]) + "}").encode()


def _without(data: dict[str, Any], keys: list[str]) -> None:
    if len(keys) == 1:
        data.pop(keys[0], None)
    elif isinstance(inner := data.get(keys[0]), dict):
        data[keys[0]] = inner = dict(inner)
        _without(inner, keys[1:])


_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


def canonical_json(value: Any) -> bytes:
    """UTF-8 JSON, keys sorted by code point, no spaces, no ASCII escapes."""
    return _CANONICAL(value).encode()
