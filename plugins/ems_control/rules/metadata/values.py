"""Family 1, continued: what the values of the front matter say."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from ems_control.documents.metadata import Metadata
from ems_control.ground.organisation.people import People
from ems_control.ground.organisation.readings import Reading
from ems_control.ground.spelling import is_placeholder, nearest
from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.finding_places import Page, pages

_ID = re.compile(r"[A-Z0-9]+(?:-[A-Z0-9]+)+(?:\.([a-z]{2,3}))?")
_OPEN_NUMBER = re.compile(r"(?i:.*-)(?:X+|N{2,}|\?+)")


def living(handbook: Handbook) -> list[tuple[Page, Metadata]]:
    """Every controlled page whose front matter can be read and that is not withdrawn."""
    return handbook.once("living", lambda: [(page, page.file.metadata) for page in pages(handbook) if _lives(page)])


def _lives(page: Page) -> bool:
    return page.file.tree is not None and page.file.metadata.status != "withdrawn"


@rule("EMS109", "id-malformed", "error", sees="one")
def id_malformed(handbook: Handbook) -> Iterator[Found]:
    """The id is not written as ids of this handbook are.

    Checks: An id is made of plain capital letters, digits and hyphens and begins with the prefix of a type in ems.yml.
        Letters of other alphabets that look like ours are no plain letters. Only a translation ends in its language,
        and it says `language` and `translates`. `policy` is taken.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.2 (identification); EMAS A.7.5.2.
    Bad:
        docs/procedures/EMS-PRO-001.md
          id: EMS-PROC-001
    Good:
        docs/procedures/EMS-PRO-001.md
          id: EMS-PRO-001
    Fix: Write the prefix of the type and the number: EMS-PRO-007; for a translation EMS-PRO-007.de.
    """
    for page in pages(handbook):
        name = page.file.metadata.id
        if name and page.file.tree is not None and not _open_id(name):
            fault = _fault(name, page.file.metadata, page.reading)
            if fault:
                yield page.at("id", *fault)


def _fault(name: str, metadata: Metadata, reading: Reading) -> tuple[str, str] | None:
    """What is wrong with an id, and what to write instead."""
    strange = next((char for char in name if not char.isascii()), None)
    if strange:
        message = f'id "{name}" holds "{strange}" ({unicodedata.name(strange, "unknown").lower()})'
        return message + ", which is no plain capital letter or digit", "Type the id anew with plain letters."
    if name.casefold() == "policy":
        return 'the id "policy" is taken: approvals of ems.yml and people.yml lie under it', "Choose another id."
    match = _ID.fullmatch(name)
    if match is None:
        message = f'id "{name}" is not made of capital letters, digits and hyphens'
        better = re.sub(r"[\s_/.]+", "-", name.upper()).strip("-")
        return message, f"Write id: {better}." if _ID.fullmatch(better) and reading.type_of(
            better
        ) else "Write it like EMS-PRO-007."
    if reading.type_of(name) is None:
        known = ", ".join(prefix for prefix, _ in reading.prefixes)
        return f'id "{name}" begins like no type of ems.yml', f"Begin it with one of {known}."
    language = match[1]
    if language and not (metadata.language == language and metadata.translates):
        message = f'id "{name}" ends in .{language} like a translation, but language and translates do not say so'
        return (
            message,
            f"Add language: {language} and translates: {name.removesuffix('.' + language)}/1, or drop .{language}.",
        )
    if metadata.translates and not language:
        better = f"{metadata.translates.partition('/')[0]}.{metadata.language or 'de'}"
        return f'id "{name}" is of a translation, but does not end in its language', f"Write id: {better}."
    return None


def _open_id(name: str) -> bool:
    return is_placeholder(name) or _OPEN_NUMBER.fullmatch(name) is not None


@rule("EMS110", "type-unlike-prefix", "error", sees="one")
def type_unlike_prefix(handbook: Handbook) -> Iterator[Found]:
    """The type does not agree with the prefix of the id.

    Checks: `type` names the type whose prefix in ems.yml the id begins with. The prefix decides: it says which approval
        and which review interval apply, and another type is another document.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.2 (identification); EMAS A.7.5.2.
    Bad:
        docs/procedures/EMS-PRO-001.md
          type: form
    Good:
        docs/procedures/EMS-PRO-001.md
          type: procedure
    Fix: Write the type that belongs to the prefix; for a document of another type take a new id.
    """
    for page in pages(handbook):
        metadata = page.file.metadata
        expected = page.reading.type_of(metadata.id) if metadata.id else None
        if expected and metadata.type and metadata.type != expected and not is_placeholder(metadata.type):
            prefix = next(prefix for prefix, name in page.reading.prefixes if name == expected)
            message = f'type is "{metadata.type}", but ids that begin with {prefix} are of type {expected}'
            yield page.at("type", message, f"Write type: {expected}.")


@rule("EMS111", "placeholder-in-metadata", "error", sees="one")
def placeholder_in_metadata(handbook: Handbook) -> Iterator[Found]:
    """A value of the front matter only keeps a place.

    Checks: `id`, `title`, `type`, `owner`, `approved_by` and the author of this revision are not TBD, n/a, xx, ?,
        [name] and the like; a role or person of people.yml that is called so is none. Rows of earlier revisions are
        history and are left alone.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.2 (identification, author, approval); EMAS A.7.5.2.
    Bad:
        docs/procedures/EMS-PRO-001.md
          owner: TBD
    Good:
        docs/procedures/EMS-PRO-001.md
          owner: lead
    Fix: Write the real value. Leave out `approved_by` as long as nobody has decided.
    """
    people = handbook.people
    for page, metadata in living(handbook):
        for key in ("id", "title", "type", "owner"):
            value = getattr(metadata, key)
            if key == "owner" and value in people.roles:
                continue
            if value and (_open_id(value) if key == "id" else is_placeholder(value)):
                yield page.at(key, f'{key} is "{value}", which only keeps a place', f"Write the real {key}.")
        for person in metadata.approved_by:
            if is_placeholder(person) and person not in people.persons:
                message = f'approved_by names "{person}", which only keeps a place'
                yield page.at("approved_by", message, "Leave out approved_by until somebody has decided.", person)
        author = metadata.row.author if metadata.row else None
        if author and is_placeholder(author) and author not in people.persons:
            message = f'the author of revision {metadata.revision} is "{author}", which only keeps a place'
            yield page.at_row(metadata.revisions.index(metadata.row), message, "Write the person key of the author.")


@rule("EMS113", "owner-unknown", "error", sees="one")
def owner_unknown(handbook: Handbook) -> Iterator[Found]:
    """The owner is no role of people.yml.

    Checks: `owner` is the key of a role under `roles` in people.yml. A role stays when its holder leaves.
    Basis: Our own rule: every text has an owner who exists. ISO 14001:2015 and ISO 14001:2026, 5.3, ask only that
        responsibilities are assigned.
    Bad:
        docs/procedures/EMS-PRO-001.md
          owner: yard-manager
    Good:
        docs/procedures/EMS-PRO-001.md
          owner: manager
    Fix: Write the key of a role, or add the role to people.yml.
    """
    for page, metadata in living(handbook):
        owner = metadata.owner
        if owner and owner not in handbook.people.roles and not is_placeholder(owner):
            message = f'owner "{owner}" is no role of people.yml'
            if owner in handbook.people.persons:
                message = f'owner "{owner}" is a person, but a role must own a document'
            yield page.at("owner", message, _role_meant(owner, handbook.people))


def _role_meant(owner: str, people: People) -> str:
    person = people.persons.get(owner)
    held = [role.role for role in person.roles if role.until is None] if person else []
    titled = [key for key, titles in people.roles.items() if owner.casefold() in map(str.casefold, titles.values())]
    close = next(iter([*titled, *held]), None) or nearest(owner.lower(), people.roles)
    return (
        f"Write owner: {close}, or another role of people.yml."
        if close
        else "Write the key of a role, or add it to people.yml."
    )


@rule("EMS114", "group-unknown", "error", sees="one")
def group_unknown(handbook: Handbook) -> Iterator[Found]:
    """A document is distributed to a group that nobody knows.

    Checks: Every entry of `distribution` is one of `groups` in ems.yml: a workplace, a group of people or a print set.
        Otherwise those who need the document do not get it on their page.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.3 (distribution and access); EMAS A.7.5.3.
    Bad:
        docs/procedures/EMS-PRO-001.md
          distribution: [all-stuff]
    Good:
        docs/procedures/EMS-PRO-001.md
          distribution: [all-staff, yard]
    Fix: Write a group of ems.yml, or add the group there.
    """
    known = list(handbook.policy.groups)
    for page, metadata in living(handbook):
        for group in metadata.distribution:
            if group not in known:
                close = nearest(group.lower(), known)
                fix = (
                    f'Did you mean "{close}"?'
                    if close
                    else f"Write one of {', '.join(known)}, or add it to groups in ems.yml."
                )
                yield page.at("distribution", f'distribution names "{group}", which is no group of ems.yml', fix, group)


@rule("EMS115", "file-in-wrong-folder", "warning", sees="one")
def file_in_wrong_folder(handbook: Handbook) -> Iterator[Found]:
    """A document lies in another folder than the documents of its type.

    Checks: Where ems.yml names a folder for the type, the file lies in it or below it.
    Basis: Our own rule: a text lies where readers of its type look for it.
    Bad:
        docs/forms/EMS-PRO-002.md
          revision: 1
    Good:
        docs/procedures/drains/EMS-PRO-002.md
          revision: 1
    Fix: Move the file. Links to it, its history and its approval stay: they go by the id.
    """
    for page, metadata in living(handbook):
        name = handbook.policy.type_of(metadata.id) if metadata.id else None
        folder = handbook.policy.types[name].folder if name else None
        inside = handbook.under_docs(page.path)
        if folder and not inside.startswith(folder.strip("/") + "/"):
            message = f"a document of type {name} belongs in {handbook.docs}/{folder.strip('/')}"
            target = f"{handbook.docs}/{folder.strip('/')}/{inside.rpartition('/')[2]}"
            yield Found(page.path, 1, 1, page.document, message, f"Move it to {target}.")


@rule("EMS116", "author-unknown", "warning", sees="one")
def author_unknown(handbook: Handbook) -> Iterator[Found]:
    """The author of this revision stands under no key in people.yml.

    Checks: `author` in the row of this revision is the key of a person in people.yml. Authors without any role stand
        there too, so that their addresses are known and an approver's independence can be seen. Rows of earlier
        revisions are history and are left alone.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.2 (author); EMAS A.7.5.2.
    Bad:
        docs/procedures/EMS-PRO-001.md
          revisions:
            - {revision: 1, date: 2025-12-01, author: z.nobody, class: substantive, change: First issue.}
    Good:
        docs/procedures/EMS-PRO-001.md
          revisions:
            - {revision: 1, date: 2025-12-01, author: c.deputy, class: substantive, change: First issue.}
    Fix: Write the person key, or add the person to people.yml.
    """
    for page, metadata in living(handbook):
        row = metadata.row
        if row and row.author and row.author not in handbook.people.persons and not is_placeholder(row.author):
            close = nearest(row.author.lower(), handbook.people.persons)
            fix = f'Did you mean "{close}"?' if close else "Write the person key, or add the person to people.yml."
            message = f'the author of revision {row.revision}, "{row.author}", is no person of people.yml'
            yield page.at_row(metadata.revisions.index(row), message, fix)
