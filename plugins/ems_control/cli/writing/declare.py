"""`ems approve` without a key: the claim that front matter is, where a type asks for no more."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from ems_control.cli.context import Context, document
from ems_control.cli.output import as_json
from ems_control.cli.telling import spoken
from ems_control.cli.writing.saving import Saving, following, say
from ems_control.documents.revision_changes import RevisionChange
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.records import POLICY_ID
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.writing.authoring import Written
from ems_control.handbook.writing.declaring import CLAIMED, Claim, claim, is_declared, outcome
from ems_control.handbook.writing.unsigned import Decision, Request
from ems_control.rules.before_signing import findings_of

CLAIM = (
    "This is a claim and no evidence: whoever can change the file could have written it. Evidence is a signature "
    "(level signed) or a review at a forge (level witnessed)."
)


@dataclass(frozen=True)
class Shown:
    """What somebody saw before deciding, and whether a program reads it."""

    found: Decision
    changes: Sequence[RevisionChange]
    notes: Sequence[str]
    as_json: bool

    def tree(self, contributors: Sequence[str], more: dict[str, Any]) -> dict[str, Any]:
        """The same as JSON, with what came of it."""
        first, against = self.found.first_day, self.found.against
        tree: dict[str, Any] = {"version": 1, **more, "contributors": list(contributors), "notes": list(self.notes)}
        tree |= {"first_day": first.isoformat() if first else None, "against": against.revision if against else None}
        return {**tree, "changes": [change.as_json() for change in self.changes]}


def require_declared(handbook: Handbook, wish: Request) -> Document:
    """The document, where the decision about it needs no key; raises EmsError that says to name one."""
    if wish.document.casefold() == POLICY_ID:
        raise EmsError("the policy is approved by signature only. Name your key: --key FILE.")
    found = document(handbook, wish.document)
    if not is_declared(handbook, found):
        level = found.kind.level if found.kind and found.kind.level != "declared" else "signed"
        there = "press Approve in its pull request at the forge, or sign: " if level == "witnessed" else ""
        raise EmsError(f"{found.id} needs level {level}: {there}name your key with --key FILE.")
    if wish.action not in CLAIMED:
        said = "front matter can say approve and withdraw"
        raise EmsError(f"{said}, no {wish.action}. Sign it: name your key with --key FILE.")
    return found


def declare(context: Context, handbook: Handbook, wish: Request, shown: Shown, saving: Saving, yes: bool) -> None:
    """Write who approved and when, after asking; raises EmsError where that would not count, or nobody says yes."""
    found = require_declared(handbook, wish)
    if found.current is None:
        raise EmsError(f"the file of {found.id} is not there any more.")
    data = (handbook.repository.top / found.current.path).read_bytes()
    written = claim(handbook, found, wish, data)
    with context.open(handbook.day, working_tree=True, laid={written.path: written.data}) as laid:
        result = _judged(laid, document(laid, found.id), wish)
    if not shown.as_json:
        _say(handbook, written, wish, result)
    _agreed(yes, shown.as_json)
    saving.write({written.path: written.data})
    words = f"{written.document} revision {written.revision}: {wish.action} by {wish.person}, declared"
    if not shown.as_json:
        say(f"Written: approved_by and approved_on in {written.path}.")
    name = saving.commit([written.path], words, quiet=shown.as_json)
    if shown.as_json:
        more: dict[str, Any] = {"path": written.path, "digest": found.current.digest(), "action": wish.action}
        more |= {"level": "declared", "commit": name or None}
        click.echo(as_json(shown.tree(shown.found.contributors, more)))
        return
    if name:
        following(context, written.document)
    else:
        say(f"Next: {saving.commit_line([written.path], words)}")


def _judged(laid: Handbook, found: Document, wish: Request) -> Claim:
    result = outcome(laid, found, wish)
    errors = [one for one in findings_of(laid, found, wish.action) if one.severity == "error"]
    if errors:
        lines = [f"{one.path}:{one.line}: {one.rule} {one.message}. {one.fix}".rstrip() for one in errors]
        raise EmsError("\n".join([f"{found.id} would have errors; put them right, commit, then approve:", *lines]))
    return result


def _say(handbook: Handbook, written: Written, wish: Request, result: Claim) -> None:
    name, number = handbook.people.name(wish.person), written.revision
    done = "withdraws" if wish.action == "withdraw" else f"approves revision {number} of"
    say(f"{name} {done} {written.document}. {CLAIM}")
    here = handbook.people.by_email(handbook.repository.email)
    if here and here != wish.person:
        say(f"Git commits here as {handbook.people.name(here)}, not as {name}: that will be seen.")
    for role in result.reviews:
        title = handbook.people.title(role)
        say(f"The policy asks for a review by the {title} too; front matter cannot say one, and none is waited for.")
    if not result.complete:
        say("More approvals are needed; until then nothing changes for readers.")


def _agreed(yes: bool, quiet: bool) -> None:
    """Raise EmsError where nobody can be asked; click.Abort where the answer is no."""
    if yes:
        return
    if quiet or not sys.stdin.isatty():
        raise EmsError("nobody can be asked here, so nothing was written. Say --yes if the decision has been made.")
    click.confirm(spoken("Write it?"), abort=True)
