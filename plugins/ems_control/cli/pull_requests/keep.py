"""`ems keep`: judges, asks, posts one status, comments and records, for every open and newly merged pull request."""

from __future__ import annotations

from pathlib import Path

import click

from ems_control.cli.context import Choice, Context, formats, pass_context
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.records import FORGE_KINDS

KEPT = Choice([*FORGE_KINDS, "forgejo"], "forges")
"""The forges that can be kept; Forgejo answers as Gitea does."""


@click.command()
@click.option("--forge", type=KEPT, required=True, help="Which kind of forge.")
@click.option("--url", default="", help="Address of the forge; GitHub and GitLab have one.")
@click.option("--repository", required=True, help="Repository at the forge, like works/handbook.")
@click.option("--once", is_flag=True, help="One round, then end: for a timer, or a workflow of the forge.")
@click.option("--interval", type=click.IntRange(min=10), default=300, show_default=True, help="Seconds between rounds.")
@click.option("--pull", "only", type=click.IntRange(min=1), help="Look at this pull request only.")
@click.option("--remote", default="", help="Where git fetches (default: origin of the clone here, else the forge).")
@click.option(
    "--push", default="", help="Where git pushes records, if not there: git@git.example.org:works/handbook.git."
)
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
def keep(context: Context, /, forge: str, **_: object) -> int:  # noqa: ARG001
    """Keep the handbook at a forge: for every open and newly merged pull request to the default branch.

    What is open is judged on what main would be after the merge, by the policy and the program of main: missing
    reviewers are asked, one commit status (handbook/reviews) and one comment say what is missing. What was merged is
    recorded. Run again, it does nothing twice. The token comes from GITHUB_TOKEN, GITLAB_TOKEN, GITEA_TOKEN or
    KALLITHEA_API_KEY.

    Exit status: 0 all is done, 1 something could not be done (it says what), 2 nothing could be.
    """
    raise EmsError(f"nothing is kept at {forge} yet.")
