"""Numbers that somebody may look for and that no document in force has: withdrawn, waiting, and old ones."""

from __future__ import annotations

from ems_control.exports.words import Words
from ems_control.ground.markdown.markup import escape, link
from ems_control.handbook import addresses
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.successors import successors
from ems_control.site.page import Page
from ems_control.site.places import Places


def numbers(handbook: Handbook, words: Words, places: Places) -> Page:
    """One heading for each such number, so that search leads to what it is and to what is read instead."""
    page = addresses.NUMBERS
    parts = [escape(words("numbers intro"))]
    for document in handbook.listed:
        if document.in_force is None:
            parts.append(f"## {escape(document.id)}\n\n{_not_in_force(handbook, document, words, places)}")
        for old in document.shown.facts.formerly:
            said = escape(words("old number", number=old))
            gone = f" {_not_in_force(handbook, document, words, places)}" if document.in_force is None else ""
            itself = "" if gone else " { data-search-exclude }"  # search finds the document by this number
            parts.append(f"## {escape(old)}{itself}\n\n{said} {_to(document, places)}.{gone}")
    return Page(page, words("numbers"), "\n\n".join(parts) + "\n")


def _not_in_force(handbook: Handbook, document: Document, words: Words, places: Places) -> str:
    withdrawn = document.standing.withdrawn
    if withdrawn:
        instead = successors(handbook, document)
        said = escape(f"{document.title}: {words('not for use', day=words.day(withdrawn.first_day))}")
        others = ", ".join(_to(other, places) for other in instead)
        return f"{said} {escape(words('read instead'))} {others}." if instead else said
    state = words(f"state.{document.state.value}")
    up = document.upcoming
    day = f", {words.day(up.first_day)}" if up else ""
    return f"{escape(document.title)}: {escape(state + day)}. {_to(document, places)}"


def _to(document: Document, places: Places) -> str:
    return link(f"{document.id} {document.title}", places.markdown(document, addresses.NUMBERS))
