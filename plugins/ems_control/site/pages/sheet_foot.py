"""The foot of every printed sheet of a document: what was printed, that it is not controlled, where to look."""

from __future__ import annotations

from html import escape

from ems_control.exports.words import Words
from ems_control.handbook import addresses
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.related import Related
from ems_control.handbook.translations import behind
from ems_control.site.places import Places


def sheet_foot(handbook: Handbook, places: Places, related: Related, document: Document, words: Words) -> str:
    """The foot as HTML, in the language of the page."""
    parts, approval = [document.id], document.in_force
    if approval:
        number, day = approval.revision, words.day(approval.first_day)
        parts += [words("revision", number=number), words("since", day=day)]
    late = behind(handbook, document) if approval else None
    if late:
        current = late.current.revision if late.current else "–"
        parts.insert(1, words("outdated banner", source=late.source.id, number=current))
    parts.append(words("as of", day=words.day(handbook.day)))
    address = places.permanent(document, approval.revision) if approval else ""
    shown = f"{places.code(address)}<span>{escape(address)}</span>" if address else ""
    printed = f'<span data-ems-printed="{escape(words("printed on", day="#"))}" hidden></span>'
    copies = _copies(handbook, related, document, words) if approval else ""
    marks = f'<span class="ems-uncontrolled">{escape(words("uncontrolled print"))}</span>{copies}'
    text = f"{escape(' · '.join(parts))}{printed} · {marks}"
    return f'<div class="ems-sheet-foot" data-search-exclude><p>{text}</p>{shown}</div>'


def _copies(handbook: Handbook, related: Related, document: Document, words: Words) -> str:
    """What stands on a print that is a posted copy: the address that ends in its anchor prints it."""
    shown = {}
    for row in (row for row in related.posted(document) if row.number):
        title = handbook.title(row.place, words.language)
        text = escape(words("controlled copy", number=row.number, place=title))
        anchor = copy_anchor(row.number)
        shown[anchor] = f'<span class="ems-copy" id="{escape(anchor)}">{text}</span>'
    return "".join(shown.values())


def copy_anchor(number: str) -> str:
    """The end of a document's address that makes its print the posted copy of a number."""
    return f"copy-{addresses.anchor(number)}"
