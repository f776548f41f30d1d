"""`ems init`: a new handbook out of six answers."""

from __future__ import annotations

import datetime
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from ems_control.cli.context import Context, pass_context
from ems_control.cli.running.init_questions import ask
from ems_control.cli.running.init_update import update
from ems_control.cli.telling import tell
from ems_control.exports.ci_workflows import workflows
from ems_control.exports.own_files import editor_files, versioned_files, wheel_hash_of
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.config import load
from ems_control.ground.git.beginning import begin_repository, branch_at, repository_around, require_git
from ems_control.ground.git.committing import CommitRefusedError, commit_files, require_identity
from ems_control.ground.organisation.policy import POLICY_FILE
from ems_control.ground.whereabouts import above, find_root
from ems_control.handbook.writing.beginning import MANAGER, Answers, Member, steering_files

MESSAGE, BRANCH = "The handbook begins", "main"


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option(
    "--answers", "answers_file", type=click.Path(path_type=Path), help="The answers as YAML; nothing is asked."
)
@click.option("--commit/--no-commit", default=True, show_default=True, help="Make the first commit.")
@click.option("--update", "updating", is_flag=True, help="Bring this version's files into a handbook that is there.")
@click.option(
    "--wheel", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Our wheel, whose hash is pinned."
)
@pass_context
def init(
    context: Context, folder: Path, answers_file: Path | None, commit: bool, updating: bool, wheel: Path | None
) -> None:
    """Begin a handbook in the new or empty folder FOLDER: six questions, then `ems check` is content at once.

    The answers file holds organisation, languages, standards, level (declared or signed), forge (github, gitlab,
    forgejo or none) and people, each with key, name, email, roles (manager approves) and public_key.

    With --update: what the installed version brings, in a handbook that is there, as a change to look at.
    """
    if updating:
        update(context.root if folder == Path() else find_root(folder), wheel)
    else:
        _begin(folder.resolve(), answers_file, commit, wheel)


def _begin(folder: Path, answers_file: Path | None, commit: bool, wheel: Path | None) -> None:
    _require_new(folder)
    require_git()
    around = repository_around(folder)
    around = None if around == folder else around
    answers = _read(answers_file) if answers_file else ask()
    zone = _zone()
    wheel_hash = wheel_hash_of(wheel)
    files = steering_files(answers, datetime.datetime.now(ZoneInfo(zone)).date(), zone)
    language = answers.languages[0]
    files |= {**versioned_files(wheel_hash, language), **editor_files()}
    if answers.forge != "none" and around is None:
        branch = (branch_at(folder) if (folder / ".git").exists() else None) or BRANCH
        files |= {path: text.encode() for path, text in workflows(answers.forge, branch, "", language).items()}
    said = ""
    with _beside(folder) as place:
        for name, data in files.items():
            path = place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        fresh = around is None and not (folder / ".git").exists()
        if fresh:
            begin_repository(place)
        if fresh and commit:
            said = _commit(place, files)
    if commit and around is None and not fresh:
        said = _commit(folder, files)
    _tell(folder, answers, len(files))
    if not wheel_hash:
        tell("requirements.txt lacks the hash of ems-control itself; its first lines say how to add it.")
    _tell_commit(around, commit, said)
    if around and answers.forge != "none":
        forge = answers.forge
        tell(f"Workflows belong at the top of that repository, and none were written. In that folder: ems ci {forge}")
    _tell_next(answers)


def _commit(folder: Path, files: Collection[str]) -> str:
    """Make the first commit, as whom git knows here; why there is none, else ""."""
    try:
        require_identity(folder)
    except EmsError:
        return 'git does not know who you are: git config user.name "Your Name", git config user.email you@example.org'
    try:
        commit_files(folder, list(files), MESSAGE)
    except CommitRefusedError as error:
        return str(error)
    return ""


