"""`people.yml`: who holds which role since when (specification, people.yml)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cached_property
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, field_validator

from ems_control.ground.formats.config import Day, ListOf, Model, load
from ems_control.ground.formats.frontmatter import Mapping

PEOPLE_FILE = "people.yml"
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

    id: str
    login: str = ""


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
    accounts: dict[str, Account] = Field(default_factory=dict, description="Forge name to account.")
    keys: ListOf[PublicKey] = ()
    roles: ListOf[HeldRole] = ()

    def holds(self, role: str, day: date) -> HeldRole | None:
        """How the person holds a role on a day: as holder before as deputy; None if not at all."""
        held = [h for h in self.roles if h.role == role and h.holds_on(day)]
        return min(held, key=lambda h: h.deputy, default=None)


class People(Model):
    """`people.yml`: roles with their titles, and persons."""

    roles: dict[str, Annotated[dict[str, str], BeforeValidator(_titles)]] = Field(
        default_factory=dict, description="Stable key of a role to its title, or to titles by language."
    )
    persons: dict[str, Person] = Field(
        alias="people", default_factory=dict, description="Key of a person to what is known of them."
    )

    @field_validator("persons", mode="before")
    @classmethod
    def _recovery_needs_no_role(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(one := value.get(RECOVERY), dict) and "roles" not in one:
            return {**value, RECOVERY: {**one, "roles": [{"role": RECOVERY, "from": date.min.isoformat()}]}}
        return value

    @cached_property
    def _by_email(self) -> dict[str, str]:
        return {email.lower(): key for key, person in self.persons.items() for email in person.emails}

    def by_email(self, email: str) -> str | None:
        """The key of the person an address belongs to; forges' no-reply addresses go by account id."""
        email = email.lower()
        if email in self._by_email:
            return self._by_email[email]
        local, _, host = email.partition("@")
        number, plus, _login = local.partition("+")
        if plus and number.isdigit() and host == "users.noreply.github.com":
            return self.by_account("github", number)
        return None

    def by_account(self, forge: str, account: str | None) -> str | None:
        """The key of the person to whom the account with this id belongs at a forge."""
        owned = ((key, person.accounts.get(forge)) for key, person in self.persons.items())
        return next((key for key, own in owned if own and own.id == account), None)

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
