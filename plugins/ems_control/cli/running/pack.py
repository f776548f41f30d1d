"""`ems pack`: what an auditor takes along, in one archive that is read without this program and without a server."""

from __future__ import annotations

import datetime
import os
import tempfile
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import click

from ems_control.cli.context import Context, as_of, pass_context
from ems_control.cli.output import as_json, for_here, require_free
from ems_control.cli.reading import looked_up, matrix, verify
from ems_control.cli.running.sites import engine_option
from ems_control.cli.telling import spoken, tell
from ems_control.engines.run import DAY, run_engine
from ems_control.ground.errors import EmsError
from ems_control.ground.files import file_beside
from ems_control.ground.text import counted
from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import run

START, SITE, BUNDLE = "START-HERE.txt", "handbook", "repository.bundle"
CONTENTS = {
    SITE: f"{SITE}/index.html: the handbook as its readers see it. Open it in a browser; no other computer is asked.",
    "register.xlsx": "register.xlsx, .csv, .json: the list of documents.",
    "clauses.xlsx": "clauses.xlsx, .json: where documents in force answer clauses, not that these are fulfilled.",
    "verification.txt": "verification.txt, .json: what came of verifying every approval over the whole history.",
    BUNDLE: f"{BUNDLE}: the repository with its whole history.",
}
AGAIN = "Take nothing on trust. With git and this program all of it is computed again, offline:"
ANCHOR = "Note this state of main; at the next audit it shows whether what lies before it was rewritten:"
NAMES = "The pack names persons and says what they decided: it is for those who may know."
BROKEN = "The verification found {number} break; verification.txt names it."
BROKEN_SEVERAL = "The verification found {number} breaks; verification.txt names them."
FIRST, LAST = datetime.date(1980, 1, 2), datetime.date(2107, 12, 30)
"""The days that an archive can tell."""
_SUFFIX = ".zip"


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@as_of
@engine_option
@pass_context
def pack(context: Context, file: Path, as_of: datetime.date | None, engine: str) -> int:
    """Write the audit pack: handbook, lists, verification and repository in one archive.

    FILE ends in .zip. What is in it, and how to check it without us, says START-HERE.txt in the archive. Exit status 1
    where the verification found a break: the pack is written, and says so.
    """
    if file.suffix.lower() != _SUFFIX:
        raise EmsError(f"{file} would be an archive. Name a file that ends in {_SUFFIX}.")
    require_free(file)
    with tempfile.TemporaryDirectory(prefix="ems-pack-") as folder, file_beside(file.resolve()) as out:
        has_site, site = (context.root / "mkdocs.yml").is_file(), Path(folder) / SITE
        with context.open(as_of, whole=True) as handbook:
            contents = _contents(handbook, Path(folder) / BUNDLE, has_site)
        if has_site:
            line, day = ("--quiet", "--clean", "--site-dir", str(site)), {DAY: as_of.isoformat()} if as_of else {}
            if run_engine(engine, "build", context.root, *line, **day):
                raise EmsError(f"the site was not built, and {file} not written. See with `ems build` why.")
        else:
            tell("No mkdocs.yml: the pack has no site.", err=True)
        for name, data in contents.files.items():
            Path(folder, name).write_bytes(data)
        _write(out, file.stem, Path(folder), contents.day)
    tell(f"Written: {file}", err=True)
    if contents.breaks:
        tell(counted(contents.breaks, BROKEN, BROKEN_SEVERAL), err=True)
    return 1 if contents.breaks else 0


@dataclass(frozen=True)
class _Contents:
    """What the handbook tells of itself on a day, as files by name, and how many breaks its verification found."""

    day: datetime.date
    files: dict[str, bytes]
    breaks: int


def _contents(handbook: Handbook, bundle: Path, site: bool) -> _Contents:
    handbook.require_history()
    breaks, standards = run(handbook, verifying=True), handbook.policy.standards
    report = verify.report(handbook, for_here(breaks, people=False))
    found: dict[str, str | bytes] = {
        "register.csv": looked_up.register_file(handbook, "csv")[0],
        "register.xlsx": looked_up.register_file(handbook, "xlsx")[0],
        "register.json": looked_up.register(handbook, "json"),
        "verification.txt": verify.for_people(handbook, for_here(breaks), report),
        "verification.json": as_json(report),
    }
    for shape in ("xlsx", "json") if standards else ():
        found[f"clauses.{shape}"] = matrix.file(handbook, standards, shape)
    handbook.repository.bundle(bundle)
    found[START] = _start(handbook, report["root"], {*found, BUNDLE, *([SITE] if site else [])})
    return _Contents(handbook.day, {name: _bytes(data) for name, data in found.items()}, len(breaks))


def _bytes(data: str | bytes) -> bytes:
    return data if isinstance(data, bytes) else f"{data.rstrip()}\n".encode(errors="backslashreplace")


def _start(handbook: Handbook, root: str | None, there: Collection[str]) -> str:
    again = [
        f"git clone {BUNDLE} copy",
        " ".join(["ems --root copy verify", *(["--root-fingerprint", root] if root else [])]),
    ]
    lines = [spoken(f"{handbook.policy.organisation}: audit pack as of {handbook.day}"), ""]
    lines += [*(spoken(words) for name, words in CONTENTS.items() if name in there), ""]
    lines += [spoken(AGAIN), "", *map(_command, again), ""]
    lines += [spoken(ANCHOR), "", _command(f"ems verify --anchor {handbook.repository.head}"), "", spoken(NAMES)]
    return "\n".join(lines)


def _command(line: str) -> str:
    return f"    {line}"


def _write(out: BinaryIO, top: str, folder: Path, day: datetime.date) -> None:
    """Write the archive of a folder: all in one that is called `top`, dated on the day that it tells of."""
    moment = datetime.datetime.combine(min(max(day, FIRST), LAST), datetime.time(12)).timestamp()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                os.utime(path, (moment, moment))
                archive.write(path, f"{top}/{path.relative_to(folder).as_posix()}")
