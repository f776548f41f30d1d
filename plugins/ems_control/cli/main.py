"""`ems`: document control for an EMS handbook in git."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ems_control import __version__
from ems_control.cli import (
    approve,
    author,
    check,
    demo,
    doctor,
    look_up,
    matrix,
    migrate,
    record,
    rulebook,
    sites,
    verify,
)
from ems_control.cli import reviewers as asking
from ems_control.cli.context import Context
from ems_control.cli.output import log_safe
from ems_control.ground.errors import EmsError
from ems_control.ground.text import one_line


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--root", type=click.Path(path_type=Path), help="Folder of the handbook (where ems.yml lies).")
@click.version_option(__version__, prog_name="ems")
@click.pass_context
def cli(context: click.Context, root: Path | None) -> None:
    """Document control for an environmental management system, kept as Markdown in git.

    Exit status: 0 nothing wrong, 1 findings at error level, 2 the command could not do its work.
    """
    context.obj = Context(root)


for module in (check, verify, approve, author, record, asking, matrix, look_up, rulebook, migrate, sites, demo, doctor):
    for command in module.COMMANDS:
        cli.add_command(command)


def main(arguments: list[str] | None = None) -> None:
    """Run the command; every error a user can meet ends in one line and exit status 2, never in a traceback."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")
    try:
        status = cli.main(arguments, standalone_mode=False)
    except EmsError as error:
        for line in str(error).split("\n"):
            click.echo(f"ems: {log_safe(one_line(line))}", err=True)
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        click.echo("ems: stopped.", err=True)
        sys.exit(2)
    except OSError as error:
        click.echo(f"ems: {one_line(str(error.filename or ''))}: {error.strerror or error}", err=True)
        sys.exit(2)
    sys.exit(status if isinstance(status, int) else 0)
