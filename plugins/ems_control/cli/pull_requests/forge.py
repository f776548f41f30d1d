"""`ems forge setup`: the protection of a handbook at its forge, printed, or applied and read back."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ems_control.cli.context import Context, formats, pass_context
from ems_control.cli.output import as_json
from ems_control.cli.telling import SpeakingGroup, own_word, spoken, tell
from ems_control.ground.errors import EmsError
from ems_control.ground.text import log_safe, one_line

if TYPE_CHECKING:
    from ems_control.forges.protection.applying import Refusal
    from ems_control.forges.protection.table import Compared, Protection, Wish

MARKS = {"in force": ("ok  ", "green"), "different": ("bad ", "red"), "not shown": ("look", "yellow")}


@click.group(cls=SpeakingGroup)
def forge() -> None:
    """What a forge has to do for the handbook: its protection, printed or set.

    ems forge setup github|gitlab|gitea|forgejo [--url U] [--repository R] [--branch B] [--check NAME] [--app ID]
    [--ci-config FILE@PROJECT] [--rulesets DIR] [--apply] [--format text|json]
    """


@click.command()
@click.argument("kind", type=click.Choice(["github", "gitlab", "gitea", "forgejo"]))
@click.option("--url", default="", help="Address of the forge; GitHub and GitLab have one.")
@click.option("--repository", default="", help="Repository at the forge, like works/handbook.")
@click.option("--branch", default="", help="The branch that is main there (default: the forge's default branch).")
@click.option("--check", "checks", multiple=True, metavar="NAME", help="A check that must be green; may be repeated.")
@click.option("--app", type=click.IntRange(min=1), help="GitHub: number of the App that posts the checks.")
@click.option("--ci-config", default="", metavar="FILE@PROJECT", help="GitLab: where the pipeline's file lies.")
@click.option(
    "--rulesets",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="GitHub: write the rulesets there, and the manifest of an App.",
)
@click.option("--apply", "applying", is_flag=True, help="Set it with an administrator's token, and read it back.")
@formats("text", "json")
@pass_context
def setup(context: Context, /, kind: str, url: str, repository: str, applying: bool, shape: str, **more: Any) -> int:
    """Print what protects the handbook at its forge, or set it with --apply and read it back field by field.

    It asks and changes nothing by default. For GitHub it prints the rulesets, too, for Settings, Rules, Import a
    ruleset. The token of an administrator comes from GITHUB_TOKEN, GITLAB_TOKEN or GITEA_TOKEN, and is never printed.
    Exit status 1 where something is not in force after --apply. `ems doctor --online` compares with the same table.
    """
    from ems_control.forges.protection.applying import apply, connected, protection_of, with_keys
    from ems_control.forges.protection.table import Wish

    wish = Wish(more["branch"], more["checks"], more["app"], more["ci_config"])
    _keys(context, wish, with_keys)
    http = connected(kind, url, repository) if applying else None
    protection = protection_of(kind, url, repository, wish, http)
    refused, rows = apply(protection, http) if http else ([], None)
    sets = _rulesets(kind, protection)
    if more["rulesets"] is not None:
        _write(more["rulesets"], sets)
    if shape == "json":
        click.echo(as_json(_tree(kind, url, repository, protection, refused, rows, sets)))
    else:
        _print(kind, protection, refused, rows, sets if not applying and more["rulesets"] is None else [])
    return 0 if rows is None or all(one.state == "in force" for one in rows) else 1


forge.add_command(setup)


def _keys(context: Context, wish: Wish, with_keys: Any) -> None:
    """The recorder's key, where a handbook is there to name it."""
    try:
        handbook = context.open(None)
    except EmsError:
        return  # the protection of a handbook that is still to come
    with handbook:
        with_keys(wish, handbook.people)


def _rulesets(kind: str, protection: Protection) -> list[dict[str, Any]]:
    from ems_control.forges.protection.github import rulesets

    return rulesets(protection.wish) if kind == "github" else []


def _write(folder: Path, sets: list[dict[str, Any]]) -> None:
    """One file for each ruleset, and the manifest of an App whose statuses they can be pinned to."""
    if not sets:
        raise EmsError("only GitHub imports rulesets. Leave --rulesets out.")
    folder.mkdir(parents=True, exist_ok=True)
    manifest = (resources.files("ems_control.forges") / "github-app.json").read_text(encoding="utf-8")
    (folder / "app.manifest.json").write_text(manifest, encoding="utf-8")
    for one in sets:
        (folder / f"{one['target']}.ruleset.json").write_text(json.dumps(one, indent=2) + "\n", encoding="utf-8")


def _tree(
    kind: str,
    url: str,
    repository: str,
    protection: Protection,
    refused: list[Refusal],
    rows: list[Compared] | None,
    sets: list[dict[str, Any]],
) -> dict[str, Any]:
    from ems_control.forges.protection.applying import as_tree

    plain = [{"part": s.part, "field": s.field, "wanted": s.wanted, "words": s.good} for s in protection.table()]
    return {
        "version": 1,
        "forge": kind,
        "url": url,
        "repository": repository,
        "branch": protection.wish.branch,
        "applied": rows is not None,
        "settings": as_tree(rows) if rows is not None else plain,
        "steps": [vars(step) for step in protection.steps()] if rows is None else [],
        "refused": [{"what": one.step.what, "words": one.words} for one in refused],
        "rulesets": sets,
    }


def _print(
    kind: str,
    protection: Protection,
    refused: list[Refusal],
    rows: list[Compared] | None,
    sets: list[dict[str, Any]],
) -> None:
    if rows is None:
        tell(f"What protects {protection.wish.branch} at {kind}. Nothing was asked or changed.")
        tell("With --apply the default branch is what the forge says it is; here, name it with --branch.\n")
        for setting in protection.table():
            field = f"[{setting.field} = {json.dumps(setting.wanted)}]"
            click.echo(_clean(f"{own_word(setting.part)}: {own_word(setting.good)}  {field}"))
        tell("\nWhat --apply would do:")
        for step in protection.steps():
            body = f" {json.dumps(step.body)}" if step.body is not None else ""
            click.echo(_clean(f"{own_word(step.what)}: {step.method} {step.path}{body}"))
        for one in sets:
            click.echo()
            tell(f"To import under Settings, Rules, Import a ruleset: {one['name']}")
            click.echo(json.dumps(one, indent=2))
        return
    for refusal in refused:
        tell(f"refused: {own_word(refusal.words)}")
    for row in rows:
        mark, colour = MARKS[row.state]
        todo = "" if row.state == "in force" else f" {row.why or row.setting.todo}"
        word = click.style(own_word(mark.strip()).ljust(len(mark)), fg=colour)
        click.echo(f"{word}  {_clean(f'{own_word(row.setting.part)}: {own_word(row.words)}.{spoken(todo)}')}")
    many = sum(row.state != "in force" for row in rows)
    tell(f"{many} not in force, or not shown." if many else "Everything is in force.")


def _clean(text: str) -> str:
    return log_safe(one_line(text))
