"""Words that stand for the moment of the build while pages are made and kept; the moment takes their places at last."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping

from markupsafe import escape

from ems_control.engines.kept_site import Places

_WORD = re.compile(rb"ems[0-9a-f]{64}")


class MomentWords:
    """The words of one build; none, where there is no secret to make words that stand in no text."""

    def __init__(self, secret: bytes | None, moment: Mapping[str, str]) -> None:
        """`moment` is what is told of it (`site/moment.py`)."""
        self._secret, self._moment = secret, moment
        self._values: dict[str, str] = {}
        self._within: dict[str, tuple[int, str] | None] = {}

    def __bool__(self) -> bool:
        return bool(self._values)

    def instead(self, name: str, value: str) -> str:
        """The word for a value that says the moment."""
        word = "ems" + hmac.new(self._secret or b"", name.encode(), "sha256").hexdigest()
        shown, what = str(escape(value)), "built" if name == "built" else "hour"
        said = self._moment.get(what, "")
        self._values[word] = shown
        once = said and shown.count(said) == 1
        self._within[word] = (len(shown[: shown.index(said)].encode()), what) if once else None
        return word

    def said(self, text: str) -> str:
        """A text with the moment in it."""
        for word, value in self._values.items():
            text = text.replace(word, value)
        return text

    def places(self, text: str) -> Places | None:
        """Where the moment stands in the bytes of such a text once it is said; None where that cannot be told."""
        found, longer = list[tuple[int, str]](), 0
        for match in _WORD.finditer(text.encode(errors="xmlcharrefreplace")):
            word = match[0].decode()
            if word in self._values:
                within = self._within[word]
                if within is None:
                    return None
                found.append((match.start() + longer + within[0], within[1]))
                longer += len(self._values[word].encode()) - len(word)
        return found
