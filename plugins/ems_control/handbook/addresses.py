"""Where generated pages stand, as paths under docs/: rules must know them, the site makes them."""

from __future__ import annotations

HOME = "index.md"
DOCUMENTS = "documents/index.md"
STANDARDS = "standards/index.md"
REVIEW_BOARD = "control/review-board.md"
CHANGES = "control/changes.md"
ARCHIVE = "control/archive.md"
RULES = "help/rules/index.md"


def standard_page(standard_id: str) -> str:
    """The matrix of one standard."""
    return f"standards/{standard_id.replace(':', '-')}.md"


def rules_page(module: str) -> str:
    """The page of one family of rules, by its module."""
    return f"help/rules/{module}.md"


def generated(standards: tuple[str, ...], families: list[str]) -> set[str]:
    """Every generated page of a handbook that claims these standards."""
    fixed = {HOME, DOCUMENTS, STANDARDS, REVIEW_BOARD, CHANGES, ARCHIVE, RULES}
    return fixed | {standard_page(s) for s in standards} | {rules_page(f) for f in families}
