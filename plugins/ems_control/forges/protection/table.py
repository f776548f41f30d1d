"""What protects a handbook at a forge: one table, protections.yml. `ems forge setup` sets it, `ems doctor` compares it.

A setting is in force, different, or not shown to us; nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Literal, Protocol

import yaml

from ems_control.ground.text import one_line

State = Literal["in force", "different", "not shown"]
How = Literal["is", "at least", "holds", "within"]


class NotShown:
    """Stands for what the forge does not tell this token; with its reason."""

    def __init__(self, why: str = "ask with an administrator's token") -> None:
        self.why = why


@dataclass(frozen=True)
class Setting:
    """One field: where it is, what it has to be, and that in words; `todo` is what to do where --apply cannot."""

    part: str
    field: str
    wanted: Any
    good: str
    bad: str
    todo: str = ""
    how: How = "is"

    @property
    def key(self) -> str:
        """Its name in the answers of a forge."""
        return f"{self.part}/{self.field}"


@dataclass(frozen=True)
class Compared:
    """A setting and how it stands at the forge: `found` is what was told, None where nothing was."""

    setting: Setting
    state: State
    found: Any = None
    why: str = ""

    @property
    def words(self) -> str:
        """How it stands, in words."""
        setting = self.setting
        if self.state == "in force":
            return setting.good
        if self.state == "not shown":
            return f"unknown whether {setting.good}: not shown to this token"
        return setting.bad.replace("{}", _told(self.found) or "nothing")


@dataclass(frozen=True)
class Step:
    """One question that changes something: method, path below the interface's root, body, and what it is for."""

    method: str
    path: str
    body: Any
    what: str


@dataclass
class Wish:
    """What the person who sets up chooses, beside the table: see the options of `ems forge setup`."""

    branch: str = ""
    checks: tuple[str, ...] = ()
    app: int | None = None
    ci_config: str = ""
    key: str = ""
    known_keys: frozenset[str] = field(default_factory=frozenset)


class Protection(Protocol):
    """The protection of one repository at one forge."""

    wish: Wish

    def table(self) -> list[Setting]:
        """Every setting, in the order in which it is set."""
        ...

    def read(self) -> Mapping[str, Any]:
        """What the forge says now of each setting, by its key; NotShown where it does not."""
        ...

    def steps(self) -> list[Step]:
        """What would set the table, given what is there (nothing is asked where no repository is named)."""
        ...


@cache
def _tables() -> dict[str, dict[str, dict[str, dict[str, Any]]]]:
    text = (resources.files("ems_control.forges") / "protections.yml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, dict[str, dict[str, dict[str, Any]]]] = yaml.load(text, Loader=loader)  # noqa: S506 (a safe loader)
    return found


def table_of(forge: str, wish: Wish, wanted: Mapping[str, Any]) -> list[Setting]:
    """The table of a forge; `wanted` is what depends on the options, by field."""
    made = f"Run: ems forge setup {forge} --apply."

    def filled(text: str) -> str:
        words = {"{branch}": wish.branch, "{checks}": ", ".join(wish.checks), "{forge}": forge}
        return re.sub("|".join(map(re.escape, words)), lambda match: words[match[0]], text)

    return [
        Setting(
            filled(part),
            name,
            wanted.get(name, one.get("wanted")),
            filled(one["good"]),
            filled(one["bad"]),
            filled(one.get("todo", made)),
            one.get("how", "is"),
        )
        for part, fields in _tables()[forge].items()
        for name, one in fields.items()
    ]


def wanted_of(table: Iterable[Setting], part: str, *without: str) -> dict[str, Any]:
    """What a part of a table has to be, by field; but for some fields, which the forge takes in another form."""
    return {one.field: one.wanted for one in table if one.part == part and one.field not in without}


def compare(table: Iterable[Setting], found: Mapping[str, Any]) -> list[Compared]:
    """Each setting of a table beside what a forge said of it; what it did not mention is not shown."""
    rows = []
    for setting in table:
        told = found.get(setting.key, NotShown())
        if isinstance(told, NotShown):
            rows.append(Compared(setting, "not shown", None, told.why))
        else:
            rows.append(Compared(setting, "in force" if _fits(setting, told) else "different", told))
    return rows


def _fits(setting: Setting, told: Any) -> bool:
    wanted = setting.wanted
    if setting.how == "at least":
        return isinstance(told, int) and not isinstance(told, bool) and told >= wanted
    if setting.how == "holds":
        return isinstance(told, list) and all(one in told for one in wanted)
    if setting.how == "within":
        return isinstance(told, list) and all(one in wanted for one in told)
    return bool(told == wanted and isinstance(told, bool) == isinstance(wanted, bool))


def _told(found: Any) -> str:
    words = ", ".join(map(str, found)) if isinstance(found, list) else str(found)
    return one_line(words)[:200]


ODD = NotShown("the forge answers with something that it does not promise")


def inside(tree: Any, *keys: str) -> Any:
    """What lies below these keys, one in the other; None where there is nothing of that shape."""
    for key in keys:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def strict_rows(tree: Any, key: str = "") -> list[dict[str, Any]] | NotShown:
    """The objects of a list, or of the list below a key; none where nothing is there, NotShown for anything else.

    For what must not be there: half a list of it is none.
    """
    if isinstance(tree, NotShown) or tree is None:
        return tree if tree is not None else []
    rows = inside(tree, key) if key else tree
    return rows if isinstance(rows, list) and all(isinstance(one, dict) for one in rows) else ODD


def rows_of(tree: Any, key: str = "") -> list[dict[str, Any]]:
    """The objects of a list, or of the list below a key; whatever else is there is left out."""
    rows = tree.get(key) if key and isinstance(tree, dict) else tree
    return [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []
