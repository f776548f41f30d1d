"""Evidence level `declared`: what front matter claims, on the days on which it just counts, and just not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.examples import make
from tests.running import ems

DOC = "docs/procedures/EMS-PRO-001.md"
SECOND = """\
docs/procedures/EMS-PRO-001.md
  revision: 2
  approved_by: [{by}]
  approved_on: {on}
  revisions: [{{revision: 2, date: {row}, author: a.author, change: Rewritten.}}, \
{{revision: 1, date: 2025-12-01, author: a.author, class: substantive, change: First issue.}}]
  > ## Drains {{#drains}}
  >
  > Open valve V-3.
commit {landed} by {author}@example.org
"""


def register(root: Path, day: str = "2026-06-01") -> dict[str, int]:
    """What is in force, by number."""
    outcome = ems(root, "register", "--format", "json", day=day)
    assert outcome.status == 0, outcome.err
    return {one["id"]: one["revision"] for one in outcome.json["documents"] if one["revision"]}


def second(by: str = "b.boss", on: str = "2026-01-20", row: str = "2026-01-20", author: str = "a.author") -> str:
    """Revision 2 of EMS-PRO-001, claimed to be approved."""
    return "docs/procedures/EMS-PRO-001.md\ncommit\n" + SECOND.format(
        by=by, on=on, row=row, landed="2026-01-20", author=author
    )


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ({}, 2),
        ({"on": "2026-01-21"}, 1),
        ({"on": "2025-12-10"}, 1),
        ({"on": "2025-12-10", "row": "2025-12-10"}, 2),
        ({"on": "2025-12-10", "row": "2025-12-11"}, 1),
        ({"by": "c.deputy", "on": "2025-12-10"}, 2),
        ({"by": "c.deputy", "author": "c.deputy"}, 1),
        ({"by": "b.boss", "author": "c.deputy"}, 2),
        ({"by": "b.boss", "author": "x.stranger"}, 1),
        ({"by": "a.author"}, 1),
        ({"by": "nobody"}, 1),
    ],
)
def test_which_claims_count(claim: dict[str, str], expected: int, tmp_path: Path) -> None:
    """Not of tomorrow; not what is left over from revision 1, which b.boss approved on 10 December."""
    assert register(make(tmp_path, second(**claim))) == {"EMS-PRO-001": expected}


def test_after_a_withdrawal_no_claim_counts(tmp_path: Path) -> None:
    example = second() + (
        "docs/procedures/EMS-PRO-001.md\n  status: withdrawn\n  approved_on: 2026-02-01\ncommit 2026-02-01\n"
        + SECOND.format(by="b.boss", on="2026-02-10", row="2026-02-10", landed="2026-02-10", author="a.author")
        .replace("revision: 2", "revision: 3", 1)
        .replace("[{revision: 2", "[{revision: 3, date: 2026-02-10, author: a.author, change: Again.}, {revision: 2", 1)
        .replace("  > ##", "  status: submitted\n  > ##")
    )
    root = make(tmp_path, example)
    assert [register(root, day) for day in ("2026-01-31", "2026-02-09", "2026-06-01")] == [{"EMS-PRO-001": 2}, {}, {}]


@pytest.mark.parametrize(("by", "deputy"), [("b.boss", False), ("c.deputy", True)])
def test_a_deputy_who_is_claimed_is_shown_as_one(by: str, deputy: bool, tmp_path: Path) -> None:
    outcome = ems(make(tmp_path, second(by=by)), "history", "EMS-PRO-001", "--format", "json", day="2026-06-01")
    assert outcome.status == 0, outcome.err
    [approving] = outcome.json["revisions"][0]["approvals"]
    assert (approving["person"], approving["deputy"]) == (by, deputy)
