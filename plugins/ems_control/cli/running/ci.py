"""`ems ci`: the workflows of a handbook at its forge."""

from __future__ import annotations

from pathlib import Path

import click

from ems_control.cli.context import Context, pass_context
from ems_control.cli.telling import tell
from ems_control.exports.ci_workflows import FORGES, MACHINE, REQUIREMENTS, is_own, workflows
from ems_control.ground.errors import EmsError
from ems_control.ground.files import write_together
from ems_control.ground.git.repository import Repository
from ems_control.handbook.steering_files import read_configuration


@click.command()
@click.argument("forge", type=click.Choice((*FORGES, MACHINE)))
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), help="Write below this folder.")
@click.option("--branch", default="main", show_default=True, help="The branch that the handbook is published from.")
@pass_context
def ci(context: Context, forge: str, output: Path | None, branch: str) -> None:
    """Write the workflows of a forge: check on requests, keep, publish, every night.

    They install the program that the handbook pins (requirements.txt, with hashes) and call ems; nothing that a request
    brings is run. Only files that this command wrote, and that nobody changed since, are written over. For a machine of
    your own that runs ems keep: its systemd units, and the recipe of a container.
    """
    root = context.root
    with Repository(root) as repository:
        top, folder = repository.top, repository.prefix
    target = (output or top).resolve()
    language = read_configuration(root).policy.languages[0]
    files = {target / path: text for path, text in workflows(forge, branch, folder, language).items()}
    for path in files:
        _require_own(path, target)
    new = [path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in new:
        path.parent.mkdir(parents=True, exist_ok=True)
    write_together({path: files[path].encode() for path in new})
    for path in files:
        name = path.relative_to(target)
        tell(f"Written: {name}" if path in new else f"As it should be: {name}")
    if not (root / REQUIREMENTS).is_file():
        tell(
            f"Next: write {REQUIREMENTS} beside ems.yml, which the workflows install from: each package with version "
            "and hashes (the help page Running has the line)."
        )
    if forge == MACHINE:
        tell("Next: carry these files to the machine; each says on top how it is installed.")
        return
    tell("Next: commit these files, then look at the forge's settings: ems doctor --online.")


def _require_own(path: Path, target: Path) -> None:
    """Raise EmsError where a file is somebody else's, or would be written elsewhere through a link."""
    name = path.relative_to(target)
    if path.is_symlink() or not path.resolve().is_relative_to(target):
        raise EmsError(f"{name} is a link, or lies behind one. Nothing was written.")
    if not path.exists():
        return
    try:
        own = path.is_file() and is_own(path.read_bytes().decode("utf-8").replace("\r\n", "\n"))
    except UnicodeDecodeError:
        own = False
    if not own:
        raise EmsError(
            f"{name} was not written by ems ci, or has been changed since. Nothing was written: move it away, or write "
            "the workflows elsewhere with --output DIR and take over what you need."
        )
