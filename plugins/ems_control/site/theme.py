"""Where the theme's templates lie, and what they need of an engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

FOLDER = Path(__file__).parent / "theme"
"""Templates and styles that go in front of Material's own."""

NEEDED = "partials/language.html"
"""A template of Material that ours extend: a theme without it cannot show a page."""

LIGHT_STYLE = "assets/ems/light.css"
LIGHT_TEMPLATE, DECISION_TEMPLATE, TOP_TEMPLATE = "light.html", "decision.html", "top.html"
LIGHT_ONLY = ("frame.html", TOP_TEMPLATE, LIGHT_TEMPLATE, DECISION_TEMPLATE)
"""What the light pages use; engines need not know."""

STYLES = ("assets/ems/ems.css",)
SCRIPTS = ("assets/ems/ems.js", "assets/ems/print.js")
EARLY = "assets/ems/early.js"
"""Runs before the theme's own script: holds back what search needs, makes it work from a folder."""


class _Templates(jinja2.Environment):
    """Looks into what is given to a template, which is mostly dictionaries, before it asks for their attributes."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """What `obj.attribute` is in a template."""
        return obj[attribute] if type(obj) is dict and attribute in obj else super().getattr(obj, attribute)


def templates(*folders: Path) -> jinja2.Environment:
    """The templates that we render ourselves, from the first of the folders that has them; everything is escaped."""
    return _Templates(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=True,
        auto_reload=False,  # or each page would look whether its frame is another file by now
        trim_blocks=True,
        lstrip_blocks=True,
    )
