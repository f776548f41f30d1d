"""The table of commands names each command that the folders hold, and nothing that is read before it is called."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from importlib import import_module

import click

from ems_control import cli
from ems_control.cli.main import COMMANDS


def test_every_command_of_the_folders_is_in_the_table() -> None:
    modules = [import_module(one.name) for one in pkgutil.walk_packages(cli.__path__, f"{cli.__name__}.")]
    found = [one for module in modules for one in vars(module).values() if isinstance(one, click.Command)]
    below = {id(one) for group in found if isinstance(group, click.Group) for one in group.commands.values()}
    names = {one.name for one in found if id(one) not in below} - {"cli"}
    assert names == set(COMMANDS)
    assert all(cli.main.cli.get_command(click.Context(cli.main.cli), name).name == name for name in COMMANDS)


def test_the_version_is_told_without_reading_git_standards_or_pages() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import sys, ems_control.cli.main; print(*sorted(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert not {"git", "markdown", "pydantic", "cryptography", "jinja2", "mkdocs"} & set(said)
