"""What a person holds and hands over before she leaves: roles, keys, documents of her roles, what waits for her."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ems_control.approvals.lifecycle import State
from ems_control.ground.errors import EmsError
from ems_control.ground.spelling import nearest
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.outstanding.table_days import TableDay, table_days
from ems_control.handbook.outstanding.waiting import Waiting, waiting
from ems_control.handbook.writing.policy_keys import standing_keys


@dataclass(frozen=True)
class Held:
    """A role that somebody holds, since when, as deputy or not; `others` hold it too, by key."""

    role: str
    since: date
    until: date | None
    deputy: bool
    others: tuple[str, ...]


@dataclass(frozen=True)
class Holding:
    """What one person holds on the handbook's day."""

    person: str
    name: str
    roles: list[Held]
    keys: list[str]
    documents: list[Document]
    acts: list[tuple[Waiting, str]]
    rows: list[TableDay]

    @property
    def alone(self) -> list[str]:
        """The roles that nobody else holds."""
        return [held.role for held in self.roles if not held.others]


class Holdings:
    """What everybody holds; what is asked of the whole handbook is asked once."""

    def __init__(self, handbook: Handbook) -> None:
        self.handbook = handbook
        self._waiting, self._rows = waiting(handbook), table_days(handbook)

    def of(self, person: str) -> Holding:
        """What a person holds; raises EmsError naming the nearest key where nobody has this one."""
        handbook, known = self.handbook, self.handbook.people.persons
        if person not in known:
            close = nearest(person, list(known))
            hint = f" Did you mean {close}?" if close else ""
            raise EmsError(f'there is no person "{person}" in people.yml.{hint}')
        roles = [
            Held(one.role, one.from_, one.until, one.deputy, self._others(person, one.role))
            for one in known[person].roles
            if one.holds_on(handbook.day)
        ]
        own = {held.role for held in roles if not held.deputy}
        documents = [
            d for d in handbook.listed if d.state is not State.WITHDRAWN and (d.shown.facts.owner or "") in own
        ]
        acts: list[tuple[Waiting, str]] = [
            (each, need.action) for each in self._waiting for need in each.needs if person in need.persons
        ]
        rows = [row for row in self._rows if row.owner in own]
        keys = standing_keys(known[person], handbook.day)
        return Holding(person, known[person].name, roles, keys, documents, acts, rows)

    def _others(self, person: str, role: str) -> tuple[str, ...]:
        return tuple(key for key, _ in self.handbook.people.holders(role, self.handbook.day) if key != person)
