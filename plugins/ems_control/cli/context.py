"""What every command needs: the handbook's folder, the day, and how to open the handbook."""

from __future__ import annotations

import datetime
import os
import re
import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ems_control.cli.telling import ASKED, tell
from ems_control.ground.errors import EmsError
from ems_control.ground.forge_kinds import FORGE_KINDS
from ems_control.ground.text import as_day
from ems_control.ground.whereabouts import POLICY_FILE, find_root
from ems_control.rules.translated import rule_languages

if TYPE_CHECKING:  # an answer that was given before is told without loading what made it
    from ems_control.cli.kept_answers import KeptAnswers
    from ems_control.ground.doors import Door
    from ems_control.ground.git.repository import Repository
    from ems_control.handbook.document import Document
    from ems_control.handbook.handbook import Handbook
    from ems_control.handbook.steering_files import Configuration


class DayType(click.ParamType[datetime.date]):
    """A day written 2026-03-01."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime.date:
        """Read the day, or say how to write it."""
        if isinstance(value, datetime.date):
            return value
        try:
            return datetime.datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007
        except ValueError:
            self.fail(f'"{value}" is not a day; write it as {as_day(value)}', param, ctx)


Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

ANYWHERE = frozenset(("demo", "init", "rules", "explain", "recovery-key"))
"""Commands that need no handbook."""

as_of = click.option("--as-of", type=DayType(), help="The day that counts (default: today).")


class Choice(click.Choice[str]):
    """One of these names, or one that another distribution adds at a door."""

    def __init__(self, names: Iterable[str], door: Door) -> None:
        super().__init__(list(names))
        self._door = door

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Ours first: nothing is looked for where one of them is meant."""
        if value in self.choices:
            return super().convert(value, param, ctx)
        from ems_control.ground.doors import added

        return value if value in added(self._door) else super().convert(value, param, ctx)


FORGE = Choice(FORGE_KINDS, "forges")
"""A forge: ours, or one that another distribution adds."""


def formats(*names: str, door: Door | None = None) -> Decorator:
    """The option --format with these choices, and what is added at a door; the first is the default."""
    kind = Choice(names, door) if door else click.Choice(names)
    return click.option(
        "--format", "shape", type=kind, default=names[0], show_default=True, help="Shape of the output."
    )


def _ask(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    """Keep it while the command runs, for `telling.reading_language`."""
    if value:
        ctx.meta[ASKED] = value


language = click.option(
    "--language",
    type=click.Choice(rule_languages()),
    is_eager=True,
    expose_value=False,
    callback=_ask,
    help="Language for people (default: that of the terminal, LANG); what programs read is English unless asked.",
)


@dataclass
class Context:
    """The folder given with --root, if any."""

    given: Path | None

    @property
    def root(self) -> Path:
        """The folder with ems.yml."""
        if self.given is None:
            return find_root(Path.cwd())
        if not self.given.is_dir():
            raise EmsError(f"{self.given} is no folder.")
        if not (self.given / POLICY_FILE).is_file():
            fix = "Name the folder of a handbook with --root, or begin one: ems init DIR."
            raise EmsError(f"no {POLICY_FILE} in {self.given}. {fix}")
        return self.given.resolve()

    @property
    def _repository(self) -> Path:
        """The folder of the repository that holds the handbook; the handbook's own where there is none."""
        return next((one for one in (self.root, *self.root.parents) if (one / ".git").exists()), self.root)

    def here(self, text: str) -> str:
        """A text whose commands work from where the reader stands, if that is somewhere in the repository.

        `ems` finds the handbook from its folder downwards; from elsewhere it must be named.
        """
        place, root = Path.cwd(), self.root
        if self.given is None or place.is_relative_to(root) or not place.is_relative_to(self._repository):
            return text
        top = click.get_current_context().find_root()
        assert isinstance(top.command, click.Group)  # `ems` itself
        names = "|".join(set(top.command.list_commands(top)) - ANYWHERE)
        return re.sub(rf"\bems (?=(?:{names})\b)", lambda _: f"ems --root {shlex.quote(str(self.given))} ", text)

    def place(self, path: str) -> str:
        """A path from the handbook's folder, as it is written where the reader stands; outside, as it is."""
        place = Path.cwd()
        return os.path.relpath(self.root / path, place) if place.is_relative_to(self._repository) else path

    def open(
        self,
        day: datetime.date | None,
        working_tree: bool = False,
        base: str | None = None,
        root_digest: str | None = None,
        laid: dict[str, bytes] | None = None,
        opened: Repository | None = None,
        whole: bool = False,
        few: bool = False,
    ) -> Handbook:
        """The handbook on a day; today in the policy's time zone if none is given.

        In a repository that is `opened` already, what an earlier run kept of it is believed. `whole` says that every
        document will be asked for, `few` that hardly any will.
        """
        from ems_control.handbook.kept.kept_history import KeptTexts
        from ems_control.handbook.loading import load
        from ems_control.handbook.steering_files import read_configuration

        kept = KeptTexts(opened) if opened else None
        configuration = read_configuration(self.root, kept)
        end = datetime.datetime.combine(today(configuration), datetime.time.max, configuration.policy.zone)
        day = day or today(configuration)
        told = partial(tell, err=True) if whole else None
        return load(
            configuration, day, working_tree, base, root_digest, end, laid, opened=opened, kept=kept, told=told, few=few
        )

    def answer(self, answers: KeptAnswers, make: Callable[[Handbook], str], whole: bool = False) -> str:
        """What `make` says of the handbook; where it said so before, and nothing changed since, nothing is read.

        `whole` says that it asks for every document.
        """
        found = answers.given()
        if found is None:
            day, base, opened = answers.day, answers.base, answers.opened
            with self.open(day, answers.working_tree, base, opened=opened, whole=whole, few=not whole) as handbook:
                found = make(handbook)
                answers.keep(handbook, found)
                handbook.keep()
        return found


def today(configuration: Configuration) -> datetime.date:
    """Today, where the handbook's days begin and end."""
    return datetime.datetime.now(configuration.policy.zone).date()


def document(handbook: Handbook, document_id: str) -> Document:
    """The document with this id; raises EmsError naming the nearest."""
    from ems_control.ground.spelling import nearest
    from ems_control.handbook.successors import with_number

    found = handbook.get(document_id)
    if found is None:
        other = with_number(handbook, document_id)
        if other:
            raise EmsError(
                f"{document_id} is the old number of {other.id}, {other.title}. {read_instead(handbook, other)}"
            )
        close = nearest(document_id.upper(), [d.id for d in handbook.documents.values()])
        raise EmsError(f'there is no document "{document_id}".' + (f" Did you mean {close}?" if close else ""))
    return found


def read_instead(handbook: Handbook, document: Document) -> str:
    """Which id to write: the document's own, or those of the documents that replaced it."""
    gone = document.standing.withdrawn
    from ems_control.handbook.successors import successors

    if document.in_force or gone is None:
        return f"Write {document.id}."
    others = " or ".join(f"{other.id}, {other.title}" for other in successors(handbook, document))
    return f"It was withdrawn on {gone.first_day}." + (f" Read instead {others}." if others else "")


def current() -> Context:
    """The folder given with --root, for whoever runs within a command."""
    return Context(click.get_current_context().find_root().params.get("root"))


def pass_context(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the folder named with --root, as its first argument."""

    @wraps(function)
    def with_context(*given: Any, **named: Any) -> Any:
        return function(current(), *given, **named)

    return with_context
