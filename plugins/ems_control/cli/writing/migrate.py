"""`ems migrate`: moves clause references from one edition of a standard to another."""

from __future__ import annotations

import datetime
import difflib
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from ems_control.cli.context import Context, as_of, pass_context
from ems_control.cli.telling import reading_language, spoken, tell
from ems_control.coverage.answers_file import COMMENT, explained, read_answers, template
from ems_control.coverage.migration import Change, Decisions, Filed, Migration, NewClause, Question, answered
from ems_control.ground.errors import EmsError
from ems_control.ground.files import write_together
from ems_control.ground.formats.patching import PatchProblem, patch_list
from ems_control.ground.organisation.told import told
from ems_control.ground.text import counted, one_line
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook


@dataclass(frozen=True)
class Rewrite:
    """One file to write: its path from the root of the repository, and what it held and shall hold."""

    path: str
    before: bytes
    after: bytes


@click.command()
@click.option("--from", "start", required=True, metavar="STANDARD", help="The edition that ends: iso-14001:2015.")
@click.option("--to", "goal", required=True, metavar="STANDARD", help="The edition that follows: iso-14001:2026.")
@click.option(
    "--answers", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Your answers, as YAML or JSON."
)
@click.option("--dry-run", is_flag=True, help="Ask nothing, take every proposal, print the changes, write nothing.")
@as_of
@pass_context
def migrate(
    context: Context, start: str, goal: str, answers: Path | None, dry_run: bool, as_of: datetime.date | None
) -> None:
    """Move the clause references of the documents from one edition of a standard to another.

    What goes over one to one is done; where a clause splits you are asked. Without a terminal, and without an answer
    in FILE, the questions and a template for FILE are printed and nothing is written. References to the old edition
    stay while ems.yml claims it.
    """
    with context.open(as_of, working_tree=True) as handbook:
        handbook.require_history()
        documents = _documents(handbook)
        filed = [_filed(document) for document in documents.values()]
        migration = Migration(handbook.catalogue, start, goal, filed, handbook.policy.standards)
        _say_what_is_left_out(handbook, migration)
        decisions = _decided(migration, answers, dry_run)
        changes = migration.changes(decisions)
        rewrites = [_rewrite(handbook, documents[change.document.id], change) for change in changes]
        if dry_run:
            _print_diff(rewrites)
        else:
            _write(handbook, rewrites)
        for line in [*_summary(migration, changes, dry_run), *_effect(handbook, migration, changes, decisions)]:
            tell(line, err=dry_run)
        for line in _what_next(handbook, migration, changes):
            tell(line, err=dry_run)


def _documents(handbook: Handbook) -> dict[str, Document]:
    """The documents of the working tree that are not withdrawn, by id."""
    return {
        document.id: document
        for document in handbook.ordered
        if document.current and document.current.metadata.status != "withdrawn"
    }


def _filed(document: Document) -> Filed:
    assert document.current is not None
    metadata, file = document.current.metadata, document.current.file
    headings = tuple(heading.text for heading in file.headings)
    listed = [heading.anchor for heading in file.headings]
    anchors = tuple(dict.fromkeys([*listed, *sorted(file.anchors)]))
    return Filed(document.id, metadata.title or document.id, metadata.clauses, anchors, headings)


def _say_what_is_left_out(handbook: Handbook, migration: Migration) -> None:
    for path, file in handbook.controlled_pages:
        if file.tree is None and file.problems:
            tell(f"Left out: {path} cannot be read; `ems check` says why.", err=True)
    for document, problem in migration.unreadable:
        tell(f"Left as it is: {document.id}: {problem}", err=True)


