"""JSON that somebody else wrote: every key once, and no text that cannot be written out again."""

from __future__ import annotations

import json
from typing import Any


def read_json(data: bytes) -> Any:
    """What a JSON document holds; raises ValueError, in words for a sentence, for what is none.

    Half a character ("\\ud800" alone) is refused: it is no Unicode text, and no digest, table or page could hold it.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    try:
        tree = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
        if "\\u" in text:
            json.dumps(tree, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"it holds half a character (\\u{ord(error.object[error.start]):04x})") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"it is no JSON: {error}") from None
    return tree


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for index, (key, _) in enumerate(pairs) if key in dict(pairs[:index]))
        raise ValueError(f'"{twice}" is given twice')
    return found


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number")
