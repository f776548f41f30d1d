"""The start pages, the list of documents and the review board in every other language of the handbook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ems_control.exports.words import Words
from ems_control.handbook import addresses
from ems_control.handbook.related import Related
from ems_control.site.page import Page
from ems_control.site.pages.control.board import review_board
from ems_control.site.pages.control.list_of_documents import documents
from ems_control.site.pages.control.table_kit import TableKit
from ems_control.site.pages.home import Starts
from ems_control.site.places import Places


def in_languages(desk: TableKit, related: Related) -> Iterator[Page]:
    """The pages in each other language; not for search, which knows them in the first."""
    for language in addresses.other_languages(desk.handbook.policy):
        kit = TableKit(desk.handbook, Words(language), desk.places, desk.built, language)
        starts = Starts(kit, related)
        for page in [starts.home(), *starts.pages(), *documents(kit), *review_board(kit)]:
            page.searchable = False
            page.ems["language"] = language
            yield page


def switches(pages: Iterable[Page], desk: TableKit) -> None:
    """Give each page that is there in several languages the way to the others."""
    policy, places = desk.handbook.policy, desk.places
    first, others = desk.words.language, addresses.other_languages(policy)
    there = {page.path: page for page in pages}
    for path in addresses.in_each_language(policy):
        family = {first: path} | {each: addresses.in_language(path, each) for each in others}
        known = {language: at for language, at in family.items() if at in there}
        for own, at in known.items():
            there[at].ems["languages"] = [
                {"name": Words(each)("language"), "code": each, "href": _href(places, at, other)}
                for each, other in known.items()
                if each != own
            ]


def _href(places: Places, page: str, other: str) -> str:
    return places.style.href(page, places.style.of(other))
