"""How large a picture is, read from its first bytes: a page keeps the room for it before it is loaded."""

from __future__ import annotations

import re
import struct

MOST = 20_000
LEAST = 600
"""A drawing that says nothing but its proportions fills the line; one of fewer units would become small."""

_SVG = re.compile(rb"<svg\b[^>]*>", re.DOTALL)
_SIDE = re.compile(rb"""\s(width|height)\s*=\s*["'](\d+)(?:\.\d+)?(?:px)?["']""")
_BOX = re.compile(rb"""\sviewBox\s*=\s*["']\s*[-\d.]+[\s,]+[-\d.]+[\s,]+(\d+)(?:\.\d+)?[\s,]+(\d+)(?:\.\d+)?\s*["']""")
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels of a PNG, GIF, JPEG or SVG; None where the bytes do not surely say. Never raises."""
    found: tuple[int, ...] | None
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        found = struct.unpack(">II", data[16:24])
    elif data[:4] == b"GIF8" and len(data) >= 10:
        found = struct.unpack("<HH", data[6:10])
    elif data[:2] == b"\xff\xd8":
        found = _jpeg(data)
    else:
        found = _svg(data[:65_536])
    return (found[0], found[1]) if found and all(0 < side <= MOST for side in found) else None


def _jpeg(data: bytes) -> tuple[int, ...] | None:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        if data[at + 1] in _FRAMES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def _svg(data: bytes) -> tuple[int, ...] | None:
    tag = _SVG.search(data)
    if tag is None:
        return None
    sides = {name: int(side) for name, side in _SIDE.findall(tag[0])}
    if len(sides) == 2:
        return sides[b"width"], sides[b"height"]
    box = _BOX.search(tag[0])
    return (int(box[1]), int(box[2])) if box and not sides and int(box[1]) >= LEAST else None
