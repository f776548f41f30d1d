"""Who wrote or decided and is nobody in people.yml, and the line that would say who it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time

from ems_control.approvals.contributors import Contributor
from ems_control.documents.history import Version
from ems_control.ground.formats.digest import newest_method
from ems_control.ground.organisation.forge_addresses import HOSTS, host_of, private_addresses
from ems_control.ground.organisation.people import People
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook


@dataclass(frozen=True)
class Unrecognised:
    """Somebody who wrote texts not yet approved under an address that people.yml does not know; documents by id."""

    who: Contributor
    documents: tuple[str, ...]
    line: str


def unrecognised(handbook: Handbook) -> list[Unrecognised]:
    """Everybody because of whom a text cannot be approved, by address."""
    found: dict[str, tuple[Contributor, list[str]]] = {}
    for document in handbook.listed:
        for who in _strangers(handbook, document):
            found.setdefault(who.email.lower(), (who, []))[1].append(document.id)
    return [
        Unrecognised(who, tuple(ids), address_line(handbook.people, who.email))
        for _, (who, ids) in sorted(found.items())
    ]


def _strangers(handbook: Handbook, document: Document) -> Iterator[Contributor]:
    versions = document.history.versions
    newest = document.newest_approval
    if not versions or document.standing.withdrawn or (newest and newest.is_of(versions[-1])):
        return
    end = datetime.combine(handbook.day, time(23, 59, 59), UTC)
    yield from (one for one in wrote(handbook, document, versions[-1], end) if one.person is None)


def wrote(
    handbook: Handbook, document: Document, version: Version, at: datetime, people: People | None = None
) -> list[Contributor]:
    """Everybody who contributed to a text since the last approved one, as a decision at that moment sees it."""
    people = people or handbook.people
    before = [one.version for one in document.approvals if one.version.order < version.order]
    after = max(before, key=lambda one: one.order, default=None)
    everybody, to = list(people.persons), handbook.records.contributions.to
    return to(version, after, document.history, at, everybody, handbook.policy, people, newest_method())


def address_line(people: People, email: str) -> str:
    """What to write in people.yml so that an address is somebody's: the account behind it, else the address itself.

    YAML, on one line, to stand below the person's key.
    """
    for private in private_addresses(email):
        if private.host in HOSTS.get(private.forge, ()) and private.id:
            return account_line(private.forge, private.id, private.login, "")
        held = (person.accounts.get(private.forge) for person in people.persons.values())
        own = next(
            (one for one in held if one and private.id in ("", one.id) and one.login.lower() == private.login), None
        )
        if private.id or own:
            number = private.id or (own.id if own else "")
            return account_line(private.forge, number, private.login, f"https://{private.host}")
    return f"emails: [{json.dumps(email, ensure_ascii=False)}]"


def account_line(forge: str, number: str, login: str, url: str) -> str:
    """The account of a person, as people.yml has it."""
    words = {"id": number, **({"login": login} if login else {})}
    if url and host_of(url) not in HOSTS.get(forge, ()):
        words["url"] = url
    inside = ", ".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in words.items())
    return f"accounts: {{{forge}: {{{inside}}}}}"
