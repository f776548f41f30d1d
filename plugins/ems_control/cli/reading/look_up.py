"""Commands that only read: register, history, show, diff."""

from __future__ import annotations

import datetime
from importlib import import_module
from pathlib import Path
from types import ModuleType

import click

from ems_control.cli.context import Context, as_of, formats, pass_context
from ems_control.cli.kept_answers import KeptAnswers
from ems_control.cli.output import deliver, room, to_file
from ems_control.cli.telling import reading_language, tell


@click.command()
@as_of
@formats("table", "json", "csv", "xlsx")
@to_file
@pass_context
def register(context: Context, as_of: datetime.date | None, shape: str, output: Path | None) -> None:
    """The list of documents: what is in force, what starts later, what is overdue."""
    if shape in ("table", "json"):
        asked = KeptAnswers(context.root, ("register", shape, str(room()), reading_language()), as_of)
        found = context.answer(asked, lambda handbook: _loaded("looked_up").register(handbook, shape), whole=True)
        deliver(found, output, shape)
        return
    with context.open(as_of, whole=True) as handbook:
        data, remarks = _loaded("looked_up").register_file(handbook, shape)
    deliver(data, output, shape)
    for line in remarks:
        tell(line, err=True)


def _loaded(name: str) -> ModuleType:
    """What computes an answer; loaded where it was not given before."""
    return import_module(f"ems_control.cli.reading.{name}")


@click.command()
@click.argument("document_id", metavar="ID")
@as_of
@formats("table", "json", "csv")
@pass_context
def history(context: Context, document_id: str, as_of: datetime.date | None, shape: str) -> None:
    """The revisions of a document: when, by whom, what changed, who approved."""
    asked = KeptAnswers(context.root, ("history", document_id, shape, str(room()), reading_language()), as_of)
    click.echo(context.answer(asked, lambda handbook: _loaded("looked_up").history(handbook, document_id, shape)))


@click.command()
@click.argument("document_id", metavar="ID")
@click.option("--revision", type=click.IntRange(min=1), help="This revision instead of the one in force.")
@as_of
@formats("text", "json")
@pass_context
def show(context: Context, document_id: str, revision: int | None, as_of: datetime.date | None, shape: str) -> None:
    """The text of the revision in force (or another one) and nothing else."""
    asked = KeptAnswers(context.root, ("show", document_id, str(revision), shape), as_of)
    text = context.answer(asked, lambda handbook: _loaded("looked_up").shown(handbook, document_id, revision, shape))
    click.echo(text, nl=not text.endswith("\n"))


@click.command()
@click.argument("document_id", metavar="ID")
@click.argument("old", metavar="[A]", required=False, type=click.IntRange(min=1))
@click.argument("new", metavar="[B]", required=False, type=click.IntRange(min=1))
@as_of
@formats("text", "json")
@pass_context
def diff(
    context: Context, document_id: str, old: int | None, new: int | None, as_of: datetime.date | None, shape: str
) -> None:
    """What changed between two revisions (default: the newest and the one before it).

    First what changes for people: front matter, words, cells of tables, pictures, attachments; then the lines.
    """
    asked = KeptAnswers(context.root, ("diff", document_id, str(old), str(new), shape, reading_language()), as_of)
    click.echo(
        context.answer(asked, lambda handbook: _loaded("compared").compared(handbook, document_id, old, new, shape))
    )
