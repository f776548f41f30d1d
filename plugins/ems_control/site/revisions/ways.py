"""The ways out of a light page, which has no navigation and no script: home, the list of documents, search."""

from __future__ import annotations

from collections.abc import Callable

from ems_control.exports.words import Words
from ems_control.handbook.addresses import DOCUMENTS, HOME
from ems_control.handbook.handbook import Handbook
from ems_control.site.addressing import Addresses, relative_address
from ems_control.site.telephones import parts
from ems_control.site.theme import FOLDER, LIGHT_STYLE, TOP_TEMPLATE, templates

ASKED = "?q="
"""Opens the field of the search on a page that has one."""


class Tops:
    """What stands at the top of the light pages of one handbook, the same on all that are as deep as each other."""

    def __init__(self, handbook: Handbook, style: Addresses) -> None:
        """`style` is how the engine makes addresses."""
        self._policy, self._style = handbook.policy, style
        self._made: dict[tuple[str, int], str] = {}
        self._template = templates(FOLDER / "ems").get_template(TOP_TEMPLATE)

    def top(self, words: Words, folder: str) -> str:
        """The rest of the head of a page in a folder, and what stands above its text, as HTML."""
        at = (words.language, folder.count("/"))
        if at not in self._made:
            facts = {
                "organisation": self._policy.organisation,
                "emergency": parts(self._policy.emergency_line(words.language)),
                "style": relative_address(LIGHT_STYLE, folder),
                "ways": self._ways(words, folder),
            }
            self._made[at] = self._template.render(facts)
        return self._made[at]

    def _ways(self, words: Words, folder: str) -> list[dict[str, str]]:
        found = [(words("home"), HOME, ""), (words("list of documents"), DOCUMENTS, ""), (words("search"), HOME, ASKED)]
        return [
            {"text": text, "href": relative_address(self._style.file(self._style.of(path)), folder) + asked}
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
