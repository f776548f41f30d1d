"""Coverage: answered where, duty, weak, silent, implied, not applicable, since when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from ems_control.coverage.assessment import MEANS
from ems_control.coverage.coverage import ClauseCoverage, coverage, coverages
from ems_control.handbook.handbook import Handbook
from ems_control.handbook.loading import load
from tests.examples import AS_OF

Build = Callable[..., Path]

DRAINS = "docs/procedures/EMS-PRO-001.md"


@contextmanager
def opened(root: Path, day: date = AS_OF) -> Iterator[Handbook]:
    with load(root, day) as found:
        yield found


def entry(root: Path, reference: str, day: date = AS_OF) -> ClauseCoverage:
    """The coverage of one clause, `iso-14001:2015/8.1`."""
    standard, _, number = reference.partition("/")
    with opened(root, day) as found:
        return next(e for e in coverage(found, standard).clauses if e.clause.number == number)


# Answered where


def test_answered_where(handbook: Build) -> None:
    found = entry(handbook(), "iso-14001:2026/8.1")
    (answer,) = found.answers
    assert (answer.document.id, answer.anchor, answer.heading, answer.thin) == ("EMS-PRO-001", "drains", "Drains", None)
    assert (found.gap, found.weak, found.silent, found.duty, found.asked) == (False, False, False, "met", ("document",))


def test_part_a_counts_as_own_and_the_next_edition_does_not(handbook: Build) -> None:
    root = handbook(f"{DRAINS}\n  clauses: [iso-14001:2015/8.2#drains]")
    assert entry(root, "emas/A.8.2").documents == ["EMS-PRO-001"]
    new = entry(root, "iso-14001:2026/8.2")
    assert (new.documents, new.gap, new.duty) == ([], True, "unmet")
    assert [(i.reference, i.kind, i.documents) for i in new.implied] == [
        ("iso-14001:2015/8.2", "continued", ("EMS-PRO-001",))
    ]


def test_implied_by_way_of_the_same_text_and_never_counted(handbook: Build) -> None:
    root = handbook(f"{DRAINS}\n  clauses: [iso-14001:2026/6.1.5#drains]")
    part_a = entry(root, "emas/A.6.1.4")
    assert [(i.reference, i.kind) for i in part_a.implied] == [("iso-14001:2026/6.1.5", "renumbered")]
    assert part_a.gap
    assert not entry(root, "iso-14001:2015/6.1.5".replace("6.1.5", "6.1.3")).implied


def test_one_number_with_two_meanings_implies_nothing(handbook: Build) -> None:
    root = handbook(f"{DRAINS}\n  clauses: [iso-14001:2026/10.1#drains]")
    assert entry(root, "iso-9001:2015/10.1").implied == []
    assert [i.reference for i in entry(root, "iso-14001:2015/10.3").implied] == ["iso-14001:2026/10.1"]
    assert entry(root, "iso-14001:2015/10.1").implied == []


def test_doubtful_relations_say_so(handbook: Build) -> None:
    root = handbook(f"{DRAINS}\n  clauses: [iso-14001:2015/6.1.2#drains]")
    review = next(i for i in entry(root, "emas/B.environmental-review").implied if i.number == "6.1.2")
    assert review.kind == "extends"
    assert review.doubt


# Weak


@pytest.mark.parametrize(
    ("body", "thin"),
    [
        ("## Drains {#drains}\n  >\n  > Close valve V-3.", None),
        ("## Drains {#drains}", "empty"),
        ("## Drains {#drains}\n  >\n  > <!-- to do -->\n  >\n  > ### Valves", "empty"),
        ("## Drains {#drains}\n  >\n  > ### Valves\n  >\n  > V-3.", None),
        ("## Drains {#drains}\n  >\n  > ## Valves\n  >\n  > V-3.", "empty"),
        ("## Valves\n  >\n  > V-3.", "no-heading"),
        ("Close the valve.\n  > {#drains}", None),
    ],
)
def test_a_heading_with_nothing_under_it_is_weak(handbook: Build, body: str, thin: str | None) -> None:
    found = entry(handbook(f"{DRAINS}\n  > {body}"), "iso-14001:2026/8.1")
    assert [answer.thin for answer in found.answers] == [thin]
    assert found.weak is (thin is not None)
    assert not found.gap


def test_a_heading_of_an_included_text(handbook: Build) -> None:
    root = handbook(
        f'docs/parts/drains.txt\n  = ## Drains\n  =\n  = Close V-3.\n{DRAINS}\n  > --8<-- "parts/drains.txt"'
    )
    (answer,) = entry(root, "iso-14001:2026/8.1").answers
    assert (answer.heading, answer.thin) == ("Drains", None)


def test_overdue_is_weak_until_a_second_document_answers(handbook: Build) -> None:
    overdue = f"{DRAINS}\n  review_by: 2026-02-01\n"
    assert entry(handbook(overdue, "one"), "iso-14001:2026/8.1").weak
    both = entry(handbook(f"{overdue}docs/procedures/EMS-PRO-002.md\n  review_by:", "two"), "iso-14001:2026/8.1")
    assert both.documents == ["EMS-PRO-001", "EMS-PRO-002"]
    assert not both.weak


def test_upcoming_alone_is_weak_and_a_gap(handbook: Build) -> None:
    found = entry(handbook(f"{DRAINS}\n  effective: 2027-01-01"), "iso-14001:2026/8.1")
    assert [document.id for document in found.expected] == ["EMS-PRO-001"]
    assert (found.gap, found.weak, found.silent, found.duty) == (True, True, False, "unmet")


# Silent, duty


def test_silent_is_a_gap_without_a_duty(handbook: Build) -> None:
    root = handbook()
    assert entry(root, "iso-14001:2015/5.1").silent
    asked = entry(root, "iso-14001:2015/6.1.2")
    assert (asked.gap, asked.silent, asked.duty, asked.lacks) == (True, False, "unmet", ("document",))
    assert not entry(root, "iso-14001:2015/6.1").gap, "a heading is no gap"


def test_forms_and_records_fulfil_no_duty_unless_the_policy_says_so(handbook: Build) -> None:
    steps = f"{DRAINS}\n  clauses: []\ndocs/forms/EMS-FRM-001.md\n  type: form\n  clauses: [emas/A.6.1.2]\n"
    plain = "    {{prefix: EMS-FRM, folder: forms, approve: manager{counts}}}"
    kinds = "ems.yml\n  types:\n    procedure: {{prefix: EMS-PRO, folder: procedures, approve: manager}}\n    form:\n"
    default = handbook(steps + kinds.format() + "  " + plain.format(counts=""), "default")
    assert entry(default, "emas/A.6.1.2").lacks == ("document",)
    counted = handbook(steps + kinds.format() + "  " + plain.format(counts=", counts: true"), "counted")
    assert entry(counted, "emas/A.6.1.2").duty == "met"


def test_evidence_is_a_row_with_place_keeper_and_time(handbook: Build) -> None:
    table = "docs/procedures/records.csv\n  = id,evidence_for,kept_where,keeper,keep_for\n"
    shown = f"{DRAINS}\n  clauses: []\n  > [Records](records.csv){{ .table }}"
    whole = handbook(f"{table}  = R-1,iso-14001:2015/9.1.2,cabinet 2,lead,10 years\n{shown}", "whole")
    for reference in ("iso-14001:2015/9.1.2", "emas/A.9.1.2"):
        found = entry(whole, reference)
        assert (found.duty, [row.name for row in found.evidence]) == ("met", ["R-1"])
        assert found.gap, "where evidence is kept is no document that answers"
        assert not found.silent
    torn = entry(handbook(f"{table}  = R-1,iso-14001:2015/9.1.2,,lead,\n{shown}", "torn"), "iso-14001:2015/9.1.2")
    assert (torn.duty, torn.evidence) == ("unmet", [])
    assert [row.missing for row in torn.incomplete] == [("kept_where", "keep_for")]
    unseen = handbook(f"{table}  = R-1,iso-14001:2015/9.1.2,cabinet 2,lead,10 years", "unseen")
    assert entry(unseen, "iso-14001:2015/9.1.2").duty == "unmet", "a table that no document in force shows"


def test_what_the_new_edition_leaves_open_is_carried_from_the_old(handbook: Build) -> None:
    root = handbook()
    assert entry(root, "iso-14001:2026/9.1.2").asked == ("evidence",)
    assert entry(root, "iso-14001:2026/6.1.4").asked == ("document",)
    open_one = entry(root, "iso-9001:2015/8.5.1")
    assert (open_one.asked, open_one.either) == (("document", "evidence"), True)
    assert not entry(root, "iso-9001:2015/8.1").either
    answered = entry(
        handbook(f'{DRAINS}\n  clauses: ["iso-9001:2015/8.5.1#drains"]', "answered"), "iso-9001:2015/8.5.1"
    )
    assert (open_one.duty, answered.duty, answered.lacks) == ("unmet", "met", ("evidence",))
    assert entry(root, "iso-14001:2026/8.2").doubt


# Not applicable


def test_not_applicable_only_where_the_catalogue_allows_it(handbook: Build) -> None:
    root = handbook(
        "ems.yml\n  not_applicable:\n"
        "    - {reference: emas/annex-IV.E, reason: One site.}\n"
        "    - {reference: emas/annex-IV.C.2#biodiversity, reason: No land.}\n"
        '    - {reference: "iso-9001:2015/8.3", reason: We design nothing.}\n'
        '    - {reference: "iso-14001:2015/8.2", reason: Nothing happens.}\n'
    )
    assert entry(root, "emas/annex-IV.E").not_applicable == "One site."
    assert not entry(root, "emas/annex-IV.E").gap
    assert entry(root, "iso-9001:2015/8.3.6").not_applicable == "We design nothing."
    assert entry(root, "iso-9001:2015/8.3.6").duty == "none"
    assert entry(root, "iso-9001:2015/8.4.1").not_applicable is None
    assert entry(root, "iso-14001:2015/8.2").duty == "unmet"
    assert entry(root, "emas/annex-IV.C.2").gap
    assert not entry(root, "emas/art-7").gap, "optional until granted"


# Since when


def test_since_the_first_day_of_the_revision_in_force(handbook: Build) -> None:
    assert entry(handbook(), "iso-14001:2026/8.1").since == date(2026, 1, 5)


MOVED = f"""\
{DRAINS}
commit 2026-01-05
{DRAINS}
  clauses: [iso-14001:2015/8.1#drains, iso-14001:2026/8.2#drains]
commit 2026-02-01
"""


def test_clauses_move_without_a_new_approval(handbook: Build) -> None:
    root = handbook(MOVED)
    assert entry(root, "iso-14001:2026/8.1").documents == []
    assert entry(root, "iso-14001:2026/8.2").since == date(2026, 2, 1)
    assert entry(root, "iso-14001:2015/8.1").since == date(2026, 1, 5)
    assert entry(root, "iso-14001:2026/8.1", date(2026, 1, 20)).documents == ["EMS-PRO-001"]


def test_a_text_that_is_not_approved_moves_nothing(handbook: Build) -> None:
    root = handbook(MOVED.replace("#drains]\ncommit", "#drains]\n  > ## Drains {#drains}\n  >\n  > Other.\ncommit"))
    assert entry(root, "iso-14001:2026/8.1").documents == ["EMS-PRO-001"]
    assert entry(root, "iso-14001:2026/8.2").gap


def test_earliest_and_latest_of_several(handbook: Build) -> None:
    found = entry(
        handbook("commit\ndocs/procedures/EMS-PRO-002.md\n  title: Tanks\ncommit 2026-02-02"), "iso-14001:2026/8.1"
    )
    assert (found.since, found.changed) == (date(2026, 1, 5), date(2026, 2, 2))


# The whole


def test_several_standards_at_once_are_the_same_as_one_by_one(handbook: Build) -> None:
    with opened(handbook()) as found:
        names = list(found.catalogue.standards)
        for together, name in zip(coverages(found, names), names, strict=True):
            alone = coverage(found, name)
            assert [(e.clause, e.documents, e.duty) for e in together.clauses] == [
                (e.clause, e.documents, e.duty) for e in alone.clauses
            ]
            assert set(together.gaps) >= set(together.silent)
            assert not set(together.silent) & set(together.unmet)


def test_the_self_assessment_names_only_what_there_is() -> None:
    from ems_control.cli.main import COMMANDS
    from ems_control.rules.book import rules

    codes = {rule.code for rule in rules()}
    for means in MEANS.values():
        assert set(means.rules) <= codes
        assert {command.split()[1] for command in means.commands} <= set(COMMANDS)


# Below headings


def test_what_a_relation_says_of_a_heading_holds_below_it_both_ways(handbook: Build) -> None:
    root = handbook(f"{DRAINS}\n  clauses: [iso-14001:2015/5.2#drains]")
    for number in ("5.2.1", "5.2.2"):
        found = entry(root, f"iso-9001:2015/{number}")
        assert [(i.reference, i.kind, i.documents) for i in found.implied] == [
            ("iso-14001:2015/5.2", "theme", ("EMS-PRO-001",))
        ]
        assert found.gap
    assert not entry(root, "iso-9001:2015/5.1.2").implied, "another heading"
    back = handbook(f'{DRAINS}\n  clauses: ["iso-9001:2015/5.2.2#drains"]', "back")
    assert [i.reference for i in entry(back, "iso-14001:2015/5.2").implied] == ["iso-9001:2015/5.2.2"]
    assert not entry(back, "iso-14001:2015/5.3").implied
