"""Small bar charts as inline SVG: no script, read aloud by title and description, clear in black and white."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

WIDTH, LABEL, ROW = 300, 44, 22
LONGEST = 170


class Bar(NamedTuple):
    """One bar: its label, its length as a number (None: no bar), and the figure as it is written."""

    label: str
    value: float | None
    written: str


def bars(
    name: str, title: str, description: str, found: Sequence[Bar], label: int = LABEL, marked: int | None = -1
) -> str:
    """A chart on one line; `name` is unique on its page. Every bar carries its figure.

    `label` is the room for labels in pixels; `marked` the bar that is filled, by default the last.
    """
    longest = max((bar.value for bar in found if bar.value is not None), default=0.0)
    height, width = ROW * len(found) + 4, WIDTH - LABEL + label
    filled = marked % len(found) if found and marked is not None else None
    parts = [
        f'<svg class="ems-chart" role="img" aria-labelledby="{name}-t {name}-d" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" xmlns="http://www.w3.org/2000/svg">',
        f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(description)}</desc>',
    ]
    for index, bar in enumerate(found):
        top = ROW * index + 4
        length = LONGEST * bar.value / longest if bar.value is not None and bar.value > 0 else 0.0
        style = "" if index == filled else ' fill-opacity="0.2"'
        parts.append(f'<text x="{label - 6}" y="{top + 12}" text-anchor="end">{escape(bar.label)}</text>')
        if length:
            parts.append(
                f'<rect x="{label}" y="{top}" width="{length:.1f}" height="{ROW - 6}" fill="currentColor"{style} '
                'stroke="currentColor"/>'
            )
        parts.append(f'<text x="{label + length + 6:.1f}" y="{top + 12}">{escape(bar.written)}</text>')
    return "".join(parts) + "</svg>"
