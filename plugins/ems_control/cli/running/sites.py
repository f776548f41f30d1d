"""`ems stage`, `ems build`, `ems serve`: the handbook as a site."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from ems_control.cli.context import Context, as_of, pass_context
from ems_control.cli.output import require_free
from ems_control.engines.run import ENGINES, run_engine
from ems_control.ground.errors import EmsError
from ems_control.handbook.addresses import CALENDAR
from ems_control.site.publication import publish
from ems_control.site.staging import write_stage

engine_option = click.option(
    "--engine", type=click.Choice(ENGINES), default=ENGINES[0], show_default=True, help="The site generator."
)


@click.command()
@engine_option
@click.option("--site-dir", type=click.Path(path_type=Path, file_okay=False), help="Where the site is written.")
@pass_context
def build(context: Context, engine: str, site_dir: Path | None) -> int:
    """Build the site of what is in force today into site/."""
    root = _with_site(context.root)
    target = (site_dir or root / "site").resolve()
    require_free(target, again=CALENDAR)
    status = run_engine(engine, "build", root, "--quiet", "--clean", "--site-dir", str(target))
    if status:
        return 2
    click.echo(f"The handbook is in {target}. Open {(target / 'index.html').as_uri()} or run `ems serve`.", err=True)
    return 0


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
    built = datetime.datetime.now(datetime.UTC)
    with context.open(as_of) as handbook:
        handbook.require_history()
        publication = publish(handbook, built)
        write_stage(publication, folder, handbook)
        left_out = ", ".join(handbook.extensions.left_out)
    click.echo(f"{len(publication.pages)} pages written to {folder}.", err=True)
    if left_out:
        click.echo(f"Not taken over, because they are not known here: Markdown extensions {left_out}.", err=True)
