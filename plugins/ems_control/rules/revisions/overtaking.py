"""Family 2: an approved revision that waits for its day, and one that would take its place unsaid."""

from __future__ import annotations

from collections.abc import Iterator

from ems_control.approvals.lifecycle import Approval
from ems_control.approvals.periods import overtaken
from ems_control.ground.text import day_after
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.finding_places import at_key, current


def _lost(lost: list[Approval]) -> str:
    many = [f"revision {one.revision}, which waits for {one.first_day}" for one in lost]
    return " and ".join(many)


@rule("EMS210", "approval-overtakes", "error", needs_history=True, sees="one")
def approval_overtakes(handbook: Handbook) -> Iterator[Found]:
    """A revision would take the place of an approved one that still waits for its day: that one would never apply.

    Checks: A submitted text, or one that a change has approved or brought back (`reinstate`), starts after every
        approved revision that waits; or its row names that revision (`instead_of`); or it is an editorial revision of
        it; or it ends before.
    Basis: Our own rule: an approval that would never apply is a mistake.
    Bad:
        docs/procedures/EMS-PRO-001.md
        commit
        docs/procedures/EMS-PRO-001.md
          revision: 2
          effective: 2026-06-01
          approved_on: 2026-01-06
          revisions:
            - {revision: 2, date: 2026-01-06, author: a.author, class: substantive, change: Valve V-3 is locked.}
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
        commit
        branch
        docs/procedures/EMS-PRO-001.md
          revision: 3
          effective: 2026-02-01
          approved_on: 2026-01-07
          revisions:
            - {revision: 3, date: 2026-01-07, author: a.author, class: substantive, change: Valve V-4 is new.}
            - {revision: 2, date: 2026-01-06, author: a.author, class: substantive, change: Valve V-3 is locked.}
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
        commit
        propose
    Good:
        docs/procedures/EMS-PRO-001.md
        commit
        docs/procedures/EMS-PRO-001.md
          revision: 2
          effective: 2026-06-01
          approved_on: 2026-01-06
          revisions:
            - {revision: 2, date: 2026-01-06, author: a.author, class: substantive, change: Valve V-3 is locked.}
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
        commit
        branch
        docs/procedures/EMS-PRO-001.md
          revision: 3
          effective: 2026-06-02
          approved_on: 2026-01-07
          revisions:
            - {revision: 3, date: 2026-01-07, author: a.author, class: substantive, change: Valve V-4 is new.}
            - {revision: 2, date: 2026-01-06, author: a.author, class: substantive, change: Valve V-3 is locked.}
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
        commit
        propose
    Fix: Write a later `effective`, or say in the new row which revision it replaces: `instead_of: 2`.
    """
    order = handbook.proposed_order
    for document, version in current(handbook):
        facts, newest = version.facts, document.newest_approval
        approvals = [event for event in document.events if isinstance(event, Approval)]
        new = [event for event in approvals if order is not None and event.order == order]
        if not new and newest and facts.status == "submitted" and facts.revision == newest.revision + 1:
            new = [Approval(version, facts.revision, handbook.day, facts.effective, facts.until, ())]
        for event in new:
            lost = overtaken(document.events, event)
            if lost:
                which = f"revision {event.revision}, which is brought back," if event.reinstated else "this revision"
                message = f"{which} would take the place of {_lost(lost)}"
                fix = f"Write a later effective, or in the new row: instead_of: {lost[-1].revision}."
                if event.reinstated:
                    fix = f"Bring it back from a later day: --effective {day_after(lost[-1].first_day)}."
                yield at_key(document, version, "effective", message, fix)


@rule("EMS211", "approval-overtaken", "warning", needs_history=True, sees="one")
def approval_overtaken(handbook: Handbook) -> Iterator[Found]:
    """An approved revision never applies: another one took its place before its day came.

    Checks: No approval, or return to an earlier revision, that has landed takes the place of an approved revision that
        waited for its day, unless its row says so (`instead_of`) or it is an editorial revision of it.
    Basis: Our own rule: an approval that will never apply is a mistake.
    Bad:
        docs/procedures/EMS-PRO-001.md
        commit
        docs/procedures/EMS-PRO-001.md
          revision: 2
          effective: 2026-06-01
          approved_on: 2026-01-06
          revisions:
            - {revision: 2, date: 2026-01-06, author: a.author, class: substantive, change: Valve V-3 is locked.}
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
        commit
        docs/procedures/EMS-PRO-001.md
          revision: 3
          effective: 2026-02-01
          approved_on: 2026-01-07
          revisions:
            - {revision: 3, date: 2026-01-07, author: a.author, class: substantive, change: Valve V-4 is new.}
            - {revision: 2, date: 2026-01-06, author: a.author, class: substantive, change: Valve V-3 is locked.}
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
        commit
    Good:
        docs/procedures/EMS-PRO-001.md
        commit
        docs/procedures/EMS-PRO-001.md
          revision: 2
          effective: 2026-06-01
          approved_on: 2026-01-06
          revisions:
            - {revision: 2, date: 2026-01-06, author: a.author, class: substantive, change: Valve V-3 is locked.}
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
        commit
        docs/procedures/EMS-PRO-001.md
          revision: 3
          effective: 2026-02-01
          approved_on: 2026-01-07
          revisions:
            - {revision: 3, date: 2026-01-07, author: a.author, class: substantive, instead_of: 2, change: V-4 is new.}
            - {revision: 2, date: 2026-01-06, author: a.author, class: substantive, change: Valve V-3 is locked.}
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
        commit
    Fix: If it should apply after all, make the next revision with its text.
    """
    for document, version in current(handbook):
        for event in _landed(handbook, document):
            lost = overtaken(document.events, event)
            if lost and (event is document.events[-1] or any(one.first_day >= handbook.day for one in lost)):
                message = f"revision {event.revision} took the place of {_lost(lost)}: it never applies"
                fix = "If it should apply after all, make the next revision with its text."
                yield at_key(document, version, "effective", message, fix)


def _landed(handbook: Handbook, document: Document) -> list[Approval]:
    """Approvals and returns that are on main: those that a change proposes are told as an error."""
    order = handbook.proposed_order
    return [one for one in document.events if isinstance(one, Approval) and (order is None or one.order != order)]
