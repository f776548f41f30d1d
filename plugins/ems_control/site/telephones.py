"""Telephone numbers in a line of text, so that a tap calls them."""

from __future__ import annotations

import re

_UNITS = r"l|ml|kg|mg|g|t|m|m²|m³|mm|cm|km|°C|%|bar|ppm|h|min|s|kW|kWh|litres?|Liter"
_END = rf"(?![\w:]|[.,-]\d|\s?(?:{_UNITS})(?!\w))"
_NUMBER = re.compile(
    rf"(?<![\w.,:/+-])(?!\d{{4}}-\d\d-\d\d)"
    rf"(?:(?:\+\d|\(?0)(?:[ ()-]{{0,2}}\d|/\d){{3,14}}|\d(?:[ -]?\d){{2,14}}){_END}"
)
"""An extension or a short number; with a slash inside only where it begins as a whole number does."""


def parts(line: str) -> list[dict[str, str]]:
    """The line in its parts: `text`, and `tel`, the number to call, "" where it is no telephone number."""
    found: list[dict[str, str]] = []
    at = 0
    for match in _NUMBER.finditer(line):
        if line[at : match.start()]:
            found.append({"text": line[at : match.start()], "tel": ""})
        found.append({"text": match[0], "tel": callable_number(match[0])})
        at = match.end()
    if line[at:]:
        found.append({"text": line[at:], "tel": ""})
    return found


def callable_number(text: str) -> str:
    """A number as a telephone wants it: digits, and a plus before them where there is one; `(0)` falls away."""
    plain = re.sub(r"(?<=[\d\s])\(0\)", "", text.strip()) if text.strip().startswith("+") else text.strip()
    return ("+" if plain.startswith("+") else "") + re.sub(r"\D", "", plain)
