"""`ems record`: a merged pull request's reviews become records, signed by the recorder."""

from __future__ import annotations

import datetime
import shlex
from pathlib import Path

import click

from ems_control.cli.context import Context, formats, pass_context
from ems_control.cli.online import Source, forge_options
from ems_control.cli.output import as_json
from ems_control.cli.telling import spoken
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.records import FOLDER
from ems_control.ground.formats.signatures import PassphraseNeededError, SigningKey
from ems_control.ground.text import counted, log_safe, one_line
from ems_control.reviews.pull_request import PullRequest
from ems_control.reviews.recording import Witnessed, witness, write_all


@click.command()
@forge_options
@click.option("--as", "recorder", required=True, metavar="PERSON", help="The recorder: a person key of people.yml.")
@click.option(
    "--key", "key_file", required=True, type=click.Path(path_type=Path), help="The recorder's private SSH key."
)
@click.option("--dry-run", is_flag=True, help="Say what would be recorded; write nothing.")
@formats("text", "json")
@pass_context
def record(
    context: Context,
    source: Source,
    recorder: str,
    key_file: Path,
    dry_run: bool,
    shape: str,
) -> None:
    """Copy a merged pull request's reviews in as records, signed by the recorder.

    A review counts for a document where the text that was reviewed is the one that landed. The token comes from
    GITHUB_TOKEN, GITLAB_TOKEN, GITEA_TOKEN or KALLITHEA_API_KEY. What cannot be recorded is told with the reason;
    running it again records nothing twice.
    """
    try:
        _ = context.root  # without a handbook no key is looked for
        key = SigningKey.load(key_file)
    except PassphraseNeededError as error:
        raise EmsError(f"{error} The recorder's key is used by a machine; it must have none.") from None
    with context.open(None) as handbook:
        handbook.require_history()
        pull = source.pull(handbook)
        done = witness(handbook, pull, recorder, key, datetime.datetime.now(datetime.UTC))
        if not dry_run:
            write_all(handbook, done.records)
    add = f"git add {shlex.quote(context.place(FOLDER))}"
    click.echo(_as_json(pull, done, dry_run) if shape == "json" else _for_people(pull, done, dry_run, add))


def _as_json(pull: PullRequest, done: Witnessed, dry_run: bool) -> str:
    records = [
        {
            "path": one.record.path,
            "document": one.record.document,
            "revision": one.record.revision,
            "action": one.record.action,
            "person": one.record.by.person,
            "role": one.record.by.role,
            "review": one.record.evidence.review,
            "digest": one.record.digest,
        }
        for one in done.records
    ]
    skipped = [
        {"document": one.document, "who": one.who, "review": one.review, "reason": one.reason} for one in done.skipped
    ]
    place = {"forge": pull.forge, "repository": pull.repository, "pull": pull.number}
    return as_json({"version": 1, **place, "dry_run": dry_run, "records": records, "skipped": skipped})


def _for_people(pull: PullRequest, done: Witnessed, dry_run: bool, add: str) -> str:
    lines = []
    for one in done.skipped:
        about = f" about {one.document}" if one.document else ""
        lines.append(f"Not recorded: review {one.review} by {one.who}{about}: {one.reason}.")
    if not done.records:
        lines.append(f"Nothing to record from {pull.called}.")
    elif dry_run:
        lines.append(f"{_count(done)} would be written under {FOLDER}/.")
    else:
        lines += [f"Written: {one.record.path} and its signature." for one in done.records]
        lines.append(f"{_count(done)} written. Commit them: {add}")
    signed = [one.record.meaning for one in done.records]  # as they are signed
    return "\n".join(log_safe(one_line(line)) for line in [*signed, *map(spoken, lines)])


def _count(done: Witnessed) -> str:
    return counted(len(done.records), "{number} record", "{number} records")
