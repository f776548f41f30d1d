"""The table of commands names each command that the folders hold, and nothing that is read before it is called."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest

from ems_control import cli
from ems_control.cli.main import COMMANDS
from tests.examples import ENVIRONMENT, make


def test_every_command_of_the_folders_is_in_the_table() -> None:
    modules = [import_module(one.name) for one in pkgutil.walk_packages(cli.__path__, f"{cli.__name__}.")]
    found = [one for module in modules for one in vars(module).values() if isinstance(one, click.Command)]
    below = {id(one) for group in found if isinstance(group, click.Group) for one in group.commands.values()}
    names = {one.name for one in found if id(one) not in below} - {"cli"}
    assert names == set(COMMANDS)
    assert all(cli.main.cli.get_command(click.Context(cli.main.cli), name).name == name for name in COMMANDS)


HEAVY = {
    "git",
    "markdown",
    "markdown_it",
    "pydantic",
    "cryptography",
    "jinja2",
    "mkdocs",
    "lxml",
    "yaml",
    "babel",
    "requests",
}
"""Libraries that take longer to load than a small command has."""
LOOKED_UP = HEAVY - {"git", "markdown", "pydantic", "cryptography", "yaml"}


def loaded(*arguments: str) -> set[str]:
    """The modules that are there when a command has done its work."""
    program = """import sys
from ems_control.cli.main import main
try:
    main(sys.argv[1:])
finally:
    print(*sys.modules, file=sys.stderr)"""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    assert done.stdout
    return set(done.stderr.split())


@pytest.mark.parametrize(
    "line", [["--version"], ["rules"], ["rules", "--format", "json"]], ids=lambda line: "-".join(line)
)
def test_what_needs_no_handbook_is_told_without_what_reads_one(line: list[str]) -> None:
    found = loaded(*line)
    assert not HEAVY & found
    assert not {"ems_control.rules.book", "ems_control.handbook.handbook"} & found


COMPARES, JUDGES = {"markdown_it", "lxml"}, {"lxml"}
"""What reads a page as the forge does, and what looks for active content in one."""


@pytest.mark.parametrize(
    ("line", "more"),
    [
        (["show", "EMS-PRO-001"], set()),
        (["history", "EMS-PRO-001"], set()),
        (["register"], set()),
        (["new", "procedure", "Noise", "--author", "b.boss"], set()),
        (["verify"], JUDGES),
        (["check"], COMPARES),
    ],
    ids=lambda given: given[0] if isinstance(given, list) else "",
)
def test_a_small_handbook_waits_for_nothing_that_is_not_asked_for(
    tmp_path: Path, line: list[str], more: set[str]
) -> None:
    found = loaded("--root", str(make(tmp_path, "commit")), *line)
    assert found & LOOKED_UP == more
    differences = {"ems_control.documents.revision_changes", "ems_control.documents.wording"}
    assert line[0] not in ("show", "history", "register") or not differences & found
