"""`ems demo`: a handbook to try things on."""

from __future__ import annotations

import datetime
import shlex
import time
from pathlib import Path

import click

from ems_control.cli.telling import tell
from ems_control.demo.build import KEYS, make_demo


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--documents", type=click.IntRange(min=1, max=9000), default=12, show_default=True, help="How many.")
@click.option("--revisions", type=click.IntRange(min=1, max=999), help="How many each; default: as the story has it.")
@click.option("--flat", is_flag=True, help="All documents of a type in one folder, instead of one for each process.")
def demo(folder: Path, documents: int, revisions: int | None, flat: bool) -> None:
    """Make a handbook with a real, signed history: several authors, revisions, approvals, one text still upcoming.

    Everybody's private key lies in FOLDER/.demo-keys/, so that every step can be tried: `ems approve … --key`.
    """
    start = time.monotonic()
    today = datetime.datetime.now(datetime.UTC).date()
    records = make_demo(folder, documents, revisions or 0, today, flat)
    seconds = time.monotonic() - start
    tell(f"{documents} documents, {records} signed records in {folder} ({seconds:.1f} s). Keys: {folder / KEYS}")
    tell(f"Try: cd {shlex.quote(str(folder))} && ems check && ems verify && ems build")
