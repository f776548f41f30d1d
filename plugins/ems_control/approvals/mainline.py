"""As approved, in work as the next revision, or back as reinstated (specification, What a document may be on main).

This one rule finds edits, evil merges, silent returns, gaps, deletions and reused ids. It is judged looking back: a
record that came later also explains the text that came before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from ems_control.approvals.lifecycle import Approval, Withdrawal
from ems_control.approvals.record_checks import Break, ends
from ems_control.approvals.record_judge import ApprovalHistory
from ems_control.documents.history import DocumentHistory, Version
from ems_control.ground.git.log import Commit


def text_breaks(history: DocumentHistory, life: ApprovalHistory) -> Iterator[tuple[Break, bool]]:
    """Every landing after which the document was none of what it may be, and whether it still is at HEAD.

    Only for documents approved by records: a claim in front matter binds no text (rules of family 2 look after those).
    """
    if not any(approval.recorded for approval in life.approved):
        return
    reinstated = [event for event in life.events if isinstance(event, Approval) and event.reinstated]
    for version, following in zip_longest(history.versions, history.versions[1:]):
        known = [approval for approval in life.approved if approval.version.order <= version.order]
        if not known or version.commit is None:
            continue
        newest = max(known, key=lambda approval: approval.revision)
        now = following is None and not history.absent
        message = _wrong(version, newest, reinstated) or _gap(version, known, reinstated)
        if message:
            fix = f"Put the approved text back, or make revision {newest.revision + 1} of it."
            fix = fix if now else _over(history, version.commit)
            yield _break("text-not-as-approved", history, version.path, version.commit, message, fix), now
        elif version.facts.status == "withdrawn" and not _withdrawn(life, version.order):
            message = f"{history.id} says withdrawn, but no record withdraws it; it stays in force"
            fix = f"Have it withdrawn: ems approve {history.id} --action withdraw."
            fix = fix if now else _over(history, version.commit)
            yield _break("withdrawn-without-record", history, version.path, version.commit, message, fix), now
    first = min(approval.version.order for approval in life.approved)
    for left, order in history.left:
        if order > first and not _withdrawn(life, order):
            message = f"{history.id} was deleted, but no record withdraws it; it stays in force"
            fix = f"Bring the file back, or have it withdrawn: ems approve {history.id} --action withdraw."
            still = history.absent and left is history.gone[-1]
            fix = fix if still else _over(history, left)
            yield _break("deleted-without-record", history, history.versions[-1].path, left, message, fix), still


def _over(history: DocumentHistory, commit: Commit) -> str:
    """What ends a finding whose damage is repaired."""
    return f"It is right again since. {ends(history.id, commit.sha[:10])}"


def _wrong(version: Version, newest: Approval, reinstated: list[Approval]) -> str:
    number, approved = version.facts.revision, newest.revision
    if any(approval.is_of(version) for approval in reinstated):
        return ""
    if number == approved:
        if newest.is_of(version):
            return ""
        return f"the text on main says revision {approved}, but differs from what was approved as revision {approved}"
    if number == approved + 1:
        rows = version.file.rows
        if any(rows[1:] == approval.version.file.rows for approval in [newest, *reinstated]):
            return ""
        return f"revision {number} does not keep the rows of the revisions as they were approved"
    if number is None:
        return "the revision on main cannot be read"
    return f"the text on main says revision {number}, but revision {approved} is the newest approved"


def _gap(version: Version, known: list[Approval], reinstated: list[Approval]) -> str:
    """What is wrong with the step from the revision approved before to this one, where it was approved itself.

    A baseline takes over what was approved on paper, whatever lies between.
    """
    own = next((approval for approval in known if approval.version is version and not approval.taken_over), None)
    before = [approval for approval in known if approval.version is not version]
    if own is None or not before:
        return ""
    last = max(before, key=lambda approval: approval.revision)
    if last.revision > own.revision:
        return ""
    return _wrong(version, last, reinstated)


def _withdrawn(life: ApprovalHistory, order: int) -> bool:
    """Whether a withdrawal explains an end at this landing: it was withdrawn by then, or is withdrawn later."""
    state = [event for event in life.events if event.order <= order]
    later = [event for event in life.events if event.order > order]
    return any(isinstance(event, Withdrawal) for event in [*state[-1:], *later])


def _break(kind: str, history: DocumentHistory, path: str, commit: Commit, message: str, fix: str) -> Break:
    return Break(kind, path, history.id, commit, f"{message} (commit {commit.sha[:10]})", fix)
