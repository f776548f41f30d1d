"""Commands that only read: register, matrix, history, show, diff."""

from __future__ import annotations

import datetime
import difflib
from pathlib import Path
from typing import Any

import click

from ems_control.cli.context import Context, as_of, document, formats, needs_history, pass_context
from ems_control.cli.output import as_csv, as_json, as_table, one_line
from ems_control.ground.errors import EmsError
from ems_control.ground.files import write_atomically
from ems_control.handbook.coverage import coverage
from ems_control.handbook.handbook import Document
from ems_control.handbook.history import Version
from ems_control.handbook import views

STATES = {
    "in force": "green",
    "upcoming": "cyan",
    "awaiting approval": "yellow",
    "draft": "bright_black",
    "withdrawn": "bright_black",
    "overdue": "yellow",
    "unmet": "red",
}
to_file = click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")


def _write(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text.rstrip("\n"))
    else:
        write_atomically(output, text.encode())
        click.echo(f"Written: {output}", err=True)


@click.command()
@as_of
@formats("table", "json", "csv")
@to_file
@pass_context
def register(context: Context, as_of: datetime.date | None, shape: str, output: Path | None) -> None:
    """The list of documents: what is in force, what starts later, what is overdue."""
    with context.open(as_of) as handbook:
        needs_history(handbook)
        data = views.register(handbook)
    if shape == "json":
        _write(as_json(data), output)
    elif shape == "csv":
        columns = views.REGISTER_COLUMNS
        _write(as_csv(columns, [[_cell(row[column]) for column in columns] for row in data["documents"]]), output)
    else:
        columns = ["number", "title", "state", "revision", "since", "owner", "next review", "remark"]
        _write(as_table(columns, [_register_line(row) for row in data["documents"]], STATES), output)


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    if isinstance(value, dict):
        return f"{value['revision']} from {value['effective']}"
    return value


def _register_line(row: dict[str, Any]) -> list[Any]:
    remark = "overdue" if row["overdue"] else ""
    if row["upcoming"]:
        remark = f"revision {row['upcoming']['revision']} starts {row['upcoming']['effective']}"
    elif row["revision"] and row["latest_revision"] and row["latest_revision"] > row["revision"]:
        remark = remark or f"revision {row['latest_revision']} in work"
    return [row["id"], row["title"], row["state"], row["revision"], row["since"], row["owner"], row["review_by"], remark]


@click.command()
@click.option("--standard", "names", multiple=True, help="iso-14001:2015, iso-14001:2026, emas …; default: those claimed.")
@as_of
@formats("table", "json", "csv")
@to_file
@pass_context
def matrix(context: Context, names: tuple[str, ...], as_of: datetime.date | None, shape: str, output: Path | None) -> None:
    """Clauses and the documents in force that answer them.

    Shows where a clause is answered, not that it is fulfilled.
    """
    with context.open(as_of) as handbook:
        needs_history(handbook)
        wanted = names or handbook.policy.standards
        if not wanted:
            raise EmsError("ems.yml claims no standard. Name one with --standard.")
        tables = [views.matrix(handbook, coverage(handbook, name)) for name in wanted]
    columns = ["clause", "title", "answered in", "duty", "remark"]
    if shape == "json":
        _write(as_json(tables[0] if len(tables) == 1 else {"version": 1, "standards": tables}), output)
    elif shape == "csv":
        rows = [[table["standard"], *line] for table in tables for line in _matrix_lines(table)]
        _write(as_csv(["standard", *columns], rows), output)
    else:
        _write("\n\n".join(_matrix_text(table, columns) for table in tables), output)


def _matrix_lines(table: dict[str, Any]) -> list[list[str]]:
    lines = []
    for row in table["clauses"]:
        remark = ""
        if row["assessable"]:
            remark = "weak" if row["weak"] else "no document" if row["clause"] in table["gaps"] else ""
        duty = "" if row["duty"] == "none" else row["duty"]
        lines.append([row["clause"], row["title"], ", ".join(row["documents"]), duty, remark])
    return lines