def _decided(migration: Migration, answers: Path | None, dry_run: bool) -> Decisions:
    decisions = Decisions()
    if answers is not None:
        try:
            data = answers.read_bytes()
        except OSError as error:
            raise EmsError(f"{answers} cannot be read: {error.strerror}.") from None
        decisions, unused = read_answers(data, str(answers), migration)
        for line in unused:
            tell(f"Not used: {line}.", err=True)
    questions = migration.questions(decisions)
    if dry_run:
        proposed = {(question.document.id, question.clause.number): question.proposal for question in questions}
        decisions = _with(decisions, proposed)
        new = {entry.clause.number: entry.proposal for entry in migration.new_clauses(decisions)}
        return Decisions(decisions.documents, {**decisions.new, **new})
    if sys.stdin.isatty():
        return _asked(migration, decisions, questions)
    if questions:
        text = template(migration, questions, migration.new_clauses(decisions), reading_language())
        click.echo(COMMENT.sub(lambda match: spoken(match[0]), text), nl=False)
        raise EmsError("\n".join(_open(questions, answers)))
    return decisions


def _with(decisions: Decisions, added: Mapping[tuple[str, str], Sequence[str]]) -> Decisions:
    documents = {name: dict(found) for name, found in decisions.documents.items()}
    for (name, number), texts in added.items():
        documents.setdefault(name, {})[number] = tuple(texts)
    return Decisions(documents, decisions.new)


def _open(questions: Sequence[Question], answers: Path | None) -> list[str]:
    count = "1 question needs" if len(questions) == 1 else f"{len(questions)} questions need"
    lines = [f"{count} a person; nothing was written."]
    for question in questions:
        parts = ", ".join(question.proposal)
        lines.append(f"{question.document.id}: which of {parts} for {', '.join(question.written)}?")
    if answers:
        return [*lines, f"Add what is missing to {answers}: a template is on standard output."]
    return [*lines, "A template is on standard output: save it, look it through, run again with --answers FILE."]


def _asked(migration: Migration, decisions: Decisions, questions: Sequence[Question]) -> Decisions:
    """Every open question, at the terminal; the proposal is the default, `-` means none."""
    given: dict[tuple[str, str], Sequence[str]] = {}
    for number, question in enumerate(questions, 1):
        document = question.document
        head = f"{number} of {len(questions)}: {document.id} {document.title}"
        click.echo(err=True)
        tell(head, err=True, bold=True)
        for line in explained(question, reading_language()):
            tell(f"  {line}", err=True)

        def check(texts: Sequence[str], document: Filed = document) -> None:
            migration.check(document, texts)

        given[document.id, question.clause.number] = _prompt("Which does it answer?", question.proposal, check)
    decisions = _with(decisions, given)
    new = {entry.clause.number: _asked_new(migration, entry) for entry in migration.new_clauses(decisions)}
    return Decisions(decisions.documents, {**decisions.new, **new})


def _asked_new(migration: Migration, entry: NewClause) -> tuple[str, ...]:
    head = f"{entry.clause.number} {entry.clause.title()} is new in {migration.goal.name}, and no document answers it."
    click.echo(err=True)
    tell(head, err=True, bold=True)
    return _prompt(
        "Which documents do (EMS-PRO-001#heading; - for none yet)?",
        entry.proposal,
        lambda texts: migration.check_new(entry.clause.number, texts),
    )


def _prompt(words: str, proposal: Sequence[str], check: Callable[[Sequence[str]], object]) -> tuple[str, ...]:
    while True:
        line = click.prompt(spoken(words), default=", ".join(proposal) or "-", err=True)
        texts = tuple(text for text in re.split(r"[,;\s]+", line) if text not in ("", "-"))
        try:
            check(texts)
        except EmsError as error:
            tell(f"  {error}", err=True)
        else:
            return texts


def _rewrite(handbook: Handbook, document: Document, change: Change) -> Rewrite:
    version = document.current
    assert version is not None
    before = handbook.tree.store.read(version.blob)
    key = version.reading.field("clauses").split(".")
    try:
        return Rewrite(version.path, before, patch_list(before, key, change.places, change.more))
    except PatchProblem as problem:
        raise EmsError(f"{version.path}: {problem}. Nothing was written.") from problem


def _write(handbook: Handbook, rewrites: Sequence[Rewrite]) -> None:
    for rewrite in rewrites:
        path = handbook.repository.top / rewrite.path
        if path.is_symlink() or path.read_bytes() != rewrite.before:
            raise EmsError(f"{rewrite.path} was changed meanwhile. Nothing was written; run the command again.")
    write_together({handbook.repository.top / rewrite.path: rewrite.after for rewrite in rewrites})


