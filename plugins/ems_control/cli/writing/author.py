"""An author's steps: `ems new`, `ems revise`, `ems withdraw`; and `ems periodic-review`."""

from __future__ import annotations

from pathlib import Path

import click

from ems_control.cli.context import Context, document, pass_context
from ems_control.cli.writing.approve import approve
from ems_control.ground.errors import EmsError
from ems_control.ground.files import write_atomically
from ems_control.ground.text import log_safe, one_line
from ems_control.handbook.authoring import (
    Beginning,
    Revising,
    Written,
    author_of,
    first_change,
    new_document,
    next_revision,
    withdrawn,
)
from ems_control.handbook.handbook import Handbook

author_option = click.option("--author", default="", help="Who writes: a person key; default: by git's e-mail address.")


@click.command()
@click.argument("type_name", metavar="TYPE")
@click.argument("title")
@click.option("--owner", default="", help="The role that looks after it; default: one of the author's.")
@click.option("--language", default="", help="One of the handbook's languages; default: its first.")
@author_option
@pass_context
def new(context: Context, type_name: str, title: str, owner: str, language: str, author: str) -> None:
    """Begin a document: the next free number, its file, its front matter, status draft.

    Its text begins as the template of its type, in its language.
    """
    with context.open(None, working_tree=True) as handbook:
        handbook.require_history()
        day = handbook.day
        who = author or author_of(handbook, handbook.repository.email)
        person = handbook.people.persons.get(who)
        held = [role.role for role in person.roles if role.holds_on(day) and not role.deputy] if person else []
        wish = Beginning(type_name, title, who, owner or next(iter(held), ""), language)
        written = new_document(handbook, wish, day)
        _write(handbook, written, new_file=True)
    click.echo(f"{written.document}: {written.path}")
    click.echo("Write its text, then set status: submitted and commit. `ems check` says what is missing.")


@click.command()
@click.argument("document_id", metavar="ID")
@click.option("--class", "class_", type=click.Choice(["substantive", "editorial", "temporary"]), default="substantive")
@click.option("--change", default="", help="What changes, in one sentence for the reader.")
@click.option(
    "--instead-of",
    type=click.IntRange(min=1),
    help="The approved revision, still waiting for its day, that it replaces.",
)
@author_option
@pass_context
def revise(context: Context, document_id: str, class_: str, change: str, instead_of: int | None, author: str) -> None:
    """Begin the next revision of an approved document: its number, a new row, status draft."""
    with context.open(None, working_tree=True) as handbook:
        handbook.require_history()
        found = document(handbook, document_id)
        who = author or author_of(handbook, handbook.repository.email)
        wish = Revising(who, class_, change, (instead_of,) if instead_of else ())
        written = next_revision(handbook, found, _read(handbook, found.current), wish, handbook.day)
        _write(handbook, written)
        asks = "" if change else f' Its row says "{first_change(handbook, found)}"'
    click.echo(f"{written.document} revision {written.revision}: {written.path}")
    for note in written.notes:
        click.echo(log_safe(one_line(note)))
    click.echo(f"Change its text, then set status: submitted and commit.{asks}")


@click.command()
@click.argument("document_id", metavar="ID")
@pass_context
def withdraw(context: Context, document_id: str) -> None:
    """Say in the file of a document that it is withdrawn; it stays in force until that is approved."""
    with context.open(None, working_tree=True) as handbook:
        handbook.require_history()
        found = document(handbook, document_id)
        written = withdrawn(handbook, found, _read(handbook, found.current))
        _write(handbook, written)
        declared = found.kind is not None and found.kind.level == "declared"
    how = (
        "approved_by and approved_on"
        if declared
        else f"ems approve {written.document} --action withdraw --as … --key …"
    )
    click.echo(f"{written.path} says withdrawn. Have it approved: {how}. Until then it stays in force.")


@click.command("periodic-review")
@click.argument("document_id", metavar="ID")
@click.option("--as", "person", required=True, metavar="PERSON", help="The owner or an approver: a person key.")
@click.option("--key", "key_file", required=True, type=click.Path(path_type=Path), help="Their private SSH key.")
@click.pass_context
def periodic_review(context: click.Context, document_id: str, person: str, key_file: Path) -> None:
    """Sign that a document was reviewed and stays as it is; its next review is then an interval later."""
    context.invoke(approve, document_id=document_id, person=person, key_file=key_file, action="periodic-review")


def _read(handbook: Handbook, version: object) -> bytes:
    path = getattr(version, "path", "")
    full = handbook.repository.top / path
    if not path or full.is_symlink() or not full.is_file():
        raise EmsError(f"{path or 'its file'} is not there.")
    return full.read_bytes()


def _write(handbook: Handbook, written: Written, new_file: bool = False) -> None:
    path = handbook.repository.top / written.path
    if new_file and path.exists():
        raise EmsError(f"{written.path} is there already.")
    if not path.parent.resolve().is_relative_to(handbook.repository.top):
        raise EmsError(f"{written.path} lies outside of the repository.")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, written.data)
