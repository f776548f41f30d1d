"""Where the theme's templates lie, and what they need of an engine."""

from __future__ import annotations

from pathlib import Path

import jinja2

FOLDER = Path(__file__).parent / "theme"
"""Templates and styles that go in front of Material's own."""

NEEDED = "partials/language.html"
"""A template of Material that ours extend: a theme without it cannot show a page."""

LIGHT_STYLE = "assets/ems/light.css"
LIGHT_TEMPLATE, DECISION_TEMPLATE = "light.html", "decision.html"
LIGHT_ONLY = ("frame.html", LIGHT_TEMPLATE, DECISION_TEMPLATE)
"""What the light pages use; engines need not know."""

STYLES = ("assets/ems/ems.css",)
SCRIPTS = ("assets/ems/ems.js", "assets/ems/print.js")
EARLY = "assets/ems/early.js"
"""Runs before the theme's own script: holds back what search needs, makes it work from a folder."""


def templates(*folders: Path) -> jinja2.Environment:
    """The templates that we render ourselves, from the first of the folders that has them; everything is escaped."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=True,
        auto_reload=False,  # or each page would look whether its frame is another file by now
        trim_blocks=True,
        lstrip_blocks=True,
    )
