"""The changed limit or duty is in the first line."""

from __future__ import annotations

import pytest

from ems_control.documents.wording import changes_for_people

ROLES = ("shift lead", "environmental manager", "production manager")
TABLE = "## Limits\n\n| parameter | limit | unit |\n| --- | --- | --- |\n| pH | 6.5-9.5 | |\n| zinc | {} | mg/l |\n"


@pytest.mark.parametrize(
    ("old", "new", "kind", "was", "now"),
    [
        ("The pH limit is 9.0 here. Tell 3 people.", "The pH limit is 8.5 here. Tell 4 people.", "limit", "9.0", "8.5"),
        (TABLE.format("3.0"), TABLE.format("2.0"), "limit", "3.0", "2.0"),
        ("Wait at most 15 minutes.", "Wait at most 10 minutes.", "limit", "15 minutes", "10 minutes"),
        ("Report within two hours.", "Report within one hour.", "limit", "two hours", "one hour"),
        ("You may hose the floor.", "You must not hose the floor.", "duty", "may", "must not"),
        ("Close V-3.\n\nOpen it.", "Close V-3.\n\nNever use a hose.\n\nOpen it.", "duty", "", "Never"),
        ("Call 4417 first.", "Call 4444 first.", "telephone", "4417", "4444"),
        (
            "The shift lead releases it.",
            "The production manager releases it.",
            "role",
            "shift lead",
            "production manager",
        ),
        ("Keep pH 8.5 to 9.5.", "Keep pH 8.8 to 9.2.", "limit", "8.5 to 9.5", "8.8 to 9.2"),
        ("Höchstwert 2,0 mg/l.", "Höchstwert 1,0 mg/l.", "limit", "2,0 mg/l", "1,0 mg/l"),
        ("Only 112 outside. Use 20 kg.", "Only 112 outside. Use 30 kg.", "number", "20 kg", "30 kg"),
    ],
)
def test_first_line_is_what_matters(old: str, new: str, kind: str, was: str, now: str) -> None:
    first = changes_for_people(old, new, ROLES)[0]
    assert (first.kind, first.old, first.new) == (kind, was, now)


def test_labels_say_what_the_number_is() -> None:
    change = changes_for_people(TABLE.format("3.0"), TABLE.format("2.0"))[0]
    assert (change.label, change.heading) == ("zinc", "Limits")
    assert changes_for_people("The pH limit is 9.0.", "The pH limit is 8.5.")[0].label == "The pH limit is"


def test_reworded_text_changes_nothing_for_people() -> None:
    assert changes_for_people("Close valve V-3 slowly.", "Slowly close valve V-3.", ROLES) == []
    assert changes_for_people("a\nb 5 kg", "a b\n5 kg", ROLES) == []


def test_days_are_no_limits_and_the_month_of_may_no_duty() -> None:
    old, new = "Reviewed until 2026-03-01, in May. Wait 10 min.", "Reviewed until 2027-04-01, in June. Wait 15 min."
    found = [(change.kind, change.old, change.new) for change in changes_for_people(old, new)]
    assert found == [
        ("number", "10 min", "15 min"),
        ("date", "2026-03-01", "2027-04-01"),
        ("date", "", "June"),
    ]