def _matrix_text(table: dict[str, Any], columns: list[str]) -> str:
    assessable = sum(row["assessable"] for row in table["clauses"])
    answered = assessable - len(table["gaps"])
    head = click.style(f"{table['standard']} as of {table['as_of']}", bold=True)
    counts = f"{assessable} assessable clauses, {answered} answered by documents in force, {len(table['unmet'])} duties unmet."
    note = "Shows where a clause is answered, not that it is fulfilled."
    return f"{head}\n{as_table(columns, _matrix_lines(table), STATES)}\n{counts} {note}"


@click.command()
@click.argument("document_id", metavar="ID")
@as_of
@formats("table", "json", "csv")
@pass_context
def history(context: Context, document_id: str, as_of: datetime.date | None, shape: str) -> None:
    """The revisions of a document: when, by whom, what changed, who approved."""
    with context.open(as_of) as handbook:
        needs_history(handbook)
        data = views.history(document(handbook, document_id))
    if shape == "json":
        click.echo(as_json(data))
        return
    columns = ["revision", "state", "date", "effective", "author", "approved by", "change"]
    rows = [
        [r["revision"], r["state"], r["date"], r["effective"], r["author"], ", ".join(a["person"] for a in r["approvals"]), r["change"]]
        for r in data["revisions"]
    ]
    click.echo(as_csv(columns, rows).rstrip("\n") if shape == "csv" else as_table(columns, rows, STATES))


@click.command()
@click.argument("document_id", metavar="ID")
@click.option("--revision", type=click.IntRange(min=1), help="This revision instead of the one in force.")
@as_of
@formats("text", "json")
@pass_context
def show(context: Context, document_id: str, revision: int | None, as_of: datetime.date | None, shape: str) -> None:
    """The text of the revision in force (or another one) and nothing else."""
    with context.open(as_of) as handbook:
        needs_history(handbook)
        found = document(handbook, document_id)
        version = _text(found, revision)
        if shape == "json":
            data = {"version": 1, "document": found.id, "revision": version.metadata.revision, "digest": version.digest, "body": version.file.body}
            click.echo(as_json(data))
        else:
            click.echo(version.file.body, nl=not version.file.body.endswith("\n"))


def _text(found: Document, revision: int | None) -> Version:
    if revision is None:
        if found.standing is None or found.standing.in_force is None:
            raise EmsError(f"{found.id} has no revision in force ({found.state}). Name one with --revision.")
        return found.standing.in_force.version
    version = views.text_of(found, revision)
    if version is None:
        numbers = ", ".join(str(n) for n in reversed(views.revision_numbers(found)) if views.text_of(found, n))
        raise EmsError(f"the text of {found.id} revision {revision} is not in this repository. Here are: {numbers or 'none'}.")
    return version


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
    """What changed between two revisions (default: the newest and the one before it)."""
    with context.open(as_of) as handbook:
        needs_history(handbook)
        found = document(handbook, document_id)
        numbers = [n for n in views.revision_numbers(found) if views.text_of(found, n)]
        if new is None:
            new = numbers[0] if numbers else 1
        if old is None:
            old = next((n for n in numbers if n < new), None)
        if old is None:
            raise EmsError(f"{found.id} has no text before revision {new} in this repository; there is nothing to compare.")
        before, after = _text(found, old), _text(found, new)
        lines = _lines(before, after)
    if shape == "json":
        changes = [{"kind": {"-": "deleted", "+": "inserted"}.get(mark, "same"), "text": text} for mark, text in lines]
        click.echo(as_json({"version": 1, "document": found.id, "from": old, "to": new, "lines": changes}))
        return
    click.echo(click.style(f"{found.id} {one_line(found.title)}: revision {old} → {new}", bold=True))
    for mark, text in lines:
        colour = {"-": "red", "+": "green"}.get(mark)
        click.echo(click.style(f"{mark} {one_line(text)}".rstrip(), fg=colour))


def _lines(before: Version, after: Version) -> list[tuple[str, str]]:
    """Marked lines of the title and body, unchanged stretches cut to three lines around a change."""
    old, new = ([f"# {v.metadata.title}", *v.file.body.rstrip("\n").split("\n")] for v in (before, after))
    marked = []
    for line in list(difflib.unified_diff(old, new, n=3, lineterm=""))[2:]:
        marked.append(("…", "") if line.startswith("@@") else (line[:1] or " ", line[1:]))
    return marked


COMMANDS = [register, matrix, history, show, diff]
