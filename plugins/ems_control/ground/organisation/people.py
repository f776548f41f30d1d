"""`people.yml`: who holds which role since when (specification, people.yml)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import cached_property
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PrivateAttr, field_validator

from ems_control.ground import whereabouts
from ems_control.ground.formats.config import Day, ListOf, Model, load
from ems_control.ground.formats.frontmatter import Mapping
from ems_control.ground.organisation.forge_addresses import HOSTS, host_of, is_service, private_addresses

PEOPLE_FILE = whereabouts.PEOPLE_FILE
RECOVERY = "recovery"
"""The key and the role of the person that is a key on paper: it saves people.yml, and decides nothing else."""


def _titles(value: Any) -> Any:
    return {"en": value} if isinstance(value, str) else value


class HeldRole(Model):
    """A role that a person holds, from a day until a day."""

    role: str
    from_: Day = Field(alias="from", description="First day.")
    until: Day | None = Field(default=None, description="Last day; left out = still.")
    deputy: bool = Field(default=False, description="Holds it as standing deputy.")

    def holds_on(self, day: date) -> bool:
        """Whether the role is held on that day; both ends count."""
        return self.from_ <= day and (self.until is None or day <= self.until)


class Account(Model):
    """An account at a forge; the numeric id counts, a login can change hands."""

    id: Annotated[str, BeforeValidator(lambda value: value, json_schema_input_type=str | int)]
    login: str = ""
    url: str = Field(
        default="",
        description="Address of the forge, where it is not github.com or gitlab.com: https://git.example.org. Makes "
        "its private e-mail addresses known.",
    )


class PublicKey(Model):
    """An SSH public key and the time for which it counts."""

    key: str = Field(description="As in the .pub file: ssh-ed25519 AAAA… comment.")
    from_: Day = Field(alias="from")
    until: Day | None = None
    compromised: Day | None = Field(
        default=None, description="What landed since that day under this key counts no more."
    )


class Person(Model):
    """A person of the organisation, or anyone who contributes to the handbook."""

    name: str
    emails: ListOf[str] = ()
    telephone: str = Field(default="", description="Number that readers may call: 01632 960411, 4411.")
    accounts: dict[str, Account] = Field(default_factory=dict, description="Forge name to account.")
    keys: ListOf[PublicKey] = ()
    roles: ListOf[HeldRole] = ()

    @field_validator("telephone")
    @classmethod
    def _a_number(cls, value: str) -> str:
        if value and not re.fullmatch(r"\+?[0-9][0-9 ()/-]{1,24}", value):
            raise ValueError(f'"{value}" is no telephone number; write digits, like 01632 960411 or +44 1632 960411')
        return value

    def holds(self, role: str, day: date) -> HeldRole | None:
        """How the person holds a role on a day: as holder before as deputy; None if not at all."""
        held = [h for h in self.roles if h.role == role and h.holds_on(day)]
        return min(held, key=lambda h: h.deputy, default=None)


class People(Model):
    """`people.yml`: roles with their titles, and persons."""

    roles: dict[
        str, Annotated[dict[str, str], BeforeValidator(_titles, json_schema_input_type=str | dict[str, str])]
    ] = Field(default_factory=dict, description="Stable key of a role to its title, or to titles by language.")
    persons: dict[str, Person] = Field(
        alias="people", default_factory=dict, description="Key of a person to what is known of them."
    )

    @field_validator("persons", mode="before")
    @classmethod
    def _recovery_needs_no_role(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(one := value.get(RECOVERY), dict) and "roles" not in one:
            return {**value, RECOVERY: {**one, "roles": [{"role": RECOVERY, "from": date.min.isoformat()}]}}
        return value

    _place: tuple[str, str] = PrivateAttr(default=("", ""))

    @cached_property
    def _by_email(self) -> dict[str, str]:
        return {email.lower(): key for key, person in self.persons.items() for email in person.emails}

    def at(self, forge: str, url: str) -> People:
        """The same people, where accounts of that kind without an address of their own are those of the forge at `url`.

        For a review there, and for the record of one, which names the forge under the recorder's signature.
        """
        _ = self._by_email  # once for all copies
        seen = self.model_copy()
        seen._place = (forge, host_of(url))  # noqa: SLF001 - a copy of this very object
        return seen

    def by_email(self, email: str) -> str | None:
        """The key of the person an address belongs to.

        Forges' private addresses go by account id, or by login where they hold no id (specification, Contributors);
        only at hosts that people.yml names, github.com, gitlab.com, and the one that `at` says.
        """
        return self._by_email.get(email.lower()) or self._by_private(email)[0]

    def by_login(self, email: str) -> bool:
        """Whether somebody is known by a login alone, which the forge may have given to somebody else since."""
        return email.lower() not in self._by_email and self._by_private(email)[1]

    def is_service(self, email: str) -> bool:
        """Whether a forge commits under this address for nobody in particular: its merge button, or a bot there."""
        held = (self._hosts(person, name) for person in self.persons.values() for name in person.accounts)
        return is_service(email, {self._place[1]}.union(*held))

    def _by_private(self, email: str) -> tuple[str | None, bool]:
        """Whose a forge's private address is, and whether the login alone says so."""
        found: dict[str, bool] = {}
        for private in private_addresses(email):
            for key, person in self.persons.items():
                own = person.accounts.get(private.forge)
                if own is None or private.host not in self._hosts(person, private.forge):
                    continue
                if own.id == private.id if private.id else own.login.lower() == private.login:
                    found.setdefault(key, not private.id)
        return found.popitem() if len(found) == 1 else (None, False)

    def _hosts(self, person: Person, forge: str) -> set[str]:
        """Where an account of a person is."""
        url = person.accounts[forge].url
        if url:
            return {host_of(url)}
        place, host = self._place
        return {host} if place == forge and host else set(HOSTS.get(forge, ()))

    def by_account(self, forge: str, account: str | None) -> str | None:
        """The key of the person to whom the account with this id belongs at a forge.

        Once `at` has said which forge is meant, an account that people.yml has elsewhere is another one.
        """
        place, host = self._place
        for key, person in self.persons.items():
            own = person.accounts.get(forge)
            if own and own.id == account and not (place == forge and own.url and host_of(own.url) != host):
                return key
        return None

    def holders(self, role: str, day: date) -> Iterator[tuple[str, HeldRole]]:
        """Who holds a role on a day, as holder or deputy."""
        for key, person in self.persons.items():
            held = person.holds(role, day)
            if held:
                yield key, held

    def title(self, role: str, language: str = "en") -> str:
        """The title of a role in a language; the key in words where there is none."""
        titles = self.roles.get(role, {})
        return titles.get(language) or titles.get("en") or next(iter(titles.values()), role.replace("-", " "))

    def name(self, key: str) -> str:
        """The name behind a person key; the key itself where nobody has it."""
        person = self.persons.get(key)
        return person.name if person else key


def load_people(data: bytes, name: str = PEOPLE_FILE) -> tuple[People, Mapping]:
    """Read `people.yml`; also returns its tree, for places. Raises EmsError with a line per mistake."""
    return load(People, data, name)
