"""`ems`: document control for an EMS handbook in git."""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from ems_control import __version__
from ems_control.cli.telling import SpeakingGroup, show_mistake, speaking, spoken
from ems_control.ground.errors import EmsError
from ems_control.ground.text import log_safe, one_line

COMMANDS = {
    "check": "reading.check:check",
    "verify": "reading.verify:verify",
    "register": "reading.look_up:register",
    "history": "reading.look_up:history",
    "show": "reading.look_up:show",
    "diff": "reading.look_up:diff",
    "matrix": "reading.matrix:matrix",
    "rules": "reading.rulebook:list_rules",
    "explain": "reading.rulebook:explain",
    "new": "writing.author:new",
    "revise": "writing.author:revise",
    "submit": "writing.author:submit",
    "withdraw": "writing.author:withdraw",
    "periodic-review": "writing.author:periodic_review",
    "approve": "writing.approve:approve",
    "recovery-key": "writing.approve:recovery_key",
    "migrate": "writing.migrate:migrate",
    "reviewers": "pull_requests.reviewers:reviewers",
    "codeowners": "pull_requests.reviewers:codeowners",
    "forge": "pull_requests.forge:forge",
    "record": "pull_requests.record:record",
    "keep": "pull_requests.keep:keep",
    "build": "running.sites:build",
    "serve": "running.sites:serve",
    "stage": "running.sites:stage",
    "pack": "running.pack:pack",
    "init": "running.init:init",
    "demo": "running.demo:demo",
    "ci": "running.ci:ci",
    "doctor": "running.doctor:doctor",
}
"""Each command and where it is; a module is read when its command is called."""
CLOSED = "whoever read the output closed it before the end. See with `git status` what was written, then run it again."


class Commands(SpeakingGroup):
    """The commands of the table, loaded when they are asked for; what an error says to run works where one stands."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The names, in the order of the alphabet."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of this name; None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(import_module(f"ems_control.cli.{module}"), attribute)
        return speaking(command)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except EmsError as error:
            from ems_control.cli.context import Context  # where all goes well nothing is loaded for it

            words = spoken(str(error))
            try:
                words = Context(ctx.params.get("root")).here(words)
            except EmsError:  # there is no handbook, and that is what is said
                raise EmsError(words) from None
            raise EmsError(words) from None
        except BrokenPipeError:
            if COMMANDS[str(ctx.invoked_subcommand)].startswith("writing."):
                click.echo(f"ems: {spoken(CLOSED)}", err=True)
            raise


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--root", type=click.Path(path_type=Path), help="Folder of the handbook (where ems.yml lies).")
@click.version_option(__version__, prog_name="ems")
def cli(root: Path | None) -> None:
    """Document control for an environmental management system, kept as Markdown in git.

    Exit status: 0 nothing wrong, 1 findings at error level, 2 the command could not do its work.
    """


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
            click.echo(f"ems: {log_safe(one_line(spoken(line)))}", err=True)
        sys.exit(2)
    except click.ClickException as error:
        show_mistake(error)
        sys.exit(2)
    except click.Abort:
        click.echo(spoken("ems: stopped."), err=True)
        sys.exit(2)
    except OSError as error:
        click.echo(
            f"ems: {one_line(str(error.filename or spoken('standard output')))}: {error.strerror or error}", err=True
        )
        sys.exit(2)
    gc.freeze()  # the process ends: nobody looks for garbage any more
    sys.exit(status if isinstance(status, int) else 0)
