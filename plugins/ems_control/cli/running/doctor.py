"""`ems doctor`: is everything set up?"""

from __future__ import annotations

import platform
import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from ems_control import __version__
from ems_control.cli.context import Choice, Context, formats, pass_context
from ems_control.cli.output import as_json
from ems_control.cli.pull_requests.reviewers import owners_file
from ems_control.cli.running.newer import newer, pinned
from ems_control.cli.telling import own_word, spoken, tell
from ems_control.ground.errors import EmsError
from ems_control.ground.forge_kinds import FORGE_KINDS
from ems_control.ground.git.opened import git_version
from ems_control.ground.git.repository import Repository
from ems_control.ground.markdown.mkdocs_yml import RIGHT_THEME, THEME, WRONG_THEME, read_site_config
from ems_control.ground.organisation.plugins import HARMFUL, TRIED
from ems_control.ground.text import log_safe, one_line
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.outstanding.unrecognised import unrecognised
from ems_control.handbook.writing.readiness import Light, Line, readiness
from ems_control.rules.book import find_rule, run

SETTING_UP = (7, 8)
"""The families of rules about what a handbook stands on: repository and history, policy and people."""
OLDEST_GIT = (2, 38)
ENGINES = ("mkdocs", "mkdocs-material")
ATTRIBUTES = re.compile(r"^\s*/?approvals/\*\*\s+(?:\S+\s+)*-text(?:\s|$)", re.MULTILINE)
HIDING = re.compile(
    r"^[ \t]*(?!#)(\S+)[ \t](?:.*[ \t])?(-diff|binary|filter=\S+|working-tree-encoding=\S+)\b", re.MULTILINE
)
LOOK = "Look at what it does; a build with it compares every text."
WHERE = Choice([*FORGE_KINDS, "forgejo"], "forges")
MARKS = {"good": ("ok  ", "green"), "look": ("look", "yellow"), "bad": ("bad ", "red")}


@click.command()
@click.option("--online", is_flag=True, help="Ask the forge whether its protection is really in force.")
@click.option("--forge", type=WHERE, help="Which kind of forge.")
@click.option("--url", default="", help="Address of the forge; GitHub and GitLab have one.")
@click.option("--repository", default="", help="Repository at the forge, like works/handbook.")
@click.option("--branch", default="", help="The branch that is main there (default: the forge's default branch).")
@click.option("--newer", "asks_index", is_flag=True, help="Ask the package index whether there is a newer version.")
@formats("text", "json")
@pass_context
def doctor(
    context: Context,
    online: bool,
    forge: str | None,
    url: str,
    repository: str,
    branch: str,
    asks_index: bool,
    shape: str,
) -> int:
    """Say whether everything is set up, and what to do where it is not.

    Looks at this machine, the clone, the steering files, the trust root, recorder and keys. With --online also at the
    forge, field by field of what `ems forge setup` sets; an administrator's read-only token sees the most. Exit status
    1 where something is bad, or not shown.
    """
    if online and (forge is None or not repository):
        raise EmsError("which forge? Name --forge and --repository (and --url, where it is your own).")
    lines = [*_machine(), *(newer() if asks_index else ())]
    try:
        root = context.root
    except EmsError as error:
        lines.append(Line("handbook", "bad", str(error).rstrip(".")))
    else:
        lines += _clone(root)
        lines += [*_files(root), *pinned(root)]
        lines += _inside(context, online, forge, url, repository, branch)
        lines = [replace(line, todo=context.here(spoken(line.todo, people=shape == "text"))) for line in lines]
    ready = not any(line.state == "bad" or line.unknown for line in lines)
    if shape == "json":
        click.echo(as_json({"version": 1, "ready": ready, "lines": [vars(line) for line in lines]}))
    else:
        for line in lines:
            word, colour = MARKS[line.state]
            todo = f" {line.todo}" if line.todo else ""
            words = log_safe(one_line(f"{own_word(line.what)}: {spoken(line.words)}.{spoken(todo)}"))
            click.echo(f"{click.style(own_word(word.strip()).ljust(len(word)), fg=colour)}  {words}")
        tell(_summary(lines))
    return 0 if ready else 1


