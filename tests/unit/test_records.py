"""The format of a record (specification, Approval records): one good record, and one row for each fault.

A conformance test for whoever reads or writes records without this program: every fault is refused, with its words.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ems_control.ground.formats.records import RecordError, place_of, read_record, write_record

ONE, TWO = "sha256:" + "1" * 64, "sha256:" + "2" * 64
GOOD: dict[str, Any] = {
    "schema": "ems-approval/1",
    "document": "EMS-PRO-001",
    "revision": 2,
    "action": "approve",
    "meaning": "I approve it.",
    "digest": ONE,
    "digest_method": "ems-content/1",
    "effective": None,
    "by": {"person": "b.boss", "name": "B. Boss", "role": "manager"},
    "decided_at": "2026-01-07T09:00:00Z",
    "evidence": {"kind": "signature", "contributors": ["a.author"]},
    "policy_digest": TWO,
    "prev": [ONE, TWO],
    "recorded": {"by": "b.boss", "at": "2026-01-07T09:00:00Z", "tool": "by hand"},
}
PATH = "approvals/EMS-PRO-001/r002-20260107T090000Z-b.boss-approve.json"
BASELINE = {"action": "baseline", "effective": "2019-05-01", "evidence": {"kind": "external"}}
GONE = object()


def changed(**changes: Any) -> dict[str, Any]:
    """The good record, changed: `by__role` is the role below `by`; GONE takes a key out."""
    tree: dict[str, Any] = json.loads(json.dumps(GOOD))
    for name, value in changes.items():
        *way, key = name.split("__")
        place = tree
        for step in way:
            place = place[step]
        place[key] = value
        if value is GONE:
            del place[key]
    return tree


def read(tree: Any) -> Any:
    return read_record(json.dumps(tree).encode())


def refused(data: bytes) -> str:
    with pytest.raises(RecordError) as error:
        read_record(data)
    return str(error.value)


def test_the_good_record() -> None:
    record = read(GOOD)
    assert (record.document, record.revision, record.action, record.effective) == ("EMS-PRO-001", 2, "approve", None)
    assert record.decided_at == datetime(2026, 1, 7, 9, tzinfo=UTC)
    assert (record.by.person, record.by.role, record.prev) == ("b.boss", "manager", (ONE, TWO))
    assert (record.path, record.witnessed, record.is_policy) == (PATH, False, False)
    assert place_of(record.path) == ("EMS-PRO-001", 2, "20260107T090000Z", "b.boss", "approve")
    assert read_record(write_record(record)) == record


RIGHT: dict[str, dict[str, Any]] = {
    "nothing before it": {"prev": []},
    "prev left out": {"prev": GONE},
    "a day": {"effective": "2026-02-28"},
    "before there is a policy": {"policy_digest": None},
    "a baseline": BASELINE,
    "a correction of a record": {"action": "correct", "corrects": ONE},
    "a correction of a commit": {"action": "correct", "corrects": "a" * 40},
    "a correction of a commit named by SHA-256": {"action": "correct", "corrects": "a" * 64},
    "the policy": {"document": "policy", "digest_method": "ems-policy/1"},
    "a review at a forge": {"evidence": {"kind": "github-review", "pull": 7, "account": {"id": "102"}}},
    "a review at a forge that was added": {"evidence": {"kind": "gerrit-review"}},
    "the highest number": {"revision": 999_999},
    "the first year": {"decided_at": "1970-01-01T00:00:00Z"},
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_as_well(name: str) -> None:
    tree = changed(**RIGHT[name])
    record = read(tree)
    assert read_record(write_record(record)) == record
    assert record.effective == (date.fromisoformat(tree["effective"]) if tree["effective"] else None)


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"schema": GONE}, '"schema" is missing'),
    ({"schema": "ems-approval/2"}, "\"schema\": input should be 'ems-approval/1'"),
    ({"document": GONE}, '"document" is missing'),
    ({"document": 7}, '"document": input should be a valid string'),
    ({"document": "Policy"}, '"Policy" is no document; the policy is written "policy"'),
    ({"document": "policy"}, "digest_method ems-content/1 does not belong to policy"),
    ({"revision": "2"}, '"revision": input should be a valid integer'),
    ({"revision": 2.0}, '"revision": input should be a valid integer'),
    ({"revision": True}, '"revision": input should be a valid integer'),
    ({"revision": 0}, '"revision": input should be greater than or equal to 1'),
    ({"revision": 1_000_000}, '"revision": input should be less than or equal to 999999'),
    ({"action": "sign"}, "\"action\": input should be 'review', 'approve', "),
    ({"meaning": ""}, '"meaning": string should have at least 1 character'),
    ({"meaning": 1}, '"meaning": input should be a valid string'),
    ({"meaning": GONE}, '"meaning" is missing'),
    ({"digest": "1" * 64}, "is no digest; it starts with sha256: and has 64 characters 0-9a-f behind it"),
    ({"digest": "sha256:" + "A" * 64}, "is no digest"),
    ({"digest": "sha256:" + "1" * 63}, "is no digest"),
    ({"digest": ONE + "\n"}, "is no digest"),
    ({"digest_method": "ems-content/9"}, '"ems-content/9" is no way to make a digest that this program knows'),
    ({"digest_method": "ems-policy/1"}, "digest_method ems-policy/1 does not belong to EMS-PRO-001"),
    ({"effective": "1.3.2026"}, '"1.3.2026" is not a day; write it as '),
    ({"effective": "2026-02-30"}, '"effective": '),
    ({"effective": "20260301"}, '"20260301" is not a day'),
    ({"by": "b.boss"}, '"by": input should be a valid dictionary'),
    ({"by__person": GONE}, '"by.person" is missing'),
    ({"by__role": None}, '"by.role": input should be a valid string'),
    ({"by__roles": "manager"}, '"by.roles" is not known here'),
    ({"decided_at": GONE}, '"decided_at" is missing'),
    ({"decided_at": "2026-01-07"}, '"2026-01-07" is no moment in UTC; write it as YYYY-MM-DDTHH:MM:SSZ'),
    ({"decided_at": "2026-01-07T09:00:00+01:00"}, "is no moment in UTC"),
    ({"decided_at": "2026-01-07T09:00:00"}, "is no moment in UTC"),
    ({"decided_at": "2026-01-07T09:00:00.5Z"}, "is no moment in UTC"),
    ({"decided_at": "1969-12-31T23:59:59Z"}, "lies outside the years 1970 to 9998"),
    ({"decided_at": "9999-01-01T00:00:00Z"}, "lies outside the years 1970 to 9998"),
    ({"evidence__kind": "word of mouth"}, '"word of mouth" is no kind of evidence'),
    ({"evidence__kind": "external"}, "evidence of kind external belongs to a baseline, and to nothing else"),
    ({"evidence__contributors": "a.author"}, '"evidence.contributors": input should be a valid tuple'),
    ({"evidence__scan": "abc"}, '"abc" is no digest'),
    ({"evidence__reviewed": "x"}, '"evidence.reviewed" is not known here'),
    ({"evidence__account": {"id": 102}}, '"evidence.account.id": input should be a valid string'),
    ({"evidence__account": {"id": "102", "name": "x"}}, '"evidence.account.name" is not known here'),
    ({"policy_digest": GONE}, '"policy_digest" is missing'),
    ({"policy_digest": "none"}, '"none" is no digest'),
    ({"prev": [TWO, ONE]}, "prev must be sorted, each record once"),
    ({"prev": [ONE, ONE]}, "prev must be sorted, each record once"),
    ({"prev": ["a" * 40]}, "is no digest"),
    ({"action": "correct"}, "corrects belongs to a correct record, and to no other"),
    ({"corrects": ONE}, "corrects belongs to a correct record, and to no other"),
    ({"action": "correct", "corrects": "a" * 10}, "corrects names a record (sha256:…) or a whole commit name"),
    ({"action": "correct", "corrects": "the last one"}, "corrects names a record (sha256:…) or a whole commit name"),
    (BASELINE | {"effective": None}, "a baseline says the day on the paper: effective"),
    (BASELINE | {"evidence": {"kind": "signature"}}, "evidence of kind external belongs to a baseline, and to nothing"),
    ({"recorded": GONE}, '"recorded" is missing'),
    ({"recorded__tool": 1}, '"recorded.tool": input should be a valid string'),
    ({"recorded__at": "yesterday"}, '"yesterday" is no moment in UTC'),
    ({"comment": "x"}, '"comment" is not known here'),
    *[
        ({key: GONE}, f'"{key}" is missing')
        for key in ("revision", "action", "digest", "digest_method", "by", "evidence")
    ],
    *[({key.replace(".", "__"): GONE}, f'"{key}" is missing') for key in ("by.name", "by.role", "evidence.kind")],
    *[({f"recorded__{key}": GONE}, f'"recorded.{key}" is missing') for key in ("by", "at", "tool")],
    ({"schema": None}, "\"schema\": input should be 'ems-approval/1'"),
    ({"by__title": 7}, '"by.title": input should be a valid string'),
    ({"evidence__pull": "7"}, '"evidence.pull": input should be a valid integer'),
    ({"evidence__pull": True}, '"evidence.pull": input should be a valid integer'),
    ({"evidence__commit": 7}, '"evidence.commit": input should be a valid string'),
    ({"evidence__controls": "all"}, '"evidence.controls": input should be a valid dictionary'),
    ({"evidence__paper": 7}, '"evidence.paper": input should be a valid string'),
    ({"evidence__account": "102"}, '"evidence.account": input should be a valid dictionary'),
    ({"decided_at": "2026-02-30T09:00:00Z"}, '"decided_at": day is out of range for month'),
    ({"decided_at": 1767776400}, '"1767776400" is no moment in UTC'),
    ({"decided_at": None}, '"None" is no moment in UTC'),
    ({"recorded__at": 0}, '"0" is no moment in UTC'),
    ({"effective": 1772323200}, '"1772323200" is not a day'),
    ({"effective": 0}, '"0" is not a day'),
    ({"effective": False}, '"False" is not a day'),
    ({"recorded": "x"}, '"recorded": input should be a valid dictionary'),
    ({"prev": ONE}, '"prev": input should be a valid tuple'),
    ({"prev": [7]}, '"prev.0": input should be a valid string'),
    ({"policy_digest": 7}, '"policy_digest": input should be a valid string'),
    ({"action": "correct", "corrects": "A" * 40}, "corrects names a record (sha256:…) or a whole commit name"),
    ({"action": "correct", "corrects": "a" * 41}, "corrects names a record (sha256:…) or a whole commit name"),
    ({"revison": 2}, '"revison" is not known here (did you mean "revision"?)'),
]


@pytest.mark.parametrize(("changes", "words"), FAULTS, ids=[" ".join(map(str, fault)) for fault, _ in FAULTS])
def test_every_fault_is_refused_with_its_words(changes: dict[str, Any], words: str) -> None:
    assert words in refused(json.dumps(changed(**changes)).encode())


BYTES = {
    "not UTF-8": (b'{"schema": "\xff"}', "it is not UTF-8"),
    "no JSON": (b"I approve it.", "it is no JSON: "),
    "empty": (b"", "it is no JSON: "),
    "a list": (b"[]", "it is no JSON object"),
    "a key twice": (b'{"revision": 1, "revision": 2}', '"revision" is given twice'),
    "a key twice further down": (b'{"by": {"role": "a", "role": "b"}}', '"role" is given twice'),
    "half a character": (b'{"meaning": "\\ud800"}', "it holds half a character (\\ud800)"),
    "no number": (b'{"revision": NaN}', "NaN is no number"),
    "no end": (b'{"revision": Infinity}', "Infinity is no number"),
    "behind its end": (json.dumps(GOOD).encode() + b"{}", "it is no JSON: "),
    "a byte order mark": (b"\xef\xbb\xbf" + json.dumps(GOOD).encode(), "it is no JSON: "),
    "too deep": (b"[" * 100_000, "it is nested too deeply"),
}


@pytest.mark.parametrize("name", BYTES)
def test_bytes_that_are_no_record(name: str) -> None:
    data, words = BYTES[name]
    assert words in refused(data)


@pytest.mark.parametrize(
    "path",
    [
        PATH.removeprefix("approvals/"),
        PATH.replace("approvals/", "records/"),
        PATH.replace("EMS-PRO-001/", ""),
        PATH.replace("EMS-PRO-001/", "EMS-PRO-001/2026/"),
        PATH.replace("r002", "r2"),
        PATH.replace("r002", "r0000002"),
        PATH.replace("T090000Z", "T0900Z"),
        PATH.replace("-approve", "-Approve"),
        PATH + "5",
    ],
)
def test_where_no_record_lies(path: str) -> None:
    assert place_of(path) is None
