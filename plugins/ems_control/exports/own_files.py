"""Files of a handbook that belong to a version of this program: what it installs, and what editors know.

Each says which version wrote it and bears the digest of the rest, so that the next version knows whether it may be
written over: a file that somebody changed stays as it is.
"""

from __future__ import annotations

import hashlib
import json
import re
from importlib import resources
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from ems_control import __version__
from ems_control.exports.schemas import schema_files
from ems_control.ground.organisation.people import PEOPLE_FILE
from ems_control.ground.organisation.policy import POLICY_FILE
from ems_control.handbook.writing.templates import sentence

REQUIREMENTS = "requirements.txt"
SCHEMAS = ".vscode/schemas"
SETTINGS, EXTENSIONS = ".vscode/settings.json", ".vscode/extensions.json"
_WRITTEN = "Written by ems init, version"
_RULE = "changed by its next version only"
_LINE = re.compile(rf"# {_WRITTEN} (\S+); {_RULE}\. (sha256:[0-9a-f]{{64}})\n")
_COMMENT = re.compile(rf"{_WRITTEN} (\S+); {_RULE}\. (sha256:[0-9a-f]{{64}})")


def versioned_files(wheel_hash: str, language: str = "en") -> dict[str, bytes]:
    """The files that follow the version: requirements with hashes, schemas; `wheel_hash` is of our own wheel, or "".

    Comments are in the handbook's language, but for the first line, by which a file is known.
    """
    found = {REQUIREMENTS: _marked_text(_requirements(wheel_hash, language))}
    for name, data in schema_files().items():
        found[f"{SCHEMAS}/{name}"] = _marked_json(json.loads(data))
    return found


def editor_files() -> dict[str, bytes]:
    """What wires the schemas for VS Code; written once, then the user's own."""
    schemas = {
        f"./{SCHEMAS}/{POLICY_FILE}.schema.json": [POLICY_FILE],
        f"./{SCHEMAS}/{PEOPLE_FILE}.schema.json": [PEOPLE_FILE],
        f"./{SCHEMAS}/standard.schema.json": ["standards/*.yml"],
        f"./{SCHEMAS}/answers.schema.json": ["answers.yml"],
    }
    records = [{"fileMatch": ["/approvals/**/*.json"], "url": f"./{SCHEMAS}/record.schema.json"}]
    settings = {"yaml.schemas": schemas, "json.schemas": records, "files.eol": "\n", "files.insertFinalNewline": True}
    advice = {"recommendations": ["redhat.vscode-yaml"]}
    return {SETTINGS: _json(settings), EXTENSIONS: _json(advice)}


def is_own(path: str, data: bytes) -> bool:
    """Whether some version wrote this file, and nobody has changed it since."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    if not path.endswith(".json"):
        mark = _LINE.match(text)
        return mark is not None and mark[2] == _digest(text[mark.end() :])
    try:
        tree = json.loads(text)
    except ValueError:
        return False
    comment = _COMMENT.fullmatch(str(tree.pop("$comment", ""))) if isinstance(tree, dict) else None
    return comment is not None and comment[2] == _digest(json.dumps(tree, sort_keys=True))


def version_of(data: bytes) -> str:
    """The version that wrote a requirements file; "" where it does not say."""
    mark = _LINE.match(data.decode("utf-8", "replace").replace("\r\n", "\n"))
    return mark[1] if mark else ""


def pinned_version(data: bytes) -> tuple[str, bool]:
    """The version of this program that a requirements file pins ("" for none), and whether by its hash."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\\\n", " ")
    own = re.search(r"^ems[-_]control==([\w.+!-]+)(.*)$", text, re.MULTILINE | re.IGNORECASE)
    return (own[1], "--hash=" in own[2]) if own else ("", False)


def wheel_hash_of(wheel: Path | None) -> str:
    """The SHA-256 of our wheel: of this file, else of the one that was installed, where pip wrote it down; else ""."""
    if wheel is not None:
        return hashlib.sha256(wheel.read_bytes()).hexdigest()
    try:
        origin = json.loads(distribution("ems-control").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        return ""
    found = str((origin.get("archive_info") or {}).get("hashes", {}).get("sha256", ""))
    return found if re.fullmatch(r"[0-9a-f]{64}", found) else ""


def _requirements(wheel_hash: str, language: str) -> str:
    """Everything that is installed, by version and hash; without our own hash pip refuses, and says so here."""
    own = f"ems-control=={__version__}"
    if wheel_hash:
        own += f" \\\n    --hash=sha256:{wheel_hash}"
    else:
        wheel = f"ems_control-{__version__}-py3-none-any.whl"
        own = (
            f"# {sentence('hash unknown', language)} pip download --no-deps {own}\n"
            f"# {sentence('hash then', language)} ems init --update --wheel {wheel}\n{own}"
        )
    rest = (resources.files("ems_control.exports") / "beginnings/dependencies.lock").read_text(encoding="utf-8")
    return f"# pip install --require-hashes -r {REQUIREMENTS}\n{own}\n{rest}"


def _marked_text(text: str) -> bytes:
    return f"# {_WRITTEN} {__version__}; {_RULE}. {_digest(text)}\n{text}".encode()


def _marked_json(tree: dict[str, object]) -> bytes:
    comment = f"{_WRITTEN} {__version__}; {_RULE}. {_digest(json.dumps(tree, sort_keys=True))}"
    return _json({"$comment": comment, **tree})


def _json(tree: object) -> bytes:
    return (json.dumps(tree, ensure_ascii=False, indent=1) + "\n").encode()


def _digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