def _summary(lines: list[Line]) -> str:
    """How it stands as a whole: what nobody told us is not set up."""
    many, unknown = sum(line.state == "bad" for line in lines), sum(line.unknown for line in lines)
    told = [f"{many} to be put right."] * (many > 0)
    told += [f"{unknown} not shown to this token: nobody can say whether that is set up."] * (unknown > 0)
    texts = next((line for line in lines if line.what == "check" and line.state == "look"), None)
    if texts and not told:
        return f"The set-up is complete, but not all is in order: {texts.words}."
    return " ".join(told) or "Everything needed is set up."


def _machine() -> Iterator[Line]:
    yield Line("ems", "good", f"{__version__} on Python {platform.python_version()}, {platform.system()}")
    for name in ENGINES:
        try:
            yield Line(name, "good", version(name))
        except PackageNotFoundError:
            yield Line(name, "bad", "is not installed: the site cannot be built", "Install ems-control again.")
    found = git_version()
    wanted = ".".join(map(str, OLDEST_GIT))
    if found is None:
        yield Line("git", "bad", "is not installed, or not on the PATH", f"Install git {wanted} or newer.")
    elif found < OLDEST_GIT:
        yield Line("git", "bad", f"{'.'.join(map(str, found))} is too old", f"Install git {wanted} or newer.")
    else:
        yield Line("git", "good", ".".join(map(str, found)))


def _clone(root: Path) -> Iterator[Line]:
    try:
        repository = Repository(root)
    except EmsError as error:
        yield Line("clone", "bad", str(error).rstrip("."))
        return
    with repository:
        if repository.head is None:
            yield Line("clone", "look", "nothing has been committed yet", "Commit, then run this again.")
        elif repository.incomplete:
            todo = "Fetch everything: git fetch --unshallow, or clone without --depth and --filter."
            yield Line("clone", "bad", repository.incomplete, todo)
        else:
            yield Line("clone", "good", "has the whole history")
        if (repository.hooks / "pre-commit").is_file():
            yield Line("git hooks", "good", "a check runs before each commit")
        else:
            own = (root / "hooks/git/pre-commit").is_file()
            todo = "git config core.hooksPath hooks/git" if own else "the hook ems-check, with pre-commit or prek"
            todo = f"If you like: {todo}"
            yield Line("git hooks", "good", "none runs before a commit; that is a courtesy only", todo)


def _files(root: Path) -> Iterator[Line]:
    attributes = _text(root / ".gitattributes")
    if ATTRIBUTES.search(attributes):
        yield Line(".gitattributes", "good", "keeps approval records byte by byte")
    else:
        words = "does not keep approval records byte by byte: a checkout could change their line ends"
        yield Line(".gitattributes", "bad", words, "Add the line: approvals/** -text")
    hidden = HIDING.search(attributes)
    if hidden:
        words = f"{hidden[1]} is hidden from comparison or changed on checkout ({hidden[2]})"
        yield Line(".gitattributes", "bad", words, "Take that line out.")
    site = root / "mkdocs.yml"
    if not site.is_file():
        yield Line("mkdocs.yml", "look", "is missing: no site can be built here", "`ems stage` works without it.")
        return
    yield from _site(_text(site))


