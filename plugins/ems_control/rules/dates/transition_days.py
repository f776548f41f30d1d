"""Family 6, the change between editions: its days, as ems.yml plans them."""

from __future__ import annotations

from collections.abc import Iterator

from ems_control.handbook.handbook import Handbook
from ems_control.handbook.outstanding.table_days import transition_days
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.finding_places import at_config

_WHAT = {"transition_audit": "the transition audit", "end": "the end of certificates to the old edition"}
_FIX = "Write the new day; or, once the change is done, take the old edition out of standards, and transition with it."


@rule("EMS608", "transition-day-passed", "warning", sees="shared")
def transition_day_passed(handbook: Handbook) -> Iterator[Found]:
    """A day of the change between editions has passed, and the handbook still claims the old edition.

    Checks: While `standards` in ems.yml still names the edition that `transition` leads away from, neither
        `transition_audit` nor `end` lies before the day of the check.
    Basis: Our own rule.
    Bad:
        ems.yml
          standards: [iso-14001:2015, iso-14001:2026]
          transition: {from: iso-14001:2015, to: iso-14001:2026, end: {date: 2026-02-15, source: announced}}
    Good:
        ems.yml
          standards: [iso-14001:2015, iso-14001:2026]
          transition: {from: iso-14001:2015, to: iso-14001:2026, end: {date: 2029-04-15, source: announced}}
    Fix: Write the new day; or, once the change is done, take the old edition out of `standards`, and `transition` with
        it.
    """
    for what, day in transition_days(handbook):
        if day < handbook.day and what in _WHAT:
            message = f"{_WHAT[what]} was planned for {day}, and the old edition still stands in standards"
            yield at_config(handbook, "ems.yml", ("transition", what), message, _FIX)
