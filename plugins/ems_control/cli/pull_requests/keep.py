"""`ems keep`: judges, asks, posts one status, comments and records, for every open and newly merged pull request."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ems_control.cli.context import Choice, Context, formats, pass_context
from ems_control.cli.output import as_json
from ems_control.cli.telling import spoken
from ems_control.ground.errors import EmsError
from ems_control.ground.forge_kinds import FORGE_KINDS
from ems_control.ground.text import log_safe, one_line

if TYPE_CHECKING:
    from ems_control.keeper.rounds import Round

KEPT = Choice([*FORGE_KINDS, *({"forgejo"} - set(FORGE_KINDS))], "forges")
"""The forges that can be kept; Forgejo answers as Gitea does."""


@dataclass(frozen=True)
class Wish:
    """The options, as they were given."""

    forge: str
    url: str
    repository: str
    once: bool
    interval: int
    listen: int | None
    only: int | None
    remote: str
    push: str
    inside: str | None
    recorder: str
    key_file: Path | None
    records: str
    publish: str


@click.command()
@click.option("--forge", type=KEPT, required=True, help="Which kind of forge.")
@click.option("--url", default="", help="Address of the forge; GitHub and GitLab have one.")
@click.option("--repository", required=True, help="Repository at the forge, like works/handbook.")
@click.option("--once", is_flag=True, help="One round, then end: for a timer, or a workflow of the forge.")
@click.option("--interval", type=click.IntRange(min=10), default=300, show_default=True, help="Seconds between rounds.")
@click.option(
    "--listen", type=click.IntRange(1, 65535), metavar="PORT", help="A webhook that comes to this port starts a round."
)
@click.option("--pull", "only", type=click.IntRange(min=1), help="Look at this pull request only.")
@click.option("--remote", default="", help="Where git fetches (default: origin of the clone here, else the forge).")
@click.option("--push", default="", help="Where git pushes records, if elsewhere, like git@HOST:works/handbook.git.")
@click.option("--inside", default=None, metavar="FOLDER", help="The handbook's folder there, if not the top.")
@click.option("--as", "recorder", default="", metavar="PERSON", help="The recorder (default: whose key it is).")
@click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path),
    envvar="RECORDER_KEY_FILE",
    help="The recorder's private SSH key; or the key itself in RECORDER_KEY. Without it nothing is recorded.",
)
@click.option(
    "--records",
    type=click.Choice(["push", "pull-request"]),
    default="push",
    show_default=True,
    help="How records come onto main: pushed, or by one pull request of the branch records/open.",
)
@click.option("--publish", default="", metavar="COMMAND", help="Run this on main when it has moved on; no shell.")
@formats("text", "json")
@pass_context
def keep(context: Context, /, shape: str, **options: Any) -> int:
    """Keep the handbook at a forge: every open and newly merged pull request to the default branch.

    What is open is judged on what main would be after the merge, by the policy and the program of main: missing
    reviewers are asked, one commit status (handbook/reviews) and one comment say what is missing. What was merged is
    recorded. Run again, it does nothing twice. The token comes from GITHUB_TOKEN, GITLAB_TOKEN or GITEA_TOKEN.

    Exit status: 0 all is done, 1 something could not be done (it says what), 2 nothing could be.
    """
    from ems_control.cli.pull_requests.keeping import keeping  # the network's library is slow to load
    from ems_control.forges.desks.bell import Bell

    wish = Wish(**options)
    with (
        _ending_cleanly(),
        keeping(context, wish) as (keeper, publish),
        closing(Bell(0 if wish.once else wish.listen or 0)) as bell,
    ):
        published = ""
        while True:
            try:
                done = keeper.round()
                if wish.publish and (wish.once or published != done.main):
                    publish(done)
                    published = done.main
                click.echo(_as_json(done) if shape == "json" else _for_people(done))
            except EmsError as error:
                if wish.once:
                    raise
                done = None
                click.echo(f"ems: {log_safe(one_line(spoken(str(error))))}", err=True)
            if wish.once:
                return 1 if done is None or done.problems else 0
            bell.wait(wish.interval)


@contextmanager
def _ending_cleanly() -> Iterator[None]:
    """Told to end, it ends by itself, so that the clone and the key are taken away."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _as_json(done: Round) -> str:
    requests = [
        {"pull": r.number, "commit": r.commit, "state": r.state, "words": r.words, "asked": r.asked}
        for r in done.requests
    ]
    merged = [
        {
            "pull": one.number,
            "records": [record.path for record in one.records],
            "skipped": [
                {"document": s.document, "who": s.who, "review": s.review, "reason": s.reason} for s in one.skipped
            ],
        }
        for one in done.landed.filed
    ]
    return as_json(
        {
            "version": 1,
            "main": done.main,
            "requests": requests,
            "others": done.others,
            "merged": merged,
            "made": done.landed.made,
            "problems": done.problems,
        }
    )


def _for_people(done: Round) -> str:
    lines = []
    for one in done.requests:
        lines.append(f"Request {one.number} at {one.commit[:10]}: {one.state}. {one.words}.")
        lines += [f"Request {one.number}: asked {name}." for name in one.asked]
    if done.others:
        lines.append(f"{done.others} requests go to another branch, and are not judged.")
    for filed in done.landed.filed:
        lines += [f"Request {filed.number}: review by {s.who} not recorded: {s.reason}." for s in filed.skipped]
    if done.landed.made:
        lines.append(f"{done.landed.made} new records.")
    lines += [f"Not done: {problem}" for problem in done.problems]
    return "\n".join(log_safe(one_line(line)) for line in map(spoken, lines or ["Nothing to do."]))
