"""The e-mail addresses that forges give: a person's private one, and those that belong to nobody in particular."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple
from urllib.parse import urlsplit

HOSTS = {"github": ("github.com",), "gitlab": ("gitlab.com",)}
"""Where an account is whose address people.yml does not give; a Gitea or Forgejo can be anywhere."""
SERVICE_HOSTS = ("github.com", "gitlab.com", "gitea.com", "codeberg.org")
_FORMS = (
    ("github", re.compile(r"([0-9]{1,20})\+([^@+]+)@users\.noreply\.([^@]+)")),
    ("gitlab", re.compile(r"([0-9]{1,20})-([^@+]+)@users\.noreply\.([^@]+)")),
    ("github", re.compile(r"()([^@+]+)@users\.noreply\.([^@]+)")),
    ("gitea", re.compile(r"([0-9]{1,20})\+([^@+]+)@noreply\.([^@]+)")),
    ("gitea", re.compile(r"()([^@+]+)@noreply\.([^@]+)")),
)


class PrivateAddress(NamedTuple):
    """What a forge's private address says: kind of forge, the account's id ("" where it has none), login, host."""

    forge: str
    id: str
    login: str
    host: str


def private_addresses(email: str) -> list[PrivateAddress]:
    """Every account that an address can stand for; none where it has no form that a forge gives."""
    found = ((forge, form.fullmatch(email.lower())) for forge, form in _FORMS)
    return [PrivateAddress(forge, *match.groups()) for forge, match in found if match]


def is_service(email: str, hosts: Collection[str]) -> bool:
    """Whether merge buttons or bots of a forge at one of these hosts, or of a public one, commit under an address."""
    local, _, domain = email.lower().partition("@")
    known = {*SERVICE_HOSTS, *hosts} - {""}
    if local == "noreply":
        return domain in known
    return local.endswith("[bot]") and domain.removeprefix("users.noreply.") in known and domain not in known


def host_of(url: str) -> str:
    """The host of a forge's address, in small letters; empty where it names none."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
