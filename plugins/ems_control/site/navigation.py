"""The navigation: tabs, what stands below them, in their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ems_control.approvals.lifecycle import State
from ems_control.exports.words import Words
from ems_control.handbook import addresses
from ems_control.handbook.document import Document
from ems_control.handbook.help_pages import ORDER
from ems_control.site.page import Page, html_title

CONTROL = (
    addresses.REVIEW_BOARD,
    addresses.CHANGES,
    addresses.COPIES,
    addresses.APPROVALS,
    addresses.INTEGRITY,
    addresses.PEOPLE,
    addresses.ARCHIVE,
    addresses.ASSESSMENT,
    addresses.FIGURES,
)
"""The pages under Control; those that the site does not have are left out."""
REGISTER = "register"
MOST = 50
"""A section has at most so many entries."""
HELP_INDEX = "help/index.md"
RULE_FOLDER = addresses.RULES.removesuffix("index.md")
LIVING = (
    addresses.EQUIPMENT,
    addresses.WASTE,
    addresses.COMPETENCE,
    addresses.NONCONFORMITIES,
    addresses.ACTIONS,
)


def navigation(
    pages: dict[str, Page], documents: Iterable[Document], paths: dict[str, str], standards: Iterable[str], words: Words
) -> list[Any]:
    """The tabs; `paths` maps the key of a document to its page, withdrawn ones are not listed."""

    def entry(path: str) -> dict[str, str]:
        return {html_title(pages[path].title): path}

    by_type: dict[str, list[_Entry]] = {}
    for document in documents:
        path = paths.get(document.key)
        if path in pages and document.state is not State.WITHDRAWN:
            name = html_title(f"{document.id} {pages[path].title}")
            by_type.setdefault(document.type_name or "", []).append(_Entry(name, html_title(document.id), path))
    registers = _below(by_type.pop(REGISTER, []))
    folders = [
        {words.known(f"types.{kind}", kind or words("documents")): _below(entries)} for kind, entries in by_type.items()
    ]
    wanted = [*map(addresses.standard_page, standards), addresses.TRANSITION, addresses.EMAS, addresses.ABOUT]
    tabs: list[Any] = [
        {words("home"): addresses.HOME},
        {words("documents"): [addresses.DOCUMENTS, entry(addresses.BY_PROCESS), *folders, entry(addresses.NUMBERS)]},
        {words("types.register"): [*registers, *(entry(path) for path in LIVING if path in pages)]},
        {words("standards"): [addresses.STANDARDS, *(entry(path) for path in wanted if path in pages)]},
        {words("control"): [entry(path) for path in CONTROL if path in pages]},
        {words("help"): _help(pages, words)},
    ]
    return [tab for tab in tabs if next(iter(tab.values()))]


def tabs(nav: list[Any], pages: dict[str, Page], language: str) -> list[tuple[str, str]]:
    """The words and first pages of a navigation's tabs, of each page the one in that language where there is one."""
    found = []
    for tab in nav:
        [(title, below)] = tab.items()
        path = next(paths_in([below]))
        there = (addresses.in_language(path, language), path.replace("help/", f"help/{language}/", 1), path)
        found.append((title, next(each for each in there if each in pages)))
    return found


def paths_in(nav: list[Any]) -> Iterator[str]:
    """The paths that a navigation names, at any depth."""
    for entry in nav:
        for value in entry.values() if isinstance(entry, dict) else (entry,):
            yield from paths_in(value) if isinstance(value, list) else (value,)


class _Entry(NamedTuple):
    """A line of the navigation: what it is called, what it is called in short, and where it leads or what is below."""

    name: str
    short: str
    target: Any


def _below(listed: list[_Entry], depth: int = 1) -> list[Any]:
    """What stands below a section: its documents, or, where they are many, the folders of their files, or ranges.

    Every page lists its neighbours, so that a section without end would make each of a thousand pages grow with the
    thousand; what is needed of them all is the list of documents.
    """
    if len(listed) <= MOST:
        return [{one.name: one.target} for one in listed]
    here: list[_Entry] = []
    folders: dict[str, list[_Entry]] = {}
    for one in listed:
        inner = one.target.split("/")[depth:-1]
        (folders.setdefault(inner[0], []) if inner else here).append(one)
    if len(folders) == 1 and not here:
        return _below(listed, depth + 1)
    for folder, those in folders.items():
        title = html_title(folder.replace("-", " ").replace("_", " ").capitalize())
        here.append(_Entry(title, title, _below(those, depth + 1)))
    return _in_ranges(here)


def _in_ranges(entries: list[_Entry]) -> list[Any]:
    """Entries, or where they are many, sections of them from one to another, at any depth."""
    if len(entries) <= MOST:
        return [{one.name: one.target} for one in entries]
    size = MOST
    while len(entries) > size * MOST:
        size *= MOST
    parts = (entries[start : start + size] for start in range(0, len(entries), size))
    return [{f"{part[0].short} … {part[-1].short}": _in_ranges(part)} for part in parts]


def _place_of_help(path: str) -> tuple[int, str]:
    """Those that come with the program in their order, then those of the handbook by path."""
    name = path.rsplit("/", 1)[-1].removesuffix(".md")
    return (ORDER.index(name) if name in ORDER else len(ORDER), path)


def _help(pages: dict[str, Page], words: Words) -> list[Any]:
    """The help pages, then a part for each folder of them that has a page `index.md`; the rule book is last."""
    listed = [path for path in pages if path.startswith("help/") and not path.startswith(RULE_FOLDER)]
    written = sorted(listed, key=_place_of_help)
    heads = [path for path in written if path.count("/") > 1 and path.endswith("/index.md")]
    folders = [*(head.removesuffix("index.md") for head in heads), RULE_FOLDER]

    def entry(path: str) -> dict[str, Any]:
        return {html_title(pages[path].title): path}

    alone: list[Any] = [entry(path) for path in written if not path.startswith(tuple(folders))]
    if HELP_INDEX in pages:
        alone = [HELP_INDEX, *(one for one in alone if HELP_INDEX not in one.values())]
    parts = [
        {html_title(pages[head].title): [head, *(entry(p) for p in written if p != head and p.startswith(folder))]}
        for head, folder in zip(heads, folders, strict=False)
    ]
    rules = [entry(path) for path in pages if path.startswith(RULE_FOLDER) and path != addresses.RULES]
    return [*alone, *parts, {words("rule book"): [addresses.RULES, *rules]}]
