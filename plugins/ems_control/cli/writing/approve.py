"""`ems approve`: a person's decision, signed with their key or, at level declared, said in the front matter."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from glob import escape
from pathlib import Path
from typing import Any, get_args

import click

from ems_control.cli.context import Context, DayType, formats, pass_context
from ems_control.cli.differences import marked_lines, shown_lines, told
from ems_control.cli.output import as_json
from ems_control.cli.telling import SpeakingGroup, spoken, tell
from ems_control.cli.writing.declare import Shown, declare, require_declared
from ems_control.cli.writing.saving import Saving, commit_option, following, say
from ems_control.cli.writing.ssh_agent import AgentKey, public_line
from ems_control.documents.revision_changes import RevisionChange
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.records import FOLDER, POLICY_ID, Action
from ems_control.ground.formats.signatures import PassphraseNeededError, Signer, SigningKey, fingerprint
from ems_control.ground.organisation.people import RECOVERY
from ems_control.ground.text import log_safe, one_line
from ems_control.handbook.changes import changes_of
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.outstanding.missing_decisions import rejected
from ems_control.handbook.outstanding.missing_decisions import told as rejection_told
from ems_control.handbook.writing.record_files import Decided, lying, sweep
from ems_control.handbook.writing.signing import sign
from ems_control.handbook.writing.unsigned import Decision, Request, about
from ems_control.rules.before_signing import findings_of, policy_findings
from ems_control.rules.finding import Finding


@click.command()
@click.argument("document_id", metavar="ID|policy")
@click.option("--as", "person", required=True, metavar="PERSON", help="Who decides: a person key of people.yml.")
@click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path),
    help="Their SSH key; .pub: an agent signs. Not needed at level declared.",
)
@click.option(
    "--action", type=click.Choice(get_args(Action)), default="approve", show_default=True, help="The decision."
)
@click.option(
    "--revision", type=click.IntRange(min=1), help="The revision, where it is not the one that is meant anyway."
)
@click.option("--role", default="", help="In which role, where the person holds several.")
@click.option("--effective", type=DayType(), help="From this day (withdraw, reinstate, baseline).")
@click.option("--paper", default="", help="Baseline: the paper record that is taken over, and where it is kept.")
@click.option("--scan", type=click.Path(path_type=Path), help="Baseline: the scan of the paper; its SHA-256 is kept.")
@click.option("--corrects", help="Correct: the record (its path or sha256:…) or the commit that it ends.")
@click.option("--one-key-only", default="", metavar="REASON", help="First policy: why one person with a key must do.")
@click.option("--yes", is_flag=True, help="At level declared: write the claim without asking.")
@commit_option
@formats("text", "json")
@pass_context
def approve(
    context: Context,
    document_id: str,
    person: str,
    key_file: Path | None,
    action: Action,
    revision: int | None,
    role: str,
    effective: datetime.date | None,
    paper: str,
    scan: Path | None,
    corrects: str | None,
    one_key_only: str,
    yes: bool,
    commits: bool,
    shape: str,
) -> None:
    """Decide about a document, or about the policy (ems.yml and people.yml).

    With a key it writes one record and its signature under approvals/. Without one, where the type asks for level
    declared, it writes approved_by and approved_on into the file: a claim, and no evidence. Whoever may not decide is
    refused with the reason, and nothing is written. Only committed text can be decided about.
    """
    moment = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    with context.open(None, working_tree=True) as handbook:
        handbook.require_history()
        named = _named(handbook, corrects) if corrects else None
        if (action == "correct") != (named is not None):
            raise EmsError("--corrects belongs to --action correct: the record or the commit that it ends.")
        if action != "baseline" and (paper or scan):
            raise EmsError("--paper and --scan belong to --action baseline.")
        if effective and action not in ("withdraw", "reinstate", "baseline"):
            raise EmsError("--effective belongs to --action withdraw, reinstate or baseline; a text says its own day.")
        if one_key_only and document_id.casefold() != POLICY_ID:
            raise EmsError("--one-key-only belongs to the first policy: ems approve policy.")
        moment = _free_second(handbook, person, moment)
        wish = Request(
            document_id, person, action, moment, revision, role, effective, paper, _sha256(scan), named, one_key_only
        )
        if key_file is None:
            require_declared(handbook, wish)
        judged = _judged(handbook, wish)
        found = about(handbook, wish)
        before = found.against.version if found.against else None
        changes = changes_of(handbook, before, found.version) if found.version else []
        notes = [context.here(spoken(note, people=shape == "text")) for note in _notes(handbook, wish, judged)]
        if shape == "text":
            _show(handbook, wish, found, changes, notes)
        shown = Shown(found, changes, notes, as_json=shape == "json")
        if key_file is None:
            if revision or role or effective:
                raise EmsError("--revision, --role and --effective belong to a signed decision: name a key with --key.")
            declare(context, handbook, wish, shown, Saving.begin(handbook, commits), yes)
            return
        saving = Saving.begin(handbook, commits)
        if commits and (others := _lying(handbook, document_id)):
            raise EmsError(
                f"{next(iter(others))} is not committed yet, and this record would name it. Commit it first."
            )
        decided = sign(handbook, wish, _key(key_file))
        sweep(handbook, decided.record.document)
        decided.write(handbook.committed_config.root)
        _written(context, handbook, decided, shown, saving)


def _lying(handbook: Handbook, document_id: str) -> dict[str, bytes]:
    document = handbook.get(document_id)
    return lying(handbook, document.id if document else document_id.lower())


def _written(context: Context, handbook: Handbook, decided: Decided, shown: Shown, saving: Saving) -> None:
    """Say what was written, commit it where asked, and say what comes next."""
    record = decided.record
    paths = [handbook.repository.prefix + record.path + end for end in ("", ".sig")]
    words = f"{record.document} revision {record.revision}: {record.action} by {record.by.person}"
    if not shown.as_json:
        click.echo(log_safe(one_line(record.meaning)))  # as it is signed
        say(f"Written: {record.path} and its signature.")
    name = saving.commit(paths, words, quiet=shown.as_json)
    if shown.as_json:
        tree: dict[str, Any] = {"path": record.path, "digest": record.digest, "action": record.action}
        tree |= {"level": "signed", "commit": name or None}
        click.echo(as_json(shown.tree(decided.contributors, tree)))
    elif name:
        following(context, record.document)
    else:
        say(f"Commit both: {saving.commit_line(paths, words)}")


def _show(
    handbook: Handbook, wish: Request, found: Decision, changes: Sequence[RevisionChange], notes: Sequence[str]
) -> None:
    """What is about to be signed: what it changes against the text in force on its first day, from when, by whom."""
    version, first = found.version, found.first_day
    if version is None or first is None:
        return
    number = version.facts.revision
    against = f"against revision {found.against.revision}, in force on {first}" if found.against else "the first text"
    tell(f"{wish.document.upper()} revision {number}: {version.facts.title or ''}, {against}", bold=True)
    for line in told(changes):
        click.echo(line)
    if found.against:
        for line in shown_lines(marked_lines(found.against.version, version)):
            click.echo(line)
    until = version.facts.until
    tell(f"First day: {first}." + (f" Last day: {until}." if until else ""))
    writers = [handbook.people.name(one) for one in found.contributors]
    if writers:
        tell(f"Written by: {', '.join(writers)}.")
    for note in notes:
        tell(note)


@click.group("recovery-key", cls=SpeakingGroup)
def recovery_key() -> None:
    """The key for the safe: it saves a handbook whose other keys are lost."""


@recovery_key.command()
@formats("text", "json")
def new(shape: str) -> None:
    """Make a recovery key. Nothing is written: print the private part, keep it on paper, and delete what is on disk.

    The public part goes into people.yml, approved like any change of it. Should all keys of the policy role be lost,
    the paper signs new ones: type it into a file, change people.yml, and ems approve policy --as recovery --key FILE.
    """
    key = SigningKey.generate()
    private = key.private.decode("ascii")
    if shape == "json":
        click.echo(
            as_json({"version": 1, "private": private, "public": key.public, "fingerprint": fingerprint(key.public)})
        )
        return
    today = datetime.datetime.now(datetime.UTC).date()
    tell("For the safe, on paper; keep no copy on any disk:\n")
    click.echo(private)
    tell("For people.yml, below people:\n")
    click.echo(f'  {RECOVERY}:\n    name: Recovery key\n    keys: [{{key: "{key.public}", from: {today}}}]\n')
    tell(f"Fingerprint, to be written on the paper too: {fingerprint(key.public)}")


def _free_second(handbook: Handbook, person: str, moment: datetime.datetime) -> datetime.datetime:
    """This moment, or the next second in which the person has decided nothing yet: names of records carry seconds."""
    folder = handbook.committed_config.root / FOLDER
    names = [path.name for path in folder.glob(f"*/*-{escape(person)}-*.json")]
    while any(f"-{moment:%Y%m%dT%H%M%SZ}-" in name for name in names):
        moment += datetime.timedelta(seconds=1)
    return moment


def _key(path: Path) -> Signer:
    if line := public_line(path):
        return AgentKey(line)
    try:
        return SigningKey.load(path)
    except PassphraseNeededError:
        words = click.prompt(spoken(f"Passphrase of {path}"), hide_input=True, err=True)
        return SigningKey.load(path, str(words).encode())


def _judged(handbook: Handbook, wish: Request) -> list[Finding]:
    """What the check says of the text; raises EmsError where that, the gate or `ems verify` would refuse it."""
    document = handbook.get(wish.document)
    found = findings_of(handbook, document, wish.action) if document else []
    if wish.document.casefold() == POLICY_ID and wish.action == "approve":
        found = policy_findings(handbook)
    errors = [one for one in found if one.severity == "error"]
    if errors:
        name = document.id if document else "the policy"
        lines = [f"{one.path}:{one.line}: {one.rule} {one.message}. {one.fix}".rstrip() for one in errors]
        raise EmsError("\n".join([f"{name} has errors; put them right, commit, then sign:", *lines]))
    return found


def _notes(handbook: Handbook, wish: Request, judged: Sequence[Finding]) -> list[str]:
    """What else a signer should know: whose rejection stands, what the check warns of."""
    document = handbook.get(wish.document)
    if document is None or document.current is None or wish.action not in ("review", "approve"):
        return []
    standing = rejected(handbook, document, document.current)
    stopped = [f"{rejection_told(handbook, one)}." for one in standing if one.sound.record.by.person != wish.person]
    warned = [f"Warning: {one.message}. {one.fix}".rstrip() for one in judged if one.severity == "warning"]
    return [*stopped, *warned]


def _sha256(scan: Path | None) -> str | None:
    return "sha256:" + hashlib.sha256(scan.read_bytes()).hexdigest() if scan else None


def _named(handbook: Handbook, word: str) -> str:
    """The record (by SHA-256, path or file name) or the commit that a word means."""
    ledger = handbook.records.ledger
    if word in ledger.by_name:
        return word
    for entry in ledger.entries:
        if word.removeprefix("./") in (entry.path, entry.path.rsplit("/", 1)[-1]):
            first = ledger.by_name[entry.name]
            if first.path != entry.path:
                raise EmsError(
                    f"{entry.path} is a copy of {first.path}, and naming it would end that one too. "
                    f"Name the commit that brought it: --corrects {entry.landing.sha[:10]}."
                )
            return entry.name
    if word.startswith("sha256:") or word.endswith(".json"):
        raise EmsError(f"{word} is no record that ever landed.")
    return handbook.repository.resolve(word)
