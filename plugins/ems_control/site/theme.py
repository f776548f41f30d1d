"""Where the theme's templates lie, and what they need of an engine."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "theme"
"""Templates and styles that go in front of Material's own."""

LIGHT_STYLE = "assets/ems/light.css"
LIGHT_TEMPLATE, DECISION_TEMPLATE = "light.html", "decision.html"
LIGHT_ONLY = ("frame.html", LIGHT_TEMPLATE, DECISION_TEMPLATE)
"""What the light pages use; engines need not know."""

STYLES = ("assets/ems/ems.css",)
SCRIPTS = ("assets/ems/ems.js",)
FROM_FOLDER = "assets/ems/folder.js"
"""Runs before the theme's own script: makes search work from a folder."""
