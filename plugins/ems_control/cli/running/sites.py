"""`ems stage`, `ems build`, `ems serve`: the handbook as a site."""

from __future__ import annotations

import datetime
from functools import partial
from pathlib import Path
from shutil import rmtree
from time import time_ns

import click

from ems_control.cli.context import Context, as_of, pass_context
from ems_control.cli.output import require_free
from ems_control.cli.telling import spoken, tell
from ems_control.engines.kept_site import BUILDING, lay_by_light_pages, renew, settle
from ems_control.engines.light_folder import HIDDEN
from ems_control.engines.run import ENGINES, run_engine
from ems_control.ground.errors import EmsError
from ems_control.ground.files import folder_beside
from ems_control.handbook.addresses import CALENDAR

engine_option = click.option(
    "--engine", type=click.Choice(ENGINES), default=ENGINES[0], show_default=True, help="The site generator."
)


@click.command()
@engine_option
@click.option("-d", "--site-dir", type=click.Path(path_type=Path, file_okay=False), help="Where the site is written.")
@pass_context
def build(context: Context, engine: str, site_dir: Path | None) -> int:
    """Build the site of what is in force today into site/; the site that is there stays until the new one is whole."""
    root, run = _with_site(context.root), str(time_ns())
    target = (site_dir or root / "site").resolve()
    require_free(target, again=CALENDAR)
    if not _is_site(target):
        raise EmsError(f"{target} holds something else than a site. Name a new folder, or the one of an earlier site.")
    try:
        rmtree(target / HIDDEN, ignore_errors=True)  # of a build that broke off
        with folder_beside(target, replacing=True, last=partial(lay_by_light_pages, root)) as new:
            if not renew(root, engine, run, target, new):
                line = ("--quiet", "--clean", "--site-dir", str(new))
                if run_engine(engine, "build", root, *line, **{BUILDING: run}):
                    raise EmsError(f"the site was not built. {_kept(target)}")
        settle(root, engine, run, target)
    except OSError as error:
        raise EmsError(f"the site was not built: {error.strerror or error}. {_kept(target)}") from None
    look = context.here(spoken(f"Open {(target / 'index.html').as_uri()} or run `ems serve`."))
    tell(f"The handbook is in {target}. {look}", err=True)
    return 0


def _is_site(target: Path) -> bool:
    """Whether a folder may be put aside for a new site: it is missing, empty, or holds one."""
    shown = [path for path in target.iterdir() if not path.name.startswith(".")] if target.is_dir() else []
    return not target.exists() or not shown or any((target / name).is_file() for name in ("index.html", "404.html"))


def _kept(target: Path) -> str:
    return f"{target} is as it was." if target.exists() else f"There is no {target}."


@click.command()
@engine_option
@click.option("--address", default="127.0.0.1:8000", show_default=True, help="Where to listen.")
@pass_context
def serve(context: Context, engine: str, address: str) -> int:
    """Show the site while you write; texts in work appear under a DRAFT banner."""
    line = ("--no-strict", "--dev-addr", address)  # half-written links must not stop the server
    return 2 if run_engine(engine, "serve", _with_site(context.root), *line) else 0


def _with_site(root: Path) -> Path:
    if not (root / "mkdocs.yml").is_file():
        raise EmsError(f"no mkdocs.yml in {root}. Add one with `plugins: [search, ems-control]`.")
    return root


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@as_of
@pass_context
def stage(context: Context, folder: Path, as_of: datetime.date | None) -> None:
    """Write the decorated handbook as plain Markdown that any engine can build.

    FOLDER must be empty or not exist. It gets docs/, the theme's templates and a mkdocs.yml without our plugin.
    """
    if folder.exists() and any(folder.iterdir()):
        raise EmsError(f"{folder} is not empty. Name a new folder.")
    require_free(folder)
    from ems_control.site.publication import publish
    from ems_control.site.staging import write_stage

    built = datetime.datetime.now(datetime.UTC)
    with context.open(as_of) as handbook:
        handbook.require_history()
        publication = publish(handbook, built)
        try:
            write_stage(publication, folder, handbook)
        except OSError as error:
            raise EmsError(f"{folder} was not written: {error.strerror or error}. It is as it was.") from None
        left_out = ", ".join(handbook.extensions.left_out)
    tell(f"{len(publication.pages)} pages written to {folder}.", err=True)
    if left_out:
        tell(f"Not taken over, because they are not known here: Markdown extensions {left_out}.", err=True)
