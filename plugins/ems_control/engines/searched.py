"""What search reads of a page: its text, and not what stands below it."""

from __future__ import annotations

import re
from typing import Any

from mkdocs.structure.pages import Page

from ems_control.site.publication import Publication

FOR_SEARCH = re.compile(r"\s?data-search-\w+=\"[^\"]+\"")
"""What search takes from a page once it has read it; no reader sees it."""


def search_texts(index: Any, publication: Publication) -> None:
    """Have an index read no foot of a page: the foot says that it is not searched, and is longer than many texts."""
    add = index.add_entry_from_context

    def entered(page: Page) -> None:
        own, content = publication.pages.get(page.file.src_uri), page.content or ""
        foot = own.foot if own and content.endswith(own.foot) else ""
        page.content = content.removesuffix(foot)
        add(page)
        page.content += FOR_SEARCH.sub("", foot)

    index.add_entry_from_context = entered