def _require_new(folder: Path) -> None:
    """Raise EmsError where a handbook, or anything else, is there already; an empty repository is none of that."""
    handbook = above(folder)
    if handbook:
        where = "holds a handbook already" if handbook == folder else f"lies in the handbook {handbook}"
        raise EmsError(f"{folder} {where} ({POLICY_FILE}). Begin a document there: ems new; or name a new folder.")
    if folder.exists() and (not folder.is_dir() or any(one.name != ".git" for one in folder.iterdir())):
        raise EmsError(f"{folder} is not empty. Name a new folder.")


def _read(path: Path) -> Answers:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise EmsError(f"{path} cannot be read: {error.strerror}.") from None
    try:
        return load(Answers, data, path.name)[0]
    except EmsError as error:
        known = f" Known keys: {', '.join(Answers.model_fields)}; of people: {', '.join(Member.model_fields)}."
        raise EmsError(f"{error}{known}" if "is not known" in str(error) else str(error)) from None


def _zone() -> str:
    """The time zone of this machine, where it has the name of one; else UTC."""
    local = os.environ.get("TZ", "").removeprefix(":") or os.path.realpath("/etc/localtime").partition("zoneinfo/")[2]
    try:
        return ZoneInfo(local).key if local and not local.endswith("UTC") else "UTC"
    except (KeyError, ValueError, OSError):
        return "UTC"


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """A folder to write into, that becomes `folder` when all is written; on any error nothing is left."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        kept = folder.exists() and (folder == Path.cwd() or any(folder.iterdir()))
        place = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder if kept else folder.parent))
    except OSError as error:
        raise EmsError(f"{folder} cannot be written: {error.strerror}.") from None
    try:
        yield place
        if kept:  # somebody stands in it, or git is there: its content moves in, what makes it a handbook last
            for one in sorted(place.iterdir(), key=lambda path: path.name == POLICY_FILE):
                one.rename(folder / one.name)
        else:
            place.chmod(0o755)
            if folder.exists():
                folder.rmdir()
            place.rename(folder)
    except OSError as error:
        raise EmsError(f"{folder} cannot be written: {error.strerror}.") from None
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _tell(folder: Path, answers: Answers, count: int) -> None:
    tell(f"{answers.organisation}: a handbook with {count} files in {folder}.")
    alone = answers.approves_own
    if alone and answers.level == "declared":
        words = (
            f"{alone.name} is the only one who approves, and writes too. A waiver in {POLICY_FILE} lets that count for"
        )
        tell(f"{words} a year; verify and auditors are shown it. Better: give somebody else {MANAGER} too.")
    elif alone:
        words = f"{alone.name} is the only one who approves, and can sign no text that {alone.name} changed."
        tell(f"{words} Give a second person the role {MANAGER} in people.yml.")
    if answers.one_key:
        words = "One lost key would end this handbook. Before the policy is signed, give a second person the role"
        tell(f"{words} {MANAGER} and a key in people.yml, or make a recovery key: ems recovery-key new.")


def _tell_commit(around: Path | None, commit: bool, said: str) -> None:
    if around:
        tell(f"It lies in the repository {around}. Commit it there: git add, git commit.")
    elif commit and not said:
        tell("Everything is committed.")
    else:
        why = f" ({said})" if said else ""
        tell(f"Nothing is committed yet{why}. When you are ready: git add -A && git commit")


def _tell_next(answers: Answers) -> None:
    """The way from here to the first document in force."""
    approver = answers.managers[0].key
    tell("Next, in that folder:")
    if answers.level == "signed":
        tell(f"  the policy  ems approve policy --as {approver} --key FILE --commit")
    tell('  write       ems new procedure "Waste"')
    tell("  submit      ems submit EMS-PRO-001 --commit")
    key = " --key FILE" if answers.level == "signed" else ""
    tell(f"  approve     ems approve EMS-PRO-001 --as {approver}{key} --commit")
    tell("  publish     ems build")
