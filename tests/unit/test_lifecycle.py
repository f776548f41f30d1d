"""What is in force on a day, against an oracle that knows days only: generated lives, in memory and in git."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ems_control.approvals.lifecycle import (
    Approval,
    Decision,
    Event,
    Review,
    Standing,
    State,
    Withdrawal,
    add_months,
    review_due,
    stand,
)
from ems_control.approvals.periods import ended_on, overtaken, periods
from ems_control.documents.history import DocumentHistory, Version
from ems_control.documents.reading import read_document
from ems_control.documents.store import Store
from ems_control.ground.organisation.policy import Policy, load_policy
from tests.examples import BASE, make
from tests.running import ems

START = date(2026, 1, 5)
POLICY: Policy = load_policy((BASE / "ems.yml").read_bytes())[0]


def day(number: int) -> date:
    return START + timedelta(days=number)


def version(landed: date, front: str = "") -> Version:
    """A text as it landed; its bytes are never read again, so it needs no store."""
    document = read_document(f"---\n{front}\n---\n".encode(), POLICY.reading)
    return Version(None, "docs/x.md", "", document, [], cast("Store", None), landed)


def approval(landed: date, revision: int = 1, effective: date | None = None, until: date | None = None) -> Approval:
    decision = Decision("b.boss", "manager", False, landed, datetime(2026, 1, 5, tzinfo=UTC), "declared")
    text = version(landed, f"revision: {revision}\nstatus: submitted")
    return Approval(text, revision, landed, effective, until, (decision,))


def withdrawal(landed: date) -> Withdrawal:
    return Withdrawal(version(landed, "status: withdrawn"), landed, landed, ())


# --- generated lives ------------------------------------------------------------------------------------------


@st.composite
def lives(draw: st.DrawFn) -> list[Event]:
    """Approvals of revisions 1, 2, 3 … and withdrawals, in the order in which they landed."""
    events: list[Event] = []
    landed = draw(st.integers(0, 20))
    revision = 0
    for _ in range(draw(st.integers(0, 7))):
        if draw(st.integers(0, 4)) == 0:
            events.append(withdrawal(day(landed)))
        else:
            revision += 1
            effective = draw(st.none() | st.integers(-10, 40))
            until = draw(st.none() | st.integers(-5, 30))
            starts = None if effective is None else day(landed + effective)
            events.append(approval(day(landed), revision, starts, None if until is None else day(landed + until)))
        landed += draw(st.integers(0, 15))
    return events


def texts(events: list[Event]) -> DocumentHistory:
    return history(version(day(-1), "revision: 1\nstatus: draft"), *(event.version for event in events))


def history(*versions: Version) -> DocumentHistory:
    return DocumentHistory("ems-pro-001", "EMS-PRO-001", list(versions))


def standing(events: list[Event], on: date, months: int | None = 24) -> Standing:
    return stand(events, texts(events), on, months)


def come(events: list[Event], on: date) -> Event | None:
    """The last event that has landed and whose day has come, seen day by day."""
    return next((e for e in reversed(events) if e.landed <= on and max(e.landed, e.first_day) <= on), None)


def effect(events: list[Event], on: date) -> Event | None:
    """The same, where temporary revisions that have ended give way to the one before, never past a withdrawal."""
    while events:
        last = come(events, on)
        if not isinstance(last, Approval) or not last.until or last.until >= on:
            return last
        events = events[: events.index(last)]
    return None


@given(lives())
@settings(max_examples=200)
def test_every_day_agrees_with_the_oracle(events: list[Event]) -> None:
    for number in range(-1, 160):
        on = day(number)
        now = standing(events, on)
        last, applies = come(events, on), effect(events, on)
        assert now.in_force is (applies if isinstance(applies, Approval) else None)
        assert now.withdrawn is (last if isinstance(last, Withdrawal) else None)
        assert (now.ended is not None) == (isinstance(last, Approval) and not isinstance(applies, Approval))
        assert (now.state is State.IN_FORCE) == (now.in_force is not None)


@given(lives(), st.integers(-1, 150))
@settings(max_examples=200)
def test_upcoming_is_what_comes_next_if_nothing_else_lands(events: list[Event], number: int) -> None:
    known = [event for event in events if event.landed <= day(number)]
    expected = next((e for n in range(number + 1, 250) if (e := effect(known, day(n))) and e.first_day == day(n)), None)
    assert standing(events, day(number)).upcoming is (expected if isinstance(expected, Approval) else None)


@given(lives())
def test_the_periods_say_the_same_as_every_day(events: list[Event]) -> None:
    """Seen from the end, when everything has landed."""
    found = periods(events)
    for number in range(-20, 250):
        applies = effect(events, day(number))
        now = [p.approval for p in found if p.first <= day(number) and (p.end is None or day(number) < p.end)]
        assert now == ([applies] if isinstance(applies, Approval) else [])


@given(lives())
@settings(max_examples=40)
def test_the_end_of_a_revision_is_the_day_after_its_last(events: list[Event]) -> None:
    """Asked on every day: none while it applies or is to come; overtaken before its day, it ended when that came."""
    applied = [effect(events, day(n)) for n in range(-20, 170)]
    for event in events:
        if isinstance(event, Approval):
            own = [n for n, one in enumerate(applied) if one is event]
            for at in range(len(applied)):
                today = day(at - 20)
                past = [n for n in own if n <= at]
                expected = None if not past or past[-1] == at else day(past[-1] + 1 - 20)
                if not own and event.first_day <= today:
                    expected = event.first_day
                assert ended_on(events, event, today) == expected


@given(lives(), lives())
def test_what_lands_later_changes_no_earlier_day(events: list[Event], more: list[Event]) -> None:
    last = events[-1].landed if events else START
    later: list[Event] = [withdrawal(last + timedelta(days=1))]
    later += [approval(last + timedelta(days=2), 90 + i, e.first_day) for i, e in enumerate(more)]
    known = texts(events)
    for number in range((last - START).days + 1):
        before, after = (stand(life, known, day(number), 24) for life in (events, events + later))
        assert before == after


@given(lives())
def test_an_earlier_revision_comes_back_only_after_a_last_day(events: list[Event]) -> None:
    shown = [standing(events, day(n)).in_force for n in range(160)]
    for number, (before, after) in enumerate(pairwise(shown)):
        if before and after and after.revision < before.revision:
            assert before.until == day(number)
            assert not any(isinstance(e, Withdrawal) for e in events[events.index(after) : events.index(before)])


@given(lives(), st.integers(0, 30))
def test_a_later_effective_day_never_brings_a_revision_forward(events: list[Event], more: int) -> None:
    def first(event: Approval) -> date | None:
        return next((day(n) for n in range(160) if standing(life, day(n)).in_force is event), None)

    for index, event in enumerate(events):
        if isinstance(event, Approval) and not event.until:
            life = events
            before = first(event)
            moved = approval(event.landed, event.revision, event.first_day + timedelta(days=more))
            life = [*events[:index], moved, *events[index + 1 :]]
            after = first(moved)
            assert after is None or (before is not None and after >= before)


def test_before_its_first_text_a_document_is_not_there() -> None:
    known = history(version(START))
    assert not stand([], known, START - timedelta(days=1), 24).on_main
    assert stand([], known, START, 24).on_main


# --- single moments -------------------------------------------------------------------------------------------


def test_two_revisions_wait_and_the_nearer_one_is_upcoming() -> None:
    events: list[Event] = [approval(day(0), 1), approval(day(1), 2, day(30)), approval(day(2), 3, day(60))]
    now = standing(events, day(5))
    assert now.upcoming is events[1]
    assert standing(events, day(40)).upcoming is events[2]


def test_a_revision_overtaken_by_the_next_is_not_upcoming() -> None:
    events: list[Event] = [approval(day(0), 1, day(30)), approval(day(1), 2, day(10))]
    assert standing(events, day(5)).upcoming is events[1]
    assert standing(events, day(20)).upcoming is None


def test_what_waits_when_the_document_is_withdrawn_is_not_upcoming() -> None:
    events: list[Event] = [approval(day(0), 1), approval(day(1), 2, day(30)), withdrawal(day(5))]
    now = standing(events, day(10))
    assert (now.state, now.upcoming) == (State.WITHDRAWN, None)
    assert standing(events, day(40)).state is State.WITHDRAWN


@pytest.mark.parametrize(
    ("front", "state"),
    [
        ("revision: 2\nstatus: draft", State.DRAFT),
        ("revision: 2\nstatus: submitted", State.AWAITING),
        ("revision: 1\nstatus: submitted", State.WITHDRAWN),
    ],
)
def test_after_its_last_day_the_state_is_that_of_the_latest_revision(front: str, state: State) -> None:
    ended = approval(day(0), 1, None, day(10))
    now = stand([ended], history(ended.version, version(day(5), front)), day(11), 24)
    assert (now.in_force, now.ended, now.state) == (None, day(11), state)


@pytest.mark.parametrize(("last", "expected"), [(10, State.IN_FORCE), (11, State.WITHDRAWN)])
def test_the_last_day_counts(last: int, expected: State) -> None:
    assert standing([approval(day(0), 1, None, day(10))], day(last)).state is expected


# --- overtaking -----------------------------------------------------------------------------------------------


@given(lives())
@settings(max_examples=200)
def test_overtaken_is_what_would_have_come_and_never_does(events: list[Event]) -> None:
    for index, event in enumerate(events):
        if isinstance(event, Approval):
            before, after = events[:index], events[: index + 1]
            later = range((event.landed - START).days + 1, 250)
            would = {id(effect(before, day(n))) for n in later} - {id(effect(before, event.landed)), id(None)}
            does = {id(effect(after, day(n))) for n in later}
            lost = [one for one in before if id(one) in would - does and one.first_day > event.landed]
            assert overtaken(after, event) == [one for one in overtaken(after, event) if one in lost]
            assert {id(one) for one in overtaken(after, event)} == {
                id(one) for one in lost if isinstance(one, Approval)
            }


def rows(revision: int, extra: str = "") -> str:
    older = "".join(f"\n  - {{revision: {n}, date: 2026-01-05, author: a}}" for n in range(revision - 1, 0, -1))
    return f"revision: {revision}\nrevisions:\n  - {{revision: {revision}, date: 2026-01-05, author: a{extra}}}{older}"


def with_row(landed: date, revision: int, extra: str, effective: date | None, until: date | None = None) -> Approval:
    return Approval(version(landed, rows(revision, extra)), revision, landed, effective, until, ())


@pytest.mark.parametrize(
    ("extra", "effective", "until", "lost"),
    [
        ("", None, None, True),
        ("", day(30), None, True),
        ("", day(31), None, False),
        (", instead_of: 2", None, None, False),
        (", instead_of: [2]", None, None, False),
        (", instead_of: 1", None, None, True),
        (", class: editorial", day(30), None, False),
        ("", None, day(20), False),
        (", class: temporary", None, day(60), False),
    ],
)
def test_what_waits_is_overtaken_unless_the_row_says_so(
    extra: str, effective: date | None, until: date | None, lost: bool
) -> None:
    events: list[Event] = [with_row(day(0), 1, "", None), with_row(day(1), 2, "", day(30))]
    new = with_row(day(2), 3, extra, effective, until)
    assert overtaken(events, new) == ([events[1]] if lost else [])


# --- months and reviews ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2028, 2, 29), 48, date(2032, 2, 29)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 3, 15), 0, date(2026, 3, 15)),
        (date(9998, 6, 1), 24, date.max),
    ],
)
def test_months_later(start: date, months: int, end: date) -> None:
    assert add_months(start, months) == end


@given(st.dates(date(1990, 1, 1), date(2200, 1, 1)), st.integers(0, 120), st.integers(0, 120))
def test_months_keep_their_order_and_the_day_where_there_is_one(start: date, months: int, more: int) -> None:
    end = add_months(start, months)
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day == start.day or (end.day < start.day and (end + timedelta(days=1)).day == 1)
    assert end <= add_months(start, months + more)


@given(
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    st.none() | st.integers(1, 120),
    st.none() | st.dates(date(2000, 1, 1), date(2120, 1, 1)),
)
def test_review_is_due_after_the_interval_or_earlier(start: date, months: int | None, claimed: date | None) -> None:
    text = version(start, f"revision: 1\nreview_by: {claimed or ''}" if claimed else "revision: 1")
    events: list[Event] = [Approval(text, 1, start, None, None, ())]
    due = review_due(events, events[0], months)
    by_interval = add_months(start, months) if months else None
    assert due in (by_interval, claimed)
    assert all(due is not None and due <= other for other in (by_interval, claimed) if other)
    assert (due is None) == (months is None and claimed is None)


def test_overdue_is_the_day_after() -> None:
    events: list[Event] = [approval(day(0))]
    due = add_months(day(0), 24)
    found = [standing(events, due + timedelta(days=n)).overdue for n in (-1, 0, 1)]
    assert found == [False, False, True]
    assert not standing([], due + timedelta(days=900)).overdue


def test_an_editorial_revision_moves_no_review() -> None:
    events: list[Event] = [with_row(day(0), 1, "", None), with_row(day(400), 2, ", class: editorial", None)]
    assert standing(events, day(401)).review_due == add_months(day(0), 24)
    events[1] = with_row(day(400), 2, ", class: substantive", None)
    assert standing(events, day(401)).review_due == add_months(day(400), 24)


@pytest.mark.parametrize(
    ("before", "after", "due"),
    [
        ("2026-06-01", "2026-06-01", date(2026, 6, 1)),
        ("2026-06-01", "2026-12-01", date(2026, 6, 1)),
        ("2026-06-01", "", date(2026, 6, 1)),
        ("2026-06-01", "2026-05-01", date(2026, 5, 1)),
        ("", "2026-05-01", date(2026, 5, 1)),
        ("2026-06-01", "01.12.2026", day(9)),
        ("", "", add_months(START, 24)),
    ],
)
def test_review_by_only_brings_a_review_forward(before: str, after: str, due: date) -> None:
    """It is no content: whoever edits it later can put nothing off, nor what cannot be read."""
    texts_ = [version(day(n), f"revision: 1\nreview_by: {claimed}") for n, claimed in ((0, before), (9, after))]
    texts_[1].order = 1
    first = Approval(texts_[0], 1, day(0), None, None, (), 0)
    assert stand([first], history(*texts_), day(10), 24).review_due == due


def review(of: date, landed: date) -> Review:
    return Review(of, landed, Decision("b.boss", "manager", False, of, datetime(2026, 1, 5, tzinfo=UTC), "signed"))


NEXT = {n: add_months(day(n), 24) for n in (0, 20, 50, 60, 70)}


@pytest.mark.parametrize(
    ("reviews", "due"),
    [
        ([], NEXT[50]),
        ([(60, 61)], NEXT[60]),
        ([(60, 61), (70, 71)], NEXT[70]),
        ([(70, 71), (60, 72)], NEXT[70]),
        ([(50, 50)], NEXT[50]),
        ([(20, 61)], NEXT[50]),
        ([(60, 39)], NEXT[50]),
        ([(60, 81)], NEXT[50]),
    ],
)
def test_a_periodic_review_begins_the_interval_anew(reviews: list[tuple[int, int]], due: date) -> None:
    """Of the text in force, once it has landed: landed since its approval, and decided since its first day."""
    text = approval(day(40), 1, day(50))
    found = [review(day(of), day(landed)) for of, landed in reviews]
    assert stand([text], history(text.version), day(80), 24, found).review_due == due


@pytest.mark.parametrize(("reviewed", "due"), [(20, NEXT[20]), (9, date(2026, 6, 1)), (8, date(2026, 6, 1))])
def test_a_periodic_review_spends_what_was_asked_before_it(reviewed: int, due: date) -> None:
    texts_ = [version(day(0), "revision: 1"), version(day(9), "revision: 1\nreview_by: 2026-06-01")]
    texts_[1].order = 1
    first = Approval(texts_[0], 1, day(0), None, None, (), 0)
    assert stand([first], history(*texts_), day(30), 24, [review(day(reviewed), day(reviewed))]).review_due == due


@pytest.mark.parametrize(("reviewed", "due"), [(20, date(2026, 6, 1)), (49, date(2026, 6, 1)), (50, NEXT[50])])
def test_a_review_before_the_first_day_spends_nothing(reviewed: int, due: date) -> None:
    """What is not in force yet cannot be looked at in use."""
    text = version(day(0), "revision: 1\nreview_by: 2026-06-01")
    event = Approval(text, 1, day(0), day(50), None, approval(day(0)).decisions, 0)
    found = [review(day(reviewed), day(reviewed))]
    assert stand([event], history(text), day(60), 24, found).review_due == due


@pytest.mark.parametrize(
    ("front", "due"),
    [
        ("revision: 1\nreview_by: 2026-06-01", date(2026, 6, 1)),
        ("revision: 1\nreview_by: 2026-06-01\ntitle: Other", NEXT[0]),
        ("revision: 2\nreview_by: 2026-06-01", NEXT[0]),
    ],
)
def test_what_another_text_asks_for_moves_no_review(front: str, due: date) -> None:
    texts_ = [version(day(0), "revision: 1"), version(day(9), front)]
    texts_[1].order = 1
    first = Approval(texts_[0], 1, day(0), None, None, approval(day(0)).decisions, 0)
    assert stand([first], history(*texts_), day(10), 24).review_due == due


def test_the_level_of_an_approval_is_the_lowest_of_its_decisions() -> None:
    moment = datetime(2026, 1, 5, tzinfo=UTC)
    given_ = [Decision(level, "manager", False, day(0), moment, level) for level in ("signed", "witnessed")]
    for decisions in (given_, given_[::-1]):
        assert Approval(version(day(0)), 1, day(0), None, None, tuple(decisions)).level == "witnessed"


@pytest.mark.parametrize(("taken_over", "first"), [(True, -300), (False, 0)])
def test_only_what_was_taken_over_was_in_force_before_it_landed(taken_over: bool, first: int) -> None:
    text = version(day(0), "revision: 1")
    event = Approval(text, 1, day(0), day(-300), None, (), 0, taken_over)
    assert (event.first_day, event.known) == (day(first), day(first))
    found = [stand([event], history(text), day(n), 24).in_force is event for n in (first - 1, first)]
    assert found == [False, True]


# --- lives in git ---------------------------------------------------------------------------------------------


@dataclass
class Step:
    """One commit: what the author does with the next revision, how long after the last commit, effective when."""

    kind: str
    gap: int
    effective: int


steps = st.builds(
    Step,
    st.sampled_from(["approve", "approve", "draft", "submit", "withdraw"]),
    st.integers(0, 30),
    st.integers(-10, 40),
)


@given(st.lists(steps, min_size=1, max_size=6))
@settings(max_examples=20)
def test_the_register_agrees_with_the_oracle(tmp_path_factory: pytest.TempPathFactory, life: list[Step]) -> None:
    root = tmp_path_factory.mktemp("life")
    example, expected = [], []
    revision, today = 0, START
    for step in life:
        today += timedelta(days=step.gap)
        effective = today + timedelta(days=step.effective)
        withdrawn = step.kind == "withdraw" and revision > 0
        status = "withdrawn" if withdrawn else "submitted" if step.kind in ("approve", "submit") else "draft"
        decided = step.kind == "approve" or withdrawn
        number = revision if withdrawn else revision + 1
        example += [
            "docs/procedures/EMS-PRO-001.md",
            f"  revision: {number}",
            f"  status: {status}",
            f"  effective: {effective}",
            "  approved_by: [b.boss]" if decided else "  approved_by:",
            f"  approved_on: {today}" if decided else "  approved_on:",
            f"  > Text {len(expected)}",
            f"commit {today}",
        ]
        if step.kind == "approve":
            revision += 1
            expected.append((today, max(today, effective), revision))
        if withdrawn:
            expected.append((today, today, None))
            break
    make(root, "\n".join(example))
    for on in {today, *(first for _, first, _ in expected), *(first - timedelta(days=1) for _, first, _ in expected)}:
        row = row_on(root, on)
        come = [number for landed, first, number in expected if landed <= on and first <= on]
        assert (row["revision"] if row else None) == (come[-1] if come else None)
        if row:
            assert (row["state"] == "in force") == (row["revision"] is not None)
            assert (row["digest"] is None) == (row["revision"] is None)


def row_on(root: Path, on: date) -> dict[str, Any] | None:
    rows: list[dict[str, Any]] = ems(root, "register", "--format", "json", day=on.isoformat()).json["documents"]
    assert len(rows) <= 1
    return rows[0] if rows else None
