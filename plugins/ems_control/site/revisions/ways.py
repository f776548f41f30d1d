"""The ways out of a light page, which has no navigation and no script: home, the list of documents, search."""

from __future__ import annotations

from collections.abc import Callable

from ems_control.exports.words import Words
from ems_control.handbook.addresses import DOCUMENTS, HOME
from ems_control.site.addressing import Addresses, relative_address

ASKED = "?q="
"""Opens the field of the search on a page that has one."""


def ways(words: Words, style: Addresses, folder: str) -> list[dict[str, str]]:
    """The links at the head of a light page in a folder, each with text and address."""
    found = [(words("home"), HOME, ""), (words("list of documents"), DOCUMENTS, ""), (words("search"), HOME, ASKED)]
    return [
        {"text": text, "href": relative_address(style.file(style.of(path)), folder) + asked}
        for text, path, asked in found
    ]


def beside(name: str, numbers: list[int], words: Words, href: Callable[[str], str]) -> list[dict[str, str]]:
    """From the page `name` of a document: to the revision before, to all of them, to the one after.

    `numbers` are the revisions that have a page, newest first; `href` gives the link to a page by its name.
    """
    if not name:
        return []
    found = [{"text": words("history"), "href": href("")}]
    at = numbers.index(int(name[1:])) if name[1:].isdigit() and int(name[1:]) in numbers else None
    if at is None:
        return found
    older, newer = numbers[at + 1 : at + 2], numbers[max(at - 1, 0) : at]
    for relation, those in (("prev", older), ("next", newer)):
        for number in those:
            entry = {"text": words("revision", number=number), "href": href(f"r{number}"), "rel": relation}
            found.insert(0 if relation == "prev" else len(found), entry)
    return found
