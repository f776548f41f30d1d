"""Whether a forge protects the handbook as it should: `ems doctor --online`."""

from __future__ import annotations

from collections.abc import Iterator

from ems_control.forges.base import Forge
from ems_control.forges.protection.applying import compared, connected, protection_of, with_keys
from ems_control.forges.protection.table import Compared, Wish
from ems_control.ground.organisation.people import People
from ems_control.handbook.writing.readiness import Light, Line

CONTROLS = {
    "pull_request_required": ("changes come by pull request only", "anybody who may push can change main directly"),
    "stale_approvals_dismissed": ("a new push takes old approvals away", "an approval survives later changes"),
    "last_push_needs_approval": ("the last push is approved by somebody else", "whoever pushed last may approve it"),
    "force_push_refused": ("history cannot be overwritten", "history can be overwritten (force push)"),
    "deletion_refused": ("main cannot be deleted", "main can be deleted"),
    "checks_required": ("the checks must be green", "a merge does not wait for the checks"),
    "admins_included": ("administrators are held to it too", "administrators may go around it"),
}
LIGHTS: dict[str, Light] = {"in force": "good", "different": "bad", "not shown": "look"}
KALLITHEA = (
    "Kallithea protects no branch: let only the recorder push to main, and run `ems verify` every night against an "
    "anchor."
)


def protected(forge: str, url: str, repository: str, branch: str, people: People) -> Iterator[Line]:
    """How each setting of the table of `ems forge setup` stands at a forge, one line each.

    Raises EmsError where the forge does not answer.
    """
    wish = with_keys(Wish(branch=branch), people)
    rows = compared(protection_of(forge, url, repository, wish, connected(forge, url, repository)))
    for row in rows:
        yield _line(row, forge)


def _line(row: Compared, forge: str) -> Line:
    todo = "" if row.state == "in force" else row.setting.todo
    if row.state == "not shown":
        todo = f"{row.why[:1].upper()}{row.why[1:]}."
    return Line(f"{row.setting.part} at {forge}", LIGHTS[row.state], row.words, todo, row.state == "not shown")


def by_controls(forge: Forge, name: str, branch: str) -> Iterator[Line]:
    """The protections of a branch at a forge that has no table, as it tells them."""
    for control, value in forge.controls(branch).items():
        good, bad = CONTROLS[control]
        what = f"{branch} at {name}"
        if value is None:
            yield Line(what, "look", f"unknown whether {good}", "Ask with an administrator's token.", True)
        else:
            yield Line(what, "good" if value else "bad", good if value else bad, "" if value else "Turn it on.")
    if name == "kallithea":
        yield Line(f"{name}, by its nature", "look", KALLITHEA)
