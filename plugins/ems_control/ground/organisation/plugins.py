"""What is known of MkDocs plugins beside this handbook."""

from __future__ import annotations

TRIED = frozenset(
    (
        "awesome-nav blog ems-control git-revision-date-localized glightbox group i18n literate-nav meta minify "
        "offline redirects search section-index table-reader tags"
    ).split()
)
"""Plugins that a handbook can have; what they make of a page is compared with what was approved all the same."""

HARMFUL = {
    "include-markdown": "reads files past what is sealed",
    "info": "asks other computers while the site is built",
    "macros": "changes approved texts by lines of mkdocs.yml",
    "mike": "publishes several sites in one, of which only one is in force",
    "privacy": "asks other computers while the site is built",
    "social": "asks other computers while the site is built",
}
"""Plugins that are refused, with the reason."""
