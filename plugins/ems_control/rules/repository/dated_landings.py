"""Family 7: the days on which main moved. A commit's date is the word of whoever made it."""

from __future__ import annotations

from collections.abc import Iterator

from ems_control.ground.git.landing_days import OutOfLine
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.verification import landing_break
from ems_control.rules.approvals.recorded import breaks
from ems_control.rules.book import rule
from ems_control.rules.finding import Found


@rule("EMS721", "landing-out-of-line", "error", needs_history=True, fixed=True, evidence=True, sees="shared")
def landing_out_of_line(handbook: Handbook) -> Iterator[Found]:
    """A record or a policy file came onto main with a date that cannot be true.

    Checks: No commit of main that brings a record, ems.yml or people.yml is dated more than a day before what landed
        below it, or later than today. It never counts as landed before what lies below it, so that no old role, key or
        deadline comes back.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.3 (improper use); EMAS A.7.5.3.
    Bad:
        signed
        docs/procedures/EMS-PRO-002.md
          status: draft
        commit 2026-02-01
        approve EMS-PRO-002 by b.boss at 2026-01-09
        commit 2026-01-10
    Good:
        signed
        docs/procedures/EMS-PRO-002.md
          status: draft
        commit 2026-02-01
        approve EMS-PRO-002 by b.boss at 2026-01-09
        commit 2026-02-02
    Fix: Find out whose clock was wrong. The policy role ends it with a `correct` record that names the commit: its date
        then counts for nothing, and it lands on the day of the landing below.
    """
    yield from breaks(handbook, "landing-out-of-line")


@rule("EMS722", "text-landed-out-of-line", "warning", needs_history=True, sees="change")
def text_landed_out_of_line(handbook: Handbook) -> Iterator[Found]:
    """A text came onto main with a date that cannot be true.

    Checks: The same for commits that touch documents only: not dated more than a day before what landed below, nor
        later than today. They never count as landed before what lies below them.
    Basis: Our own rule: the day on which a text came in is shown to readers.
    Bad:
        docs/procedures/EMS-PRO-001.md
        commit 2026-02-01
        docs/procedures/EMS-PRO-002.md
          status: draft
          approved_by:
          approved_on:
        commit 2026-01-10
    Good:
        docs/procedures/EMS-PRO-001.md
        commit 2026-02-01
        docs/procedures/EMS-PRO-002.md
          status: draft
          approved_by:
          approved_on:
        commit 2026-02-01
    Fix: Set the clock right. The policy role can end it with a `correct` record that names the commit.
    """
    if not handbook.proposal:
        for one in handbook.verification.out_of_line:
            if one.order not in handbook.settled.evidence:
                yield _found(handbook, one)


@rule("EMS723", "main-is-ahead", "error", needs_history=True, fixed=True, sees="shared")
def main_is_ahead(handbook: Handbook) -> Iterator[Found]:
    """Main ends with a commit of the future, so nothing more may land.

    Checks: Before a change is merged, no commit of main that touches the handbook is dated later than today: whatever
        lands on top would be in force only from that day on. A change that brings the `correct` record may land.
    Basis: Our own rule: a wrong clock must not put approved texts to sleep.
    Bad:
        signed
        docs/procedures/EMS-PRO-002.md
          status: draft
        commit 2090-01-01
        branch
        docs/index.md
          = # Start
        commit 2026-02-01
        propose
    Good:
        signed
        docs/procedures/EMS-PRO-002.md
          status: draft
        commit 2026-01-31
        branch
        docs/index.md
          = # Start
        commit 2026-02-01
        propose
    Fix: The policy role signs `ems approve policy --action correct --corrects COMMIT`; its record lands first.
    """
    if handbook.proposal:
        for one in handbook.verification.out_of_line:
            if one.ahead:
                yield _found(handbook, one, "; what lands on top of it would be of that day")


@rule("EMS724", "moved-and-changed", "error", needs_history=True, fixed=True, evidence=True, sees="shared")
def moved_and_changed(handbook: Handbook) -> Iterator[Found]:
    """The handbook moved to another folder, and something changed on the way.

    Checks: Where ems.yml moves to another folder of the repository, people.yml, the approvals and the documents move
        with it, every file as it is, and none stays behind; where `docs_dir` changes, so do its files. Such a move is
        followed, and every earlier day stays as it was. Otherwise the handbook would begin anew on that day.
    Basis: ISO 14001:2015 and ISO 14001:2026, 7.5.3 (control of changes); EMAS A.7.5.3.
    Bad:
        docs/procedures/EMS-PRO-001.md
        commit
        move docs pages
        ems.yml
          docs_dir: pages
        pages/procedures/EMS-PRO-001.md
          title: Drains of the yard
        commit
    Good:
        docs/procedures/EMS-PRO-001.md
        commit
        move docs pages
        ems.yml
          docs_dir: pages
        commit
    Fix: Move everything with `git mv`, and nothing else, in one request; change texts before or after.
    """
    yield from breaks(handbook, "moved-and-changed")


def _found(handbook: Handbook, one: OutOfLine, more: str = "") -> Found:
    told = landing_break(one, handbook.records, handbook.settled)
    return Found(handbook.settled.path(one.order), 0, 0, "", told.message + more, told.fix)