def _print_diff(rewrites: Sequence[Rewrite]) -> None:
    shown = one_line if sys.stdout.isatty() else str
    for rewrite in rewrites:
        before, after = (_lines(data.decode("utf-8")) for data in (rewrite.before, rewrite.after))
        for line in difflib.unified_diff(before, after, f"a/{rewrite.path}", f"b/{rewrite.path}"):
            colour = {"-": "red", "+": "green", "@": "cyan"}.get(line[:1])
            click.echo(click.style(shown(line.removesuffix("\n")), fg=colour))
            if not line.endswith("\n"):
                click.echo("\\ No newline at end of file")


def _lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _summary(migration: Migration, changes: Sequence[Change], dry_run: bool) -> list[str]:
    if not changes:
        return [f"Nothing to do: every reference that goes over to {migration.goal.id} is there."]
    added = taken = 0
    for change in changes:
        before, after = change.document.clauses, change.clauses
        added += len(after) - sum(text in before for text in after)
        taken += len(before) - sum(text in after for text in before)
    documents = counted(len(changes), "{number} document", "{number} documents")
    references = counted(added, "{number} reference", "{number} references")
    would = f"{documents} would change" if dry_run else f"{documents} changed"
    lines = [f"{would}: {references} to {migration.goal.id} added."]
    if taken:
        references = counted(taken, "{number} reference", "{number} references")
        lines.append(f"{references} to {migration.start.id} taken out, which ems.yml does not claim.")
    return lines


def _effect(handbook: Handbook, migration: Migration, changes: Sequence[Change], decisions: Decisions) -> list[str]:
    """What it does to the coverage of the new edition, and what it leaves open."""
    goal, new = migration.goal, {change.document.id: change.clauses for change in changes}
    before, after, later = [], [], []
    for document in handbook.listed:
        approval = document.in_force
        if approval is None:
            continue
        text, said = document.filings(approval)[-1], new.get(document.id)
        filed_now = said is not None and text is document.current
        before.append(text.metadata.clauses)
        after.append(said if said is not None and filed_now else text.metadata.clauses)
        if said is not None and not filed_now:
            later.append(document.id)
    was, now = (answered(handbook.catalogue, goal, lists) for lists in (before, after))
    order = [clause.number for clause in handbook.catalogue.assessable(goal.id)]
    lines = [
        f"Clauses of {goal.name} that documents in force answer: {len(was)} before, {len(now)} after, of {len(order)}."
    ]
    if gained := [number for number in order if number in now - was]:
        lines.append(f"Newly answered: {', '.join(gained)}.")
    if missing := [f"{n} {goal.clauses[n].title()}" for n in order if n not in now]:
        lines.append(f"Answered by no document in force: {', '.join(missing)}.")
    lines.append("This shows where a clause is answered, not that it is fulfilled.")
    if later:
        lines.append(f"In work, so that it counts with the next revision in force: {', '.join(later)}.")
    for number, (note, names) in migration.ended(decisions).items():
        lines.append(
            f"Nothing follows {migration.start.id}/{number} ({', '.join(names)}): {told(note, reading_language())}."
        )
    for entry in migration.new_clauses(decisions):
        example = f'{{new: {{"{entry.clause.number}": [EMS-PRO-001#heading]}}}}'
        lines.append(f"New, and answered nowhere: {entry.clause.number}. In the answers file, for example: {example}")
    return lines


def _what_next(handbook: Handbook, migration: Migration, changes: Sequence[Change]) -> list[str]:
    lines = []
    if migration.goal.id not in handbook.policy.standards:
        lines.append(f"ems.yml does not claim {migration.goal.id} yet: add it to standards.")
    if changes:
        role = handbook.policy.classification
        who = "the role that `classification` in ems.yml names (none yet)"
        if role:
            who = f"the {handbook.people.title(role.role)} (`classification: {role.role}` in ems.yml)"
        lines.append(f"Clauses are classification, no content: nothing needs a new approval. To be looked at by {who}.")
    return lines