def _site(text: str) -> Iterator[Line]:
    """What mkdocs.yml names: our plugin, and of each other one what is known of it."""
    try:
        config = read_site_config(text)
    except EmsError:
        yield Line("mkdocs.yml", "bad", "cannot be read as YAML", "Run: mkdocs build, and see what it says.")
        return
    names = [name for name, _ in config.entries("plugins")]
    if "ems-control" not in names:
        words = "does not name the plugin: the site would show what is at HEAD, approved or not"
        yield Line("mkdocs.yml", "bad", words, "Add ems-control below plugins, after search.")
    else:
        yield Line("mkdocs.yml", "good", "names the plugin ems-control")
        if config.theme not in (None, THEME):
            yield Line("theme", "bad", WRONG_THEME.format(name=config.theme), RIGHT_THEME)
    for name in names:
        bare = name.removeprefix("material/")
        if bare in HARMFUL:
            yield Line(f"plugin {name}", "bad", f"harmful: it {HARMFUL[bare]}", "Leave it out of mkdocs.yml.")
        elif bare in TRIED:
            yield Line(f"plugin {name}", "good", "tried beside this handbook")
        else:
            yield Line(f"plugin {name}", "look", "unknown: nobody has tried it beside this handbook", LOOK)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _inside(
    context: Context, online: bool, forge: str | None, url: str, repository: str, branch: str
) -> Iterator[Line]:
    try:
        handbook = context.open(None)
    except EmsError as error:
        for words in str(error).split("\n"):
            yield Line("ems.yml and people.yml", "bad", words.rstrip("."))
        return
    with handbook:
        people = len(handbook.committed_config.people.persons)
        yield Line("ems.yml and people.yml", "good", f"{len(handbook.policy.types)} types, {people} people")
        if not handbook.repository.incomplete:
            yield from readiness(handbook)
            yield from _strangers(handbook)
            yield from _owners(context, handbook)
            yield from _findings(context, handbook)
        if online and forge:
            yield from _online(handbook, forge, url, repository, branch)


def _findings(context: Context, handbook: Handbook) -> Iterator[Line]:
    """Whether check and verify are content: what they refuse is not in order."""
    try:
        with context.open(None, working_tree=True) as checked:
            errors = [finding for finding in run(checked) if finding.severity == "error"]
        broken = len(run(handbook, verifying=True))
    except EmsError as error:
        yield Line("check", "bad", str(error).split("\n")[0].rstrip("."), "Put it right, then run this again.")
        return
    steering = sum(find_rule(finding.rule).family in SETTING_UP for finding in errors)
    state: Light = "bad" if steering else "look" if errors else "good"
    words = (
        f"{len(errors)} errors, {steering} of them about repository, policy or people" if errors else "nothing wrong"
    )
    yield Line("check", state, words, "Run: ems check" if errors else "")
    words = f"{broken} breaks" if broken else "nothing wrong"
    yield Line("verify", "bad" if broken else "good", words, "Run: ems verify" if broken else "")


def _strangers(handbook: Handbook) -> Iterator[Line]:
    """Who wrote texts that nobody can approve, because people.yml does not say who that is."""
    for one in unrecognised(handbook):
        words = f"{one.who.unknown}: {', '.join(one.documents)} cannot be approved"
        todo = f"Say whose it is, below that person: {one.line}. Or list it in ems.yml: external_contributors."
        yield Line("people.yml", "look", words, todo)


def _owners(context: Context, handbook: Handbook) -> Iterator[Line]:
    """Whether a CODEOWNERS that is there says what the policy does."""
    path = handbook.repository.top / ".github/CODEOWNERS"
    if not path.is_file():
        return
    try:
        wanted = owners_file(handbook, "github")
    except EmsError as error:
        yield Line("CODEOWNERS", "look", str(error).rstrip("."))
        return
    if _text(path) == wanted:
        yield Line("CODEOWNERS", "good", "names those who sign the policy")
    else:
        words = "is not what ems.yml and people.yml say"
        yield Line("CODEOWNERS", "look", words, f"Run: ems codeowners > {shlex.quote(context.place(str(path)))}")


def _online(handbook: Handbook, forge: str, url: str, repository: str, branch: str) -> Iterator[Line]:
    from ems_control.forges.opening import open_forge  # the network's library is slow to load
    from ems_control.forges.protection.applying import FORGES
    from ems_control.forges.surroundings import by_controls, protected

    try:
        if forge in FORGES:
            yield from protected(forge, url, repository, branch, handbook.people)
        else:
            connection = open_forge(forge, url, repository, handbook.policy.zone)
            yield from by_controls(connection, forge, branch or "main")
    except EmsError as error:
        yield Line(f"{repository} at {forge}", "bad", str(error).rstrip("."))
