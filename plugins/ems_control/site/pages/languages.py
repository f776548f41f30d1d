"""What a set of documents lacks in each further language of the handbook."""

from __future__ import annotations

from collections.abc import Iterable

from ems_control.exports.words import Words
from ems_control.ground.markdown.markup import escape, link
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.translations import behind, source_of
from ems_control.site.places import Places


def lacking(handbook: Handbook, documents: Iterable[Document], words: Words, places: Places, page: str) -> list[str]:
    """A line for each further language: what is not there, what follows an older text, or that all of it is there."""
    texts: dict[str, dict[str, Document]] = {}
    for document in handbook.listed:
        source, _ = source_of(handbook, document)
        if source and document.in_force:
            texts.setdefault(document.shown.facts.language or "", {})[source.key] = document
    found = [document for document in documents if document.in_force]
    return [
        _line(handbook, found, texts.get(language, {}), Words(language)("language"), words, places, page)
        for language in handbook.policy.languages[1:]
        if found
    ]


def _line(
    handbook: Handbook,
    documents: list[Document],
    texts: dict[str, Document],
    name: str,
    words: Words,
    places: Places,
    page: str,
) -> str:
    missing = [one for one in documents if one.key not in texts]
    old = [one for one in documents if one.key in texts and behind(handbook, texts[one.key])]
    if len(missing) == len(documents):
        return escape(words("language nothing", language=name))
    parts = [
        f"{escape(words(key))} {', '.join(link(one.id, places.markdown(one, page)) for one in those)}"
        for key, those in (("language missing", missing), ("language behind", old))
        if those
    ]
    return f"{escape(name)}: {'; '.join(parts) or escape(words('language all'))}"
