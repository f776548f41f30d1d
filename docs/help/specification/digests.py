"""The digests of the specification in one small program, written from its text alone; it shares no line with `ems`.

    python3 digests.py vectors.json

recomputes every test vector and says which differ. It needs Python 3.11 and PyYAML, and reads nothing but that file.
"""

from __future__ import annotations

import base64
import hashlib
import json
import posixpath
import sys
import unicodedata
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

NOT_SEALED = ["status", "approved_by", "approved_on", "review_by", "clauses", "distribution", "tags"]
MARKDOWN = (".md", ".markdown", ".mdown", ".mkdn", ".mkd")
LARGEST = 2_000_000
CUTTING = "()<>[]{}\"'`|,;:=#?&!*"


def content_digest(
    files: dict[str, bytes], document: str, docs: str = "docs", fields: dict[str, str] | None = None
) -> str:
    """The content digest `ems-content/1` of the document at a path; `files` are the regular files of the tree."""
    return digest(canonical(content(files, document, docs, fields or {})))


def content(files: dict[str, bytes], document: str, docs: str, fields: dict[str, str]) -> dict[str, Any]:
    """What is hashed: metadata, body and attachments."""
    head, body = cut(text_of(files[document]))
    metadata = yaml.load(head, yaml.BaseLoader) or {}  # noqa: S506  (BaseLoader gives every scalar as a string)
    for key in NOT_SEALED:
        *groups, last = fields.get(key, key).split(".")
        inner = metadata
        for group in groups:
            inner = inner.get(group) if isinstance(inner, dict) else None
        if isinstance(inner, dict):
            inner.pop(last, None)
    return {
        "method": "ems-content/1",
        "metadata": metadata,
        "body": body.strip("\n") + "\n",
        "attachments": attachments(files, body, document, docs),
    }


def text_of(data: bytes) -> str:
    """UTF-8 without BOM, line ends LF, NFC."""
    text = data.decode("utf-8").removeprefix("\ufeff")
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


def included(data: bytes) -> str:
    """The text of an included file; nothing where it cannot be read as text."""
    try:
        return "" if b"\0" in data or len(data) > LARGEST else text_of(data)
    except UnicodeDecodeError:
        return ""


def cut(text: str) -> tuple[str, str]:
    """Front matter and body."""
    lines = text.split("\n")
    if lines[0] != "---" or "---" not in lines[1:]:
        return "", text
    end = lines.index("---", 1)
    return "\n".join(lines[1:end]) + "\n", "\n".join(lines[end + 1 :])


def attachments(files: dict[str, bytes], body: str, document: str, docs: str) -> list[list[str]]:
    """Name and SHA-256 of every file that the page may need."""
    found: set[tuple[str, str]] = set()
    read: set[str] = set()
    todo = [body]
    while todo:
        for line in todo.pop().split("\n"):
            if line.startswith('--8<-- "') and line.rstrip(" \t").endswith('"') and line.count('"') == 2:
                name = line.split('"')[1]
                path = seen_from(docs, name, docs)
                if path in files:
                    found.add((name, file_sha256(files[path])))
                    todo += [] if path in read else [included(files[path])]
                    read.add(path)
                continue
            for name in words(line):
                for folder in (posixpath.dirname(document), posixpath.splitext(document)[0], docs):
                    path = seen_from(folder, name, docs)
                    if path in files and not path.lower().endswith(MARKDOWN):
                        found.add((name, file_sha256(files[path])))
    return [list(pair) for pair in sorted(found)]


def words(line: str) -> list[str]:
    """The words of a line that may name a file."""
    for character in CUTTING:
        line = line.replace(character, " ")
    return [word for word in (unquote(raw.replace("\\", "")) for raw in line.split()) if "." in word]


def seen_from(folder: str, name: str, docs: str) -> str:
    """The path that a name means from a folder; nothing where it leaves docs/."""
    path = posixpath.normpath(posixpath.join(folder, name.lstrip("/") if folder == docs else name))
    return path if path.startswith(docs + "/") else ""


def file_sha256(data: bytes) -> str:
    """SHA-256 of a file; line ends count as LF where it holds no NUL."""
    text = data if b"\0" in data else data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return hashlib.sha256(text).hexdigest()


def policy_digest(policy: bytes, people: bytes) -> str:
    """The digest `ems-policy/1` of ems.yml and people.yml."""
    files = [["ems.yml", file_sha256(policy)], ["people.yml", file_sha256(people)]]
    return digest(canonical({"method": "ems-policy/1", "files": files}))


def canonical(value: dict[str, Any]) -> bytes:
    """The one spelling of a JSON value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


def digest(data: bytes) -> str:
    """As records write it."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def bytes_of(file: dict[str, str]) -> bytes:
    """A file of the vectors: `text`, or `base64` where its bytes matter."""
    return base64.b64decode(file["base64"]) if "base64" in file else file["text"].encode("utf-8")


def results(vectors: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Name, expected and computed digest of every vector."""
    found = []
    for vector in vectors["content"]:
        files = {path: bytes_of(file) for path, file in vector["files"].items()}
        computed = content_digest(files, vector["document"], vector.get("docs_dir", "docs"), vector.get("fields"))
        found.append((vector["name"], vector["digest"], computed))
    for vector in vectors["policy"]:
        files = {path: bytes_of(file) for path, file in vector["files"].items()}
        found.append((vector["name"], vector["digest"], policy_digest(files["ems.yml"], files["people.yml"])))
    for vector in vectors["records"]:
        found.append((vector["name"], vector["record_name"], digest(bytes_of(vector["record"]))))
    return found


if __name__ == "__main__":
    outcome = results(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    for name, expected, computed in outcome:
        print(f"{'ok  ' if expected == computed else 'DIFFERS'} {name}: {computed}")  # noqa: T201
    sys.exit(any(expected != computed for _, expected, computed in outcome))
