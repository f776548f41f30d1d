"""The front matter that a signature covers, in words."""

from __future__ import annotations

import json
from typing import Any

from ems_control.documents.history import Version
from ems_control.ground.formats.digest import sealed_metadata


def sealed_words(version: Version | None) -> dict[str, str]:
    """The front matter that is signed, in words, under our names."""
    if version is None:
        return {}
    names = version.reading
    ours = {name: key for key, name in names.fields.items()}
    tree = sealed_metadata(version.file.tree or {}, names.fields)
    found: dict[str, str] = {}
    for key, value in tree.items():
        name = ours.get(key, key)
        if name == "revisions" and isinstance(value, list):
            for row in value:
                number = row.get("revision", "?") if isinstance(row, dict) else "?"
                found[f"revisions, row {number}"] = _in_words(row)
        else:
            found[name] = _in_words(value)
    return found


def _in_words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_in_words, value))
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_in_words(one)}" for key, one in value.items())
    return str(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
