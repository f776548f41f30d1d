"""Family 5, references between documents by their ids: what they replace and what they translate."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ems_control.documents.history import Version
from ems_control.ground.spelling import nearest
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.finding_places import at_key, current

_SOURCE = re.compile(r"(?P<id>[^/\s]+)/(?P<revision>[1-9]\d*)")


def _source(handbook: Handbook, version: Version) -> tuple[Document | None, int]:
    """The document that a text translates, and the revision that it follows."""
    match = _SOURCE.fullmatch(version.metadata.translates or "")
    return (handbook.get(match["id"]), int(match["revision"])) if match else (None, 0)


@rule("EMS501", "document-unknown", "error", sees="shared")
def document_unknown(handbook: Handbook) -> Iterator[Found]:
    """A document refers to an id that no document has.

    Checks: Every id in `supersedes`, and the one in `translates`, belongs to a document of the handbook, a withdrawn
        one included. Old numbers from before the handbook belong in `formerly`.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.3 (retrieval); EMAS A.7.5.3.
    Bad:
        docs/procedures/EMS-PRO-001.md
          supersedes: [EMS-PRO-010]
    Good:
        docs/procedures/EMS-PRO-001.md
          formerly: [VA-07-03]
    Fix: Correct the id. If it is a number from before this handbook, write it in `formerly`.
    """
    known = {document.key: document.id for document in handbook.ordered}
    for document, version in current(handbook):
        named = [("supersedes", old, old) for old in version.metadata.supersedes]
        if match := _SOURCE.fullmatch(version.metadata.translates or ""):
            named.append(("translates", match["id"], match[0]))
        for key, name, part in named:
            if handbook.get(name) is None:
                close = nearest(name.casefold(), known)
                fix = f"Did you mean {known[close]}?" if close else "Correct the id."
                if key == "supersedes":
                    fix += " A number from before this handbook belongs in formerly."
                yield at_key(document, version, key, f"no document has the id {name}", fix, part)


@rule("EMS511", "translation-behind", "warning", needs_history=True, sees="shared")
def translation_behind(handbook: Handbook) -> Iterator[Found]:
    """A translation follows an older revision than the one that is in force, or about to be.

    Checks: The revision in `translates` of a translation in force is the revision of its source in force; that of one
        submitted is the newest approved revision of its source, also where that waits for its day.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.3 (control of changes); EMAS A.7.5.3.
    Bad:
        ems.yml
          languages: [en, de]
        docs/procedures/EMS-PRO-001.de.md
          language: de
          translates: EMS-PRO-001/1
        commit
        docs/procedures/EMS-PRO-001.md
          revision: 2
          approved_on: 2026-01-05
          revisions:
            - {revision: 2, date: 2026-01-04, author: a.author, class: substantive, change: Time limit for closing V-3.}
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
          > ## Drains {#drains}
          >
          > Close valve V-3 within five minutes.
        commit
    Good:
        ems.yml
          languages: [en, de]
        docs/procedures/EMS-PRO-001.de.md
          language: de
          translates: EMS-PRO-001/1
        commit
    Fix: Bring the translation up to date: its next revision says `translates: EMS-PRO-001/2`. Until then its page
        tells readers which text is current.
    """
    for document in handbook.listed:
        approval = document.in_force
        if approval is None:
            continue
        source, followed = _source(handbook, approval.version)
        if source is None or source.in_force is None:
            continue
        newer = source.in_force.revision
        if followed < newer:
            message = f"follows revision {followed} of {source.id}, but its revision {newer} is in force"
            fix = f'Translate what changed and write "translates: {source.id}/{newer}" in the next revision.'
            yield at_key(document, document.current or approval.version, "translates", message, fix)
    yield from _about_to_follow(handbook)


def _about_to_follow(handbook: Handbook) -> Iterator[Found]:
    """Translations in work, or waiting for their day, that follow less than is in force or about to be."""
    for document, version in current(handbook):
        newest = document.newest_approval
        told = newest and newest.first_day <= handbook.day and newest.version.digest() == version.digest()
        if version.facts.translates is None or version.facts.status != "submitted" or told:
            continue
        source, followed = _source(handbook, version)
        coming = source.newest_approval if source else None
        if source is None or coming is None or not 0 < followed < coming.revision:
            continue
        when = "is in force" if source.in_force is coming else f"applies from {coming.first_day}"
        message = f"follows revision {followed} of {source.id}, but its revision {coming.revision} {when}"
        fix = f'Translate what changed and write "translates: {source.id}/{coming.revision}".'
        yield at_key(document, version, "translates", message, fix)


@rule("EMS512", "translation-of-unknown-revision", "error", sees="shared")
def translation_of_unknown_revision(handbook: Handbook) -> Iterator[Found]:
    """A translation does not say rightly what it translates and into which language.

    Checks: `translates` is the id and an existing revision of the source, `EMS-WI-005/2`; the translation's id is that
        id, a full stop and its language, `EMS-WI-005.de`; `language` says the same and stands in `languages` of
        ems.yml.
    Basis: Our own rule.
    Bad:
        ems.yml
          languages: [en, de]
        docs/procedures/EMS-PRO-001.de.md
          language: de
          translates: EMS-PRO-001/4
    Good:
        ems.yml
          languages: [en, de]
        docs/procedures/EMS-PRO-001.de.md
          language: de
          translates: EMS-PRO-001/1
    Fix: Write the id and the revision that was translated, and the language as the id ends.
    """
    for document, version in current(handbook):
        metadata = version.metadata
        _, stop, suffix = document.id.partition(".")
        if metadata.translates is None or metadata.status == "withdrawn" or not stop or metadata.language != suffix:
            continue  # an id that does not say the language is a finding by itself (family 1)
        source, _ = _source(handbook, version)
        if _SOURCE.fullmatch(metadata.translates) is None:
            message = f'translates "{metadata.translates}" is not an id with a revision'
            yield at_key(document, version, "translates", message, "Write it as EMS-WI-005/2.")
        elif source is not None:
            yield from _misfit(handbook, document, version, source)


def _misfit(handbook: Handbook, document: Document, version: Version, source: Document) -> Iterator[Found]:
    """The first thing that does not fit between a translation and its known source."""
    metadata, (_, revision) = version.metadata, _source(handbook, version)
    language, allowed = metadata.language, ", ".join(handbook.policy.languages)
    newest = max((v.metadata.revision or 0 for v in [*source.history.versions, source.history.newest]), default=0)
    if revision > newest:
        message = f"{source.id} has no revision {revision}; its newest is {newest}"
        yield at_key(document, version, "translates", message, f"Write {source.id}/{newest}.")
    elif language not in handbook.policy.languages:
        fix = f"Write one of {allowed}, or add {language} to languages in ems.yml."
        yield at_key(document, version, "language", f'"{language}" is no language of this handbook', fix)
    elif document.key != f"{source.key}.{language}".casefold():
        message = f"a translation of {source.id} into {language} has the id {source.id}.{language}"
        yield at_key(document, version, "id", message, f"Write id: {source.id}.{language}, or correct translates.")
