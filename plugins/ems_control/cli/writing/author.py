"""An author's steps: `ems new`, `ems revise`, `ems submit`, `ems withdraw`; and `ems periodic-review`."""

from __future__ import annotations

from pathlib import Path

import click

from ems_control.cli.context import Context, document, pass_context
from ems_control.cli.output import Checked, findings_for_people, for_here
from ems_control.cli.writing.approve import approve
from ems_control.cli.writing.saving import Saving, command_line, commit_option, deciders, say
from ems_control.documents.history import Version
from ems_control.ground.errors import EmsError
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.writing.authoring import (
    Beginning,
    Revising,
    author_of,
    first_change,
    new_document,
    next_revision,
    submitted,
    withdrawn,
)
from ems_control.rules.before_signing import findings_of
from ems_control.rules.finding import Finding, summary

author_option = click.option("--author", default="", help="Who writes: a person key; default: by git's e-mail address.")


@click.command()
@click.argument("type_name", metavar="TYPE")
@click.argument("title")
@click.option("--owner", default="", help="The role that looks after it; default: one of the author's.")
@click.option("--language", default="", help="One of the handbook's languages; default: its first.")
@author_option
@commit_option
@pass_context
def new(context: Context, type_name: str, title: str, owner: str, language: str, author: str, commits: bool) -> None:
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
        saving = Saving.begin(handbook, commits, writing=True)
        saving.write({written.path: written.data}, new=True)
    say(f"{written.document}: {written.path}")
    saving.commit([written.path], f"{written.document} revision 1: begun")
    say(f"Next: write its text, then {command_line(context, 'submit', written.document, '--commit')}")


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
@commit_option
@pass_context
def revise(
    context: Context,
    document_id: str,
    class_: str,
    change: str,
    instead_of: int | None,
    author: str,
    commits: bool,
) -> None:
    """Begin the next revision of an approved document: its number, a new row, status draft."""
    with context.open(None, working_tree=True) as handbook:
        handbook.require_history()
        found = document(handbook, document_id)
        who = author or author_of(handbook, handbook.repository.email)
        wish = Revising(who, class_, change, (instead_of,) if instead_of else ())
        written = next_revision(handbook, found, _read(handbook, found), wish, handbook.day)
        saving = Saving.begin(handbook, commits, writing=True)
        saving.write({written.path: written.data})
        asks = "" if change else f' and its row, which says "{first_change(handbook, found)}"'
    say(f"{written.document} revision {written.revision}: {written.path}", *written.notes)
    saving.commit([written.path], f"{written.document} revision {written.revision}: begun")
    say(f"Next: change its text{asks}, then {command_line(context, 'submit', written.document, '--commit')}")


@click.command()
@click.argument("document_id", metavar="ID")
@commit_option
@pass_context
def submit(context: Context, document_id: str, commits: bool) -> int:
    """Hand a text in for its decisions: status submitted, once the check finds no error in it.

    With --commit, its file is committed, and the changed tables and pictures that it shows, as parts of it.
    """
    with context.open(None, working_tree=True) as handbook:
        handbook.require_history()
        found = document(handbook, document_id)
        written = submitted(found, _read(handbook, found))
    with context.open(None, working_tree=True, laid={written.path: written.data}) as handbook:
        found = document(handbook, written.document)
        version = found.current
        assert version is not None  # its file was read
        shown = _shown(handbook, version)
        findings = _findings(handbook, found, shown)
        counts = summary(1, findings)
        if findings:
            click.echo(findings_for_people(Checked.of(handbook, for_here(findings)), counts))
        if counts["errors"]:
            say(f"{found.id} was not submitted; nothing was written. Put the errors right, then try again.")
            return 1
        saving = Saving.begin(handbook, commits, writing=True)
        saving.write({written.path: written.data})
        say(f"{found.id} revision {written.revision} is submitted: {written.path}")
        committed, lying = handbook.tree.committed, handbook.tree.files
        files = [path for path in (written.path, *shown) if committed.get(path) != lying[path]]
        files += [path for path in found.history.paths if path in committed and path not in lying]  # where it was
        if files and not commits:
            say(f"Next: {command_line(context, 'submit', found.id, '--commit')}", *(f"  with {one}" for one in shown))
            return 0
        if files:
            saving.commit(files, f"{found.id} revision {written.revision}: submitted")
        say(*(f"Next: {line}" for line in deciders(context, handbook, found, version)))
    return 0


def _shown(handbook: Handbook, version: Version) -> list[str]:
    """The files that a text shows and that are not committed as they lie there; a controlled page is nobody's part."""
    committed = handbook.tree.committed
    paths = list(dict.fromkeys(one.path for one in version.attachments if committed.get(one.path) != one.blob))
    for path in paths:
        if handbook.is_controlled(path):
            raise EmsError(f"{version.path} includes {path}, which differs from what is committed. Commit that first.")
    return paths


def _findings(handbook: Handbook, found: Document, shown: list[str]) -> list[Finding]:
    """What the check says of a text, and of every other one that shows a file which would be committed with it."""
    also = [
        other
        for other in handbook.documents.values()
        if other is not found and other.current and any(one.path in shown for one in other.current.attachments)
    ]
    about = [finding for one in (found, *also) for finding in findings_of(handbook, one, "approve")]
    return sorted({one for one in about if one.severity != "info"}, key=lambda one: one.order)


@click.command()
@click.argument("document_id", metavar="ID")
@commit_option
@pass_context
def withdraw(context: Context, document_id: str, commits: bool) -> None:
    """Say in the file of a document that it is withdrawn; it stays in force until that is approved."""
    with context.open(None, working_tree=True) as handbook:
        handbook.require_history()
        found = document(handbook, document_id)
        written = withdrawn(found, _read(handbook, found))
        declared = found.kind is not None and found.kind.level == "declared"
        saving = Saving.begin(handbook, commits)
        saving.write({written.path: written.data})
    say(f"{written.path} says withdrawn. Until that is approved, {written.document} stays in force.")
    words = f"{written.document}: withdrawal submitted"
    if not saving.commit([written.path], words) and not commits:
        say(f"Next: {saving.commit_line([written.path], words)}")
    key = () if declared else ("--key", "FILE")
    line = command_line(context, "approve", written.document, "--action", "withdraw", "--as", "PERSON", *key)
    say(f"Next: {line}")


@click.command("periodic-review")
@click.argument("document_id", metavar="ID")
@click.option("--as", "person", required=True, metavar="PERSON", help="The owner or an approver: a person key.")
@click.option("--key", "key_file", required=True, type=click.Path(path_type=Path), help="Their private SSH key.")
@commit_option
@click.pass_context
def periodic_review(context: click.Context, document_id: str, person: str, key_file: Path, commits: bool) -> None:
    """Sign that a document was reviewed and stays as it is; its next review is then an interval later."""
    action = "periodic-review"
    context.invoke(approve, document_id=document_id, person=person, key_file=key_file, action=action, commits=commits)


def _read(handbook: Handbook, found: Document) -> bytes:
    path = found.current.path if found.current else ""
    full = handbook.repository.top / path
    if not path or full.is_symlink() or not full.is_file():
        raise EmsError(f"{path or f'the file of {found.id}'} is not there. Take it back: git restore FILE.")
    return full.read_bytes()
