"""Family 2, what a revision says about itself against what it changes."""

from __future__ import annotations

from collections.abc import Iterator

from ems_control.approvals.editorial import beyond_editorial, says_editorial
from ems_control.documents.wording import WordingChange, changes_for_people
from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.finding_places import at_key, current
from ems_control.rules.revisions.comparing import approved_before


@rule("EMS208", "editorial-but-matters", "warning", needs_history=True, sees="one")
def editorial_but_matters(handbook: Handbook) -> Iterator[Found]:
    """A revision says that it is editorial, but changes a number, limit, duty, role or telephone number.

    Checks: Between the newest approved text and a new revision whose row says `class: editorial`, no number, limit,
        unit, word of duty, role or telephone number differs.
    Basis: Our own rule: what one role releases alone may change nothing that matters.
    Bad:
        commit
        docs/procedures/EMS-PRO-001.md
          revision: 2
          approved_by:
          approved_on:
          revisions:
            - {revision: 2, date: 2026-02-01, author: a.author, class: editorial, change: Name of the valve corrected.}
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
          status: draft
          > ## Drains {#drains}
          >
          > Close valve V-4 before any tanker is emptied. The yard lead opens it again within 30 minutes.
    Good:
        commit
        docs/procedures/EMS-PRO-001.md
          revision: 2
          approved_by:
          approved_on:
          revisions:
            - {revision: 2, date: 2026-02-01, author: a.author, class: editorial, change: Name of the valve corrected.}
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
          status: draft
          > ## Drains {#drains}
          >
          > Close valve V-3 before any tanker is emptied. Then the yard lead opens it again.
    Fix: Write `class: substantive`, so that the people who approve such texts decide about it.
    """
    titles = [title for role in handbook.people.roles for title in handbook.people.roles[role].values()]
    for document, version in current(handbook):
        row, newest = version.metadata.row, approved_before(handbook, document, version)
        if row is None or row.class_ != "editorial" or newest is None or newest.revision >= (row.revision or 0):
            continue
        changes = changes_for_people(newest.version.file.body, version.file.body, titles)
        if changes:
            message = f"this revision is called editorial, but {_named(changes[0])}"
            yield at_key(document, version, "revisions", message, "Write class: substantive.")


@rule("EMS209", "editorial-changes-more", "error", needs_history=True, sees="one")
def editorial_changes_more(handbook: Handbook) -> Iterator[Found]:
    """A revision says that it is editorial, but changes more than the words of the body.

    Checks: Where the row of a revision in work says `class: editorial`, nothing but that row, `revision` and the body
        differs from the newest approved revision, also one that waits for its day: not `effective` or `until`, no
        other key that is approved, no older row, no attachment.
    Basis: Our own rule: what one role releases alone may change nothing that matters.
    Bad:
        commit
        docs/procedures/EMS-PRO-001.md
          revision: 2
          effective: 2026-02-01
          approved_by:
          approved_on:
          revisions:
            - {revision: 2, date: 2026-02-01, author: a.author, class: editorial, change: Name of the valve corrected.}
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
          status: draft
    Good:
        commit
        docs/procedures/EMS-PRO-001.md
          revision: 2
          approved_by:
          approved_on:
          revisions:
            - {revision: 2, date: 2026-02-01, author: a.author, class: editorial, change: Name of the valve corrected.}
            - {revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}
          status: draft
          > ## Drains {#drains}
          >
          > Close valve V-3 before any tanker is emptied. Then the yard lead opens it again.
    Fix: Put it back as it was approved, or write `class: substantive`, so that those who approve such texts decide.
    """
    for document, version in current(handbook):
        newest = approved_before(handbook, document, version)
        if newest is None or version.facts.revision != newest.revision + 1 or not says_editorial(version):
            continue
        more = beyond_editorial(newest.version, version)
        if more:
            message = f"this revision is called editorial, but also changes {', '.join(more)}"
            fix = f"Put it back as approved with revision {newest.revision}, or write class: substantive."
            yield at_key(document, version, "revisions", message, fix)


def _named(change: WordingChange) -> str:
    """What came, went or changed, in quotes, with the words around it."""
    where = f' in "{change.label}"' if change.label else ""
    if not change.old or not change.new:
        gone = f'drops the {change.kind} "{change.old}"{where}'
        return gone if change.old else f'adds the {change.kind} "{change.new}"{where}'
    return f'changes the {change.kind} "{change.old}" to "{change.new}"{where}'
