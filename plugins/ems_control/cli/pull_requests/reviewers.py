"""`ems reviewers` and `ems codeowners`: whom a forge should ask."""

from __future__ import annotations

import click

from ems_control.cli.context import FORGE, Context, formats, pass_context
from ems_control.cli.output import as_json
from ems_control.cli.telling import tell
from ems_control.exports.sentences import said
from ems_control.ground.errors import EmsError
from ems_control.ground.text import one_line
from ems_control.handbook.handbook import Handbook
from ems_control.reviews.whom_to_ask import asking, owners, steering_paths

HEAD = (
    "Made by `ems codeowners` from ems.yml, people.yml and mkdocs.yml: policy, people, CI, what makes the site.",
    "Documents have no owners here: reviewers are asked when a text is submitted, not at every save.",
)
forge_option = click.option("--forge", type=FORGE, default="github", show_default=True, help="Whose accounts.")


@click.command()
@click.option("--base", required=True, metavar="REV", help="The commit onto which HEAD is to be merged.")
@forge_option
@formats("text", "json")
@pass_context
def reviewers(context: Context, base: str, forge: str, shape: str) -> None:
    """Say who should be asked to decide about what this change submits.

    Only texts with `status: submitted` ask; whoever wrote a text is left out, and a deputy is asked where nobody else
    is left. Accounts come from people.yml.
    """
    with context.open(None, base=base) as handbook:
        handbook.require_history()
        found, people = asking(handbook), handbook.people
    rows, lines, logins = [], [], dict[str, None]()
    for one in found:
        accounts = [people.persons[key].accounts.get(forge) for key in one.persons]
        known = [account.login for account in accounts if account and account.login]
        logins |= dict.fromkeys(known)
        rows.append({**vars(one), "persons": list(one.persons), "accounts": known})
        names = " or ".join(people.name(key) for key in one.persons) or "nobody who may"
        word = "review" if one.action == "review" else "approval"
        word = word if one.number == 1 else f"{one.number} {word}s"
        lines.append(f"{one.document} revision {one.revision}: {word} as {people.title(one.role)} by {names}")
    if shape == "json":
        click.echo(as_json({"version": 1, "documents": rows, "accounts": list(logins)}))
        return
    for line in lines or ["Nobody needs to be asked."]:
        tell(line)


@click.command()
@forge_option
@pass_context
def codeowners(context: Context, forge: str) -> None:
    """Print a CODEOWNERS file: the policy role owns policy, people, CI and the site's machinery.

    Nobody owns documents.

    Write it with: ems codeowners > .github/CODEOWNERS
    """
    with context.open(None) as handbook:
        click.echo(owners_file(handbook, forge), nl=False)


def owners_file(handbook: Handbook, forge: str) -> str:
    """The text of CODEOWNERS; raises EmsError where nobody would own anything."""
    names = owners(handbook, forge)
    if not names:
        role = handbook.people.title(handbook.policy.policy_approval.role)
        raise EmsError(f"nobody who holds the role {role} has an account or address in people.yml. Add one.")
    paths = steering_paths(handbook)
    width = max(map(len, paths))
    language = handbook.policy.languages[0]
    lines = [
        *(f"# {said(line, language)}" for line in HEAD),
        *(one_line(f"{path.ljust(width)}  {' '.join(names)}") for path in paths),
    ]
    return "\n".join(lines) + "\n"
